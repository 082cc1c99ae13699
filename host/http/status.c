/* SPDX-License-Identifier: Apache-2.0 */
/* One row a code; the index is the row, so rows are only appended. */
#include "http/status.h"

#include <assert.h>

/* clang-format off */
#define STATUS_MAP(X)                                                                              \
    X(200, "OK") X(201, "Created") X(202, "Accepted") X(203, "Non-Authoritative Information")      \
    X(204, "No Content") X(205, "Reset Content") X(206, "Partial Content")                         \
    X(207, "Multi-Status") X(300, "Multiple Choices") X(301, "Moved Permanently")                  \
    X(302, "Found") X(303, "See Other") X(304, "Not Modified") X(307, "Temporary Redirect")        \
    X(308, "Permanent Redirect") X(400, "Bad Request") X(401, "Unauthorized")                      \
    X(402, "Payment Required") X(403, "Forbidden") X(404, "Not Found")                             \
    X(405, "Method Not Allowed") X(406, "Not Acceptable") X(408, "Request Timeout")                \
    X(409, "Conflict") X(410, "Gone") X(411, "Length Required") X(412, "Precondition Failed")      \
    X(413, "Content Too Large") X(414, "URI Too Long") X(415, "Unsupported Media Type")            \
    X(416, "Range Not Satisfiable") X(417, "Expectation Failed") X(421, "Misdirected Request")     \
    X(422, "Unprocessable Content") X(423, "Locked") X(425, "Too Early")                           \
    X(426, "Upgrade Required") X(428, "Precondition Required") X(429, "Too Many Requests")         \
    X(431, "Request Header Fields Too Large") X(500, "Internal Server Error")                      \
    X(501, "Not Implemented") X(502, "Bad Gateway") X(503, "Service Unavailable")                  \
    X(504, "Gateway Timeout") X(505, "HTTP Version Not Supported") X(507, "Insufficient Storage")
/* clang-format on */

#define STATUS_ROW(code, reason) {(code), OBS_STR("HTTP/1.1 " #code " " reason "\r\n")},
static const struct {
    int status;
    obs_str line;
} rows[] = {STATUS_MAP(STATUS_ROW)};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
static_assert(N_ROWS == STATUS_COUNT - 1, "one index is left for codes without a name");

uint32_t status_index(int status)
{
    uint32_t low = 0, high = N_ROWS;

    if (status == 200) /* nearly always */
        return 0;
    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (rows[mid].status < status)
            low = mid + 1;
        else
            high = mid;
    }
    return low < N_ROWS && rows[low].status == status ? low : STATUS_COUNT - 1;
}

obs_str status_line(int status)
{
    uint32_t index = status_index(status);

    return index < N_ROWS ? rows[index].line : obs_str_n(NULL, 0);
}
