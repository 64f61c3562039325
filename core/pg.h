/* A PostgreSQL connection: libpq with drover's error classes, fixed session settings, and COPY both ways.
 *
 * Every session gets: client_encoding UTF8, TimeZone UTC, DateStyle ISO, IntervalStyle postgres, bytea_output
 * hex, extra_float_digits 1, standard_conforming_strings on, row_security off, synchronize_seqscans off,
 * statement_timeout and idle_in_transaction_session_timeout 0, search_path as the role has it but without
 * schema drover, application_name "drover/JOB/..." as given; TCP keepalives and connect_timeout where the URI
 * says nothing. One thread at a time.
 *
 * Errors: sqlstate filled in, password never in the text. DV_RETRY: classes 08, 40, 53 (but not 53100 disk
 * full), 57P01..57P03, 55P03, and a connection that was lost; everything else DV_FAILED with code FAULT.
 * Waiting on the server looks at the stop flag at least every 200 ms and then cancels the statement (code
 * STOPPED); a statement that ends within 200 ms is let through, so that a ROLLBACK still works after a stop.
 * A connection that cannot be made is DV_FAILED when the server refuses it (password, unknown database),
 * DV_RETRY when it is not reachable, starting, or full. */
#ifndef DV_CORE_PG_H
#define DV_CORE_PG_H

#include "core/buf.h"
#include "core/error.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct dv_pg;

/* uri: a libpq URI or connection string. application: at most 63 bytes. */
enum dv_status dv_pg_open(struct dv_pg **pg, const char *uri, const char *application,
                          struct dv_err *err) DV_MUST_CHECK;
void dv_pg_close(struct dv_pg *pg); /* NULL is fine */
PGconn *dv_pg_conn(struct dv_pg *pg);
bool dv_pg_lost(const struct dv_pg *pg);   /* the connection is gone: only close is left */
int dv_pg_version(const struct dv_pg *pg); /* 150018 */

/* Of what the server refused last: the constraint or index that it named ("": none), and what it was in the
 * middle of ("": of the statement itself). Borrowed until it refuses something else. */
const char *dv_pg_failed_constraint(const struct dv_pg *pg);
const char *dv_pg_failed_context(const struct dv_pg *pg);

/* One or more statements without parameters whose rows nobody wants. */
enum dv_status dv_pg_exec(struct dv_pg *pg, const char *sql, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_execf(struct dv_pg *pg, struct dv_err *err, const char *format, ...)
    DV_PRINTF(3, 4) DV_MUST_CHECK;
/* One statement with text parameters (NULL for NULL); *result is owned by the caller (PQclear). affected:
 * rows that an INSERT, UPDATE, DELETE or MERGE touched (may be NULL). */
enum dv_status dv_pg_query(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                           PGresult **result, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_run(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                         uint64_t *affected, struct dv_err *err) DV_MUST_CHECK;

/* Transactions. On a connection that is held (below) they are savepoints of the one transaction that it is
 * held in: READ COMMITTED whatever `mode` says, and a commit looks at deferred constraints as COMMIT does. */
enum dv_pg_mode { DV_PG_READ_WRITE, DV_PG_REPEATABLE_READ, DV_PG_READ_ONLY };
enum dv_status dv_pg_begin(struct dv_pg *pg, enum dv_pg_mode mode, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_commit(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK; /* failed: rolled back */
enum dv_status dv_pg_rollback(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
bool dv_pg_in_transaction(const struct dv_pg *pg); /* begun, also where it has failed since */

/* Holds the connection in one transaction, to the end of its life: whatever is done over it is rolled back
 * when it is let go or closed, or the process dies. A statement outside of begin and commit fails by itself,
 * as it does without a transaction around it. A statement that would end the transaction is a BUG. */
enum dv_status dv_pg_hold(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
/* One more holder of a held connection; each closes it, and to the next one it is a fresh session: no
 * transaction under way, no temporary tables, settings as they were when it was held. One at a time but for
 * the first. */
struct dv_pg *dv_pg_share(struct dv_pg *pg);
enum dv_status dv_pg_let_go(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK; /* rolls all of it back */

/* COPY ... TO STDOUT: begin, data until DV_END, which also checks the final status. *data is borrowed until
 * the next call: one CSV record with its LF, as libpq delivers it. */
enum dv_status dv_pg_copy_out_begin(struct dv_pg *pg, const char *sql, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_copy_out_data(struct dv_pg *pg, const char **data, size_t *length,
                                   struct dv_err *err) DV_MUST_CHECK;

/* COPY ... FROM STDIN: begin, data*, end. end gives the rows taken. After a failed end the error's context
 * line number is in *bad_line (1-based over all data sent, 0 where the server named none), column and value
 * in err. That number is the server's count, not the record's: see dv_pg_find_line. After a failed begin or
 * end the connection can be used again (ROLLBACK first); after a failed data, call abort. */
enum dv_status dv_pg_copy_in_begin(struct dv_pg *pg, const char *sql, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_copy_in_data(struct dv_pg *pg, const char *data, size_t length,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_copy_in_end(struct dv_pg *pg, uint64_t *rows, uint64_t *bad_line,
                                 struct dv_err *err) DV_MUST_CHECK;
/* Instead of end: the server takes back what it was given; the transaction is to be rolled back. */
void dv_pg_copy_in_abort(struct dv_pg *pg);

/* From the server's line to the record: feed the bytes that the COPY was given, from the first on, in any
 * pieces (header record none), to a zeroed finder until it says true; `records` is then the 1-based number of
 * the bad record. The server counts a line a record, and one more for each LF inside quotes, except in the
 * first record, where it counts CR inside quotes, because it does not know the file's line ends yet
 * (CopyReadLineText). */
struct dv_pg_line_finder {
    uint64_t lines, records;
    bool quoted;
};
bool dv_pg_find_line(struct dv_pg_line_finder *finder, const char *data, size_t length, uint64_t bad_line);

/* Quoted for SQL text, appended. */
void dv_pg_quote_ident(struct dv_buf *out, const char *name);
void dv_pg_quote_literal(struct dv_buf *out, const char *text);
/* "schema.table" or "table", each part bare (capitals folded, as SQL does) or "quoted", to a quoted name;
 * USAGE error on anything else. */
enum dv_status dv_pg_quote_table(struct dv_buf *out, const char *table, struct dv_err *err) DV_MUST_CHECK;
/* The URI with any password removed, appended: fit for logs and errors. */
void dv_pg_safe_uri(struct dv_buf *out, const char *uri);
/* "system identifier/database oid/database name": tells two databases apart, and one from its restored copy's
 * name. */
enum dv_status dv_pg_identity(struct dv_pg *pg, struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;

#endif
