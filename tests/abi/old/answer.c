/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object as the answer. */
#include "client.h"

int answer_begin(obs_request *req, struct answer *ret_answer)
{
    obs_arena *arena = obs_request_arena(req);

    ret_answer->out = obs_buf_new(arena, /* limit_bytes= */ 1 << 20);
    if (!ret_answer->out)
        return OBS_E_NOMEM;
    ret_answer->jw = obs_jw_new(arena, ret_answer->out);
    if (!ret_answer->jw)
        return OBS_E_NOMEM;
    obs_jw_object(ret_answer->jw);
    return OBS_OK;
}

int answer_end(obs_request *req, struct answer *answer)
{
    obs_jw_end_object(answer->jw);
    return obs_respond_json(req, 200, answer->out);
}

void answer_text(struct answer *answer, const char *key, obs_str value)
{
    obs_jw_key(answer->jw, key);
    obs_jw_str(answer->jw, value);
}

void answer_uint(struct answer *answer, const char *key, uint64_t value)
{
    obs_jw_key(answer->jw, key);
    obs_jw_uint(answer->jw, value);
}
