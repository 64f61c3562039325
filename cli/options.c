#include "cli/options.h"

#include "cli/suggest.h"
#include "core/stop.h"
#include "core/thread.h"
#include "jobs/deadline.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER         "dir:"
#define MIB            ((size_t)1024 * 1024)
#define DEFAULT_MEMORY (256 * MIB)
#define LEAST_MEMORY   (16 * MIB)
#define MOST_WORKERS   256U

static const struct option {
    const char *name;
    const char *value; /* what stands behind it, for the help; NULL: nothing; "[=...": only behind a = */
    const char *help;
} table[DV_OPT_COUNT] = {
    [DV_OPT_SOURCE] = {"--source", "URI",
                       "where the legacy data is; again with dir:PATH for files (DROVER_SOURCE)"},
    [DV_OPT_TARGET] = {"--target", "URI", "where it goes (DROVER_TARGET)"},
    [DV_OPT_WORK] = {"--work", "DIR", "the work folder (DROVER_WORK; ./drover-work)"},
    [DV_OPT_PARAM] = {"--param", "K=V", "a parameter of the job; may be repeated; now=TIME fixes the clock"},
    [DV_OPT_WORKERS] = {"--workers", "N", "threads and connections (as many as CPUs)"},
    [DV_OPT_MEMORY] = {"--memory", "SIZE", "memory for buffers, as 64MiB or 1GiB (256MiB)"},
    [DV_OPT_MAX_REJECTS] = {"--max-rejects", "N|N%", "rows that may be rejected (as the job says)"},
    [DV_OPT_RUN] = {"--run", "ID", "this run instead of the current one"},
    [DV_OPT_NEW] = {"--new", NULL, "begin a new run, also where one is unfinished"},
    [DV_OPT_CONTRACT] = {"--contract", NULL, "the destructive schema steps too, once verified"},
    [DV_OPT_ONLY] = {"--only", "STEP[,STEP]", "these load steps alone"},
    [DV_OPT_DEADLINE] = {"--deadline", "TIME",
                         "stop then, to be resumed: 05:30, 2025-06-02T05:30, +2h (no deadline)"},
    [DV_OPT_DRY_RUN] = {"--dry-run", "[=copy|=transaction]",
                        "load a copy of the target, or the target in a transaction that is rolled back"},
    [DV_OPT_YES] = {"--yes", NULL, "carry it out; without, it is only shown"},
    [DV_OPT_PLAN] = {"--plan", NULL, "only show what would be done"},
    [DV_OPT_PHASE] = {"--phase", "PHASE", "expand, index or contract"},
    [DV_OPT_TO] = {"--to", "STEP", "the last step that stays"},
    [DV_OPT_JSON] = {"--json", NULL, "as JSON"},
    [DV_OPT_WATCH] = {"--watch", NULL, "again every second, until stopped"},
    [DV_OPT_ANALYZE] = {"--analyze", NULL, "run the models and show rows, bytes and time"},
    [DV_OPT_LIMIT] = {"--limit", "N", "at most N rows"},
    [DV_OPT_SAMPLES] = {"--samples", "N", "rows shown of each reason (3)"},
    [DV_OPT_OUT] = {"--out", "DIR", "the folder that the files go to"},
    [DV_OPT_FROM] = {"--from", "FILE|DIR", "the corrected rows: a CSV file, or a folder of them"},
    [DV_OPT_FROM_URI] = {"--from", "URI", "the database whose tables the job is made for"},
    [DV_OPT_SCHEMA] = {"--schema", "NAME", "the schema of the tables (public)"},
    [DV_OPT_TABLES] = {"--tables", "T[,T]", "these tables alone"},
    [DV_OPT_QUIET] = {"--quiet", NULL, "no progress on the terminal, no summary"},
    [DV_OPT_LOG_FORMAT] = {"--log-format", "text|json", "json: events and errors as JSON lines on stderr"},
    [DV_OPT_HELP] = {"--help", NULL, "this text"},
    [DV_OPT_VERSION] = {"--version", NULL, "the version"},
};

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static size_t source_length(const char *text)
{
    static const char *const schemes[] = {FOLDER, "postgres://", "postgresql://", "sandbox:"};
    size_t length = strcspn(text, " \t\n");
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return length;
    return 0;
}

