/* Expressions judged by PostgreSQL: makes typed expressions at random, evaluates each over a table of awkward
 * values both in a PostgreSQL 15 server and in drover, and prints what differs (value, type, or that one of
 * them fails).
 *
 *   expr_oracle URI SEED COUNT        random expressions
 *   expr_oracle URI file PATH         one expression a line (lines that begin with # are skipped)
 *
 * The server's database must be UTF8 with the ICU collation "und", without the extension uuid-ossp, and the
 * user its superuser. Everything is made in schema expr_oracle and a temporary table; nothing stays. Exit
 * code: 0 nothing differs, 1 something does, 2 it could not run. */
#include "core/csv.h"
#include "transform/expr.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS         24
#define SERVER_BEGIN '\1'
#define SERVER_END   '\2'

struct column {
    const char *name, *type;
    enum dv_type_id id;
    const char *values[40];
};

static const struct column columns[] = {
    {"b", "boolean", DV_TYPE_BOOL, {"t", "f"}},
    {"i2", "smallint", DV_TYPE_INT2, {"0", "1", "-1", "7", "32767", "-32768", "100"}},
    {"i4", "integer", DV_TYPE_INT4, {"0", "1", "-1", "2", "12", "2147483647", "-2147483648", "65", "1000"}},
    {"i8",
     "bigint",
     DV_TYPE_INT8,
     {"0", "1", "-1", "3", "9223372036854775807", "-9223372036854775808", "1000000000000", "42"}},
    {"n",
     "numeric",
     DV_TYPE_NUMERIC,
     {"0", "0.00", "1", "1.00", "-1.5", "2.5", "0.0000001", "12345678901234567890.123",
      "99999999999999999999", "NaN", "-0.005", "123.456", "1e30", "999999999999999999",
      "0.3333333333333333333333"}},
    {"f4",
     "real",
     DV_TYPE_FLOAT4,
     {"0", "1.5", "-2.25", "NaN", "Infinity", "3.4e38", "1e-40", "0.1", "16777217"}},
    {"f8",
     "double precision",
     DV_TYPE_FLOAT8,
     {"0", "1.5", "-2.5", "NaN", "Infinity", "-Infinity", "1e300", "1e-300", "0.1", "1e15", "123456789.5"}},
    {"t",
     "text",
     DV_TYPE_TEXT,
     {"",
      " ",
      "a",
      "ab",
      "Hello World",
      "  padded \t\r\n",
      "\xc3\x84\xc3\x96\xc3\x9c\xc3\x9f stra\xc3\x9f"
      "e",
      "\xc4\xb0stanbul \xc4\xb1l\xc4\xb1k",
      "\xce\x9f\xce\x94\xce\xa5\xce\xa3\xce\xa3\xce\x95\xce\xa5\xce\xa3",
      "e\xcc\x81 combining",
      "\xf0\x9f\x98\x80\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
      "a,b\"c\nd",
      "50% off_now\\",
      "x@y.z",
      "12",
      "-3.5",
      "2024-02-29",
      "don't o'neill-smith",
      "\xc7\x86 \xef\xac\x81",
      "null",
      "true",
      "item--1"}},
    {"v",
     "character varying",
     DV_TYPE_VARCHAR,
     {"", "abc", "ABC", "x@y.z", "\xc3\xa9t\xc3\xa9", "a b c", "100"}},
    {"c", "character(5)", DV_TYPE_BPCHAR, {"", "a", "ab   ", "hello", "\xc3\xa9", "A b"}},
    {"u",
     "uuid",
     DV_TYPE_UUID,
     {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}},
    {"d",
     "date",
     DV_TYPE_DATE,
     {"2000-01-01", "2024-02-29", "1999-12-31", "infinity", "-infinity", "0001-01-01", "0044-03-15 BC",
      "5874897-12-31", "2024-12-30", "2021-01-03"}},
    {"tm", "time", DV_TYPE_TIME, {"00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.5"}},
    {"ts",
     "timestamp",
     DV_TYPE_TIMESTAMP,
     {"2000-01-01 00:00:00", "2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.5", "infinity", "-infinity",
      "0044-03-15 12:00:00 BC", "250000-12-31 23:59:59", "2024-12-30 13:05:09.123456"}},
    {"tz",
     "timestamptz",
     DV_TYPE_TIMESTAMPTZ,
     {"2000-01-01 00:00:00+00", "2024-03-31 01:30:00+00", "1999-12-31 23:59:59.5+00", "infinity",
      "2024-01-31 10:00:00+02"}},
    {"iv",
     "interval",
     DV_TYPE_INTERVAL,
     {"0", "1 day", "-1 day 02:03:04.5", "1 year 2 mons", "30 days", "1 mon", "-13 mons 3 days -00:00:01",
      "100:00:00", "24:00:00"}},
    {"j",
     "json",
     DV_TYPE_JSON,
     {"{\"a\": 1, \"a\" : \"x\" , \"b\":[1,2 ,{\"c\":null}]}", "[]", " [1, \"two\", null] ", "null",
      "\"str\\u00e9\"", "{\"email\":\" A@B.C \"}", "{}"}},
    {"jb",
     "jsonb",
     DV_TYPE_JSONB,
     {"{\"a\": 1, \"b\": [1, 2, {\"c\": null}]}", "[]", "[1, \"two\", null, 1.50, true]", "null", "\"str\"",
      "12.50", "{\"email\": \" A@B.C\\n\", \"n\": -1e2, \"t\": \"tab\\there \\\"q\\\"\", \"z\": null}", "{}",
      "true", "{\"k\": \"v\", \"kk\": {\"k\": [true]}}", "1e20", "\"\""}},
    {"by", "bytea", DV_TYPE_BYTEA, {"\\x", "\\x00ff", "\\x616263"}},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static uint64_t state = 1;

static unsigned pick(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % n);
}

