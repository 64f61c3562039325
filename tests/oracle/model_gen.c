#include "tests/oracle/model_gen.h"

#include "tests/oracle/model_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;
static struct relation relations[CASE_TABLES + CASE_MODELS];
static unsigned relation_count, table_count;
static bool risky, many;
static const char *feature;

unsigned model_pick(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % n);
}

void model_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

/* ---- tables -------------------------------------------------------------------------------------------- */

struct field *parts_field(struct relation *relation, const char *name, enum kind kind, bool exact)
{
    struct field *field = &relation->fields[relation->count++];
    (void)snprintf(field->name, sizeof field->name, "%s", name);
    field->kind = kind;
    field->exact = exact;
    return field;
}

static void csv_value(struct dv_buf *out, const char *text)
{
    dv_buf_byte(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            dv_buf_byte(out, '"');
        dv_buf_byte(out, *text);
    }
    dv_buf_byte(out, '"');
}

static void make_table(struct case_table *table, unsigned index, unsigned rows)
{
    static const char *const groups[] = {"", "a", "b", "A", "\xc3\xa9", "e\xcc\x81", " a"};
    struct relation *relation = &relations[relation_count++];
    struct dv_buf text = {0};
    unsigned extra = 2 + model_pick(4);
    (void)snprintf(table->name, sizeof table->name, "t%u", index);
    *relation = (struct relation){.table = true};
    (void)snprintf(relation->name, sizeof relation->name, "t%u", index);
    parts_field(relation, "id", KIND_INT, true);
    parts_field(relation, "k", KIND_INT, true);
    parts_field(relation, "g", KIND_TEXT, true);
    for (unsigned c = 0; c < extra; c++) {
        char name[24];
        enum kind kind = (enum kind)model_pick(KINDS);
        (void)snprintf(name, sizeof name, "c%u", c + 1);
        parts_field(relation, name, kind, expr_always_exact(kind) || parts_chance(60));
    }
    for (unsigned c = 0; c < relation->count; c++)
        dv_buf_printf(&table->columns, "%s%s %s", c > 0 ? ", " : "", relation->fields[c].name,
                      kind_types[relation->fields[c].kind]);
    for (unsigned row = 0; row < rows; row++) {
        dv_buf_printf(&table->csv, "%u,", row + 1);
        if (!parts_chance(
                15)) /* of which some lead nowhere; upwards only, so that a hierarchy has no circles */
            dv_buf_printf(&table->csv, "%u", parts_chance(90) ? model_pick(row + 1) : rows + model_pick(9));
        dv_buf_byte(&table->csv, ',');
        if (!parts_chance(10))
            csv_value(&table->csv, groups[model_pick(sizeof groups / sizeof groups[0])]);
        for (unsigned c = 3; c < relation->count; c++) {
            dv_buf_byte(&table->csv, ',');
            if (parts_chance(12))
                continue;
            dv_buf_reset(&text);
            value_text(&text, relation->fields[c].kind, relation->fields[c].exact, risky);
            csv_value(&table->csv, dv_buf_cstr(&text));
        }
        dv_buf_byte(&table->csv, '\n');
    }
    dv_buf_release(&text);
}

/* ---- FROM ---------------------------------------------------------------------------------------------- */

static void generate_rows(struct dv_buf *out, struct relation *made, unsigned depth);
static void generate_groups(struct dv_buf *out, struct relation *made, unsigned depth);

static void scope_add(struct scope *scope, const struct relation *relation, const char *alias)
{
    for (unsigned f = 0; f < relation->count && scope->count < FIELDS; f++) {
        struct field *field = &scope->fields[scope->count++];
        *field = relation->fields[f];
        (void)snprintf(field->name, sizeof field->name, "%s.%.18s", alias, relation->fields[f].name);
    }
}

static const struct relation *relation_with(bool unique)
{
    for (unsigned tries = 0; tries < 8; tries++) {
        const struct relation *relation = &relations[model_pick(relation_count)];
        if (!unique || relation->unique >= 0)
            return relation;
    }
    return &relations[model_pick(table_count)];
}

