#include "transform/lexer.h"

#include "transform/lexer_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ---- */

enum dv_status dv_sql_error(struct dv_err *err, const char *file, int line, int column, const char *hint,
                            const char *format, ...)
{
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s:%d:%d: %s", file, line, column, message);
    if (hint != NULL)
        dv_err_hint(err, "%s", hint);
    return status;
}

size_t dv_sql_excerpt(const char *text, size_t length, size_t most)
{
    size_t shown = 0;
    while (shown < length && text[shown] != '\n' && text[shown] != '\r') {
        unsigned width = dv_utf8_width(text + shown, text + length);
        if (width == 0 || shown + width > most)
            break;
        shown += width;
    }
    return shown;
}

/* ---- characters ---- */

static bool continues(const char *at, unsigned count)
{
    for (unsigned i = 1; i <= count; i++)
        if (((unsigned char)at[i] & 0xC0U) != 0x80U)
            return false;
    return true;
}

unsigned dv_utf8_width(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);
    if (left == 0)
        return 0;
    unsigned char first = (unsigned char)at[0], second;
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    unsigned width = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (left < width || !continues(at, width - 1))
        return 0;
    second = (unsigned char)at[1];
    /* Overlong forms, surrogates, and what lies past U+10FFFF (RFC 3629). */
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return 0;
    return width;
}

bool dv_lexer_is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_newline(char byte)
{
    return byte == '\n' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool dv_lexer_is_word_start(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

bool dv_lexer_is_word(char byte)
{
    return dv_lexer_is_word_start(byte) || is_digit(byte) || byte == '$';
}

static bool is_operator(char byte)
{
    return byte != '\0' && strchr("+-*/<>=~!@#%^&|`?", byte) != NULL;
}

void dv_lexer_skip(struct dv_lexer *lexer, size_t bytes)
{
    for (; bytes > 0 && lexer->at < lexer->end; bytes--, lexer->at++) {
        char byte = *lexer->at;
        if (byte == '\n' || (byte == '\r' && dv_lexer_peek(lexer, 1) != '\n')) {
            lexer->line++;
            lexer->column = 1;
        } else if (((unsigned char)byte & 0xC0U) != 0x80U) {
            lexer->column++;
        }
    }
}

/* The whole text is looked through first, so that the rest may take it for valid UTF-8 without NUL bytes. */
static enum dv_status check_encoding(struct dv_lexer *lexer)
{
    struct dv_lexer scan = *lexer;
    while (scan.at < scan.end) {
        unsigned width = dv_utf8_width(scan.at, scan.end);
        if (*scan.at == '\0')
            return dv_sql_error(lexer->err, lexer->file, scan.line, scan.column,
                                "Take the byte out; a string cannot hold it either.", "a NUL byte");
        if (width == 0)
            return dv_sql_error(lexer->err, lexer->file, scan.line, scan.column, "Save the file as UTF-8.",
                                "byte 0x%02x is no valid UTF-8", (unsigned)(unsigned char)*scan.at);
        dv_lexer_skip(&scan, width);
    }
    return DV_OK;
}

/* Characters that look like plain blanks, quotes or hyphens and come in by copying from elsewhere. */
static const struct {
    const char *bytes, *name, *hint;
} look_alikes[] = {
    {"\xC2\xA0", "U+00A0, a no-break space", "Write a plain space."},
    {"\xE2\x80\x87", "U+2007, a figure space", "Write a plain space."},
    {"\xE2\x80\xAF", "U+202F, a narrow no-break space", "Write a plain space."},
    {"\xE3\x80\x80", "U+3000, an ideographic space", "Write a plain space."},
    {"\xE2\x80\x8B", "U+200B, a space without width", "Take it out."},
    {"\xEF\xBB\xBF", "U+FEFF, a byte order mark", "Take it out."},
    {"\xE2\x80\x98", "U+2018, a typographic quote", "Write a plain ' instead."},
    {"\xE2\x80\x99", "U+2019, a typographic quote", "Write a plain ' instead."},
    {"\xE2\x80\x9C", "U+201C, a typographic quote", "Write a plain \" (names) or ' (texts) instead."},
    {"\xE2\x80\x9D", "U+201D, a typographic quote", "Write a plain \" (names) or ' (texts) instead."},
    {"\xE2\x80\x93", "U+2013, a dash", "Write a plain hyphen instead."},
    {"\xE2\x80\x94", "U+2014, a dash", "Write a plain hyphen instead."},
    {"\xE2\x88\x92", "U+2212, a minus sign", "Write a plain hyphen instead."},
};

static enum dv_status check_look_alike(struct dv_lexer *lexer)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++) {
        size_t length = strlen(look_alikes[i].bytes);
        if (length <= (size_t)(lexer->end - lexer->at) &&
            memcmp(lexer->at, look_alikes[i].bytes, length) == 0)
            return dv_sql_error(lexer->err, lexer->file, lexer->line, lexer->column, look_alikes[i].hint,
                                "%s, stands outside quotes", look_alikes[i].name);
    }
    return DV_OK;
}

