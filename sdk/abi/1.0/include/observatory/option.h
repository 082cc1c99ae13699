/* SPDX-License-Identifier: Apache-2.0 */
/* Options: a table from which the host checks the configuration, fills in the
 * plugin's struct, and prints `observatory plugins show NAME`. */
#ifndef OBSERVATORY_OPTION_H
#define OBSERVATORY_OPTION_H

#include <observatory/conf.h>

OBS_BEGIN_DECLS

/* What an option holds, and the C type at its offset in the config struct.
 * Since: ABI 1.0. */
#define OBS_OPT_BOOL 1u     /* int32_t, 0 or 1; true/false, on/off, yes/no */
#define OBS_OPT_INT 2u      /* int64_t */
#define OBS_OPT_FLOAT 3u    /* double */
#define OBS_OPT_SIZE 4u     /* uint64_t bytes; 4096, 64KiB, 16MiB, 1GiB, 10MB */
#define OBS_OPT_DURATION 5u /* int64_t nanoseconds; 250us, 10ms, 5s, 2m, 1h, 7d */
#define OBS_OPT_RATE 6u     /* double per second; 100/s, 6000/m, 10/h */
#define OBS_OPT_STRING 7u   /* const char *, NUL-terminated; NULL when unset without default */
#define OBS_OPT_PATH 8u     /* const char *, made absolute against the config file's folder */
#define OBS_OPT_CHOICE 9u   /* int32_t, index into `choices` */
#define OBS_OPT_LIST 10u    /* obs_str_list; a sequence of scalars, or one scalar */
#define OBS_OPT_TREE 11u    /* const obs_conf *; the plugin reads it, NULL when absent */

/* Flags of an option.  Since: ABI 1.0. */
#define OBS_OPT_REQUIRED 1u /* absent is an error */
#define OBS_OPT_SECRET 2u   /* never printed or logged */
#define OBS_OPT_CONTENT 4u  /* a path whose file is read at start: new content, new instance */

/* A list option. `items` is NULL when empty.  Since: ABI 1.0. */
typedef struct obs_str_list {
    const obs_str *items;
    size_t count;
} obs_str_list;

/* One option. Everything in it is static storage of the plugin.
 * Since: ABI 1.0. */
typedef struct obs_option {
    const char *name;    /* key below plugins.<instance>: lower_snake_case */
    uint32_t type;       /* OBS_OPT_* */
    uint32_t flags;      /* OBS_OPT_REQUIRED | … */
    size_t offset;       /* into the config struct */
    const char *def;     /* default, in the notation of the file; NULL: zero, or required */
    const char *min;     /* least value allowed, same notation; NULL: no bound */
    const char *max;     /* greatest value allowed; NULL: no bound */
    const char *choices; /* OBS_OPT_CHOICE: names separated by '|' */
    const char *help;    /* one line, says the unit and what the limit protects */
} obs_option;

OBS_END_DECLS
#endif
