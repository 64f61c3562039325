#include "core/json.h"

#include "core/alloc.h"
#include "core/codec.h"
#include "core/file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* The largest document that is read: the manifest of a part of about 250 GiB. */
#define LARGEST_DOCUMENT ((size_t)64 * 1024 * 1024)
#define LONGEST_KEY      64U

/* jansson can lose a failed allocation and go on with a shorter string, and its hooks take no context: so the
 * hook itself remembers, a thread apart, and a document made meanwhile is not believed. */
static _Thread_local bool out_of_memory;

static void *hooked_alloc(size_t size)
{
    void *memory = dv_alloc(size);
    if (memory == NULL)
        out_of_memory = true;
    return memory;
}

static void use_our_heap(void)
{
    json_set_alloc_funcs(hooked_alloc, dv_free);
}

void dv_json_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, use_our_heap);
}

enum dv_status dv_json_parse(const char *text, size_t length, const char *name, enum dv_exit code,
                             json_t **out, struct dv_err *err)
{
    dv_json_prepare();
    json_error_t error;
    out_of_memory = false;
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (out_of_memory) {
        json_decref(document);
        return dv_fail_memory(err);
    }
    if (document != NULL) {
        *out = document;
        return DV_OK;
    }
    return dv_fail(err, code, "%s, line %d, column %d: %s", name, error.line, error.column, error.text);
}

#define SEAL "crc32"

/* The CRC-32 of the document's text with sorted keys and no blanks: what it means, and not how it is laid
 * out. */
static enum dv_status seal_of(const json_t *document, json_int_t *seal, struct dv_err *err)
{
    out_of_memory = false;
    char *text = json_dumps(document, JSON_SORT_KEYS | JSON_COMPACT);
    if (text == NULL || out_of_memory) {
        dv_free(text);
        return dv_fail_memory(err);
    }
    *seal = (json_int_t)dv_crc32(0, text, strlen(text));
    dv_free(text);
    return DV_OK;
}

/* Takes the seal off. Another writer's document need not have one; no single damaged bit takes it away, as
 * what is left of its name is a key that nobody knows. */
static enum dv_status break_seal(json_t *document, const char *path, struct dv_err *err)
{
    const json_t *member = json_object_get(document, SEAL);
    json_int_t written = json_integer_value(member), seal;
    if (member == NULL)
        return DV_OK;
    bool number = json_is_integer(member);
    (void)json_object_del(document, SEAL);
    enum dv_status status = seal_of(document, &seal, err);
    if (status == DV_OK && (!number || seal != written)) {
        status = dv_fail(err, DV_EXIT_FAULT, "%s: what it says does not fit its " SEAL, path);
        dv_err_hint(err, "the file was damaged or changed: put it back as it was, or start over with --new");
    }
    return status;
}

