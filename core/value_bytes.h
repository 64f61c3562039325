/* bytea as text: hex and escape form in, hex out. Internal to core/. */
#ifndef DV_CORE_VALUE_BYTES_H
#define DV_CORE_VALUE_BYTES_H

#include "core/value.h"

/* 22023 for bad hex digits, 22P02 for a bad escape. */
enum dv_status dv_bytea_parse(const char *text, size_t length, struct dv_arena *arena, struct dv_value *out,
                              struct dv_err *err) DV_MUST_CHECK;
void dv_bytea_format(const char *bytes, size_t length, struct dv_buf *out);

#endif
