/* A private PostgreSQL server in a folder, for rehearsals and tests: reached by a Unix socket only, superuser
 * "postgres", UTF-8 with the ICU collation "und".
 *
 * Order of calls: start (makes the cluster the first time; a running server is left alone), url, ..., stop;
 * all may come from different processes, a lock file keeps them apart. The server outlives the process that
 * started it. PostgreSQL refuses to run as root: root starts it as the user postgres, or nobody where there
 * is none.
 *
 * On disk: DIR/data the cluster, DIR/server.log what it said, DIR/sandbox how far its making got, DIR/lock.
 * Where the path is too long for a socket, DIR/socket names a folder under /tmp that holds it. Where root's
 * DIR cannot be reached by the server's user, DIR/home names a folder under TMPDIR or /var/tmp that holds the
 * cluster. After a crash of drover the server may be running: start finds it, stop stops it. Errors are code
 * FAULT with the end of the server's log. dir: borrowed; made where it is missing. */
#ifndef DV_CORE_SANDBOX_H
#define DV_CORE_SANDBOX_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>

enum dv_sandbox_flag {
    DV_SANDBOX_UNSAFE = 1 /* nothing is synced to disk: faster, lost with the machine; for tests */
};

enum dv_status dv_sandbox_start(const char *dir, unsigned flags, struct dv_err *err) DV_MUST_CHECK;
/* A server that does not run is no error. Sessions are ended, their transactions rolled back. */
enum dv_status dv_sandbox_stop(const char *dir, struct dv_err *err) DV_MUST_CHECK;
/* Stops the server and removes the folder and all that belongs to it. */
enum dv_status dv_sandbox_remove(const char *dir, struct dv_err *err) DV_MUST_CHECK;
/* libpq's connection string to the database "postgres", appended. FAULT where the sandbox was never started.
 */
enum dv_status dv_sandbox_url(const char *dir, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* Whether the server answers (or is starting up); false for a folder that is no sandbox. */
enum dv_status dv_sandbox_running(const char *dir, bool *running, struct dv_err *err) DV_MUST_CHECK;
/* The folder with initdb, pg_ctl, pg_restore, appended: that of major version `major`, 0: the newest
 * installed. */
enum dv_status dv_sandbox_binaries(unsigned major, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
