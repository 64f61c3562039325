/* Matching: where an automaton can end, and how a match is taken apart (manual 9.7.3.5: each part from left
 * to right as long or as short as it prefers, as long as the rest still fits). */
#include "transform/regex_internal.h"

#include "transform/bind_internal.h"

#include <string.h>
#include <unicode/uchar.h>

#define NONE DV_REGEX_NONE

/* Places of the text and nodes looked at for one search, besides a few for each byte: about a second.
 * Back-references can ask for more than there is time for, in any engine that keeps to the manual. */
#define MOST_STEPS 100000000U

/* What a simulation works on; marks are of a round, so that they need no clearing between two of them. */
struct lists {
    unsigned *now, *next, *stack;
    uint32_t *marks, mark;
    unsigned now_count, next_count, room;
    bool in_use;
};

struct search {
    const struct dv_regex *regex;
    const char *text;
    size_t length;
    struct dv_regex_span *captures; /* [0] unused */
    struct dv_arena *scratch;
    struct lists lists; /* of the outermost simulation */
    uint64_t steps, most_steps;
    bool no_memory;
};

static bool given_up(const struct search *search)
{
    return search->no_memory || search->steps > search->most_steps;
}

static size_t forth(const struct search *search, size_t at)
{
    at++;
    while (at < search->length && ((unsigned char)search->text[at] & 0xc0U) == 0x80U)
        at++;
    return at;
}

static size_t back(const struct search *search, size_t at)
{
    at--;
    while (at > 0 && ((unsigned char)search->text[at] & 0xc0U) == 0x80U)
        at--;
    return at;
}

static unsigned column_at(const struct search *search, size_t at, unsigned *width)
{
    return dv_regex_column(search->regex, search->text + at, search->text + search->length, width);
}

static enum dv_regex_before before_at(const struct search *search, size_t at)
{
    unsigned width;
    if (at == 0)
        return DV_BEFORE_START;
    return (enum dv_regex_before)search->regex->before_of[column_at(search, back(search, at), &width)];
}

/* ---- automata ------------------------------------------------------------------------------------------ */

/* Where a match from `from` ends: the last place up to stop, or (shortest) the first from least on. */
static size_t run_table(struct search *search, const struct dv_regex_machine *machine, size_t from,
                        size_t least, size_t stop, bool shortest)
{
    size_t columns = (size_t)search->regex->column_count + 1, at = from, found = NONE;
    uint32_t state = machine->starts[before_at(search, from)];
    while (state != 0) {
        const uint32_t *row = machine->table + state * columns;
        unsigned width = 0;
        uint32_t entry = at == search->length ? row[columns - 1] : row[column_at(search, at, &width)];
        if ((entry & 1U) != 0 && at >= least) {
            found = at;
            if (shortest)
                break;
        }
        if (at >= stop || at == search->length)
            break;
        state = entry >> 1;
        at += width;
    }
    search->steps += at - from + 1;
    return found;
}

static size_t run(struct search *search, const struct dv_regex_machine *machine, size_t from, size_t least,
                  size_t stop, bool shortest);

static bool look_holds(struct search *search, const struct dv_regex_look *look, size_t at)
{
    size_t end = look->behind ? run(search, look->machine, 0, at, at, true)
                              : run(search, look->machine, at, at, search->length, true);
    return (end != NONE) != look->negative;
}

/* Follows splits and conditions from a node, at a place of the text; sets go to the list. True: the end is
 * reached. */
static bool follow(struct search *search, const struct dv_regex_machine *machine, struct lists *lists,
                   unsigned from, size_t at, enum dv_regex_before before, enum dv_regex_before next)
{
    unsigned depth = 0;
    bool accepting = false;
    lists->stack[depth++] = from;
    while (depth > 0) {
        unsigned number = lists->stack[--depth];
        const struct dv_regex_node *node = &machine->nodes[number];
        if (lists->marks[number] == lists->mark)
            continue;
        lists->marks[number] = lists->mark;
        switch (node->kind) {
        case DV_NODE_SPLIT:
            lists->stack[depth++] = node->other;
            lists->stack[depth++] = node->next;
            break;
        case DV_NODE_ASSERT:
            if (dv_regex_holds((enum dv_regex_assertion)node->value, before, next, at == search->length))
                lists->stack[depth++] = node->next;
            break;
        case DV_NODE_LOOK:
            if (look_holds(search, &search->regex->looks[node->value], at))
                lists->stack[depth++] = node->next;
            break;
        case DV_NODE_ACCEPT:
            accepting = true;
            break;
        case DV_NODE_SET:
            lists->now[lists->now_count++] = number;
            break;
        }
    }
    return accepting;
}

