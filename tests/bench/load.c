/* SPDX-License-Identifier: Apache-2.0 */
/* Ingest load: OTLP protobuf requests of 512 spans over keep-alive connections,
 * one thread each, every span with fresh ids. Four of five spans are chats with
 * about 1.1 KB of messages, one is an agent. Prints requests, spans and the
 * seconds they took as JSON; anything but a 200 ends it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SPANS 512
#define MAX_BODY (4u << 20)

struct template
{
    char *body;
    size_t len;
    size_t trace_at[SPANS], span_at[SPANS]; /* offsets of the ids */
};

struct client {
    pthread_t thread;
    const struct template *template;
    int port;
    double seconds;
    uint64_t seed, requests;
    bool failed;
};

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* --- a protobuf writer: just enough for the template ---------------------- */

struct out {
    char *at;
};

static void put_varint(struct out *o, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *o->at++ = (char)(v | 0x80);
    *o->at++ = (char)v;
}

static void put_bytes(struct out *o, unsigned field, const void *data, size_t len)
{
    put_varint(o, field << 3 | 2);
    put_varint(o, len);
    memcpy(o->at, data, len);
    o->at += len;
}

static void put_fixed64(struct out *o, unsigned field, uint64_t v)
{
    put_varint(o, field << 3 | 1);
    memcpy(o->at, &v, 8);
    o->at += 8;
}

static void put_text_attribute(struct out *o, unsigned field, const char *key, const char *text)
{
    char buf[4096];
    char value[4096];
    struct out v = {value}, kv = {buf};
    put_bytes(&v, 1, text, strlen(text));
    put_bytes(&kv, 1, key, strlen(key));
    put_bytes(&kv, 2, value, (size_t)(v.at - value));
    put_bytes(o, field, buf, (size_t)(kv.at - buf));
}

static void put_int_attribute(struct out *o, const char *key, uint64_t number)
{
    char buf[512];
    char value[16];
    struct out v = {value}, kv = {buf};
    put_varint(&v, 3 << 3 | 0);
    put_varint(&v, number);
    put_bytes(&kv, 1, key, strlen(key));
    put_bytes(&kv, 2, value, (size_t)(v.at - value));
    put_bytes(o, 9, buf, (size_t)(kv.at - buf));
}

static void put_words(char *text, size_t len, uint64_t *seed)
{
    static const char *const words[] = {"the",    "model",  "answers", "with",   "a",     "table",
                                        "of",     "prices", "and",     "tokens", "for",   "each",
                                        "tenant", "cache",  "latency", "budget", "graph", "trace"};
    size_t at = 0;
    while (at + 12 < len) {
        const char *w = words[next_random(seed) % (sizeof(words) / sizeof(*words))];
        at += (size_t)snprintf(text + at, len - at, "%s ", w);
    }
    text[at ? at - 1 : 0] = '\0';
}

static void put_chat(struct out *o, uint64_t *seed)
{
    char words[700];
    char text[900];
    put_text_attribute(o, 9, "gen_ai.operation.name", "chat");
    put_text_attribute(o, 9, "gen_ai.provider.name", "openai");
    put_text_attribute(o, 9, "gen_ai.request.model", "gpt-4o");
    put_text_attribute(o, 9, "gen_ai.response.model", "gpt-4o-2024-08-06");
    put_text_attribute(o, 9, "gen_ai.conversation.id", "session-42");
    put_text_attribute(o, 9, "user.id", "user-7");
    put_int_attribute(o, "gen_ai.usage.input_tokens", 100 + next_random(seed) % 4000);
    put_int_attribute(o, "gen_ai.usage.output_tokens", 10 + next_random(seed) % 800);
    put_int_attribute(o, "gen_ai.request.max_tokens", 1024);
    put_int_attribute(o, "app.retry", next_random(seed) % 3);
    put_text_attribute(o, 9, "app.region", "eu-central-1");
    put_words(words, 500, seed);
    snprintf(text, sizeof(text),
             "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"%s\"}]}]", words);
    put_text_attribute(o, 9, "gen_ai.input.messages", text);
    put_words(words, 600, seed);
    snprintf(text, sizeof(text),
             "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"%s\"}]}]",
             words);
    put_text_attribute(o, 9, "gen_ai.output.messages", text);
}

static struct template make_template(void)
{
    struct template t = {.body = malloc(MAX_BODY)};
    char *spans = malloc(MAX_BODY);
    struct out all = {spans};
    uint64_t seed = 1;
    size_t at[SPANS][2];
    uint64_t start_ns = (uint64_t)time(NULL) * UINT64_C(1000000000);

