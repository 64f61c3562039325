#include "load/sql_token.h"

#include "load/sql_scan.h"

#include <ctype.h>
#include <strings.h>

static bool word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

struct dv_sql_token dv_sql_next(const char **at)
{
    const char *start = *at;
    while (*start != '\0') {
        bool comment = (start[0] == '-' && start[1] == '-') || (start[0] == '/' && start[1] == '*');
        if (!comment && !isspace((unsigned char)*start))
            break;
        start = comment ? dv_sql_skip(start) : start + 1;
    }
    struct dv_sql_token token = {.kind = DV_SQL_SYMBOL, .text = start};
    const char *end = dv_sql_skip(start);
    if (*start == '\0') {
        token.kind = DV_SQL_END;
    } else if (end != start) {
        token.kind = *start == '"' ? DV_SQL_QUOTED : DV_SQL_STRING;
    } else if (word(*start)) {
        token.kind = DV_SQL_WORD;
        while (word(*end) || *end == '$')
            end++;
    } else {
        end = start + 1;
    }
    token.length = (size_t)(end - start);
    *at = end;
    return token;
}

bool dv_sql_is(const struct dv_sql_token *token, const char *text)
{
    return token->kind == DV_SQL_WORD && strlen(text) == token->length &&
           strncasecmp(token->text, text, token->length) == 0;
}

bool dv_sql_symbol(const struct dv_sql_token *token, char symbol)
{
    return token->kind == DV_SQL_SYMBOL && *token->text == symbol;
}

bool dv_sql_is_name(const struct dv_sql_token *token)
{
    return token->kind == DV_SQL_QUOTED ||
           (token->kind == DV_SQL_WORD && !isdigit((unsigned char)token->text[0]));
}

bool dv_sql_accept(const char **at, const char *words)
{
    const char *behind = *at;
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        struct dv_sql_token token = dv_sql_next(&behind);
        if (token.kind != DV_SQL_WORD || token.length != length ||
            strncasecmp(token.text, words, length) != 0)
            return false;
        words += length;
        words += *words == ' ';
    }
    *at = behind;
    return true;
}

void dv_sql_name(struct dv_buf *out, const struct dv_sql_token *token)
{
    bool quoted = token->kind == DV_SQL_QUOTED;
    size_t end = token->length - (quoted && token->length > 1 && token->text[token->length - 1] == '"');
    for (size_t i = quoted; i < end; i++) {
        char c = token->text[i];
        dv_buf_byte(out, quoted || (c & 0x80) != 0 ? c : (char)tolower((unsigned char)c));
        if (quoted && c == '"')
            i++; /* the other half of a doubled quote */
    }
}

bool dv_sql_qualified(const char **at, struct dv_buf *out, struct dv_sql_token *last)
{
    const char *behind = *at;
    struct dv_sql_token token = dv_sql_next(&behind);
    if (!dv_sql_is_name(&token))
        return false;
    for (;;) {
        dv_buf_append(out, token.text, token.length);
        if (last != NULL)
            *last = token;
        *at = behind;
        struct dv_sql_token dot = dv_sql_next(&behind);
        if (!dv_sql_symbol(&dot, '.'))
            return true;
        token = dv_sql_next(&behind);
        if (!dv_sql_is_name(&token))
            return true;
        dv_buf_byte(out, '.');
    }
}

const char *dv_sql_dollar_body(const struct dv_sql_token *token, size_t *length)
{
    *length = 0;
    if (token->kind != DV_SQL_STRING || token->text[0] != '$')
        return token->text;
    const char *tag_end = memchr(token->text + 1, '$', token->length - 1);
    size_t tag = tag_end == NULL ? 0 : (size_t)(tag_end - token->text) + 1;
    if (tag == 0 || token->length < 2 * tag)
        return token->text;
    *length = token->length - 2 * tag;
    return token->text + tag;
}
