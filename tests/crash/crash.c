/*
 * The crash harness: crash MODE|all [--again N] [--stride N] [--flow NAME] [--only N] [--seed N] [--workers N]
 *
 * Plays the flows (flow.c), fails in the way of the mode at every place (modes.h), and prints for each flow, and in all,
 * points, lost, doubled, failed restarts. `all` takes a few points of each mode, and prints a line `ok MODE` or
 * `not ok MODE: why` for each. GREFFIER is the binary. Ends with 0 if all was well. Stopped by a signal it tells how far it
 * came.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "modes.h"
#include "need.h"

struct mode {
    const char *name;
    mode_fn *run;
    int stride; /* of `all`: so that each takes a few seconds */
};

static const struct mode modes[] = {
    { "kill", mode_kill, 36 }, { "cut", mode_cut, 50 },   { "alloc", mode_alloc, 2400 },
    { "io", mode_io, 60 },     { "full", mode_full, 14 },
};
enum { N_MODES = sizeof modes / sizeof modes[0], WORKERS_MAX = 16 };

struct options {
    int mode; /* -1: all */
    const char *flow; /* NULL: all */
    const char *binary;
    char preload[PATH_MAX]; /* beside the harness */
    char folder[128];
    struct share share;
};

/* Counting */

void tally_add(struct tally *tally, const struct play *play, const struct verdict *verdict,
               const char *format, ...)
{
    if (verdict->is_past)
        return;
    bool is_bad = verdict->n_lost || verdict->n_doubled || verdict->has_failed_to_start ||
                  verdict->has_crashed || verdict->has_leaked || verdict->is_stuck;
    __atomic_add_fetch(&tally->n_points, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_lost, verdict->n_lost, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_doubled, verdict->n_doubled, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_failed_starts, verdict->has_failed_to_start, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_crashed, verdict->has_crashed, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_leaked, verdict->has_leaked, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_stuck, verdict->is_stuck, __ATOMIC_RELAXED);
    __atomic_add_fetch(&tally->n_slow, verdict->is_slow, __ATOMIC_RELAXED);
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
    printf(": %d lost, %d doubled, %lld ms%s%s%s%s\n", verdict->n_lost, verdict->n_doubled,
           (long long)verdict->took_ms, verdict->has_failed_to_start ? ", it does not start again" : "",
           verdict->has_crashed ? ", it crashed" : "", verdict->has_leaked ? ", it leaked" : "",
           verdict->is_stuck ? ", it did not settle" : "");
    fflush(stdout);
}

static void add_up(struct tally *all, const struct tally *tally)
{
    all->n_points += tally->n_points;
    all->n_lost += tally->n_lost;
    all->n_doubled += tally->n_doubled;
    all->n_failed_starts += tally->n_failed_starts;
    all->n_crashed += tally->n_crashed;
    all->n_leaked += tally->n_leaked;
    all->n_stuck += tally->n_stuck;
    all->n_slow += tally->n_slow;
    all->n_bad += tally->n_bad;
}

static void print_sum(const struct tally *tally)
{
    printf("%d points, %d lost, %d doubled, %d failed restarts", tally->n_points, tally->n_lost,
           tally->n_doubled, tally->n_failed_starts);
    printf(", %d crashed, %d leaked, %d stuck, %d answered after more than 1 s", tally->n_crashed,
           tally->n_leaked, tally->n_stuck, tally->n_slow);
}

static bool is_wanted(const struct options *options, const struct flow *flow)
{
    bool is_group = options->flow && strcmp(options->flow, FLOWS_ENCRYPTED) == 0;
    return !options->flow || (is_group ? flow->is_encrypted : strcmp(options->flow, flow->name) == 0);
}

/* tallies: of one mode. */
static int print_mode(const struct options *options, const struct tally *tallies)
{
    struct tally all = { 0 };
    printf("%-29s %7s %6s %8s %16s %11s\n", modes[options->mode].name, "points", "lost", "doubled",
           "failed restarts", "slowest");
    for (int i = 0; i < n_flows; i++) {
        if (!is_wanted(options, &flows[i]))
            continue;
        printf("%-29s %7d %6d %8d %16d %8lld ms\n", flows[i].name, tallies[i].n_points, tallies[i].n_lost,
               tallies[i].n_doubled, tallies[i].n_failed_starts, (long long)tallies[i].slowest_ms);
        add_up(&all, &tallies[i]);
    }
    printf("%s: ", modes[options->mode].name);
    print_sum(&all);
    return all.n_bad || all.n_points == 0;
}

static int print_all(const struct tally *tallies)
{
    int n_bad = 0;
    for (int mode = 0; mode < N_MODES; mode++) {
        struct tally all = { 0 };
        for (int i = 0; i < n_flows; i++)
            add_up(&all, &tallies[mode * n_flows + i]);
        bool is_bad = all.n_bad || all.n_points == 0;
        n_bad += is_bad;
        printf(is_bad ? "not ok crash_%s: " : "ok crash_%s  # ", modes[mode].name);
        print_sum(&all);
        printf("\n");
    }
    return n_bad != 0;
}

/* Working */

