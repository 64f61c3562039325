/* The patterns of to_char, to_date and to_timestamp, taken apart. Private to transform/.
 *
 * A pattern is a list of nodes: fields with what stands around them (FM, TH), blanks, separators and plain
 * text. */
#ifndef DV_TRANSFORM_FORMAT_PATTERN_H
#define DV_TRANSFORM_FORMAT_PATTERN_H

#include "transform/bind_internal.h"

enum dv_field {
    DV_F_AD,
    DV_F_A_D,
    DV_F_AM,
    DV_F_A_M,
    DV_F_CC,
    DV_F_DAY,
    DV_F_DDD,
    DV_F_DD,
    DV_F_DY,
    DV_F_D,
    DV_F_FF, /* digits in `length` */
    DV_F_FX,
    DV_F_HH24,
    DV_F_HH12,
    DV_F_IDDD,
    DV_F_ID,
    DV_F_IW,
    DV_F_IYYY, /* length: how many digits of the year */
    DV_F_J,
    DV_F_MI,
    DV_F_MM,
    DV_F_MONTH,
    DV_F_MON,
    DV_F_MS,
    DV_F_OF,
    DV_F_Q,
    DV_F_RM,
    DV_F_SSSS,
    DV_F_SS,
    DV_F_TZH,
    DV_F_TZM,
    DV_F_TZ,
    DV_F_US,
    DV_F_WW,
    DV_F_W,
    DV_F_Y_YYY,
    DV_F_YYYY /* length: how many digits */
};

enum dv_format_kind { DV_NODE_FIELD, DV_NODE_BLANK, DV_NODE_SEPARATOR, DV_NODE_TEXT };
enum dv_letter_case { DV_CASE_UPPER, DV_CASE_TITLE, DV_CASE_LOWER };

struct dv_format_node {
    enum dv_format_kind kind;
    enum dv_field field;
    enum dv_letter_case letters;
    const char *word; /* of a field, for errors */
    unsigned length;
    bool digits; /* the field is read as digits */
    bool fill;   /* FM: no padding */
    char th;     /* 'T' TH, 't' th, NUL none */
    const char *p;
    unsigned width; /* of text: one character, borrowed from the pattern */
};

struct dv_format {
    struct dv_format_node *nodes;
    unsigned count;
};

enum dv_status dv_format_parse(const char *pattern, size_t length, struct dv_arena *arena,
                               struct dv_format *out, struct dv_err *err) DV_MUST_CHECK;

/* A moment or an interval in fields. */
struct dv_format_time {
    bool is_interval, with_zone;
    int64_t year, month, day, hour, minute, second, micro;
    int64_t days; /* since 2000-01-01; of an interval: its span in days */
};

enum dv_status dv_format_put(const struct dv_format *format, const struct dv_format_time *time,
                             struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* The text read by the pattern. date_only: the day alone counts. *us: of the date's midnight or the moment,
 * in UTC. */
enum dv_status dv_format_read(const struct dv_format *format, const char *text, size_t length, bool date_only,
                              int64_t *us, struct dv_err *err) DV_MUST_CHECK;
extern const char *const dv_month_names[12], *const dv_day_names[7];

#endif
