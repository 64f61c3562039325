/* Manifests from JSON: every check of form and of inner sums. For core/manifest*.c, core/stage_writer.c and
 * whoever keeps a tally in a file of its own. Documents are borrowed; errors are code FAULT and name the
 * place, not the file. */
#ifndef DV_CORE_MANIFEST_JSON_H
#define DV_CORE_MANIFEST_JSON_H

#include "core/json.h"
#include "core/manifest.h"

/* About 256 GiB of CSV in one part: what keeps a manifest within the size that dv_json_read takes. */
#define DV_MANIFEST_MOST_BLOCKS 262144U
#define DV_BLOCK_MOST           ((size_t)1 << 30) /* raw bytes of one block */

/* On failure `out` may own memory: the caller releases it. */
enum dv_status dv_part_manifest_from_json(const json_t *document, struct dv_part_manifest *out,
                                          struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_dataset_manifest_from_json(const json_t *document, struct dv_dataset_manifest *out,
                                             struct dv_err *err) DV_MUST_CHECK;
/* A tally as the member "tally" of a document; reading checks it against `rows` written. */
enum dv_status dv_tally_to_json(json_t *document, const struct dv_tally *tally,
                                struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_tally_from_json(const json_t *document, uint64_t rows, struct dv_tally *tally,
                                  struct dv_err *err) DV_MUST_CHECK;

#endif
