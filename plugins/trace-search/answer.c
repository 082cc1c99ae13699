/* SPDX-License-Identifier: Apache-2.0 */
/* What both handlers end with: the tag of the data, `meta`, the answer. */
#include "search.h"

#include "meta.h"

#include <sodium.h>

/* Putting together and hashing this much takes about a millisecond. */
#define INLINE_BYTES (512u << 10)

/* On any thread. */
static void work(void *arg)
{
    struct answer *a = arg;
    obs_str data;

    a->error = a->work(a);
    if (a->error == OBS_OK)
        a->error = obs_buf_error(a->buf);
    if (a->error < 0)
        return;
    data = obs_buf_str(a->buf);
    crypto_generichash(a->digest, sizeof(a->digest), (const uint8_t *)data.ptr, a->data_bytes, NULL,
                       0);
}

/* `meta` differs with every answer and is no part of the tag (RFC 9110 §8.8.3). */
static void done(void *arg)
{
    struct answer *a = arg;
    char tag[2 * sizeof(a->digest) + 3] = "\"";

    if (a->error < 0) {
        (void)obs_respond_error(a->req, a->error, NULL, NULL);
        return;
    }
    sodium_bin2hex(tag + 1, sizeof(tag) - 1, a->digest, sizeof(a->digest));
    strcat(tag, "\"");
    (void)obs_response_header(a->req, "ETag", obs_str_of(tag)); /* worth an answer without */
    meta_json(a->jw, a->req, "raw");
    obs_jw_end_object(a->jw);
    (void)obs_respond_json(a->req, 200, a->buf);
}

void answer_finish(struct answer *answer, size_t bytes)
{
    if (bytes > INLINE_BYTES && obs_offload(answer->search->instance, work, done, answer) == OBS_OK)
        return;
    work(answer);
    done(answer);
}
