/* "dialect": how a file is written. */
#include "jobs/spec_parts.h"

#include "extract/dialect.h"

#include <stdlib.h>
#include <string.h>

static enum dv_status read_character(const json_t *object, const char *key, const char *place, bool may_lack,
                                     char *out, struct dv_err *err)
{
    const char *text = NULL;
    enum dv_status status = dv_json_string(object, key, place, false, DV_EXIT_USAGE, &text, err);
    if (status != DV_OK || text == NULL)
        return status;
    bool one = strlen(text) == 1 && (unsigned char)*text < 0x80 && *text != '\n' && *text != '\r';
    if (!one && !(may_lack && *text == '\0')) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s.%s must be one ASCII character%s, not \"%.40s\"", place, key,
                         may_lack ? " or \"\" for none" : "", text);
        dv_err_hint(err, "a tab is written \"\\t\"");
        return status;
    }
    *out = *text;
    return DV_OK;
}

static enum dv_status read_nulls(struct dv_job *job, const json_t *object, const char *place,
                                 struct dv_dialect *dialect, struct dv_err *err)
{
    const json_t *list = json_object_get(object, "null");
    size_t size = json_array_size(list);
    if (list == NULL)
        return DV_OK;
    const char **words = dv_arena_alloc(&job->arena, (size + 1) * sizeof *words);
    if (words == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < size; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        words[i] = word != NULL ? dv_arena_strdup(&job->arena, word) : NULL;
        if (word == NULL || words[i] == NULL)
            return word == NULL ? dv_fail(err, DV_EXIT_USAGE, "%s.null[%zu] must be a string", place, i)
                                : dv_fail_memory(err);
    }
    if (!json_is_array(list))
        return dv_fail(err, DV_EXIT_USAGE, "%s.null must be an array of words, like [\"\", \"NULL\"]", place);
    dialect->nulls = words;
    dialect->null_count = (unsigned)size;
    return DV_OK;
}

static enum dv_status read_dates(const json_t *object, const char *place, struct dv_dialect *dialect,
                                 struct dv_err *err)
{
    static const char *const orders[] = {
        [DV_DATES_YMD] = "ymd", [DV_DATES_DMY] = "dmy", [DV_DATES_MDY] = "mdy"};
    const char *text = orders[dialect->dates];
    enum dv_status status = dv_json_string(object, "dates", place, false, DV_EXIT_USAGE, &text, err);
    for (unsigned i = 0; status == DV_OK && i < sizeof orders / sizeof orders[0]; i++)
        if (strcmp(orders[i], text) == 0) {
            dialect->dates = (enum dv_date_order)i;
            return DV_OK;
        }
    return status != DV_OK ? status
                           : dv_fail(err, DV_EXIT_USAGE,
                                     "%s.dates must be \"ymd\", \"dmy\" or \"mdy\", not \"%s\"", place, text);
}

static enum dv_status read_max_record(const json_t *object, const char *place, struct dv_dialect *dialect,
                                      struct dv_err *err)
{
    static const struct {
        const char *unit;
        unsigned shift;
    } units[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
    const char *text = NULL;
    enum dv_status status = dv_json_string(object, "max_record", place, false, DV_EXIT_USAGE, &text, err);
    if (status != DV_OK || text == NULL)
        return status;
    char *end = NULL;
    unsigned long long number = *text >= '1' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    for (size_t i = 0; end != NULL && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0 && number <= DV_RECORD_MOST >> units[i].shift) {
            dialect->max_record = number << units[i].shift;
            return DV_OK;
        }
    status = dv_fail(err, DV_EXIT_USAGE, "%s.max_record: \"%s\" is not a size of 1KiB to 1GiB", place, text);
    dv_err_hint(err, "write it like \"64MiB\"");
    return status;
}

/* Characters that mean two things at once. */
static enum dv_status check_characters(const struct dv_dialect *dialect, const char *place,
                                       struct dv_err *err)
{
    const char marks[] = {dialect->delimiter, dialect->quote, dialect->comment, '\0'};
    const char *const names[] = {"delimiter", "quote", "comment"};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned k = 0; k < i; k++)
            if (marks[i] != '\0' && marks[i] == marks[k])
                return dv_fail(err, DV_EXIT_USAGE, "%s: %s and %s cannot both be \"%c\"", place, names[k],
                               names[i], marks[i]);
    if (dialect->escape == dialect->delimiter)
        return dv_fail(err, DV_EXIT_USAGE, "%s: delimiter and escape cannot both be \"%c\"", place,
                       dialect->escape);
    if (dialect->decimal == dialect->thousands)
        return dv_fail(err, DV_EXIT_USAGE, "%s: decimal and thousands cannot both be \"%c\"", place,
                       dialect->decimal);
    return DV_OK;
}

enum dv_status dv_spec_dialect(struct dv_job *job, const json_t *object, const char *place, bool tabs,
                               struct dv_dialect *dialect, struct dv_err *err)
{
    static const char *const keys[] = {"delimiter",  "quote",       "escape", "comment", "header",
                                       "encoding",   "null",        "dates",  "decimal", "thousands",
                                       "max_record", "null_quoted", NULL};
    struct dv_encoding encoding;
    enum dv_status status = DV_OK;
    dv_dialect_default(dialect);
    if (tabs)
        dialect->delimiter = '\t';
    if (object == NULL)
        return DV_OK;
    if (!json_is_object(object))
        return dv_fail(err, DV_EXIT_USAGE, "%s must be an object", place);
    DV_TRY(dv_json_only_keys(object, place, keys, DV_EXIT_USAGE, err));
    DV_TRY(read_character(object, "delimiter", place, false, &dialect->delimiter, err));
    DV_TRY(read_character(object, "quote", place, true, &dialect->quote, err));
    dialect->escape = dialect->quote;
    DV_TRY(read_character(object, "escape", place, false, &dialect->escape, err));
    DV_TRY(read_character(object, "comment", place, true, &dialect->comment, err));
    DV_TRY(read_character(object, "decimal", place, false, &dialect->decimal, err));
    DV_TRY(read_character(object, "thousands", place, true, &dialect->thousands, err));
    DV_TRY(dv_json_bool(object, "header", place, false, DV_EXIT_USAGE, &dialect->header, err));
    DV_TRY(dv_json_bool(object, "null_quoted", place, false, DV_EXIT_USAGE, &dialect->null_quoted, err));
    DV_TRY(dv_json_string(object, "encoding", place, false, DV_EXIT_USAGE, &dialect->encoding, err));
    DV_TRY(dv_encoding_find(dialect->encoding, &encoding, err));
    dialect->encoding = dv_arena_strdup(&job->arena, dialect->encoding);
    if (dialect->encoding == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    DV_TRY(read_nulls(job, object, place, dialect, err));
    DV_TRY(read_dates(object, place, dialect, err));
    DV_TRY(read_max_record(object, place, dialect, err));
    status = check_characters(dialect, place, err);
done:
    return status;
}
