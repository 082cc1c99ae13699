/* SPDX-License-Identifier: Apache-2.0 */
/* Writing cost_details. This is on the way of every span that comes in: one
 * buffer on the stack, one copy. All that goes into it is bounded. */
#include "details.h"

#define MAX_SHOWN_NAME 128 /* bytes of a name in a sentence */

/* Holds the longest price (four names, a moment, eleven rates) and the longest
 * sentence (three names, each byte of them escaped). */
struct text {
    char bytes[4096];
    size_t len;
};

/* --- text ------------------------------------------------------------------------ */

static void put(struct text *t, obs_str s)
{
    size_t room = sizeof(t->bytes) - t->len, len = s.len < room ? s.len : room;

    if (len)
        memcpy(t->bytes + t->len, s.ptr, len);
    t->len += len;
}

#define PUT(t, literal) put(t, (obs_str)OBS_STR(literal))

static void put_digits(struct text *t, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    put(t, obs_str_n(digits + at, sizeof(digits) - at));
}

/* Billionths as a number without needless zeros: nano-dollars in USD, femto-dollars
 * a token in USD for a million. */
static void put_billionths(struct text *t, int64_t value)
{
    uint64_t rest = (uint64_t)value % 1000000000;
    char digits[10] = ".";
    size_t len = 10;

    put_digits(t, (uint64_t)value / 1000000000);
    if (rest == 0)
        return;
    for (size_t i = 9; i > 0; i--, rest /= 10)
        digits[i] = (char)('0' + rest % 10);
    while (digits[len - 1] == '0')
        len--;
    put(t, obs_str_n(digits, len));
}

/* "key":"value", with a comma; nothing when the value is empty. It needs no escape. */
static void put_member(struct text *t, obs_str key, obs_str value)
{
    if (!value.len)
        return;
    PUT(t, ",\"");
    put(t, key);
    PUT(t, "\":\"");
    put(t, value);
    PUT(t, "\"");
}

/* A name that anybody may have sent, quoted inside of a JSON string. */
static void put_quoted(struct text *t, obs_str name)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = name.len;

    if (len > MAX_SHOWN_NAME)
        for (len = MAX_SHOWN_NAME; len > 0 && ((uint8_t)name.ptr[len] & 0xc0) == 0x80;)
            len--;
    PUT(t, "\\\"");
    for (size_t i = 0; i < len; i++) {
        char c = name.ptr[i];
        if (c == '"' || c == '\\')
            PUT(t, "\\");
        if ((uint8_t)c < ' ') {
            PUT(t, "\\u00");
            put(t, obs_str_n(&hex[c >> 4], 1));
            c = hex[c & 15];
        }
        put(t, obs_str_n(&c, 1));
    }
    if (len < name.len)
        PUT(t, "…");
    PUT(t, "\\\"");
}

/* --- what is said ---------------------------------------------------------------- */

static void put_rates(struct text *t, const struct price_rates *rates, const obs_span *span)
{
    bool first = true;

    PUT(t, ",\"rates\":{");
    for (enum price_part part = 0; part < PRICE_N_PARTS; part++) {
        if (price_part_tokens(span, part) <= 0)
            continue;
        if (!first)
            PUT(t, ",");
        first = false;
        PUT(t, "\"");
        put(t, price_parts[part].name);
        PUT(t, "\":");
        put_billionths(t, rates->femto[part]);
    }
    PUT(t, "}");
    if (rates->request_nano) {
        PUT(t, ",\"request\":");
        put_billionths(t, rates->request_nano);
    }
}

static void put_price(struct text *t, const struct price_choice *choice, const obs_span *span)
{
    static const obs_str layers[] = {[PRICE_LAYER_FILE] = OBS_STR("file"),
                                     [PRICE_LAYER_CONFIG] = OBS_STR("config"),
                                     [PRICE_LAYER_API] = OBS_STR("api")};

    PUT(t, "\"price\":{\"provider\":\"");
    put(t, choice->model->provider);
    PUT(t, "\"");
    put_member(t, (obs_str)OBS_STR("model"), choice->model->name);
    put_member(t, (obs_str)OBS_STR("from"), choice->price->from);
    put_member(t, (obs_str)OBS_STR("book"), layers[choice->book->layer]);
    put_member(t, (obs_str)OBS_STR("tier"), choice->tier);
    if (choice->rates->above_tokens >= 0) {
        PUT(t, ",\"above\":");
        put_digits(t, (uint64_t)choice->rates->above_tokens);
    }
    put_member(t, (obs_str)OBS_STR("region"), choice->region);
    put_rates(t, choice->rates, span);
    PUT(t, "}");
}

