/* Decimal digits by hand, for the paths that run once a field. Internal to core/. */
#ifndef DV_CORE_DIGITS_H
#define DV_CORE_DIGITS_H

#include <stdint.h>
#include <string.h>

static const char dv_digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static inline void dv_put_pair(char *out, unsigned value) /* value < 100 */
{
    memcpy(out, dv_digit_pairs + value * 2U, 2);
}

/* The digits of value, without leading zeros, to out (at least 20 bytes); returns how many. */
static inline unsigned dv_put_uint(char *out, uint64_t value)
{
    char reversed[20];
    unsigned at = sizeof reversed;
    while (value >= 100) {
        at -= 2;
        dv_put_pair(reversed + at, (unsigned)(value % 100));
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        dv_put_pair(reversed + at, (unsigned)value);
    } else {
        reversed[--at] = (char)('0' + value);
    }
    memcpy(out, reversed + at, sizeof reversed - at);
    return (unsigned)(sizeof reversed - at);
}

/* The same with a sign: at least 21 bytes. */
static inline unsigned dv_put_int(char *out, int64_t value)
{
    if (value >= 0)
        return dv_put_uint(out, (uint64_t)value);
    *out = '-';
    return 1U + dv_put_uint(out + 1, ~(uint64_t)value + 1U);
}

#endif
