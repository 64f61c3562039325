/* What schema steps will make unique is compared with the staged rows: a key that is overlooked is found only
 * when everything is loaded, one that is read wrongly stops a run that is good. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/step_sql.h"

#include <stdio.h>
#include <string.h>

static void read_steps(const char *sql, struct dv_step_sql *read)
{
    struct dv_err err = DV_ERR_INIT;
    char text[2000];
    struct dv_schema_step step = {.name = "010_a", .phase = DV_PHASE_INDEX, .up = text};
    struct dv_schema schema = {.steps = &step, .count = 1};
    (void)snprintf(text, sizeof text, "%s", sql);
    assert_int_equal(dv_step_sql_read(&schema, DV_PHASE_EXPAND, DV_PHASE_INDEX, read, &err), DV_OK);
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static void unique_keys_are_seen(void **state)
{
    static const struct {
        const char *sql, *name, *table, *elements, *condition;
    } cases[] = {
        {"CREATE UNIQUE INDEX a ON s.t (x, y);", "a", "s.t", "x, y", "-"},
        {"create unique index concurrently if not exists \"A b\" on only t using btree (lower(x), (y || "
         "')')) include "
         "(z) with (fillfactor = 70) where y > 0 and z = ';';",
         "A b", "t", "lower(x), (y || ')')", "y > 0 and z = ';'"},
        {"CREATE UNIQUE INDEX ON t (x)", "-", "t", "x", "-"},
        {"ALTER TABLE IF EXISTS ONLY s.\"T\" ADD COLUMN c int, ADD CONSTRAINT k PRIMARY KEY (x, \"Y\");", "k",
         "s.\"T\"", "x, \"Y\"", "-"},
        {"ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (x)", "-", "t", "x", "-"},
        {"DO $do$ BEGIN IF true THEN CREATE UNIQUE INDEX a ON t (x) WHERE x IS NOT NULL; END IF; END $do$;",
         "a", "t", "x", "x IS NOT NULL"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dv_step_sql read;
        read_steps(cases[i].sql, &read);
        assert_int_equal(read.key_count, 1);
        assert_string_equal(or_none(read.keys[0].name), cases[i].name);
        assert_string_equal(read.keys[0].table, cases[i].table);
        assert_string_equal(read.keys[0].elements, cases[i].elements);
        assert_string_equal(or_none(read.keys[0].condition), cases[i].condition);
        assert_string_equal(read.keys[0].step, "010_a");
        assert_int_equal(read.keys[0].nulls_equal, i == 4);
        dv_step_sql_release(&read);
    }
}

static void added_columns_are_seen(void **state)
{
    static const char sql[] = "ALTER TABLE s.t ADD CONSTRAINT k CHECK (x > 0), ADD a int, ADD COLUMN \"B c\" "
                              "text DEFAULT 'ADD d int',\n"
                              "  ADD PRIMARY KEY (x), DROP COLUMN e, ADD COLUMN IF NOT EXISTS F date;\n"
                              "DO $$ BEGIN IF true THEN ALTER TABLE u ADD g int; END IF; END $$;\n";
    static const char *const wanted[][2] = {{"s.t", "a"}, {"s.t", "B c"}, {"s.t", "f"}, {"u", "g"}};
    struct dv_step_sql read;
    (void)state;
    read_steps(sql, &read);
    assert_int_equal(read.column_count, sizeof wanted / sizeof wanted[0]);
    for (unsigned i = 0; i < read.column_count; i++) {
        assert_string_equal(read.columns[i].table, wanted[i][0]);
        assert_string_equal(read.columns[i].name, wanted[i][1]);
        assert_string_equal(read.columns[i].step, "010_a");
    }
    assert_int_equal(read.key_count, 1);
    dv_step_sql_release(&read);
}

static void what_is_no_key_is_not_taken_for_one(void **state)
{
    static const char sql[] =
        "CREATE INDEX a ON t (x);\n"
        "-- CREATE UNIQUE INDEX b ON t (x);\n"
        "SELECT 'CREATE UNIQUE INDEX c ON t (x)', $$ CREATE UNIQUE INDEX d ON t (x) $$;\n"
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE UNIQUE INDEX e ON t (x); END "
        "$$;\n"
        "ALTER TABLE u ADD CONSTRAINT k UNIQUE USING INDEX a;\n"
        "ALTER TABLE u ADD CONSTRAINT l CHECK (x > 0);\n"
        "CREATE UNIQUE INDEX broken ON t (x";
    struct dv_step_sql read;
    (void)state;
    read_steps(sql, &read);
    assert_int_equal(read.key_count, 0);
    assert_int_equal(read.changed.count, 2);
    assert_string_equal(read.changed.list[0].name, "t");
    assert_string_equal(read.changed.list[1].name, "u");
    assert_int_equal(read.referred.count, 0);
    dv_step_sql_release(&read);
}

/* A table that only EXECUTE changes is looked at all the same, where the step says so. */
static void what_a_step_says_of_itself_is_seen(void **state)
{
    static const char sql[] = "-- drover: phase=index, changes=s.t\n"
                              "-- Keys. -- drover: changes=no\n"
                              "\n"
                              "-- drover: references=s.u references=s.\"V\" changes=s.t\n"
                              "ALTER TABLE s.t ADD COLUMN x int;\n"
                              "-- drover: changes=too_late\n";
    struct dv_step_sql read;
    (void)state;
    read_steps(sql, &read);
    assert_int_equal(read.changed.count, 1);
    assert_string_equal(read.changed.list[0].name, "s.t");
    assert_string_equal(read.changed.list[0].step, "010_a");
    assert_int_equal(read.referred.count, 2);
    assert_string_equal(read.referred.list[0].name, "s.u");
    assert_string_equal(read.referred.list[1].name, "s.\"V\"");
    dv_step_sql_release(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unique_keys_are_seen),
        cmocka_unit_test(added_columns_are_seen),
        cmocka_unit_test(what_is_no_key_is_not_taken_for_one),
        cmocka_unit_test(what_a_step_says_of_itself_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
