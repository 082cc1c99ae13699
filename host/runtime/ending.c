/* SPDX-License-Identifier: Apache-2.0 */
/* One thread that goes through drain and stop, and a semaphore in between. */
#include "runtime/ending.h"

#include "core/spawn.h"
#include "runtime/runtime.h"

#include <semaphore.h>
#include <stdlib.h>

struct ending {
    struct generation *generation;
    struct runtime *runtime;
    int64_t deadline_ns; /* written before `go` is posted */
    sem_t go;
    int result;
    _Atomic bool over;
    void (*ended)(void *user);
    void *user;
    pthread_t thread;
};

static void *end(void *arg)
{
    struct ending *ending = arg;

    generation_drain(ending->generation);
    while (sem_wait(&ending->go) < 0)
        ; /* a signal came in between */
    ending->result = generation_retire(ending->generation, ending->runtime, ending->deadline_ns);
    atomic_store(&ending->over, true);
    ending->ended(ending->user);
    return NULL;
}

int ending_begin(struct generation *generation, struct runtime *runtime, void (*ended)(void *user),
                 void *user, struct ending **ret_ending)
{
    struct ending *ending = calloc(1, sizeof(*ending));

    if (!ending)
        return OBS_E_NOMEM;
    ending->generation = generation;
    ending->runtime = runtime;
    ending->ended = ended;
    ending->user = user;
    sem_init(&ending->go, /* pshared= */ 0, /* value= */ 0);
    generation_succeed(generation, /* successor= */ NULL);
    if (spawn(&ending->thread, "obs-end", end, ending) < 0) {
        sem_destroy(&ending->go);
        free(ending);
        return OBS_E_NOMEM;
    }
    *ret_ending = ending;
    return OBS_OK;
}

void ending_stop(struct ending *ending, int64_t deadline_ns)
{
    ending->deadline_ns = deadline_ns;
    sem_post(&ending->go);
}

bool ending_is_over(const struct ending *ending)
{
    return atomic_load(&ending->over);
}

const char *ending_waits_for(const struct ending *ending)
{
    const struct generation *generation = ending->generation;

    for (size_t i = generation->n_instances; i-- > 0;) {
        uint32_t state = atomic_load(&generation->instances[i]->state);

        if (state >= INSTANCE_STARTING && state != INSTANCE_STOPPED)
            return generation->instances[i]->name;
    }
    return NULL;
}

bool ending_close(struct ending *ending)
{
    bool clean;

    if (!ending)
        return true;
    pthread_join(ending->thread, /* ret= */ NULL);
    clean = ending->result == OBS_OK;
    sem_destroy(&ending->go);
    free(ending);
    return clean;
}
