/* SPDX-License-Identifier: Apache-2.0 */
/* What runs in the handler takes no lock of ours and allocates nothing: texts
 * are put together by hand, and what the process knew is read through the
 * kernel, which refuses a bad address instead of faulting. Two calls are not on
 * the list of signal-safety(7): _Unwind_Backtrace() and dladdr(), which may wait
 * for a dlopen() under way on another thread. Both were called once before, so
 * that nothing is bound or set up in the handler; what matters most is written
 * before they run; and an alarm ends the process should one of them hang. A
 * second fault inside the handler ends it, too: the kernel does not let a
 * blocked fault pass. */
#include "runtime/crash.h"

#include "core/log.h"
#include "core/sanitized.h"
#include "core/spawn.h"
#include "runtime/blame.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <unwind.h>

enum {
    MAX_FRAMES = 64,
    MAX_OBJECTS = 256,
    NAME_BYTES = 64,
    PATH_BYTES = 256, /* with a longer one the object is called as it is mapped */
    TEXT_BYTES = 600,
    PATIENCE_S = 5,
    LOG_MS = 20, /* for the writer of the log to write what others had queued */
};

/* Where the frames of a plugin are. The ring may hold objects that are no more:
 * whatever is mapped there next is named anew, or is no plugin and misnamed. */
static struct object {
    _Atomic(const void *) base;
    char name[NAME_BYTES];
    char path[PATH_BYTES];
} objects[MAX_OBJECTS];
static unsigned next_object;

