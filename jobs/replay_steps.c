/* The steps of a replay: whether they can be, and as replay.json has them. */
#include "core/alloc.h"
#include "jobs/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool leaves_alone(const struct dv_load_spec *spec)
{
    return strcmp(spec->mode, "insert") == 0 || strcmp(spec->mode, "insert_new") == 0;
}

static enum dv_status row_would_go(const struct dv_delta *delta, struct dv_err *err)
{
    const struct dv_delta_gone *first = NULL;
    uint64_t count = 0;
    for (size_t i = 0; i < delta->gone_count; i++) {
        if (delta->gone[i].paired)
            continue;
        if (count++ == 0)
            first = &delta->gone[i];
    }
    if (first == NULL)
        return DV_OK;
    enum dv_status status =
        dv_fail(err, DV_EXIT_USAGE,
                "step %s: with the corrected rows %" PRIu64 " of the rows that it loaded would not be there "
                "any more, as %s; a replay adds and changes rows, and takes none away",
                delta->new->step, count,
                delta->new->key_count == 0 ? "they are others now, and the step has no key"
                                           : "their keys are not made any more");
    dv_err_place(err, "replay", delta->new->dataset, first->part, (int64_t)first->row);
    dv_err_hint(err, "nothing was loaded; leave the correction that does this out, or take the run back with "
                     "drover rollback, correct the source and run again");
    return status;
}

/* Whether the part found rows in the table that were not the run's. */
static enum dv_status found_others(struct dv_pg *pg, const struct dv_chain *chain, const char *step,
                                   uint32_t part, bool *others, struct dv_err *err)
{
    char number[16];
    const char *params[] = {chain->links[0].id, step, number};
    PGresult *result = NULL;
    (void)snprintf(number, sizeof number, "%" PRIu32, part);
    enum dv_status status =
        dv_pg_query(pg,
                    "SELECT EXISTS (SELECT FROM drover.ledger WHERE step = $2 AND unchanged > 0 AND "
                    "rolled_back_at IS NULL "
                    "AND ((run_id = $1 AND part = $3::int) OR starts_with(run_id, $1 || '.')))",
                    3, params, &result, err);
    if (status == DV_OK)
        *others = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return status;
}

enum dv_status dv_delta_possible(const struct dv_delta *delta, const struct dv_chain *chain, struct dv_pg *pg,
                                 struct dv_err *err)
{
    const struct dv_load_spec *spec = delta->new;
    enum dv_status status = row_would_go(delta, err);
    bool others = false;
    uint32_t asked = UINT32_MAX;
    for (size_t i = 0; i < delta->row_count && status == DV_OK && leaves_alone(spec); i++) {
        const struct dv_delta_row *row = &delta->rows[i];
        if (row->kind != DV_DELTA_CHANGED || row->part == asked)
            continue;
        asked = row->part;
        status = found_others(pg, chain, spec->step, row->part, &others, err);
        if (status != DV_OK || !others)
            continue;
        status =
            dv_fail(err, DV_EXIT_USAGE,
                    "step %s: a row that it loaded becomes another one, but the step leaves rows alone that "
                    "were there before, and found such rows in this part",
                    spec->step);
        dv_err_place(err, "replay", spec->dataset, row->part, (int64_t)row->row);
        dv_err_hint(err, "nothing was loaded; leave the correction that does this out, or take the run back "
                         "with drover rollback, correct the source and run again");
    }
    return status;
}

const char *dv_replay_load_dir(struct dv_arena *arena, const struct dv_link *replay)
{
    return dv_arena_printf(arena, "%s/load", replay->dir);
}

/* ---- replay.json ---- */

static json_t *names_json(const char *const *names, unsigned count)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < count && array != NULL; i++)
        if (json_array_append_new(array, json_string(names[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

json_t *dv_replay_step_json(const struct dv_load_spec *from, const char *step, const char *mode,
                            const struct dv_column *columns, unsigned column_count)
{
    unsigned count = from->column_count > 0 ? from->column_count : column_count;
    const char **all = dv_calloc((size_t)count + 1, sizeof *all);
    if (all == NULL)
        return NULL;
    for (unsigned i = 0; i < count && from->column_count == 0; i++)
        all[i] = columns[i].name;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "step", step, "of", from->step,
                               "dataset", from->dataset, "table", from->table, "mode", mode, "key",
                               names_json(from->key, from->key_count), "from",
                               names_json(from->column_count > 0 ? from->from : all, count), "to",
                               names_json(from->column_count > 0 ? from->to : all, count));
    dv_free(all);
    return object;
}

static const char *const *read_names(const json_t *array, struct dv_arena *arena)
{
    size_t count = json_array_size(array);
    const char **names = dv_arena_zalloc(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count && names != NULL; i++)
        names[i] = json_string_value(json_array_get(array, i));
    return names;
}

static enum dv_status read_step(const json_t *object, const char *load_dir, struct dv_arena *arena,
                                struct dv_load_spec *spec, struct dv_err *err)
{
    enum dv_status status;
    DV_TRY(dv_json_string(object, "step", "steps", true, DV_EXIT_FAULT, &spec->step, err));
    DV_TRY(dv_json_string(object, "dataset", "steps", true, DV_EXIT_FAULT, &spec->dataset, err));
    DV_TRY(dv_json_string(object, "table", "steps", true, DV_EXIT_FAULT, &spec->table, err));
    DV_TRY(dv_json_string(object, "mode", "steps", true, DV_EXIT_FAULT, &spec->mode, err));
    spec->key_count = (unsigned)json_array_size(json_object_get(object, "key"));
    spec->column_count = (unsigned)json_array_size(json_object_get(object, "from"));
    spec->key = read_names(json_object_get(object, "key"), arena);
    spec->from = read_names(json_object_get(object, "from"), arena);
    spec->to = read_names(json_object_get(object, "to"), arena);
    spec->dataset_dir = dv_arena_printf(arena, "%s/delta/%s", load_dir, spec->step);
    if (spec->key == NULL || spec->from == NULL || spec->to == NULL || spec->dataset_dir == NULL)
        status = dv_fail_memory(err);
done:
    return status;
}

enum dv_status dv_replay_loads(const struct dv_link *replay, struct dv_arena *arena, json_t **document,
                               struct dv_load_spec **specs, unsigned *count, struct dv_err *err)
{
    enum dv_status status;
    const char *path = dv_arena_printf(arena, "%s/replay.json", replay->dir);
    const char *load_dir = dv_replay_load_dir(arena, replay);
    if (path == NULL || load_dir == NULL)
        return dv_fail_memory(err);
    DV_TRY(dv_json_read(path, DV_EXIT_FAULT, document, err));
    const json_t *steps = json_object_get(*document, "steps");
    *count = (unsigned)json_array_size(steps);
    *specs = dv_arena_zalloc(arena, ((size_t)*count + 1) * sizeof **specs);
    if (*specs == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < *count; i++)
        DV_TRY(read_step(json_array_get(steps, i), load_dir, arena, &(*specs)[i], err));
done:
    return status;
}
