/* SPDX-License-Identifier: Apache-2.0 */
/* Ground rules of the ABI: version, linkage, strings and error codes.
 *
 * Reading the comments of this SDK
 *   Thread: one of
 *     [control]  inside a life-cycle function of the plugin, called by one
 *                thread of the host at a time, not always the same one;
 *     [worker]   the loop thread that owns the request, timer or post at hand;
 *                never block here for more than a millisecond;
 *     [any]      any thread, at any time between create() and destroy().
 *   Since: the ABI version that first had the declaration. A plugin that is
 *          built against 1.x runs on every later host of major 1.
 *   takes x: the function owns x from then on, also when it fails.
 *   borrowed x: the caller keeps x and keeps it valid as long as is said.
 *
 * Times are int64_t nanoseconds since the Unix epoch (wall clock) unless the
 * name says otherwise, money is int64_t nano-US-dollars (1e-9 USD), sizes are
 * bytes. Every number carries its unit in its name. */
#ifndef OBSERVATORY_BASE_H
#define OBSERVATORY_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define OBS_BEGIN_DECLS extern "C" {
#define OBS_END_DECLS }
#else
#define OBS_BEGIN_DECLS
#define OBS_END_DECLS
#endif

#if defined(__GNUC__)
#define OBS_API __attribute__((visibility("default")))
#define OBS_EXPORT __attribute__((visibility("default")))
#define OBS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define OBS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define OBS_API
#define OBS_EXPORT
#define OBS_PRINTF(fmt, args)
#define OBS_MUST_CHECK
#endif

OBS_BEGIN_DECLS

/* The ABI that these headers describe. A host loads a plugin whose major is
 * its own and whose minor is not greater than its own.
 * Thread: [any].  Since: ABI 1.0. */
#define OBS_ABI_MAJOR 1
#define OBS_ABI_MINOR 0

/* A run of bytes, not NUL-terminated. `ptr` may be NULL when `len` is 0; text
 * is UTF-8 unless the function that hands it out says otherwise. Who owns the
 * bytes is said where the value is used.
 * Thread: [any].  Since: ABI 1.0. */
typedef struct obs_str {
    const char *ptr;
    size_t len;
} obs_str;

/* A slice over a NUL-terminated string; NULL gives the empty slice. Borrows
 * `text`.  Thread: [any].  Since: ABI 1.0. */
static inline obs_str obs_str_of(const char *text)
{
    obs_str s;
    s.ptr = text;
    s.len = text ? strlen(text) : 0;
    return s;
}

/* A slice over `len` bytes at `ptr`, borrowed.  Thread: [any].  Since: ABI 1.0. */
static inline obs_str obs_str_n(const char *ptr, size_t len)
{
    obs_str s;
    s.ptr = ptr;
    s.len = len;
    return s;
}

/* 1 when both slices hold the same bytes, else 0.
 * Thread: [any].  Since: ABI 1.0. */
