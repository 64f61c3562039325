/* to_number: text read place by place. */
#include "transform/format_number.h"

#include "core/numeric.h"

#include <string.h>

struct number_reader {
    const struct dv_number_format *format;
    const char *at, *end;
    char sign, *number, *to; /* sign ' ': none read */
    bool point;
    int read_pre, read_post;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_other(struct number_reader *r, int count)
{
    while (count-- > 0 && r->at < r->end && strchr("0123456789.,+-", *r->at) == NULL) {
        size_t width = dv_utf8_width((unsigned char)*r->at);
        r->at += width < (size_t)(r->end - r->at) ? width : (size_t)(r->end - r->at);
    }
}

static void read_sign_before(struct number_reader *r)
{
    if ((r->format->flags & F_SIGN) != 0 && r->format->anchor == ANCHOR_BEFORE) {
        if (*r->at == '-' || *r->at == '+')
            r->sign = *r->at++;
    } else if (*r->at == '-' || ((r->format->flags & F_BRACKET) != 0 && *r->at == '<')) {
        r->sign = '-';
        r->at++;
    } else if (*r->at == '+') {
        r->sign = '+';
        r->at++;
    }
}

/* A sign behind the last digit; `read`: a character of the number was just read at r->at. */
static void read_sign_behind(struct number_reader *r, bool read)
{
    unsigned flags = r->format->flags;
    if (r->sign != ' ' || r->read_pre + r->read_post == 0)
        return;
    if ((flags & F_SIGN) != 0 && read && r->at + 1 < r->end && !digit(r->at[1])) {
        if (r->at[1] == '-' || r->at[1] == '+')
            r->sign = *++r->at;
    } else if (!read && (flags & F_SIGN) == 0 && (flags & (F_PLUS | F_MINUS)) != 0 &&
               (*r->at == '-' || *r->at == '+')) {
        r->sign = *r->at;
    }
}

static void read_place(struct number_reader *r, enum dv_place place)
{
    bool read = false;
    if (r->at < r->end && *r->at == ' ')
        r->at++;
    if (r->at >= r->end)
        return;
    if (r->sign == ' ' && (place == P_ZERO || place == P_NINE) && r->read_pre + r->read_post == 0)
        read_sign_before(r);
    if (r->at >= r->end)
        return;
    if (digit(*r->at)) {
        if (r->point && r->read_post == r->format->post)
            return;
        *r->to++ = *r->at;
        *(r->point ? &r->read_post : &r->read_pre) += 1;
        read = true;
    } else if ((r->format->flags & F_DECIMAL) != 0 && !r->point && *r->at == '.') {
        *r->to++ = '.';
        r->point = read = true;
    }
    read_sign_behind(r, read);
}

/* true: one character more is passed by */
static bool read_node(struct number_reader *r, const struct dv_number_place *node)
{
    switch (node->place) {
    case P_NINE:
    case P_ZERO:
    case P_POINT:
    case P_DECIMAL:
        read_place(r, node->place);
        return true;
    case P_COMMA:
    case P_GROUP:
        return (r->format->flags & F_FILL) == 0 && *r->at == ',';
    case P_CURRENCY:
        skip_other(r, 1);
        return false;
    case P_ORDINAL:
    case P_ORDINAL_LOWER:
        if ((r->format->flags & F_DECIMAL) == 0 && r->sign != '-')
            skip_other(r, 2);
        return false;
    case P_MINUS:
    case P_PLUS:
    case P_SIGN:
        if ((*r->at == '-' && node->place != P_PLUS) || (*r->at == '+' && node->place != P_MINUS)) {
            r->sign = *r->at;
            return true;
        }
        skip_other(r, 1);
        return false;
    case P_TEXT:
        r->at += dv_utf8_width((unsigned char)*r->at);
        return false;
    default:
        return false;
    }
}

enum dv_status dv_to_number(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                            struct dv_value *out, struct dv_err *err)
{
    struct dv_number_format format;
    struct number_reader r = {
        .format = &format, .at = args[0].u.p, .end = args[0].u.p + args[0].len, .sign = ' '};
    struct dv_value value = dv_null(), ten = dv_numeric_from_int(10), shift;
    enum dv_status status;
    if (args[1].len == 0)
        return DV_OK;
    status = dv_number_format_of(expr, eval, &args[1], &format, err);
    if (status != DV_OK)
        return status;
    if ((format.flags & F_SCIENTIFIC) != 0)
        return dv_eval_fail(err, "0A000", "\"EEEE\" not supported for input");
    if ((format.flags & F_ROMAN) != 0)
        return dv_eval_fail(err, "0A000", "\"RN\" not supported");
    r.number = dv_out_room(eval, (size_t)args[0].len + format.count + 4, err);
    if (r.number == NULL)
        return err->status;
    r.to = r.number + 1;
    for (unsigned i = 0; i < format.count && r.at < r.end; i++)
        r.at += read_node(&r, &format.nodes[i]) ? 1 : 0;
    if (r.to[-1] == '.' && r.to > r.number + 1)
        r.to--;
    r.number[0] = r.sign;
    status = dv_numeric_parse(r.number, (size_t)(r.to - r.number), eval->arena, &value, err);
    if (status == DV_OK && format.pre + format.shift + r.read_post > 0)
        status = dv_numeric_modify(&value, format.pre + format.shift + r.read_post, r.read_post, eval->arena,
                                   &value, err);
    if (status == DV_OK && (format.flags & F_SHIFT) != 0) {
        shift = dv_numeric_from_int(-format.shift);
        status = dv_numeric_power(&ten, &shift, eval->arena, &shift, err);
        if (status == DV_OK)
            status = dv_numeric_arithmetic('*', &value, &shift, eval->arena, &value, err);
    }
    *out = value;
    return status;
}
