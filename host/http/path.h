/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where percent-encoding is undone and text from a target is
 * checked to be UTF-8 (RFC 3986 §2.1, §5.2.4; RFC 9112 §3.2). */
#ifndef HOST_HTTP_PATH_H
#define HOST_HTTP_PATH_H

#include <observatory/base.h>
#include <stdbool.h>

/* What an encoded slash becomes inside: a byte that no decoded path can hold,
 * so that routing does not take it for a separator. */
#define PATH_SLASH '\0'

/* The parts of a request target. `form` tells how it was written. */
enum target_form { TARGET_ORIGIN, TARGET_ABSOLUTE, TARGET_ASTERISK, TARGET_AUTHORITY };

struct target {
    uint32_t form; /* enum target_form */
    obs_str authority;
    obs_str path;  /* raw, "/" when the absolute form had none */
    obs_str query; /* raw, without '?' */
};

/* Splits `text`, borrowed. Refuses bytes that RFC 3986 has no place for
 * (controls, blanks, '#', anything over 0x7e). Errors: OBS_E_INVALID. */
int target_split(obs_str text, struct target *ret_target);

/* Decodes `raw`, which starts with '/', into `out` (raw.len bytes or more) and
 * removes dot segments. An encoded slash becomes PATH_SLASH; sets
 * `ret_slashes` when there is one. Errors: OBS_E_INVALID (bad escape, %00, not
 * UTF-8). */
int path_decode(obs_str raw, char *out, size_t *ret_len, bool *ret_slashes);

/* 1 when decoding would change nothing, so that `raw` can be used as it is. */
bool path_is_plain(obs_str raw);

/* Decodes a query name or value ('+' is a space) into `out` (raw.len bytes or
 * more). Errors: OBS_E_INVALID (bad escape, %00, not UTF-8). */
int query_decode(obs_str raw, char *out, size_t *ret_len);

/* 1 when `host` is host[:port] of RFC 3986 §3.2.2 and not empty. */
bool host_valid(obs_str host);

#endif
