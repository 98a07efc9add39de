/* engine/lifecycle: who may, asked directly; what a refusal says, and to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/command.h"

enum { NOW = 1000000, STATE_OPEN = 1, STATE_CLOSED, STATES };

static struct bench {
    struct store *store;
    struct arena *arena;
    struct engine *engine;
    struct turn turn;
    struct event event;
    struct item item;
    int n_run;
} bench;

static enum outcome run(struct turn *turn, struct item *item, const struct act_request *request)
{
    (void)turn;
    (void)item;
    (void)request;
    bench.n_run++;
    return OUTCOME_DONE;
}

static const struct transition transitions[] = {
    { STATE(STATE_OPEN), ACT_CANCEL, WHO_OWNER, run },
    { STATE(STATE_OPEN), ACT_DEADLINE, WHO_ITSELF, run },
    { STATE(STATE_OPEN), ACT_RESCHEDULE, WHO_ITSELF, run },
    { 0, ACT_NONE, WHO_ITSELF, NULL },
};
static const char *const state_names[STATES] = { [STATE_OPEN] = "open", [STATE_CLOSED] = "closed" };
static const struct habit habit = { .prefix = "TST",
                                    .folder = "test",
                                    .transitions = transitions,
                                    .open_states = STATE(STATE_OPEN),
                                    .state_names = state_names,
                                    .n_states = STATES };
static const struct command *const no_commands[] = { NULL };
static const struct habit *const habits[] = { &habit, NULL };

static int64_t make_room(const char *room_id)
{
    static const char power[] = "{\"users\":{\"@mona:x\":50,\"@dan:x\":-1,\"@gone:x\":100}}";
    static const char *const people[] = { "@olga:x", "@bob:x", "@mona:x", "@root:x", "@dan:x" };
    int64_t room = room_ensure(bench.store, room_id);
    struct json_object *levels = json_parse(power, sizeof power - 1);
    room_set(bench.store, room, "membership", "join");
    room_set_power(bench.store, room, levels);
    json_object_put(levels);
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        room_set_member(bench.store, room, people[i], "join", NULL);
    room_set_member(bench.store, room, "@gone:x", "leave", NULL);
    return room;
}

static int setup(void **state)
{
    (void)state;
    static const char *const admins[] = { "@root:x", NULL }, *const bots[] = { NULL };
    bench = (struct bench){ .n_run = 0 };
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.arena = arena_create();
    bench.engine = engine_create(bench.store,
                                 &(struct engine_settings){ .me = "@greffier:x",
                                                            .lang = "en",
                                                            .zone = "UTC",
                                                            .hours = "mon-fri 09:00-17:00",
                                                            .prefix = "!",
                                                            .admins = admins,
                                                            .bots = bots },
                                 no_commands, habits);
    store_begin(bench.store);
    int64_t room = make_room("!ops:x");
    bench.event = (struct event){ .id = "$event", .kind = EVENT_MESSAGE, .room = room, .at_ms = NOW };
    bench.turn = (struct turn){ .engine = bench.engine,
                                .store = bench.store,
                                .arena = bench.arena,
                                .now_ms = NOW,
                                .cause = "$event",
                                .event = &bench.event,
                                .origin = "$event" };
    turn_enter_room(&bench.turn, room);
    store_run(bench.store,
              "INSERT INTO item(id, uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES(1, 'u', 'TST', 1, ?1, 1, '@olga:x', '@olga:x', '$c', 1)",
              "i", room);
    bench.item = (struct item){
        .id = 1, .name = "TST-1", .habit = &habit, .room = room, .state = STATE_OPEN, .owner = "@olga:x"
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_rollback(bench.store);
    engine_destroy(bench.engine);
    store_close(bench.store);
    arena_destroy(bench.arena);
    return 0;
}

/* Rights */

enum { ANYBODY = 1, OWNER = 2, OWNER_OR_MODERATOR = 4, MODERATOR = 8, ITSELF = 16 };

