/* jsonb: containment, keys, changing by path, printing; json built as text. */
#include "transform/functions.h"

#include "core/array.h"
#include "core/jsonb.h"
#include "transform/array_bind.h"
#include "transform/array_text.h"
#include "transform/json_build.h"

#include <string.h>

#define JSON_FN(name)                                                                                        \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define UNUSED ((void)expr, (void)eval, (void)err)

static struct dv_json_text json_of(const struct dv_value *value)
{
    struct dv_json_text json = {value->u.p, value->len};
    while (json.len > 0 && strchr(" \t\r\n", json.p[0]) != NULL) {
        json.p++;
        json.len--;
    }
    while (json.len > 0 && strchr(" \t\r\n", json.p[json.len - 1]) != NULL)
        json.len--;
    return json;
}

static bool is_container(struct dv_json_text json)
{
    return json.p[0] == '{' || json.p[0] == '[';
}

/* ---- containment --------------------------------------------------------------------------------------- */

static bool contains(struct dv_json_text a, struct dv_json_text b);

/* Whether an array has the item, or one that contains it. */
static bool array_has(struct dv_json_text array, struct dv_json_text item)
{
    struct dv_json_text key = {0}, value = {0};
    struct dv_err ignored = DV_ERR_INIT;
    while (dv_json_next(array, &key, &value, &ignored) == DV_OK) {
        if (is_container(item) ? is_container(value) && contains(value, item)
                               : !is_container(value) && dv_jsonb_compare(value, item) == 0)
            return true;
    }
    return false;
}

/* Two containers, or two scalars. */
static bool contains(struct dv_json_text a, struct dv_json_text b)
{
    struct dv_json_text key = {0}, value = {0};
    struct dv_err ignored = DV_ERR_INIT;
    if (!is_container(a) && !is_container(b))
        return dv_jsonb_compare(a, b) == 0;
    if (a.p[0] != b.p[0])
        return false;
    while (dv_json_next(b, &key, &value, &ignored) == DV_OK) {
        if (a.p[0] == '{') {
            struct dv_arena arena = {0};
            struct dv_json_text found = {0};
            const char *name = NULL;
            size_t length = 0;
            bool is_null = false;
            if (dv_json_as_text(key, &arena, &name, &length, &is_null, &ignored) == DV_OK)
                found = dv_json_member(a, name, length);
            dv_arena_release(&arena);
            if (found.p == NULL || is_container(found) != is_container(value) || !contains(found, value))
                return false;
        } else if (!array_has(a, value)) {
            return false;
        }
    }
    return true;
}

