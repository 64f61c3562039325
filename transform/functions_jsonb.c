/* jsonb: containment, keys, changing by path; reading by a path that comes with the row. */
#include "transform/functions.h"

#include "core/array.h"
#include "core/jsonb.h"
#include "transform/array_bind.h"
#include "transform/array_text.h"
#include "transform/json_build.h"
#include "transform/json_path.h"

#include <string.h>

#define JSON_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

static struct dv_json_text json_of(const struct dv_value *value)
{
    return dv_json_trim(value->u.p, value->len);
}

static bool is_container(struct dv_json_text json)
{
    return json.p[0] == '{' || json.p[0] == '[';
}

/* ---- containment --------------------------------------------------------------------------------------- */

static bool contains(struct dv_json_text a, struct dv_json_text b, struct dv_err *ignored);

/* Whether an array has the item, or one that contains it. `ignored` is one for all levels: thousands of them
 * must fit the stack. */
static bool array_has(struct dv_json_text array, struct dv_json_text item, struct dv_err *ignored)
{
    struct dv_json_text key = {0}, value = {0};
    while (dv_json_next(array, &key, &value, ignored) == DV_OK) {
        if (is_container(item) ? is_container(value) && contains(value, item, ignored)
                               : !is_container(value) && dv_jsonb_compare(value, item) == 0)
            return true;
    }
    return false;
}

/* Two containers, or two scalars. */
static bool contains(struct dv_json_text a, struct dv_json_text b, struct dv_err *ignored)
{
    struct dv_json_text key = {0}, value = {0};
    if (!is_container(a) && !is_container(b))
        return dv_jsonb_compare(a, b) == 0;
    if (a.p[0] != b.p[0])
        return false;
    while (dv_json_next(b, &key, &value, ignored) == DV_OK) {
        if (a.p[0] == '{') {
            struct dv_arena arena = {0};
            struct dv_json_text found = {0};
            const char *name = NULL;
            size_t length = 0;
            bool is_null = false;
            if (dv_json_as_text(key, &arena, &name, &length, &is_null, ignored) == DV_OK)
                found = dv_json_member(a, name, length);
            dv_arena_release(&arena);
            if (found.p == NULL || is_container(found) != is_container(value) ||
                !contains(found, value, ignored))
                return false;
        } else if (!array_has(a, value, ignored)) {
            return false;
        }
    }
    return true;
}

/* At the top an array contains a scalar that is among its elements. */
static bool contains_top(struct dv_json_text a, struct dv_json_text b)
{
    struct dv_err ignored = DV_ERR_INIT;
    if (a.p[0] == '[' && !is_container(b))
        return array_has(a, b, &ignored);
    return is_container(a) == is_container(b) && contains(a, b, &ignored);
}

JSON_FN(op_contains)
{
    UNUSED;
    *out = dv_bool(contains_top(json_of(&args[0]), json_of(&args[1])));
    return DV_OK;
}

JSON_FN(op_contained)
{
    UNUSED;
    *out = dv_bool(contains_top(json_of(&args[1]), json_of(&args[0])));
    return DV_OK;
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

static bool text_is(struct dv_json_text json, const struct dv_value *text, struct dv_arena *arena)
{
    struct dv_err ignored = DV_ERR_INIT;
    const char *p = NULL;
    size_t length = 0;
    bool is_null = false;
    return dv_json_kind_of(json) == DV_JSON_STRING &&
           dv_json_as_text(json, arena, &p, &length, &is_null, &ignored) == DV_OK && length == text->len &&
           (length == 0 || memcmp(p, text->u.p, length) == 0);
}

/* An object's key, or a string of an array, or the string itself. */
static bool has_key(struct dv_json_text json, const struct dv_value *text, struct dv_arena *arena)
{
    struct dv_json_text key = {0}, value = {0};
    struct dv_err ignored = DV_ERR_INIT;
    if (json.p[0] == '{')
        return dv_json_member(json, text->u.p, text->len).p != NULL;
    if (json.p[0] != '[')
        return text_is(json, text, arena);
    while (dv_json_next(json, &key, &value, &ignored) == DV_OK)
        if (text_is(value, text, arena))
            return true;
    return false;
}

static enum dv_status has_keys(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *args,
                               bool all, struct dv_value *out, struct dv_err *err)
{
    struct dv_array keys;
    enum dv_status status = dv_array_load(eval, &args[1], &expr->args[1]->type, &keys, err);
    if (status != DV_OK)
        return status;
    *out = dv_bool(all);
    for (size_t i = 0; i < keys.count; i++) {
        if (keys.items[i].state != DV_NULL &&
            has_key(json_of(&args[0]), &keys.items[i], eval->arena) != all) {
            *out = dv_bool(!all);
            break;
        }
    }
    return DV_OK;
}

JSON_FN(op_any_key)
{
    return has_keys(expr, eval, args, false, out, err);
}

JSON_FN(op_all_keys)
{
    return has_keys(expr, eval, args, true, out, err);
}

static void put_json(struct dv_buf *to, struct dv_json_text json)
{
    dv_buf_append(to, json.p, json.len);
}

/* A comma where the container has a member already; the key where there is one. */
static void put_start(struct dv_buf *to, bool *first, struct dv_json_text key)
{
    if (!*first)
        dv_buf_byte(to, ',');
    *first = false;
    if (key.p != NULL) {
        put_json(to, key);
        dv_buf_byte(to, ':');
    }
}

/* jsonb - text[] */
JSON_FN(op_remove_keys)
{
    struct dv_json_text json = json_of(&args[0]), key = {0}, value = {0};
    struct dv_array keys;
    struct dv_buf raw = {0};
    bool first = true;
    enum dv_status status;
    if (!is_container(json))
        return dv_eval_fail(err, "22023", "cannot delete from scalar");
    status = dv_array_load(eval, &args[1], &expr->args[1]->type, &keys, err);
    if (status != DV_OK)
        return status;
    if (keys.dimensions > 1)
        return dv_eval_fail(err, "2202E", "wrong number of array subscripts");
    dv_buf_byte(&raw, json.p[0]);
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK) {
        bool drop = false;
        for (size_t i = 0; !drop && i < keys.count; i++)
            drop = keys.items[i].state != DV_NULL &&
                   text_is(json.p[0] == '{' ? key : value, &keys.items[i], eval->arena);
        if (drop)
            continue;
        put_start(&raw, &first, key);
        put_json(&raw, value);
    }
    dv_buf_byte(&raw, json.p[0] == '{' ? '}' : ']');
    return dv_json_out(expr, eval, &raw, status == DV_END ? DV_OK : status, out, err);
}

