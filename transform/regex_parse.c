/* Pattern to items and parts. What becomes a part of its own follows the rules of the manual's 9.7.3.5. */
#include "transform/regex_lexer.h"

#include "core/value_error.h"
#include "transform/regex_set.h"

#include <string.h>

#define DEEPEST  250 /* brackets in brackets */
#define PIECES   16  /* of a branch, at first */
#define CAPTURES 1000
#define PREFERS  (DV_PART_LONGER | DV_PART_SHORTER)
#define MESSY(f) (((f) & (DV_PART_MIXED | DV_PART_CAPTURES | DV_PART_REFERS)) != 0)

struct parser {
    struct dv_regex_lexer lexer;
    struct dv_regex *regex;
    struct dv_arena *arena;
    struct dv_err *err;
    struct dv_regex_item *captured[CAPTURES + 1]; /* by number; NULL: not closed yet */
    unsigned depth;
    bool looking; /* inside look-around: brackets do not capture */
};

/* An atom and its quantifier. */
struct piece {
    struct dv_regex_part *part; /* of a group or reference; NULL: the item is all there is */
    struct dv_regex_item *item;
    bool captures, refers;
    unsigned min, max, prefer; /* prefer: LONGER, SHORTER or 0 */
};

static unsigned lifted(unsigned f)
{
    bool both = (f & PREFERS) == PREFERS;
    return (f & (DV_PART_MIXED | DV_PART_CAPTURES | DV_PART_REFERS)) | (both ? DV_PART_MIXED : 0U);
}

static unsigned combined(unsigned a, unsigned b)
{
    return lifted(a | b) | ((a & PREFERS) != 0 ? a & PREFERS : b & PREFERS);
}

/* ---- makers -------------------------------------------------------------------------------------------- */

static struct dv_regex_item *new_item(struct parser *parser, enum dv_regex_item_kind kind, unsigned children)
{
    struct dv_regex_item *item = dv_arena_zalloc(parser->arena, sizeof(*item));
    if (item == NULL)
        return NULL;
    item->kind = kind;
    item->item_count = children;
    if (children > 0) {
        item->items = dv_arena_zalloc(parser->arena, sizeof(struct dv_regex_item *) * children);
        if (item->items == NULL)
            return NULL;
    }
    return item;
}

static struct dv_regex_item *repeated(struct parser *parser, struct dv_regex_item *inner, unsigned min,
                                      unsigned max)
{
    struct dv_regex_item *item;
    if (min == 1 && max == 1)
        return inner;
    item = new_item(parser, DV_ITEM_REPEAT, 1);
    if (item == NULL)
        return NULL;
    item->items[0] = inner;
    item->min = min;
    item->max = max;
    return item;
}

static struct dv_regex_item *sequence(struct parser *parser, const struct piece *pieces, unsigned count)
{
    struct dv_regex_item *item = new_item(parser, DV_ITEM_SEQUENCE, count);
    for (unsigned i = 0; item != NULL && i < count; i++) {
        item->items[i] = repeated(parser, pieces[i].item, pieces[i].min, pieces[i].max);
        if (item->items[i] == NULL)
            return NULL;
    }
    return item;
}

static struct dv_regex_part *new_part(struct parser *parser, enum dv_regex_part_kind kind, unsigned flags,
                                      struct dv_regex_item *item, unsigned children)
{
    struct dv_regex_part *part = dv_arena_zalloc(parser->arena, sizeof(*part));
    if (part == NULL || item == NULL)
        return NULL;
    part->kind = kind;
    part->flags = flags;
    part->item = item;
    part->child_count = children;
    if (children > 0) {
        part->children = dv_arena_zalloc(parser->arena, sizeof(struct dv_regex_part *) * children);
        if (part->children == NULL)
            return NULL;
    }
    return part;
}

static struct dv_regex_part *new_pair(struct parser *parser, unsigned flags, struct dv_regex_item *item,
                                      struct dv_regex_part *left, struct dv_regex_part *right)
{
    struct dv_regex_part *pair = new_part(parser, DV_PART_PAIR, flags, item, 2);
    if (pair == NULL || left == NULL || right == NULL)
        return NULL;
    pair->children[0] = left;
    pair->children[1] = right;
    return pair;
}

/* ---- branches to parts --------------------------------------------------------------------------------- */

