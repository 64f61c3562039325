/* The word that somebody may have meant. */
#ifndef DV_CLI_SUGGEST_H
#define DV_CLI_SUGGEST_H

/* How many letters to insert, remove, replace or swap with their neighbour to make b of a; large where one of
 * the two is longer than 31 bytes. */
unsigned dv_word_distance(const char *a, const char *b);
/* Near enough to be meant: a distance of at most 2, or a third of the word. */
int dv_word_near(const char *given, const char *known);

#endif