static int rights_of(const struct item *item, const char *person)
{
    return lifecycle_may(&bench.turn, item, person, WHO_ANYBODY) * ANYBODY |
           lifecycle_may(&bench.turn, item, person, WHO_OWNER) * OWNER |
           lifecycle_may(&bench.turn, item, person, WHO_OWNER_OR_MODERATOR) * OWNER_OR_MODERATOR |
           lifecycle_may(&bench.turn, item, person, WHO_MODERATOR) * MODERATOR |
           lifecycle_may(&bench.turn, item, person, WHO_ITSELF) * ITSELF;
}

static void lifecycle_may__gives_each_their_own_rights_and_no_more(void **state)
{
    (void)state;
    static const struct {
        const char *person;
        int of_item, of_room;
    } rows[] = {
        { "@olga:x", ANYBODY | OWNER | OWNER_OR_MODERATOR, ANYBODY },
        { "@bob:x", ANYBODY, ANYBODY },
        { "@mona:x", ANYBODY | OWNER_OR_MODERATOR | MODERATOR, ANYBODY | OWNER_OR_MODERATOR | MODERATOR },
        { "@root:x", ANYBODY | OWNER_OR_MODERATOR | MODERATOR, ANYBODY | OWNER_OR_MODERATOR | MODERATOR },
        { "@dan:x", 0, 0 }, /* below the level that messages need */
        { "@gone:x", 0, 0 }, /* with the level of an owner of the room, and not there */
        { "@nemo:x", 0, 0 },
        { NULL, ITSELF, ITSELF }, /* the engine has no right of a person */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rights_of(&bench.item, rows[i].person), rows[i].of_item);
        assert_int_equal(rights_of(NULL, rows[i].person), rows[i].of_room);
    }
}

/* The owner who has left is an owner no more, whatever their level was. */
static void lifecycle_may__asks_whether_the_owner_is_there(void **state)
{
    (void)state;
    bench.item.owner = "@gone:x";
    assert_int_equal(rights_of(&bench.item, "@gone:x"), 0);
}

/* It is the item's room that counts, not the one in which it is spoken of. */
static void lifecycle_may__goes_by_the_room_of_the_item(void **state)
{
    (void)state;
    int64_t other = make_room("!other:x");
    room_set_member(bench.store, other, "@zoe:x", "join", NULL);
    turn_enter_room(&bench.turn, other);
    assert_int_equal(rights_of(&bench.item, "@zoe:x"), 0);
    assert_int_equal(rights_of(NULL, "@zoe:x"), ANYBODY);
}

/* Refusals */

static const char *said(void)
{
    return store_str(bench.store, bench.arena, "SELECT template FROM outbox ORDER BY id DESC LIMIT 1", "");
}

static void try_act(enum act act, enum door door, const char *person)
{
    lifecycle_act(&bench.turn, &bench.item,
                  &(struct act_request){ .act = act, .door = door, .person = person, .text = "" });
}

static void lifecycle_knows__what_a_person_can_do(void **state)
{
    (void)state;
    struct item item = { .habit = &habit, .state = STATE_CLOSED };
    assert_true(lifecycle_knows(&item, ACT_CANCEL, EVERY_STATE));
    assert_false(lifecycle_knows(&item, ACT_CANCEL, STATE(STATE_CLOSED)));
    assert_false(lifecycle_knows(&item, ACT_DEADLINE, EVERY_STATE));
    assert_false(lifecycle_knows(&item, ACT_SKIP, EVERY_STATE));
}

static void lifecycle_act__runs_what_the_state_and_the_right_allow(void **state)
{
    (void)state;
    try_act(ACT_CANCEL, DOOR_COMMAND, "@olga:x");
    try_act(ACT_DEADLINE, DOOR_TIMER, NULL);
    assert_int_equal(bench.n_run, 2);
    assert_null(said());
}

static void lifecycle_act__tells_who_typed_why_not(void **state)
{
    (void)state;
    try_act(ACT_CANCEL, DOOR_COMMAND, "@bob:x");
    assert_int_equal(bench.n_run, 0);
    assert_string_equal(said(), "test/denied");
}

