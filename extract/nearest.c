#include "extract/source.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 64U

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's distance, letters compared without case, over the first 64 bytes. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[LONGEST + 1];
    size_t a_length = strnlen(a, LONGEST), b_length = strnlen(b, LONGEST);
    for (unsigned i = 0; i <= b_length; i++)
        row[i] = i;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned k = 1; k <= b_length; k++) {
            unsigned differs = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[k - 1]);
            unsigned best = smallest(row[k] + 1, row[k - 1] + 1, diagonal + differs);
            diagonal = row[k];
            row[k] = best;
        }
    }
    return row[b_length];
}

const char *dv_nearest(const char *wanted, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned candidate = distance(wanted, candidates[i]);
        if (best == NULL || candidate < best_distance) {
            best = candidates[i];
            best_distance = candidate;
        }
    }
    return best;
}
