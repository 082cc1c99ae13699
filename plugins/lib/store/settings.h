/* SPDX-License-Identifier: Apache-2.0 */
/* The options that all of these stores have; filled by the host. */
#ifndef PLUGINS_LIB_STORE_SETTINGS_H
#define PLUGINS_LIB_STORE_SETTINGS_H

#include "rollup_plan.h"

#include <stddef.h>
#include <stdint.h>

/* First in the settings of each store. */
struct settings {
    int64_t readers;
    int64_t queue_spans;
    uint64_t queue_bytes;
    int64_t read_queue;
    int64_t commit_max_spans;
    int64_t query_timeout_ns;
    int64_t keep_fragments_ns;
    int64_t filter_depth, filter_nodes, filter_values;
    int64_t aggregate_groups;
    int32_t text_index; /* enum below */
    int64_t text_lag;
    int64_t retention_spans_ns, retention_content_ns; /* 0: kept */
    int64_t retention_cells_ns[ROLLUP_N_RESOLUTIONS];
    int64_t rollup_check_ns; /* 0: never */
};

enum { TEXT_INDEX_WORDS, TEXT_INDEX_NONE };

/* For a table of obs_option; `readers` is how many by default. */
#define SETTINGS_AT(member) offsetof(struct settings, member)
#define SETTINGS_OPTIONS(readers_)                                                                 \
    {"readers",                                                                                    \
     OBS_OPT_INT,                                                                                  \
     0,                                                                                            \
     SETTINGS_AT(readers),                                                                         \
     readers_,                                                                                     \
     "1",                                                                                          \
     "64",                                                                                         \
     NULL,                                                                                         \
     "threads that read, each with a connection"},                                                 \
        {"queue_spans",                                                                            \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(queue_spans),                                                                 \
         "100000",                                                                                 \
         "1",                                                                                      \
         "10000000",                                                                               \
         NULL,                                                                                     \
         "spans that may wait for the writer before more are refused as busy"},                    \
        {"queue_bytes",                                                                            \
         OBS_OPT_SIZE,                                                                             \
         0,                                                                                        \
         SETTINGS_AT(queue_bytes),                                                                 \
         "256MiB",                                                                                 \
         "1MiB",                                                                                   \
         "64GiB",                                                                                  \
         NULL,                                                                                     \
         "bytes that may wait for the writer before more are refused as busy"},                    \
        {"read_queue",                                                                             \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(read_queue),                                                                  \
         "1000",                                                                                   \
         "1",                                                                                      \
         "1000000",                                                                                \
         NULL,                                                                                     \
         "queries that may wait for a reader before more are refused as busy"},                    \
        {"commit_max_spans",                                                                       \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(commit_max_spans),                                                            \
         "8192",                                                                                   \
         "1",                                                                                      \
         "1000000",                                                                                \
         NULL,                                                                                     \
         "spans in one transaction at most, so that none waits long"},                             \
        {"query_timeout",                                                                          \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(query_timeout_ns),                                                            \
         "10s",                                                                                    \
         "1ms",                                                                                    \
         "1h",                                                                                     \
         NULL,                                                                                     \
         "how long a query may run"},                                                              \
        {"keep_fragments",                                                                         \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(keep_fragments_ns),                                                           \
         "7d",                                                                                     \
         "1m",                                                                                     \
         "3650d",                                                                                  \
         NULL,                                                                                     \
         "how long a part of a span waits for its span before it is removed"},                     \
        {"filter_depth",                                                                           \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(filter_depth),                                                                \
         "16",                                                                                     \
         "1",                                                                                      \
         "200",                                                                                    \
         NULL,                                                                                     \
         "levels of a filter at most"},                                                            \
        {"filter_nodes",                                                                           \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(filter_nodes),                                                                \
         "256",                                                                                    \
         "1",                                                                                      \
         "10000",                                                                                  \
         NULL,                                                                                     \
         "conditions of a filter at most"},                                                        \
        {"filter_values",                                                                          \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(filter_values),                                                               \
         "1000",                                                                                   \
         "1",                                                                                      \
         "30000",                                                                                  \
         NULL,                                                                                     \
         "values of one list in a filter at most"},                                                \
        {"aggregate_groups",                                                                       \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(aggregate_groups),                                                            \
         "200000",                                                                                 \
         "1",                                                                                      \
         "100000000",                                                                              \
         NULL,                                                                                     \
         "groups and buckets of one aggregate at most, which it holds in "                         \
         "memory"},                                                                                \
        {"text_index",                                                                             \
         OBS_OPT_CHOICE,                                                                           \
         0,                                                                                        \
         SETTINGS_AT(text_index),                                                                  \
         "words",                                                                                  \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "words|none",                                                                             \
         "words: prompts and completions are indexed behind the commit; none: "                    \
         "searches read them"},                                                                    \
        {"text_lag",                                                                               \
         OBS_OPT_INT,                                                                              \
         0,                                                                                        \
         SETTINGS_AT(text_lag),                                                                    \
         "20000",                                                                                  \
         "0",                                                                                      \
         "100000000",                                                                              \
         NULL,                                                                                     \
         "spans that may wait for the text index before it is built while others wait to write"},  \
        {"retention_spans",                                                                        \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_spans_ns),                                                          \
         "90d",                                                                                    \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long spans are kept; 0: for ever. Rollups stay"},                                    \
        {"retention_content",                                                                      \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_content_ns),                                                        \
         "0s",                                                                                     \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long prompts and completions are kept; 0: as long as their spans"},                  \
        {"retention_minutes",                                                                      \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_cells_ns[ROLLUP_MINUTE]),                                           \
         "37d",                                                                                    \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long rollups of minutes are kept; 0: for ever"},                                     \
        {"retention_quarter_hours",                                                                \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_cells_ns[ROLLUP_QUARTER]),                                          \
         "210d",                                                                                   \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long rollups of quarter hours are kept; 0: for ever"},                               \
        {"retention_hours",                                                                        \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_cells_ns[ROLLUP_HOUR]),                                             \
         "1095d",                                                                                  \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long rollups of hours are kept; 0: for ever"},                                       \
        {"retention_days",                                                                         \
         OBS_OPT_DURATION,                                                                         \
         0,                                                                                        \
         SETTINGS_AT(retention_cells_ns[ROLLUP_DAY]),                                              \
         "1095d",                                                                                  \
         "0s",                                                                                     \
         "36500d",                                                                                 \
         NULL,                                                                                     \
         "how long rollups of days are kept; 0: for ever"},                                        \
    {                                                                                              \
        "rollup_check", OBS_OPT_DURATION, 0, SETTINGS_AT(rollup_check_ns), "10m", "0s", "365d",    \
            NULL, "how often a stretch of the rollups is held against its spans; 0: never"         \
    }

#endif
