/*
 * sim - the whole bot but for its sockets, in a world with a seed.
 *
 * Each seed runs in a process of its own: what a death of the bot leaves behind goes with it, and a crash is a finding
 * like any other. See tests/sim/run for what it is asked to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "disk.h"
#include "faults.h"
#include "homeserver.h"
#include "people.h"
#include "plan.h"
#include "plants.h"
#include "rest.h"
#include "time/zone.h"
#include "world.h"

enum {
    DAYS = 7,
    HANG_S = 15 /* of processor time: a week takes half a second */,
    LOG_NOTHING = LOG_LEVEL_ERROR + 1
};

struct options {
    uint64_t first, last;
    int days, rest_days;
    bool is_traced, is_shrinking, is_quiet, is_trying_plants;
};

static void live_through(void)
{
    world.next_life_ms = world.start_ms;
    world.booted_ms = world.start_ms - 3600000;
    world.is_kernel_synced = true;
    world.allocation_fails_in = -1;
    world.chance = chance_of(world.seed, 0x6B65726E656C);
    disk_install();
    homeserver_begin();
    faults_begin();
    people_begin();
    plan_begin();
    rest_begin();
    world_run();
}

/* The exit status of the seed's process: 0, EXIT_VIOLATION, another, or 128 and a signal. Its output goes to out. */
static int run_seed(const struct options *options, FILE *out)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(out), STDERR_FILENO);
        setvbuf(stdout, NULL, _IOLBF, 0); /* in order with what the bot logs */
        setrlimit(RLIMIT_CPU, &(struct rlimit){ .rlim_cur = HANG_S, .rlim_max = HANG_S });
        world.is_traced = options->is_traced;
        log_set_level(options->is_traced ? LOG_LEVEL_DEBUG : (enum log_level)LOG_NOTHING);
        live_through();
        fflush(NULL);
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        abort();
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void print_file(FILE *file)
{
    char bytes[4096];
    rewind(file);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        fwrite(bytes, 1, n, stdout);
}

/* True: nothing was found. */
static bool try_seed(const struct options *options, uint64_t seed, bool is_told)
{
    FILE *out = tmpfile();
    if (!out)
        abort();
    world.seed = seed;
    int status = run_seed(options, out);
    if (is_told && (status || options->is_traced))
        print_file(out);
    if (is_told && status && status != EXIT_VIOLATION)
        printf("VIOLATION seed %llu the bot ended by %s %d\n", (unsigned long long)seed,
               status > 128 ? "signal" : "status", status > 128 ? status - 128 : status);
    fclose(out);
    return status == 0;
}

/* Leaves out whatever the finding does not need: halves first, then ever smaller parts. */
static void shrink(const struct options *options, uint64_t seed)
{
    struct options quiet = *options;
    quiet.is_traced = false;
    for (size_t part = plan_n / 2; part >= 1; part /= 2)
        for (size_t from = 0; from < plan_n; from += part) {
            bool was_out[PLAN_STEPS_MAX], is_changed = false;
            for (size_t i = from; i < from + part && i < plan_n; i++) {
                was_out[i] = plan_steps[i].is_left_out;
                is_changed = is_changed || !was_out[i];
                plan_steps[i].is_left_out = true;
            }
            if (!is_changed || !try_seed(&quiet, seed, false))
                continue;
            for (size_t i = from; i < from + part && i < plan_n; i++)
                plan_steps[i].is_left_out = was_out[i];
        }
    printf("seed %llu needs:\n", (unsigned long long)seed);
    for (size_t i = 0; i < plan_n; i++)
        if (!plan_steps[i].is_left_out)
            plan_print(&plan_steps[i]);
    try_seed(options, seed, true);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void make(uint64_t seed, const struct options *options)
{
    plan_make(seed, options->days);
    world.end_ms += (int64_t)options->rest_days * 24 * 3600 * 1000;
}

static int run_all(const struct options *options)
{
    double began_s = seconds();
    uint64_t n_bad = 0, n = options->last - options->first + 1;
    for (uint64_t seed = options->first; seed <= options->last; seed++) {
        make(seed, options);
        if (try_seed(options, seed, !options->is_quiet))
            continue;
        n_bad++;
        if (options->is_quiet)
            printf("%llu\n", (unsigned long long)seed);
        if (options->is_shrinking)
            shrink(options, seed);
        fflush(stdout);
    }
    double took_s = seconds() - began_s;
    printf("%llu seeds of %d days, %llu with a violation; %.1f s, %.3f s a seed\n", (unsigned long long)n,
           options->days, (unsigned long long)n_bad, took_s, took_s / (double)n);
    return n_bad ? 1 : 0;
}

/* It is found there, and nothing is found there without it. */
static bool finds_plant(const struct options *options, uint64_t seed, enum plant plant)
{
    make(seed, options);
    if (plant == PLANT_RESTORED_UNSEEN && !world.may_restore)
        return false;
    planted = plant;
    bool is_found = !try_seed(options, seed, false);
    planted = PLANT_NONE;
    return is_found && try_seed(options, seed, false);
}

/* How many seeds it takes to find each of the planted bugs, or the one that was named. */
static int try_plants(const struct options *options)
{
    int n_missed = 0;
    enum plant only = planted;
    for (int plant = 1; plant < PLANTS_N; plant++) {
        if (only != PLANT_NONE && plant != (int)only)
            continue;
        uint64_t seed = options->first;
        while (seed <= options->last && !finds_plant(options, seed, (enum plant)plant))
            seed++;
        if (seed > options->last) {
            n_missed++;
            printf("not ok plant %s: not found in %llu seeds (%s)\n", plant_rows[plant].name,
                   (unsigned long long)(options->last - options->first + 1), plant_rows[plant].what);
        } else {
            printf("ok plant %s: by seed %llu\n", plant_rows[plant].name, (unsigned long long)seed);
        }
        fflush(stdout);
    }
    return n_missed ? 1 : 0;
}

static int misuse(void)
{
    fputs(
        "usage: sim [--seed N | --seeds FROM-TO] [--days N] [--rest N] [--trace] [--shrink] [--quiet] [--store FILE]\n"
        "           [--plant NAME | --plants]\n",
        stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct options options = { .first = 1, .last = 1, .days = DAYS };
    zone_is_known("UTC"); /* the list of zones is read here, not in the process of each seed */
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0) {
            options.is_traced = true;
        } else if (strcmp(argv[i], "--shrink") == 0) {
            options.is_shrinking = true;
        } else if (strcmp(argv[i], "--quiet") == 0) {
            options.is_quiet = true;
        } else if (strcmp(argv[i], "--seed") == 0) {
            options.first = options.last = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--seeds") == 0) {
            char *end;
            options.first = strtoull(value, &end, 10);
            options.last = *end == '-' ? strtoull(end + 1, NULL, 10) : options.first;
            i++;
        } else if (strcmp(argv[i], "--rest") == 0) {
            options.rest_days = (int)strtol(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--plants") == 0) {
            options.is_trying_plants = true;
        } else if (strcmp(argv[i], "--plant") == 0 && (planted = plant_find(value)) != PLANT_NONE) {
            i++;
        } else if (strcmp(argv[i], "--store") == 0) {
            world.export_path = value;
            i++;
        } else if (strcmp(argv[i], "--days") == 0) {
            options.days = (int)strtol(value, NULL, 10);
            i++;
        } else {
            return misuse();
        }
    }
    return options.is_trying_plants ? try_plants(&options) : run_all(&options);
}
