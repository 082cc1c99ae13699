/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs. Each takes the words after its name and returns an exit code of
 * sysexits(3); results go to stdout, complaints to stderr. */
#ifndef HOST_CLI_VERBS_H
#define HOST_CLI_VERBS_H

#include "cli/arguments.h"

#include <observatory/option.h>

int verb_serve(const struct arguments *arguments);
int verb_check(const struct arguments *arguments);
int verb_plugins(const struct arguments *arguments);
int verb_new_plugin(const struct arguments *arguments);
int verb_reload(const struct arguments *arguments);
int verb_lint(const struct arguments *arguments);
int verb_status(const struct arguments *arguments);
int verb_version(const struct arguments *arguments);
int verb_help(const struct arguments *arguments);

/* Anything else: `<instance> <command> ARG…`. */
int verb_command(const struct arguments *arguments);

/* Complains that a verb does not take its last word, or got none though it
 * needs one; EX_USAGE. */
int verb_usage(const struct arguments *arguments);

/* Complains about a word that is neither a verb nor one of `instances`, and
 * says what is near. */
void verb_unknown(const char *name, const obs_str_list *instances);

/* When the process began, monotonic. */
extern int64_t verb_began_ns;

#endif