/* ---- tokens ---- */

static enum dv_status push(struct dv_lexer *lexer, const struct dv_token *token)
{
    struct dv_tokens *tokens = lexer->tokens;
    if (tokens->count == lexer->capacity) {
        unsigned capacity = lexer->capacity == 0 ? 64 : lexer->capacity * 2;
        struct dv_token *items = dv_arena_alloc(lexer->arena, capacity * sizeof *items);
        if (items == NULL)
            return dv_fail_memory(lexer->err);
        if (tokens->count > 0)
            memcpy(items, tokens->items, tokens->count * sizeof *items);
        tokens->items = items;
        lexer->capacity = capacity;
    }
    tokens->items[tokens->count++] = *token;
    return DV_OK;
}

static struct dv_token start_token(const struct dv_lexer *lexer)
{
    return (struct dv_token){.line = lexer->line, .column = lexer->column, .source = lexer->at};
}

enum dv_status dv_lexer_emit(struct dv_lexer *lexer, enum dv_token_kind kind, const struct dv_token *start)
{
    struct dv_token token = *start;
    enum dv_status status = dv_buf_check(&lexer->text, lexer->err);
    if (status != DV_OK)
        return status;
    token.kind = kind;
    token.text = dv_arena_copy(lexer->arena, lexer->text.len > 0 ? lexer->text.data : "", lexer->text.len);
    token.source_length = (size_t)(lexer->at - start->source);
    if (token.text == NULL)
        return dv_fail_memory(lexer->err);
    return push(lexer, &token);
}

enum dv_status dv_lexer_identifier_length(struct dv_lexer *lexer, const struct dv_token *start,
                                          const char *text, size_t length)
{
    if (length <= DV_IDENTIFIER_LONGEST)
        return DV_OK;
    return dv_sql_error(lexer->err, lexer->file, start->line, start->column,
                        "Write a shorter name: PostgreSQL would cut this one off at 63 bytes.",
                        "the name \"%.*s...\" is %zu bytes long", (int)dv_sql_excerpt(text, length, 40), text,
                        length);
}

static enum dv_status lex_word(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    size_t length = 0;
    dv_buf_reset(&lexer->text);
    while (dv_lexer_is_word(dv_lexer_peek(lexer, 0))) {
        char byte = *lexer->at;
        if ((unsigned char)byte >= 0x80 && check_look_alike(lexer) != DV_OK)
            return lexer->err->status;
        dv_buf_byte(&lexer->text, (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte));
        dv_lexer_skip(lexer, 1);
        length++;
    }
    enum dv_status status = dv_lexer_identifier_length(lexer, &start, start.source, length);
    return status != DV_OK ? status : dv_lexer_emit(lexer, DV_TOKEN_WORD, &start);
}

static size_t digits_at(const struct dv_lexer *lexer, size_t ahead)
{
    size_t count = 0;
    while (is_digit(dv_lexer_peek(lexer, ahead + count)))
        count++;
    return count;
}

