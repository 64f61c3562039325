/* The grammar of expressions in generated models. expr_oracle judges functions one by one; here they are
 * there so that models have something to compute with. */
#include "tests/oracle/model_expr.h"

#include "tests/oracle/model_gen.h"

#include <string.h>

const char *const kind_types[KINDS] = {"boolean",
                                       "integer",
                                       "bigint",
                                       "numeric",
                                       "double precision",
                                       "text",
                                       "uuid",
                                       "date",
                                       "timestamp without time zone",
                                       "timestamp with time zone",
                                       "interval",
                                       "jsonb"};

static const char letters[KINDS + 1] = "bilnftudszvj";

/* $letter: an expression of that kind, $?: of any. risky: fails for some values. */
static const struct rule {
    enum kind kind;
    bool risky;
    const char *text;
} rules[] = {
    {KIND_BOOL, false, "$i = $i"},
    {KIND_BOOL, false, "$t < $t"},
    {KIND_BOOL, false, "$n >= $i"},
    {KIND_BOOL, false, "$d <= $d"},
    {KIND_BOOL, false, "$t like '%a%'"},
    {KIND_BOOL, false, "$t ilike '%SS%'"},
    {KIND_BOOL, false, "$? is null"},
    {KIND_BOOL, false, "$? is not null"},
    {KIND_BOOL, false, "$b and $b"},
    {KIND_BOOL, false, "$b or not $b"},
    {KIND_BOOL, false, "$t in ('a', 'b', '')"},
    {KIND_BOOL, false, "$t not in ('x', $t)"},
    {KIND_BOOL, false, "$i in (1, 2, null)"},
    {KIND_BOOL, false, "$z > $z"},
    {KIND_BOOL, false, "$u <> $u"},
    {KIND_BOOL, false, "$i between 2 and $i"},
    {KIND_BOOL, false, "$n is distinct from $n"},
    {KIND_BOOL, false, "$v > interval '1 day'"},
    {KIND_BOOL, false, "$j ? 'a'"},
    {KIND_BOOL, false, "$j = $j"},
    {KIND_BOOL, false, "$j < $j"},
    {KIND_BOOL, false, "$f > 1"},
    {KIND_BOOL, false, "$b is not true"},
    {KIND_BOOL, true, "$t::boolean"},
    {KIND_INT, false, "length($t)"},
    {KIND_INT, false, "$i % 7"},
    {KIND_INT, false, "coalesce($i, 3)"},
    {KIND_INT, false, "case when $b then $i else 5 end"},
    {KIND_INT, false, "nullif($i, 4)"},
    {KIND_INT, false, "greatest($i, 2)"},
    {KIND_INT, false, "octet_length($t)"},
    {KIND_INT, false, "$b::int"},
    {KIND_INT, false, "extract(day from $d)::int"},
    {KIND_INT, false, "case $i when 1 then 10 when 2 then $i end"},
    {KIND_INT, true, "$t::int"},
    {KIND_INT, true, "$i * 100000000"},
    {KIND_INT, true, "10 / $i"},
    {KIND_INT, true, "$l::int"},
    {KIND_INT, true, "$n::int"},
    {KIND_BIGINT, false, "$i::bigint * 1000"},
    {KIND_BIGINT, false, "coalesce($l, $i)"},
    {KIND_BIGINT, false, "$l / 3"},
    {KIND_BIGINT, false, "length($t)::bigint"},
    {KIND_BIGINT, true, "$l * $l"},
    {KIND_NUMERIC, false, "$n + 1.5"},
    {KIND_NUMERIC, false, "$n * 2"},
    {KIND_NUMERIC, false, "round($n, 1)"},
    {KIND_NUMERIC, false, "coalesce($n, 0)"},
    {KIND_NUMERIC, false, "$i / 3.0"},
    {KIND_NUMERIC, false, "$n - $i"},
    {KIND_NUMERIC, false, "nullif($n, 0)"},
    {KIND_NUMERIC, false, "case when $b then $n end"},
    {KIND_NUMERIC, true, "($j->>'a')::numeric"},
    {KIND_NUMERIC, true, "$t::numeric"},
    {KIND_NUMERIC, true, "$n / $i"},
    {KIND_NUMERIC, true, "$n::numeric(6,2)"},
    {KIND_FLOAT, false, "$i::float8"},
    {KIND_FLOAT, false, "-$f"},
    {KIND_FLOAT, false, "coalesce($f, 0)"},
    {KIND_FLOAT, false, "case when $b then $f end"},
    {KIND_TEXT, false, "lower($t)"},
    {KIND_TEXT, false, "upper($t)"},
    {KIND_TEXT, false, "btrim($t)"},
    {KIND_TEXT, false, "$t || '-' || $t"},
    {KIND_TEXT, false, "coalesce($t, 'none')"},
    {KIND_TEXT, false, "nullif(btrim($t, E' \\t\\r\\n'), '')"},
    {KIND_TEXT, false, "substring($t, 2, 3)"},
    {KIND_TEXT, false, "$?::text"},
    {KIND_TEXT, false, "$j->>'a'"},
    {KIND_TEXT, false, "$j->'a'->>'k'"},
    {KIND_TEXT, false, "$j->'b'->1->>'a'"},
    {KIND_TEXT, false, "$j #>> '{b,-1}'"},
    {KIND_TEXT, false, "jsonb_extract_path_text($j, 'b', '0')"},
    {KIND_TEXT, false, "replace($t, 'a', 'bb')"},
    {KIND_TEXT, false, "left($t, 2)"},
    {KIND_TEXT, false, "split_part($t, ' ', 1)"},
    {KIND_TEXT, false, "case when $b then $t else 'no' end"},
    {KIND_TEXT, false, "concat($t, $i, $d)"},
    {KIND_TEXT, false, "slug($t)"},
    {KIND_TEXT, false, "jsonb_typeof($j)"},
    {KIND_TEXT, true, "chr($i)"},
    {KIND_UUID, false, "uuid5('n', $t)"},
    {KIND_UUID, false, "coalesce($u, uuid5('m', $t))"},
    {KIND_UUID, true, "$t::uuid"},
    {KIND_DATE, false, "$z::date"},
    {KIND_DATE, false, "coalesce($d, date '2024-02-29')"},
    {KIND_DATE, false, "case when $b then $d end"},
    {KIND_DATE, true, "$t::date"},
    {KIND_DATE, true, "$d + $i"},
    {KIND_TIMESTAMP, true, "$d::timestamp"},
    {KIND_TIMESTAMP, false, "date_trunc('month', $s)"},
    {KIND_TIMESTAMP, false, "$z at time zone 'UTC'"},
    {KIND_TIMESTAMPTZ, false, "coalesce($z, $s at time zone 'UTC')"},
    {KIND_TIMESTAMPTZ, false, "date_trunc('day', $z)"},
    {KIND_TIMESTAMPTZ, true, "$z + interval '1 month'"},
    {KIND_INTERVAL, true, "$z - $z"},
    {KIND_INTERVAL, false, "coalesce($v, interval '0')"},
    {KIND_INTERVAL, true, "$v * 2"},
    {KIND_JSON, false, "$j->'a'"},
    {KIND_JSON, false, "$j->0"},
    {KIND_JSON, false, "$j->'b'->-1"},
    {KIND_JSON, false, "coalesce($j, '{}')"},
    {KIND_JSON, false, "jsonb_build_object('k', $t, 'n', $n)"},
    {KIND_JSON, false, "to_jsonb($t)"},
    {KIND_JSON, false, "$j || '[1]'"},
    {KIND_JSON, false, "jsonb_build_array($i, $t, null)"},
    {KIND_JSON, true, "$t::jsonb"},
};
#define RULES (sizeof rules / sizeof rules[0])

