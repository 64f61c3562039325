#include "extract/csv.h"

#include "core/alloc.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WINDOW ((size_t)64)

struct masks {
    uint64_t quote, delimiter, lf, cr;
};

#ifdef __SSE2__
static inline uint64_t mask16(__m128i bytes, char wanted)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}

static inline void look(const struct dv_csv_scan *scan, const char *at, struct masks *masks)
{
    *masks = (struct masks){0};
    for (unsigned i = 0; i < WINDOW; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        masks->quote |= mask16(bytes, scan->quote) << i;
        masks->delimiter |= mask16(bytes, scan->delimiter) << i;
        masks->lf |= mask16(bytes, '\n') << i;
        masks->cr |= mask16(bytes, '\r') << i;
    }
}
#else
static inline void look(const struct dv_csv_scan *scan, const char *at, struct masks *masks)
{
    *masks = (struct masks){0};
    for (unsigned i = 0; i < WINDOW; i++) {
        masks->quote |= (uint64_t)(at[i] == scan->quote) << i;
        masks->delimiter |= (uint64_t)(at[i] == scan->delimiter) << i;
        masks->lf |= (uint64_t)(at[i] == '\n') << i;
        masks->cr |= (uint64_t)(at[i] == '\r') << i;
    }
}
#endif

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

enum dv_status dv_csv_scan_init(struct dv_csv_scan *scan, const struct dv_dialect *dialect, unsigned capacity,
                                struct dv_err *err)
{
    *scan = (struct dv_csv_scan){.delimiter = dialect->delimiter,
                                 .quote = dialect->quote,
                                 .escape = dialect->escape,
                                 .comment = dialect->comment,
                                 .shortcut = dialect->quote == '\0' || dialect->escape == dialect->quote,
                                 .capacity = capacity,
                                 .fields = dv_calloc((size_t)capacity + 1, sizeof *scan->fields)};
    return scan->fields != NULL ? DV_OK : dv_fail_memory(err);
}

void dv_csv_scan_release(struct dv_csv_scan *scan)
{
    dv_free(scan->fields);
    *scan = (struct dv_csv_scan){0};
}

static inline void add_field(struct dv_csv_scan *scan, const char *from, const char *to, bool quoted)
{
    if (scan->count < scan->capacity)
        scan->fields[scan->count] =
            (struct dv_csv_field){.text = from, .length = (size_t)(to - from), .quoted = quoted};
    scan->count++;
}

static inline void add_slice(struct dv_csv_scan *scan, const char *from, const char *to)
{
    bool quoted = from < to && *from == scan->quote && scan->quote != '\0';
    add_field(scan, from + quoted, to - quoted, quoted);
}

static inline void note_fault(struct dv_csv_scan *scan, enum dv_csv_fault fault)
{
    if (scan->fault != DV_CSV_FINE)
        return;
    scan->fault = fault;
    scan->fault_field = scan->count;
    scan->fault_line = scan->lines;
}

/* Behind the closing quote of the field whose content begins at `at`, or NULL where it does not close. */
static const char *skip_quoted(struct dv_csv_scan *scan, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == scan->escape && scan->escape != scan->quote) {
            at++;
            scan->lines += at < end && *at == '\n';
        } else if (*at == scan->quote) {
            if (at + 1 == end || at[1] != scan->quote || scan->escape != scan->quote)
                return at + 1;
            at++;
        } else {
            scan->lines += *at == '\n';
        }
    }
    return NULL;
}

/* Byte by byte; the first fault is noted, and its field is taken as far as the next delimiter. */
static enum dv_csv_found walk(struct dv_csv_scan *scan, const char *at, const char *end, bool last)
{
    scan->count = 0;
    scan->lines = 0;
    for (;;) {
        const char *start = at, *stop = NULL;
        if (at < end && *at == scan->quote && scan->quote != '\0') {
            uint64_t opened = scan->lines;
            at = skip_quoted(scan, at + 1, end);
            if (at == NULL && !last)
                return DV_CSV_MORE;
            if (at == NULL) {
                note_fault(scan, DV_CSV_OPEN_QUOTE);
                scan->fault_line = opened;
                at = end;
            } else {
                if (at == end && !last)
                    return DV_CSV_MORE; /* the quote may be the first of two */
                stop = at - 1;
            }
        }
        for (; at < end && *at != scan->delimiter && *at != '\n'; at++) {
            if (*at == '\r' && at + 1 == end && !last)
                return DV_CSV_MORE;
            if (*at == '\r' && (at + 1 == end || at[1] == '\n')) /* the end stands for a missing last LF */
                break;
            if (stop != NULL)
                note_fault(scan, DV_CSV_AFTER_QUOTE);
            else if (*at == '\r')
                note_fault(scan, DV_CSV_BARE_CR);
            else if (*at == scan->quote && scan->quote != '\0')
                note_fault(scan, DV_CSV_STRAY_QUOTE);
        }
        if (at == end && !last)
            return DV_CSV_MORE;
        add_field(scan, stop != NULL ? start + 1 : start, stop != NULL ? stop : at, stop != NULL);
        at += at < end && *at == '\r';
        if (at == end || *at == '\n') {
            scan->lines++;
            scan->next = at < end ? at + 1 : end;
            return DV_CSV_RECORD;
        }
        at++;
    }
}

