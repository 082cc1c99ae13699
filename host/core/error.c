/* SPDX-License-Identifier: Apache-2.0 */
/* The error catalogue at run time, made from OBS_ERROR_MAP. */
#include <observatory/base.h>

#define ROW(id, number, http, code, api, cat, sentence)                                            \
    {.size = sizeof(obs_error_info),                                                               \
     .value = (number),                                                                            \
     .http_status = (http),                                                                        \
     .api_code = (code),                                                                           \
     .name = (api),                                                                                \
     .category = (cat),                                                                            \
     .text = (sentence)},

static const obs_error_info errors[] = {OBS_ERROR_MAP(ROW)};

const obs_error_info *obs_error(int error)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (errors[i].value == error)
            return &errors[i];
    return &errors[0]; /* INTERNAL is the first row */
}