    for (int i = 0; i < SPANS; i++) {
        char buf[8192];
        char zero[16] = {0};
        struct out s = {buf};
        put_bytes(&s, 1, zero, 16);
        size_t trace = (size_t)(s.at - buf) - 16;
        put_bytes(&s, 2, zero, 8);
        size_t span = (size_t)(s.at - buf) - 8;
        put_bytes(&s, 5, i % 5 ? "chat gpt-4o" : "invoke_agent", i % 5 ? 11 : 12);
        put_varint(&s, 6 << 3);
        put_varint(&s, 3);
        put_fixed64(&s, 7, start_ns + (uint64_t)i * 1000003);
        put_fixed64(&s, 8,
                    start_ns + (uint64_t)i * 1000003 + 250000000 + next_random(&seed) % 1000000000);
        if (i % 5)
            put_chat(&s, &seed);
        else
            put_text_attribute(&s, 9, "gen_ai.operation.name", "invoke_agent");
        size_t len = (size_t)(s.at - buf);
        put_bytes(&all, 2, buf, len);
        at[i][0] = (size_t)(all.at - spans) - len + trace;
        at[i][1] = (size_t)(all.at - spans) - len + span;
    }

    char resource[512];
    struct out r = {resource};
    put_text_attribute(&r, 1, "service.name", "bench");
    put_text_attribute(&r, 1, "service.version", "1.0.0");
    size_t spans_len = (size_t)(all.at - spans);
    char *scope = malloc(MAX_BODY);
    struct out rs = {scope};
    put_bytes(&rs, 1, resource, (size_t)(r.at - resource));
    put_bytes(&rs, 2, spans, spans_len);
    size_t before = (size_t)(rs.at - scope) - spans_len;
    struct out body = {t.body};
    put_bytes(&body, 1, scope, (size_t)(rs.at - scope));
    t.len = (size_t)(body.at - t.body);
    before += t.len - (size_t)(rs.at - scope);
    for (int i = 0; i < SPANS; i++) {
        t.trace_at[i] = before + at[i][0];
        t.span_at[i] = before + at[i][1];
    }
    free(scope);
    free(spans);
    return t;
}

/* --- clients --------------------------------------------------------------- */

static int dial(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads one answer; its body is small and comes with a Content-Length. */
static int read_status(int fd)
{
    char buf[4096];
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, buf + len, sizeof(buf) - 1 - len);
        if (n <= 0)
            return -1;
        len += (size_t)n;
        buf[len] = '\0';
        char *end = strstr(buf, "\r\n\r\n");
        if (!end)
            continue;
        char *length = strcasestr(buf, "content-length:");
        size_t want = length ? (size_t)atol(length + 15) : 0;
        if (len >= (size_t)(end + 4 - buf) + want)
            return atoi(buf + 9);
    }
}

static void *send_requests(void *arg)
{
    struct client *c = arg;
    const struct template *t = c->template;
    char *body = malloc(t->len);
    char head[256];
    int fd = dial(c->port);
    double end = now_s() + c->seconds;
    int head_len = snprintf(head, sizeof(head),
                            "POST /v1/traces HTTP/1.1\r\nHost: bench\r\nContent-Type: "
                            "application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
                            t->len);

    memcpy(body, t->body, t->len);
    while (now_s() < end) {
        for (int i = 0; i < SPANS; i++) {
            uint64_t ids[3] = {next_random(&c->seed), next_random(&c->seed), next_random(&c->seed)};
            memcpy(body + t->trace_at[i], ids, 16);
            memcpy(body + t->span_at[i], ids + 2, 8);
        }
        int status = fd >= 0 && send_all(fd, head, (size_t)head_len) && send_all(fd, body, t->len)
                         ? read_status(fd)
                         : -1;
        if (status != 200) {
            fprintf(stderr, "load: answer %d (%s)\n", status, strerror(errno));
            c->failed = true;
            break;
        }
        c->requests++;
    }
    if (fd >= 0)
        close(fd);
    free(body);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS\n");
        return 64;
    }
    int n = atoi(argv[2]);
    struct template t = make_template();
    struct client *clients = calloc((size_t)n, sizeof(*clients));
    double start = now_s();
    uint64_t requests = 0;
    bool failed = false;

    for (int i = 0; i < n; i++) {
        clients[i] = (struct client){.template = &t,
                                     .port = atoi(argv[1]),
                                     .seconds = atof(argv[3]),
                                     .seed = (uint64_t)time(NULL) * 1000 + (uint64_t)i};
        pthread_create(&clients[i].thread, NULL, send_requests, &clients[i]);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(clients[i].thread, NULL);
        requests += clients[i].requests;
        failed |= clients[i].failed;
    }
    double seconds = now_s() - start;
    printf("{\"requests\": %llu, \"spans\": %llu, \"seconds\": %.3f, \"body_bytes\": %zu, "
           "\"spans_per_s\": %.0f}\n",
           (unsigned long long)requests, (unsigned long long)requests * SPANS, seconds, t.len,
           (double)requests * SPANS / seconds);
    free(clients);
    free(t.body);
    return failed;
}
