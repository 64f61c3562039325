/* Any line, taken for NDJSON, becomes one good record of a stage file or a reject with a reason; what is good
 * reads back, its text is UTF-8, and its jsonb is what a jsonb is. */
#include "core/csv.h"
#include "core/jsonb.h"
#include "extract/ndjson.h"
#include "tests/fuzz/fuzz.h"

#define COLUMNS 4

static void check_row(struct dv_buf *out, const struct dv_column *columns)
{
    struct dv_value values[COLUMNS];
    struct dv_err err = DV_ERR_INIT;
    struct dv_arena arena = {0};
    struct dv_buf again = {0};
    const char *next;
    dv_buf_byte(out, '\n');
    FUZZ_CHECK(dv_csv_split(out->data, out->data + out->len, values, COLUMNS, &next, &err) == DV_OK);
    FUZZ_CHECK(next == out->data + out->len);
    for (unsigned i = 0; i < COLUMNS; i++) {
        FUZZ_CHECK(dv_value_decode(&values[i], &columns[i].type, &arena, &err) == DV_OK);
        if (values[i].state != DV_NULL && columns[i].type.id == DV_TYPE_TEXT)
            FUZZ_CHECK(fuzz_is_text(values[i].u.p, values[i].len));
    }
    if (values[3].state != DV_NULL) {
        FUZZ_CHECK(dv_jsonb_canonical(values[3].u.p, values[3].len, &again, &err) == DV_OK);
        FUZZ_CHECK(again.len == values[3].len && memcmp(again.data, values[3].u.p, again.len) == 0);
    }
    dv_buf_release(&again);
    dv_arena_release(&arena);
}

/* What a bad record is shown as is text, and says every byte of it. */
static void check_shown(struct dv_record_reader *reader, struct dv_buf *out)
{
    struct dv_buf again = {0};
    size_t length = reader->length;
    while (length > 0 && (reader->record[length - 1] == '\n' || reader->record[length - 1] == '\r'))
        length--;
    dv_record_show(reader, out);
    FUZZ_CHECK(out->len == 0 || fuzz_is_text(out->data, out->len));
    dv_record_unshow(out->data, out->len, &again);
    FUZZ_CHECK(again.len == length && (length == 0 || memcmp(again.data, reader->record, length) == 0));
    dv_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dv_type_id types[COLUMNS] = {DV_TYPE_TEXT, DV_TYPE_NUMERIC, DV_TYPE_TIMESTAMPTZ,
                                                   DV_TYPE_JSONB};
    static const char *const keys[COLUMNS] = {"a", "b", "c", "d"};
    struct dv_column columns[COLUMNS];
    struct dv_file_column places[COLUMNS];
    struct dv_file_spec spec = {.path = "in.ndjson", .format = DV_FILE_NDJSON};
    struct dv_err err = DV_ERR_INIT;
    struct dv_record_reader reader;
    struct dv_buf out = {0};
    enum dv_record_read read;
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    dv_dialect_default(&spec.dialect);
    for (unsigned i = 0; i < COLUMNS; i++) {
        columns[i] = (struct dv_column){.type = dv_type_of(types[i])};
        (void)snprintf(columns[i].name, sizeof columns[i].name, "%s", keys[i]);
        places[i] = (struct dv_file_column){
            .column = &columns[i], .from = DV_FROM_FIELD, .key = keys[i], .key_length = 1};
    }
    struct dv_file_layout file = {.spec = &spec, .columns = places, .encoding = {.name = "utf-8"}};
    if (dv_record_open(&reader, &file, COLUMNS, &err) != DV_OK)
        abort();
    struct dv_file_text window = {.path = "in.ndjson", .at = text, .end = text + size, .last = true};
    while (window.at < window.end) {
        dv_buf_reset(&out);
        FUZZ_CHECK(dv_record_next(&reader, &window, &out, &read, &err) == DV_OK);
        FUZZ_CHECK(read != DV_RECORD_MORE);
        if (read == DV_RECORD_GOOD)
            check_row(&out, columns);
        if (read == DV_RECORD_BAD) {
            FUZZ_CHECK(reader.fault.reason != NULL && reader.fault.detail[0] != '\0' && out.len == 0);
            check_shown(&reader, &out);
        }
    }
    dv_record_close(&reader);
    dv_buf_release(&out);
    free(text);
    return 0;
}
