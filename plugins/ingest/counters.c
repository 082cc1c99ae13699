/* SPDX-License-Identifier: Apache-2.0 */
/* What ingest counts. Every series exists from the start, so that a rate over
 * one that never moved is 0 and not absent. */
#include "ingest.h"

static int family(obs_instance *instance, const char *name, const char *help,
                  const char *const *labels, size_t n_labels, obs_metric **ret)
{
    obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_COUNTER,
        .name = name,
        .help = help,
        .labels = labels,
        .n_labels = n_labels,
    };

    return obs_metric_register(instance, &spec, ret);
}

static obs_series *one(obs_metric *metric, const char *value)
{
    obs_str label = obs_str_of(value);

    return obs_metric_series(metric, &label);
}

static void requests(obs_metric *metric, struct ingest_metrics *m)
{
    static const char *const protocols[N_PROTOCOLS] = {"otlp", "otlp_logs", "otlp_metrics",
                                                       "native", "langfuse"};
    static const char *const outcomes[N_OUTCOMES] = {"ok", "partial", "invalid", "busy", "failed"};

    for (int p = 0; p < N_PROTOCOLS; p++)
        for (int o = 0; o < N_OUTCOMES; o++) {
            obs_str labels[] = {obs_str_of(protocols[p]), obs_str_of(outcomes[o])};

            m->requests[p][o] = obs_metric_series(metric, labels);
        }
}

static int other_signals(obs_instance *instance, struct ingest_metrics *m)
{
    static const char *const result[] = {"result"};
    obs_metric *metric;
    int rc = family(instance, "ingest_log_records_total", "Log records, by what became of them",
                    result, 1, &metric);

    if (rc < 0)
        return rc;
    m->records_joined = one(metric, "joined");
    m->records_feedback = one(metric, "feedback");
    m->records_rejected = one(metric, "rejected");
    m->records_discarded = one(metric, "discarded");
    rc = family(instance, "ingest_metric_points_total",
                "Data points of metrics, none of which is kept: of generative AI, and others",
                result, 1, &metric);
    if (rc < 0)
        return rc;
    m->points_genai = one(metric, "genai");
    m->points_other = one(metric, "other");
    return OBS_OK;
}

int ingest_metrics_register(obs_instance *instance, struct ingest_metrics *ret)
{
    static const char *const result[] = {"result"}, *const encoding[] = {"encoding"};
    static const char *const protocol_result[] = {"protocol", "result"};
    struct ingest_metrics m;
    obs_metric *metric;
    int rc;

    rc = family(instance, "ingest_spans_total", "Spans received, by what became of them", result, 1,
                &metric);
    if (rc < 0)
        return rc;
    m.stored = one(metric, "stored");
    m.repeated = one(metric, "repeated");
    m.merged = one(metric, "merged");
    m.waiting = one(metric, "waiting");
    m.rejected = one(metric, "rejected");
    rc = family(instance, "ingest_bytes_total", "Bytes of decoded request bodies", encoding, 1,
                &metric);
    if (rc < 0)
        return rc;
    m.bytes[ENCODING_PROTOBUF] = one(metric, "protobuf");
    m.bytes[ENCODING_JSON] = one(metric, "json");
    m.bytes[ENCODING_NATIVE] = one(metric, "native");
    m.bytes[ENCODING_LANGFUSE] = one(metric, "langfuse");
    rc = family(instance, "ingest_requests_total", "Ingest requests, by how they were answered",
                protocol_result, 2, &metric);
    if (rc < 0)
        return rc;
    requests(metric, &m);
    rc = family(instance, "ingest_replaced_texts_total",
                "Texts that were not UTF-8 and were repaired", NULL, 0, &metric);
    if (rc < 0)
        return rc;
    m.replaced = obs_metric_series(metric, NULL);
    rc = other_signals(instance, &m);
    if (rc < 0)
        return rc;
    rc = feedback_counters_register(instance, &m.feedback);
    if (rc < 0)
        return rc;
    *ret = m;
    return OBS_OK;
}
