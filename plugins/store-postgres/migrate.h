/* SPDX-License-Identifier: Apache-2.0 */
/* The schema in the hands of people: the command "migrate". */
#ifndef STORE_POSTGRES_MIGRATE_H
#define STORE_POSTGRES_MIGRATE_H

#include <observatory/plugin.h>

/* Runs the command; `self` is the store. */
int migrate_command(obs_command_call *call, void *self);

/* obs_plugin.start: with `migrate: manual` the store only starts on a schema that is up
 * to date; else it answers nothing, and tells why. */
int migrate_start(void *self);

#endif
