/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars and attributes of OTLP/JSON. Nesting of values is bounded by
 * OTLP_MAX_DEPTH. */
#include "otlp_json_value.h"

void reader_init(struct reader *r, obs_str body, obs_arena *arena, void *batch,
                 struct decode_error *error)
{
    *r = (struct reader){.batch = batch, .stack = {.arena = arena}};
    json_cursor_init(&r->c, body, arena, error);
    error->text[0] = '\0';
}

/* --- scalars --------------------------------------------------------------- */

static int hex_digit(char d)
{
    if (d >= '0' && d <= '9')
        return d - '0';
    d |= 32;
    return d >= 'a' && d <= 'f' ? d - 'a' + 10 : -1;
}

int read_id(struct reader *r, obs_str *ret)
{
    obs_str text;
    char *out;
    int rc = json_string(&r->c, &text);

    if (rc < 0)
        return rc;
    out = obs_arena_alloc(r->c.arena, text.len / 2 + 1);
    if (!out)
        return OBS_E_NOMEM;
    *ret = obs_str_n(out, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.ptr[i]);
        int low = i + 1 < text.len ? hex_digit(text.ptr[i + 1]) : -1;

        if (high < 0 || low < 0) {
            out[0] = '\0';
            *ret = obs_str_n(out, 1);
            return OBS_OK;
        }
        out[i / 2] = (char)(high << 4 | low);
    }
    return OBS_OK;
}

int read_uint32(struct reader *r, uint32_t *ret)
{
    const char *at = (json_space(&r->c), r->c.p);
    uint64_t value;
    int rc = json_uint(&r->c, &value);

    if (rc < 0)
        return rc;
    if (value > UINT32_MAX) {
        r->c.p = at;
        return json_fail(&r->c, "an unsigned 32-bit integer");
    }
    *ret = (uint32_t)value;
    return OBS_OK;
}

int read_enum(struct reader *r, const char *const *names, uint32_t n, uint32_t *ret)
{
    obs_str text;
    int64_t number;
    int rc;

    if (json_peek(&r->c) != '"') {
        rc = json_int(&r->c, &number);
        if (rc == OBS_OK)
            *ret = number >= 0 && number < INT32_MAX ? (uint32_t)number : 0;
        return rc;
    }
    rc = json_string(&r->c, &text);
    if (rc < 0)
        return rc;
    *ret = 0;
    if (json_parse_int(r->c.arena, text, &number) && number >= 0 && number < INT32_MAX)
        *ret = (uint32_t)number;
    for (uint32_t i = 0; i < n; i++)
        if (obs_str_is(text, names[i]))
            *ret = i;
    return OBS_OK;
}

static int base64_digit(char d)
{
    if (d >= 'A' && d <= 'Z')
        return d - 'A';
    if (d >= 'a' && d <= 'z')
        return d - 'a' + 26;
    if (d >= '0' && d <= '9')
        return d - '0' + 52;
    if (d == '+' || d == '-')
        return 62;
    return d == '/' || d == '_' ? 63 : -1;
}

/* Bytes in base64, standard or URL-safe, padded or not. */
static int bytes(struct reader *r, obs_str *ret)
{
    const char *at = (json_space(&r->c), r->c.p);
    obs_str text;
    uint32_t group = 0;
    unsigned n_bits = 0;
    char *out, *p;
    int rc = json_string(&r->c, &text);

    if (rc < 0)
        return rc;
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    p = out = obs_arena_alloc(r->c.arena, text.len / 4 * 3 + 4);
    if (!out)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base64_digit(text.ptr[i]);

        if (digit < 0) {
            r->c.p = at;
            return json_fail(&r->c, "bytes in base64");
        }
        group = group << 6 | (uint32_t)digit;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            *p++ = (char)(group >> n_bits);
        }
    }
    *ret = obs_str_n(out, (size_t)(p - out));
    return OBS_OK;
}

/* --- attributes ------------------------------------------------------------ */

static int any_value(struct reader *r, unsigned depth, struct otlp_value *ret);
static int attributes(struct reader *r, unsigned depth, struct otlp_attr **ret_items,
                      uint32_t *ret_n);

