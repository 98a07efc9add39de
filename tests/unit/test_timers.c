/* timers: what is due fires once, and what ends the program is found out. The engine here only counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "lateness.h"
#include "store/inbox.h"
#include "store/timer.h"
#include "timers.h"

enum { START = 1000, NOW = 2000 };

struct bench {
    struct store *store;
    struct arena *arena;
    struct timers timers;
    size_t n_fired, n_commits;
    struct outage outage;
    bool loses_its_turn; /* the store cannot be written any more when the engine has fired */
};

/* Fires as the engine does, without a word. */
size_t engine_timers(struct engine *engine, int64_t now_ms, int64_t barrier_ms, struct outage outage,
                     size_t max)
{
    struct bench *bench = (struct bench *)(void *)engine;
    struct timer timer;
    size_t n = 0;
    for (; n < max && timer_next_due(bench->store, now_ms, barrier_ms, bench->arena, &timer); n++)
        timer_remove(bench->store, timer.key);
    bench->n_fired += n;
    bench->n_commits += n > 0;
    bench->outage = outage;
    if (bench->loses_its_turn)
        store_run(bench->store, "PRAGMA query_only = 1", "");
    return n;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    log_set_level(LOG_LEVEL_ERROR + 1);
    if (store_open(NULL, &bench->store, NULL) != STORE_OPENED)
        return -1;
    bench->arena = arena_create();
    bench->timers = (struct timers){ .store = bench->store,
                                     .engine = (struct engine *)(void *)bench,
                                     .started_ms = START,
                                     .outage = { .from_ms = 500, .to_ms = START } };
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    arena_destroy(bench->arena);
    store_close(bench->store);
    free(bench);
    return 0;
}

static void set(struct bench *bench, const char *key, int64_t due_ms)
{
    store_begin(bench->store);
    timer_set(bench->store,
              &(struct timer){ .key = key, .due_ms = due_ms, .what = "close", .needs_barrier = true });
    assert_true(store_commit(bench->store, NULL));
}

static void timers_fire__takes_many_in_one_commit(void **state)
{
    struct bench *bench = *state;
    char key[8];
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "k%d", i);
        set(bench, key, START + i);
    }
    timers_fire(&bench->timers, NOW, NOW);
    assert_int_equal(bench->n_fired, 300);
    assert_int_equal(bench->n_commits, 2);
}

/* What is late is the engine's to say, by the instant at which a timer was due. */
static void timers_fire__tells_the_engine_when_it_was_down(void **state)
{
    struct bench *bench = *state;
    set(bench, "before", 600);
    timers_fire(&bench->timers, NOW, 0);
    assert_int_equal(bench->n_fired, 0);
    timers_fire(&bench->timers, NOW, START + 1);
    assert_int_equal(bench->n_fired, 1);
    assert_int_equal(bench->outage.from_ms, 500);
    assert_int_equal(bench->outage.to_ms, START);
}

/* What three crashes left on the disk: the one is held, the others fire, and nothing is remembered of them. */
static void timers_fire__holds_what_ended_the_program_three_times(void **state)
{
    struct bench *bench = *state;
    set(bench, "bad", 700);
    set(bench, "good", 800);
    store_begin(bench->store);
    for (int i = 0; i < 3; i++)
        tries_add(bench->store, "timer", "bad");
    assert_true(store_commit(bench->store, NULL));
    bench->timers.is_marking = true;
    timers_fire(&bench->timers, NOW, NOW);
    assert_int_equal(bench->n_fired, 1);
    assert_int_equal(tries_count(bench->store, "timer", "good"), 0);
    assert_false(bench->timers.is_marking);
    assert_int_equal(timer_next_ms(bench->store, 0), INT64_MAX);
    timers_fire(&bench->timers, INT64_MAX - 1, INT64_MAX - 1);
    assert_int_equal(bench->n_fired, 1);
    assert_int_equal(tries_count(bench->store, "timer", "bad"), 0);
    set(bench, "bad", NOW);
    timers_fire(&bench->timers, NOW + 1, NOW + 1);
    assert_int_equal(bench->n_fired, 2);
}

