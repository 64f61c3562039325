/* Tokens as PostgreSQL reads them: a difference here changes what a model means without anybody noticing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "transform/lexer.h"

#include <stdlib.h>
#include <string.h>

static struct dv_arena arena;
static struct dv_tokens tokens;
static struct dv_err err;

static enum dv_status lex(const char *sql)
{
    err = (struct dv_err)DV_ERR_INIT;
    return dv_lex(sql, strlen(sql), "m.sql", &arena, &tokens, &err);
}

static int release(void **state)
{
    (void)state;
    dv_arena_release(&arena);
    arena = (struct dv_arena){0};
    return 0;
}

static void expect_one(const char *sql, enum dv_token_kind kind, const char *text)
{
    if (lex(sql) != DV_OK)
        fail_msg("%s: %s", sql, err.message);
    assert_int_equal(tokens.count, 2);
    assert_int_equal(tokens.items[0].kind, kind);
    assert_string_equal(tokens.items[0].text, text);
}

static void expect_texts(const char *sql, const char *const *texts)
{
    unsigned i = 0;
    if (lex(sql) != DV_OK)
        fail_msg("%s: %s", sql, err.message);
    for (; texts[i] != NULL; i++) {
        assert_true(i < tokens.count);
        assert_string_equal(tokens.items[i].text, texts[i]);
    }
    assert_int_equal(tokens.items[i].kind, DV_TOKEN_END);
}

static void expect_error(const char *sql, const char *message)
{
    if (lex(sql) == DV_OK)
        fail_msg("accepted: %s", sql);
    assert_int_equal(err.code, DV_EXIT_USAGE);
    if (strstr(err.message, message) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", sql, err.message, message);
    assert_true(err.hint[0] != '\0');
}

/* Names meet the columns of stage files only where they are folded as PostgreSQL folds them: ASCII, nothing
 * else. */
static void test_identifiers(void **state)
{
    (void)state;
    expect_one("BookingRef", DV_TOKEN_WORD, "bookingref");
    expect_one("\xC3\x84Rger$1", DV_TOKEN_WORD, "\xC3\x84rger$1");
    expect_one("\"bookingReference\"", DV_TOKEN_QUOTED, "bookingReference");
    expect_one("\"a\"\"b\"", DV_TOKEN_QUOTED, "a\"b");
    expect_one("U&\"d\\0061t\\+000061\"", DV_TOKEN_QUOTED, "data");
    expect_one("U&\"d!0061t\" UESCAPE '!'", DV_TOKEN_QUOTED, "dat");
    expect_one("a23456789012345678901234567890123456789012345678901234567890123", DV_TOKEN_WORD,
               "a23456789012345678901234567890123456789012345678901234567890123");
    expect_error("a234567890123456789012345678901234567890123456789012345678901234", "64 bytes long");
    expect_error("\"a234567890123456789012345678901234567890123456789012345678901234\"", "64 bytes long");
    expect_error("\"\"", "m.sql:1:1: an empty quoted name");
    expect_error("a\n  \"b", "m.sql:2:3: the quoted name that begins here does not end");
}

static void test_strings(void **state)
{
    (void)state;
    expect_one("'it''s'", DV_TOKEN_STRING, "it's");
    expect_one("'a\\n'", DV_TOKEN_STRING, "a\\n");
    expect_one("''", DV_TOKEN_STRING, "");
    expect_one("'a' \n -- more\n 'b'", DV_TOKEN_STRING, "ab");
    expect_texts("'a' 'b'", (const char *const[]){"a", "b", NULL});
    expect_one("E' \\t\\r\\n'", DV_TOKEN_STRING, " \t\r\n");
    expect_one("e'\\'\\\\\\101\\x42\\u00e9\\U0001F600\\q'", DV_TOKEN_STRING,
               "'\\AB\xC3\xA9\xF0\x9F\x98\x80q");
    expect_one("E'\\uD83D\\uDE00'", DV_TOKEN_STRING, "\xF0\x9F\x98\x80");
    expect_one("E'\\xc3\\xa9'", DV_TOKEN_STRING, "\xC3\xA9");
    expect_one("U&'[\\0300-\\036F]'", DV_TOKEN_STRING, "[\xCC\x80-\xCD\xAF]");
    expect_one("U&'a\\\\b''c'", DV_TOKEN_STRING, "a\\b'c");
    expect_one("U&'\\D83D\\DE00'", DV_TOKEN_STRING, "\xF0\x9F\x98\x80");
    expect_one("$$it's $1 \\n$$", DV_TOKEN_STRING, "it's $1 \\n");
    expect_one("$a$ $$ $b$ $a$", DV_TOKEN_STRING, " $$ $b$ ");
}

