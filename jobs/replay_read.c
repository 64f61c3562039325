/* The corrected rows: CSV that a person or a program has edited, held against the rejects that it came from.
 */
#include "core/alloc.h"
#include "core/csv.h"
#include "jobs/replay_parts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST_FILE ((size_t)4 * 1024 * 1024 * 1024)

static const char *const place_names[DV_REJECT_COLUMNS] = {"reason",  "detail", "stage",
                                                           "dataset", "part",   "row"};

struct reading {
    struct dv_corrections *corrections;
    const struct dv_reject_lists *lists;
    const char *file;
    const struct dv_reject_list *list; /* the one whose columns the rows in hand have */
    struct dv_column *columns;
    unsigned column_count;
    struct dv_value *values; /* the six and the columns */
    struct dv_arena decoded; /* of one row */
    struct dv_buf text, record;
};

/* ---- which files ---- */

static int is_csv(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

/* The file itself, or those of the folder by name: NULL-terminated, in the arena. */
static enum dv_status list_files(const char *from, struct dv_arena *arena, const char ***files,
                                 struct dv_err *err)
{
    struct dirent **entries = NULL; /* of the C library's heap */
    struct stat is;
    enum dv_status status = DV_OK;
    if (stat(from, &is) != 0) {
        status = errno == ENOENT || errno == ENOTDIR
                     ? dv_fail(err, DV_EXIT_USAGE, "--from: there is no %s", from)
                     : dv_fail_os(err, errno, "cannot look at %s", from);
        return status;
    }
    int count = S_ISDIR(is.st_mode) ? scandir(from, &entries, is_csv, alphasort) : 1;
    if (count < 0)
        return dv_fail_os(err, errno, "cannot read the folder %s", from);
    *files = dv_arena_zalloc(arena, ((size_t)count + 1) * sizeof **files);
    for (int i = 0; i < count && *files != NULL; i++) {
        (*files)[i] = entries != NULL ? dv_arena_printf(arena, "%s/%s", from, entries[i]->d_name)
                                      : dv_arena_strdup(arena, from);
        if ((*files)[i] == NULL)
            *files = NULL;
    }
    for (int i = 0; entries != NULL && i < count; i++)
        free(entries[i]);
    free(entries);
    if (*files == NULL)
        return dv_fail_memory(err);
    if (count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "--from: no .csv file is in %s", from);
        dv_err_hint(err, "drover rejects export writes them");
    }
    return status;
}

enum dv_status dv_corrections_digest(const char *from, char digest[DV_SHA256_HEX], struct dv_err *err)
{
    struct dv_arena arena = {0};
    struct dv_sha256 *all = NULL;
    const char **files = NULL;
    enum dv_status status = DV_OK;
    digest[0] = '\0';
    if (from == NULL)
        return DV_OK;
    DV_TRY(list_files(from, &arena, &files, err));
    DV_TRY(dv_sha256_new(&all, err));
    for (; *files != NULL; files++) {
        char one[DV_SHA256_HEX];
        uint64_t size;
        DV_TRY(dv_file_sha256(*files, one, &size, err));
        dv_sha256_update(all, one, sizeof one);
    }
    dv_sha256_hex(all, digest);
done:
    dv_sha256_free(all);
    dv_arena_release(&arena);
    return status;
}

/* ---- one file ---- */

static enum dv_status bad_line(const struct reading *reading, unsigned line, struct dv_err *err,
                               const char *format, ...) DV_PRINTF(4, 5);
static enum dv_status bad_line(const struct reading *reading, unsigned line, struct dv_err *err,
                               const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s:%u: %s", reading->file, line, text);
    dv_err_hint(err, "nothing was loaded; correct the file and run the same command again");
    return status;
}

/* Spreadsheets end lines with CR LF and put a mark before the first: both go, inside quotes nothing does. */
static void strip(struct dv_buf *text)
{
    size_t from = text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, to = 0;
    bool quoted = false;
    for (; from < text->len; from++) {
        char byte = text->data[from];
        if (byte == '"')
            quoted = !quoted;
        if (byte == '\r' && !quoted && from + 1 < text->len && text->data[from + 1] == '\n')
            continue;
        text->data[to++] = byte;
    }
    text->len = to;
}

static unsigned count_fields(const char *at, const char *end)
{
    unsigned count = 1;
    bool quoted = false;
    for (; at < end && (quoted || *at != '\n'); at++) {
        quoted = quoted != (*at == '"');
        count += *at == ',' && !quoted;
    }
    return count;
}

