/* Models judged by PostgreSQL: whole models made at random, with data, run by PostgreSQL 15 and by drover,
 * with one and two workers and much and little memory, and compared as bags of rows; drover's own runs must
 * agree to the byte.
 *
 *   model_oracle URI SEED COUNT [DIR]    COUNT models; cases that differ are written into DIR
 *   model_oracle URI case PATH...        cases from files
 *
 * The server's database sorts text by bytes and holds sql/compat.sql and sql/order.sql (run-models makes it).
 * Everything is made in schema c and in a folder under TMPDIR; nothing stays. A row that fails in PostgreSQL
 * must be rejected by drover, or the run must fail. Exit code: 0 nothing differs, 1 something does, 2 it
 * could not run.
 *
 * What SQL leaves open is not held against drover, in cases whose expressions may fail ("-- risky" in a
 * file): a row that PostgreSQL drops before it computes what fails, or the other way round, and a constant
 * that fails where PostgreSQL never comes to it. Those cases are counted as unsettled, and what both give
 * must be the same all the same.
 *
 * A case file: "-- table NAME (COLUMNS)", lines of CSV, "-- model NAME", lines of SQL. */
#include "core/alloc.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "tests/exists.h"
#include "tests/oracle/model_gen.h"
#include "transform/transform.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static PGconn *server;
static char dir[256];
static unsigned shown, skips;

struct way {
    unsigned workers;
    size_t memory;
};
static const struct way ways[] = {{1, 256U << 20}, {2, 2U << 20}, {2, 256U << 20}, {1, 2U << 20}};
#define WAYS (sizeof ways / sizeof ways[0])

struct input {
    struct dv_column columns[64];
    unsigned column_count;
};

static void stop(const char *what)
{
    (void)fprintf(stderr, "%s\n%s", what, PQerrorMessage(server));
    exit(2);
}

static void must(const char *sql)
{
    PGresult *result = PQexec(server, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        stop(sql);
    PQclear(result);
}

static void fine(enum dv_status status, const struct dv_err *err)
{
    if (status != DV_OK) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(2);
    }
}

/* SQL as one of the two sees it: the mark left out, or the table behind it narrowed to one row. */
static void without_mark(const struct dv_buf *sql, const char *one_row, struct dv_buf *out)
{
    for (const char *at = sql->data, *end = at + sql->len; at < end; at++) {
        size_t word = 0;
        if (*at != ROW_MARK) {
            dv_buf_byte(out, *at);
        } else if (one_row != NULL) {
            while (at + 1 + word < end && at[1 + word] != ' ')
                word++;
            dv_buf_printf(out, "(SELECT * FROM c.%.*s WHERE id = %s)", (int)word, at + 1, one_row);
            at += word;
        }
    }
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

struct rows {
    struct dv_buf text;
    struct record {
        const char *at;
        size_t length;
    } * records;
    size_t count;
};

static int by_bytes(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->length < y->length ? x->length : y->length);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

static void split(struct rows *rows, bool sorted)
{
    const char *at = rows->text.data, *end = at == NULL ? NULL : at + rows->text.len;
    size_t capacity = 0;
    while (at < end) {
        const char *next = dv_csv_record_end(at, end);
        if (rows->count == capacity) {
            capacity = capacity * 2 + 64;
            rows->records = realloc(rows->records, capacity * sizeof *rows->records);
            if (rows->records == NULL)
                exit(2);
        }
        if (next == NULL)
            next = end;
        rows->records[rows->count++] = (struct record){at, (size_t)(next - at)};
        at = next;
    }
    if (sorted && rows->count > 0)
        qsort(rows->records, rows->count, sizeof *rows->records, by_bytes);
}

static void rows_release(struct rows *rows)
{
    dv_buf_release(&rows->text);
    free(rows->records);
    *rows = (struct rows){0};
}

static void copy_out(const char *sql, struct dv_buf *out)
{
    char *chunk;
    int length;
    PGresult *result = PQexec(server, sql);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        stop(sql);
    PQclear(result);
    while ((length = PQgetCopyData(server, &chunk, 0)) > 0) {
        dv_buf_append(out, chunk, (size_t)length);
        PQfreemem(chunk);
    }
    while ((result = PQgetResult(server)) != NULL)
        PQclear(result);
}

static void read_dataset(const char *kind, const char *name, struct dv_buf *out, struct dv_tally *tally)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_dataset_manifest manifest;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/run/%s/%s", dir, kind, name);
    *tally = (struct dv_tally){0};
    if (!dataset_exists(path))
        return;
    fine(dv_dataset_manifest_read(path, &manifest, &err), &err);
    *tally = manifest.tally;
    for (uint32_t part = 0; part < manifest.part_count; part++) {
        struct dv_stage_reader *reader;
        struct dv_stage_block block;
        fine(dv_stage_verify_part(path, part, &err), &err);
        fine(dv_stage_reader_open(&reader, path, part, &err), &err);
        while (dv_stage_reader_block(reader, &block, &err) == DV_OK)
            dv_buf_append(out, block.data, block.length);
        dv_stage_reader_close(reader);
    }
    dv_dataset_manifest_release(&manifest);
}