/* ---- the grammar
 * ------------------------------------------------------------------------------------------------ */

/* $x: an expression of type x (a column's name stands for its type); $?: of any type; @: a small integer
 * literal; {} around what the server alone is told: that text sorts by bytes. jsonb's order is left out: it
 * sorts by the collation. */
struct rule {
    const char *type, *text;
};

static const struct rule rules[] = {
    {"b", "$i4 = $i4"},
    {"b", "$i8 < $i2"},
    {"b", "$n >= $i4"},
    {"b", "$f8 <> $n"},
    {"b", "$f4 > $f8"},
    {"b", "$t = $v"},
    {"b", "$c = $t"},
    {"b", "$c = $c"},
    {"b", "$t{ collate \"C\"} < $t"},
    {"b", "$u <= $u"},
    {"b", "$d < $ts"},
    {"b", "$ts >= $tz"},
    {"b", "$d = $tz"},
    {"b", "$tm < $tm"},
    {"b", "$iv = $iv"},
    {"b", "$jb = $jb"},
    {"b", "$by > $by"},
    {"b", "($b and $b)"},
    {"b", "($b or $b)"},
    {"b", "not $b"},
    {"b", "$? is null"},
    {"b", "$? is not null"},
    {"b", "$b is true"},
    {"b", "$b is not false"},
    {"b", "$b is unknown"},
    {"b", "$t is distinct from $t"},
    {"b", "$n is not distinct from $n"},
    {"b", "$i4 in (1, 2, $i4, null)"},
    {"b", "$i4 not in (0, 12, 65)"},
    {"b", "$t in ('a', 'ab', '')"},
    {"b", "$n in (1, 2.5, 1000)"},
    {"b", "$v in ('abc', $t)"},
    {"b", "$i4 between $i2 and $i8"},
    {"b", "$n not between symmetric $i4 and $n"},
    {"b", "$t like '%a%'"},
    {"b", "$t not like '_%@_%'"},
    {"b", "$t like 'a%'"},
    {"b", "$t like '%e'"},
    {"b", "$t like $t"},
    {"b", "$t ilike '%\xc3\x9f%'"},
    {"b", "$t like 'a!%' escape '!'"},
    {"b", "$c like 'a%'"},
    {"b", "$t ilike $t"},
    {"b", "$v like '___'"},
    {"b", "starts_with($t, $v)"},
    {"b", "$jb ? 'a'"},
    {"b", "$i4::boolean"},
    {"b", "($t = 'true')::boolean"},
    {"b", "$jb->'a' = $jb"},
    {"b", "$i4 = '12'"},
    {"b", "$d > '2020-01-01'"},
    {"i2", "$i2"},
    {"i2", "(@::smallint)"},
    {"i2", "$i4::smallint"},
    {"i2", "$i2 + $i2"},
    {"i2", "abs($i2)"},
    {"i4", "$i4 + $i4"},
    {"i4", "$i4 - $i2"},
    {"i4", "$i4 * @"},
    {"i4", "$i4 / $i4"},
    {"i4", "$i4 % @"},
    {"i4", "-$i4"},
    {"i4", "length($t)"},
    {"i4", "char_length($c)"},
    {"i4", "octet_length($t)"},
    {"i4", "length($by)"},
    {"i4", "strpos($t, $v)"},
    {"i4", "position('a' in $t)"},
    {"i4", "ascii($t)"},
    {"i4", "$n::int"},
    {"i4", "$f8::int"},
    {"i4", "$i8::int"},
    {"i4", "$b::int"},
    {"i4", "$d - $d"},
    {"i4", "coalesce($i4, $i2, 5)"},
    {"i4", "nullif($i4, @)"},
    {"i4", "greatest($i4, $i2, 7)"},
    {"i4", "least($i4, null, 7)"},
    {"i4", "case when $b then $i4 else $i2 end"},
    {"i4", "abs($i4)"},
    {"i4", "mod($i4, @)"},
    {"i4", "jsonb_array_length($jb)"},
    {"i4", "json_array_length($j)"},
    {"i4", "@"},
    {"i4", "$t::int"},
    {"i4", "$jb::int"},
    {"i4", "(array[10, 20, $i4])[@]"},
    {"i4", "(array[1,2,3])[$i4]"},
    {"i4", "$i4 & 255"},
    {"i4", "$i4 | 3"},
    {"i4", "case $i4 when 1 then 10 when 12 then 20 end"},
    {"i8", "$i8 + $i4"},
    {"i8", "$i8 * $i2"},
    {"i8", "$i8 - $i8"},
    {"i8", "$i8 / $i4"},
    {"i8", "$i8 % $i8"},
    {"i8", "-$i8"},
    {"i8", "$i4::bigint"},
    {"i8", "$n::bigint"},
    {"i8", "$f8::bigint"},
    {"i8", "$f4::bigint"},
    {"i8", "coalesce($i4, $i8)"},
    {"i8", "abs($i8)"},
    {"i8", "3000000000"},
    {"n", "$n + $n"},
    {"n", "$n - $i4"},
    {"n", "$n * $n"},
    {"n", "$n / $n"},
    {"n", "$n / @"},
    {"n", "$n % $n"},
    {"n", "-$n"},
    {"n", "round($n)"},
    {"n", "round($n, @)"},
    {"n", "round($n, -1)"},
    {"n", "trunc($n, @)"},
    {"n", "trunc($n)"},
    {"n", "ceil($n)"},
    {"n", "floor($n)"},
    {"n", "abs($n)"},
    {"n", "sign($n)"},
    {"n", "$n::numeric(12,2)"},
    {"n", "$n::numeric(30,5)"},
    {"n", "$i8::numeric"},
    {"n", "$f8::numeric"},
    {"n", "$f4::numeric"},
    {"n", "coalesce($n, $i4)"},
    {"n", "mod($n, @)"},
    {"n", "$i8 / 3.0"},
    {"n", "1.50"},
    {"n", "case when $b then $n else $i4 end"},
    {"n", "greatest($n, $i8)"},
    {"n", "$jb::numeric"},
    {"n", "($jb->>'a')::numeric"},
    {"n", "nullif($n, 0)"},
    {"n", "$i4 * 0.01"},
    {"n", "extract(epoch from $ts)"},
    {"n", "extract(year from $d)"},
    {"n", "extract(week from $ts)"},
    {"n", "extract(isoyear from $d)"},
    {"n", "extract(second from $tz)"},
    {"n", "extract(dow from $d)"},
    {"n", "extract(doy from $ts)"},
    {"n", "extract(quarter from $tz)"},
    {"n", "extract(century from $d)"},
    {"n", "extract(decade from $ts)"},
    {"n", "extract(millennium from $d)"},
    {"n", "extract(epoch from $iv)"},
    {"n", "extract(month from $iv)"},
    {"n", "extract(milliseconds from $ts)"},
    {"n", "extract(hour from $tm)"},
    {"n", "extract(epoch from $d)"},
    {"n", "extract(quarter from $iv)"},
    {"n", "extract(isodow from $ts)"},
    {"n", "extract(day from $iv)"},
    {"f4", "$f4"},
    {"f4", "$f4 + $f4"},
    {"f4", "$f4 * $f4"},
    {"f4", "$f8::real"},
    {"f4", "$n::real"},
    {"f8", "$f8 + $f8"},
    {"f8", "$f8 - $f4"},
    {"f8", "$f8 * $i4"},
    {"f8", "$f8 / $n"},
    {"f8", "$n::float8"},
    {"f8", "$i8::float8"},
    {"f8", "$f4::float8"},
    {"f8", "round($f8)"},
    {"f8", "floor($f8)"},
    {"f8", "ceil($i4)"},
    {"f8", "trunc($f8)"},
    {"f8", "-$f8"},
    {"f8", "abs($f8)"},
    {"f8", "sign($f8)"},
    {"f8", "date_part('year', $ts)"},
    {"f8", "date_part('epoch', $tz)"},
    {"f8", "date_part('day', $d)"},
    {"f8", "sqrt(abs($f8))"},
    {"f8", "date_part('second', $iv)"},
    {"t", "lower($t)"},
    {"t", "upper($t)"},
    {"t", "initcap($t)"},
    {"t", "btrim($t)"},
    {"t", "btrim($t, E' \\t\\r\\n')"},
    {"t", "ltrim($t, $v)"},
    {"t", "rtrim($t, '\xc3\x9f"
          "e')"},
    {"t", "nullif(btrim($t), '')"},
    {"t", "substring($t, $i4)"},
    {"t", "substring($t from @ for @)"},
    {"t", "substr($t, -1, 3)"},
    {"t", "left($t, $i4)"},
    {"t", "right($t, @)"},
    {"t", "left($t, -2)"},
    {"t", "right($t, -2)"},
    {"t", "split_part($t, ' ', @)"},
    {"t", "split_part($t, $v, -1)"},
    {"t", "replace($t, $v, $t)"},
    {"t", "translate($t, 'abe\xc3\x9f', '1\xc3\xa9')"},
    {"t", "lpad($t, @, $v)"},
    {"t", "rpad($t, 12, '\xc3\xa9x')"},
    {"t", "lpad($t, 3)"},
    {"t", "repeat($v, @)"},
    {"t", "reverse($t)"},
    {"t", "$t || $t"},
    {"t", "$t || $i4"},
    {"t", "$n || 'x'"},
    {"t", "'x' || $b"},
    {"t", "$c || $t"},
    {"t", "$v || $v"},
    {"t", "$u || $t"},
    {"t", "$ts || ''"},
    {"t", "'p:' || $jb"},
    {"t", "$f8 || 'f'"},
    {"t", "concat($t, $?, $?)"},
    {"t", "concat($b, $c, $n)"},
    {"t", "concat_ws(',', $t, $?, $v)"},
    {"t", "concat_ws($v, $t, $t)"},
    {"t", "md5($t)"},
    {"t", "chr(abs($i2 % 1000) + 1)"},
    {"t", "chr($i4)"},
    {"t", "coalesce($t, $v)"},
    {"t", "nullif($v, 'abc')"},
    {"t", "coalesce($v, $v)"},
    {"t", "case when $b then $t else $v end"},
    {"t", "case $t when 'a' then 'one' else $v end"},
    {"t", "greatest($t{ collate \"C\"}, $v)"},
    {"t", "least($t{ collate \"C\"}, 'm')"},
    {"t", "$?::text"},
    {"t", "$i4::text"},
    {"t", "$f8::text"},
    {"t", "$f4::text"},
    {"t", "$ts::text"},
    {"t", "$iv::text"},
    {"t", "$jb->>'a'"},
    {"t", "$jb->>'email'"},
    {"t", "$jb->>$i2"},
    {"t", "$j->>'a'"},
    {"t", "$j->>1"},
    {"t", "$jb#>>'{b,2,c}'"},
    {"t", "$jb#>>'{kk,k,0}'"},
    {"t", "$jb->'kk'->>'k'"},
    {"t", "$j#>>'{b,1}'"},
    {"t", "$jb->>-1"},
    {"t", "jsonb_typeof($jb)"},
    {"t", "json_typeof($j)"},
    {"t", "$t::varchar(3)"},
    {"t", "$t::char(4)"},
    {"t", "$t::varchar"},
    {"t", "normalize($t)"},
    {"t", "slug($t)"},
    {"t", "to_char($ts, 'YYYY-MM-DD HH24:MI:SS.US')"},
    {"t", "to_char($tz, 'YYYYMMDD \"Week\" IW Month mon Q')"},
    {"t", "lower(nullif(btrim($jb->>'email', E' \\t\\r\\n'), ''))"},
    {"t", "to_char($ts, 'DDD ID D IYYY YY HH12 MS')"},
    {"t", "$d::text"},
    {"t", "$by::text"},
    {"t", "$jb::text"},
    {"t", "(array['a', $t, null, 'x y'])::text"},
    {"t", "(array['a','b','c'])[@]"},
    {"t", "array[$n, $i4]::text"},
    {"v", "$v"},
    {"v", "$t::varchar(4)"},
    {"c", "$c"},
    {"c", "$t::char(3)"},
    {"u", "$u"},
    {"u", "uuid5('drover/test', $t)"},
    {"u", "uuid5($v, $t)"},
    {"u", "$u::text::uuid"},
    {"u", "coalesce($u, uuid5('n', 'x'))"},
    {"d", "$d + @"},
    {"d", "$d - $i4"},
    {"d", "$ts::date"},
    {"d", "$tz::date"},
    {"d", "date '2024-02-29'"},
    {"d", "$i4 + $d"},
    {"d", "coalesce($d, '2001-01-01')"},
    {"d", "greatest($d, '2001-01-01')"},
    {"d", "make_date(2024, @, 28)"},
    {"tm", "$ts::time"},
    {"tm", "$tm + $iv"},
    {"tm", "$tm - $iv"},
    {"tm", "$iv::time"},
    {"tm", "$tm::time(2)"},
    {"ts", "$ts + $iv"},
    {"ts", "$ts - $iv"},
    {"ts", "$d + $iv"},
    {"ts", "$d + $tm"},
    {"ts", "$d::timestamp"},
    {"ts", "$tz::timestamp"},
    {"ts", "$tz at time zone 'UTC'"},
    {"ts", "date_trunc('month', $ts)"},
    {"ts", "date_trunc('week', $ts)"},
    {"ts", "date_trunc('hour', $ts)"},
    {"ts", "date_trunc('quarter', $ts)"},
    {"ts", "date_trunc('decade', $ts)"},
    {"ts", "date_trunc('century', $ts)"},
    {"ts", "$ts::timestamp(0)"},
    {"ts", "date_trunc('millennium', $ts)"},
    {"ts", "date_trunc('year', $ts)"},
    {"tz", "$tz + $iv"},
    {"tz", "$tz - $iv"},
    {"tz", "$ts::timestamptz"},
    {"tz", "date_trunc('day', $tz)"},
    {"tz", "coalesce($tz, $ts)"},
    {"tz", "greatest($tz, $ts)"},
    {"tz", "$ts at time zone 'UTC'"},
    {"iv", "$ts - $ts"},
    {"iv", "$tz - $tz"},
    {"iv", "$iv + $iv"},
    {"iv", "$iv - $iv"},
    {"iv", "$iv * $i2"},
    {"iv", "$iv * 1.5"},
    {"iv", "$iv / 3"},
    {"iv", "-$iv"},
    {"iv", "$tm - $tm"},
    {"iv", "interval '1 day 2 hours'"},
    {"iv", "$tm::interval"},
    {"iv", "$f8 * $iv"},
    {"j", "$j"},
    {"j", "$j->'b'"},
    {"j", "$j->0"},
    {"j", "$jb::json"},
    {"jb", "$jb->'a'"},
    {"jb", "$jb->'b'->2"},
    {"jb", "$jb || $jb"},
    {"jb", "$jb - 'a'"},
    {"jb", "$jb - @"},
    {"jb", "$j::jsonb"},
    {"jb", "$jb#>'{b,0}'"},
    {"jb", "to_jsonb($?)"},
    {"jb", "to_jsonb($t)"},
    {"jb", "jsonb_build_object('k', $?, 'a', $n, 'kk', $t)"},
    {"jb", "jsonb_build_array($?, $?, null)"},
    {"jb", "jsonb_strip_nulls($jb)"},
    {"jb", "coalesce($jb, '{}')"},
    {"jb", "jsonb_build_object($t, $i4)"},
    {"jb", "to_jsonb($ts)"},
    {"jb", "to_jsonb($f8)"},
    {"jb", "jsonb_build_object($i4, $b)"},
    {"by", "$by"},
    {"by", "$by || $by"},
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

static void generate(struct dv_buf *out, const char *type, unsigned depth);

static void quoted(struct dv_buf *out, const char *text)
{
    bool escaped = strpbrk(text, "\\\n\t\r") != NULL;
    dv_buf_str(out, escaped ? "E'" : "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            dv_buf_byte(out, *text);
        if (*text == '\n')
            dv_buf_str(out, "\\n");
        else if (*text == '\r')
            dv_buf_str(out, "\\r");
        else if (*text == '\t')
            dv_buf_str(out, "\\t");
        else
            dv_buf_byte(out, *text);
    }
    dv_buf_byte(out, '\'');
}

static const struct column *column_named(const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    abort();
}

static unsigned value_count(const struct column *column)
{
    unsigned n = 0;
    while (column->values[n] != NULL)
        n++;
    return n;
}

static void leaf(struct dv_buf *out, const struct column *column)
{
    unsigned kind = pick(10);
    if (kind < 7) {
        dv_buf_str(out, column->name);
    } else if (kind < 9) {
        quoted(out, column->values[pick(value_count(column))]);
        dv_buf_printf(out, "::%s", column->type);
    } else {
        dv_buf_printf(out, "null::%s", column->type);
    }
}

static void expand(struct dv_buf *out, const char *text, unsigned depth)
{
    while (*text != '\0') {
        if (*text == '@') {
            dv_buf_printf(out, "%u", pick(6));
            text++;
        } else if (*text == '$') {
            char name[8];
            size_t n = 0;
            text++;
            if (*text == '?') {
                generate(out, columns[pick(COLUMNS)].name, depth);
                text++;
                continue;
            }
            while (n < 7 && ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9')))
                name[n++] = *text++;
            name[n] = '\0';
            generate(out, name, depth);
        } else {
            dv_buf_byte(out, *text == '{' && text[1] == ' '    ? SERVER_BEGIN
                             : *text == '}' && text[-1] == '"' ? SERVER_END
                                                               : *text);
            text++;
        }
    }
}

static void generate(struct dv_buf *out, const char *type, unsigned depth)
{
    unsigned matching = 0, chosen;
    for (size_t i = 0; i < RULES; i++)
        matching += strcmp(rules[i].type, type) == 0;
    if (depth == 0 || matching == 0 || pick(4) == 0) {
        leaf(out, column_named(type));
        return;
    }
    chosen = pick(matching);
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].type, type) != 0 || chosen-- != 0)
            continue;
        dv_buf_byte(out, '(');
        expand(out, rules[i].text, depth - 1);
        dv_buf_byte(out, ')');
        return;
    }
}

