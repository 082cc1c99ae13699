/* SPDX-License-Identifier: Apache-2.0 */
/* Batches for Langfuse's ingestion API, and what becomes of them. JSON is written
 * with ' for ". */
#ifndef FIXTURE_LANGFUSE_H
#define FIXTURE_LANGFUSE_H

#include "langfuse.h"
#include "map.h"

#define SECOND INT64_C(1000000000)
#define T0 (INT64_C(1795417200) * SECOND) /* 2026-11-23T07:00:00Z */
#define AT0 "'2026-11-23T07:00:00.000Z'"
#define AT1 "'2026-11-23T07:00:01.000Z'"
#define AT2 "'2026-11-23T07:00:02.000Z'"
#define AT3 "'2026-11-23T07:00:03.000Z'"

#define EVENT(id, type, time, body)                                                                \
    "{'id':'" id "','type':'" type "','timestamp':" time ",'body':{" body "}}"

extern obs_arena *arena; /* of the test under way */

int langfuse_setup_group(void **state);
int langfuse_teardown_group(void **state);
int langfuse_setup(void **state);
int langfuse_teardown(void **state);

struct outcome {
    struct langfuse_batch batch;
    struct mapped mapped;
};

/* JSON with its quotes. */
obs_str quoted(const char *text);

/* Decodes and maps a request, or a batch of events, each as EVENT() writes it. */
struct outcome outcome_of(const char *json);
struct outcome events(const char *list);

/* `want` is JSON as above. */
void assert_text(obs_str got, const char *want);

#endif
