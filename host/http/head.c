/* SPDX-License-Identifier: Apache-2.0 */
/* Fields are appended as the parser meets them and classified once, by length
 * first: most fields of most requests are ruled out by that alone. */
#include "http/head.h"

#include <stdlib.h>

enum { BYTES_MIN = 2048, BYTES_KEEP = 16384, FIELDS_MIN = 32, FIELDS_KEEP = 256 };

/* --- ASCII ---------------------------------------------------------------- */

static inline char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool ascii_equal_fold(obs_str a, obs_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (fold(a.ptr[i]) != fold(b.ptr[i]))
            return false;
    return true;
}

obs_str ascii_trim(obs_str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* --- memory --------------------------------------------------------------- */

int head_init(struct head *head)
{
    *head = (struct head){0};
    head->bytes = malloc(BYTES_MIN);
    head->fields = malloc(FIELDS_MIN * sizeof(struct field));
    if (!head->bytes || !head->fields) {
        head_finish(head);
        return OBS_E_NOMEM;
    }
    head->cap = BYTES_MIN;
    head->cap_fields = FIELDS_MIN;
    return OBS_OK;
}

void head_finish(struct head *head)
{
    free(head->bytes);
    free(head->fields);
    *head = (struct head){0};
}

void head_reset(struct head *head)
{
    if (head->cap > BYTES_KEEP) {
        char *less = realloc(head->bytes, BYTES_MIN);

        if (less) {
            head->bytes = less;
            head->cap = BYTES_MIN;
        }
    }
    if (head->cap_fields > FIELDS_KEEP) {
        struct field *less = realloc(head->fields, FIELDS_MIN * sizeof(struct field));

        if (less) {
            head->fields = less;
            head->cap_fields = FIELDS_MIN;
        }
    }
    head->len = 0;
    head->n_fields = 0;
    head->target = head->target_len = 0;
    head->in_value = false;
    memset(head->first, 0, sizeof(head->first));
    memset(head->count, 0, sizeof(head->count));
}

int head_append(struct head *head, const char *bytes, size_t len)
{
    if (head->len + len > head->cap) {
        size_t cap = head->cap * 2;
        char *more;

        while (cap < head->len + len)
            cap *= 2;
        more = realloc(head->bytes, cap);
        if (!more)
            return OBS_E_NOMEM;
        head->bytes = more;
        head->cap = cap;
    }
    if (len > 0)
        memcpy(head->bytes + head->len, bytes, len);
    head->len += len;
    return OBS_OK;
}

/* --- pieces --------------------------------------------------------------- */

static int add_field(struct head *head, size_t offset, size_t len, int64_t max_fields)
{
    if (head->n_fields >= max_fields)
        return OBS_E_HEADERS_LARGE;
    if (head->n_fields == head->cap_fields) {
        uint32_t cap = head->cap_fields * 2;
        struct field *more = realloc(head->fields, cap * sizeof(struct field));

        if (!more)
            return OBS_E_NOMEM;
        head->fields = more;
        head->cap_fields = cap;
    }
    head->fields[head->n_fields++] = (struct field){
        .name = (uint32_t)offset,
        .name_len = (uint32_t)len,
    };
    head->in_value = false;
    return OBS_OK;
}

int head_on_target(struct head *head, size_t offset, size_t len)
{
    if (head->target_len == 0)
        head->target = (uint32_t)offset;
    else if (head->target + head->target_len != offset)
        return OBS_E_INVALID;
    head->target_len += (uint32_t)len;
    return OBS_OK;
}

int head_on_name(struct head *head, size_t offset, size_t len, int64_t max_fields)
{
    if (head->n_fields > 0 && !head->in_value) {
        struct field *last = &head->fields[head->n_fields - 1];

        /* the rest of a name cut by the end of a read; a field with an empty
         * value is followed by a name that does not touch its own */
        if (last->name + last->name_len == offset) {
            last->name_len += (uint32_t)len;
            return OBS_OK;
        }
    }
    return add_field(head, offset, len, max_fields);
}

int head_on_value(struct head *head, size_t offset, size_t len)
{
    struct field *last;

    if (head->n_fields == 0)
        return OBS_E_INVALID;
    last = &head->fields[head->n_fields - 1];
    if (!head->in_value) {
        head->in_value = true;
        last->value = (uint32_t)offset;
        last->value_len = (uint32_t)len;
        return OBS_OK;
    }
    if (last->value + last->value_len != offset)
        return OBS_E_INVALID;
    last->value_len += (uint32_t)len;
    return OBS_OK;
}

/* --- index ---------------------------------------------------------------- */

static bool named(obs_str name, const char *lower)
{
    for (size_t i = 0; i < name.len; i++)
        if (fold(name.ptr[i]) != lower[i])
            return false;
    return true;
}

static int classify(obs_str name)
{
    switch (name.len) {
    case 4:
        return named(name, "host") ? FIELD_HOST : -1;
    case 6:
        return named(name, "expect") ? FIELD_EXPECT : -1;
    case 10:
        return named(name, "user-agent") ? FIELD_USER_AGENT : -1;
    case 11:
        return named(name, "traceparent") ? FIELD_TRACEPARENT : -1;
    case 12:
        return named(name, "x-request-id") ? FIELD_X_REQUEST_ID : -1;
    case 13:
        return named(name, "if-none-match") ? FIELD_IF_NONE_MATCH : -1;
    case 15:
        return named(name, "accept-encoding") ? FIELD_ACCEPT_ENCODING : -1;
    case 16:
        return named(name, "content-encoding") ? FIELD_CONTENT_ENCODING : -1;
    case 17:
        return named(name, "transfer-encoding") ? FIELD_TRANSFER_ENCODING : -1;
    default:
        return -1;
    }
}

void head_index(struct head *head)
{
    for (uint32_t i = 0; i < head->n_fields; i++) {
        struct field *field = &head->fields[i];
        int which = classify(field_name(head, field));
        const char *value = head->bytes + field->value;

        while (field->value_len > 0 &&
               (value[field->value_len - 1] == ' ' || value[field->value_len - 1] == '\t'))
            field->value_len--;
        if (which < 0)
            continue;
        if (head->count[which]++ == 0)
            head->first[which] = (uint16_t)(i + 1);
    }
}
