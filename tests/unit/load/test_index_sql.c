/* Which index a statement makes decides what is dropped after an interruption: a name read wrongly would drop
 * somebody else's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/index_sql.h"
#include "load/sql_token.h"

#include <string.h>

static void statements_are_read(void **state)
{
    static const struct {
        const char *sql;
        enum dv_index_verb verb;
        enum dv_index_scope scope;
        const char *index, *table;
    } cases[] = {
        {"CREATE INDEX CONCURRENTLY a ON t (x)", DV_INDEX_CREATE, DV_INDEX_ONE, "a", "t"},
        {" -- c\ncreate /* x */ unique INDEX concurrently IF NOT EXISTS Mixed ON ONLY s.\"T b\" USING hash "
         "(x);",
         DV_INDEX_CREATE, DV_INDEX_ONE, "mixed", "s.\"T b\""},
        {"CREATE INDEX CONCURRENTLY \"Say \"\"it\"\"\" ON \"S\" . t(x)", DV_INDEX_CREATE, DV_INDEX_ONE,
         "Say \"it\"", "\"S\".t"},
        {"CREATE INDEX CONCURRENTLY ON t (x)", DV_INDEX_CREATE, DV_INDEX_ONE, NULL, "t"},
        {"CREATE INDEX a ON t (x)", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"SELECT 'CREATE INDEX CONCURRENTLY a ON t (x)'", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"REINDEX INDEX CONCURRENTLY s.a", DV_INDEX_REINDEX, DV_INDEX_ONE, "s.a", NULL},
        {"REINDEX (VERBOSE, CONCURRENTLY) TABLE s.t;", DV_INDEX_REINDEX, DV_INDEX_TABLE, NULL, "s.t"},
        {"REINDEX (CONCURRENTLY off) TABLE s.t;", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"REINDEX SCHEMA CONCURRENTLY Audit", DV_INDEX_REINDEX, DV_INDEX_SCHEMA, NULL, "audit"},
        {"REINDEX TABLE t", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"DROP INDEX CONCURRENTLY IF EXISTS s.\"A\"", DV_INDEX_DROP, DV_INDEX_ONE, "s.\"A\"", NULL},
        {"DROP INDEX a", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"CREATE INDEX CONCURRENTLY", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
        {"", DV_INDEX_NONE, DV_INDEX_ONE, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_index_sql parsed;
        struct dv_err err = DV_ERR_INIT;
        assert_int_equal(dv_index_sql_parse(cases[i].sql, &parsed, &err), DV_OK);
        assert_int_equal(parsed.verb, cases[i].verb);
        assert_int_equal(parsed.scope, cases[i].scope);
        assert_string_equal(parsed.index != NULL ? parsed.index : "-",
                            cases[i].index != NULL ? cases[i].index : "-");
        assert_string_equal(parsed.table != NULL ? parsed.table : "-",
                            cases[i].table != NULL ? cases[i].table : "-");
        dv_index_sql_release(&parsed);
    }
}

static void tokens_end_where_they_should(void **state)
{
    static const char sql[] = "a$1 \"b\"\"c\"'it''s' E'\\'' $x$ ' $x$ -- ;\n/* ; */ ;";
    static const char *const texts[] = {"a$1", "\"b\"\"c\"", "'it''s'", "E'\\''", "$x$ ' $x$", ";"};
    static const enum dv_sql_kind kinds[] = {DV_SQL_WORD,   DV_SQL_QUOTED, DV_SQL_STRING,
                                             DV_SQL_STRING, DV_SQL_STRING, DV_SQL_SYMBOL};
    const char *at = sql;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct dv_sql_token token = dv_sql_next(&at);
        assert_int_equal(token.kind, kinds[i]);
        assert_int_equal(token.length, strlen(texts[i]));
        assert_memory_equal(token.text, texts[i], token.length);
    }
    assert_int_equal(dv_sql_next(&at).kind, DV_SQL_END);
    assert_int_equal(dv_sql_next(&at).kind, DV_SQL_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_read),
        cmocka_unit_test(tokens_end_where_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
