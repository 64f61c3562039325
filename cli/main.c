#include "cli/commands.h"
#include "cli/suggest.h"
#include "core/alloc.h"
#include "core/file.h"
#include "core/json.h"
#include "core/stop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct dv_command *const commands[] = {
    &dv_cmd_check,  &dv_cmd_plan,    &dv_cmd_run,     &dv_cmd_extract,  &dv_cmd_transform, &dv_cmd_load,
    &dv_cmd_verify, &dv_cmd_status,  &dv_cmd_rejects, &dv_cmd_rollback, &dv_cmd_schema,    &dv_cmd_inspect,
    &dv_cmd_cat,    &dv_cmd_compare, &dv_cmd_explain, &dv_cmd_sandbox,  &dv_cmd_new,
};
#define COMMANDS (sizeof commands / sizeof commands[0])

enum dv_status dv_print_bytes(void *context, const char *bytes, size_t length, struct dv_err *err)
{
    (void)context;
    enum dv_status status = dv_file_write_all(STDOUT_FILENO, bytes, length, "to standard output", err);
    if (status == DV_FAILED && err->hint[0] == '\0')
        dv_err_hint(err, "send the output elsewhere and run the same command again: what is done stays done");
    return status;
}

enum dv_status dv_print(const struct dv_buf *text, struct dv_err *err)
{
    enum dv_status status = dv_buf_check(text, err);
    return status == DV_OK && text->len > 0 ? dv_print_bytes(NULL, text->data, text->len, err) : status;
}

static enum dv_status print_help(struct dv_err *err)
{
    struct dv_buf out = {0};
    dv_buf_str(&out, "drover " DROVER_VERSION ": drives legacy records into a new schema\n\n"
                     "usage: drover COMMAND ...\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        dv_buf_printf(&out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    dv_buf_str(
        &out,
        "\nJOB is a job's folder, the one that holds job.json. A URI is postgresql://HOST/DATABASE, a libpq\n"
        "connection string, or sandbox: for a private server in the work folder. Passwords belong into\n"
        "~/.pgpass or a service file.\n\n"
        "example: drover run jobs/bookings --source postgresql://old/app --target postgresql://new/app\n\n"
        "exit codes: 0 done, 1 bug, 2 usage, 3 fault, 4 rejects, 5 verification failed, 6 stopped,\n"
        "7 locked, 8 changed. drover COMMAND --help says more.\n");
    enum dv_status status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

static enum dv_status print_command_help(const struct dv_command *command, struct dv_err *err)
{
    struct dv_buf out = {0};
    dv_buf_printf(&out, "usage: drover %s %s [options]\n\n%s\n\n", command->name, command->usage,
                  command->about);
    dv_options_help(command->options, &out);
    dv_buf_printf(&out, "\nexample: %s\n", command->example);
    enum dv_status status = dv_print(&out, err);
    dv_buf_release(&out);
    return status;
}

static enum dv_status unknown_command(const char *name, struct dv_err *err)
{
    enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "there is no command %s", name);
    dv_err_hint(err, "drover --help lists the commands");
    for (size_t i = 0; i < COMMANDS; i++)
        if (dv_word_near(name, commands[i]->name))
            dv_err_hint(err, "did you mean drover %s?", commands[i]->name);
    return status;
}

static enum dv_status run_command(const struct dv_command *command, struct dv_options *options, int argc,
                                  char *const *argv, struct dv_err *err)
{
    enum dv_status status = dv_options_parse(options, command->options, command->name, argc, argv, err);
    if (status != DV_OK)
        return status;
    if (options->help)
        return print_command_help(command, err);
    if (options->argument_count < command->least_arguments ||
        options->argument_count > command->most_arguments) {
        status = dv_fail(err, DV_EXIT_USAGE, "%s behind drover %s",
                         options->argument_count < command->least_arguments ? "an argument is missing"
                                                                            : "there is an argument too many",
                         command->name);
        dv_err_hint(err, "usage: drover %s %s; --help says more", command->name, command->usage);
        return status;
    }
    options->request.job_dir = options->arguments[0];
    return command->run(options, err);
}

static enum dv_status dispatch(struct dv_options *options, int argc, char *const *argv, struct dv_err *err)
{
    if (argc < 2) {
        enum dv_status status = dv_fail(err, DV_EXIT_USAGE, "a command is missing");
        dv_err_hint(err, "drover --help lists the commands");
        return status;
    }
    const char *name = argv[1];
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return run_command(commands[i], options, argc - 2, argv + 2, err);
    if (name[0] != '-' && strcmp(name, "help") != 0)
        return unknown_command(name, err);
    if (strcmp(name, "help") == 0 && argc > 2) {
        for (size_t i = 0; i < COMMANDS; i++)
            if (strcmp(commands[i]->name, argv[2]) == 0)
                return print_command_help(commands[i], err);
        return unknown_command(argv[2], err);
    }
    enum dv_status status = DV_OK;
    if (name[0] == '-')
        status = dv_options_parse(options, DV_OPT_BIT(DV_OPT_HELP) | DV_OPT_BIT(DV_OPT_VERSION), "", argc - 1,
                                  argv + 1, err);
    if (status != DV_OK || !options->version)
        return status != DV_OK ? status : print_help(err);
    static const char version[] = "drover " DROVER_VERSION "\n";
    return dv_print_bytes(NULL, version, sizeof version - 1, err);
}

/* The one place where an error is said. */
static void report(const struct dv_err *err, bool as_json)
{
    struct dv_err ignored = DV_ERR_INIT;
    char text[4096];
    dv_err_format(err, text, sizeof text - 1);
    json_t *object = as_json ? json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "level", "error", "event",
                                         "exit", "code", (int)err->code, "stage", err->stage, "dataset",
                                         err->dataset, "message", err->message, "hint", err->hint)
                             : NULL;
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    const char *shown = line != NULL ? line : text;
    if (dv_file_write_all(STDERR_FILENO, shown, strlen(shown), "stderr", &ignored) == DV_OK)
        (void)!write(STDERR_FILENO, "\n", 1);
    dv_free(line);
    json_decref(object);
}

int main(int argc, char **argv)
{
    struct dv_err err = DV_ERR_INIT;
    struct dv_options options;
    dv_stop_install();
    dv_options_init(&options);
    enum dv_status status = dispatch(&options, argc, argv, &err);
    if (status >= 0)
        return DV_EXIT_DONE;
    if (err.os_errno == EPIPE)
        return DV_EXIT_DONE; /* the reader has what it wanted */
    report(&err, options.log_json);
    return err.code != DV_EXIT_DONE ? (int)err.code : DV_EXIT_BUG;
}
