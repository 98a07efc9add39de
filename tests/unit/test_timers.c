/* timers: what is due fires once, and what ends the program is found out. The engine here only counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/log.h"
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
