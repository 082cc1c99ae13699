/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that look at spans from a terminal, and what they share. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "filter_params.h"
#include "terminal.h"

#include <observatory/plugin.h>
#include <observatory/store.h>

#include <stdbool.h>

struct trace {
    obs_instance *instance;
    const obs_store *store;
    void *store_self;
};

/* What was written behind the command. */
struct wish {
    obs_arena *arena;
    struct filter_params params;
    const obs_filter *filter;
    struct terminal terminal;
    bool json;
    uint32_t limit;
    obs_str words[32]; /* what is no option */
    size_t n_words;
    obs_str interval, tz, by; /* of charts */
};

/* Reads it: the parameters of GET /api/v1/traces as --options, --limit, --json, and
 * those of charts. Complains and returns an exit code, EX_OK when all is well; then the
 * arena is to be destroyed. `usual_s`: the range when none is given, 0: all. */
int wish_read(obs_command_call *call, struct wish *ret, int64_t usual_s);

/* Checks the conditions; complains as above. */
int wish_finish(struct wish *wish);

/* Tells what an error means; an exit code. */
int trace_failed(int rc);

/* Waits for a call of the store that returned `rc`, until `*done`. */
int trace_wait(obs_command_call *call, int rc, const int *done);

/* Values as they are read best: "1.2 s", "$0.0042", "12.3k". */
void put_duration(char *to, size_t size, int64_t ns);
void put_cost(char *to, size_t size, int64_t nano_dollars);
void put_count(char *to, size_t size, int64_t n);
/* In local time. */
void put_time(char *to, size_t size, int64_t ns);

/* The commands. */
int list_command(obs_command_call *call, void *self);
int search_command(obs_command_call *call, void *self);
int show_command(obs_command_call *call, void *self);
int metrics_command(obs_command_call *call, void *self);
int cost_command(obs_command_call *call, void *self);

#endif
