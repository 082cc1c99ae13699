/* SPDX-License-Identifier: Apache-2.0 */
/* `observatory ingest import`: files into the store. Line by line where the
 * format has lines, so that memory stays small; what is wrong is told with file
 * and line and does not stop the rest. */
#include "command.h"
#include "import_source.h"
#include "native_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define BATCH 512
#define MAX_LINE_BYTES ((size_t)256 << 20)
#define MAX_FILE_BYTES ((size_t)2 << 30)
#define MAX_TOLD 20 /* complaints a file */

enum format { FORMAT_AUTO, FORMAT_OTLP_JSON, FORMAT_OTLP_PROTO, FORMAT_JSONL };

struct import {
    obs_command_call *call;
    const struct ingest *ingest;
    obs_str project;
    const char *path;
    uint64_t line; /* from 1; 0: the file has none */
    uint64_t stored, repeated, rejected;
    unsigned told;

    obs_arena *arena; /* of the batch under way */
    obs_span *spans;
    size_t n_spans, capacity;
};

/* --- complaints ---------------------------------------------------------------------- */

static void complain(struct import *im, uint64_t n_rejected, const char *text, size_t len)
{
    im->rejected += n_rejected;
    if (im->told++ >= MAX_TOLD)
        return;
    fprintf(stderr, "%s:", im->path);
    if (im->line)
        fprintf(stderr, "%llu:", (unsigned long long)im->line);
    fprintf(stderr, " %.*s\n", (int)len, text);
}

static void complain_error(struct import *im, int rc, const struct decode_error *error)
{
    const char *text = error->text[0] ? error->text : obs_error(rc)->text;

    complain(im, 1, text, strlen(text));
}

/* --- batches --------------------------------------------------------------------------- */

/* In parts, so that an interrupt need not wait for a whole file. */
static int flush(struct import *im)
{
    int rc = OBS_OK;

    for (size_t at = 0; at < im->n_spans && rc == OBS_OK; at += BATCH) {
        size_t left = im->n_spans - at, n = left < BATCH ? left : BATCH;
        struct stored result = {0};
        rc = command_store(im->call, im->ingest, im->arena, im->spans + at, n, &result);
        im->stored += result.n_stored;
        im->repeated += result.n_repeated;
        command_progress("spans", im->stored + im->repeated, 0);
    }
    im->n_spans = 0;
    obs_arena_destroy(im->arena);
    im->arena = NULL;
    return rc;
}

static int begin(struct import *im)
{
    if (!im->arena)
        im->arena = obs_arena_create(/* limit_bytes= */ 0);
    return im->arena ? OBS_OK : OBS_E_NOMEM;
}

static int take(struct import *im, const obs_span *spans, size_t n)
{
    if (im->n_spans + n > im->capacity) {
        size_t capacity = 2 * (im->n_spans + n);
        obs_span *grown = realloc(im->spans, capacity * sizeof(*grown));
        if (!grown)
            return OBS_E_NOMEM;
        im->spans = grown;
        im->capacity = capacity;
    }
    if (n)
        memcpy(im->spans + im->n_spans, spans, n * sizeof(*spans));
    im->n_spans += n;
    return OBS_OK;
}

/* --- formats ----------------------------------------------------------------------------- */

/* One export request; `text` lives until the batch is flushed. */
static int take_otlp(struct import *im, obs_str text, enum format format)
{
    struct otlp_batch batch = {
        .arena = im->arena,
        .max_parts = (uint32_t)im->ingest->config->max_message_parts,
    };
    struct decode_error error = {0};
    struct mapped mapped = {0};
    obs_str why;
    int rc = format == FORMAT_OTLP_PROTO ? otlp_proto_decode(text, &batch, &error)
                                         : otlp_json_decode(text, &batch, &error);

    if (rc == OBS_OK)
        rc = map_batch(im->ingest->index, im->project, &batch, &mapped);
    if (rc == OBS_E_NOMEM)
        return rc;
    if (rc < 0) {
        complain_error(im, rc, &error);
        return OBS_OK;
    }
    if (mapped.n_rejected) {
        why =
            map_reject_text(im->arena, mapped.rejects, "spans", mapped.n_spans + mapped.n_rejected);
        complain(im, mapped.n_rejected, why.ptr, why.len);
    }
    return take(im, mapped.spans, mapped.n_spans);
}

