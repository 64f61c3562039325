/* The checks of a run's replays. */
#include "core/alloc.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Moves the checks behind those of the run. */
static enum dv_status add_checks(struct dv_verification *to, struct dv_verification *from, unsigned number,
                                 struct dv_err *err)
{
    struct dv_check *all = dv_realloc_array(to->checks, (size_t)to->count + from->count + 1, sizeof *all);
    if (all == NULL)
        return dv_fail_memory(err);
    to->checks = all;
    for (unsigned i = 0; i < from->count; i++) {
        struct dv_check *check = &all[to->count];
        *check = from->checks[i];
        from->checks[i].samples = NULL;
        (void)snprintf(check->name, sizeof check->name, "replay %u: %.100s", number, from->checks[i].name);
        to->passed = to->passed && (check->passed || check->warning);
        to->count++;
    }
    return DV_OK;
}

static uint64_t changed_rows(const json_t *document, const char *step)
{
    uint64_t rows = 0;
    size_t i;
    const json_t *object;
    json_array_foreach(json_object_get(document, "steps"), i, object)
    {
        const char *of = json_string_value(json_object_get(object, "of"));
        if (of != NULL && strcmp(of, step) == 0)
            rows += (uint64_t)json_integer_value(json_object_get(object, "changed"));
    }
    return rows;
}

static enum dv_status check_replay(struct dv_run *run, const struct dv_link *replay, uint64_t *changed,
                                   struct dv_err *err)
{
    struct dv_verification found = {0};
    struct dv_context context = run->context;
    struct dv_load_spec *specs = NULL;
    json_t *document = NULL;
    unsigned count = 0;
    enum dv_status status;
    context.run_id = replay->id;
    context.run_dir = replay->dir;
    DV_TRY(dv_replay_loads(replay, &run->arena, &document, &specs, &count, err));
    for (unsigned i = 0; i < run->load_count; i++)
        changed[i] += changed_rows(document, run->loads[i].step);
    /* The job's own checks are of the whole target, and were done with those of the run. */
    DV_TRY(dv_verify_run(run->locked, &context, replay->dir, specs, count, NULL, false, &found, err));
    status = add_checks(&run->verification, &found, replay->number, err);
done:
    dv_verification_release(&found);
    json_decref(document);
    return status;
}

static enum dv_status refused_rows(const struct dv_link *newest, const char *step, uint64_t *rows,
                                   struct dv_err *err)
{
    struct dv_dataset_manifest manifest = {0};
    enum dv_status status = DV_OK;
    char *dir = dv_asprintf("%s/rejects/load-%s", newest->dir, step);
    *rows = 0;
    if (dir == NULL)
        return dv_fail_memory(err);
    bool whole;
    DV_TRY(dv_dataset_look(dir, &whole, err));
    if (whole)
        DV_TRY(dv_dataset_manifest_read(dir, &manifest, err));
    *rows = manifest.rows;
done:
    dv_dataset_manifest_release(&manifest);
    dv_free(dir);
    return status;
}

static enum dv_status loaded_rows(const struct dv_run *run, const char *step, uint64_t *rows,
                                  struct dv_err *err)
{
    const char *params[] = {run->id, step};
    PGresult *result = NULL;
    enum dv_status status =
        dv_pg_query(dv_target_pg(run->locked),
                    "SELECT coalesce(sum(offered - rejected), 0) FROM drover.ledger "
                    "WHERE rolled_back_at IS NULL AND (run_id = $1 OR starts_with(run_id, $1 || '.')) "
                    "AND step IN ($2, $2 || '" DV_REPLAY_CHANGED "')",
                    2, params, &result, err);
    if (status == DV_OK)
        *rows = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return status;
}

/* The dataset as it is now = loaded by the run and its replays, a changed row counted once, + refused. */
static enum dv_status check_account(struct dv_run *run, const struct dv_link *newest, unsigned step,
                                    uint64_t changed, struct dv_err *err)
{
    const struct dv_load_spec *spec = &run->loads[step];
    struct dv_verification one = {.count = 1};
    struct dv_dataset_manifest dataset = {0};
    uint64_t loaded = 0, refused = 0;
    char text[160];
    enum dv_status status;
    const char *kind = dv_job_find_extract(&run->job, spec->dataset) != NULL ? "extract" : "transform";
    const char *dir = dv_run_path(&run->arena, newest->dir, kind, spec->dataset);
    one.checks = dv_calloc(1, sizeof *one.checks);
    if (dir == NULL || one.checks == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_dataset_manifest_read(dir, &dataset, err));
    DV_TRY(loaded_rows(run, spec->step, &loaded, err));
    DV_TRY(refused_rows(newest, spec->step, &refused, err));
    uint64_t sum = loaded - changed + refused;
    (void)snprintf(text, sizeof text,
                   "rows %" PRIu64 " = loaded %" PRIu64 " - changed again %" PRIu64 " + refused %" PRIu64,
                   dataset.rows, loaded, changed, refused);
    struct dv_check *check = one.checks;
    (void)snprintf(check->name, sizeof check->name, "accounts %.90s", spec->step);
    (void)snprintf(check->description, sizeof check->description,
                   "every row of the dataset was loaded by the run or a replay, or is refused");
    check->violations = sum > dataset.rows ? sum - dataset.rows : dataset.rows - sum;
    check->passed = check->violations == 0;
    check->samples = dv_strdup(text);
    if (check->samples == NULL)
        status = dv_fail_memory(err);
    else
        status = add_checks(&run->verification, &one, newest->number, err);
done:
    dv_dataset_manifest_release(&dataset);
    dv_verification_release(&one);
    return status;
}

enum dv_status dv_replay_verify(struct dv_run *run, struct dv_err *err)
{
    struct dv_chain chain;
    const struct dv_link *newest = NULL;
    uint64_t *changed = dv_calloc((size_t)run->load_count + 1, sizeof *changed);
    enum dv_status status;
    if (changed == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_chain_read(&chain, run->dir, run->id, &run->arena, err));
    for (unsigned i = 1; i < chain.count; i++) {
        if (chain.links[i].state != DV_REPLAY_DONE && chain.links[i].state != DV_REPLAY_BEGUN)
            continue;
        newest = &chain.links[i];
        DV_TRY(check_replay(run, newest, changed, err));
    }
    for (unsigned i = 0; i < run->load_count && newest != NULL; i++)
        DV_TRY(check_account(run, newest, i, changed[i], err));
done:
    dv_free(changed);
    return status;
}