/* Each of these would else become another text than PostgreSQL's, or be cut. */
static void test_bad_strings(void **state)
{
    (void)state;
    expect_error("x = 'abc", "m.sql:1:5: the string that begins here does not end");
    expect_error("E'abc\\'", "m.sql:1:1: the string");
    expect_error("$a$ abc $b$", "m.sql:1:1: the dollar-quoted string");
    expect_error("E'\\u12'", "m.sql:1:3: an escape with too few hex digits");
    expect_error("E'\\uD83Dx'", "a high surrogate without its low one");
    expect_error("E'\\uDE00'", "a low surrogate without its high one");
    expect_error("E'\\uD83D'", "a high surrogate without its low one");
    expect_error("E'\\U00110000'", "past U+10FFFF");
    expect_error("E'\\000'", "NUL character");
    expect_error("E'\\xff'", "no valid UTF-8");
    expect_error("U&'\\00'", "too few hex digits");
    expect_error("U&'\\D83D'", "a high surrogate");
    expect_error("U&'x' UESCAPE 'a'", "UESCAPE without a character");
    expect_error("B'101'", "a bit string");
    expect_error("N'x'", "a national character string");
    expect_error("$1", "a numbered parameter");
}

static void test_numbers(void **state)
{
    (void)state;
    expect_one("0123", DV_TOKEN_NUMBER, "0123");
    expect_one("1.50", DV_TOKEN_NUMBER, "1.50");
    expect_one("1.", DV_TOKEN_NUMBER, "1.");
    expect_one(".5", DV_TOKEN_NUMBER, ".5");
    expect_one("1e6", DV_TOKEN_NUMBER, "1e6");
    expect_one("1.5E-3", DV_TOKEN_NUMBER, "1.5E-3");
    expect_error("12abc", "trailing junk after the number 12");
    expect_error("1e", "trailing junk");
}

/* PostgreSQL's rule for where an operator ends: a wrong one turns a=-1 into an unknown operator. */
static void test_operators(void **state)
{
    (void)state;
    expect_texts("a=-1", (const char *const[]){"a", "=", "-", "1", NULL});
    expect_texts("a->>'b'", (const char *const[]){"a", "->>", "b", NULL});
    expect_texts("a||-1", (const char *const[]){"a", "||-", "1", NULL});
    expect_texts("a*-1", (const char *const[]){"a", "*", "-", "1", NULL});
    expect_texts("a!=b", (const char *const[]){"a", "<>", "b", NULL});
    expect_texts("a!~*b ?| c", (const char *const[]){"a", "!~*", "b", "?|", "c", NULL});
    expect_texts("1--2\n+3", (const char *const[]){"1", "+", "3", NULL});
    expect_texts("a+/* x */b", (const char *const[]){"a", "+", "b", NULL});
    expect_texts("count(*)", (const char *const[]){"count", "(", "*", ")", NULL});
}

/* The colon of a cast is no parameter, else x::date would ask for a parameter "date". */
static void test_params(void **state)
{
    (void)state;
    expect_one(":Now_1", DV_TOKEN_PARAM, "Now_1");
    expect_texts("x::date", (const char *const[]){"x", "::", "date", NULL});
    expect_texts(":now::date", (const char *const[]){"now", "::", "date", NULL});
    expect_error(":'now'", "a parameter in quotes");
}

static void test_comments(void **state)
{
    (void)state;
    expect_texts("a /* b /* c */ d */ e -- f", (const char *const[]){"a", "e", NULL});
    expect_error("a\n /* b /* c */", "m.sql:2:2: the comment that begins here does not end");
    assert_int_equal(lex("-- First line,\n-- and second.\n\n-- Another.\nSELECT -- no"), DV_OK);
    assert_string_equal(tokens.description, "First line, and second.");
    assert_int_equal(lex("/* Block. */ -- other\nSELECT"), DV_OK);
    assert_string_equal(tokens.description, "Block.");
    assert_int_equal(lex("SELECT -- late"), DV_OK);
    assert_null(tokens.description);
}

