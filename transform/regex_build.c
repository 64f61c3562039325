/* Columns and automata. Characters that no set of the expression tells apart share a column; an automaton
 * whose states are few becomes a table over columns, built once. What stands before a character (a line's
 * start, a word) is part of a state, what stands after it part of the step, so conditions cost nothing. */
#include "transform/regex_internal.h"

#include <stdlib.h>
#include <string.h>

#define MOST_COMBINATIONS 65536
#define MOST_NODES        20000
#define MOST_STATES       1500
#define MOST_ENTRIES      300000
#define MOST_STEPS        20000000 /* nodes looked at for all tables of one expression: about 0.2 s */
#define ANY_SET           UINT32_MAX

/* ---- columns ------------------------------------------------------------------------------------------- */

struct needs {
    bool words, lines;
};

static void conditions_of(const struct dv_regex_item *item, struct needs *needs)
{
    if (item->kind == DV_ITEM_ASSERT) {
        needs->words = needs->words || item->assertion >= DV_AT_WORD_START;
        needs->lines =
            needs->lines || item->assertion == DV_AT_LINE_START || item->assertion == DV_AT_LINE_END;
    }
    for (unsigned i = 0; i < item->item_count; i++)
        conditions_of(item->items[i], needs);
}

static int compare_bounds(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static enum dv_status find_bounds(struct dv_regex *regex, bool lines, struct dv_arena *arena,
                                  struct dv_err *err)
{
    uint32_t *bounds;
    size_t count = 0, kept = 0;
    for (unsigned s = 0; s < regex->set_count; s++)
        count += regex->sets[s].range_count * 2U;
    bounds = dv_arena_alloc(arena, sizeof(*bounds) * (count + 2));
    if (bounds == NULL)
        return dv_fail_memory(err);
    count = 0;
    for (unsigned s = 0; s < regex->set_count; s++) {
        for (unsigned r = 0; r < regex->sets[s].range_count; r++) {
            bounds[count++] = regex->sets[s].ranges[r].low;
            bounds[count++] = regex->sets[s].ranges[r].high + 1;
        }
    }
    if (lines) {
        bounds[count++] = '\n';
        bounds[count++] = '\n' + 1;
    }
    qsort(bounds, count, sizeof(*bounds), compare_bounds);
    for (size_t i = 0; i < count; i++)
        if (bounds[i] != 0 && (kept == 0 || bounds[kept - 1] != bounds[i]))
            bounds[kept++] = bounds[i];
    regex->bounds = bounds;
    regex->bound_count = (unsigned)kept;
    return DV_OK;
}

/* Whether the characters of a span that belong to just these classes are in the set. */
static bool in_set(const struct dv_regex_set *set, uint32_t first, uint32_t classes)
{
    bool in = (set->classes & classes) != 0 || (set->not_classes & ~classes) != 0;
    for (unsigned r = 0; !in && r < set->range_count; r++)
        in = first >= set->ranges[r].low && first <= set->ranges[r].high;
    if (set->without_newline && first == '\n')
        return false;
    return in != set->negated;
}

/* Bits of the combination's number to bits by class. */
static uint32_t spread(uint32_t packed, uint32_t used)
{
    uint32_t classes = 0;
    for (unsigned i = 0; i < DV_CLASS_COUNT; i++) {
        if ((used & 1U << i) == 0)
            continue;
        if ((packed & 1U) != 0)
            classes |= 1U << i;
        packed >>= 1;
    }
    return classes;
}

static enum dv_status make_columns(struct dv_regex *regex, bool lines, struct dv_arena *arena,
                                   struct dv_err *err)
{
    size_t spans = (size_t)regex->bound_count + 1, count = spans << regex->class_bits, made = 0,
           width = (size_t)regex->set_count + 1;
    uint16_t *columns_of = dv_arena_alloc(arena, sizeof(*columns_of) * count);
    uint8_t *rows = dv_arena_alloc(arena, width), *signatures = NULL;
    size_t cap = 0;
    if (columns_of == NULL || rows == NULL)
        return dv_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        size_t span = i >> regex->class_bits, c = 0;
        uint32_t first = span == 0 ? 0 : regex->bounds[span - 1];
        uint32_t classes = spread((uint32_t)(i & ((1U << regex->class_bits) - 1U)), regex->used_classes);
        for (unsigned s = 0; s < regex->set_count; s++)
            rows[s] = in_set(&regex->sets[s], first, classes);
        rows[regex->set_count] = lines && first == '\n'                 ? DV_BEFORE_NEWLINE
                                 : (classes & 1U << DV_CLASS_WORD) != 0 ? DV_BEFORE_WORD
                                                                        : DV_BEFORE_OTHER;
        while (c < made && memcmp(signatures + c * width, rows, width) != 0)
            c++;
        if (c == cap) {
            uint8_t *grown = dv_arena_alloc(arena, (cap * 2 + 8) * width);
            if (grown == NULL)
                return dv_fail_memory(err);
            if (made > 0)
                memcpy(grown, signatures, made * width);
            signatures = grown;
            cap = cap * 2 + 8;
        }
        if (c == made)
            memcpy(signatures + made++ * width, rows, width);
        columns_of[i] = (uint16_t)c;
    }
    regex->columns_of = columns_of;
    regex->column_count = (unsigned)made;
    {
        uint8_t *before = dv_arena_alloc(arena, made);
        uint8_t **contains = dv_arena_alloc(arena, sizeof(*contains) * width);
        if (before == NULL || contains == NULL)
            return dv_fail_memory(err);
        for (unsigned s = 0; s < regex->set_count; s++) {
            contains[s] = dv_arena_alloc(arena, made);
            if (contains[s] == NULL)
                return dv_fail_memory(err);
            for (size_t c = 0; c < made; c++)
                contains[s][c] = signatures[c * width + s];
        }
        for (size_t c = 0; c < made; c++)
            before[c] = signatures[c * width + regex->set_count];
        regex->before_of = before;
        regex->contains = (const uint8_t *const *)contains;
    }
    return DV_OK;
}

