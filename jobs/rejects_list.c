/* Rejected rows by reason, for people and for programs. */
#include "core/alloc.h"
#include "core/utf8_cut.h"
#include "core/value.h"
#include "jobs/replay_parts.h"
#include "jobs/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define MOST_CLASSES   8  /* details of a reason told apart; the rest is counted together */
#define SAMPLE_COLUMNS 4  /* of the row: its first ones */
#define SAMPLE_BYTES   60 /* of a value */

struct detail_class {
    const char *text;
    uint64_t rows;
};

struct group {
    const struct dv_reject_list *list;
    const char *stage, *dataset, *reason;
    uint64_t rows, others; /* others: of classes beyond those listed */
    struct detail_class classes[MOST_CLASSES];
    unsigned class_count;
    json_t *samples; /* owned */
    struct group *next;
};

struct listing {
    struct dv_arena arena;
    struct group *first, *last;
    uint64_t samples, rows;
    struct dv_buf text;
};

static bool ends_with(const struct dv_buf *text, const char *word)
{
    size_t length = strlen(word);
    return text->len >= length && memcmp(text->data + text->len - length, word, length) == 0;
}

/* What stands next in the detail is a value of the row, from quote to quote or between parentheses: '\0'
 * where it is not, else what closes it. Names of the target's own things stand in quotes as well. */
static char value_ends_with(const struct dv_buf *before, char next)
{
    static const char *const names[] = {"relation ", "constraint ", "column ", "index ", "table "};
    if (next == '(')
        return ends_with(before, "=") || ends_with(before, "contains ") ? ')' : '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ends_with(before, names[i]))
            return '\0';
    return next == '"' ? '"' : '\0';
}

/* The detail without what is different from row to row: values and numbers. */
static const char *class_of(struct listing *listing, const char *detail)
{
    struct dv_buf *text = &listing->text;
    dv_buf_reset(text);
    for (const char *at = detail; *at != '\0';) {
        char close = value_ends_with(text, *at);
        const char *end = close != '\0' ? strchr(at + 1, close) : NULL;
        if (end != NULL) {
            dv_buf_byte(text, *at);
            dv_buf_str(text, "…");
            dv_buf_byte(text, close);
            at = end + 1;
        } else if (*at == '"') { /* a name: as it is */
            end = strchr(at + 1, '"');
            size_t length = end != NULL ? (size_t)(end - at) + 1 : 1;
            dv_buf_append(text, at, length);
            at += length;
        } else if (isdigit((unsigned char)*at)) {
            dv_buf_byte(text, 'N');
            at += strspn(at, "0123456789");
        } else {
            dv_buf_byte(text, *at++);
        }
    }
    return dv_buf_cstr(text);
}

static struct group *find_group(struct listing *listing, const struct dv_reject *reject)
{
    for (struct group *group = listing->first; group != NULL; group = group->next)
        if (group->list == reject->list && strcmp(group->dataset, reject->dataset) == 0 &&
            strcmp(group->reason, reject->reason) == 0)
            return group;
    struct group *group = dv_arena_zalloc(&listing->arena, sizeof *group);
    if (group == NULL)
        return NULL;
    group->list = reject->list;
    group->stage = dv_arena_strdup(&listing->arena, reject->stage);
    group->dataset = dv_arena_strdup(&listing->arena, reject->dataset);
    group->reason = dv_arena_strdup(&listing->arena, reject->reason);
    group->samples = json_array();
    if (listing->last != NULL)
        listing->last->next = group;
    else
        listing->first = group;
    listing->last = group;
    bool whole = group->stage != NULL && group->dataset != NULL && group->reason != NULL;
    return whole && group->samples != NULL ? group : NULL;
}

static enum dv_status count_class(struct listing *listing, struct group *group, const char *detail,
                                  struct dv_err *err)
{
    const char *text = class_of(listing, detail);
    if (text == NULL)
        return dv_fail_memory(err);
    unsigned i = 0;
    while (i < group->class_count && strcmp(group->classes[i].text, text) != 0)
        i++;
    if (i == MOST_CLASSES) {
        group->others++;
        return DV_OK;
    }
    if (i == group->class_count) {
        group->classes[i].text = dv_arena_strdup(&listing->arena, text);
        if (group->classes[i].text == NULL)
            return dv_fail_memory(err);
        group->class_count++;
    }
    group->classes[i].rows++;
    return DV_OK;
}

/* {"part", "row", "detail", "values": {its first columns}} */
static enum dv_status add_sample(struct group *group, const struct dv_reject *reject, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_buf text = {0};
    json_t *values = json_object();
    for (unsigned i = 0; i < reject->column_count && i < SAMPLE_COLUMNS && values != NULL; i++) {
        json_t *value = json_null();
        if (reject->values[i].state != DV_NULL) {
            dv_buf_reset(&text);
            dv_value_to_text(&reject->values[i], &reject->columns[i].type, &text);
            DV_TRY(dv_buf_check(&text, err));
            if (text.len > SAMPLE_BYTES) {
                text.len = dv_utf8_cut(text.data, SAMPLE_BYTES);
                dv_buf_str(&text, "…");
            }
            value = json_stringn(text.data, text.len);
        }
        if (json_object_set_new(values, reject->columns[i].name, value) != 0)
            break;
    }
    json_t *sample = json_pack("{s:I, s:I, s:s, s:O}", "part", (json_int_t)reject->part, "row",
                               (json_int_t)reject->row, "detail", reject->detail, "values", values);
    if (sample == NULL || json_array_append_new(group->samples, sample) != 0)
        status = dv_fail_memory(err);
done:
    json_decref(values);
    dv_buf_release(&text);
    return status;
}

