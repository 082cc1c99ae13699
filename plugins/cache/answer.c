/* SPDX-License-Identifier: Apache-2.0 */
/* From an answer to what is kept of it, and back. */
#include "cache.h"

#include "meta.h"

#include <observatory/worker.h>

#include <sodium.h>
#include <stdlib.h>

#define S_NS 1000000000LL

/* The server may answer without any of these when memory is short. */
static void say_how_long(obs_request *req, int64_t ttl_ns)
{
    obs_str text = obs_arena_printf(obs_request_arena(req), "private, max-age=%lld",
                                    (long long)(ttl_ns / S_NS));

    if (text.ptr)
        (void)obs_response_header(req, "Cache-Control", text);
}

bool answer_from(struct asking *asking, const struct kept *kept)
{
    obs_request *req = asking->req;
    obs_buf *buf = meta_join(req, obs_str_n(kept->data, kept->len), obs_str_of(kept->source));
    obs_str age = obs_arena_printf(obs_request_arena(req), "%lld",
                                   (long long)((obs_clock_mono_ns() - kept->made_ns) / S_NS));

    if (!buf || !age.ptr)
        return false;
    (void)obs_response_header(req, "ETag", obs_str_of(kept->etag));
    (void)obs_response_header(req, "Age", age);
    say_how_long(req, kept->ttl_ns);
    (void)obs_respond_json(req, 200, buf);
    return true;
}

/* A tag of the data, without meta, for an answer that has none. */
static void make_tag(struct asking *asking, obs_str data, char tag[SHELF_TAG_BYTES])
{
    uint8_t digest[16];

    crypto_generichash(digest, sizeof(digest), (const uint8_t *)data.ptr, data.len, NULL, 0);
    tag[0] = '"';
    sodium_bin2hex(tag + 1, SHELF_TAG_BYTES - 1, digest, sizeof(digest));
    strcat(tag, "\"");
    (void)obs_response_header(asking->req, "ETag", obs_str_of(tag));
}

static struct kept *make(const struct asking *asking, obs_str data, obs_str source)
{
    struct kept *kept = malloc(sizeof(*kept) + data.len);
    int64_t now_ns = obs_clock_mono_ns();

    if (!kept)
        return NULL;
    *kept = (struct kept){
        .changes = asking->changes,
        .made_ns = now_ns,
        .expires_ns = now_ns + asking->key.ttl_ns,
        .ttl_ns = asking->key.ttl_ns,
        .len = data.len,
    };
    memcpy(kept->digest, asking->key.digest, KEY_BYTES);
    memcpy(kept->source, source.ptr, source.len);
    memcpy(kept->data, data.ptr, data.len);
    return kept;
}

struct kept *answer_keep(struct asking *asking)
{
    obs_response_view view = {.size = sizeof(view)};
    obs_str data, source;
    struct kept *kept;

    if (obs_response_describe(asking->req, &view) < 0 || view.status != 200 ||
        view.body.len > asking->desk->cache->settings->max_entry_bytes ||
        view.etag.len >= SHELF_TAG_BYTES || !obs_str_is(view.content_type, "application/json") ||
        meta_split(view.body, &data, &source) < 0 || source.len >= SHELF_SOURCE_BYTES)
        return NULL;
    kept = make(asking, data, source);
    if (!kept)
        return NULL;
    if (view.etag.len > 0)
        memcpy(kept->etag, view.etag.ptr, view.etag.len);
    else
        make_tag(asking, data, kept->etag);
    say_how_long(asking->req, kept->ttl_ns);
    return kept;
}
