/* SPDX-License-Identifier: Apache-2.0 */
/* What the host tells about itself, metrics, health, arenas and buffers. */
#include "client.h"

static void write_plugin(const obs_plugin_info *plugin, void *user)
{
    obs_jw_key(user, plugin->instance);
    obs_jw_cstr(user, plugin->version);
}

static void write_component(const char *component, uint32_t state, const char *detail, void *user)
{
    obs_jw_key(user, component);
    obs_jw_cstr(user, state == OBS_DEGRADED ? detail : "");
}

/* Shows the value of the counter that this plugin registered. */
static void find_counter(const obs_metric_sample *sample, void *user)
{
    if (sample->kind == OBS_METRIC_COUNTER &&
        obs_str_is(obs_str_of(sample->name), "old_answers_total"))
        answer_uint(user, "old_answers_total", (uint64_t)sample->value);
}

static void count_up(void *data)
{
    ++*(unsigned *)data;
}

/* An arena and a buffer from birth to death. */
static int write_memory(struct answer *answer)
{
    unsigned ended = 0;
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 1 << 16);
    obs_buf *buf = arena ? obs_buf_new(arena, /* limit_bytes= */ 64) : NULL;
    char *room = buf ? obs_buf_reserve(buf, 3) : NULL;

    if (!room || obs_arena_defer(arena, count_up, &ended) < 0 || !obs_arena_alloc(arena, 100)) {
        obs_arena_destroy(arena);
        return OBS_E_NOMEM;
    }
    memcpy(room, "abc", 3);
    obs_buf_commit(buf, 3);
    obs_buf_printf(buf, "%d-%s", 12, "cut");
    obs_buf_truncate(buf, 6);
    answer_text(answer, "buffer", obs_buf_str(buf));
    answer_text(answer, "copy", obs_arena_dup(arena, obs_str_of("copied")));
    answer_text(answer, "print", obs_arena_printf(arena, "%05.1f", 2.5));
    obs_buf_append(buf, "0123456789012345678901234567890123456789012345678901234567890123", 64);
    obs_jw_key(answer->jw, "full");
    obs_jw_int(answer->jw, obs_buf_error(buf));
    obs_arena_destroy(arena);
    answer_uint(answer, "ended", ended);
    return OBS_OK;
}

static void write_info(struct answer *answer)
{
    obs_host_info info = {.size = sizeof(info)};

    obs_host_describe(&info);
    answer_text(answer, "version", obs_str_of(info.version));
    answer_uint(answer, "workers", info.n_workers);
    answer_uint(answer, "generation", info.generation);
    answer_text(answer, "reload_error", obs_str_of(info.reload_error));
    answer_uint(answer, "workers_counted", obs_worker_count());
    obs_jw_key(answer->jw, "started");
    obs_jw_time(answer->jw, info.started_ns);
    obs_jw_key(answer->jw, "clocks_run");
    obs_jw_bool(answer->jw, obs_clock_wall_ns() > info.started_ns && obs_clock_mono_ns() > 0);
}

int host_show(obs_request *req, void *self)
{
    struct client *client = self;
    struct answer answer;
    int rc = answer_begin(req, &answer);

    if (rc < 0)
        return rc;
    obs_series_add(client->answers, 1);
    obs_series_set(client->level, 2.5);
    obs_health_report(client->instance, "old-part", OBS_DEGRADED, "%s of %d", "part", 2);
    answer_text(&answer, "instance", obs_str_of(obs_instance_name(client->instance)));
    answer_text(&answer, "error", obs_str_of(obs_error(OBS_E_CONFLICT)->name));
    write_info(&answer);
    obs_metrics_each(find_counter, &answer);
    obs_jw_key(answer.jw, "plugins");
    obs_jw_object(answer.jw);
    obs_host_plugins(write_plugin, answer.jw);
    obs_jw_end_object(answer.jw);
    obs_jw_key(answer.jw, "components");
    obs_jw_object(answer.jw);
    obs_health_each(write_component, answer.jw);
    obs_jw_end_object(answer.jw);
    rc = write_memory(&answer);
    return rc < 0 ? rc : answer_end(req, &answer);
}

int host_register(struct client *client)
{
    static const char *const labels[] = {"route"};
    static const double bounds[] = {0.001, 1.0};
    const obs_str route = obs_str_of("host");
    obs_metric *answers, *level, *duration;
    obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_COUNTER,
        .name = "old_answers_total",
        .help = "Answers by route",
        .labels = labels,
        .n_labels = 1,
    };
    int rc = obs_metric_register(client->instance, &spec, &answers);

    spec = (obs_metric_spec){
        .size = sizeof(spec), .kind = OBS_METRIC_GAUGE, .name = "old_level", .help = "A level"};
    if (rc == OBS_OK)
        rc = obs_metric_register(client->instance, &spec, &level);
    spec = (obs_metric_spec){.size = sizeof(spec),
                             .kind = OBS_METRIC_HISTOGRAM,
                             .name = "old_duration_seconds",
                             .help = "Durations",
                             .bounds = bounds,
                             .n_bounds = 2};
    if (rc == OBS_OK)
        rc = obs_metric_register(client->instance, &spec, &duration);
    if (rc < 0)
        return rc;
    client->answers = obs_metric_series(answers, &route);
    client->level = obs_metric_series(level, /* values= */ NULL);
    client->duration = obs_metric_series(duration, /* values= */ NULL);
    return OBS_OK;
}