/* ---- both sides of a case ------------------------------------------------------------------------------ */

static void columns_of(const char *text, struct input *input)
{
    struct dv_err err = DV_ERR_INIT;
    input->column_count = 0;
    while (*text != '\0') {
        struct dv_column *column = &input->columns[input->column_count++];
        size_t name = strcspn(text, " "), type = strcspn(text + name + 1, ",");
        (void)snprintf(column->name, sizeof column->name, "%.*s", (int)name, text);
        fine(dv_type_parse(text + name + 1, type, &column->type, &err), &err);
        text += name + 1 + type;
        text += strspn(text, ", ");
    }
}

/* Into PostgreSQL, and out of it into stage files, so that values are written as PostgreSQL writes them. */
static void make_table(struct case_table *table, struct input *input)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf sql = {0};
    struct rows rows = {0};
    char path[512];
    columns_of(dv_buf_cstr(&table->columns), input);
    dv_buf_printf(&sql, "CREATE TABLE c.%s (%s)", table->name, dv_buf_cstr(&table->columns));
    must(dv_buf_cstr(&sql));
    dv_buf_reset(&sql);
    dv_buf_printf(&sql, "COPY c.%s FROM STDIN (FORMAT csv)", table->name);
    PQclear(PQexec(server, dv_buf_cstr(&sql)));
    if (PQputCopyData(server, table->csv.data, (int)table->csv.len) != 1 || PQputCopyEnd(server, NULL) != 1)
        stop("COPY");
    PGresult *result = PQgetResult(server);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        stop(dv_buf_cstr(&table->csv));
    PQclear(result);
    while ((result = PQgetResult(server)) != NULL)
        PQclear(result);
    dv_buf_reset(&sql);
    dv_buf_printf(&sql, "COPY c.%s TO STDOUT (FORMAT csv)", table->name);
    copy_out(dv_buf_cstr(&sql), &rows.text);
    split(&rows, false);
    (void)snprintf(path, sizeof path, "%s/run/extract/%s", dir, table->name);
    unsigned parts = rows.count > 0 ? 1 + (unsigned)rows.count % 3 : 0;
    size_t at = 0;
    for (uint32_t part = 0; part < parts; part++) {
        struct dv_stage_writer *writer;
        fine(dv_stage_writer_open(&writer, path, part, input->columns, input->column_count, &err), &err);
        for (size_t until = rows.count * (part + 1) / parts; at < until; at++)
            fine(dv_stage_writer_record(writer, rows.records[at].at, rows.records[at].length, &err), &err);
        fine(dv_stage_writer_publish(writer, NULL, &err), &err);
    }
    fine(dv_file_make_dirs(path, &err), &err);
    fine(dv_dataset_publish(path, parts, input->columns, input->column_count, NULL, &err), &err);
    rows_release(&rows);
    dv_buf_release(&sql);
}

