/* SPDX-License-Identifier: Apache-2.0 */
/* The command that waits until rollups and text index have everything. */
#ifndef STORE_SQLITE_CATCH_UP_H
#define STORE_SQLITE_CATCH_UP_H

#include "db.h"

/* Runs it; an exit code. */
int catch_up(obs_command_call *call, obs_instance *instance, const struct settings *settings);

#endif
