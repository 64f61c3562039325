#include "cli/suggest.h"

#include <string.h>

#define LONGEST 31U

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned dv_word_distance(const char *a, const char *b)
{
    unsigned rows[LONGEST + 1][LONGEST + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > LONGEST || b_length > LONGEST)
        return LONGEST;
    for (unsigned i = 0; i <= a_length; i++)
        rows[i][0] = i;
    for (unsigned j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned replaced = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = least(replaced, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a_length][b_length];
}

int dv_word_near(const char *given, const char *known)
{
    size_t length = strlen(given);
    unsigned distance = dv_word_distance(given, known);
    return distance < length && (distance <= 2 || distance * 3 <= length);
}
