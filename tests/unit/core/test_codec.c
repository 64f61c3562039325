#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/codec.h"

#include "core/alloc.h"
#include "core/codec_member.h"

#include <isa-l.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 4 };

/* Text of several natures, the same on every machine: CSV, noise, one byte over and over, far repetitions. */
static char *make_text(int kind, size_t length)
{
    char *text = dv_alloc(length + 64);
    assert_non_null(text);
    uint32_t seed = 12345;
    size_t at = 0;
    while (at < length) {
        seed = seed * 1664525u + 1013904223u;
        if (kind == 0) {
            at += (size_t)snprintf(text + at, 64, "%u,user%u@example.com,\"a \"\"b\"\"\",%u.%02u\n",
                                   seed >> 12, seed >> 20, seed >> 24, seed % 100);
        } else {
            text[at] = kind == 1 ? (char)(seed >> 24) : kind == 2 ? 'a' : (char)('a' + at % 997 % 26);
            at++;
        }
    }
    return text;
}

/* What one library writes every other must read: a stage file is plain gzip. */
static void every_codec_reads_every_other(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 100, 65535, 65536, 300000, 5000000};
    struct dv_codec_state *scratch;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_codec_state_new(&scratch, &err), DV_OK);
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            char *text = make_text(kind, lengths[i]);
            for (const struct dv_codec *const *writer = dv_codec_list(); *writer != NULL; writer++) {
                struct dv_buf packed = {0};
                assert_int_equal((*writer)->compress(scratch, text, lengths[i], &packed, &err), DV_OK);
                for (const struct dv_codec *const *reader = dv_codec_list(); *reader != NULL; reader++) {
                    char *back = dv_alloc(lengths[i]);
                    assert_non_null(back);
                    assert_int_equal(
                        (*reader)->decompress(scratch, packed.data, packed.len, back, lengths[i], &err),
                        DV_OK);
                    assert_memory_equal(back, text, lengths[i]);
                    dv_free(back);
                }
                dv_buf_release(&packed);
            }
            dv_free(text);
        }
    }
    dv_codec_state_free(scratch);
}

static bool refused(const struct dv_codec *codec, struct dv_codec_state *scratch, const char *bytes,
                    size_t length, const char *text, size_t raw_length)
{
    struct dv_err err = DV_ERR_INIT;
    /* Exact sizes on the heap, so that the sanitizer sees any access beyond. */
    char *input = malloc(length > 0 ? length : 1), *back = malloc(raw_length > 0 ? raw_length : 1);
    assert_non_null(input);
    assert_non_null(back);
    memcpy(input, bytes, length);
    enum dv_status status = codec->decompress(scratch, input, length, back, raw_length, &err);
    /* What a codec lets pass must at least be the very data: some bits of deflate carry nothing. */
    bool good = status == DV_FAILED ? err.code == DV_EXIT_FAULT && err.message[0] != '\0'
                                    : status == DV_OK && memcmp(back, text, raw_length) == 0;
    if (status == DV_OK && !good)
        fail_msg("%s gave wrong data without an error", codec->name);
    free(input);
    free(back);
    return status == DV_FAILED && good;
}

/* A damaged block must never come out as other data, nor make the reader crash. */
static void damaged_members_are_refused(void **state)
{
    (void)state;
    struct dv_codec_state *scratch;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_codec_state_new(&scratch, &err), DV_OK);
    for (int kind = 0; kind < 2; kind++) {
        size_t length = 700;
        char *text = make_text(kind, length);
        struct dv_buf packed = {0};
        assert_int_equal(dv_codec_default()->compress(scratch, text, length, &packed, &err), DV_OK);
        for (const struct dv_codec *const *codec = dv_codec_list(); *codec != NULL; codec++) {
            for (size_t cut = 0; cut < packed.len; cut++)
                assert_true(refused(*codec, scratch, packed.data, cut, text, length));
            unsigned passed = 0;
            for (size_t bit = 0; bit < packed.len * 8; bit++) {
                packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
                bool was_refused = refused(*codec, scratch, packed.data, packed.len, text, length);
                packed.data[bit / 8] = (char)(packed.data[bit / 8] ^ 1 << bit % 8);
                passed += !was_refused;
                if (bit < 80 || bit >= (packed.len - 8) * 8) /* header and trailer carry no idle bit */
                    assert_true(was_refused);
            }
            assert_true(passed < 64);
            assert_true(refused(*codec, scratch, packed.data, packed.len, text, length - 1));
            dv_buf_reserve(&packed, 1);
            packed.data[packed.len] = 0;
            assert_true(refused(*codec, scratch, packed.data, packed.len + 1, text, length));
        }
        dv_buf_release(&packed);
        dv_free(text);
    }
    dv_codec_state_free(scratch);
}

