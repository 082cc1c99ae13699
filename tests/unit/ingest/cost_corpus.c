/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the cost corpus. The arithmetic is reckoned here once more, apart from
 * the code that is under test. */
#include "cost_corpus.h"
#include "decimal.h"
#include "timeparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define FOLDER FIXTURES "/costs/"

static void complain(const struct cost_case *c, const char *what, obs_str text)
{
    fail_msg("%s:%u: %s: \"%.*s\"", c->file, c->line, what, OBS_STR_ARG(text));
}

static obs_str text_of(const struct cost_case *c, const char *key)
{
    const obs_conf *node = obs_conf_get(c->node, key);

    return obs_conf_str(node ? node : obs_conf_get(c->head, key));
}

static int64_t whole(const struct cost_case *c, const char *what, obs_str text)
{
    struct decimal value;
    int64_t n = 0;

    if (!decimal_read(text, &value) || value.exponent < 0 || !decimal_scaled(&value, 0, &n))
        complain(c, what, text);
    return n;
}

/* --- arithmetic ------------------------------------------------------------------ */

static void skip_blanks(obs_str *text)
{
    while (text->len && text->ptr[0] == ' ')
        *text = obs_str_n(text->ptr + 1, text->len - 1);
}

static bool take(obs_str *text, char sign)
{
    skip_blanks(text);
    if (!text->len || text->ptr[0] != sign)
        return false;
    *text = obs_str_n(text->ptr + 1, text->len - 1);
    return true;
}

static bool take_number(obs_str *text, struct decimal *ret)
{
    size_t len = 0;

    skip_blanks(text);
    while (len < text->len &&
           (text->ptr[len] == '.' || (text->ptr[len] >= '0' && text->ptr[len] <= '9')))
        len++;
    if (!decimal_read(obs_str_n(text->ptr, len), ret))
        return false;
    *text = obs_str_n(text->ptr + len, text->len - len);
    return true;
}

/* Millionths of a dollar in nano-dollars, half to even. */
static int64_t nano_of(__int128 digits, int64_t exponent)
{
    __int128 unit = 1, nano, rest;

    for (exponent += 3; exponent > 0; exponent--)
        digits *= 10;
    for (; exponent < 0; exponent++)
        unit *= 10;
    nano = digits / unit;
    rest = digits % unit * 2;
    if (rest > unit || (rest == unit && nano % 2))
        nano++;
    return (int64_t)nano;
}

/* "tokens x USD per million x factor …" */
static bool take_product(obs_str *text, int64_t *ret_nano)
{
    __int128 digits = 1;
    int64_t exponent = 0;
    struct decimal factor;

    do {
        if (!take_number(text, &factor))
            return false;
        digits *= factor.digits;
        exponent += factor.exponent;
    } while (take(text, 'x'));
    *ret_nano = nano_of(digits, exponent);
    return true;
}

/* Products with + between them; those behind a | are the completion's. */
static void read_sum(struct cost_case *c)
{
    obs_str text = text_of(c, "sum");
    int64_t *to = &c->prompt, product = 0;
    bool more = text.len > 0;

    c->prompt = c->completion = more ? 0 : OBS_ABSENT;
    while (more) {
        if (!take_product(&text, &product))
            complain(c, "expected a sum such as 100 x 2.50 | 20 x 10, found", text);
        *to += product;
        more = take(&text, '+');
        if (!more && take(&text, '|')) {
            to = &c->completion;
            more = true;
        }
    }
    if (text.len)
        complain(c, "expected the end of the sum, found", text);
}

/* --- one case -------------------------------------------------------------------- */

static void read_parts(struct cost_case *c)
{
    const obs_conf *map = obs_conf_get(c->node, "parts"), *value;
    obs_str key;

    for (size_t part = 0; part < PRICE_N_PARTS; part++)
        c->parts[part] = OBS_ABSENT;
    for (size_t i = 0; (value = obs_conf_at(map, i, &key)); i++) {
        size_t part = 0;

        while (part < PRICE_N_PARTS && !obs_str_eq(price_parts[part].name, key))
            part++;
        if (part == PRICE_N_PARTS)
            complain(c, "no such part", key);
        c->parts[part] = whole(c, "expected a count of tokens", obs_conf_str(value));
    }
}