/* ---- the server
 * ------------------------------------------------------------------------------------------------- */

static PGconn *server;

static void must(const char *sql)
{
    PGresult *result = PQexec(server, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        (void)fprintf(stderr, "%s\n%s", sql, PQerrorMessage(server));
        exit(2);
    }
    PQclear(result);
}

static void make_table(void)
{
    struct dv_buf sql = {0};
    must("SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET client_min_messages = error; SET "
         "extra_float_digits = 1;"
         "SET intervalstyle = 'postgres'; DROP SCHEMA IF EXISTS expr_oracle CASCADE; CREATE SCHEMA "
         "expr_oracle;"
         "CREATE EXTENSION \"uuid-ossp\" SCHEMA expr_oracle; SET search_path = expr_oracle, public");
    must("CREATE FUNCTION uuid5(namespace text, name text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS "
         "$$ SELECT expr_oracle.uuid_generate_v5(expr_oracle.uuid_generate_v5(expr_oracle.uuid_ns_url(), "
         "namespace), name) $$");
    must(
        "CREATE FUNCTION slug(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(nullif(btrim("
        "regexp_replace(translate(replace(replace(replace(replace(regexp_replace(lower(normalize(t, NFKD)), "
        "U&'[\\0300-\\036F]', '', 'g'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'øđðłı', 'oddli'), "
        "'[^a-z0-9]+', '-', 'g'), '-'), ''), 'item') $$");
    dv_buf_str(&sql, "CREATE TEMP TABLE x (id int");
    for (size_t i = 0; i < COLUMNS; i++)
        dv_buf_printf(&sql, ", %s %s", columns[i].name, columns[i].type);
    dv_buf_str(&sql, ")");
    must(dv_buf_cstr(&sql));
    for (unsigned row = 0; row < ROWS; row++) {
        dv_buf_reset(&sql);
        dv_buf_printf(&sql, "INSERT INTO x VALUES (%u", row);
        for (size_t i = 0; i < COLUMNS; i++) {
            dv_buf_str(&sql, ", ");
            if (pick(12) == 0)
                dv_buf_str(&sql, "NULL");
            else
                quoted(&sql, columns[i].values[row < 12 ? row % value_count(&columns[i])
                                                        : pick(value_count(&columns[i]))]);
        }
        dv_buf_str(&sql, ")");
        must(dv_buf_cstr(&sql));
    }
    dv_buf_release(&sql);
}

