/* The sorter: what every barrier is made of. Records with order-preserving keys go in from many threads, and
 * come out in key order, partition by partition; what does not fit the memory goes to run files on disk.
 *
 * A record is a key and a payload, both bytes. Order is (hash, key, sequence): hash is the key's own 64-bit
 * hash for grouping (any order will do there, a uniform one partitions evenly), or 0 for a sort by key.
 * Partition p of 2^bits holds the records whose hash starts with the bits p, so the order over all partitions
 * is one order whatever their number, and neither memory nor threads show in it. Records that agree in all
 * three keep no defined order: give each a sequence of its own.
 *
 * Order of calls: dv_sorter_new; dv_sorter_add from any worker (each with its own number); dv_sorter_seal
 * once all workers are done; then for each partition, in any order and from any thread, dv_sorter_open,
 * dv_sorter_next until DV_END, dv_sorter_close; dv_sorter_free removes the run files. After a crash run files
 * are left in `dir`: whoever starts the work again removes that folder first. */
#ifndef DV_TRANSFORM_SORTER_H
#define DV_TRANSFORM_SORTER_H

#include "core/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct dv_sorter;
struct dv_sorter_cursor;

struct dv_record {
    uint64_t hash, sequence;
    const char *key, *payload; /* borrowed until the next call on the same cursor */
    uint32_t key_length, payload_length;
};

/* dir: where run files go, made when first needed. memory: bytes for records in memory over all workers.
 * bits: 0..16. */
enum dv_status dv_sorter_new(struct dv_sorter **sorter, const char *dir, unsigned bits, unsigned workers,
                             size_t memory, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_sorter_add(struct dv_sorter *sorter, unsigned worker, const struct dv_record *record,
                             struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_sorter_seal(struct dv_sorter *sorter, struct dv_err *err) DV_MUST_CHECK;
/* Instead of seal: dv_sorter_spill puts everything on disk, dv_sorter_publish
 * writes the manifest (with `note`, which is the caller's) that makes the sorter one that dv_sorter_restore
 * finds in another process. Its files then stay when it is freed: the caller removes `dir` when they are not
 * wanted any more. sorter_keep.c */
enum dv_status dv_sorter_spill(struct dv_sorter *sorter, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_sorter_publish(struct dv_sorter *sorter, json_t *note, struct dv_err *err) DV_MUST_CHECK;
/* DV_END where there is no whole one of that many partitions. *note is owned by the caller. */
enum dv_status dv_sorter_restore(struct dv_sorter **sorter, const char *dir, unsigned bits, json_t **note,
                                 struct dv_err *err) DV_MUST_CHECK;
/* A record where it lies in memory. */
struct dv_sorted {
    uint64_t hash;
    const char *record;
};
/* After seal, of a sorter with one partition and nothing on disk: all records in one array in their order.
 * Both stay the sorter's, and are good until it is freed. DV_END where something was spilled. sorter_read.c
 */
enum dv_status dv_sorter_array(struct dv_sorter *sorter, const struct dv_sorted **records, size_t *count,
                               struct dv_err *err) DV_MUST_CHECK;
uint64_t dv_sorter_spilled_bytes(const struct dv_sorter *sorter);
uint64_t dv_sorter_memory_bytes(const struct dv_sorter *sorter); /* of what was added and is not on disk */
enum dv_status dv_sorter_open(struct dv_sorter *sorter, unsigned partition, struct dv_sorter_cursor **cursor,
                              struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_sorter_next(struct dv_sorter_cursor *cursor, struct dv_record *record,
                              struct dv_err *err) DV_MUST_CHECK;
void dv_sorter_close(struct dv_sorter_cursor *cursor);
void dv_sorter_free(struct dv_sorter *sorter);

#endif
