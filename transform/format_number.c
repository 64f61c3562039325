/* to_char of numbers, and to_number, as PostgreSQL does them: a pattern's places are walked from left to
 * right, a written digit at a time, because signs and blanks hang on the place of the first and the last
 * digit. */
#include "transform/format_number.h"

#include "core/numeric.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_FN(name)                                                                                      \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)

/* ---- writing ------------------------------------------------------------------------------------------- */

struct writer {
    struct dv_number_format format; /* a copy: places shift with the number */
    const char *number, *at, *last_relevant;
    char sign;
    bool sign_written, digit_in;
    bool ended;        /* past the number's end PostgreSQL writes a NUL, behind which nothing shows */
    bool not_a_number; /* an ordinal of what does not end in a digit */
    int spaces, count, current;
    struct dv_buf *out;
};

/* "0.5" by 9.9: the zero before the point is a blank */
static bool blank_zero(const struct writer *w)
{
    return (w->format.flags & F_ZERO) == 0 && w->number == w->at && *w->number == '0' && w->format.post != 0;
}

static void write_sign(struct writer *w)
{
    bool fill = (w->format.flags & F_FILL) != 0;
    if ((w->format.flags & F_SIGN) != 0) {
        if (w->format.anchor != ANCHOR_BEFORE)
            return;
        dv_buf_byte(w->out, w->sign == '-' ? '-' : '+');
    } else if ((w->format.flags & F_BRACKET) != 0) {
        dv_buf_byte(w->out, w->sign == '+' ? ' ' : '<');
    } else if (w->sign == '+') {
        if (!fill)
            dv_buf_byte(w->out, ' ');
    } else if (w->sign == '-') {
        dv_buf_byte(w->out, '-');
    } else {
        return;
    }
    w->sign_written = true;
}

/* What of the number stands here: a digit, the point, or nothing. */
static void write_character(struct writer *w, enum dv_place place)
{
    bool fill = (w->format.flags & F_FILL) != 0;
    bool point_last = w->last_relevant != NULL && *w->last_relevant == '.';
    if (*w->at == '.') {
        if (!point_last || fill)
            dv_buf_byte(w->out, '.');
    } else if (w->last_relevant != NULL && w->at > w->last_relevant && place != P_ZERO) {
        /* FM: zeros behind the last digit that counts are left out */
    } else if (blank_zero(w)) {
        if (!fill)
            dv_buf_byte(w->out, ' ');
        else if (point_last)
            dv_buf_byte(w->out, '0');
    } else {
        if (*w->at != '\0')
            dv_buf_byte(w->out, *w->at);
        else
            w->ended = true;
        w->digit_in = true;
    }
    if (*w->at != '\0')
        w->at++;
}

static void write_place(struct writer *w, enum dv_place place)
{
    const struct dv_number_format *format = &w->format;
    bool zero = (format->flags & F_ZERO) != 0;
    int end;
    if ((format->flags & F_ROMAN) != 0)
        return;
    w->digit_in = false;
    if (!w->sign_written && (w->current >= w->spaces || (zero && format->zero_start == w->current)) &&
        (!blank_zero(w) || (w->last_relevant != NULL && *w->last_relevant == '.')))
        write_sign(w);
    if (w->current < w->spaces && (format->zero_start > w->current || !zero)) {
        if ((format->flags & F_FILL) == 0)
            dv_buf_byte(w->out, ' ');
    } else if (zero && w->current < w->spaces && format->zero_start <= w->current) {
        dv_buf_byte(w->out, '0');
        w->digit_in = true;
    } else {
        write_character(w, place);
    }
    end = w->count + (w->spaces != 0 ? 1 : 0) + ((format->flags & F_DECIMAL) != 0 ? 1 : 0);
    if (w->last_relevant != NULL && w->last_relevant == w->at)
        end = w->current;
    if (w->current + 1 == end) {
        if (w->sign_written && (format->flags & F_BRACKET) != 0)
            dv_buf_byte(w->out, w->sign == '+' ? ' ' : '>');
        else if ((format->flags & F_SIGN) != 0 && format->anchor == ANCHOR_BEHIND)
            dv_buf_byte(w->out, w->sign == '-' ? '-' : '+');
    }
    w->current++;
}

static const char *ordinal(const char *number, bool upper)
{
    size_t length = strlen(number);
    char last = length > 0 ? number[length - 1] : '0', before = length > 1 ? number[length - 2] : '0';
    if (before == '1' || last < '1' || last > '3')
        return upper ? "TH" : "th";
    return last == '1' ? (upper ? "ST" : "st") : last == '2' ? (upper ? "ND" : "nd") : (upper ? "RD" : "rd");
}

