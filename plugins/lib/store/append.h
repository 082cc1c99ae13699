/* SPDX-License-Identifier: Apache-2.0 */
/* Appending spans: new ones are inserted, others merged, fragments kept. */
#ifndef PLUGINS_LIB_STORE_APPEND_H
#define PLUGINS_LIB_STORE_APPEND_H

#include "writer.h"

/* obs_store.append without the checks of the spans. Thread: any. */
int append_submit(struct writer *writer, const obs_span *spans, size_t n, obs_merge_fn merge,
                  obs_worker *worker, obs_append_fn done, void *user);

#endif
