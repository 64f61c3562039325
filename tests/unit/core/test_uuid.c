/* UUIDs: forms read, and name-based ids that the target database computes the same way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/uuid.h"

#include <stdio.h>
#include <string.h>

static void is(const unsigned char uuid[16], const char *expected)
{
    char text[37] = "";
    dv_uuid_format(uuid, text);
    assert_string_equal(text, expected);
}

static void every_byte_has_its_digits(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned place = 0; place < 16; place++) {
            char hex[33] = "00000000000000000000000000000000", expected[48], digits[3];
            unsigned char uuid[16] = {0};
            uuid[place] = (unsigned char)byte;
            (void)snprintf(digits, sizeof digits, "%02x", byte);
            memcpy(hex + (size_t)2 * place, digits, 2);
            (void)snprintf(expected, sizeof expected, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                           hex + 16, hex + 20);
            is(uuid, expected);
        }
    }
}

static void reads_postgresql_forms(void **state)
{
    (void)state;
    static const char canonical[] = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    static const char *const good[] = {canonical,
                                       "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                                       "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                                       "a0eebc999c0b4ef8bb6d6bb9bd380a11",
                                       "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
                                       "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}"};
    static const char *const bad[] = {"",
                                      " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a112",
                                      "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
                                      "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                                      "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-"};
    unsigned char uuid[16];
    struct dv_err err = DV_ERR_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(dv_uuid_parse(good[i], strlen(good[i]), uuid, &err), DV_OK);
        is(uuid, canonical);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(dv_uuid_parse(bad[i], strlen(bad[i]), uuid, &err), DV_FAILED);
        assert_string_equal(err.sqlstate, "22P02");
    }
    assert_int_equal(dv_uuid_parse("abc", 3, uuid, &err), DV_FAILED);
    assert_string_equal(err.message, "invalid input syntax for type uuid: \"abc\"");
}

/* Expectations from uuid_generate_v5() of PostgreSQL's uuid-ossp. Another result, and a second run would make
 * every user anew under another id. */
static void names_as_uuid_ossp(void **state)
{
    (void)state;
    unsigned char space[16], uuid[16];
    char lengthy[1501];
    struct dv_err err = DV_ERR_INIT;
    dv_uuid_namespace("drover/bookings/users", 21, space);
    is(space, "2224da82-896e-5ccf-8787-7c7066e011eb");
    dv_uuid_v5(space, "a@x.org", 7, uuid);
    is(uuid, "4ecf3443-2f26-5773-ac5f-fc660074f599");
    assert_int_equal(dv_uuid_parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8", 36, space, &err), DV_OK);
    dv_uuid_v5(space, "www.example.com", 15, uuid);
    is(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    dv_uuid_v5(space, "", 0, uuid);
    is(uuid, "4ebd0208-8328-5d69-8c44-ec50939c0967");
    for (int i = 0; i < 300; i++)
        memcpy(lengthy + 5 * (size_t)i, "long ", 5);
    dv_uuid_v5(space, lengthy, 1500, uuid);
    is(uuid, "afd9ac7b-fcd6-5eaf-b639-27c0e189c056");
}

static void random_ones_differ(void **state)
{
    (void)state;
    unsigned char a[16], b[16];
    dv_uuid_random(a);
    dv_uuid_random(b);
    assert_int_equal(a[6] >> 4, 4);
    assert_int_equal(a[8] >> 6, 2);
    assert_memory_not_equal(a, b, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_its_digits),
        cmocka_unit_test(reads_postgresql_forms),
        cmocka_unit_test(names_as_uuid_ossp),
        cmocka_unit_test(random_ones_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