static bool same_text(const struct dv_value *value, const char *text)
{
    struct dv_buf field = {0};
    dv_raw_text(&field, value);
    bool same = dv_buf_cstr(&field) != NULL && field.len == strlen(text) && strcmp(field.data, text) == 0;
    dv_buf_release(&field);
    return same;
}

static enum dv_status open_list(struct reading *reading, const struct dv_reject_list *list,
                                struct dv_err *err)
{
    dv_free(reading->columns);
    reading->columns = NULL;
    reading->list = list;
    return dv_reject_list_columns(list, &reading->columns, &reading->column_count, err);
}

/* The columns behind the six are those of some list. */
static bool fits(const struct reading *reading, const struct dv_value *fields, unsigned count)
{
    bool same = count == reading->column_count;
    for (unsigned i = 0; i < count && same; i++)
        same = same_text(&fields[i], reading->columns[i].name);
    return same;
}

/* How many of the list's columns the header has. */
static enum dv_status count_known(struct reading *reading, const struct dv_reject_list *list,
                                  const struct dv_value *fields, unsigned count, unsigned *known,
                                  const char **missing, struct dv_err *err)
{
    enum dv_status status = open_list(reading, list, err);
    *known = 0;
    *missing = NULL;
    for (unsigned i = 0; i < reading->column_count && status == DV_OK; i++) {
        bool there = false;
        for (unsigned j = 0; j < count && !there; j++)
            there = same_text(&fields[j], reading->columns[i].name);
        *known += there;
        if (!there && *missing == NULL)
            *missing = reading->columns[i].name;
    }
    return status;
}

/* What is wrong with a header: said of the list that it is nearest to. */
static enum dv_status bad_header(struct reading *reading, const struct dv_value *fields, unsigned count,
                                 struct dv_err *err)
{
    const struct dv_reject_list *nearest = NULL;
    const char *missing;
    unsigned known, most = 0;
    enum dv_status status;
    for (unsigned i = 0; i < reading->lists->count; i++) {
        DV_TRY(count_known(reading, &reading->lists->lists[i], fields, count, &known, &missing, err));
        if (nearest == NULL || known > most) {
            nearest = &reading->lists->lists[i];
            most = known;
        }
    }
    DV_TRY(count_known(reading, nearest, fields, count, &known, &missing, err));
    if (missing != NULL)
        status = bad_line(reading, 1, err, "the column \"%s\" of the rejects %s is missing", missing,
                          nearest->name);
    else if (count > reading->column_count)
        status =
            bad_line(reading, 1, err, "%u columns, but the rejects %s have %u", count + DV_REJECT_COLUMNS,
                     nearest->name, reading->column_count + DV_REJECT_COLUMNS);
    else
        status =
            bad_line(reading, 1, err, "the columns of the rejects %s stand in another order", nearest->name);
done:
    return status;
}

/* Sets up the values and the columns that the rows of the file have. */
static enum dv_status read_header(struct reading *reading, const char **at, const char *end,
                                  struct dv_err *err)
{
    struct dv_err of_csv = DV_ERR_INIT;
    unsigned count = count_fields(*at, end);
    dv_free(reading->values);
    reading->values = dv_calloc(count, sizeof *reading->values);
    if (reading->values == NULL)
        return dv_fail_memory(err);
    if (dv_csv_split(*at, end, reading->values, count, at, &of_csv) != DV_OK)
        return bad_line(reading, 1, err, "no header: %s", of_csv.message);
    for (unsigned i = 0; i < DV_REJECT_COLUMNS; i++)
        if (i >= count || !same_text(&reading->values[i], place_names[i]))
            return bad_line(reading, 1, err,
                            "the columns must begin with reason,detail,stage,dataset,part,row");
    const struct dv_value *fields = reading->values + DV_REJECT_COLUMNS;
    for (unsigned i = 0; i < reading->lists->count; i++) {
        enum dv_status status = open_list(reading, &reading->lists->lists[i], err);
        if (status != DV_OK)
            return status;
        if (fits(reading, fields, count - DV_REJECT_COLUMNS))
            return DV_OK;
    }
    return bad_header(reading, fields, count - DV_REJECT_COLUMNS, err);
}