/* DROVER_SOURCE is one source, or two with blanks between them where each says by its scheme what it is. */
static void sources_from_environment(struct dv_options *options)
{
    const char *text = from_environment("DROVER_SOURCE"), *parts[3];
    size_t lengths[3], count = 0;
    if (text == NULL)
        return;
    for (const char *at = text; *at != '\0' && count < 3; at += strspn(at, " \t\n")) {
        parts[count] = at;
        lengths[count] = source_length(at);
        at += lengths[count];
        if (lengths[count++] == 0)
            count = 3;
    }
    bool two = count == 2 && lengths[0] < sizeof options->environment[0] &&
               lengths[1] < sizeof options->environment[0];
    for (size_t i = 0; i < (two ? 2 : 1); i++) {
        bool folder = strncmp(two ? parts[i] : text, FOLDER, strlen(FOLDER)) == 0;
        const char *value = text;
        if (two) {
            value = memcpy(options->environment[folder], parts[i], lengths[i]);
            options->environment[folder][lengths[i]] = '\0';
        }
        if (folder)
            options->request.folder = value;
        else
            options->request.source = value;
    }
}

void dv_options_init(struct dv_options *options)
{
    const char *work = from_environment("DROVER_WORK");
    *options = (struct dv_options){.limit = UINT64_MAX, .samples = 3};
    options->request = (struct dv_request){.target = from_environment("DROVER_TARGET"),
                                           .work = work != NULL ? work : "drover-work",
                                           .params = options->params,
                                           .workers = dv_cpu_count(),
                                           .memory = DEFAULT_MEMORY};
    sources_from_environment(options);
}

enum dv_status dv_memory_parse(const char *text, size_t *bytes, struct dv_err *err)
{
    static const struct {
        const char *suffix;
        unsigned shift;
    } units[] = {{"", 0},   {"B", 0},    {"KiB", 10}, {"K", 10},   {"MiB", 20},
                 {"M", 20}, {"GiB", 30}, {"G", 30},   {"TiB", 40}, {"T", 40}};
    char *end = NULL;
    errno = 0;
    unsigned long long number = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    size_t unit = 0, count = sizeof units / sizeof units[0];
    while (end != NULL && unit < count && strcmp(end, units[unit].suffix) != 0)
        unit++;
    enum dv_status status = DV_OK;
    if (end == NULL || unit == count || errno != 0 || number > (SIZE_MAX >> 1) >> units[unit].shift) {
        status = dv_fail(err, DV_EXIT_USAGE, "--memory: \"%s\" is not a size", text);
        dv_err_hint(err, "write it like 64MiB or 1GiB");
        return status;
    }
    *bytes = (size_t)number << units[unit].shift;
    if (*bytes >= LEAST_MEMORY)
        return DV_OK;
    status = dv_fail(err, DV_EXIT_USAGE, "--memory: %s is too little", text);
    dv_err_hint(err, "give 16MiB or more");
    return status;
}

static enum dv_status parse_number(const char *option, const char *text, uint64_t least, uint64_t most,
                                   uint64_t *out, struct dv_err *err)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    if (end == NULL || *end != '\0' || errno != 0)
        return dv_fail(err, DV_EXIT_USAGE, "%s: \"%s\" is not a whole number", option, text);
    if (number < least || number > most)
        return dv_fail(err, DV_EXIT_USAGE, "%s: %s is not between %llu and %llu", option, text,
                       (unsigned long long)least, (unsigned long long)most);
    *out = number;
    return DV_OK;
}

static enum dv_status take_param(struct dv_options *options, const char *value, struct dv_err *err)
{
    if (options->request.param_count == DV_MOST_PARAMS)
        return dv_fail(err, DV_EXIT_USAGE, "more than %d --param are given", DV_MOST_PARAMS);
    options->params[options->request.param_count++] = value;
    return DV_OK;
}