static void base(struct source *source, unsigned depth)
{
    const struct relation *relation = NULL;
    struct relation nested = {.unique = -1};
    unsigned kind = depth > 0 ? model_pick(10) : 9;
    if (kind < 3) {
        struct dv_buf sql = {0};
        if (parts_chance(50))
            generate_rows(&sql, &nested, depth - 1);
        else
            generate_groups(&sql, &nested, depth - 1);
        if (kind == 0) {
            dv_buf_printf(&source->with, "WITH w AS (\n%s)\n", dv_buf_cstr(&sql));
            dv_buf_str(&source->from, "w a");
        } else {
            dv_buf_printf(&source->from, "(\n%s) a", dv_buf_cstr(&sql));
        }
        dv_buf_release(&sql);
        relation = &nested;
    } else {
        relation = parts_chance(60) ? &relations[relation_count - 1] : relation_with(false);
        source->single = relation->table;
        if (relation->table)
            dv_buf_byte(&source->from, ROW_MARK);
        dv_buf_printf(&source->from, "%s a", relation->name);
    }
    scope_add(&source->scope, relation, "a");
    if (relation->unique >= 0) {
        (void)snprintf(source->order, sizeof source->order, "a.%s", relation->fields[relation->unique].name);
        (void)snprintf(source->unique, sizeof source->unique, "a.%s",
                       relation->fields[relation->unique].name);
    }
}

static void join(struct source *source, const char *alias, bool multiply)
{
    const struct relation *right = relation_with(!multiply);
    struct scope before = source->scope;
    int key = right->unique;
    bool by_text = multiply ? parts_chance(30) : right->fields[key].kind == KIND_TEXT;
    const struct field *left = expr_field(&before, by_text ? KIND_TEXT : KIND_INT, false);
    const char *column = NULL;
    for (unsigned f = 0; multiply && f < right->count && column == NULL; f++)
        if (right->fields[f].kind == (by_text ? KIND_TEXT : KIND_INT) && (int)f != right->unique)
            column = right->fields[f].name;
    if (!multiply && (right->fields[key].kind == KIND_TEXT || right->fields[key].kind == KIND_INT))
        column = right->fields[key].name;
    if (left == NULL || column == NULL)
        return;
    dv_buf_printf(&source->from, "\n%sJOIN %s %s ON ", parts_chance(60) ? "LEFT " : "", right->name, alias);
    dv_buf_printf(&source->from, parts_chance(80) ? "%s.%s = %s" : "%s.%s = coalesce(%s, null)", alias,
                  column, left->name);
    scope_add(&source->scope, right, alias);
    if (parts_chance(25)) {
        dv_buf_str(&source->from, " AND ");
        expr_any(&source->from, &source->scope, KIND_BOOL, 1);
    }
    source->single = false;
    if (!multiply)
        return;
    many = true;
    source->unique[0] = '\0';
    size_t at = strlen(source->order);
    if (at > 0 && right->unique >= 0)
        (void)snprintf(source->order + at, sizeof source->order - at, ", %s.%s", alias,
                       right->fields[right->unique].name);
    else
        source->order[0] = '\0';
}

static void set_function(struct source *source)
{
    static const char *const calls[] = {
        "CROSS JOIN generate_series(1, 3) AS s(s)",
        "CROSS JOIN LATERAL jsonb_array_elements(%s) WITH ORDINALITY AS s(e, s)",
        "CROSS JOIN unnest(ARRAY[3, 1, 2]) AS s(s)",
        "CROSS JOIN generate_series(0, %s) AS s(s)",
    };
    const struct field *json = expr_field(&source->scope, KIND_JSON, false);
    const struct field *number = expr_field(&source->scope, KIND_INT, false);
    unsigned which = model_pick(sizeof calls / sizeof calls[0]);
    char argument[160] = "";
    if ((which == 1 && json == NULL) || (which == 3 && number == NULL))
        which = 0;
    if (which == 1)
        (void)snprintf(argument, sizeof argument,
                       "case when jsonb_typeof(%s) = 'array' then %s else '[]' end", json->name, json->name);
    if (which == 3)
        (void)snprintf(argument, sizeof argument, "%s %% 4", number->name);
    feature = "set function in FROM";
    dv_buf_byte(&source->from, '\n');
    const char *hole = strstr(calls[which], "%s");
    if (hole != NULL)
        dv_buf_printf(&source->from, "%.*s%s%s", (int)(hole - calls[which]), calls[which], argument,
                      hole + 2);
    else
        dv_buf_str(&source->from, calls[which]);
    struct relation made = {.unique = -1};
    if (which != 1)
        parts_field(&made, "s", KIND_INT, true);
    else
        parts_field(&made, "e", KIND_JSON, false);
    scope_add(&source->scope, &made, "s");
    size_t at = strlen(source->order);
    if (at > 0)
        (void)snprintf(source->order + at, sizeof source->order - at, ", s.s");
    source->unique[0] = '\0';
    source->single = false;
}

