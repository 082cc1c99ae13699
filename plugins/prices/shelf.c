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

int shelf_record(struct shelf *shelf, obs_arena *arena, obs_str *ret_record)
{
    bool is_there;

    (void)shelf_open(shelf);
    is_there = shelf->record.ptr != NULL;
    *ret_record = is_there ? obs_arena_dup(arena, shelf->record) : obs_str_n(NULL, 0);
    shelf_close(shelf);
    return is_there && !ret_record->ptr ? OBS_E_NOMEM : OBS_OK;
}

bool shelf_has(struct shelf *shelf, obs_str record)
{
    bool same;

    (void)shelf_open(shelf);
    same = shelf->record.ptr && obs_str_eq(shelf->record, record);
    shelf_close(shelf);
    return same;
}

int shelf_replace(struct shelf *shelf, obs_str record, char *error, size_t error_size)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0), *old = arena;
    const struct price_book *book;
    struct own_prices own;
    int rc = OBS_E_NOMEM;

    snprintf(error, error_size, "out of memory");
    if (!arena)
        return OBS_E_NOMEM;
    record = obs_arena_dup(arena, record);
    if (record.ptr)
        rc = own_prices_read(arena, record, &own);
    if (rc == OBS_E_SYNTAX)
        snprintf(error, error_size, "the record is broken");
    if (rc == OBS_OK)
        rc = own_prices_book(arena, &own, &book, error, error_size);
    if (rc == OBS_OK) {
        pthread_rwlock_wrlock(&shelf->lock);
        if (own.version > shelf->version) {
            old = shelf->arena;
            shelf->arena = arena;
            shelf->record = record;
            shelf->version = own.version;
            shelf->books.layers[PRICE_LAYER_API] = own.n ? book : NULL;
        }
        pthread_rwlock_unlock(&shelf->lock);
    }
    if (old)
        obs_arena_destroy(old); /* nobody reads it any more */
    return rc;
}
