#include "core/value_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer texts are cut in messages, at a character's start. */
#define SHOWN 160U

static int shown(const char *text, size_t length)
{
    if (length <= SHOWN)
        return (int)length;
    size_t cut = SHOWN;
    while (cut > 0 && ((unsigned char)text[cut] & 0xC0U) == 0x80U)
        cut--;
    return (int)cut;
}

static enum dv_status fail(struct dv_err *err, const char *sqlstate, const char *text, size_t length,
                           const char *message)
{
    enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "%s", message);
    memcpy(err->sqlstate, sqlstate, 5);
    err->sqlstate[5] = '\0';
    dv_err_value(err, "", text, length);
    return status;
}

enum dv_status dv_value_bad_syntax(struct dv_err *err, const char *type, const char *text, size_t length)
{
    char message[512];
    snprintf(message, sizeof message, "invalid input syntax for type %s: \"%.*s\"", type, shown(text, length),
             text);
    return fail(err, "22P02", text, length, message);
}

enum dv_status dv_value_out_of_range(struct dv_err *err, const char *type, const char *text, size_t length)
{
    char message[512];
    snprintf(message, sizeof message, "value \"%.*s\" is out of range for type %s", shown(text, length), text,
             type);
    return fail(err, "22003", text, length, message);
}

enum dv_status dv_value_fail(struct dv_err *err, const char *sqlstate, const char *text, size_t length,
                             const char *format, ...)
{
    char message[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fail(err, sqlstate, text, length, message);
}
