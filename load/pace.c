#include "load/pace.h"

#define FIRST_ROWS 1000
#define MOST_STEP  4.0  /* a batch is at most so many times the one before it, or so small a part of it */
#define APART      0.25 /* two batches tell the cost of a row where their sizes differ by this share */

static uint64_t within(const struct dv_pace *pace, double rows)
{
    if (rows < 1)
        return 1;
    return rows >= (double)pace->most ? pace->most : (uint64_t)rows;
}

void dv_pace_begin(struct dv_pace *pace, uint64_t most, double seconds)
{
    *pace = (struct dv_pace){.most = most > 0 ? most : UINT64_MAX, .seconds = seconds};
    pace->rows = within(pace, FIRST_ROWS);
}

uint64_t dv_pace_rows(const struct dv_pace *pace, uint64_t left)
{
    return pace->rows < left ? pace->rows : left;
}

/* The line through the last two measurements: its slope is the cost of a row. */
static void learn_fixed(struct dv_pace *pace, double rows, double seconds)
{
    double before = (double)pace->last_rows, more = rows - before;
    double apart = more < 0 ? -more : more;
    if (pace->last_rows > 0 && apart >= APART * before) {
        double row = (seconds - pace->last_seconds) / more;
        pace->fixed = row > 0 ? seconds - row * rows : 0;
    }
    if (pace->fixed < 0)
        pace->fixed = 0;
    if (pace->fixed > seconds * 0.95)
        pace->fixed = seconds * 0.95;
}

void dv_pace_measured(struct dv_pace *pace, uint64_t rows, double seconds)
{
    if (rows == 0)
        return;
    if (seconds < 1e-4)
        seconds = 1e-4;
    learn_fixed(pace, (double)rows, seconds);
    double left = pace->seconds - pace->fixed;
    double for_rows = left > pace->fixed ? left : pace->fixed;
    double next = for_rows * (double)rows / (seconds - pace->fixed);
    if (next > (double)rows * MOST_STEP)
        next = (double)rows * MOST_STEP;
    if (next < (double)rows / MOST_STEP)
        next = (double)rows / MOST_STEP;
    /* The last batch of a part is a rest, and no reason to begin the next part with one. */
    if (rows < pace->rows && next < (double)pace->rows && seconds < pace->seconds)
        next = (double)pace->rows;
    pace->rows = within(pace, next);
    pace->last_rows = rows;
    pace->last_seconds = seconds;
}

bool dv_pace_too_long(struct dv_pace *pace, uint64_t rows)
{
    if (rows <= 1)
        return false;
    pace->rows = within(pace, (double)rows / MOST_STEP);
    return true;
}
