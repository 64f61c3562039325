/* numeric: exact decimals with PostgreSQL's meaning (src/backend/utils/adt/numeric.c): display scale kept,
 * division's scale chosen as PostgreSQL chooses it, halves rounded away from zero, NaN equal to itself and
 * above everything.
 *
 * A value whose coefficient fits an int64 and whose scale is 18 at most is DV_NUM_SMALL (no memory but the
 * struct dv_value itself); every other finite one is DV_NUM_BIG: u.big -> struct dv_big in the arena, worked
 * on through GMP. A value is always small where it can be, so that equal values have one form up to their
 * scale. */
#ifndef DV_CORE_NUMERIC_H
#define DV_CORE_NUMERIC_H

#include "core/value.h"

struct dv_big {
    int32_t scale; /* digits after the point, 0..16383 */
    int32_t sign;  /* -1, 1 */
    uint32_t limb_count;
    uint64_t limbs[]; /* the coefficient's magnitude, least significant first */
};

enum dv_status dv_numeric_parse(const char *text, size_t length, struct dv_arena *arena, struct dv_value *out,
                                struct dv_err *err) DV_MUST_CHECK;
void dv_numeric_format(const struct dv_value *value, struct dv_buf *out);
int dv_numeric_compare(const struct dv_value *a, const struct dv_value *b);
struct dv_value dv_numeric_from_int(int64_t i);
enum dv_status dv_numeric_from_float(double f, struct dv_arena *arena, struct dv_value *out,
                                     struct dv_err *err) DV_MUST_CHECK;
/* The same for float4, which PostgreSQL takes at 6 digits instead of 15. */
enum dv_status dv_numeric_from_float4(double f, struct dv_arena *arena, struct dv_value *out,
                                      struct dv_err *err) DV_MUST_CHECK;
/* Rounds (half away from zero); error 22003 where it does not fit. */
enum dv_status dv_numeric_to_int(const struct dv_value *value, int64_t min, int64_t max, int64_t *out,
                                 struct dv_err *err) DV_MUST_CHECK;
double dv_numeric_to_float(
    const struct dv_value *value); /* infinite where the number is past a double: PostgreSQL's 22003 */

/* op: '+', '-', '*', '/', '%'. Division by zero is 22012. */
enum dv_status dv_numeric_arithmetic(char op, const struct dv_value *a, const struct dv_value *b,
                                     struct dv_arena *arena, struct dv_value *out,
                                     struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_negate(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                                 struct dv_err *err) DV_MUST_CHECK;
/* round(a, scale); mode: 'r' half away from zero, 't' trunc, 'c' ceil, 'f' floor. */
enum dv_status dv_numeric_round(const struct dv_value *a, int32_t scale, char mode, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
/* Applies numeric(precision, scale): rounds, pads, error 22003 on overflow. */
enum dv_status dv_numeric_modify(const struct dv_value *a, int32_t precision, int32_t scale,
                                 struct dv_arena *arena, struct dv_value *out,
                                 struct dv_err *err) DV_MUST_CHECK;

/* ---- numeric_transcend.c ------------------------------------------------------------------------------- */
/* With the digits that PostgreSQL gives; its errors 2201E, 2201F, 22003, 22012. */
enum dv_status dv_numeric_sqrt(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                               struct dv_err *err) DV_MUST_CHECK;
/* The same, to so many digits behind the point. */
enum dv_status dv_numeric_sqrt_to(const struct dv_value *a, int32_t scale, struct dv_arena *arena,
                                  struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_exp(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                              struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_ln(const struct dv_value *a, struct dv_arena *arena, struct dv_value *out,
                             struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_log(const struct dv_value *base, const struct dv_value *a, struct dv_arena *arena,
                              struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_power(const struct dv_value *a, const struct dv_value *b, struct dv_arena *arena,
                                struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
/* Greatest common divisor; multiple: least common multiple. */
enum dv_status dv_numeric_gcd(const struct dv_value *a, const struct dv_value *b, bool multiple,
                              struct dv_arena *arena, struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_numeric_factorial(int64_t n, struct dv_arena *arena, struct dv_value *out,
                                    struct dv_err *err) DV_MUST_CHECK;
/* a / b cut to a whole number */
enum dv_status dv_numeric_div(const struct dv_value *a, const struct dv_value *b, struct dv_arena *arena,
                              struct dv_value *out, struct dv_err *err) DV_MUST_CHECK;
/* Digits behind the point as shown, and as needed; -1: NaN or infinite. */
int32_t dv_numeric_scale(const struct dv_value *a);
int32_t dv_numeric_min_scale(const struct dv_value *a);

#endif
