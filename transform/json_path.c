#include "transform/json_path.h"

#include "core/jsonb_paths.h"
#include "transform/array_text.h"
#include "transform/set_function.h"

#include <string.h>

/* ---- one call ------------------------------------------------------------------------------------------ */

/* data of a call with constant steps */
struct json_path {
    struct dv_json_step *steps;
    size_t count;
};

enum dv_status dv_json_result(const struct dv_expr *expr, struct dv_eval *eval, struct dv_json_text json,
                              struct dv_value *out, struct dv_err *err)
{
    const char *text = NULL;
    size_t length = 0;
    bool is_null = false;
    enum dv_status status;
    if (json.p == NULL)
        return DV_OK;
    if (expr->type.id != DV_TYPE_TEXT) {
        *out = dv_text(json.p, json.len);
        return DV_OK;
    }
    status = dv_json_as_text(json, eval->arena, &text, &length, &is_null, err);
    if (status == DV_OK && !is_null)
        *out = dv_text(text, length);
    return status;
}

static enum dv_status constant_path(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                    struct dv_value *out, struct dv_err *err)
{
    const struct json_path *path = expr->data;
    return dv_json_result(
        expr, eval, dv_json_walk(dv_json_trim(args[0].u.p, args[0].len), path->steps, path->count), out, err);
}

static struct dv_json_step text_step(const char *p, size_t length)
{
    struct dv_json_step step = {.key = p, .key_length = length, .by = DV_JSON_BY_KEY};
    if (dv_array_index(p, length, &step.index))
        step.by |= DV_JSON_BY_INDEX;
    return step;
}

/* -> has a member's name or an element's number. */
static struct dv_json_step arrow_step(const struct dv_expr *json, const struct dv_expr *step)
{
    if (step->type.id == DV_TYPE_TEXT)
        return (struct dv_json_step){
            .key = step->constant.u.p, .key_length = step->constant.len, .by = DV_JSON_BY_KEY};
    return (struct dv_json_step){.index = step->constant.u.i,
                                 .by = DV_JSON_BY_INDEX |
                                       (json->type.id == DV_TYPE_JSONB ? (unsigned)DV_JSON_BY_SELF : 0U)};
}

/* #> has an array of steps. false: one that is not taken apart at binding (malformed, empty, a NULL among
 * them). */
static bool array_steps(struct dv_binder *binder, const struct dv_value *array, struct json_path *path)
{
    struct dv_err ignored = DV_ERR_INIT; /* the call fails on it where it is reached */
    struct dv_array_item item;
    const char *at = NULL;
    enum dv_status status;
    while ((status = dv_array_next(array->u.p, array->len, &at, &item, binder->arena, &ignored)) == DV_OK) {
        if (item.is_null)
            return false;
        path->steps[path->count++] = text_step(item.p, item.len);
    }
    return status == DV_END && path->count > 0;
}

/* Whether the steps are constants that the call is not folded over. */
static bool is_constant_path(const struct dv_call *call)
{
    if (call->expr.args[0]->is_constant)
        return false;
    for (unsigned i = 1; i < call->expr.arg_count; i++)
        if (!call->expr.args[i]->is_constant || call->expr.args[i]->constant.state == DV_NULL)
            return false;
    return true;
}

static struct json_path *path_new(struct dv_binder *binder, size_t capacity)
{
    struct json_path *path = dv_arena_zalloc(binder->arena, sizeof *path);
    if (path == NULL)
        return NULL;
    path->steps = dv_arena_alloc(binder->arena, capacity * sizeof *path->steps);
    return path->steps != NULL ? path : NULL;
}

static void use_path(struct dv_call *call, const struct json_path *path)
{
    call->expr.data = path;
    call->fn = constant_path;
}

enum dv_status dv_json_arrow_bind(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    if (!is_constant_path(call))
        return DV_OK;
    struct json_path *path = path_new(binder, 1);
    if (path == NULL)
        return dv_fail_memory(err);
    path->steps[path->count++] = arrow_step(call->expr.args[0], call->expr.args[1]);
    use_path(call, path);
    return DV_OK;
}

