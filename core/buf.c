#include "core/buf.h"

#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>

#define SMALLEST_BUFFER ((size_t)256)

static bool give_up(struct dv_buf *buf)
{
    buf->failed = true;
    buf->cap = buf->len; /* so that the inline appends come to dv_buf_reserve and are refused */
    return false;
}

bool dv_buf_reserve(struct dv_buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    if (extra <= buf->cap - buf->len && buf->data != NULL)
        return true;
    if (extra > SIZE_MAX / 2 - buf->len)
        return give_up(buf);
    size_t need = buf->len + extra;
    size_t cap = buf->cap < SIZE_MAX / 4 ? buf->cap * 2 : buf->cap;
    if (cap < need)
        cap = need;
    if (cap < SMALLEST_BUFFER)
        cap = SMALLEST_BUFFER;
    char *data = dv_realloc(buf->data, cap);
    if (data == NULL)
        return give_up(buf);
    buf->data = data;
    buf->cap = cap;
    return true;
}

void dv_buf_str(struct dv_buf *buf, const char *text)
{
    dv_buf_append(buf, text, strlen(text));
}

void dv_buf_printf(struct dv_buf *buf, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t room = buf->cap - buf->len;
    int length = vsnprintf(room > 0 ? buf->data + buf->len : NULL, room, format, arguments);
    if (length < 0) {
        give_up(buf);
    } else if ((size_t)length < room) {
        buf->len += (size_t)length;
    } else if (dv_buf_reserve(buf, (size_t)length + 1)) {
        vsnprintf(buf->data + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

char *dv_buf_cstr(struct dv_buf *buf)
{
    if (!dv_buf_reserve(buf, 1))
        return NULL;
    buf->data[buf->len] = '\0';
    return buf->data;
}

char *dv_buf_steal(struct dv_buf *buf)
{
    char *text = dv_buf_cstr(buf);
    if (text == NULL)
        return NULL;
    *buf = (struct dv_buf){0};
    return text;
}

void dv_buf_reset(struct dv_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

void dv_buf_release(struct dv_buf *buf)
{
    dv_free(buf->data);
    *buf = (struct dv_buf){0};
}

enum dv_status dv_buf_check(const struct dv_buf *buf, struct dv_err *err)
{
    return buf->failed ? dv_fail_memory(err) : DV_OK;
}
