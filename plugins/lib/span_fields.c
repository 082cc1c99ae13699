/* SPDX-License-Identifier: Apache-2.0 */
/* The names come from OBS_SPAN_FIELD_MAP; they are few enough to be searched in order. */
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

/* --- what was probably meant ---------------------------------------------------- */

#define MAX_NAME 32

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* How many letters differ (Levenshtein), by one row of the matrix. */
static size_t distance(obs_str a, obs_str b)
{
    size_t row[MAX_NAME + 1];

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a.ptr[i - 1] != b.ptr[j - 1]));
            diagonal = above;
        }
    }
    return row[b.len];
}

/* A third of the letters may be wrong, and a name may be cut at the end. */
const char *field_suggest(obs_str name)
{
    const char *best = NULL;
    size_t nearest = name.len / 3 + 2;

    if (name.len < 2 || name.len > MAX_NAME)
        return NULL;
    for (int i = 0; i < OBS_N_SPAN_FIELDS; i++) {
        obs_str known = obs_str_of(names[i]);
        size_t d = distance(name, known);
        if (known.len > name.len && memcmp(known.ptr, name.ptr, name.len) == 0)
            d = 1;
        if (d < nearest) {
            nearest = d;
            best = names[i];
        }
    }
    return best;
}

#define MAX_SHOWN 64

obs_str fields_complaint(obs_arena *arena, obs_str wrong)
{
    obs_buf *buf = obs_buf_new(arena, 0);
    const char *meant = field_suggest(wrong);

    if (!buf)
        return obs_str_n(NULL, 0);
    obs_buf_printf(buf, "fields: unknown field \"%.*s\"",
                   (int)(wrong.len < MAX_SHOWN ? wrong.len : MAX_SHOWN),
                   wrong.len ? wrong.ptr : "");
    if (meant)
        obs_buf_printf(buf, ", did you mean \"%s\"?", meant);
    obs_buf_printf(buf, meant ? " There are:" : "; there are:");
    for (int i = 0; i < OBS_N_SPAN_FIELDS; i++)
        obs_buf_printf(buf, "%s %s", i ? "," : "", names[i]);
    return obs_buf_str(buf);
}
