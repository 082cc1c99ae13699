/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request: its bytes, where the target and the fields lie in
 * them, and which field is which of those that the host itself reads. While
 * the head arrives only offsets are kept, since the bytes may still move. */
#ifndef HOST_HTTP_HEAD_H
#define HOST_HTTP_HEAD_H

#include <observatory/base.h>
#include <stdbool.h>

/* Fields that the host reads on every request. */
enum known_field {
    FIELD_HOST,
    FIELD_EXPECT,
    FIELD_TRACEPARENT,
    FIELD_X_REQUEST_ID,
    FIELD_USER_AGENT,
    FIELD_IF_NONE_MATCH,
    FIELD_ACCEPT_ENCODING,
    FIELD_CONTENT_ENCODING,
    FIELD_TRANSFER_ENCODING,
    N_KNOWN_FIELDS
};

struct field {
    uint32_t name, name_len; /* offsets from the first byte of the head */
    uint32_t value, value_len;
};

/* Kept with a pooled request: head_reset() leaves the memory. */
struct head {
    char *bytes;
    size_t len, cap;
    struct field *fields;
    uint32_t n_fields, cap_fields;
    uint32_t target, target_len;
    bool in_value;
    uint16_t first[N_KNOWN_FIELDS]; /* index + 1 of the first field of that name */
    uint16_t count[N_KNOWN_FIELDS];
};

int head_init(struct head *head);
void head_finish(struct head *head);

/* Empties it and gives back what an unusually large head took. */
void head_reset(struct head *head);

/* Appends bytes as they came. Errors: OBS_E_NOMEM. */
int head_append(struct head *head, const char *bytes, size_t len);

/* A piece of the target, of a field name or of a field value at `offset`.
 * Pieces that do not touch are refused: no folding (RFC 9112 §5.2). Errors:
 * OBS_E_INVALID, OBS_E_HEADERS_LARGE (`max_fields`), OBS_E_NOMEM. */
int head_on_target(struct head *head, size_t offset, size_t len);
int head_on_name(struct head *head, size_t offset, size_t len, int64_t max_fields);
int head_on_value(struct head *head, size_t offset, size_t len);

/* Once all bytes are there: trims values and finds the known fields. */
void head_index(struct head *head);

static inline obs_str head_target(const struct head *head)
{
    return obs_str_n(head->bytes + head->target, head->target_len);
}

static inline obs_str field_name(const struct head *head, const struct field *field)
{
    return obs_str_n(head->bytes + field->name, field->name_len);
}

static inline obs_str field_value(const struct head *head, const struct field *field)
{
    return obs_str_n(head->bytes + field->value, field->value_len);
}

/* The first field of that kind; ptr NULL when absent. */
static inline obs_str head_known(const struct head *head, enum known_field which)
{
    if (!head->first[which])
        return obs_str_n(NULL, 0);
    return field_value(head, &head->fields[head->first[which] - 1]);
}

/* 1 when both are the same token, ASCII case aside. */
bool ascii_equal_fold(obs_str a, obs_str b);

/* Without blanks and tabs at both ends. */
obs_str ascii_trim(obs_str s);

#endif