static struct dv_buf table_csv;
static struct dv_value table[ROWS][COLUMNS];

static void read_table(void)
{
    struct dv_err err = DV_ERR_INIT;
    char *chunk;
    int length;
    const char *at;
    PGresult *result = PQexec(
        server, "COPY (SELECT b,i2,i4,i8,n,f4,f8,t,v,c,u,d,tm,ts,tz,iv,j,jb,\"by\" FROM x ORDER BY id) "
                "TO STDOUT (FORMAT csv)");
    PQclear(result);
    while ((length = PQgetCopyData(server, &chunk, 0)) > 0) {
        dv_buf_append(&table_csv, chunk, (size_t)length);
        PQfreemem(chunk);
    }
    while ((result = PQgetResult(server)) != NULL)
        PQclear(result);
    at = table_csv.data;
    for (unsigned row = 0; row < ROWS; row++) {
        if (dv_csv_split(at, table_csv.data + table_csv.len, table[row], COLUMNS, &at, &err) != DV_OK) {
            (void)fprintf(stderr, "%s\n", err.message);
            exit(2);
        }
    }
}

/* ---- comparison
 * ------------------------------------------------------------------------------------------------- */

struct answer {
    bool failed;
    char sqlstate[6], message[256];
    bool null;
    char *text; /* owned */
};

