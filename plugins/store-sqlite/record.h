/* SPDX-License-Identifier: Apache-2.0 */
/* Reading small keyed records; they are written by writer_put(). */
#ifndef STORE_SQLITE_RECORD_H
#define STORE_SQLITE_RECORD_H

#include "reader.h"

/* obs_store.record_get. */
int record_submit_get(struct readers *readers, obs_str space, obs_str key, obs_record_fn done,
                      void *user);

#endif
