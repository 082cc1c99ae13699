/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting and printing complaints about a configuration. */
#include "config/errors.h"
#include "core/utf8.h"

#include <stdarg.h>
#include <stdlib.h>

void conf_errors_init(struct conf_errors *errors, obs_arena *arena)
{
    *errors = (struct conf_errors){.arena = arena};
}

/* One line stays one line, whatever stands in a value, a key or a file name. */
static obs_str printable(obs_arena *arena, obs_str text)
{
    char *to = obs_arena_alloc(arena, 4 * text.len + 1);
    size_t len = 0, n;

    if (!to)
        return obs_str_n("out of memory", 13);
    for (size_t i = 0; i < text.len; i += n) {
        unsigned char c = (unsigned char)text.ptr[i];
        n = utf8_sequence(text.ptr + i, text.len - i);
        if (n == 0 || c < 0x20 || c == 0x7f) {
            len += (size_t)sprintf(to + len, "\\x%02x", c);
            n = 1;
        } else {
            memcpy(to + len, text.ptr + i, n);
            len += n;
        }
    }
    to[len] = '\0';
    return obs_str_n(to, len);
}

OBS_PRINTF(6, 0)
static void add(struct conf_errors *errors, const char *source, uint32_t line, uint32_t column,
                const char *path, const char *format, va_list args)
{
    char message[1024], place[64] = "";
    struct conf_error *e;

    if (errors->count == CONF_MAX_ERRORS) {
        errors->more++;
        return;
    }
    vsnprintf(message, sizeof(message), format, args);
    if (line)
        snprintf(place, sizeof(place), "%u:%u: ", line, column);
    e = &errors->items[errors->count];
    *e = (struct conf_error){
        .source = source, .line = line, .column = column, .order = (uint32_t)errors->count++};
    e->text = obs_arena_printf(errors->arena, "%s%s%s%s%s%s", source ? source : "",
                               source ? (line ? ":" : ": ") : "", place, path ? path : "",
                               path ? ": " : "", message);
    e->text = printable(errors->arena, e->text);
}

void conf_error_at(struct conf_errors *errors, const obs_conf *node, const char *path,
                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(errors, node ? node->source : NULL, obs_conf_line(node), obs_conf_column(node), path,
        format, args);
    va_end(args);
}

void conf_error_key(struct conf_errors *errors, const obs_conf *map, const struct conf_entry *entry,
                    const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(errors, entry->value ? entry->value->source : map->source, entry->key_line,
        entry->key_column, path, format, args);
    va_end(args);
}

void conf_error_place(struct conf_errors *errors, const char *source, uint32_t line,
                      uint32_t column, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(errors, source, line, column, path, format, args);
    va_end(args);
}

static int compare(const void *a, const void *b)
{
    const struct conf_error *x = a, *y = b;
    int by_source = 0;

    if (!x->line != !y->line)
        return x->line ? -1 : 1;
    if (x->line && x->source && y->source)
        by_source = strcmp(x->source, y->source);
    if (by_source)
        return by_source;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void conf_errors_print(struct conf_errors *errors, FILE *to)
{
    qsort(errors->items, errors->count, sizeof(*errors->items), compare);
    for (size_t i = 0; i < errors->count; i++)
        fprintf(to, "%.*s\n", OBS_STR_ARG(errors->items[i].text));
    if (errors->more)
        fprintf(to, "and %zu more\n", errors->more);
}