static enum dv_status read_number(const struct reading *reading, unsigned column, unsigned line,
                                  uint64_t most, uint64_t *out, struct dv_err *err)
{
    const struct dv_value *value = &reading->values[column];
    struct dv_buf text = {0};
    dv_raw_text(&text, value);
    dv_buf_byte(&text, '\0');
    enum dv_status status = dv_buf_check(&text, err);
    char *end = NULL;
    errno = 0;
    if (status == DV_OK) {
        unsigned long long number =
            text.data[0] >= '0' && text.data[0] <= '9' ? strtoull(text.data, &end, 10) : 0;
        if (end == NULL || *end != '\0' || errno != 0 || number > most)
            status =
                bad_line(reading, line, err, "%s is no number: \"%.60s\"", place_names[column], text.data);
        *out = number;
    }
    dv_buf_release(&text);
    return status;
}

/* The row's own values, as PostgreSQL writes them. A value that is none of its type is the file's fault. */
static enum dv_status read_values(struct reading *reading, unsigned line, struct dv_err *err)
{
    dv_buf_reset(&reading->record);
    dv_arena_reset(&reading->decoded);
    for (unsigned i = 0; i < reading->column_count; i++) {
        struct dv_value *value = &reading->values[DV_REJECT_COLUMNS + i];
        struct dv_err of_value = DV_ERR_INIT;
        if (dv_value_decode(value, &reading->columns[i].type, &reading->decoded, &of_value) != DV_OK)
            return bad_line(reading, line, err, "column \"%s\": %s", reading->columns[i].name,
                            of_value.message);
        if (i > 0)
            dv_buf_byte(&reading->record, ',');
        dv_value_to_csv(value, &reading->columns[i].type, false, &reading->record);
    }
    return dv_buf_check(&reading->record, err);
}

static enum dv_status add(struct dv_corrections *corrections, const struct dv_correction *row,
                          struct dv_err *err)
{
    if (corrections->count == corrections->capacity) {
        size_t capacity = corrections->capacity == 0 ? 64 : corrections->capacity * 2;
        struct dv_correction *rows = dv_realloc_array(corrections->rows, capacity, sizeof *rows);
        if (rows == NULL)
            return dv_fail_memory(err);
        corrections->rows = rows;
        corrections->capacity = capacity;
    }
    struct dv_correction *kept = &corrections->rows[corrections->count];
    *kept = *row;
    kept->record = dv_arena_copy(&corrections->arena, row->record, row->length);
    kept->dataset = dv_arena_strdup(&corrections->arena, row->dataset);
    if (kept->record == NULL || kept->dataset == NULL)
        return dv_fail_memory(err);
    corrections->count++;
    return DV_OK;
}

static enum dv_status read_row(struct reading *reading, unsigned line, struct dv_err *err)
{
    uint64_t part = 0, row = 0;
    struct dv_buf dataset = {0};
    enum dv_status status;
    static const char *const stages[] = {
        [DV_OF_RECORD] = "extract", [DV_OF_ROW] = "transform", [DV_OF_LOAD] = "load"};
    enum dv_correction_of of = DV_OF_RECORD;
    while (of < DV_OF_LOAD && !same_text(&reading->values[2], stages[of]))
        of++;
    if (!same_text(&reading->values[2], stages[of])) {
        status = bad_line(reading, line, err, "stage is none of extract, transform and load");
        goto done;
    }
    DV_TRY(read_number(reading, 4, line, UINT32_MAX, &part, err));
    DV_TRY(read_number(reading, 5, line, UINT64_MAX, &row, err));
    dv_raw_text(&dataset, &reading->values[3]);
    dv_buf_byte(&dataset, '\0');
    DV_TRY(dv_buf_check(&dataset, err));
    DV_TRY(read_values(reading, line, err));
    status = add(reading->corrections,
                 &(struct dv_correction){.of = of,
                                         .dataset = dataset.data,
                                         .part = (uint32_t)part,
                                         .row = row,
                                         .record = reading->record.data,
                                         .length = reading->record.len,
                                         .file = reading->file,
                                         .line = line},
                 err);
done:
    dv_buf_release(&dataset);
    return status;
}

static unsigned lines_in(const char *at, const char *end)
{
    unsigned count = 0;
    for (; at < end; at++)
        count += *at == '\n';
    return count;
}

