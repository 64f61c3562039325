/* A model's text as PostgreSQL is to run it. */
#include "core/datetime.h"
#include "core/file.h"
#include "jobs/compare_parts.h"
#include "transform/lexer.h"

#include <string.h>

struct rewriting {
    const struct dv_run *run;
    const struct dv_model_spec *spec; /* NULL: no rules */
    const struct dv_column *columns;  /* the model's result */
    unsigned column_count;
    struct dv_arena arena;
    struct dv_buf inside;  /* conditions over input columns, joined by AND */
    struct dv_buf outside; /* conditions over output columns */
    struct dv_buf *out;
};

static void put_clock(struct rewriting *rewriting, const char *type)
{
    dv_buf_str(rewriting->out, "(timestamptz '"); /* digits and signs: nothing to quote */
    dv_timestamp_format(rewriting->run->params.now_us, true, rewriting->out);
    dv_buf_printf(rewriting->out, "')::%s", type);
}

/* A token as it stands, but for parameters and what reads the clock. */
static enum dv_status put_token(struct rewriting *rewriting, const struct dv_token *token, struct dv_err *err)
{
    static const char *const clocks[][2] = {
        {"current_timestamp", "timestamptz"}, {"current_date", "date"}, {"localtimestamp", "timestamp"}};
    if (token->kind == DV_TOKEN_PARAM)
        return dv_params_sql(&rewriting->run->params, token->text, strlen(token->text), rewriting->out, err);
    for (size_t i = 0; token->kind == DV_TOKEN_WORD && i < sizeof clocks / sizeof clocks[0]; i++) {
        if (strcmp(token->text, clocks[i][0]) == 0) {
            put_clock(rewriting, clocks[i][1]);
            return DV_OK;
        }
    }
    dv_buf_append(rewriting->out, token->source, token->source_length);
    return DV_OK;
}

static bool is_output(const struct rewriting *rewriting, const struct dv_token *token)
{
    for (unsigned c = 0; c < rewriting->column_count; c++)
        if ((token->kind == DV_TOKEN_WORD || token->kind == DV_TOKEN_QUOTED) &&
            strcmp(rewriting->columns[c].name, token->text) == 0)
            return true;
    return false;
}

/* A rule's condition, negated, to where its columns are: outputs shadow inputs, as in the run. */
static enum dv_status put_rule(struct rewriting *rewriting, const struct dv_rule *rule, struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_tokens tokens = {0};
    bool outputs = false, qualified = false;
    struct dv_buf *saved = rewriting->out;
    DV_TRY(dv_lex(rule->condition, strlen(rule->condition), rule->name, &rewriting->arena, &tokens, err));
    for (unsigned t = 0; t < tokens.count; t++) {
        outputs = outputs || (!qualified && is_output(rewriting, &tokens.items[t]));
        qualified = tokens.items[t].kind == DV_TOKEN_MARK && strcmp(tokens.items[t].text, ".") == 0;
    }
    struct dv_buf *to = rule->reject && outputs ? &rewriting->outside : &rewriting->inside;
    rewriting->out = to;
    dv_buf_str(to, to->len == 0 ? "NOT coalesce((" : " AND NOT coalesce((");
    for (unsigned t = 0; t < tokens.count && tokens.items[t].kind != DV_TOKEN_END; t++) {
        DV_TRY(put_token(rewriting, &tokens.items[t], err));
        if (tokens.items[t + 1].source > tokens.items[t].source + tokens.items[t].source_length)
            dv_buf_byte(to, ' ');
    }
    dv_buf_str(to, "), false)");
done:
    rewriting->out = saved;
    return status;
}

static bool ends_where(const struct dv_token *token)
{
    static const char *const words[] = {"group", "having", "order", "limit", "offset", "union", "window"};
    if (token->kind == DV_TOKEN_END)
        return true;
    for (size_t i = 0; token->kind == DV_TOKEN_WORD && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(token->text, words[i]) == 0)
            return true;
    return token->kind == DV_TOKEN_MARK && strcmp(token->text, ";") == 0;
}

