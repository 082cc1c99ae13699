/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptor: the one symbol that a plugin exports.
 *
 * A plugin is a shared object, loaded with RTLD_NOW | RTLD_LOCAL, that defines
 *
 *     OBS_EXPORT const obs_plugin obs_plugin_entry = { OBS_PLUGIN_HEADER, … };
 *     OBS_PLUGIN_NOTE("name", "1.0.0");
 *
 * and hides everything else. It links libobservatory.so.1 and whatever
 * libraries it needs, but never libuv, llhttp or another plugin. It keeps all
 * state in what create() returns: no mutable globals, no atexit, no signal
 * handlers, no pthread keys, no threads but obs_thread_start()'s.
 *
 * Life of an instance, [control] unless said otherwise:
 *   create        check the config, allocate, provide services, register
 *                 metrics. No other plugin may be called.
 *   start         bind services, open files, start threads. May block for
 *                 seconds. Providers start before those that need them.
 *   worker_start  on each worker: make the per-worker context, start timers.
 *   … handlers and hooks run …
 *   drain         the instance gets no new requests; end what waits for ever.
 *   worker_stop   on each worker, after its last request.
 *   stop          end threads, close files: the reverse of start. What other
 *                 plugins still owe a callback is under obs_instance_hold().
 *   destroy       free everything: the reverse of create.
 *
 * Life in a hot swap. A reload keeps an instance whose file, options and
 * providers are what they were: it is not told. Otherwise a new instance is
 * created and started *beside* the old one, so both must be able to run at
 * the same time (two writers of one file, two users of one connection). Then
 * each worker, in one callback, calls the old instance's export_state and the
 * new one's import_state and from then on gives new requests to the new one.
 * Requests that began on the old instance end there; when the last one has,
 * drain (called at once), worker_stop, stop and destroy end it. */
#ifndef OBSERVATORY_PLUGIN_H
#define OBSERVATORY_PLUGIN_H

#include <observatory/host.h>
#include <observatory/metric.h>
#include <observatory/option.h>
#include <observatory/request.h>
#include <observatory/worker.h>

OBS_BEGIN_DECLS

#define OBS_PLUGIN_MAGIC 0x3150424fu /* "OBP1" little-endian */

/* A service that a plugin calls. Static storage.  Since: ABI 1.0. */
typedef struct obs_need {
    const char *service; /* "obs.store/1" */
    uint32_t flags;      /* OBS_NEED_OPTIONAL */
    uint32_t reserved;
} obs_need;

#define OBS_NEED_OPTIONAL 1u

/* ---- commands ------------------------------------------------------------ */

/* A running command: `observatory <instance> <command> ARG…`. The host has
 * loaded the config and started the plugin and what it needs, without
 * listening, and the calling thread is the only worker.  Since: ABI 1.0. */
typedef struct obs_command_call obs_command_call;

/* The arguments after the command's name, borrowed.
 * Thread: [worker], inside run().  Since: ABI 1.0. */
OBS_API int obs_command_argc(const obs_command_call *call);
OBS_API const char *obs_command_arg(const obs_command_call *call, int index);

/* Turns the loop until `*done` is not 0: how a command waits for a store.
 * Returns early with OBS_E_CLOSED when the user interrupts; told once, so that
 * what is under way and borrows the command's memory can be waited for again.
 * Thread: [worker], inside run().  Since: ABI 1.0. */
OBS_API int obs_command_wait(obs_command_call *call, const int *done);

/* A command. Static storage. run() prints to stdout, complains on stderr and
 * returns an exit code of sysexits(3).  Since: ABI 1.0. */
typedef struct obs_command {
    const char *name;    /* "import" */
    const char *usage;   /* "FILE… [--format otlp-json|otlp-proto|jsonl]" */
    const char *summary; /* one line */
    int (*run)(obs_command_call *call, void *self);
} obs_command;

/* ---- descriptor ---------------------------------------------------------- */