enum dv_status dv_json_array_bind(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    if (!is_constant_path(call))
        return DV_OK;
    const struct dv_value *array = &call->expr.args[1]->constant;
    struct json_path *path = path_new(binder, (size_t)array->len + 1); /* an item has a byte or more */
    if (path == NULL)
        return dv_fail_memory(err);
    if (array_steps(binder, array, path))
        use_path(call, path);
    return DV_OK;
}

enum dv_status dv_json_extract_bind(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)
{
    struct dv_expr **args = call->expr.args;
    if (!is_constant_path(call))
        return DV_OK;
    struct json_path *path = path_new(binder, call->expr.arg_count);
    if (path == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 1; i < call->expr.arg_count; i++)
        path->steps[path->count++] = text_step(args[i]->constant.u.p, args[i]->constant.len);
    use_path(call, path);
    return DV_OK;
}

/* ---- the paths of a branch ----------------------------------------------------------------------------- */

/* What paths start from, and all of those over it. */
struct json_source {
    struct dv_expr *expr;
    struct dv_json_paths paths;
    unsigned slots_end; /* the row's slots that expr reads lie before it */
    struct json_source *next;
};

/* data of a planned call */
struct planned {
    const struct json_source *source;
    struct json_path path; /* all the way from the source */
    unsigned slot;         /* among the source's results */
};

/* What a source keeps of the row in hand. */
struct scanned {
    uint64_t row; /* that it is of: eval's number; 0: of none */
    struct dv_json_text json;
    bool broken; /* not JSON: each path is walked alone */
    struct dv_json_text found[];
};

/* .p NULL: NULL */
static enum dv_status source_text(const struct json_source *source, struct dv_eval *eval,
                                  struct dv_json_text *json, struct dv_err *err)
{
    struct dv_value value;
    enum dv_status status = dv_expr_eval(source->expr, eval, &value, err);
    if (status == DV_OK)
        *json = value.state == DV_NULL ? (struct dv_json_text){NULL, 0} : dv_json_trim(value.u.p, value.len);
    return status;
}

static enum dv_status scan_row(const struct json_source *source, struct dv_eval *eval, uint64_t row,
                               bool in_scope, struct scanned **out, struct dv_err *err)
{
    struct dv_keep_entry *entry = dv_keep_find(eval->keep, source, "", 0, 0);
    if (entry != NULL && entry->made == NULL)
        entry->made = dv_arena_zalloc(&entry->arena, sizeof(struct scanned) +
                                                         source->paths.count * sizeof(struct dv_json_text));
    if (entry == NULL || entry->made == NULL)
        return dv_fail_memory(err);
    struct scanned *scanned = *out = entry->made;
    if (scanned->row == row)
        return DV_OK;
    struct dv_arena *arena = eval->arena;
    if (in_scope) /* the value is to live as long as its results do */
        eval->arena = eval->scope.arena;
    scanned->row = 0;
    enum dv_status status = source_text(source, eval, &scanned->json, err);
    eval->arena = arena;
    if (status != DV_OK)
        return status;
    scanned->broken = scanned->json.p != NULL &&
                      !dv_json_paths_scan(&source->paths, scanned->json,
                                          source->expr->type.id == DV_TYPE_JSONB, scanned->found);
    scanned->row = row;
    return DV_OK;
}

static enum dv_status eval_planned(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *out,
                                   struct dv_err *err)
{
    const struct planned *planned = expr->data;
    const struct json_source *source = planned->source;
    bool in_scope = source->slots_end <= eval->scope.width;
    uint64_t row = in_scope ? eval->scope.row : eval->row_number;
    struct dv_json_text json = {NULL, 0};
    struct scanned *scanned = NULL;
    enum dv_status status;
    *out = dv_null();
    if (row == 0 || eval->keep == NULL) {
        status = source_text(source, eval, &json, err);
    } else {
        status = scan_row(source, eval, row, in_scope, &scanned, err);
        json = status == DV_OK ? scanned->json : json;
    }
    if (status != DV_OK || json.p == NULL)
        return status;
    if (scanned != NULL && !scanned->broken)
        json = scanned->found[planned->slot];
    else
        json = dv_json_walk(json, planned->path.steps, planned->path.count);
    status = dv_json_result(expr, eval, json, out, err);
    if (status != DV_OK) {
        eval->line = expr->line;
        eval->column = expr->column;
    }
    return status;
}

