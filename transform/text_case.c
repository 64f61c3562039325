#include "transform/text_case.h"

#include <string.h>
#include <strings.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum change { TO_LOWER, TO_UPPER, TO_TITLE };

static bool is_ascii(const char *p, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)p[i];
    return all < 0x80;
}

static enum dv_status icu_failed(UErrorCode code, struct dv_err *err)
{
    if (code == U_MEMORY_ALLOCATION_ERROR)
        return dv_fail_memory(err);
    return dv_eval_fail(err, "22021", "text cannot be converted: %s", u_errorName(code));
}

/* UTF-8 to UTF-16 in the arena. */
static enum dv_status to_utf16(struct dv_eval *eval, const char *p, size_t length, UChar **out,
                               int32_t *units, struct dv_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    *out = (UChar *)(void *)dv_out_room(eval, (length + 1) * sizeof(UChar), err);
    if (*out == NULL)
        return err->status;
    (void)u_strFromUTF8(*out, (int32_t)length + 1, units, p, (int32_t)length, &code);
    return U_FAILURE(code) ? icu_failed(code, err) : DV_OK;
}

static enum dv_status from_utf16(struct dv_eval *eval, const UChar *text, int32_t units, struct dv_value *out,
                                 struct dv_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t length = 0;
    char *room = dv_out_room(eval, (size_t)units * 3 + 1, err);
    if (room == NULL)
        return err->status;
    (void)u_strToUTF8(room, units * 3 + 1, &length, text, units, &code);
    if (U_FAILURE(code))
        return icu_failed(code, err);
    *out = dv_text(room, (size_t)length);
    return DV_OK;
}

static int32_t convert(enum change change, UChar *to, int32_t room, const UChar *from, int32_t units,
                       UErrorCode *code)
{
    switch (change) {
    case TO_LOWER:
        return u_strToLower(to, room, from, units, "und", code);
    case TO_UPPER:
        return u_strToUpper(to, room, from, units, "und", code);
    default:
        return u_strToTitle(to, room, from, units, NULL, "und", code);
    }
}

static enum dv_status change_unicode(struct dv_eval *eval, enum change change, const struct dv_value *text,
                                     struct dv_value *out, struct dv_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar *from = NULL, *to;
    int32_t units = 0, room, made;
    enum dv_status status = to_utf16(eval, text->u.p, text->len, &from, &units, err);
    if (status != DV_OK)
        return status;
    room = units * 3 + 1; /* no character grows to more than three units */
    to = (UChar *)(void *)dv_out_room(eval, (size_t)room * sizeof(UChar), err);
    if (to == NULL)
        return err->status;
    made = convert(change, to, room, from, units, &code);
    if (U_FAILURE(code))
        return icu_failed(code, err);
    return from_utf16(eval, to, made, out, err);
}

/* ASCII alone: letters from `first` to first + 25 change case; unchanged text is borrowed. */
static enum dv_status change_ascii(struct dv_eval *eval, char first, const struct dv_value *text,
                                   struct dv_value *out, struct dv_err *err)
{
    size_t same = 0;
    char *room;
    while (same < text->len && (unsigned char)(text->u.p[same] - first) >= 26)
        same++;
    if (same == text->len) {
        *out = dv_text(text->u.p, text->len);
        return DV_OK;
    }
    room = dv_out_room(eval, text->len, err);
    if (room == NULL)
        return err->status;
    memcpy(room, text->u.p, same);
    for (size_t i = same; i < text->len; i++) {
        char c = text->u.p[i];
        room[i] = (char)((unsigned char)(c - first) < 26 ? c ^ 0x20 : c);
    }
    *out = dv_text(room, text->len);
    return DV_OK;
}

enum dv_status dv_text_lower(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    return is_ascii(args[0].u.p, args[0].len) ? change_ascii(eval, 'A', &args[0], out, err)
                                              : change_unicode(eval, TO_LOWER, &args[0], out, err);
}

enum dv_status dv_text_upper(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                             struct dv_value *out, struct dv_err *err)
{
    (void)expr;
    return is_ascii(args[0].u.p, args[0].len) ? change_ascii(eval, 'a', &args[0], out, err)
                                              : change_unicode(eval, TO_UPPER, &args[0], out, err);
}

enum dv_status dv_text_initcap(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                               struct dv_value *out, struct dv_err *err)
{
    char *room;
    bool start = true;
    (void)expr;
    for (size_t i = 0; i < args[0].len; i++) {
        char c = args[0].u.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == ' ')) /* word breaks are ICU's to find */
            return change_unicode(eval, TO_TITLE, &args[0], out, err);
    }
    room = dv_out_room(eval, args[0].len, err);
    if (room == NULL)
        return err->status;
    for (size_t i = 0; i < args[0].len; i++) {
        char c = args[0].u.p[i];
        room[i] = (char)(c == ' ' ? c : start ? c & ~0x20 : c | 0x20);
        start = c == ' ';
    }
    *out = dv_text(room, args[0].len);
    return DV_OK;
}

/* ---- normal forms -------------------------------------------------------------------------------------- */

