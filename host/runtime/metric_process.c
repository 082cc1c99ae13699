/* SPDX-License-Identifier: Apache-2.0 */
/* The process_* metrics, from /proc/self (proc(5)), the CPU clock and the
 * limits. What cannot be read keeps its last value. */
#include "runtime/metric_process.h"

#include "runtime/metric.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROC_STAT_BYTES 1024
#define NS_PER_S 1e9

enum field { CPU, RESIDENT, VIRTUAL, OPEN_FDS, MAX_FDS, START, THREADS, N_FIELDS };

static const struct {
    uint32_t kind;
    const char *name;
    const char *help;
} fields[N_FIELDS] = {
    [CPU] = {OBS_METRIC_COUNTER, "process_cpu_seconds_total", "CPU time used, user and system."},
    [RESIDENT] = {OBS_METRIC_GAUGE, "process_resident_memory_bytes", "Resident memory."},
    [VIRTUAL] = {OBS_METRIC_GAUGE, "process_virtual_memory_bytes", "Virtual memory."},
    [OPEN_FDS] = {OBS_METRIC_GAUGE, "process_open_fds", "Open file descriptors."},
    [MAX_FDS] = {OBS_METRIC_GAUGE, "process_max_fds", "Most file descriptors allowed."},
    [START] = {OBS_METRIC_GAUGE, "process_start_time_seconds", "Start, in Unix time."},
    [THREADS] = {OBS_METRIC_GAUGE, "process_threads", "Threads of the process."},
};

static obs_series *series[N_FIELDS];

/* One refresh at a time, so that the CPU counter never steps back. */
static pthread_mutex_t refresh_lock = PTHREAD_MUTEX_INITIALIZER;

/* What is used of /proc/self/stat. */
struct proc_stat {
    long threads;
    unsigned long long start_ticks; /* since boot */
    unsigned long virtual_bytes;
    long resident_pages;
};

static int read_stat(struct proc_stat *ret_stat)
{
    char text[PROC_STAT_BYTES];
    FILE *file = fopen("/proc/self/stat", "re");
    size_t n;
    const char *rest;

    if (!file)
        return OBS_E_INTERNAL;
    n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[n] = '\0';
    rest = strrchr(text, ')'); /* the name before it may hold anything */
    /* fields 3-19 skipped, then num_threads, itrealvalue, starttime, vsize, rss */
    if (!rest || sscanf(rest + 1,
                        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                        " %ld %*d %llu %lu %ld",
                        &ret_stat->threads, &ret_stat->start_ticks, &ret_stat->virtual_bytes,
                        &ret_stat->resident_pages) != 4)
        return OBS_E_INTERNAL;
    return OBS_OK;
}

/* Seconds from the Unix epoch to boot, 0 when unknown. */
static double boot_time_s(void)
{
    FILE *file = fopen("/proc/stat", "re");
    char *line = NULL;
    size_t size = 0;
    long long boot_s = 0;

    if (!file)
        return 0;
    while (getline(&line, &size, file) > 0)
        if (sscanf(line, "btime %lld", &boot_s) == 1)
            break;
    free(line);
    fclose(file);
    return (double)boot_s;
}

static double count_fds(void)
{
    struct stat info;
    double n = 0;
    DIR *folder;

    /* since Linux 6.2 the size is the count; before, it is 0 */
    if (stat("/proc/self/fd", &info) == 0 && info.st_size > 0)
        return (double)info.st_size;
    folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n - 1; /* the folder itself was open */
}

static void refresh(void)
{
    struct timespec cpu;
    struct rlimit limit;
    struct proc_stat stat;

    pthread_mutex_lock(&refresh_lock);
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        metric_series_store(series[CPU], (double)cpu.tv_sec + (double)cpu.tv_nsec / NS_PER_S);
    if (read_stat(&stat) == OBS_OK) {
        obs_series_set(series[THREADS], (double)stat.threads);
        obs_series_set(series[VIRTUAL], (double)stat.virtual_bytes);
        obs_series_set(series[RESIDENT],
                       (double)stat.resident_pages * (double)sysconf(_SC_PAGESIZE));
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        obs_series_set(series[MAX_FDS], (double)limit.rlim_cur);
    obs_series_set(series[OPEN_FDS], count_fds());
    pthread_mutex_unlock(&refresh_lock);
}

int metric_process_start(void)
{
    struct proc_stat stat;

    for (size_t i = 0; i < N_FIELDS; i++) {
        const obs_metric_spec spec = {
            .size = sizeof(spec),
            .kind = fields[i].kind,
            .name = fields[i].name,
            .help = fields[i].help,
        };
        obs_metric *metric;
        int rc = obs_metric_register(/* instance= */ NULL, &spec, &metric);

        if (rc < 0)
            return rc;
        series[i] = obs_metric_series(metric, /* values= */ NULL);
    }
    if (read_stat(&stat) == OBS_OK)
        obs_series_set(series[START],
                       boot_time_s() + (double)stat.start_ticks / (double)sysconf(_SC_CLK_TCK));
    metric_on_read(refresh);
    return OBS_OK;
}
