/* to_char, to_date, to_timestamp. A constant pattern is taken apart at binding. */
#include "transform/functions.h"

#include "core/datetime.h"
#include "transform/format_pattern.h"
#include "transform/time_parts.h"

#define DAY_US INT64_C(86400000000)
#define FORMAT_FN(name)                                                                                      \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)

/* A pattern that is wrong fails where a row gets to it. */
static enum dv_status bind_pattern(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    const struct dv_expr *pattern = call->expr.args[1];
    struct dv_format *format;
    struct dv_err inner = DV_ERR_INIT;
    if (!pattern->is_constant || pattern->constant.state == DV_NULL)
        return DV_OK;
    format = dv_arena_zalloc(binder->arena, sizeof(*format));
    if (format == NULL)
        return dv_fail_memory(err);
    if (dv_format_parse(pattern->constant.u.p, pattern->constant.len, binder->arena, format, &inner) ==
        DV_OK) {
        call->expr.data = format;
        return DV_OK;
    }
    if (inner.sqlstate[0] != '\0')
        return DV_OK;
    *err = inner;
    return inner.status;
}

static enum dv_status pattern_of(const struct dv_expr *expr, struct dv_eval *eval,
                                 const struct dv_value *pattern, struct dv_format *format, struct dv_err *err)
{
    if (expr->data != NULL) {
        *format = *(const struct dv_format *)expr->data;
        return DV_OK;
    }
    if (eval->keep == NULL)
        return dv_format_parse(pattern->u.p, pattern->len, eval->arena, format, err);
    struct dv_keep_entry *entry = dv_keep_find(eval->keep, expr, pattern->u.p, pattern->len, 0);
    if (entry == NULL)
        return dv_fail_memory(err);
    if (entry->made == NULL) {
        struct dv_format *kept = dv_arena_zalloc(&entry->arena, sizeof *kept);
        if (kept == NULL)
            return dv_fail_memory(err);
        enum dv_status status = dv_format_parse(entry->key, entry->key_length, &entry->arena, kept, err);
        if (status != DV_OK)
            return status;
        entry->made = kept;
    }
    *format = *(const struct dv_format *)entry->made;
    return DV_OK;
}

static enum dv_status put(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *args,
                          const struct dv_format_time *time, struct dv_value *out, struct dv_err *err)
{
    struct dv_format format = {0};
    enum dv_status status = pattern_of(expr, eval, &args[1], &format, err);
    dv_buf_reset(&eval->scratch);
    if (status == DV_OK)
        status = dv_format_put(&format, time, &eval->scratch, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

FORMAT_FN(stamp_to_char)
{
    struct dv_time_parts t;
    struct dv_format_time time = {.with_zone = expr->args[0]->type.id == DV_TYPE_TIMESTAMPTZ};
    int64_t us = args[0].u.i;
    if (args[1].len == 0 || us == DV_TIMESTAMP_INFINITY || us == DV_TIMESTAMP_MINUS_INFINITY)
        return DV_OK;
    dv_time_split(us, &t);
    time.year = t.year;
    time.month = t.month;
    time.day = t.day;
    time.hour = t.hour;
    time.minute = t.minute;
    time.second = t.second;
    time.micro = t.micro;
    time.days = t.days;
    return put(expr, eval, args, &time, out, err);
}

FORMAT_FN(interval_to_char)
{
    const struct dv_interval *span = args[0].u.interval;
    int64_t us = span->microseconds;
    struct dv_format_time time = {.is_interval = true};
    if (args[1].len == 0)
        return DV_OK;
    time.year = span->months / 12;
    time.month = span->months % 12;
    time.day = span->days;
    time.hour = us / INT64_C(3600000000);
    time.minute = us / INT64_C(60000000) % 60;
    time.second = us / INT64_C(1000000) % 60;
    time.micro = us % INT64_C(1000000);
    time.days = (time.year * 12 + time.month) * 30 + time.day;
    return put(expr, eval, args, &time, out, err);
}

static enum dv_status read(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *args,
                           bool date_only, struct dv_value *out, struct dv_err *err)
{
    struct dv_format format = {0};
    int64_t result = 0;
    enum dv_status status = pattern_of(expr, eval, &args[1], &format, err);
    if (status == DV_OK)
        status = dv_format_read(&format, args[0].u.p, args[0].len, date_only, &result, err);
    *out = dv_int(result);
    return status;
}

FORMAT_FN(to_date)
{
    return read(expr, eval, args, true, out, err);
}

FORMAT_FN(to_timestamp)
{
    return read(expr, eval, args, false, out, err);
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_STABLE, .eval = fn, .bind = bind_pattern          \
    }
static const struct dv_function format_entries[] = {
    FN("to_char", "timestamp,text>text", stamp_to_char),
    FN("to_char", "timestamptz,text>text", stamp_to_char),
    FN("to_char", "interval,text>text", interval_to_char),
    FN("to_date", "text,text>date", to_date),
    FN("to_timestamp", "text,text>timestamptz", to_timestamp),
};
const struct dv_function_table dv_functions_format = DV_FUNCTION_TABLE(format_entries);
