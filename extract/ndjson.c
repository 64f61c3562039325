#include "extract/ndjson.h"

#include "core/jsonb_scan.h"

#include <string.h>

static bool invalid(struct dv_record_reader *reader, const struct dv_err *err)
{
    return dv_field_fail(&reader->fault, "invalid_json_text", "%s", err->message);
}

/* The column that wants this key; members mostly come in the columns' order, so `from` is tried first. */
static unsigned find_column(const struct dv_record_reader *reader, struct dv_json_text key, unsigned from)
{
    for (unsigned n = 0; n < reader->column_count; n++) {
        unsigned i = from + n < reader->column_count ? from + n : from + n - reader->column_count;
        const struct dv_file_column *column = &reader->file->columns[i];
        if (column->from == DV_FROM_FIELD && dv_json_is_key(key, column->key, column->key_length))
            return i;
    }
    return reader->column_count;
}

/* Of a key that stands twice the last one counts, as in a jsonb. */
static enum dv_status find_members(struct dv_record_reader *reader, struct dv_json_text object,
                                   struct dv_err *err)
{
    struct dv_json_text key, value = {NULL, 0};
    unsigned from = 0;
    enum dv_status status;
    memset(reader->members, 0, reader->column_count * sizeof *reader->members);
    while ((status = dv_json_next(object, &key, &value, err)) == DV_OK) {
        unsigned column = find_column(reader, key, from);
        if (column == reader->column_count)
            continue;
        reader->members[column] = value.p;
        reader->member_lengths[column] = value.len;
        from = column + 1 < reader->column_count ? column + 1 : 0;
    }
    return status == DV_END ? DV_OK : status;
}

bool dv_ndjson_read(struct dv_record_reader *reader, struct dv_record_bytes bytes)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_json_text object = dv_json_trim(reader->record, reader->length);
    size_t good = bytes.high ? dv_utf8_good(object.p, object.len) : object.len;
    if (good < object.len)
        return dv_field_fail(&reader->fault, "character_not_in_repertoire",
                             "the byte 0x%02x, the record's %zuth, is not %s there",
                             (unsigned char)object.p[good], good + 1, reader->file->encoding.name);
    if (dv_json_validate(object.p, object.len, &err) != DV_OK)
        return invalid(reader, &err);
    if (*object.p != '{')
        return dv_field_fail(&reader->fault, "not_an_object", "the line holds JSON, but no object");
    return find_members(reader, object, &err) == DV_OK || invalid(reader, &err);
}

/* A string's content, in reader->plain. */
static enum dv_status unescape(struct dv_record_reader *reader, const struct dv_column *column,
                               const char **text, size_t *length, bool *good, struct dv_err *err)
{
    const char *inside = *text + 1;
    size_t size = *length - 2;
    if (memchr(inside, '\\', size) == NULL) {
        *text = inside;
        *length = size;
        return DV_OK;
    }
    dv_buf_reset(&reader->plain);
    if (!dv_buf_reserve(&reader->plain, size))
        return dv_fail_memory(err);
    enum dv_json_escape escape = dv_json_unescape(inside, size, reader->plain.data, length);
    *text = reader->plain.data;
    if (escape == DV_JSON_ESCAPE_NUL)
        *good = dv_field_fail(&reader->fault, "untranslatable_character",
                              "column %s: \\u0000 cannot stand in text", column->name);
    else if (escape == DV_JSON_ESCAPE_BAD)
        *good = dv_field_fail(&reader->fault, "invalid_json_text",
                              "column %s: an escape is wrong, or half of a surrogate pair", column->name);
    return DV_OK;
}

enum dv_status dv_ndjson_put(struct dv_record_reader *reader, unsigned column, bool ascii, struct dv_buf *out,
                             bool *good, struct dv_err *err)
{
    const struct dv_column *of = reader->file->columns[column].column;
    const char *text = reader->members[column];
    size_t length = reader->member_lengths[column];
    enum dv_status status = DV_OK;
    if (text == NULL || *text == 'n')
        return DV_OK;
    if (*text == '"' && of->type.id != DV_TYPE_JSON && of->type.id != DV_TYPE_JSONB) {
        status = unescape(reader, of, &text, &length, good, err);
        ascii = ascii && text != reader->plain.data;
    }
    if (status != DV_OK || !*good)
        return status;
    return dv_field_put(&reader->converter, of, text, length, true, ascii, reader->column_count == 1, out,
                        good, &reader->fault, err);
}
