/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory ingest demo` and `observatory ingest import`. */
#ifndef INGEST_COMMANDS_H
#define INGEST_COMMANDS_H

#include <observatory/plugin.h>

extern const obs_command ingest_commands[];
extern const size_t n_ingest_commands;

#endif
