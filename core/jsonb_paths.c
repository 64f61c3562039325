#include "core/jsonb_paths.h"

#include "core/jsonb_scan.h"

#include <string.h>

/* ---- the set ------------------------------------------------------------------------------------------- */

static bool same_step(const struct dv_json_step *a, const struct dv_json_step *b)
{
    return a->by == b->by && ((a->by & DV_JSON_BY_INDEX) == 0 || a->index == b->index) &&
           ((a->by & DV_JSON_BY_KEY) == 0 ||
            (a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0));
}

static int key_order(const struct dv_json_step *a, const struct dv_json_step *b)
{
    if (a->key_length != b->key_length)
        return a->key_length > b->key_length ? 1 : -1;
    return memcmp(a->key, b->key, a->key_length);
}

static void link_child(struct dv_json_path_node *parent, struct dv_json_path_node *child)
{
    if ((child->step.by & DV_JSON_BY_KEY) != 0) {
        struct dv_json_path_node **at = &parent->members;
        while (*at != NULL && key_order(&(*at)->step, &child->step) < 0)
            at = &(*at)->next_member;
        child->next_member = *at;
        *at = child;
    }
    if ((child->step.by & DV_JSON_BY_INDEX) != 0) {
        child->next_element = parent->elements;
        parent->elements = child;
        if (child->step.index < 0)
            parent->from_end = true;
        else if (child->step.index > parent->last_index)
            parent->last_index = child->step.index;
    }
}

static struct dv_json_path_node *find_child(struct dv_json_path_node *parent, const struct dv_json_step *step)
{
    struct dv_json_path_node *child = parent->members;
    while (child != NULL && !same_step(&child->step, step))
        child = child->next_member;
    if (child != NULL)
        return child;
    child = parent->elements;
    while (child != NULL && !same_step(&child->step, step))
        child = child->next_element;
    return child;
}

