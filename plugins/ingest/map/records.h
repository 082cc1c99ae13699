/* SPDX-License-Identifier: Apache-2.0 */
/* From log records to fragments of the spans that they are of, and to feedback:
 * events of generative AI tell of a call what its span may not. */
#ifndef INGEST_RECORDS_H
#define INGEST_RECORDS_H

#include "map.h"
#include "otlp_logs.h"

/* What became of the records of a request. */
struct records {
    size_t n;           /* all of them */
    size_t n_joined;    /* are in a fragment */
    size_t n_feedback;  /* are feedback */
    size_t n_rejected;  /* events for us that name no span */
    size_t n_discarded; /* all others */
    size_t rejects[N_REJECTS];
};

/* Maps the events of `logs` into `ret`, all those of one span to one fragment, and
 * evaluations to feedback.
 * `max_parts` and `project`: as map_batch(). Errors: OBS_E_NOMEM. Thread: any. */
OBS_MUST_CHECK int records_map(const struct map_index *index, obs_str project, uint32_t max_parts,
                               const struct otlp_logs *logs, struct mapped *ret,
                               struct records *ret_records);

/* One sentence on what was rejected or discarded; empty when nothing was. */
obs_str records_text(obs_arena *arena, const struct records *records);

#endif
