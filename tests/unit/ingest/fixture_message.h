/* SPDX-License-Identifier: Apache-2.0 */
/* A message for tests that is written in protobuf and in JSON at once, so that both
 * say the same. */
#ifndef TESTS_FIXTURE_MESSAGE_H
#define TESTS_FIXTURE_MESSAGE_H

#include "fixture_parts.h"

struct message {
    struct bytes proto;
    struct bytes json; /* without its closing brace, until it is ended */
    struct json_style style;
    bool first;
};

struct message message_of(const struct json_style *style);

void message_text(struct message *m, unsigned field, const char *name, obs_str text);
void message_id(struct message *m, unsigned field, const char *name, obs_str id);
void message_value(struct message *m, unsigned field, const char *name,
                   const struct otlp_value *value);
void message_attrs(struct message *m, unsigned field, const char *name,
                   const struct otlp_attrs *attrs);
void message_varint(struct message *m, unsigned field, const char *name, uint64_t value);
void message_zigzag(struct message *m, unsigned field, const char *name, int64_t value);
void message_bool(struct message *m, unsigned field, const char *name, bool value);
void message_fixed64(struct message *m, unsigned field, const char *name, uint64_t value);
void message_sfixed64(struct message *m, unsigned field, const char *name, int64_t value);
void message_double(struct message *m, unsigned field, const char *name, double value);

/* Lists of numbers, packed or each as a field of its own. */
void message_fixed64s(struct message *m, unsigned field, const char *name, const uint64_t *values,
                      size_t n, bool packed);
void message_doubles(struct message *m, unsigned field, const char *name, const double *values,
                     size_t n, bool packed);
void message_varints(struct message *m, unsigned field, const char *name, const uint64_t *values,
                     size_t n, bool packed);

/* A message in it, or a list of them; they are finished. */
void message_child(struct message *m, unsigned field, const char *name, struct message *child);
void message_list(struct message *m, unsigned field, const char *name, struct message *items,
                  size_t n);

/* Closes the JSON; then `proto` and `json` are whole. */
void message_end(struct message *m);
void message_finish(struct message *m);

#endif