unsigned dv_regex_column_of(const struct dv_regex *regex, uint32_t c)
{
    unsigned low = 0, high = regex->bound_count;
    uint32_t packed = 0, bit = 1;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (regex->bounds[middle] <= c)
            low = middle + 1;
        else
            high = middle;
    }
    for (unsigned i = 0; i < DV_CLASS_COUNT; i++) {
        if ((regex->used_classes & 1U << i) == 0)
            continue;
        if (dv_regex_in_class(c, (enum dv_regex_class)i))
            packed |= bit;
        bit <<= 1;
    }
    return regex->columns_of[((size_t)low << regex->class_bits) | packed];
}

unsigned dv_regex_column(const struct dv_regex *regex, const char *p, const char *end, unsigned *width)
{
    uint32_t c;
    if ((unsigned char)*p < 0x80) {
        *width = 1;
        return regex->low[(unsigned char)*p];
    }
    c = dv_regex_decode(p, end, width);
    return c < 256 ? regex->low[c] : dv_regex_column_of(regex, c);
}

static enum dv_status build_columns(struct dv_regex *regex, struct dv_arena *arena, struct dv_err *err)
{
    struct needs needs = {false, false};
    enum dv_status status;
    conditions_of(regex->top->item, &needs);
    for (unsigned i = 0; i < regex->look_count; i++)
        conditions_of(regex->looks[i].item, &needs);
    regex->used_classes = needs.words ? 1U << DV_CLASS_WORD : 0U;
    for (unsigned s = 0; s < regex->set_count; s++) {
        regex->used_classes |= regex->sets[s].classes | regex->sets[s].not_classes;
        needs.lines = needs.lines || regex->sets[s].without_newline;
    }
    for (unsigned i = 0; i < DV_CLASS_COUNT; i++)
        regex->class_bits += (regex->used_classes >> i) & 1U;
    status = find_bounds(regex, needs.lines, arena, err);
    if (status != DV_OK)
        return status;
    if (((size_t)regex->bound_count + 1) << regex->class_bits > MOST_COMBINATIONS)
        return dv_regex_bad(err, "regular expression is too complex");
    status = make_columns(regex, needs.lines, arena, err);
    for (uint32_t c = 0; status == DV_OK && c < 256; c++)
        regex->low[c] = (uint16_t)dv_regex_column_of(regex, c);
    return status;
}

