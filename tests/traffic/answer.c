/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough of HTTP/1.1 for what the host writes: a head in one piece, then a
 * body of Content-Length or in chunks. Strict: what is not understood is a
 * wrong answer. */
#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_begin(struct answer *answer, uint64_t number, uint64_t run_bytes)
{
    memset(answer, 0, sizeof(*answer));
    answer->number = number;
    answer->run_bytes = run_bytes;
}

__attribute__((format(printf, 2, 3))) static void blame(struct answer *answer, const char *format,
                                                        ...)
{
    va_list args;

    if (answer->is_mixed)
        return; /* the first reason is the best */
    answer->is_mixed = true;
    va_start(args, format);
    vsnprintf(answer->why, sizeof(answer->why), format, args);
    va_end(args);
}

/* ---- head ------------------------------------------------------------------------ */

/* The value of a header up to the end of its line; "" when there is none. */
static void header(const struct answer *answer, const char *name, char *value, size_t size)
{
    const char *at = strcasestr(answer->head, name); /* `name` has its CRLF and colon */
    size_t len;

    value[0] = '\0';
    if (!at)
        return;
    at += strlen(name);
    len = strcspn(at, "\r");
    if (len < size) {
        memcpy(value, at, len);
        value[len] = '\0';
    }
}

static void check_head(struct answer *answer)
{
    char first[8], last[8], id[32], expected[32];

    header(answer, "\r\nX-Swap: ", first, sizeof(first));
    header(answer, "\r\nX-Swap-Last: ", last, sizeof(last));
    header(answer, "\r\nX-Request-Id: ", id, sizeof(id));
    snprintf(expected, sizeof(expected), "%llu", (unsigned long long)answer->number);
    answer->letter = first[0];
    if (strcmp(id, expected) != 0)
        blame(answer, "the answer to %s instead of %s", id, expected);
    else if (answer->status != 200)
        snprintf(answer->why, sizeof(answer->why), "status %d", answer->status);
    else if (strlen(first) != 1 || strcmp(first, last) != 0)
        blame(answer, "the first hook was of \"%s\", the last one of \"%s\"", first, last);
}

static void begin_body(struct answer *answer)
{
    char value[32];

    header(answer, "\r\nTransfer-Encoding: ", value, sizeof(value));
    if (strcmp(value, "chunked") == 0) {
        answer->state = ANSWER_CHUNK_SIZE;
        return;
    }
    header(answer, "\r\nContent-Length: ", value, sizeof(value));
    answer->left_bytes = strtoull(value, NULL, 10);
    answer->state = answer->left_bytes > 0 ? ANSWER_BODY : ANSWER_DONE;
    if (!value[0])
        blame(answer, "a body without a length");
}

static void end_head(struct answer *answer)
{
    answer->status = strncmp(answer->head, "HTTP/1.1 ", 9) == 0 ? atoi(answer->head + 9) : 0;
    if (answer->status == 100) {
        answer->continued = true;
        answer->head_bytes = 0;
        return;
    }
    check_head(answer);
    begin_body(answer);
}

static void feed_head(struct answer *answer, char c)
{
    if (answer->head_bytes == ANSWER_HEAD_BYTES) {
        blame(answer, "a head of more than %d bytes", ANSWER_HEAD_BYTES);
        answer->state = ANSWER_DONE;
        return;
    }
    answer->head[answer->head_bytes++] = c;
    answer->head[answer->head_bytes] = '\0';
    if (answer->head_bytes >= 4 &&
        memcmp(answer->head + answer->head_bytes - 4, "\r\n\r\n", 4) == 0)
        end_head(answer);
}

/* ---- body ------------------------------------------------------------------------ */

static void take_body(struct answer *answer, const char *data, size_t len)
{
    for (size_t i = 0; i < len && answer->status == 200; i++) {
        if (answer->tail_bytes == 0 && data[i] != '.') {
            answer->seen_bytes++;
            if (data[i] != answer->letter)
                blame(answer, "byte %llu is \"%c\" in an answer of \"%c\"",
                      (unsigned long long)answer->seen_bytes, data[i], answer->letter);
        } else if (answer->tail_bytes < sizeof(answer->tail) - 1) {
            answer->tail[answer->tail_bytes++] = data[i];
        }
    }
}

static void end_body(struct answer *answer)
{
    char expected[sizeof(answer->tail)];

    answer->state = ANSWER_DONE;
    if (answer->status != 200)
        return;
    snprintf(expected, sizeof(expected), ".%llu\n", (unsigned long long)answer->run_bytes);
    if (answer->seen_bytes != answer->run_bytes || strcmp(answer->tail, expected) != 0)
        blame(answer, "%llu bytes and \"%.10s\" instead of %llu",
              (unsigned long long)answer->seen_bytes, answer->tail,
              (unsigned long long)answer->run_bytes);
}

static size_t feed_body(struct answer *answer, const char *data, size_t len)
{
    size_t n = len < answer->left_bytes ? len : (size_t)answer->left_bytes;

    take_body(answer, data, n);
    answer->left_bytes -= n;
    if (answer->left_bytes > 0)
        return n;
    if (answer->state == ANSWER_CHUNK)
        answer->state = ANSWER_CHUNK_END;
    else
        end_body(answer);
    return n;
}

static void end_chunk_size(struct answer *answer)
{
    answer->line[answer->line_bytes] = '\0';
    answer->line_bytes = 0;
    answer->left_bytes = strtoull(answer->line, NULL, 16);
    answer->state = answer->left_bytes > 0 ? ANSWER_CHUNK : ANSWER_TRAILER;
}

/* One byte of the lines around chunks. */
static void feed_framing(struct answer *answer, char c)
{
    if (c == '\r')
        return;
    if (answer->state == ANSWER_CHUNK_SIZE && c != '\n') {
        if (answer->line_bytes < sizeof(answer->line) - 1)
            answer->line[answer->line_bytes++] = c;
    } else if (answer->state == ANSWER_CHUNK_SIZE) {
        end_chunk_size(answer);
    } else if (c != '\n') {
        blame(answer, "framing of chunks is broken");
    } else if (answer->state == ANSWER_CHUNK_END) {
        answer->state = ANSWER_CHUNK_SIZE;
    } else {
        end_body(answer);
    }
}

size_t answer_feed(struct answer *answer, const char *data, size_t len)
{
    size_t at = 0;

    while (at < len && answer->state != ANSWER_DONE) {
        if (answer->state == ANSWER_BODY || answer->state == ANSWER_CHUNK)
            at += feed_body(answer, data + at, len - at);
        else if (answer->state == ANSWER_HEAD)
            feed_head(answer, data[at++]);
        else
            feed_framing(answer, data[at++]);
    }
    return at;
}

enum outcome answer_judge(const struct answer *answer)
{
    if (answer->is_mixed)
        return OUTCOME_MIXED;
    return answer->status == 200 ? OUTCOME_OK : OUTCOME_STATUS;
}
