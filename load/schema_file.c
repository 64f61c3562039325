/* Reads JOBDIR/schema. */
#include "core/alloc.h"
#include "load/load.h"
#include "load/schema_option.h"
#include "load/schema_singly.h"
#include "load/sql_scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE (16U * 1024U * 1024U)

static enum dv_status read_text(const char *dir, const char *name, const char *suffix, bool required,
                                char **out, struct dv_err *err)
{
    struct dv_buf path = {0}, text = {0};
    enum dv_status status = DV_OK;
    dv_buf_printf(&path, "%s/%s%s", dir, name, suffix);
    if (dv_buf_cstr(&path) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    bool there = true;
    if (!required)
        DV_TRY(dv_file_look(path.data, &there, err));
    if (!there)
        goto done;
    DV_TRY(dv_file_read(path.data, LARGEST_FILE, &text, err));
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s holds a zero byte", path.data);
        goto done;
    }
    *out = dv_buf_steal(&text);
    if (*out == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    unsigned line = dv_sql_meta_command(*out);
    if (line > 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s:%u: psql meta-commands (\\...) cannot be used here",
                         path.data, line);
        dv_err_hint(err, "write it in SQL: the file is sent to the server as it is");
    }
done:
    dv_buf_release(&path);
    dv_buf_release(&text);
    return status;
}

static enum dv_status check_table(const char *name, size_t length, struct dv_err *err)
{
    struct dv_buf quoted = {0};
    char *copy = dv_strndup(name, length);
    enum dv_status status = copy != NULL ? dv_pg_quote_table(&quoted, copy, err) : dv_fail_memory(err);
    dv_free(copy);
    dv_buf_release(&quoted);
    return status;
}

static enum dv_status read_option(struct dv_schema_step *step, const struct dv_schema_options *option,
                                  bool *phase_given, struct dv_err *err)
{
    size_t length;
    const char *value = dv_schema_option_value(option, "phase", &length);
    for (enum dv_phase phase = DV_PHASE_EXPAND; value != NULL && phase <= DV_PHASE_CONTRACT; phase++) {
        const char *name = dv_phase_name(phase);
        if (strlen(name) == length && strncmp(value, name, length) == 0) {
            step->phase = phase;
            *phase_given = true;
            return DV_OK;
        }
    }
    if (option->length == strlen("no-transaction") &&
        strncmp(option->text, "no-transaction", option->length) == 0) {
        step->no_transaction = true;
        return DV_OK;
    }
    if ((value = dv_schema_option_value(option, "when", &length)) != NULL && length < sizeof step->when) {
        (void)snprintf(step->when, sizeof step->when, "%.*s", (int)length, value);
        return DV_OK;
    }
    if ((value = dv_schema_option_value(option, "changes", &length)) != NULL ||
        (value = dv_schema_option_value(option, "references", &length)) != NULL)
        return check_table(value, length, err);
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s.up.sql:%u: unknown option %.*s", step->name,
                                    option->line, (int)option->length, option->text);
    dv_err_hint(err,
                "options are phase=expand, phase=index, phase=contract, no-transaction, when=:PARAMETER, "
                "changes=TABLE, references=TABLE");
    return status;
}

static enum dv_status read_header(struct dv_schema_step *step, struct dv_err *err)
{
    struct dv_schema_options options = {.rest = step->up};
    bool phase_given = false;
    while (dv_schema_option(&options)) {
        enum dv_status status = read_option(step, &options, &phase_given, err);
        if (status != DV_OK)
            return status;
    }
    if (phase_given)
        return DV_OK;
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "%s.up.sql does not say its phase", step->name);
    dv_err_hint(err, "begin the file with a line like: -- drover: phase=expand");
    return status;
}

static enum dv_status check_statements(const struct dv_schema_step *step, struct dv_err *err)
{
    char file[sizeof step->name + 16];
    (void)snprintf(file, sizeof file, "%s.up.sql", step->name);
    enum dv_status status = dv_schema_singly_check(step->up, file, err);
    if (status != DV_OK || step->down == NULL)
        return status;
    (void)snprintf(file, sizeof file, "%s.down.sql", step->name);
    return dv_schema_singly_check(step->down, file, err);
}

