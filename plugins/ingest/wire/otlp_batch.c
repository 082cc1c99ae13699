/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of what a request holds, which grow while it is decoded. */
#include "otlp_logs.h"

/* Items with room for one more, the old ones copied; NULL when out of memory. */
static void *with_room(obs_arena *arena, void *items, size_t n, size_t *capacity, size_t size)
{
    size_t more = *capacity ? *capacity * 2 : 16;
    void *grown;

    if (n < *capacity)
        return items;
    if (more > SIZE_MAX / size)
        return NULL;
    grown = obs_arena_alloc(arena, more * size);
    if (!grown)
        return NULL;
    if (n)
        memcpy(grown, items, n * size);
    *capacity = more;
    return grown;
}

struct otlp_span *otlp_batch_add(struct otlp_batch *batch)
{
    struct otlp_span *spans =
        with_room(batch->arena, batch->spans, batch->n_spans, &batch->capacity, sizeof(*spans));
    if (!spans)
        return NULL;
    batch->spans = spans;
    spans += batch->n_spans++;
    memset(spans, 0, sizeof(*spans));
    return spans;
}

struct otlp_record *otlp_logs_add(struct otlp_logs *logs)
{
    struct otlp_record *records =
        with_room(logs->arena, logs->records, logs->n_records, &logs->capacity, sizeof(*records));
    if (!records)
        return NULL;
    logs->records = records;
    records += logs->n_records++;
    memset(records, 0, sizeof(*records));
    return records;
}
