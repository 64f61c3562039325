/* A folder of the test's own, removed at its end. */
#ifndef DV_TESTS_TEMP_FOLDER_H
#define DV_TESTS_TEMP_FOLDER_H

#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>

static char temp_folder[512];

static inline int make_temp_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(temp_folder, sizeof temp_folder, "%s/drover-test-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(temp_folder) != NULL ? 0 : -1;
}

static inline int remove_temp_folder(void **state)
{
    (void)state;
    struct dv_err err = DV_ERR_INIT;
    return dv_file_remove_tree(temp_folder, &err) == DV_OK ? 0 : -1;
}

/* "FOLDER/name" in a buffer that the next call but seven reuses. */
static inline const char *in_temp(const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", temp_folder, name);
    return path;
}

#endif
