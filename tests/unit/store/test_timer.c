/* store/timer: which timer is due, and which one wants a barrier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "store/private.h"
#include "store/room.h"
#include "store/timer.h"

struct fixture {
    struct store *store;
    struct arena *arena;
    int64_t rooms[3], items[3];
};

static int64_t add_item(struct fixture *f, int64_t room, int64_t number)
{
    char uuid[2] = { (char)('a' + number), '\0' };
    store_run(f->store,
              "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES(?1, 'DEC', ?2, ?3, 1, '@a:b', '@a:b', '$c', 1)",
              "sii", uuid, number, room);
    return store_last_id(f->store);
}

static int setup(void **state)
{
    static const char *const ids[] = { "!a:x", "!b:x", "!c:x" };
    struct fixture *f = calloc(1, sizeof *f);
    if (store_open(NULL, &f->store, NULL) != STORE_OPENED)
        return -1;
    f->arena = arena_create();
    store_begin(f->store);
    for (int i = 0; i < 3; i++) {
        f->rooms[i] = room_ensure(f->store, ids[i]);
        room_set(f->store, f->rooms[i], "membership", "join");
        f->items[i] = add_item(f, f->rooms[i], i);
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_destroy(f->arena);
    store_close(f->store);
    free(f);
    return 0;
}

static void set(struct fixture *f, const char *key, int item, int64_t due_ms)
{
    timer_set(
        f->store,
        &(struct timer){
            .key = key, .due_ms = due_ms, .what = "close", .item = f->items[item], .needs_barrier = true });
}

/* A timer that cannot fire for another reason must not keep later ones from being listened for. */
static void timer_next_barrier_ms__looks_past_what_waits_for_something_else(void **state)
{
    struct fixture *f = *state;
    set(f, "left", 0, 100);
    set(f, "held", 1, 200);
    set(f, "heard", 2, 300);
    set(f, "next", 2, 400);
    room_set(f->store, f->rooms[0], "membership", "leave");
    room_set_hold(f->store, f->rooms[1], 50);
    assert_int_equal(timer_next_barrier_ms(f->store, 350, 0), 300);
    assert_int_equal(timer_next_barrier_ms(f->store, 350, 301), 400);
    room_set_hold(f->store, f->rooms[1], 0);
    assert_int_equal(timer_next_barrier_ms(f->store, 350, 0), 200);
    assert_int_equal(timer_next_barrier_ms(f->store, 350, 401), INT64_MAX);
}

static void timer_next_barrier_ms__looks_past_what_is_held(void **state)
{
    struct fixture *f = *state;
    set(f, "held", 1, 200);
    set(f, "next", 2, 400);
    assert_int_equal(timer_next_barrier_ms(f->store, 210, 100), 200);
    timer_hold(f->store, "held", 900);
    assert_int_equal(timer_next_barrier_ms(f->store, 210, 100), 400);
    assert_int_equal(timer_next_barrier_ms(f->store, 900, 100), 200);
    assert_int_equal(timer_next_barrier_ms(f->store, 900, 201), 400);
}

/* Asked for at the very instant at which it came due is not after it. */
static void timer_next_due__needs_a_barrier_from_after_it(void **state)
{
    struct fixture *f = *state;
    struct timer timer;
    set(f, "close", 2, 300);
    assert_false(timer_next_due(f->store, 299, 1000, f->arena, &timer));
    assert_false(timer_next_due(f->store, 1000, 300, f->arena, &timer));
    assert_true(timer_next_due(f->store, 1000, 301, f->arena, &timer));
    assert_string_equal(timer.key, "close");
}

/* architecture.md: an urgent one waits 2 s at most for its barrier, and 10 s for a room on hold. */
static void urgent__waits_for_a_bounded_time_only(void **state)
{
    struct fixture *f = *state;
    struct timer timer;
    timer_set(f->store, &(struct timer){ .key = "ring",
                                         .due_ms = 300,
                                         .what = "ring",
                                         .item = f->items[0],
                                         .needs_barrier = true,
                                         .is_urgent = true });
    set(f, "close", 0, 200);
    assert_false(timer_next_due(f->store, 2299, 0, f->arena, &timer));
    assert_int_equal(timer_next_ms(f->store, 0), 200);
    assert_int_equal(timer_next_ms(f->store, 300), 2300);
    assert_true(timer_next_due(f->store, 2300, 0, f->arena, &timer));
    assert_string_equal(timer.key, "ring");
    assert_true(timer.is_urgent);
    assert_true(timer_next_due(f->store, 300, 301, f->arena, &timer));

    room_set_hold(f->store, f->rooms[0], 250);
    assert_false(timer_next_due(f->store, 10249, 301, f->arena, &timer));
    assert_int_equal(timer_next_ms(f->store, 2300), 10250);
    assert_true(timer_next_due(f->store, 10250, 0, f->arena, &timer));
    assert_string_equal(timer.key, "ring");
    assert_int_equal(timer_next_ms(f->store, 10250), INT64_MAX);
}

