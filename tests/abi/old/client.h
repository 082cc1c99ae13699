/* SPDX-License-Identifier: Apache-2.0 */
/* old-client calls everything that ABI 1.0 offers and shows the results, so
 * that a test can look at them. What it holds, and the routes by file. */
#ifndef TESTS_ABI_OLD_CLIENT_H
#define TESTS_ABI_OLD_CLIENT_H

#include <observatory/observatory.h>
#include <observatory/store.h>

#include <stdatomic.h>

/* Filled from the option table in settings.c. */
struct settings {
    int32_t flag;
    int32_t choice;
    int64_t whole;
    double real;
    uint64_t bytes;
    int64_t wait_ns;
    double rate;
    const char *prefix;
    const char *path;
    obs_str_list list;
    const obs_conf *tree;
};

#define SETTINGS_COUNT 11
extern const obs_option settings_options[SETTINGS_COUNT];

struct client {
    obs_instance *instance;
    const struct settings *settings;
    obs_service tally;
    obs_service store;
    obs_series *answers;  /* counter by route */
    obs_series *level;    /* gauge */
    obs_series *duration; /* histogram */
    obs_thread *thread;
    atomic_int stopping;
    atomic_uint logged; /* LOG hooks that ran */
    atomic_uint beats;  /* posts from the thread that ran */
};

/* One a worker. */
struct context {
    struct client *client;
    obs_timer *timer;
    uint64_t ticks;
    uint64_t visits; /* survives a hot swap */
};

/* A JSON answer under way. */
struct answer {
    obs_buf *out;
    obs_jw *jw;
};

/* answer.c */
int answer_begin(obs_request *req, struct answer *ret_answer);
int answer_end(obs_request *req, struct answer *answer);
void answer_text(struct answer *answer, const char *key, obs_str value);
void answer_uint(struct answer *answer, const char *key, uint64_t value);

/* settings.c: GET ${prefix}/settings */
int settings_show(obs_request *req, void *self);

/* requests.c: GET ${prefix}/request/{name}, POST ${prefix}/json,
 * POST ${prefix}/stream, GET ${prefix}/error */
int request_show(obs_request *req, void *self);
int request_json(obs_request *req, void *self);
int request_stream(obs_request *req, void *self);
int request_error(obs_request *req, void *self);

/* hooks.c */
#define HOOKS_COUNT 6
extern const obs_hook hooks_table[HOOKS_COUNT];

/* background.c: GET ${prefix}/later?by=…, GET ${prefix}/counters; the thread,
 * and what belongs to a worker */
int background_later(obs_request *req, void *self);
int background_counters(obs_request *req, void *self);
int background_start(struct client *client);
void background_stop(struct client *client);
int background_worker_start(void *self, obs_worker *worker, void **ret_context);
void background_worker_stop(void *self, obs_worker *worker, void *context);
int background_export(void *self, obs_worker *worker, void *context, obs_buf *state);
int background_import(void *self, obs_worker *worker, void *context, uint32_t version,
                      obs_str state);

/* host.c: GET ${prefix}/host, and the metrics */
int host_show(obs_request *req, void *self);
int host_register(struct client *client);

/* services.c: GET ${prefix}/tally?add=N, POST ${prefix}/spans */
int services_tally(obs_request *req, void *self);
int services_spans(obs_request *req, void *self);

#endif