/* ---- nodes --------------------------------------------------------------------------------------------- */

struct builder {
    struct dv_regex *regex;
    struct dv_arena *arena;
    struct dv_regex_node *nodes; /* grows */
    unsigned count, cap;
    bool looks, failed, too_many;
};

static unsigned add_node(struct builder *builder, enum dv_regex_node_kind kind, unsigned value, unsigned next,
                         unsigned other)
{
    if (builder->count >= MOST_NODES) {
        builder->too_many = true;
        return 0;
    }
    if (builder->count == builder->cap) {
        unsigned cap = builder->cap == 0 ? 64 : builder->cap * 2;
        struct dv_regex_node *grown = dv_arena_alloc(builder->arena, sizeof(*grown) * cap);
        if (grown == NULL) {
            builder->failed = true;
            return 0;
        }
        if (builder->count > 0)
            memcpy(grown, builder->nodes, sizeof(*grown) * builder->count);
        builder->nodes = grown;
        builder->cap = cap;
    }
    builder->nodes[builder->count] = (struct dv_regex_node){kind, value, next, other};
    return builder->count++;
}

static unsigned add_item(struct builder *builder, const struct dv_regex_item *item, unsigned next);

static unsigned add_repeat(struct builder *builder, const struct dv_regex_item *item, unsigned next)
{
    unsigned entry = next;
    if (item->max == DV_REGEX_INFINITE) {
        unsigned loop = add_node(builder, DV_NODE_SPLIT, 0, next, next);
        unsigned body = add_item(builder, item->items[0], loop);
        if (builder->failed || builder->too_many)
            return 0;
        builder->nodes[loop].next = body;
        entry = loop;
    } else {
        for (unsigned i = item->min; i < item->max && !builder->failed && !builder->too_many; i++) {
            unsigned body = add_item(builder, item->items[0], entry);
            entry = add_node(builder, DV_NODE_SPLIT, 0, body, next);
        }
    }
    for (unsigned i = 0; i < item->min && !builder->failed && !builder->too_many; i++)
        entry = add_item(builder, item->items[0], entry);
    return entry;
}

/* Nodes for the item, behind which `next` follows; returns the first. */
static unsigned add_item(struct builder *builder, const struct dv_regex_item *item, unsigned next)
{
    if (builder->failed || builder->too_many)
        return 0;
    switch (item->kind) {
    case DV_ITEM_SET:
        return add_node(builder, DV_NODE_SET, item->set, next, 0);
    case DV_ITEM_ASSERT:
        return add_node(builder, DV_NODE_ASSERT, (unsigned)item->assertion, next, 0);
    case DV_ITEM_LOOK:
        builder->looks = true;
        return add_node(builder, DV_NODE_LOOK, item->look, next, 0);
    case DV_ITEM_SEQUENCE:
        for (unsigned i = item->item_count; i-- > 0;)
            next = add_item(builder, item->items[i], next);
        return next;
    case DV_ITEM_CHOICE: {
        unsigned entry =
            item->item_count > 0 ? add_item(builder, item->items[item->item_count - 1], next) : next;
        for (unsigned i = item->item_count > 0 ? item->item_count - 1 : 0; i-- > 0;)
            entry = add_node(builder, DV_NODE_SPLIT, 0, add_item(builder, item->items[i], next), entry);
        return entry;
    }
    case DV_ITEM_REPEAT:
        return add_repeat(builder, item, next);
    default:
        return next;
    }
}