/* What was said to cost so much must come to it, or somebody miscounted. */
static void check_cost(const struct cost_case *c)
{
    bool by_book = obs_str_is(c->source, "price_book") || obs_str_is(c->source, "free");
    bool reported = obs_str_is(c->source, "emitter") || obs_str_is(c->source, "provider");

    if (by_book && c->cost != c->prompt + c->completion)
        fail_msg("%s:%u: the sums come to %lld, the cost is %lld", c->file, c->line,
                 (long long)(c->prompt + c->completion), (long long)c->cost);
    if (by_book != (c->prompt >= 0) && !reported)
        complain(c, "sums and source do not fit", c->source);
    if ((by_book || reported) != (c->cost >= 0))
        complain(c, "cost and source do not fit", c->source);
}

static void check_keys(const struct cost_case *c)
{
    static const char *const known[] = {"case", "guards", "provider", "model", "operation",
                                        "at",   "scope",  "sent",     "parts", "sum",
                                        "cost", "source", "failed"};
    obs_str key;

    for (size_t i = 0; obs_conf_at(c->node, i, &key); i++) {
        size_t k = 0;

        while (k < sizeof(known) / sizeof(*known) && !obs_str_is(key, known[k]))
            k++;
        if (k == sizeof(known) / sizeof(*known))
            complain(c, "unknown key", key);
    }
}

static void read_case(struct cost_case *c)
{
    obs_str at = text_of(c, "at");

    c->line = obs_conf_line(c->node);
    c->name = obs_conf_str(obs_conf_get(c->node, "case"));
    c->source = text_of(c, "source");
    check_keys(c);
    if (!c->source.len)
        c->source = (obs_str)OBS_STR("price_book");
    if (time_date(at, &c->at_ns) < 0 && time_rfc3339(at, &c->at_ns) < 0)
        complain(c, "expected a moment", at);
    read_parts(c);
    read_sum(c);
    c->cost = OBS_ABSENT;
    if (obs_conf_get(c->node, "cost"))
        c->cost = whole(c, "expected nano-dollars", text_of(c, "cost"));
    check_cost(c);
}

struct cost_file cost_file_read(obs_arena *arena, const char *name)
{
    char *path = obs_arena_alloc(arena, sizeof(FOLDER) + strlen(name)), error[256];
    const obs_conf *head, *list;
    struct cost_case *cases;
    size_t n;

    memcpy(path, FOLDER, sizeof(FOLDER));
    strcat(path, name);
    if (obs_conf_load(arena, path, &head, error, sizeof(error)) < 0)
        fail_msg("%s", error);
    list = obs_conf_get(head, "cases");
    n = obs_conf_count(list);
    cases = obs_arena_calloc(arena, n + 1, sizeof(*cases));
    for (size_t i = 0; i < n; i++) {
        cases[i] =
            (struct cost_case){.file = name, .head = head, .node = obs_conf_at(list, i, NULL)};
        read_case(&cases[i]);
    }
    return (struct cost_file){.cases = cases, .n = n};
}

/* --- sending --------------------------------------------------------------------- */

/* Numbers are sent as numbers, all else as text. */
static struct otlp_value value_of(obs_str text)
{
    struct decimal number;
    int64_t n;

    if (!decimal_read(text, &number))
        return (struct otlp_value){.kind = OTLP_STRING, .s = text};
    if (number.exponent >= 0 && decimal_scaled(&number, 0, &n))
        return int_value(n);
    return double_value(strtod(text.ptr, NULL));
}

static void send_one(struct one *one, obs_str key, struct otlp_value value)
{
    one->attrs[one->span->attrs.n++] = (struct otlp_attr){.key = key, .value = value};
}

static void send_all(struct one *one, const obs_conf *map)
{
    const obs_conf *value;
    obs_str key;

    for (size_t i = 0; (value = obs_conf_at(map, i, &key)); i++)
        send_one(one, key, value_of(obs_conf_str(value)));
}

/* The file says by which attribute such a thing is sent. */
static void send_name(const struct cost_case *c, struct one *one, const char *what)
{
    obs_str key = obs_conf_str(obs_conf_get(obs_conf_get(c->head, "sent_as"), what));
    obs_str value = text_of(c, what);

    if (value.len && !key.len)
        complain(c, "the file does not say under sent_as how this is sent", value);
    if (value.len)
        send_one(one, key, (struct otlp_value){.kind = OTLP_STRING, .s = value});
}

void cost_case_send(const struct cost_case *c, struct one *one)
{
    one->span->start_ns = (uint64_t)c->at_ns;
    one->span->end_ns = (uint64_t)c->at_ns + 1000000;
    one->scope.name = text_of(c, "scope");
    if (obs_conf_get(c->node, "failed"))
        one->span->status = OBS_STATUS_ERROR;
    send_name(c, one, "provider");
    send_name(c, one, "model");
    send_name(c, one, "operation");
    send_all(one, obs_conf_get(c->node, "sent"));
}
