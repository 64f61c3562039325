/* Growable byte buffer. A failed append sets `failed` and every later append does nothing, so a chain of
 * appends needs one check at its end (dv_buf_check). A zeroed struct is a valid empty buffer. Not
 * thread-safe. */
#ifndef DV_CORE_BUF_H
#define DV_CORE_BUF_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct dv_buf {
    char *data; /* owned; not NUL-terminated unless dv_buf_cstr was called */
    size_t len, cap;
    bool failed;
};

/* Room for `extra` more bytes behind len; false (and failed set) when there is no memory. */
bool dv_buf_reserve(struct dv_buf *buf, size_t extra);

static inline void dv_buf_append(struct dv_buf *buf, const void *bytes, size_t length)
{
    if (length <= buf->cap - buf->len || dv_buf_reserve(buf, length)) {
        if (length > 0)
            memcpy(buf->data + buf->len, bytes, length);
        buf->len += length;
    }
}

static inline void dv_buf_byte(struct dv_buf *buf, char byte)
{
    if (buf->len < buf->cap || dv_buf_reserve(buf, 1))
        buf->data[buf->len++] = byte;
}

void dv_buf_str(struct dv_buf *buf, const char *text);
void dv_buf_printf(struct dv_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *dv_buf_cstr(struct dv_buf *buf);  /* NUL-terminated view, borrowed; NULL when failed */
char *dv_buf_steal(struct dv_buf *buf); /* NUL-terminated, owned by the caller (dv_free); NULL when failed */
void dv_buf_reset(struct dv_buf *buf);
void dv_buf_release(struct dv_buf *buf);
enum dv_status dv_buf_check(const struct dv_buf *buf, struct dv_err *err) DV_MUST_CHECK;

#endif
