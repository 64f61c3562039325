#include "core/alloc.h"
#include "load/ledger.h"
#include "load/mode.h"
#include "load/preflight.h"
#include "load/session.h"
#include "load/unique_key.h"
#include "load/verify.h"

#include <inttypes.h>
#include <string.h>

struct checker {
    struct dv_pg *pg; /* a session of its own: the server's check copies into it */
    const char *uri;
    const struct dv_context *context;
    const struct dv_step_sql *planned;
    struct dv_findings *findings;
};

/* A step and what is to be unique in its rows. */
struct candidate {
    struct dv_load_spec *spec;
    struct dv_load_table table;
    struct dv_unique_keys keys;
    const struct dv_unique_key **asked; /* by question, NULL where it has no part in it; owned */
    bool loaded;                        /* whole, so that nothing is left to find in it alone */
};

/* The steps that fill one table. */
struct group {
    struct candidate *members; /* owned */
    unsigned count, questions;
};

/* "dataset payments", "datasets payments and refunds" */
static void name_datasets(struct dv_buf *out, const struct group *group, unsigned question)
{
    unsigned named = 0, count = 0;
    for (unsigned i = 0; i < group->count; i++)
        count += group->members[i].asked[question] != NULL;
    dv_buf_str(out, count > 1 ? "datasets " : "dataset ");
    for (unsigned i = 0; i < group->count; i++) {
        if (group->members[i].asked[question] == NULL)
            continue;
        named++;
        dv_buf_printf(out, "%s%s",
                      named == 1       ? ""
                      : named == count ? " and "
                                       : ", ",
                      group->members[i].spec->dataset);
    }
}

static enum dv_status report(struct checker *checker, const struct group *group, unsigned question,
                             const struct dv_unique_key *key, const struct dv_unique_rows *found,
                             struct dv_err *err)
{
    enum dv_finding_kind kind = key->enforced ? DV_FINDING_WARNING : DV_FINDING_JOB;
    const char *fix = key->enforced
                          ? "the load refuses them, skips them, or has the later one win, as its mode does"
                          : "make the model's rows unique in it, or correct the step that makes the index";
    if (found->extra == 0)
        return DV_OK;
    struct dv_buf rows = {0}, datasets = {0};
    enum dv_status status;
    name_datasets(&datasets, group, question);
    for (unsigned i = 0; i < found->count; i++)
        dv_buf_printf(&rows, "  dataset %s, part %" PRIu32 ", row %" PRIu64 ": %s\n",
                      group->members[found->samples[i].source].spec->dataset, found->samples[i].part,
                      found->samples[i].row, found->samples[i].key);
    DV_TRY(dv_sql_done(&rows, err));
    DV_TRY(dv_sql_done(&datasets, err));
    DV_TRY(dv_finding_add(
        checker->findings, kind, fix, err,
        "%s: %" PRIu64 " keys of %s (%s) on %s are there more than once, %" PRIu64 " rows too many",
        datasets.data, found->keys, key->label, key->elements, group->members[0].spec->table, found->extra));
    status = dv_finding_rows(checker->findings, rows.data, err);
done:
    dv_buf_release(&rows);
    dv_buf_release(&datasets);
    return status;
}

/* A check that the server cannot carry out forbids nothing: the load or the index will tell. */
static enum dv_status by_server(struct checker *checker, struct candidate *one,
                                const struct dv_unique_key *key, struct dv_err *err)
{
    const struct dv_unique_key *asked[] = {key};
    struct candidate alone = {.spec = one->spec, .asked = asked};
    struct group group = {.members = &alone, .count = 1, .questions = 1};
    struct dv_unique_rows found;
    struct dv_err failure = DV_ERR_INIT;
    enum dv_status status = DV_OK;
    if (checker->pg == NULL)
        DV_TRY(dv_session_open(&checker->pg, checker->uri, checker->context, "preflight", err));
    status = dv_unique_by_server(checker->pg, &one->table, key, &found, &failure);
    if (status == DV_OK)
        return report(checker, &group, 0, key, &found, err);
    if (status == DV_FAILED && failure.sqlstate[0] != '\0' && !dv_pg_lost(checker->pg))
        return dv_finding_add(checker->findings, DV_FINDING_NOTE, NULL, err,
                              "dataset %s: whether its rows are unique in %s (%s) could not be looked at: %s",
                              one->spec->dataset, key->label, key->elements, failure.message);
    *err = failure;
done:
    if (status < 0)
        dv_err_place(err, "load", one->spec->step, -1, -1);
    return status;
}

