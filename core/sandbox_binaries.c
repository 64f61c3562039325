/* Where PostgreSQL's programs are. */
#include "core/sandbox.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool usable(const char *folder, size_t length)
{
    static const char *const programs[] = {"initdb", "pg_ctl", "postgres"};
    char path[1024];
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        int written = snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, programs[i]);
        if (written < 0 || (size_t)written >= sizeof path || access(path, X_OK) != 0)
            return false;
    }
    return true;
}

/* The packagers' places, one folder a major version: the version asked for, or the highest. */
static void packaged(unsigned major, char *out, size_t size)
{
    static const char *const places[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
                                         "/usr/local/pgsql*/bin"};
    unsigned long best = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        glob_t found;
        if (glob(places[i], 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++) {
                const char *path = found.gl_pathv[k];
                unsigned long version = strtoul(path + strcspn(path, "0123456789"), NULL, 10);
                bool better = major == 0 ? version > best : version == major;
                if (!better || !usable(path, strlen(path)) || strlen(path) >= size)
                    continue;
                best = version;
                memcpy(out, path, strlen(path) + 1);
            }
        }
        globfree(&found);
    }
}

static void from_path(char *out, size_t size)
{
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        if (length > 0 && length < size && usable(at, length)) {
            memcpy(out, at, length);
            out[length] = '\0';
            return;
        }
        at += length;
        at += *at == ':';
    }
}

static void from_pg_config(char *out, size_t size)
{
    char line[1024] = "";
    FILE *answer = popen("pg_config --bindir 2>/dev/null", "re");
    if (answer == NULL)
        return;
    if (fgets(line, sizeof line, answer) == NULL)
        line[0] = '\0';
    (void)pclose(answer); /* without pg_config the line is empty */
    size_t length = strcspn(line, "\n");
    if (length > 0 && length < size && usable(line, length)) {
        memcpy(out, line, length);
        out[length] = '\0';
    }
}

enum dv_status dv_sandbox_binaries(unsigned major, struct dv_buf *out, struct dv_err *err)
{
    char folder[1024] = "";
    packaged(major, folder, sizeof folder);
    if (folder[0] == '\0')
        from_pg_config(folder, sizeof folder);
    if (folder[0] == '\0')
        from_path(folder, sizeof folder);
    if (folder[0] == '\0') {
        enum dv_status status = dv_fail(err, DV_EXIT_FAULT, "no PostgreSQL server%s is installed here",
                                        major == 0 ? "" : " of the sandbox's version");
        dv_err_hint(err,
                    "install PostgreSQL 15 or newer (package postgresql), or put its bin folder into PATH");
        return status;
    }
    dv_buf_str(out, folder);
    return dv_buf_check(out, err);
}
