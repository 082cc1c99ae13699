/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics from anyone, in protobuf and in JSON: read to their end, or refused with a
 * place in the body. */
#include "otlp_metrics.h"

#include <stdlib.h>

typedef int (*reader)(obs_str body, struct otlp_metrics *metrics, struct decode_error *error);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(reader read, obs_str body)
{
    struct otlp_metrics metrics = {.arena = obs_arena_create((size_t)64 << 20)};
    struct decode_error error;
    int rc = read(body, &metrics, &error);

    if (rc == OBS_E_SYNTAX && (!error.text[0] || error.offset > body.len))
        abort();
    if (metrics.n_genai + metrics.n_other > body.len) /* a point takes two bytes */
        abort();
    obs_arena_destroy(metrics.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str body = obs_str_n((const char *)data, size);

    check(otlp_metrics_proto_read, body);
    check(otlp_metrics_json_read, body);
    return 0;
}
