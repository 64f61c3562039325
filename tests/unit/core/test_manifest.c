#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/manifest.h"
#include "core/stage_reader.h"
#include "core/stage_writer.h"
#include "tests/exists.h"
#include "tests/unit/core/temp_folder.h"

#include <string.h>

static void make_columns(struct dv_column columns[2])
{
    memset(columns, 0, 2 * sizeof *columns);
    memcpy(columns[0].name, "id", 3);
    columns[0].type = dv_type_of(DV_TYPE_INT8);
    memcpy(columns[1].name, "amount", 7);
    columns[1].type = dv_type_of(DV_TYPE_NUMERIC);
    columns[1].type.precision = 12;
    columns[1].type.scale = 2;
}

static void write_part(const char *dir, uint32_t part, unsigned rows, const struct dv_tally *tally)
{
    struct dv_stage_writer *writer;
    struct dv_err err = DV_ERR_INIT;
    struct dv_column columns[2];
    make_columns(columns);
    assert_int_equal(dv_stage_writer_open(&writer, dir, part, columns, 2, &err), DV_OK);
    for (unsigned i = 0; i < rows; i++)
        assert_int_equal(dv_stage_writer_record(writer, "1,2.50\n", 7, &err), DV_OK);
    assert_int_equal(dv_stage_writer_publish(writer, tally, &err), DV_OK);
}

static json_t *load(const char *path)
{
    json_t *document = NULL;
    struct dv_err err = DV_ERR_INIT;
    assert_int_equal(dv_json_read_sealed(path, &document, &err), DV_OK);
    return document;
}

/* What the manifest says is what the document says it says: other programs read it. */
static void part_manifest_has_the_documented_form(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_tally tally = {.read = 10, .written = 4};
    dv_tally_reason(&tally, "email_missing", false, 5);
    dv_tally_reason(&tally, "amount_missing", true, 1);
    write_part(in_temp("form"), 3, 4, &tally);
    json_t *document = load(in_temp("form/part-00003.json"));
    json_t *expected =
        json_pack("{s:{s:i}, s:{s:i}}", "filtered", "email_missing", 5, "rejected", "amount_missing", 1);
    assert_true(json_equal(json_object_get(json_object_get(document, "tally"), "reasons"), expected));
    json_t *column = json_array_get(json_object_get(document, "columns"), 1);
    assert_string_equal(json_string_value(json_object_get(column, "type")), "numeric(12,2)");
    assert_int_equal(json_integer_value(json_object_get(document, "format")), 1);
    assert_int_equal(json_object_size(document), 9);
    json_decref(expected);
    json_decref(document);

    struct dv_part_manifest manifest;
    assert_int_equal(dv_part_manifest_read(in_temp("form"), 3, &manifest, &err), DV_OK);
    assert_int_equal(manifest.rows, 4);
    assert_int_equal(manifest.block_count, 2);
    assert_int_equal(manifest.blocks[0].rows, 0);
    assert_int_equal(manifest.tally.reason_count, 2);
    assert_int_equal(manifest.columns[1].type.scale, 2);
    dv_part_manifest_release(&manifest);
    dv_part_manifest_release(&manifest);
}

/* One bit, anywhere. */
static void every_flipped_bit_is_refused(void **state)
{
    static const char *const files[] = {"flips/part-00000.json", "flips/dataset.json"};
    struct dv_err err = DV_ERR_INIT;
    (void)state;
    write_part(in_temp("flips"), 0, 2, NULL);
    assert_int_equal(dv_dataset_publish(in_temp("flips"), 1, NULL, 0, NULL, &err), DV_OK);
    for (size_t file = 0; file < 2; file++) {
        struct dv_buf text = {0};
        char path[600];
        (void)snprintf(path, sizeof path, "%s", in_temp(files[file]));
        assert_int_equal(dv_file_read(path, 10000, &text, &err), DV_OK);
        for (size_t bit = 0; bit < text.len * 8; bit++) {
            text.data[bit / 8] ^= (char)(1 << bit % 8);
            assert_int_equal(dv_file_publish(path, text.data, text.len, &err), DV_OK);
            text.data[bit / 8] ^= (char)(1 << bit % 8);
            if (dv_dataset_check(in_temp("flips"), &err) == DV_OK)
                fail_msg("bit %zu of %s", bit, files[file]);
            assert_int_equal(err.code, DV_EXIT_FAULT);
            assert_non_null(strstr(err.message, strchr(files[file], '/') + 1));
        }
        assert_int_equal(dv_file_publish(path, text.data, text.len, &err), DV_OK);
        dv_buf_release(&text);
    }
}