static void write_node(struct writer *w, const struct dv_number_place *node)
{
    bool fill = (w->format.flags & F_FILL) != 0;
    switch (node->place) {
    case P_TEXT:
        dv_buf_append(w->out, node->p, node->width);
        break;
    case P_NINE:
    case P_ZERO:
    case P_POINT:
    case P_DECIMAL:
        write_place(w, node->place);
        break;
    case P_COMMA:
    case P_GROUP:
        if (w->digit_in)
            dv_buf_byte(w->out, ',');
        else if (!fill)
            dv_buf_byte(w->out, ' ');
        break;
    case P_CURRENCY:
        dv_buf_byte(w->out, ' ');
        break;
    case P_ROMAN:
    case P_ROMAN_LOWER: {
        size_t length = strlen(w->number);
        for (size_t i = length; !fill && i < 15; i++)
            dv_buf_byte(w->out, ' ');
        for (size_t i = 0; i < length; i++)
            dv_buf_byte(w->out, (char)(node->place == P_ROMAN || w->number[i] < 'A' ? w->number[i]
                                                                                    : w->number[i] | 0x20));
        break;
    }
    case P_ORDINAL:
    case P_ORDINAL_LOWER:
        if ((w->format.flags & (F_ROMAN | F_DECIMAL)) != 0 || *w->number == '#' || w->sign == '-')
            break;
        w->not_a_number = w->number[strlen(w->number) - 1] < '0' || w->number[strlen(w->number) - 1] > '9';
        dv_buf_append(w->out, ordinal(w->number, node->place == P_ORDINAL), 2);
        break;
    case P_MINUS:
        if (w->sign == '-' || !fill)
            dv_buf_byte(w->out, w->sign == '-' ? '-' : ' ');
        break;
    case P_PLUS:
        if (w->sign == '+' || !fill)
            dv_buf_byte(w->out, w->sign == '+' ? '+' : ' ');
        break;
    case P_SIGN:
        if (w->sign == '\0')
            w->ended = true; /* a Roman number has none: PostgreSQL writes a NUL, which ends its text */
        else
            dv_buf_byte(w->out, w->sign);
        break;
    default:
        break;
    }
}

static const char *last_relevant(const char *number)
{
    const char *point = strchr(number, '.'), *last = point;
    for (const char *p = point; p != NULL && *p != '\0'; p++)
        if (*p != '0')
            last = p;
    return last;
}

static enum dv_status write_number(const struct dv_number_format *format, const char *number, int spaces,
                                   char sign, struct dv_buf *out, struct dv_err *err)
{
    struct writer w = {
        .format = *format, .number = number, .at = number, .sign = sign, .spaces = spaces, .out = out};
    unsigned *flags = &w.format.flags;
    if (w.format.zero_start > 0)
        w.format.zero_start--;
    if ((*flags & F_SCIENTIFIC) != 0) {
        dv_buf_str(out, number);
        return DV_OK;
    }
    if ((*flags & F_ROMAN) != 0) {
        w.format.anchor = ANCHOR_NONE;
        w.format.before_sign = w.format.pre = w.format.post = 0;
        *flags = F_ROMAN | (*flags & F_FILL);
    }
    if ((*flags & (F_PLUS | F_MINUS)) != 0) {
        w.sign_written = (*flags & F_MINUS) != 0;
    } else {
        if (sign != '-' && (*flags & F_FILL) != 0)
            *flags &= ~(unsigned)F_BRACKET;
        w.sign_written = sign == '+' && (*flags & F_FILL) != 0 && (*flags & F_SIGN) == 0;
        if (w.format.anchor == ANCHOR_BEFORE && w.format.pre == w.format.before_sign)
            w.format.anchor = ANCHOR_BEHIND;
    }
    w.count = w.format.post + w.format.pre - 1;
    if ((*flags & F_FILL) != 0 && (*flags & F_DECIMAL) != 0) {
        w.last_relevant = last_relevant(number);
        if (w.last_relevant != NULL && w.format.zero_end > spaces) {
            int last = (int)strlen(number) - 1;
            last = last < w.format.zero_end - spaces ? last : w.format.zero_end - spaces;
            if (w.last_relevant < number + last)
                w.last_relevant = number + last;
        }
    }
    if (!w.sign_written && spaces == 0)
        w.count++;
    for (unsigned i = 0; i < format->count && !w.ended && !w.not_a_number; i++)
        write_node(&w, &format->nodes[i]);
    return w.not_a_number ? dv_eval_fail(err, "22P02", "\"%s\" is not a number", number) : DV_OK;
}

/* ---- the digits ---------------------------------------------------------------------------------------- */

