/* Every loaded column in the table against the stage file's.
 *
 * Where the table is the step's rows, or little more, both sides count and sum up 64-bit hashes of rows,
 * apart, by chunks of the key's hash. A chunk that differs is compared row by row by the server
 * (verify_exact.h), which names keys and columns. So it is where the table was empty when the step began and
 * no other step fills it, and where the step updates nearly all rows. Elsewhere nothing but their keys tells
 * the run's rows from others, and all of them are compared in that way. */
#include "core/alloc.h"
#include "load/mode.h"
#include "load/verify_exact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_ROWS   512 /* a chunk; more where there would be too many of them */
#define MOST_CHUNKS  131072
#define STRAY_CHUNKS 8 /* for each row that is not the step's: it makes its chunk differ */

struct chunk {
    uint64_t rows, sum; /* sum: of the rows' hashes, modulo 2^64 */
};

struct sums {
    struct dv_row_hash *hash;
    struct chunk *chunks; /* mask + 1; owned */
    uint64_t mask;
};

static enum dv_status add_row(void *context, const struct dv_value *values, struct dv_err *err)
{
    struct sums *sums = context;
    uint64_t key, row;
    enum dv_status status = dv_row_hash_record(sums->hash, values, &key, &row, err);
    sums->chunks[key & sums->mask].rows++;
    sums->chunks[key & sums->mask].sum += row;
    return status;
}

static enum dv_status sum_files(struct sums *sums, const struct dv_check_env *env,
                                const struct dv_loaded_step *step, struct dv_err *err)
{
    const char *run_id = env->context->run_id, *name = step->table.spec->step;
    enum dv_status status = DV_OK;
    for (uint32_t i = 0; i < step->part_count && status == DV_OK; i++) {
        struct dv_rejected_rows rejected = {0};
        status = dv_rejected_rows_read(&rejected, env->pg, run_id, name, &step->parts[i], err);
        if (status == DV_OK)
            status = dv_loaded_rows(step, &step->parts[i], &rejected, add_row, sums, err);
        dv_rejected_rows_release(&rejected);
    }
    return status;
}

/* A decimal number of any length, modulo 2^64. */
static uint64_t remainder_of(const char *digits)
{
    uint64_t number = 0;
    bool negative = *digits == '-';
    for (digits += negative; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (uint64_t)(*digits - '0');
    return negative ? 0 - number : number;
}

/* Takes the table's sums away from those of the files: what is left differs. *rows: the table's. */
static enum dv_status take_table(struct sums *sums, const struct dv_check_env *env,
                                 const struct dv_load_table *table, uint64_t *rows, struct dv_err *err)
{
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_str(&sql, "SELECT ");
    dv_row_hash_key_sql(&sql, sums->hash, "t");
    dv_buf_printf(&sql, " & %" PRIu64 ", count(*), sum(", sums->mask);
    dv_row_hash_row_sql(&sql, sums->hash, "t");
    dv_buf_printf(&sql, ") FROM %s t GROUP BY 1", table->quoted);
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(env->pg, sql.data, 0, NULL, &result, err));
    *rows = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        struct chunk *chunk = &sums->chunks[strtoull(PQgetvalue(result, row, 0), NULL, 10) & sums->mask];
        uint64_t count = strtoull(PQgetvalue(result, row, 1), NULL, 10);
        chunk->rows -= count;
        chunk->sum -= remainder_of(PQgetvalue(result, row, 2));
        *rows += count;
    }
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

/* differs[chunk], owned by the caller; *any: some do. strays: rows of the table that may not be the step's.
 */