static bool make_lists(struct search *search, unsigned count, struct lists *lists)
{
    lists->now_count = lists->next_count = 0;
    if (lists->room >= count)
        return true;
    lists->room = count;
    search->steps += count / 8U;
    lists->mark = 0;
    lists->now = dv_arena_alloc(search->scratch, sizeof(unsigned) * count);
    lists->next = dv_arena_alloc(search->scratch, sizeof(unsigned) * count);
    lists->stack = dv_arena_alloc(search->scratch, sizeof(unsigned) * (count * 2U + 2U));
    lists->marks = dv_arena_zalloc(search->scratch, sizeof(uint32_t) * count);
    search->no_memory = search->no_memory || lists->now == NULL || lists->next == NULL ||
                        lists->stack == NULL || lists->marks == NULL;
    return !search->no_memory;
}

static size_t simulate(struct search *search, const struct dv_regex_machine *machine, size_t from,
                       size_t least, size_t stop, bool shortest)
{
    const struct dv_regex *regex = search->regex;
    enum dv_regex_before before = before_at(search, from);
    struct lists inner = {0},
                 *lists = search->lists.in_use ? &inner : &search->lists; /* a look within a look */
    size_t at = from, found = NONE;
    if (!make_lists(search, machine->node_count, lists))
        return NONE;
    lists->in_use = true;
    lists->next[lists->next_count++] = machine->start;
    while (lists->next_count > 0 && !given_up(search)) {
        unsigned width = 0, column = at < search->length ? column_at(search, at, &width) : 0;
        enum dv_regex_before next =
            at < search->length ? (enum dv_regex_before)regex->before_of[column] : DV_BEFORE_OTHER;
        bool accepting = false;
        lists->mark++;
        search->steps += 1U + lists->next_count;
        lists->now_count = 0;
        for (unsigned i = 0; i < lists->next_count; i++)
            accepting = follow(search, machine, lists, lists->next[i], at, before, next) || accepting;
        if (accepting && at >= least) {
            found = at;
            if (shortest)
                break;
        }
        if (at >= stop || at == search->length)
            break;
        lists->next_count = 0;
        for (unsigned i = 0; i < lists->now_count; i++) {
            const struct dv_regex_node *node = &machine->nodes[lists->now[i]];
            if (node->value == UINT32_MAX || regex->contains[node->value][column])
                lists->next[lists->next_count++] = node->next;
        }
        before = next;
        at += width;
    }
    lists->in_use = false;
    return found;
}

static size_t run(struct search *search, const struct dv_regex_machine *machine, size_t from, size_t least,
                  size_t stop, bool shortest)
{
    return machine->table != NULL ? run_table(search, machine, from, least, stop, shortest)
                                  : simulate(search, machine, from, least, stop, shortest);
}

static size_t longest(struct search *search, const struct dv_regex_part *part, size_t from, size_t stop)
{
    return run(search, part->machine, from, from, stop, false);
}

static bool fits(struct search *search, const struct dv_regex_part *part, size_t from, size_t to)
{
    return longest(search, part, from, to) == to;
}

/* The part's preferred end, then each time the next one; NONE: no more. before NONE: the first. */
static size_t next_end(struct search *search, const struct dv_regex_part *part, size_t from, size_t before,
                       size_t limit)
{
    if ((part->flags & DV_PART_SHORTER) != 0) {
        if (before != NONE && before >= limit)
            return NONE;
        return run(search, part->machine, from, before == NONE ? from : before + 1, limit, true);
    }
    if (before != NONE && before <= from)
        return NONE;
    return longest(search, part, from, before == NONE ? limit : back(search, before));
}

/* ---- taking apart -------------------------------------------------------------------------------------- */

static bool dissect(struct search *search, const struct dv_regex_part *part, size_t from, size_t to);

static void forget(struct search *search, const struct dv_regex_part *part)
{
    if (part->capture > 0)
        search->captures[part->capture] = (struct dv_regex_span){NONE, NONE};
    for (unsigned i = 0; i < part->child_count; i++)
        forget(search, part->children[i]);
}

