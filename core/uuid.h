/* UUIDs: text form and name-based (version 5, RFC 4122 section 4.3, SHA-1 by OpenSSL). */
#ifndef DV_CORE_UUID_H
#define DV_CORE_UUID_H

#include "core/buf.h"
#include "core/error.h"

/* The forms that PostgreSQL reads: hyphens optional after each group of four digits, braces, upper case.
 * 22P02. */
enum dv_status dv_uuid_parse(const char *text, size_t length, unsigned char out[16],
                             struct dv_err *err) DV_MUST_CHECK;
void dv_uuid_format(const unsigned char uuid[16], char out[36]); /* not NUL-terminated */
void dv_uuid_v5(const unsigned char namespace_uuid[16], const char *name, size_t length,
                unsigned char out[16]);
/* drover's uuid5(namespace, name): the namespace is itself a v5 uuid of that text under the URL namespace. */
void dv_uuid_namespace(const char *namespace_text, size_t length, unsigned char out[16]);
void dv_uuid_random(unsigned char out[16]);

#endif
