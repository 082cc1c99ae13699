/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser does not check of a head: the exact form of the request
 * line, Host, Transfer-Encoding, Expect (RFC 9112 §3, §6.1; RFC 9110 §10.1.1). */
#include "http/connection.h"
#include "http/request.h"
#include "http/server.h"

/* --- request line --------------------------------------------------------- */

static uint32_t method_bit(obs_str name)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } methods[] = {{"GET", OBS_GET},    {"POST", OBS_POST},     {"HEAD", OBS_HEAD},
                   {"PUT", OBS_PUT},    {"DELETE", OBS_DELETE}, {"OPTIONS", OBS_OPTIONS},
                   {"PATCH", OBS_PATCH}};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (obs_str_is(name, methods[i].name))
            return methods[i].bit;
    return 0;
}

/* "METHOD SP target SP HTTP/d.d CRLF", with exactly one blank each. */
static int check_line(struct obs_request *req, const char **ret_text)
{
    const struct head *head = &req->head;
    const llhttp_t *parser = &req->conn->parser;
    const char *space = memchr(head->bytes, ' ', head->len);
    size_t len = space ? (size_t)(space - head->bytes) : 0;
    size_t end = head->target + head->target_len;

    req->method = obs_str_n(head->bytes, len);
    req->method_bit = method_bit(req->method);
    if (len == 0 || head->target != len + 1 || head->len < end + 6 ||
        memcmp(head->bytes + end, " HTTP/", 6) != 0) {
        *ret_text = "malformed request line";
        return OBS_E_INVALID;
    }
    if (parser->http_major != 1 || parser->http_minor > 1)
        return OBS_E_HTTP_VERSION;
    if (req->method_bit == 0) {
        *ret_text = "method not implemented";
        return OBS_E_UNSUPPORTED;
    }
    return OBS_OK;
}

static int check_target(struct obs_request *req, const char **ret_text)
{
    if (target_split(head_target(&req->head), &req->target) < 0) {
        *ret_text = "malformed request target";
        return OBS_E_INVALID;
    }
    if (req->target.form == TARGET_AUTHORITY ||
        (req->target.form == TARGET_ASTERISK && req->method_bit != OBS_OPTIONS)) {
        *ret_text = "this form of the request target is not for this method";
        return OBS_E_INVALID;
    }
    return OBS_OK;
}

/* --- fields --------------------------------------------------------------- */

static int check_host(const struct obs_request *req, const char **ret_text)
{
    uint16_t count = req->head.count[FIELD_HOST];

    if (count == 0 && req->http10)
        return OBS_OK;
    if (count == 1 && host_valid(head_known(&req->head, FIELD_HOST)))
        return OBS_OK;
    *ret_text = count == 0  ? "the Host field is missing"
                : count > 1 ? "there is more than one Host field"
                            : "the Host field is malformed";
    return OBS_E_INVALID;
}

/* True when the last coding of the list is chunked. */
static bool last_is_chunked(obs_str list)
{
    const char *comma = memrchr(list.ptr, ',', list.len);

    if (comma)
        list = obs_str_n(comma + 1, (size_t)(list.ptr + list.len - comma - 1));
    return ascii_equal_fold(ascii_trim(list), obs_str_of("chunked"));
}

static int check_transfer_encoding(const struct obs_request *req, const char **ret_text)
{
    obs_str value = head_known(&req->head, FIELD_TRANSFER_ENCODING);

    if (req->head.count[FIELD_TRANSFER_ENCODING] == 0)
        return OBS_OK;
    if (req->head.count[FIELD_TRANSFER_ENCODING] > 1 || req->http10 || !last_is_chunked(value)) {
        *ret_text = "the length of the body cannot be told from Transfer-Encoding";
        return OBS_E_INVALID;
    }
    if (!ascii_equal_fold(value, obs_str_of("chunked")))
        return OBS_E_CODING;
    return OBS_OK;
}

static int check_expect(struct obs_request *req)
{
    if (req->head.count[FIELD_EXPECT] == 0 || req->http10)
        return OBS_OK;
    if (req->head.count[FIELD_EXPECT] > 1 ||
        !ascii_equal_fold(head_known(&req->head, FIELD_EXPECT), obs_str_of("100-continue")))
        return OBS_E_EXPECTATION;
    req->expects = req->has_body;
    return OBS_OK;
}

/* --- derived -------------------------------------------------------------- */

static bool id_sane(obs_str id)
{
    if (id.len == 0 || id.len > 128)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && c != '.' &&
            c != '_' && c != '-')
            return false;
    }
    return true;
}

void request_set_id(struct obs_request *req)
{
    if (req->id.ptr)
        return;
    if (req->head.count[FIELD_X_REQUEST_ID] == 1)
        req->id = head_known(&req->head, FIELD_X_REQUEST_ID);
    if (id_sane(req->id))
        return;
    http_worker_random_id(req->worker, req->id_text);
    req->id = obs_str_n(req->id_text, 32);
}

/* The path for plugins, where an encoded slash shows as "%2F"; the one with
 * PATH_SLASH stays in `target`, for routing. */
static int show_slashes(struct obs_request *req)
{
    obs_str in = req->target.path;
    size_t n = 0, out = 0;
    char *shown;

    for (size_t i = 0; i < in.len; i++)
        n += in.ptr[i] == PATH_SLASH;
    shown = arena_alloc(&req->arena, in.len + 2 * n);
    if (!shown)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] != PATH_SLASH) {
            shown[out++] = in.ptr[i];
            continue;
        }
        memcpy(shown + out, "%2F", 3);
        out += 3;
    }
    req->path = obs_str_n(shown, out);
    return OBS_OK;
}

static int set_path(struct obs_request *req, const char **ret_text)
{
    obs_str raw = req->target.path;
    bool slashes = false;
    size_t len;
    char *out;

    req->path = raw;
    if (req->target.form == TARGET_ASTERISK || path_is_plain(raw))
        return OBS_OK;
    out = arena_alloc(&req->arena, raw.len);
    if (!out)
        return OBS_E_NOMEM;
    if (path_decode(raw, out, &len, &slashes) < 0) {
        *ret_text = "the path has a malformed escape or is not UTF-8";
        return OBS_E_INVALID;
    }
    req->path = req->target.path = obs_str_n(out, len);
    return slashes ? show_slashes(req) : OBS_OK;
}

int request_head_complete(struct obs_request *req, const char **ret_text)
{
    int rc;

    head_index(&req->head);
    req->start_mono_ns = req->worker->clock_ns = obs_clock_mono_ns();
    req->start_wall_ns = http_worker_wall_ns(req->worker, req->start_mono_ns);
    request_set_id(req);
    rc = check_line(req, ret_text);
    if (rc == OBS_OK)
        rc = check_target(req, ret_text);
    if (rc == OBS_OK)
        rc = check_host(req, ret_text);
    if (rc == OBS_OK)
        rc = check_transfer_encoding(req, ret_text);
    if (rc == OBS_OK)
        rc = check_expect(req);
    if (rc == OBS_OK)
        rc = set_path(req, ret_text);
    return rc;
}
