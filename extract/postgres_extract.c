/* Extract from one database: a coordinator holds the snapshot and the locks, workers copy parts under it. */
#include "extract/postgres.h"

#include "extract/postgres_plan.h"

#include "core/alloc.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/stage_writer.h"
#include "core/stop.h"
#include "core/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS      5       /* at one thing, before a passing fault counts as lasting */
#define BACKOFF_US    200000U /* before the second attempt; doubles */
#define RESTARTS      1       /* of a whole database's extract */
#define PROGRESS_ROWS 1000U

struct dataset {
    const struct dv_extract_spec *spec;
    const char *dir;
    struct dv_postgres_plan plan;
    struct dv_progress_item *item;
    _Atomic uint32_t parts_left;
    uint64_t rank; /* the larger, the earlier */
    bool whole;    /* published before: nothing to do */
    bool *there;   /* a part: published before; owned */
};

struct task {
    struct dataset *dataset;
    uint32_t part;
};

struct extraction {
    const struct dv_extract_group *group;
    const char *uri;
    char application[64];
    struct dv_pg *coordinator;
    char snapshot[128];
    atomic_bool snapshot_lost;
    struct dataset *datasets;
    struct task *tasks;
    size_t task_count;
    struct dv_pg **workers; /* context->workers connections, NULL where not open */
};

static enum dv_status backoff(unsigned attempt, struct dv_err *err)
{
    for (useconds_t left = BACKOFF_US << attempt; left > 0;) {
        enum dv_status status = dv_stop_check(err);
        if (status != DV_OK)
            return status;
        useconds_t nap = left < 100000 ? left : 100000;
        (void)usleep(nap);
        left -= nap;
    }
    return DV_OK;
}

static enum dv_status open_connection(struct extraction *run, struct dv_pg **pg, struct dv_err *err)
{
    /* A parallel plan gives the rows in no order; set through pg_settings, because not every version has them
     * all. */
    static const char settings[] =
        "SELECT set_config(s.name, v.value, false) FROM pg_catalog.pg_settings s JOIN (VALUES"
        " ('max_parallel_workers_per_gather', '0'), ('jit', 'off'), ('lock_timeout', '30s')) v (name, value)"
        " ON v.name = s.name";
    enum dv_status status = dv_pg_open(pg, run->uri, run->application, err);
    return status != DV_OK ? status : dv_pg_exec(*pg, settings, err);
}

static enum dv_status open_coordinator(struct extraction *run, struct dv_err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        enum dv_status status = open_connection(run, &run->coordinator, err);
        if (status != DV_RETRY || attempt + 1 == ATTEMPTS)
            return status;
        dv_log_error(run->group->context->log, err);
        dv_pg_close(run->coordinator);
        run->coordinator = NULL;
        status = backoff(attempt, err);
        if (status != DV_OK)
            return status;
    }
}

/* Locks before the snapshot, so that it sees every change of shape that came before the locks, and none comes
 * after. */
static enum dv_status lock_tables(struct extraction *run, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf sql = {0};
    for (unsigned i = 0; i < run->group->count; i++) {
        struct dataset *dataset = &run->datasets[i];
        if (dataset->whole)
            continue;
        status = dv_postgres_find(run->coordinator, dataset->spec, &dataset->plan, err);
        if (status != DV_OK) {
            dv_err_place(err, DV_EXTRACT_STAGE, dataset->spec->name, -1, -1);
            goto done;
        }
        if (dataset->plan.lockable)
            dv_buf_printf(&sql, "%s%s", sql.len == 0 ? "LOCK TABLE " : ", ", dataset->plan.table);
        dv_postgres_plan_release(&dataset->plan);
    }
    DV_TRY(dv_pg_exec(run->coordinator, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err));
    if (sql.len > 0) {
        dv_buf_str(&sql, " IN ACCESS SHARE MODE");
        const char *text = dv_buf_cstr(&sql);
        DV_TRY(dv_buf_check(&sql, err));
        status = dv_pg_exec(run->coordinator, text, err);
    }
done:
    dv_buf_release(&sql);
    return status;
}

