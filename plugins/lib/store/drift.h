/* SPDX-License-Identifier: Apache-2.0 */
/* Whether rollups still are what their spans say: from time to time a minute is
 * reckoned both ways. A difference is a defect, and told as such. */
#ifndef PLUGINS_LIB_STORE_DRIFT_H
#define PLUGINS_LIB_STORE_DRIFT_H

#include "database.h"
#include "statement.h"

#include <stdbool.h>

struct drift_check;

/* Starts a thread with a connection of its own, which looks every rollup_check. On
 * failure a sentence is in `error`. Thread: control. */
int drift_check_start(obs_instance *instance, const struct settings *settings,
                      struct drift_check **ret_check, char *error, size_t error_size);

/* NULL is a no-op. Thread: control. */
void drift_check_stop(struct drift_check *check);

/* Looks at the minute of a span chosen at random. `ret_same` is true too when there
 * is none, or when it cannot be told; `ret_minute_ns` is which one. Errors: those of
 * the store. */
int drift_look(struct statements *statements, const struct settings *settings, bool *ret_same,
               int64_t *ret_minute_ns);

#endif
