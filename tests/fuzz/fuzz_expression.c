/* Any text, taken for an expression over a row of most types: refused where it stands, or evaluated; what it
 * gives is a value that prints and reads back, and binding and evaluating once more gives the same.
 *
 * What makes much out of little (repeat, powers) is left out: it is bounded, but not by what a fuzzer allows.
 */
#include "tests/fuzz/fuzz_expr.h"

#define MOST 512

static const struct {
    const char *name;
    enum dv_type_id type;
    const char *text; /* NULL: NULL */
} cells[] = {
    {"t", DV_TYPE_TEXT, "Straße 5, €"},
    {"e", DV_TYPE_TEXT, ""},
    {"u", DV_TYPE_TEXT, NULL},
    {"c", DV_TYPE_BPCHAR, "ab "},
    {"i", DV_TYPE_INT4, "-2147483648"},
    {"s", DV_TYPE_INT2, "7"},
    {"l", DV_TYPE_INT8, "9223372036854775807"},
    {"n", DV_TYPE_NUMERIC, "-12.3450"},
    {"f", DV_TYPE_FLOAT8, "1e308"},
    {"b", DV_TYPE_BOOL, "t"},
    {"d", DV_TYPE_DATE, "2024-02-29"},
    {"o", DV_TYPE_TIME, "24:00:00"},
    {"z", DV_TYPE_TIMESTAMPTZ, "2024-02-29 23:59:59.999999+00"},
    {"m", DV_TYPE_TIMESTAMP, "-infinity"},
    {"v", DV_TYPE_INTERVAL, "1 mon -1 days +00:00:01"},
    {"j", DV_TYPE_JSONB, "{\"a\": [1, null, {\"b\": \"x\"}]}"},
    {"y", DV_TYPE_BYTEA, "\\x00ff"},
    {"g", DV_TYPE_UUID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
    {"a", DV_TYPE_ARRAY, "{a,NULL,\"b c\"}"},
};

static struct dv_scope_column list[FUZZ_COUNT(cells)];

static void make_row(struct dv_value *row, struct dv_arena *arena)
{
    for (unsigned i = 0; i < FUZZ_COUNT(cells); i++) {
        struct dv_err err = DV_ERR_INIT;
        list[i] =
            (struct dv_scope_column){.name = cells[i].name, .type = dv_type_of(cells[i].type), .slot = i};
        if (cells[i].type == DV_TYPE_ARRAY)
            list[i].type.element = DV_TYPE_TEXT;
        row[i] = dv_null();
        if (cells[i].text != NULL)
            FUZZ_CHECK_OF(dv_value_from_text(cells[i].text, strlen(cells[i].text), &list[i].type, arena,
                                             &row[i], &err) == DV_OK,
                          err.message);
    }
}

/* The expression's value, printed; *made: there is one. */
static struct dv_buf evaluate(struct fuzz_text text, struct dv_arena *arena, bool *made)
{
    struct dv_scope scope = {.columns = list, .count = FUZZ_COUNT(cells)};
    struct dv_binder binder = {.file = "fuzz", .arena = arena};
    struct dv_value row[FUZZ_COUNT(cells)], value = dv_null();
    struct dv_err err = DV_ERR_INIT;
    struct dv_ast *ast = NULL;
    struct dv_expr *bound = NULL;
    struct dv_buf out = {0};
    make_row(row, arena);
    *made = false;
    enum dv_status status = dv_parse_expression(text.p, text.length, "fuzz", arena, &ast, &err);
    if (status == DV_OK)
        status = dv_bind_expr(&binder, ast, &scope, &bound, &err);
    if (status != DV_OK) {
        fuzz_check_refusal(status, &err, DV_EXIT_USAGE);
        return out;
    }
    struct fuzz_expr expr = {.text = "the input", .bound = bound};
    if (!fuzz_evaluate(&expr, row, arena, &value, &err))
        return out;
    *made = true;
    fuzz_check_value(&expr, &value, arena);
    if (value.state != DV_NULL)
        dv_value_to_text(&value, &bound->type, &out);
    return out;
}

static bool makes_much(struct fuzz_text text)
{
    static const char *const words[] = {"repeat", "pad", "fill", "^", "power", "exp", "factorial", "!"};
    char lower[MOST + 1];
    for (size_t i = 0; i < text.length; i++)
        lower[i] = (char)((unsigned char)(text.p[i] - 'A') < 26 ? text.p[i] + 32 : text.p[i]);
    lower[text.length] = '\0';
    for (size_t i = 0; i < FUZZ_COUNT(words); i++)
        if (strstr(lower, words[i]) != NULL)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_text text = {(const char *)data, size};
    struct dv_arena arena = {0}, other = {0};
    bool made, made_again;
    if (size > MOST || !fuzz_is_text(text.p, size) || makes_much(text))
        return 0;
    struct dv_buf once = evaluate(text, &arena, &made), again = evaluate(text, &other, &made_again);
    FUZZ_CHECK(made == made_again && once.len == again.len);
    FUZZ_CHECK(once.len == 0 || memcmp(once.data, again.data, once.len) == 0);
    dv_buf_release(&once);
    dv_buf_release(&again);
    dv_arena_release(&arena);
    dv_arena_release(&other);
    return 0;
}
