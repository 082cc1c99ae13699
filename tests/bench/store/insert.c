/* SPDX-License-Identifier: Apache-2.0 */
/* What the store costs over SQLite: the same rows, schema and indexes put into
 * one file by a bare loop, 512 a transaction, and into another through
 * obs.store/1, 512 a request with several requests under way. Both durable
 * (synchronous=FULL). The two alternate, and the ratio is taken round by round.
 * Prints a line a round to stderr and the medians as JSON.
 *
 * usage: insert FOLDER [SPANS] [ROUNDS] [REQUESTS UNDER WAY] */
#include "db.h"
#include "fake_host.h"
#include "row.h"
#include "schema.h"

#include <observatory/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 512
#define MAX_ROUNDS 99
#define TEXT_BYTES 1400

static const char *const words[] = {"observe", "the",     "model", "answers", "with",  "tokens",
                                    "and",     "latency", "cost",  "of",      "every", "step",
                                    "through", "a",       "trace", "tree"};
static const char *const models[] = {"gpt-4o-mini-2024-07-18", "claude-sonnet-4-20250514",
                                     "gpt-4.1-2025-04-14", "gemini-2.5-flash"};
static const char *const providers[] = {"openai", "anthropic", "openai", "gcp.gemini"};

static uint64_t seed = 1;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void fail(const char *what)
{
    fprintf(stderr, "insert: %s\n", what);
    exit(1);
}

static obs_str prose(size_t len)
{
    char *text = malloc(len + 16);
    size_t at = 0;

    if (!text)
        fail("out of memory");
    while (at < len)
        at += (size_t)sprintf(text + at, "%s ", words[next_random() % 16]);
    return obs_str_n(text, len);
}

static void fill(obs_span *span, size_t number, const obs_str *texts)
{
    static char sessions[1024][24];
    uint64_t ids[3] = {next_random(), next_random(), next_random()};
    size_t model = next_random() % 4, session = next_random() % 1024;

    obs_span_init(span);
    memcpy(span->trace_id, ids, 16);
    memcpy(span->span_id, &ids[2], 8);
    span->start_ns = INT64_C(1790000000000000000) + (int64_t)number * 1000000;
    span->end_ns = span->start_ns + (int64_t)(next_random() % 5000000000);
    span->project_id = obs_str_of("default");
    span->service_name = obs_str_of("checkout-assistant");
    span->span_name = obs_str_of("chat");
    span->span_kind = obs_str_of("client");
    span->operation_type = obs_str_of("chat");
    span->provider = obs_str_of(providers[model]);
    span->model = obs_str_of(models[model]);
    span->request_model = obs_str_of(models[model]);
    span->finish_reason = obs_str_of("stop");
    span->status = OBS_STATUS_OK;
    snprintf(sessions[session], sizeof(sessions[session]), "session-%zu", session);
    span->session_id = obs_str_of(sessions[session]);
    span->user_id = obs_str_of("user-17");
    span->environment = obs_str_of("production");
    span->input_tokens = (int64_t)(next_random() % 4000);
    span->output_tokens = (int64_t)(next_random() % 900);
    span->prompt_cost = 1200000;
    span->completion_cost = 3400000;
    span->total_cost = 4600000;
    span->cost_source = obs_str_of("price_book");
    span->ttft_ns = (int64_t)(next_random() % 900000000);
    span->attributes = obs_str_of("{\"gen_ai.response.id\":\"chatcmpl-9x8y7z\",\"server.address\":"
                                  "\"api.openai.com\",\"server.port\":443}");
    span->resource_attributes = obs_str_of(
        "{\"service.name\":\"checkout-assistant\",\"telemetry.sdk.language\":\"nodejs\","
        "\"telemetry.sdk.name\":\"opentelemetry\",\"telemetry.sdk.version\":\"1.30.0\"}");
    span->model_parameters = obs_str_of("{\"temperature\":0.7,\"max_tokens\":1024}");
    span->input_text = obs_str_n(texts[next_random() % 64].ptr, 300 + next_random() % 400);
    span->output_text = obs_str_n(texts[next_random() % 64].ptr, 300 + next_random() % 400);
}

static obs_span *make_spans(size_t n)
{
    obs_str texts[64];
    obs_span *spans = calloc(n, sizeof(*spans));

    if (!spans)
        fail("out of memory");
    for (size_t i = 0; i < 64; i++)
        texts[i] = prose(TEXT_BYTES);
    for (size_t i = 0; i < n; i++)
        fill(&spans[i], i, texts);
    return spans;
}

static double seconds_since(int64_t start_ns)
{
    return (double)(obs_clock_mono_ns() - start_ns) / 1e9;
}

static void remove_database(const char *path)
{
    char name[4200];

    for (const char *const *tail = (const char *const[]){"", "-wal", "-shm", NULL}; *tail; tail++) {
        snprintf(name, sizeof(name), "%s%s", path, *tail);
        (void)unlink(name); /* not all of them exist */
    }
}

/* --- the bare loop -------------------------------------------------------------- */

static double run_bare(const struct sqlite_settings *settings, const obs_span *spans, size_t n)
{
    char error[512];
    struct rows rows;
    struct db *db = NULL;
    int64_t start_ns, row;
    double took_s;

    remove_database(settings->path);
    if (db_open(&settings->store, /* read_only= */ false, &db, error, sizeof(error)) < 0)
        fail(error);
    if (rows_init(&rows, db) != SQLITE_OK)
        fail(db_message(db));
    start_ns = obs_clock_mono_ns();
    for (size_t at = 0; at < n; at += BATCH) {
        if (db_begin(db, /* writes= */ true) != SQLITE_OK)
            fail(db_message(db));
        for (size_t i = at; i < at + BATCH && i < n; i++)
            if (row_insert(&rows, &spans[i], &row) != SQLITE_OK || row == 0)
                fail(db_message(db));
        if (db_commit(db) != SQLITE_OK)
            fail(db_message(db));
    }
    took_s = seconds_since(start_ns);
    rows_finish(&rows);
    db_close(db);
    remove_database(settings->path);
    return (double)n / took_s;
}