/* A piece that cannot be part of a plain run, its quantifier worked in. */
static struct dv_regex_part *quantified(struct parser *parser, const struct piece *piece)
{
    struct dv_regex_part *atom = piece->part, *made;
    struct dv_regex_item *all = repeated(parser, piece->item, piece->min, piece->max);
    unsigned own, f;
    if (atom == NULL)
        atom = new_part(parser, DV_PART_PLAIN, 0, piece->item, 0);
    if (atom == NULL || all == NULL)
        return NULL;
    own = atom->flags & (PREFERS | DV_PART_MIXED);
    f = combined(piece->prefer, atom->flags);
    if (piece->refers) {
        atom->min = piece->min;
        atom->max = piece->max;
        atom->flags |= f;
        atom->item = all;
        return atom;
    }
    if (piece->min == 1 && piece->max == 1 && (piece->prefer == 0 || own == 0 || own == piece->prefer))
        return atom;
    if ((atom->flags & (DV_PART_CAPTURES | DV_PART_REFERS)) == 0)
        return new_part(parser, DV_PART_PLAIN, f, all, 0);
    if (piece->min > 0 && (atom->flags & DV_PART_REFERS) == 0) {
        /* only the last round's captures count: all rounds before it are one plain part */
        struct dv_regex_item *before =
            repeated(parser, piece->item, piece->min - 1,
                     piece->max == DV_REGEX_INFINITE ? DV_REGEX_INFINITE : piece->max - 1);
        return new_pair(parser, f, all, new_part(parser, DV_PART_PLAIN, f & PREFERS, before, 0), atom);
    }
    made = new_part(parser, DV_PART_ITERATION, f, all, 1);
    if (made != NULL) {
        made->min = piece->min;
        made->max = piece->max;
        made->children[0] = atom;
    }
    return made;
}

/* Pieces to a part: as much as possible in one plain run, then the first piece that is none, then the rest.
 */
static struct dv_regex_part *branch_part(struct parser *parser, const struct piece *pieces, unsigned count)
{
    struct dv_regex_item *all = sequence(parser, pieces, count);
    struct dv_regex_part *prefix, *messy, *rest, *tail;
    unsigned flags = 0, plain = 0, tail_flags;
    for (; plain < count; plain++) {
        const struct piece *piece = &pieces[plain];
        unsigned f = flags | piece->prefer | (piece->part != NULL ? piece->part->flags : 0);
        if (piece->captures || piece->refers || MESSY(lifted(f)))
            break;
        flags = f;
    }
    if (plain == count)
        return new_part(parser, DV_PART_PLAIN, flags, all, 0);
    tail_flags = combined(pieces[plain].prefer, pieces[plain].part != NULL ? pieces[plain].part->flags : 0);
    messy = quantified(parser, &pieces[plain]);
    prefix = new_part(parser, DV_PART_PLAIN, flags, sequence(parser, pieces, plain), 0);
    if (messy == NULL || prefix == NULL)
        return NULL;
    if (plain + 1 == count) {
        flags |= combined(flags, messy->flags);
        return plain == 0 ? messy : new_pair(parser, flags, all, prefix, messy);
    }
    rest = branch_part(parser, pieces + plain + 1, count - plain - 1);
    if (rest == NULL)
        return NULL;
    tail_flags |= combined(tail_flags, rest->flags);
    flags |= combined(flags, tail_flags);
    if (plain == 0)
        return new_pair(parser, flags, all, messy, rest);
    if (messy->kind == DV_PART_PLAIN && rest->kind == DV_PART_PLAIN &&
        !MESSY(lifted(messy->flags | rest->flags)))
        tail = new_part(parser, DV_PART_PLAIN, combined(messy->flags, rest->flags),
                        sequence(parser, pieces + plain, count - plain), 0);
    else
        tail = new_pair(parser, tail_flags, sequence(parser, pieces + plain, count - plain), messy, rest);
    return new_pair(parser, flags, all, prefix, tail);
}

/* ---- atoms --------------------------------------------------------------------------------------------- */

static enum dv_status parse_choice(struct parser *parser, bool inner, struct dv_regex_part **out);

static enum dv_status set_item(struct parser *parser, const struct dv_regex_set *set, struct piece *piece)
{
    piece->item = new_item(parser, DV_ITEM_SET, 0);
    if (piece->item == NULL)
        return dv_fail_memory(parser->err);
    return dv_regex_add_set(parser->regex, set, parser->arena, &piece->item->set, parser->err);
}

