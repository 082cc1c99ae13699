/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters are sorted, names and times that mean the same become the same, and
 * times that are relative to now are rounded, or nothing would ever be asked twice. */
#include "key.h"

#include "hex_id.h"
#include "timeparse.h"

#include <observatory/host.h>
#include <observatory/worker.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_NS (3600LL * 1000000000)

/* --- times ---------------------------------------------------------------------------- */

static bool is_relative(obs_str text)
{
    return text.len >= 3 && memcmp(text.ptr, "now", 3) == 0;
}

static obs_str usual_name(obs_str name)
{
    if (obs_str_is(name, "start_time"))
        return obs_str_of("from");
    return obs_str_is(name, "end_time") ? obs_str_of("to") : name;
}

static bool is_time(obs_str name)
{
    return obs_str_is(name, "from") || obs_str_is(name, "to");
}

/* A relative end moves while its answer is kept: an hour more, which is what changes
 * are counted by. */
static void note_end(const struct key_input *input, obs_str value, struct key *key)
{
    int64_t to_ns;

    if (time_parse(value, input->now_ns, &to_ns) < 0)
        return;
    key->to_ns = to_ns;
    if (is_relative(value) && __builtin_add_overflow(to_ns, HOUR_NS, &key->to_ns))
        key->to_ns = INT64_MAX;
}

/* --- hashing -------------------------------------------------------------------------- */

static void mix(crypto_generichash_state *hash, obs_str text)
{
    uint64_t len = text.len; /* first, so that no two lists look alike */

    crypto_generichash_update(hash, (const uint8_t *)&len, sizeof(len));
    if (text.len > 0)
        crypto_generichash_update(hash, (const uint8_t *)text.ptr, text.len);
}

static void mix_number(crypto_generichash_state *hash, uint64_t number)
{
    crypto_generichash_update(hash, (const uint8_t *)&number, sizeof(number));
}

/* Projects in any order and number: the sum of their hashes. */
static void mix_scope(crypto_generichash_state *hash, const obs_scope *scope)
{
    uint8_t sum[KEY_BYTES] = {0}, one[KEY_BYTES];

    mix_number(hash, scope->all != 0);
    mix_number(hash, scope->all ? 0 : scope->n_projects);
    for (size_t i = 0; !scope->all && i < scope->n_projects; i++) {
        obs_str project = scope->projects[i];

        crypto_generichash(one, sizeof(one), (const uint8_t *)project.ptr, project.len, NULL, 0);
        sodium_add(sum, one, sizeof(sum));
    }
    crypto_generichash_update(hash, sum, sizeof(sum));
}

static void mix_param(crypto_generichash_state *hash, const struct key_input *input,
                      const struct key_times *times, const struct key_param *param)
{
    int64_t ns, now_ns = input->now_ns - input->now_ns % times->round_ns;

    mix(hash, param->name);
    if (is_time(param->name) && time_parse(param->value, now_ns, &ns) == OBS_OK) {
        mix_number(hash, (uint64_t)is_relative(param->value));
        mix_number(hash, (uint64_t)ns);
    } else {
        mix(hash, param->value);
    }
}

static int compare(const void *a, const void *b)
{
    const struct key_param *left = a, *right = b;
    const obs_str pairs[][2] = {{left->name, right->name}, {left->value, right->value}};

    for (size_t i = 0; i < 2; i++) {
        obs_str x = pairs[i][0], y = pairs[i][1];
        size_t len = x.len < y.len ? x.len : y.len;
        int order = len > 0 ? memcmp(x.ptr, y.ptr, len) : 0;

        if (order != 0 || x.len != y.len)
            return order != 0 ? order : x.len < y.len ? -1 : 1;
    }
    return 0;
}

/* --- keys ------------------------------------------------------------------------------ */

static int64_t ttl_of(const struct key *key, const struct key_times *times, int64_t now_ns)
{
    if (key->of_trace)
        return times->trace_ns;
    return key->to_ns <= now_ns - HOUR_NS ? times->closed_ns : times->live_ns;
}

int key_make(struct key_input *input, const struct key_times *times, struct key *ret_key)
{
    crypto_generichash_state hash;
    struct key key = {.of_trace = input->trace_id.ptr != NULL, .to_ns = INT64_MAX};

    if (key.of_trace && hex_trace_id(input->trace_id, key.trace_id) < 0)
        return OBS_E_INVALID;
    for (size_t i = 0; i < input->n_params; i++) {
        input->params[i].name = usual_name(input->params[i].name);
        if (obs_str_is(input->params[i].name, "to"))
            note_end(input, input->params[i].value, &key);
    }
    qsort(input->params, input->n_params, sizeof(input->params[0]), compare);
    crypto_generichash_init(&hash, NULL, 0, KEY_BYTES);
    mix_number(&hash, input->generation);
    mix_scope(&hash, input->scope);
    mix_number(&hash, input->methods);
    mix(&hash, input->route);
    mix(&hash, input->path);
    mix_number(&hash, input->n_params);
    for (size_t i = 0; i < input->n_params; i++)
        mix_param(&hash, input, times, &input->params[i]);
    mix(&hash, input->body);
    crypto_generichash_final(&hash, key.digest, sizeof(key.digest));
    key.ttl_ns = ttl_of(&key, times, input->now_ns);
    *ret_key = key;
    return OBS_OK;
}

static int take_param(obs_str name, obs_str value, void *user)
{
    struct key_input *input = user;

    if (input->n_params == KEY_MAX_PARAMS)
        return OBS_E_COMPLEX;
    input->params[input->n_params++] = (struct key_param){name, value};
    return 0;
}

int key_of(obs_request *req, const obs_scope *scope, const struct key_times *times,
           struct key *ret_key)
{
    struct key_input *input = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*input));
    obs_host_info host = {.size = offsetof(obs_host_info, reloaded_ns)};
    int rc;

    if (!input)
        return OBS_E_NOMEM;
    obs_host_describe(&host);
    input->scope = scope;
    input->methods = obs_request_route_decl(req)->methods;
    input->route = obs_request_route(req);
    input->path = obs_request_path(req);
    input->trace_id = obs_request_param(req, "trace_id");
    input->body = obs_request_body(req);
    input->generation = host.generation;
    input->now_ns = obs_clock_wall_ns();
    rc = obs_request_each_query(req, take_param, input);
    return rc < 0 ? rc : key_make(input, times, ret_key);
}
