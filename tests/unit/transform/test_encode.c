/* Quoting, format, encodings and digests against PostgreSQL 15: the expectations below are the server's own
 * answers. */
#include "tests/unit/transform/expr_check.h"

static const struct expr_case encode_cases[] = {
    {"quote_ident('abc')", "text", "abc", NULL},
    {"quote_ident('Abc')", "text", "\"Abc\"", NULL},
    {"quote_ident('select')", "text", "\"select\"", NULL},
    {"quote_ident('order')", "text", "\"order\"", NULL},
    {"quote_ident('a b\"c')", "text", "\"a b\"\"c\"", NULL},
    {"quote_ident('between')", "text", "\"between\"", NULL},
    {"quote_ident('name')", "text", "name", NULL},
    {"quote_ident('left')", "text", "\"left\"", NULL},
    {"quote_ident('')", "text", "\"\"", NULL},
    {"quote_ident('1a')", "text", "\"1a\"", NULL},
    {"quote_ident('a$b')", "text", "\"a$b\"", NULL},
    {"quote_literal('it''s \\ x')", "text", "E'it''s \\\\ x'", NULL},
    {"quote_literal(42)", "text", "'42'", NULL},
    {"quote_literal(1.5)", "text", "'1.5'", NULL},
    {"quote_literal(true)", "text", "'true'", NULL},
    {"quote_nullable(null)", "text", "NULL", NULL},
    {"quote_nullable(42)", "text", "'42'", NULL},
    {"format('Hello %s, %I %L', 'x', 'A b', 'o''k')", "text", "Hello x, \"A b\" 'o''k'", NULL},
    {"format('%s %s', 1, true)", "text", "1 t", NULL},
    {"format('%2$s %1$s', 'a','b')", "text", "b a", NULL},
    {"format('|%10s|%-10s|', 'foo', 'bar')", "text", "|       foo|bar       |", NULL},
    {"format('|%*s|', 10, 'foo')", "text", "|       foo|", NULL},
    {"format('|%*s|', -10, 'foo')", "text", "|foo       |", NULL},
    {"format('|%-*s|', 10, 'foo')", "text", "|foo       |", NULL},
    {"format('|%2$*1$s|', 10, 'foo')", "text", "|       foo|", NULL},
    {"format('|%*2$L|', 'x', 6)", NULL, NULL, "22023"},
    {"format('%s', null)", "text", "", NULL},
    {"format('%L', null)", "text", "NULL", NULL},
    {"format('%I', null)", NULL, NULL, "22004"},
    {"format('%%')", "text", "%", NULL},
    {"format('%')", NULL, NULL, "22023"},
    {"format('%s')", NULL, NULL, "22023"},
    {"format('%d', 1)", NULL, NULL, "22023"},
    {"format('%0$s', 1)", NULL, NULL, "22023"},
    {"format('%1$', 1)", NULL, NULL, "22023"},
    {"format('%s %1$s %s', 'a','b')", "text", "a a b", NULL},
    {"encode('\\x00ff61'::bytea,'hex')", "text", "00ff61", NULL},
    {"encode('\\x00ff61'::bytea,'base64')", "text", "AP9h", NULL},
    {"encode('\\x00ff615c'::bytea,'escape')", "text", "\\000\\377a\\\\", NULL},
    {"encode(repeat('ab',58)::bytea,'base64')", "text",
     "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJh\nYmFiYWJhYmFiYWJhYmFiYWJhY"
     "mFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFi\nYWI=",
     NULL},
    {"decode('00 ff','hex')", "bytea", "\\x00ff", NULL},
    {"decode('0','hex')", NULL, NULL, "22023"},
    {"decode('zz','hex')", NULL, NULL, "22023"},
    {"decode('AP9h','base64')", "bytea", "\\x00ff61", NULL},
    {"decode('AP8=','base64')", "bytea", "\\x00ff", NULL},
    {"decode('AA==','base64')", "bytea", "\\x00", NULL},
    {"decode('AA=','base64')", NULL, NULL, "22023"},
    {"decode('A','base64')", NULL, NULL, "22023"},
    {"decode('é','base64')", NULL, NULL, "22023"},
    {"decode('a\\000\\\\b','escape')", "bytea", "\\x61005c62", NULL},
    {"decode('a\\9','escape')", NULL, NULL, "22P02"},
    {"sha256('abc'::bytea)", "bytea", "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     NULL},
    {"sha224('abc'::bytea)", "bytea", "\\x23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", NULL},
    {"sha384('abc'::bytea)", "bytea",
     "\\xcb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
     NULL},
    {"sha512('abc'::bytea)", "bytea",
     "\\xddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d"
     "4423643ce80e2a9ac94fa54ca49f",
     NULL},
    {"convert_from('\\xc3a9'::bytea,'utf-8')", "text", "é", NULL},
    {"convert_from('\\xff'::bytea,'utf8')", NULL, NULL, "22021"},
    {"overlay('Txxxxas' placing 'hom' from 2 for 4)", "text", "Thomas", NULL},
    {"overlay('Txxxxas' placing 'hom' from 2)", "text", "Thomxas", NULL},
    {"overlay('abc' placing 'X' from 0)", NULL, NULL, "22011"},
    {"overlay('abc' placing 'X' from 10)", "text", "abcX", NULL},
    {"overlay('abc' placing 'X' from 2 for -1)", "text", "aXabc", NULL},
    {"substring('\\x001122'::bytea, 2, 1)", "bytea", "\\x11", NULL},
    {"get_byte('\\x0102'::bytea,1)", "integer", "2", NULL},
    {"get_byte('\\x0102'::bytea,2)", NULL, NULL, "2202E"},
    {"to_hex(255)", "text", "ff", NULL},
    {"to_hex(-1)", "text", "ffffffff", NULL},
    {"to_hex(-1::bigint)", "text", "ffffffffffffffff", NULL},
    {"unistr('d\\0061t\\+000061')", "text", "data", NULL},
    {"unistr('\\u0441\\U0001F600')", "text", "с😀", NULL},
    {"unistr('\\D83D\\DE00')", "text", "😀", NULL},
    {"unistr('\\D83D')", NULL, NULL, "42601"},
    {"unistr('\\\\x')", "text", "\\x", NULL},
    {"unistr('\\q')", NULL, NULL, "42601"},
    {"'é' is normalized", "boolean", "t", NULL},
    {"U&'e\\0301' is nfc normalized", "boolean", "f", NULL},
    {"U&'e\\0301' is not nfd normalized", "boolean", "f", NULL},
};

static void encodings_are_postgresqls(void **state)
{
    (void)state;
    CHECK_TABLE(encode_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_are_postgresqls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
