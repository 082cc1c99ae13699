/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines are wanted: a level for all, and for any instance name one of its
 * own. Both change at run time; asking is one or two relaxed loads. */
#ifndef HOST_CORE_LOG_LEVEL_H
#define HOST_CORE_LOG_LEVEL_H

#include <observatory/log.h>

/* The level of the instances of one name, of all generations. Lives as long as
 * the process. */
struct log_source;

/* The source called `name`, made when there is none. NULL when out of memory or
 * when there are too many: such an instance follows the level for all.
 * Thread: any. */
struct log_source *log_source(const char *name);

/* Its name, which lives as long. Thread: any. */
const char *log_source_name(const struct log_source *source);

/* The level for all lines, OBS_LOG_*. Thread: any. */
void log_set_level(uint32_t level);
uint32_t log_level(void);

/* The level of one name; LOG_LEVEL_SHARED: again that for all. Errors:
 * OBS_E_NOMEM. Thread: any. */
#define LOG_LEVEL_SHARED UINT32_MAX
int log_set_level_of(const char *name, uint32_t level);

/* All sources follow the level for all again. Thread: any. */
void log_share_levels(void);

#endif
