/*
 * The crash harness: crash MODE [--again N] [--stride N] [--flow NAME] [--seed N] [--workers N]
 *
 * Plays the flows (flow.c), fails in the way of the mode at every place (modes.h), and prints for each flow, and in all,
 * points, lost, doubled, failed restarts. GREFFIER is the binary. Ends with 0 if nothing was lost, doubled or failed.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "modes.h"
#include "need.h"

struct mode {
    const char *name;
    mode_fn *run;
};

static const struct mode modes[] = {
    { "kill", mode_kill },
    { "cut", mode_cut },
    { "alloc", mode_alloc },
};
enum { N_MODES = sizeof modes / sizeof modes[0], WORKERS_MAX = 16 };

struct options {
    const struct mode *mode;
    const char *flow; /* NULL: all */
    const char *binary;
    char preload[PATH_MAX]; /* beside the harness */
    char folder[128];
    struct share share;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tally_add(struct tally *tally, const struct play *play, const struct verdict *verdict,
               const char *format, ...)
{
    if (verdict->is_past)
        return;
    bool is_bad = verdict->n_lost || verdict->n_doubled || verdict->has_failed_to_start ||
                  verdict->has_crashed || verdict->has_leaked;
    __atomic_add_fetch(&tally->n_points, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_lost, verdict->n_lost, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_doubled, verdict->n_doubled, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_failed_starts, verdict->has_failed_to_start, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_crashed, verdict->has_crashed, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_leaked, verdict->has_leaked, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_bad, is_bad, __ATOMIC_RELAXED);
    if (verdict->took_ms > tally->slowest_ms)
        tally->slowest_ms = verdict->took_ms;
    if (!is_bad)
        return;
    va_list args;
    printf("  %s: ", play->flow->name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(": %d lost, %d doubled%s%s%s\n", verdict->n_lost, verdict->n_doubled,
           verdict->has_failed_to_start ? ", it does not start again" : "",
           verdict->has_crashed ? ", it crashed" : "", verdict->has_leaked ? ", it leaked" : "");
    fflush(stdout);
}

static bool is_wanted(const struct options *options, const struct flow *flow)
{
    return !options->flow || strcmp(options->flow, flow->name) == 0;
}

static void work(const struct options *options, struct tally *tallies, int worker)
{
    struct share share = options->share;
    char folder[200];
    share.worker = worker;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(folder, sizeof folder, "%s/%d", options->folder, worker);
    for (int i = 0; i < n_flows; i++) {
        struct play play;
        if (!is_wanted(options, &flows[i]))
            continue;
        play_prepare(&play, &flows[i], options->binary, folder);
        play.preload = options->preload;
        options->mode->run(&play, &share, &tallies[i]);
        play_finish(&play);
    }
}

static int print(const struct options *options, const struct tally *tallies, int64_t took_ms)
{
    struct tally all = { 0 };
    printf("%-20s %7s %6s %8s %16s %11s\n", options->mode->name, "points", "lost", "doubled",
           "failed restarts", "slowest");
    for (int i = 0; i < n_flows; i++) {
        const struct tally *tally = &tallies[i];
        if (!is_wanted(options, &flows[i]))
            continue;
        printf("%-20s %7d %6d %8d %16d %8lld ms\n", flows[i].name, tally->n_points, tally->n_lost,
               tally->n_doubled, tally->n_failed_starts, (long long)tally->slowest_ms);
        all.n_points += tally->n_points;
        all.n_lost += tally->n_lost;
        all.n_doubled += tally->n_doubled;
        all.n_failed_starts += tally->n_failed_starts;
        all.n_crashed += tally->n_crashed;
        all.n_leaked += tally->n_leaked;
        all.n_bad += tally->n_bad;
    }
    printf("%s: %d points, %d lost, %d doubled, %d failed restarts, %d crashed, %d leaked, in %lld s\n",
           options->mode->name, all.n_points, all.n_lost, all.n_doubled, all.n_failed_starts, all.n_crashed,
           all.n_leaked, (long long)(took_ms + 500) / 1000);
    return all.n_bad || all.n_points == 0;
}

static void remove_folder(const char *path)
{
    char inner[512];
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_folder(inner);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

static int run(struct options *options)
{
    struct tally *tallies = mmap(NULL, (size_t)n_flows * sizeof *tallies, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t begun_ms = clock_ms();
    int status, n_broken = 0;
    need(tallies != MAP_FAILED, "memory");
    for (int i = 0; i < options->share.n_workers; i++) {
        fflush(NULL);
        pid_t pid = fork();
        need(pid >= 0, "process");
        if (pid == 0) {
            work(options, tallies, i);
            fflush(NULL);
            _exit(0);
        }
    }
    while (wait(&status) > 0 || errno == EINTR)
        n_broken += status != 0;
    int result = print(options, tallies, clock_ms() - begun_ms);
    if (n_broken)
        printf("%d workers did not come to their end\n", n_broken);
    if (!getenv("KEEP"))
        remove_folder(options->folder);
    else
        printf("kept: %s\n", options->folder);
    return result || n_broken;
}

static void make_folder(struct options *options)
{
    /* In memory where there is room: the harness makes its own power cuts, and fsync costs nothing there. */
    bool has_memory = access("/dev/shm", W_OK) == 0;
    snprintf(options->folder, sizeof options->folder, "%s/greffier-crash-XXXXXX",
             has_memory ? "/dev/shm" : "/tmp");
    need(mkdtemp(options->folder), "folder");
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 0; argc > 1 && i < N_MODES; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            options->mode = &modes[i];
    for (int i = 2; i + 1 < argc; i += 2) {
        int number = (int)strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--flow") == 0)
            options->flow = argv[i + 1];
        else if (strcmp(argv[i], "--again") == 0)
            options->share.again = number;
        else if (strcmp(argv[i], "--stride") == 0)
            options->share.stride = number > 0 ? number : 1;
        else if (strcmp(argv[i], "--seed") == 0)
            options->share.seed = number;
        else if (strcmp(argv[i], "--workers") == 0)
            options->share.n_workers = number > 0 && number <= WORKERS_MAX ? number : 1;
        else
            return false;
    }
    return options->mode && argc % 2 == 0;
}

int main(int argc, char **argv)
{
    struct options options = { .binary = getenv("GREFFIER"),
                               .share = { .n_workers = (int)sysconf(_SC_NPROCESSORS_ONLN), .stride = 1 } };
    if (!read_options(&options, argc, argv) || !options.binary) {
        fprintf(stderr, "usage: GREFFIER=BINARY crash kill [--again N] [--stride N] [--flow NAME] [--seed N] "
                        "[--workers N]\n");
        return 2;
    }
    ssize_t len = readlink("/proc/self/exe", options.preload, sizeof options.preload - 16);
    need(len > 0, "own path");
    memcpy(options.preload + len - strlen("crash"), "libnomem.so", sizeof "libnomem.so");
    make_folder(&options);
    return run(&options);
}
