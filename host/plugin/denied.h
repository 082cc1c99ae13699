/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that a plugin had better not call, and why: they act on the whole
 * process, or leave a pointer into the plugin behind. */
#ifndef HOST_PLUGIN_DENIED_H
#define HOST_PLUGIN_DENIED_H

#include <stdbool.h>

struct denied {
    const char *symbol;  /* with '*' at the end: every name that begins so */
    const char *why;     /* half a sentence: what it does, and what to do instead */
    bool is_left_behind; /* something may call the plugin after it has ended */
};

/* The entry for an imported symbol; NULL when there is nothing against it. */
const struct denied *denied_find(const char *symbol);

#endif
