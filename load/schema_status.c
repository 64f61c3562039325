/* What the target knows of a job's schema steps. */
#include "core/alloc.h"
#include "load/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const phase_names[] = {"expand", "index", "contract"};

const char *dv_phase_name(enum dv_phase phase)
{
    return phase_names[phase];
}

static enum dv_status phase_of(const char *name, enum dv_phase *phase, struct dv_err *err)
{
    for (unsigned i = 0; i < sizeof phase_names / sizeof phase_names[0]; i++) {
        if (strcmp(name, phase_names[i]) == 0) {
            *phase = (enum dv_phase)i;
            return DV_OK;
        }
    }
    return dv_fail(err, DV_EXIT_FAULT, "drover.schema_step names a phase \"%s\", which there is not", name);
}

bool dv_schema_pending(const struct dv_schema *schema, enum dv_phase phase)
{
    for (unsigned i = 0; i < schema->count; i++)
        if (!schema->steps[i].applied && !schema->steps[i].off && schema->steps[i].phase == phase)
            return true;
    return false;
}

int dv_schema_compare(const void *a, const void *b)
{
    const struct dv_schema_step *left = a, *right = b;
    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* As it was before the target was asked. */
static void forget(struct dv_schema *schema)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < schema->count; i++) {
        struct dv_schema_step *step = &schema->steps[i];
        if (step->missing)
            continue;
        step->applied = step->drifted = false;
        step->applied_at[0] = step->run_id[0] = '\0';
        schema->steps[kept++] = *step;
    }
    schema->count = kept;
}

static enum dv_status add_missing(struct dv_schema *schema, const PGresult *result, int row,
                                  struct dv_schema_step **added, struct dv_err *err)
{
    struct dv_schema_step *steps =
        dv_realloc_array(schema->steps, (size_t)schema->count + 1, sizeof *schema->steps);
    if (steps == NULL)
        return dv_fail_memory(err);
    schema->steps = steps;
    *added = &steps[schema->count];
    **added = (struct dv_schema_step){.missing = true};
    (void)snprintf((*added)->name, sizeof(*added)->name, "%s", PQgetvalue(result, row, 0));
    (*added)->number = (unsigned)strtoul((*added)->name, NULL, 10);
    enum dv_status status = phase_of(PQgetvalue(result, row, 2), &(*added)->phase, err);
    if (status == DV_OK)
        schema->count++;
    return status;
}

enum dv_status dv_schema_status(struct dv_pg *pg, const char *job, struct dv_schema *schema,
                                struct dv_err *err)
{
    const char *params[] = {job};
    PGresult *result = NULL;
    bool present;
    enum dv_status status;
    forget(schema);
    DV_TRY(dv_control_present(pg, &present, err));
    if (!present)
        goto done;
    DV_TRY(dv_pg_query(
        pg,
        "SELECT name, up_sha256, phase, to_char(applied_at, 'YYYY-MM-DD HH24:MI:SS TZ'), run_id FROM "
        "drover.schema_step WHERE job = $1",
        1, params, &result, err));
    for (int row = 0; row < PQntuples(result); row++) {
        struct dv_schema_step *step = NULL;
        for (unsigned i = 0; i < schema->count && step == NULL; i++)
            if (strcmp(schema->steps[i].name, PQgetvalue(result, row, 0)) == 0)
                step = &schema->steps[i];
        if (step == NULL)
            DV_TRY(add_missing(schema, result, row, &step, err));
        step->applied = true;
        step->drifted = !step->missing && strcmp(step->up_sha256, PQgetvalue(result, row, 1)) != 0;
        (void)snprintf(step->applied_at, sizeof step->applied_at, "%s", PQgetvalue(result, row, 3));
        (void)snprintf(step->run_id, sizeof step->run_id, "%s", PQgetvalue(result, row, 4));
    }
    if (schema->count > 1)
        qsort(schema->steps, schema->count, sizeof *schema->steps, dv_schema_compare);
done:
    PQclear(result);
    return status;
}
