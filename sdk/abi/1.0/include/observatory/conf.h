/* SPDX-License-Identifier: Apache-2.0 */
/* Reading YAML: the part of the configuration that a plugin declared as
 * OBS_OPT_TREE, and data of its own (a price book), from files or from memory.
 * Nodes know where they stand, so that complaints can say file, line and column. */
#ifndef OBSERVATORY_CONF_H
#define OBSERVATORY_CONF_H

#include <observatory/memory.h>

OBS_BEGIN_DECLS

/* A node of a YAML 1.1 document: scalar, sequence or mapping. Immutable;
 * owned by the tree it came from.  Since: ABI 1.0. */
typedef struct obs_conf obs_conf;

#define OBS_CONF_NULL 0u
#define OBS_CONF_SCALAR 1u
#define OBS_CONF_SEQUENCE 2u
#define OBS_CONF_MAPPING 3u

/* Reads the YAML file at `path` into `arena`. Substitutes nothing. On failure
 * one sentence with file, line and column is in `error` (borrowed, at least
 * 256 bytes), NUL-terminated. Errors: OBS_E_NOT_FOUND, OBS_E_SYNTAX,
 * OBS_E_TOO_LARGE (64 MiB), OBS_E_NOMEM.
 * Thread: [control] or off the loop.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_conf_load(obs_arena *arena, const char *path,
                                         const obs_conf **ret_root, char *error, size_t error_size);

/* Reads `text` as obs_conf_load() reads a file; JSON is YAML too. `source` names
 * it in complaints and in obs_conf_source(); both are copied. Errors: OBS_E_SYNTAX,
 * OBS_E_NOMEM.
 * Thread: [any], one at a time for an arena.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_conf_parse(obs_arena *arena, obs_str text, const char *source,
                                          const obs_conf **ret_root, char *error,
                                          size_t error_size);

/* OBS_CONF_* of `node`; OBS_CONF_NULL for NULL.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API uint32_t obs_conf_type(const obs_conf *node);

/* The value under `key`, NULL when absent or when `map` is no mapping.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const obs_conf *obs_conf_get(const obs_conf *map, const char *key);

/* Entries of a mapping or a sequence; 0 for anything else.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API size_t obs_conf_count(const obs_conf *node);

/* Entry `index` in the order of the file, NULL past the end; for a mapping
 * this is the value, and `ret_key` (may be NULL) receives its key.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const obs_conf *obs_conf_at(const obs_conf *node, size_t index, obs_str *ret_key);

/* The text of a scalar, "" for anything else. NUL-terminated past its end.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API obs_str obs_conf_str(const obs_conf *node);

/* What the node was read from: the name of a file as it was given, or of what was
 * parsed, or "--set" and the path of an override. NUL-terminated, as long-lived as
 * the tree; "" for NULL.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const char *obs_conf_source(const obs_conf *node);

/* Line and column of the node, from 1; 0 for NULL and for an override.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API uint32_t obs_conf_line(const obs_conf *node);
OBS_API uint32_t obs_conf_column(const obs_conf *node);

OBS_END_DECLS
#endif