static void refuse(const char *dir, json_t *document, const char *what)
{
    struct dv_part_manifest manifest;
    struct dv_err err = DV_ERR_INIT;
    char path[600];
    snprintf(path, sizeof path, "%s/part-00000.json", dir);
    assert_int_equal(dv_json_publish(path, document, &err), DV_OK);
    if (dv_part_manifest_read(dir, 0, &manifest, &err) != DV_FAILED)
        fail_msg("accepted with a changed %s", what);
    assert_int_equal(err.code, DV_EXIT_FAULT);
    assert_non_null(strstr(err.message, "part-00000.json"));
    assert_true(err.hint[0] != '\0');
    assert_null(manifest.columns);
    assert_null(manifest.blocks);
}

/* Puts each hostile value in the place of each member of `object`, and takes the member away. */
static void spoil_members(const char *dir, json_t *document, json_t *object)
{
    static const char *const values[] = {"-1",         "9223372036854775807",
                                         "4294967296", "1.5",
                                         "null",       "\"\"",
                                         "\"x\"",      "[]",
                                         "{}",         "true",
                                         "[[]]",       "[{}]",
                                         "{\"a\": -1}"};
    static char names[16][32];
    size_t count = 0;
    const char *key;
    json_t *member;
    json_object_foreach(object, key, member) snprintf(names[count++], sizeof names[0], "%s", key);
    for (size_t i = 0; i < count; i++) {
        json_t *kept = json_incref(json_object_get(object, names[i]));
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            json_t *value = json_loads(values[v], JSON_DECODE_ANY, NULL);
            if (json_is_string(value) && strcmp(names[i], "name") == 0 && json_string_length(value) > 0) {
                json_decref(value); /* another name is found out by the header record, not here */
                continue;
            }
            if (json_is_string(value) && strcmp(names[i], "type") == 0 && json_string_length(value) > 0) {
                json_decref(value); /* "x" is the name of some type of the user's own */
                continue;
            }
            if (strcmp(names[i], "crc32") == 0 ||
                (json_is_integer(value) && json_integer_value(value) >= 0 &&
                 (strcmp(names[i], "read") == 0 || strcmp(names[i], "merged") == 0 ||
                  strcmp(names[i], "filtered") == 0 || strcmp(names[i], "rejected") == 0))) {
                json_decref(
                    value); /* crc32: checked against the data; counts: against each other by the dataset */
                continue;
            }
            if (json_is_object(value) && json_object_size(value) == 0 && json_is_object(kept) &&
                json_object_size(kept) == 0) {
                json_decref(value);
                continue;
            }
            json_object_set_new(object, names[i], value);
            refuse(dir, document, names[i]);
        }
        json_object_del(object, names[i]);
        refuse(dir, document, names[i]);
        json_object_set_new(object, names[i], kept);
    }
    json_object_set_new(object, "surprise", json_true());
    refuse(dir, document, "surprise");
    json_object_del(object, "surprise");
}