static enum dv_status lex_number(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    size_t length = digits_at(lexer, 0);
    if (dv_lexer_peek(lexer, length) == '.' && dv_lexer_peek(lexer, length + 1) != '.')
        length += 1 + digits_at(lexer, length + 1);
    char exponent = dv_lexer_peek(lexer, length);
    if (exponent == 'e' || exponent == 'E') {
        char sign = dv_lexer_peek(lexer, length + 1);
        size_t digits_from = length + 1 + (sign == '+' || sign == '-');
        if (digits_at(lexer, digits_from) > 0)
            length = digits_from + digits_at(lexer, digits_from);
    }
    if (dv_lexer_is_word_start(dv_lexer_peek(lexer, length)))
        return dv_sql_error(lexer->err, lexer->file, start.line, start.column,
                            "Put a blank behind the number, or quotes around the name: \"1st\".",
                            "trailing junk after the number %.*s", (int)(length > 40 ? 40 : length),
                            lexer->at);
    dv_buf_reset(&lexer->text);
    dv_buf_append(&lexer->text, lexer->at, length);
    dv_lexer_skip(lexer, length);
    return dv_lexer_emit(lexer, DV_TOKEN_NUMBER, &start);
}

/* The longest run of operator characters that PostgreSQL takes for one operator (manual 4.1.3): it ends
 * before a comment, and ends in + or - only where it holds one of ~ ! @ # % ^ & | ` ? as well. */
static enum dv_status lex_operator(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    size_t length = 0;
    bool special = false;
    for (;; length++) {
        char byte = dv_lexer_peek(lexer, length), next = dv_lexer_peek(lexer, length + 1);
        if (!is_operator(byte) || (byte == '-' && next == '-') || (byte == '/' && next == '*'))
            break;
    }
    for (size_t i = 0; i < length; i++)
        special = special || strchr("~!@#%^&|`?", lexer->at[i]) != NULL;
    while (length > 1 && !special && (lexer->at[length - 1] == '+' || lexer->at[length - 1] == '-'))
        length--;
    dv_buf_reset(&lexer->text);
    if (length == 2 && memcmp(lexer->at, "!=", 2) == 0)
        dv_buf_str(&lexer->text, "<>");
    else
        dv_buf_append(&lexer->text, lexer->at, length);
    dv_lexer_skip(lexer, length);
    return dv_lexer_emit(lexer, DV_TOKEN_OPERATOR, &start);
}

static enum dv_status lex_param(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    dv_buf_reset(&lexer->text);
    dv_lexer_skip(lexer, 1);
    const char *name = lexer->at;
    while (dv_lexer_is_word(dv_lexer_peek(lexer, 0)) && *lexer->at != '$') {
        dv_buf_byte(&lexer->text, *lexer->at);
        dv_lexer_skip(lexer, 1);
    }
    enum dv_status status = dv_lexer_identifier_length(lexer, &start, name, (size_t)(lexer->at - name));
    return status != DV_OK ? status : dv_lexer_emit(lexer, DV_TOKEN_PARAM, &start);
}

static enum dv_status lex_mark(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    char byte = dv_lexer_peek(lexer, 0), next = dv_lexer_peek(lexer, 1);
    size_t length = byte == ':' && next == ':' ? 2 : 1;
    if (byte == ':' && (next == '\'' || next == '"'))
        return dv_sql_error(lexer->err, lexer->file, start.line, start.column, "Write :name without quotes.",
                            "a parameter in quotes");
    if (byte < ' ' || byte == 0x7F)
        return dv_sql_error(lexer->err, lexer->file, start.line, start.column,
                            "Take it out, or write it as an escape in E''.", "a control character, 0x%02x",
                            (unsigned)(unsigned char)byte);
    if (strchr("()[],;.:", byte) == NULL)
        return dv_sql_error(lexer->err, lexer->file, start.line, start.column,
                            "Take it out, or put it in quotes.", "%c means nothing here", byte);
    dv_buf_reset(&lexer->text);
    dv_buf_append(&lexer->text, lexer->at, length);
    dv_lexer_skip(lexer, length);
    return dv_lexer_emit(lexer, DV_TOKEN_MARK, &start);
}