/* ---- changes by path ----------------------------------------------------------------------------------- */

enum change { CREATE = 1, REPLACE = 2, DELETE = 4, BEFORE = 8, AFTER = 16 };
#define ADDS (CREATE | BEFORE | AFTER)

struct path_change {
    const struct dv_array *path;
    unsigned change;
    struct dv_json_text value;
    struct dv_arena *arena;
    struct dv_err *err;
};

static enum dv_status change_at(const struct path_change *change, struct dv_json_text json, size_t level,
                                struct dv_buf *to);

static enum dv_status change_object(const struct path_change *change, struct dv_json_text json, size_t level,
                                    struct dv_buf *to)
{
    const struct dv_value *name = &change->path->items[level];
    struct dv_json_text key = {0}, value = {0};
    bool first = true, last = level + 1 == change->path->count, found = false;
    enum dv_status status;
    dv_buf_byte(to, '{');
    while ((status = dv_json_next(json, &key, &value, change->err)) == DV_OK) {
        bool here = !found && text_is(key, name, change->arena);
        found = found || here;
        if (!here) {
            put_start(to, &first, key);
            put_json(to, value);
            continue;
        }
        if (last && (change->change & (BEFORE | AFTER)) != 0) {
            (void)dv_eval_fail(change->err, "22023", "cannot replace existing key");
            dv_err_hint(change->err, "Try using the function jsonb_set to replace key value.");
            return DV_FAILED;
        }
        if (last && (change->change & DELETE) != 0)
            continue;
        put_start(to, &first, key);
        if (last)
            put_json(to, change->value);
        else
            status = change_at(change, value, level + 1, to);
        if (status != DV_OK)
            return status;
    }
    if (!found && last && (change->change & ADDS) != 0) {
        put_start(to, &first, (struct dv_json_text){0});
        dv_json_quote(to, name->u.p, name->len);
        dv_buf_byte(to, ':');
        put_json(to, change->value);
    }
    dv_buf_byte(to, '}');
    return status == DV_END ? DV_OK : status;
}

static int64_t count_elements(struct dv_json_text json)
{
    struct dv_json_text key = {0}, value = {0};
    struct dv_err ignored = DV_ERR_INIT;
    int64_t count = 0;
    while (dv_json_next(json, &key, &value, &ignored) == DV_OK)
        count++;
    return count;
}

static void put_element(struct dv_buf *to, bool *first, struct dv_json_text value)
{
    put_start(to, first, (struct dv_json_text){0});
    put_json(to, value);
}

static enum dv_status change_array(const struct path_change *change, struct dv_json_text json, size_t level,
                                   struct dv_buf *to)
{
    const struct dv_value *step = &change->path->items[level];
    struct dv_json_text key = {0}, value = {0};
    bool first = true, last = level + 1 == change->path->count, done = false;
    int64_t index, count = count_elements(json);
    enum dv_status status;
    if (!dv_array_index(step->u.p, step->len, &index))
        return dv_eval_fail(change->err, "22P02", "path element at position %zu is not an integer: \"%.*s\"",
                            level + 1, (int)(step->len > 64 ? 64 : step->len), step->u.p);
    index = index >= 0 ? (index > count ? count : index) : -index > count ? INT64_MIN : index + count;
    dv_buf_byte(to, '[');
    if ((index == INT64_MIN || count == 0) && last && (change->change & ADDS) != 0) {
        put_element(to, &first, change->value);
        done = true;
    }
    for (int64_t i = 0; (status = dv_json_next(json, &key, &value, change->err)) == DV_OK; i++) {
        if (i != index) {
            put_element(to, &first, value);
            continue;
        }
        done = true;
        if (!last) {
            put_start(to, &first, (struct dv_json_text){0});
            status = change_at(change, value, level + 1, to);
            if (status != DV_OK)
                return status;
            continue;
        }
        if ((change->change & (BEFORE | CREATE)) != 0)
            put_element(to, &first, change->value);
        if ((change->change & (BEFORE | AFTER)) != 0)
            put_element(to, &first, value);
        if ((change->change & (AFTER | REPLACE)) != 0)
            put_element(to, &first, change->value);
    }
    if (!done && last && (change->change & ADDS) != 0)
        put_element(to, &first, change->value);
    dv_buf_byte(to, ']');
    return status == DV_END ? DV_OK : status;
}

