/* The inside of rejects and replays, for the files rejects_*.c and replay*.c of this folder alone. */
#ifndef DV_JOBS_REPLAY_PARTS_H
#define DV_JOBS_REPLAY_PARTS_H

#include "jobs/replay.h"
#include "jobs/run_parts.h"

/* ---- replay_chain.c: a run and its replays ---- */

enum dv_replay_state {
    DV_REPLAY_UNMADE,  /* nothing of it can be in the target */
    DV_REPLAY_BEGUN,   /* replay.json is there */
    DV_REPLAY_DONE,    /* done.json is there */
    DV_REPLAY_UNDOING, /* its rollback has begun */
    DV_REPLAY_UNDONE   /* rolled back */
};

struct dv_link {
    unsigned number; /* 0: the run itself */
    char id[DV_RUN_ID_SIZE];
    const char *dir;
    enum dv_replay_state state;
};

struct dv_chain {
    struct dv_link *links; /* ascending; the run itself is the first; in the arena */
    unsigned count;
};

enum dv_status dv_chain_read(struct dv_chain *chain, const char *run_dir, const char *run_id,
                             struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* The run as it is: its newest replay that is done, else itself. */
const struct dv_link *dv_chain_newest(const struct dv_chain *chain);
/* The newest that is not undone, if that is a replay; NULL: it is the run. */
const struct dv_link *dv_chain_last(const struct dv_chain *chain);
/* "RUN.N" taken apart: *number 0 where there is none. */
void dv_replay_id_split(const char *id, char run[DV_RUN_ID_SIZE], unsigned *number);
/* The run asked for, or the newest; its folder and record. Locks nothing. */
enum dv_status dv_rejects_open(struct dv_run *run, const struct dv_request *request,
                               struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_steps.c: what a replay loads, as replay.json says ---- */

/* Reads replay.json. The specs live in the arena and, their strings, in the document, which the caller owns.
 */
enum dv_status dv_replay_loads(const struct dv_link *replay, struct dv_arena *arena, json_t **document,
                               struct dv_load_spec **specs, unsigned *count,
                               struct dv_err *err) DV_MUST_CHECK;
/* The object of one step for replay.json: `from` is the job's step. */
json_t *dv_replay_step_json(const struct dv_load_spec *from, const char *step, const char *mode,
                            const struct dv_column *columns, unsigned column_count);
/* The folder that the replay's load keeps its files in, and its context. */
const char *dv_replay_load_dir(struct dv_arena *arena, const struct dv_link *replay);

/* ---- rejects_read.c ---- */

/* A folder of rejects/. */
struct dv_reject_list {
    const char *name; /* MODEL, MODEL@ROOT, load-STEP or extract-DATASET */
    const char *dir;
    bool load, extract;
    bool whole; /* else its step is not done yet, or was interrupted */
    uint32_t *parts;
    uint32_t part_count;
};
struct dv_reject_lists {
    struct dv_reject_list *lists; /* by name; in the arena */
    unsigned count;
};

#define DV_REJECT_COLUMNS 6 /* reason, detail, stage, dataset, part, row */

struct dv_reject {
    const struct dv_reject_list *list;
    const struct dv_column *columns; /* of the row as it was, without those six */
    unsigned column_count;
    const char *reason, *detail, *stage, *dataset; /* unquoted */
    uint32_t part;
    uint64_t row;
    const struct dv_value *values; /* raw; one a column */
    const char *record;            /* those columns as CSV, without LF */
    size_t length;
};
typedef enum dv_status (*dv_reject_fn)(void *context, const struct dv_reject *reject, struct dv_err *err);

/* Those of RUN_DIR/rejects. */
enum dv_status dv_reject_lists_find(struct dv_reject_lists *lists, const char *run_dir,
                                    struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* Every row of the list, in order. What the callback gets is borrowed for the call. */
enum dv_status dv_rejects_each(const struct dv_reject_list *list, dv_reject_fn each, void *context,
                               struct dv_err *err) DV_MUST_CHECK;
/* Appends the text of a raw value; nothing for NULL. */
void dv_raw_text(struct dv_buf *out, const struct dv_value *value);
/* Of digits alone. */
uint64_t dv_raw_number(const struct dv_value *value);
/* Columns of the rows; owned by the caller. */
enum dv_status dv_reject_list_columns(const struct dv_reject_list *list, struct dv_column **columns,
                                      unsigned *count, struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_read.c: the corrected rows ---- */

/* What a correction is of. */
enum dv_correction_of {
    DV_OF_RECORD, /* a record of files that could not be read */
    DV_OF_ROW,    /* a row that a model rejects */
    DV_OF_LOAD    /* a row that the target refuses */
};

struct dv_correction {
    enum dv_correction_of of;
    const char *dataset; /* of the place */
    uint32_t part;
    uint64_t row;
    const char *record; /* CSV without LF, values as PostgreSQL writes them: what the reject has behind its
                           six columns */
    size_t length;
    const char *original; /* the rejected row in the same form; NULL where it is not changed */
    size_t original_length;
    bool changed;   /* it is another one than the rejected row */
    unsigned times; /* how often the row is among the rejects: once a list, or a rejected row made of it */
    const char *file;
    unsigned line; /* 0: not from a file */
};

struct dv_corrections {
    struct dv_correction *rows; /* by of, dataset, part, row: each once; owned */
    size_t count, capacity;
    char digest[DV_SHA256_HEX]; /* of the files; "" where there are none */
    struct dv_arena arena;
};

/* Reads the file or the files of the folder, and holds them against the rejects of the run as it is. All rows
 * are checked before anything is returned. from NULL: what the target refused. */
enum dv_status dv_corrections_read(struct dv_corrections *corrections, const char *from,
                                   const struct dv_reject_lists *lists, struct dv_err *err) DV_MUST_CHECK;
/* SHA-256 over the files alone; "" for from NULL. */
enum dv_status dv_corrections_digest(const char *from, char digest[DV_SHA256_HEX],
                                     struct dv_err *err) DV_MUST_CHECK;
const struct dv_correction *dv_corrections_find(const struct dv_corrections *corrections,
                                                enum dv_correction_of of, const char *dataset, uint32_t part,
                                                uint64_t row);
void dv_corrections_release(struct dv_corrections *corrections);

/* ---- replay_files.c: what stays as it is ---- */

/* A second name for the file of that name in the other folder; a copy where the file system has no such
 * thing. */
enum dv_status dv_replay_link_file(const char *from_dir, const char *to_dir, const char *name,
                                   struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_replay_link_part(const char *from_dir, const char *to_dir, uint32_t part,
                                   struct dv_err *err) DV_MUST_CHECK;
/* All files of a dataset's folder. */
enum dv_status dv_replay_link_dataset(const char *from, const char *to, struct dv_err *err) DV_MUST_CHECK;
/* The datasets of a folder of them, but for rejects of the extract, which are made with its datasets, and of
 * the load, which come behind it. */
enum dv_status dv_replay_link_all(const char *from, const char *to, struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_records.c: records of files that could not be read, and are corrected ---- */

struct dv_records;

/* Makes NEW/rejects/extract-DATASET: what the corrections leave of the list. *records NULL: no record of the
 * dataset is corrected, and the list, if there is one, is what it was. */
enum dv_status dv_records_open(struct dv_records **records, const struct dv_run *run,
                               const struct dv_run_input *input, const struct dv_reject_lists *lists,
                               const struct dv_link *replay, const struct dv_corrections *corrections,
                               struct dv_err *err) DV_MUST_CHECK;
/* A record that is, or was, rejected. */
struct dv_record {
    uint64_t number;  /* among those read of its part, from 1 */
    const char *rows; /* what it is now, CSV with LF; NULL: it is rejected still */
    size_t length;
};
struct dv_part_records {
    const struct dv_record *list; /* by number; borrowed until the next part */
    size_t count;
    struct dv_tally tally; /* of the part with them */
};
/* Whether one of the part is corrected. */
bool dv_records_touch(const struct dv_records *records, uint32_t part);
/* Reads those of the part; was: the part's tally. Parts ascend. */
enum dv_status dv_records_read(struct dv_records *records, uint32_t part, const struct dv_tally *was,
                               struct dv_part_records *out, struct dv_err *err) DV_MUST_CHECK;
/* Behind the last part. */
enum dv_status dv_records_publish(struct dv_records *records, struct dv_err *err) DV_MUST_CHECK;
void dv_records_close(struct dv_records *records); /* NULL is fine */

/* ---- replay_extract.c: the run with the corrected rows in their places ---- */

/* Makes NEW/extract, and NEW/transform, rejects, conflicts where nothing was corrected that models read: then
 * they are what they were. *again: the models have to run. lists: the rejects of the run as it was. */
enum dv_status dv_replay_extract(struct dv_run *run, const struct dv_link *old, const struct dv_link *replay,
                                 const struct dv_reject_lists *lists,
                                 const struct dv_corrections *corrections, bool *again,
                                 struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_delta.c: what differs, step by step ---- */

enum dv_delta_kind {
    DV_DELTA_NEW,     /* its key was not there before */
    DV_DELTA_CHANGED, /* another row of its key was loaded */
    DV_DELTA_AGAIN    /* refused before */
};
struct dv_delta_row {
    uint64_t key[2]; /* hash of the key's values */
    uint64_t row;    /* in the part of the dataset as it is now */
    uint32_t part;
    enum dv_delta_kind kind;
    const struct dv_correction *correction; /* AGAIN; may be NULL: as it is now */
};
struct dv_delta_gone {
    uint64_t key[2];
    uint64_t row; /* in the part of the dataset as it was */
    uint32_t part;
    bool paired; /* a changed row has its key */
};
struct dv_delta_kept { /* a refused row that is not replayed */
    uint64_t old_row, row;
    uint32_t part;
};
struct dv_delta {
    const struct dv_load_spec *old, *new; /* the step over the dataset as it was and as it is; borrowed */
    struct dv_delta_row *rows;            /* by part, row; owned, like the next two */
    struct dv_delta_gone *gone;           /* by part, row */
    struct dv_delta_kept *kept;           /* by part, old row */
    size_t row_count, gone_count, kept_count;
    uint64_t counts[3]; /* by kind */
};

/* 40 bytes a row that differs. lists: the rejects of the run as it was. */
enum dv_status dv_delta_find(struct dv_delta *delta, const struct dv_load_spec *old,
                             const struct dv_load_spec *new, const struct dv_reject_lists *lists,
                             const struct dv_corrections *corrections, struct dv_err *err) DV_MUST_CHECK;
void dv_delta_release(struct dv_delta *delta);
/* USAGE where the step cannot make the target what it should be: a row would have to go, or may be another
 * one's. pg: the target. */
enum dv_status dv_delta_possible(const struct dv_delta *delta, const struct dv_chain *chain, struct dv_pg *pg,
                                 struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_write.c ---- */

#define DV_DELTA_PLACE 2 /* columns in front of a row that is loaded: drover_part, drover_row */

/* Writes LOAD/delta/STEP, LOAD/delta/STEP.changed, LOAD/before/STEP (the changed rows as they were) and
 * LOAD/kept/rejects/load-STEP (refused rows that are not replayed) where there is something in them, and
 * appends to `steps` what is to be loaded. *before: the folder; NULL: none. lists: the rejects of the run as
 * it was. */
enum dv_status dv_delta_write(const struct dv_delta *delta, const struct dv_reject_lists *lists,
                              const char *load_dir, json_t *steps, const char **before,
                              struct dv_arena *arena, struct dv_err *err) DV_MUST_CHECK;
/* REPLAY/rejects/load-STEP: the rows that are refused after the load, at their places in the dataset as it is
 * now. step: the job's. */
enum dv_status dv_replay_refused(const struct dv_link *replay, const char *step, struct dv_arena *arena,
                                 struct dv_err *err) DV_MUST_CHECK;

/* ---- replay_verify.c ---- */

/* Adds the checks of the run's replays to run->verification, and whether the rows of every step add up over
 * the run and its replays. */
enum dv_status dv_replay_verify(struct dv_run *run, struct dv_err *err) DV_MUST_CHECK;

#endif
