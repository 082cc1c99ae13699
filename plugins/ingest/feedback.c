/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting feedback. */
#include "feedback.h"

#include <math.h>

#define FIRST_CAPACITY 8u

obs_feedback *feedback_add(struct mapped *mapped, obs_arena *arena)
{
    obs_feedback *added;

    if (mapped->n_feedback == mapped->feedback_capacity) {
        size_t capacity = mapped->n_feedback ? 2 * mapped->n_feedback : FIRST_CAPACITY;
        obs_feedback *items = obs_arena_calloc(arena, capacity, sizeof(*items));

        if (!items)
            return NULL;
        if (mapped->n_feedback)
            memcpy(items, mapped->feedback, mapped->n_feedback * sizeof(*items));
        mapped->feedback = items;
        mapped->feedback_capacity = capacity;
    }
    added = &mapped->feedback[mapped->n_feedback++];
    feedback_init(added);
    return added;
}

int feedback_finish(obs_arena *arena, obs_feedback *feedback, obs_str key)
{
    if (!feedback->name.len)
        feedback->name = (obs_str)OBS_STR(FEEDBACK_DEFAULT_NAME);
    if (!isfinite(feedback->value))
        feedback->value = (double)NAN;
    if (feedback->id.len && feedback->id.len <= FEEDBACK_MAX_ID_BYTES)
        return OBS_OK;
    feedback->id = feedback_id(arena, feedback, feedback->id.len ? feedback->id : key);
    return feedback->id.ptr ? OBS_OK : OBS_E_NOMEM;
}