static void forget(const char *what)
{
    struct dv_err err = DV_ERR_INIT;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", dir, what);
    if (file_exists(path))
        fine(dv_file_remove_tree(path, &err), &err);
}

static enum dv_status run_drover(const struct test_case *test, const struct input *inputs,
                                 const struct way *way, struct dv_program **program, struct dv_err *err)
{
    struct dv_input given[CASE_TABLES];
    char models[300], run[300];
    (void)snprintf(models, sizeof models, "%s/models", dir);
    (void)snprintf(run, sizeof run, "%s/run", dir);
    struct dv_context context = {
        .job = "oracle", .run_id = "r", .run_dir = run, .workers = way->workers, .memory = way->memory};
    for (unsigned t = 0; t < test->table_count; t++)
        given[t] = (struct dv_input){test->tables[t].name, inputs[t].columns, inputs[t].column_count};
    forget("run/transform");
    forget("run/rejects");
    forget("run/conflicts");
    forget("run/work");
    enum dv_status status =
        dv_program_new(program, models, given, test->table_count, NULL, 0, NULL, 0, 0, err);
    return status == DV_OK ? dv_program_run(*program, &context, err) : status;
}

/* All that a run wrote of its models, for comparing one run with another. */
static void everything(const struct test_case *test, struct dv_buf *out)
{
    static const char *const kinds[] = {"transform", "rejects"};
    struct dv_tally tally;
    for (unsigned m = 0; m < test->model_count; m++) {
        for (unsigned k = 0; k < 2; k++) {
            read_dataset(kinds[k], test->models[m].name, out, &tally);
            dv_buf_printf(out, "\n%s %s %llu %llu\n", kinds[k], test->models[m].name,
                          (unsigned long long)tally.read, (unsigned long long)tally.written);
        }
    }
}

/* ---- judging ------------------------------------------------------------------------------------------- */

static void say(const char *model, const char *what)
{
    (void)printf("  %s: %s\n", model, what);
}

static void show_record(const char *who, const struct record *record)
{
    (void)printf("    only in %-10s %.*s\n", who, (int)(record->length > 600 ? 600 : record->length - 1),
                 record->at);
}

static bool same_rows(const char *model, struct rows *theirs, struct rows *ours)
{
    size_t t = 0, o = 0, different = 0;
    split(theirs, true);
    split(ours, true);
    while (t < theirs->count || o < ours->count) {
        int order = t == theirs->count ? 1
                    : o == ours->count ? -1
                                       : by_bytes(&theirs->records[t], &ours->records[o]);
        if (order == 0) {
            t++;
            o++;
            continue;
        }
        if (different++ == 0)
            say(model, "rows differ");
        if (different <= 6)
            show_record(order < 0 ? "PostgreSQL" : "drover",
                        order < 0 ? &theirs->records[t] : &ours->records[o]);
        if (order < 0)
            t++;
        else
            o++;
    }
    return different == 0;
}

static bool same_types(struct dv_program *program, const char *model)
{
    struct dv_buf sql = {0}, ours = {0};
    unsigned count;
    const struct dv_column *columns = dv_program_columns(program, model, &count);
    dv_buf_printf(
        &sql,
        "SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attnum) FROM "
        "pg_attribute WHERE attrelid = 'c.%s'::regclass AND attnum > 0",
        model);
    for (unsigned c = 0; c < count; c++) {
        struct dv_type bare = columns[c].type;
        bare.precision = bare.scale = -1;
        dv_buf_printf(&ours, "%s%s ", c > 0 ? ", " : "", columns[c].name);
        dv_type_format(&bare, &ours);
    }
    PGresult *result = PQexec(server, dv_buf_cstr(&sql));
    bool same = strcmp(PQgetvalue(result, 0, 0), dv_buf_cstr(&ours)) == 0;
    if (!same)
        (void)printf("  %s: columns differ\n    PostgreSQL %s\n    drover     %s\n", model,
                     PQgetvalue(result, 0, 0), dv_buf_cstr(&ours));
    PQclear(result);
    dv_buf_release(&sql);
    dv_buf_release(&ours);
    return same;
}