/* At the top an array contains a scalar that is among its elements. */
static bool contains_top(struct dv_json_text a, struct dv_json_text b)
{
    if (a.p[0] == '[' && !is_container(b))
        return array_has(a, b);
    return is_container(a) == is_container(b) && contains(a, b);
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

/* The text in `raw` as canonical jsonb. */
static enum dv_status finish(struct dv_eval *eval, struct dv_buf *raw, enum dv_status status,
                             struct dv_value *out, struct dv_err *err)
{
    if (status == DV_OK)
        status = dv_buf_check(raw, err);
    if (status == DV_OK) {
        dv_buf_reset(&eval->scratch);
        status = dv_jsonb_canonical(raw->data, raw->len, &eval->scratch, err);
    }
    dv_buf_release(raw);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
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
    return finish(eval, &raw, status == DV_END ? DV_OK : status, out, err);
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
    return finish(eval, &raw, status, out, err);
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
    bool is_null = false;
    const char *text = NULL;
    size_t length = 0;
    enum dv_status status;
    for (unsigned i = 1; i < expr->arg_count && json.p != NULL; i++) {
        int64_t index;
        if (json.p[0] == '{')
            json = dv_json_member(json, args[i].u.p, args[i].len);
        else if (json.p[0] == '[' && dv_array_index(args[i].u.p, args[i].len, &index))
            json = dv_json_element(json, index);
        else
            json.p = NULL;
    }
    if (json.p == NULL)
        return DV_OK;
    if (expr->type.id != DV_TYPE_TEXT) {
        *out = dv_text(json.p, json.len);
        return DV_OK;
    }
    status = dv_json_as_text(json, eval->arena, &text, &length, &is_null, err);
    if (status == DV_OK && !is_null)
        *out = dv_text(text, length);
    return status;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

static void new_line(struct dv_buf *to, unsigned level)
{
    dv_buf_byte(to, '\n');
    for (unsigned i = 0; i < level; i++)
        dv_buf_append(to, "    ", 4);
}

static enum dv_status put_pretty(struct dv_buf *to, struct dv_json_text json, unsigned level,
                                 struct dv_err *err)
{
    struct dv_json_text key = {0}, value = {0};
    bool first = true;
    enum dv_status status = DV_OK;
    if (!is_container(json)) {
        put_json(to, json);
        return DV_OK;
    }
    dv_buf_byte(to, json.p[0]);
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK) {
        if (!first)
            dv_buf_byte(to, ',');
        first = false;
        new_line(to, level + 1);
        if (json.p[0] == '{') {
            put_json(to, key);
            dv_buf_append(to, ": ", 2);
        }
        status = put_pretty(to, value, level + 1, err);
        if (status != DV_OK)
            return status;
    }
    new_line(to, level);
    dv_buf_byte(to, json.p[0] == '{' ? '}' : ']');
    return status == DV_END ? DV_OK : status;
}

JSON_FN(fn_pretty)
{
    enum dv_status status;
    (void)expr;
    dv_buf_reset(&eval->scratch);
    status = put_pretty(&eval->scratch, json_of(&args[0]), 0, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

/* json without members that are null, and without blanks. */
static enum dv_status put_stripped(struct dv_buf *to, struct dv_json_text json, struct dv_arena *arena,
                                   struct dv_err *err)
{
    struct dv_json_text key = {0}, value = {0};
    const char *text = NULL;
    size_t length = 0;
    bool first = true, is_null = false;
    enum dv_status status = DV_OK;
    if (dv_json_kind_of(json) == DV_JSON_STRING) {
        status = dv_json_as_text(json, arena, &text, &length, &is_null, err);
        dv_json_quote(to, text, length);
        return status;
    }
    if (!is_container(json)) {
        put_json(to, json);
        return DV_OK;
    }
    dv_buf_byte(to, json.p[0]);
    while ((status = dv_json_next(json, &key, &value, err)) == DV_OK) {
        if (json.p[0] == '{' && dv_json_kind_of(value) == DV_JSON_NULL)
            continue;
        if (!first)
            dv_buf_byte(to, ',');
        first = false;
        if (json.p[0] == '{') {
            status = put_stripped(to, key, arena, err);
            dv_buf_byte(to, ':');
        }
        if (status == DV_OK)
            status = put_stripped(to, value, arena, err);
        if (status != DV_OK)
            return status;
    }
    dv_buf_byte(to, json.p[0] == '{' ? '}' : ']');
    return status == DV_END ? DV_OK : status;
}

JSON_FN(fn_strip_json)
{
    enum dv_status status;
    (void)expr;
    dv_buf_reset(&eval->scratch);
    status = put_stripped(&eval->scratch, json_of(&args[0]), eval->arena, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

/* ---- json built as text -------------------------------------------------------------------------------- */

static enum dv_status out_raw(struct dv_eval *eval, struct dv_buf *raw, enum dv_status status,
                              struct dv_value *out, struct dv_err *err)
{
    if (status == DV_OK)
        status = dv_buf_check(raw, err);
    if (status == DV_OK)
        status = dv_out_text(eval, out, raw->data, raw->len, err);
    dv_buf_release(raw);
    return status;
}

JSON_FN(fn_to_json)
{
    struct dv_buf raw = {0};
    enum dv_status status = dv_json_append(&raw, &args[0], &expr->args[0]->type, eval->arena, err);
    return out_raw(eval, &raw, status, out, err);
}

JSON_FN(fn_build_array)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    dv_buf_byte(&raw, '[');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i++) {
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        status = dv_json_append(&raw, &args[i], &expr->args[i]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, ']');
    return out_raw(eval, &raw, status, out, err);
}

JSON_FN(fn_build_object)
{
    struct dv_buf raw = {0};
    enum dv_status status = DV_OK;
    if (expr->arg_count % 2 != 0) {
        (void)dv_eval_fail(err, "22023", "argument list must have even number of elements");
        dv_err_hint(err, "The arguments of json_build_object() must consist of alternating keys and values.");
        return DV_FAILED;
    }
    dv_buf_byte(&raw, '{');
    for (unsigned i = 0; status == DV_OK && i < expr->arg_count; i += 2) {
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        status = dv_json_append_key(&raw, &args[i], &expr->args[i]->type, i + 1, eval->arena, err);
        dv_buf_append(&raw, " : ", 3);
        if (status == DV_OK)
            status = dv_json_append(&raw, &args[i + 1], &expr->args[i + 1]->type, eval->arena, err);
    }
    dv_buf_byte(&raw, '}');
    return out_raw(eval, &raw, status, out, err);
}

/* Texts in pairs, from one array or two. */
JSON_FN(fn_object)
{
    struct dv_array keys, values;
    struct dv_buf raw = {0};
    bool two = expr->arg_count > 1;
    size_t pairs;
    enum dv_status status = dv_array_load(eval, &args[0], &expr->args[0]->type, &keys, err);
    if (status == DV_OK && two)
        status = dv_array_load(eval, &args[1], &expr->args[1]->type, &values, err);
    if (status != DV_OK)
        return status;
    if (keys.dimensions > (two ? 1U : 2U) || (two && values.dimensions > 1))
        return dv_eval_fail(err, "2202E", "wrong number of array subscripts");
    if (!two && keys.dimensions == 2 && keys.lengths[1] != 2)
        return dv_eval_fail(err, "2202E", "array must have two columns");
    if (!two && keys.dimensions == 1 && keys.count % 2 != 0)
        return dv_eval_fail(err, "2202E", "array must have even number of elements");
    if (two && keys.count != values.count)
        return dv_eval_fail(err, "2202E", "mismatched array dimensions");
    pairs = two ? keys.count : keys.count / 2;
    dv_buf_byte(&raw, '{');
    for (size_t i = 0; i < pairs; i++) {
        const struct dv_value *key = &keys.items[two ? i : 2 * i];
        const struct dv_value *value = two ? &values.items[i] : &keys.items[2 * i + 1];
        if (key->state == DV_NULL) {
            dv_buf_release(&raw);
            return dv_eval_fail(err, "22004", "null value not allowed for object key");
        }
        if (i > 0)
            dv_buf_append(&raw, ", ", 2);
        dv_json_quote(&raw, key->u.p, key->len);
        dv_buf_append(&raw, " : ", 3);
        if (value->state == DV_NULL)
            dv_buf_append(&raw, "null", 4);
        else
            dv_json_quote(&raw, value->u.p, value->len);
    }
    dv_buf_byte(&raw, '}');
    return expr->type.id == DV_TYPE_JSONB ? finish(eval, &raw, DV_OK, out, err)
                                          : out_raw(eval, &raw, DV_OK, out, err);
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn                                                       \
    }
#define BUILD(called, types, fn)                                                                             \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_NULLS | DV_FN_CLOCK, .eval = fn                   \
    }
static const struct dv_function jsonb_entries[] = {
    FN("jsonb_set", "jsonb,text[],jsonb>jsonb", fn_set),
    FN("jsonb_set", "jsonb,text[],jsonb,bool>jsonb", fn_set),
    FN("jsonb_insert", "jsonb,text[],jsonb>jsonb", fn_insert),
    FN("jsonb_insert", "jsonb,text[],jsonb,bool>jsonb", fn_insert),
    FN("jsonb_pretty", "jsonb>text", fn_pretty),
    FN("json_strip_nulls", "json>json", fn_strip_json),
    FN("jsonb_extract_path", "jsonb,text,text...>jsonb", fn_extract),
    FN("jsonb_extract_path_text", "jsonb,text,text...>text", fn_extract),
    FN("json_extract_path", "json,text,text...>json", fn_extract),
    FN("json_extract_path_text", "json,text,text...>text", fn_extract),
    {.name = "to_json", .signature = "any>json", .flags = DV_FN_CLOCK, .eval = fn_to_json},
    {.name = "array_to_json", .signature = "array>json", .flags = DV_FN_CLOCK, .eval = fn_to_json},
    BUILD("json_build_array", "any...>json", fn_build_array),
    BUILD("json_build_object", "any...>json", fn_build_object),
    FN("json_object", "text[]>json", fn_object),
    FN("json_object", "text[],text[]>json", fn_object),
    FN("jsonb_object", "text[]>jsonb", fn_object),
    FN("jsonb_object", "text[],text[]>jsonb", fn_object),
};
const struct dv_function_table dv_functions_jsonb = DV_FUNCTION_TABLE(jsonb_entries);

static const struct dv_function jsonb_operators[] = {
    FN("@>", "jsonb,jsonb>bool", op_contains),     FN("<@", "jsonb,jsonb>bool", op_contained),
    FN("?|", "jsonb,text[]>bool", op_any_key),     FN("?&", "jsonb,text[]>bool", op_all_keys),
    FN("-", "jsonb,text[]>jsonb", op_remove_keys), FN("#-", "jsonb,text[]>jsonb", op_remove_path),
};
const struct dv_function_table dv_operators_jsonb = DV_FUNCTION_TABLE(jsonb_operators);