enum dv_status dv_json_paths_add(struct dv_json_paths *paths, const struct dv_json_step *steps, size_t count,
                                 struct dv_arena *arena, unsigned *slot, struct dv_err *err)
{
    struct dv_json_path_node *node = &paths->root;
    if (paths->count == 0) {
        node->last_index = -1;
        paths->count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct dv_json_path_node *child = find_child(node, &steps[i]);
        if (child == NULL) {
            child = dv_arena_zalloc(arena, sizeof *child);
            if (child == NULL)
                return dv_fail_memory(err);
            child->step = steps[i];
            child->slot = paths->count++;
            child->last_index = -1;
            link_child(node, child);
        }
        node = child;
    }
    node->wanted = true;
    *slot = node->slot;
    return DV_OK;
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

struct walk {
    const char *end;
    bool canonical;
    bool done; /* every path is decided: nobody asks where the values end that the walk is in */
    struct dv_json_text *found;
};

static const char *take(struct walk *walk, const struct dv_json_path_node *node, const char *at, bool tail);

/* What an earlier member of the same name left behind. */
static void forget(struct walk *walk, const struct dv_json_path_node *node)
{
    walk->found[node->slot] = (struct dv_json_text){NULL, 0};
    for (const struct dv_json_path_node *child = node->members; child != NULL; child = child->next_member)
        forget(walk, child);
    for (const struct dv_json_path_node *child = node->elements; child != NULL; child = child->next_element)
        forget(walk, child);
}

/* A jsonb scalar as its own element 0 and -1. */
static void take_self(struct walk *walk, const struct dv_json_path_node *node, struct dv_json_text scalar)
{
    for (const struct dv_json_path_node *child = node->elements; child != NULL; child = child->next_element)
        if ((child->step.by & DV_JSON_BY_SELF) != 0 && (child->step.index == 0 || child->step.index == -1)) {
            walk->found[child->slot] = scalar;
            take_self(walk, child, scalar);
        }
}

/* At the member behind the one that ends at `at`: 1; behind the closing bracket: 0; neither stands here: -1.
 */
static int next_item(const char **at, const char *end, char close)
{
    const char *p = dv_json_skip_blanks(*at, end);
    if (p >= end || (*p != ',' && *p != close))
        return -1;
    *at = *p == ',' ? dv_json_skip_blanks(p + 1, end) : p + 1;
    return *p == ',';
}

/* Reads a key and its colon; *at is then the member's value. */
static bool read_key(struct walk *walk, const char **at, struct dv_json_text *key)
{
    const char *open = *at,
               *behind = open < walk->end && *open == '"' ? dv_json_skip_string(open, walk->end) : NULL;
    if (behind == NULL)
        return false;
    *key = (struct dv_json_text){open, (size_t)(behind - open)};
    behind = dv_json_skip_blanks(behind, walk->end);
    if (behind >= walk->end || *behind != ':')
        return false;
    *at = dv_json_skip_blanks(behind + 1, walk->end);
    return true;
}

/* An object of a jsonb: its members and those wanted are both in order. */
static const char *take_ordered(struct walk *walk, const struct dv_json_path_node *want, const char *at,
                                bool tail)
{
    struct dv_json_text key;
    int more = 1;
    while (more == 1) {
        if (!read_key(walk, &at, &key))
            return NULL;
        const char *behind = NULL;
        int order = 1;
        while (want != NULL && (order = dv_json_key_order(key, want->step.key, want->step.key_length)) > 0)
            want = want->next_member; /* the object has none of that name */
        while (want != NULL && dv_json_key_order(key, want->step.key, want->step.key_length) == 0) {
            behind = take(walk, want, at, tail && want->next_member == NULL);
            if (behind == NULL || walk->done)
                return behind;
            want = want->next_member;
        }
        if (want == NULL) {
            walk->done = tail;
            return tail ? at : dv_json_skip_to_close(behind != NULL ? behind : at, walk->end);
        }
        at = behind != NULL ? behind : dv_json_skip_value(at, walk->end);
        if (at == NULL)
            return NULL;
        more = next_item(&at, walk->end, '}');
    }
    return more == 0 ? at : NULL;
}

/* An object of a json: any order, and a later member of the same name takes the place of an earlier one. */
static const char *take_unordered(struct walk *walk, const struct dv_json_path_node *members, const char *at)
{
    struct dv_json_text key;
    int more = 1;
    while (more == 1) {
        if (!read_key(walk, &at, &key))
            return NULL;
        const char *behind = NULL;
        for (const struct dv_json_path_node *want = members; want != NULL; want = want->next_member) {
            if (!dv_json_is_key(key, want->step.key, want->step.key_length))
                continue;
            forget(walk, want);
            behind = take(walk, want, at, false);
            if (behind == NULL)
                return NULL;
        }
        at = behind != NULL ? behind : dv_json_skip_value(at, walk->end);
        if (at == NULL)
            return NULL;
        more = next_item(&at, walk->end, '}');
    }
    return more == 0 ? at : NULL;
}

static int64_t count_elements(const char *at, const char *end)
{
    int64_t count = 0;
    int more = 1;
    while (more == 1) {
        at = dv_json_skip_value(at, end);
        if (at == NULL)
            return -1;
        count++;
        more = next_item(&at, end, ']');
    }
    return more == 0 ? count : -1;
}

static const char *take_elements(struct walk *walk, const struct dv_json_path_node *node, const char *at,
                                 bool tail)
{
    int64_t count = node->from_end ? count_elements(at, walk->end) : 0;
    int64_t last = node->from_end ? count - 1 : node->last_index;
    bool alone = node->elements->next_element == NULL;
    int more = 1;
    if (count < 0)
        return NULL;
    for (int64_t i = 0; more == 1; i++) {
        const char *behind = NULL;
        for (const struct dv_json_path_node *want = node->elements; want != NULL; want = want->next_element) {
            if ((want->step.index < 0 ? count + want->step.index : want->step.index) != i)
                continue;
            behind = take(walk, want, at, tail && alone);
            if (behind == NULL || walk->done)
                return behind;
        }
        at = behind != NULL ? behind : dv_json_skip_value(at, walk->end);
        if (at == NULL)
            return NULL;
        if (i == last) {
            walk->done = tail;
            return tail ? at : dv_json_skip_to_close(at, walk->end);
        }
        more = next_item(&at, walk->end, ']');
    }
    return more == 0 ? at : NULL;
}

static const char *take_container(struct walk *walk, const struct dv_json_path_node *node, const char *at,
                                  bool tail)
{
    char close = *at == '{' ? '}' : ']';
    const char *inside = dv_json_skip_blanks(at + 1, walk->end);
    if (inside < walk->end && *inside == close)
        return inside + 1;
    if (*at == '[')
        return take_elements(walk, node, inside, tail);
    return walk->canonical ? take_ordered(walk, node->members, inside, tail)
                           : take_unordered(walk, node->members, inside);
}

/* The node's value stands at `at`. Returns where it ends, or NULL where it does not. tail: nothing behind it
 * is wanted. */
static const char *take(struct walk *walk, const struct dv_json_path_node *node, const char *at, bool tail)
{
    const char *behind;
    bool inside =
        at < walk->end && ((*at == '{' && node->members != NULL) || (*at == '[' && node->elements != NULL));
    if (inside)
        behind = take_container(walk, node, at, tail && !node->wanted);
    else
        behind = dv_json_skip_value(at, walk->end);
    if (behind == NULL || walk->done)
        return behind;
    walk->found[node->slot] = (struct dv_json_text){at, (size_t)(behind - at)};
    if (*at != '{' && *at != '[')
        take_self(walk, node, walk->found[node->slot]);
    return behind;
}

bool dv_json_paths_scan(const struct dv_json_paths *paths, struct dv_json_text json, bool canonical,
                        struct dv_json_text *found)
{
    struct walk walk = {.end = json.p + json.len, .canonical = canonical, .found = found};
    memset(found, 0, paths->count * sizeof *found);
    return take(&walk, &paths->root, json.p, true) != NULL;
}

/* ---- one path ------------------------------------------------------------------------------------------ */

struct dv_json_text dv_json_walk(struct dv_json_text json, const struct dv_json_step *steps, size_t count)
{
    const struct dv_json_text none = {NULL, 0};
    for (size_t i = 0; i < count && json.p != NULL; i++) {
        const struct dv_json_step *step = &steps[i];
        switch (dv_json_kind_of(json)) {
        case DV_JSON_OBJECT:
            json =
                (step->by & DV_JSON_BY_KEY) != 0 ? dv_json_member(json, step->key, step->key_length) : none;
            break;
        case DV_JSON_ARRAY:
            json = (step->by & DV_JSON_BY_INDEX) != 0 ? dv_json_element(json, step->index) : none;
            break;
        default:
            if ((step->by & DV_JSON_BY_SELF) == 0 || (step->index != 0 && step->index != -1))
                json = none;
        }
    }
    return json;
}
