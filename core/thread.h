/* Workers: runs tasks 0..count-1, started in that order, on up to `workers` threads. The first failing task
 * stops the hand-out; the error of the lowest failing task is the one returned. worker is 0..workers-1, so
 * that each thread can keep scratch of its own. Checks stop flag and deadline between tasks. With one worker
 * everything runs on the calling thread. */
#ifndef DV_CORE_THREAD_H
#define DV_CORE_THREAD_H

#include "core/error.h"

#include <pthread.h>

typedef enum dv_status (*dv_task_fn)(void *context, unsigned worker, size_t task, struct dv_err *err);

enum dv_status dv_run_tasks(size_t count, unsigned workers, dv_task_fn task, void *context,
                            struct dv_err *err) DV_MUST_CHECK;
/* A thread that no signal goes to: those are the calling thread's. FAULT where the system has no more
 * threads. */
enum dv_status dv_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                               struct dv_err *err) DV_MUST_CHECK;
unsigned dv_cpu_count(void);

#endif
