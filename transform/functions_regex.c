/* Functions and operators of regular expressions. A constant pattern is compiled at binding, others are kept
 * from row to row. */
#include "transform/functions.h"

#include "core/array.h"
#include "transform/regex.h"

#include <string.h>

#define REGEX_FN(name)                                                                                       \
    static enum dv_status name(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,      \
                               struct dv_value *out, struct dv_err *err)
#define NONE DV_REGEX_NONE
#define TRY_REGEX(call)                                                                                      \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != DV_OK)                                                                                 \
            goto done;                                                                                       \
    } while (0)

/* Made at binding; regex NULL: the pattern or its flags come with the row, or are wrong, and the row that
 * gets there fails. */
struct pattern {
    const struct dv_regex *regex;
    bool global, negated;
    unsigned flags;
};

/* The pattern in use for one call. */
struct use {
    const struct dv_regex *regex;
    bool global;
    struct dv_arena own; /* of a pattern compiled for this call alone */
};

/* A pattern that came with a row. At its second use the table of states is built, which costs more than a
 * search does. */
struct kept_pattern {
    const struct dv_regex *once, *table;
};

static enum dv_status read_flags(const char *p, size_t length, unsigned *flags, bool *global,
                                 struct dv_err *err)
{
    for (size_t i = 0; i < length; i += dv_utf8_width((unsigned char)p[i])) {
        switch (p[i]) {
        case 'g':
            *global = true;
            break;
        case 'c':
            *flags &= ~(unsigned)DV_REGEX_ICASE;
            break;
        case 'i':
            *flags |= DV_REGEX_ICASE;
            break;
        case 'm':
        case 'n':
            *flags |= DV_REGEX_NEWLINE_STOP | DV_REGEX_NEWLINE_ANCHOR;
            break;
        case 'p':
            *flags |= DV_REGEX_NEWLINE_STOP;
            *flags &= ~(unsigned)DV_REGEX_NEWLINE_ANCHOR;
            break;
        case 'q':
            *flags |= DV_REGEX_LITERAL;
            break;
        case 's':
            *flags &= ~(unsigned)(DV_REGEX_NEWLINE_STOP | DV_REGEX_NEWLINE_ANCHOR);
            break;
        case 't':
            *flags &= ~(unsigned)DV_REGEX_EXPANDED;
            break;
        case 'w':
            *flags &= ~(unsigned)DV_REGEX_NEWLINE_STOP;
            *flags |= DV_REGEX_NEWLINE_ANCHOR;
            break;
        case 'x':
            *flags |= DV_REGEX_EXPANDED;
            break;
        default: {
            size_t width = dv_utf8_width((unsigned char)p[i]);
            if (p[i] == 'b' || p[i] == 'e')
                return dv_eval_fail(err, "0A000", "the regular expression option \"%c\" is not supported",
                                    p[i]);
            return dv_eval_fail(err, "22023", "invalid regular expression option: \"%.*s\"", (int)width,
                                p + i);
        }
        }
    }
    return DV_OK;
}

static enum dv_status obtain_kept(const struct dv_expr *expr, struct dv_eval *eval,
                                  const struct dv_value *text, unsigned flags, const struct dv_regex **regex,
                                  struct dv_err *err)
{
    struct dv_keep_entry *entry = dv_keep_find(eval->keep, expr, text->u.p, text->len, flags);
    if (entry != NULL && entry->made == NULL)
        entry->made = dv_arena_zalloc(&entry->arena, sizeof(struct kept_pattern));
    if (entry == NULL || entry->made == NULL)
        return dv_fail_memory(err);
    struct kept_pattern *kept = entry->made;
    enum dv_status status = DV_OK;
    if (kept->once == NULL)
        status =
            dv_regex_compile(text->u.p, text->len, flags | DV_REGEX_ONCE, &entry->arena, &kept->once, err);
    else if (kept->table == NULL)
        status = dv_regex_compile(text->u.p, text->len, flags, &entry->arena, &kept->table, err);
    if (status != DV_OK)
        entry->made = NULL;
    *regex = kept->table != NULL ? kept->table : kept->once;
    return status;
}