static const char *roman(int64_t value, char *room)
{
    static const struct {
        int64_t value;
        const char *text;
    } parts[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
                 {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
    room[0] = '\0';
    if (value > 3999 || value < 1)
        return "###############";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (; value >= parts[i].value; value -= parts[i].value)
            (void)strcat(room, parts[i].text);
    return room;
}

/* Digits without their sign; padding where they are fewer than the places, ### where they are more. */
static enum dv_status finish(struct dv_eval *eval, struct dv_number_format *format, const char *digits,
                             char sign, struct dv_value *out, struct dv_err *err)
{
    int length = (int)strcspn(digits, "."), spaces = 0;
    struct dv_buf filled = {0};
    enum dv_status status;
    if (length < format->pre) {
        spaces = format->pre - length;
    } else if (length > format->pre) {
        for (int i = 0; i < format->pre + format->post + 1; i++)
            dv_buf_byte(&filled, i == format->pre ? '.' : '#');
        digits = dv_buf_cstr(&filled);
        if (digits == NULL)
            return dv_fail_memory(err);
    }
    dv_buf_reset(&eval->scratch);
    status = write_number(format, digits, spaces, sign, &eval->scratch, err);
    dv_buf_release(&filled);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

static enum dv_status as_is(struct dv_eval *eval, const struct dv_number_format *format, const char *digits,
                            char sign, struct dv_value *out, struct dv_err *err)
{
    enum dv_status status;
    dv_buf_reset(&eval->scratch);
    status = write_number(format, digits, 0, sign, &eval->scratch, err);
    return status == DV_OK ? dv_out_scratch(eval, out, err) : status;
}

static enum dv_status hashes(struct dv_eval *eval, const struct dv_number_format *format,
                             struct dv_value *out, struct dv_err *err)
{
    dv_buf_reset(&eval->scratch);
    for (int i = 0; i < format->pre + format->post + 6; i++)
        dv_buf_byte(&eval->scratch, i == 0 ? ' ' : i == format->pre + 1 ? '.' : '#');
    return dv_out_scratch(eval, out, err);
}

/* A numeric as 1.23e+04, so many digits behind the point. */
static enum dv_status scientific(struct dv_eval *eval, const struct dv_value *value, int digits,
                                 struct dv_buf *text, struct dv_err *err)
{
    struct dv_buf plain = {0};
    struct dv_value mantissa = dv_null(), power = dv_null();
    const char *p;
    char written[32];
    int exponent = 0, length;
    enum dv_status status;
    dv_numeric_format(value, &plain);
    p = dv_buf_cstr(&plain);
    if (p == NULL)
        return dv_fail_memory(err);
    p += *p == '-' ? 1 : 0;
    if (*p != '0')
        exponent = (int)strcspn(p, ".") - 1;
    else if (strpbrk(p, "123456789") != NULL)
        exponent = -(int)(strpbrk(p, "123456789") - strchr(p, '.'));
    dv_buf_release(&plain);
    length = snprintf(written, sizeof(written), "1e%d", -exponent);
    status = dv_numeric_parse(written, (size_t)length, eval->arena, &power, err);
    if (status == DV_OK)
        status = dv_numeric_arithmetic('*', value, &power, eval->arena, &mantissa, err);
    if (status == DV_OK)
        status = dv_numeric_round(&mantissa, digits, 'r', eval->arena, &mantissa, err);
    if (status != DV_OK)
        return status;
    if (dv_numeric_compare(&mantissa, &(struct dv_value){.state = DV_SET}) >= 0)
        dv_buf_byte(text, ' ');
    dv_numeric_format(&mantissa, text);
    dv_buf_printf(text, "e%+03d", exponent);
    return dv_buf_check(text, err);
}

static enum dv_status numeric_digits(struct dv_eval *eval, struct dv_number_format *format,
                                     const struct dv_value *value, struct dv_value *out, struct dv_err *err)
{
    struct dv_value shown = *value, ten = dv_numeric_from_int(10), shift = dv_numeric_from_int(format->shift);
    struct dv_buf text = {0};
    const char *digits;
    char room[64];
    enum dv_status status = DV_OK;
    if ((format->flags & F_ROMAN) != 0) {
        int64_t whole = 0;
        status = dv_numeric_to_int(value, INT32_MIN, INT32_MAX, &whole, err);
        return status == DV_OK ? as_is(eval, format, roman(whole, room), '\0', out, err) : status;
    }
    if ((format->flags & F_SCIENTIFIC) != 0) {
        if (dv_numeric_scale(value) < 0)
            return hashes(eval, format, out, err);
        status = scientific(eval, value, format->post, &text, err);
        if (status == DV_OK)
            status = dv_out_text(eval, out, text.data, text.len, err);
        dv_buf_release(&text);
        return status;
    }
    if ((format->flags & F_SHIFT) != 0) {
        status = dv_numeric_power(&ten, &shift, eval->arena, &shift, err);
        if (status == DV_OK)
            status = dv_numeric_arithmetic('*', value, &shift, eval->arena, &shown, err);
        format->pre += format->shift;
    }
    if (status == DV_OK)
        status = dv_numeric_round(&shown, format->post, 'r', eval->arena, &shown, err);
    if (status != DV_OK)
        return status;
    dv_numeric_format(&shown, &text);
    digits = dv_buf_cstr(&text);
    if (digits == NULL)
        return dv_fail_memory(err);
    status = finish(eval, format, digits + (*digits == '-' ? 1 : 0), *digits == '-' ? '-' : '+', out, err);
    dv_buf_release(&text);
    return status;
}

static enum dv_status float_digits(struct dv_eval *eval, struct dv_number_format *format, double value,
                                   int most, struct dv_value *out, struct dv_err *err)
{
    char room[64], text[512];
    int length;
    if ((format->flags & F_ROMAN) != 0)
        return as_is(eval, format, roman(fabs(value) < 1e9 ? (int64_t)rint(value) : -1, room), '\0', out,
                     err);
    if ((format->flags & F_SCIENTIFIC) != 0) {
        if (isnan(value) || isinf(value))
            return hashes(eval, format, out, err);
        (void)snprintf(text, sizeof(text), "%+.*e", format->post, value);
        if (text[0] == '+')
            text[0] = ' ';
        return as_is(eval, format, text, '\0', out, err);
    }
    if ((format->flags & F_SHIFT) != 0) {
        value *= pow(10, format->shift);
        format->pre += format->shift;
    }
    if (isnan(value) || isinf(value))
        length = snprintf(text, sizeof(text), "%s", isnan(value) ? "NaN" : "Infinity");
    else
        length = snprintf(text, sizeof(text), "%.0f", fabs(value));
    if (length >= most)
        format->post = 0;
    else if (length + format->post > most)
        format->post = most - length;
    if (isnan(value) || isinf(value))
        (void)snprintf(text, sizeof(text), "%s%s", value < 0 ? "-" : "", isnan(value) ? "NaN" : "Infinity");
    else
        (void)snprintf(text, sizeof(text), "%.*f", format->post, value);
    return finish(eval, format, text + (*text == '-' ? 1 : 0), *text == '-' ? '-' : '+', out, err);
}

NUMBER_FN(numeric_to_char)
{
    struct dv_number_format format;
    enum dv_status status = dv_number_format_of(expr, eval, &args[1], &format, err);
    return status == DV_OK ? numeric_digits(eval, &format, &args[0], out, err) : status;
}

NUMBER_FN(int_to_char)
{
    struct dv_number_format format;
    struct dv_value value = dv_null();
    char text[32];
    int length = snprintf(text, sizeof(text), "%lld", (long long)args[0].u.i);
    enum dv_status status = dv_number_format_of(expr, eval, &args[1], &format, err);
    if (status == DV_OK)
        status = dv_numeric_parse(text, (size_t)length, eval->arena, &value, err);
    if (status == DV_OK && (format.flags & F_SCIENTIFIC) != 0 && expr->args[0]->type.id == DV_TYPE_INT4)
        return float_digits(eval, &format, (double)args[0].u.i, DBL_DIG, out, err);
    return status == DV_OK ? numeric_digits(eval, &format, &value, out, err) : status;
}

NUMBER_FN(float_to_char)
{
    struct dv_number_format format;
    enum dv_status status = dv_number_format_of(expr, eval, &args[1], &format, err);
    int most = expr->args[0]->type.id == DV_TYPE_FLOAT4 ? FLT_DIG : DBL_DIG;
    return status == DV_OK ? float_digits(eval, &format, args[0].u.f, most, out, err) : status;
}

static enum dv_status bind_number_pattern(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    const struct dv_expr *pattern = call->expr.args[1];
    struct dv_number_format *format;
    struct dv_err ignored = DV_ERR_INIT;
    if (!pattern->is_constant || pattern->constant.state == DV_NULL)
        return DV_OK;
    format = dv_arena_zalloc(binder->arena, sizeof(*format));
    if (format == NULL)
        return dv_fail_memory(err);
    if (dv_number_format_parse(pattern->constant.u.p, pattern->constant.len, binder->arena, format,
                               &ignored) == DV_OK)
        call->expr.data = format; /* a wrong one fails where a row reaches it */
    return DV_OK;
}

#define FN(called, types, fn)                                                                                \
    {                                                                                                        \
        .name = called, .signature = types, .flags = DV_FN_STABLE, .eval = fn, .bind = bind_number_pattern   \
    }
static const struct dv_function number_formats[] = {
    FN("to_char", "int4,text>text", int_to_char),        FN("to_char", "int8,text>text", int_to_char),
    FN("to_char", "numeric,text>text", numeric_to_char), FN("to_char", "float4,text>text", float_to_char),
    FN("to_char", "float8,text>text", float_to_char),    FN("to_number", "text,text>numeric", dv_to_number),
};
const struct dv_function_table dv_functions_number_format = DV_FUNCTION_TABLE(number_formats);
