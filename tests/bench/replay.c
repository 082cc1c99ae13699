/* SPDX-License-Identifier: Apache-2.0 */
/* The raw insert rate: reads every row of a database that the server filled
 * into memory, makes the same tables and indexes in a new file, and inserts the
 * same rows in a bare loop, BATCH a transaction, with the same page size, journal
 * and synchronous setting. Prints rows (of table `spans`) a second as JSON. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_TABLES 16

struct table {
    char *name;
    int n_columns;
    size_t n_rows, capacity;
    sqlite3_value **cells; /* n_rows × n_columns, protected copies */
    sqlite3_stmt *insert;
};

static void must(int rc, sqlite3 *db, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fprintf(stderr, "replay: %s: %s\n", what, sqlite3_errmsg(db));
        exit(1);
    }
}

static void run(sqlite3 *db, const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql);
}

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void read_table(sqlite3 *db, struct table *t, long limit)
{
    char sql[256];
    sqlite3_stmt *stmt;
    snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" LIMIT %ld", t->name, limit);
    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), db, sql);
    t->n_columns = sqlite3_column_count(stmt);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        size_t width = (size_t)t->n_columns;
        if (t->n_rows == t->capacity) {
            t->capacity = t->capacity ? 2 * t->capacity : 4096;
            t->cells = realloc(t->cells, t->capacity * width * sizeof(*t->cells));
        }
        for (int i = 0; i < t->n_columns; i++)
            t->cells[t->n_rows * width + (size_t)i] =
                sqlite3_value_dup(sqlite3_column_value(stmt, i));
        t->n_rows++;
    }
    sqlite3_finalize(stmt);
}

static void prepare_insert(sqlite3 *db, struct table *t)
{
    char sql[1024];
    int at = snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" VALUES(?", t->name);
    for (int i = 1; i < t->n_columns; i++)
        at += snprintf(sql + at, sizeof(sql) - (size_t)at, ",?");
    snprintf(sql + at, sizeof(sql) - (size_t)at, ")");
    must(sqlite3_prepare_v2(db, sql, -1, &t->insert, NULL), db, sql);
}

/* Borrowed, as the server binds them: sqlite3_bind_value() would copy. */
static void bind_cell(sqlite3_stmt *stmt, int at, sqlite3_value *cell)
{
    switch (sqlite3_value_type(cell)) {
    case SQLITE_TEXT:
        sqlite3_bind_text(stmt, at, (const char *)sqlite3_value_text(cell),
                          sqlite3_value_bytes(cell), SQLITE_STATIC);
        break;
    case SQLITE_BLOB:
        sqlite3_bind_blob(stmt, at, sqlite3_value_blob(cell), sqlite3_value_bytes(cell),
                          SQLITE_STATIC);
        break;
    default:
        sqlite3_bind_value(stmt, at, cell);
    }
}

static void insert_row(sqlite3 *db, struct table *t, size_t row)
{
    for (int i = 0; i < t->n_columns; i++)
        bind_cell(t->insert, i + 1, t->cells[row * (size_t)t->n_columns + (size_t)i]);
    must(sqlite3_step(t->insert), db, t->name);
    sqlite3_reset(t->insert);
}

int main(int argc, char **argv)
{
    struct table tables[MAX_TABLES] = {0};
    size_t n_tables = 0, spans = 0, most = 0;
    sqlite3 *from, *to;
    sqlite3_stmt *stmt;
    char sql[256];
    size_t batch;

    if (argc != 5) {
        fprintf(stderr, "usage: replay FROM.db TO.db MAX_ROWS BATCH\n");
        return 64;
    }
    must(sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READONLY, NULL), from, argv[1]);
    must(sqlite3_open(argv[2], &to), to, argv[2]);
    must(sqlite3_prepare_v2(from, "PRAGMA page_size", -1, &stmt, NULL), from, "page_size");
    sqlite3_step(stmt);
    snprintf(sql, sizeof(sql), "PRAGMA page_size=%d", sqlite3_column_int(stmt, 0));
    sqlite3_finalize(stmt);
    run(to, sql);
    run(to, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4096;"
            "PRAGMA cache_size=-65536");

    must(sqlite3_prepare_v2(from,
                            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND "
                            "name NOT LIKE 'sqlite_%' ORDER BY type DESC",
                            -1, &stmt, NULL),
         from, "schema");
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        run(to, (const char *)sqlite3_column_text(stmt, 2));
        if (strcmp((const char *)sqlite3_column_text(stmt, 0), "table") == 0 &&
            n_tables < MAX_TABLES)
            tables[n_tables++].name = strdup((const char *)sqlite3_column_text(stmt, 1));
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < n_tables; i++) {
        read_table(from, &tables[i], atol(argv[3]));
        prepare_insert(to, &tables[i]);
        if (strcmp(tables[i].name, "spans") == 0)
            spans = tables[i].n_rows;
        if (tables[i].n_rows > most)
            most = tables[i].n_rows;
    }

    batch = (size_t)atol(argv[4]);
    double start = now_s();
    for (size_t row = 0; row < most; row += batch) {
        run(to, "BEGIN IMMEDIATE");
        for (size_t r = row; r < row + batch; r++)
            for (size_t i = 0; i < n_tables; i++)
                if (r < tables[i].n_rows)
                    insert_row(to, &tables[i], r);
        run(to, "COMMIT");
    }
    double seconds = now_s() - start;
    printf("{\"rows\": %zu, \"seconds\": %.3f, \"rows_per_s\": %.0f}\n", spans, seconds,
           (double)spans / seconds);
    return 0; /* the process ends: the rows need no freeing */
}