/* The pattern is args[1], its flags args[flag_at] (0: none). Ends with release(). */
static enum dv_status obtain(const struct dv_expr *expr, struct dv_eval *eval, const struct dv_value *args,
                             unsigned flag_at, const char *no_global, struct use *use, struct dv_err *err)
{
    const struct pattern *pattern = expr->data;
    unsigned flags = pattern->flags;
    enum dv_status status = DV_OK;
    memset(use, 0, sizeof(*use));
    use->regex = pattern->regex;
    use->global = pattern->global;
    if (pattern->regex == NULL) {
        if (flag_at != 0 && expr->arg_count > flag_at)
            status = read_flags(args[flag_at].u.p, args[flag_at].len, &flags, &use->global, err);
        if (status == DV_OK && eval->keep != NULL)
            status = obtain_kept(expr, eval, &args[1], flags, &use->regex, err);
        else if (status == DV_OK)
            status = dv_regex_compile(args[1].u.p, args[1].len, flags | DV_REGEX_ONCE, &use->own, &use->regex,
                                      err);
    }
    if (status == DV_OK && use->global && no_global != NULL)
        status = dv_eval_fail(err, "22023", "%s() does not support the \"global\" option", no_global);
    return status;
}

static void release(struct use *use)
{
    dv_arena_release(&use->own);
}

/* ---- binding ------------------------------------------------------------------------------------------- */

static enum dv_status bind_with(struct dv_binder *binder, struct dv_call *call, unsigned flag_at,
                                unsigned flags, bool negated, struct dv_err *err)
{
    const struct dv_expr *text = call->expr.args[1];
    const struct dv_expr *flag =
        flag_at != 0 && call->expr.arg_count > flag_at ? call->expr.args[flag_at] : NULL;
    struct pattern *pattern = dv_arena_zalloc(binder->arena, sizeof(*pattern));
    struct dv_err inner = DV_ERR_INIT;
    enum dv_status status = DV_OK;
    if (pattern == NULL)
        return dv_fail_memory(err);
    pattern->flags = flags;
    pattern->negated = negated;
    call->expr.data = pattern;
    if (!text->is_constant || text->constant.state == DV_NULL ||
        (flag != NULL && (!flag->is_constant || flag->constant.state == DV_NULL)))
        return DV_OK;
    if (flag != NULL)
        status = read_flags(flag->constant.u.p, flag->constant.len, &flags, &pattern->global, &inner);
    if (status == DV_OK)
        status = dv_regex_compile(text->constant.u.p, text->constant.len, flags, binder->arena,
                                  &pattern->regex, &inner);
    if (status == DV_OK)
        return DV_OK;
    if (inner.sqlstate[0] == '\0') { /* no fault of the pattern's */
        *err = inner;
        return status;
    }
    *pattern = (struct pattern){.flags = pattern->flags, .negated = negated};
    return DV_OK;
}

#define REGEX_BIND(name, flag_at, flags, negated)                                                            \
    static enum dv_status name(struct dv_binder *binder, struct dv_call *call, struct dv_err *err)           \
    {                                                                                                        \
        return bind_with(binder, call, flag_at, flags, negated, err);                                        \
    }
REGEX_BIND(bind_match, 0, 0, false)
REGEX_BIND(bind_imatch, 0, DV_REGEX_ICASE, false)
REGEX_BIND(bind_no_match, 0, 0, true)
REGEX_BIND(bind_no_imatch, 0, DV_REGEX_ICASE, true)
REGEX_BIND(bind_flags_2, 2, 0, false)
REGEX_BIND(bind_flags_3, 3, 0, false)
REGEX_BIND(bind_flags_4, 4, 0, false)
REGEX_BIND(bind_flags_5, 5, 0, false)

/* ---- tests --------------------------------------------------------------------------------------------- */

static enum dv_status matches(const struct dv_expr *expr, struct dv_eval *eval, struct dv_value *args,
                              unsigned flag_at, const char *name, struct dv_value *out, struct dv_err *err)
{
    struct use use;
    bool found = false;
    enum dv_status status = obtain(expr, eval, args, flag_at, name, &use, err);
    if (status == DV_OK)
        status = dv_regex_find(use.regex, args[0].u.p, args[0].len, 0, NULL, 0, eval->arena, &found, err);
    if (status == DV_OK)
        *out = dv_bool(found != ((const struct pattern *)expr->data)->negated);
    release(&use);
    return status;
}

REGEX_FN(op_match)
{
    return matches(expr, eval, args, 0, NULL, out, err);
}

REGEX_FN(fn_like)
{
    return matches(expr, eval, args, 2, "regexp_like", out, err);
}

/* ---- parts of the text --------------------------------------------------------------------------------- */

