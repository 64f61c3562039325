/* String constants and quoted identifiers (PostgreSQL manual 4.1.1 and 4.1.2). */
#include "transform/lexer_internal.h"

#include <string.h>

static struct dv_token start_token(struct dv_lexer *lexer, size_t prefix)
{
    struct dv_token start = {.line = lexer->line, .column = lexer->column, .source = lexer->at};
    dv_buf_reset(&lexer->text);
    dv_lexer_skip(lexer, prefix);
    return start;
}

static enum dv_status unterminated(struct dv_lexer *lexer, const struct dv_token *start, const char *what,
                                   const char *hint)
{
    return dv_sql_error(lexer->err, lexer->file, start->line, start->column, hint,
                        "the %s that begins here does not end", what);
}

/* Behind a closing quote: where only blanks and comments with a line break among them lie before the next
 * quote, the string goes on there (manual 4.1.2.1), and the reader is moved past that quote. */
static bool string_goes_on(struct dv_lexer *lexer)
{
    size_t ahead = 0;
    bool broken = false;
    for (;;) {
        char byte = dv_lexer_peek(lexer, ahead);
        if (dv_lexer_is_space(byte)) {
            broken = broken || byte == '\n' || byte == '\r';
            ahead++;
        } else if (byte == '-' && dv_lexer_peek(lexer, ahead + 1) == '-') {
            while (byte != '\0' && byte != '\n' && byte != '\r')
                byte = dv_lexer_peek(lexer, ++ahead);
        } else {
            break;
        }
    }
    if (!broken || dv_lexer_peek(lexer, ahead) != '\'')
        return false;
    dv_lexer_skip(lexer, ahead + 1);
    return true;
}

enum dv_status dv_lexer_string(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer, 1);
    while (lexer->at < lexer->end) {
        char byte = *lexer->at;
        dv_lexer_skip(lexer, 1);
        if (byte == '\'' && dv_lexer_peek(lexer, 0) == '\'')
            dv_lexer_skip(lexer, 1);
        else if (byte == '\'') {
            if (!string_goes_on(lexer))
                return dv_lexer_emit(lexer, DV_TOKEN_STRING, &start);
            continue;
        }
        dv_buf_byte(&lexer->text, byte);
    }
    return unterminated(lexer, &start, "string", "Close it with '; a quote inside a string is written ''.");
}

/* ---- escapes ---- */

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* Reads `count` hex digits at text (which may end sooner); -1 where there are fewer. */
static int64_t hex_number(const char *text, const char *end, unsigned count)
{
    int64_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        int digit = text + i < end ? hex_value(text[i]) : -1;
        if (digit < 0)
            return -1;
        number = number * 16 + digit;
    }
    return number;
}

static bool is_high_surrogate(int64_t code)
{
    return code >= 0xD800 && code <= 0xDBFF;
}

static bool is_low_surrogate(int64_t code)
{
    return code >= 0xDC00 && code <= 0xDFFF;
}

static void put_utf8(struct dv_buf *out, uint32_t code)
{
    if (code < 0x80) {
        dv_buf_byte(out, (char)code);
    } else if (code < 0x800) {
        dv_buf_byte(out, (char)(0xC0U | (code >> 6)));
        dv_buf_byte(out, (char)(0x80U | (code & 0x3FU)));
    } else if (code < 0x10000) {
        dv_buf_byte(out, (char)(0xE0U | (code >> 12)));
        dv_buf_byte(out, (char)(0x80U | ((code >> 6) & 0x3FU)));
        dv_buf_byte(out, (char)(0x80U | (code & 0x3FU)));
    } else {
        dv_buf_byte(out, (char)(0xF0U | (code >> 18)));
        dv_buf_byte(out, (char)(0x80U | ((code >> 12) & 0x3FU)));
        dv_buf_byte(out, (char)(0x80U | ((code >> 6) & 0x3FU)));
        dv_buf_byte(out, (char)(0x80U | (code & 0x3FU)));
    }
}

