/*
 * timers - what a million pending timers cost: the look for the next wake-up, and 10,000 that come due at once.
 *
 *     timers STORE    makes the file STORE; "tests/bench/run --timers" builds it and calls it
 *
 * A look is what the daemon asks after something has changed. What comes due are reminders: each is a turn of the engine,
 * a message in the outbox and a change of its item, in commits of 256 that are on the disk before the next one begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "store/room.h"
#include "store/timer.h"
#include "timers.h"

enum { FEW = 1000, MANY = 1000 * 1000, DUE = 10 * 1000, LOOKS = 501, DAY_MS = 86400000 };

/* Tuesday 24 November 2026, 10:00 in Zurich. */
static const int64_t now_ms = INT64_C(1795510800000);

struct bench {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    int64_t item; /* the reminder that all others are like */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void commit(struct bench *bench)
{
    struct err err;
    if (store_commit(bench->store, &err))
        return;
    fprintf(stderr, "timers: %s\n", err.text);
    exit(1);
}

/* One reminder by a command; alice and the bot are in a room. */
static void begin(struct bench *bench, const char *path)
{
    static const struct engine_settings settings = { .me = "@greffier:x",
                                                     .lang = "en",
                                                     .zone = "Europe/Zurich",
                                                     .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                     .prefix = "!" };
    struct err err;
    if (store_open(path, &bench->store, &err) != STORE_OPENED) {
        fprintf(stderr, "timers: %s\n", err.text);
        exit(1);
    }
    bench->arena = arena_create();
    bench->engine = engine_create(bench->store, &settings, command_table, habit_table);
    store_begin(bench->store);
    int64_t room = room_ensure(bench->store, "!ops:x");
    room_set(bench->store, room, "membership", "join");
    room_set_member(bench->store, room, "@greffier:x", "join", NULL);
    room_set_member(bench->store, room, "@alice:x", "join", NULL);
    struct json_object *granted = json_parse("{\"RMD\":1}", strlen("{\"RMD\":1}"));
    engine_reserve_numbers(bench->engine, granted);
    json_object_put(granted);
    struct event event = { .kind = EVENT_MESSAGE,
                           .id = "$1",
                           .room = room,
                           .sender = "@alice:x",
                           .body = "!remind me call bob tomorrow 9:00",
                           .at_ms = now_ms };
    (void)engine_event(bench->engine, &event, now_ms);
    bench->item = store_int(bench->store, 0, "SELECT id FROM item", "");
    commit(bench);
}

/* n reminders like it, one a millisecond from then on, or all at once. */
static void add_reminders(struct bench *bench, const char *name, int64_t n, int64_t from_ms, int64_t apart_ms)
{
    store_begin(bench->store);
    store_run(
        bench->store,
        "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms,"
        "  deadline_civil, deadline_zone, deadline_ms, card, extra)"
        " WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i + 1 < ?3)"
        " SELECT ?2 || i, prefix, (SELECT max(number) + 1 FROM item) + i, room, state, owner, author, cause,"
        "  opened_ms, deadline_civil, deadline_zone, ?4 + i * ?5, card, extra FROM item, k WHERE id = ?1",
        "isiii", bench->item, name, n, from_ms, apart_ms);
    store_run(bench->store,
              "INSERT INTO field(item, name, text) SELECT i.id, f.name, f.text FROM item i, field f"
              " WHERE f.item = ?1 AND i.id > ?1 AND i.uuid LIKE ?2 || '%'",
              "is", bench->item, name);
    store_run(
        bench->store,
        "INSERT INTO timer(key, due_ms, what, item, needs_barrier) SELECT uuid, deadline_ms, 'due', id, 1"
        " FROM item WHERE id > ?1 AND uuid LIKE ?2 || '%'",
        "is", bench->item, name);
    commit(bench);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What the daemon asks when something has changed: in the middle of them, in nanoseconds. */
static int64_t time_looks(struct bench *bench)
{
    static int64_t took_ns[LOOKS];
    struct timer timer;
    for (int i = 0; i < LOOKS; i++) {
        store_begin(bench->store);
        timer_set(bench->store,
                  &(struct timer){ .key = "moving", .due_ms = now_ms + DAY_MS + i, .what = "due" });
        int64_t begun_ns = clock_ns(CLOCK_MONOTONIC);
        bool is_due = timer_next_due(bench->store, now_ms, now_ms, bench->arena, &timer);
        int64_t next_ms = timer_next_ms(bench->store, now_ms);
        int64_t barrier_ms = timer_next_barrier_ms(bench->store, now_ms, now_ms);
        took_ns[i] = clock_ns(CLOCK_MONOTONIC) - begun_ns;
        if (is_due || next_ms <= now_ms || barrier_ms <= now_ms)
            abort();
        commit(bench);
        arena_reset(bench->arena);
    }
    qsort(took_ns, LOOKS, sizeof took_ns[0], compare);
    return took_ns[LOOKS / 2];
}

struct took {
    int64_t wall_ns, cpu_ns;
};

static struct took time_due(struct bench *bench, const char *name)
{
    struct timers timers = { .store = bench->store, .engine = bench->engine, .started_ms = now_ms };
    add_reminders(bench, name, DUE, now_ms, 0);
    int64_t wall_ns = clock_ns(CLOCK_MONOTONIC), cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    timers_fire(&timers, now_ms, now_ms + 1);
    struct took took = { .wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_ns,
                         .cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns };
    int64_t n = store_int(bench->store, 0, "SELECT count(*) FROM outbox WHERE template = 'reminder/due'", "");
    if (n % DUE || n == 0 || timer_next_ms(bench->store, 0) <= now_ms)
        abort();
    return took;
}

static void print_row(const char *title, const char *unit, int64_t unit_ns, int64_t few_ns, int64_t many_ns)
{
    printf("%-42s%10.2f %-3s%10.2f %-3s%8.2f\n", title, (double)few_ns / (double)unit_ns, unit,
           (double)many_ns / (double)unit_ns, unit, (double)many_ns / (double)few_ns);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: timers STORE\n", stderr);
        return 2;
    }
    struct bench bench = { 0 };
    begin(&bench, argv[1]);
    add_reminders(&bench, "few", FEW, now_ms + DAY_MS, 1);
    int64_t few_ns = time_looks(&bench);
    struct took few = time_due(&bench, "first");
    add_reminders(&bench, "many", MANY - FEW, now_ms + 2 * (int64_t)DAY_MS, 1);
    int64_t many_ns = time_looks(&bench);
    struct took many = time_due(&bench, "second");
    printf("%-42s%14s%14s%8s\n", "pending timers", "1,000", "1,000,000", "ratio");
    print_row("the look for the next wake-up, median", "us", 1000, few_ns, many_ns);
    print_row("10,000 due at once, until on the disk", "s", 1000000000, few.wall_ns, many.wall_ns);
    print_row("  of that, CPU", "s", 1000000000, few.cpu_ns, many.cpu_ns);
    engine_destroy(bench.engine);
    arena_destroy(bench.arena);
    store_close(bench.store);
    return 0;
}