static void complain_items(struct import *im, const struct native_batch *batch)
{
    char text[300];

    for (size_t i = 0; i < batch->n_errors; i++) {
        const struct native_error *e = &batch->errors[i];
        obs_str field = e->field ? obs_str_of(e->field) : e->unknown;
        int len = snprintf(text, sizeof(text), "%.*s%s%s", OBS_STR_ARG(field),
                           field.len ? ": " : "", e->text ? e->text : obs_error(e->error)->text);
        complain(im, 0, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
    }
    im->rejected += batch->n_rejected;
}

static int take_native(struct import *im, obs_str text)
{
    struct native_batch batch = {.arena = im->arena, .max_spans = SIZE_MAX, .project = im->project};
    struct decode_error error = {0};
    int rc = native_json_decode(text, &batch, &error);

    if (rc == OBS_E_NOMEM)
        return rc;
    if (rc < 0) {
        complain_error(im, rc, &error);
        return OBS_OK;
    }
    complain_items(im, &batch);
    return take(im, batch.spans, batch.n_spans);
}

static int take_text(struct import *im, obs_str text, enum format format)
{
    return format == FORMAT_JSONL ? take_native(im, text) : take_otlp(im, text, format);
}

/* --- lines, wholes, frames ---------------------------------------------------------------- */

static bool blank(obs_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
            return false;
    return true;
}

static int import_lines(struct import *im, struct source *source, enum format format)
{
    for (;;) {
        obs_str line;
        bool end;
        int rc = source_line(source, MAX_LINE_BYTES, &line, &end);
        im->line++;
        if (rc < 0)
            return rc;
        if (end)
            return flush(im);
        if (blank(line))
            continue;
        rc = begin(im);
        if (rc == OBS_OK) /* the source's buffer moves on: the spans need a copy */
            line = obs_arena_dup(im->arena, line);
        if (rc == OBS_OK)
            rc = line.ptr ? take_text(im, line, format) : OBS_E_NOMEM;
        if (rc == OBS_OK && im->n_spans >= BATCH)
            rc = flush(im);
        if (rc < 0)
            return rc;
    }
}

static uint32_t frame_length(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

/* The collector's file exporter writes each request behind its length. */
static bool is_framed(obs_str text)
{
    size_t at = 0;

    while (at + 4 <= text.len && frame_length(text.ptr + at) <= text.len - at - 4)
        at += 4 + (size_t)frame_length(text.ptr + at);
    return at == text.len && at > 0;
}

static int import_frames(struct import *im, obs_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = frame_length(text.ptr + at);
        int rc = begin(im);
        if (rc == OBS_OK)
            rc = take_otlp(im, obs_str_n(text.ptr + at + 4, len), FORMAT_OTLP_PROTO);
        if (rc == OBS_OK)
            rc = flush(im);
        if (rc < 0)
            return rc;
        at += 4 + len;
    }
    return OBS_OK;
}

static int import_whole(struct import *im, struct source *source, enum format format)
{
    obs_str text;
    int rc = source_rest(source, MAX_FILE_BYTES, &text);

    if (rc < 0)
        return rc;
    if (format == FORMAT_OTLP_PROTO && is_framed(text))
        return import_frames(im, text);
    rc = begin(im);
    if (rc == OBS_OK)
        rc = take_text(im, text, format);
    return rc == OBS_OK ? flush(im) : rc;
}

/* --- a file --------------------------------------------------------------------------------- */

static enum format guess_format(obs_str start)
{
    size_t i = 0;

    while (i < start.len && (start.ptr[i] == ' ' || start.ptr[i] == '\n' || start.ptr[i] == '\r' ||
                             start.ptr[i] == '\t'))
        i++;
    if (i == start.len || (start.ptr[i] != '{' && start.ptr[i] != '['))
        return FORMAT_OTLP_PROTO;
    if (memmem(start.ptr, start.len, "\"resourceSpans\"", 15) ||
        memmem(start.ptr, start.len, "\"resource_spans\"", 16))
        return FORMAT_OTLP_JSON;
    return FORMAT_JSONL;
}

/* A value a line, or one value over many lines: the first line tells. It is whole
 * when its brackets match outside of strings. */
static bool has_lines(obs_str start)
{
    int depth = 0;
    bool text = false;

    for (size_t i = 0; i < start.len && start.ptr[i] != '\n'; i++) {
        char c = start.ptr[i];
        if (text && c == '\\')
            i++;
        else if (c == '"')
            text = !text;
        else if (!text)
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    return depth == 0 || !memchr(start.ptr, '\n', start.len);
}

static int import_source(struct import *im, struct source *source, enum format format)
{
    obs_str start = source_peek(source);

    if (!start.ptr || start.len == 0)
        return OBS_OK;
    if (format == FORMAT_AUTO)
        format = guess_format(start);
    if (format == FORMAT_OTLP_PROTO || !has_lines(start))
        return import_whole(im, source, format);
    return import_lines(im, source, format);
}

static int import_file(struct import *im, const char *path, enum format format)
{
    char error[200];
    struct source *source = source_open(path, error, sizeof(error));
    int rc;

    im->path = path;
    im->line = 0;
    im->told = 0;
    im->stored = im->repeated = im->rejected = 0;
    if (!source) {
        fprintf(stderr, "%s: %s\n", path, error);
        return EX_NOINPUT;
    }
    rc = import_source(im, source, format);
    source_close(source);
    obs_arena_destroy(im->arena);
    im->arena = NULL;
    im->n_spans = 0;
    if (im->told > MAX_TOLD)
        fprintf(stderr, "%s: and %u more\n", path, im->told - MAX_TOLD);
    printf("%s: %llu spans stored, %llu repeated, %llu rejected\n", path,
           (unsigned long long)im->stored, (unsigned long long)im->repeated,
           (unsigned long long)im->rejected);
    if (rc == OBS_E_SYNTAX || rc == OBS_E_TOO_LARGE) {
        fprintf(stderr, "%s: %s\n", path,
                rc == OBS_E_SYNTAX ? "broken gzip data" : obs_error(rc)->text);
        return EX_DATAERR;
    }
    if (rc < 0)
        return command_failed(path, rc);
    return im->rejected ? EX_DATAERR : EX_OK;
}

/* --- the command ---------------------------------------------------------------------------- */

static int read_format(const char *name, enum format *ret_format)
{
    static const char *const names[] = {"auto", "otlp-json", "otlp-proto", "jsonl"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_format = (enum format)i;
            return EX_OK;
        }
    fprintf(stderr,
            "observatory ingest import: --format: expected auto, otlp-json, otlp-proto or "
            "jsonl, found \"%s\"\n",
            name);
    return EX_USAGE;
}

int import_command(obs_command_call *call, void *self)
{
    struct import im = {.call = call, .ingest = self};
    enum format format = FORMAT_AUTO;
    int code = EX_OK, files = 0;

    im.project = im.ingest->project;
    for (int i = 0; i < obs_command_argc(call) && code != EX_USAGE && code != EX_TEMPFAIL; i++) {
        const char *arg = obs_command_arg(call, i);
        const char *value = i + 1 < obs_command_argc(call) ? obs_command_arg(call, i + 1) : "";
        int file_code;
        if (strcmp(arg, "--format") == 0) {
            code = read_format(value, &format);
            i++;
        } else if (strcmp(arg, "--project") == 0 && *value) {
            im.project = obs_str_of(value);
            i++;
        } else if (arg[0] == '-' && arg[1]) {
            fprintf(stderr, "observatory ingest import: unknown option %s\n", arg);
            code = EX_USAGE;
        } else {
            files++;
            file_code = import_file(&im, arg, format);
            code = file_code ? file_code : code;
        }
    }
    free(im.spans);
    if (code == EX_OK && files == 0) {
        fprintf(stderr, "observatory ingest import: expected a file, or - for standard input\n");
        return EX_USAGE;
    }
    return code;
}
