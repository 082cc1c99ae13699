/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's batches from anyone: decoded, folded, mapped, checked. */
#include "check.h"
#include "langfuse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_scores(const struct langfuse_batch *batch)
{
    struct mapped mapped = {0};

    if (langfuse_scores(batch, obs_str_of("default"), &mapped) < 0)
        return; /* the arena is full */
    if (mapped.n_feedback != batch->n_scores)
        abort();
    for (size_t i = 0; i < mapped.n_feedback; i++)
        check_feedback(batch->arena, &mapped.feedback[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct langfuse_batch batch = {.arena = obs_arena_create((size_t)64 << 20), .max_events = 1000};
    struct otlp_batch spans = {.arena = batch.arena};
    struct decode_error error;

    if (langfuse_decode(obs_str_n((const char *)data, size), &batch, &error) == OBS_OK &&
        langfuse_fold(&batch) == OBS_OK && langfuse_spans(&batch, &spans) == OBS_OK) {
        check_batch(&spans);
        check_scores(&batch);
    }
    obs_arena_destroy(batch.arena);
    return 0;
}
