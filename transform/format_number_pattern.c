#include "transform/format_number.h"

#include <string.h>

static const struct {
    const char *word;
    enum dv_place place;
} words[] = {{",", P_COMMA},    {".", P_POINT},          {"0", P_ZERO},          {"9", P_NINE},
             {"B", P_BLANK},    {"b", P_BLANK},          {"C", P_CURRENCY_ISO},  {"c", P_CURRENCY_ISO},
             {"D", P_DECIMAL},  {"d", P_DECIMAL},        {"EEEE", P_SCIENTIFIC}, {"eeee", P_SCIENTIFIC},
             {"FM", P_FILL},    {"fm", P_FILL},          {"G", P_GROUP},         {"g", P_GROUP},
             {"L", P_CURRENCY}, {"l", P_CURRENCY},       {"MI", P_MINUS},        {"mi", P_MINUS},
             {"PL", P_PLUS},    {"pl", P_PLUS},          {"PR", P_BRACKET},      {"pr", P_BRACKET},
             {"RN", P_ROMAN},   {"rn", P_ROMAN_LOWER},   {"SG", P_SIGN},         {"sg", P_SIGN},
             {"SP", P_SPELLED}, {"sp", P_SPELLED},       {"S", P_SIGN_PLACE},    {"s", P_SIGN_PLACE},
             {"TH", P_ORDINAL}, {"th", P_ORDINAL_LOWER}, {"V", P_SHIFT},         {"v", P_SHIFT}};

static enum dv_status bad_pattern(struct dv_err *err, const char *what)
{
    return dv_eval_fail(err, "42601", "%s", what);
}

/* A place for a digit. */
static enum dv_status note_digit(struct dv_number_format *format, bool zero, struct dv_err *err)
{
    if ((format->flags & F_BRACKET) != 0)
        return bad_pattern(err, zero ? "\"0\" must be ahead of \"PR\"" : "\"9\" must be ahead of \"PR\"");
    if (!zero && (format->flags & F_SHIFT) != 0) {
        format->shift++;
        return DV_OK;
    }
    if (zero && (format->flags & (F_ZERO | F_DECIMAL)) == 0) {
        format->flags |= F_ZERO;
        format->zero_start = format->pre + 1;
    }
    if ((format->flags & F_DECIMAL) != 0)
        format->post++;
    else
        format->pre++;
    if (zero)
        format->zero_end = format->pre + format->post;
    return DV_OK;
}