struct answers {
    char type[80];
    struct answer rows[ROWS];
};

static void free_answers(struct answers *answers)
{
    for (unsigned i = 0; i < ROWS; i++)
        free(answers->rows[i].text);
}

static void take_row(struct answer *answer, const PGresult *result, int row)
{
    answer->null = PQgetisnull(result, row, 0) != 0;
    answer->text = strdup(PQgetvalue(result, row, 0));
}

static void take_error(struct answer *answer, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    answer->failed = true;
    (void)snprintf(answer->sqlstate, sizeof(answer->sqlstate), "%s", code != NULL ? code : "");
    (void)snprintf(answer->message, sizeof(answer->message), "%s", text != NULL ? text : "");
}

/* The expression as one of the two sees it: what is for the server alone kept or left out. */
static char *seen_by(const char *expression, bool by_server)
{
    char *copy = malloc(strlen(expression) + 1), *to = copy;
    bool inside = false;
    if (copy == NULL)
        abort();
    for (; *expression != '\0'; expression++) {
        if (*expression == SERVER_BEGIN || *expression == SERVER_END)
            inside = *expression == SERVER_BEGIN;
        else if (by_server || !inside)
            *to++ = *expression;
    }
    *to = '\0';
    return copy;
}

static void ask_server(const char *expression, struct answers *answers)
{
    struct dv_buf sql = {0};
    PGresult *result;
    dv_buf_printf(&sql, "SELECT (%s), pg_typeof(%s) FROM x ORDER BY id", expression, expression);
    result = PQexec(server, dv_buf_cstr(&sql));
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        for (unsigned row = 0; row < ROWS; row++)
            take_row(&answers->rows[row], result, (int)row);
        (void)snprintf(answers->type, sizeof(answers->type), "%s", PQgetvalue(result, 0, 1));
        PQclear(result);
        dv_buf_release(&sql);
        return;
    }
    PQclear(result);
    for (unsigned row = 0; row < ROWS; row++) {
        dv_buf_reset(&sql);
        dv_buf_printf(&sql, "SELECT (%s), pg_typeof(%s) FROM x WHERE id = %u", expression, expression, row);
        result = PQexec(server, dv_buf_cstr(&sql));
        if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            take_row(&answers->rows[row], result, 0);
            (void)snprintf(answers->type, sizeof(answers->type), "%s", PQgetvalue(result, 0, 1));
        } else {
            take_error(&answers->rows[row], result);
        }
        PQclear(result);
    }
    dv_buf_release(&sql);
}

