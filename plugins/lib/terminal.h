/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, bars and small charts for people in a terminal. Text from elsewhere never
 * reaches the terminal raw: what would move the cursor or change colours is shown as a
 * blank. */
#ifndef PLUGINS_LIB_TERMINAL_H
#define PLUGINS_LIB_TERMINAL_H

#include <observatory/memory.h>

#include <stdbool.h>
#include <stdio.h>

enum terminal_color { COLOR_PLAIN, COLOR_DIM, COLOR_BOLD, COLOR_RED, COLOR_GREEN, COLOR_BLUE };

struct terminal {
    FILE *out;
    bool colors;
    size_t width; /* columns */
};

/* Colours only on a terminal that has them, and not with NO_COLOR (no-color.org). */
void terminal_init(struct terminal *terminal, FILE *out);

void terminal_color(const struct terminal *terminal, enum terminal_color color);

/* How many columns a text takes. */
size_t terminal_columns(obs_str text);

/* Writes `text` in exactly `width` columns: padded, or cut off with "…". */
void terminal_put(const struct terminal *terminal, obs_str text, size_t width, bool right);

/* A bar of `width` columns that is filled from `from` to `to`, shares of it. */
void terminal_bar(const struct terminal *terminal, double from, double to, size_t width);

/* A line of `n` blocks as high as the values; the highest is full. NaN: a blank. */
void terminal_sparkline(const struct terminal *terminal, const double *values, size_t n);

#endif