static enum dv_status read_step(const char *dir, const char *file, struct dv_schema_step *step,
                                struct dv_err *err)
{
    size_t length = strlen(file) - strlen(".up.sql"), digits = strspn(file, "0123456789");
    enum dv_status status;
    if (digits == 0 || digits > 8 || file[digits] != '_' || length >= sizeof step->name) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s/%s: a schema step is named NNN_name.up.sql", dir, file);
        dv_err_hint(err, "the number gives the order, as in 010_users.up.sql");
        return status;
    }
    (void)snprintf(step->name, sizeof step->name, "%.*s", (int)length, file);
    step->number = (unsigned)strtoul(file, NULL, 10);
    struct dv_sha256 *sha = NULL;
    DV_TRY(read_text(dir, step->name, ".up.sql", true, &step->up, err));
    DV_TRY(read_text(dir, step->name, ".down.sql", false, &step->down, err));
    DV_TRY(read_header(step, err));
    if (step->no_transaction)
        DV_TRY(check_statements(step, err));
    DV_TRY(dv_sha256_new(&sha, err));
    dv_sha256_update(sha, step->up, strlen(step->up));
    dv_sha256_hex(sha, step->up_sha256);
done:
    dv_sha256_free(sha);
    return status;
}

static bool is_up(const char *name)
{
    size_t length = strlen(name), suffix = strlen(".up.sql");
    return name[0] != '.' && length > suffix && strcmp(name + length - suffix, ".up.sql") == 0;
}

enum dv_status dv_schema_read(const char *job_dir, struct dv_schema *schema, struct dv_err *err)
{
    struct dv_buf dir = {0};
    DIR *folder = NULL;
    enum dv_status status = DV_OK;
    *schema = (struct dv_schema){0};
    dv_buf_printf(&dir, "%s/schema", job_dir);
    if (dv_buf_cstr(&dir) == NULL) {
        status = dv_fail_memory(err);
        goto done;
    }
    folder = opendir(dir.data);
    if (folder == NULL) {
        if (errno != ENOENT)
            status = dv_fail_os(err, errno, "%s", dir.data);
        goto done;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL && errno != 0)
            status = dv_fail_os(err, errno, "cannot read the folder %s", dir.data);
        if (entry == NULL)
            break;
        if (!is_up(entry->d_name))
            continue;
        struct dv_schema_step *steps =
            dv_realloc_array(schema->steps, (size_t)schema->count + 1, sizeof *schema->steps);
        if (steps == NULL) {
            status = dv_fail_memory(err);
            goto done;
        }
        schema->steps = steps;
        steps[schema->count] = (struct dv_schema_step){0};
        DV_TRY(read_step(dir.data, entry->d_name, &steps[schema->count++], err));
    }
    if (status == DV_OK && schema->count > 1)
        qsort(schema->steps, schema->count, sizeof *schema->steps, dv_schema_compare);
done:
    if (folder != NULL)
        (void)closedir(folder);
    dv_buf_release(&dir);
    if (status != DV_OK)
        dv_schema_release(schema);
    return status;
}

enum dv_status dv_schema_settle(struct dv_schema *schema, const struct dv_flags *flags, struct dv_err *err)
{
    for (unsigned i = 0; i < schema->count; i++) {
        struct dv_schema_step *step = &schema->steps[i];
        char where[sizeof step->name + 16];
        bool on = true;
        (void)snprintf(where, sizeof where, "%s.up.sql", step->name);
        enum dv_status status =
            step->when[0] != '\0' ? dv_flags_ask(flags, step->when, where, &on, err) : DV_OK;
        if (status != DV_OK)
            return status;
        step->off = !on;
    }
    return DV_OK;
}

void dv_schema_release(struct dv_schema *schema)
{
    for (unsigned i = 0; i < schema->count; i++) {
        dv_free(schema->steps[i].up);
        dv_free(schema->steps[i].down);
    }
    dv_free(schema->steps);
    *schema = (struct dv_schema){0};
}