/* At one instant: by item, and within it by what is to be done. */
static void timer_next_due__has_one_order(void **state)
{
    static const char *const want[] = { "z", "y", "x" };
    struct fixture *f = *state;
    struct timer timer;
    timer_set(f->store, &(struct timer){ .key = "x", .due_ms = 300, .what = "a", .item = f->items[1] });
    timer_set(f->store, &(struct timer){ .key = "y", .due_ms = 300, .what = "b", .item = f->items[0] });
    timer_set(f->store, &(struct timer){ .key = "z", .due_ms = 300, .what = "a", .item = f->items[0] });
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_true(timer_next_due(f->store, 300, 0, f->arena, &timer));
        assert_string_equal(timer.key, want[i]);
        timer_remove(f->store, timer.key);
    }
}

/* ---- Many timers ---- */

/* What all statements of the store have done since they were counted last: steps of SQLite's machine, and steps through
 * whole tables or indexes. */
struct work {
    int n_steps, n_scanned;
};

static struct work count_work(struct fixture *f)
{
    struct work work = { 0 };
    for (sqlite3_stmt *s = sqlite3_next_stmt(f->store->db, NULL); s; s = sqlite3_next_stmt(f->store->db, s)) {
        work.n_steps += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
        work.n_scanned += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
    }
    return work;
}

/* n of them, one a millisecond from then on, every other one wants a barrier, and some are held. */
static void set_many(struct fixture *f, int64_t from_ms, int64_t n)
{
    store_run(
        f->store,
        "INSERT INTO timer(key, due_ms, what, item, needs_barrier, held_until_ms)"
        " WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i + 1 < ?2)"
        " SELECT ?1 + i || 'k', ?1 + i, 'close', ?3, i % 2, CASE WHEN i % 1000 = 999 THEN ?1 + i + 5 END"
        " FROM k",
        "iii", from_ms, n, f->items[2]);
}

/* One look of the daemon at its timers, when nothing is due and something has just changed. */
static struct work look(struct fixture *f, int64_t now_ms)
{
    struct timer timer;
    set(f, "newest", 0, now_ms + 7000); /* what was known of the table is known no longer */
    (void)count_work(f);
    assert_false(timer_next_due(f->store, now_ms, now_ms, f->arena, &timer));
    assert_int_equal(timer_next_ms(f->store, 0), now_ms + 1);
    assert_int_equal(timer_next_ms(f->store, now_ms + 1), now_ms + 2);
    assert_int_equal(timer_next_barrier_ms(f->store, now_ms, now_ms), now_ms + 2);
    assert_false(timer_is_left_before(f->store, now_ms));
    return count_work(f);
}

static void timers__are_found_in_as_many_steps__of_one_and_of_fifty_thousand(void **state)
{
    struct fixture *f = *state;
    set_many(f, 10001, 1000);
    struct work few = look(f, 10000);
    set_many(f, 11001, 50000);
    struct work many = look(f, 10000);
    assert_int_equal(many.n_scanned, few.n_scanned);
    assert_in_range(many.n_steps, few.n_steps, few.n_steps + few.n_steps / 4);
}

/* A thousand due at once: each is found, and taken away, by itself. */
static void timers__that_are_due_at_once__cost_the_same_each(void **state)
{
    enum { DUE = 1000 };
    struct fixture *f = *state;
    struct timer timer;
    int n = 0, most = 0;
    set_many(f, 100000, 50000);
    store_run(f->store, "UPDATE timer SET due_ms = 100000, held_until_ms = NULL WHERE due_ms < ?1", "i",
              (int64_t)100000 + DUE);
    (void)count_work(f);
    while (timer_next_due(f->store, 100000, 100001, f->arena, &timer)) {
        timer_remove(f->store, timer.key);
        struct work work = count_work(f);
        most = work.n_steps > most ? work.n_steps : most;
        assert_int_equal(work.n_scanned, 0);
        n++;
    }
    assert_int_equal(n, DUE);
    assert_in_range(most, 1, 300);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(timer_next_barrier_ms__looks_past_what_waits_for_something_else),
        TEST(timer_next_barrier_ms__looks_past_what_is_held),
        TEST(timer_next_due__needs_a_barrier_from_after_it),
        TEST(timer_next_due__has_one_order),
        TEST(urgent__waits_for_a_bounded_time_only),
        TEST(timers__are_found_in_as_many_steps__of_one_and_of_fifty_thousand),
        TEST(timers__that_are_due_at_once__cost_the_same_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
