/* Calls with OVER in generated models. */
#include "tests/oracle/model_parts.h"

#include <stdio.h>

/* What windows are made of: texts of expressions over the rows, or over the groups. */
struct operands {
    const char *number;         /* an integer */
    const char *value;          /* anything */
    const char *partition, *by; /* compared exactly */
    const char *order;          /* total */
    enum kind value_kind, number_kind, sum_kind;
    bool value_exact;
};

/* One call with OVER. What depends on which of two peers comes first gets a total order. */
static void window(struct dv_buf *out, struct relation *made, const struct operands *operands,
                   const char *name, struct dv_buf *clause)
{
    static const struct {
        const char *call;                           /* #: the number, $: the value */
        enum { NONE, TOTAL, FRAMED, ANY } position; /* what of an order it needs */
        enum { AS_BIGINT, AS_INT, AS_FLOAT, AS_NUMBER, AS_SUM, AS_VALUE } gives;
    } calls[] = {
        {"row_number()", TOTAL, AS_BIGINT},   {"rank()", ANY, AS_BIGINT},
        {"dense_rank()", ANY, AS_BIGINT},     {"percent_rank()", ANY, AS_FLOAT},
        {"cume_dist()", ANY, AS_FLOAT},       {"ntile(3)", TOTAL, AS_INT},
        {"ntile(7)", TOTAL, AS_INT},          {"lag($)", TOTAL, AS_VALUE},
        {"lead($)", TOTAL, AS_VALUE},         {"lag($, 3)", TOTAL, AS_VALUE},
        {"lead($, 2)", TOTAL, AS_VALUE},      {"lag($, 0)", TOTAL, AS_VALUE},
        {"lag($, -2)", TOTAL, AS_VALUE},      {"lead($, null)", TOTAL, AS_VALUE},
        {"lag(#, 1, 7)", TOTAL, AS_NUMBER},   {"lead(#, 2, #)", TOTAL, AS_NUMBER},
        {"first_value($)", TOTAL, AS_VALUE},  {"last_value($)", FRAMED, AS_VALUE},
        {"last_value(#)", FRAMED, AS_NUMBER}, {"count(*)", ANY, AS_BIGINT},
        {"count($)", FRAMED, AS_BIGINT},      {"sum(#)", ANY, AS_SUM},
        {"sum(#)", FRAMED, AS_SUM},           {"max(#)", FRAMED, AS_NUMBER},
        {"min(#)", ANY, AS_NUMBER},           {"sum(#) FILTER (WHERE $ IS NOT NULL)", FRAMED, AS_SUM},
        {"count(*)", NONE, AS_BIGINT},        {"sum(#)", NONE, AS_SUM},
    };
    static const char *const frames[] = {
        "",
        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        " ROWS UNBOUNDED PRECEDING",
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
        " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    };
    unsigned which = model_pick(sizeof calls / sizeof calls[0]);
    struct dv_buf over = {0};
    dv_buf_str(out, ",\n       ");
    for (const char *at = calls[which].call; *at != '\0'; at++) {
        if (*at == '#')
            dv_buf_str(out, operands->number);
        else if (*at == '$')
            dv_buf_str(out, operands->value);
        else
            dv_buf_byte(out, *at);
    }
    if (parts_chance(70))
        dv_buf_printf(&over, "PARTITION BY %s ", operands->partition);
    if (calls[which].position == ANY && parts_chance(60))
        dv_buf_printf(&over, "ORDER BY %s%s", operands->by, parts_chance(40) ? " DESC" : "");
    else if (calls[which].position != NONE)
        dv_buf_printf(&over, "ORDER BY %s%s", parts_chance(30) ? operands->by : operands->order,
                      parts_chance(30) ? " DESC NULLS LAST" : "");
    if (calls[which].position == TOTAL || calls[which].position == FRAMED)
        dv_buf_printf(&over, ", %s", operands->order);
    if (calls[which].position == FRAMED)
        dv_buf_str(&over, frames[model_pick(sizeof frames / sizeof frames[0])]);
    if (clause != NULL && parts_chance(15)) {
        dv_buf_printf(clause, "%s%s_w AS (%s)", clause->len > 0 ? ", " : "\nWINDOW ", name,
                      dv_buf_cstr(&over));
        dv_buf_printf(out, " OVER %s_w AS %s", name, name);
    } else {
        dv_buf_printf(out, " OVER (%s) AS %s", dv_buf_cstr(&over), name);
    }
    dv_buf_release(&over);
    const enum kind kinds[] = {KIND_BIGINT,           KIND_INT,           KIND_FLOAT,
                               operands->number_kind, operands->sum_kind, operands->value_kind};
    bool exact =
        calls[which].gives == AS_VALUE ? operands->value_exact : kinds[calls[which].gives] != KIND_FLOAT;
    parts_field(made, name, kinds[calls[which].gives], exact);
}

void window_rows(struct dv_buf *out, struct relation *made, const struct source *source,
                 struct dv_buf *clause)
{
    const struct field *key = expr_field(&source->scope, KINDS, true),
                       *by = expr_field(&source->scope, KINDS, true),
                       *number = expr_field(&source->scope, KIND_INT, false),
                       *value = expr_field(&source->scope, KINDS, false);
    struct operands operands = {.number_kind = KIND_INT, .sum_kind = KIND_BIGINT};
    if (key == NULL || by == NULL || number == NULL || source->order[0] == '\0')
        return;
    operands.number = number->name;
    operands.value = value->name;
    operands.partition = key->name;
    operands.by = by->name;
    operands.order = source->order;
    operands.value_kind = value->kind;
    operands.value_exact = value->exact;
    for (unsigned w = 0, count = 1 + model_pick(4); w < count; w++) {
        char name[24];
        (void)snprintf(name, sizeof name, "w%u", w + 1);
        if (parts_chance(40)) { /* another partition, another order */
            key = expr_field(&source->scope, KINDS, true);
            by = expr_field(&source->scope, KINDS, true);
            operands.partition = key->name;
            operands.by = by->name;
        }
        window(out, made, &operands, name, clause);
    }
}

void window_groups(struct dv_buf *out, struct relation *made, char names[2][64], unsigned keys,
                   const struct source *source)
{
    const struct field *number = expr_field(&source->scope, KIND_INT, false);
    struct operands operands = {.number_kind = KIND_BIGINT, .sum_kind = KIND_NUMERIC, .value_exact = true};
    char sum[64] = "count(*)", order[140];
    if (number != NULL && parts_chance(50))
        (void)snprintf(sum, sizeof sum, "sum(%s)", number->name);
    (void)snprintf(order, sizeof order, keys > 1 ? "%s, %s" : "%s", names[0], names[1]);
    operands.number = sum;
    operands.order = order;
    operands.value_kind = made->fields[0].kind;
    operands.value = names[0];
    operands.by = parts_chance(50) ? names[0] : "count(*)";
    operands.partition = keys > 1 && parts_chance(60) ? names[1] : "count(*) % 3";
    for (unsigned w = 0, count = 1 + model_pick(3); w < count; w++) {
        char name[24];
        (void)snprintf(name, sizeof name, "w%u", w + 1);
        window(out, made, &operands, name, NULL);
    }
}