static enum dv_status span_text(const struct dv_value *text, const struct dv_regex_span *span,
                                struct dv_value *out)
{
    if (span->start != NONE)
        *out = dv_text(text->u.p + span->start, span->end - span->start);
    return DV_OK;
}

/* substring(text from pattern): the first bracket's part, or the whole match. */
REGEX_FN(fn_substring)
{
    struct use use;
    struct dv_regex_span spans[2];
    bool found = false;
    enum dv_status status = obtain(expr, eval, args, 0, NULL, &use, err);
    if (status == DV_OK) {
        unsigned captures = dv_regex_captures(use.regex);
        status = dv_regex_find(use.regex, args[0].u.p, args[0].len, 0, spans, captures > 0 ? 2 : 1,
                               eval->arena, &found, err);
        if (found)
            status = span_text(&args[0], &spans[captures > 0 ? 1 : 0], out);
    }
    release(&use);
    return status;
}

static enum dv_status array_result(struct dv_eval *eval, const struct dv_array *array, struct dv_value *out,
                                   struct dv_err *err)
{
    struct dv_type text = dv_type_of(DV_TYPE_TEXT);
    dv_buf_reset(&eval->scratch);
    dv_array_write(array, &text, &eval->scratch);
    return dv_out_scratch(eval, out, err);
}