static void all_failed(struct answers *answers, const struct dv_err *err)
{
    for (unsigned row = 0; row < ROWS; row++) {
        answers->rows[row].failed = true;
        (void)snprintf(answers->rows[row].sqlstate, 6, "%s", err->sqlstate);
        (void)snprintf(answers->rows[row].message, 256, "%.255s", err->message);
    }
}

static void ask_drover(const char *expression, struct answers *answers)
{
    struct dv_arena arena = {0}, batch = {0};
    struct dv_scope_column scope_columns[COLUMNS];
    struct dv_scope scope = {scope_columns, COLUMNS};
    struct dv_binder binder = {.file = "expression", .arena = &arena};
    struct dv_eval eval = {.arena = &batch};
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    struct dv_type bare;
    struct dv_ast *ast = NULL;
    struct dv_expr *expr = NULL;
    for (unsigned i = 0; i < COLUMNS; i++) {
        scope_columns[i] = (struct dv_scope_column){.name = columns[i].name, .slot = i};
        if (dv_type_parse(columns[i].type, strlen(columns[i].type), &scope_columns[i].type, &err) != DV_OK)
            exit(2);
    }
    if (dv_parse_expression(expression, strlen(expression), "expression", &arena, &ast, &err) != DV_OK ||
        dv_bind_expr(&binder, ast, &scope, &expr, &err) != DV_OK) {
        all_failed(answers, &err);
        goto done;
    }
    if (expr->type.id == DV_TYPE_UNKNOWN) {
        struct dv_type to = dv_type_of(DV_TYPE_TEXT);
        if (dv_bind_coerce(&binder, expr, &to, &expr, &err) != DV_OK)
            exit(2);
    }
    bare = expr->type;
    bare.precision = bare.scale = -1;
    dv_type_format(&bare, &text);
    (void)snprintf(answers->type, sizeof(answers->type), "%s",
                   bare.id == DV_TYPE_BPCHAR ? "character" : dv_buf_cstr(&text)); /* pg_typeof's own way */
    for (unsigned row = 0; row < ROWS; row++) {
        struct dv_value copy[COLUMNS], value;
        struct answer *answer = &answers->rows[row];
        memcpy(copy, table[row], sizeof(copy));
        eval.row = copy;
        dv_buf_reset(&text);
        if (dv_expr_eval(expr, &eval, &value, &err) != DV_OK) {
            answer->failed = true;
            (void)snprintf(answer->sqlstate, 6, "%s", err.sqlstate);
            (void)snprintf(answer->message, 256, "%.255s", err.message);
            continue;
        }
        answer->null = value.state == DV_NULL;
        if (!answer->null)
            dv_value_to_text(&value, &expr->type, &text);
        dv_buf_byte(&text, '\0');
        answer->text = strdup(text.data);
        dv_arena_reset(&batch);
    }
done:
    dv_buf_release(&text);
    dv_buf_release(&eval.scratch);
    dv_arena_release(&arena);
    dv_arena_release(&batch);
}