static enum dv_status normal_form(const UNormalizer2 *form, struct dv_eval *eval, const struct dv_value *text,
                                  UChar **out, int32_t *units, struct dv_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar *from = NULL;
    int32_t from_units = 0;
    enum dv_status status = to_utf16(eval, text->u.p, text->len, &from, &from_units, err);
    if (status != DV_OK)
        return status;
    *units = unorm2_normalize(form, from, from_units, NULL, 0, &code);
    if (code != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(code))
        return icu_failed(code, err);
    code = U_ZERO_ERROR;
    *out = (UChar *)(void *)dv_out_room(eval, ((size_t)*units + 1) * sizeof(UChar), err);
    if (*out == NULL)
        return err->status;
    *units = unorm2_normalize(form, from, from_units, *out, *units + 1, &code);
    return U_FAILURE(code) ? icu_failed(code, err) : DV_OK;
}

enum dv_status dv_text_normalize(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                 struct dv_value *out, struct dv_err *err)
{
    static const char *const names[] = {"NFC", "NFD", "NFKC", "NFKD"};
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form = NULL;
    UChar *text = NULL;
    int32_t units = 0;
    unsigned which = 0;
    enum dv_status status;
    if (expr->arg_count > 1) {
        for (which = 0; which < 4; which++)
            if (args[1].len == strlen(names[which]) &&
                strncasecmp(names[which], args[1].u.p, args[1].len) == 0)
                break;
        if (which == 4)
            return dv_eval_fail(err, "22023", "invalid normalization form: %.*s", (int)args[1].len,
                                args[1].u.p);
    }
    if (is_ascii(args[0].u.p, args[0].len)) {
        *out = args[0];
        return DV_OK;
    }
    form = which == 0   ? unorm2_getNFCInstance(&code)
           : which == 1 ? unorm2_getNFDInstance(&code)
           : which == 2 ? unorm2_getNFKCInstance(&code)
                        : unorm2_getNFKDInstance(&code);
    if (U_FAILURE(code))
        return icu_failed(code, err);
    status = normal_form(form, eval, &args[0], &text, &units, err);
    return status == DV_OK ? from_utf16(eval, text, units, out, err) : status;
}

/* ---- slug ---------------------------------------------------------------------------------------------- */

/* What a character that does not decompose is written as; NULL: it is a separator. */
static const char *written_out(uint32_t c)
{
    switch (c) {
    case 0xdf: /* sharp s */
        return "ss";
    case 0xe6: /* ae */
        return "ae";
    case 0x153: /* oe */
        return "oe";
    case 0xfe: /* thorn */
        return "th";
    case 0xf8: /* o with stroke */
        return "o";
    case 0x111: /* d with stroke */
    case 0xf0:  /* eth */
        return "d";
    case 0x142: /* l with stroke */
        return "l";
    case 0x131: /* dotless i */
        return "i";
    default:
        return NULL;
    }
}

static void slug_append(struct dv_buf *to, bool *gap, const char *text, size_t length)
{
    if (*gap && to->len > 0)
        dv_buf_byte(to, '-');
    *gap = false;
    dv_buf_append(to, text, length);
}

static void slug_units(struct dv_buf *to, const UChar *text, int32_t units)
{
    bool gap = false;
    for (int32_t i = 0; i < units; i++) {
        uint32_t c = text[i];
        const char *letters;
        char byte;
        if (c >= 0x300 && c <= 0x36f)
            continue;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            byte = (char)c;
            slug_append(to, &gap, &byte, 1);
        } else if ((letters = written_out(c)) != NULL) {
            slug_append(to, &gap, letters, strlen(letters));
        } else {
            gap = true;
        }
    }
}

/* NFKD, lower case, marks dropped, letters without a decomposition written out, every run of anything else
 * one hyphen, none at the ends; nothing left, or NULL: "item". */
enum dv_status dv_text_slug(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                            struct dv_value *out, struct dv_err *err)
{
    UErrorCode code = U_ZERO_ERROR;
    UChar *text = NULL, *lower;
    int32_t units = 0, made;
    const UNormalizer2 *form;
    enum dv_status status;
    (void)expr;
    if (args[0].state == DV_NULL) {
        *out = dv_text("item", 4);
        return DV_OK;
    }
    form = unorm2_getNFKDInstance(&code);
    if (U_FAILURE(code))
        return icu_failed(code, err);
    status = normal_form(form, eval, &args[0], &text, &units, err);
    if (status != DV_OK)
        return status;
    lower = (UChar *)(void *)dv_out_room(eval, ((size_t)units * 3 + 1) * sizeof(UChar), err);
    if (lower == NULL)
        return err->status;
    made = convert(TO_LOWER, lower, units * 3 + 1, text, units, &code);
    if (U_FAILURE(code))
        return icu_failed(code, err);
    dv_buf_reset(&eval->scratch);
    slug_units(&eval->scratch, lower, made);
    if (eval->scratch.len > 0 || eval->scratch.failed)
        return dv_out_scratch(eval, out, err);
    *out = dv_text("item", 4);
    return DV_OK;
}
