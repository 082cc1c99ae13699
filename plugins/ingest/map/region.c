/* SPDX-License-Identifier: Apache-2.0 */
/* Regions in names: of models and of hosts. */
#include "region.h"

/* What stands between `before` and `after` in a host's name. */
struct host_shape {
    const char *before, *after;
};

static const struct host_shape shapes[] = {
    {"bedrock-runtime.", ".amazonaws.com"},
    {"bedrock-runtime-fips.", ".amazonaws.com"},
    {"", "-aiplatform.googleapis.com"},
    {"", ".api.openai.com"},
    {"", ".api.x.ai"},
};

static obs_str region_in(obs_str host, const struct host_shape *shape)
{
    size_t before = strlen(shape->before), after = strlen(shape->after);
    obs_str region;

    if (host.len <= before + after || memcmp(host.ptr, shape->before, before) != 0 ||
        memcmp(host.ptr + host.len - after, shape->after, after) != 0)
        return obs_str_n(NULL, 0);
    region = obs_str_n(host.ptr + before, host.len - before - after);
    return memchr(region.ptr, '.', region.len) ? obs_str_n(NULL, 0) : region;
}

static obs_str profile_of(obs_str model)
{
    static const char *const geographies[] = {"us", "us-gov", "eu", "apac",
                                              "jp", "au",     "ca", "global"};

    for (size_t i = 0; i < sizeof(geographies) / sizeof(*geographies); i++) {
        size_t len = strlen(geographies[i]);

        if (model.len > len + 1 && model.ptr[len] == '.' &&
            memcmp(model.ptr, geographies[i], len) == 0)
            return obs_str_n(model.ptr, len);
    }
    return obs_str_n(NULL, 0);
}

obs_str region_of(const struct usage *usage, const obs_span *span)
{
    obs_str region = {0};

    if (obs_str_is(span->provider, "aws.bedrock")) {
        region = profile_of(span->request_model);
        if (!region.len)
            region = profile_of(span->model);
    }
    if (!region.len)
        region = usage->region;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes) && !region.len; i++)
        region = region_in(usage->host, &shapes[i]);
    return region;
}
