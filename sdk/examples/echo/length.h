/* SPDX-License-Identifier: Apache-2.0 */
/* How long the echoed body will be, as far as the request's header tells. */
#ifndef ECHO_LENGTH_H
#define ECHO_LENGTH_H

#include <observatory/base.h>

/* Bytes of the body after decoding: from Content-Length when there is one and
 * the body is not encoded; 0 without a body; -1 when only the end will tell.
 * Each argument is the header's value, `ptr` NULL when it is absent. */
int64_t length_of_body(obs_str content_length, obs_str transfer_encoding, obs_str content_encoding);

#endif
