/* Text tables: what people read a run's figures in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobs/table.h"

/* Columns line up, also behind letters of more than one byte; a name cannot break the line or steer the
 * terminal. */
static void test_aligned(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_table table = {0};
    struct dv_buf out = {0};
    (void)state;
    dv_table_row(&table);
    dv_table_text(&table, "name");
    dv_table_text(&table, "rows");
    dv_table_text(&table, "note");
    dv_table_row(&table);
    dv_table_text(&table, "ğüş");
    dv_table_number(&table, 7);
    dv_table_text(&table, "");
    dv_table_row(&table);
    dv_table_text(&table, "a\033[2Jb\nc");
    dv_table_number(&table, 1234567);
    dv_table_printf(&table, "%d%%", 5);
    assert_int_equal(dv_table_write(&table, &out, &err), DV_OK);
    assert_string_equal(dv_buf_cstr(&out), "  name         rows  note\n"
                                           "  ğüş             7\n"
                                           "  a [2Jb c  1234567  5%\n");
    dv_buf_release(&out);
    dv_table_release(&table);
}

/* A head without rows is noise. */
static void test_empty(void **state)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_table table = {0};
    struct dv_buf out = {0};
    (void)state;
    dv_table_row(&table);
    dv_table_text(&table, "name");
    assert_int_equal(dv_table_write(&table, &out, &err), DV_OK);
    assert_int_equal(out.len, 0);
    dv_buf_release(&out);
    dv_table_release(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_aligned), cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
