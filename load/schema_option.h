/* The options of a schema step: the words behind "-- drover:" among the comment lines at its top. Internal to
 * load/.
 *
 * Order of calls: a struct with the step's text, then dv_schema_option until it is false. */
#ifndef DV_LOAD_SCHEMA_OPTION_H
#define DV_LOAD_SCHEMA_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct dv_schema_options {
    const char *rest; /* the step's text to begin with; borrowed */
    bool inside;      /* rest is behind an option, not at the start of a line */
    const char *text; /* the option found, length bytes */
    size_t length;
    unsigned line; /* where it stands, 1-based; 0 to begin with */
};

bool dv_schema_option(struct dv_schema_options *options);
/* What stands behind the name and "=" in the option found; NULL: it is another. */
const char *dv_schema_option_value(const struct dv_schema_options *options, const char *name, size_t *length);

#endif
