/* SPDX-License-Identifier: Apache-2.0 */
/* Small keyed records. */
#ifndef STORE_SQLITE_RECORD_H
#define STORE_SQLITE_RECORD_H

#include "reader.h"
#include "writer.h"

/* obs_store.record_get. */
int record_submit_get(struct readers *readers, obs_str space, obs_str key, obs_record_fn done,
                      void *user);

/* obs_store.record_put. */
int record_submit_put(struct writer *writer, obs_str space, obs_str key, obs_str value,
                      uint32_t flags, obs_record_fn done, void *user);

#endif