static enum dv_status class_atom(struct parser *parser, bool complement, struct piece *piece)
{
    struct dv_regex_set set = {0};
    uint32_t bit = 1U << parser->lexer.value;
    *(complement ? &set.not_classes : &set.classes) = bit;
    return set_item(parser, &set, piece);
}

static enum dv_status char_atom(struct parser *parser, uint32_t c, struct piece *piece)
{
    struct dv_regex_set set = {0};
    enum dv_status status =
        dv_regex_set_char(&set, c, (parser->lexer.flags & DV_REGEX_ICASE) != 0, parser->arena, parser->err);
    return status == DV_OK ? set_item(parser, &set, piece) : status;
}

static enum dv_status bracket_atom(struct parser *parser, struct piece *piece)
{
    struct dv_regex_set set = {0};
    enum dv_status status;
    set.negated = parser->lexer.value == 0;
    set.without_newline = set.negated && (parser->lexer.flags & DV_REGEX_NEWLINE_STOP) != 0;
    status = dv_regex_read_bracket(&parser->lexer, &set, parser->arena);
    return status == DV_OK ? set_item(parser, &set, piece) : status;
}

static enum dv_status dot_atom(struct parser *parser, struct piece *piece)
{
    struct dv_regex_set set = {.negated = true};
    set.without_newline = (parser->lexer.flags & DV_REGEX_NEWLINE_STOP) != 0;
    return set_item(parser, &set, piece);
}

/* The inside of brackets, and the closing one. */
static enum dv_status inside(struct parser *parser, struct dv_regex_part **out)
{
    enum dv_status status;
    if (++parser->depth > DEEPEST)
        return dv_regex_bad(parser->err, "regular expression is too complex");
    status = dv_regex_next(&parser->lexer);
    if (status == DV_OK)
        status = parse_choice(parser, true, out);
    if (status == DV_OK && parser->lexer.token != DV_RE_CLOSE)
        status = dv_regex_bad(parser->err, "parentheses () not balanced");
    parser->depth--;
    return status;
}

static enum dv_status group_atom(struct parser *parser, struct piece *piece)
{
    bool captures = parser->lexer.value != 0 && !parser->looking;
    unsigned number = 0;
    struct dv_regex_part *part = NULL;
    enum dv_status status;
    if (captures) {
        number = ++parser->lexer.captures;
        if (number > CAPTURES)
            return dv_regex_bad(parser->err, "regular expression is too complex");
    }
    status = inside(parser, &part);
    if (status != DV_OK)
        return status;
    if (captures && part->capture != 0) {
        struct dv_regex_part *wrapper = new_part(parser, DV_PART_WRAPPER, part->flags, part->item, 1);
        if (wrapper == NULL)
            return dv_fail_memory(parser->err);
        wrapper->children[0] = part;
        part = wrapper;
    }
    if (captures) {
        part->capture = number;
        part->flags |= DV_PART_CAPTURES;
        parser->captured[number] = part->item;
    }
    piece->part = part;
    piece->item = part->item;
    piece->captures = captures;
    return DV_OK;
}

/* What a reference might match, as far as an automaton can tell: what its group matches, whatever stands
 * around. */
