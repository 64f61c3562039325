/* Every example of docs/sql.md, `expression` → `result`, and `SELECT …` → `its rows`: what the page says is
 * what drover answers. */
#include "tests/unit/transform/expr_check.h"
#include "tests/unit/transform/program_fixture.h"

#include "transform/aggregate.h"

#include <libgen.h>
#include <stdlib.h>

#define ARROW "` \xe2\x86\x92 `"

static char *page; /* docs/sql.md */

static int read_page(void **state)
{
    char path[4096];
    FILE *file;
    size_t size;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s", __FILE__);
    (void)snprintf(path + strlen(dirname(path)), 64, "/../../../docs/sql.md");
    file = fopen(path, "r");
    if (file == NULL)
        return -1;
    page = calloc(1, 1 << 20);
    size = page != NULL ? fread(page, 1, (1 << 20) - 1, file) : 0;
    (void)fclose(file);
    return size > 0 ? 0 : -1;
}

static int drop_page(void **state)
{
    (void)state;
    free(page);
    return 0;
}

/* The next example of a line from *at on; false: none is left. Both texts are cut out in place. */
static bool next_example(char **at, char **expression, char **result)
{
    char *arrow = strstr(*at, ARROW), *start, *end;
    if (arrow == NULL)
        return false;
    for (start = arrow; start > page && start[-1] != '`'; start--)
        continue;
    *expression = start;
    *arrow = '\0';
    *result = arrow + strlen(ARROW);
    end = strchr(*result, '`');
    assert_non_null(end);
    *end = '\0';
    *at = end + 1;
    return true;
}

static bool same_text(const struct expr_result *result, const char *expected)
{
    if (result->null)
        return strcmp(expected, "NULL") == 0;
    if (result->text.len == 0)
        return strcmp(expected, "''") == 0;
    return result->text.len == strlen(expected) && memcmp(result->text.data, expected, result->text.len) == 0;
}

/* An aggregate over the page's four rows. */
static void aggregate(struct expr_result *result, const char *expression)
{
    static const struct {
        int64_t x;
        const char *s;
    } rows[4] = {{1, "b"}, {2, "a"}, {0, NULL}, {4, "c"}};
    struct dv_scope_column columns[2] = {{.name = "x", .slot = 0}, {.name = "s", .slot = 1}};
    struct dv_scope scope = {columns, 2};
    struct dv_ast *ast = NULL, *no_keys[1] = {NULL};
    struct dv_expr *expr = NULL;
    struct dv_binder binder = {
        .file = "sql.md", .arena = &result->arena, .group_keys = no_keys, .input_scope = &scope};
    struct dv_eval eval = {.arena = &result->arena};
    struct dv_aggregate_state *state;
    struct dv_value value = dv_null();
    columns[0].type = dv_type_of(DV_TYPE_INT4);
    columns[1].type = dv_type_of(DV_TYPE_TEXT);
    result->err = (struct dv_err)DV_ERR_INIT;
    result->status =
        dv_parse_expression(expression, strlen(expression), "sql.md", &result->arena, &ast, &result->err);
    if (result->status == DV_OK)
        result->status = dv_bind_expr(&binder, ast, NULL, &expr, &result->err);
    if (result->status != DV_OK)
        return;
    assert_int_equal(binder.aggregate_count, 1);
    state = dv_aggregate_start(binder.aggregates[0], &result->arena);
    assert_non_null(state);
    for (unsigned i = 0; i < 4 && result->status == DV_OK; i++) {
        struct dv_value row[2] = {rows[i].s != NULL ? dv_int(rows[i].x) : dv_null(),
                                  rows[i].s != NULL ? dv_text(rows[i].s, strlen(rows[i].s)) : dv_null()};
        eval.row = row;
        result->status = dv_aggregate_step(binder.aggregates[0], state, &eval, &result->err);
    }
    if (result->status == DV_OK)
        result->status = dv_aggregate_final(binder.aggregates[0], state, &value, &result->err);
    dv_buf_release(&eval.scratch);
    result->null = value.state == DV_NULL;
    if (result->status == DV_OK && !result->null)
        dv_value_to_text(&value, &binder.aggregates[0]->type, &result->text);
}

/* A model over the same rows: its rows, behind each other. */
static void query(struct expr_result *result, const char *text)
{
    static const char *const rows[] = {"1,b\n2,a\n,\n4,c\n", NULL};
    void *state = NULL;
    assert_int_equal(setup(&state), 0);
    struct fixture *fixture = state;
    input(fixture, "t", "x integer, s text", rows);
    model(fixture, "m", text);
    result->status = run(fixture, 1, 32U << 20);
    result->err = fixture->err;
    if (result->status == DV_OK) {
        char *made = rows_of(fixture, "transform/m");
        for (char *at = made, *end; *at != '\0'; at = end + 1) {
            end = strchr(at, '\n');
            dv_buf_printf(&result->text, "%s%.*s", at == made ? "" : " / ", (int)(end - at), at);
        }
        dv_free(made);
    }
    assert_int_equal(teardown(&state), 0);
}

static void every_example_is_true(void **state)
{
    char *at = page, *expression = NULL, *expected = NULL;
    const char *aggregates = strstr(page, "### Aggregates");
    unsigned count = 0, wrong = 0;
    (void)state;
    assert_non_null(aggregates);
    while (next_example(&at, &expression, &expected)) {
        struct expr_result result = {0};
        struct dv_binder binder = {.file = "sql.md"};
        if (strncmp(expression, "SELECT", 6) == 0)
            query(&result, expression);
        else if (expression > aggregates)
            aggregate(&result, expression);
        else
            check_evaluate(&result, &binder, expression, NULL, NULL);
        count++;
        if (result.status != DV_OK || !same_text(&result, expected)) {
            wrong++;
            print_error("%s\n  docs/sql.md says %s\n  drover says    %.*s%s\n", expression, expected,
                        (int)result.text.len, result.text.data != NULL ? result.text.data : "",
                        result.status != DV_OK ? result.err.message
                        : result.null          ? "NULL"
                                               : "");
        }
        check_release(&result);
    }
    assert_true(count > 100);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_example_is_true, read_page, drop_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