/* Row by row in PostgreSQL: what does not fail must be what drover wrote, and each that fails a reject. */
static bool same_by_row(const struct case_model *model)
{
    struct dv_buf sql = {0}, one = {0};
    struct rows theirs = {0}, ours = {0};
    struct dv_tally tally;
    const char *mark = memchr(model->sql.data, ROW_MARK, model->sql.len);
    size_t word = strcspn(mark + 1, " ");
    without_mark(&model->sql, "%s", &one);
    must("CREATE TABLE c.failed (id int)");
    /* % of the model itself must not be taken for a format: the id is put in by replace */
    dv_buf_printf(
        &sql,
        "DO $do$ DECLARE r int; q text := $q$%s$q$; BEGIN FOR r IN SELECT id FROM c.%.*s LOOP BEGIN "
        "IF to_regclass('c.%s') IS NULL THEN EXECUTE 'CREATE TABLE c.%s AS ' || replace(q, 'id = %%s)', 'id "
        "= ' || r || ')'); ELSE EXECUTE 'INSERT INTO c.%s ' || replace(q, 'id = %%s)', 'id = ' || r || ')'); "
        "END IF; EXCEPTION WHEN OTHERS THEN INSERT INTO c.failed VALUES "
        "(r); END; END LOOP; END $do$",
        dv_buf_cstr(&one), (int)word, mark + 1, model->name, model->name, model->name);
    must(dv_buf_cstr(&sql));
    PGresult *result = PQexec(server, "SELECT count(*) FROM c.failed");
    unsigned long long failed = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    dv_buf_reset(&sql);
    dv_buf_printf(&sql, "SELECT to_regclass('c.%s') IS NOT NULL", model->name);
    result = PQexec(server, dv_buf_cstr(&sql));
    bool any = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    dv_buf_reset(&sql);
    dv_buf_printf(&sql, "COPY c.%s TO STDOUT (FORMAT csv)", model->name);
    if (any)
        copy_out(dv_buf_cstr(&sql), &theirs.text);
    read_dataset("transform", model->name, &ours.text, &tally);
    bool same = same_rows(model->name, &theirs, &ours);
    if (same && tally.rejected != failed) {
        (void)printf("  %s: %llu rows fail in PostgreSQL, drover rejected %llu\n", model->name, failed,
                     (unsigned long long)tally.rejected);
        same = false;
    }
    rows_release(&theirs);
    rows_release(&ours);
    dv_buf_release(&sql);
    dv_buf_release(&one);
    return same;
}

enum verdict { SAME, DIFFERENT, SKIPPED, UNSETTLED };

/* One SELECT over one table, so that its rows may be asked for one by one: what PostgreSQL leaves out of a
 * nested one would be taken for what drover must not reject. */
static bool plain(const struct case_model *model)
{
    struct dv_buf text = {0};
    without_mark(&model->sql, NULL, &text);
    const char *first = strstr(dv_buf_cstr(&text), "SELECT");
    bool only = first != NULL && strstr(first + 1, "SELECT") == NULL;
    dv_buf_release(&text);
    return only && memchr(model->sql.data, ROW_MARK, model->sql.len) != NULL && !model->ephemeral;
}

/* A view computes nothing that nobody asks for; drover's rows of an ephemeral model are whole, or rejected.
 */
static bool views_lost_rows(const struct test_case *test)
{
    bool lost = false;
    for (unsigned m = 0; m < test->model_count; m++) {
        struct dv_buf rows = {0};
        struct dv_tally tally;
        read_dataset("transform", test->models[m].name, &rows, &tally); /* there where others look it up */
        char path[400]; /* and where nobody does, its rejects alone tell */
        (void)snprintf(path, sizeof path, "%s/run/rejects/%s", dir, test->models[m].name);
        lost = lost || (test->models[m].ephemeral && (tally.rejected > 0 || file_exists(path)));
        dv_buf_release(&rows);
    }
    return lost;
}

