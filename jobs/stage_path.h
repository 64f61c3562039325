/* What a path given to inspect or cat names. */
#ifndef DV_JOBS_STAGE_PATH_H
#define DV_JOBS_STAGE_PATH_H

#include "core/error.h"

#include <stdint.h>

enum dv_path_kind { DV_PATH_PART, DV_PATH_DATASET, DV_PATH_RUN };

struct dv_stage_path {
    enum dv_path_kind kind;
    char *dir; /* of the part, the dataset, the run; owned */
    uint32_t part;
};

enum dv_status dv_stage_path(const char *path, struct dv_stage_path *out, struct dv_err *err) DV_MUST_CHECK;
void dv_stage_path_release(struct dv_stage_path *path);

#endif
