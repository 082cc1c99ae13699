/* SPDX-License-Identifier: Apache-2.0 */
/* One step function a coding and direction; contexts are made by the caller as
 * needed, since a zstd context is of the order of a megabyte. */
#include "http/encoding.h"
#include "http/head.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    GZIP_WINDOW = 15 + 16, /* 32 KiB, gzip framing */
    ZSTD_WINDOW_LOG = 23,  /* 8 MiB: what RFC 8878 §3.1.1.1.2 wants supported */
    PIECE_BYTES = 16384,
};

/* --- decoding ------------------------------------------------------------- */

struct decoder {
    enum coding coding;
    bool started, complete;
    z_stream gzip;
    ZSTD_DStream *zstd;
};

struct decoder *decoder_create(enum coding coding)
{
    struct decoder *decoder = calloc(1, sizeof(*decoder));

    if (!decoder)
        return NULL;
    decoder->coding = coding;
    if (coding == CODING_GZIP) {
        if (inflateInit2(&decoder->gzip, GZIP_WINDOW) != Z_OK)
            goto fail;
    } else {
        decoder->zstd = ZSTD_createDStream();
        if (!decoder->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(
                                  decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
            goto fail;
    }
    return decoder;

fail:
    ZSTD_freeDStream(decoder->zstd);
    free(decoder);
    return NULL;
}

void decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->coding == CODING_GZIP)
        inflateEnd(&decoder->gzip);
    ZSTD_freeDStream(decoder->zstd);
    free(decoder);
}

bool decoder_complete(const struct decoder *decoder)
{
    return decoder->complete;
}

static unsigned clamp_uint(size_t n)
{
    return n > 1u << 30 ? 1u << 30 : (unsigned)n;
}

static int step_gzip(struct decoder *d, obs_str *in, char *out, size_t room, size_t *ret_len)
{
    z_stream *z = &d->gzip;
    unsigned given = clamp_uint(in->len), space = clamp_uint(room);
    int rc;

    if (d->complete) { /* a further member (RFC 1952 §2.2) */
        inflateReset(z);
        d->complete = false;
    }
    z->next_in = (Bytef *)(uintptr_t)in->ptr;
    z->avail_in = given;
    z->next_out = (Bytef *)out;
    z->avail_out = space;
    rc = inflate(z, Z_NO_FLUSH);
    if (rc == Z_MEM_ERROR)
        return OBS_E_NOMEM;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return OBS_E_SYNTAX;
    d->complete = rc == Z_STREAM_END;
    *in = obs_str_n(in->ptr + (given - z->avail_in), in->len - (given - z->avail_in));
    *ret_len = space - z->avail_out;
    return OBS_OK;
}

static int step_zstd(struct decoder *d, obs_str *in, char *out, size_t room, size_t *ret_len)
{
    ZSTD_inBuffer input = {in->ptr, in->len, 0};
    ZSTD_outBuffer output = {out, room, 0};
    size_t rc = ZSTD_decompressStream(d->zstd, &output, &input);

    if (ZSTD_isError(rc))
        return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? OBS_E_NOMEM : OBS_E_SYNTAX;
    d->complete = rc == 0;
    *in = obs_str_n(in->ptr + input.pos, in->len - input.pos);
    *ret_len = output.pos;
    return OBS_OK;
}

int decoder_step(struct decoder *decoder, obs_str *in, char *out, size_t room, size_t *ret_len)
{
    if (in->len == 0 && (decoder->complete || !decoder->started)) {
        *ret_len = 0; /* nothing between members to flush out */
        return OBS_OK;
    }
    decoder->started = true;
    return decoder->coding == CODING_GZIP ? step_gzip(decoder, in, out, room, ret_len)
                                          : step_zstd(decoder, in, out, room, ret_len);
}

/* --- encoding ------------------------------------------------------------- */

struct encoder {
    enum coding coding;
    z_stream gzip;
    int level;
    ZSTD_CCtx *zstd;
};

struct encoder *encoder_create(enum coding coding, int level)
{
    struct encoder *encoder = calloc(1, sizeof(*encoder));

    if (!encoder)
        return NULL;
    encoder->coding = coding;
    encoder->level = level;
    if (coding == CODING_GZIP) {
        if (deflateInit2(&encoder->gzip, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            goto fail;
    } else {
        encoder->zstd = ZSTD_createCCtx();
        if (!encoder->zstd)
            goto fail;
        ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, level);
    }
    return encoder;

fail:
    free(encoder);
    return NULL;
}

void encoder_destroy(struct encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->coding == CODING_GZIP)
        deflateEnd(&encoder->gzip);
    ZSTD_freeCCtx(encoder->zstd);
    free(encoder);
}

int encoder_reset(struct encoder *encoder, int level, size_t size)
{
    if (encoder->coding == CODING_ZSTD) {
        ZSTD_CCtx_reset(encoder->zstd, ZSTD_reset_session_only);
        if (level != encoder->level)
            ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setPledgedSrcSize(encoder->zstd, size ? size : ZSTD_CONTENTSIZE_UNKNOWN);
        encoder->level = level;
        return OBS_OK;
    }
    if (deflateReset(&encoder->gzip) != Z_OK)
        return OBS_E_INTERNAL;
    if (level != encoder->level && deflateParams(&encoder->gzip, level, Z_DEFAULT_STRATEGY) != Z_OK)
        return OBS_E_INTERNAL;
    encoder->level = level;
    return OBS_OK;
}

static int run_gzip(struct encoder *e, obs_str in, enum encoder_op op, encoder_sink sink,
                    void *user)
{
    static const int flush[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    char piece[PIECE_BYTES];
    z_stream *z = &e->gzip;
    bool more = true;

    while (more) {
        unsigned given = clamp_uint(in.len);
        size_t len;
        int rc;

        z->next_in = (Bytef *)(uintptr_t)in.ptr;
        z->avail_in = given;
        z->next_out = (Bytef *)piece;
        z->avail_out = sizeof(piece);
        rc = deflate(z, given < in.len ? Z_NO_FLUSH : flush[op]);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return OBS_E_INTERNAL;
        in = obs_str_n(in.ptr + (given - z->avail_in), in.len - (given - z->avail_in));
        len = sizeof(piece) - z->avail_out;
        if (len > 0) {
            rc = sink(user, piece, len);
            if (rc < 0)
                return rc;
        }
        more = in.len > 0 || z->avail_out == 0;
    }
    return OBS_OK;
}

static int run_zstd(struct encoder *e, obs_str in, enum encoder_op op, encoder_sink sink,
                    void *user)
{
    static const ZSTD_EndDirective end[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    char piece[PIECE_BYTES];
    ZSTD_inBuffer input = {in.ptr, in.len, 0};
    size_t left;

    do {
        ZSTD_outBuffer output = {piece, sizeof(piece), 0};

        left = ZSTD_compressStream2(e->zstd, &output, &input, end[op]);
        if (ZSTD_isError(left))
            return OBS_E_INTERNAL;
        if (output.pos > 0) {
            int rc = sink(user, piece, output.pos);

            if (rc < 0)
                return rc;
        }
    } while (op == ENCODE_MORE ? input.pos < input.size : left > 0);
    return OBS_OK;
}

int encoder_run(struct encoder *encoder, obs_str in, enum encoder_op op, encoder_sink sink,
                void *user)
{
    return encoder->coding == CODING_GZIP ? run_gzip(encoder, in, op, sink, user)
                                          : run_zstd(encoder, in, op, sink, user);
}
