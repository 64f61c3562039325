/* Many constant paths over one JSON text, answered by one walk over it.
 *
 * Order of calls: dv_json_paths_add for every path (once; the set then never changes and any thread may read
 * it), dv_json_paths_scan for each text, into `found` of `count` slices that the caller owns. The slices are
 * borrowed from the text. dv_json_walk answers one path alone, by the same rules. */
#ifndef DV_CORE_JSONB_PATHS_H
#define DV_CORE_JSONB_PATHS_H

#include "core/jsonb.h"

#include <stdint.h>

enum dv_json_step_by {
    DV_JSON_BY_KEY = 1,   /* into an object */
    DV_JSON_BY_INDEX = 2, /* into an array; negative: from its end */
    DV_JSON_BY_SELF = 4   /* jsonb -> 0 and -> -1: a scalar is an array of one */
};

struct dv_json_step {
    const char *key; /* borrowed, for as long as the path is in use; not escaped */
    size_t key_length;
    int64_t index;
    unsigned by; /* of enum dv_json_step_by */
};

struct dv_json_path_node {
    struct dv_json_step step;
    unsigned slot;                                /* into `found` */
    bool wanted;                                  /* a path ends here */
    struct dv_json_path_node *members, *elements; /* the first child by key, in jsonb's order; by index */
    struct dv_json_path_node *next_member, *next_element;
    int64_t last_index; /* of the elements wanted from the start; -1: none */
    bool from_end;      /* elements are wanted from the end */
};

struct dv_json_paths {
    struct dv_json_path_node root;
    unsigned count; /* slots that a scan fills */
};

/* A zeroed struct is an empty set. Equal paths share a slot. */
enum dv_status dv_json_paths_add(struct dv_json_paths *paths, const struct dv_json_step *steps, size_t count,
                                 struct dv_arena *arena, unsigned *slot, struct dv_err *err) DV_MUST_CHECK;
/* canonical: a jsonb value, whose members are unique and in order: the walk ends where the last path is
 * decided. Of a json value the last of equal keys counts, so its objects are read to their end.
 * false: the text is not JSON, `found` holds nothing of use. */
bool dv_json_paths_scan(const struct dv_json_paths *paths, struct dv_json_text json, bool canonical,
                        struct dv_json_text *found);
/* One path, step by step; .p NULL where there is nothing. */
struct dv_json_text dv_json_walk(struct dv_json_text json, const struct dv_json_step *steps, size_t count);

#endif