static void hostile_manifests_are_refused(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_part_manifest manifest;
    const char *dir = in_temp("hostile");
    write_part(dir, 0, 4, NULL);
    json_t *document = load(in_temp("hostile/part-00000.json"));
    spoil_members(dir, document, document);
    spoil_members(dir, document, json_object_get(document, "tally"));
    spoil_members(dir, document, json_object_get(json_object_get(document, "tally"), "reasons"));
    spoil_members(dir, document, json_array_get(json_object_get(document, "columns"), 0));
    spoil_members(dir, document, json_array_get(json_object_get(document, "blocks"), 0));
    spoil_members(dir, document, json_array_get(json_object_get(document, "blocks"), 1));

    /* Two columns of one name; a block that claims a GiB out of few bytes. */
    json_t *columns = json_object_get(document, "columns");
    json_array_append(columns, json_array_get(columns, 0));
    refuse(dir, document, "columns");
    json_array_remove(columns, 2);
    json_t *block = json_array_get(json_object_get(document, "blocks"), 1);
    json_t *raw_length = json_incref(json_object_get(block, "raw_length"));
    json_t *raw_bytes = json_incref(json_object_get(document, "raw_bytes"));
    json_int_t header = json_integer_value(raw_bytes) - json_integer_value(raw_length);
    json_object_set_new(block, "raw_length", json_integer(1 << 30));
    json_object_set_new(document, "raw_bytes", json_integer((1 << 30) + header));
    refuse(dir, document, "raw_length");
    json_object_set_new(block, "raw_length", raw_length);
    json_object_set_new(document, "raw_bytes", raw_bytes);

    assert_int_equal(dv_json_publish(in_temp("hostile/part-00000.json"), document, &err), DV_OK);
    assert_int_equal(dv_part_manifest_read(dir, 0, &manifest, &err), DV_OK);
    dv_part_manifest_release(&manifest);
    json_decref(document);
}

/* Every single bit of the manifest: what is still accepted must be a manifest that fits the very same file,
 * or be found out when the file is verified. Only what the file does not show may differ: a tally, a column's
 * type. */
static void flipped_bits_of_a_manifest_never_change_rows(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_buf text = {0};
    const char *dir = in_temp("bits");
    char path[600];
    write_part(dir, 0, 4, NULL);
    snprintf(path, sizeof path, "%s/part-00000.json", dir);
    assert_int_equal(dv_file_read(path, 100000, &text, &err), DV_OK);
    unsigned accepted = 0;
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ 1 << bit % 8);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
        fclose(file);
        if (dv_stage_verify_part(dir, 0, &err) == DV_OK) {
            struct dv_part_manifest manifest;
            accepted++;
            assert_int_equal(dv_part_manifest_read(dir, 0, &manifest, &err), DV_OK);
            assert_int_equal(manifest.rows, 4);
            assert_int_equal(manifest.blocks[1].rows, 4);
            assert_string_equal(manifest.columns[0].name, "id");
            dv_part_manifest_release(&manifest);
        }
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(accepted < text.len); /* white space, letters of a type's name, counts of the tally */
    dv_buf_release(&text);
}

static void datasets_add_up(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_dataset_manifest manifest;
    const char *dir = in_temp("set");
    write_part(dir, 0, 4, NULL);
    write_part(dir, 1, 0, NULL);
    struct dv_tally tally = {.read = 6, .written = 5};
    dv_tally_reason(&tally, "where", false, 1);
    write_part(dir, 2, 5, &tally);
    struct dv_tally extra = {.read = 3, .merged = 3};
    assert_false(dataset_exists(dir));
    assert_int_equal(dv_dataset_publish(dir, 4, NULL, 0, NULL, &err), DV_FAILED);
    assert_false(dataset_exists(dir));
    assert_int_equal(dv_dataset_publish(dir, 3, NULL, 0, &extra, &err), DV_OK);
    assert_true(dataset_exists(dir));
    assert_int_equal(dv_dataset_manifest_read(dir, &manifest, &err), DV_OK);
    assert_int_equal(manifest.part_count, 3);
    assert_int_equal(manifest.rows, 9);
    assert_int_equal(manifest.part_rows[2], 5);
    assert_int_equal(manifest.tally.read, 13);
    assert_int_equal(manifest.tally.merged, 3);
    assert_int_equal(manifest.tally.reasons[0].rows, 1);
    struct dv_part_manifest part;
    assert_int_equal(dv_part_manifest_read(dir, 2, &part, &err), DV_OK);
    assert_string_equal(manifest.part_sha256[2], part.sha256);
    dv_part_manifest_release(&part);
    dv_dataset_manifest_release(&manifest);

    struct dv_tally lost = {.read = 1};
    assert_int_equal(dv_dataset_publish(dir, 3, NULL, 0, &lost, &err), DV_BUG);
}