/* The shortcut; a record with anything that it cannot judge is walked. */
static enum dv_csv_found scan_record(struct dv_csv_scan *scan, const char *at, const char *end, bool last)
{
    const char *field = at;
    uint64_t inside = 0; /* all ones where the window begins inside quotes */
    uint64_t opens = 1;  /* bit 0: a quote may open at the window's first byte */
    uint64_t closed = 0; /* bit 0: the byte before the window was a closing quote */
    for (const char *window = at;; window += WINDOW) {
        size_t left = (size_t)(end - window);
        struct masks masks;
        if (left >= WINDOW) {
            look(scan, window, &masks);
        } else {
            char padded[WINDOW] = {0};
            memcpy(padded, window, left);
            look(scan, padded, &masks);
            uint64_t there = ((uint64_t)1 << left) - 1;
            masks.delimiter &= there;
            masks.quote &= there;
            if (last)
                masks.lf |= (uint64_t)1 << left; /* the end stands for a missing last LF */
        }
        if (scan->quote == '\0')
            masks.quote = 0;
        uint64_t quoted = running_parity(masks.quote) ^ inside;
        uint64_t lf = masks.lf & ~quoted;
        uint64_t delimiter = masks.delimiter & ~quoted;
        uint64_t closing = masks.quote & ~quoted, opening = masks.quote & quoted;
        uint64_t line_end = masks.cr & ~quoted & (masks.lf >> 1);
        if (left > WINDOW && window[WINDOW] == '\n')
            line_end |= masks.cr & ~quoted & (uint64_t)1 << 63;
        uint64_t edge = delimiter | lf | masks.quote;
        /* A quote opens at a field's start or right behind another quote, and is followed likewise. */
        uint64_t wrong = (masks.cr & ~quoted & ~line_end) | (opening & ~(edge << 1 | opens)) |
                         ((closing << 1 | closed) & ~(edge | line_end));
        uint64_t end_bit = lf & (~lf + 1); /* the record's end, where it is in this window */
        uint64_t mine = end_bit != 0 ? end_bit | (end_bit - 1) : ~(uint64_t)0;
        if ((wrong & mine) != 0)
            return left <= WINDOW && !last && end_bit == 0 ? DV_CSV_MORE : walk(scan, at, end, last);
        for (uint64_t bits = delimiter & mine; bits != 0; bits &= bits - 1) {
            const char *stop = window + __builtin_ctzll(bits);
            add_slice(scan, field, stop);
            field = stop + 1;
        }
        scan->lines += (uint64_t)__builtin_popcountll(masks.lf & mine);
        if (end_bit != 0) {
            const char *stop = window + __builtin_ctzll(end_bit);
            scan->next = stop < end ? stop + 1 : end;
            add_slice(scan, field, stop - (stop > field && stop[-1] == '\r'));
            return DV_CSV_RECORD;
        }
        if (left <= WINDOW)
            return last ? walk(scan, at, end, last) : DV_CSV_MORE;
        inside = (uint64_t)0 - (quoted >> 63);
        opens = edge >> 63;
        closed = closing >> 63;
    }
}

enum dv_csv_found dv_csv_scan(struct dv_csv_scan *scan, const char *at, const char *end, bool last)
{
    scan->count = 0;
    scan->lines = 0;
    scan->fault = DV_CSV_FINE;
    bool blank = *at == '\n' || (*at == '\r' && (at + 1 < end ? at[1] == '\n' : last));
    if (blank || (*at == scan->comment && scan->comment != '\0')) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        if (lf == NULL && !last)
            return DV_CSV_MORE;
        scan->next = lf != NULL ? lf + 1 : end;
        scan->lines = 1;
        return DV_CSV_NOTHING;
    }
    return scan->shortcut ? scan_record(scan, at, end, last) : walk(scan, at, end, last);
}

size_t dv_csv_unescape(const struct dv_csv_scan *scan, const struct dv_csv_field *field, char *out)
{
    const char *at = field->text, *end = at + field->length;
    char *to = out;
    while (at < end) {
        const char *escape = memchr(at, scan->escape, (size_t)(end - at));
        size_t plain = (size_t)((escape != NULL ? escape : end) - at);
        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (at < end && ++at < end)
            *to++ = *at++;
    }
    return (size_t)(to - out);
}

const char *dv_csv_fault_text(enum dv_csv_fault fault)
{
    static const char *const texts[] = {
        [DV_CSV_FINE] = "nothing is wrong",
        [DV_CSV_STRAY_QUOTE] = "a quote stands inside a field that has no quotes around it",
        [DV_CSV_AFTER_QUOTE] = "text stands behind the closing quote",
        [DV_CSV_BARE_CR] = "a carriage return stands outside quotes with no line feed behind it",
        [DV_CSV_OPEN_QUOTE] = "a quote opens and is never closed",
    };
    return texts[fault];
}
