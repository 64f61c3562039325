/* The control tables in schema drover of the target, as SQL text. Internal to load/.
 *
 *   meta          version of these tables
 *   run           one row a run: job, state, fingerprint, target
 *   step          one row a step of a run: was its table empty when the step began (decided once, so that a
 *                 resumed step loads the way it began)
 *   ledger        one row a part, written in the part's own transaction; of a part in batches from its first
 *                 batch on: as many of its rows, from the first on, are loaded as its counts add up to
 *   before_image  old values of updated columns; one row a part, column and chunk of rows
 *   inserted_key  which rows of a part were inserted, kept only where not all of them were
 *   schema_step   applied schema steps
 *   crosswalk     free for jobs that want the crosswalk inside the target
 *
 * Privileges: the first run needs CREATE on the database; later ones USAGE on the schema and SELECT, INSERT,
 * UPDATE, DELETE on its tables. */
#ifndef DV_LOAD_CONTROL_H
#define DV_LOAD_CONTROL_H

#define DV_CONTROL_VERSION 3

/* Several statements each; run inside one transaction under a lock. */
extern const char dv_control_sql[];
extern const char dv_control_upgrade_sql[]; /* from any earlier version; what is there already stays */

#endif