static void timers_fire__waits_while_the_store_fails(void **state)
{
    struct bench *bench = *state;
    set(bench, "k", 700);
    store_run(bench->store, "PRAGMA query_only = 1", "");
    timers_fire(&bench->timers, NOW, NOW);
    size_t n = bench->n_fired;
    timers_fire(&bench->timers, NOW + 1, NOW);
    assert_int_equal(bench->n_fired, n);
    store_run(bench->store, "PRAGMA query_only = 0", "");
    timers_fire(&bench->timers, NOW + 60000, NOW);
    assert_int_equal(timer_next_ms(bench->store, 0), INT64_MAX);
}

/* Its mark is on the disk before it fires: else it would be worth nothing. */
static void timers_fire__fires_nothing_that_it_could_not_mark(void **state)
{
    struct bench *bench = *state;
    set(bench, "k", 700);
    bench->timers.is_marking = true;
    store_run(bench->store, "PRAGMA query_only = 1", "");
    timers_fire(&bench->timers, NOW, NOW);
    assert_int_equal(bench->n_fired, 0);
    assert_in_range(bench->timers.retry_ms, NOW + 1, NOW + 5000);
    store_run(bench->store, "PRAGMA query_only = 0", "");
    timers_fire(&bench->timers, bench->timers.retry_ms, NOW);
    assert_int_equal(bench->n_fired, 1);
    assert_int_equal(tries_count(bench->store, "timer", "k"), 0);
}

/* What fired and could not be written did not fire: it is due still, and keeps its mark until it has. */
static void timers_fire__keeps_the_mark_of_what_was_not_written(void **state)
{
    struct bench *bench = *state;
    set(bench, "k", 700);
    bench->timers.is_marking = bench->loses_its_turn = true;
    timers_fire(&bench->timers, NOW, NOW);
    assert_int_equal(bench->n_fired, 1);
    assert_int_equal(timer_next_ms(bench->store, 0), 700);
    assert_int_equal(tries_count(bench->store, "timer", "k"), 1);
    bench->loses_its_turn = false;
    store_run(bench->store, "PRAGMA query_only = 0", "");
    timers_fire(&bench->timers, bench->timers.retry_ms, NOW);
    assert_int_equal(timer_next_ms(bench->store, 0), INT64_MAX);
    assert_int_equal(tries_count(bench->store, "timer", "k"), 0);
}

/* A disk that fails is not the timer's fault, however often it does: the program has not ended. */
static void timers_fire__tries_again__when_it_is_the_disk_that_fails(void **state)
{
    struct bench *bench = *state;
    set(bench, "good", 700);
    bench->timers.is_marking = bench->loses_its_turn = true;
    for (int i = 0; i < 9; i++) {
        timers_fire(&bench->timers, NOW + i * 600000, INT64_MAX - 1);
        store_run(bench->store, "PRAGMA query_only = 0", "");
    }
    assert_int_equal(timer_next_ms(bench->store, 0), 700);
    bench->loses_its_turn = false;
    timers_fire(&bench->timers, NOW + 9 * 600000, INT64_MAX - 1);
    assert_int_equal(timer_next_ms(bench->store, 0), INT64_MAX);
    assert_int_equal(tries_count(bench->store, "timer", "good"), 0);
}

static const char *lateness_at(struct bench *bench, int64_t now_ms)
{
    char *text = lateness_text(bench->store, now_ms, bench->arena);
    return text ? text : "nothing was due";
}

static const char *finding_at(struct bench *bench, int64_t now_ms)
{
    struct buf lines;
    buf_init(&lines, 1024);
    lateness_add_finding(bench->store, now_ms, &lines);
    char *text = arena_strdup(bench->arena, lines.len ? lines.text : "");
    buf_finish(&lines);
    return text;
}

enum { AN_HOUR = 3600000, TEN = 10 * AN_HOUR };

