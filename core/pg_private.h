/* What the files of the PostgreSQL connection share; nobody else includes this. See core/pg.h for the
 * contract. */
#ifndef DV_CORE_PG_PRIVATE_H
#define DV_CORE_PG_PRIVATE_H

#include "core/pg.h"

#define DV_PG_PATIENCE_US 200000 /* how long a wait may go without a look at the stop flag */

struct dv_pg {
    PGconn *conn;
    char *row;        /* the COPY row handed out last; libpq's memory */
    size_t unflushed; /* COPY bytes given to libpq since the last flush */
    bool lost;
    char failed_constraint[64];
    char *failed_context;               /* owned; NULL: none */
    char label[256];                    /* the URI without its password, cut short */
    char *uri;                          /* owned; it may hold a password: never shown */
    char pid[16], started[40];          /* the server's session; "" until it is known */
    int64_t patience_us;                /* of silence before the server is asked; 0: it is not */
    int64_t deadline_us;                /* for all that this connection does, monotonic; 0: none */
    bool through_stop;                  /* works on when a stop was requested, until the deadline */
    int64_t silent_since_us, ask_at_us; /* of the wait under way; 0: something came */
    unsigned no_answers;
    bool suspected;
    struct dv_pg_held *held; /* owned; NULL: it is not held in one transaction */
};

/* Waits up to 200 ms for the socket (POLLIN, POLLOUT) and takes in what has come. DV_OK also when nothing
 * came. Once the wait that began at since_us (0: long ago) has lasted 200 ms, a stop request cancels the
 * statement and fails. */
enum dv_status dv_pg_wait(struct dv_pg *pg, short events, int64_t since_us, struct dv_err *err) DV_MUST_CHECK;
/* Statements as they are, without a look at whether the connection is held. */
enum dv_status dv_pg_send(struct dv_pg *pg, const char *sql, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_send_params(struct dv_pg *pg, const char *sql, int count, const char *const *params,
                                 PGresult **result, struct dv_err *err) DV_MUST_CHECK;

/* ---- pg_transaction.c ---- */
/* Around every statement; they do nothing where the connection is not held. *guarded, for leave: the
 * statement is outside of a transaction, and what it does is undone where it fails. leave returns the status
 * that it is given, or that of a failure of its own. */
enum dv_status dv_pg_enter(struct dv_pg *pg, const char *sql, bool *guarded,
                           struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_pg_leave(struct dv_pg *pg, bool guarded, enum dv_status status,
                           struct dv_err *err) DV_MUST_CHECK;
bool dv_pg_held_leave(struct dv_pg *pg); /* false: this was the last holder */
void dv_pg_held_free(struct dv_pg *pg);

/* ---- pg_watch.c ---- */
/* To be called while a wait brings nothing; asks the server what goes on once that has lasted for
 * patience_us. RETRY, and the connection lost, where it will bring nothing any more. May take 15 s. */
enum dv_status dv_pg_watch(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
/* Cancels the statement under way, within 2 s. False where the server did not get to know of it. */
bool dv_pg_cancel(struct dv_pg *pg);
/* Another connection to the very server that `pg` is connected to. All that it does has to be done by
 * deadline_us. */
enum dv_status dv_pg_open_beside(struct dv_pg **out, const struct dv_pg *pg, int64_t deadline_us,
                                 bool through_stop, struct dv_err *err) DV_MUST_CHECK;

/* Everything that libpq still holds goes to the socket. */
enum dv_status dv_pg_flush(struct dv_pg *pg, struct dv_err *err) DV_MUST_CHECK;
/* The next result of the statement under way, NULL after the last. DV_OK says nothing about the result's
 * status. */
enum dv_status dv_pg_next_result(struct dv_pg *pg, PGresult **result, struct dv_err *err) DV_MUST_CHECK;
/* Takes in and drops what is left of the statement under way, COPY included, for up to `limit_us`; if that is
 * not enough the connection counts as lost. */
void dv_pg_drain(struct dv_pg *pg, int64_t limit_us);

/* Fill err from a failed result (NULL: from the connection) and classify. */
enum dv_status dv_pg_fail_result(struct dv_pg *pg, const PGresult *result, struct dv_err *err);
/* Nothing can be read or written any more, whatever libpq thinks of the connection: RETRY. */
enum dv_status dv_pg_fail_lost(struct dv_pg *pg, struct dv_err *err);
enum dv_status dv_pg_fail_connect(struct dv_pg *pg, struct dv_err *err);
/* The N of "COPY table, line N, column c: "value"" in an error's context, 0 where there is none; column and
 * value are put into err where they are named. The server's language does not matter. */
uint64_t dv_pg_copy_context(const char *context, struct dv_err *err);

#endif
