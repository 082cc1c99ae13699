/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object with one string. The text is put together first and escaped
 * as a whole, so a name of any characters gives valid JSON. */
#include "greeting.h"

static char *append(char *to, const char *text, size_t len)
{
    if (len > 0)
        memcpy(to, text, len);
    return to + len;
}

/* "GREETING, NAME!" in the arena. obs_arena_printf() would be one line, but
 * this is the handler that benchmarks call. */
static obs_str compose(obs_arena *arena, obs_str greeting, obs_str name)
{
    size_t len = greeting.len + 2 + name.len + 1;
    char *text = obs_arena_alloc(arena, len);
    char *to = text;

    if (!text)
        return obs_str_n(NULL, 0);
    to = append(to, greeting.ptr, greeting.len);
    to = append(to, ", ", 2);
    to = append(to, name.ptr, name.len);
    append(to, "!", 1);
    return obs_str_n(text, len);
}

int greeting_write(obs_arena *arena, obs_str greeting, obs_str name, obs_buf *out)
{
    obs_str message = compose(arena, greeting, name);
    obs_jw *jw = obs_jw_new(arena, out);

    if (!message.ptr || !jw)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    obs_jw_key(jw, "message");
    obs_jw_str(jw, message);
    obs_jw_end_object(jw);
    return obs_buf_error(out);
}
