/* A job made from a catalog: a folder that copies the tables of one schema of a database into a schema named
 * like the job, whole and fit for `drover check` as it stands, for its user to change.
 *
 * The database is read in one read-only transaction. The folder appears whole or not at all. */
#ifndef DV_JOBS_SCAFFOLD_H
#define DV_JOBS_SCAFFOLD_H

#include "core/buf.h"
#include "core/error.h"

struct dv_scaffold_request {
    const char *name;   /* of the job, and of the schema that it makes */
    const char *uri;    /* the database; sandbox: is one of WORK */
    const char *work;   /* the work folder */
    const char *schema; /* whose tables; NULL: public */
    const char *tables; /* "a,b": these alone, as the catalog spells them; NULL: all */
    const char *dir;    /* the folder to make; NULL: ./NAME */
};

/* What was made, what could not be taken along and what to do next is appended to out. USAGE: a name that
 * cannot be one, a folder or a schema that is there already, no such table. */
enum dv_status dv_scaffold(const struct dv_scaffold_request *request, struct dv_buf *out,
                           struct dv_err *err) DV_MUST_CHECK;

#endif