/* ---- comments and pragmas ---- */

static enum dv_status take_pragma(struct dv_lexer *lexer, const struct dv_token *at, const char *words,
                                  const char *end)
{
    unsigned known = 0;
    lexer->tokens->has_pragma = true;
    while (words < end) {
        const char *word = words;
        if (dv_lexer_is_space(*words) || *words == ',') {
            words++;
            continue;
        }
        while (words < end && !dv_lexer_is_space(*words) && *words != ',')
            words++;
        size_t length = (size_t)(words - word);
        if (length == 9 && memcmp(word, "ephemeral", 9) == 0)
            lexer->tokens->ephemeral = true;
        else if (length == 4 && memcmp(word, "many", 4) == 0)
            lexer->tokens->many = true;
        else
            return dv_sql_error(
                lexer->err, lexer->file, at->line, at->column,
                "Write \"-- drover: ephemeral\" or \"-- drover: many\", and explanations in a comment "
                "of their own.",
                "the pragma \"%.*s\" is not known", (int)dv_sql_excerpt(word, length, 40), word);
        known++;
    }
    if (known == 0)
        return dv_sql_error(lexer->err, lexer->file, at->line, at->column,
                            "Write \"-- drover: ephemeral\" or \"-- drover: many\".",
                            "a pragma without a word");
    return DV_OK;
}

/* Adds a comment's text to the description, where it stands before the first token and goes on from its last
 * line. */
static void describe(struct dv_lexer *lexer, int line, const char *text, const char *end)
{
    if (lexer->tokens->count > 0 || lexer->description_line < 0 ||
        (lexer->description_line > 0 && line != lexer->description_line))
        return;
    while (text < end && dv_lexer_is_space(*text))
        text++;
    while (end > text && dv_lexer_is_space(end[-1]))
        end--;
    if (text == end && lexer->description.len == 0)
        return;
    if (text < end && lexer->description.len > 0)
        dv_buf_byte(&lexer->description, ' ');
    dv_buf_append(&lexer->description, text, (size_t)(end - text));
    lexer->description_line = line + 1;
}

static enum dv_status line_comment(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    size_t length = 2;
    while (lexer->at + length < lexer->end && !is_newline(lexer->at[length]))
        length++;
    const char *text = lexer->at + 2, *end = lexer->at + length;
    dv_lexer_skip(lexer, length);
    const char *word = text;
    while (word < end && (*word == ' ' || *word == '\t'))
        word++;
    if (end - word >= 6 && memcmp(word, "drover", 6) == 0) {
        for (word += 6; word < end && (*word == ' ' || *word == '\t');)
            word++;
        if (word < end && *word == ':')
            return take_pragma(lexer, &start, word + 1, end);
    }
    describe(lexer, start.line, text, end);
    return DV_OK;
}

static enum dv_status block_comment(struct dv_lexer *lexer)
{
    struct dv_token start = start_token(lexer);
    unsigned depth = 0;
    do {
        if (lexer->at == lexer->end)
            return dv_sql_error(lexer->err, lexer->file, start.line, start.column,
                                "Close it with */; comments nest, so every /* inside needs its own.",
                                "the comment that begins here does not end");
        if (dv_lexer_peek(lexer, 0) == '/' && dv_lexer_peek(lexer, 1) == '*') {
            depth++;
            dv_lexer_skip(lexer, 2);
        } else if (dv_lexer_peek(lexer, 0) == '*' && dv_lexer_peek(lexer, 1) == '/') {
            depth--;
            dv_lexer_skip(lexer, 2);
        } else {
            dv_lexer_skip(lexer, 1);
        }
    } while (depth > 0);
    if (lexer->description_line == 0) {
        describe(lexer, start.line, start.source + 2, lexer->at - 2);
        if (lexer->description.len > 0)
            lexer->description_line = -1;
    }
    return DV_OK;
}

