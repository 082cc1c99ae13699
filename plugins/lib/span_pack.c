/* SPDX-License-Identifier: Apache-2.0 */
/* One table of members. A number is for ever. */
#include "span_pack.h"
#include "varint.h"

#define FORMAT 1u

enum { TEXT, NUMBER, COUNT, REAL, BYTES16, BYTES8 };

struct member {
    uint8_t number;
    uint8_t kind;
    uint16_t offset;
};

#define M(number, kind, member)                                                                    \
    {                                                                                              \
        number, kind, (uint16_t)offsetof(obs_span, member)                                         \
    }

static const struct member members[] = {
    M(1, COUNT, status),
    M(2, COUNT, flags),
    M(3, NUMBER, start_ns),
    M(4, NUMBER, end_ns),
    M(5, BYTES16, trace_id),
    M(6, BYTES8, span_id),
    M(7, BYTES8, parent_span_id),
    M(8, TEXT, project_id),
    M(9, TEXT, service_name),
    M(10, TEXT, span_name),
    M(11, TEXT, span_kind),
    M(12, TEXT, operation_type),
    M(13, TEXT, provider),
    M(14, TEXT, model),
    M(15, TEXT, request_model),
    M(16, TEXT, finish_reason),
    M(17, TEXT, error_type),
    M(18, TEXT, error_message),
    M(19, TEXT, user_id),
    M(20, TEXT, session_id),
    M(21, TEXT, environment),
    M(22, TEXT, release),
    M(23, TEXT, input_text),
    M(24, TEXT, output_text),
    M(25, TEXT, input_messages),
    M(26, TEXT, output_messages),
    M(27, TEXT, tags),
    M(28, TEXT, attributes),
    M(29, TEXT, resource_attributes),
    M(30, TEXT, events),
    M(31, TEXT, links),
    M(32, TEXT, model_parameters),
    M(33, TEXT, tool_calls),
    M(34, NUMBER, input_tokens),
    M(35, NUMBER, input_audio_tokens),
    M(36, NUMBER, input_image_tokens),
    M(37, NUMBER, cache_read_tokens),
    M(38, NUMBER, cache_read_audio_tokens),
    M(39, NUMBER, cache_write_tokens),
    M(40, NUMBER, cache_write_1h_tokens),
    M(41, NUMBER, output_tokens),
    M(42, NUMBER, output_audio_tokens),
    M(43, NUMBER, output_image_tokens),
    M(44, NUMBER, reasoning_tokens),
    M(45, TEXT, service_tier),
    M(46, TEXT, region),
    M(47, NUMBER, prompt_cost),
    M(48, NUMBER, completion_cost),
    M(49, NUMBER, total_cost),
    M(50, NUMBER, provider_cost),
    M(51, NUMBER, emitter_cost),
    M(52, NUMBER, book_cost),
    M(53, TEXT, cost_source),
    M(54, TEXT, cost_details),
    M(55, NUMBER, ttft_ns),
    M(56, REAL, sample_rate),
};

#define N_MEMBERS (sizeof(members) / sizeof(members[0]))
#define MAX_HEAD_BYTES (2 * VARINT_MAX_BYTES)

static size_t size_of(uint8_t kind)
{
    static const size_t sizes[] = {[NUMBER] = sizeof(int64_t),
                                   [COUNT] = sizeof(uint32_t),
                                   [REAL] = sizeof(double),
                                   [BYTES16] = 16,
                                   [BYTES8] = 8,
                                   [TEXT] = sizeof(obs_str)};

    return sizes[kind];
}

/* The value as bytes: a text's own, else written to `scratch`. */
static obs_str value_of(const struct member *m, const obs_span *span, uint8_t *scratch)
{
    const char *at = (const char *)span + m->offset;
    int64_t number;
    uint32_t count;
    obs_str text;

    switch (m->kind) {
    case TEXT:
        memcpy(&text, at, sizeof(text));
        return text;
    case NUMBER:
        memcpy(&number, at, sizeof(number));
        return obs_str_n((char *)scratch, (size_t)(varint_put(scratch, zigzag(number)) - scratch));
    case COUNT:
        memcpy(&count, at, sizeof(count));
        return obs_str_n((char *)scratch, (size_t)(varint_put(scratch, count) - scratch));
    default:
        return obs_str_n(at, size_of(m->kind));
    }
}

static bool is_default(const struct member *m, const obs_span *span, const obs_span *empty)
{
    const char *at = (const char *)span + m->offset, *none = (const char *)empty + m->offset;
    obs_str text;

    if (m->kind != TEXT)
        return memcmp(at, none, size_of(m->kind)) == 0;
    memcpy(&text, at, sizeof(text));
    return text.len == 0;
}

obs_str span_pack(obs_arena *arena, const obs_span *span)
{
    uint8_t scratch[VARINT_MAX_BYTES], *begin, *at;
    size_t size = 1;
    obs_span empty;

    obs_span_init(&empty);
    for (size_t i = 0; i < N_MEMBERS; i++)
        size += MAX_HEAD_BYTES + value_of(&members[i], span, scratch).len;
    begin = at = obs_arena_alloc(arena, size);
    if (!begin)
        return obs_str_n(NULL, 0);
    *at++ = FORMAT;
    for (size_t i = 0; i < N_MEMBERS; i++) {
        obs_str value = value_of(&members[i], span, scratch);

        if (is_default(&members[i], span, &empty))
            continue;
        at = varint_put(at, members[i].number);
        at = varint_put(at, value.len);
        memcpy(at, value.ptr, value.len);
        at += value.len;
    }
    return obs_str_n((char *)begin, (size_t)(at - begin));
}

static bool set_value(const struct member *m, obs_str value, obs_span *span)
{
    char *to = (char *)span + m->offset;
    const uint8_t *at = (const uint8_t *)value.ptr, *end = at + value.len;
    uint64_t number;
    int64_t sign;
    uint32_t count;

    switch (m->kind) {
    case TEXT:
        memcpy(to, &value, sizeof(value));
        return true;
    case NUMBER:
        if (!varint_get(&at, end, &number) || at != end)
            return false;
        sign = unzigzag(number);
        memcpy(to, &sign, sizeof(sign));
        return true;
    case COUNT:
        if (!varint_get(&at, end, &number) || at != end || number > UINT32_MAX)
            return false;
        count = (uint32_t)number;
        memcpy(to, &count, sizeof(count));
        return true;
    default:
        if (value.len != size_of(m->kind))
            return false;
        memcpy(to, value.ptr, value.len);
        return true;
    }
}

/* Numbers are dense, from 1. */
static const struct member *member_of(uint64_t number)
{
    return number >= 1 && number <= N_MEMBERS ? &members[number - 1] : NULL;
}

int span_unpack(obs_str bytes, obs_span *ret_span)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
    uint64_t number, len;

    obs_span_init(ret_span);
    if (bytes.len == 0 || *at++ != FORMAT)
        return OBS_E_SYNTAX;
    while (at < end) {
        const struct member *m;

        if (!varint_get(&at, end, &number) || !varint_get(&at, end, &len) ||
            len > (uint64_t)(end - at))
            return OBS_E_SYNTAX;
        m = member_of(number);
        if (m && !set_value(m, obs_str_n((const char *)at, (size_t)len), ret_span))
            return OBS_E_SYNTAX;
        at += len;
    }
    return OBS_OK;
}