/* A pragma that is misread changes what is written to disk; so an unknown one is refused. */
static void test_pragmas(void **state)
{
    (void)state;
    assert_int_equal(lex("-- Text.\n-- drover: ephemeral\nSELECT"), DV_OK);
    assert_true(tokens.ephemeral);
    assert_false(tokens.many);
    assert_string_equal(tokens.description, "Text.");
    assert_int_equal(lex("--drover:many, ephemeral\r\nSELECT"), DV_OK);
    assert_true(tokens.ephemeral && tokens.many);
    assert_int_equal(lex("-- drover is fine\nSELECT"), DV_OK);
    assert_false(tokens.has_pragma);
    expect_error("-- drover: ephemral", "m.sql:1:1: the pragma \"ephemral\" is not known");
    expect_error("-- drover:", "a pragma without a word");
}

/* An editor counts characters; so must the message that sends its user to a column. */
static void test_places(void **state)
{
    (void)state;
    assert_int_equal(lex("\xEF\xBB\xBF'\xC3\xA4\xF0\x9F\x98\x80' x\r\n\ty\rz"), DV_OK);
    assert_int_equal(tokens.items[1].column, 6);
    assert_int_equal(tokens.items[2].line, 2);
    assert_int_equal(tokens.items[2].column, 2);
    assert_int_equal(tokens.items[3].line, 3);
    assert_int_equal(tokens.items[3].column, 1);
}

static void test_bad_bytes(void **state)
{
    (void)state;
    static const char nul[] = "a\n'b\0c'";
    err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(dv_lex(nul, sizeof nul - 1, "m.sql", &arena, &tokens, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "m.sql:2:3: a NUL byte"));
    expect_error("'\xC3\xA9\xC3'", "m.sql:1:3: byte 0xc3 is no valid UTF-8");
    expect_error("'\xC0\x80'", "no valid UTF-8");
    expect_error("'\xED\xA0\x80'", "no valid UTF-8");
    expect_error("a\xC2\xA0= b", "m.sql:1:2: U+00A0, a no-break space");
    expect_error("x = \xE2\x80\x98y\xE2\x80\x99", "typographic quote");
    expect_error("a \x01 b", "a control character, 0x01");
    expect_error("\\copy x", "a backslash outside quotes");
    expect_error("a { b", "{ means nothing here");
}

static void test_size(void **state)
{
    (void)state;
    size_t length = (size_t)DV_SQL_LARGEST + 1;
    char *sql = malloc(length);
    assert_non_null(sql);
    memset(sql, ' ', length);
    err = (struct dv_err)DV_ERR_INIT;
    assert_int_equal(dv_lex(sql, length, "m.sql", &arena, &tokens, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "larger than 1 MiB"));
    free(sql);
}

/* Without memory there is an error, never a token with half a text. */
static void test_no_memory(void **state)
{
    static const char sql[] =
        "-- About.\nSELECT 'a', E'b\\n', U&'c\\0041', \"d\", $$e$$, :f FROM g WHERE h <> 1.5";
    unsigned failures = 0;
    (void)state;
    for (uint64_t nth = 1; nth < 100; nth++) {
        dv_arena_release(&arena);
        arena = (struct dv_arena){0};
        dv_alloc_fail_at(nth, 0);
        enum dv_status status = lex(sql);
        dv_alloc_fail_at(0, 0);
        if (status == DV_OK)
            break;
        assert_int_not_equal(err.code, DV_EXIT_USAGE);
        failures++;
    }
    assert_in_range(failures, 2, 90);
    assert_int_equal(lex(sql), DV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_identifiers, release),
        cmocka_unit_test_teardown(test_strings, release),
        cmocka_unit_test_teardown(test_bad_strings, release),
        cmocka_unit_test_teardown(test_numbers, release),
        cmocka_unit_test_teardown(test_operators, release),
        cmocka_unit_test_teardown(test_params, release),
        cmocka_unit_test_teardown(test_comments, release),
        cmocka_unit_test_teardown(test_pragmas, release),
        cmocka_unit_test_teardown(test_places, release),
        cmocka_unit_test_teardown(test_bad_bytes, release),
        cmocka_unit_test_teardown(test_size, release),
        cmocka_unit_test_teardown(test_no_memory, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
