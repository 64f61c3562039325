#include "core/csv.h"

#include <inttypes.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The text is looked at in windows of 64 bytes, each turned into one bit mask a special character. Which
 * bytes stand inside quotes is the running parity of the quote bits, so a field costs one bit operation,
 * quoted or not, and a doubled quote costs nothing. */
#define WINDOW ((size_t)64)

struct masks {
    uint64_t quote, comma, lf, cr;
};

#ifdef __SSE2__
static inline uint64_t mask16(__m128i bytes, char wanted)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}

static inline void look(const char *at, struct masks *masks)
{
    *masks = (struct masks){0};
    for (unsigned i = 0; i < WINDOW; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        masks->quote |= mask16(bytes, '"') << i;
        masks->comma |= mask16(bytes, ',') << i;
        masks->lf |= mask16(bytes, '\n') << i;
        masks->cr |= mask16(bytes, '\r') << i;
    }
}
#else
static inline void look(const char *at, struct masks *masks)
{
    *masks = (struct masks){0};
    for (unsigned i = 0; i < WINDOW; i++) {
        masks->quote |= (uint64_t)(at[i] == '"') << i;
        masks->comma |= (uint64_t)(at[i] == ',') << i;
        masks->lf |= (uint64_t)(at[i] == '\n') << i;
        masks->cr |= (uint64_t)(at[i] == '\r') << i;
    }
}
#endif

/* The masks of the window at `at`, of which `left` bytes are there. */
static inline void look_within(const char *at, size_t left, struct masks *masks)
{
    if (left >= WINDOW) {
        look(at, masks);
        return;
    }
    char padded[WINDOW] = {0};
    memcpy(padded, at, left);
    look(padded, masks);
}

/* Bit i: the parity of bits 0..i. */
static inline uint64_t running_parity(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    return bits;
}

static inline uint64_t all_if_top(uint64_t bits)
{
    return (uint64_t)0 - (bits >> 63);
}

static inline void set_raw(struct dv_value *value, const char *field, size_t length)
{
    value->u.p = field;
    value->len = (uint32_t)length;
    value->state = (uint8_t)(length == 0 ? DV_NULL : *field == '"' ? DV_RAW_QUOTED : DV_RAW);
    value->kind = 0;
    value->scale = 0;
}

enum fault { FAULT_NONE, FAULT_STRAY_QUOTE, FAULT_AFTER_QUOTE, FAULT_BARE_CR, FAULT_OPEN_QUOTE };

/* Walks a record that is wrong byte by byte, to say where: the 1-based column of the first fault, or of the
 * last column where only the number of columns is wrong. */
static enum fault find_fault(const char *at, const char *end, unsigned *column)
{
    *column = 1;
    for (;;) {
        if (at < end && *at == '"') {
            for (at++; at < end && (*at != '"' || (at + 1 < end && at[1] == '"')); at++)
                at += *at == '"';
            if (at >= end)
                return FAULT_OPEN_QUOTE;
            at++;
            if (at < end && *at != ',' && *at != '\n')
                return FAULT_AFTER_QUOTE;
        }
        for (; at < end && *at != ',' && *at != '\n'; at++) {
            if (*at == '"')
                return FAULT_STRAY_QUOTE;
            if (*at == '\r')
                return FAULT_BARE_CR;
        }
        if (at >= end || *at == '\n')
            return FAULT_NONE;
        at++;
        (*column)++;
    }
}

static enum dv_status wrong_record(const char *record, const char *end, unsigned count, struct dv_err *err)
{
    static const char *const texts[] = {
        [FAULT_STRAY_QUOTE] = "a quote inside an unquoted field",
        [FAULT_AFTER_QUOTE] = "text behind the closing quote",
        [FAULT_BARE_CR] = "a carriage return outside quotes",
        [FAULT_OPEN_QUOTE] = "a quote that is never closed",
    };
    unsigned column;
    enum fault fault = find_fault(record, end, &column);
    enum dv_status status;
    if (fault != FAULT_NONE)
        status = dv_fail(err, DV_EXIT_FAULT, "malformed CSV: column %u has %s", column, texts[fault]);
    else
        status = dv_fail(err, DV_EXIT_FAULT,
                         "malformed CSV: column %u is the record's last, but it must have %u", column, count);
    dv_err_hint(err, "the data is damaged or was not written by PostgreSQL's COPY ... CSV");
    return status;
}