static bool dissect_pair(struct search *search, const struct dv_regex_part *part, size_t from, size_t to)
{
    const struct dv_regex_part *left = part->children[0], *right = part->children[1];
    size_t middle = NONE;
    while (!given_up(search) && (middle = next_end(search, left, from, middle, to)) != NONE) {
        if (!fits(search, right, middle, to))
            continue;
        if (!dissect(search, left, from, middle))
            continue;
        if (dissect(search, right, middle, to))
            return true;
        forget(search, left);
    }
    return false;
}

static bool same_letters(const char *a, const char *b, size_t length)
{
    const char *end_a = a + length, *end_b = b + length;
    while (a < end_a && b < end_b) {
        unsigned width_a, width_b;
        uint32_t left = dv_regex_decode(a, end_a, &width_a), right = dv_regex_decode(b, end_b, &width_b);
        if (left != right && u_tolower((UChar32)left) != u_tolower((UChar32)right))
            return false;
        a += width_a;
        b += width_b;
    }
    return a == end_a && b == end_b;
}

/* The bytes from `at` on that repeat the captured text, case aside where asked: as many characters. */
static size_t repetition(const struct search *search, const struct dv_regex_span *span, size_t at, size_t to)
{
    size_t length = span->end - span->start;
    if ((search->regex->flags & DV_REGEX_ICASE) == 0) {
        return to - at >= length && memcmp(search->text + at, search->text + span->start, length) == 0
                   ? at + length
                   : NONE;
    }
    for (size_t p = span->start; p < span->end;) {
        size_t p_end = forth(search, p), at_end;
        if (at >= to)
            return NONE;
        at_end = forth(search, at);
        if (!same_letters(search->text + p, search->text + at,
                          p_end - p > at_end - at ? p_end - p : at_end - at))
            return NONE;
        p = p_end;
        at = at_end;
    }
    return at;
}

static bool dissect_reference(struct search *search, const struct dv_regex_part *part, size_t from, size_t to)
{
    const struct dv_regex_span *span = &search->captures[part->reference];
    unsigned count = 0;
    if (span->start == NONE)
        return false;
    if (span->start == span->end)
        return from == to && part->min <= part->max;
    if (from == to)
        return part->min == 0;
    while (from < to) {
        from = repetition(search, span, from, to);
        if (from == NONE)
            return false;
        count++;
    }
    return count >= part->min && (part->max == DV_REGEX_INFINITE || count <= part->max);
}

/* Rounds one after the other, each as long (or short) as it prefers; where the last does not end at `to`, or
 * a round does not come apart, the one before it gives way. Empty rounds only as far as min needs them. */
static bool dissect_iteration(struct search *search, const struct dv_regex_part *part, size_t from, size_t to)
{
    const struct dv_regex_part *inner = part->children[0];
    bool shortest = (inner->flags & DV_PART_SHORTER) != 0;
    size_t least = part->min, most = to - from, k = 1, verified = 0, *ends, *tried;
    if (least == 0) {
        if (from == to && shortest)
            return true;
        least = 1; /* even an empty text is given to one round first */
    }
    if (part->max != DV_REGEX_INFINITE && most > part->max)
        most = part->max;
    if (most < least)
        most = least;
    ends = dv_arena_alloc(search->scratch, sizeof(*ends) * (most + 2));
    tried =
        dv_arena_alloc(search->scratch, sizeof(*tried) * (most + 2)); /* the end tried before; NONE: none */
    if (ends == NULL || tried == NULL) {
        search->no_memory = true;
        return false;
    }
    ends[0] = from;
    tried[1] = NONE;
    while (k > 0 && !given_up(search)) {
        size_t before = ends[k - 1], end = next_end(search, inner, before, tried[k], to);
        bool empty_wanted = k < least && least - k >= dv_utf8_count(search->text + before, to - before);
        if (end != NONE && end == before && end != to && !empty_wanted) {
            if (shortest) {
                tried[k] = end;
                continue;
            }
            end = NONE;
        }
        if (end == NONE) {
            k--;
            continue;
        }
        tried[k] = ends[k] = end;
        if (verified >= k)
            verified = k - 1;
        if (end != to) {
            if (k < most) {
                k++;
                tried[k] = NONE;
            }
            continue;
        }
        if (k < least)
            continue;
        for (; verified < k; verified++) {
            forget(search, inner);
            if (!dissect(search, inner, ends[verified], ends[verified + 1]))
                break;
        }
        if (verified == k)
            return true;
        k = verified + 1;
    }
    return part->min == 0 && from == to;
}