/* The text, gaps and all; in each SELECT of the outermost level the conditions join its WHERE. */
static enum dv_status put_select(struct rewriting *rewriting, const char *sql, const struct dv_tokens *tokens,
                                 struct dv_err *err)
{
    enum dv_status status = DV_OK;
    const char *at = sql;
    unsigned depth = 0;
    bool select = false, where = false, conditions = rewriting->inside.len > 0;
    for (unsigned t = 0; t < tokens->count; t++) {
        const struct dv_token *token = &tokens->items[t];
        bool word = token->kind == DV_TOKEN_WORD && depth == 0;
        if (token->kind == DV_TOKEN_END)
            break;
        dv_buf_append(rewriting->out, at, (size_t)(token->source - at));
        at = token->source + token->source_length;
        if (token->kind == DV_TOKEN_MARK && strcmp(token->text, ";") == 0)
            break;
        if (token->kind == DV_TOKEN_MARK && (token->text[0] == '(' || token->text[0] == '['))
            depth++;
        else if (token->kind == DV_TOKEN_MARK && (token->text[0] == ')' || token->text[0] == ']'))
            depth--;
        if (conditions && select && word && ends_where(token)) {
            dv_buf_printf(rewriting->out, "%s%s\n", where ? ") AND " : "WHERE ",
                          dv_buf_cstr(&rewriting->inside));
            select = where = false;
        }
        DV_TRY(put_token(rewriting, token, err));
        if (word && strcmp(token->text, "select") == 0)
            select = true;
        if (conditions && select && word && strcmp(token->text, "where") == 0) {
            dv_buf_str(rewriting->out, " (");
            where = true;
        }
    }
    if (conditions && select)
        dv_buf_printf(rewriting->out, "\n%s%s", where ? ") AND " : "WHERE ", dv_buf_cstr(&rewriting->inside));
done:
    return status;
}

static enum dv_status rewrite(struct rewriting *rewriting, const char *model, const struct dv_buf *text,
                              struct dv_err *err)
{
    enum dv_status status = DV_OK;
    struct dv_tokens tokens = {0};
    for (unsigned r = 0; rewriting->spec != NULL && r < rewriting->spec->rule_count; r++)
        DV_TRY(put_rule(rewriting, &rewriting->spec->rules[r], err));
    DV_TRY(dv_buf_check(&rewriting->inside, err));
    DV_TRY(dv_lex(text->data, text->len, model, &rewriting->arena, &tokens, err));
    if (rewriting->outside.len > 0)
        dv_buf_str(rewriting->out, "SELECT * FROM (\n");
    DV_TRY(put_select(rewriting, text->data, &tokens, err));
    if (rewriting->outside.len > 0) {
        dv_buf_str(rewriting->out, "\n) drover_row WHERE ");
        dv_buf_append(rewriting->out, rewriting->outside.data, rewriting->outside.len);
    }
    status = dv_buf_check(rewriting->out, err);
done:
    return status;
}

enum dv_status dv_compare_model_sql(const struct dv_run *run, const char *model, struct dv_buf *sql,
                                    struct dv_err *err)
{
    struct rewriting rewriting = {.run = run, .out = sql};
    struct dv_buf text = {0};
    enum dv_status status = DV_OK;
    const char *path = dv_arena_printf(&rewriting.arena, "%s/transform/%s.sql", run->job.dir, model);
    if (path == NULL)
        return dv_fail_memory(err);
    for (unsigned m = 0; m < run->job.model_count; m++)
        if (strcmp(run->job.models[m].name, model) == 0)
            rewriting.spec = &run->job.models[m];
    rewriting.columns = dv_program_columns(run->program, model, &rewriting.column_count);
    DV_TRY(dv_file_read(path, DV_SQL_LARGEST, &text, err));
    status = rewrite(&rewriting, model, &text, err);
done:
    dv_buf_release(&text);
    dv_buf_release(&rewriting.inside);
    dv_buf_release(&rewriting.outside);
    dv_arena_release(&rewriting.arena);
    return status;
}