/* With all modes a worker has flows of its own, else points of its own. */
static void play_flow(const struct options *options, struct tally *tallies, int worker, int flow)
{
    struct play play;
    struct share share = options->share;
    char folder[200];
    bool is_all = options->mode < 0;
    share.worker = is_all ? 0 : worker;
    if (is_all && flow % share.n_workers != worker)
        return;
    snprintf(folder, sizeof folder, "%s/%d", options->folder, worker);
    play_prepare(&play, &flows[flow], options->binary, folder);
    play.preload = options->preload;
    share.n_workers = is_all ? 1 : share.n_workers;
    for (int mode = 0; mode < N_MODES; mode++) {
        if (!is_all && mode != options->mode)
            continue;
        share.stride = is_all ? modes[mode].stride * options->share.stride : options->share.stride;
        share.seed = options->share.seed + (is_all ? flow : 0); /* not the same places in every flow */
        modes[mode].run(&play, &share, &tallies[mode * n_flows + flow]);
    }
    play_finish(&play);
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

static volatile sig_atomic_t is_stopped;

static void note_stop(int number)
{
    (void)number;
    is_stopped = 1;
}

static void start_workers(const struct options *options, struct tally *tallies, pid_t *workers)
{
    for (int worker = 0; worker < options->share.n_workers; worker++) {
        fflush(NULL);
        pid_t pid = fork();
        need(pid >= 0, "process");
        workers[worker] = pid;
        if (pid != 0)
            continue;
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < n_flows; i++)
            if (is_wanted(options, &flows[i]))
                play_flow(options, tallies, worker, i);
        fflush(NULL);
        _exit(0);
    }
}

/* Returns how many did not come to their end. */
static int wait_for_workers(const struct options *options, const pid_t *workers)
{
    int n_broken = 0, status;
    bool is_ended = false;
    for (;;) {
        pid_t pid = wait(&status);
        if (pid < 0 && errno != EINTR)
            return n_broken;
        n_broken += pid > 0 && status != 0;
        for (int i = 0; is_stopped && !is_ended && i < options->share.n_workers; i++)
            kill(workers[i], SIGKILL);
        is_ended = is_stopped;
    }
}

static int run(const struct options *options)
{
    size_t size = (size_t)n_flows * N_MODES * sizeof(struct tally);
    struct tally *tallies = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t begun_ms = clock_now_ms();
    pid_t workers[WORKERS_MAX];
    struct sigaction action = { .sa_handler = note_stop };
    need(tallies != MAP_FAILED, "memory");
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    start_workers(options, tallies, workers);
    int n_broken = wait_for_workers(options, workers), result;
    if (options->mode < 0)
        result = print_all(tallies);
    else
        result = print_mode(options, tallies + options->mode * n_flows);
    printf("%s %lld s\n", options->mode < 0 ? "# all of it took" : ", in",
           (long long)(clock_now_ms() - begun_ms + 500) / 1000);
    if (n_broken)
        printf("not ok crash_harness: %d workers did not come to their end\n", n_broken);
    if (!getenv("KEEP"))
        remove_folder(options->folder);
    else
        printf("# kept: %s\n", options->folder);
    return result || n_broken;
}

/* Beginning */

static void make_folder(struct options *options)
{
    /* In memory where there is room: the harness makes its own power cuts, and fsync costs nothing there. */
    bool has_memory = access("/dev/shm", W_OK) == 0;
    snprintf(options->folder, sizeof options->folder, "%s/greffier-crash-XXXXXX",
             has_memory ? "/dev/shm" : "/tmp");
    need(mkdtemp(options->folder), "folder");
}

static void find_preload(struct options *options)
{
    ssize_t len =
        readlink("/proc/self/exe", options->preload, sizeof options->preload - sizeof "libnomem.so");
    need(len > 0, "own path");
    options->preload[len] = '\0';
    char *name = need_some(strrchr(options->preload, '/'), "own path");
    memcpy(name + 1, "libnomem.so", sizeof "libnomem.so");
}

static bool read_mode(struct options *options, const char *name)
{
    for (options->mode = 0; options->mode < N_MODES; options->mode++)
        if (strcmp(name, modes[options->mode].name) == 0)
            return true;
    options->mode = -1;
    return strcmp(name, "all") == 0;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    for (int i = 2; i + 1 < argc; i += 2) {
        int number = (int)strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--flow") == 0)
            options->flow = argv[i + 1];
        else if (strcmp(argv[i], "--again") == 0)
            options->share.again = number;
        else if (strcmp(argv[i], "--stride") == 0)
            options->share.stride = number > 0 ? number : 1;
        else if (strcmp(argv[i], "--only") == 0)
            options->share.only = number;
        else if (strcmp(argv[i], "--seed") == 0)
            options->share.seed = number;
        else if (strcmp(argv[i], "--workers") == 0)
            options->share.n_workers = number > 0 && number <= WORKERS_MAX ? number : 1;
        else
            return false;
    }
    return argc > 1 && argc % 2 == 0 && read_mode(options, argv[1]);
}

int main(int argc, char **argv)
{
    struct options options = { .binary = getenv("GREFFIER"),
                               .share = { .n_workers = (int)sysconf(_SC_NPROCESSORS_ONLN), .stride = 1 } };
    if (!read_options(&options, argc, argv) || !options.binary) {
        fprintf(stderr, "usage: GREFFIER=BINARY crash kill|cut|alloc|io|full|all [--again N] [--stride N]\n"
                        "       [--flow NAME] [--only N] [--seed N] [--workers N]\n");
        return 2;
    }
    find_preload(&options);
    make_folder(&options);
    return run(&options);
}
