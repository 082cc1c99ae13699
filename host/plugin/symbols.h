/* SPDX-License-Identifier: Apache-2.0 */
/* What to think of a symbol by its name alone: functions that a plugin had
 * better not call, and exports that nobody wrote. */
#ifndef HOST_PLUGIN_SYMBOLS_H
#define HOST_PLUGIN_SYMBOLS_H

#include <stdbool.h>

/* A function that acts on the whole process, or that keeps a pointer into the
 * plugin. */
struct denied_symbol {
    const char *name;    /* with '*' at the end: every name that begins so */
    const char *why;     /* half a sentence: what is wrong, and what to do instead */
    bool is_left_behind; /* something may call the plugin after it has ended */
};

/* The entry for an imported symbol; NULL when there is nothing against it. */
const struct denied_symbol *symbol_denied(const char *name);

/* Whether compilers and linkers export it by themselves: for sanitizers and
 * coverage, and what older linkers export of every file. */
bool symbol_is_of_toolchain(const char *name);

#endif
