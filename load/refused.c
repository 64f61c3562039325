#include "load/refused.h"

#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_BYTES 300

bool dv_refused_is(const struct dv_err *err)
{
    return err->status == DV_FAILED &&
           (strncmp(err->sqlstate, "22", 2) == 0 || strncmp(err->sqlstate, "23", 2) == 0 ||
            strcmp(err->sqlstate, "54000") == 0 || strcmp(err->sqlstate, "P0001") == 0);
}

static enum dv_status take_allowance(struct dv_allowed *allowed, struct dv_err *err)
{
    pthread_mutex_lock(&allowed->lock);
    uint64_t rejected = ++allowed->rejected;
    pthread_mutex_unlock(&allowed->lock);
    return rejected <= allowed->limit
               ? DV_OK
               : dv_fail(err, DV_EXIT_REJECTS,
                         "the target refused more than %s of the %" PRIu64 " rows offered", allowed->text,
                         allowed->offered);
}

static enum dv_status append(struct dv_refused *refused, uint64_t row, const char *reason, const char *detail,
                             struct dv_err *err)
{
    if (refused->count == refused->capacity) {
        size_t capacity = refused->capacity > 0 ? refused->capacity * 2 : 16;
        struct dv_refused_row *rows = dv_realloc_array(refused->rows, capacity, sizeof *rows);
        if (rows == NULL)
            return dv_fail_memory(err);
        refused->rows = rows;
        refused->capacity = capacity;
    }
    /* The text may be err's own, and the same text comes again and again. */
    size_t length = strnlen(detail, DETAIL_BYTES);
    while (length == DETAIL_BYTES && length > 0 && ((unsigned char)detail[length] & 0xc0) == 0x80)
        length--;
    struct dv_refused_row *added = &refused->rows[refused->count];
    added->row = row;
    const struct dv_refused_row *before = refused->count > 0 ? added - 1 : NULL;
    bool same =
        before != NULL && strlen(before->detail) == length && memcmp(before->detail, detail, length) == 0;
    added->detail = same ? before->detail : dv_arena_copy(&refused->arena, detail, length);
    added->reason = before != NULL && strcmp(before->reason, reason) == 0
                        ? before->reason
                        : dv_arena_strdup(&refused->arena, reason);
    if (added->detail == NULL || added->reason == NULL)
        return dv_fail_memory(err);
    refused->count++;
    return DV_OK;
}

enum dv_status dv_refused_add(struct dv_refused *refused, uint64_t row, const char *reason,
                              const char *detail, struct dv_err *err)
{
    if (row <= refused->settled)
        return DV_OK;
    enum dv_status status = append(refused, row, reason, detail, err);
    if (status != DV_OK)
        return status;
    const struct dv_refused_row *added = &refused->rows[refused->count - 1];
    char last[DETAIL_BYTES + 1];
    (void)snprintf(last, sizeof last, "%s", added->detail);
    status = take_allowance(refused->allowed, err);
    if (status != DV_OK)
        dv_err_hint(err,
                    "row %" PRIu64 " was the last: %s: %s; mend the data or allow more with --max-rejects",
                    row, added->reason, last);
    return status;
}

enum dv_status dv_refused_known(struct dv_refused *refused, uint64_t row, const char *reason,
                                const char *detail, bool count, struct dv_err *err)
{
    enum dv_status status = append(refused, row, reason, detail, err);
    if (status != DV_OK || !count)
        return status;
    pthread_mutex_lock(&refused->allowed->lock);
    refused->allowed->rejected++;
    pthread_mutex_unlock(&refused->allowed->lock);
    return DV_OK;
}

static int by_row(const void *a, const void *b)
{
    const struct dv_refused_row *left = a, *right = b;
    return left->row < right->row ? -1 : left->row > right->row;
}

void dv_refused_sort(struct dv_refused *refused)
{
    if (refused->count > 1)
        qsort(refused->rows, refused->count, sizeof *refused->rows, by_row);
}

void dv_refused_cut(struct dv_refused *refused, size_t count)
{
    if (refused->count <= count)
        return;
    pthread_mutex_lock(&refused->allowed->lock);
    refused->allowed->rejected -= refused->count - count;
    pthread_mutex_unlock(&refused->allowed->lock);
    refused->count = count;
}

void dv_refused_clear(struct dv_refused *refused)
{
    size_t settled = 0;
    for (size_t i = 0; i < refused->count; i++) {
        if (refused->rows[i].row > refused->settled)
            continue;
        struct dv_refused_row row = refused->rows[settled];
        refused->rows[settled++] = refused->rows[i];
        refused->rows[i] = row;
    }
    dv_refused_cut(refused, settled);
    if (settled == 0)
        dv_arena_reset(&refused->arena);
}

void dv_refused_forget(struct dv_refused *refused)
{
    refused->count = 0;
    dv_arena_reset(&refused->arena);
}

void dv_refused_release(struct dv_refused *refused)
{
    dv_free(refused->rows);
    dv_arena_release(&refused->arena);
    refused->rows = NULL;
    refused->count = refused->capacity = 0;
}
