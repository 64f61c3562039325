#include "core/jsonb.h"

#include "core/jsonb_scan.h"
#include "core/numeric.h"

#include <string.h>

/* jsonb's order of kinds: null < string < number < boolean < array < object */
static int rank_of(enum dv_json_kind kind)
{
    static const int ranks[] = {[DV_JSON_NULL] = 0,    [DV_JSON_STRING] = 1, [DV_JSON_NUMBER] = 2,
                                [DV_JSON_BOOLEAN] = 3, [DV_JSON_ARRAY] = 4,  [DV_JSON_OBJECT] = 5};
    return ranks[kind];
}

static int three_way(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_numbers(struct dv_json_text a, struct dv_json_text b)
{
    struct dv_arena arena = {0};
    struct dv_err err = DV_ERR_INIT;
    struct dv_value number_a, number_b;
    int order = 0;
    /* Canonical text parses. Without memory for numbers past 18 digits the order is that of their bytes. */
    if (dv_numeric_parse(a.p, a.len, &arena, &number_a, &err) == DV_OK &&
        dv_numeric_parse(b.p, b.len, &arena, &number_b, &err) == DV_OK)
        order = dv_numeric_compare(&number_a, &number_b);
    else
        order = a.len != b.len ? three_way((int64_t)a.len, (int64_t)b.len) : memcmp(a.p, b.p, a.len);
    dv_arena_release(&arena);
    return order;
}

static int64_t count_elements(struct dv_json_text container)
{
    struct dv_json_text key, value = {NULL, 0};
    struct dv_err ignored = DV_ERR_INIT;
    int64_t count = 0;
    while (dv_json_next(container, &key, &value, &ignored) == DV_OK)
        count++;
    return count;
}

static int compare_nested(struct dv_json_text a, struct dv_json_text b, struct dv_err *ignored);

/* Two containers of one kind: fewer elements first, then element by element (key, then value). `ignored` is
 * one for all levels: thousands of them must fit the stack. */
static int compare_containers(struct dv_json_text a, struct dv_json_text b, struct dv_err *ignored)
{
    struct dv_json_text key_a, key_b, value_a = {NULL, 0}, value_b = {NULL, 0};
    int order = three_way(count_elements(a), count_elements(b));
    while (order == 0 && dv_json_next(a, &key_a, &value_a, ignored) == DV_OK &&
           dv_json_next(b, &key_b, &value_b, ignored) == DV_OK) {
        if (key_a.p != NULL)
            order = dv_json_string_compare(key_a, key_b, false);
        if (order == 0)
            order = compare_nested(value_a, value_b, ignored);
    }
    return order;
}

static int compare_nested(struct dv_json_text a, struct dv_json_text b, struct dv_err *ignored)
{
    enum dv_json_kind kind = dv_json_kind_of(a), other = dv_json_kind_of(b);
    if (a.len == b.len && memcmp(a.p, b.p, a.len) == 0)
        return 0;
    if (kind != other)
        return three_way(rank_of(kind), rank_of(other));
    switch (kind) {
    case DV_JSON_STRING:
        return dv_json_string_compare(a, b, false);
    case DV_JSON_NUMBER:
        return compare_numbers(a, b);
    case DV_JSON_BOOLEAN:
        return three_way(a.p[0] == 't', b.p[0] == 't');
    case DV_JSON_ARRAY:
    case DV_JSON_OBJECT:
        return compare_containers(a, b, ignored);
    case DV_JSON_NULL:
        break;
    }
    return 0;
}

int dv_jsonb_compare(struct dv_json_text a, struct dv_json_text b)
{
    enum dv_json_kind kind_a = dv_json_kind_of(a), kind_b = dv_json_kind_of(b);
    /* At the top PostgreSQL keeps a scalar as an array of one element that sorts before the real ones of that
     * length, so an empty array comes before every scalar. */
    if ((kind_a == DV_JSON_ARRAY) != (kind_b == DV_JSON_ARRAY) && kind_a != DV_JSON_OBJECT &&
        kind_b != DV_JSON_OBJECT) {
        struct dv_json_text array = kind_a == DV_JSON_ARRAY ? a : b;
        int array_first = array.len == 2 ? -1 : 1;
        return kind_a == DV_JSON_ARRAY ? array_first : -array_first;
    }
    struct dv_err ignored = DV_ERR_INIT;
    int order = compare_nested(a, b, &ignored);
    return three_way(order, 0);
}
