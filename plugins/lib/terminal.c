/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of eighths: U+2581 to U+2588 upwards, U+258F to U+2588 to the right. */
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#define DEFAULT_COLUMNS 100

void terminal_init(struct terminal *t, FILE *out)
{
    const char *no = getenv("NO_COLOR"), *kind = getenv("TERM"), *columns = getenv("COLUMNS");
    struct winsize size = {0};
    bool tty = isatty(fileno(out)) != 0;

    t->out = out;
    t->colors = tty && !(no && *no) && kind && strcmp(kind, "dumb") != 0;
    t->width = DEFAULT_COLUMNS;
    if (tty && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        t->width = size.ws_col;
    else if (columns && atoi(columns) >= 40 && atoi(columns) <= 1000)
        t->width = (size_t)atoi(columns);
}

void terminal_color(const struct terminal *t, enum terminal_color color)
{
    static const char *const codes[] = {
        [COLOR_PLAIN] = "\033[0m", [COLOR_DIM] = "\033[2m",    [COLOR_BOLD] = "\033[1m",
        [COLOR_RED] = "\033[31m",  [COLOR_GREEN] = "\033[32m", [COLOR_BLUE] = "\033[34m"};

    if (t->colors)
        fputs(codes[color], t->out);
}

/* --- text ------------------------------------------------------------------------------ */

/* The next character of a text, as it may be shown: 0 columns, 1 or 2. */
static size_t next_char(obs_str text, size_t *at, const char **ret, size_t *ret_len)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + *at,
                                          (utf8proc_ssize_t)(text.len - *at), &c);
    int width = n > 0 ? utf8proc_charwidth(c) : 1;
    bool shown = n > 0 && c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) &&
                 utf8proc_category(c) != UTF8PROC_CATEGORY_CF;

    *ret = shown ? text.ptr + *at : " ";
    *ret_len = shown ? (size_t)n : 1;
    *at += n > 0 ? (size_t)n : 1;
    return shown ? (size_t)(width < 0 ? 0 : width) : 1;
}

size_t terminal_columns(obs_str text)
{
    size_t columns = 0, at = 0, len;
    const char *c;

    while (at < text.len)
        columns += next_char(text, &at, &c, &len);
    return columns;
}

static void pad(FILE *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fputc(' ', out);
}

void terminal_put(const struct terminal *t, obs_str text, size_t width, bool right)
{
    size_t columns = terminal_columns(text), room = columns > width ? width - 1 : width;
    size_t at = 0, used = 0, len;
    const char *c;

    if (width == 0)
        return;
    if (right && columns < width)
        pad(t->out, width - columns);
    while (at < text.len) {
        size_t next = next_char(text, &at, &c, &len);

        if (used + next > room)
            break;
        fwrite(c, 1, len, t->out);
        used += next;
    }
    if (columns > width) {
        fputs("…", t->out);
        used++;
    }
    if (!right || columns > width)
        pad(t->out, width - used);
}

/* --- blocks ------------------------------------------------------------------------------ */

static void put_block(FILE *out, unsigned last_byte)
{
    const char block[] = {(char)0xe2, (char)0x96, (char)last_byte};

    fwrite(block, 1, sizeof(block), out);
}

/* Where something begins is rounded to a column; it ends at an eighth, and is always
 * to be seen. */
void terminal_bar(const struct terminal *t, double from, double to, size_t width)
{
    size_t begin = (size_t)(fmax(0, fmin(1, from)) * (double)width);
    size_t eighths = (size_t)llround(fmax(0, fmin(1, to)) * (double)width * 8);
    size_t column = 0;

    if (begin >= width)
        begin = width ? width - 1 : 0;
    if (eighths <= 8 * begin)
        eighths = 8 * begin + 1;
    pad(t->out, begin);
    for (column = begin; column < width && eighths > 8 * column; column++) {
        size_t part = eighths - 8 * column;

        put_block(t->out, (unsigned)(part >= 8 ? 0x88 : 0x90 - part));
    }
    pad(t->out, width - column);
}

void terminal_sparkline(const struct terminal *t, const double *values, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = values[i] > most ? values[i] : most;
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]) || !(most > 0) || values[i] <= 0)
            fputc(isnan(values[i]) ? ' ' : '_', t->out);
        else
            put_block(t->out, 0x80 + (unsigned)fmax(1, ceil(8 * values[i] / most)));
    }
}