static void datasets_refuse_what_does_not_belong_together(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    struct dv_stage_writer *writer;
    struct dv_dataset_manifest manifest;
    struct dv_column columns[2];
    const char *dir = in_temp("mixed");
    make_columns(columns);
    write_part(dir, 0, 4, NULL);
    columns[1].type.scale = 3;
    assert_int_equal(dv_stage_writer_open(&writer, dir, 1, columns, 2, &err), DV_OK);
    assert_int_equal(dv_stage_writer_publish(writer, NULL, &err), DV_OK);
    assert_int_equal(dv_dataset_publish(dir, 2, NULL, 0, NULL, &err), DV_FAILED);
    assert_int_equal(dv_dataset_publish(dir, 1, columns, 2, NULL, &err), DV_FAILED);
    assert_int_equal(dv_dataset_publish(in_temp("none"), 0, NULL, 0, NULL, &err), DV_BUG);
    assert_int_equal(dv_dataset_publish(in_temp("none"), 0, columns, 2, NULL, &err), DV_OK);
    assert_int_equal(dv_dataset_manifest_read(in_temp("none"), &manifest, &err), DV_OK);
    assert_int_equal(manifest.part_count, 0);
    assert_int_equal(manifest.columns[1].type.scale, 3);
    dv_dataset_manifest_release(&manifest);

    assert_int_equal(dv_dataset_publish(dir, 1, NULL, 0, NULL, &err), DV_OK);
    json_t *document = load(in_temp("mixed/dataset.json"));
    json_object_set_new(json_array_get(json_object_get(document, "parts"), 0), "rows", json_integer(3));
    assert_int_equal(dv_json_publish(in_temp("mixed/dataset.json"), document, &err), DV_OK);
    assert_int_equal(dv_dataset_manifest_read(dir, &manifest, &err), DV_FAILED);
    json_decref(document);
}

/* A part that is whole in itself may still be another run's, or its manifest edited: dataset.json tells. */
static void a_part_must_be_the_one_of_its_dataset(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *says;
    } changes[] = {
        {"sha256", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "SHA-256"},
        {"columns", "[{\"name\": \"id\", \"type\": \"bigint\"}, {\"name\": \"amount\", \"type\": \"text\"}]",
         "columns"},
    };
    struct dv_err err = DV_ERR_INIT;
    const char *dir = in_temp("fits"), *path = in_temp("fits/part-00001.json");
    write_part(dir, 0, 2, NULL);
    write_part(dir, 1, 4, NULL);
    assert_int_equal(dv_dataset_publish(dir, 2, NULL, 0, NULL, &err), DV_OK);
    assert_int_equal(dv_dataset_check(dir, &err), DV_OK);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        json_t *whole = load(path), *changed = json_deep_copy(whole);
        json_t *value = json_loads(changes[i].value, JSON_DECODE_ANY, NULL);
        assert_int_equal(json_object_set_new(changed, changes[i].key, value), 0);
        assert_int_equal(dv_json_publish(path, changed, &err), DV_OK);
        assert_int_equal(dv_dataset_check(dir, &err), DV_FAILED);
        assert_int_equal(err.code, DV_EXIT_FAULT);
        assert_non_null(strstr(err.message, "fits/part-00001.json"));
        assert_non_null(strstr(err.message, changes[i].says));
        assert_non_null(strstr(err.hint, "remove the dataset's folder"));
        assert_int_equal(dv_json_publish(path, whole, &err), DV_OK);
        json_decref(whole);
        json_decref(changed);
    }
    write_part(dir, 1, 5, NULL);
    assert_int_equal(dv_dataset_check(dir, &err), DV_FAILED);
    assert_non_null(strstr(err.message, "number of rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(part_manifest_has_the_documented_form),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(hostile_manifests_are_refused),
        cmocka_unit_test(flipped_bits_of_a_manifest_never_change_rows),
        cmocka_unit_test(datasets_add_up),
        cmocka_unit_test(a_part_must_be_the_one_of_its_dataset),
        cmocka_unit_test(datasets_refuse_what_does_not_belong_together),
    };
    return cmocka_run_group_tests(tests, make_temp_folder, remove_temp_folder);
}
