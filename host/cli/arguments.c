/* SPDX-License-Identifier: Apache-2.0 */
/* By hand instead of getopt_long(), because options may stand before or after
 * the verb and those of a plugin's command must pass through untouched. */
#include "cli/arguments.h"

#include <stdio.h>
#include <stdlib.h>

#define INSTALLED_CONFIG "/etc/observatory/observatory.yaml"

/* The value of option `name` at argv[*at]: "--name value" or "--name=value".
 * NULL when it is another one; *at moves to the value. */
static const char *option_value(int argc, char **argv, int *at, const char *name)
{
    size_t len = strlen(name);
    const char *word = argv[*at];

    if (strncmp(word, name, len) != 0)
        return NULL;
    if (word[len] == '=')
        return word + len + 1;
    if (word[len] != '\0')
        return NULL;
    return ++*at < argc ? argv[*at] : "";
}

static int take_value(const char *option, const char *value, const char **ret_value, char *error,
                      size_t error_size)
{
    if (!value[0]) {
        snprintf(error, error_size, "%s needs a value", option);
        return OBS_E_INVALID;
    }
    *ret_value = value;
    return OBS_OK;
}

/* The words of `argv` into the two lists, which have room for all. */
static int sort_words(int argc, char **argv, struct arguments *to, const char **sets,
                      const char **words, char *error, size_t error_size)
{
    const char *value;
    int rc = OBS_OK;

    for (int i = 1; i < argc && rc == OBS_OK; i++) {
        const char *word = argv[i];

        if (strcmp(word, "--") == 0) {
            while (++i < argc)
                words[to->n_words++] = argv[i];
        } else if ((value = option_value(argc, argv, &i, "--config")) != NULL) {
            rc = take_value("--config FILE", value, &to->config, error, error_size);
        } else if ((value = option_value(argc, argv, &i, "--set")) != NULL) {
            rc = take_value("--set PATH=VALUE", value, &sets[to->n_sets++], error, error_size);
        } else if (to->n_words <= 1 && (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
            to->help = true;
        } else if (to->n_words == 0 && (!strcmp(word, "--version") || !strcmp(word, "-V"))) {
            to->version = true;
        } else {
            words[to->n_words++] = word;
        }
    }
    return rc;
}

int arguments_parse(int argc, char **argv, struct arguments *ret_arguments, char *error,
                    size_t error_size)
{
    const char *environment = getenv("OBSERVATORY_CONFIG");
    const char **sets = calloc((size_t)argc + 1, sizeof(*sets));
    const char **words = calloc((size_t)argc + 1, sizeof(*words));
    struct arguments arguments = {
        .config = environment && environment[0] ? environment : INSTALLED_CONFIG,
        .sets = sets,
        .words = words,
    };
    int rc = OBS_E_NOMEM;

    if (sets && words)
        rc = sort_words(argc, argv, &arguments, sets, words, error, error_size);
    else
        snprintf(error, error_size, "out of memory");
    if (rc < 0)
        arguments_finish(&arguments);
    else
        *ret_arguments = arguments;
    return rc;
}

void arguments_finish(struct arguments *arguments)
{
    free((void *)arguments->sets);
    free((void *)arguments->words);
}
