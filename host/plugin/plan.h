/* SPDX-License-Identifier: Apache-2.0 */
/* From the config to a generation that could be started: files found, loaded
 * and checked, options bound, order and routes settled, and what can stay as it
 * is taken from the generation before. No function of a plugin has been called. */
#ifndef HOST_PLUGIN_PLAN_H
#define HOST_PLUGIN_PLAN_H

#include "plugin/generation.h"

struct image;
struct settings;

/* A plugin that is not in a file: the instance called `name`, which is in the
 * configuration, is made from `image`. */
struct plan_link {
    struct plan_link *next;
    const char *name;
    struct image *image; /* NULL: it is in a file after all */
};

struct plan_spec {
    uint64_t number;
    const char *only;                  /* this instance and what it needs, it last; NULL: all */
    const struct generation *previous; /* the one in use; NULL: there is none */
    const char *plugin; /* take file and options of this instance from disk and leave all others
                           of `previous` as they are; NULL: take all from disk */
    const struct plan_link *links; /* NULL: there are none */
};

/* Makes the generation that `settings` describes. Mistakes are added to its
 * errors, all of them, not only the first. Errors: OBS_E_INVALID (there are
 * some), OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int plan_generation(struct settings *settings, const struct plan_spec *spec,
                                   struct generation **ret_generation);

#endif
