/* Whether a file, a part or a dataset is there, for assertions: an error ends the test. */
#ifndef DV_TESTS_EXISTS_H
#define DV_TESTS_EXISTS_H

#include "core/file.h"
#include "core/manifest.h"

#include <stdio.h>
#include <stdlib.h>

static inline bool exists_or_end(enum dv_status status, bool there, const struct dv_err *err)
{
    if (status == DV_OK)
        return there;
    fprintf(stderr, "%s\n", err->message);
    abort();
}

static inline bool file_exists(const char *path)
{
    struct dv_err err = DV_ERR_INIT;
    bool there = false;
    enum dv_status status = dv_file_look(path, &there, &err);
    return exists_or_end(status, there, &err);
}

static inline bool part_exists(const char *dir, uint32_t part)
{
    struct dv_err err = DV_ERR_INIT;
    bool there = false;
    enum dv_status status = dv_part_look(dir, part, &there, &err);
    return exists_or_end(status, there, &err);
}

static inline bool dataset_exists(const char *dir)
{
    struct dv_err err = DV_ERR_INIT;
    bool there = false;
    enum dv_status status = dv_dataset_look(dir, &there, &err);
    return exists_or_end(status, there, &err);
}

#endif