static enum dv_status take_log_format(struct dv_options *options, const char *value, struct dv_err *err)
{
    options->log_json = strcmp(value, "json") == 0;
    if (options->log_json || strcmp(value, "text") == 0)
        return DV_OK;
    return dv_fail(err, DV_EXIT_USAGE, "--log-format must be text or json, not \"%s\"", value);
}

/* At most one database and one folder; each replaces what the environment says of its kind. */
static enum dv_status take_source(struct dv_options *options, const char *value, struct dv_err *err)
{
    bool folder = strncmp(value, FOLDER, strlen(FOLDER)) == 0;
    bool *given = folder ? &options->folder_given : &options->source_given;
    if (*given) {
        enum dv_status status =
            dv_fail(err, DV_EXIT_USAGE, "--source gives two %s", folder ? "folders" : "databases");
        dv_err_hint(err, "give one database and one dir:PATH at most");
        return status;
    }
    *given = true;
    if (folder)
        options->request.folder = value;
    else
        options->request.source = value;
    return DV_OK;
}

static enum dv_status take_value(struct dv_options *options, enum dv_option_id id, const char *value,
                                 struct dv_err *err)
{
    struct dv_request *request = &options->request;
    struct dv_allowance allowance;
    time_t deadline;
    uint64_t number = 0;
    enum dv_status status = DV_OK;
    switch (id) {
    case DV_OPT_SOURCE:
        status = take_source(options, value, err);
        break;
    case DV_OPT_TARGET:
        request->target = value;
        break;
    case DV_OPT_WORK:
        request->work = value;
        if (value[0] == '\0')
            status = dv_fail(err, DV_EXIT_USAGE, "--work: the name of a folder is expected");
        break;
    case DV_OPT_PARAM:
        status = take_param(options, value, err);
        break;
    case DV_OPT_WORKERS:
        status = parse_number("--workers", value, 1, MOST_WORKERS, &number, err);
        request->workers = (unsigned)number;
        break;
    case DV_OPT_MEMORY:
        status = dv_memory_parse(value, &request->memory, err);
        break;
    case DV_OPT_MAX_REJECTS:
        status = dv_allowance_parse(value, "--max-rejects", &allowance, err);
        request->max_rejects = value;
        break;
    case DV_OPT_RUN:
        request->run_id = value;
        break;
    case DV_OPT_PHASE:
        options->phase = value;
        break;
    case DV_OPT_TO:
        options->to = value;
        break;
    case DV_OPT_ONLY:
        options->only = value;
        break;
    case DV_OPT_DEADLINE:
        status = dv_deadline_parse(value, time(NULL), &deadline, err);
        if (status == DV_OK)
            dv_stop_deadline((int64_t)deadline * 1000000);
        break;
    case DV_OPT_LIMIT:
        status = parse_number("--limit", value, 0, UINT64_MAX, &options->limit, err);
        break;
    case DV_OPT_SAMPLES:
        status = parse_number("--samples", value, 0, 1000, &options->samples, err);
        break;
    case DV_OPT_OUT:
        options->out = value;
        break;
    case DV_OPT_FROM:
    case DV_OPT_FROM_URI:
        options->from = value;
        break;
    case DV_OPT_SCHEMA:
        options->schema = value;
        break;
    case DV_OPT_TABLES:
        options->tables = value;
        break;
    case DV_OPT_DRY_RUN:
        options->dry_run = value;
        if (strcmp(value, "copy") != 0 && strcmp(value, "transaction") != 0)
            status = dv_fail(err, DV_EXIT_USAGE, "--dry-run must be copy or transaction, not \"%s\"", value);
        break;
    case DV_OPT_LOG_FORMAT:
        status = take_log_format(options, value, err);
        break;
    default:
        status = dv_fail(err, DV_EXIT_BUG, "option %s takes no value", table[id].name);
    }
    return status;
}

static void take_flag(struct dv_options *options, enum dv_option_id id)
{
    bool *const flags[DV_OPT_COUNT] = {
        [DV_OPT_NEW] = &options->request.fresh, [DV_OPT_CONTRACT] = &options->contract,
        [DV_OPT_YES] = &options->yes,           [DV_OPT_PLAN] = &options->plan,
        [DV_OPT_JSON] = &options->json,         [DV_OPT_WATCH] = &options->watch,
        [DV_OPT_ANALYZE] = &options->analyze,   [DV_OPT_QUIET] = &options->quiet,
        [DV_OPT_HELP] = &options->help,         [DV_OPT_VERSION] = &options->version,
    };
    *flags[id] = true;
}

