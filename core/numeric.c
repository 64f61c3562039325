#include "core/numeric.h"

#include "core/alloc.h"
#include "core/digits.h"
#include "core/numeric_parts.h"
#include "core/value_error.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int64_t dv_pow10[19] = {1,
                              10,
                              100,
                              1000,
                              10000,
                              100000,
                              1000000,
                              10000000,
                              100000000,
                              1000000000,
                              10000000000,
                              100000000000,
                              1000000000000,
                              10000000000000,
                              100000000000000,
                              1000000000000000,
                              10000000000000000,
                              100000000000000000,
                              1000000000000000000};

struct dv_value dv_numeric_special(enum dv_num_kind kind)
{
    return (struct dv_value){.state = DV_SET, .kind = (uint8_t)kind};
}

static struct dv_value small(int64_t coefficient, int32_t scale)
{
    return (struct dv_value){
        .u.i = coefficient, .state = DV_SET, .kind = DV_NUM_SMALL, .scale = (uint16_t)scale};
}

int dv_numeric_sign_of(const struct dv_value *value)
{
    switch (value->kind) {
    case DV_NUM_SMALL:
        return (value->u.i > 0) - (value->u.i < 0);
    case DV_NUM_BIG:
        return value->u.big->limb_count == 0 ? 0 : value->u.big->sign;
    case DV_NUM_MINUS_INFINITY:
        return -1;
    default:
        return 1;
    }
}

void dv_numeric_load(const struct dv_value *value, mpz_t out)
{
    if (value->kind == DV_NUM_SMALL) {
        uint64_t magnitude = value->u.i < 0 ? ~(uint64_t)value->u.i + 1U : (uint64_t)value->u.i;
        mpz_import(out, 1, -1, sizeof magnitude, 0, 0, &magnitude);
        if (value->u.i < 0)
            mpz_neg(out, out);
        return;
    }
    const struct dv_big *big = value->u.big;
    mpz_import(out, big->limb_count, -1, sizeof big->limbs[0], 0, 0, big->limbs);
    if (big->sign < 0)
        mpz_neg(out, out);
}

static enum dv_status overflow(struct dv_err *err)
{
    return dv_value_fail(err, "22003", "", 0, "value overflows numeric format");
}

/* Decimal digits of a magnitude, exactly (mpz_sizeinbase may say one too many). */
static int64_t count_digits(const mpz_t value)
{
    int64_t digits = (int64_t)mpz_sizeinbase(value, 10);
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)digits - 1);
    if (mpz_cmpabs(value, power) < 0)
        digits--;
    mpz_clear(power);
    return digits;
}

enum dv_status dv_numeric_store(const mpz_t coefficient, int32_t scale, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err)
{
    if (scale < 0 || scale > DV_NUM_MAX_SCALE)
        return overflow(err);
    if (scale <= DV_NUM_SMALL_SCALE && mpz_sizeinbase(coefficient, 2) <= 64) {
        bool negative = mpz_sgn(coefficient) < 0;
        uint64_t magnitude = 0;
        mpz_export(&magnitude, NULL, -1, sizeof magnitude, 0, 0, coefficient);
        if (magnitude <= (uint64_t)INT64_MAX + (negative ? 1U : 0U)) {
            *out = small(negative ? (int64_t)(~magnitude + 1U) : (int64_t)magnitude, scale);
            return DV_OK;
        }
    }
    if ((int64_t)mpz_sizeinbase(coefficient, 10) > (int64_t)DV_NUM_MAX_WHOLE + scale &&
        count_digits(coefficient) > (int64_t)DV_NUM_MAX_WHOLE + scale)
        return overflow(err);
    size_t limbs = mpz_sgn(coefficient) == 0 ? 0 : (mpz_sizeinbase(coefficient, 2) + 63) / 64;
    struct dv_big *big = dv_arena_alloc(arena, sizeof *big + limbs * sizeof big->limbs[0]);
    if (big == NULL)
        return dv_fail_memory(err);
    big->scale = scale;
    big->sign = mpz_sgn(coefficient) < 0 ? -1 : 1;
    big->limb_count = (uint32_t)limbs;
    if (limbs > 0)
        mpz_export(big->limbs, NULL, -1, sizeof big->limbs[0], 0, 0, coefficient);
    *out = (struct dv_value){.u.big = big, .state = DV_SET, .kind = DV_NUM_BIG};
    return DV_OK;
}

