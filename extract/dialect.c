#include "extract/dialect.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_MAX_RECORD ((uint64_t)64 * 1024 * 1024)

void dv_dialect_default(struct dv_dialect *dialect)
{
    static const char *const empty[] = {""};
    *dialect = (struct dv_dialect){.delimiter = ',',
                                   .quote = '"',
                                   .escape = '"',
                                   .header = true,
                                   .encoding = "utf-8",
                                   .nulls = empty,
                                   .null_count = 1,
                                   .decimal = '.',
                                   .max_record = DEFAULT_MAX_RECORD};
}

bool dv_file_format_of(const char *path, enum dv_file_format *format, bool *gzip)
{
    static const struct {
        const char *ending;
        enum dv_file_format format;
    } endings[] = {{".csv", DV_FILE_CSV},
                   {".txt", DV_FILE_CSV},
                   {".tsv", DV_FILE_CSV},
                   {".ndjson", DV_FILE_NDJSON},
                   {".jsonl", DV_FILE_NDJSON}};
    size_t length = strlen(path);
    *gzip = length > 3 && strcasecmp(path + length - 3, ".gz") == 0;
    if (*gzip)
        length -= 3;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i].ending);
        if (length > ending && strncasecmp(path + length - ending, endings[i].ending, ending) == 0) {
            *format = endings[i].format;
            return true;
        }
    }
    return false;
}

/* One byte through the converter: its UTF-8, 0 bytes where it is not known, -1 where it is a part of
 * something longer. */
static int convert_byte(iconv_t converter, unsigned char byte, char out[8])
{
    char in = (char)byte, *from = &in, *to = out;
    size_t left = 1, room = 8;
    (void)iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &from, &left, &to, &room) == (size_t)-1)
        return errno == EILSEQ ? 0 : -1;
    return (int)(8 - room);
}

/* Whether every byte stands for itself; then the table is filled in. */
static bool fill_table(iconv_t converter, struct dv_encoding *encoding)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char out[8];
        int size = convert_byte(converter, (unsigned char)byte, out);
        if (byte < 128 && (size != 1 || out[0] != (char)byte))
            return false;
        if (size < 0 || size > 4 || (byte >= 128 && size == 1))
            return false;
        if (byte >= 128) {
            encoding->size[byte - 128] = (unsigned char)size;
            memcpy(encoding->utf8[byte - 128], out, (size_t)size);
        }
    }
    return true;
}

enum dv_status dv_encoding_find(const char *name, struct dv_encoding *encoding, struct dv_err *err)
{
    *encoding = (struct dv_encoding){.kind = DV_ENCODING_UTF8, .name = name};
    if (strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0)
        return DV_OK;
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) {
        enum dv_status status = errno == EINVAL
                                    ? dv_fail(err, DV_EXIT_USAGE, "the encoding \"%s\" is not known", name)
                                    : dv_fail_os(err, errno, "cannot convert from %s", name);
        if (err->code == DV_EXIT_USAGE)
            dv_err_hint(err, "iconv -l lists what this system knows, as utf-8, latin1, windows-1252, utf-16");
        return status;
    }
    encoding->kind = fill_table(converter, encoding) ? DV_ENCODING_TABLE : DV_ENCODING_STREAM;
    (void)iconv_close(converter);
    return DV_OK;
}
