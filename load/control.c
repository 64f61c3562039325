#include "load/control.h"

/* What versions 2 and 3 brought. */
#define REJECTED_FOR_COMMENT                                                                                 \
    "COMMENT ON COLUMN drover.ledger.rejected_for IS\n"                                                      \
    "  'While the part is not whole: reason and detail of each of rejected_rows, one after the other';\n"
#define SCHEMA_BEGUN(create)                                                                                 \
    create                                                                                                   \
        " drover.schema_begun (\n"                                                                           \
        "  job text NOT NULL, name text NOT NULL, down boolean NOT NULL, sha256 text NOT NULL,\n"            \
        "  done int NOT NULL, statement text, invalid_before oid[], pid int, backend_start timestamptz,\n"   \
        "  PRIMARY KEY (job, name, down));\n"                                                                \
        "COMMENT ON TABLE drover.schema_begun IS\n"                                                          \
        "  'Steps without a transaction that are under way: statements done, and the one that was sent';\n"

/* Keys and old values are text: a type's own output and input functions carry every value exactly, whatever
 * the table's types are. Storage EXTERNAL: packing arrays of ids costs more time than it saves room. */
const char dv_control_sql[] =
    "CREATE SCHEMA IF NOT EXISTS drover;\n"
    "CREATE TABLE drover.meta (version int NOT NULL, made_at timestamptz NOT NULL DEFAULT now());\n"
    "CREATE TABLE drover.run (\n"
    "  run_id text PRIMARY KEY, job text NOT NULL,\n"
    "  state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'rolled_back')),\n"
    "  fingerprint text, target_identity text NOT NULL,\n"
    "  started_at timestamptz NOT NULL DEFAULT now(), changed_at timestamptz NOT NULL DEFAULT now());\n"
    "CREATE TABLE drover.step (\n"
    "  run_id text NOT NULL, step text NOT NULL, dataset text NOT NULL, table_name text NOT NULL,\n"
    "  mode text NOT NULL, table_was_empty boolean NOT NULL, started_at timestamptz NOT NULL DEFAULT now(),\n"
    "  PRIMARY KEY (run_id, step));\n"
    "CREATE TABLE drover.ledger (\n"
    "  run_id text NOT NULL, step text NOT NULL, part int NOT NULL, dataset text NOT NULL,\n"
    "  sha256 text NOT NULL, offered bigint NOT NULL,\n"
    "  inserted bigint NOT NULL DEFAULT 0, updated bigint NOT NULL DEFAULT 0,\n"
    "  unchanged bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0,\n"
    "  rejected_rows bigint[], rejected_for text[], xid xid8 NOT NULL, loaded_at timestamptz NOT NULL "
    "DEFAULT now(),\n"
    "  rolled_back_at timestamptz, removed bigint, restored bigint, kept bigint,\n"
    "  PRIMARY KEY (run_id, step, part));\n" REJECTED_FOR_COMMENT "CREATE TABLE drover.before_image (\n"
    "  run_id text NOT NULL, step text NOT NULL, part int NOT NULL, chunk bigint NOT NULL,\n"
    "  column_name text NOT NULL,\n"
    "  keys text[] NOT NULL, old text[] NOT NULL);\n"
    "COMMENT ON COLUMN drover.before_image.keys IS\n"
    "  'All values of the first key column, then all of the second, ...';\n"
    "COMMENT ON COLUMN drover.before_image.old IS 'One value a row, or a single one that all rows had';\n"
    "ALTER TABLE drover.before_image ALTER keys SET STORAGE EXTERNAL;\n"
    "CREATE INDEX ON drover.before_image (run_id, step, part);\n"
    "CREATE TABLE drover.inserted_key (\n"
    "  run_id text NOT NULL, step text NOT NULL, part int NOT NULL, keys text[] NOT NULL);\n"
    "ALTER TABLE drover.inserted_key ALTER keys SET STORAGE EXTERNAL;\n"
    "CREATE INDEX ON drover.inserted_key (run_id, step, part);\n"
    "CREATE TABLE drover.schema_step (\n"
    "  job text NOT NULL, name text NOT NULL, phase text NOT NULL, up_sha256 text NOT NULL,\n"
    "  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), run_id text NOT NULL,\n"
    "  PRIMARY KEY (job, name));\n" SCHEMA_BEGUN(
        "CREATE TABLE") "CREATE TABLE drover.crosswalk (\n"
                        "  run_id text NOT NULL, step text NOT NULL, legacy_key text NOT NULL, new_key text "
                        "NOT NULL);\n"
                        "CREATE INDEX ON drover.crosswalk (run_id, step, legacy_key);\n"
                        "INSERT INTO drover.meta (version) VALUES (3);\n";

/* Rows of earlier versions mean the same: their parts were loaded in one transaction each. */
const char dv_control_upgrade_sql[] =
    "ALTER TABLE drover.ledger ADD COLUMN IF NOT EXISTS rejected_for text[];\n" REJECTED_FOR_COMMENT
        SCHEMA_BEGUN("CREATE TABLE IF NOT EXISTS") "INSERT INTO drover.meta (version) VALUES (3);\n";