enum dv_status dv_numeric_store_wide(dv_int128 coefficient, int32_t scale, struct dv_arena *arena,
                                     struct dv_value *out, struct dv_err *err)
{
    if (scale <= DV_NUM_SMALL_SCALE && coefficient <= INT64_MAX && coefficient >= INT64_MIN) {
        *out = small((int64_t)coefficient, scale);
        return DV_OK;
    }
    __extension__ unsigned __int128 magnitude =
        coefficient < 0 ? ~(unsigned __int128)coefficient + 1U : (unsigned __int128)coefficient;
    uint64_t halves[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    mpz_t big;
    mpz_init(big);
    mpz_import(big, 2, -1, sizeof halves[0], 0, 0, halves);
    if (coefficient < 0)
        mpz_neg(big, big);
    enum dv_status status = dv_numeric_store(big, scale, arena, out, err);
    mpz_clear(big);
    return status;
}

struct dv_value dv_numeric_from_int(int64_t i)
{
    return small(i, 0);
}

/* What the scan of a number's text found. */
struct scanned {
    const char *digits, *digits_end; /* the point among them */
    int64_t whole, fraction;         /* digits before and after the point */
    int64_t exponent;
    bool negative;
};

/* sign, digits with a point, exponent; false where it is not a number. *at ends behind it. */
static bool scan(const char **text, const char *end, struct scanned *out, bool *too_large)
{
    const char *at = *text;
    bool point = false;
    memset(out, 0, sizeof *out);
    if (at < end && (*at == '+' || *at == '-'))
        out->negative = *at++ == '-';
    out->digits = at;
    for (; at < end && (dv_is_digit(*at) || (*at == '.' && !point)); at++) {
        if (*at == '.')
            point = true;
        else if (point)
            out->fraction++;
        else
            out->whole++;
    }
    out->digits_end = at;
    if (out->whole + out->fraction == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        while (at < end && dv_is_blank(*at)) /* strtol() skips them, and so PostgreSQL does */
            at++;
        bool negative = at < end && *at == '-';
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (at == end || !dv_is_digit(*at))
            return false;
        for (; at < end && dv_is_digit(*at); at++)
            if (out->exponent < INT_MAX)
                out->exponent = out->exponent * 10 + (*at - '0');
        *too_large = out->exponent >= INT_MAX / 2;
        if (negative)
            out->exponent = -out->exponent;
    }
    *text = at;
    return true;
}

/* Any length, any exponent: through GMP. */
static enum dv_status build_big(const struct scanned *number, struct dv_arena *arena, struct dv_value *out,
                                struct dv_err *err)
{
    const char *first = number->digits;
    int64_t whole = number->whole, scale = number->fraction - number->exponent;
    while (first < number->digits_end && (*first == '0' || *first == '.')) {
        if (*first == '0' && whole > 0)
            whole--;
        first++;
    }
    bool zero = first == number->digits_end;
    if (scale > DV_NUM_MAX_SCALE || (!zero && whole > 0 && whole + number->exponent > DV_NUM_MAX_WHOLE) ||
        (!zero && number->exponent > DV_NUM_MAX_WHOLE + number->fraction))
        return overflow(err);

