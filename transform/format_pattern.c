#include "transform/format_pattern.h"

#include <string.h>

const char *const dv_month_names[12] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
const char *const dv_day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};

#define EITHER(upper, lower, field, length, digits)                                                          \
    {upper, field, DV_CASE_UPPER, length, digits},                                                           \
    {                                                                                                        \
        lower, field, DV_CASE_LOWER, length, digits                                                          \
    }

/* Of two that begin alike the longer comes first. */
static const struct {
    const char *word;
    enum dv_field field;
    enum dv_letter_case letters;
    unsigned length;
    bool digits;
} words[] = {EITHER("A.D.", "a.d.", DV_F_A_D, 4, false),
             EITHER("A.M.", "a.m.", DV_F_A_M, 4, false),
             EITHER("AD", "ad", DV_F_AD, 2, false),
             EITHER("AM", "am", DV_F_AM, 2, false),
             EITHER("B.C.", "b.c.", DV_F_A_D, 4, false),
             EITHER("BC", "bc", DV_F_AD, 2, false),
             EITHER("CC", "cc", DV_F_CC, 2, true),
             EITHER("DAY", "day", DV_F_DAY, 3, false),
             {"Day", DV_F_DAY, DV_CASE_TITLE, 3, false},
             EITHER("DDD", "ddd", DV_F_DDD, 3, true),
             EITHER("DD", "dd", DV_F_DD, 2, true),
             EITHER("DY", "dy", DV_F_DY, 2, false),
             {"Dy", DV_F_DY, DV_CASE_TITLE, 2, false},
             EITHER("D", "d", DV_F_D, 1, true),
             EITHER("FF1", "ff1", DV_F_FF, 1, true),
             EITHER("FF2", "ff2", DV_F_FF, 2, true),
             EITHER("FF3", "ff3", DV_F_FF, 3, true),
             EITHER("FF4", "ff4", DV_F_FF, 4, true),
             EITHER("FF5", "ff5", DV_F_FF, 5, true),
             EITHER("FF6", "ff6", DV_F_FF, 6, true),
             EITHER("FX", "fx", DV_F_FX, 2, false),
             EITHER("HH24", "hh24", DV_F_HH24, 2, true),
             EITHER("HH12", "hh12", DV_F_HH12, 2, true),
             EITHER("HH", "hh", DV_F_HH12, 2, true),
             EITHER("IDDD", "iddd", DV_F_IDDD, 3, true),
             EITHER("ID", "id", DV_F_ID, 1, true),
             EITHER("IW", "iw", DV_F_IW, 2, true),
             EITHER("IYYY", "iyyy", DV_F_IYYY, 4, true),
             EITHER("IYY", "iyy", DV_F_IYYY, 3, true),
             EITHER("IY", "iy", DV_F_IYYY, 2, true),
             EITHER("I", "i", DV_F_IYYY, 1, true),
             EITHER("J", "j", DV_F_J, 1, true),
             EITHER("MI", "mi", DV_F_MI, 2, true),
             EITHER("MM", "mm", DV_F_MM, 2, true),
             EITHER("MONTH", "month", DV_F_MONTH, 5, false),
             {"Month", DV_F_MONTH, DV_CASE_TITLE, 5, false},
             EITHER("MON", "mon", DV_F_MON, 3, false),
             {"Mon", DV_F_MON, DV_CASE_TITLE, 3, false},
             EITHER("MS", "ms", DV_F_MS, 3, true),
             EITHER("OF", "of", DV_F_OF, 2, false),
             EITHER("P.M.", "p.m.", DV_F_A_M, 4, false),
             EITHER("PM", "pm", DV_F_AM, 2, false),
             EITHER("Q", "q", DV_F_Q, 1, true),
             EITHER("RM", "rm", DV_F_RM, 2, false),
             EITHER("SSSSS", "sssss", DV_F_SSSS, 5, true),
             EITHER("SSSS", "ssss", DV_F_SSSS, 4, true),
             EITHER("SS", "ss", DV_F_SS, 2, true),
             EITHER("TZH", "tzh", DV_F_TZH, 3, false),
             EITHER("TZM", "tzm", DV_F_TZM, 3, true),
             EITHER("TZ", "tz", DV_F_TZ, 2, false),
             EITHER("US", "us", DV_F_US, 6, true),
             EITHER("WW", "ww", DV_F_WW, 2, true),
             EITHER("W", "w", DV_F_W, 1, true),
             EITHER("Y,YYY", "y,yyy", DV_F_Y_YYY, 5, true),
             EITHER("YYYY", "yyyy", DV_F_YYYY, 4, true),
             EITHER("YYY", "yyy", DV_F_YYYY, 3, true),
             EITHER("YY", "yy", DV_F_YYYY, 2, true),
             EITHER("Y", "y", DV_F_YYYY, 1, true)};

static bool starts(const char *p, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - p) >= length && memcmp(p, word, length) == 0;
}

/* A field at p, its FM before and its TH behind; returns what it took, 0: none. */
static size_t read_field(const char *p, const char *end, struct dv_format_node *node, bool *prefix)
{
    const char *start = p;
    *prefix = starts(p, end, "FM") || starts(p, end, "fm") || starts(p, end, "TM") || starts(p, end, "tm");
    if (*prefix) {
        node->fill = *p == 'F' || *p == 'f';
        p += 2;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!starts(p, end, words[i].word))
            continue;
        node->kind = DV_NODE_FIELD;
        node->field = words[i].field;
        node->letters = words[i].letters;
        node->word = words[i].word;
        node->length = words[i].length;
        node->digits = words[i].digits;
        p += strlen(words[i].word);
        if (starts(p, end, "TH") || starts(p, end, "th")) {
            node->th = *p == 'T' ? 'T' : 't';
            p += 2;
        } else if (starts(p, end, "SP")) {
            p += 2;
        }
        return (size_t)(p - start);
    }
    return 0;
}

static bool separator(char c)
{
    return c > 0x20 && c < 0x7f && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
           !(c >= '0' && c <= '9');
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

enum dv_status dv_format_parse(const char *pattern, size_t length, struct dv_arena *arena,
                               struct dv_format *out, struct dv_err *err)
{
    const char *p = pattern, *end = pattern + length;
    bool quoted = false;
    out->count = 0;
    out->nodes = dv_arena_zalloc(arena, sizeof(*out->nodes) * (length + 1));
    if (out->nodes == NULL)
        return dv_fail_memory(err);
    while (p < end) {
        struct dv_format_node *node = &out->nodes[out->count];
        bool prefix = false;
        size_t taken = quoted ? 0 : read_field(p, end, node, &prefix);
        if (taken > 0) {
            p += taken;
            out->count++;
            continue;
        }
        if (prefix) /* FM or TM before what is no field counts for nothing */
            p += 2;
        *node = (struct dv_format_node){.kind = DV_NODE_TEXT};
        if (p < end && *p == '"') {
            quoted = !quoted;
            p++;
            continue;
        }
        if (p < end && *p == '\\' && end - p > 1 && (quoted || p[1] == '"'))
            p++;
        else if (!quoted && p < end)
            node->kind = blank(*p) ? DV_NODE_BLANK : separator(*p) ? DV_NODE_SEPARATOR : DV_NODE_TEXT;
        if (p == end)
            break;
        node->p = p;
        node->width = dv_utf8_width((unsigned char)*p);
        p += node->width;
        out->count++;
    }
    return DV_OK;
}