static void lifecycle_act__says_that_it_is_not_the_time(void **state)
{
    (void)state;
    bench.item.state = STATE_CLOSED;
    try_act(ACT_CANCEL, DOOR_WORD, "@olga:x");
    assert_int_equal(bench.n_run, 0);
    assert_string_equal(said(), "test/not-now");
}

static void lifecycle_act__answers_a_tap_only_if_it_asks_for_something(void **state)
{
    (void)state;
    try_act(ACT_CANCEL, DOOR_REACTION, "@bob:x");
    assert_null(said());
    try_act(ACT_EXTEND, DOOR_REACTION, "@bob:x");
    assert_string_equal(said(), "test/not-now");
}

/* A timer that comes too late, a consequence that means nothing here: nobody asked, nobody is told. */
static void lifecycle_act__says_nothing_to_nobody(void **state)
{
    (void)state;
    bench.item.state = STATE_CLOSED;
    try_act(ACT_DEADLINE, DOOR_TIMER, NULL);
    try_act(ACT_EXTEND, DOOR_CONSEQUENCE, NULL);
    assert_int_equal(bench.n_run, 0);
    assert_null(said());
}

static void lifecycle_act__speaks_of_an_item_as_its_own_room_does(void **state)
{
    (void)state;
    int64_t other = make_room("!other:x");
    turn_enter_room(&bench.turn, other);
    try_act(ACT_CANCEL, DOOR_COMMAND, "@bob:x");
    assert_int_equal(bench.turn.room.id, bench.item.room);
}

/* Each open item of whom it is about, whatever room this is said in, or none; one of a habit that is not known is left. */
static void lifecycle_reschedule__reaches_what_is_open_and_known(void **state)
{
    (void)state;
    store_run(
        bench.store,
        "INSERT INTO item(id, uuid, prefix, number, room, state, owner, author, cause, opened_ms, closed_ms)"
        " VALUES(2, 'v', 'TST', 2, ?1, 1, '@olga:x', '@olga:x', '$d', 1, 7),"
        "  (3, 'w', 'OLD', 1, ?1, 1, '@olga:x', '@olga:x', '$e', 1, NULL)",
        "i", bench.item.room);
    store_run(bench.store,
              "INSERT INTO asked(item, person) VALUES(1, '@bob:x'), (2, '@bob:x'), (3, '@bob:x')", "");
    int64_t other = make_room("!other:x");
    turn_enter_room(&bench.turn, other);
    bench.turn.about = 7;
    lifecycle_reschedule(&bench.turn, "@bob:x");
    assert_int_equal(bench.n_run, 1);
    assert_int_equal(bench.turn.room.id, other);
    assert_int_equal(bench.turn.about, 7);
    lifecycle_reschedule(&bench.turn, "@mona:x"); /* nobody asks her anything */
    assert_int_equal(bench.n_run, 1);
    bench.turn.room.id = 0; /* a timer's turn */
    lifecycle_reschedule(&bench.turn, "@bob:x");
    assert_int_equal(bench.n_run, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lifecycle_may__gives_each_their_own_rights_and_no_more),
        TEST(lifecycle_may__asks_whether_the_owner_is_there),
        TEST(lifecycle_may__goes_by_the_room_of_the_item),
        TEST(lifecycle_knows__what_a_person_can_do),
        TEST(lifecycle_act__runs_what_the_state_and_the_right_allow),
        TEST(lifecycle_act__tells_who_typed_why_not),
        TEST(lifecycle_act__says_that_it_is_not_the_time),
        TEST(lifecycle_act__answers_a_tap_only_if_it_asks_for_something),
        TEST(lifecycle_act__says_nothing_to_nobody),
        TEST(lifecycle_reschedule__reaches_what_is_open_and_known),
        TEST(lifecycle_act__speaks_of_an_item_as_its_own_room_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
