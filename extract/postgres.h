/* The PostgreSQL source: what its two files share. Private to extract/. */
#ifndef DV_EXTRACT_POSTGRES_H
#define DV_EXTRACT_POSTGRES_H

#include "extract/source.h"

/* See struct dv_source_type. */
enum dv_status dv_postgres_extract(const struct dv_extract_group *group, struct dv_err *err) DV_MUST_CHECK;

#endif