/* ---- tables -------------------------------------------------------------------------------------------- */

bool dv_regex_holds(enum dv_regex_assertion assertion, enum dv_regex_before before, enum dv_regex_before next,
                    bool at_end)
{
    bool word_before = before == DV_BEFORE_WORD, word_next = !at_end && next == DV_BEFORE_WORD;
    switch (assertion) {
    case DV_AT_TEXT_START:
        return before == DV_BEFORE_START;
    case DV_AT_TEXT_END:
        return at_end;
    case DV_AT_LINE_START:
        return before == DV_BEFORE_START || before == DV_BEFORE_NEWLINE;
    case DV_AT_LINE_END:
        return at_end || next == DV_BEFORE_NEWLINE;
    case DV_AT_WORD_START:
        return !word_before && word_next;
    case DV_AT_WORD_END:
        return word_before && !word_next;
    case DV_AT_WORD_EDGE:
        return word_before != word_next;
    default:
        return word_before == word_next;
    }
}

/* A state: the nodes that it is in (sets, conditions, the end), and what stands before. */
struct state {
    struct state *chain; /* same hash */
    unsigned number, count;
    enum dv_regex_before before;
    unsigned nodes[];
};

struct tabler {
    struct dv_regex *regex;
    struct dv_arena *arena; /* for the time of building */
    const struct dv_regex_node *nodes;
    unsigned node_count;
    struct state *buckets[1024], **states;
    unsigned state_count;
    uint32_t *marks, mark; /* node reached in this round */
    unsigned *list, *stack;
    bool failed, too_many;
};

/* Follows splits, and conditions where `next` is known; what is reached goes to the list. */
static unsigned reach(struct tabler *tabler, unsigned from, unsigned listed, bool conditions,
                      enum dv_regex_before before, enum dv_regex_before next, bool at_end)
{
    unsigned depth = 0;
    tabler->stack[depth++] = from;
    while (depth > 0) {
        unsigned at = tabler->stack[--depth];
        const struct dv_regex_node *node = &tabler->nodes[at];
        tabler->regex->table_steps++;
        if (tabler->marks[at] == tabler->mark)
            continue;
        tabler->marks[at] = tabler->mark;
        if (node->kind == DV_NODE_SPLIT) {
            tabler->stack[depth++] = node->other;
            tabler->stack[depth++] = node->next;
        } else if (node->kind == DV_NODE_ASSERT && conditions) {
            if (dv_regex_holds((enum dv_regex_assertion)node->value, before, next, at_end))
                tabler->stack[depth++] = node->next;
        } else {
            tabler->list[listed++] = at;
        }
    }
    return listed;
}

static int compare_numbers(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
    return (left > right) - (left < right);
}

/* The state of the nodes in the list; made where it is new. */
static unsigned state_of(struct tabler *tabler, unsigned count, enum dv_regex_before before)
{
    uint32_t hash = (uint32_t)before + 17;
    struct state *state;
    if (count == 0)
        return 0;
    qsort(tabler->list, count, sizeof(unsigned), compare_numbers);
    for (unsigned i = 0; i < count; i++)
        hash = (hash ^ tabler->list[i]) * 16777619U;
    hash = (hash ^ hash >> 15) % 1024;
    for (state = tabler->buckets[hash]; state != NULL; state = state->chain)
        if (state->count == count && state->before == before &&
            memcmp(state->nodes, tabler->list, sizeof(unsigned) * count) == 0)
            return state->number;
    if (tabler->state_count >= MOST_STATES ||
        (size_t)tabler->state_count * (tabler->regex->column_count + 1) > MOST_ENTRIES) {
        tabler->too_many = true;
        return 0;
    }
    state = dv_arena_alloc(tabler->arena, sizeof(*state) + sizeof(unsigned) * count);
    if (state == NULL) {
        tabler->failed = true;
        return 0;
    }
    state->number = tabler->state_count;
    state->count = count;
    state->before = before;
    memcpy(state->nodes, tabler->list, sizeof(unsigned) * count);
    state->chain = tabler->buckets[hash];
    tabler->buckets[hash] = state;
    tabler->states[tabler->state_count++] = state;
    return state->number;
}