static enum dv_status change_at(const struct path_change *change, struct dv_json_text json, size_t level,
                                struct dv_buf *to)
{
    if (change->path->items[level].state == DV_NULL)
        return dv_eval_fail(change->err, "22004", "path element at position %zu is null", level + 1);
    if (json.p[0] == '{')
        return change_object(change, json, level, to);
    if (json.p[0] == '[')
        return change_array(change, json, level, to);
    put_json(to, json);
    return DV_OK;
}

static enum dv_status change_by_path(const struct dv_expr *expr, struct dv_eval *eval,
                                     const struct dv_value *args, unsigned change, struct dv_value *out,
                                     struct dv_err *err)
{
    struct dv_json_text json = json_of(&args[0]);
    struct dv_array path;
    struct path_change what = {.path = &path, .change = change, .arena = eval->arena, .err = err};
    struct dv_buf raw = {0};
    enum dv_status status = dv_array_load(eval, &args[1], &expr->args[1]->type, &path, err);
    if (status != DV_OK)
        return status;
    if (path.dimensions > 1)
        return dv_eval_fail(err, "2202E", "wrong number of array subscripts");
    if (!is_container(json))
        return dv_eval_fail(err, "22023",
                            change == DELETE ? "cannot delete path in scalar" : "cannot set path in scalar");
    *out = args[0];
    if (path.count == 0 || (json.len == 2 && (change & ADDS) == 0))
        return DV_OK;
    if (change != DELETE)
        what.value = json_of(&args[2]);
    status = change_at(&what, json, 0, &raw);
    return dv_json_out(expr, eval, &raw, status, out, err);
}

JSON_FN(op_remove_path)
{
    return change_by_path(expr, eval, args, DELETE, out, err);
}

JSON_FN(fn_set)
{
    bool create = expr->arg_count < 4 || args[3].u.i != 0;
    return change_by_path(expr, eval, args, create ? CREATE : REPLACE, out, err);
}

JSON_FN(fn_insert)
{
    bool after = expr->arg_count > 3 && args[3].u.i != 0;
    return change_by_path(expr, eval, args, after ? AFTER : BEFORE, out, err);
}

/* ---- reading by path ----------------------------------------------------------------------------------- */

JSON_FN(fn_extract)
{
    struct dv_json_text json = json_of(&args[0]);
    for (unsigned i = 1; i < expr->arg_count && json.p != NULL; i++) {
        int64_t index;
        if (json.p[0] == '{')
            json = dv_json_member(json, args[i].u.p, args[i].len);
        else if (json.p[0] == '[' && dv_array_index(args[i].u.p, args[i].len, &index))
            json = dv_json_element(json, index);
        else
            json.p = NULL;
    }
    return dv_json_result(expr, eval, json, out, err);
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define PATH(called, types)                                                                                  \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn_extract, .bind = dv_json_extract_bind                 \
    }
static const struct dv_function jsonb_entries[] = {
    FN("jsonb_set", "jsonb,text[],jsonb>jsonb", fn_set),
    FN("jsonb_set", "jsonb,text[],jsonb,bool>jsonb", fn_set),
    FN("jsonb_insert", "jsonb,text[],jsonb>jsonb", fn_insert),
    FN("jsonb_insert", "jsonb,text[],jsonb,bool>jsonb", fn_insert),
    PATH("jsonb_extract_path", "jsonb,text,text...>jsonb"),
    PATH("jsonb_extract_path_text", "jsonb,text,text...>text"),
    PATH("json_extract_path", "json,text,text...>json"),
    PATH("json_extract_path_text", "json,text,text...>text"),
};
const struct dv_function_table dv_functions_jsonb = DV_FUNCTION_TABLE(jsonb_entries);

static const struct dv_function jsonb_operators[] = {
    FN("@>", "jsonb,jsonb>bool", op_contains),     FN("<@", "jsonb,jsonb>bool", op_contained),
    FN("?|", "jsonb,text[]>bool", op_any_key),     FN("?&", "jsonb,text[]>bool", op_all_keys),
    FN("-", "jsonb,text[]>jsonb", op_remove_keys), FN("#-", "jsonb,text[]>jsonb", op_remove_path),
};
const struct dv_function_table dv_operators_jsonb = DV_FUNCTION_TABLE(jsonb_operators);