/* Flag: the file may be unmapped after its last instance is destroyed. Without
 * it the code stays mapped for the life of the process, which is safe and costs
 * some 20 KiB for each different build that was loaded. Set it when nothing of
 * the plugin or of the libraries that it brought can be called afterwards: no
 * thread-local destructors, no atexit, no callbacks left in a library. The host
 * ignores the flag for a file that cannot be unmapped safely.
 * Since: ABI 1.0. */
#define OBS_PLUGIN_UNLOADABLE 1u

/* The descriptor. Constant, static storage, as everything it points to. The
 * element sizes let the tables' structs grow at their ends; OBS_PLUGIN_HEADER
 * fills them and everything above. A NULL life-cycle function is skipped.
 * Since: ABI 1.0. */
typedef struct obs_plugin {
    uint32_t magic;
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor; /* the least that the plugin needs */
    uint16_t need_size;
    uint16_t option_size;
    uint16_t route_size;
    uint16_t hook_size;
    uint16_t command_size;
    uint16_t param_size;
    uint32_t flags; /* OBS_PLUGIN_UNLOADABLE */
    uint32_t reserved;

    const char *name;    /* also the file's name without ".so" */
    const char *version; /* of the plugin, semantic versioning */
    const char *license; /* SPDX expression */
    const char *summary; /* one line */

    const obs_need *needs;
    size_t n_needs;
    const char *const *provides; /* service ids */
    size_t n_provides;
    const obs_option *options;
    size_t n_options;
    size_t config_size; /* of the struct that the options fill */
    const obs_route *routes;
    size_t n_routes;
    const obs_hook *hooks;
    size_t n_hooks;
    const obs_command *commands;
    size_t n_commands;

    /* `config` points to the filled struct and lives until destroy(). On an
     * error log the reason; destroy() is then not called. */
    int (*create)(obs_instance *instance, const void *config, void **ret_self);
    int (*start)(void *self); /* on an error log the reason; stop() and destroy() follow */
    int (*worker_start)(void *self, obs_worker *worker, void **ret_context);
    void (*drain)(void *self);
    void (*worker_stop)(void *self, obs_worker *worker, void *context);
    void (*stop)(void *self);
    void (*destroy)(void *self);

    /* State that survives a hot swap: bytes without pointers, from the old
     * instance to the new one of the same name. `state_version` is the layout
     * that export_state writes (0: there is no state), `state_oldest` the oldest
     * that import_state reads. A reload whose new instance cannot read the state
     * is refused, unless the entry in the config says `state: reset`.
     *
     * Both functions are called once with worker and context NULL on the control
     * thread shortly before the switch, while the old instance serves, for what
     * all workers share (what changes meanwhile is not seen), and then on each
     * worker in the callback that switches it, for what belongs to that worker
     * (exact). Keep them short: requests wait. export_state appends to `state`; an
     * error is logged and there is no import. import_state must take what it can:
     * an error is only logged. `state` of the latter is borrowed for the call. */
    uint32_t state_version;
    uint32_t state_oldest;
    int (*export_state)(void *self, obs_worker *worker, void *context, obs_buf *state);
    int (*import_state)(void *self, obs_worker *worker, void *context, uint32_t version,
                        obs_str state);
} obs_plugin;

/* First in every descriptor.  Since: ABI 1.0. */
#define OBS_PLUGIN_HEADER                                                                          \
    OBS_PLUGIN_MAGIC, sizeof(obs_plugin), OBS_ABI_MAJOR, OBS_ABI_MINOR, sizeof(obs_need),          \
        sizeof(obs_option), sizeof(obs_route), sizeof(obs_hook), sizeof(obs_command),              \
        sizeof(obs_param)

/* For C++14 and 17, which have no designated initialisers: the header filled, everything
 * else empty. Assign the rest in a constexpr function of your own, so that the
 * descriptor is a constant and no constructor runs:
 *
 *     static constexpr obs_plugin describe()
 *     {
 *         obs_plugin p = obs_plugin_begin();
 *         p.name = "latency";
 *         …
 *         return p;
 *     }
 *     const obs_plugin obs_plugin_entry = describe();
 *
 * Thread: [any].  Since: ABI 1.0. */
