/* store/history: what was added can be proved, and what somebody did to it beside the bot is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/history.h"
#include "store/room.h"

enum { ALL = 1000 };

struct bench {
    struct store *store;
    struct arena *arena;
};

static int setup(void **state)
{
    static struct bench bench;
    if (store_open(NULL, &bench.store, NULL) != STORE_OPENED)
        return -1;
    bench.arena = arena_create();
    store_begin(bench.store);
    int64_t room = room_ensure(bench.store, "!r:x");
    static const char *const what[] = { "opened", "agree", "asked again", "adopted" };
    for (int i = 0; i < 4; i++)
        history_add(bench.store, bench.arena,
                    &(struct history_line){ .room = room,
                                            .at_ms = 1000 + i,
                                            .person = i % 2 ? "@bob:x" : NULL,
                                            .event = "$e",
                                            .what = what[i],
                                            .detail = i == 2 ? "detail" : NULL });
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    store_close(bench->store);
    arena_destroy(bench->arena);
    return 0;
}

static void history_find_break__finds_none_in_what_was_only_added(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(history_find_break(bench->store, ALL), 0);
    store_run(bench->store, "DROP TRIGGER history_stays", "");
    store_run(bench->store, "DELETE FROM history", "");
    assert_int_equal(history_find_break(bench->store, ALL), 0);
}

static void history_find_break__finds_each_kind_of_change(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *change;
        int64_t broken;
    } cases[] = {
        { "UPDATE history SET what = 'object' WHERE id = 2", 2 },
        { "UPDATE history SET person = '@eve:x' WHERE id = 2", 2 },
        { "UPDATE history SET person = '@eve:x' WHERE id = 3", 3 },
        { "UPDATE history SET event = '$f' WHERE id = 4", 4 },
        { "UPDATE history SET at_ms = at_ms + 1 WHERE id = 1", 1 },
        { "UPDATE history SET detail = NULL WHERE id = 3", 3 },
        { "UPDATE history SET room = NULL WHERE id = 1", 1 },
        { "DELETE FROM history WHERE id = 1", 2 },
        { "DELETE FROM history WHERE id = 3", 4 },
        { "INSERT INTO history(at_ms, event, what, link) VALUES(2000, '$e', 'reopened', 'x')", 5 },
        { "UPDATE history SET id = CASE id WHEN 2 THEN 30 ELSE 20 END WHERE id IN (2, 3)", 4 },
    };
    store_run(bench->store, "DROP TRIGGER history_stays", "");
    store_run(bench->store, "DROP TRIGGER history_is", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        store_run(bench->store, "SAVEPOINT whole", "");
        store_run(bench->store, cases[i].change, "");
        assert_int_equal(history_find_break(bench->store, ALL), cases[i].broken);
        store_run(bench->store, "ROLLBACK TO whole", "");
    }
    assert_int_equal(history_find_break(bench->store, ALL), 0);
}

/* What is older than that is not read. */
static void history_find_break__looks_at_so_many_lines(void **state)
{
    struct bench *bench = *state;
    store_run(bench->store, "DROP TRIGGER history_is", "");
    store_run(bench->store, "UPDATE history SET what = 'object' WHERE id = 2", "");
    assert_int_equal(history_find_break(bench->store, 2), 0);
    assert_int_equal(history_find_break(bench->store, 3), 2);
}

/* They can be taken back; that they were said stays. */
static void history_find_break__leaves_the_words_of_people_alone(void **state)
{
    struct bench *bench = *state;
    store_run(bench->store, "INSERT INTO text(id, author, event, content) VALUES(7, '@bob:x', '$e', 'no')",
              "");
    history_add(bench->store, bench->arena,
                &(struct history_line){ .at_ms = 2000, .event = "$e", .what = "object", .text = 7 });
    store_run(bench->store, "UPDATE text SET content = '', is_emptied = 1 WHERE id = 7", "");
    assert_int_equal(history_find_break(bench->store, ALL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(history_find_break__finds_none_in_what_was_only_added),
        TEST(history_find_break__finds_each_kind_of_change),
        TEST(history_find_break__looks_at_so_many_lines),
        TEST(history_find_break__leaves_the_words_of_people_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