/* One model in PostgreSQL, over those before it, against what drover's first run gave. */
static enum verdict judge_model(const struct case_model *model, bool risky, struct dv_program *program,
                                enum dv_status status, const struct dv_err *err)
{
    struct dv_buf sql = {0};
    struct rows theirs = {0}, ours = {0};
    struct dv_tally tally;
    enum verdict verdict = SAME;
    dv_buf_printf(&sql, "CREATE %s c.%s AS\n", model->ephemeral ? "VIEW" : "TABLE", model->name);
    without_mark(&model->sql, NULL, &sql);
    PGresult *result = PQexec(server, dv_buf_cstr(&sql));
    bool failed = PQresultStatus(result) != PGRES_COMMAND_OK;
    char code[6], text[300];
    (void)snprintf(code, sizeof code, "%s", failed ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : "");
    (void)snprintf(text, sizeof text, "PostgreSQL says %s", failed ? PQresultErrorMessage(result) : "");
    PQclear(result);
    if (failed && strncmp(code, "57", 2) == 0) {
        verdict = SKIPPED; /* it took too long */
    } else if (failed && strncmp(code, "42", 2) == 0) {
        if (status == DV_OK || err->code != DV_EXIT_USAGE) {
            say(model->name, text);
            verdict = DIFFERENT;
        } else {
            verdict = UNSETTLED;
        }
    } else if (failed && status != DV_OK) {
        verdict = UNSETTLED;
    } else if (failed) {
        read_dataset("transform", model->name, &ours.text, &tally);
        bool by_row = plain(model);
        verdict = UNSETTLED;
        if (by_row && !same_by_row(model)) {
            verdict = DIFFERENT;
        } else if (!by_row && !risky && tally.rejected == 0) {
            say(model->name, text);
            say(model->name, "drover rejected nothing");
            verdict = DIFFERENT;
        }
    } else if (status == DV_OK && !model->ephemeral) {
        dv_buf_reset(&sql);
        dv_buf_printf(&sql, "COPY c.%s TO STDOUT (FORMAT csv)", model->name);
        copy_out(dv_buf_cstr(&sql), &theirs.text);
        read_dataset("transform", model->name, &ours.text, &tally);
        bool same = same_types(program, model->name);
        same = same_rows(model->name, &theirs, &ours) && same;
        if (tally.rejected > 0 && !risky)
            say(model->name, "drover rejected rows that PostgreSQL takes");
        same = same && (tally.rejected == 0 || risky);
        /* Inside a nested SELECT a column that PostgreSQL never computes may have failed. */
        bool open = tally.rejected > 0 && risky && (same || !plain(model));
        verdict = open ? UNSETTLED : same ? SAME : DIFFERENT;
    }
    rows_release(&theirs);
    rows_release(&ours);
    dv_buf_release(&sql);
    return verdict;
}

static void write_models(const struct test_case *test)
{
    struct dv_err err = DV_ERR_INIT;
    for (unsigned m = 0; m < test->model_count; m++) {
        struct dv_buf sql = {0};
        char path[512];
        without_mark(&test->models[m].sql, NULL, &sql);
        (void)snprintf(path, sizeof path, "%s/models/%s.sql", dir, test->models[m].name);
        fine(dv_file_publish(path, sql.data, sql.len, &err), &err);
        dv_buf_release(&sql);
    }
}

static bool same_bytes(const struct test_case *test, const struct input *inputs, enum dv_status first,
                       const struct dv_buf *expected)
{
    bool same = true;
    for (size_t w = 1; same && w < WAYS; w++) {
        struct dv_err err = DV_ERR_INIT;
        struct dv_program *program = NULL;
        struct dv_buf now = {0};
        enum dv_status status = run_drover(test, inputs, &ways[w], &program, &err);
        dv_program_free(program);
        everything(test, &now);
        same =
            status == first &&
            (status != DV_OK || (now.len == expected->len && memcmp(now.data, expected->data, now.len) == 0));
        if (!same)
            (void)printf("  drover differs from itself with %u workers and %zu MiB%s%s\n", ways[w].workers,
                         ways[w].memory >> 20, status != DV_OK ? ": " : "",
                         status != DV_OK ? err.message : "");
        dv_buf_release(&now);
    }
    return same;
}