#if defined(__cplusplus) && __cplusplus >= 201402L
}
constexpr obs_plugin obs_plugin_begin()
{
    obs_plugin p{};
    p.magic = OBS_PLUGIN_MAGIC;
    p.size = sizeof(obs_plugin);
    p.abi_major = OBS_ABI_MAJOR;
    p.abi_minor = OBS_ABI_MINOR;
    p.need_size = sizeof(obs_need);
    p.option_size = sizeof(obs_option);
    p.route_size = sizeof(obs_route);
    p.hook_size = sizeof(obs_hook);
    p.command_size = sizeof(obs_command);
    p.param_size = sizeof(obs_param);
    return p;
}
extern "C" {
#endif

/* The name of the one exported symbol.  Since: ABI 1.0. */
#define OBS_PLUGIN_SYMBOL "obs_plugin_entry"
extern OBS_EXPORT const obs_plugin obs_plugin_entry;

/* ---- note ---------------------------------------------------------------- */

#define OBS_NOTE_OWNER "Observatory"
#define OBS_NOTE_PLUGIN 1u

/* The content of the ELF note by which a host knows a plugin before any of its
 * code can run: this, and behind it the name and the version, each with its
 * NUL. The layout of this type of note never changes, in no ABI.
 * Since: ABI 1.0. */
typedef struct obs_plugin_note {
    uint16_t abi_major;
    uint16_t abi_minor;        /* the least that the plugin needs */
    uint32_t descriptor_bytes; /* sizeof(obs_plugin) */
} obs_plugin_note;

/* clang puts red zones around what it instruments, which no reader expects. */
#if defined(__clang__)
#define OBS_NOTE_PLAIN __attribute__((no_sanitize("address")))
#else
#define OBS_NOTE_PLAIN
#endif

/* Stands once in every plugin, beside the descriptor, at file scope. Name and
 * version are string literals of at most 64 bytes, the same as in the
 * descriptor: a plugin without this note, or with one that says something else,
 * is refused.  Since: ABI 1.0. */
#define OBS_PLUGIN_NOTE(plugin_name, plugin_version)                                               \
    static const struct {                                                                          \
        uint32_t owner_bytes, content_bytes, type;                                                 \
        char owner[sizeof(OBS_NOTE_OWNER)];                                                        \
        obs_plugin_note note;                                                                      \
        char name[sizeof(plugin_name)];                                                            \
        char version[sizeof(plugin_version)];                                                      \
    } obs_plugin_note_ __attribute__((section(".note.observatory"), aligned(4), used))             \
    OBS_NOTE_PLAIN = {                                                                             \
        sizeof(OBS_NOTE_OWNER),                                                                    \
        sizeof(obs_plugin_note) + sizeof(plugin_name) + sizeof(plugin_version),                    \
        OBS_NOTE_PLUGIN,                                                                           \
        OBS_NOTE_OWNER,                                                                            \
        {OBS_ABI_MAJOR, OBS_ABI_MINOR, sizeof(obs_plugin)},                                        \
        plugin_name,                                                                               \
        plugin_version,                                                                            \
    }

/* The name of an instance: its key in the config. Borrowed until destroy().
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const char *obs_instance_name(const obs_instance *instance);

/* Around a call to a service that calls back later and that no request waits
 * for: keeps the instance from being destroyed until as many releases as holds
 * have come. Release on a worker, at the end of the callback. A hold that is
 * never released leaves the instance in memory when it is replaced, and the log
 * says so.  Thread: [any]; release: [worker].  Since: ABI 1.0. */
OBS_API void obs_instance_hold(obs_instance *instance);
OBS_API void obs_instance_release(obs_instance *instance);

OBS_END_DECLS
#endif