/* ---- planning ------------------------------------------------------------------------------------------ */

struct planner {
    struct dv_arena *arena;
    const struct dv_branch *branch;
    struct json_source *sources;
    struct dv_err *err;
};

static bool same_constant(const struct dv_expr *a, const struct dv_expr *b)
{
    const struct dv_value *left = &a->constant, *right = &b->constant;
    if (left->state == DV_NULL || right->state == DV_NULL)
        return left->state == right->state;
    switch (a->type.id) {
    case DV_TYPE_BOOL:
    case DV_TYPE_INT2:
    case DV_TYPE_INT4:
    case DV_TYPE_INT8:
    case DV_TYPE_DATE:
    case DV_TYPE_TIMESTAMP:
    case DV_TYPE_TIMESTAMPTZ:
        return left->u.i == right->u.i;
    case DV_TYPE_TEXT:
    case DV_TYPE_JSON:
    case DV_TYPE_JSONB:
    case DV_TYPE_ARRAY:
        return left->len == right->len && memcmp(left->u.p, right->u.p, left->len) == 0;
    default:
        return false;
    }
}

/* Whether the two give the same value over every row. false where that is not plain. */
static bool same_value(const struct dv_expr *a, const struct dv_expr *b)
{
    if (a == b)
        return true;
    if (a->eval != b->eval || a->slot != b->slot || a->is_constant != b->is_constant ||
        a->arg_count != b->arg_count || !dv_type_equal(&a->type, &b->type) ||
        dv_node_function(a) != dv_node_function(b))
        return false;
    if (a->is_constant)
        return same_constant(a, b);
    if (a->eval == eval_planned) {
        const struct planned *left = a->data, *right = b->data;
        return left->source == right->source && left->slot == right->slot;
    }
    if (a->data != b->data)
        return false;
    for (unsigned i = 0; i < a->arg_count; i++)
        if (!same_value(a->args[i], b->args[i]))
            return false;
    return true;
}

static enum dv_status find_source(struct planner *planner, struct dv_expr *expr, struct json_source **out)
{
    const struct dv_branch *branch = planner->branch;
    unsigned slots = branch->width + branch->relation->column_count;
    struct json_source *source = planner->sources;
    while (source != NULL && !same_value(source->expr, expr))
        source = source->next;
    *out = source;
    if (source != NULL)
        return DV_OK;
    bool *used = dv_arena_zalloc(planner->arena, (size_t)slots + 1);
    source = dv_arena_zalloc(planner->arena, sizeof *source);
    if (used == NULL || source == NULL)
        return dv_fail_memory(planner->err);
    source->expr = expr;
    dv_expr_slots(expr, used);
    for (unsigned s = 0; s < slots; s++)
        if (used[s])
            source->slots_end = s + 1;
    source->next = planner->sources;
    planner->sources = source;
    *out = source;
    return DV_OK;
}

/* The steps that the call itself takes, or, planned, all of those from its source. */
static const struct json_path *path_of(const struct dv_expr *expr)
{
    if (expr->eval == eval_planned)
        return &((const struct planned *)expr->data)->path;
    return dv_node_function(expr) == constant_path ? expr->data : NULL;
}

static struct dv_expr *start_of(const struct dv_expr *expr)
{
    return expr->eval == eval_planned ? ((const struct planned *)expr->data)->source->expr : expr->args[0];
}

static enum dv_status plan_tree(struct planner *planner, struct dv_expr *expr);