static enum dv_status take(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct listing *listing = context;
    struct group *group = find_group(listing, reject);
    if (group == NULL)
        return dv_fail_memory(err);
    group->rows++;
    listing->rows++;
    enum dv_status status = count_class(listing, group, reject->detail, err);
    if (status == DV_OK && group->rows <= listing->samples)
        status = add_sample(group, reject, err);
    return status;
}

static json_t *group_json(const struct group *group)
{
    json_t *details = json_array();
    for (unsigned i = 0; i < group->class_count && details != NULL; i++)
        json_array_append_new(details, json_pack("{s:s, s:I}", "detail", group->classes[i].text, "rows",
                                                 (json_int_t)group->classes[i].rows));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:O, s:s, s:b}", "stage", group->stage, "list",
                     group->list->name, "dataset", group->dataset, "reason", group->reason, "rows",
                     (json_int_t)group->rows, "details", details, "other_details", (json_int_t)group->others,
                     "samples", group->samples, "path", group->list->dir, "whole", group->list->whole);
}

static enum dv_status show_json(const struct listing *listing, const struct dv_run *run,
                                const struct dv_link *link, struct dv_buf *out, struct dv_err *err)
{
    json_t *groups = json_array();
    size_t wanted = 0;
    for (const struct group *group = listing->first; group != NULL && groups != NULL; group = group->next) {
        json_array_append_new(groups, group_json(group));
        wanted++;
    }
    json_t *document =
        json_array_size(groups) == wanted
            ? json_pack("{s:s, s:s, s:i, s:I, s:O}", "job", run->job.name, "run", run->id, "replay",
                        (int)link->number, "rows", (json_int_t)listing->rows, "rejects", groups)
            : NULL;
    char *text = document != NULL ? json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
    if (text != NULL)
        dv_buf_printf(out, "%s\n", text);
    enum dv_status status = text != NULL ? dv_buf_check(out, err) : dv_fail_memory(err);
    dv_free(text);
    json_decref(document);
    json_decref(groups);
    return status;
}

static void show_details(const struct group *group, struct dv_buf *out)
{
    for (unsigned i = 0; i < group->class_count; i++)
        if (group->classes[i].text[0] != '\0')
            dv_buf_printf(out, "    %" PRIu64 " x %s\n", group->classes[i].rows, group->classes[i].text);
    if (group->others > 0)
        dv_buf_printf(out, "    %" PRIu64 " x something else\n", group->others);
    size_t i;
    const json_t *sample, *value;
    const char *name;
    json_array_foreach(group->samples, i, sample)
    {
        dv_buf_printf(out, "    part %" JSON_INTEGER_FORMAT " row %" JSON_INTEGER_FORMAT ":",
                      json_integer_value(json_object_get(sample, "part")),
                      json_integer_value(json_object_get(sample, "row")));
        json_object_foreach(json_object_get(sample, "values"), name, value)
        {
            const char *text = json_string_value(value);
            dv_buf_printf(out, " %s=%s", name, text != NULL ? text : "NULL");
        }
        const char *detail = json_string_value(json_object_get(sample, "detail"));
        if (detail != NULL && detail[0] != '\0')
            dv_buf_printf(out, "; %s", detail);
        dv_buf_byte(out, '\n');
    }
}

static enum dv_status show(const struct listing *listing, const struct dv_run *run,
                           const struct dv_link *link, struct dv_buf *out, struct dv_err *err)
{
    dv_buf_printf(out, "%s %s%s: %" PRIu64 " rows rejected\n", run->job.name, run->id,
                  link->number > 0 ? ", as its last replay left it" : "", listing->rows);
    for (const struct group *group = listing->first; group != NULL; group = group->next) {
        bool first = group == listing->first || group->list != listing->first->list;
        for (const struct group *before = listing->first; before != group && first; before = before->next)
            first = before->list != group->list;
        if (first)
            dv_buf_printf(out, "\n  %s %s: %s%s\n", group->stage, group->list->name, group->list->dir,
                          group->list->whole ? "" : " (not whole yet)");
        dv_buf_printf(out, "  %" PRIu64 " %s, rows of %s\n", group->rows, group->reason, group->dataset);
        show_details(group, out);
    }
    return dv_buf_check(out, err);
}

enum dv_status dv_rejects_list(const struct dv_request *request, uint64_t samples, bool as_json,
                               struct dv_buf *out, struct dv_err *err)
{
    struct dv_run run;
    struct dv_chain chain;
    struct dv_reject_lists lists;
    struct listing listing = {.samples = samples};
    enum dv_status status = dv_rejects_open(&run, request, err);
    if (status != DV_OK)
        return status;
    DV_TRY(dv_chain_read(&chain, run.dir, run.id, &run.arena, err));
    const struct dv_link *link = dv_chain_newest(&chain);
    DV_TRY(dv_reject_lists_find(&lists, link->dir, &run.arena, err));
    for (unsigned i = 0; i < lists.count; i++)
        DV_TRY(dv_rejects_each(&lists.lists[i], take, &listing, err));
    status = as_json ? show_json(&listing, &run, link, out, err) : show(&listing, &run, link, out, err);
done:
    for (struct group *group = listing.first; group != NULL; group = group->next)
        json_decref(group->samples);
    dv_buf_release(&listing.text);
    dv_arena_release(&listing.arena);
    dv_run_close(&run);
    return status;
}