static enum dv_status read_file(struct reading *reading, struct dv_err *err)
{
    enum dv_status status;
    dv_buf_reset(&reading->text);
    DV_TRY(dv_file_read(reading->file, LARGEST_FILE, &reading->text, err));
    strip(&reading->text);
    const char *at = reading->text.data, *end = at + reading->text.len;
    if (reading->text.len == 0) {
        status = bad_line(reading, 1, err, "the file is empty");
        goto done;
    }
    const char *begin = at;
    DV_TRY(read_header(reading, &at, end, err));
    unsigned line = 1 + lines_in(begin, at);
    while (at < end) {
        struct dv_err of_csv = DV_ERR_INIT;
        unsigned most = reading->column_count + DV_REJECT_COLUMNS, fields = count_fields(at, end);
        begin = at;
        if (fields != most) {
            status = bad_line(reading, line, err, "%u fields, but the header has %u", fields, most);
            goto done;
        }
        if (dv_csv_split(at, end, reading->values, most, &at, &of_csv) != DV_OK) {
            status = bad_line(reading, line, err, "%s", of_csv.message);
            goto done;
        }
        DV_TRY(read_row(reading, line, err));
        line += lines_in(begin, at);
    }
done:
    return status;
}

/* ---- held against the rejects ---- */

static int by_place(const void *a, const void *b)
{
    const struct dv_correction *left = a, *right = b;
    if (left->of != right->of)
        return left->of < right->of ? -1 : 1;
    int order = strcmp(left->dataset, right->dataset);
    if (order != 0)
        return order;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    if (left->row != right->row)
        return left->row < right->row ? -1 : 1;
    return 0;
}

static int by_place_and_line(const void *a, const void *b)
{
    const struct dv_correction *left = a, *right = b;
    int order = by_place(a, b);
    if (order == 0 && left->file != NULL && right->file != NULL)
        order = strcmp(left->file, right->file);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* The first of those at the place; NULL: none. */
static struct dv_correction *find_first(const struct dv_corrections *corrections,
                                        const struct dv_correction *wanted)
{
    size_t low = 0, high = corrections->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&corrections->rows[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < corrections->count && by_place(&corrections->rows[low], wanted) == 0
               ? &corrections->rows[low]
               : NULL;
}

const struct dv_correction *dv_corrections_find(const struct dv_corrections *corrections,
                                                enum dv_correction_of of, const char *dataset, uint32_t part,
                                                uint64_t row)
{
    struct dv_correction wanted = {.of = of, .dataset = dataset, .part = part, .row = row};
    return find_first(corrections, &wanted);
}

static enum dv_status at_line(const struct dv_correction *row, struct dv_err *err, const char *what)
{
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s:%u: row %" PRIu64 " of part %" PRIu32 " of %s %s",
                                    row->file, row->line, row->row, row->part, row->dataset, what);
    dv_err_hint(err, "nothing was loaded; correct the file and run the same command again");
    return status;
}

static enum dv_correction_of kind_of(const struct dv_reject_list *list)
{
    return list->extract ? DV_OF_RECORD : list->load ? DV_OF_LOAD : DV_OF_ROW;
}

/* Of a record of files its text alone is corrected: what stands before it says where it was read. */
static enum dv_status same_file(const struct dv_correction *row, const struct dv_reject *reject,
                                struct dv_err *err)
{
    const struct dv_value *line = &reject->values[reject->column_count - 2];
    size_t length = (size_t)(line->u.p + line->len + 1 - reject->record);
    if (row->length >= length && memcmp(row->record, reject->record, length) == 0)
        return DV_OK;
    return at_line(row, err, "has another file or line than the reject: correct the record alone");
}

/* A rejected row: those of the file at its place are known now, and changed where they differ. */
static enum dv_status compare(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct dv_corrections *corrections = context;
    struct dv_correction wanted = {
        .of = kind_of(reject->list), .dataset = reject->dataset, .part = reject->part, .row = reject->row};
    struct dv_correction *row = find_first(corrections, &wanted);
    const struct dv_correction *end = corrections->rows + corrections->count;
    for (; row != NULL && row < end && by_place(row, &wanted) == 0; row++) {
        row->times++;
        row->changed = row->length != reject->length || memcmp(row->record, reject->record, row->length) != 0;
        enum dv_status status = row->of == DV_OF_RECORD && row->changed ? same_file(row, reject, err) : DV_OK;
        if (status != DV_OK)
            return status;
        if (!row->changed || row->original != NULL)
            continue;
        row->original = dv_arena_copy(&corrections->arena, reject->record, reject->length);
        row->original_length = reject->length;
        if (row->original == NULL)
            return dv_fail_memory(err);
    }
    return DV_OK;
}

static enum dv_status take_refused(void *context, const struct dv_reject *reject, struct dv_err *err)
{
    struct dv_corrections *corrections = context;
    return add(corrections,
               &(struct dv_correction){.of = DV_OF_LOAD,
                                       .dataset = reject->dataset,
                                       .part = reject->part,
                                       .row = reject->row,
                                       .record = reject->record,
                                       .length = reject->length,
                                       .times = 1},
               err);
}

/* A row stands in the files as often as it is among the rejects, say of two models: corrected in one place,
 * or alike in all. */
static enum dv_status settle(struct dv_corrections *corrections, struct dv_err *err)
{
    size_t kept = 0;
    unsigned lines = 0; /* of the place in hand */
    for (size_t i = 0; i < corrections->count; i++) {
        const struct dv_correction *row = &corrections->rows[i];
        struct dv_correction *before = kept > 0 ? &corrections->rows[kept - 1] : NULL;
        char what[160];
        if (row->times == 0)
            return at_line(row, err,
                           row->of == DV_OF_LOAD  ? "is not among the rows that the target refuses"
                           : row->of == DV_OF_ROW ? "is not among the rows that the models reject"
                                                  : "is not among the records that could not be read");
        if (before == NULL || by_place(before, row) != 0) {
            corrections->rows[kept++] = *row;
            lines = 1;
            continue;
        }
        bool same = before->length == row->length && memcmp(before->record, row->record, row->length) == 0;
        if (row->file != NULL && ++lines > row->times) {
            (void)snprintf(what, sizeof what, "stands in %.80s:%u already", before->file, before->line);
            return at_line(row, err, what);
        }
        if (!same && before->changed && row->changed) {
            (void)snprintf(what, sizeof what, "is corrected in another way in %.80s:%u", before->file,
                           before->line);
            return at_line(row, err, what);
        }
        if (row->changed)
            *before = *row;
    }
    corrections->count = kept;
    return DV_OK;
}

static enum dv_status read_files(struct reading *reading, const char *from, struct dv_err *err)
{
    const char **files = NULL;
    enum dv_status status;
    DV_TRY(list_files(from, &reading->corrections->arena, &files, err));
    if (reading->lists->count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "the run has no rejected rows");
        goto done;
    }
    for (; *files != NULL; files++) {
        reading->file = *files;
        DV_TRY(read_file(reading, err));
    }
done:
    return status;
}