/* A join that has no equality of its own: with one row, or with few. */
static void keyless_join(struct source *source)
{
    static const char *const one_row[] = {
        "CROSS JOIN (SELECT count(*)::int AS id, max(k) AS k, min(g) AS g FROM %s) o",
        "JOIN (SELECT count(*)::int AS id, max(k) AS k, min(g) AS g FROM %s) o ON true",
        "JOIN (SELECT count(*)::int AS id, max(k) AS k, min(g) AS g FROM %s) o ON ",
        "LEFT JOIN (SELECT count(*)::int AS id, max(k) AS k, min(g) AS g FROM %s) o ON ",
    };
    const char *table = relations[model_pick(table_count)].name;
    struct relation made = {.unique = -1};
    const struct field *number = expr_field(&source->scope, KIND_INT, false);
    unsigned which = model_pick(6);
    parts_field(&made, "id", KIND_INT, true);
    parts_field(&made, "k", KIND_INT, true);
    parts_field(&made, "g", KIND_TEXT, true);
    source->single = false;
    if (which == 4 && number != NULL) { /* nothing may join behind it: PostgreSQL ties joins closer */
        dv_buf_printf(&source->from, ", %s o", table);
        dv_buf_printf(&source->condition, "o.id = %s", number->name);
        scope_add(&source->scope, &made, "o");
        return;
    }
    if (which >= 4 && feature == NULL && !many) {
        dv_buf_printf(&source->from, "\nJOIN %s o ON o.id < 4", table);
        scope_add(&source->scope, &made, "o");
        many = true;
        source->unique[0] = '\0';
        size_t at = strlen(source->order);
        if (at > 0)
            (void)snprintf(source->order + at, sizeof source->order - at, ", o.id");
        return;
    }
    const char *hole = strstr(one_row[which % 4], "%s");
    dv_buf_printf(&source->from, "\n%.*s%s%s", (int)(hole - one_row[which % 4]), one_row[which % 4], table,
                  hole + 2);
    scope_add(&source->scope, &made, "o");
    if (which % 4 > 1)
        expr_any(&source->from, &source->scope, KIND_BOOL, 1);
}

/* (SELECT …) as a value, alone or tied to the row by `number`. Returns what it gives. */
static enum kind query_value(struct dv_buf *out, const char *number)
{
    static const struct {
        const char *query; /* @: a table, #: the number */
        enum kind gives;
        bool fails;
    } queries[] = {
        {"(SELECT max(x.id) FROM @ x)", KIND_INT, false},
        {"(SELECT min(x.g) FROM @ x WHERE x.k > 2)", KIND_TEXT, false},
        {"(SELECT count(*) FROM @ x)", KIND_BIGINT, false},
        {"(SELECT x.id FROM @ x ORDER BY x.g NULLS FIRST, x.id DESC LIMIT 1)", KIND_INT, false},
        {"(SELECT x.g FROM @ x WHERE x.id = #)", KIND_TEXT, false},
        {"(SELECT x.k FROM @ x WHERE # + 1 = x.id AND x.g >= 'A')", KIND_INT, false},
        {"(SELECT count(*) FROM @ x WHERE x.k = #)", KIND_BIGINT, false},
        {"(SELECT count(x.g) + coalesce(sum(x.id), 0) FROM @ x WHERE x.k = # AND x.g <> 'b')", KIND_BIGINT,
         false},
        {"(SELECT coalesce(string_agg(x.g, ',' ORDER BY x.id), 'none') FROM @ x WHERE x.k = #)", KIND_TEXT,
         false},
        {"(SELECT max(x.id) - min(x.id) FROM @ x WHERE # = x.k)", KIND_INT, false},
        {"(SELECT x.id FROM @ x WHERE x.k = # ORDER BY x.g DESC NULLS LAST, x.id LIMIT 1)", KIND_INT, false},
        {"(SELECT count(DISTINCT y.g) FROM @ y WHERE y.k = # AND y.id IN (SELECT x.k FROM @ x))", KIND_BIGINT,
         false},
        {"(SELECT max(y.n) FROM (SELECT x.k, count(*) AS n FROM @ x GROUP BY x.k) y WHERE y.k = #)",
         KIND_BIGINT, false},
        {"(SELECT x.id FROM @ x WHERE x.k = #)", KIND_INT, true},
        {"(SELECT 12 / count(*) FROM @ x WHERE x.k = #)", KIND_BIGINT, true},
    };
    unsigned which;
    do
        which = model_pick(sizeof queries / sizeof queries[0]);
    while ((queries[which].fails && !risky) || (number == NULL && strchr(queries[which].query, '#') != NULL));
    for (const char *at = queries[which].query; *at != '\0'; at++) {
        if (*at == '@')
            dv_buf_str(out, relations[model_pick(table_count)].name);
        else if (*at == '#')
            dv_buf_str(out, number);
        else
            dv_buf_byte(out, *at);
    }
    return queries[which].gives;
}

