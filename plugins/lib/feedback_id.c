/* SPDX-License-Identifier: Apache-2.0 */
/* Where feedback comes from, and its identity. */
#include "feedback_id.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>

#define ID_BYTES 16 /* of the hash */

#define SOURCE_NAME(id, name) OBS_STR(name),
static const obs_str source_names[] = {FEEDBACK_SOURCES(SOURCE_NAME)};
#undef SOURCE_NAME

obs_str feedback_source_name(enum feedback_source source)
{
    return source_names[source];
}

void feedback_init(obs_feedback *feedback)
{
    *feedback = (obs_feedback){
        .size = sizeof(*feedback),
        .resolved = OBS_FEEDBACK_UNSAID,
        .value = (double)NAN,
    };
}

/* --- identity -------------------------------------------------------------- */

static void hash_text(crypto_hash_sha256_state *state, obs_str text)
{
    char head[24];
    int len = snprintf(head, sizeof(head), "%zu:", text.len);

    crypto_hash_sha256_update(state, (const unsigned char *)head, (unsigned long long)len);
    if (text.len)
        crypto_hash_sha256_update(state, (const unsigned char *)text.ptr, text.len);
    crypto_hash_sha256_update(state, (const unsigned char *)",", 1);
}

/* All zero is nothing. */
static void hash_hex(crypto_hash_sha256_state *state, const uint8_t *id, size_t n)
{
    char hex[2 * ID_BYTES + 1];

    if (sodium_is_zero(id, n))
        hash_text(state, obs_str_n(NULL, 0));
    else
        hash_text(state, obs_str_of(sodium_bin2hex(hex, sizeof(hex), id, n)));
}

obs_str feedback_id(obs_arena *arena, const obs_feedback *feedback, obs_str key)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * ID_BYTES + 1];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    hash_hex(&state, feedback->trace_id, sizeof(feedback->trace_id));
    hash_hex(&state, feedback->span_id, sizeof(feedback->span_id));
    hash_text(&state, feedback->session_id);
    hash_text(&state, feedback->name);
    hash_text(&state, feedback->source);
    hash_text(&state, feedback->author);
    hash_text(&state, key);
    crypto_hash_sha256_final(&state, hash);
    return obs_arena_printf(arena, "fb-%s", sodium_bin2hex(hex, sizeof(hex), hash, ID_BYTES));
}
