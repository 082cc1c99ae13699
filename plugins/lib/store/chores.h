/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer does beside what it is told: old things go, and what was not
 * counted is. A few rows at a time, so that nobody waits for it. */
#ifndef PLUGINS_LIB_STORE_CHORES_H
#define PLUGINS_LIB_STORE_CHORES_H

#include "writer.h"

enum { CHORES_MAX = 8 };

struct chores {
    const struct settings *settings; /* borrowed */
    struct changes *changes;         /* borrowed */
    int64_t due_ns[CHORES_MAX];      /* monotonic */
    int64_t unindexed;               /* texts that wait for their index */
    bool busy;                       /* others wait to write */
};

void chores_init(struct chores *chores, const struct settings *settings, struct changes *changes);

/* When the next one is due; monotonic. */
int64_t chores_due_ns(const struct chores *chores);

/* A step of each that is due, in transactions of their own. Returns a SQLite result
 * code; after an error they rest for a while. `busy`: others wait to write. */
int chores_run(struct chores *chores, struct writing *writing, bool busy);

#endif