/* Of values (22), of several rows where one is wanted (21), of limits (54: chr(0)). */
static bool is_value_error(const char *sqlstate)
{
    return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "21", 2) == 0 ||
           strncmp(sqlstate, "54", 2) == 0;
}

static enum verdict judge(struct test_case *test)
{
    struct input inputs[CASE_TABLES];
    struct dv_err err = DV_ERR_INIT;
    struct dv_program *program = NULL;
    struct dv_buf first = {0};
    enum verdict verdict = SAME;
    char path[300];
    must("DROP SCHEMA IF EXISTS c CASCADE; CREATE SCHEMA c");
    forget("run");
    forget("models");
    (void)snprintf(path, sizeof path, "%s/models", dir);
    fine(dv_file_make_dirs(path, &err), &err);
    for (unsigned t = 0; t < test->table_count; t++)
        make_table(&test->tables[t], &inputs[t]);
    write_models(test);
    enum dv_status status = run_drover(test, inputs, &ways[0], &program, &err);
    if (status != DV_OK && err.code == DV_EXIT_USAGE && test->feature != NULL && err.sqlstate[0] != '2') {
        if (skips++ < 3)
            (void)printf("  skipped, %s: %s\n", test->feature, err.message);
        dv_program_free(program);
        return SKIPPED;
    }
    everything(test, &first);
    if (test->risky && views_lost_rows(test))
        verdict = UNSETTLED;
    for (unsigned m = 0; m < test->model_count && verdict == SAME; m++)
        verdict = judge_model(&test->models[m], test->risky, program, status, &err);
    if (status != DV_OK && verdict == SAME && test->risky && is_value_error(err.sqlstate)) {
        verdict = UNSETTLED;
    } else if (status != DV_OK && verdict == SAME) {
        (void)printf("  PostgreSQL does it all, drover says: %s\n", err.message);
        verdict = DIFFERENT;
    }
    if ((verdict == SAME || verdict == UNSETTLED) && !same_bytes(test, inputs, status, &first))
        verdict = DIFFERENT;
    dv_program_free(program);
    dv_buf_release(&first);
    return verdict;
}

/* ---- cases as files ------------------------------------------------------------------------------------ */

static void write_case(const struct test_case *test, const char *folder, uint64_t seed, unsigned number)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf out = {0};
    char path[512];
    dv_buf_str(&out, test->risky ? "-- risky\n" : "");
    for (unsigned t = 0; t < test->table_count; t++) {
        const struct case_table *table = &test->tables[t];
        dv_buf_printf(&out, "-- table %s (%.*s)\n", table->name, (int)table->columns.len,
                      table->columns.data);
        dv_buf_append(&out, table->csv.data, table->csv.len);
    }
    for (unsigned m = 0; m < test->model_count; m++) {
        dv_buf_printf(&out, "-- model %s\n", test->models[m].name);
        dv_buf_append(&out, test->models[m].sql.data, test->models[m].sql.len);
    }
    (void)snprintf(path, sizeof path, "%s/%llu-%u.case", folder, (unsigned long long)seed, number);
    fine(dv_file_publish(path, out.data, out.len, &err), &err);
    (void)printf("  written to %s\n", path);
    dv_buf_release(&out);
}

