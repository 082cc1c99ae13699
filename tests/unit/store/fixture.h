/* SPDX-License-Identifier: Apache-2.0 */
/* The store as its consumers see it, on a database of its own, with calls that wait
 * for their answer. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "db.h"
#include "fake_host.h"

#include <observatory/store.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
    char folder[64], path[96];      /* of the database; or its schema */
    struct STORE_SETTINGS settings; /* to be changed between fixture_init() and open */
    obs_worker *worker;
    const obs_store *store;
    void *self; /* NULL: closed */
};

/* A database of its own and the plugin's default settings; the calling thread becomes
 * the worker. finish removes the database. */
void fixture_init(struct fixture *f);
void fixture_finish(struct fixture *f);

/* create() and start(), as the host does; the result of start(). */
int fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

/* For cmocka: `*state` is an open one. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

extern const obs_scope scope_all;

/* append() and its answer: what the call returned, else result.error. */
int append_wait(struct fixture *f, const obs_scope *scope, const obs_span *spans, size_t n,
                obs_append_result *ret_result);
int append_merging(struct fixture *f, const obs_scope *scope, const obs_span *spans, size_t n,
                   obs_merge_fn merge, obs_append_result *ret_result);

/* The rows of a search, copied. */
struct found {
    obs_arena *arena; /* of the copies */
    obs_span *spans;
    size_t n;
    size_t stop_after; /* 0: never */
    obs_search_result result;
    char position[64];
    int done;
};

int search_wait(struct fixture *f, const obs_scope *scope, const obs_span_query *query,
                struct found *found);
void found_finish(struct found *found);

/* A query for everything, newest first, 100 rows. */
obs_span_query query_all(void);

/* A deep copy of `span`. */
obs_span span_copy(obs_arena *arena, const obs_span *span);

/* A minimal valid span. `number` makes its ids. */
obs_span span_make(uint64_t number, const char *project, int64_t start_ns);

/* One number out of the database, or a change of it, behind the store's back. */
int64_t file_number(const struct fixture *f, const char *sql);
void change_file(const struct fixture *f, const char *sql);

/* What there is of the fixture for each kind of database: fixture_sqlite.c and its
 * siblings. */
void database_init(struct fixture *f);
void database_finish(struct fixture *f);

#endif
