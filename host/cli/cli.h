/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: verbs, options, exit codes of sysexits(3). */
#ifndef HOST_CLI_CLI_H
#define HOST_CLI_CLI_H

#include <observatory/base.h>

/* Runs `observatory ARG…` and returns the exit code. */
OBS_API int observatory_main(int argc, char **argv);

#endif
