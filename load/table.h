/* A load step's target table as the catalog describes it, and the SQL fragments made from that. Internal to
 * load/. Read once a step (dv_load_table_read), shared by the workers, never written afterwards. */
#ifndef DV_LOAD_TABLE_H
#define DV_LOAD_TABLE_H

#include "load/load.h"

struct dv_load_mode;

struct dv_load_column {
    const char *from; /* the dataset's column; borrowed */
    unsigned source;  /* its place in the stage file */
    char *name;       /* the table's column; owned, as are the next four */
    char *quoted;
    char *type;       /* as format_type() names it */
    char *definition; /* type and collation */
    char *sequence;   /* quoted name of the sequence behind a serial or identity column; NULL */
    bool key;
    bool not_null, generated, has_default;
    bool no_equality; /* json, xml, ...: compared as text */
};

struct dv_load_table {
    const struct dv_load_spec *spec; /* borrowed */
    const struct dv_load_mode *mode;
    char *quoted;                   /* qualified and quoted; owned */
    struct dv_load_column *columns; /* the loaded ones, in the order in which they are sent; owned */
    unsigned column_count;
    unsigned *keys; /* places in columns, in the order of spec->key; owned */
    unsigned key_count;
    unsigned file_columns; /* columns of the stage file */
    bool pass_through;     /* the file's records go to the server as they are */
    bool key_unique;       /* a unique index on exactly the key columns */
    bool partitioned;
    bool was_empty; /* when the step began: filled in by the load */
    bool has_sequence;
};

/* columns: those of the dataset. Errors are USAGE: no such table or column, an unknown mode, a key that is
 * not loaded. *absent is set, and DV_OK returned, where the table does not exist (absent NULL: an error). */
enum dv_status dv_load_table_read(struct dv_load_table *table, struct dv_pg *pg,
                                  const struct dv_load_spec *spec, const struct dv_column *columns,
                                  unsigned column_count, bool *absent, struct dv_err *err) DV_MUST_CHECK;
void dv_load_table_release(struct dv_load_table *table);
enum dv_status dv_load_table_empty(struct dv_pg *pg, const struct dv_load_table *table, bool *empty,
                                   struct dv_err *err) DV_MUST_CHECK;

/* SQL fragments, appended. Aliases are t for the table, s for the staged rows. */
void dv_sql_columns(struct dv_buf *out, const struct dv_load_table *table,
                    const char *prefix); /* p."a", p."b" */
void dv_sql_keys(struct dv_buf *out, const struct dv_load_table *table, const char *prefix);
void dv_sql_key_match(struct dv_buf *out, const struct dv_load_table *table, const char *left,
                      const char *right);
void dv_sql_column_differs(struct dv_buf *out, const struct dv_load_column *column, const char *left,
                           const char *right);
/* Some loaded column differs ("false" where there is none); with_keys: the key columns take part. */
void dv_sql_differs(struct dv_buf *out, const struct dv_load_table *table, const char *left,
                    const char *right, bool with_keys);
/* array_agg(p.k1::text) || array_agg(p.k2::text): drover's form of a list of keys. */
void dv_sql_key_array(struct dv_buf *out, const struct dv_load_table *table, const char *prefix);
/* unnest(...) AS alias(k0, k1, ...) over such a list in column `list`; with an array expression of one value
 * a key in `values` (NULL: none) that becomes one more column, drover_value. */
void dv_sql_key_unnest(struct dv_buf *out, const struct dv_load_table *table, const char *list,
                       const char *values, const char *alias);
/* a.k0::type = p."k" AND ...: the rows of p whose key is that of the unnested alias. */
void dv_sql_key_equal_text(struct dv_buf *out, const struct dv_load_table *table, const char *alias,
                           const char *prefix);
/* {"a","b"}: a text[] as its input function reads it. */
void dv_sql_text_array(struct dv_buf *out, const char *const *texts, unsigned count);
/* NUL-terminates and checks. */
enum dv_status dv_sql_done(struct dv_buf *sql, struct dv_err *err) DV_MUST_CHECK;

#endif