enum dv_status dv_csv_split(const char *at, const char *end, struct dv_value *values, unsigned count,
                            const char **next, struct dv_err *err)
{
    if (at == end)
        return DV_END;
    const char *field = at;
    unsigned index = 0;
    uint64_t inside = 0; /* all ones where the window begins inside quotes */
    uint64_t opens = 1;  /* bit 0: a quote may open at the window's first byte */
    uint64_t closed = 0; /* bit 0: the byte before the window was a closing quote */
    for (const char *window = at;; window += WINDOW) {
        size_t left = (size_t)(end - window);
        struct masks masks;
        look_within(window, left, &masks);
        if (left < WINDOW)
            masks.lf |= (uint64_t)1 << left; /* the end stands for a missing last LF */
        uint64_t quoted = running_parity(masks.quote) ^ inside;
        uint64_t lf = masks.lf & ~quoted;
        uint64_t delimiter = (masks.comma & ~quoted) | lf;
        uint64_t edge = delimiter | masks.quote;
        uint64_t opening = masks.quote & quoted, closing = masks.quote & ~quoted;
        /* A quote opens at a field's start or right behind another quote, and is followed likewise. */
        uint64_t wrong =
            (masks.cr & ~quoted) | (opening & ~(edge << 1 | opens)) | ((closing << 1 | closed) & ~edge);
        uint64_t last = lf & (~lf + 1); /* the record's end, where it is in this window */
        uint64_t mine = last != 0 ? last | (last - 1) : ~(uint64_t)0;
        if ((wrong & mine) != 0)
            return wrong_record(at, end, count, err);
        for (uint64_t bits = delimiter & mine; bits != 0; bits &= bits - 1) {
            const char *stop = window + __builtin_ctzll(bits);
            if (index == count || (size_t)(stop - field) > UINT32_MAX)
                return wrong_record(at, end, count, err);
            if (field == end) /* an empty last field without LF: nothing may be read there */
                values[index++] = (struct dv_value){.state = DV_NULL};
            else
                set_raw(&values[index++], field, (size_t)(stop - field));
            field = stop < end ? stop + 1 : end;
        }
        if (last != 0) {
            if (index != count)
                return wrong_record(at, end, count, err);
            *next = field;
            return DV_OK;
        }
        if (left < WINDOW)
            return wrong_record(at, end, count, err);
        inside = all_if_top(quoted);
        opens = edge >> 63;
        closed = closing >> 63;
    }
}

const char *dv_csv_record_end(const char *at, const char *end)
{
    uint64_t inside = 0;
    for (; at < end; at += WINDOW) {
        size_t left = (size_t)(end - at);
        struct masks masks;
        look_within(at, left, &masks);
        uint64_t quoted = running_parity(masks.quote) ^ inside;
        uint64_t lf = masks.lf & ~quoted;
        if (lf != 0)
            return at + __builtin_ctzll(lf) + 1;
        if (left <= WINDOW)
            return NULL;
        inside = all_if_top(quoted);
    }
    return NULL;
}

static bool needs_quotes(const char *text, size_t length, bool only_column)
{
    if (length == 0)
        return true;
    if (only_column && length == 2 && text[0] == '\\' && text[1] == '.')
        return true;
    for (size_t at = 0; at < length; at += WINDOW) {
        struct masks masks;
        look_within(text + at, length - at, &masks);
        if ((masks.quote | masks.comma | masks.lf | masks.cr) != 0)
            return true;
    }
    return false;
}

void dv_csv_quote(struct dv_buf *out, const char *text, size_t length, bool only_column)
{
    if (!needs_quotes(text, length, only_column)) {
        dv_buf_append(out, text, length);
        return;
    }
    dv_buf_byte(out, '"');
    const char *end = length > 0 ? text + length : text;
    while (text < end) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        if (quote == NULL)
            break;
        dv_buf_append(out, text, (size_t)(quote + 1 - text));
        dv_buf_byte(out, '"');
        text = quote + 1;
    }
    dv_buf_append(out, text, (size_t)(end - text));
    dv_buf_byte(out, '"');
}

void dv_csv_unquote(struct dv_buf *out, const char *raw, size_t length)
{
    if (length < 2)
        return;
    const char *at = raw + 1, *end = raw + length - 1;
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            break;
        dv_buf_append(out, at, (size_t)(quote + 1 - at));
        at = quote + 2; /* the second of the pair */
    }
    if (at < end)
        dv_buf_append(out, at, (size_t)(end - at));
}