static bool dissect(struct search *search, const struct dv_regex_part *part, size_t from, size_t to)
{
    bool fitting = true;
    if (given_up(search))
        return false;
    switch (part->kind) {
    case DV_PART_PLAIN:
        break;
    case DV_PART_PAIR:
        fitting = dissect_pair(search, part, from, to);
        break;
    case DV_PART_EITHER:
        fitting = false;
        for (unsigned i = 0; i < part->child_count && !fitting; i++)
            fitting =
                fits(search, part->children[i], from, to) && dissect(search, part->children[i], from, to);
        break;
    case DV_PART_ITERATION:
        fitting = dissect_iteration(search, part, from, to);
        break;
    case DV_PART_REFERENCE:
        fitting = dissect_reference(search, part, from, to);
        break;
    case DV_PART_WRAPPER:
        fitting = dissect(search, part->children[0], from, to);
        break;
    }
    if (fitting && part->capture > 0)
        search->captures[part->capture] = (struct dv_regex_span){from, to};
    return fitting;
}

/* ---- searching ----------------------------------------------------------------------------------------- */

static void forget_all(struct search *search)
{
    for (unsigned i = 0; i <= search->regex->capture_count; i++)
        search->captures[i] = (struct dv_regex_span){NONE, NONE};
}

/* The match that begins at `from`; NONE: none does. */
static size_t match_at(struct search *search, size_t from, bool take_apart)
{
    const struct dv_regex_part *top = search->regex->top;
    size_t end = NONE;
    while ((end = next_end(search, top, from, end, search->length)) != NONE) {
        if (!take_apart)
            return end;
        forget_all(search);
        if (dissect(search, top, from, end) || given_up(search))
            return end;
        if (!search->regex->refers)
            return NONE;
    }
    return NONE;
}

enum dv_status dv_regex_find(const struct dv_regex *regex, const char *text, size_t length, size_t from,
                             struct dv_regex_span *spans, unsigned span_count, struct dv_arena *scratch,
                             bool *found, struct dv_err *err)
{
    struct dv_arena work = {0};
    struct search search = {.regex = regex,
                            .text = text,
                            .length = length,
                            .scratch = &work,
                            .most_steps = MOST_STEPS + 16 * (uint64_t)length};
    struct dv_regex_span few[16];
    bool take_apart = regex->refers || span_count > 1;
    size_t close, end = NONE;
    *found = false;
    search.captures = regex->capture_count < 16
                          ? few
                          : dv_arena_alloc(scratch, sizeof(*few) * ((size_t)regex->capture_count + 1));
    if (search.captures == NULL)
        return dv_fail_memory(err);
    close = run(&search, regex->search, from, from, length, true);
    if (close == NONE || (span_count == 0 && !regex->refers)) {
        *found = close != NONE;
        goto done;
    }
    if (regex->refers)
        close = length; /* what the automaton takes for a match may be none */
    for (; from <= close && !given_up(&search); from = forth(&search, from)) {
        dv_arena_reset(&work);
        search.lists = (struct lists){0};
        end = match_at(&search, from, take_apart);
        if (end != NONE)
            break;
    }
    *found = end != NONE;
    for (unsigned i = 0; *found && i < span_count; i++)
        spans[i] = i == 0                      ? (struct dv_regex_span){from, end}
                   : i <= regex->capture_count ? search.captures[i]
                                               : (struct dv_regex_span){NONE, NONE};
done:
    dv_arena_release(&work);
    if (search.steps > search.most_steps)
        return dv_eval_fail(err, "54001", "the regular expression takes too long over this text");
    return search.no_memory ? dv_fail_memory(err) : DV_OK;
}

unsigned dv_regex_captures(const struct dv_regex *regex)
{
    return regex->capture_count;
}

enum dv_status dv_regex_compile(const char *pattern, size_t length, unsigned flags, struct dv_arena *arena,
                                const struct dv_regex **out, struct dv_err *err)
{
    struct dv_regex *regex = dv_arena_zalloc(arena, sizeof(*regex));
    enum dv_status status;
    if (regex == NULL)
        return dv_fail_memory(err);
    regex->flags = flags;
    status = dv_regex_parse(regex, pattern, length, arena, err);
    if (status == DV_OK)
        status = dv_regex_build(regex, arena, err);
    if (status == DV_OK)
        *out = regex;
    return status;
}