/* Adds one escaped code point, joining surrogate pairs over *high (0: none is waiting). NULL, or what is
 * wrong. */
static const char *put_code(struct dv_buf *out, int64_t code, uint32_t *high)
{
    if (*high != 0) {
        if (!is_low_surrogate(code))
            return "a high surrogate without its low one";
        put_utf8(out, 0x10000U + ((*high - 0xD800U) << 10) + ((uint32_t)code - 0xDC00U));
        *high = 0;
        return NULL;
    }
    if (is_high_surrogate(code)) {
        *high = (uint32_t)code;
        return NULL;
    }
    if (is_low_surrogate(code))
        return "a low surrogate without its high one";
    if (code == 0)
        return "a NUL character, which no text can hold";
    if (code > 0x10FFFF)
        return "a code past U+10FFFF";
    put_utf8(out, (uint32_t)code);
    return NULL;
}

static enum dv_status bad_escape(struct dv_lexer *lexer, int line, int column, const char *what)
{
    return dv_sql_error(
        lexer->err, lexer->file, line, column,
        "Escapes are \\b \\f \\n \\r \\t \\\\ \\' \\377 \\xFF \\uFFFF \\U0010FFFF in E'', and \\FFFF "
        "\\+10FFFF \\\\ in U&''.",
        "%s", what);
}

/* \ooo and \xhh: a byte of the text, which must be valid UTF-8 as a whole in the end. */
static unsigned byte_escape(const struct dv_lexer *lexer, unsigned *byte)
{
    unsigned length = 0;
    *byte = 0;
    if (dv_lexer_peek(lexer, 1) == 'x') {
        while (length < 2 && hex_value(dv_lexer_peek(lexer, 2 + length)) >= 0)
            *byte = *byte * 16 + (unsigned)hex_value(dv_lexer_peek(lexer, 2 + length++));
        return length == 0 ? 0 : length + 2;
    }
    while (length < 3 && dv_lexer_peek(lexer, 1 + length) >= '0' && dv_lexer_peek(lexer, 1 + length) <= '7')
        *byte = *byte * 8 + (unsigned)(dv_lexer_peek(lexer, 1 + length++) - '0');
    *byte &= 0xFFU;
    return length == 0 ? 0 : length + 1;
}

/* The reader stands at a backslash inside E''. */
static enum dv_status read_escape(struct dv_lexer *lexer, uint32_t *high)
{
    int line = lexer->line, column = lexer->column;
    char letter = dv_lexer_peek(lexer, 1);
    if (letter == 'u' || letter == 'U') {
        unsigned digits = letter == 'u' ? 4 : 8;
        int64_t code = hex_number(lexer->at + 2, lexer->end, digits);
        const char *wrong =
            code < 0 ? "an escape with too few hex digits" : put_code(&lexer->text, code, high);
        if (wrong != NULL)
            return bad_escape(lexer, line, column, wrong);
        dv_lexer_skip(lexer, 2 + digits);
        return DV_OK;
    }
    if (*high != 0)
        return bad_escape(lexer, line, column, "a high surrogate without its low one");
    unsigned byte, length = byte_escape(lexer, &byte);
    if (length > 0) {
        if (byte == 0)
            return bad_escape(lexer, line, column, "a NUL character, which no text can hold");
        dv_buf_byte(&lexer->text, (char)byte);
        dv_lexer_skip(lexer, length);
        return DV_OK;
    }
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    dv_lexer_skip(lexer, 1);
    if (found != NULL) {
        dv_buf_byte(&lexer->text, meanings[found - letters]);
        dv_lexer_skip(lexer, 1);
    } else if (lexer->at < lexer->end) { /* any other character means itself */
        unsigned width = dv_utf8_width(lexer->at, lexer->end);
        dv_buf_append(&lexer->text, lexer->at, width);
        dv_lexer_skip(lexer, width);
    }
    return DV_OK;
}

static bool valid_utf8(const struct dv_buf *text)
{
    unsigned width;
    for (size_t at = 0; at < text->len; at += width) {
        width = dv_utf8_width(text->data + at, text->data + text->len);
        if (width == 0)
            return false;
    }
    return true;
}

