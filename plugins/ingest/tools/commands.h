/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory ingest demo` and `observatory ingest import`. */
#ifndef INGEST_COMMANDS_H
#define INGEST_COMMANDS_H

#include <observatory/plugin.h>

/* A number the compiler knows, for the descriptor. */
#define N_INGEST_COMMANDS 2u
extern const obs_command ingest_commands[N_INGEST_COMMANDS];

#endif