static void open_source(struct source *source, unsigned depth)
{
    *source = (struct source){.scope.risky = risky};
    base(source, depth);
    if (depth == 0)
        return;
    if (parts_chance(35))
        join(source, "b", false);
    if (parts_chance(15))
        join(source, "c", false);
    if (feature == NULL && parts_chance(8))
        join(source, "m", true);
    else if (feature == NULL && !many && parts_chance(8))
        set_function(source);
    if (parts_chance(12))
        keyless_join(source);
}

static void close_source(struct source *source)
{
    dv_buf_release(&source->with);
    dv_buf_release(&source->from);
    dv_buf_release(&source->condition);
}

static void where(struct dv_buf *out, struct source *source, unsigned depth)
{
    const struct field *number = expr_field(&source->scope, KIND_INT, false);
    bool more = parts_chance(50);
    if (!more && source->condition.len == 0)
        return;
    dv_buf_printf(out, "\nWHERE %s", dv_buf_cstr(&source->condition));
    if (!more)
        return;
    dv_buf_str(out, source->condition.len > 0 ? " AND " : "");
    if (depth > 0 && number != NULL && parts_chance(10)) {
        struct dv_buf value = {0};
        enum kind kind = query_value(&value, parts_chance(60) ? number->name : NULL);
        if (kind == KIND_TEXT)
            dv_buf_printf(out, "coalesce(%s, '') < 'c'", dv_buf_cstr(&value));
        else
            dv_buf_printf(out, "%s %s %s", number->name, parts_chance(50) ? "<=" : "<>", dv_buf_cstr(&value));
        dv_buf_release(&value);
        source->single = false;
        if (parts_chance(50))
            return;
        dv_buf_str(out, " AND ");
    }
    if (feature == NULL && depth > 0 && number != NULL && parts_chance(20)) {
        const struct relation *other = &relations[model_pick(table_count)];
        const char *name = other->name;
        bool exists = parts_chance(50);
        feature = exists ? "EXISTS" : "IN (SELECT)";
        source->single = false;
        if (exists)
            dv_buf_printf(out, "%sEXISTS (SELECT 1 FROM %s x WHERE x.%s = %s AND x.g <> 'b')",
                          parts_chance(50) ? "NOT " : "", name, parts_chance(50) ? "k" : "id", number->name);
        else
            dv_buf_printf(out, "%s%s IN (SELECT x.%s FROM %s x WHERE x.g >= 'A')", number->name,
                          parts_chance(50) ? " NOT" : "", parts_chance(50) ? "k" : "id", name);
        if (parts_chance(50))
            return;
        dv_buf_str(out, " AND ");
    }
    expr_any(out, &source->scope, KIND_BOOL, 2);
}

/* ---- SELECT -------------------------------------------------------------------------------------------- */

