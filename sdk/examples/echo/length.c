/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9112 §6.3, for requests that the host has already found well-formed. */
#include "length.h"

#define UNKNOWN (-1)

static int64_t parse_decimal(obs_str text)
{
    int64_t value = 0;

    if (text.len == 0 || text.len > 18) /* 18 digits always fit */
        return UNKNOWN;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return UNKNOWN;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

int64_t length_of_body(obs_str content_length, obs_str transfer_encoding, obs_str content_encoding)
{
    int64_t length;

    if (transfer_encoding.ptr)
        return UNKNOWN;
    if (!content_length.ptr)
        return 0;
    length = parse_decimal(content_length);
    return length > 0 && content_encoding.ptr && !obs_str_is(content_encoding, "identity") ? UNKNOWN
                                                                                           : length;
}