static void show(const char *who, const struct answer *answer)
{
    if (answer->failed)
        (void)printf("    %-10s error %s %s\n", who, answer->sqlstate, answer->message);
    else
        (void)printf("    %-10s %s%s%s\n", who, answer->null ? "" : "\"",
                     answer->null ? "NULL" : answer->text, answer->null ? "" : "\"");
}

/* Whether the two agree; prints the first row in which they do not. Of several errors in one expression the
 * two may meet different ones first: SQLSTATEs are compared only with exact_errors. */
static bool compare(const char *expression, bool exact_errors)
{
    struct answers theirs = {0}, ours = {0};
    bool same = true;
    char *for_server = seen_by(expression, true), *for_drover = seen_by(expression, false);
    ask_server(for_server, &theirs);
    ask_drover(for_drover, &ours);
    if (theirs.type[0] != '\0' && ours.type[0] != '\0' && strcmp(theirs.type, ours.type) != 0) {
        (void)printf("%s\n    type: PostgreSQL %s, drover %s\n", expression, theirs.type, ours.type);
        same = false;
    }
    for (unsigned row = 0; same && row < ROWS; row++) {
        const struct answer *a = &theirs.rows[row], *b = &ours.rows[row];
        if (a->failed || b->failed)
            same = a->failed == b->failed && (!exact_errors || strcmp(a->sqlstate, b->sqlstate) == 0);
        else
            same = a->null == b->null && (a->null || strcmp(a->text, b->text) == 0);
        if (!same) {
            (void)printf("%s\n  row %u\n", expression, row);
            show("PostgreSQL", a);
            show("drover", b);
        }
    }
    free(for_server);
    free(for_drover);
    free_answers(&theirs);
    free_answers(&ours);
    return same;
}

