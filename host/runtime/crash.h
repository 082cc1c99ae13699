/* SPDX-License-Identifier: Apache-2.0 */
/* The last words of a process that a signal ends: which signal and where, on
 * which thread, in whose callback, and the frames with the plugin that each is
 * in. Afterwards the signal has its default action, so that the exit status and
 * the core file are those of the crash. */
#ifndef HOST_RUNTIME_CRASH_H
#define HOST_RUNTIME_CRASH_H

#include <observatory/base.h>

/* Handles SEGV, BUS, ILL, FPE and ABRT from now on; of a build for a sanitizer,
 * which tells the others itself, ABRT only. Threads that spawn() starts survive
 * an overflow of their stack until it is told; of others, the main thread alone.
 * Thread: control. */
void crash_install(void);

/* Frames in the object that `inside` points into are said to be of plugin `name`
 * and of the file `path`, which need not be what is mapped. Both are copied.
 * Thread: any, one at a time. */
void crash_name_object(const void *inside, const char *name, const char *path);

/* The end in a few words ("SIGSEGV in plugin hello") goes to the socket `fd`,
 * too, as messages of which the last one is the best; -1: to none. */
void crash_tell(int fd);

#endif
