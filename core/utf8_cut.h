/* Where to cut UTF-8 text so that no character is left half. */
#ifndef DV_CORE_UTF8_CUT_H
#define DV_CORE_UTF8_CUT_H

#include <stddef.h>

/* The greatest length of at most `limit` that does not end inside a character. Reads text[0..limit-1] only;
 * bytes that are not UTF-8 are counted as they are. */
static inline size_t dv_utf8_cut(const char *text, size_t limit)
{
    size_t start = limit;
    for (unsigned back = 0; back < 4 && start > 0; back++) {
        unsigned char byte = (unsigned char)text[--start];
        if ((byte & 0xC0U) == 0x80U)
            continue;
        size_t need = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return start + need <= limit ? limit : start;
    }
    return limit;
}

#endif