static void item(struct dv_buf *out, struct relation *made, const struct scope *scope, const char *name,
                 enum kind kind, unsigned depth)
{
    const struct field *field = parts_chance(40) ? expr_field(scope, kind, false) : NULL;
    dv_buf_str(out, made->count > 0 ? ",\n       " : "");
    if (field != NULL)
        dv_buf_str(out, field->name);
    else
        expr_any(out, scope, kind, depth);
    dv_buf_printf(out, " AS %s", name);
    parts_field(made, name, kind, field != NULL ? field->exact : expr_always_exact(kind));
}

static void generate_rows(struct dv_buf *out, struct relation *made, unsigned depth)
{
    struct source source;
    struct dv_buf clause = {0};
    unsigned extra = 1 + model_pick(4);
    open_source(&source, depth);
    dv_buf_append(out, source.with.data, source.with.len);
    bool distinct = parts_chance(6) && expr_field(&source.scope, KINDS, true) != NULL;
    dv_buf_str(out, distinct ? "SELECT DISTINCT " : "SELECT ");
    *made = (struct relation){.unique = -1};
    if (source.unique[0] != '\0' && parts_chance(85)) {
        const struct field *unique = source.scope.fields;
        while (strcmp(unique->name, source.unique) != 0)
            unique++;
        dv_buf_printf(out, "%s AS id", unique->name);
        parts_field(made, "id", unique->kind, true);
        made->unique = 0;
    }
    if (distinct) {
        for (unsigned e = 0; e < extra + 1; e++) {
            char name[24];
            const struct field *field = expr_field(&source.scope, KINDS, true);
            (void)snprintf(name, sizeof name, "o%u", e + 1);
            dv_buf_printf(out, "%s%s AS %s", made->count > 0 ? ", " : "", field->name, name);
            parts_field(made, name, field->kind, true);
        }
        if (parts_chance(30)) {
            const struct field *key = expr_field(&source.scope, KINDS, true);
            dv_buf_printf(out, ", count(*) OVER (PARTITION BY %s) AS w", key->name);
            parts_field(made, "w", KIND_BIGINT, true);
        }
    } else {
        item(out, made, &source.scope, "k", KIND_INT, 1);
        item(out, made, &source.scope, "g", KIND_TEXT, 1);
        for (unsigned e = 0; e < extra; e++) {
            char name[24];
            (void)snprintf(name, sizeof name, "o%u", e + 1);
            item(out, made, &source.scope, name, (enum kind)model_pick(KINDS), 1 + model_pick(2));
        }
        const struct field *number = expr_field(&source.scope, KIND_INT, false);
        for (unsigned q = 0; depth > 0 && q < 2 && parts_chance(15); q++) {
            char name[24];
            (void)snprintf(name, sizeof name, "q%u", q + 1);
            bool reached = parts_chance(70);
            dv_buf_str(out, ",\n       ");
            if (!reached) {
                dv_buf_str(out, "CASE WHEN ");
                expr_any(out, &source.scope, KIND_BOOL, 1);
                dv_buf_str(out, " THEN ");
            }
            enum kind kind = query_value(out, number != NULL ? number->name : NULL);
            dv_buf_printf(out, reached ? " AS %s" : " END AS %s", name);
            parts_field(made, name, kind, true);
            source.single = false;
        }
        if (depth > 0 && parts_chance(20)) {
            window_rows(out, made, &source, &clause);
            source.single = false;
        }
    }
    bool limit = !distinct && feature == NULL && depth > 1 && source.order[0] != '\0' && parts_chance(6);
    if (limit)
        feature = "ORDER BY, LIMIT";
    struct dv_buf condition = {0};
    where(&condition, &source, depth);
    dv_buf_str(out, "\nFROM ");
    const char *from = dv_buf_cstr(&source.from);
    dv_buf_str(out,
               from[0] == ROW_MARK && (!source.single || depth == 0 || distinct || limit) ? from + 1 : from);
    dv_buf_append(out, condition.data, condition.len);
    dv_buf_append(out, clause.data, clause.len);
    dv_buf_release(&condition);
    dv_buf_release(&clause);
    if (limit)
        dv_buf_printf(out, "\nORDER BY %s LIMIT %u OFFSET %u", source.order, model_pick(40), model_pick(5));
    dv_buf_byte(out, '\n');
    close_source(&source);
}