static void read_case(const char *path, struct test_case *test)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0}, *to = NULL;
    fine(dv_file_read(path, 64U << 20, &text, &err), &err);
    *test = (struct test_case){0};
    for (char *line = dv_buf_cstr(&text); line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (strncmp(line, "-- risky\n", 9) == 0) {
            test->risky = true;
        } else if (strncmp(line, "-- table ", 9) == 0 && test->table_count < CASE_TABLES) {
            struct case_table *table = &test->tables[test->table_count++];
            size_t name = strcspn(line + 9, " ");
            (void)snprintf(table->name, sizeof table->name, "%.*s", (int)name, line + 9);
            dv_buf_append(&table->columns, line + 9 + name + 2, length - 9 - name - 4);
            to = &table->csv;
        } else if (strncmp(line, "-- model ", 9) == 0 && test->model_count < CASE_MODELS) {
            struct case_model *model = &test->models[test->model_count++];
            (void)snprintf(model->name, sizeof model->name, "%.*s", (int)strcspn(line + 9, "\n"), line + 9);
            to = &model->sql;
        } else if (to != NULL) {
            dv_buf_append(to, line, length);
        }
        line += length;
    }
    for (unsigned m = 0; m < test->model_count; m++)
        test->models[m].ephemeral = strstr(dv_buf_cstr(&test->models[m].sql), "-- drover: ephemeral") != NULL;
    dv_buf_release(&text);
}

static unsigned replay(int argc, char **argv)
{
    unsigned different = 0;
    for (int a = 3; a < argc; a++) {
        struct test_case test;
        read_case(argv[a], &test);
        (void)printf("%s\n", argv[a]);
        different += judge(&test) == DIFFERENT;
        model_case_release(&test);
    }
    (void)printf("%d cases, %u differ\n", argc - 3, different);
    return different;
}

static unsigned generate(uint64_t seed, unsigned count, const char *folder)
{
    unsigned different = 0, models = 0, cases = 0, skipped = 0, unsettled = 0;
    model_seed(seed);
    while (models < count) {
        struct test_case test;
        model_case(&test, 300);
        cases++;
        enum verdict verdict = judge(&test);
        if (verdict == SKIPPED) {
            skipped++;
        } else {
            models += test.model_count;
        }
        if (verdict == DIFFERENT && shown++ < 40) {
            (void)printf("^ case %u of seed %llu%s%s\n", cases, (unsigned long long)seed,
                         test.feature != NULL ? ", with " : "", test.feature != NULL ? test.feature : "");
            if (folder != NULL)
                write_case(&test, folder, seed, cases);
        }
        different += verdict == DIFFERENT;
        unsettled += verdict == UNSETTLED;
        model_case_release(&test);
        (void)fflush(stdout);
        if (skipped > 4 * count + 100)
            break;
    }
    (void)printf(
        "seed %llu: %u models in %u cases, %u cases differ, %u unsettled; %u cases more skipped: drover does "
        "not take a construct of theirs\n",
        (unsigned long long)seed, models, cases - skipped, different, unsettled, skipped);
    return different;
}

int main(int argc, char **argv)
{
    struct dv_err err = DV_ERR_INIT;
    const char *tmp = getenv("TMPDIR");
    bool files = argc >= 4 && strcmp(argv[2], "case") == 0;
    if (argc < 4) {
        (void)fprintf(stderr, "usage: %s URI SEED COUNT [DIR] | URI case PATH...\n", argv[0]);
        return 2;
    }
    server = PQconnectdb(argv[1]);
    if (PQstatus(server) != CONNECTION_OK) {
        (void)fprintf(stderr, "%s", PQerrorMessage(server));
        return 2;
    }
    must("SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET intervalstyle = 'postgres'; SET "
         "extra_float_digits = 1;"
         "SET client_min_messages = error; SET statement_timeout = '20s';"
         "SET search_path = drover_text, pg_catalog, c, public");
    (void)snprintf(dir, sizeof dir, "%s/drover-models-XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL) {
        perror(dir);
        return 2;
    }
    unsigned different = files ? replay(argc, argv)
                               : generate(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10),
                                          argc > 4 ? argv[4] : NULL);
    must("DROP SCHEMA IF EXISTS c CASCADE");
    fine(dv_file_remove_tree(dir, &err), &err);
    PQfinish(server);
    return different > 0 ? 1 : 0;
}
