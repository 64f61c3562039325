#include "core/thread.h"

#include "core/alloc.h"
#include "core/stop.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#define MOST_WORKERS 1024U

struct pool {
    pthread_mutex_t lock;
    size_t next, count; /* the next task to hand out */
    bool over;          /* no more tasks are handed out */
    enum dv_status status;
    size_t failed_task; /* meaningful where status is an error; count: the stop flag's */
    struct dv_err *err; /* of failed_task */
    dv_task_fn task;
    void *context;
};

struct worker {
    struct pool *pool;
    unsigned number;
    pthread_t thread;
};

/* Under the lock. The lowest failing task wins, whoever comes first: tasks start in order, so every lower one
 * has been started and gets its say. */
static void note_failure(struct pool *pool, size_t task, enum dv_status status, const struct dv_err *err)
{
    pool->over = true;
    if (pool->status < 0 && pool->failed_task < task)
        return;
    pool->status = status;
    pool->failed_task = task;
    *pool->err = *err;
}

static bool take_task(struct pool *pool, size_t *task)
{
    struct dv_err err = DV_ERR_INIT;
    bool taken = false;
    pthread_mutex_lock(&pool->lock);
    if (!pool->over && pool->next < pool->count) {
        enum dv_status status = dv_stop_boundary(&err);
        if (status == DV_OK) {
            *task = pool->next++;
            taken = true;
        } else {
            note_failure(pool, pool->count, status, &err);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static void work(struct pool *pool, unsigned number)
{
    size_t task;
    while (take_task(pool, &task)) {
        struct dv_err err = DV_ERR_INIT;
        enum dv_status status = pool->task(pool->context, number, task, &err);
        if (status >= 0)
            continue;
        pthread_mutex_lock(&pool->lock);
        note_failure(pool, task, status, &err);
        pthread_mutex_unlock(&pool->lock);
    }
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    work(worker->pool, worker->number);
    return NULL;
}

enum dv_status dv_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                               struct dv_err *err)
{
    sigset_t outside, before;
    sigemptyset(&outside);
    sigaddset(&outside, SIGINT);
    sigaddset(&outside, SIGTERM);
    sigaddset(&outside, SIGALRM);
    sigaddset(&outside, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &outside, &before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? DV_OK : dv_fail_os(err, failed, "cannot start a thread");
}

/* Starts workers 1..; returns how many could be started: with fewer threads than wished for the work takes
 * longer, and is done. */
static unsigned start_workers(struct pool *pool, struct worker *workers, unsigned wanted)
{
    struct dv_err ignored = DV_ERR_INIT;
    unsigned started = 0;
    for (; started < wanted; started++) {
        workers[started] = (struct worker){.pool = pool, .number = started + 1};
        if (dv_thread_start(&workers[started].thread, run_worker, &workers[started], &ignored) != DV_OK)
            break;
    }
    return started;
}

enum dv_status dv_run_tasks(size_t count, unsigned workers, dv_task_fn task, void *context,
                            struct dv_err *err)
{
    struct dv_err failure = DV_ERR_INIT;
    struct pool pool = {.count = count, .task = task, .context = context, .err = &failure};
    struct worker *others = NULL;
    unsigned started = 0;
    if (workers > MOST_WORKERS)
        workers = MOST_WORKERS;
    if (workers > count)
        workers = (unsigned)count;
    if (pthread_mutex_init(&pool.lock, NULL) != 0)
        return dv_fail_memory(err);
    if (workers > 1) {
        others = dv_calloc(workers - 1, sizeof *others);
        if (others == NULL) {
            pthread_mutex_destroy(&pool.lock);
            return dv_fail_memory(err);
        }
        started = start_workers(&pool, others, workers - 1);
    }
    work(&pool, 0);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i].thread, NULL);
    pthread_mutex_destroy(&pool.lock);
    dv_free(others);
    if (pool.status < 0)
        *err = failure;
    return pool.status;
}

unsigned dv_cpu_count(void)
{
    /* What this process may use, which is less than what is there inside a container or a batch slot. */
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}