/* One aggregate; those whose result depends on the order get a total one. */
static void aggregate(struct dv_buf *out, struct relation *made, const struct source *source,
                      const char *name)
{
    static const struct {
        const char *call;    /* $: a field, % its order */
        enum kind of, gives; /* KINDS: any; gives KINDS: the field's */
        bool exact, exact_result;
    } calls[] = {
        {"count(*)", KINDS, KIND_BIGINT, false, true},
        {"count($)", KINDS, KIND_BIGINT, false, true},
        {"count(DISTINCT $)", KINDS, KIND_BIGINT, false, true},
        {"sum($)", KIND_INT, KIND_BIGINT, false, true},
        {"sum($)", KIND_BIGINT, KIND_NUMERIC, false, false},
        {"sum($)", KIND_NUMERIC, KIND_NUMERIC, false, false},
        {"sum(DISTINCT $)", KIND_NUMERIC, KIND_NUMERIC, true, false},
        {"sum($)", KIND_FLOAT, KIND_FLOAT, true, false},
        {"avg($)", KIND_INT, KIND_NUMERIC, false, false},
        {"avg($)", KIND_NUMERIC, KIND_NUMERIC, false, false},
        {"sum($)", KIND_INTERVAL, KIND_INTERVAL, true, false},
        {"min($)", KINDS, KINDS, true, true},
        {"max($)", KINDS, KINDS, true, true},
        {"bool_and($)", KIND_BOOL, KIND_BOOL, false, true},
        {"bool_or($)", KIND_BOOL, KIND_BOOL, false, true},
        {"first($ ORDER BY %)", KINDS, KINDS, false, false},
        {"last($ ORDER BY %)", KINDS, KINDS, false, false},
        {"first($ ORDER BY $ DESC NULLS LAST, %)", KINDS, KINDS, true, true},
        {"string_agg($, ',' ORDER BY %)", KIND_TEXT, KIND_TEXT, false, true},
        {"string_agg($, '|' ORDER BY $ DESC, %)", KIND_TEXT, KIND_TEXT, false, true},
        {"string_agg(DISTINCT $, '/')", KIND_TEXT, KIND_TEXT, false, true},
        {"array_agg($ ORDER BY %)::text", KINDS, KIND_TEXT, false, true},
        {"array_agg(DISTINCT $)::text", KINDS, KIND_TEXT, true, true},
        {"jsonb_agg($ ORDER BY %)", KINDS, KIND_JSON, false, false},
        {"jsonb_object_agg(coalesce($, 'none'), 1 ORDER BY %)", KIND_TEXT, KIND_JSON, false, false},
        {"count(*) FILTER (WHERE ?)", KINDS, KIND_BIGINT, false, true},
        {"max($) FILTER (WHERE ?)", KINDS, KINDS, true, true},
        {"first($ ORDER BY % DESC) FILTER (WHERE ?)", KINDS, KINDS, false, false},
    };
    unsigned which;
    const struct field *field;
    do {
        which = model_pick(sizeof calls / sizeof calls[0]);
        field = expr_field(&source->scope, calls[which].of, calls[which].exact);
        bool least = strncmp(calls[which].call, "min", 3) == 0 || strncmp(calls[which].call, "max", 3) == 0;
        if (least && field != NULL &&
            (field->kind == KIND_BOOL || field->kind == KIND_UUID || field->kind == KIND_JSON))
            field = NULL;
    } while (field == NULL || (source->order[0] == '\0' && strchr(calls[which].call, '%') != NULL));
    dv_buf_str(out, made->count > 0 ? ",\n       " : "");
    for (const char *at = calls[which].call; *at != '\0'; at++) {
        if (*at == '$')
            dv_buf_str(out, field->name);
        else if (*at == '%')
            dv_buf_str(out, source->order);
        else if (*at == '?')
            expr_any(out, &source->scope, KIND_BOOL, 1);
        else
            dv_buf_byte(out, *at);
    }
    dv_buf_printf(out, " AS %s", name);
    enum kind gives = calls[which].gives == KINDS ? field->kind : calls[which].gives;
    parts_field(made, name, gives, calls[which].exact_result || expr_always_exact(gives));
}

