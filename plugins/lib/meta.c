/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer of the data endpoints says about itself. */
#include "meta.h"

#include <observatory/worker.h>

void meta_json(obs_jw *jw, obs_request *req, const char *source)
{
    obs_jw_key(jw, "meta");
    obs_jw_object(jw);
    obs_jw_key(jw, "request_id");
    obs_jw_str(jw, obs_request_id(req));
    obs_jw_key(jw, "timestamp");
    obs_jw_time(jw, obs_clock_wall_ns());
    obs_jw_key(jw, "execution_time_ms");
    obs_jw_fixed(jw, obs_request_age_ns(req) / 1000, 3);
    obs_jw_key(jw, "cached");
    obs_jw_bool(jw, 0);
    obs_jw_key(jw, "source");
    obs_jw_cstr(jw, source);
    obs_jw_key(jw, "version");
    obs_jw_cstr(jw, OBS_VERSION);
    obs_jw_end_object(jw);
}
