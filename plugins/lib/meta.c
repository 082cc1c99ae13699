/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer of the data endpoints says about itself. */
#include "meta.h"

#include <observatory/worker.h>

static void write_meta(obs_jw *jw, obs_request *req, obs_str source, int cached)
{
    obs_jw_key(jw, "meta");
    obs_jw_object(jw);
    obs_jw_key(jw, "request_id");
    obs_jw_str(jw, obs_request_id(req));
    obs_jw_key(jw, "timestamp");
    obs_jw_time(jw, obs_clock_wall_ns());
    obs_jw_key(jw, "execution_time_ms");
    obs_jw_fixed(jw, obs_request_age_ns(req) / 1000, 3);
    obs_jw_key(jw, "cached");
    obs_jw_bool(jw, cached);
    obs_jw_key(jw, "source");
    obs_jw_str(jw, source);
    obs_jw_key(jw, "version");
    obs_jw_cstr(jw, OBS_VERSION);
    obs_jw_end_object(jw);
}

void meta_json(obs_jw *jw, obs_request *req, const char *source)
{
    write_meta(jw, req, obs_str_of(source), /* cached= */ 0);
}

/* --- answers that are given again ------------------------------------------------------- */

/* The value of `"key":"…"` in `text`; ptr NULL when it is not there. */
static obs_str text_member(obs_str text, const char *key)
{
    const char *at = memmem(text.ptr, text.len, key, strlen(key)), *end = text.ptr + text.len;
    const char *close;

    if (!at)
        return obs_str_n(NULL, 0);
    at += strlen(key);
    close = memchr(at, '"', (size_t)(end - at));
    return close ? obs_str_n(at, (size_t)(close - at)) : obs_str_n(NULL, 0);
}

/* Inside of a string each quote has a backslash before it, so `"meta":{` is a key;
 * what follows without another brace is the end of the document. */
int meta_split(obs_str body, obs_str *ret_data, obs_str *ret_source)
{
    static const char key[] = "\"meta\":{";
    size_t len = sizeof(key) - 1, at = body.len;
    obs_str meta;

    if (body.len < len + 3 || memcmp(body.ptr + body.len - 2, "}}", 2) != 0)
        return OBS_E_INVALID;
    for (at -= 3; at > 0 && body.ptr[at] != '{' && body.ptr[at] != '}'; at--)
        ;
    if (at + 1 < len || memcmp(body.ptr + at + 1 - len, key, len) != 0)
        return OBS_E_INVALID;
    meta = obs_str_n(body.ptr + at + 1, body.len - at - 1);
    *ret_data = obs_str_n(body.ptr, at + 1 - len);
    *ret_source = text_member(meta, "\"source\":\"");
    return ret_source->ptr ? OBS_OK : OBS_E_INVALID;
}

obs_buf *meta_join(obs_request *req, obs_str data, obs_str source)
{
    obs_arena *arena = obs_request_arena(req);
    obs_buf *own = obs_buf_new(arena, 0), *whole = obs_buf_new(arena, 0);
    obs_jw *jw = own ? obs_jw_new(arena, own) : NULL;
    obs_str meta;
    char *at;

    if (!jw || !whole)
        return NULL;
    obs_jw_object(jw);
    write_meta(jw, req, source, /* cached= */ 1);
    obs_jw_end_object(jw);
    meta = obs_buf_str(own);
    at = obs_buf_error(own) == OBS_OK ? obs_buf_reserve(whole, data.len + meta.len) : NULL;
    if (!at)
        return NULL;
    memcpy(at, data.ptr, data.len);
    memcpy(at + data.len, meta.ptr + 1, meta.len - 1); /* without its brace */
    obs_buf_commit(whole, data.len + meta.len - 1);
    return whole;
}