REGEX_FN(fn_match)
{
    struct dv_array array = {.dimensions = 1, .lower = {1}};
    struct dv_regex_span *spans;
    struct use use;
    bool found = false;
    unsigned captures, skip;
    enum dv_status status = obtain(expr, eval, args, 2, NULL, &use, err);
    if (status == DV_OK && use.global) {
        status = dv_eval_fail(err, "22023", "regexp_match() does not support the \"global\" option");
        dv_err_hint(err, "Use regexp_split_to_array, regexp_count or regexp_substr.");
    }
    if (status != DV_OK)
        goto done;
    captures = dv_regex_captures(use.regex);
    skip = captures > 0 ? 1 : 0;
    array.count = captures > 0 ? captures : 1;
    array.lengths[0] = (int32_t)array.count;
    spans = dv_arena_alloc(eval->arena, sizeof(*spans) * ((size_t)captures + 1));
    array.items = dv_arena_zalloc(eval->arena, sizeof(*array.items) * array.count);
    if (spans == NULL || array.items == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    TRY_REGEX(
        dv_regex_find(use.regex, args[0].u.p, args[0].len, 0, spans, captures + 1, eval->arena, &found, err));
    if (!found)
        goto done;
    for (size_t i = 0; i < array.count; i++)
        (void)span_text(&args[0], &spans[i + skip], &array.items[i]);
    status = array_result(eval, &array, out, err);
done:
    release(&use);
    return status;
}

/* ---- replacing ----------------------------------------------------------------------------------------- */

/* The replacement, with \1 to \9, \& and \\ resolved. */
static void put_replacement(struct dv_buf *to, const struct dv_value *text, const struct dv_value *by,
                            const struct dv_regex_span *spans)
{
    const char *p = by->u.p, *end = p + by->len;
    while (p < end) {
        const char *backslash = memchr(p, '\\', (size_t)(end - p));
        const struct dv_regex_span *span = NULL;
        if (backslash == NULL) {
            dv_buf_append(to, p, (size_t)(end - p));
            return;
        }
        dv_buf_append(to, p, (size_t)(backslash - p));
        p = backslash + 1;
        if (p < end && *p >= '1' && *p <= '9')
            span = &spans[*p - '0'];
        else if (p < end && *p == '&')
            span = &spans[0];
        if (span == NULL) { /* a backslash for itself */
            dv_buf_byte(to, '\\');
            p += p < end && *p == '\\' ? 1 : 0;
            continue;
        }
        p++;
        if (span->start != NONE)
            dv_buf_append(to, text->u.p + span->start, span->end - span->start);
    }
}

static size_t after(const struct dv_value *text, const struct dv_regex_span *span)
{
    if (span->start != span->end)
        return span->end;
    return span->end < text->len ? span->end + dv_utf8_width((unsigned char)text->u.p[span->end])
                                 : text->len + 1;
}

/* which 0: every match */
static enum dv_status replace(struct dv_eval *eval, const struct dv_regex *regex, const struct dv_value *text,
                              const struct dv_value *by, size_t from, int64_t which, struct dv_value *out,
                              struct dv_err *err)
{
    bool parts = by->len > 0 && memchr(by->u.p, '\\', by->len) != NULL;
    size_t copied = 0;
    int64_t count = 0;
    dv_buf_reset(&eval->scratch);
    while (from <= text->len) {
        struct dv_regex_span spans[10];
        bool found = false;
        enum dv_status status =
            dv_regex_find(regex, text->u.p, text->len, from, spans, parts ? 10 : 1, eval->arena, &found, err);
        if (status != DV_OK)
            return status;
        if (!found)
            break;
        from = after(text, &spans[0]);
        if (which > 0 && ++count != which)
            continue;
        dv_buf_append(&eval->scratch, text->u.p + copied, spans[0].start - copied);
        if (parts)
            put_replacement(&eval->scratch, text, by, spans);
        else
            dv_buf_append(&eval->scratch, by->u.p, by->len);
        copied = spans[0].end;
        if (which > 0)
            break;
    }
    if (copied == 0 && eval->scratch.len == 0 && !eval->scratch.failed) {
        *out = *text; /* nothing was replaced, or an empty match at the start by nothing */
        return DV_OK;
    }
    dv_buf_append(&eval->scratch, text->u.p + copied, text->len - copied);
    return dv_out_scratch(eval, out, err);
}

static enum dv_status bad_parameter(struct dv_err *err, const char *name, int64_t value)
{
    return dv_eval_fail(err, "22023", "invalid value for parameter \"%s\": %lld", name, (long long)value);
}

/* Byte of the start-th character, which may lie past the end. */
static size_t start_byte(const struct dv_value *text, int64_t start)
{
    size_t chars = dv_utf8_count(text->u.p, text->len);
    if ((uint64_t)start > chars + 1)
        return text->len + 1;
    return dv_utf8_offset(text->u.p, text->len, start - 1);
}

REGEX_FN(fn_replace)
{
    struct use use;
    enum dv_status status;
    if (expr->arg_count == 4 && args[3].len > 0 && args[3].u.p[0] >= '0' && args[3].u.p[0] <= '9') {
        (void)dv_eval_fail(err, "22023", "invalid regular expression option: \"%c\"", args[3].u.p[0]);
        dv_err_hint(err,
                    "If you meant to use regexp_replace() with a start parameter, cast the fourth argument "
                    "to integer explicitly.");
        return DV_FAILED;
    }
    status = obtain(expr, eval, args, 3, NULL, &use, err);
    if (status == DV_OK)
        status = replace(eval, use.regex, &args[0], &args[2], 0, use.global ? 0 : 1, out, err);
    release(&use);
    return status;
}

REGEX_FN(fn_replace_from)
{
    struct use use;
    int64_t which = expr->arg_count > 4 ? args[4].u.i : 1;
    enum dv_status status;
    if (args[3].u.i <= 0)
        return bad_parameter(err, "start", args[3].u.i);
    if (which < 0)
        return bad_parameter(err, "n", which);
    status = obtain(expr, eval, args, 5, NULL, &use, err);
    if (status == DV_OK)
        status =
            replace(eval, use.regex, &args[0], &args[2], start_byte(&args[0], args[3].u.i), which, out, err);
    release(&use);
    return status;
}

/* ---- counting ------------------------------------------------------------------------------------------ */

/* The which-th match from a byte on; spans as dv_regex_find has them. */
static enum dv_status nth(struct dv_eval *eval, const struct dv_regex *regex, const struct dv_value *text,
                          size_t from, int64_t which, struct dv_regex_span *spans, unsigned span_count,
                          bool *found, int64_t *count, struct dv_err *err)
{
    *count = 0;
    *found = false;
    while (from <= text->len) {
        enum dv_status status =
            dv_regex_find(regex, text->u.p, text->len, from, spans, span_count, eval->arena, found, err);
        if (status != DV_OK || !*found)
            return status;
        if (++*count == which)
            return DV_OK;
        from = after(text, &spans[0]);
        *found = false;
    }
    return DV_OK;
}

REGEX_FN(fn_count)
{
    int64_t start = expr->arg_count > 2 ? args[2].u.i : 1, count = 0;
    struct dv_regex_span span;
    struct use use;
    bool found;
    enum dv_status status;
    if (start <= 0)
        return bad_parameter(err, "start", start);
    status = obtain(expr, eval, args, 3, "regexp_count", &use, err);
    if (status == DV_OK)
        status =
            nth(eval, use.regex, &args[0], start_byte(&args[0], start), -1, &span, 1, &found, &count, err);
    *out = dv_int(count);
    release(&use);
    return status;
}

/* start, n and sub-expression as regexp_instr and regexp_substr have them; *span: what is meant. */
static enum dv_status locate(struct dv_eval *eval, const struct dv_regex *regex, const struct dv_value *text,
                             int64_t start, int64_t which, int64_t part, struct dv_regex_span *span,
                             bool *found, struct dv_err *err)
{
    unsigned captures = dv_regex_captures(regex);
    struct dv_regex_span *spans = dv_arena_alloc(eval->arena, sizeof(*spans) * ((size_t)captures + 1));
    int64_t count;
    enum dv_status status;
    *found = false;
    if (spans == NULL)
        return dv_fail_memory(err);
    status = nth(eval, regex, text, start_byte(text, start), which, spans,
                 part > 0 && part <= captures ? captures + 1 : 1, found, &count, err);
    if (status != DV_OK || !*found)
        return status;
    if (part == 1 && captures == 0)
        part = 0; /* without brackets the whole is the first part */
    *found = part <= captures && spans[part].start != NONE;
    if (*found)
        *span = spans[part];
    return DV_OK;
}

REGEX_FN(fn_instr)
{
    int64_t start = expr->arg_count > 2 ? args[2].u.i : 1, which = expr->arg_count > 3 ? args[3].u.i : 1,
            behind = expr->arg_count > 4 ? args[4].u.i : 0, part = expr->arg_count > 6 ? args[6].u.i : 0;
    struct dv_regex_span span = {0, 0};
    struct use use;
    bool found = false;
    enum dv_status status;
    if (start <= 0)
        return bad_parameter(err, "start", start);
    if (which <= 0)
        return bad_parameter(err, "n", which);
    if (behind < 0 || behind > 1)
        return bad_parameter(err, "endoption", behind);
    if (part < 0)
        return bad_parameter(err, "subexpr", part);
    status = obtain(expr, eval, args, 5, "regexp_instr", &use, err);
    if (status == DV_OK)
        status = locate(eval, use.regex, &args[0], start, which, part, &span, &found, err);
    if (status == DV_OK)
        *out =
            dv_int(found ? (int64_t)dv_utf8_count(args[0].u.p, behind != 0 ? span.end : span.start) + 1 : 0);
    release(&use);
    return status;
}

REGEX_FN(fn_substr)
{
    int64_t start = expr->arg_count > 2 ? args[2].u.i : 1, which = expr->arg_count > 3 ? args[3].u.i : 1,
            part = expr->arg_count > 5 ? args[5].u.i : 0;
    struct dv_regex_span span = {0, 0};
    struct use use;
    bool found = false;
    enum dv_status status;
    if (start <= 0)
        return bad_parameter(err, "start", start);
    if (which <= 0)
        return bad_parameter(err, "n", which);
    if (part < 0)
        return bad_parameter(err, "subexpr", part);
    status = obtain(expr, eval, args, 4, "regexp_substr", &use, err);
    if (status == DV_OK)
        status = locate(eval, use.regex, &args[0], start, which, part, &span, &found, err);
    if (status == DV_OK && found)
        status = span_text(&args[0], &span, out);
    release(&use);
    return status;
}

static enum dv_status add_piece(struct dv_eval *eval, struct dv_array *array, size_t *cap, const char *p,
                                size_t length, struct dv_err *err)
{
    if (array->count == *cap) {
        size_t wider = *cap == 0 ? 8 : *cap * 2;
        struct dv_value *grown = dv_arena_alloc(eval->arena, sizeof(*grown) * wider);
        if (grown == NULL)
            return dv_fail_memory(err);
        if (array->count > 0)
            memcpy(grown, array->items, sizeof(*grown) * array->count);
        array->items = grown;
        *cap = wider;
    }
    array->items[array->count++] = dv_text(p, length);
    array->lengths[0] = (int32_t)array->count;
    return DV_OK;
}

/* Empty matches at the ends, or right behind another match, do not divide. */
REGEX_FN(fn_split)
{
    struct dv_array array = {.dimensions = 1, .lower = {1}};
    const struct dv_value *text = &args[0];
    size_t from = 0, last_end = 0, copied = 0, cap = 0;
    struct use use;
    enum dv_status status = obtain(expr, eval, args, 2, "regexp_split_to_array", &use, err);
    while (status == DV_OK && from <= text->len) {
        struct dv_regex_span span;
        bool found = false;
        TRY_REGEX(dv_regex_find(use.regex, text->u.p, text->len, from, &span, 1, eval->arena, &found, err));
        if (!found)
            break;
        if (span.start < text->len && span.end > last_end) {
            TRY_REGEX(add_piece(eval, &array, &cap, text->u.p + copied, span.start - copied, err));
            copied = span.end;
        }
        last_end = span.end;
        from = after(text, &span);
    }
    if (status == DV_OK)
        status = add_piece(eval, &array, &cap, text->u.p + copied, text->len - copied, err);
    if (status == DV_OK)
        status = array_result(eval, &array, out, err);
done:
    release(&use);
    return status;
}

#define FN(called, types, fn, binds)                                                                         \
    {                                                                                                        \
        .name = called, .signature = types, .eval = fn, .bind = binds                                        \
    }
static const struct dv_function regex_entries[] = {
    FN("regexp_like", "text,text>bool", fn_like, bind_flags_2),
    FN("regexp_like", "text,text,text>bool", fn_like, bind_flags_2),
    FN("regexp_match", "text,text>text[]", fn_match, bind_flags_2),
    FN("regexp_match", "text,text,text>text[]", fn_match, bind_flags_2),
    FN("regexp_replace", "text,text,text>text", fn_replace, bind_flags_3),
    FN("regexp_replace", "text,text,text,text>text", fn_replace, bind_flags_3),
    FN("regexp_replace", "text,text,text,int4>text", fn_replace_from, bind_flags_5),
    FN("regexp_replace", "text,text,text,int4,int4>text", fn_replace_from, bind_flags_5),
    FN("regexp_replace", "text,text,text,int4,int4,text>text", fn_replace_from, bind_flags_5),
    FN("regexp_count", "text,text>int4", fn_count, bind_flags_3),
    FN("regexp_count", "text,text,int4>int4", fn_count, bind_flags_3),
    FN("regexp_count", "text,text,int4,text>int4", fn_count, bind_flags_3),
    FN("regexp_instr", "text,text>int4", fn_instr, bind_flags_5),
    FN("regexp_instr", "text,text,int4>int4", fn_instr, bind_flags_5),
    FN("regexp_instr", "text,text,int4,int4>int4", fn_instr, bind_flags_5),
    FN("regexp_instr", "text,text,int4,int4,int4>int4", fn_instr, bind_flags_5),
    FN("regexp_instr", "text,text,int4,int4,int4,text>int4", fn_instr, bind_flags_5),
    FN("regexp_instr", "text,text,int4,int4,int4,text,int4>int4", fn_instr, bind_flags_5),
    FN("regexp_substr", "text,text>text", fn_substr, bind_flags_4),
    FN("regexp_substr", "text,text,int4>text", fn_substr, bind_flags_4),
    FN("regexp_substr", "text,text,int4,int4>text", fn_substr, bind_flags_4),
    FN("regexp_substr", "text,text,int4,int4,text>text", fn_substr, bind_flags_4),
    FN("regexp_substr", "text,text,int4,int4,text,int4>text", fn_substr, bind_flags_4),
    FN("regexp_split_to_array", "text,text>text[]", fn_split, bind_flags_2),
    FN("regexp_split_to_array", "text,text,text>text[]", fn_split, bind_flags_2),
    FN("substring", "text,text>text", fn_substring, bind_match),
};
const struct dv_function_table dv_functions_regex = DV_FUNCTION_TABLE(regex_entries);

/* character(n) keeps its blanks for a match, so it has entries of its own. */
static const struct dv_function regex_operators[] = {
    FN("~", "text,text>bool", op_match, bind_match),
    FN("~*", "text,text>bool", op_match, bind_imatch),
    FN("!~", "text,text>bool", op_match, bind_no_match),
    FN("!~*", "text,text>bool", op_match, bind_no_imatch),
    FN("~", "bpchar,text>bool", op_match, bind_match),
    FN("~*", "bpchar,text>bool", op_match, bind_imatch),
    FN("!~", "bpchar,text>bool", op_match, bind_no_match),
    FN("!~*", "bpchar,text>bool", op_match, bind_no_imatch),
};
const struct dv_function_table dv_operators_regex = DV_FUNCTION_TABLE(regex_operators);