static inline int obs_str_eq(obs_str a, obs_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* 1 when `s` holds exactly the NUL-terminated `text`, else 0.
 * Thread: [any].  Since: ABI 1.0. */
static inline int obs_str_is(obs_str s, const char *text)
{
    return obs_str_eq(s, obs_str_of(text));
}

/* A slice over a string literal, usable as a C initialiser.
 * Thread: [any].  Since: ABI 1.0. */
#define OBS_STR(literal)                                                                           \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* For printf: `printf("%.*s", OBS_STR_ARG(s))`.  Since: ABI 1.0. */
#define OBS_STR_ARG(s) (int)(s).len, (s).ptr

/* Results. Functions that can fail return OBS_OK or another non-negative
 * number on success and a negative OBS_E_* otherwise.
 *
 * One row an error: name, value, HTTP status, API code, API name, category,
 * and the text that a client reads when the plugin gives none. The API codes
 * are the catalogue of docs/errors.md; values never change, rows are only
 * added.  Thread: [any].  Since: ABI 1.0. */
#define OBS_OK 0

/* clang-format off */
#define OBS_ERROR_MAP(X)                                                                                     \
    X(INTERNAL,        -1, 500, 1900, "INTERNAL",              "INTERNAL",       "internal error")             \
    X(NOMEM,           -2, 503, 1901, "OUT_OF_MEMORY",         "INTERNAL",       "out of memory")              \
    X(UNSUPPORTED,     -3, 501, 1902, "NOT_IMPLEMENTED",       "INTERNAL",       "not supported by this server") \
    X(BUSY,            -4, 503, 1903, "OVERLOADED",            "INTERNAL",       "overloaded, try again later") \
    X(CLOSED,          -5, 503, 1904, "SHUTTING_DOWN",         "INTERNAL",       "shutting down")              \
    X(INVALID,        -20, 400, 1200, "INVALID_REQUEST",       "VALIDATION",     "invalid request")            \
    X(MISSING,        -21, 400, 1201, "MISSING_FIELD",         "VALIDATION",     "a required field is missing") \
    X(UNKNOWN,        -22, 400, 1202, "UNKNOWN_FIELD",         "VALIDATION",     "unknown field")              \
    X(CURSOR,         -23, 400, 1203, "INVALID_CURSOR",        "VALIDATION",     "invalid cursor")             \
    X(RANGE,          -24, 400, 1204, "OUT_OF_RANGE",          "VALIDATION",     "value out of range")         \
    X(COMPLEX,        -25, 400, 1205, "FILTER_TOO_COMPLEX",    "VALIDATION",     "filter too complex")         \
    X(SYNTAX,         -26, 400, 1206, "INVALID_BODY",          "VALIDATION",     "the body cannot be parsed")  \
    X(TOO_LARGE,      -27, 413, 1207, "BODY_TOO_LARGE",        "VALIDATION",     "the body is too large")      \
    X(MEDIA_TYPE,     -28, 415, 1208, "UNSUPPORTED_MEDIA_TYPE","VALIDATION",     "unsupported media type")     \
    X(URI_TOO_LONG,   -29, 414, 1209, "URI_TOO_LONG",          "VALIDATION",     "the request target is too long") \
    X(HEADERS_LARGE,  -30, 431, 1209, "HEADERS_TOO_LARGE",     "VALIDATION",     "the request header is too large") \
    X(EXPECTATION,    -31, 417, 1210, "EXPECTATION_FAILED",    "VALIDATION",     "the expectation cannot be met") \
    X(HTTP_VERSION,   -32, 505, 1211, "HTTP_VERSION",          "VALIDATION",     "HTTP version not supported") \
    X(CODING,         -33, 501, 1212, "TRANSFER_CODING",       "VALIDATION",     "transfer coding not implemented") \
    X(REQUEST_TIMEOUT,-34, 408, 1213, "REQUEST_TIMEOUT",       "VALIDATION",     "the request did not arrive in time") \
    X(UNAUTHENTICATED,-40, 401, 1000, "AUTHENTICATION_REQUIRED","AUTHENTICATION","authentication required")    \
    X(BAD_CREDENTIALS,-41, 401, 1001, "INVALID_CREDENTIALS",   "AUTHENTICATION", "invalid credentials")        \
    X(EXPIRED,        -42, 401, 1002, "EXPIRED_CREDENTIALS",   "AUTHENTICATION", "expired credentials")        \
    X(FORBIDDEN,      -50, 403, 1100, "PERMISSION_DENIED",     "AUTHORIZATION",  "permission denied")          \
    X(FORBIDDEN_PROJECT,-51,403,1101, "PROJECT_DENIED",        "AUTHORIZATION",  "no access to this project")  \
    X(NOT_FOUND,      -60, 404, 1300, "NOT_FOUND",             "NOT_FOUND",      "not found")                  \
    X(NO_ROUTE,       -61, 404, 1301, "NO_SUCH_ROUTE",         "NOT_FOUND",      "no such route")              \
    X(METHOD,         -62, 405, 1302, "METHOD_NOT_ALLOWED",    "NOT_FOUND",      "method not allowed")         \
    X(CONFLICT,       -70, 409, 1400, "CONFLICT",              "CONFLICT",       "conflict")                   \
    X(RATE_LIMIT,     -80, 429, 1500, "RATE_LIMITED",          "RATE_LIMIT",     "too many requests")          \
    X(STORE,          -90, 503, 1600, "STORE_UNAVAILABLE",     "STORE",          "the store is unavailable")   \
    X(STORE_READ_ONLY,-91, 503, 1601, "STORE_READ_ONLY",       "STORE",          "the store is read-only")     \
    X(STORE_FULL,     -92, 503, 1602, "STORE_FULL",            "STORE",          "the store is full")          \
    X(UPSTREAM,      -100, 502, 1700, "UPSTREAM",              "UPSTREAM",       "an upstream server failed")  \
    X(TIMEOUT,       -110, 504, 1800, "TIMEOUT",               "TIMEOUT",        "the operation timed out")
/* clang-format on */

#define OBS_ERROR_CONSTANT(name, value, status, code, api, category, text) OBS_E_##name = (value),
enum { OBS_ERROR_MAP(OBS_ERROR_CONSTANT) OBS_E_NONE_ = OBS_OK };
#undef OBS_ERROR_CONSTANT

/* One row of OBS_ERROR_MAP at run time. Static storage.
 * Thread: [any].  Since: ABI 1.0. */
typedef struct obs_error_info {
    uint32_t size;        /* of this struct, as the host was built */
    int32_t value;        /* OBS_E_* */
    int32_t http_status;  /* RFC 9110 */
    int32_t api_code;     /* docs/errors.md */
    const char *name;     /* "INVALID_REQUEST" */
    const char *category; /* "VALIDATION" */
    const char *text;     /* one English sentence fragment */
} obs_error_info;

/* The row of `error`; of OBS_E_INTERNAL for a number that is no error. Never
 * NULL.  Thread: [any].  Since: ABI 1.0. */
OBS_API const obs_error_info *obs_error(int error);

OBS_END_DECLS
#endif
