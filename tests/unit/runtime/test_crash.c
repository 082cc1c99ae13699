/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that end by a signal: what they say, and that the signal is what
 * ends them. */
#include "core/sanitized.h"
#include "core/spawn.h"
#include "plugin/instance.h"
#include "runtime/blame.h"
#include "runtime/crash.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* What a process said and how it ended. */
struct end {
    char said[16384];
    char told[128]; /* the last message to who started it */
    int status;
};

static void read_all(int fd, char *to, size_t size)
{
    size_t len = 0;
    ssize_t n;

    while (len < size - 1 && (n = read(fd, to + len, size - 1 - len)) > 0)
        len += (size_t)n;
    to[len] = '\0';
}

/* Runs `fn` in a process of its own. */
static struct end end_of(void (*fn)(void))
{
    struct end end = {.told = ""};
    int said[2], told[2];
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(said), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(said[1], STDERR_FILENO);
        close(said[0]);
        close(said[1]);
        crash_install();
        crash_tell(told[1]);
        fn();
        _exit(0);
    }
    close(said[1]);
    close(told[1]);
    read_all(said[0], end.said, sizeof(end.said));
    assert_int_equal(waitpid(pid, &end.status, 0), pid);
    while ((n = recv(told[0], end.told, sizeof(end.told) - 1, 0)) > 0)
        end.told[n] = '\0';
    close(said[0]);
    close(told[0]);
    return end;
}

static void assert_said(const struct end *end, const char *part)
{
    if (!strstr(end->said, part))
        fail_msg("\"%s\" is not in:\n%s", part, end->said);
}

static void assert_ended_by(const struct end *end, int signal_number)
{
    if (!WIFSIGNALED(end->status) || WTERMSIG(end->status) != signal_number)
        fail_msg("status %d is not signal %d:\n%s", end->status, signal_number, end->said);
}

/* ---- ends -------------------------------------------------------------------- */

static struct obs_instance guilty = {.name = (char[]){"guilty"}};

static void abort_in_a_handler(void)
{
    blame_set(&guilty, CALLBACK_HANDLER);
    abort();
}

static void abort_in_a_plugin(void)
{
    crash_name_object((const void *)abort_in_a_plugin, "mine", "/lib/mine.so");
    abort();
}

static void abort_with_a_ruined_instance(void)
{
    struct obs_instance ruined = {.name = (char *)8};

    blame_set(&ruined, CALLBACK_TIMER);
    abort();
}

static void *abort_here(void *arg)
{
    (void)arg;
    abort();
}

static void abort_on_a_thread(void)
{
    pthread_t thread;

    if (spawn(&thread, "obs-x7", abort_here, NULL) == OBS_OK)
        pthread_join(thread, NULL);
}

static int *volatile nowhere = (int *)0x18; /* volatile: the compiler must not know */

static void fault(void)
{
    *nowhere = 1;
}

static volatile size_t deepest = SIZE_MAX;

static size_t descend(size_t n)
{
    volatile unsigned char here[4096];

    here[n % sizeof(here)] = 1;
    return n < deepest ? descend(n + 1) + here[n % sizeof(here)] : 0;
}

static void *overflow(void *arg)
{
    (void)arg;
    descend(1);
    return NULL;
}

static void overflow_on_a_thread(void)
{
    pthread_t thread;

    if (spawn(&thread, "obs-deep", overflow, NULL) == OBS_OK)
        pthread_join(thread, NULL);
}

static void be_killed(void)
{
    kill(getpid(), SIGBUS);
}

/* ---- tests ------------------------------------------------------------------- */

static void an_abort_names_the_instance_whose_callback_ran(void **state)
{
    struct end end = end_of(abort_in_a_handler);

    (void)state;
    assert_ended_by(&end, SIGABRT);
    assert_said(&end, "SIGABRT on thread ");
    assert_said(&end, ", in a handler of guilty; ");
    assert_string_equal(end.told, "SIGABRT in plugin guilty");
}

static void frames_are_given_as_object_and_offset_and_plugin(void **state)
{
    struct end end = end_of(abort_in_a_plugin);

    (void)state;
    assert_ended_by(&end, SIGABRT);
    assert_said(&end, ": #0 ");
    assert_said(&end, " plugin mine /lib/mine.so+0x");
    assert_string_equal(end.told, "SIGABRT in plugin mine");
}

static void ruined_memory_does_not_keep_it_from_telling(void **state)
{
    struct end end = end_of(abort_with_a_ruined_instance);

    (void)state;
    assert_ended_by(&end, SIGABRT);
    assert_said(&end, "SIGABRT on thread ");
    assert_said(&end, ": #1 ");
    assert_string_equal(end.told, "SIGABRT");
}

static void a_thread_is_named(void **state)
{
    struct end end = end_of(abort_on_a_thread);

    (void)state;
    assert_ended_by(&end, SIGABRT);
    assert_said(&end, "SIGABRT on thread obs-x7; ");
}

static void a_fault_is_told_with_its_address(void **state)
{
    struct end end;

    (void)state;
    if (HOST_SANITIZED)
        skip(); /* the sanitizer tells it */
    end = end_of(fault);
    assert_ended_by(&end, SIGSEGV);
    assert_said(&end, "SIGSEGV at address 0x18 on thread ");
    assert_string_equal(end.told, "SIGSEGV");
}

static void an_overflow_of_the_stack_is_told(void **state)
{
    struct end end;

    (void)state;
    if (HOST_SANITIZED)
        skip();
    end = end_of(overflow_on_a_thread);
    assert_ended_by(&end, SIGSEGV);
    assert_said(&end, " on thread obs-deep; ");
    assert_said(&end, ": #63 ");
}

static void a_signal_from_outside_ends_it_as_well(void **state)
{
    struct end end;

    (void)state;
    if (HOST_SANITIZED)
        skip();
    end = end_of(be_killed);
    assert_ended_by(&end, SIGBUS);
    assert_said(&end, "SIGBUS on thread ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abort_names_the_instance_whose_callback_ran),
        cmocka_unit_test(frames_are_given_as_object_and_offset_and_plugin),
        cmocka_unit_test(ruined_memory_does_not_keep_it_from_telling),
        cmocka_unit_test(a_thread_is_named),
        cmocka_unit_test(a_fault_is_told_with_its_address),
        cmocka_unit_test(an_overflow_of_the_stack_is_told),
        cmocka_unit_test(a_signal_from_outside_ends_it_as_well),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
