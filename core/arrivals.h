/* Arrivals: datasets that are still coming in while another stage reads them, part by part.
 *
 * One stage produces, one consumes, each on threads of its own. Nothing but news passes here: what is there
 * is what the files say (dv_part_look, dv_dataset_look), and news only ends a wait. The producer calls
 * dv_arrivals_plan once it knows how a dataset is cut, dv_arrivals_published after each part and each
 * dataset, and dv_arrivals_end when nothing more will come. The consumer waits; a wait for what will not come
 * any more is an error whose words nobody need see, because the producer's own say why. Every function takes
 * a NULL for "nothing is coming in": then there is nothing to tell, and nothing to wait for. */
#ifndef DV_CORE_ARRIVALS_H
#define DV_CORE_ARRIVALS_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

struct dv_arrivals;
struct dv_column;

enum dv_status dv_arrivals_new(struct dv_arrivals **arrivals, struct dv_err *err) DV_MUST_CHECK;
void dv_arrivals_free(struct dv_arrivals *arrivals);

/* ---- the producer ---- */
/* dataset and columns are copied; parts: as many as the dataset will have. */
enum dv_status dv_arrivals_plan(struct dv_arrivals *arrivals, const char *dataset, uint32_t parts,
                                uint64_t estimated_rows, const struct dv_column *columns,
                                unsigned column_count, struct dv_err *err) DV_MUST_CHECK;
void dv_arrivals_published(struct dv_arrivals *arrivals);
/* Nothing more comes. Idempotent. */
void dv_arrivals_end(struct dv_arrivals *arrivals);
/* What was announced and published will not stand: ends all waits, and returns when the consumer has let go.
 */
void dv_arrivals_withdraw(struct dv_arrivals *arrivals);

/* ---- the consumer ---- */
struct dv_arrival {
    uint32_t parts;
    uint64_t estimated_rows;
    const struct dv_column *columns; /* borrowed from the arrivals */
    unsigned column_count;
};

/* Waits until the dataset is planned. DV_END: DIR/dataset.json is there already, or the producer ended. */
enum dv_status dv_arrivals_wait_plan(struct dv_arrivals *arrivals, const char *dataset, const char *dir,
                                     struct dv_arrival *arrival, struct dv_err *err) DV_MUST_CHECK;
/* A number that changes with every piece of news. Read it, look at the files, wait for it to change.
 * DV_FAILED: nothing more will come. */
uint64_t dv_arrivals_news(struct dv_arrivals *arrivals);
enum dv_status dv_arrivals_wait(struct dv_arrivals *arrivals, uint64_t news,
                                struct dv_err *err) DV_MUST_CHECK;
/* Waits until DIR/dataset.json is there. */
enum dv_status dv_arrivals_wait_dataset(struct dv_arrivals *arrivals, const char *dir,
                                        struct dv_err *err) DV_MUST_CHECK;
/* The consumer's threads have ended. */
void dv_arrivals_let_go(struct dv_arrivals *arrivals);
bool dv_arrivals_withdrawn(struct dv_arrivals *arrivals);

#endif
