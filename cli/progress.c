#include "cli/progress.h"

#include "core/alloc.h"
#include "core/buf.h"
#include "core/file.h"
#include "core/thread.h"

#include <inttypes.h>
#include <pthread.h>

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_US     200000
#define MOST_LIVE     12U /* lines that are redrawn; datasets beyond wait their turn */
#define NARROWEST     20U
#define USUAL_COLUMNS 80U

struct dv_live {
    struct dv_progress *progress;
    pthread_t thread;
    atomic_bool over;
    unsigned drawn;                  /* live lines on the screen */
    bool settled[DV_PROGRESS_ITEMS]; /* its last line stands above the live ones */
    struct dv_buf frame;
};

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return USUAL_COLUMNS;
    return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

static void put_count(struct dv_buf *out, double count)
{
    if (count < 10000)
        dv_buf_printf(out, "%.0f", count);
    else if (count < 1e7)
        dv_buf_printf(out, "%.0fk", count / 1e3);
    else
        dv_buf_printf(out, "%.1fM", count / 1e6);
}

static void put_line(struct dv_buf *out, const struct dv_progress_item *item, int64_t now_us,
                     unsigned columns)
{
    struct dv_buf line = {0};
    int64_t finished = atomic_load(&item->finished_us);
    double seconds = (double)((finished != 0 ? finished : now_us) - atomic_load(&item->started_us)) / 1e6;
    double rows = (double)atomic_load(&item->rows), expected = (double)atomic_load(&item->expected_rows);
    double rate = seconds > 0.05 ? rows / seconds : 0;
    dv_buf_printf(&line, "%-9s %-24s %10.0f rows  ", item->stage, item->dataset, rows);
    put_count(&line, rate);
    dv_buf_printf(&line, "/s  %.1f MB", (double)atomic_load(&item->bytes) / 1e6);
    if (finished != 0)
        dv_buf_printf(&line, "  %.1f s", seconds);
    else if (expected > rows && rate > 0)
        dv_buf_printf(&line, "  %2.0f%%  ETA %.0f s", 100 * rows / expected, (expected - rows) / rate);
    size_t length = line.len < columns ? line.len : columns - 1;
    dv_buf_append(out, line.data, length);
    dv_buf_str(out, "\033[K\n");
    dv_buf_release(&line);
}

/* One frame in one write: the live lines are overwritten; those of finished datasets stay. */
static void draw(struct dv_live *live, bool last)
{
    struct dv_buf *frame = &live->frame;
    unsigned count = atomic_load(&live->progress->count), columns = terminal_columns(), shown = 0;
    int64_t now_us = dv_monotonic_us();
    dv_buf_reset(frame);
    if (live->drawn > 0)
        dv_buf_printf(frame, "\033[%uA", live->drawn);
    for (unsigned i = 0; i < count; i++) {
        struct dv_progress_item *item = &live->progress->items[i];
        if (live->settled[i] || (atomic_load(&item->finished_us) == 0 && !last))
            continue;
        put_line(frame, item, now_us, columns);
        live->settled[i] = true;
    }
    for (unsigned i = 0; i < count && shown < MOST_LIVE; i++) {
        if (live->settled[i])
            continue;
        put_line(frame, &live->progress->items[i], now_us, columns);
        shown++;
    }
    const char *waiting = atomic_load(&live->progress->waiting);
    if (waiting != NULL && !last) {
        dv_buf_printf(frame, "%s\033[K\n", waiting);
        shown++;
    }
    dv_buf_str(frame, "\033[J");
    live->drawn = shown;
    struct dv_err ignored = DV_ERR_INIT; /* a terminal that has gone is no reason to stop */
    if (!frame->failed &&
        dv_file_write_all(STDERR_FILENO, frame->data, frame->len, "stderr", &ignored) != DV_OK)
        atomic_store(&live->over, true);
}

static void *redraw(void *argument)
{
    struct dv_live *live = argument;
    struct timespec pause = {.tv_nsec = REDRAW_US * 1000L};
    while (!atomic_load(&live->over)) {
        nanosleep(&pause, NULL);
        draw(live, false);
    }
    return NULL;
}

struct dv_live *dv_live_start(struct dv_progress *progress, bool quiet)
{
    if (quiet || !isatty(STDERR_FILENO))
        return NULL;
    struct dv_live *live = dv_calloc(1, sizeof *live);
    if (live == NULL)
        return NULL;
    live->progress = progress;
    struct dv_err ignored = DV_ERR_INIT;
    if (dv_thread_start(&live->thread, redraw, live, &ignored) != DV_OK) {
        dv_free(live);
        return NULL;
    }
    return live;
}

void dv_live_stop(struct dv_live *live)
{
    if (live == NULL)
        return;
    atomic_store(&live->over, true);
    pthread_join(live->thread, NULL);
    draw(live, true);
    dv_buf_release(&live->frame);
    dv_free(live);
}
