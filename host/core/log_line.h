/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the log as bytes. Whatever is in the text, the result is one line
 * of valid UTF-8 (in JSON: one valid object) that ends with a newline. */
#ifndef HOST_CORE_LOG_LINE_H
#define HOST_CORE_LOG_LINE_H

#include <observatory/log.h>
#include <stdbool.h>

#define LOG_LINE_BYTES 4096

struct log_line {
    char text[LOG_LINE_BYTES];
    size_t len;
};

/* Renders a line of `level` (OBS_LOG_*) at `unix_ns`; what is too long is cut and
 * ends with an ellipsis. */
void log_line_render(struct log_line *line, bool json, int64_t unix_ns, uint32_t level,
                     obs_str component, obs_str text);

#endif