/* The worst of a day, whatever came on time after it; then it is forgotten, and its place is another hour's. */
static void lateness__is_the_worst_of_a_day(void **state)
{
    struct bench *bench = *state;
    assert_string_equal(lateness_at(bench, TEN), "nothing was due");
    timers_fire(&bench->timers, TEN, TEN);
    assert_string_equal(lateness_at(bench, TEN), "nothing was due");
    set(bench, "a", TEN);
    set(bench, "b", TEN + 500);
    timers_fire(&bench->timers, TEN + 1200, TEN + 1200);
    assert_string_equal(lateness_at(bench, TEN + 1200), "due things of the last day were at most 2 s late");
    set(bench, "c", TEN + 2000);
    timers_fire(&bench->timers, TEN + 2000, TEN + 2001);
    int64_t last_ms = TEN + INT64_C(24) * AN_HOUR - 1;
    assert_string_equal(lateness_at(bench, last_ms), "due things of the last day were at most 2 s late");
    assert_string_equal(lateness_at(bench, last_ms + 1), "nothing was due");
    set(bench, "d", last_ms + 1);
    timers_fire(&bench->timers, last_ms + 1, last_ms + 2);
    assert_string_equal(lateness_at(bench, last_ms + 1), "due things of the last day were at most 0 s late");
    assert_int_equal(store_int(bench->store, 0, "SELECT count(*) FROM lateness", ""), 1);
}

static void lateness__is_wrong__above_a_minute(void **state)
{
    struct bench *bench = *state;
    set(bench, "a", TEN);
    timers_fire(&bench->timers, TEN + LATENESS_WRONG_MS, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN), "due things of the last day were at most 60 s late");
    assert_string_equal(finding_at(bench, TEN), "");
    set(bench, "b", TEN);
    timers_fire(&bench->timers, TEN + LATENESS_WRONG_MS + 1, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN), "nothing was due");
    assert_non_null(strstr(finding_at(bench, TEN), "up to 61 s late while the bot was running"));
}

/* Down, asleep, or without its homeserver: that is no figure of the running bot. */
static void lateness__counts_outages_apart(void **state)
{
    struct bench *bench = *state;
    bench->timers.heard_ms = TEN;
    set(bench, "a", TEN - 3 * AN_HOUR);
    timers_fire(&bench->timers, TEN, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN),
                        "due things of the last day were at most 0 s late, and after an outage 3 h");
    set(bench, "b", TEN);
    timers_fire(&bench->timers, TEN + 3000, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN),
                        "due things of the last day were at most 3 s late, and after an outage 3 h");
    set(bench, "c", TEN - 5 * 60000);
    timers_fire(&bench->timers, TEN + INT64_C(24) * AN_HOUR, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN + INT64_C(47) * AN_HOUR),
                        "due things of the last day were at most 0 s late, and after an outage 25 h");
}

/* What is held (a start found it to end the program) was not due before; what could not be written was not done. */
static void lateness__begins_when_it_could_fire(void **state)
{
    struct bench *bench = *state;
    set(bench, "a", TEN);
    timer_hold(bench->store, "a", TEN + 5 * AN_HOUR);
    timers_fire(&bench->timers, TEN + 4 * AN_HOUR, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN + 4 * AN_HOUR), "nothing was due");
    timers_fire(&bench->timers, TEN + 5 * AN_HOUR + 10, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN + 5 * AN_HOUR),
                        "due things of the last day were at most 1 s late");
    set(bench, "b", TEN + 5 * AN_HOUR);
    bench->loses_its_turn = true;
    timers_fire(&bench->timers, TEN + 5 * AN_HOUR + 9000, INT64_MAX);
    assert_string_equal(lateness_at(bench, TEN + 5 * AN_HOUR),
                        "due things of the last day were at most 1 s late");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(timers_fire__takes_many_in_one_commit),
        TEST(timers_fire__tells_the_engine_when_it_was_down),
        TEST(timers_fire__holds_what_ended_the_program_three_times),
        TEST(timers_fire__waits_while_the_store_fails),
        TEST(timers_fire__fires_nothing_that_it_could_not_mark),
        TEST(timers_fire__keeps_the_mark_of_what_was_not_written),
        TEST(timers_fire__tries_again__when_it_is_the_disk_that_fails),
        TEST(lateness__is_the_worst_of_a_day),
        TEST(lateness__is_wrong__above_a_minute),
        TEST(lateness__counts_outages_apart),
        TEST(lateness__begins_when_it_could_fire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