static const struct dv_unique_key *asked_first(const struct group *group, unsigned question)
{
    const struct dv_unique_key *key = NULL;
    for (unsigned i = 0; i < group->count && key == NULL; i++)
        key = group->members[i].asked[question];
    return key;
}

static bool same_columns(const struct candidate *a, const struct dv_unique_key *of_a,
                         const struct candidate *b, const struct dv_unique_key *of_b)
{
    bool same = of_a->column_count == of_b->column_count;
    for (unsigned i = 0; same && i < of_a->column_count; i++)
        same = strcmp(a->table.columns[of_a->columns[i]].name, b->table.columns[of_b->columns[i]].name) == 0;
    return same;
}

/* Whether an earlier step brings rows that the key holds for as well: then `question` is theirs too. A later
 * step that goes by the key itself leaves alone, or changes, the row that is there. */
static bool joins(const struct group *group, unsigned number, const struct dv_unique_key *key,
                  unsigned *question, bool *spared)
{
    const struct candidate *own = &group->members[number];
    *spared = false;
    for (unsigned q = 0; q < group->questions && key->planned; q++)
        for (unsigned i = 0; i < number; i++) {
            const struct dv_unique_key *other = group->members[i].asked[q];
            if (other == NULL || !other->planned || !same_columns(own, key, &group->members[i], other))
                continue;
            *question = q;
            *spared = key->own && own->table.mode->needs_key;
            return true;
        }
    return false;
}

/* Every exact key is a question to its step; one that steps share is asked once. Questions that only loaded
 * steps answer are dropped. */
static void ask(struct group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        struct candidate *one = &group->members[i];
        for (unsigned k = 0; k < one->keys.count; k++) {
            const struct dv_unique_key *key = &one->keys.list[k];
            unsigned question = group->questions;
            bool spared = false;
            if (!key->exact)
                continue;
            bool shared = joins(group, i, key, &question, &spared);
            if (!shared || spared)
                question = group->questions++;
            one->asked[question] = key;
        }
    }
    for (unsigned q = 0; q < group->questions; q++) {
        bool open = false;
        for (unsigned i = 0; i < group->count; i++)
            open = open || (group->members[i].asked[q] != NULL && !group->members[i].loaded);
        for (unsigned i = 0; i < group->count && !open; i++)
            group->members[i].asked[q] = NULL;
    }
}

static enum dv_status by_hash(struct checker *checker, struct group *group, unsigned most, struct dv_err *err)
{
    struct dv_unique_source *sources = dv_calloc(group->count, sizeof *sources);
    struct dv_unique_rows *found = dv_calloc((size_t)most + 1, sizeof *found);
    enum dv_status status = sources != NULL && found != NULL ? DV_OK : dv_fail_memory(err);
    if (status != DV_OK)
        goto done;
    for (unsigned i = 0; i < group->count; i++)
        sources[i] =
            (struct dv_unique_source){.table = &group->members[i].table, .keys = group->members[i].asked};
    DV_TRY(dv_unique_by_hash(checker->context, sources, group->count, group->questions, found, err));
    for (unsigned i = 0; i < group->count; i++)
        for (unsigned q = 0; q < group->questions; q++)
            if (sources[i].keys[q] != NULL) /* its files were read and compared with their manifests */
                group->members[i].spec->checked = true;
    for (unsigned q = 0; q < group->questions; q++)
        if (asked_first(group, q) != NULL)
            DV_TRY(report(checker, group, q, asked_first(group, q), &found[q], err));
done:
    dv_free(sources);
    dv_free(found);
    return status;
}

static enum dv_status is_loaded(struct dv_pg *pg, const char *run_id, const struct dv_load_spec *spec,
                                const struct dv_dataset_manifest *dataset, bool *whole, struct dv_err *err)
{
    bool *loaded = dv_calloc((size_t)dataset->part_count + 1, sizeof *loaded);
    if (loaded == NULL)
        return dv_fail_memory(err);
    enum dv_status status = dv_ledger_loaded(pg, run_id, spec, dataset, loaded, err);
    *whole = true;
    for (uint32_t part = 0; part < dataset->part_count; part++)
        *whole = *whole && loaded[part];
    dv_free(loaded);
    return status;
}