static void generate_groups(struct dv_buf *out, struct relation *made, unsigned depth)
{
    struct source source;
    unsigned keys = model_pick(8) == 0 ? 0 : 1 + model_pick(2), aggregates = 1 + model_pick(4);
    char names[2][64];
    open_source(&source, depth);
    dv_buf_append(out, source.with.data, source.with.len);
    dv_buf_str(out, "SELECT ");
    *made = (struct relation){.unique = -1};
    for (unsigned k = 0; k < keys; k++) {
        const struct field *field = parts_chance(50) ? expr_field(&source.scope, KIND_TEXT, true) : NULL;
        if (field == NULL)
            field = expr_field(&source.scope, KINDS, true);
        if (field == NULL) {
            keys = k;
            break;
        }
        (void)snprintf(names[k], sizeof names[k],
                       field->kind == KIND_TEXT && parts_chance(40) ? "lower(%s)" : "%s", field->name);
        dv_buf_printf(out, "%s%s AS %s", k > 0 ? ", " : "", names[k], k == 0 ? "g" : "h");
        parts_field(made, k == 0 ? "g" : "h", field->kind, true);
    }
    if (keys == 1)
        made->unique = 0;
    for (unsigned a = 0; a < aggregates; a++) {
        char name[24];
        (void)snprintf(name, sizeof name, "n%u", a + 1);
        aggregate(out, made, &source, name);
    }
    bool by_number = keys > 0 && made->fields[0].kind == KIND_INT;
    if (parts_chance(15)) {
        dv_buf_str(out, ",\n       ");
        enum kind kind = query_value(out, by_number ? names[0] : NULL);
        dv_buf_str(out, " AS q1");
        parts_field(made, "q1", kind, true);
    }
    if (keys > 0 && parts_chance(20))
        window_groups(out, made, names, keys, &source);
    struct dv_buf condition = {0};
    where(&condition, &source, depth);
    const char *from = dv_buf_cstr(&source.from);
    dv_buf_printf(out, "\nFROM %s", from[0] == ROW_MARK ? from + 1 : from);
    dv_buf_append(out, condition.data, condition.len);
    dv_buf_release(&condition);
    for (unsigned k = 0; k < keys; k++)
        dv_buf_printf(out, "%s%s", k > 0 ? ", " : "\nGROUP BY ", names[k]);
    if (keys > 0 && parts_chance(25))
        dv_buf_printf(out, "\nHAVING count(*) > %u", model_pick(3));
    else if (keys > 0 && parts_chance(8))
        dv_buf_printf(out, "\nHAVING count(*) < (SELECT count(*) / 4 + 1 FROM %s x)",
                      relations[model_pick(table_count)].name);
    dv_buf_byte(out, '\n');
    close_source(&source);
}

static void generate_pick(struct dv_buf *out, struct relation *made)
{
    struct source source;
    open_source(&source, 1);
    const struct field *key = expr_field(&source.scope, KINDS, true);
    if (source.order[0] == '\0' || key == NULL) {
        close_source(&source);
        generate_groups(out, made, 1);
        return;
    }
    dv_buf_append(out, source.with.data, source.with.len);
    *made = (struct relation){.unique = 0};
    dv_buf_printf(out, "SELECT DISTINCT ON (%s) %s AS id", key->name, key->name);
    parts_field(made, "id", key->kind, true);
    for (unsigned e = 0; e < 3; e++) {
        char name[24];
        (void)snprintf(name, sizeof name, "o%u", e + 1);
        item(out, made, &source.scope, name, (enum kind)model_pick(KINDS), 1);
    }
    struct dv_buf condition = {0};
    where(&condition, &source, 1);
    const char *from = dv_buf_cstr(&source.from);
    dv_buf_printf(out, "\nFROM %s", from[0] == ROW_MARK ? from + 1 : from);
    dv_buf_append(out, condition.data, condition.len);
    const struct field *by = expr_field(&source.scope, KINDS, true);
    dv_buf_printf(out, "\nORDER BY %s, %s %s, %s\n", key->name, by->name,
                  parts_chance(50) ? "DESC NULLS LAST" : "", source.order);
    dv_buf_release(&condition);
    close_source(&source);
}