/* --- through the service ---------------------------------------------------------- */

struct load {
    const obs_store *store;
    void *self;
    obs_worker *worker;
    const obs_span *spans;
    size_t n, sent, answered;
    int64_t last_ns; /* of an answer */
    double worst_ms; /* between two answers: how long the writer stood still */
    int done;
};

static void on_stored(const obs_append_result *result, void *user);

/* As ingest's requests have one; never called, since every span is new. */
static int never_merge(const obs_span *stored, const obs_span *added, obs_arena *arena,
                       obs_span *ret_span, void *user)
{
    (void)stored, (void)added, (void)arena, (void)ret_span, (void)user;
    fail("merged");
    return 0;
}

static void send_next(struct load *load)
{
    size_t n = load->n - load->sent < BATCH ? load->n - load->sent : BATCH;
    const obs_scope scope = {.size = sizeof(scope), .all = 1};

    if (n == 0)
        return;
    if (load->store->append(load->self, &scope, load->spans + load->sent, n, never_merge,
                            load->worker, on_stored, load) < 0)
        fail("refused");
    load->sent += n;
}

static void on_stored(const obs_append_result *result, void *user)
{
    struct load *load = user;

    if (result->error < 0 || result->n_repeated)
        fail("not stored");
    load->answered += result->n_stored;
    if ((double)(obs_clock_mono_ns() - load->last_ns) / 1e6 > load->worst_ms)
        load->worst_ms = (double)(obs_clock_mono_ns() - load->last_ns) / 1e6;
    load->last_ns = obs_clock_mono_ns();
    send_next(load);
    load->done = load->answered == load->n;
}

static double run_service(const struct sqlite_settings *settings, const obs_span *spans, size_t n,
                          int under_way, double *ret_worst_ms)
{
    struct load load = {.spans = spans, .n = n, .worker = fake_worker_create()};
    int64_t start_ns;
    double took_s;

    remove_database(settings->path);
    fake_worker_adopt(load.worker);
    if (obs_plugin_entry.create(fake_instance(), settings, &load.self) < 0 ||
        obs_plugin_entry.start(load.self) < 0)
        fail("the store did not start");
    load.store = fake_service().table;
    load.last_ns = start_ns = obs_clock_mono_ns();
    for (int i = 0; i < under_way; i++)
        send_next(&load);
    fake_worker_wait(load.worker, &load.done);
    took_s = seconds_since(start_ns);
    obs_plugin_entry.stop(load.self);
    obs_plugin_entry.destroy(load.self);
    fake_worker_destroy(load.worker);
    remove_database(settings->path);
    *ret_worst_ms = load.worst_ms;
    return (double)n / took_s;
}

/* --- rounds ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare);
    return values[n / 2];
}

int main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 200000;
    int rounds = argc > 3 ? atoi(argv[3]) : 5, under_way = argc > 4 ? atoi(argv[4]) : 16;
    double bare[MAX_ROUNDS], service[MAX_ROUNDS], ratio[MAX_ROUNDS], worst_ms[MAX_ROUNDS];
    char path[4096];
    struct sqlite_settings settings = {
        .path = path,
        .store.readers = 2,
        .store.queue_spans = 100000,
        .store.queue_bytes = 256 << 20,
        .store.read_queue = 1000,
        .store.commit_max_spans = 8192,
        .cache_bytes = 64 << 20,
        .mmap_bytes = 1 << 30,
        .checkpoint_bytes = 64 << 20,
        .busy_timeout_ns = INT64_C(10000000000),
        .store.query_timeout_ns = INT64_C(10000000000),
        .store.filter_depth = 16,
        .store.filter_nodes = 256,
        .store.filter_values = 1000,
    };
    obs_span *spans;

    if (argc < 2 || rounds < 1 || rounds > MAX_ROUNDS || under_way < 1 || n < BATCH) {
        fprintf(stderr, "usage: insert FOLDER [SPANS] [ROUNDS] [REQUESTS UNDER WAY]\n");
        return 64;
    }
    snprintf(path, sizeof(path), "%s/bench-insert.db", argv[1]);
    spans = make_spans(n);
    for (int i = 0; i < rounds; i++) {
        for (int half = 0; half < 2; half++) /* take turns in going first */
            if ((i + half) % 2 == 0)
                bare[i] = run_bare(&settings, spans, n);
            else
                service[i] = run_service(&settings, spans, n, under_way, &worst_ms[i]);
        ratio[i] = service[i] / bare[i];
        fprintf(stderr,
                "round %d: bare %.0f rows/s, service %.0f rows/s, ratio %.2f, "
                "longest pause %.0f ms\n",
                i + 1, bare[i], service[i], ratio[i], worst_ms[i]);
    }
    printf("{\"spans\":%zu,\"rounds\":%d,\"bare_per_s\":%.0f,\"service_per_s\":%.0f,"
           "\"ratio\":%.3f,\"longest_pause_ms\":%.0f}\n",
           n, rounds, median(bare, rounds), median(service, rounds), median(ratio, rounds),
           median(worst_ms, rounds));
    return 0;
}