static void put_unknown_model(struct text *t, const obs_span *span)
{
    obs_str model = span->model.len ? span->model : span->request_model;

    if (!model.len) {
        PUT(t, "The span names no model.");
        return;
    }
    PUT(t, "The price book has no model ");
    put_quoted(t, model);
    if (span->request_model.len && !obs_str_eq(model, span->request_model)) {
        PUT(t, " and no ");
        put_quoted(t, span->request_model);
    }
    if (span->provider.len) {
        PUT(t, " of the provider ");
        put_quoted(t, span->provider);
    }
    PUT(t, ".");
}

static void put_unknown_tier(struct text *t, const struct price_choice *choice,
                             const obs_span *span)
{
    PUT(t, "The price book has no price of ");
    put_quoted(t, choice->model->name);
    PUT(t, " for the service tier ");
    put_quoted(t, span->service_tier);
    if (choice->region.len) {
        PUT(t, " in the region ");
        put_quoted(t, choice->region);
    }
    PUT(t, ".");
}

static void put_sentence(struct text *t, const struct price_choice *choice, const obs_span *span)
{
    switch (choice->finding) {
    case PRICE_UNKNOWN_PROVIDER:
        PUT(t, "The price book has no provider ");
        put_quoted(t, span->provider);
        break;
    case PRICE_UNKNOWN_MODEL:
        put_unknown_model(t, span);
        return;
    case PRICE_NOT_YET:
        PUT(t, "The price book has no price of ");
        put_quoted(t, choice->model->name);
        PUT(t, " before ");
        put(t, choice->model->prices[0].from);
        break;
    case PRICE_UNKNOWN_TIER:
        put_unknown_tier(t, choice, span);
        return;
    case PRICE_UNKNOWN_PART:
        PUT(t, "The price book has no price for ");
        put(t, price_parts[choice->part].name);
        PUT(t, " tokens of ");
        put_quoted(t, choice->model->name);
        break;
    case PRICE_FOUND:
        break;
    }
    PUT(t, ".");
}

static void put_reason(struct text *t, const struct price_choice *choice, const obs_span *span)
{
    PUT(t, "\"reason\":\"");
    if (choice)
        put_sentence(t, choice, span);
    else
        PUT(t, "The span is no call of a model: the cost that it reports may be that of the calls "
               "below it.");
    PUT(t, "\"");
}

/* --- what others said ------------------------------------------------------------ */

/* The end of a value in compact JSON, or of an object's member. */
static const char *skip(const char *p, const char *end)
{
    for (size_t depth = 0; p < end; p++) {
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                p += *p == '\\';
        } else if (*p == '{' || *p == '[') {
            depth++;
        } else if (depth && (*p == '}' || *p == ']')) {
            depth--;
        } else if (!depth && (*p == ',' || *p == '}')) {
            return p;
        }
    }
    return end;
}

static bool is_own(obs_str member)
{
    static const obs_str own[] = {OBS_STR("\"price\":"), OBS_STR("\"reason\":")};

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (member.len > own[i].len && memcmp(member.ptr, own[i].ptr, own[i].len) == 0)
            return true;
    return false;
}

/* Appends members of the compact object `details` that are not written here to the
 * one that `to` begins. Returns its end. */
static char *copy_others(char *to, const char *begin, obs_str details)
{
    const char *p = details.ptr, *end = p + details.len, *next;

    for (p++; p < end && *p != '}'; p = next + (next < end && *next == ',')) {
        next = skip(p, end);
        if (is_own(obs_str_n(p, (size_t)(next - p))))
            continue;
        if (to > begin + 1)
            *to++ = ',';
        memcpy(to, p, (size_t)(next - p));
        to += next - p;
    }
    return to;
}

/* {own members, those of others}; nothing when there are none. */
static int finish(obs_str own, obs_str others, obs_arena *arena, obs_str *ret_details)
{
    char *begin, *at;

    *ret_details = obs_str_n(NULL, 0);
    if (!own.len && !others.len)
        return OBS_OK;
    at = begin = obs_arena_alloc(arena, own.len + others.len + 3);
    if (!begin)
        return OBS_E_NOMEM;
    *at++ = '{';
    if (own.len)
        memcpy(at, own.ptr, own.len);
    at += own.len;
    if (others.len)
        at = copy_others(at, begin, others);
    if (at == begin + 1)
        return OBS_OK;
    *at++ = '}';
    *ret_details = obs_str_n(begin, (size_t)(at - begin));
    return OBS_OK;
}

/* --- public ---------------------------------------------------------------------- */

int details_write(const struct price_choice *choice, const obs_span *span, obs_arena *arena,
                  obs_str *ret_details)
{
    struct text text;

    text.len = 0;
    if (choice && choice->finding == PRICE_FOUND)
        put_price(&text, choice, span);
    else
        put_reason(&text, choice, span);
    return finish(obs_str_n(text.bytes, text.len), span->cost_details, arena, ret_details);
}

int details_clear(const obs_span *span, obs_arena *arena, obs_str *ret_details)
{
    return finish(obs_str_n(NULL, 0), span->cost_details, arena, ret_details);
}
