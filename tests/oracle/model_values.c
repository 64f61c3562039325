/* The data of generated cases. */
#include "tests/oracle/model_values.h"

#include "tests/oracle/model_gen.h"

#include <string.h>

#define VALUES 24

static const char *const calm[KINDS][VALUES] = {
    [KIND_BOOL] = {"t", "f"},
    [KIND_INT] = {"0", "1", "-1", "2", "3", "7", "12", "100", "-40"},
    [KIND_BIGINT] = {"0", "1", "-1", "5000000000", "42", "-9000000000000", "17"},
    [KIND_NUMERIC] = {"0", "1", "-1.5", "2.5", "0.0000001", "12345678901234567890.123", "-0.005", "123.456",
                      "1e30", "0.3333333333333333333333", "7", "-99999999999999999999"},
    [KIND_FLOAT] = {"0", "1.5", "-2.5", "0.25", "1000", "-7", "1048576.5"},
    [KIND_TEXT] = {"",
                   " ",
                   "a",
                   "b",
                   "ab",
                   "A",
                   "Hello World",
                   "  padded \t\r\n",
                   "50% off_now\\",
                   "a,b\"c\nd",
                   "x@y.z",
                   "null",
                   "\\.",
                   "\xc3\x84\xc3\x96\xc3\x9c\xc3\x9f",
                   "e\xcc\x81",
                   "\xc3\xa9",
                   "\xc4\xb0I\xc4\xb1i",
                   "\xce\x9f\xce\xa3\xce\xa3",
                   "\xf0\x9f\x98\x80",
                   "don't",
                   "\xef\xac\x81n",
                   "a b c"},
    [KIND_UUID] = {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                   "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
    [KIND_DATE] = {"2000-01-01", "2024-02-29", "1999-12-31", "0001-01-01", "0044-03-15 BC", "2024-12-30",
                   "2021-01-03", "2023-02-28"},
    [KIND_TIMESTAMP] = {"2000-01-01 00:00:00", "2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.5",
                        "0044-03-15 12:00:00 BC", "2024-12-30 13:05:09.123456", "2024-03-31 02:30:00"},
    [KIND_TIMESTAMPTZ] = {"2000-01-01 00:00:00+00", "2024-03-31 01:30:00+00", "1999-12-31 23:59:59.5+00",
                          "2024-01-31 10:00:00+02", "2024-02-29 12:00:00+00"},
    [KIND_INTERVAL] = {"0", "1 day", "-1 day 02:03:04.5", "1 year 2 mons", "100:00:00",
                       "3 days 04:00:00.000001"},
    [KIND_JSON] = {"{}", "[]", "null", "true", "\"str\"", "12", "{\"a\": 1}",
                   "{\"a\": \"x\", \"b\": [1, 2, {\"c\": null}]}", "{\"a\": null}",
                   "[1, \"two\", null, true]", "{\"a\": {\"a\": {}}, \"k\": [[]]}", "\"\"", "-7.5",
                   "{\"a\": \"tab\\t \\\"q\\\" \\u00e9\"}", "{\"\": 0}"},
};

static const char *const hurt[KINDS][VALUES] = {
    [KIND_BOOL] = {"t"},
    [KIND_INT] = {"2147483647", "-2147483648", "65"},
    [KIND_BIGINT] = {"9223372036854775807", "-9223372036854775808"},
    [KIND_NUMERIC] = {"NaN", "1e120", "1e-60", "0.00", "1.000", "Infinity", "-Infinity"},
    [KIND_FLOAT] = {"-0", "0.1", "1e300", "1e-300", "NaN", "Infinity", "-Infinity", "4.9e-324"},
    [KIND_TEXT] = {"12", "-3.5", "2024-02-29", "true", "NaN", "infinity",
                   "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "{\"a\": 1}", "1 day", "\xf4\x8f\xbf\xbf",
                   "\xe2\x80\xae"
                   "abc",
                   "99999999999", "\xc2\xa0x\xc2\xa0", "\xf0\xa0\x80\x80", "1e5", " 7 "},
    [KIND_UUID] = {"00000000-0000-0000-0000-000000000001"},
    [KIND_DATE] = {"infinity", "-infinity", "5874897-12-31", "4713-01-01 BC"},
    [KIND_TIMESTAMP] = {"infinity", "-infinity", "294276-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC"},
    [KIND_TIMESTAMPTZ] = {"infinity", "-infinity", "294276-12-31 23:59:59.999999+00"},
    [KIND_INTERVAL] = {"1 mon", "30 days", "720:00:00", "-178000000 years", "178000000 years",
                       "1 mon -30 days"},
    [KIND_JSON] = {"1.0", "1.00", "{\"a\": 1.0}", "1e20", "{\"a\": \"7\"}", "[[[[[[1]]]]]]",
                   "{\"a\": \"not a number\"}", "\"\\ud83d\\ude00\""},
};

static const char *any_of(const char *const *values)
{
    unsigned n = 0;
    while (n < VALUES && values[n] != NULL)
        n++;
    return values[model_pick(n)];
}

static void character(struct dv_buf *out, uint32_t c)
{
    if (c < 0x80) {
        dv_buf_byte(out, (char)c);
    } else if (c < 0x800) {
        dv_buf_printf(out, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        dv_buf_printf(out, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
                      (int)(0x80 | (c & 0x3f)));
    } else {
        dv_buf_printf(out, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
                      (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
    }
}

/* Letters that every ICU knows alike, marks on them, and some of every plane. */
static void random_text(struct dv_buf *out)
{
    static const uint32_t ranges[][2] = {
        {' ', '~'},         {'a', 'e'},         {0xc0, 0x17f},      {0x300, 0x310},     {0x391, 0x3a1},
        {0x410, 0x44f},     {0x5d0, 0x5ea},     {0x1e00, 0x1eff},   {0x4e00, 0x4eff},   {0x1f600, 0x1f64f},
        {0x20000, 0x20010}, {0x30000, 0x30010}, {0xe0020, 0xe0030}, {0xf0000, 0xf0010}, {0x100000, 0x100010}};
    for (unsigned n = model_pick(9); n > 0; n--) {
        const uint32_t *range =
            ranges[model_pick(3) > 0 ? model_pick(3) : model_pick(sizeof ranges / sizeof ranges[0])];
        character(out, range[0] + model_pick(range[1] - range[0] + 1));
    }
}

void value_text(struct dv_buf *out, enum kind kind, bool exact, bool awkward)
{
    bool rare = awkward && model_pick(4) == 0 &&
                !(exact &&
                  (kind == KIND_NUMERIC || kind == KIND_FLOAT || kind == KIND_INTERVAL || kind == KIND_JSON));
    if (kind == KIND_TEXT && !rare && model_pick(3) == 0)
        random_text(out);
    else if ((kind == KIND_INT || kind == KIND_BIGINT) && model_pick(2) == 0)
        dv_buf_printf(out, "%d", (int)model_pick(400) - 100);
    else if (kind == KIND_NUMERIC && !rare && model_pick(2) == 0)
        dv_buf_printf(out, "%d.%u%u", (int)model_pick(2000) - 900, model_pick(10), 1 + model_pick(9));
    else
        dv_buf_str(out, any_of(rare ? hurt[kind] : calm[kind]));
}
