#include "load/schema_option.h"

#include <ctype.h>
#include <string.h>

/* At the start of a line: behind its mark. False where the comment lines end. */
static bool enter_line(struct dv_schema_options *options)
{
    static const char mark[] = "-- drover:";
    for (;;) {
        const char *at = options->rest;
        if (strncmp(at, "--", 2) != 0 && *at != '\n' && *at != '\r')
            return false;
        options->line++;
        if (strncmp(at, mark, sizeof mark - 1) == 0) {
            options->rest = at + sizeof mark - 1;
            return true;
        }
        at += strcspn(at, "\n");
        options->rest = at + (*at == '\n');
    }
}

bool dv_schema_option(struct dv_schema_options *options)
{
    for (;;) {
        if (!options->inside && !enter_line(options))
            return false;
        options->inside = true;
        const char *at = options->rest;
        while (*at != '\n' && (isspace((unsigned char)*at) || *at == ','))
            at++;
        options->text = at;
        while (*at != '\0' && !isspace((unsigned char)*at) && *at != ',')
            at++;
        options->length = (size_t)(at - options->text);
        options->rest = at;
        if (options->length > 0)
            return true;
        options->inside = false;
        options->rest = at + (*at == '\n');
    }
}

const char *dv_schema_option_value(const struct dv_schema_options *options, const char *name, size_t *length)
{
    size_t size = strlen(name);
    if (options->length <= size || strncmp(options->text, name, size) != 0 || options->text[size] != '=')
        return NULL;
    *length = options->length - size - 1;
    return options->text + size + 1;
}