/* What the state is in, its conditions decided; copied to `out`. */
static unsigned decided(struct tabler *tabler, const struct state *state, enum dv_regex_before next,
                        bool at_end, unsigned *out, bool *accepting)
{
    unsigned listed = 0, kept = 0;
    tabler->mark++;
    for (unsigned i = 0; i < state->count; i++)
        listed = reach(tabler, state->nodes[i], listed, true, state->before, next, at_end);
    *accepting = false;
    for (unsigned i = 0; i < listed; i++) {
        if (tabler->nodes[tabler->list[i]].kind == DV_NODE_ACCEPT)
            *accepting = true;
        else
            out[kept++] = tabler->list[i];
    }
    return kept;
}

static uint32_t step(struct tabler *tabler, const unsigned *from, unsigned count, bool accepting,
                     unsigned column)
{
    const struct dv_regex *regex = tabler->regex;
    unsigned listed = 0;
    tabler->mark++;
    tabler->regex->table_steps += count;
    tabler->too_many = tabler->too_many || tabler->regex->table_steps > MOST_STEPS;
    for (unsigned i = 0; i < count && !tabler->too_many; i++) {
        const struct dv_regex_node *node = &tabler->nodes[from[i]];
        if (node->value == ANY_SET || regex->contains[node->value][column])
            listed = reach(tabler, node->next, listed, false, DV_BEFORE_OTHER, DV_BEFORE_OTHER, false);
    }
    return state_of(tabler, listed, (enum dv_regex_before)regex->before_of[column]) << 1 |
           (accepting ? 1U : 0U);
}

static void fill_rows(struct tabler *tabler, uint32_t *table, unsigned *sets)
{
    unsigned columns = tabler->regex->column_count;
    for (unsigned s = 1; s < tabler->state_count && !tabler->failed && !tabler->too_many; s++) {
        uint32_t *row = table + (size_t)s * (columns + 1);
        bool accepting;
        for (unsigned kind = DV_BEFORE_NEWLINE; kind <= DV_BEFORE_OTHER; kind++) {
            unsigned count =
                decided(tabler, tabler->states[s], (enum dv_regex_before)kind, false, sets, &accepting);
            for (unsigned c = 0; c < columns && !tabler->too_many && !tabler->failed; c++)
                if (tabler->regex->before_of[c] == kind)
                    row[c] = step(tabler, sets, count, accepting, c);
        }
        (void)decided(tabler, tabler->states[s], DV_BEFORE_OTHER, true, sets, &accepting);
        row[columns] = accepting ? 1 : 0;
    }
}

