/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON body of an error answer, and JSON text for the access log. Nothing
 * here allocates. */
#ifndef HOST_HTTP_ERROR_BODY_H
#define HOST_HTTP_ERROR_BODY_H

#include <observatory/base.h>

/* Text growing in a fixed room; what does not fit is left out and `full` set. */
struct text {
    char *ptr;
    size_t len, room;
    int full;
};

void text_raw(struct text *t, const char *bytes, size_t len);
void text_cstr(struct text *t, const char *s);
void text_int(struct text *t, int64_t value);

/* The inside of a JSON string. Bytes that are not UTF-8 become U+FFFD. */
void text_json(struct text *t, obs_str s);

/* RFC 3339 in UTC with milliseconds. */
void text_time(struct text *t, int64_t unix_ns);

enum { ERROR_BODY_BYTES = 8192, ERROR_MESSAGE_BYTES = 1024 };

/* Renders into `out` of ERROR_BODY_BYTES; returns the length. */
size_t error_body_render(char *out, const obs_error_info *error, const char *field,
                         const char *message, int64_t time_ns, obs_str request_id);

#endif