/* Two machines that write the same rows must write the same bytes; another sum here means that the library's
 * version writes others, and that resumed or compared runs must not be moved between the two. */
static void written_bytes_are_those_of_the_format(void **state)
{
    (void)state;
    struct dv_codec_state *scratch;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf packed = {0};
    assert_int_equal(dv_codec_state_new(&scratch, &err), DV_OK);
    for (int kind = 0; kind < KINDS; kind++) {
        char *text = make_text(kind, 1u << 20);
        assert_int_equal(dv_codec_default()->compress(scratch, text, 1u << 20, &packed, &err), DV_OK);
        dv_free(text);
    }
    static const char header[] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 4, (char)255};
    assert_memory_equal(packed.data, header, sizeof header);
    assert_int_equal(dv_crc32(0, packed.data, packed.len), 0xa326bee0u);
    dv_buf_release(&packed);
    dv_codec_state_free(scratch);
}

/* The same block must become the same bytes whatever the deflater worked on before, and in whichever thread:
 * stage files are compared by SHA-256. */
struct again {
    char *text;
    const struct dv_buf *expected;
    unsigned differing;
};

static void *compress_again(void *argument)
{
    struct again *again = argument;
    struct dv_err err = DV_ERR_INIT;
    struct dv_codec_state *scratch;
    if (dv_codec_state_new(&scratch, &err) != DV_OK)
        return NULL;
    for (int round = 0; round < 20; round++)
        for (int kind = 0; kind < KINDS; kind++) {
            struct dv_buf packed = {0};
            const struct dv_buf *expected = &again->expected[kind];
            if (dv_codec_default()->compress(scratch, again->text + (size_t)kind * 200000, 200000, &packed,
                                             &err) != DV_OK ||
                packed.len != expected->len || memcmp(packed.data, expected->data, packed.len) != 0)
                again->differing++;
            dv_buf_release(&packed);
        }
    dv_codec_state_free(scratch);
    return NULL;
}

static void bytes_depend_on_the_block_alone(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf expected[KINDS] = {{0}};
    char *texts = dv_alloc((size_t)KINDS * 200000);
    pthread_t threads[4];
    struct again again[4];
    for (int kind = 0; kind < KINDS; kind++) {
        struct dv_codec_state *scratch;
        char *text = make_text(kind, 200000);
        memcpy(texts + (size_t)kind * 200000, text, 200000);
        assert_int_equal(dv_codec_state_new(&scratch, &err), DV_OK);
        assert_int_equal(dv_codec_default()->compress(scratch, text, 200000, &expected[kind], &err), DV_OK);
        dv_codec_state_free(scratch);
        dv_free(text);
    }
    for (unsigned t = 0; t < 4; t++) {
        again[t] = (struct again){.text = texts, .expected = expected};
        assert_int_equal(pthread_create(&threads[t], NULL, compress_again, &again[t]), 0);
    }
    for (unsigned t = 0; t < 4; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(again[t].differing, 0);
    }
    for (int kind = 0; kind < KINDS; kind++)
        dv_buf_release(&expected[kind]);
    dv_free(texts);
}

static void finds_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(dv_codec_find("libdeflate"), dv_codec_default());
    assert_ptr_equal(dv_codec_find("isal"), dv_codec_reader());
    assert_non_null(dv_codec_find("zlib"));
    assert_null(dv_codec_find("brotli"));
    assert_int_equal(dv_crc32(0, "123456789", 9),
                     0xCBF43926u); /* the check value of the CRC's own catalogue */
    assert_int_equal(dv_crc32(dv_crc32(0, "1234", 4), "56789", 5), 0xCBF43926u);
    assert_int_equal(dv_crc32(0, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_reads_every_other),
        cmocka_unit_test(damaged_members_are_refused),
        cmocka_unit_test(written_bytes_are_those_of_the_format),
        cmocka_unit_test(bytes_depend_on_the_block_alone),
        cmocka_unit_test(finds_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
