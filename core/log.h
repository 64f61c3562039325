/* The run's log: one JSON object a line, appended to RUN/log.jsonl: time, level, event, then fields. A line
 * is one write(2), so a crash cuts at most the last one. Thread-safe. Values of rows and passwords never go
 * in here. A NULL log swallows everything. */
#ifndef DV_CORE_LOG_H
#define DV_CORE_LOG_H

#include "core/error.h"

struct dv_log;

enum dv_status dv_log_open(struct dv_log **log, const char *path, struct dv_err *err) DV_MUST_CHECK;
/* Lines go to this callback too (the cli's --log-format). */
void dv_log_tee(struct dv_log *log, void (*line)(void *context, const char *json), void *context);
/* fields: pairs of "name:s" char *, "name:d" int64_t, "name:u" uint64_t, "name:f" double; ends with NULL.
 * dv_log_event(log, "info", "part_published", "dataset:s", name, "part:d", (int64_t)3, NULL) */
void dv_log_event(struct dv_log *log, const char *level, const char *event, ...) __attribute__((sentinel));
void dv_log_error(struct dv_log *log, const struct dv_err *err);
void dv_log_close(struct dv_log *log);

#endif