static unsigned run_file(const char *path, unsigned *count)
{
    char line[4096];
    unsigned different = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        ++*count;
        different += compare(line, true) ? 0 : 1;
    }
    (void)fclose(file);
    return different;
}

int main(int argc, char **argv)
{
    unsigned different = 0, count = 0;
    struct dv_buf expression = {0};
    bool from_file = argc == 4 && strcmp(argv[2], "file") == 0;
    if (argc != 4) {
        (void)fprintf(stderr, "usage: %s URI SEED COUNT | URI file PATH\n", argv[0]);
        return 2;
    }
    server = PQconnectdb(argv[1]);
    if (PQstatus(server) != CONNECTION_OK) {
        (void)fprintf(stderr, "%s", PQerrorMessage(server));
        return 2;
    }
    state = (from_file ? 1 : strtoull(argv[2], NULL, 10)) * 0x9e3779b97f4a7c15ULL + 1;
    make_table();
    read_table();
    if (from_file) {
        different = run_file(argv[3], &count);
    } else {
        for (count = 0; count < (unsigned)strtoul(argv[3], NULL, 10); count++) {
            unsigned depth = 1 + pick(3);
            dv_buf_reset(&expression);
            generate(&expression, columns[pick(COLUMNS)].name, depth);
            different += compare(dv_buf_cstr(&expression), depth == 1) ? 0 : 1;
        }
    }
    must("DROP SCHEMA expr_oracle CASCADE");
    (void)printf("%u expressions over %d rows, %u differ\n", count, ROWS, different);
    dv_buf_release(&expression);
    dv_buf_release(&table_csv);
    PQfinish(server);
    return different > 0 ? 1 : 0;
}
