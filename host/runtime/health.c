/* SPDX-License-Identifier: Apache-2.0 */
/* A short list under a lock. Reports come when a state changes, so a linear
 * search is all it takes; a report that changes the state is logged. */
#include "runtime/health.h"

#include "plugin/instance.h"
#include "runtime/runtime.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_REPORTS 256 /* of all instances; a plugin reports a handful */
#define DETAIL_BYTES 256

struct report {
    const obs_instance *instance;
    uint32_t state;
    char component[64];
    char detail[DETAIL_BYTES];
};

struct health {
    pthread_mutex_t lock; /* over all below */
    size_t n_reports;
    struct report reports[MAX_REPORTS];
};

struct health *health_create(void)
{
    struct health *health = calloc(1, sizeof(*health));

    if (health)
        pthread_mutex_init(&health->lock, /* attributes= */ NULL);
    return health;
}

void health_destroy(struct health *health)
{
    if (!health)
        return;
    pthread_mutex_destroy(&health->lock);
    free(health);
}

/* The report of this component, a new healthy one if need be; NULL when full. */
static struct report *find_report(struct health *health, const obs_instance *instance,
                                  const char *component)
{
    struct report *report;

    for (size_t i = 0; i < health->n_reports; i++) {
        report = &health->reports[i];
        if (report->instance == instance && strcmp(report->component, component) == 0)
            return report;
    }
    if (health->n_reports == MAX_REPORTS)
        return NULL;
    report = &health->reports[health->n_reports++];
    *report = (struct report){.instance = instance, .state = OBS_HEALTHY};
    snprintf(report->component, sizeof(report->component), "%s", component);
    return report;
}

void health_forget(struct health *health, const obs_instance *instance)
{
    size_t kept = 0;

    pthread_mutex_lock(&health->lock);
    for (size_t i = 0; i < health->n_reports; i++) {
        if (health->reports[i].instance != instance)
            health->reports[kept++] = health->reports[i];
    }
    health->n_reports = kept;
    pthread_mutex_unlock(&health->lock);
}

static void log_change(obs_instance *instance, const char *component, uint32_t state,
                       const char *detail)
{
    static const char *const names[] = {"healthy", "degraded", "unhealthy"};

    obs_log(instance, state == OBS_HEALTHY ? OBS_LOG_INFO : OBS_LOG_WARN, "%s is %s%s%s", component,
            names[state], detail[0] ? ": " : "", detail);
}

bool health_set(struct health *health, obs_instance *instance, const char *component,
                uint32_t state, const char *detail)
{
    struct report *report;
    bool changed = false;

    pthread_mutex_lock(&health->lock);
    report = find_report(health, instance, component);
    if (report) {
        changed = report->state != state;
        report->state = state;
        snprintf(report->detail, sizeof(report->detail), "%s", detail);
    }
    pthread_mutex_unlock(&health->lock);
    if (!report)
        obs_log(instance, OBS_LOG_WARN, "health of %s not kept: more than %d components", component,
                MAX_REPORTS);
    return changed;
}

void obs_health_report(obs_instance *instance, const char *component, uint32_t state,
                       const char *detail, ...)
{
    char text[DETAIL_BYTES] = "";
    va_list args;

    assert(instance && component && state <= OBS_UNHEALTHY);
    if (detail) {
        va_start(args, detail);
        vsnprintf(text, sizeof(text), detail, args);
        va_end(args);
    }
    if (health_set(runtime_get()->health, instance, component, state, text))
        log_change(instance, component, state, text);
}

void obs_health_each(void (*fn)(const char *component, uint32_t state, const char *detail,
                                void *user),
                     void *user)
{
    struct runtime *runtime = runtime_get();
    struct health *health = runtime ? runtime->health : NULL;
    struct report report;

    /* One copy at a time, so that `fn` runs outside the lock. A report that
     * goes in between may be missed or seen twice; the next call has it. */
    for (size_t i = 0; health; i++) {
        bool found;

        pthread_mutex_lock(&health->lock);
        found = i < health->n_reports;
        if (found)
            report = health->reports[i];
        pthread_mutex_unlock(&health->lock);
        if (!found)
            return;
        fn(report.component, report.state, report.detail, user);
    }
}