/* ---- the whole text ---- */

static enum dv_status refuse(struct dv_lexer *lexer, const char *hint, const char *what)
{
    return dv_sql_error(lexer->err, lexer->file, lexer->line, lexer->column, hint, "%s", what);
}

static enum dv_status lex_next(struct dv_lexer *lexer)
{
    char byte = dv_lexer_peek(lexer, 0), next = dv_lexer_peek(lexer, 1);
    if (dv_lexer_is_space(byte)) {
        dv_lexer_skip(lexer, 1);
        return DV_OK;
    }
    if (byte == '-' && next == '-')
        return line_comment(lexer);
    if (byte == '/' && next == '*')
        return block_comment(lexer);
    if (byte == '\'')
        return dv_lexer_string(lexer);
    if (byte == '"')
        return dv_lexer_quoted_identifier(lexer);
    if ((byte == 'e' || byte == 'E') && next == '\'')
        return dv_lexer_escape_string(lexer);
    if ((byte == 'u' || byte == 'U') && next == '&' &&
        (dv_lexer_peek(lexer, 2) == '\'' || dv_lexer_peek(lexer, 2) == '"'))
        return dv_lexer_unicode_token(lexer);
    if (next == '\'' && byte != '\0' && strchr("bBxX", byte) != NULL)
        return refuse(lexer, "Write bytes as '\\x0af3'::bytea; bit strings are not known.", "a bit string");
    if (next == '\'' && (byte == 'n' || byte == 'N'))
        return refuse(lexer, "Leave out the N.", "a national character string");
    if (dv_lexer_is_word_start(byte))
        return lex_word(lexer);
    if (is_digit(byte) || (byte == '.' && is_digit(next)))
        return lex_number(lexer);
    if (byte == '$' && is_digit(next))
        return refuse(lexer, "Parameters have names: write :name.", "a numbered parameter");
    if (byte == '$')
        return dv_lexer_dollar_string(lexer);
    if (byte == ':' && dv_lexer_is_word_start(next))
        return lex_param(lexer);
    if (byte == '\\')
        return refuse(lexer, "Take it out: psql's commands are not SQL.", "a backslash outside quotes");
    return is_operator(byte) ? lex_operator(lexer) : lex_mark(lexer);
}

static enum dv_status lex_all(struct dv_lexer *lexer)
{
    enum dv_status status = check_encoding(lexer);
    while (status == DV_OK && lexer->at < lexer->end)
        status = lex_next(lexer);
    if (status != DV_OK)
        return status;
    struct dv_token start = start_token(lexer);
    dv_buf_reset(&lexer->text);
    status = dv_lexer_emit(lexer, DV_TOKEN_END, &start);
    if (status == DV_OK)
        status = dv_lexer_resolve_unicode(lexer);
    if (status == DV_OK)
        status = dv_buf_check(&lexer->description, lexer->err);
    if (status != DV_OK || lexer->description.len == 0)
        return status;
    lexer->tokens->description = dv_arena_copy(lexer->arena, lexer->description.data, lexer->description.len);
    return lexer->tokens->description == NULL ? dv_fail_memory(lexer->err) : DV_OK;
}

enum dv_status dv_lex(const char *sql, size_t length, const char *file, struct dv_arena *arena,
                      struct dv_tokens *tokens, struct dv_err *err)
{
    struct dv_lexer lexer = {.at = sql,
                             .end = sql + length,
                             .line = 1,
                             .column = 1,
                             .file = file,
                             .arena = arena,
                             .err = err,
                             .tokens = tokens};
    *tokens = (struct dv_tokens){0};
    if (length > DV_SQL_LARGEST)
        return dv_sql_error(err, file, 1, 1, "Cut the model into several.", "the text is larger than 1 MiB");
    if (length >= 3 && memcmp(sql, "\xEF\xBB\xBF", 3) == 0)
        lexer.at += 3;
    enum dv_status status = lex_all(&lexer);
    dv_buf_release(&lexer.text);
    dv_buf_release(&lexer.description);
    return status;
}