static enum dv_status plan_path(struct planner *planner, struct dv_expr *expr)
{
    struct dv_expr *start = expr;
    const struct json_path *part;
    struct json_source *source;
    size_t count = 0, at;
    while ((part = path_of(start)) != NULL) {
        count += part->count;
        start = start_of(start);
    }
    struct planned *planned = dv_arena_zalloc(planner->arena, sizeof *planned);
    struct dv_json_step *steps = dv_arena_alloc(planner->arena, count * sizeof *steps);
    if (planned == NULL || steps == NULL)
        return dv_fail_memory(planner->err);
    at = count;
    for (const struct dv_expr *link = expr; (part = path_of(link)) != NULL; link = start_of(link)) {
        at -= part->count;
        memcpy(steps + at, part->steps, part->count * sizeof *steps);
    }
    enum dv_status status = plan_tree(planner, start);
    if (status == DV_OK)
        status = find_source(planner, start, &source);
    if (status == DV_OK)
        status =
            dv_json_paths_add(&source->paths, steps, count, planner->arena, &planned->slot, planner->err);
    if (status != DV_OK)
        return status;
    planned->source = source;
    planned->path = (struct json_path){steps, count};
    expr->data = planned;
    expr->eval = eval_planned;
    return DV_OK;
}

static enum dv_status plan_tree(struct planner *planner, struct dv_expr *expr)
{
    enum dv_status status = DV_OK;
    if (expr == NULL || expr->eval == eval_planned)
        return DV_OK;
    if (path_of(expr) != NULL)
        return plan_path(planner, expr);
    for (unsigned i = 0; i < expr->arg_count && status == DV_OK; i++)
        status = plan_tree(planner, expr->args[i]);
    return status;
}

static enum dv_status plan_joins(struct planner *planner)
{
    enum dv_status status = DV_OK;
    for (unsigned j = 0; j < planner->branch->join_count && status == DV_OK; j++) {
        const struct dv_join_plan *join = &planner->branch->joins[j];
        for (unsigned k = 0; k < join->key_count && status == DV_OK; k++)
            status = plan_tree(planner, join->left_keys[k]);
        for (unsigned a = 0; join->kind == DV_EXPAND && a < join->set->arg_count && status == DV_OK; a++)
            status = plan_tree(planner, join->set->args[a]);
        if (status == DV_OK)
            status = plan_tree(planner, join->residual);
    }
    return status;
}

/* What is evaluated over the flat row; the later half of a barrier is not. */
static enum dv_status plan_branch(struct dv_program *program, const struct dv_branch *branch,
                                  struct dv_err *err)
{
    struct planner planner = {.arena = &program->arena, .branch = branch, .err = err};
    enum dv_status status = plan_joins(&planner);
    for (unsigned f = 0; f < branch->filter_count && status == DV_OK; f++)
        status = plan_tree(&planner, branch->filters[f].condition);
    if (status == DV_OK)
        status = plan_tree(&planner, branch->where);
    for (unsigned k = 0; k < branch->key_count && status == DV_OK; k++)
        status = plan_tree(&planner, branch->keys[k]);
    for (unsigned o = 0; o < branch->order_count && status == DV_OK; o++)
        status = plan_tree(&planner, branch->order[o].expr);
    if (branch->barrier != DV_BARRIER_NONE)
        return status;
    for (unsigned c = 0; c < branch->relation->column_count && status == DV_OK; c++)
        if (branch->relation->needed[c])
            status = plan_tree(&planner, branch->outputs[c]);
    for (unsigned r = 0; r < branch->reject_count && status == DV_OK; r++)
        status = plan_tree(&planner, branch->rejects[r].condition);
    return status;
}

enum dv_status dv_json_plan(struct dv_program *program, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    for (unsigned r = 0; r < program->relation_count && status == DV_OK; r++) {
        const struct dv_relation *relation = program->relations[r];
        if (relation->recursive != NULL)
            status = plan_branch(program, relation->recursive, err);
        for (unsigned b = 0; b < relation->branch_count && status == DV_OK; b++)
            status = plan_branch(program, &relation->branches[b], err);
    }
    return status;
}