static enum dv_status export_snapshot(struct extraction *run, struct dv_err *err)
{
    PGresult *result;
    enum dv_status status =
        dv_pg_query(run->coordinator, "SELECT pg_catalog.pg_export_snapshot()", 0, NULL, &result, err);
    if (status != DV_OK)
        return status;
    (void)snprintf(run->snapshot, sizeof run->snapshot, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return DV_OK;
}

/* What decides which rows a part number stands for; the last relation's size does not: its new pages make new
 * parts. */
static json_t *cut_document(const struct dataset *dataset)
{
    const struct dv_postgres_plan *plan = &dataset->plan;
    const char *where = dataset->spec->where != NULL ? dataset->spec->where : "";
    json_t *relations = json_array();
    for (unsigned i = 0; i < plan->relation_count; i++) {
        const struct dv_postgres_relation *relation = &plan->relations[i];
        json_int_t parts = i + 1 < plan->relation_count ? (json_int_t)relation->part_count : -1;
        (void)json_array_append_new(relations, json_pack("{s:s, s:s, s:I}", "name", relation->name,
                                                         "filenode", relation->filenode, "parts", parts));
    }
    return json_pack("{s:o, s:s, s:s, s:i}", "relations", relations, "columns", plan->select, "where", where,
                     "part_pages", (int)plan->part_pages);
}

/* NULL where the file is not what was written: the parts are then made anew. */
static enum dv_status read_cut(const char *path, json_t **document, struct dv_err *err)
{
    struct dv_err found = DV_ERR_INIT;
    enum dv_status status = dv_json_read_sealed(path, document, &found);
    if (status == DV_OK || found.os_errno == 0)
        return DV_OK;
    *err = found;
    return status;
}

/* Consistency by part: parts of an earlier run are kept if they were cut in the same way. */
static enum dv_status settle_cut(struct dataset *dataset, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    json_t *wanted = cut_document(dataset), *there = NULL;
    char *path = dv_asprintf("%s/cut.json", dataset->dir);
    bool known = false;
    if (wanted == NULL || path == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_file_look(path, &known, err));
    if (known)
        DV_TRY(read_cut(path, &there, err));
    if (there != NULL && json_equal(there, wanted) == 1)
        goto done;
    if (known) /* first: the parts are worth nothing without it */
        DV_TRY(dv_file_remove(path, err));
    DV_TRY(dv_file_remove_tree(dataset->dir, err));
    DV_TRY(dv_file_make_dirs(dataset->dir, err));
    status = dv_json_publish_sealed(path, wanted, err);
done:
    json_decref(wanted);
    json_decref(there);
    dv_free(path);
    return status;
}

static enum dv_status publish_dataset(struct extraction *run, struct dataset *dataset,
                                      const struct dv_column *columns, unsigned column_count,
                                      struct dv_err *err)
{
    enum dv_status status =
        dv_dataset_publish(dataset->dir, dataset->plan.part_count, columns, column_count, NULL, err);
    if (status != DV_OK)
        return status;
    dv_arrivals_published(run->group->context->arrivals);
    dv_progress_finish(dataset->item);
    dv_log_event(run->group->context->log, "info", "dataset_published", "stage:s", DV_EXTRACT_STAGE,
                 "dataset:s", dataset->spec->name, "parts:u", (uint64_t)dataset->plan.part_count, NULL);
    return DV_OK;
}

static enum dv_status publish_absent(struct extraction *run, struct dataset *dataset, struct dv_err *err)
{
    struct dv_column *columns = NULL;
    unsigned count = 0;
    enum dv_status status = dv_extract_declared(dataset->spec, &columns, &count, err);
    if (status == DV_OK)
        status = publish_dataset(run, dataset, columns, count, err);
    dv_free(columns);
    return status;
}

/* Which parts are there already, and how many are not. */
static enum dv_status look_for_parts(struct dataset *dataset, uint32_t *left, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    *left = 0;
    dataset->there = dv_calloc((size_t)dataset->plan.part_count + 1, sizeof *dataset->there);
    if (dataset->there == NULL)
        return dv_fail_memory(err);
    for (uint32_t part = 0; part < dataset->plan.part_count && status == DV_OK; part++) {
        status = dv_part_look(dataset->dir, part, &dataset->there[part], err);
        *left += !dataset->there[part];
    }
    return status;
}

/* Under the snapshot: what the dataset consists of, and what of it is left to do. */
static enum dv_status plan_dataset(struct extraction *run, struct dataset *dataset, struct dv_err *err)
{
    struct dv_postgres_plan *plan = &dataset->plan;
    enum dv_status status = dv_postgres_find(run->coordinator, dataset->spec, plan, err);
    if (status == DV_OK && !plan->absent)
        status = dv_postgres_describe(run->coordinator, dataset->spec, plan, err);
    if (status == DV_OK && !plan->absent)
        status = dv_postgres_cut(run->coordinator, plan, err);
    if (status == DV_OK && !plan->absent && run->group->per_part)
        status = settle_cut(dataset, err);
    if (status == DV_OK)
        status = dv_file_make_dirs(dataset->dir, err);
    if (status != DV_OK)
        return status;
    dataset->item = dv_progress_start(run->group->context->progress, DV_EXTRACT_STAGE, dataset->spec->name,
                                      plan->estimated_rows);
    if (plan->absent)
        return publish_absent(run, dataset, err);
    uint32_t left;
    status = look_for_parts(dataset, &left, err);
    if (status != DV_OK)
        return status;
    atomic_store(&dataset->parts_left, left);
    status = dv_arrivals_plan(run->group->context->arrivals, dataset->spec->name, plan->part_count,
                              plan->estimated_rows, plan->columns, plan->column_count, err);
    if (status != DV_OK)
        return status;
    /* Nobody knows what a view costs, and it is one part: early. */
    dataset->rank = plan->pages == 0 && plan->kind != 'r' ? UINT64_MAX : plan->pages;
    run->task_count += left;
    return left > 0 ? DV_OK : publish_dataset(run, dataset, plan->columns, plan->column_count, err);
}

static int by_rank(const void *a, const void *b)
{
    const struct task *left = a, *right = b;
    if (left->dataset->rank != right->dataset->rank)
        return left->dataset->rank > right->dataset->rank ? -1 : 1;
    if (left->dataset != right->dataset)
        return left->dataset < right->dataset ? -1 : 1;
    return left->part < right->part ? -1 : 1;
}

static enum dv_status make_tasks(struct extraction *run, struct dv_err *err)
{
    for (unsigned i = 0; i < run->group->count; i++) {
        struct dataset *dataset = &run->datasets[i];
        enum dv_status status = dataset->whole ? DV_OK : plan_dataset(run, dataset, err);
        if (status != DV_OK) {
            dv_err_place(err, DV_EXTRACT_STAGE, dataset->spec->name, -1, -1);
            return status;
        }
    }
    run->tasks = dv_calloc(run->task_count + 1, sizeof *run->tasks);
    if (run->tasks == NULL)
        return dv_fail_memory(err);
    size_t count = 0;
    for (unsigned i = 0; i < run->group->count; i++)
        for (uint32_t part = 0; !run->datasets[i].whole && part < run->datasets[i].plan.part_count; part++)
            if (!run->datasets[i].there[part])
                run->tasks[count++] = (struct task){&run->datasets[i], part};
    qsort(run->tasks, run->task_count, sizeof *run->tasks, by_rank);
    return DV_OK;
}

/* The worker's connection, inside a transaction that sees the snapshot. */
static enum dv_status open_worker(struct extraction *run, struct dv_pg **pg, struct dv_err *err)
{
    if (*pg != NULL)
        return DV_OK;
    enum dv_status status = open_connection(run, pg, err);
    if (status == DV_OK)
        status = dv_pg_exec(*pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    if (status != DV_OK)
        return status;
    status = dv_pg_execf(*pg, err, "SET TRANSACTION SNAPSHOT '%s'", run->snapshot);
    if (status == DV_FAILED && err->code == DV_EXIT_FAULT && err->sqlstate[0] != '\0') {
        atomic_store(&run->snapshot_lost, true);
        status =
            dv_fail_retry(err, "the snapshot of the extract is gone: the session that held it has ended");
        dv_err_hint(err, "run again to resume");
    }
    return status;
}

/* All rows of the COPY under way; *rows and *bytes are what went to the progress. */
static enum dv_status copy_rows(struct dv_pg *pg, struct dv_stage_writer *writer,
                                struct dv_progress_item *item, uint64_t *rows, uint64_t *bytes,
                                struct dv_err *err)
{
    const char *data;
    uint64_t new_rows = 0, new_bytes = 0;
    size_t length;
    enum dv_status status;
    while ((status = dv_pg_copy_out_data(pg, &data, &length, err)) == DV_OK) {
        status = dv_stage_writer_record(writer, data, length, err);
        if (status != DV_OK)
            break;
        new_bytes += length;
        if (++new_rows == PROGRESS_ROWS) {
            dv_progress_add(item, new_rows, new_bytes);
            *rows += new_rows;
            *bytes += new_bytes;
            new_rows = new_bytes = 0;
        }
    }
    dv_progress_add(item, new_rows, new_bytes);
    *rows += new_rows;
    *bytes += new_bytes;
    if (status < 0 && strcmp(err->sqlstate, "22021") == 0) { /* a database in SQL_ASCII may hold any bytes */
        dv_err_place(err, DV_EXTRACT_STAGE, NULL, -1, (int64_t)dv_stage_writer_rows(writer) + 1);
        dv_err_hint(
            err,
            "stage files are UTF-8: correct the row, or extract through a view that converts the text, as in "
            "convert_from(convert_to(name, 'SQL_ASCII'), 'LATIN1')");
    }
    return status == DV_END ? DV_OK : status;
}

static enum dv_status copy_part(struct extraction *run, struct dv_pg *pg, const struct task *task,
                                struct dv_err *err)
{
    struct dataset *dataset = task->dataset;
    const struct dv_postgres_plan *plan = &dataset->plan;
    struct dv_stage_writer *writer = NULL, *finished;
    struct dv_buf sql = {0};
    uint64_t rows = 0, bytes = 0;
    enum dv_status status;
    DV_TRY(dv_postgres_part_sql(plan, dataset->spec, task->part, &sql, err));
    const char *text = dv_buf_cstr(&sql);
    DV_TRY(dv_buf_check(&sql, err));
    DV_TRY(dv_stage_writer_open(&writer, dataset->dir, task->part, plan->columns, plan->column_count, err));
    DV_TRY(dv_pg_copy_out_begin(pg, text, err));
    DV_TRY(copy_rows(pg, writer, dataset->item, &rows, &bytes, err));
    finished = writer;
    writer = NULL;
    DV_TRY(dv_stage_writer_publish(finished, NULL, err));
    dv_arrivals_published(run->group->context->arrivals);
    dv_log_event(run->group->context->log, "info", "part_published", "stage:s", DV_EXTRACT_STAGE, "dataset:s",
                 dataset->spec->name, "part:d", (int64_t)task->part, "rows:u", rows, "bytes:u", bytes, NULL);
done:
    if (status != DV_OK)
        dv_progress_add(dataset->item, 0 - rows,
                        0 - bytes); /* unsigned: takes back what did not come to stay */
    dv_stage_writer_abort(writer);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status extract_part(void *context, unsigned worker, size_t number, struct dv_err *err)
{
    struct extraction *run = context;
    const struct task *task = &run->tasks[number];
    struct dataset *dataset = task->dataset;
    struct dv_pg **pg = &run->workers[worker];
    enum dv_status status = DV_OK;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0) {
            dv_log_error(run->group->context->log, err);
            enum dv_status napped = backoff(attempt - 1, err);
            if (napped != DV_OK)
                return napped;
        }
        status = open_worker(run, pg, err);
        if (status == DV_OK)
            status = copy_part(run, *pg, task, err);
        if (status == DV_OK)
            break;
        dv_err_place(err, DV_EXTRACT_STAGE, dataset->spec->name, task->part, -1);
        dv_pg_close(*pg); /* its transaction is of no use any more */
        *pg = NULL;
        if (status != DV_RETRY || atomic_load(&run->snapshot_lost))
            return status;
    }
    if (status == DV_OK && atomic_fetch_sub(&dataset->parts_left, 1) == 1)
        status = publish_dataset(run, dataset, dataset->plan.columns, dataset->plan.column_count, err);
    return status;
}

static void release(struct extraction *run)
{
    const unsigned workers = run->group->context->workers;
    for (unsigned i = 0; run->workers != NULL && i < workers; i++)
        dv_pg_close(run->workers[i]);
    dv_pg_close(run->coordinator);
    for (unsigned i = 0; run->datasets != NULL && i < run->group->count; i++) {
        dv_postgres_plan_release(&run->datasets[i].plan);
        dv_free(run->datasets[i].there);
    }
    dv_free(run->workers);
    dv_free(run->datasets);
    dv_free(run->tasks);
}

/* One attempt at the whole group, under one snapshot. */
static enum dv_status extract_once(const struct dv_extract_group *group, struct dv_err *err)
{
    const struct dv_context *context = group->context;
    struct extraction run = {.group = group, .uri = group->specs[0]->source_uri};
    enum dv_status status;
    (void)snprintf(run.application, sizeof run.application, "drover/%.40s/extract", context->job);
    run.datasets = dv_calloc(group->count, sizeof *run.datasets);
    run.workers = dv_calloc(context->workers, sizeof(struct dv_pg *));
    if (run.datasets == NULL || run.workers == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    for (unsigned i = 0; i < group->count; i++) {
        run.datasets[i].spec = group->specs[i];
        run.datasets[i].dir = group->dirs[i];
        DV_TRY(dv_dataset_look(group->dirs[i], &run.datasets[i].whole, err));
    }
    DV_TRY(open_coordinator(&run, err));
    DV_TRY(lock_tables(&run, err));
    DV_TRY(export_snapshot(&run, err));
    DV_TRY(make_tasks(&run, err));
    status = dv_run_tasks(run.task_count, context->workers, extract_part, &run, err);
done:
    release(&run);
    return status;
}

enum dv_status dv_postgres_extract(const struct dv_extract_group *group, struct dv_err *err)
{
    for (unsigned restart = 0;; restart++) {
        enum dv_status status = extract_once(group, err);
        if (status != DV_RETRY || restart == RESTARTS)
            return status;
        dv_log_error(group->context->log, err);
        dv_log_event(group->context->log, "warning", "extract_restarted", "stage:s", DV_EXTRACT_STAGE,
                     "datasets:u", (uint64_t)group->count, NULL);
        /* By part too: a table that has grown is cut into more parts than were announced. */
        dv_arrivals_withdraw(group->context->arrivals);
        if (!group->per_part)
            status = dv_extract_clear(group, err);
        if (group->per_part || status == DV_OK)
            continue;
        return status;
    }
}
