/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP status codes: status lines ready to send, and a small index for tables
 * (RFC 9110 §15). */
#ifndef HOST_HTTP_STATUS_H
#define HOST_HTTP_STATUS_H

#include <observatory/base.h>

/* Number of indices; the last one stands for every code without a name. */
#define STATUS_COUNT 48

/* 0 .. STATUS_COUNT - 1. */
uint32_t status_index(int status);

/* "HTTP/1.1 200 OK\r\n"; ptr NULL for a code without a name. Static storage. */
obs_str status_line(int status);

#endif