static enum dv_status end_escape_string(struct dv_lexer *lexer, const struct dv_token *start)
{
    if (!lexer->text.failed && !valid_utf8(&lexer->text))
        return bad_escape(lexer, start->line, start->column,
                          "the escapes make bytes that are no valid UTF-8");
    return dv_lexer_emit(lexer, DV_TOKEN_STRING, start);
}

enum dv_status dv_lexer_escape_string(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer, 2);
    uint32_t high = 0;
    while (lexer->at < lexer->end) {
        char byte = *lexer->at;
        if (byte == '\\') {
            enum dv_status status = read_escape(lexer, &high);
            if (status != DV_OK)
                return status;
            continue;
        }
        if (high != 0)
            return bad_escape(lexer, lexer->line, lexer->column, "a high surrogate without its low one");
        dv_lexer_skip(lexer, 1);
        if (byte == '\'' && dv_lexer_peek(lexer, 0) == '\'')
            dv_lexer_skip(lexer, 1);
        else if (byte == '\'') {
            if (!string_goes_on(lexer))
                return end_escape_string(lexer, &start);
            continue;
        }
        dv_buf_byte(&lexer->text, byte);
    }
    return unterminated(lexer, &start, "string",
                        "Close it with '; a quote inside a string is written '' or \\'.");
}

/* ---- identifiers and U& ---- */

static enum dv_status read_identifier(struct dv_lexer *lexer, struct dv_token *start, bool *closed)
{
    *closed = false;
    while (lexer->at < lexer->end && !*closed) {
        char byte = *lexer->at;
        dv_lexer_skip(lexer, 1);
        if (byte == '"' && dv_lexer_peek(lexer, 0) == '"')
            dv_lexer_skip(lexer, 1);
        else if (byte == '"') {
            *closed = true;
            continue;
        }
        dv_buf_byte(&lexer->text, byte);
    }
    if (!*closed)
        return unterminated(lexer, start, "quoted name",
                            "Close it with \"; a quote inside a name is written \"\".");
    return DV_OK;
}

static enum dv_status check_identifier(struct dv_lexer *lexer, const struct dv_token *token, const char *text,
                                       size_t length)
{
    if (length == 0)
        return dv_sql_error(lexer->err, lexer->file, token->line, token->column,
                            "Write a name between the quotes; a text is quoted with '.",
                            "an empty quoted name");
    return dv_lexer_identifier_length(lexer, token, text, length);
}

enum dv_status dv_lexer_quoted_identifier(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer, 1);
    bool closed;
    enum dv_status status = read_identifier(lexer, &start, &closed);
    if (status == DV_OK)
        status = check_identifier(lexer, &start, lexer->text.data, lexer->text.len);
    return status != DV_OK ? status : dv_lexer_emit(lexer, DV_TOKEN_QUOTED, &start);
}

enum dv_status dv_lexer_unicode_token(struct dv_lexer *lexer)
{
    enum dv_status status;
    bool closed, string = dv_lexer_peek(lexer, 2) == '\'';
    if (string) {
        struct dv_token prefix = {.line = lexer->line, .column = lexer->column, .source = lexer->at};
        dv_lexer_skip(lexer, 2);
        status = dv_lexer_string(lexer);
        if (status == DV_OK) {
            struct dv_token *token = &lexer->tokens->items[lexer->tokens->count - 1];
            token->line = prefix.line;
            token->column = prefix.column;
            token->source_length += (size_t)(token->source - prefix.source);
            token->source = prefix.source;
        }
    } else {
        struct dv_token start = start_token(lexer, 3);
        status = read_identifier(lexer, &start, &closed);
        if (status == DV_OK)
            status = dv_lexer_emit(lexer, DV_TOKEN_QUOTED, &start);
    }
    if (status == DV_OK)
        lexer->tokens->items[lexer->tokens->count - 1].escapes_pending = true;
    return status;
}

