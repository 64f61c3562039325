/* What the files of the regular expressions share. Private to transform/.
 *
 * Three forms: items (what the pattern says, a tree), parts (how a match is taken apart: only where captures,
 * back-references or mixed preferences make it matter), machines (automata that know which spans of text an
 * item can match). A part owns the machine of its item. */
#ifndef DV_TRANSFORM_REGEX_INTERNAL_H
#define DV_TRANSFORM_REGEX_INTERNAL_H

#include "transform/regex.h"

#include <stdint.h>

#define DV_REGEX_INFINITE 256 /* no upper bound; the largest bound that can be written is 255 */

enum dv_regex_class {
    DV_CLASS_ALNUM,
    DV_CLASS_ALPHA,
    DV_CLASS_ASCII,
    DV_CLASS_BLANK,
    DV_CLASS_CNTRL,
    DV_CLASS_DIGIT,
    DV_CLASS_GRAPH,
    DV_CLASS_LOWER,
    DV_CLASS_PRINT,
    DV_CLASS_PUNCT,
    DV_CLASS_SPACE,
    DV_CLASS_UPPER,
    DV_CLASS_XDIGIT,
    DV_CLASS_WORD,
    DV_CLASS_COUNT
};

struct dv_regex_range {
    uint32_t low, high;
};

/* A set of characters: ranges and classes, and complements of classes; all of it negated, the newline left
 * out of that where asked. */
struct dv_regex_set {
    struct dv_regex_range *ranges;
    unsigned range_count, range_cap;
    uint32_t classes, not_classes; /* bits by enum dv_regex_class */
    bool negated, without_newline;
};

enum dv_regex_item_kind {
    DV_ITEM_EMPTY,
    DV_ITEM_SET,
    DV_ITEM_SEQUENCE, /* items */
    DV_ITEM_CHOICE,   /* items */
    DV_ITEM_REPEAT,   /* items[0], min, max */
    DV_ITEM_ASSERT,   /* assertion */
    DV_ITEM_LOOK      /* look */
};

enum dv_regex_assertion {
    DV_AT_TEXT_START,
    DV_AT_TEXT_END,
    DV_AT_LINE_START,
    DV_AT_LINE_END,
    DV_AT_WORD_START,
    DV_AT_WORD_END,
    DV_AT_WORD_EDGE,
    DV_AT_NO_WORD_EDGE
};

struct dv_regex_item {
    enum dv_regex_item_kind kind;
    unsigned set;
    enum dv_regex_assertion assertion;
    unsigned look; /* index into the looks */
    unsigned min, max;
    unsigned item_count;
    struct dv_regex_item **items;
};

enum dv_regex_part_flag {
    DV_PART_LONGER = 1,
    DV_PART_SHORTER = 2,
    DV_PART_MIXED = 4,
    DV_PART_CAPTURES = 8,
    DV_PART_REFERS = 16 /* has a back-reference */
};

enum dv_regex_part_kind {
    DV_PART_PLAIN,
    DV_PART_PAIR,      /* children[0], then children[1] */
    DV_PART_EITHER,    /* the first child that fits */
    DV_PART_ITERATION, /* children[0], min to max times */
    DV_PART_REFERENCE, /* what capture `reference` matched, min to max times */
    DV_PART_WRAPPER    /* children[0], for a capture of its own */
};

struct dv_regex_machine;

struct dv_regex_part {
    enum dv_regex_part_kind kind;
    unsigned flags;
    unsigned capture, reference; /* capture 0: none */
    unsigned min, max;
    unsigned child_count;
    struct dv_regex_part **children;
    struct dv_regex_item *item;
    const struct dv_regex_machine *machine;
};

struct dv_regex_look {
    bool behind, negative;
    struct dv_regex_item *item;
    const struct dv_regex_machine *machine;
};

enum dv_regex_node_kind { DV_NODE_SET, DV_NODE_SPLIT, DV_NODE_ASSERT, DV_NODE_LOOK, DV_NODE_ACCEPT };

struct dv_regex_node {
    enum dv_regex_node_kind kind;
    unsigned value; /* set, assertion or look */
    unsigned next, other;
};

/* table: one row a state, columns + 1 entries: (next state << 1) | accepting here if that comes next; the
 * last column is the end of the text. State 0 is dead. starts: by what stands before. */
struct dv_regex_machine {
    const struct dv_regex_node *nodes;
    unsigned node_count, start;
    const uint32_t *table; /* NULL: too many states, or look-around: simulated */
    uint32_t starts[4];
};

enum dv_regex_before { DV_BEFORE_START, DV_BEFORE_NEWLINE, DV_BEFORE_WORD, DV_BEFORE_OTHER };

struct dv_regex {
    unsigned flags;
    unsigned capture_count;
    bool refers;
    struct dv_regex_part *top;
    struct dv_regex_set *sets;
    unsigned set_count;
    struct dv_regex_look *looks;
    unsigned look_count;
    const struct dv_regex_machine *search; /* anything, then the expression */
    uint64_t table_steps;                  /* spent on the tables of all machines */
    /* Characters to columns: those below 256 by table; above, by the span between bounds that they are in and
     * the classes that they belong to. */
    uint16_t low[256];
    const uint32_t *bounds; /* bounds[i] begins span i + 1 */
    unsigned bound_count;
    uint32_t used_classes;
    unsigned class_bits;
    const uint16_t *columns_of; /* span << class_bits | classes */
    unsigned column_count;
    const uint8_t *before_of;       /* by column: enum dv_regex_before of a character of it */
    const uint8_t *const *contains; /* [set][column] */
};

enum dv_status dv_regex_bad(struct dv_err *err, const char *why); /* 2201B */
/* Pattern to top, sets, looks, captures. */
enum dv_status dv_regex_parse(struct dv_regex *regex, const char *pattern, size_t length,
                              struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* Columns, then all machines. */
enum dv_status dv_regex_build(struct dv_regex *regex, struct dv_arena *arena,
                              struct dv_err *err) DV_MUST_CHECK;
bool dv_regex_in_class(uint32_t c, enum dv_regex_class wanted);
/* The column of the character at p; *width: its bytes. */
unsigned dv_regex_column(const struct dv_regex *regex, const char *p, const char *end, unsigned *width);
unsigned dv_regex_column_of(const struct dv_regex *regex, uint32_t c);
bool dv_regex_holds(enum dv_regex_assertion assertion, enum dv_regex_before before, enum dv_regex_before next,
                    bool at_end);

static inline uint32_t dv_regex_decode(const char *p, const char *end, unsigned *width)
{
    unsigned char lead = (unsigned char)*p;
    unsigned n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? lead : lead & (0x7fU >> n);
    if (n > (size_t)(end - p))
        n = (unsigned)(end - p);
    for (unsigned i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3fU);
    *width = n;
    return c;
}

#endif