enum dv_status dv_json_read_sealed(const char *path, json_t **out, struct dv_err *err)
{
    *out = NULL;
    enum dv_status status = dv_json_read(path, DV_EXIT_FAULT, out, err);
    if (status == DV_OK)
        status = break_seal(*out, path, err);
    if (status != DV_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

enum dv_status dv_json_publish_sealed(const char *path, json_t *document, struct dv_err *err)
{
    json_int_t seal;
    enum dv_status status;
    dv_json_prepare();
    DV_TRY(seal_of(document, &seal, err));
    if (json_object_set_new(document, SEAL, json_integer(seal)) != 0)
        return dv_fail_memory(err);
    status = dv_json_publish(path, document, err);
    (void)json_object_del(document, SEAL);
done:
    return status;
}

enum dv_status dv_json_read(const char *path, enum dv_exit code, json_t **out, struct dv_err *err)
{
    struct dv_buf text = {0};
    enum dv_status status = dv_file_read(path, LARGEST_DOCUMENT, &text, err);
    if (status == DV_OK)
        status = dv_json_parse(text.len > 0 ? text.data : "", text.len, path, code, out, err);
    else if (err->os_errno == ENOENT || err->os_errno == ENOTDIR || err->os_errno == EISDIR ||
             err->os_errno == EACCES || err->os_errno == 0)
        err->code = code; /* all else is the machine's fault, not the document's */
    dv_buf_release(&text);
    return status;
}

enum dv_status dv_json_publish(const char *path, const json_t *document, struct dv_err *err)
{
    dv_json_prepare();
    struct dv_buf text = {0};
    out_of_memory = false;
    char *dump = json_dumps(document, JSON_SORT_KEYS | JSON_INDENT(2));
    if (dump == NULL || out_of_memory) {
        dv_free(dump);
        return dv_fail_memory(err);
    }
    dv_buf_str(&text, dump);
    dv_buf_byte(&text, '\n');
    enum dv_status status = dv_buf_check(&text, err);
    if (status == DV_OK)
        status = dv_file_publish(path, text.data, text.len, err);
    dv_buf_release(&text);
    dv_free(dump);
    return status;
}

/* Edits (insert, remove, replace one byte) that make `b` of `a`; both at most LONGEST_KEY bytes. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[LONGEST_KEY + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > LONGEST_KEY || b_length > LONGEST_KEY)
        return LONGEST_KEY;
    for (unsigned j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_length];
}

static const char *nearest(const char *key, const char *const *known)
{
    const char *best = NULL;
    unsigned best_distance = 4; /* farther away it is another word */
    for (; *known != NULL; known++) {
        unsigned distance = edit_distance(key, *known);
        if (distance < best_distance && distance < strlen(key)) {
            best = *known;
            best_distance = distance;
        }
    }
    return best;
}

/* What joins a place and a member's name: nothing at the top. */
static const char *dot(const char *place)
{
    return place != NULL && place[0] != '\0' ? "." : "";
}

static const char *shown(const char *place)
{
    return place != NULL ? place : "";
}

static enum dv_status check_object(const json_t *object, const char *place, enum dv_exit code,
                                   struct dv_err *err)
{
    if (json_is_object(object))
        return DV_OK;
    return dv_fail(err, code, "%s: an object is expected here",
                   place != NULL && place[0] != '\0' ? place : "the document");
}

enum dv_status dv_json_only_keys(const json_t *object, const char *place, const char *const *known,
                                 enum dv_exit code, struct dv_err *err)
{
    enum dv_status status = check_object(object, place, code, err);
    if (status != DV_OK)
        return status;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)object, key, member)
    {
        const char *const *at = known;
        while (*at != NULL && strcmp(*at, key) != 0)
            at++;
        if (*at != NULL)
            continue;
        status = dv_fail(err, code, "%s%s%s: no such key is known here", shown(place), dot(place), key);
        const char *meant = nearest(key, known);
        if (meant != NULL)
            dv_err_hint(err, "did you mean \"%s\"?", meant);
        else
            dv_err_hint(err, "remove it, or see docs/job-file.md for the keys of this place");
        if (code != DV_EXIT_USAGE)
            dv_err_hint(err, "the file was made by another version or damaged");
        return status;
    }
    return DV_OK;
}

/* The member, or NULL where it is absent and need not be there. */
static enum dv_status get(const json_t *object, const char *key, const char *place, bool required,
                          enum dv_exit code, const json_t **out, struct dv_err *err)
{
    enum dv_status status = check_object(object, place, code, err);
    if (status != DV_OK)
        return status;
    *out = json_object_get(object, key);
    if (*out == NULL && required)
        return dv_fail(err, code, "%s%s%s is missing", shown(place), dot(place), key);
    return DV_OK;
}

static enum dv_status wrong_type(const char *place, const char *key, const char *expected, enum dv_exit code,
                                 struct dv_err *err)
{
    return dv_fail(err, code, "%s%s%s must be %s", shown(place), dot(place), key, expected);
}

enum dv_status dv_json_string(const json_t *object, const char *key, const char *place, bool required,
                              enum dv_exit code, const char **out, struct dv_err *err)
{
    const json_t *member;
    enum dv_status status = get(object, key, place, required, code, &member, err);
    if (status != DV_OK || member == NULL)
        return status;
    if (!json_is_string(member))
        return wrong_type(place, key, "a string", code, err);
    *out = json_string_value(member);
    return DV_OK;
}

enum dv_status dv_json_uint(const json_t *object, const char *key, const char *place, bool required,
                            enum dv_exit code, uint64_t *out, struct dv_err *err)
{
    const json_t *member;
    enum dv_status status = get(object, key, place, required, code, &member, err);
    if (status != DV_OK || member == NULL)
        return status;
    if (!json_is_integer(member) || json_integer_value(member) < 0)
        return wrong_type(place, key, "a whole number, zero or more", code, err);
    *out = (uint64_t)json_integer_value(member);
    return DV_OK;
}

enum dv_status dv_json_bool(const json_t *object, const char *key, const char *place, bool required,
                            enum dv_exit code, bool *out, struct dv_err *err)
{
    const json_t *member;
    enum dv_status status = get(object, key, place, required, code, &member, err);
    if (status != DV_OK || member == NULL)
        return status;
    if (!json_is_boolean(member))
        return wrong_type(place, key, "true or false", code, err);
    *out = json_is_true(member);
    return DV_OK;
}