enum dv_status dv_lexer_dollar_string(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer, 0);
    size_t tag = 1;
    while (dv_lexer_is_word(dv_lexer_peek(lexer, tag)) && dv_lexer_peek(lexer, tag) != '$')
        tag++;
    if (dv_lexer_peek(lexer, tag) != '$')
        return dv_sql_error(lexer->err, lexer->file, start.line, start.column,
                            "A dollar-quoted string begins and ends with $$ or $word$.", "a lone $");
    tag++;
    const char *text = lexer->at + tag;
    dv_lexer_skip(lexer, tag);
    for (; (size_t)(lexer->end - lexer->at) >= tag; dv_lexer_skip(lexer, 1)) {
        if (memcmp(lexer->at, start.source, tag) != 0)
            continue;
        dv_buf_append(&lexer->text, text, (size_t)(lexer->at - text));
        dv_lexer_skip(lexer, tag);
        return dv_lexer_emit(lexer, DV_TOKEN_STRING, &start);
    }
    return unterminated(lexer, &start, "dollar-quoted string", "Close it with the same $tag$ that opens it.");
}

static enum dv_status decode_unicode(struct dv_lexer *lexer, struct dv_token *token, char escape)
{
    const char *at = token->text, *end = at + strlen(at), *wrong = NULL;
    uint32_t high = 0;
    dv_buf_reset(&lexer->text);
    while (at < end && wrong == NULL) {
        if (*at != escape || (at + 1 < end && at[1] == escape)) {
            wrong = high != 0 ? "a high surrogate without its low one" : NULL;
            dv_buf_byte(&lexer->text, *at);
            at += *at == escape ? 2 : 1;
            continue;
        }
        bool wide = at + 1 < end && at[1] == '+';
        int64_t code = hex_number(at + 1 + wide, end, wide ? 6 : 4);
        wrong = code < 0 ? "an escape with too few hex digits" : put_code(&lexer->text, code, &high);
        at = code < 0 ? end : at + (wide ? 8 : 5);
    }
    if (wrong == NULL && high != 0)
        wrong = "a high surrogate without its low one";
    if (wrong != NULL)
        return bad_escape(lexer, token->line, token->column, wrong);
    enum dv_status status = dv_buf_check(&lexer->text, lexer->err);
    if (status == DV_OK && token->kind == DV_TOKEN_QUOTED)
        status = check_identifier(lexer, token, lexer->text.data, lexer->text.len);
    if (status != DV_OK)
        return status;
    token->text = dv_arena_copy(lexer->arena, lexer->text.len > 0 ? lexer->text.data : "", lexer->text.len);
    return token->text == NULL ? dv_fail_memory(lexer->err) : DV_OK;
}

enum dv_status dv_lexer_resolve_unicode(struct dv_lexer *lexer)
{
    struct dv_tokens *tokens = lexer->tokens;
    unsigned kept = 0;
    for (unsigned i = 0; i < tokens->count; i++) {
        struct dv_token token = tokens->items[i];
        const struct dv_token *next = tokens->items + i + 1;
        if (token.escapes_pending) {
            char escape = '\\';
            if (next->kind == DV_TOKEN_WORD && strcmp(next->text, "uescape") == 0) {
                if (next[1].kind != DV_TOKEN_STRING || strlen(next[1].text) != 1 ||
                    hex_value(next[1].text[0]) >= 0 || strchr("+'\" \t\n\r\f", next[1].text[0]) != NULL)
                    return dv_sql_error(
                        lexer->err, lexer->file, next->line, next->column,
                        "Write UESCAPE '!', with one character that is no hex digit, +, quote or blank.",
                        "UESCAPE without a character that can be one");
                escape = next[1].text[0];
                i += 2;
            }
            enum dv_status status = decode_unicode(lexer, &token, escape);
            if (status != DV_OK)
                return status;
            token.escapes_pending = false;
        }
        tokens->items[kept++] = token;
    }
    tokens->count = kept;
    return DV_OK;
}