static enum dv_status unknown_option(const char *given, size_t length, unsigned allowed, const char *command,
                                     struct dv_err *err)
{
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)length, given);
    for (unsigned id = 0; id < DV_OPT_COUNT; id++) {
        if (strcmp(table[id].name, name) != 0)
            continue;
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "drover %s takes no %s", command, name);
        dv_err_hint(err, "drover %s --help shows its options", command);
        return status;
    }
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "there is no option %.*s", (int)length, given);
    dv_err_hint(err, "drover %s --help shows the options", command);
    for (unsigned id = 0; id < DV_OPT_COUNT; id++)
        if ((allowed & DV_OPT_BIT(id)) != 0 && dv_word_near(name, table[id].name))
            dv_err_hint(err, "did you mean %s?", table[id].name);
    return status;
}

static enum dv_status take_option(struct dv_options *options, unsigned allowed, const char *command, int argc,
                                  char *const *argv, int *at, struct dv_err *err)
{
    const char *given = argv[*at];
    const char *equals = strchr(given, '=');
    size_t length = equals != NULL ? (size_t)(equals - given) : strlen(given);
    if (strcmp(given, "-h") == 0) {
        given = "--help";
        length = strlen(given);
    }
    unsigned id = 0; /* a name may stand for one thing here and for another there: what is allowed decides */
    while (id < DV_OPT_COUNT && ((allowed & DV_OPT_BIT(id)) == 0 || strlen(table[id].name) != length ||
                                 strncmp(table[id].name, given, length) != 0))
        id++;
    if (id == DV_OPT_COUNT)
        return unknown_option(given, length, allowed, command, err);
    if (table[id].value == NULL && equals != NULL)
        return dv_fail(err, DV_EXIT_USAGE, "%s takes no value", table[id].name);
    if (table[id].value == NULL) {
        take_flag(options, (enum dv_option_id)id);
        return DV_OK;
    }
    if (equals == NULL && table[id].value[0] == '[')
        return take_value(options, (enum dv_option_id)id, "copy", err);
    if (equals != NULL)
        return take_value(options, (enum dv_option_id)id, equals + 1, err);
    if (*at + 1 == argc)
        return dv_fail(err, DV_EXIT_USAGE, "%s: %s is expected behind it", table[id].name, table[id].value);
    return take_value(options, (enum dv_option_id)id, argv[++*at], err);
}

enum dv_status dv_options_parse(struct dv_options *options, unsigned allowed, const char *command, int argc,
                                char *const *argv, struct dv_err *err)
{
    bool only_arguments = false;
    allowed |= DV_OPT_BIT(DV_OPT_HELP);
    for (int i = 0; i < argc; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1] != '\0') {
            enum dv_status status = take_option(options, allowed, command, argc, argv, &i, err);
            if (status != DV_OK)
                return status;
        } else if (options->argument_count == DV_MOST_ARGUMENTS) {
            return dv_fail(err, DV_EXIT_USAGE, "%s is one argument too many for drover %s", argv[i], command);
        } else {
            options->arguments[options->argument_count++] = argv[i];
        }
    }
    return DV_OK;
}

void dv_options_help(unsigned allowed, struct dv_buf *out)
{
    allowed |= DV_OPT_BIT(DV_OPT_HELP);
    for (unsigned id = 0; id < DV_OPT_COUNT; id++) {
        if ((allowed & DV_OPT_BIT(id)) == 0)
            continue;
        const char *value = table[id].value != NULL ? table[id].value : "", *gap = *value == '[' ? "" : " ";
        int used = snprintf(NULL, 0, "%s%s%s", table[id].name, gap, value);
        dv_buf_printf(out, "  %s%s%s%*s  %s\n", table[id].name, gap, value, used < 22 ? 22 - used : 0, "",
                      table[id].help);
    }
}
