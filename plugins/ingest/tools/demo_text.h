/* SPDX-License-Identifier: Apache-2.0 */
/* Plausible prompts and answers for generated spans. */
#ifndef INGEST_DEMO_TEXT_H
#define INGEST_DEMO_TEXT_H

#include "random.h"

#include <observatory/memory.h>

/* A question of a customer, in one of several languages. */
obs_str demo_question(struct random *r, obs_arena *arena);

/* An answer of about `tokens` tokens, at most 2,000 characters. */
obs_str demo_answer(struct random *r, obs_arena *arena, int64_t tokens);

struct demo_tool {
    const char *name;
    const char *arguments; /* JSON object */
    const char *result;    /* JSON */
};

const struct demo_tool *demo_tool(struct random *r);

#endif
