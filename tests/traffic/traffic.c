/* SPDX-License-Identifier: Apache-2.0 */
/* traffic PORT SECONDS MODE=CLIENTS…: asks tests/plugins/swap on a local port as
 * fast as it answers, with clients of several kinds at once, and prints what
 * became of each request as JSON. Ends after SECONDS (0: never) or on TERM, when
 * the last answer is in. The exit code is 1 when a request failed. */
#include "client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_CLIENTS 1024u
#define TURN_MS 1
#define EVENTS 256

static const struct mode modes[] = {
    {"keep", "/swap/whole", .n_requests = 1, .run_bytes = 256},
    {"close", "/swap/whole", .n_requests = 1, .run_bytes = 256, .closes = true},
    {"pipe", "/swap/whole", .n_requests = MAX_ROUND, .run_bytes = 256},
    {"idle", "/swap/whole", .n_requests = 1, .run_bytes = 64, .pause_ms = 40},
    {"wait", "/swap/wait", .n_requests = 1, .run_bytes = 64, .max_wait_ms = 200},
    {"upload", "/swap/upload", .n_requests = 1, .run_bytes = 16384, .n_pieces = 8, .pause_ms = 10},
    {"expect", "/swap/upload", .n_requests = 1, .run_bytes = 4096, .n_pieces = 2, .pause_ms = 5,
     .expects = true},
    {"slow", "/swap/stream", .n_requests = 1, .run_bytes = 65536, .pace_ms = 4, .read_bytes = 2048},
    {"stream", "/swap/stream", .n_requests = 1, .run_bytes = 262144},
    {"leave", "/swap/wait", .n_requests = 1, .run_bytes = 64, .max_wait_ms = 100,
     .patience_ms = 60},
    {"drop", "/swap/stream", .n_requests = 1, .run_bytes = 65536, .pace_ms = 4, .patience_ms = 60},
    {"stop", "/swap/upload", .n_requests = 1, .run_bytes = 16384, .n_pieces = 8, .pause_ms = 10,
     .patience_ms = 60},
};

#define N_MODES (sizeof(modes) / sizeof(modes[0]))

struct traffic {
    int port, epoll_fd;
    double seconds;
    struct client *clients;
    uint32_t n_clients;
    uint64_t next_number;
    struct report reports[N_MODES];
};

static volatile sig_atomic_t told_to_stop;

static void on_signal(int number)
{
    (void)number;
    told_to_stop = 1;
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

/* ---- command line -------------------------------------------------------------------- */

static void add_client(struct traffic *traffic, size_t mode)
{
    struct client *client = &traffic->clients[traffic->n_clients++];

    client->mode = &modes[mode];
    client->report = &traffic->reports[mode];
    client->next_number = &traffic->next_number;
    client->epoll_fd = traffic->epoll_fd;
    client->port = traffic->port;
    client->fd = -1;
    client->random = traffic->n_clients;
}

/* "keep=8" */
static bool add_clients(struct traffic *traffic, const char *word)
{
    const char *equals = strchr(word, '=');
    long n = equals ? strtol(equals + 1, NULL, 10) : 0;

    for (size_t i = 0; equals && i < N_MODES; i++) {
        if (strlen(modes[i].name) != (size_t)(equals - word) ||
            strncmp(modes[i].name, word, (size_t)(equals - word)) != 0)
            continue;
        for (; n > 0 && traffic->n_clients < MAX_CLIENTS; n--)
            add_client(traffic, i);
        return n == 0;
    }
    return false;
}

static bool parse(struct traffic *traffic, int argc, char **argv)
{
    if (argc < 4)
        return false;
    traffic->port = atoi(argv[1]);
    traffic->seconds = atof(argv[2]);
    traffic->clients = calloc(MAX_CLIENTS, sizeof(*traffic->clients));
    traffic->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    traffic->next_number = 1;
    for (int i = 3; i < argc; i++)
        if (!traffic->clients || !add_clients(traffic, argv[i]))
            return false;
    return true;
}

/* ---- running ------------------------------------------------------------------------- */

static bool turn(struct traffic *traffic, bool stopping)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(traffic->epoll_fd, events, EVENTS, TURN_MS);
    uint64_t now = now_us();
    bool under_way = false;

    for (int i = 0; i < n; i++)
        client_event(events[i].data.ptr, events[i].events, now);
    for (uint32_t i = 0; i < traffic->n_clients; i++) {
        client_turn(&traffic->clients[i], now, stopping);
        under_way |= traffic->clients[i].under_way;
    }
    return under_way;
}

static void run(struct traffic *traffic)
{
    uint64_t end_us = now_us() + (uint64_t)(traffic->seconds * 1e6);
    bool stopping = false;

    while (turn(traffic, stopping) || !stopping)
        stopping = told_to_stop || (traffic->seconds > 0 && now_us() >= end_us);
}

/* ---- report -------------------------------------------------------------------------- */

static void print_modes(const struct traffic *traffic)
{
    const char *comma = "";

    printf(", \"modes\": {");
    for (size_t i = 0; i < N_MODES; i++) {
        if (tally_total(&traffic->reports[i].tally) == 0)
            continue;
        printf("%s\"%s\": {", comma, modes[i].name);
        tally_print(&traffic->reports[i].tally);
        printf("}");
        comma = ", ";
    }
    printf("}");
}

/* The sentences hold no character that JSON would escape but quotes. */
static void print_sentence(const char *sentence)
{
    putchar('"');
    for (; *sentence; sentence++) {
        if (*sentence == '"' || *sentence == '\\')
            putchar('\\');
        putchar(*sentence >= ' ' && *sentence <= '~' ? *sentence : ' ');
    }
    putchar('"');
}

static void print_failures(const struct traffic *traffic)
{
    const char *comma = "";

    printf(", \"failures\": [");
    for (size_t i = 0; i < N_MODES; i++) {
        const struct report *report = &traffic->reports[i];

        for (uint32_t k = 0; k < report->n_sentences; k++) {
            printf("%s", comma);
            print_sentence(report->sentences[k]);
            comma = ", ";
        }
    }
    printf("]");
}

static bool print_report(const struct traffic *traffic, double seconds)
{
    static struct tally all;

    for (size_t i = 0; i < N_MODES; i++)
        tally_merge(&all, &traffic->reports[i].tally);
    printf("{\"seconds\": %.3f, ", seconds);
    tally_print(&all);
    print_modes(traffic);
    print_failures(traffic);
    printf("}\n");
    return tally_failed(&all) == 0;
}

int main(int argc, char **argv)
{
    static struct traffic traffic;
    uint64_t began_us = now_us();
    bool good;

    if (!parse(&traffic, argc, argv)) {
        fprintf(stderr, "usage: traffic PORT SECONDS MODE=CLIENTS...\nmodes:");
        for (size_t i = 0; i < N_MODES; i++)
            fprintf(stderr, " %s", modes[i].name);
        fprintf(stderr, "\n");
        return 64;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    run(&traffic);
    good = print_report(&traffic, (double)(now_us() - began_us) / 1e6);
    for (uint32_t i = 0; i < traffic.n_clients; i++)
        if (traffic.clients[i].fd >= 0)
            close(traffic.clients[i].fd);
    free(traffic.clients);
    close(traffic.epoll_fd);
    return good ? 0 : 1;
}
