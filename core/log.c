#include "core/log.h"

#include "core/alloc.h"
#include "core/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct dv_log {
    pthread_mutex_t lock; /* over line and tee */
    int fd;
    struct dv_buf line;
    void (*tee)(void *context, const char *json);
    void *tee_context;
};

/* A crash may have cut the last line short: the next one must not be glued to it. */
static void end_cut_line(int fd)
{
    struct stat is;
    char last;
    if (fstat(fd, &is) == 0 && is.st_size > 0 && pread(fd, &last, 1, is.st_size - 1) == 1 && last != '\n')
        last = (char)write(fd, "\n", 1);
}

enum dv_status dv_log_open(struct dv_log **out, const char *path, struct dv_err *err)
{
    struct dv_log *log = dv_calloc(1, sizeof *log);
    if (log == NULL)
        return dv_fail_memory(err);
    log->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log->fd < 0) {
        dv_free(log);
        return dv_fail_os(err, errno, "cannot open the log %s", path);
    }
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        close(log->fd);
        dv_free(log);
        return dv_fail_memory(err);
    }
    end_cut_line(log->fd);
    *out = log;
    return DV_OK;
}

void dv_log_tee(struct dv_log *log, void (*line)(void *context, const char *json), void *context)
{
    if (log == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    log->tee = line;
    log->tee_context = context;
    pthread_mutex_unlock(&log->lock);
}

/* Bytes of the UTF-8 character at text (RFC 3629: no overlong forms, no surrogates), 0 where there is none.
 */
static unsigned utf8_length(const unsigned char *text)
{
    unsigned char a = text[0], b = text[1];
    if (a < 0x80)
        return 1;
    if (a < 0xC2 || a > 0xF4 || (b & 0xC0U) != 0x80)
        return 0;
    if (a < 0xE0)
        return 2;
    if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) ||
        (a == 0xF4 && b > 0x8F))
        return 0;
    if ((text[2] & 0xC0U) != 0x80)
        return 0;
    if (a < 0xF0)
        return 3;
    return (text[3] & 0xC0U) == 0x80 ? 4 : 0;
}

static void put_string(struct dv_buf *line, const char *text)
{
    const unsigned char *at = (const unsigned char *)(text != NULL ? text : "");
    dv_buf_byte(line, '"');
    while (*at != '\0') {
        unsigned length = utf8_length(at);
        if (length == 0) {
            dv_buf_str(line, "\\ufffd");
            length = 1;
        } else if (*at == '"' || *at == '\\') {
            dv_buf_byte(line, '\\');
            dv_buf_byte(line, (char)*at);
        } else if (*at < 0x20) {
            dv_buf_printf(line, "\\u%04x", *at);
        } else {
            dv_buf_append(line, at, length);
        }
        at += length;
    }
    dv_buf_byte(line, '"');
}

static void put_key(struct dv_buf *line, const char *name, size_t length)
{
    dv_buf_str(line, ",\"");
    dv_buf_append(line, name, length);
    dv_buf_str(line, "\":");
}

static void begin_line(struct dv_buf *line, const char *level, const char *event)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    dv_buf_reset(line);
    dv_buf_printf(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"", utc.tm_year + 1900,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000);
    put_key(line, "level", 5);
    put_string(line, level);
    put_key(line, "event", 5);
    put_string(line, event);
}

/* The log is a witness, not a part of the work: a line that cannot be written is lost, and the run goes on.
 */
static void end_line(struct dv_log *log)
{
    struct dv_buf *line = &log->line;
    dv_buf_str(line, "}\n");
    if (line->failed)
        return;
    ssize_t written;
    do
        written = write(log->fd, line->data, line->len);
    while (written < 0 && errno == EINTR);
    line->data[line->len - 1] = '\0';
    if (log->tee != NULL)
        log->tee(log->tee_context, line->data);
}

static void put_field(struct dv_buf *line, const char *spec, va_list *values)
{
    const char *colon = strrchr(spec, ':');
    size_t length = colon != NULL ? (size_t)(colon - spec) : strlen(spec);
    put_key(line, spec, length);
    switch (colon != NULL ? colon[1] : 's') {
    case 'd':
        dv_buf_printf(line, "%" PRId64, va_arg(*values, int64_t));
        break;
    case 'u':
        dv_buf_printf(line, "%" PRIu64, va_arg(*values, uint64_t));
        break;
    case 'f': {
        double value = va_arg(*values, double);
        if (isfinite(value))
            dv_buf_printf(line, "%.6g", value);
        else
            dv_buf_str(line, "null");
        break;
    }
    default:
        put_string(line, va_arg(*values, const char *));
    }
}

void dv_log_event(struct dv_log *log, const char *level, const char *event, ...)
{
    if (log == NULL)
        return;
    va_list values;
    va_start(values, event);
    pthread_mutex_lock(&log->lock);
    begin_line(&log->line, level, event);
    for (const char *spec = va_arg(values, const char *); spec != NULL; spec = va_arg(values, const char *))
        put_field(&log->line, spec, &values);
    end_line(log);
    pthread_mutex_unlock(&log->lock);
    va_end(values);
}

static void put_named(struct dv_buf *line, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    put_key(line, name, strlen(name));
    put_string(line, text);
}

static void put_number(struct dv_buf *line, const char *name, int64_t number)
{
    put_key(line, name, strlen(name));
    dv_buf_printf(line, "%" PRId64, number);
}

void dv_log_error(struct dv_log *log, const struct dv_err *err)
{
    if (log == NULL)
        return;
    pthread_mutex_lock(&log->lock);
    struct dv_buf *line = &log->line;
    begin_line(line, "error", err->status == DV_RETRY ? "passing_fault" : "fault");
    put_named(line, "message", err->message);
    put_named(line, "hint", err->hint);
    put_number(line, "exit_code", err->code);
    put_named(line, "sqlstate", err->sqlstate);
    if (err->os_errno != 0)
        put_number(line, "errno", err->os_errno);
    put_named(line, "job", err->job);
    put_named(line, "stage", err->stage);
    put_named(line, "dataset", err->dataset);
    if (err->part >= 0)
        put_number(line, "part", err->part);
    if (err->row >= 0)
        put_number(line, "row", err->row);
    put_named(line, "column", err->column); /* err->value is somebody's data: never in a log */
    end_line(log);
    pthread_mutex_unlock(&log->lock);
}

void dv_log_close(struct dv_log *log)
{
    if (log == NULL)
        return;
    close(log->fd);
    pthread_mutex_destroy(&log->lock);
    dv_buf_release(&log->line);
    dv_free(log);
}
