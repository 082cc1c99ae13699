/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration: several complaints at once, each with its
 * place: `file:line:column: path: message`. */
#ifndef HOST_CONFIG_ERRORS_H
#define HOST_CONFIG_ERRORS_H

#include "config/node.h"

#include <stdio.h>

#define CONF_MAX_ERRORS 50

struct conf_error {
    const char *source;
    uint32_t line, column;
    uint32_t order; /* of arrival, for those of one place */
    obs_str text;   /* the whole line as printed, in the arena */
};

/* Owned by the caller; the texts live in `arena`. */
struct conf_errors {
    obs_arena *arena;
    struct conf_error items[CONF_MAX_ERRORS];
    size_t count;
    size_t more; /* beyond CONF_MAX_ERRORS */
};

void conf_errors_init(struct conf_errors *errors, obs_arena *arena);

/* Adds a complaint about `path` (may be NULL) at the place of `node`; a NULL
 * node has no place. Control characters in it come out escaped. */
void conf_error_at(struct conf_errors *errors, const obs_conf *node, const char *path,
                   const char *format, ...) OBS_PRINTF(4, 5);

/* The same about the key of `entry` of `map`. */
void conf_error_key(struct conf_errors *errors, const obs_conf *map, const struct conf_entry *entry,
                    const char *path, const char *format, ...) OBS_PRINTF(5, 6);

/* The same at a place known by numbers; line 0: no place but the source. */
void conf_error_place(struct conf_errors *errors, const char *source, uint32_t line,
                      uint32_t column, const char *path, const char *format, ...) OBS_PRINTF(6, 7);

/* Prints all, a line each: those of files in the order of their places, then
 * those of the command line and of no place. */
void conf_errors_print(struct conf_errors *errors, FILE *to);

#endif
