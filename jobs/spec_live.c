/* How a target that others work with is spared: batches, the throttle query, the limit of a statement. */
#include "jobs/spec_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_MS       86400000U
#define USUAL_EVERY_MS   5000U
#define USUAL_TIMEOUT_MS 600000U
#define LONGEST_BATCH_S  3600.0

enum dv_status dv_spec_duration(const json_t *object, const char *key, const char *place, unsigned least_ms,
                                unsigned *out, struct dv_err *err)
{
    static const struct {
        const char *name;
        unsigned ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};
    const char *text = NULL;
    char *end = NULL;
    enum dv_status status = dv_json_string(object, key, place, false, DV_EXIT_USAGE, &text, err);
    if (status != DV_OK || text == NULL)
        return status;
    errno = 0;
    unsigned long number = isdigit((unsigned char)text[0]) != 0 ? strtoul(text, &end, 10) : 0;
    for (size_t i = 0; end != NULL && errno == 0 && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) != 0 || number > LONGEST_MS / units[i].ms ||
            number * units[i].ms < least_ms)
            continue;
        *out = (unsigned)number * units[i].ms;
        return DV_OK;
    }
    status = dv_fail(err, DV_EXIT_USAGE, "%s%s%s: \"%s\" is not a time between %u ms and 24 h", place,
                     place[0] != '\0' ? "." : "", key, text, least_ms);
    dv_err_hint(err, "write it like \"500ms\", \"2s\", \"5min\" or \"1h\"");
    return status;
}

enum dv_status dv_spec_statement_timeout(struct dv_job *job, struct dv_err *err)
{
    job->statement_timeout_ms = USUAL_TIMEOUT_MS;
    return dv_spec_duration(job->document, "statement_timeout", "", 0, &job->statement_timeout_ms, err);
}

enum dv_status dv_spec_throttle(struct dv_job *job, const json_t *section, struct dv_err *err)
{
    static const char *const keys[] = {"sql", "every", "above", NULL};
    struct dv_throttle *throttle = &job->throttle;
    const json_t *above = json_object_get(section, "above");
    enum dv_status status;
    if (!json_is_object(section))
        return dv_fail(err, DV_EXIT_USAGE, "throttle must be an object: {\"sql\": \"SELECT ...\"}");
    throttle->every_ms = USUAL_EVERY_MS;
    DV_TRY(dv_json_only_keys(section, "throttle", keys, DV_EXIT_USAGE, err));
    DV_TRY(dv_json_string(section, "sql", "throttle", true, DV_EXIT_USAGE, &throttle->sql, err));
    DV_TRY(dv_spec_duration(section, "every", "throttle", 100, &throttle->every_ms, err));
    if (above != NULL && !json_is_number(above))
        return dv_fail(err, DV_EXIT_USAGE, "throttle.above must be a number");
    throttle->numeric = above != NULL;
    throttle->above = json_number_value(above);
done:
    return status;
}

enum dv_status dv_spec_batch(struct dv_load_spec *spec, const json_t *section, const char *place,
                             struct dv_err *err)
{
    static const char *const keys[] = {"rows", "seconds", NULL};
    const json_t *rows = json_object_get(section, "rows"), *seconds = json_object_get(section, "seconds");
    if (section == NULL)
        return DV_OK;
    if (!json_is_object(section) || json_object_size(section) == 0)
        return dv_fail(err, DV_EXIT_USAGE, "%s must be {\"rows\": N, \"seconds\": N}, or one of the two",
                       place);
    enum dv_status status = dv_json_only_keys(section, place, keys, DV_EXIT_USAGE, err);
    if (status != DV_OK)
        return status;
    if (strcmp(spec->mode, "insert") == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s: mode insert copies a part at once", place);
        dv_err_hint(err, "leave it out, or use mode insert_new with a key");
        return status;
    }
    if (rows != NULL && (!json_is_integer(rows) || json_integer_value(rows) < 1))
        return dv_fail(err, DV_EXIT_USAGE, "%s.rows must be a whole number from 1 on", place);
    double wanted = json_number_value(seconds);
    if (seconds != NULL && (!json_is_number(seconds) || wanted <= 0 || wanted > LONGEST_BATCH_S))
        return dv_fail(err, DV_EXIT_USAGE, "%s.seconds must be a number above 0, and at most 3600", place);
    spec->batched = true;
    spec->batch_rows = (uint64_t)json_integer_value(rows);
    spec->batch_seconds = wanted;
    return DV_OK;
}
