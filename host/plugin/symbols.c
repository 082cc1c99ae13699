/* SPDX-License-Identifier: Apache-2.0 */
/* Some functions of libc never appear under their own name in an import table,
 * because libc_nonshared.a has them: what they call is listed as well. */
#include "plugin/symbols.h"

#include <stddef.h>
#include <string.h>

#define PROCESS                                                                                    \
    "it starts a process in a server of many threads: use a service outside, or obs_offload() "    \
    "and a library"
#define SIGNALS "signals belong to the host: do the work in drain() or stop()"
#define AT_EXIT "it registers a function for the end of the process: clean up in destroy()"
#define AT_EXIT_CXX                                                                                \
    "atexit() or the destructor of a static object runs when the host has gone: clean up in "      \
    "destroy()"
#define THREADS "the host cannot end threads that it did not start: use obs_thread_start()"
#define KEYS                                                                                       \
    "the destructor of the key is called after the plugin has ended: keep the value in what "      \
    "worker_start() returns"
#define THREAD_LOCAL                                                                               \
    "thread-local objects with destructors keep the file mapped: keep them in what "               \
    "worker_start() returns"
#define AT_FORK "its handlers run in every fork of the process: leave that to the host"
#define ENVIRONMENT "other threads read the environment meanwhile: make it an option"
#define LOCALE "it changes how every thread reads and prints numbers: use newlocale()"
#define FOLDER "it moves the relative paths of the whole process: use openat()"
#define MASK "it changes the mode of what other threads create: use fchmod()"
#define THE_END "it ends the whole server: return an error"
#define LOADING "it loads code that nobody has checked: link it, or make it a plugin"
#define LOOP "libuv is the host's and no part of the ABI: use worker.h"
#define TEST_HOST "the test host is for test programs: link it into one"
#define PARSER "llhttp is the host's and no part of the ABI: use request.h"

static const struct denied_symbol denied[] = {
    {"fork", PROCESS, false},
    {"vfork", PROCESS, false},
    {"system", PROCESS, false},
    {"popen", PROCESS, false},
    {"signal", SIGNALS, true},
    {"sigaction", SIGNALS, true},
    {"atexit", AT_EXIT, false},
    {"__cxa_atexit", AT_EXIT_CXX, false},
    {"on_exit", AT_EXIT, true},
    {"pthread_create", THREADS, true},
    {"thrd_create", THREADS, true},
    {"pthread_key_create", KEYS, true},
    {"tss_create", KEYS, true},
    {"__cxa_thread_atexit", THREAD_LOCAL, true},
    {"__cxa_thread_atexit_impl", THREAD_LOCAL, true},
    {"pthread_atfork", AT_FORK, false},
    {"__register_atfork", AT_FORK, false},
    {"setenv", ENVIRONMENT, false},
    {"putenv", ENVIRONMENT, false},
    {"unsetenv", ENVIRONMENT, false},
    {"clearenv", ENVIRONMENT, false},
    {"setlocale", LOCALE, false},
    {"chdir", FOLDER, false},
    {"fchdir", FOLDER, false},
    {"umask", MASK, false},
    {"exit", THE_END, false},
    {"_exit", THE_END, false},
    {"_Exit", THE_END, false},
    {"quick_exit", THE_END, false},
    {"dlopen", LOADING, false},
    {"dlmopen", LOADING, false},
    {"uv_*", LOOP, false},
    {"llhttp_*", PARSER, false},
    {"obs_test_*", TEST_HOST, false},
};

static const char *const of_toolchain[] = {
    /* sanitizers */
    "__asan_*", "__odr_asan*", "__ubsan_*", "__tsan_*", "__msan_*", "__lsan_*", "__sanitizer_*",
    /* coverage and profiles of gcc and clang */
    "__sancov_*", "__gcov_*", "mangle_path", "__llvm_*", "lprof*", "writeout_fn_list",
    "flush_fn_list", "reset_fn_list",
    /* linkers */
    "__start_*", "__stop_*", "_init", "_fini", "_edata", "_end", "__bss_start"};

static bool matches(const char *pattern, const char *name)
{
    size_t len = strlen(pattern);

    return pattern[len - 1] == '*' ? strncmp(pattern, name, len - 1) == 0
                                   : strcmp(pattern, name) == 0;
}

const struct denied_symbol *symbol_denied(const char *name)
{
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        if (matches(denied[i].name, name))
            return &denied[i];
    }
    return NULL;
}

bool symbol_is_of_toolchain(const char *name)
{
    for (size_t i = 0; i < sizeof(of_toolchain) / sizeof(of_toolchain[0]); i++) {
        if (matches(of_toolchain[i], name))
            return true;
    }
    return false;
}
