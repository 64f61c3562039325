/* LIKE and ILIKE. A constant pattern is analysed at binding: plain text, prefix, suffix and contains need no
 * matcher. */
#include "transform/functions.h"

#include "transform/text_case.h"

#include <string.h>

enum like_kind { LIKE_GENERAL, LIKE_EXACT, LIKE_PREFIX, LIKE_SUFFIX, LIKE_CONTAINS };

struct like {
    bool negated;
    enum like_kind kind;
    const char *literal; /* of all kinds but the general one */
    size_t length;
};

enum match { NO_MATCH, MATCH, BAD_PATTERN };

/* Pattern characters: % any run, _ one character, \ the next one as it is. Works on bytes but for _ and the
 * steps of %. A pattern may end in \ as long as no text gets that far. */
static enum match match_like(const char *t, const char *t_end, const char *p, const char *p_end)
{
    const char *star_p = NULL, *star_t = NULL;
    while (t < t_end) {
        bool same = false;
        if (p < p_end && *p == '%') {
            for (p++; p < p_end && (*p == '%' || *p == '_'); p++) {
                if (*p == '%')
                    continue;
                if (t >= t_end)
                    return NO_MATCH;
                t += dv_utf8_width((unsigned char)*t);
            }
            if (p == p_end)
                return MATCH;
            if (*p == '\\' && p + 1 == p_end)
                return BAD_PATTERN;
            star_p = p;
            star_t = t;
            continue;
        }
        if (p < p_end && *p == '_') {
            t += dv_utf8_width((unsigned char)*t);
            p++;
            continue;
        }
        if (p < p_end && *p == '\\') {
            if (p + 1 == p_end)
                return BAD_PATTERN;
            same = p[1] == *t;
            p += same ? 1 : 0;
        } else if (p < p_end) {
            same = *p == *t;
        }
        if (same) {
            p++;
            t++;
        } else if (star_p != NULL) {
            star_t += dv_utf8_width((unsigned char)*star_t);
            t = star_t;
            p = star_p;
        } else {
            return NO_MATCH;
        }
    }
    while (p < p_end && *p == '%')
        p++;
    return p == p_end ? MATCH : NO_MATCH;
}

static enum dv_status like_general(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    const struct like *like = expr->data;
    enum match match =
        match_like(args[0].u.p, args[0].u.p + args[0].len, args[1].u.p, args[1].u.p + args[1].len);
    (void)eval;
    if (match == BAD_PATTERN)
        return dv_eval_fail(err, "22025", "LIKE pattern must not end with escape character");
    *out = dv_bool((match == MATCH) != like->negated);
    return DV_OK;
}

static enum dv_status like_literal(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                   struct dv_value *out, struct dv_err *err)
{
    const struct like *like = expr->data;
    const char *p = args[0].u.p;
    size_t length = args[0].len;
    bool found = length >= like->length;
    (void)eval;
    (void)err;
    if (found && like->length > 0) {
        switch (like->kind) {
        case LIKE_EXACT:
            found = length == like->length && memcmp(p, like->literal, length) == 0;
            break;
        case LIKE_PREFIX:
            found = memcmp(p, like->literal, like->length) == 0;
            break;
        case LIKE_SUFFIX:
            found = memcmp(p + length - like->length, like->literal, like->length) == 0;
            break;
        default:
            found = memmem(p, length, like->literal, like->length) != NULL;
        }
    } else if (like->kind == LIKE_EXACT) {
        found = length == like->length;
    }
    *out = dv_bool(found != like->negated);
    return DV_OK;
}

/* Finds a plain kind for a constant pattern without _ and \ . */
static void analyse(struct like *like, const char *p, size_t length)
{
    bool open_start = false, open_end = false;
    while (length > 0 && p[0] == '%') {
        open_start = true;
        p++;
        length--;
    }
    while (length > 0 && p[length - 1] == '%') {
        open_end = true;
        length--;
    }
    for (size_t i = 0; i < length; i++)
        if (p[i] == '%' || p[i] == '_' || p[i] == '\\')
            return;
    like->literal = p;
    like->length = length;
    like->kind = open_start ? (open_end || length == 0 ? LIKE_CONTAINS : LIKE_SUFFIX)
                 : open_end ? LIKE_PREFIX
                            : LIKE_EXACT;
}

