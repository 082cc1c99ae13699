/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests are the same question: everything that an answer follows from,
 * brought into one form and hashed. */
#ifndef CACHE_KEY_H
#define CACHE_KEY_H

#include <observatory/request.h>
#include <observatory/store.h>

#include <stdbool.h>

enum { KEY_BYTES = 32, KEY_MAX_PARAMS = 128 };

/* How long answers hold when nothing is written, and how relative times are rounded. */
struct key_times {
    int64_t live_ns;   /* a range that touches the last hour */
    int64_t trace_ns;  /* one trace */
    int64_t closed_ns; /* a range that ended before */
    int64_t round_ns;
};

struct key_param {
    obs_str name, value;
};

/* A request as far as its answer follows from it. All is borrowed. */
struct key_input {
    const obs_scope *scope;
    uint32_t methods; /* of the route, so that HEAD is GET */
    obs_str route;    /* the pattern */
    obs_str path;
    obs_str trace_id;                        /* in the path; ptr NULL: the route has none */
    struct key_param params[KEY_MAX_PARAMS]; /* sorted in place */
    size_t n_params;
    obs_str body;
    uint64_t generation; /* of the configuration: other options, other answers */
    int64_t now_ns;
};

struct key {
    uint8_t digest[KEY_BYTES];
    bool of_trace;
    uint8_t trace_id[16];
    int64_t to_ns; /* only spans that begin before are asked for; INT64_MAX: all */
    int64_t ttl_ns;
};

/* Errors: OBS_E_INVALID: no such trace id, nothing to remember. */
OBS_MUST_CHECK int key_make(struct key_input *input, const struct key_times *times,
                            struct key *ret_key);

/* The same from a request whose body is there. Errors: as above, OBS_E_COMPLEX (too
 * many parameters), OBS_E_NOMEM. */
OBS_MUST_CHECK int key_of(obs_request *req, const obs_scope *scope, const struct key_times *times,
                          struct key *ret_key);

#endif