    size_t length = (size_t)(number->digits_end - first), count = 0;
    char *digits = dv_alloc(length + 2);
    if (digits == NULL)
        return dv_fail_memory(err);
    digits[count++] = '0';
    for (size_t i = 0; i < length; i++)
        if (first[i] != '.')
            digits[count++] = first[i];
    digits[count] = '\0';
    mpz_t coefficient, power;
    mpz_inits(coefficient, power, NULL);
    mpz_set_str(coefficient, digits, 10);
    if (scale < 0 && !zero) {
        mpz_ui_pow_ui(power, 10, (unsigned long)-scale);
        mpz_mul(coefficient, coefficient, power);
    }
    if (number->negative)
        mpz_neg(coefficient, coefficient);
    enum dv_status status = dv_numeric_store(coefficient, scale < 0 ? 0 : (int32_t)scale, arena, out, err);
    mpz_clears(coefficient, power, NULL);
    dv_free(digits);
    return status;
}

static bool parse_special(const char *text, size_t length, struct dv_value *out)
{
    bool negative = length > 0 && *text == '-', sign = negative || (length > 0 && *text == '+');
    if (dv_is_word(text, length, "nan")) {
        *out = dv_numeric_special(DV_NUM_NAN);
        return true;
    }
    text += sign;
    length -= sign;
    if (!dv_is_word(text, length, "infinity") && !dv_is_word(text, length, "inf"))
        return false;
    *out = dv_numeric_special(negative ? DV_NUM_MINUS_INFINITY : DV_NUM_INFINITY);
    return true;
}

/* What surely fits an int64. */
#define PLAIN_DIGITS 18

/* "-12.34" and the like, up to 18 digits: one pass, no memory. */
static bool parse_plain(const char *at, const char *end, struct dv_value *out)
{
    bool negative = at < end && *at == '-';
    at += negative;
    if (end - at > PLAIN_DIGITS + 1 || at == end)
        return false;
    uint64_t value = 0; /* 19 digits fit, though 18 are kept */
    const char *start = at, *point = NULL;
    for (; at < end; at++) {
        if (dv_is_digit(*at))
            value = value * 10 + (uint64_t)(*at - '0');
        else if (*at == '.' && point == NULL)
            point = at;
        else
            return false;
    }
    int64_t digits = at - start - (point != NULL);
    if (digits == 0 || digits > PLAIN_DIGITS)
        return false;
    *out = small(negative ? -(int64_t)value : (int64_t)value, point == NULL ? 0 : (int32_t)(end - point - 1));
    return true;
}

enum dv_status dv_numeric_parse(const char *text, size_t length, struct dv_arena *arena, struct dv_value *out,
                                struct dv_err *err)
{
    if (parse_plain(text, text + length, out))
        return DV_OK;
    const char *at = text;
    size_t len = length;
    dv_trim_blanks(&at, &len);
    const char *end = at + len;
    struct scanned number;
    bool too_large = false;
    if (parse_plain(at, end, out) || parse_special(at, len, out))
        return DV_OK;
    if (!scan(&at, end, &number, &too_large))
        return dv_value_bad_syntax(err, "numeric", text, length);
    if (too_large)
        return overflow(err);
    if (at != end)
        return dv_value_bad_syntax(err, "numeric", text, length);
    return build_big(&number, arena, out, err);
}

static void format_small(int64_t coefficient, unsigned scale, struct dv_buf *out)
{
    if (!dv_buf_reserve(out, 24))
        return;
    char *at = out->data + out->len, digits[20];
    uint64_t magnitude = coefficient < 0 ? ~(uint64_t)coefficient + 1U : (uint64_t)coefficient;
    if (coefficient < 0)
        *at++ = '-';
    unsigned count = dv_put_uint(digits, magnitude);
    if (count > scale) {
        memcpy(at, digits, count - scale);
        at += count - scale;
    } else {
        *at++ = '0';
    }
    if (scale > 0) {
        *at++ = '.';
        for (unsigned i = count; i < scale; i++)
            *at++ = '0';
        unsigned behind = count < scale ? count : scale;
        memcpy(at, digits + count - behind, behind);
        at += behind;
    }
    out->len = (size_t)(at - out->data);
}

static void format_big(const struct dv_value *value, struct dv_buf *out)
{
    size_t scale = (size_t)value->u.big->scale;
    mpz_t coefficient;
    mpz_init(coefficient);
    dv_numeric_load(value, coefficient);
    size_t most = mpz_sizeinbase(coefficient, 10) + scale + 4;
    if (!dv_buf_reserve(out, most + scale))
        goto done;
    char *at = out->data + out->len;
    if (mpz_sgn(coefficient) < 0) {
        *at++ = '-';
        mpz_neg(coefficient, coefficient);
    }
    mpz_get_str(at, 10, coefficient);
    size_t count = strlen(at);
    if (count <= scale) { /* zeros before the digits, so that one stands before the point */
        size_t zeros = scale + 1 - count;
        memmove(at + zeros, at, count);
        memset(at, '0', zeros);
        count += zeros;
    }
    if (scale > 0) {
        memmove(at + count - scale + 1, at + count - scale, scale);
        at[count - scale] = '.';
        count++;
    }
    out->len = (size_t)(at - out->data) + count;
done:
    mpz_clear(coefficient);
}

void dv_numeric_format(const struct dv_value *value, struct dv_buf *out)
{
    switch (value->kind) {
    case DV_NUM_SMALL:
        format_small(value->u.i, value->scale, out);
        break;
    case DV_NUM_BIG:
        format_big(value, out);
        break;
    case DV_NUM_NAN:
        dv_buf_append(out, "NaN", 3);
        break;
    case DV_NUM_INFINITY:
        dv_buf_append(out, "Infinity", 8);
        break;
    default:
        dv_buf_append(out, "-Infinity", 9);
        break;
    }
}

/* -Infinity, finite, Infinity, NaN */
static int rank_of(const struct dv_value *value)
{
    static const int ranks[] = {[DV_NUM_SMALL] = 1,
                                [DV_NUM_BIG] = 1,
                                [DV_NUM_NAN] = 3,
                                [DV_NUM_INFINITY] = 2,
                                [DV_NUM_MINUS_INFINITY] = 0};
    return ranks[value->kind];
}

int dv_numeric_compare(const struct dv_value *a, const struct dv_value *b)
{
    int rank_a = rank_of(a), rank_b = rank_of(b);
    if (rank_a != 1 || rank_b != 1)
        return (rank_a > rank_b) - (rank_a < rank_b);
    int32_t scale_a = dv_numeric_scale_of(a), scale_b = dv_numeric_scale_of(b);
    if (a->kind == DV_NUM_SMALL && b->kind == DV_NUM_SMALL) {
        dv_int128 wide_a = a->u.i, wide_b = b->u.i;
        if (scale_a < scale_b)
            wide_a *= dv_pow10[scale_b - scale_a];
        else if (scale_a > scale_b)
            wide_b *= dv_pow10[scale_a - scale_b];
        return (wide_a > wide_b) - (wide_a < wide_b);
    }
    int sign_a = dv_numeric_sign_of(a), sign_b = dv_numeric_sign_of(b);
    if (sign_a != sign_b)
        return sign_a > sign_b ? 1 : -1;
    mpz_t big_a, big_b, power;
    mpz_inits(big_a, big_b, power, NULL);
    dv_numeric_load(a, big_a);
    dv_numeric_load(b, big_b);
    mpz_ui_pow_ui(power, 10, (unsigned long)labs((long)scale_a - scale_b));
    if (scale_a < scale_b)
        mpz_mul(big_a, big_a, power);
    else
        mpz_mul(big_b, big_b, power);
    int order = mpz_cmp(big_a, big_b);
    mpz_clears(big_a, big_b, power, NULL);
    return (order > 0) - (order < 0);
}

static enum dv_status from_float(double f, int digits, struct dv_arena *arena, struct dv_value *out,
                                 struct dv_err *err)
{
    char text[40];
    if (isnan(f) || isinf(f)) {
        *out = dv_numeric_special(isnan(f) ? DV_NUM_NAN : f > 0 ? DV_NUM_INFINITY : DV_NUM_MINUS_INFINITY);
        return DV_OK;
    }
    int length = snprintf(text, sizeof text, "%.*g", digits, f);
    return dv_numeric_parse(text, (size_t)length, arena, out, err);
}

enum dv_status dv_numeric_from_float(double f, struct dv_arena *arena, struct dv_value *out,
                                     struct dv_err *err)
{
    return from_float(f, 15, arena, out, err);
}

enum dv_status dv_numeric_from_float4(double f, struct dv_arena *arena, struct dv_value *out,
                                      struct dv_err *err)
{
    return from_float(f, 6, arena, out, err);
}

double dv_numeric_to_float(const struct dv_value *value)
{
    /* Both exact, so that the one division rounds once. */
    if (value->kind == DV_NUM_SMALL && value->u.i < (1LL << 53) && value->u.i > -(1LL << 53))
        return (double)value->u.i / (double)dv_pow10[value->scale];
    struct dv_buf buf = {0};
    dv_numeric_format(value, &buf);
    const char *text = dv_buf_cstr(&buf);
    double f = text == NULL ? (double)NAN : strtod(text, NULL);
    dv_buf_release(&buf);
    return f;
}
