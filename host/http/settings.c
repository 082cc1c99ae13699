/* SPDX-License-Identifier: Apache-2.0 */
/* The options below `http:`. Each limit protects one resource; the defaults
 * suit a server that faces exporters and browsers directly. */
#include "http/http.h"

#define FIELD(name) offsetof(struct http_settings, name)

const obs_option http_options[] = {
    {"max_body", OBS_OPT_SIZE, 0, FIELD(max_body_bytes), "16MiB", "1KiB", "4GiB", NULL,
     "bytes of a decoded request body, where a route sets no limit of its own"},
    {"max_header", OBS_OPT_SIZE, 0, FIELD(max_header_bytes), "32KiB", "1KiB", "1MiB", NULL,
     "bytes of a request header without its target; over it: 431"},
    {"max_headers", OBS_OPT_INT, 0, FIELD(max_headers), "100", "8", "1000", NULL,
     "header fields of a request; over it: 431"},
    {"max_target", OBS_OPT_SIZE, 0, FIELD(max_target_bytes), "8KiB", "256", "64KiB", NULL,
     "bytes of a request target, query included; over it: 414"},
    {"max_request_memory", OBS_OPT_SIZE, 0, FIELD(max_request_memory_bytes), "64MiB", "64KiB",
     "16GiB", NULL, "bytes of arena that one request may use"},
    {"send_high_water", OBS_OPT_SIZE, 0, FIELD(send_high_water_bytes), "256KiB", "16KiB", "64MiB",
     NULL, "bytes that may wait for a slow client before its stream or pipeline is paused"},
    {"max_connections", OBS_OPT_INT, 0, FIELD(max_connections), "10000", "1", "1000000", NULL,
     "connections a worker keeps; further ones wait in the backlog"},
    {"max_requests", OBS_OPT_INT, 0, FIELD(max_requests), "0", "0", "1000000000", NULL,
     "requests a connection may send before it is closed, 0: no limit"},
    {"backlog", OBS_OPT_INT, 0, FIELD(backlog), "4096", "1", "65535", NULL,
     "connections that the kernel may hold for us, cut by net.core.somaxconn"},
    {"header_timeout", OBS_OPT_DURATION, 0, FIELD(header_timeout_ns), "10s", "10ms", "1h", NULL,
     "time from the first byte of a request to the end of its header; over it: 408"},
    {"body_timeout", OBS_OPT_DURATION, 0, FIELD(body_timeout_ns), "30s", "10ms", "1h", NULL,
     "time between two pieces of a request body; over it: 408"},
    {"write_timeout", OBS_OPT_DURATION, 0, FIELD(write_timeout_ns), "30s", "10ms", "1h", NULL,
     "time in which a client must take some bytes of an answer"},
    {"idle_timeout", OBS_OPT_DURATION, 0, FIELD(idle_timeout_ns), "75s", "10ms", "24h", NULL,
     "time that a connection may wait for its next request"},
    {"request_timeout", OBS_OPT_DURATION, 0, FIELD(request_timeout_ns), "60s", "0s", "24h", NULL,
     "time in which a handler must begin its answer, 0: no limit; over it: 504"},
    {"compress", OBS_OPT_BOOL, 0, FIELD(compress), "true", NULL, NULL, NULL,
     "compress answers by Accept-Encoding (zstd, gzip)"},
    {"compress_min", OBS_OPT_SIZE, 0, FIELD(compress_min_bytes), "1KiB", "64", "1GiB", NULL,
     "bytes below which an answer is sent as it is"},
    {"compress_level", OBS_OPT_INT, 0, FIELD(compress_level), "3", "1", "9", NULL,
     "effort of compression; answers over 1 MiB always use 1"},
};
const size_t n_http_options = sizeof(http_options) / sizeof(http_options[0]);
