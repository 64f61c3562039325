/* A private PostgreSQL for one test program: started in a temporary folder by test_server_start (a cmocka
 * group set-up), stopped and removed by test_server_stop. Every failure fails the test that runs. */
#ifndef DV_TESTS_PG_HARNESS_H
#define DV_TESTS_PG_HARNESS_H

#include "core/buf.h"
#include "core/pg.h"

int test_server_start(void **state);
int test_server_stop(void **state);
void test_server_restart(void);    /* its sessions are lost */
const char *test_url(void);        /* of the database "postgres" */
const char *test_folder(void);     /* for the test's own files; goes with the server */
struct dv_pg *test_connect(void);  /* dv_pg_close when done */
void test_sql(const char *sql);    /* on a connection of its own */
char *test_value(const char *sql); /* the first value of the first row; dv_free */
void test_ok(enum dv_status status, const struct dv_err *err); /* fails with the error's text */
/* The same with a name for the folder of a job, which the test makes: test_folder()/job. */
int test_job_start(void **state);
int test_job_stop(void **state);
extern char *test_job_dir;
char *test_path(const char *name); /* test_folder()/name; dv_free */

#endif
