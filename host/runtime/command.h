/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory <instance> <command> ARG…`: a plugin's command, run without a
 * server. */
#ifndef HOST_RUNTIME_COMMAND_H
#define HOST_RUNTIME_COMMAND_H

#include <observatory/plugin.h>

struct generation;
struct settings;

struct command_spec {
    const struct settings *settings;
    struct generation *generation; /* planned for one instance, which is its last */
    const char *command;           /* NULL: list the commands */
    int argc;                      /* after the command */
    const char *const *argv;
};

/* Starts the instance and what it needs with the calling thread as the only
 * worker, runs the command, ends everything. Returns the exit code; complaints
 * go to stderr. Thread: control. */
int command_run(const struct command_spec *spec);

#endif
