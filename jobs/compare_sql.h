/* sql/compat.sql and sql/order.sql as NUL-terminated bytes, made at build time. Private to compare. */
#ifndef DV_JOBS_COMPARE_SQL_H
#define DV_JOBS_COMPARE_SQL_H

extern const unsigned char dv_compat_sql[], dv_order_sql[];

#endif
