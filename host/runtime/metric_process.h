/* SPDX-License-Identifier: Apache-2.0 */
/* The process_* metrics that every Prometheus client library has, read from
 * the kernel each time somebody asks. */
#ifndef HOST_RUNTIME_METRIC_PROCESS_H
#define HOST_RUNTIME_METRIC_PROCESS_H

/* Registers them and has them refreshed before each read. Errors:
 * OBS_E_NOMEM, OBS_E_CONFLICT. Thread: control. */
int metric_process_start(void);

#endif
