/* SPDX-License-Identifier: Apache-2.0 */
/* A line under a lock: written a few times a reload. */
#include "plugin/progress.h"

#include <stdarg.h>
#include <stdio.h>

void progress_say(struct progress *progress, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pthread_mutex_lock(&progress->lock);
    vsnprintf(progress->doing, sizeof(progress->doing), format, args);
    pthread_mutex_unlock(&progress->lock);
    va_end(args);
}

void progress_read(struct progress *progress, char *text, size_t size)
{
    pthread_mutex_lock(&progress->lock);
    snprintf(text, size, "%s", progress->doing);
    pthread_mutex_unlock(&progress->lock);
}
