#include "load/verify.h"

#include "core/alloc.h"
#include "core/csv.h"
#include "core/thread.h"
#include "core/utf8_cut.h"
#include "load/part.h"
#include "load/session.h"
#include "load/sql_scan.h"
#include "load/tries.h"
#include "load/verify_done.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COUNTED 10000
#define LARGEST_FILE (1024U * 1024U)

/* What does not fit, or is half a character at the end, is left out. */
static void cut_copy(char *out, size_t size, const char *text, size_t length)
{
    length = dv_utf8_cut(text, length < size ? length : size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

enum dv_status dv_check_add(struct dv_check_list *list, dv_check_fn run, const struct dv_load_spec *spec,
                            const char *path, const char *name, const char *description, struct dv_err *err)
{
    size_t count = (size_t)list->count + 1;
    struct dv_check_task *tasks = dv_realloc_array(list->tasks, count, sizeof *tasks);
    if (tasks != NULL)
        list->tasks = tasks;
    struct dv_check *checks = dv_realloc_array(list->checks, count, sizeof *checks);
    if (checks != NULL)
        list->checks = checks;
    char *copy = path != NULL ? dv_strdup(path) : NULL;
    if (tasks == NULL || checks == NULL || (path != NULL && copy == NULL)) {
        dv_free(copy);
        return dv_fail_memory(err);
    }
    tasks[list->count] = (struct dv_check_task){.run = run, .spec = spec, .path = copy};
    checks[list->count] = (struct dv_check){.passed = false};
    cut_copy(checks[list->count].name, sizeof checks->name, name, strlen(name));
    cut_copy(checks[list->count].description, sizeof checks->description, description, strlen(description));
    list->count++;
    return DV_OK;
}

enum dv_status dv_check_result(struct dv_check *check, uint64_t violations, const char *samples,
                               struct dv_err *err)
{
    check->violations = violations;
    check->passed = violations == 0;
    dv_free(check->samples);
    check->samples = dv_strdup(samples);
    return check->samples != NULL ? DV_OK : dv_fail_memory(err);
}

static void append_sample(struct dv_buf *out, const PGresult *result, int row)
{
    int columns = PQnfields(result);
    for (int column = 0; column < columns; column++) {
        if (column > 0)
            dv_buf_byte(out, ',');
        if (row < 0)
            dv_csv_quote(out, PQfname(result, column), strlen(PQfname(result, column)), columns == 1);
        else if (!PQgetisnull(result, row, column))
            dv_csv_quote(out, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column),
                         columns == 1);
    }
    dv_buf_byte(out, '\n');
}

enum dv_status dv_check_rows(struct dv_pg *pg, const char *sql, struct dv_check_samples *samples,
                             struct dv_err *err)
{
    struct dv_buf text = {0};
    PGresult *result = NULL;
    enum dv_status status;
    dv_buf_str(&text, "DECLARE drover_check NO SCROLL CURSOR FOR ");
    dv_buf_str(&text, sql);
    DV_TRY(dv_sql_done(&text, err));
    /* One statement: a file that holds more of them would leave the cursor behind. */
    DV_TRY(dv_pg_run(pg, text.data, 0, NULL, NULL, err));
    unsigned wanted = samples->most - samples->rows;
    dv_buf_reset(&text);
    dv_buf_printf(&text, "FETCH %u FROM drover_check", wanted);
    DV_TRY(dv_sql_done(&text, err));
    if (wanted > 0)
        DV_TRY(dv_pg_query(pg, text.data, 0, NULL, &result, err));
    int fetched = PQntuples(result);
    for (int row = fetched > 0 && samples->rows == 0 ? -1 : 0; row < fetched; row++)
        append_sample(&samples->text, result, row);
    samples->rows += (unsigned)fetched;
    samples->found += (uint64_t)fetched;
    PQclear(result);
    result = NULL;
    dv_buf_reset(&text);
    dv_buf_str(&text, "MOVE ");
    if (samples->limit == 0)
        dv_buf_str(&text, "ALL");
    else
        dv_buf_printf(&text, "%" PRIu64, samples->limit - samples->found);
    dv_buf_str(&text, " FROM drover_check");
    DV_TRY(dv_sql_done(&text, err));
    if (samples->limit == 0 || samples->limit > samples->found)
        DV_TRY(dv_pg_query(pg, text.data, 0, NULL, &result, err));
    samples->found += strtoull(PQcmdTuples(result), NULL, 10);
    DV_TRY(dv_buf_check(&samples->text, err));
    status = dv_pg_exec(pg, "CLOSE drover_check", err);
done:
    PQclear(result);
    dv_buf_release(&text);
    return status;
}

void dv_check_samples_release(struct dv_check_samples *samples)
{
    dv_buf_release(&samples->text);
}

enum dv_status dv_check_query(struct dv_pg *pg, const char *sql, struct dv_check *check, struct dv_err *err)
{
    struct dv_check_samples samples = {.most = DV_VERIFY_SAMPLES, .limit = MOST_COUNTED + 1};
    enum dv_status status;
    DV_TRY(dv_pg_begin(pg, DV_PG_READ_ONLY, err));
    DV_TRY(dv_check_rows(pg, sql, &samples, err));
    if (samples.found > MOST_COUNTED)
        dv_buf_printf(&samples.text, "... %d+ rows\n", MOST_COUNTED);
    DV_TRY(dv_sql_done(&samples.text, err));
    DV_TRY(dv_check_result(check, samples.found, samples.text.data, err));
    status = dv_pg_rollback(pg, err);
done:
    dv_check_samples_release(&samples);
    return status;
}

static enum dv_status job_check(const struct dv_check_env *env, const struct dv_check_task *task,
                                struct dv_check *check, struct dv_err *err)
{
    struct dv_buf text = {0}, sql = {0};
    enum dv_status status;
    DV_TRY(dv_file_read(task->path, LARGEST_FILE, &text, err));
    DV_TRY(dv_sql_done(&text, err));
    unsigned line = dv_sql_meta_command(text.data);
    if (line > 0) {
        status = dv_fail(err, DV_EXIT_USAGE, "line %u: psql meta-commands cannot be used here", line);
        goto done;
    }
    DV_TRY(dv_sql_substitute(&sql, text.data, env->params, err));
    DV_TRY(dv_sql_done(&sql, err));
    status = dv_check_query(env->pg, sql.data, check, err);
done:
    dv_buf_release(&text);
    dv_buf_release(&sql);
    return status;
}

/* One of "severity=error", "severity=warning", "when=:NAME". */
static enum dv_status read_option(const char *path, const char *option, const struct dv_flags *flags,
                                  struct dv_check *check, bool *on, struct dv_err *err)
{
    if (strcmp(option, "severity=error") == 0 || strcmp(option, "severity=warning") == 0) {
        check->warning = strcmp(option, "severity=warning") == 0;
        return DV_OK;
    }
    if (strncmp(option, "when=", strlen("when=")) == 0)
        return dv_flags_ask(flags, option + strlen("when="), path, on, err);
    return dv_fail(
        err, DV_EXIT_USAGE,
        "%s: \"-- drover:\" must say severity=error, severity=warning or when=:PARAMETER, not \"%s\"", path,
        option);
}

static enum dv_status read_options(const char *path, const char *at, const char *end,
                                   const struct dv_flags *flags, struct dv_check *check, bool *on,
                                   struct dv_err *err)
{
    enum dv_status status = DV_OK;
    char option[80];
    unsigned count = 0;
    for (;;) {
        size_t length = 0;
        while (at < end && (isspace((unsigned char)*at) || *at == ','))
            at++;
        while (at + length < end && !isspace((unsigned char)at[length]) && at[length] != ',')
            length++;
        if (length == 0 && count > 0)
            break;
        cut_copy(option, sizeof option, at, length);
        DV_TRY(read_option(path, option, flags, check, on, err));
        at += length;
        count++;
    }
done:
    return status;
}

/* "-- drover: severity=warning"; the first other comment line describes the check. on: it is to be done. */
static enum dv_status read_header(const char *path, const struct dv_flags *flags, struct dv_check *check,
                                  bool *on, struct dv_err *err)
{
    struct dv_buf text = {0};
    enum dv_status status;
    DV_TRY(dv_file_read(path, LARGEST_FILE, &text, err));
    DV_TRY(dv_sql_done(&text, err));
    for (const char *at = text.data; strncmp(at, "--", 2) == 0 || *at == '\n';) {
        size_t length = strcspn(at, "\n");
        const char *word = at + (length >= 2 ? 2 : 0), *end = at + length;
        while (word < end && isspace((unsigned char)*word))
            word++;
        if (strncmp(word, "drover:", 7) == 0)
            DV_TRY(read_options(path, word + 7, end, flags, check, on, err));
        else if (check->description[0] == '\0' && word < end)
            cut_copy(check->description, sizeof check->description, word, (size_t)(end - word));
        at = *end == '\n' ? end + 1 : end;
    }
done:
    dv_buf_release(&text);
    return status;
}

static int is_sql(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".sql") == 0;
}

