/* Any pattern of to_char, to_date, to_timestamp and to_number over any text: refused with its SQLSTATE, or a
 * value that prints and reads back; and patterns that lose nothing give back what they were given.
 *
 * Input: a line with the pattern, then the text, which is also read as a timestamp, an interval and a number.
 */
#include "tests/fuzz/fuzz_expr.h"

#define MOST 512

enum { S_TEXT, S_PATTERN, S_STAMP, S_ZONED, S_DATE, S_INTERVAL, S_NUMERIC, S_FLOAT, S_INT, S_COUNT };

static struct dv_scope_column list[S_COUNT] = {
    [S_TEXT] = {.name = "v", .slot = S_TEXT},       [S_PATTERN] = {.name = "p", .slot = S_PATTERN},
    [S_STAMP] = {.name = "t", .slot = S_STAMP},     [S_ZONED] = {.name = "z", .slot = S_ZONED},
    [S_DATE] = {.name = "d", .slot = S_DATE},       [S_INTERVAL] = {.name = "i", .slot = S_INTERVAL},
    [S_NUMERIC] = {.name = "n", .slot = S_NUMERIC}, [S_FLOAT] = {.name = "f", .slot = S_FLOAT},
    [S_INT] = {.name = "b", .slot = S_INT}};

static const struct dv_scope *columns(void)
{
    static const enum dv_type_id types[S_COUNT] = {DV_TYPE_TEXT,        DV_TYPE_TEXT,   DV_TYPE_TIMESTAMP,
                                                   DV_TYPE_TIMESTAMPTZ, DV_TYPE_DATE,   DV_TYPE_INTERVAL,
                                                   DV_TYPE_NUMERIC,     DV_TYPE_FLOAT8, DV_TYPE_INT8};
    static const struct dv_scope scope = {.columns = list, .count = S_COUNT};
    for (unsigned i = 0; i < S_COUNT; i++)
        list[i].type = dv_type_of(types[i]);
    return &scope;
}

static struct fuzz_expr values[] = {
    {.text = "to_timestamp(v, p)"},    {.text = "to_date(v, p)"},    {.text = "to_number(v, p)"},
    {.text = "to_char(t, p)"},         {.text = "to_char(z, p)"},    {.text = "to_char(i, p)"},
    {.text = "to_char(n, p)"},         {.text = "to_char(f, p)"},    {.text = "to_char(b, p)"},
    {.text = "to_char(d, p)"},         {.text = "date_trunc(p, t)"}, {.text = "date_part(p, t)"},
    {.text = "extract(epoch FROM i)"},
};

#define WHOLE "'YYYY-MM-DD HH24:MI:SS.US BC'"
static struct fuzz_expr facts[] = {
    {.text = "CASE WHEN isfinite(t) THEN to_timestamp(to_char(t, " WHOLE "), " WHOLE
             ") = t AT TIME ZONE 'UTC' END"},
    {.text =
         "CASE WHEN d BETWEEN '4714-11-25 BC' AND '294276-12-31' THEN to_date(to_char(d, 'J'), 'J') = d END"},
    {.text = "CASE WHEN d BETWEEN '4714-11-25 BC' AND '294276-12-31' THEN to_date(to_char(d, 'IYYY-IW-ID "
             "BC'), 'IYYY-IW-ID BC') = d END"},
    {.text = "CASE WHEN abs(n) < 1e15 THEN to_number(to_char(n, 'FM9999999999999999D999999'), "
             "'FM9999999999999999D999999') = round(n, 6) END"},
    {.text =
         "CASE WHEN abs(n) < 1e15 THEN to_number(to_char(n, 'S0000000000000000D00'), 'S0000000000000000D00') "
         "= round(n, 2) END"},
    {.text = "CASE WHEN b BETWEEN -9000000000000000 AND 9000000000000000 THEN "
             "to_number(to_char(b, '9999G999G999G999G999MI'), '9999G999G999G999G999MI') = b END"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text text = {(const char *)data, size}, pattern = fuzz_line(&text);
    struct dv_arena arena = {0};
    struct dv_value row[S_COUNT] = {dv_text(text.p, text.length), dv_text(pattern.p, pattern.length)};
    if (size > MOST || !fuzz_is_text((const char *)data, size))
        return 0;
    fuzz_bind(values, FUZZ_COUNT(values), columns());
    fuzz_bind(facts, FUZZ_COUNT(facts), columns());
    for (unsigned i = S_STAMP; i < S_COUNT; i++) {
        struct dv_err err = DV_ERR_INIT;
        if (dv_value_from_text(text.p, text.length, &list[i].type, &arena, &row[i], &err) != DV_OK)
            row[i] = dv_null();
    }
    fuzz_check_values(values, FUZZ_COUNT(values), row, &arena);
    fuzz_check_true(facts, FUZZ_COUNT(facts), row, &arena);
    dv_arena_release(&arena);
    return 0;
}
