/* SPDX-License-Identifier: Apache-2.0 */
/* obs.store/1 on a database: what the plugins share that have one. They bring the
 * database (database.h), its dialect (dialect.h) and its text index (text_index.h). */
#ifndef PLUGINS_LIB_STORE_STORE_H
#define PLUGINS_LIB_STORE_STORE_H

#include "settings.h"

#include <observatory/plugin.h>

/* Members of obs_plugin; `config` begins with a struct settings. */
int store_create(obs_instance *instance, const void *config, void **ret_self);
int store_start(void *self);
void store_stop(void *self);
void store_destroy(void *self);

/* Of a store that was created. */
const struct settings *store_settings(const void *self);
obs_instance *store_instance(const void *self);

/* Runs the command "catch-up". */
int store_catch_up(obs_command_call *call, void *self);
#define STORE_CATCH_UP                                                                             \
    {                                                                                              \
        .name = "catch-up", .usage = "",                                                           \
        .summary = "counts spans that the rollups lack, indexes texts that the index lacks",       \
        .run = store_catch_up,                                                                     \
    }

#endif
