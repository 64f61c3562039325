/* Rejected rows of a run: listed, written out to be corrected, and sent through again.
 *
 * A replay is made of the whole run, not of its rejected rows alone: the corrected rows, and the records of
 * files that can be read now, are put into the run's extracted datasets at their places, all models run again
 * over them, and what differs from what the run made before is loaded. So the target becomes what the run
 * would have made of the corrected rows, groups and survivors included; where that cannot be reached by
 * adding and changing rows, nothing is loaded.
 *
 * On disk: RUN/replays/N has the shape of a run (extract, transform, rejects, conflicts) and is the run as it
 * is after replay N; load/ beside them has what is loaded. replay.json is published when all of it is made
 * and before the first row is sent; done.json when it is loaded. A folder without replay.json is what an
 * interruption left, and is made anew. In the target a replay is a run of its own, RUN.N. */
#ifndef DV_JOBS_REPLAY_H
#define DV_JOBS_REPLAY_H

#include "jobs/run.h"

/* The rejects of a run as they are after its replays, by stage, list, dataset and reason; samples: rows shown
 * of each. Reads files alone; appended. request->run_id NULL: the newest run. */
enum dv_status dv_rejects_list(const struct dv_request *request, uint64_t samples, bool as_json,
                               struct dv_buf *out, struct dv_err *err) DV_MUST_CHECK;
/* The same rows as CSV files in the folder `to`, one a list. USAGE, and nothing written, where one of them is
 * there already. Says what it wrote. */
enum dv_status dv_rejects_export(const struct dv_request *request, const char *to, struct dv_buf *out,
                                 struct dv_err *err) DV_MUST_CHECK;
/* from: a CSV file, or a folder of them, with the rows to replay; NULL: all rows that the target refused, as
 * they are. Goes on with an unfinished replay. The figures are appended to out, also where the result is
 * VERIFY. */
enum dv_status dv_rejects_replay(const struct dv_request *request, const char *from, struct dv_buf *out,
                                 struct dv_err *err) DV_MUST_CHECK;

#endif