bool expr_always_exact(enum kind kind)
{
    return kind != KIND_NUMERIC && kind != KIND_FLOAT && kind != KIND_INTERVAL && kind != KIND_JSON;
}

const struct field *expr_field(const struct scope *scope, enum kind kind, bool exact)
{
    const struct field *found[FIELDS];
    unsigned count = 0;
    for (unsigned f = 0; f < scope->count; f++)
        if ((kind == KINDS || scope->fields[f].kind == kind) && (!exact || scope->fields[f].exact))
            found[count++] = &scope->fields[f];
    return count > 0 ? found[model_pick(count)] : NULL;
}

void expr_literal(struct dv_buf *out, enum kind kind)
{
    struct dv_buf text = {0};
    value_text(&text, kind, true, false);
    dv_buf_str(out, "E'");
    for (const char *at = dv_buf_cstr(&text); *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\')
            dv_buf_byte(out, *at);
        if (*at == '\n' || *at == '\r')
            dv_buf_str(out, *at == '\n' ? "\\n" : "\\r");
        else
            dv_buf_byte(out, *at);
    }
    dv_buf_printf(out, "'::%s", kind_types[kind]);
    dv_buf_release(&text);
}

static void leaf(struct dv_buf *out, const struct scope *scope, enum kind kind)
{
    const struct field *field = expr_field(scope, kind, false);
    if (field != NULL && model_pick(8) > 0)
        dv_buf_str(out, field->name);
    else if (model_pick(6) == 0)
        dv_buf_printf(out, "null::%s", kind_types[kind]);
    else
        expr_literal(out, kind);
}

void expr_any(struct dv_buf *out, const struct scope *scope, enum kind kind, unsigned depth)
{
    const struct rule *chosen[RULES];
    unsigned count = 0;
    for (size_t r = 0; r < RULES; r++)
        if (rules[r].kind == kind && (scope->risky || !rules[r].risky))
            chosen[count++] = &rules[r];
    if (depth == 0 || count == 0 || model_pick(3) == 0) {
        leaf(out, scope, kind);
        return;
    }
    dv_buf_byte(out, '(');
    for (const char *at = chosen[model_pick(count)]->text; *at != '\0'; at++) {
        const char *letter = *at == '$' ? strchr(letters, at[1]) : NULL;
        if (*at != '$') {
            dv_buf_byte(out, *at);
        } else {
            expr_any(out, scope,
                     letter != NULL ? (enum kind)(letter - letters) : (enum kind)model_pick(KINDS),
                     depth - 1);
            at++;
        }
    }
    dv_buf_byte(out, ')');
}
