#include "core/pg_private.h"

#include <poll.h>
#include <stdlib.h>

#define CHUNK (64U * 1024U) /* bytes handed to libpq between two flushes: bounds its buffer */

static enum dv_status begin(struct dv_pg *pg, const char *sql, ExecStatusType wanted, struct dv_err *err)
{
    PGresult *result = NULL;
    enum dv_status status = DV_OK;
    if (pg->held != NULL && !dv_pg_in_transaction(pg))
        return dv_fail(err, DV_EXIT_BUG, "COPY outside of a transaction");
    if (PQsendQuery(pg->conn, sql) == 0)
        return dv_pg_fail_result(pg, NULL, err);
    DV_TRY(dv_pg_flush(pg, err));
    DV_TRY(dv_pg_next_result(pg, &result, err));
    ExecStatusType outcome = PQresultStatus(result);
    if (outcome == wanted)
        goto done;
    if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK || outcome == PGRES_COPY_IN ||
        outcome == PGRES_COPY_OUT)
        status = dv_fail(err, DV_EXIT_BUG, "the statement is not the COPY that was expected");
    else
        status = dv_pg_fail_result(pg, result, err);
    dv_pg_drain(pg, 2000000);
done:
    PQclear(result);
    return status;
}

enum dv_status dv_pg_copy_out_begin(struct dv_pg *pg, const char *sql, struct dv_err *err)
{
    return begin(pg, sql, PGRES_COPY_OUT, err);
}

/* After the last row: the result tells whether that was all. */
static enum dv_status final_status(struct dv_pg *pg, uint64_t *rows, uint64_t *bad_line, struct dv_err *err)
{
    enum dv_status failure = DV_OK;
    bool complete = false;
    for (;;) {
        PGresult *result;
        enum dv_status status = dv_pg_next_result(pg, &result, err);
        if (status != DV_OK)
            return status;
        if (result == NULL)
            break;
        if (PQresultStatus(result) == PGRES_COMMAND_OK) {
            complete = true;
            if (rows != NULL)
                *rows = strtoull(PQcmdTuples(result), NULL, 10);
        } else if (failure == DV_OK) {
            failure = dv_pg_fail_result(pg, result, err);
            if (bad_line != NULL)
                *bad_line = dv_pg_copy_context(PQresultErrorField(result, PG_DIAG_CONTEXT), err);
        }
        PQclear(result);
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            break;
    }
    if (failure == DV_OK && !complete)
        failure = dv_pg_fail_result(pg, NULL, err);
    return failure;
}

enum dv_status dv_pg_copy_out_data(struct dv_pg *pg, const char **data, size_t *length, struct dv_err *err)
{
    if (pg->row != NULL) {
        PQfreemem(pg->row);
        pg->row = NULL;
    }
    for (;;) {
        int taken = PQgetCopyData(pg->conn, &pg->row, 1);
        if (taken > 0) {
            *data = pg->row;
            *length = (size_t)taken;
            return DV_OK;
        }
        if (taken == -2)
            return dv_pg_fail_result(pg, NULL, err);
        if (taken == -1)
            break;
        enum dv_status status = dv_pg_wait(pg, POLLIN, 0, err);
        if (status != DV_OK)
            return status;
    }
    enum dv_status status = final_status(pg, NULL, NULL, err);
    return status == DV_OK ? DV_END : status;
}

enum dv_status dv_pg_copy_in_begin(struct dv_pg *pg, const char *sql, struct dv_err *err)
{
    pg->unflushed = 0;
    return begin(pg, sql, PGRES_COPY_IN, err);
}

enum dv_status dv_pg_copy_in_data(struct dv_pg *pg, const char *data, size_t length, struct dv_err *err)
{
    while (length > 0) {
        size_t chunk = length < CHUNK ? length : CHUNK;
        int put = PQputCopyData(pg->conn, data, (int)chunk);
        if (put < 0)
            return dv_pg_fail_result(pg, NULL, err);
        if (put > 0) {
            data += chunk;
            length -= chunk;
            pg->unflushed += chunk;
        }
        if (put == 0 || pg->unflushed >= CHUNK) {
            enum dv_status status = dv_pg_flush(pg, err);
            if (status != DV_OK)
                return status;
        }
    }
    return DV_OK;
}

static enum dv_status put_end(struct dv_pg *pg, const char *reason, struct dv_err *err)
{
    for (;;) {
        int put = PQputCopyEnd(pg->conn, reason);
        if (put < 0)
            return dv_pg_fail_result(pg, NULL, err);
        enum dv_status status = dv_pg_flush(pg, err);
        if (status != DV_OK || put > 0)
            return status;
    }
}

enum dv_status dv_pg_copy_in_end(struct dv_pg *pg, uint64_t *rows, uint64_t *bad_line, struct dv_err *err)
{
    if (bad_line != NULL)
        *bad_line = 0;
    enum dv_status status = put_end(pg, NULL, err);
    return status != DV_OK ? status : final_status(pg, rows, bad_line, err);
}

void dv_pg_copy_in_abort(struct dv_pg *pg)
{
    if (PQputCopyEnd(pg->conn, "given up") > 0)
        dv_pg_drain(pg, 10000000);
    else
        pg->lost = true;
}

bool dv_pg_find_line(struct dv_pg_line_finder *finder, const char *data, size_t length, uint64_t bad_line)
{
    for (size_t i = 0; i < length; i++) {
        char byte = data[i];
        if (byte == '"') {
            finder->quoted = !finder->quoted; /* a doubled quote flips twice */
        } else if (finder->quoted) {
            finder->lines += byte == (finder->records == 0 ? '\r' : '\n');
        } else if (byte == '\n') {
            finder->lines++;
            finder->records++;
            if (finder->lines >= bad_line)
                return true;
        }
    }
    return false;
}
