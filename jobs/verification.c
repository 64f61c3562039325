#include "jobs/verification.h"

#include "core/alloc.h"
#include "core/datetime.h"
#include "core/file.h"
#include "core/json.h"
#include "jobs/table.h"

#include <inttypes.h>
#include <string.h>

#define FORMAT 1

/* Bytes that are no UTF-8, of a file's name or comment, become question marks: JSON has no place for them. */
static json_t *string_of(const char *text, size_t length)
{
    json_t *string = json_stringn(text, length);
    struct dv_buf plain = {0};
    if (string != NULL)
        return string;
    for (size_t i = 0; i < length; i++)
        dv_buf_byte(&plain, (unsigned char)text[i] < 0x80 ? text[i] : '?');
    string = plain.failed ? NULL : json_stringn(plain.data, plain.len);
    dv_buf_release(&plain);
    return string;
}

/* The lines of the text as strings. */
static json_t *lines(const char *text)
{
    json_t *array = json_array();
    while (array != NULL && text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        if (json_array_append_new(array, string_of(text, length)) != 0) {
            json_decref(array);
            return NULL;
        }
        text += length + (text[length] == '\n');
    }
    return array;
}

static json_t *check_json(const struct dv_check *check)
{
    const char *figures = check->passed && check->samples != NULL ? check->samples : "";
    return json_pack(
        "{s:o, s:o, s:s, s:b, s:b, s:I, s:o, s:o, s:f}", "name", string_of(check->name, strlen(check->name)),
        "description", string_of(check->description, strlen(check->description)), "severity",
        check->warning ? "warning" : "error", "own", check->own, "passed", check->passed, "violations",
        (json_int_t)check->violations, "samples", lines(check->passed ? NULL : check->samples), "figures",
        string_of(figures, strlen(figures)), "seconds", check->seconds);
}

/* NULL where there is no memory. */
static json_t *document(const struct dv_run *run)
{
    const struct dv_verification *verification = &run->verification;
    struct dv_buf finished = {0};
    json_t *checks = json_array(), *whole = NULL;
    for (unsigned i = 0; i < verification->count && checks != NULL; i++)
        if (json_array_append_new(checks, check_json(&verification->checks[i])) != 0) {
            json_decref(checks);
            checks = NULL;
        }
    dv_timestamp_format(dv_timestamp_now(), true, &finished);
    if (checks != NULL && dv_buf_cstr(&finished) != NULL)
        whole = json_pack("{s:i, s:s, s:s, s:b, s:O}", "format", FORMAT, "run", run->id, "finished",
                          finished.data, "passed", verification->passed, "checks", checks);
    json_decref(checks);
    dv_buf_release(&finished);
    return whole;
}

static const char *path_of(const struct dv_run *run, struct dv_buf *path)
{
    dv_buf_printf(path, "%s/verify.json", run->dir);
    return dv_buf_cstr(path);
}

