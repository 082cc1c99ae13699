/* SPDX-License-Identifier: Apache-2.0 */
/* Small keyed records. */
#ifndef PLUGINS_LIB_STORE_RECORD_H
#define PLUGINS_LIB_STORE_RECORD_H

#include "reader.h"
#include "writer.h"

/* obs_store.record_get. */
int record_submit_get(struct readers *readers, obs_str space, obs_str key, obs_record_fn done,
                      void *user);

/* When a record is written. */
enum record_if { RECORD_ALWAYS, RECORD_IF_NEW, RECORD_IF_SAME };

/* obs_store.record_put and record_swap; `old` is what it is to be the same as. */
int record_submit_put(struct writer *writer, obs_str space, obs_str key, enum record_if when,
                      obs_str old, obs_str value, obs_record_fn done, void *user);

#endif
