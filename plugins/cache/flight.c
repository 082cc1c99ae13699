/* SPDX-License-Identifier: Apache-2.0 */
/* One question for all who ask the same at the same time, on one worker. Who comes
 * after a write does not join a question from before it: its answer may lack what
 * was written. */
#include "cache.h"

#include <stdlib.h>

struct flight *flight_find(const struct desk *desk, const struct asking *asking)
{
    struct flight *flight = desk->flights;

    while (flight && (flight->changes != asking->changes ||
                      memcmp(flight->digest, asking->key.digest, KEY_BYTES) != 0))
        flight = flight->next;
    return flight;
}

void flight_begin(struct asking *asking)
{
    struct flight *flight = calloc(1, sizeof(*flight));

    if (!flight)
        return;
    memcpy(flight->digest, asking->key.digest, KEY_BYTES);
    flight->changes = asking->changes;
    flight->leader = asking;
    flight->next = asking->desk->flights;
    asking->desk->flights = flight;
    asking->flight = flight;
}

void flight_wait(struct flight *flight, struct asking *asking)
{
    asking->flight = flight;
    asking->next = NULL;
    *(flight->last ? &flight->last->next : &flight->first) = asking;
    flight->last = asking;
}

static struct asking *take_first(struct flight *flight)
{
    struct asking *first = flight->first;

    if (first) {
        flight->first = first->next;
        flight->last = flight->first ? flight->last : NULL;
        first->next = NULL;
    }
    return first;
}

static void end(struct desk *desk, struct flight *flight)
{
    struct flight **at = &desk->flights;

    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->leader->flight = NULL;
    free(flight);
}

/* An answer without memory is the handler's business. */
void flight_land(struct asking *leader, const struct kept *kept)
{
    struct flight *flight = leader->flight;
    struct asking *waiting;

    while ((waiting = take_first(flight))) {
        waiting->flight = NULL;
        waiting->served = true;
        waiting->served = answer_from(waiting, kept);
        obs_request_resume(waiting->req, waiting->served ? OBS_RESPONDED : OBS_CONTINUE);
    }
    end(leader->desk, flight);
}

/* The next one leads; without anybody the flight ends. */
static void pass_on(struct flight *flight)
{
    struct asking *next = take_first(flight);

    if (!next) {
        end(flight->leader->desk, flight);
        return;
    }
    flight->leader->flight = NULL;
    flight->leader = next;
    obs_request_resume(next->req, OBS_CONTINUE);
}

void flight_fail(struct asking *leader)
{
    struct flight *flight = leader->flight;
    struct asking *waiting;

    if (++flight->failures == 1) {
        pass_on(flight);
        return;
    }
    while ((waiting = take_first(flight))) {
        waiting->flight = NULL;
        obs_request_resume(waiting->req, OBS_CONTINUE);
    }
    end(leader->desk, flight);
}

void flight_leave(struct asking *asking)
{
    struct flight *flight = asking->flight;
    struct asking *before = NULL, *at;

    if (!flight)
        return;
    if (flight->leader == asking) {
        pass_on(flight);
        return;
    }
    for (at = flight->first; at != asking; at = at->next)
        before = at;
    *(before ? &before->next : &flight->first) = asking->next;
    if (flight->last == asking)
        flight->last = before;
    asking->flight = NULL;
    obs_request_resume(asking->req, OBS_CONTINUE); /* nobody is there any more to answer */
}