static enum dv_status learn(struct checker *checker, struct dv_pg *control, struct candidate *one,
                            struct dv_err *err)
{
    struct dv_load_spec *spec = one->spec;
    struct dv_dataset_manifest dataset = {0};
    enum dv_status status;
    DV_TRY(dv_dataset_manifest_read(spec->dataset_dir, &dataset, err));
    DV_TRY(is_loaded(control, checker->context->run_id, spec, &dataset, &one->loaded, err));
    DV_TRY(dv_load_table_read(&one->table, control, spec, dataset.columns, dataset.column_count, NULL, err));
    status = dv_unique_keys_find(control, &one->table, dataset.columns, checker->planned, &one->keys, err);
done:
    dv_dataset_manifest_release(&dataset);
    if (status < 0)
        dv_err_place(err, "load", spec->step, -1, -1);
    return status;
}

static enum dv_status look_at(struct checker *checker, struct dv_pg *control, struct group *group,
                              struct dv_err *err)
{
    unsigned most = 0;
    bool open = false;
    enum dv_status status = DV_OK;
    for (unsigned i = 0; i < group->count; i++) {
        DV_TRY(learn(checker, control, &group->members[i], err));
        most += group->members[i].keys.count;
        open = open || !group->members[i].loaded;
    }
    if (!open)
        goto done;
    for (unsigned i = 0; i < group->count; i++) {
        group->members[i].asked = dv_calloc((size_t)most + 1, sizeof *group->members[i].asked);
        if (group->members[i].asked == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
    }
    ask(group);
    DV_TRY(by_hash(checker, group, most, err));
    for (unsigned i = 0; i < group->count; i++)
        for (unsigned k = 0; k < group->members[i].keys.count && !group->members[i].loaded; k++)
            if (!group->members[i].keys.list[k].exact)
                DV_TRY(by_server(checker, &group->members[i], &group->members[i].keys.list[k], err));
done:
    return status;
}

static bool inserts(const struct dv_load_spec *spec)
{
    const struct dv_load_mode *mode = dv_load_mode_find(spec->mode);
    return mode != NULL && mode->inserts;
}

/* Of the steps that insert into one table the first stands for all; a step that only updates is by itself. */
static bool together(const struct dv_load_spec *a, const struct dv_load_spec *b)
{
    return a == b || (inserts(a) && inserts(b) && dv_check_same_table(a, b));
}

static enum dv_status check_group(struct checker *checker, struct dv_pg *control, struct dv_load_spec *specs,
                                  unsigned count, unsigned first, struct dv_err *err)
{
    struct group group = {.members = dv_calloc(count, sizeof *group.members)};
    enum dv_status status = DV_OK;
    if (group.members == NULL)
        return dv_fail_memory(err);
    for (unsigned i = first; i < count; i++)
        if (together(&specs[first], &specs[i]))
            group.members[group.count++].spec = &specs[i];
    status = look_at(checker, control, &group, err);
    for (unsigned i = 0; i < group.count; i++) {
        dv_unique_keys_release(&group.members[i].keys);
        dv_load_table_release(&group.members[i].table);
        dv_free(group.members[i].asked);
    }
    dv_free(group.members);
    return status;
}

enum dv_status dv_preflight_unique(struct dv_target *target, const struct dv_context *context,
                                   struct dv_load_spec *specs, unsigned count, const struct dv_schema *schema,
                                   struct dv_findings *findings, struct dv_err *err)
{
    struct dv_step_sql planned = {0};
    struct checker checker = {
        .uri = dv_target_uri(target), .context = context, .planned = &planned, .findings = findings};
    enum dv_status status;
    DV_TRY(dv_step_sql_read(schema, DV_PHASE_EXPAND, DV_PHASE_INDEX, &planned, err));
    for (unsigned i = 0; i < count; i++) {
        bool first = true;
        for (unsigned before = 0; before < i; before++)
            first = first && !together(&specs[before], &specs[i]);
        if (first)
            DV_TRY(check_group(&checker, dv_target_pg(target), specs, count, i, err));
    }
done:
    dv_pg_close(checker.pg);
    dv_step_sql_release(&planned);
    return status;
}
