/* SPDX-License-Identifier: Apache-2.0 */
/* Price books from anyone: loaded, and when they are accepted every name in
 * them is found and no call costs less than nothing. */
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file of memory that can be opened by path: the loader takes nothing else. */
static int make_file(const uint8_t *data, size_t size, char *ret_path, size_t path_size)
{
    int fd = memfd_create("prices", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(ret_path, path_size, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_name(const struct price_book *book, const struct price_name *name)
{
    const struct price_model *model = name->target;
    obs_span span;

    if (model->n_prices == 0)
        abort();
    for (size_t i = 1; i < model->n_prices; i++)
        if (model->prices[i - 1].from_ns >= model->prices[i].from_ns)
            abort();
    obs_span_init(&span);
    span.operation_type = obs_str_of("chat");
    span.provider = name->provider;
    span.model = name->model;
    span.start_ns = INT64_MAX;
    span.input_tokens = span.cache_read_tokens = span.cache_write_tokens = 1000000;
    span.output_tokens = span.reasoning_tokens = INT64_MAX;
    price_apply(book, &span);
    if (obs_str_is(span.cost_source, "unpriced") ? span.total_cost != OBS_ABSENT
                                                 : span.total_cost < span.prompt_cost)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_arena *arena = obs_arena_create((size_t)64 << 20);
    const struct price_book *book = NULL;
    char path[64], error[256] = "";
    int fd = make_file(data, size, path, sizeof(path));

    if (price_book_load(arena, path, &book, error, sizeof(error)) < 0) {
        if (error[0] == '\0' || book)
            abort();
    } else {
        for (uint64_t i = 0; i < book->n_slots; i++) {
            const struct price_name *name = book->slots[i];
            if (!name)
                continue;
            check_name(book, name);
            if (price_find(book, name->provider, name->model) != name->target && name->provider.len)
                abort();
        }
        for (const struct price_name *p = book->patterns; p; p = p->next)
            check_name(book, p);
    }
    close(fd);
    obs_arena_destroy(arena);
    return 0;
}
