#include "core/value_float.h"

#include "core/digits.h"
#include "core/value_error.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dv_status dv_float_parse(const char *text, size_t length, bool single, struct dv_arena *arena,
                              double *out, struct dv_err *err)
{
    const char *type = single ? "real" : "double precision", *trimmed = text;
    char small[64], *copy = small, *end;
    size_t len = length;
    dv_trim_blanks(&trimmed, &len);
    if (len >= sizeof small) {
        if ((copy = dv_arena_copy(arena, trimmed, len)) == NULL)
            return dv_fail_memory(err);
    } else {
        memcpy(small, trimmed, len);
        small[len] = '\0';
    }
    int saved = errno;
    errno = 0;
    double value = single ? (double)strtof(copy, &end) : strtod(copy, &end);
    bool overflow = errno == ERANGE && (value == 0 || isinf(value));
    errno = saved;
    if (len == 0 || end != copy + len)
        return dv_value_bad_syntax(err, type, text, length);
    if (overflow)
        return dv_value_fail(err, "22003", text, length, "\"%.*s\" is out of range for type %s",
                             (int)(len < 160 ? len : 160), trimmed, type);
    *out = value;
    return DV_OK;
}

/* Digits d1d2...dn, the value being 0.d1d2... * 10^point. */
struct decimal {
    char digits[20];
    int count, point;
};

static void to_decimal(double value, int precision, struct decimal *out)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", precision - 1, value); /* d.ddde±dd */
    const char *exponent = strchr(text, 'e');
    out->digits[0] = text[0];
    if (precision > 1)
        memcpy(out->digits + 1, text + 2, (size_t)precision - 1);
    out->count = precision;
    out->point = exponent == NULL ? 1 : atoi(exponent + 1) + 1;
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
}

/* Whether the decimal is exactly this number, whose own decimal form always ends (it is a whole number times
 * a power of two; the longest needs fewer than 1,100 digits). */
static bool is_exactly(const struct decimal *decimal, long double number)
{
    char text[1200];
    snprintf(text, sizeof text, "%.1150Le", number);
    const char *digit = text;
    for (int i = 0; *digit != 'e' && *digit != '\0'; digit++) {
        if (*digit == '.')
            continue;
        if (*digit != (i < decimal->count ? decimal->digits[i] : '0'))
            return false;
        i++;
    }
    return true;
}

/* Whether the decimal lies inside the interval that rounds to value, its ends excluded, as PostgreSQL has it.
 * strtod() takes an end, which is halfway to the next number, for value where value's last bit is 0. */
static bool reads_back(const struct decimal *decimal, double value, bool single)
{
    char text[48];
    snprintf(text, sizeof text, "0.%.*se%d", decimal->count, decimal->digits, decimal->point);
    if (single ? (double)strtof(text, NULL) != value : strtod(text, NULL) != value)
        return false;
    long double near = strtold(text, NULL), neighbour;
    double away = near < value ? 0.0 : (double)INFINITY;
    if (single)
        neighbour = nextafterf((float)value, (float)away);
    else
        neighbour = nextafter(value, away);
    long double halfway = ((long double)value + neighbour) / 2; /* exact: one bit more than value has */
    return near != halfway || !is_exactly(decimal, halfway);
}

/* One step up or down in the last of `precision` digits. False where that would carry into another length. */
static bool step(struct decimal *decimal, int precision, int by)
{
    while (decimal->count < precision)
        decimal->digits[decimal->count++] = '0';
    for (int i = precision - 1; i >= 0; i--) {
        if (by > 0 && decimal->digits[i] < '9') {
            decimal->digits[i]++;
            return true;
        }
        if (by < 0 && decimal->digits[i] > (i == 0 ? '1' : '0')) {
            decimal->digits[i]--;
            return true;
        }
        decimal->digits[i] = by > 0 ? '0' : '9';
    }
    return false;
}

/* The shortest decimal inside value's interval; of several the nearest. value > 0. */
static void shortest(double value, bool single, struct decimal *out)
{
    int most = single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    bool subnormal = value < (single ? (double)FLT_MIN : DBL_MIN);
    int mantissa_exponent;
    bool power_of_two = frexp(value, &mantissa_exponent) == 0.5;
    for (int precision = subnormal ? 1 : (single ? FLT_DIG : DBL_DIG); precision < most; precision++) {
        to_decimal(value, precision, out);
        if (reads_back(out, value, single))
            return;
        /* Above a power of two the interval is twice as wide as below: the nearest decimal may lie outside on
         * the narrow side while the next one up lies inside. */
        if (power_of_two && step(out, precision, 1) && reads_back(out, value, single))
            return;
    }
    to_decimal(value, most, out);
}

/* A double of at most 15 digits, up to nine of them behind the point: whole / 10^n divides two exact numbers,
 * so it rounds as reading the text would; and no two decimals of 15 digits share a double, so the fewest
 * digits that read back are these. Returns how many bytes; 0: it is no such number. */
static unsigned put_short(double value, char *at)
{
    static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (!(value >= 1e-4 && value < 1e14))
        return 0;
    for (unsigned n = 1; n < sizeof tens / sizeof *tens; n++) {
        double whole = rint(value * tens[n]);
        if (whole >= 1e15)
            return 0;
        if (whole / tens[n] != value)
            continue;
        uint64_t digits = (uint64_t)whole, unit = (uint64_t)tens[n];
        unsigned length = dv_put_uint(at, digits / unit);
        at[length++] = '.';
        digits %= unit;
        for (unsigned i = n; i-- > 0; digits /= 10)
            at[length + i] = (char)('0' + digits % 10);
        return length + n;
    }
    return 0;
}

unsigned dv_float_format(double value, bool single, char out[32])
{
    char *at = out;
    if (isnan(value)) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    if (signbit(value)) {
        *at++ = '-';
        value = -value;
    }
    if (isinf(value)) {
        memcpy(at, "Infinity", 8);
        return (unsigned)(at - out) + 8;
    }
    if (value < (single ? 1e6 : 1e15) && value == (double)(int64_t)value)
        return (unsigned)(at - out) + dv_put_uint(at, (uint64_t)value);

    unsigned quick = single ? 0 : put_short(value, at);
    if (quick > 0)
        return (unsigned)(at - out) + quick;

    struct decimal decimal;
    shortest(value, single, &decimal);
    int exponent = decimal.point - 1, count = decimal.count;
    if (exponent < -4 || exponent >= (single ? 6 : 15)) { /* printf's %g thresholds, as PostgreSQL's */
        *at++ = decimal.digits[0];
        if (count > 1) {
            *at++ = '.';
            memcpy(at, decimal.digits + 1, (size_t)count - 1);
            at += count - 1;
        }
        *at++ = 'e';
        *at++ = exponent < 0 ? '-' : '+';
        unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
        if (magnitude < 10)
            *at++ = '0';
        at += dv_put_uint(at, magnitude);
    } else if (decimal.point <= 0) {
        memcpy(at, "0.0000", 6);
        at += 2 - decimal.point;
        memcpy(at, decimal.digits, (size_t)count);
        at += count;
    } else {
        for (int i = 0; i < count || i < decimal.point; i++) {
            if (i == decimal.point)
                *at++ = '.';
            *at++ = i < count ? decimal.digits[i] : '0';
        }
    }
    return (unsigned)(at - out);
}