/* A check that is off is not there. */
static enum dv_status add_job_check(struct dv_check_list *list, const struct dv_flags *flags,
                                    const char *path, const char *file, struct dv_err *err)
{
    struct dv_check header = {0};
    char name[128];
    bool on = true;
    enum dv_status status = read_header(path, flags, &header, &on, err);
    if (status != DV_OK || !on)
        return status;
    (void)snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - 4), file);
    status = dv_check_add(list, job_check, NULL, path, name, header.description, err);
    if (status == DV_OK) {
        list->checks[list->count - 1].own = true;
        list->tasks[list->count - 1].rows = UINT64_MAX;
        list->checks[list->count - 1].warning = header.warning;
    }
    return status;
}

static enum dv_status add_job_checks(struct dv_check_list *list, const struct dv_flags *flags,
                                     const char *job_dir, struct dv_err *err)
{
    struct dv_buf path = {0};
    struct dirent **entries = NULL;
    enum dv_status status = DV_OK;
    dv_buf_printf(&path, "%s/verify", job_dir);
    DV_TRY(dv_sql_done(&path, err));
    int count = scandir(path.data, &entries, is_sql, alphasort);
    if (count < 0 && errno != ENOENT)
        status = dv_fail_os(err, errno, "%s", path.data);
    for (int i = 0; i < count && status == DV_OK; i++) {
        dv_buf_reset(&path);
        dv_buf_printf(&path, "%s/verify/%s", job_dir, entries[i]->d_name);
        status = dv_sql_done(&path, err);
        if (status == DV_OK)
            status = add_job_check(list, flags, path.data, entries[i]->d_name, err);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
done:
    dv_buf_release(&path);
    return status;
}

struct verify {
    const char *uri;
    struct dv_check_env env; /* without a connection */
    struct dv_check_list list;
    unsigned *order; /* of the list's checks that are run */
    unsigned runs;
    char inputs[DV_SHA256_HEX];
    struct dv_load_session *sessions; /* one a worker */
};

/* A fault of the check itself is its result; what hits every check is an error of the call. */
static bool fault_of_check(struct dv_pg *pg, enum dv_status status, const struct dv_err *err)
{
    /* A file that is gone is a finding; one that cannot be read now, or no memory, says nothing of the data.
     */
    bool machine = err->os_errno != 0 && err->os_errno != ENOENT;
    return status == DV_FAILED && !machine && err->code != DV_EXIT_STOPPED && pg != NULL && !dv_pg_lost(pg);
}

/* How many checks the task fills in: its own, and those behind it that have none. */
static unsigned filled(const struct dv_check_list *list, unsigned number)
{
    unsigned count = 1;
    while (number + count < list->count && list->tasks[number + count].run == NULL)
        count++;
    return count;
}

static enum dv_status recall(struct verify *verify, unsigned number, bool *known, struct dv_err *err)
{
    struct dv_check_list *list = &verify->list;
    unsigned count = filled(list, number);
    enum dv_status status = DV_OK;
    *known = true;
    for (unsigned i = number; i < number + count && *known && status == DV_OK; i++)
        status = dv_check_recall(&verify->env, &list->tasks[i], &list->checks[i], verify->inputs, known, err);
    return status;
}

/* Once, on a connection that works: RETRY where a passing fault stopped it. */
static enum dv_status attempt(struct verify *verify, unsigned number, struct dv_load_session *session,
                              struct dv_err *err)
{
    struct dv_check_env env = verify->env;
    const struct dv_check_task *task = &verify->list.tasks[number];
    struct dv_check *check = &verify->list.checks[number];
    enum dv_status status;
    DV_TRY(dv_load_session_ready(session, verify->uri, env.context, "verify", "checks", err));
    env.pg = session->pg;
    status = task->run(&env, task, check, err);
    if (!fault_of_check(env.pg, status, err))
        goto done;
    struct dv_err failure = *err;
    *err = (struct dv_err)DV_ERR_INIT;
    status = DV_OK;
    for (unsigned i = 0; i < filled(&verify->list, number) && status == DV_OK; i++)
        status = dv_check_result(&check[i], 1, failure.message, err);
done:
    return status;
}

void dv_check_log(const struct dv_context *context, const struct dv_check *check)
{
    const char *level = check->passed ? "info" : check->warning ? "warning" : "error";
    dv_log_event(context->log, level, "check", "name:s", check->name, "violations:u", check->violations,
                 NULL);
}

static enum dv_status verify_task(void *context, unsigned worker, size_t task, struct dv_err *err)
{
    struct verify *verify = context;
    unsigned number = verify->order[task], count = filled(&verify->list, number);
    struct dv_tries tries = {.context = verify->env.context};
    struct dv_check *checks = &verify->list.checks[number];
    int64_t began = dv_monotonic_us();
    bool known = false;
    enum dv_status status;
    DV_TRY(recall(verify, number, &known, err));
    if (known)
        goto done;
    do
        status = attempt(verify, number, &verify->sessions[worker], err);
    while (status != DV_OK && dv_tries_again(&tries, &status, err));
    checks[0].seconds = (double)(dv_monotonic_us() - began) / 1e6;
    for (unsigned i = 0; i < count && status == DV_OK; i++) {
        if (checks[i].passed)
            status = dv_check_remember(&verify->env, &verify->list.tasks[number + i], &checks[i],
                                       verify->inputs, err);
        dv_check_log(verify->env.context, &checks[i]);
    }
done:
    if (status != DV_OK)
        dv_err_place(err, "verify", checks[0].name, -1, -1);
    return status;
}

/* The job's own checks, which join tables and may take longest, before those of one step by rows, descending:
 * so that the longest does not begin last. */
static enum dv_status make_order(struct verify *verify, struct dv_err *err)
{
    const struct dv_check_task *tasks = verify->list.tasks;
    verify->order = dv_calloc((size_t)verify->list.count + 1, sizeof *verify->order);
    if (verify->order == NULL)
        return dv_fail_memory(err);
    for (unsigned i = 0; i < verify->list.count; i++) {
        if (tasks[i].run == NULL)
            continue;
        unsigned place = verify->runs++;
        for (; place > 0 && tasks[verify->order[place - 1]].rows < tasks[i].rows; place--)
            verify->order[place] = verify->order[place - 1];
        verify->order[place] = i;
    }
    return DV_OK;
}

enum dv_status dv_verify_run(struct dv_target *target, const struct dv_context *context, const char *job_dir,
                             const struct dv_load_spec *specs, unsigned count, const char *const *params,
                             bool resume, struct dv_verification *out, struct dv_err *err)
{
    struct verify verify = {.uri = dv_target_uri(target),
                            .env = {.context = context, .specs = specs, .count = count, .params = params}};
    enum dv_status status;
    *out = (struct dv_verification){.passed = true};
    verify.sessions = dv_calloc(context->workers, sizeof *verify.sessions);
    if (verify.sessions == NULL)
        return dv_fail_memory(err);
    if (!resume)
        DV_TRY(dv_checks_forget(context, err));
    DV_TRY(dv_check_generate(&verify.list, context, specs, count, err));
    DV_TRY(dv_check_add_foreign_keys(&verify.list, dv_target_pg(target), specs, count, err));
    DV_TRY(add_job_checks(&verify.list, &context->flags, job_dir, err));
    DV_TRY(make_order(&verify, err));
    DV_TRY(dv_checks_inputs(dv_target_pg(target), context->run_id, params, verify.inputs, err));
    DV_TRY(dv_run_tasks(verify.runs, context->workers, verify_task, &verify, err));
    for (unsigned i = 0; i < verify.list.count; i++)
        out->passed = out->passed && (verify.list.checks[i].passed || verify.list.checks[i].warning);
    status = dv_checks_forget(context, err);
done:
    out->checks = verify.list.checks;
    out->count = verify.list.count;
    for (unsigned i = 0; i < verify.list.count; i++)
        dv_free(verify.list.tasks[i].path);
    dv_free(verify.list.tasks);
    dv_free(verify.order);
    for (unsigned i = 0; i < context->workers; i++)
        dv_load_session_close(&verify.sessions[i]);
    dv_free(verify.sessions);
    if (status != DV_OK)
        dv_verification_release(out);
    return status;
}

void dv_verification_release(struct dv_verification *verification)
{
    for (unsigned i = 0; i < verification->count; i++)
        dv_free(verification->checks[i].samples);
    dv_free(verification->checks);
    *verification = (struct dv_verification){0};
}