static struct dv_regex_item *without_conditions(struct parser *parser, const struct dv_regex_item *item)
{
    struct dv_regex_item *copy = dv_arena_zalloc(parser->arena, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    *copy = *item;
    if (item->kind == DV_ITEM_ASSERT || item->kind == DV_ITEM_LOOK) {
        copy->kind = DV_ITEM_EMPTY;
        return copy;
    }
    if (item->item_count == 0)
        return copy;
    copy->items = dv_arena_alloc(parser->arena, sizeof(struct dv_regex_item *) * item->item_count);
    if (copy->items == NULL)
        return NULL;
    for (unsigned i = 0; i < item->item_count; i++) {
        copy->items[i] = without_conditions(parser, item->items[i]);
        if (copy->items[i] == NULL)
            return NULL;
    }
    return copy;
}

static enum dv_status reference_atom(struct parser *parser, struct piece *piece)
{
    unsigned number = parser->lexer.value;
    if (parser->looking || number > CAPTURES || number == 0 || parser->captured[number] == NULL)
        return dv_regex_bad(parser->err, "invalid backreference number");
    piece->item = without_conditions(parser, parser->captured[number]);
    piece->part =
        piece->item != NULL ? new_part(parser, DV_PART_REFERENCE, DV_PART_REFERS, piece->item, 0) : NULL;
    if (piece->part == NULL)
        return dv_fail_memory(parser->err);
    piece->part->reference = number;
    piece->refers = true;
    parser->regex->refers = true;
    return DV_OK;
}

static enum dv_status look_atom(struct parser *parser, struct piece *piece)
{
    unsigned how = parser->lexer.value;
    bool before = parser->looking;
    struct dv_regex_part *part = NULL;
    struct dv_regex *regex = parser->regex;
    struct dv_regex_look *grown;
    enum dv_status status;
    parser->looking = true;
    status = inside(parser, &part);
    parser->looking = before;
    if (status != DV_OK)
        return status;
    grown = dv_arena_zalloc(parser->arena, sizeof(*grown) * ((size_t)regex->look_count + 1));
    piece->item = new_item(parser, DV_ITEM_LOOK, 0);
    if (grown == NULL || piece->item == NULL)
        return dv_fail_memory(parser->err);
    if (regex->look_count > 0)
        memcpy(grown, regex->looks, sizeof(*grown) * regex->look_count);
    regex->looks = grown;
    piece->item->look = regex->look_count++;
    grown[piece->item->look] =
        (struct dv_regex_look){.behind = (how & 1U) != 0, .negative = (how & 2U) != 0, .item = part->item};
    return DV_OK;
}

static enum dv_status parse_quantifier(struct parser *parser, struct piece *piece)
{
    int prefer = (int)parser->lexer.value;
    enum dv_status status = DV_OK;
    switch (parser->lexer.token) {
    case DV_RE_STAR:
        piece->min = 0;
        piece->max = DV_REGEX_INFINITE;
        break;
    case DV_RE_PLUS:
        piece->max = DV_REGEX_INFINITE;
        break;
    case DV_RE_OPTIONAL:
        piece->min = 0;
        break;
    case DV_RE_BRACE:
        status = dv_regex_bounds(&parser->lexer, &piece->min, &piece->max, &prefer);
        piece->prefer = prefer < 0 ? 0 : prefer > 0 ? DV_PART_LONGER : DV_PART_SHORTER;
        return status;
    default:
        return DV_OK;
    }
    piece->prefer = prefer != 0 ? DV_PART_LONGER : DV_PART_SHORTER;
    return dv_regex_next(&parser->lexer);
}

/* One atom with its quantifier; a condition takes none. */
static enum dv_status parse_piece(struct parser *parser, struct piece *piece)
{
    enum dv_status status;
    bool condition = false;
    *piece = (struct piece){.min = 1, .max = 1};
    switch (parser->lexer.token) {
    case DV_RE_ASSERT:
        condition = true;
        piece->item = new_item(parser, DV_ITEM_ASSERT, 0);
        if (piece->item == NULL)
            return dv_fail_memory(parser->err);
        piece->item->assertion = (enum dv_regex_assertion)parser->lexer.value;
        status = DV_OK;
        break;
    case DV_RE_LOOK:
        condition = true;
        status = look_atom(parser, piece);
        break;
    case DV_RE_PLAIN:
        status = char_atom(parser, parser->lexer.value, piece);
        break;
    case DV_RE_BRACKET:
        status = bracket_atom(parser, piece);
        break;
    case DV_RE_CLASS:
    case DV_RE_NOT_CLASS:
        status = class_atom(parser, parser->lexer.token == DV_RE_NOT_CLASS, piece);
        break;
    case DV_RE_DOT:
        status = dot_atom(parser, piece);
        break;
    case DV_RE_OPEN:
        status = group_atom(parser, piece);
        break;
    case DV_RE_REFERENCE:
        status = reference_atom(parser, piece);
        break;
    case DV_RE_CLOSE:
        return dv_regex_bad(parser->err, "parentheses () not balanced");
    default:
        return dv_regex_bad(parser->err, "quantifier operand invalid");
    }
    if (status == DV_OK)
        status = dv_regex_next(&parser->lexer);
    return status == DV_OK && !condition ? parse_quantifier(parser, piece) : status;
}

static enum dv_status parse_branch(struct parser *parser, bool inner, struct dv_regex_part **out)
{
    unsigned count = 0, cap = 0;
    struct piece *pieces = NULL;
    while (parser->lexer.token != DV_RE_END && parser->lexer.token != DV_RE_OR &&
           !(inner && parser->lexer.token == DV_RE_CLOSE)) {
        struct piece piece;
        enum dv_status status = parse_piece(parser, &piece);
        if (status != DV_OK)
            return status;
        if (piece.max == 0) /* {0}: as if it were not there */
            continue;
        if (count == cap) {
            struct piece *grown;
            cap = cap == 0 ? PIECES : cap * 2;
            grown = dv_arena_alloc(parser->arena, sizeof(*grown) * cap);
            if (grown == NULL)
                return dv_fail_memory(parser->err);
            if (count > 0)
                memcpy(grown, pieces, sizeof(*grown) * count);
            pieces = grown;
        }
        pieces[count++] = piece;
        if (count > 10000)
            return dv_regex_bad(parser->err, "regular expression is too complex");
    }
    *out = branch_part(parser, pieces, count);
    return *out != NULL ? DV_OK : dv_fail_memory(parser->err);
}

static enum dv_status add_branch(struct parser *parser, struct dv_regex_part *all,
                                 struct dv_regex_part *branch)
{
    unsigned count = all->child_count;
    struct dv_regex_part **parts = dv_arena_alloc(parser->arena, sizeof(*parts) * ((size_t)count + 1));
    struct dv_regex_item **items = dv_arena_alloc(parser->arena, sizeof(*items) * ((size_t)count + 1));
    if (parts == NULL || items == NULL)
        return dv_fail_memory(parser->err);
    if (count > 0) {
        memcpy(parts, all->children, sizeof(*parts) * count);
        memcpy(items, all->item->items, sizeof(*items) * count);
    }
    parts[count] = branch;
    items[count] = branch->item;
    all->children = parts;
    all->item->items = items;
    all->child_count = all->item->item_count = count + 1;
    all->flags |= lifted(all->flags | branch->flags);
    return DV_OK;
}

static enum dv_status parse_choice(struct parser *parser, bool inner, struct dv_regex_part **out)
{
    struct dv_regex_part *all =
        new_part(parser, DV_PART_EITHER, DV_PART_LONGER, new_item(parser, DV_ITEM_CHOICE, 0), 0);
    struct dv_regex_part *branch = NULL;
    enum dv_status status;
    if (all == NULL)
        return dv_fail_memory(parser->err);
    for (;;) {
        status = parse_branch(parser, inner, &branch);
        if (status == DV_OK)
            status = add_branch(parser, all, branch);
        if (status != DV_OK)
            return status;
        if (parser->lexer.token != DV_RE_OR)
            break;
        status = dv_regex_next(&parser->lexer);
        if (status != DV_OK)
            return status;
    }
    if (all->child_count == 1) {
        *out = branch;
        return DV_OK;
    }
    if (!MESSY(all->flags)) {
        all->kind = DV_PART_PLAIN;
        all->child_count = 0;
    }
    *out = all;
    return DV_OK;
}

enum dv_status dv_regex_parse(struct dv_regex *regex, const char *pattern, size_t length,
                              struct dv_arena *arena, struct dv_err *err)
{
    struct parser *parser = dv_arena_zalloc(arena, sizeof(*parser));
    uint32_t *chars = dv_arena_alloc(arena, sizeof(*chars) * (length + 1));
    const char *at = pattern, *end = pattern + length;
    size_t count = 0;
    enum dv_status status;
    if (parser == NULL || chars == NULL)
        return dv_fail_memory(err);
    while (at < end) {
        unsigned width;
        chars[count++] = dv_regex_decode(at, end, &width);
        at += width;
    }
    parser->lexer =
        (struct dv_regex_lexer){.at = chars, .end = chars + count, .flags = regex->flags, .err = err};
    parser->regex = regex;
    parser->arena = arena;
    parser->err = err;
    status = dv_regex_prefix(&parser->lexer);
    if (status == DV_OK)
        status = dv_regex_next(&parser->lexer);
    if (status == DV_OK)
        status = parse_choice(parser, false, &regex->top);
    regex->flags = parser->lexer.flags;
    regex->capture_count = parser->lexer.captures;
    return status;
}
