/* SPDX-License-Identifier: Apache-2.0 */
/* One request of a test and its answer, on a connection of its own: the client's
 * end is read and written on the same loop as the server's. */
#ifndef HOST_TEST_RESPONSE_H
#define HOST_TEST_RESPONSE_H

#include "test/test.h"

#include <llhttp.h>

/* A header field of the answer. */
struct test_field {
    struct test_field *next;
    obs_buf *name, *value;
};

/* The opaque obs_test_response of the SDK. In an arena of its own. */
struct obs_test_response {
    obs_test *test;
    obs_test_response *next;
    obs_arena *arena;
    const char *what; /* "GET /hello", for sentences */
    uv_poll_t *poll;  /* on `fd`; NULL: closed */
    int fd;
    bool paused;

    obs_str request; /* as it goes over the wire */
    size_t sent;

    llhttp_t parser;
    bool is_head;      /* the answer has no body */
    bool complete;     /* the answer is */
    const char *fault; /* why it never will be */
    struct test_field *fields, **last_field;
    obs_buf *body;
    const obs_json *json; /* of the body */
    bool json_parsed;
};

/* request.c: the bytes of a request in the arena of `r`. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int request_write(obs_test_response *r, const char *method, const char *target,
                                 const char *headers, obs_str body);

/* answer.c: begins and goes on with reading the answer. `len` 0: its end. */
void answer_init(obs_test_response *r);
void answer_parse(obs_test_response *r, const char *bytes, size_t len);

#endif
