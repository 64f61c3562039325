/* Files that are whole or not there: write to NAME.tmp, fsync, rename to NAME, fsync the folder.
 * After a crash at any instant NAME is the old whole file, the new whole file, or absent; NAME.tmp may be
 * left over (dv_file_sweep_tmp removes those). Folders are made 0700, files 0600. */
#ifndef DV_CORE_FILE_H
#define DV_CORE_FILE_H

#include "core/buf.h"
#include "core/error.h"

#include <stdbool.h>

#define DV_SHA256_HEX 65 /* 64 hex digits and NUL */

enum dv_status dv_file_make_dirs(const char *path,
                                 struct dv_err *err) DV_MUST_CHECK; /* as mkdir -p, fsynced */
enum dv_status dv_file_publish(const char *path, const void *bytes, size_t length,
                               struct dv_err *err) DV_MUST_CHECK;
/* fsync `tmp_fd`, close it, rename tmp_path to path, fsync the folder. The fd is consumed, also on failure.
 */
enum dv_status dv_file_publish_fd(int tmp_fd, const char *tmp_path, const char *path,
                                  struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_file_read(const char *path, size_t limit, struct dv_buf *out,
                            struct dv_err *err) DV_MUST_CHECK;
/* An error where that cannot be found out (I/O error, a folder that may not be searched): it is taken neither
 * for there nor for absent. */
enum dv_status dv_file_look(const char *path, bool *there, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_file_look_in(const char *dir, const char *name, bool *there,
                               struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_file_remove(const char *path,
                              struct dv_err *err) DV_MUST_CHECK; /* absent is fine; folder fsynced */
enum dv_status dv_file_sweep_tmp(const char *dir,
                                 struct dv_err *err) DV_MUST_CHECK; /* recursive; absent dir is fine */
enum dv_status dv_file_remove_tree(const char *path, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_file_write_all(int fd, const void *bytes, size_t length, const char *path,
                                 struct dv_err *err) DV_MUST_CHECK;

/* SHA-256, incrementally (OpenSSL, uses the CPU's own instructions). */
struct dv_sha256;
enum dv_status dv_sha256_new(struct dv_sha256 **sha, struct dv_err *err) DV_MUST_CHECK;
void dv_sha256_update(struct dv_sha256 *sha, const void *bytes, size_t length);
void dv_sha256_hex(struct dv_sha256 *sha,
                   char out[DV_SHA256_HEX]); /* finishes and resets for another round */
void dv_sha256_free(struct dv_sha256 *sha);
enum dv_status dv_file_sha256(const char *path, char out[DV_SHA256_HEX], uint64_t *size,
                              struct dv_err *err) DV_MUST_CHECK;

#endif
