/* SPDX-License-Identifier: Apache-2.0 */
/* Both forms, field by field. */
#include "fixture_message.h"

static struct writer writer_of(struct message *m)
{
    return (struct writer){.out = &m->json, .style = &m->style};
}

struct message message_of(const struct json_style *style)
{
    struct message m = {.style = *style, .first = true};

    bytes_add(&m.json, "{", 1);
    return m;
}

/* The writer behind the member's name. */
static struct writer member(struct message *m, const char *name)
{
    struct writer w = writer_of(m);

    write_name(&w, &m->first, name);
    return w;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* --- singular fields ------------------------------------------------------- */

void message_text(struct message *m, unsigned field, const char *name, obs_str text)
{
    struct writer w = member(m, name);

    proto_bytes(&m->proto, field, text);
    write_text(&w, text);
}

void message_id(struct message *m, unsigned field, const char *name, obs_str id)
{
    struct writer w = member(m, name);

    proto_bytes(&m->proto, field, id);
    write_hex(&w, id);
}

void message_value(struct message *m, unsigned field, const char *name,
                   const struct otlp_value *value)
{
    struct writer w = member(m, name);

    proto_value(&m->proto, field, value);
    write_value(&w, value);
}

void message_attrs(struct message *m, unsigned field, const char *name,
                   const struct otlp_attrs *attrs)
{
    struct writer w = member(m, name);

    proto_attrs(&m->proto, field, attrs);
    write_attr_list(&w, attrs->items, attrs->n);
}

void message_varint(struct message *m, unsigned field, const char *name, uint64_t value)
{
    struct writer w = member(m, name);

    proto_varint(&m->proto, field, value);
    write_uint(&w, value);
}

void message_zigzag(struct message *m, unsigned field, const char *name, int64_t value)
{
    struct writer w = member(m, name);

    proto_varint(&m->proto, field, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
    write_int(&w, value);
}

void message_bool(struct message *m, unsigned field, const char *name, bool value)
{
    struct writer w = member(m, name);

    proto_varint(&m->proto, field, value);
    write_raw(&w, value ? "true" : "false");
}

void message_fixed64(struct message *m, unsigned field, const char *name, uint64_t value)
{
    struct writer w = member(m, name);

    proto_fixed(&m->proto, field, value, 8);
    write_uint(&w, value);
}

void message_sfixed64(struct message *m, unsigned field, const char *name, int64_t value)
{
    struct writer w = member(m, name);

    proto_fixed(&m->proto, field, (uint64_t)value, 8);
    write_int(&w, value);
}

void message_double(struct message *m, unsigned field, const char *name, double value)
{
    struct writer w = member(m, name);

    proto_fixed(&m->proto, field, bits_of(value), 8);
    write_real(&w, value);
}

/* --- lists of numbers ------------------------------------------------------ */

/* One of a list: into the run of a packed one, else as a field of its own. */
static void put_fixed64(struct message *m, struct bytes *run, unsigned field, uint64_t value,
                        bool packed)
{
    if (!packed) {
        proto_fixed(&m->proto, field, value, 8);
        return;
    }
    for (unsigned i = 0; i < 8; i++) {
        char byte = (char)(value >> (8 * i));

        bytes_add(run, &byte, 1);
    }
}

static void write_uints(struct message *m, const char *name, const uint64_t *values, size_t n)
{
    struct writer w = member(m, name);

    write_raw(&w, "[");
    for (size_t i = 0; i < n; i++) {
        write_raw(&w, i ? "," : "");
        write_uint(&w, values[i]);
    }
    write_raw(&w, "]");
}

void message_fixed64s(struct message *m, unsigned field, const char *name, const uint64_t *values,
                      size_t n, bool packed)
{
    struct bytes run = {0};

    for (size_t i = 0; i < n; i++)
        put_fixed64(m, &run, field, values[i], packed);
    if (packed)
        proto_message(&m->proto, field, &run);
    write_uints(m, name, values, n);
}

void message_doubles(struct message *m, unsigned field, const char *name, const double *values,
                     size_t n, bool packed)
{
    struct writer w = member(m, name);
    struct bytes run = {0};

    write_raw(&w, "[");
    for (size_t i = 0; i < n; i++) {
        put_fixed64(m, &run, field, bits_of(values[i]), packed);
        write_raw(&w, i ? "," : "");
        write_real(&w, values[i]);
    }
    write_raw(&w, "]");
    if (packed)
        proto_message(&m->proto, field, &run);
}

void message_varints(struct message *m, unsigned field, const char *name, const uint64_t *values,
                     size_t n, bool packed)
{
    struct bytes run = {0};

    for (size_t i = 0; i < n; i++) {
        if (!packed) {
            proto_varint(&m->proto, field, values[i]);
            continue;
        }
        for (uint64_t left = values[i];; left >>= 7) {
            char byte = (char)(left >= 0x80 ? left | 0x80 : left);

            bytes_add(&run, &byte, 1);
            if (left < 0x80)
                break;
        }
    }
    if (packed)
        proto_message(&m->proto, field, &run);
    write_uints(m, name, values, n);
}

/* --- messages -------------------------------------------------------------- */

void message_child(struct message *m, unsigned field, const char *name, struct message *child)
{
    struct writer w = member(m, name);

    message_end(child);
    bytes_add(w.out, child->json.data, child->json.len);
    proto_message(&m->proto, field, &child->proto);
    message_finish(child);
}

void message_list(struct message *m, unsigned field, const char *name, struct message *items,
                  size_t n)
{
    struct writer w = member(m, name);

    write_raw(&w, "[");
    for (size_t i = 0; i < n; i++) {
        message_end(&items[i]);
        write_raw(&w, i ? "," : "");
        bytes_add(w.out, items[i].json.data, items[i].json.len);
        proto_message(&m->proto, field, &items[i].proto);
        message_finish(&items[i]);
    }
    write_raw(&w, "]");
}

void message_end(struct message *m)
{
    struct writer w = writer_of(m);

    if (m->style.unknown_fields) {
        write_name(&w, &m->first, "somethingNew");
        write_raw(&w, "{\"a\":[1,-2.5e3,true,false,null,\"x\\n\"],\"b\":{}}");
    }
    write_space(&w);
    write_raw(&w, "}");
}

void message_finish(struct message *m)
{
    bytes_finish(&m->proto);
    bytes_finish(&m->json);
}
