/* SPDX-License-Identifier: Apache-2.0 */
/* What a test sees of its plugins besides their answers. */
#include "test/test.h"

#include "core/log.h"
#include "plugin/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- services ------------------------------------------------------------- */

int obs_test_service(obs_test *t, const char *id, obs_service *ret_service)
{
    int rc = test_running(t);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < t->generation->n_instances; i++) {
        const struct ledger *ledger = t->generation->instances[i]->ledger;

        for (size_t s = 0; s < ledger->n_services; s++) {
            if (strcmp(ledger->services[s].id, id) != 0)
                continue;
            *ret_service = (obs_service){ledger->services[s].table, ledger->services[s].provider};
            return OBS_OK;
        }
    }
    return test_fail(t, OBS_E_NOT_FOUND, "no plugin provides %s", id);
}

/* ---- metrics -------------------------------------------------------------- */

struct search {
    const char *name, *labels;
    double sum; /* NaN: nothing found yet */
};

static bool has_label(const obs_metric_sample *sample, obs_str name, obs_str value)
{
    for (size_t i = 0; i < sample->n_labels; i++)
        if (obs_str_is(name, sample->labels[i]))
            return obs_str_eq(sample->values[i], value);
    return false;
}

/* `labels` is "name=value,name=value". */
static bool has_labels(const obs_metric_sample *sample, const char *labels)
{
    while (labels && *labels) {
        size_t len = strcspn(labels, ","), name_len = strcspn(labels, "=,");
        size_t skip = name_len < len ? name_len + 1 : len;

        if (!has_label(sample, obs_str_n(labels, name_len), obs_str_n(labels + skip, len - skip)))
            return false;
        labels += len + (labels[len] == ',');
    }
    return true;
}

static void add_sample(const obs_metric_sample *sample, void *user)
{
    struct search *search = user;

    if (strcmp(sample->name, search->name) != 0 || !has_labels(sample, search->labels))
        return;
    if (isnan(search->sum))
        search->sum = 0;
    search->sum += sample->kind == OBS_METRIC_HISTOGRAM ? (double)sample->count : sample->value;
}

double obs_test_metric(obs_test *t, const char *name, const char *labels)
{
    struct search search = {name, labels, NAN};

    (void)t; /* metrics are the process's */
    obs_metrics_each(add_sample, &search);
    return search.sum;
}

/* ---- log ------------------------------------------------------------------ */

obs_str obs_test_log(obs_test *t)
{
    struct stat st;
    ssize_t n;
    char *more;

    log_flush();
    if (fstat(t->log_fd, &st) < 0)
        return obs_str_of(NULL);
    more = realloc(t->log, (size_t)st.st_size + 1);
    if (!more)
        return obs_str_of(NULL);
    t->log = more;
    n = pread(t->log_fd, t->log, (size_t)st.st_size, /* offset= */ 0);
    return obs_str_n(t->log, n > 0 ? (size_t)n : 0);
}

int obs_test_logged(obs_test *t, const char *text)
{
    obs_str log = obs_test_log(t);

    return memmem(log.ptr, log.len, text, strlen(text)) != NULL;
}