enum dv_status dv_corrections_read(struct dv_corrections *corrections, const char *from,
                                   const struct dv_reject_lists *lists, struct dv_err *err)
{
    struct reading reading = {.corrections = corrections, .lists = lists};
    enum dv_status status;
    *corrections = (struct dv_corrections){.count = 0};
    DV_TRY(dv_corrections_digest(from, corrections->digest, err));
    if (from != NULL)
        DV_TRY(read_files(&reading, from, err));
    for (unsigned i = 0; i < lists->count; i++)
        if (from == NULL && lists->lists[i].load)
            DV_TRY(dv_rejects_each(&lists->lists[i], take_refused, corrections, err));
    if (corrections->count > 1)
        qsort(corrections->rows, corrections->count, sizeof *corrections->rows, by_place_and_line);
    for (unsigned i = 0; i < lists->count && from != NULL; i++)
        DV_TRY(dv_rejects_each(&lists->lists[i], compare, corrections, err));
    DV_TRY(settle(corrections, err));
    if (corrections->count == 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "there is no row to replay");
        dv_err_hint(err, from != NULL ? "the files hold a header alone"
                                      : "records that could not be read and rows that a model rejects have "
                                        "to be corrected: drover rejects export writes them, --from takes "
                                        "them back");
    }
done:
    dv_free(reading.columns);
    dv_free(reading.values);
    dv_arena_release(&reading.decoded);
    dv_buf_release(&reading.text);
    dv_buf_release(&reading.record);
    if (status != DV_OK)
        dv_corrections_release(corrections);
    return status;
}

void dv_corrections_release(struct dv_corrections *corrections)
{
    dv_free(corrections->rows);
    dv_arena_release(&corrections->arena);
    *corrections = (struct dv_corrections){.count = 0};
}