static void generate_union(struct dv_buf *out, struct relation *made)
{
    enum kind kinds[6];
    unsigned columns = 1 + model_pick(5), branches = 2 + model_pick(2);
    for (unsigned c = 0; c < columns; c++)
        kinds[c] = (enum kind)model_pick(KINDS);
    *made = (struct relation){.unique = -1};
    for (unsigned b = 0; b < branches; b++) {
        struct source source;
        struct relation branch = {.unique = -1};
        open_source(&source, 1);
        if (source.with.len > 0) { /* WITH stands before the whole alone */
            close_source(&source);
            open_source(&source, 0);
        }
        dv_buf_str(out, b > 0 ? "UNION ALL\nSELECT " : "SELECT ");
        for (unsigned c = 0; c < columns; c++) {
            char name[24];
            (void)snprintf(name, sizeof name, "u%u", c + 1);
            item(out, &branch, &source.scope, name, kinds[c], 1);
        }
        struct dv_buf condition = {0};
        where(&condition, &source, 1);
        const char *from = dv_buf_cstr(&source.from);
        dv_buf_printf(out, "\nFROM %s", from[0] == ROW_MARK ? from + 1 : from);
        dv_buf_append(out, condition.data, condition.len);
        dv_buf_byte(out, '\n');
        dv_buf_release(&condition);
        for (unsigned c = 0; c < columns; c++) {
            if (b == 0)
                parts_field(made, branch.fields[c].name, kinds[c], expr_always_exact(kinds[c]));
        }
        close_source(&source);
    }
}

static void generate_hierarchy(struct dv_buf *out, struct relation *made)
{
    const char *table = relations[model_pick(table_count)].name;
    feature = "WITH RECURSIVE";
    dv_buf_printf(
        out,
        "WITH RECURSIVE tree AS (\nSELECT id, k, 0 AS level, id::text AS path FROM %s WHERE k IS NULL OR k = "
        "0\nUNION ALL\nSELECT c.id, c.k, p.level + 1, p.path || '/' || c.id FROM %s c JOIN tree p ON c.k = "
        "p.id)\nSELECT id, k, level, path AS g FROM tree\n",
        table, table);
    *made = (struct relation){.unique = 0};
    parts_field(made, "id", KIND_INT, true);
    parts_field(made, "k", KIND_INT, true);
    parts_field(made, "level", KIND_INT, true);
    parts_field(made, "g", KIND_TEXT, true);
}

static void make_model(struct case_model *model, unsigned index, bool last)
{
    struct relation made = {.unique = -1};
    struct dv_buf sql = {0};
    unsigned kind = model_pick(100);
    many = false;
    if (kind < 40)
        generate_rows(&sql, &made, 2);
    else if (kind < 72)
        generate_groups(&sql, &made, 2);
    else if (kind < 82)
        generate_pick(&sql, &made);
    else if (kind < 97 || feature != NULL)
        generate_union(&sql, &made);
    else
        generate_hierarchy(&sql, &made);
    (void)snprintf(model->name, sizeof model->name, "m%u", index);
    model->ephemeral = !last && parts_chance(25);
    if (model->ephemeral)
        dv_buf_str(&model->sql, "-- drover: ephemeral\n");
    if (many)
        dv_buf_str(&model->sql, "-- drover: many\n");
    dv_buf_append(&model->sql, sql.data, sql.len);
    dv_buf_release(&sql);
    (void)snprintf(made.name, sizeof made.name, "m%u", index);
    relations[relation_count++] = made;
}

void model_case(struct test_case *out, unsigned most_rows)
{
    *out = (struct test_case){.table_count = 2 + model_pick(CASE_TABLES - 1),
                              .model_count = 1 + model_pick(CASE_MODELS)};
    risky = parts_chance(30);
    feature = NULL;
    relation_count = table_count = 0;
    for (unsigned t = 0; t < out->table_count; t++)
        make_table(&out->tables[t], t, parts_chance(10) ? model_pick(2) : model_pick(most_rows + 1));
    table_count = out->table_count;
    for (unsigned m = 0; m < out->model_count; m++)
        make_model(&out->models[m], m + 1, m + 1 == out->model_count);
    out->feature = feature;
    out->risky = risky;
}

void model_case_release(struct test_case *released)
{
    for (unsigned t = 0; t < CASE_TABLES; t++) {
        dv_buf_release(&released->tables[t].columns);
        dv_buf_release(&released->tables[t].csv);
    }
    for (unsigned m = 0; m < CASE_MODELS; m++)
        dv_buf_release(&released->models[m].sql);
    *released = (struct test_case){0};
}
