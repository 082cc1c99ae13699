/* SPDX-License-Identifier: Apache-2.0 */
/* One member of a JSON object that is known to be valid and compact, as spans have
 * them, without reading the rest of it. */
#ifndef PLUGINS_LIB_JSON_MEMBER_H
#define PLUGINS_LIB_JSON_MEMBER_H

#include <observatory/base.h>

/* The text of the member `key`'s value; ptr NULL when there is none. A slice of
 * `object`. */
obs_str json_member(obs_str object, obs_str key);

/* What a text in JSON, quotes included, stands for: written to `to`, which has room
 * for json.len bytes. Returns how many. */
size_t json_unquote(obs_str json, char *to);

#endif
