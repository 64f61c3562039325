/* Any bytes in any dialect: the records that the shortcut finds are those of the walk byte by byte, with the
 * same fields, lines and faults; a window that ends in the middle finds them too, or asks for more; and no
 * field lies outside. */
#include "extract/csv.h"
#include "tests/fuzz/fuzz.h"

struct records {
    struct dv_csv_scan scan;
    enum dv_csv_found found;
};

static void scan_by(struct records *records, const struct dv_dialect *dialect, bool shortcut, const char *at,
                    const char *end, bool last)
{
    struct dv_err err = DV_ERR_INIT;
    if (dv_csv_scan_init(&records->scan, dialect, 8, &err) != DV_OK)
        abort();
    records->scan.shortcut = records->scan.shortcut && shortcut;
    records->found = dv_csv_scan(&records->scan, at, end, last);
}

static void check_same(const struct records *a, const struct records *b)
{
    FUZZ_CHECK(a->found == b->found);
    FUZZ_CHECK(a->scan.next == b->scan.next);
    FUZZ_CHECK(a->scan.lines == b->scan.lines);
    if (a->found != DV_CSV_RECORD)
        return;
    FUZZ_CHECK(a->scan.count == b->scan.count);
    FUZZ_CHECK(a->scan.fault == b->scan.fault);
    for (unsigned i = 0; i < a->scan.count && i < 8; i++) {
        FUZZ_CHECK(a->scan.fields[i].text == b->scan.fields[i].text);
        FUZZ_CHECK(a->scan.fields[i].length == b->scan.fields[i].length);
        FUZZ_CHECK(a->scan.fields[i].quoted == b->scan.fields[i].quoted);
    }
}

static void check_fields(const struct records *records, const char *at)
{
    char plain[4096];
    for (unsigned i = 0; i < records->scan.count && i < 8; i++) {
        const struct dv_csv_field *field = &records->scan.fields[i];
        FUZZ_CHECK(field->text >= at && field->text + field->length <= records->scan.next);
        if (field->quoted && field->length <= sizeof plain)
            FUZZ_CHECK(dv_csv_unescape(&records->scan, field, plain) <= field->length);
    }
}

/* The first byte: the dialect, and where the window ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dv_dialect dialect;
    dv_dialect_default(&dialect);
    if (size < 2)
        return 0;
    dialect.delimiter = data[0] & 1 ? ';' : ',';
    dialect.quote = data[0] & 2 ? '\0' : '"';
    dialect.escape = data[0] & 4 ? '\\' : dialect.quote;
    dialect.comment = data[0] & 8 ? '#' : '\0';
    char *text = malloc(size - 1); /* of its own size: reading behind it shows */
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    const char *end = text + size - 1, *cut = text + (size - 1) * (data[0] >> 4) / 16;
    for (const char *at = text; at < end;) {
        struct records quick, slow, partial = {.found = DV_CSV_MORE, .scan = {.fields = NULL}};
        scan_by(&quick, &dialect, true, at, end, true);
        scan_by(&slow, &dialect, false, at, end, true);
        FUZZ_CHECK(quick.found != DV_CSV_MORE && quick.scan.next > at);
        check_same(&quick, &slow);
        check_fields(&quick, at);
        if (cut > at)
            scan_by(&partial, &dialect, true, at, cut, false);
        if (partial.found != DV_CSV_MORE)
            check_same(&quick, &partial);
        at = quick.scan.next;
        dv_csv_scan_release(&quick.scan);
        dv_csv_scan_release(&slow.scan);
        dv_csv_scan_release(&partial.scan);
    }
    free(text);
    return 0;
}
