#include "load/mode.h"

#include <string.h>

static const struct dv_load_mode *const modes[] = {&dv_mode_insert, &dv_mode_insert_new, &dv_mode_upsert,
                                                   &dv_mode_update, NULL};

const struct dv_load_mode *const *dv_load_mode_list(void)
{
    return modes;
}

const struct dv_load_mode *dv_load_mode_find(const char *name)
{
    for (const struct dv_load_mode *const *mode = modes; *mode != NULL; mode++)
        if (strcmp((*mode)->name, name) == 0)
            return *mode;
    return NULL;
}
