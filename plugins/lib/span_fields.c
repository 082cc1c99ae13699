/* SPDX-License-Identifier: Apache-2.0 */
/* The names come from OBS_SPAN_FIELD_MAP; 46 of them are searched in order. */
#include "span_fields.h"

#define NAME(id, number, name, kind) [number] = name,
static const char *const names[OBS_N_SPAN_FIELDS] = {OBS_SPAN_FIELD_MAP(NAME)};

const char *field_name(uint32_t field)
{
    return names[field];
}

int field_find(obs_str name)
{
    for (int i = 0; i < OBS_N_SPAN_FIELDS; i++)
        if (obs_str_is(name, names[i]))
            return i;
    return -1;
}

int fields_parse(obs_str list, uint64_t *ret_fields, obs_str *ret_wrong)
{
    uint64_t fields = 0;

    while (list.len) {
        const char *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.ptr) : list.len;
        int field = field_find(obs_str_n(list.ptr, len));
        if (field < 0) {
            *ret_wrong = obs_str_n(list.ptr, len);
            return OBS_E_UNKNOWN;
        }
        fields |= OBS_FIELD_BIT(field);
        list = obs_str_n(list.ptr + len + (comma != NULL), list.len - len - (comma != NULL));
    }
    if (!fields)
        return OBS_E_INVALID;
    *ret_fields = fields;
    return OBS_OK;
}

obs_str fields_known(obs_arena *arena)
{
    obs_buf *buf = obs_buf_new(arena, 0);

    if (!buf)
        return obs_str_n("", 0);
    for (int i = 0; i < OBS_N_SPAN_FIELDS; i++)
        obs_buf_printf(buf, "%s%s", i ? ", " : "", names[i]);
    return obs_buf_str(buf);
}
