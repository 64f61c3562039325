/* The fingerprint of a run: what must not change between its beginning and its end.
 *
 * It covers job.json, the files of transform/ and schema/, file by file, the parameters and the source's
 * identity. verify/ is left out on purpose: a check is no data, and may be corrected while a run waits for
 * it. The columns of the extracted tables are compared apart (source.json). */
#ifndef DV_JOBS_FINGERPRINT_H
#define DV_JOBS_FINGERPRINT_H

#include "core/file.h"
#include "core/json.h"

/* {"job.json": sha256, "transform/users.sql": sha256, ...}, owned by the caller. */
enum dv_status dv_fingerprint_files(const char *job_dir, json_t **files, struct dv_err *err) DV_MUST_CHECK;
/* One digest over all of it. params: as dv_params_json makes them; source_identity: NULL where the job has no
 * source. */
enum dv_status dv_fingerprint(const json_t *files, const json_t *params, const char *source_identity,
                              char out[DV_SHA256_HEX], struct dv_err *err) DV_MUST_CHECK;
/* CHANGED where the files of now are not those that the run recorded; names the first by name. */
enum dv_status dv_fingerprint_same_files(const json_t *recorded, const json_t *now,
                                         struct dv_err *err) DV_MUST_CHECK;

#endif
