/* SPDX-License-Identifier: Apache-2.0 */
/* The sd_notify(3) protocol: telling a service manager how we are. Every call
 * is a no-op when nobody asked (no NOTIFY_SOCKET). */
#ifndef HOST_RUNTIME_NOTIFY_H
#define HOST_RUNTIME_NOTIFY_H

#include <observatory/base.h>

struct notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Errors: OBS_E_INVALID
 * (an address that is neither a path nor abstract, or too long),
 * OBS_E_INTERNAL (no socket). */
OBS_MUST_CHECK int notify_open(struct notify **ret_notify);

/* NULL is a no-op. */
void notify_close(struct notify *notify);

/* Sends one message, lines of "KEY=value". Loss is nobody's business but the
 * manager's, so there is no result. `notify` may be NULL. */
OBS_PRINTF(2, 3) void notify_send(const struct notify *notify, const char *format, ...);

/* How often to send WATCHDOG=1: half of what the manager allows; 0: never. */
uint64_t notify_watchdog_ms(const struct notify *notify);

#endif