static enum dv_status note_sign(struct dv_number_format *format, enum dv_place place, struct dv_err *err)
{
    if (place == P_SIGN_PLACE) {
        if ((format->flags & F_SIGN) != 0)
            return bad_pattern(err, "cannot use \"S\" twice");
        if ((format->flags & (F_PLUS | F_MINUS | F_BRACKET)) != 0)
            return bad_pattern(err, "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
        format->anchor = (format->flags & F_DECIMAL) == 0 ? ANCHOR_BEFORE : ANCHOR_BEHIND;
        format->before_sign = format->pre;
        format->flags |= F_SIGN;
        return DV_OK;
    }
    if (place == P_BRACKET) {
        if ((format->flags & (F_SIGN | F_PLUS | F_MINUS)) != 0)
            return bad_pattern(err, "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
        format->flags |= F_BRACKET;
        return DV_OK;
    }
    if ((format->flags & F_SIGN) != 0)
        return bad_pattern(err, place == P_MINUS  ? "cannot use \"S\" and \"MI\" together"
                                : place == P_PLUS ? "cannot use \"S\" and \"PL\" together"
                                                  : "cannot use \"S\" and \"SG\" together");
    format->flags |= place == P_MINUS ? F_MINUS : place == P_PLUS ? F_PLUS : F_MINUS | F_PLUS;
    return DV_OK;
}

static enum dv_status note_place(struct dv_number_format *format, enum dv_place place, struct dv_err *err)
{
    if ((format->flags & F_SCIENTIFIC) != 0 && place != P_SCIENTIFIC)
        return bad_pattern(err, "\"EEEE\" must be the last pattern used");
    switch (place) {
    case P_NINE:
    case P_ZERO:
        return note_digit(format, place == P_ZERO, err);
    case P_BLANK:
        if (format->pre == 0 && format->post == 0 && (format->flags & F_ZERO) == 0)
            format->flags |= F_BLANK;
        return DV_OK;
    case P_POINT:
    case P_DECIMAL:
        if ((format->flags & F_DECIMAL) != 0)
            return bad_pattern(err, "multiple decimal points");
        if ((format->flags & F_SHIFT) != 0)
            return bad_pattern(err, "cannot use \"V\" and decimal point together");
        format->flags |= F_DECIMAL;
        return DV_OK;
    case P_FILL:
        format->flags |= F_FILL;
        return DV_OK;
    case P_SIGN_PLACE:
    case P_MINUS:
    case P_PLUS:
    case P_SIGN:
    case P_BRACKET:
        return note_sign(format, place, err);
    case P_ROMAN:
    case P_ROMAN_LOWER:
        format->flags |= F_ROMAN;
        return DV_OK;
    case P_SHIFT:
        if ((format->flags & F_DECIMAL) != 0)
            return bad_pattern(err, "cannot use \"V\" and decimal point together");
        format->flags |= F_SHIFT;
        return DV_OK;
    case P_SCIENTIFIC:
        if ((format->flags & F_SCIENTIFIC) != 0)
            return bad_pattern(err, "cannot use \"EEEE\" twice");
        if ((format->flags &
             (F_BLANK | F_FILL | F_SIGN | F_BRACKET | F_MINUS | F_PLUS | F_ROMAN | F_SHIFT)) != 0)
            return bad_pattern(err, "\"EEEE\" is incompatible with other formats");
        format->flags |= F_SCIENTIFIC;
        return DV_OK;
    default:
        return DV_OK;
    }
}

enum dv_status dv_number_format_parse(const char *pattern, size_t length, struct dv_arena *arena,
                                      struct dv_number_format *format, struct dv_err *err)
{
    const char *p = pattern, *end = pattern + length;
    bool quoted = false;
    memset(format, 0, sizeof(*format));
    format->nodes = dv_arena_zalloc(arena, sizeof(*format->nodes) * (length + 1));
    if (format->nodes == NULL)
        return dv_fail_memory(err);
    while (p < end) {
        struct dv_number_place *node = &format->nodes[format->count];
        size_t i = 0, count = sizeof(words) / sizeof(words[0]);
        while (!quoted && i < count &&
               ((size_t)(end - p) < strlen(words[i].word) ||
                memcmp(p, words[i].word, strlen(words[i].word)) != 0))
            i++;
        if (!quoted && i < count) {
            enum dv_status status = note_place(format, words[i].place, err);
            if (status != DV_OK)
                return status;
            node->place = words[i].place;
            p += strlen(words[i].word);
            format->count++;
            continue;
        }
        if (*p == '"') {
            quoted = !quoted;
            p++;
            continue;
        }
        if (*p == '\\' && end - p > 1 && (quoted || p[1] == '"'))
            p++;
        node->place = P_TEXT;
        node->p = p;
        node->width = dv_utf8_width((unsigned char)*p);
        p += node->width;
        format->count++;
    }
    return DV_OK;
}

enum dv_status dv_number_format_of(const struct dv_expr *expr, struct dv_eval *eval,
                                   const struct dv_value *pattern, struct dv_number_format *format,
                                   struct dv_err *err)
{
    if (expr->data != NULL) {
        *format = *(const struct dv_number_format *)expr->data;
        return DV_OK;
    }
    if (eval->keep == NULL)
        return dv_number_format_parse(pattern->u.p, pattern->len, eval->arena, format, err);
    struct dv_keep_entry *entry = dv_keep_find(eval->keep, expr, pattern->u.p, pattern->len, 0);
    if (entry == NULL)
        return dv_fail_memory(err);
    if (entry->made == NULL) {
        struct dv_number_format *kept = dv_arena_zalloc(&entry->arena, sizeof *kept);
        if (kept == NULL)
            return dv_fail_memory(err);
        enum dv_status status =
            dv_number_format_parse(entry->key, entry->key_length, &entry->arena, kept, err);
        if (status != DV_OK)
            return status;
        entry->made = kept;
    }
    *format = *(const struct dv_number_format *)entry->made;
    return DV_OK;
}