/* ESCAPE: the pattern rewritten with \ as its escape. */
static enum dv_status like_escape(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                                  struct dv_value *out, struct dv_err *err)
{
    const char *p = args[0].u.p, *end = p + args[0].len;
    size_t width = args[1].len;
    bool after = false;
    (void)expr;
    if (dv_utf8_count(args[1].u.p, width) > 1) {
        (void)dv_eval_fail(err, "22025", "invalid escape string");
        dv_err_hint(err, "Escape string must be empty or one character.");
        return DV_FAILED;
    }
    if (width == 1 && args[1].u.p[0] == '\\') {
        *out = args[0];
        return DV_OK;
    }
    dv_buf_reset(&eval->scratch);
    while (p < end) {
        size_t step = dv_utf8_width((unsigned char)*p);
        if (width > 0 && step == width && memcmp(p, args[1].u.p, width) == 0 && !after) {
            dv_buf_byte(&eval->scratch, '\\');
            after = true;
        } else {
            if (*p == '\\' && !after)
                dv_buf_byte(&eval->scratch, '\\');
            dv_buf_append(&eval->scratch, p, step);
            after = false;
        }
        p += step;
    }
    return dv_out_scratch(eval, out, err);
}

static enum dv_status like_operand(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                                   unsigned i, struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    if (!dv_cast_exists(&args[i]->type, &text, DV_CAST_IMPLICIT)) {
        (void)dv_bind_fail(binder, ast->line, ast->column, "42883", err, "operator does not exist: %s %s %s",
                           dv_type_text(binder, &args[0]->type), ast->text[0] == 'i' ? "~~*" : "~~",
                           dv_type_text(binder, &args[1]->type));
        dv_err_hint(err, "Cast it to text: ...::text LIKE ...");
        return DV_FAILED;
    }
    if (i == 0 && args[0]->type.id == DV_TYPE_BPCHAR) /* its blanks take part in the match */
        return DV_OK;
    return dv_cast(binder, args[i], &text, DV_CAST_IMPLICIT, args[i]->line, args[i]->column, &args[i], err);
}

static enum dv_status call_of(struct dv_binder *binder, const struct dv_ast *ast, dv_call_fn fn,
                              struct dv_expr **args, unsigned count, struct dv_expr **out, struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    enum dv_status status =
        dv_node_call(binder, ast->line, ast->column, fn, true, &text, args, count, NULL, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}

enum dv_status dv_bind_like(struct dv_binder *binder, const struct dv_ast *ast, struct dv_expr **args,
                            struct dv_expr **out, struct dv_err *err)
{
    struct dv_type boolean = dv_type_of(DV_TYPE_BOOL);
    struct like *like = dv_arena_zalloc(binder->arena, sizeof(*like));
    enum dv_status status = DV_OK;
    unsigned count = 2;
    if (like == NULL)
        return dv_fail_memory(err);
    like->negated = ast->flag;
    for (unsigned i = 0; status == DV_OK && i < ast->arg_count; i++)
        status = like_operand(binder, ast, args, i, err);
    if (status == DV_OK && ast->arg_count > 2)
        status = call_of(binder, ast, like_escape, &args[1], 2, &args[1], err);
    for (unsigned i = 0; status == DV_OK && ast->text[0] == 'i' && i < 2; i++)
        status = call_of(binder, ast, dv_text_lower, &args[i], 1, &args[i], err);
    if (status != DV_OK)
        return status;
    if (args[1]->is_constant && args[1]->constant.state != DV_NULL)
        analyse(like, args[1]->constant.u.p, args[1]->constant.len);
    if (like->kind != LIKE_GENERAL)
        count = 1;
    status =
        dv_node_call(binder, ast->line, ast->column, like->kind == LIKE_GENERAL ? like_general : like_literal,
                     true, &boolean, args, count, like, out, err);
    return status == DV_OK ? dv_node_fold(binder, out, err) : status;
}
