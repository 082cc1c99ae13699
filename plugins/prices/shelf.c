/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for readers and writers: nothing that was read of a book outlives it, for
 * price_apply() writes what it says into the caller's arena. */
#include "shelf.h"

#include <stdio.h>

void shelf_init(struct shelf *shelf)
{
    *shelf = (struct shelf){0};
    pthread_rwlock_init(&shelf->lock, NULL);
}

void shelf_destroy(struct shelf *shelf)
{
    if (shelf->arena)
        obs_arena_destroy(shelf->arena);
    pthread_rwlock_destroy(&shelf->lock);
}

const struct price_books *shelf_open(struct shelf *shelf)
{
    pthread_rwlock_rdlock(&shelf->lock);
    return &shelf->books;
}

void shelf_close(struct shelf *shelf)
{
    pthread_rwlock_unlock(&shelf->lock);
}

int shelf_price(struct shelf *shelf, obs_span *span, obs_arena *arena)
{
    int rc = price_apply(shelf_open(shelf), span, arena);

    shelf_close(shelf);
    return rc;
}

uint64_t shelf_version(struct shelf *shelf)
{
    uint64_t version;

    (void)shelf_open(shelf);
    version = shelf->own.version;
    shelf_close(shelf);
    return version;
}

int shelf_record(struct shelf *shelf, obs_arena *arena, obs_str *ret_record)
{
    int rc = OBS_OK;

    *ret_record = obs_str_n(NULL, 0);
    (void)shelf_open(shelf);
    if (shelf->own.version) {
        *ret_record = own_prices_write(arena, &shelf->own);
        rc = ret_record->ptr ? OBS_OK : OBS_E_NOMEM;
    }
    shelf_close(shelf);
    return rc;
}

int shelf_own(struct shelf *shelf, obs_arena *arena, struct own_prices *ret)
{
    obs_str record;
    int rc = shelf_record(shelf, arena, &record);

    *ret = (struct own_prices){0};
    return rc == OBS_OK && record.len ? own_prices_read(arena, record, ret) : rc;
}

int shelf_replace(struct shelf *shelf, obs_str record, char *error, size_t error_size)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0), *old = arena;
    const struct price_book *book;
    struct own_prices own;
    int rc;

    snprintf(error, error_size, "out of memory");
    if (!arena)
        return OBS_E_NOMEM;
    rc = own_prices_read(arena, record, &own);
    if (rc == OBS_OK)
        rc = own_prices_book(arena, &own, &book, error, error_size);
    if (rc == OBS_OK) {
        pthread_rwlock_wrlock(&shelf->lock);
        if (own.version > shelf->own.version) {
            old = shelf->arena;
            shelf->arena = arena;
            shelf->own = own;
            shelf->books.layers[PRICE_LAYER_API] = own.n ? book : NULL;
        }
        pthread_rwlock_unlock(&shelf->lock);
    }
    if (old)
        obs_arena_destroy(old); /* nobody reads it any more */
    return rc;
}