static const int handled[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
#define N_HANDLED (HOST_SANITIZED ? 1 : sizeof(handled) / sizeof(handled[0]))

static atomic_flag telling = ATOMIC_FLAG_INIT;
static int tell_fd = -1;

/* ---- text ------------------------------------------------------------------ */

struct text {
    char bytes[TEXT_BYTES];
    size_t len;
};

static void put(struct text *text, const char *s)
{
    for (; *s && text->len < sizeof(text->bytes); s++)
        text->bytes[text->len++] = *s;
}

static void put_number(struct text *text, uintptr_t value, unsigned base)
{
    char digits[24] = "";
    size_t at = sizeof(digits) - 1;

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    put(text, base == 16 ? "0x" : "");
    put(text, digits + at);
}

static void put_signal(struct text *text, int signal_number)
{
    put(text, "SIG");
    put(text, sigabbrev_np(signal_number));
}

static void write_line(const struct text *text)
{
    log_at_once(OBS_LOG_ERROR, obs_str_n(text->bytes, text->len));
}

/* "SIGSEGV in plugin hello", to who started us. */
static void tell(int signal_number, const char *plugin)
{
    struct text text = {.len = 0};

    if (tell_fd < 0)
        return;
    put_signal(&text, signal_number);
    put(&text, plugin[0] ? " in plugin " : "");
    put(&text, plugin);
    (void)!send(tell_fd, text.bytes, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- what the process knew --------------------------------------------------- */

/* Copies memory that may not be there. */
static bool peek(const void *from, void *to, size_t len)
{
    const struct iovec local = {.iov_base = to, .iov_len = len};
    const struct iovec remote = {.iov_base = (void *)from, .iov_len = len};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, /* flags= */ 0) == (ssize_t)len;
}

/* The name of the instance whose callback runs on this thread, "" for none.
 * `name` has NAME_BYTES. */
static void blamed(char *name)
{
    const char *from = NULL;
    size_t len = 0;

    if (blame_instance && !peek(&blame_instance->name, &from, sizeof(from)))
        from = NULL;
    while (from && len < NAME_BYTES - 1 && peek(from + len, &name[len], 1) && name[len])
        len++;
    name[len] = '\0';
}

/* The plugin whose object begins at `base`; NULL: it is none. */
static const struct object *plugin_at(const void *base)
{
    for (size_t i = 0; base && i < MAX_OBJECTS; i++) {
        if (atomic_load_explicit(&objects[i].base, memory_order_acquire) == base)
            return &objects[i];
    }
    return NULL;
}

/* ---- frames ------------------------------------------------------------------ */

struct walk {
    bool quiet;         /* only to get everything ready */
    bool interrupted;   /* past the frames of the handler itself */
    int n_frames;       /* seen since */
    const char *plugin; /* of the innermost frame that is in one */
};

/* "#2 plugin hello /usr/lib/observatory/plugins/hello.so+0x1a2b (name)", which
 * addr2line understands. */
static void write_frame(struct walk *walk, uintptr_t ip)
{
    struct text text = {.len = 0};
    const struct object *plugin = NULL;
    Dl_info info = {0};

    put(&text, "#");
    put_number(&text, (uintptr_t)walk->n_frames, 10);
    put(&text, " ");
    if (dladdr((const void *)ip, &info) && info.dli_fname) {
        plugin = plugin_at(info.dli_fbase);
        put(&text, plugin ? "plugin " : "");
        put(&text, plugin ? plugin->name : "");
        put(&text, plugin ? " " : "");
        put(&text, plugin && plugin->path[0] ? plugin->path : info.dli_fname);
        put(&text, "+");
        ip -= (uintptr_t)info.dli_fbase;
    }
    put_number(&text, ip, 16);
    if (info.dli_sname) {
        put(&text, " (");
        put(&text, info.dli_sname);
        put(&text, ")");
    }
    if (plugin && !walk->plugin)
        walk->plugin = plugin->name;
    if (!walk->quiet)
        write_line(&text);
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *arg)
{
    struct walk *walk = arg;
    int exact = 0;
    uintptr_t ip = _Unwind_GetIPInfo(context, &exact);

    /* an exact address is one that a signal interrupted; others are where a
     * call returns to, one past it */
    if (exact)
        walk->interrupted = true;
    if (!walk->interrupted && !walk->quiet)
        return _URC_NO_REASON;
    if (ip)
        write_frame(walk, exact ? ip : ip - 1);
    return ++walk->n_frames < MAX_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* ---- the handler --------------------------------------------------------------- */

/* A positive code comes from the kernel, for what the thread itself has done. */
static bool is_fault(const siginfo_t *info)
{
    return info->si_code > 0;
}

static void write_what(int signal_number, const siginfo_t *info, const char *instance)
{
    struct text text = {.len = 0};
    char thread[17] = "";

    (void)prctl(PR_GET_NAME, thread);
    put_signal(&text, signal_number);
    if (is_fault(info)) {
        put(&text, " at address ");
        put_number(&text, (uintptr_t)info->si_addr, 16);
    } else if (info->si_pid != getpid()) {
        put(&text, " sent by process ");
        put_number(&text, (uintptr_t)info->si_pid, 10);
    }
    put(&text, " on thread ");
    put(&text, thread);
    if (instance[0]) {
        put(&text, ", in a ");
        put(&text, callback_names[blame_kind() % N_CALLBACKS]);
        put(&text, " of ");
        put(&text, instance);
    }
    put(&text, "; the frames, innermost first:");
    write_line(&text);
}

static void default_action(int signal_number)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};

    (void)sigaction(signal_number, &action, NULL);
}

static void on_crash(int signal_number, siginfo_t *info, void *context)
{
    struct walk walk = {0};
    char instance[NAME_BYTES];

    (void)context;
    while (atomic_flag_test_and_set(&telling))
        pause(); /* another thread tells, and ends us both */
    default_action(SIGALRM);
    alarm(PATIENCE_S);
    blamed(instance);
    write_what(signal_number, info, instance);
    tell(signal_number, instance);
    _Unwind_Backtrace(on_frame, &walk);
    if (walk.plugin)
        tell(signal_number, walk.plugin);
    (void)poll(NULL, 0, LOG_MS);
    default_action(signal_number);
    if (!is_fault(info))
        raise(signal_number); /* comes when we return; a fault comes again by itself */
}

/* ---- public -------------------------------------------------------------------- */

void crash_install(void)
{
    static char stack[SIGNAL_STACK_BYTES];
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct walk walk = {.quiet = true};

    _Unwind_Backtrace(on_frame, &walk);
    spawn_signal_stack(stack);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_HANDLED; i++)
        sigaddset(&action.sa_mask, handled[i]);
    for (size_t i = 0; i < N_HANDLED; i++)
        (void)sigaction(handled[i], &action, NULL);
}

void crash_name_object(const void *inside, const char *name, const char *path)
{
    unsigned at = 0;
    Dl_info info;

    if (!dladdr(inside, &info))
        return;
    while (at < MAX_OBJECTS && atomic_load(&objects[at].base) != info.dli_fbase)
        at++;
    if (at == MAX_OBJECTS)
        at = next_object++ % MAX_OBJECTS;
    atomic_store(&objects[at].base, NULL);
    snprintf(objects[at].name, NAME_BYTES, "%s", name);
    snprintf(objects[at].path, PATH_BYTES, "%s", strlen(path) < PATH_BYTES ? path : "");
    atomic_store(&objects[at].base, info.dli_fbase);
}

void crash_tell(int fd)
{
    tell_fd = fd;
}
