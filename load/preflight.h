/* What would stop a load, looked for before the first change of the target: every function adds what it
 * finds, and fails only where it could not look. Nothing is changed. */
#ifndef DV_LOAD_PREFLIGHT_H
#define DV_LOAD_PREFLIGHT_H

#include "load/findings.h"
#include "load/load.h"

/* The database, schema drover and its tables. *readable: that schema is not there, or may be read. */
enum dv_status dv_preflight_privileges(struct dv_pg *pg, bool *readable, struct dv_findings *findings,
                                       struct dv_err *err) DV_MUST_CHECK;
/* The tables that pending steps change by statements of their own: who owns them and who holds locks on them.
 * After dv_schema_status. */
enum dv_status dv_preflight_changed(struct dv_pg *pg, const struct dv_schema *schema,
                                    struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;
/* A table that is loaded, its columns, its sequences. made: where it is not there, a step makes it. */
enum dv_status dv_preflight_loaded(struct dv_pg *pg, const struct dv_load_spec *spec, bool made,
                                   struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;
/* A table that is read. which: "source" or "target"; columns NULL: all. */
enum dv_status dv_preflight_read(struct dv_pg *pg, const char *which, const char *table,
                                 const char *const *columns, unsigned column_count,
                                 struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;
/* Sessions that hold locks on the table for which a step or the load would have to wait. */
enum dv_status dv_preflight_locks(struct dv_pg *pg, const char *table, struct dv_findings *findings,
                                  struct dv_err *err) DV_MUST_CHECK;

/* Names that PostgreSQL would cut off at 63 bytes. where: "job.json: load[2].key". */
enum dv_status dv_preflight_name(const char *where, const char *name, struct dv_findings *findings,
                                 struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_preflight_sql_names(const char *where, const char *sql, bool lines,
                                      struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;
enum dv_status dv_preflight_schema_names(const struct dv_schema *schema, struct dv_findings *findings,
                                         struct dv_err *err) DV_MUST_CHECK;

/* Compares an estimated need with what is free: an error below a quarter of it, a warning below all of it. */
enum dv_status dv_preflight_folder_space(const char *path, uint64_t need, struct dv_findings *findings,
                                         struct dv_err *err) DV_MUST_CHECK;
/* The target's disk, which can be seen only where the server runs on this machine. */
enum dv_status dv_preflight_server_space(struct dv_pg *pg, uint64_t need, struct dv_findings *findings,
                                         struct dv_err *err) DV_MUST_CHECK;

/* Staged rows that agree in a key that is or becomes unique: those of the load steps, of the target's unique
 * indexes, and of those that pending steps of phase index make. An error where nothing would tell the rows
 * apart before such an index is built; a warning where the load itself refuses or skips them. Memory is
 * bounded by context->memory; files that are larger are read several times. Specs whose files were read here
 * are `checked` afterwards, so that the load need not read them once more for it. */
enum dv_status dv_preflight_unique(struct dv_target *target, const struct dv_context *context,
                                   struct dv_load_spec *specs, unsigned count, const struct dv_schema *schema,
                                   struct dv_findings *findings, struct dv_err *err) DV_MUST_CHECK;

#endif
