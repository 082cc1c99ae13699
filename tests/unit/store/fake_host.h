/* SPDX-License-Identifier: Apache-2.0 */
/* The few functions of the host that the store calls across threads, made so
 * that a test decides when a worker's posts run. Arena, buffer, metrics and
 * clocks are the real ones. */
#ifndef TESTS_UNIT_STORE_FAKE_HOST_H
#define TESTS_UNIT_STORE_FAKE_HOST_H

#include <observatory/plugin.h>
#include <stdatomic.h>

/* A worker whose posts wait until a thread turns it. */
obs_worker *fake_worker_create(void);
void fake_worker_destroy(obs_worker *worker);

/* Makes the calling thread `worker`; NULL: none. */
void fake_worker_adopt(obs_worker *worker);

/* Runs what is posted until `*done` is not 0. Aborts after a minute, so that a
 * lost answer is a failure and not a hang. */
void fake_worker_wait(obs_worker *worker, const int *done);

/* Runs what is posted now, if anything. */
void fake_worker_run(obs_worker *worker);

/* What plugins pass around; there is one. */
obs_instance *fake_instance(void);

/* The last report of health, OBS_HEALTHY before any; reports made so far. */
uint32_t fake_health(void);
unsigned fake_health_reports(void);

/* What was given to obs_service_provide() last. */
obs_service fake_service(void);

#endif
