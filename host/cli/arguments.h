/* SPDX-License-Identifier: Apache-2.0 */
/* The command line taken apart: what is the host's wherever it stands, and the
 * rest in its order. */
#ifndef HOST_CLI_ARGUMENTS_H
#define HOST_CLI_ARGUMENTS_H

#include <observatory/base.h>
#include <stdbool.h>

struct arguments {
    const char *config;      /* --config, OBSERVATORY_CONFIG or the installed place */
    const char *const *sets; /* --set, in order */
    size_t n_sets;
    const char *const *words; /* the verb and everything else */
    int n_words;
    bool help;
    bool version;
};

/* Takes --config, --set, --help and --version out of `argv`, up to a "--" or,
 * for the latter two, up to a plugin's command, which has its own. A sentence
 * is in `error` on failure. Errors: OBS_E_INVALID, OBS_E_NOMEM. */
OBS_MUST_CHECK int arguments_parse(int argc, char **argv, struct arguments *ret_arguments,
                                   char *error, size_t error_size);

void arguments_finish(struct arguments *arguments);

#endif