/* machine->table, where the states are few enough and found soon enough. */
static enum dv_status make_table(struct dv_regex *regex, struct dv_regex_machine *machine,
                                 struct dv_arena *arena, struct dv_err *err)
{
    struct dv_arena work = {0};
    struct tabler *tabler = dv_arena_zalloc(&work, sizeof(*tabler));
    size_t columns = (size_t)regex->column_count + 1, most = MOST_ENTRIES / columns + 2;
    uint32_t *table, *copy;
    unsigned *sets;
    enum dv_status status = DV_OK;
    if (most > MOST_STATES + 1)
        most = MOST_STATES + 1;
    table = dv_arena_zalloc(&work, sizeof(*table) * columns * (most + 1));
    sets = dv_arena_alloc(&work, sizeof(*sets) * machine->node_count);
    if (tabler == NULL || table == NULL || sets == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    tabler->regex = regex;
    tabler->arena = &work;
    tabler->nodes = machine->nodes;
    tabler->states = dv_arena_zalloc(&work, sizeof(struct state *) * (most + 1));
    tabler->marks = dv_arena_zalloc(&work, sizeof(uint32_t) * machine->node_count);
    tabler->list = dv_arena_alloc(&work, sizeof(unsigned) * machine->node_count);
    tabler->stack = dv_arena_alloc(&work, sizeof(unsigned) * (machine->node_count * 2U + 2U));
    if (tabler->states == NULL || tabler->marks == NULL || tabler->list == NULL || tabler->stack == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    tabler->state_count = 1; /* 0 is dead */
    for (unsigned b = 0; b < 4; b++) {
        tabler->mark++;
        machine->starts[b] =
            state_of(tabler, reach(tabler, machine->start, 0, false, DV_BEFORE_OTHER, DV_BEFORE_OTHER, false),
                     (enum dv_regex_before)b);
    }
    fill_rows(tabler, table, sets);
    if (tabler->failed) {
        status = dv_fail_memory(err);
        goto done;
    }
    if (tabler->too_many)
        goto done;
    copy = dv_arena_alloc(arena, sizeof(*copy) * columns * tabler->state_count);
    if (copy == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    memcpy(copy, table, sizeof(*copy) * columns * tabler->state_count);
    machine->table = copy;
done:
    dv_arena_release(&work);
    return status;
}

/* ---- machines ------------------------------------------------------------------------------------------ */

static enum dv_status make_machine(struct dv_regex *regex, const struct dv_regex_item *item, bool anywhere,
                                   struct dv_arena *arena, const struct dv_regex_machine **out,
                                   struct dv_err *err)
{
    struct builder builder = {.regex = regex, .arena = arena};
    struct dv_regex_machine *machine = dv_arena_zalloc(arena, sizeof(*machine));
    unsigned accept;
    if (machine == NULL)
        return dv_fail_memory(err);
    accept = add_node(&builder, DV_NODE_ACCEPT, 0, 0, 0);
    machine->start = add_item(&builder, item, accept);
    if (anywhere && !builder.failed && !builder.too_many) {
        unsigned loop = add_node(&builder, DV_NODE_SPLIT, 0, 0, machine->start);
        unsigned any = add_node(&builder, DV_NODE_SET, ANY_SET, loop, 0);
        if (!builder.failed && !builder.too_many)
            builder.nodes[loop].next = any;
        machine->start = loop;
    }
    if (builder.too_many)
        return dv_regex_bad(err, "regular expression is too complex");
    if (builder.failed)
        return dv_fail_memory(err);
    machine->nodes = builder.nodes;
    machine->node_count = builder.count;
    *out = machine;
    if (builder.looks || (regex->flags & DV_REGEX_ONCE) != 0)
        return DV_OK;
    return make_table(regex, machine, arena, err);
}

static enum dv_status make_parts(struct dv_regex *regex, struct dv_regex_part *part, struct dv_arena *arena,
                                 struct dv_err *err)
{
    enum dv_status status = make_machine(regex, part->item, false, arena, &part->machine, err);
    for (unsigned i = 0; status == DV_OK && i < part->child_count; i++) {
        struct dv_regex_part *child = part->children[i];
        status = make_parts(regex, child, arena, err);
    }
    return status;
}

enum dv_status dv_regex_build(struct dv_regex *regex, struct dv_arena *arena, struct dv_err *err)
{
    enum dv_status status = build_columns(regex, arena, err);
    for (unsigned i = 0; status == DV_OK && i < regex->look_count; i++)
        status = make_machine(regex, regex->looks[i].item, regex->looks[i].behind, arena,
                              &regex->looks[i].machine, err);
    /* The one that every text goes through comes first: a table of its own, if any. */
    if (status == DV_OK)
        status = make_machine(regex, regex->top->item, true, arena, &regex->search, err);
    if (status == DV_OK)
        status = make_parts(regex, regex->top, arena, err);
    return status;
}