/* {"values": […]} */
static int array_value(struct reader *r, unsigned depth, struct otlp_value *ret)
{
    static const struct member members[] = {MEMBER("values", "values")};
    bool first = true;
    int rc = json_open(&r->c, '{');

    *ret = (struct otlp_value){.kind = OTLP_ARRAY};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0) {
        size_t mark = r->stack.n;
        bool first_item = true;

        rc = json_open(&r->c, '[');
        while (rc >= 0 && (rc = json_item(&r->c, &first_item)) > 0) {
            struct otlp_value value = {.kind = OTLP_NONE};
            struct otlp_attr *item;

            if (!json_null(&r->c))
                rc = any_value(r, depth + 1, &value);
            if (rc < 0)
                break;
            item = attr_stack_push(&r->stack);
            if (!item)
                return OBS_E_NOMEM;
            item->value = value;
        }
        if (rc == 0 && !attr_stack_take_values(&r->stack, mark, &ret->items, &ret->n))
            return OBS_E_NOMEM;
    }
    return rc == NO_MORE ? OBS_OK : rc;
}

static int kvlist_value(struct reader *r, unsigned depth, struct otlp_value *ret)
{
    static const struct member members[] = {MEMBER("values", "values")};
    bool first = true;
    int rc = json_open(&r->c, '{');

    *ret = (struct otlp_value){.kind = OTLP_KVLIST};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = attributes(r, depth + 1, &ret->attrs, &ret->n);
    return rc == NO_MORE ? OBS_OK : rc;
}

static int any_member(struct reader *r, int member, unsigned depth, struct otlp_value *ret)
{
    bool flag;
    int rc;

    switch (member) {
    case 0:
        *ret = (struct otlp_value){.kind = OTLP_STRING};
        return json_string(&r->c, &ret->s);
    case 1:
        *ret = (struct otlp_value){.kind = OTLP_INT};
        return json_int(&r->c, &ret->i);
    case 2:
        rc = json_bool(&r->c, &flag);
        if (rc == OBS_OK)
            *ret = (struct otlp_value){.kind = OTLP_BOOL, .i = flag};
        return rc;
    case 3:
        *ret = (struct otlp_value){.kind = OTLP_DOUBLE};
        return json_double(&r->c, &ret->d);
    case 4:
        return array_value(r, depth, ret);
    case 5:
        return kvlist_value(r, depth, ret);
    default:
        *ret = (struct otlp_value){.kind = OTLP_BYTES};
        return bytes(r, &ret->s);
    }
}

static int any_value(struct reader *r, unsigned depth, struct otlp_value *ret)
{
    static const struct member members[] = {
        MEMBER("stringValue", "string_value"), MEMBER("intValue", "int_value"),
        MEMBER("boolValue", "bool_value"),     MEMBER("doubleValue", "double_value"),
        MEMBER("arrayValue", "array_value"),   MEMBER("kvlistValue", "kvlist_value"),
        MEMBER("bytesValue", "bytes_value"),
    };
    bool first = true;
    int rc = json_open(&r->c, '{');

    if (rc == OBS_OK && depth > OTLP_MAX_DEPTH)
        return json_fail(&r->c, "less nesting");
    *ret = (struct otlp_value){.kind = OTLP_NONE};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = any_member(r, rc, depth, ret);
    return rc == NO_MORE ? OBS_OK : rc;
}

static int key_value(struct reader *r, unsigned depth)
{
    static const struct member members[] = {MEMBER("key", "key"), MEMBER("value", "value")};
    struct otlp_attr attr, *item;
    bool first = true;
    int rc = json_open(&r->c, '{');

    attr.key = obs_str_n("", 0);
    attr.value = (struct otlp_value){.kind = OTLP_NONE};
    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = rc == 0 ? json_string(&r->c, &attr.key) : any_value(r, depth, &attr.value);
    if (rc != NO_MORE)
        return rc;
    item = attr_stack_push(&r->stack);
    if (!item)
        return OBS_E_NOMEM;
    *item = attr;
    return OBS_OK;
}

static int attributes(struct reader *r, unsigned depth, struct otlp_attr **ret_items,
                      uint32_t *ret_n)
{
    size_t mark = r->stack.n;
    bool first = true;
    int rc = json_open(&r->c, '[');

    while (rc >= 0 && (rc = json_item(&r->c, &first)) > 0)
        if (!json_null(&r->c))
            rc = key_value(r, depth);
    if (rc < 0)
        return rc;
    return attr_stack_take(&r->stack, mark, ret_items, ret_n) ? OBS_OK : OBS_E_NOMEM;
}

int read_attrs(struct reader *r, struct otlp_attrs *ret)
{
    return attributes(r, /* depth= */ 0, &ret->items, &ret->n);
}

int read_any_value(struct reader *r, struct otlp_value *ret)
{
    return any_value(r, /* depth= */ 0, ret);
}