enum dv_status dv_verification_publish(const struct dv_run *run, struct dv_err *err)
{
    struct dv_buf path = {0};
    enum dv_status status;
    dv_json_prepare();
    json_t *whole = document(run);
    if (whole == NULL || path_of(run, &path) == NULL)
        status = dv_fail_memory(err);
    else
        status = dv_json_publish(path.data, whole, err);
    json_decref(whole);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_verification_forget(struct dv_run *run, struct dv_err *err)
{
    struct dv_buf path = {0};
    enum dv_status status =
        path_of(run, &path) != NULL ? dv_file_remove(path.data, err) : dv_fail_memory(err);
    dv_buf_release(&path);
    return status;
}

static enum dv_status read_check(const json_t *object, const char *place, struct dv_check *check,
                                 struct dv_err *err)
{
    const char *name = "", *description = "", *severity = "", *figures = "";
    const enum dv_exit code = DV_EXIT_FAULT;
    struct dv_buf text = {0};
    enum dv_status status;
    DV_TRY(dv_json_string(object, "name", place, true, code, &name, err));
    DV_TRY(dv_json_string(object, "description", place, true, code, &description, err));
    DV_TRY(dv_json_string(object, "severity", place, true, code, &severity, err));
    DV_TRY(dv_json_string(object, "figures", place, true, code, &figures, err));
    DV_TRY(dv_json_bool(object, "own", place, true, code, &check->own, err));
    DV_TRY(dv_json_bool(object, "passed", place, true, code, &check->passed, err));
    DV_TRY(dv_json_uint(object, "violations", place, true, code, &check->violations, err));
    (void)snprintf(check->name, sizeof check->name, "%s", name);
    (void)snprintf(check->description, sizeof check->description, "%s", description);
    check->warning = strcmp(severity, "warning") == 0;
    check->seconds = json_number_value(json_object_get(object, "seconds"));
    dv_buf_str(&text, figures);
    const json_t *samples = json_object_get(object, "samples");
    for (size_t i = 0; i < json_array_size(samples); i++)
        dv_buf_printf(&text, "%s\n", json_string_value(json_array_get(samples, i)));
    check->samples = dv_buf_steal(&text);
    if (check->samples == NULL)
        status = dv_fail_memory(err);
done:
    dv_buf_release(&text);
    return status;
}

enum dv_status dv_verification_read(struct dv_run *run, bool *present, struct dv_err *err)
{
    struct dv_verification *out = &run->verification;
    struct dv_buf path = {0};
    json_t *whole = NULL;
    uint64_t format = 0;
    enum dv_status status = DV_OK;
    *present = false;
    if (path_of(run, &path) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    bool there;
    DV_TRY(dv_file_look(path.data, &there, err));
    if (!there)
        goto done;
    DV_TRY(dv_json_read(path.data, DV_EXIT_FAULT, &whole, err));
    DV_TRY(dv_json_uint(whole, "format", "verify.json", true, DV_EXIT_FAULT, &format, err));
    const json_t *checks = json_object_get(whole, "checks");
    if (format != FORMAT || !json_is_array(checks))
        goto done;
    dv_verification_release(out);
    out->checks = dv_calloc(json_array_size(checks) + 1, sizeof *out->checks);
    if (out->checks == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(dv_json_bool(whole, "passed", "verify.json", true, DV_EXIT_FAULT, &out->passed, err));
    for (; out->count < json_array_size(checks); out->count++)
        DV_TRY(read_check(json_array_get(checks, out->count), "checks", &out->checks[out->count], err));
    *present = true;
done:
    json_decref(whole);
    dv_buf_release(&path);
    return status;
}

enum dv_status dv_verification_json(const struct dv_run *run, struct dv_buf *out, struct dv_err *err)
{
    dv_json_prepare();
    json_t *whole = document(run);
    char *text = whole != NULL ? json_dumps(whole, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
    enum dv_status status = text != NULL ? DV_OK : dv_fail_memory(err);
    if (text != NULL)
        dv_buf_printf(out, "%s\n", text);
    dv_free(text);
    json_decref(whole);
    return status != DV_OK ? status : dv_buf_check(out, err);
}

static void samples(const struct dv_check *check, struct dv_buf *out)
{
    dv_buf_printf(out, "\n  %s:\n", check->name);
    for (const char *at = check->samples; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        dv_buf_printf(out, "      %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

enum dv_status dv_verification_text(const struct dv_verification *verification, bool all, struct dv_buf *out,
                                    struct dv_err *err)
{
    static const char *const names[] = {"check", "result", "violations", "seconds", "what it says"};
    struct dv_table table = {0};
    unsigned passed = 0;
    dv_table_row(&table);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        dv_table_text(&table, names[i]);
    for (unsigned i = 0; i < verification->count; i++) {
        const struct dv_check *check = &verification->checks[i];
        passed += check->passed;
        if (check->passed && !check->own && !all)
            continue;
        dv_table_row(&table);
        dv_table_text(&table, check->name);
        dv_table_text(&table, check->passed ? "ok" : check->warning ? "warning" : "FAILED");
        dv_table_number(&table, check->violations);
        dv_table_printf(&table, "%.2f", check->seconds);
        dv_table_text(&table, check->description);
    }
    enum dv_status status = dv_table_write(&table, out, err);
    dv_table_release(&table);
    for (unsigned i = 0; i < verification->count; i++)
        if (!verification->checks[i].passed)
            samples(&verification->checks[i], out);
    if (verification->count > 0)
        dv_buf_printf(out, "  %u of %u checks passed\n", passed, verification->count);
    return status != DV_OK ? status : dv_buf_check(out, err);
}
