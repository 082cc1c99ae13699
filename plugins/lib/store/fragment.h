/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of spans that wait for their span, in the table `fragments`. All calls
 * return a code of the database. */
#ifndef PLUGINS_LIB_STORE_FRAGMENT_H
#define PLUGINS_LIB_STORE_FRAGMENT_H

#include "statement.h"

#include <observatory/memory.h>
#include <observatory/span.h>
#include <stdbool.h>

/* What the writer knows of them, so that a store without any never looks. */
struct fragments {
    struct statements *statements; /* borrowed */
    bool known;                    /* the two below are true of the file */
    bool any;                      /* some may wait */
    int64_t data_version;          /* of the file: changes when another process writes */
};

/* One that waited. */
struct fragment {
    struct fragment *next;
    obs_span span;
};

/* Looks whether any wait, unless that is known. At the begin of a transaction. */
int fragments_look(struct fragments *fragments);

/* What was written is taken back: nothing is known any more. */
static inline void fragments_forget(struct fragments *fragments)
{
    fragments->known = false;
}

/* Keeps one; `arena` is for the time of the call. */
int fragment_keep(struct fragments *fragments, const obs_span *fragment, obs_arena *arena);

/* Whether any wait for `span`. */
int fragments_wait_for(struct fragments *fragments, const obs_span *span, bool *ret_any);

/* Takes away those that wait for `span`: a list in `arena`, in the order in which
 * they came. What another version wrote and this one cannot read is left out. */
int fragments_take(struct fragments *fragments, const obs_span *span, obs_arena *arena,
                   struct fragment **ret_first);

/* Removes up to `n` that came before a moment; `ret_removed` is how many. */
int fragments_expire(struct fragments *fragments, int64_t before_ns, int n, int *ret_removed);

/* How many wait. */
int fragments_count(struct fragments *fragments, int64_t *ret_n);

#endif
