#include "core/error.h"

#include "core/utf8_cut.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void clear(struct dv_err *err, enum dv_status status, enum dv_exit code)
{
    *err = (struct dv_err)DV_ERR_INIT;
    err->status = status;
    err->code = code;
}

DV_PRINTF(3, 0) static void format_to(char *out, size_t size, const char *format, va_list arguments)
{
    int written = vsnprintf(out, size, format, arguments);
    if (written < 0)
        out[0] = '\0';
    else if ((size_t)written >= size)
        out[dv_utf8_cut(out, size - 1)] = '\0';
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size)
        length = dv_utf8_cut(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

enum dv_status dv_fail(struct dv_err *err, enum dv_exit code, const char *format, ...)
{
    /* The arguments may point into err itself, so the text is made before err is cleared. */
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    format_to(message, sizeof message, format, arguments);
    va_end(arguments);
    clear(err, code == DV_EXIT_BUG ? DV_BUG : DV_FAILED, code);
    memcpy(err->message, message, sizeof message);
    if (code == DV_EXIT_BUG)
        dv_err_hint(err, "this is a bug in drover: please report it with log.jsonl");
    return err->status;
}

enum dv_status dv_fail_retry(struct dv_err *err, const char *format, ...)
{
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    format_to(message, sizeof message, format, arguments);
    va_end(arguments);
    clear(err, DV_RETRY, DV_EXIT_FAULT);
    memcpy(err->message, message, sizeof message);
    return DV_RETRY;
}

enum dv_status dv_fail_os(struct dv_err *err, int os_errno, const char *format, ...)
{
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    format_to(message, sizeof message, format, arguments);
    va_end(arguments);

    char reason[128];
    const char *text = strerror_r(os_errno, reason, sizeof reason);
    /* The reason is never cut: a long path gives way to it. */
    size_t room = sizeof message - strlen(text) - sizeof ": ";
    size_t length = strlen(message);
    if (length > room)
        length = dv_utf8_cut(message, room);

    clear(err, DV_FAILED, DV_EXIT_FAULT);
    err->os_errno = os_errno;
    snprintf(err->message, sizeof err->message, "%.*s: %s", (int)length, message, text);
    if (os_errno == ENOSPC || os_errno == EDQUOT)
        dv_err_hint(err,
                    "make room on that disk, or choose another folder with --work, and run again to resume");
    else if (os_errno == EACCES || os_errno == EPERM || os_errno == EROFS)
        dv_err_hint(err, "give this user the right to it, and run again to resume");
    else if (os_errno == EMFILE || os_errno == ENFILE)
        dv_err_hint(
            err, "raise the limit of open files (ulimit -n) or use fewer --workers, and run again to resume");
    return DV_FAILED;
}

enum dv_status dv_fail_memory(struct dv_err *err)
{
    clear(err, DV_FAILED, DV_EXIT_FAULT);
    err->os_errno = ENOMEM;
    copy_text(err->message, sizeof err->message, "out of memory");
    copy_text(err->hint, sizeof err->hint, "use fewer --workers or free memory, and run again to resume");
    return DV_FAILED;
}

void dv_err_hint(struct dv_err *err, const char *format, ...)
{
    char hint[sizeof err->hint];
    va_list arguments;
    va_start(arguments, format);
    format_to(hint, sizeof hint, format, arguments);
    va_end(arguments);
    copy_text(err->hint, sizeof err->hint, hint);
}

void dv_err_place(struct dv_err *err, const char *stage, const char *dataset, int64_t part, int64_t row)
{
    if (stage != NULL && err->stage[0] == '\0')
        copy_text(err->stage, sizeof err->stage, stage);
    if (dataset != NULL && err->dataset[0] == '\0')
        copy_text(err->dataset, sizeof err->dataset, dataset);
    if (part >= 0 && err->part < 0)
        err->part = part;
    if (row >= 0 && err->row < 0)
        err->row = row;
}

void dv_err_value(struct dv_err *err, const char *column, const char *value, size_t length)
{
    if (column != NULL && err->column[0] == '\0')
        copy_text(err->column, sizeof err->column, column);
    if (value == NULL || err->value[0] != '\0')
        return;
    size_t kept = length;
    if (length >= sizeof err->value)
        kept = dv_utf8_cut(value, sizeof err->value - sizeof "...");
    memcpy(err->value, value, kept);
    memcpy(err->value + kept, kept < length ? "..." : "", kept < length ? sizeof "..." : 1);
}

struct line {
    char *out;
    size_t size, len;
};

/* Control characters become spaces: a value must neither break the lines nor steer the terminal. */
static void put_text(struct line *line, const char *text)
{
    for (; *text != '\0' && line->len + 1 < line->size; text++) {
        unsigned char byte = (unsigned char)*text;
        line->out[line->len++] = byte < 0x20 || byte == 0x7f ? ' ' : *text;
    }
}

static void put(struct line *line, const char *format, ...) DV_PRINTF(2, 3);

/* As put_text, for drover's own words: line breaks stay. */
static void put(struct line *line, const char *format, ...)
{
    if (line->len + 1 >= line->size)
        return;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->out + line->len, line->size - line->len, format, arguments);
    va_end(arguments);
    if (written > 0)
        line->len += (size_t)written < line->size - line->len ? (size_t)written : line->size - line->len - 1;
}

static void put_place(struct line *line, const struct dv_err *err)
{
    size_t before = line->len;
    if (err->stage[0] != '\0') {
        put(line, " ");
        put_text(line, err->stage);
    }
    if (err->dataset[0] != '\0') {
        put(line, " ");
        put_text(line, err->dataset);
    }
    if (err->part >= 0)
        put(line, " part %lld", (long long)err->part);
    if (err->row >= 0)
        put(line, " row %lld", (long long)err->row);
    if (line->len > before)
        put(line, ":");
}

static void put_where(struct line *line, const struct dv_err *err)
{
    const char *separator = "\n  where: ";
    if (err->job[0] != '\0') {
        put(line, "%sjob ", separator);
        put_text(line, err->job);
        separator = ", ";
    }
    if (err->column[0] != '\0') {
        put(line, "%scolumn ", separator);
        put_text(line, err->column);
        separator = ", ";
    }
    if (err->value[0] != '\0') {
        put(line, "%svalue ", separator);
        put_text(line, err->value);
    }
}

void dv_err_format(const struct dv_err *err, char *out, size_t size)
{
    if (size == 0)
        return;
    struct line line = {.out = out, .size = size};
    put(&line, "drover:");
    put_place(&line, err);
    put(&line, " ");
    put_text(&line, err->message[0] != '\0' ? err->message : "failed without a message");
    if (err->sqlstate[0] != '\0')
        put(&line, " (SQLSTATE %s)", err->sqlstate);
    put_where(&line, err);
    if (err->hint[0] != '\0') {
        put(&line, "\n  next: ");
        put_text(&line, err->hint);
    }
    if (line.len + 1 >= size)
        line.len = dv_utf8_cut(out, line.len);
    out[line.len] = '\0';
}
