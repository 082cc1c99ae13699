/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings both ways: gzip by zlib, zstd by libzstd (RFC 1952, RFC 8878,
 * RFC 9110 §8.4, §12.5.3). */
#ifndef HOST_HTTP_ENCODING_H
#define HOST_HTTP_ENCODING_H

#include <observatory/base.h>
#include <stdbool.h>

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_ZSTD, CODING_UNKNOWN };

/* What a Content-Encoding field says; several codings are CODING_UNKNOWN. */
enum coding coding_of_content(obs_str field);

/* The best coding that an Accept-Encoding field allows: zstd, gzip, none. */
enum coding coding_negotiate(obs_str field);

/* "gzip", "zstd"; for the two only. */
obs_str coding_name(enum coding coding);

/* True for content types that shrink: text, JSON, XML and their like. An event
 * stream is none: its pieces must not wait in a compressor. */
bool content_compressible(obs_str content_type);

/* ---- decoding ------------------------------------------------------------ */

struct decoder;

/* NULL when out of memory. `coding` is CODING_GZIP or CODING_ZSTD. */
struct decoder *decoder_create(enum coding coding);
void decoder_destroy(struct decoder *decoder);

/* Turns a prefix of `*in` into at most `room` bytes at `out`; `*in` becomes
 * what is left. When it is empty and `ret_len` is less than `room`, more input
 * is needed. Errors: OBS_E_SYNTAX (not of that coding), OBS_E_NOMEM (a window
 * over 8 MiB too). */
int decoder_step(struct decoder *decoder, obs_str *in, char *out, size_t room, size_t *ret_len);

/* True when the input so far is complete. */
bool decoder_complete(const struct decoder *decoder);

/* ---- encoding ------------------------------------------------------------ */

struct encoder;

/* Takes pieces of output; `len` > 0. Errors are handed back by the encoder. */
typedef int (*encoder_sink)(void *user, const char *bytes, size_t len);

enum encoder_op { ENCODE_MORE, ENCODE_FLUSH, ENCODE_END };

/* NULL when out of memory. */
struct encoder *encoder_create(enum coding coding, int level);
void encoder_destroy(struct encoder *encoder);

/* Back to the start of a new output with `level`; `size` is that of the whole
 * input, 0 when it is not known. */
int encoder_reset(struct encoder *encoder, int level, size_t size);

/* Encodes `in`. FLUSH: all of it comes out now; END: the output is complete.
 * Errors: OBS_E_NOMEM, OBS_E_INTERNAL, those of `sink`. */
int encoder_run(struct encoder *encoder, obs_str in, enum encoder_op op, encoder_sink sink,
                void *user);

#endif