static enum dv_status find_chunks(const struct dv_check_env *env, const struct dv_loaded_step *step,
                                  struct dv_row_hash *hash, uint64_t strays, uint64_t *mask, bool **differs,
                                  bool *any, uint64_t *table_rows, struct dv_err *err)
{
    struct sums sums = {.hash = hash};
    bool agrees = false;
    enum dv_status status;
    while (sums.mask + 1 < MOST_CHUNKS &&
           ((sums.mask + 1) * CHUNK_ROWS < step->rows || sums.mask + 1 < strays * STRAY_CHUNKS))
        sums.mask = sums.mask * 2 + 1;
    sums.chunks = dv_calloc(sums.mask + 1, sizeof *sums.chunks);
    *differs = dv_calloc(sums.mask + 1, sizeof **differs);
    if (sums.chunks == NULL || *differs == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    *mask = sums.mask;
    DV_TRY(dv_row_hash_agrees(env->pg, &agrees, err));
    DV_TRY(take_table(&sums, env, &step->table, table_rows, err));
    if (agrees)
        DV_TRY(sum_files(&sums, env, step, err));
    for (uint64_t i = 0; i <= sums.mask; i++) {
        (*differs)[i] = !agrees || sums.chunks[i].rows != 0 || sums.chunks[i].sum != 0;
        *any = *any || (*differs)[i];
    }
done:
    dv_free(sums.chunks);
    return status;
}

/* The table holds what this step inserted, and nothing else. */
static bool fills_table(const struct dv_check_env *env, const struct dv_loaded_step *step)
{
    const struct dv_load_spec *spec = step->table.spec;
    for (unsigned i = 0; i < env->count; i++) {
        const struct dv_load_mode *mode = dv_load_mode_find(env->specs[i].mode);
        if (&env->specs[i] != spec && mode != NULL && mode->inserts &&
            dv_check_same_table(&env->specs[i], spec))
            return false;
    }
    return step->table_was_empty && step->all_inserted;
}

/* The run, where this is a replay of it, or one of its replays inserted rows as well. */
static enum dv_status others_insert(const struct dv_check_env *env, const struct dv_load_spec *spec,
                                    bool *others, struct dv_err *err)
{
    const char *params[] = {env->context->run_id, spec->table};
    struct dv_buf sql = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_str(&sql, "SELECT EXISTS (SELECT FROM drover.ledger l JOIN drover.step s USING (run_id, step) "
                     "WHERE l.run_id <> $1 AND s.table_name = $2 AND l.inserted > 0 "
                     "AND l.rolled_back_at IS NULL AND ");
    dv_check_same_run(&sql, "l.run_id", env->context->run_id);
    dv_buf_byte(&sql, ')');
    DV_TRY(dv_sql_done(&sql, err));
    DV_TRY(dv_pg_query(env->pg, sql.data, 2, params, &result, err));
    *others = PQgetvalue(result, 0, 0)[0] == 't';
done:
    PQclear(result);
    dv_buf_release(&sql);
    return status;
}

static enum dv_status finish(struct dv_exact *exact, struct dv_check *check, struct dv_err *err)
{
    struct dv_check_samples *samples = &exact->samples;
    unsigned columns = exact->step->table.column_count;
    if (samples->found == 0)
        dv_buf_printf(&samples->text, "%" PRIu64 " rows, %u columns: as in the stage files", exact->compared,
                      columns);
    enum dv_status status = dv_sql_done(&samples->text, err);
    return status == DV_OK ? dv_check_result(check, samples->found, samples->text.data, err) : status;
}

/* The rows of a table that the step alone fills: check is about the loaded ones, check + 1 about others. */
static enum dv_status compare_filled(struct dv_exact *exact, struct dv_check *check, struct dv_err *err)
{
    const struct dv_loaded_step *step = exact->step;
    struct dv_check_samples added = {.most = DV_VERIFY_SAMPLES};
    bool *differs = NULL, any = false;
    uint64_t rows = 0;
    enum dv_status status;
    DV_TRY(find_chunks(exact->env, step, exact->hash, 0, &exact->mask, &differs, &any, &rows, err));
    exact->differs = differs;
    if (any && step->table.key_count == 0) {
        DV_TRY(dv_exact_keyless(exact, &added, err));
    } else if (any) {
        DV_TRY(dv_exact_parts(exact, err));
        if (rows + exact->missing > step->rows)
            DV_TRY(dv_exact_added(exact, &added, err));
    }
    exact->compared = step->rows;
    if (added.found == 0)
        dv_buf_printf(&added.text, "%" PRIu64 " rows in the table, none of others", rows);
    DV_TRY(dv_sql_done(&added.text, err));
    status = dv_check_result(&check[1], added.found, added.text.data, err);
done:
    exact->differs = NULL;
    dv_free(differs);
    dv_check_samples_release(&added);
    return status;
}

/* Whether few enough of the table's rows are strays for sums to be worth it: by what the server knows since
 * the ANALYZE that the load ends with. A guess decides only which way is taken. */
static enum dv_status updates_most(const struct dv_check_env *env, const struct dv_loaded_step *step,
                                   bool *most, uint64_t *strays, struct dv_err *err)
{
    const char *params[] = {step->table.quoted};
    PGresult *result = NULL;
    *most = false;
    *strays = 0;
    if (!step->table.mode->updates)
        return DV_OK;
    enum dv_status status = dv_pg_query(
        env->pg, "SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", 1, params, &result, err);
    if (status == DV_OK && PQntuples(result) > 0) {
        long long known = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        if (known > 0 && (uint64_t)known > step->rows)
            *strays = (uint64_t)known - step->rows;
        *most = known >= 0 && *strays <= step->rows / 4 && *strays <= MOST_CHUNKS / STRAY_CHUNKS;
    }
    PQclear(result);
    return status;
}

static enum dv_status compare_updated(struct dv_exact *exact, uint64_t strays, struct dv_err *err)
{
    bool *differs = NULL, any = false;
    uint64_t rows;
    enum dv_status status;
    DV_TRY(
        find_chunks(exact->env, exact->step, exact->hash, strays, &exact->mask, &differs, &any, &rows, err));
    exact->differs = differs;
    if (any)
        DV_TRY(dv_exact_parts(exact, err));
    exact->compared = exact->step->rows;
done:
    exact->differs = NULL;
    dv_free(differs);
    return status;
}

static enum dv_status columns(const struct dv_check_env *env, const struct dv_check_task *task,
                              struct dv_check *check, struct dv_err *err)
{
    struct dv_loaded_step step = {.part_count = 0};
    struct dv_row_hash hash = {.table = NULL};
    struct dv_exact exact = {
        .env = env, .step = &step, .hash = &hash, .samples = {.most = DV_VERIFY_SAMPLES}};
    bool others = false, most = false;
    uint64_t strays;
    enum dv_status status;
    DV_TRY(dv_loaded_step_read(&step, env->pg, env->context->run_id, task->spec, err));
    DV_TRY(dv_row_hash_init(&hash, &step.table, err));
    DV_TRY(dv_exact_begin(&exact, err));
    DV_TRY(others_insert(env, task->spec, &others, err));
    if (step.table.mode->inserts && !others && fills_table(env, &step)) {
        DV_TRY(compare_filled(&exact, check, err));
    } else {
        DV_TRY(updates_most(env, &step, &most, &strays, err));
        DV_TRY(step.table.key_count == 0 ? dv_exact_keyless(&exact, NULL, err)
               : most                    ? compare_updated(&exact, strays, err)
                                         : dv_exact_parts(&exact, err));
        if (step.table.mode->inserts)
            DV_TRY(dv_check_result(&check[1], 0, "the table is filled by others too: not looked at", err));
    }
    status = finish(&exact, check, err);
done:
    dv_exact_release(&exact);
    dv_row_hash_release(&hash);
    dv_loaded_step_release(&step);
    return status;
}

enum dv_status dv_check_add_columns(struct dv_check_list *list, const struct dv_load_spec *spec,
                                    struct dv_err *err)
{
    const struct dv_load_mode *mode = dv_load_mode_find(spec->mode);
    struct dv_dataset_manifest dataset = {0};
    struct dv_err ignored = DV_ERR_INIT; /* the check itself says what is wrong with it */
    char name[128];
    enum dv_status status;
    (void)snprintf(name, sizeof name, "columns %.100s", spec->step);
    DV_TRY(dv_check_add(list, columns, spec, NULL, name, "every loaded column holds what the stage file says",
                        err));
    if (dv_dataset_manifest_read(spec->dataset_dir, &dataset, &ignored) == DV_OK)
        list->tasks[list->count - 1].rows = dataset.rows;
    dv_dataset_manifest_release(&dataset);
    if (mode == NULL || !mode->inserts)
        goto done;
    (void)snprintf(name, sizeof name, "added %.100s", spec->step);
    DV_TRY(dv_check_add(list, NULL, spec, NULL, name,
                        "a table that was empty holds nothing but what this run loaded", err));
    list->checks[list->count - 1].warning = true;
done:
    return status;
}
