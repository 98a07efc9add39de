/* store/room: levels in every room version, and people by their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/facts.h"
#include "store/room.h"

struct fixture {
    struct store *store;
    struct arena *arena;
    int64_t room;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct err err;
    assert_int_equal(store_open(NULL, &fixture.store, &err), STORE_OPENED);
    fixture.arena = arena_create();
    store_begin(fixture.store);
    fixture.room = room_ensure(fixture.store, "!room:example.org");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    arena_destroy(f->arena);
    return 0;
}

static void set_json(struct fixture *f, void (*set)(struct store *, int64_t, struct json_object *),
                     const char *text)
{
    struct json_object *value = text ? json_parse(text, strlen(text)) : NULL;
    set(f->store, f->room, value);
    json_object_put(value);
}

static void room_level__follows_the_rules_of_the_version(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *version, *creators, *power, *person;
        int64_t want;
    } rows[] = {
        { "10", "[\"@a:x\"]", NULL, "@a:x", 100 },
        { "10", "[\"@a:x\"]", NULL, "@b:x", 0 },
        { "11", "[\"@a:x\",\"@c:x\"]", NULL, "@c:x", 0 },
        { "12", "[\"@a:x\",\"@c:x\"]", "{}", "@c:x", LEVEL_CREATOR },
        { "12", "[\"@a:x\"]", "{\"users\":{\"@b:x\":50}}", "@b:x", 50 },
        { "10", "[\"@a:x\"]", "{\"users\":{\"@b:x\":\"50\"}}", "@b:x", 50 },
        { "10", "[\"@a:x\"]", "{\"users\":{\"@b:x\":[]},\"users_default\":7}", "@b:x", 7 },
        { "10", "[\"@a:x\"]", "{\"users\":[],\"users_default\":\"x\"}", "@b:x", 0 },
        { "12.mine", "[\"@a:x\"]", "{}", "@a:x", 0 },
        { "org.example.new", "[\"@a:x\"]", "{}", "@a:x", 0 },
        { "12", "[7,\"@a:x\"]", NULL, "@a:x", LEVEL_CREATOR },
        { "12", "[\"@a:x\"]", NULL, "@b:x", 0 },
        { "12", NULL, NULL, "@a:x", 0 },
        { "10", "[\"@a:x\"]", "{\"users\":{\"@b:x\":\"\"},\"users_default\":5}", "@b:x", 5 },
        { "10", "[\"@a:x\"]", "{\"users\":{\"@b:x\":\"50 \"}}", "@b:x", 0 },
        { "", "[\"@a:x\"]", NULL, "@a:x", 100 }, /* the id of this room is of the old kind */
        { NULL, "[\"@a:x\"]", NULL, "@a:x", 100 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        room_set(f->store, f->room, "version", rows[i].version);
        set_json(f, room_set_creators, rows[i].creators);
        set_json(f, room_set_power, rows[i].power);
        assert_int_equal(room_level(f->store, f->room, rows[i].person), rows[i].want);
    }
}

/* Since version 12 the id of a room has no server in it: where nobody tells the version, that does. */
static void room_level__knows_a_room_of_the_new_kind_by_its_id(void **state)
{
    struct fixture *f = *state;
    int64_t room = room_ensure(f->store, "!OGEhHVWSdvArJzumhm");
    struct json_object *creators = json_parse("[\"@a:x\"]", 8);
    room_set_creators(f->store, room, creators);
    json_object_put(creators);
    assert_int_equal(room_level(f->store, room, "@a:x"), LEVEL_CREATOR);
    assert_int_equal(room_level(f->store, 0, "@a:x"), 0); /* no room */
}

static void room_level_to_send__falls_back_to_the_defaults(void **state)
{
    struct fixture *f = *state;
    room_set(f->store, f->room, "version", "11");
    set_json(f, room_set_power, NULL);
    assert_int_equal(room_level_to_send(f->store, f->room, "m.room.message", false), 0);
    assert_int_equal(room_level_to_send(f->store, f->room, "m.room.topic", true), 50);
    set_json(f, room_set_power, "{\"events_default\":10,\"events\":{\"m.reaction\":20},\"kick\":30}");
    assert_int_equal(room_level_to_send(f->store, f->room, "m.room.message", false), 10);
    assert_int_equal(room_level_to_send(f->store, f->room, "m.reaction", false), 20);
    assert_int_equal(room_level_for(f->store, f->room, "kick"), 30);
    assert_int_equal(room_level_for(f->store, f->room, "invite"), 0);
}

static void room_find_person__knows_localparts_ids_and_names(void **state)
{
    struct fixture *f = *state;
    room_set_member(f->store, f->room, "@bob:example.org", "join", NULL);
    room_set_member(f->store, f->room, "@rob:example.org", "join", "Bob");
    room_set_member(f->store, f->room, "@zoe:example.org", "join", "Zoé");
    room_set_member(f->store, f->room, "@gone:example.org", "leave", NULL);
    assert_int_equal(room_find_person(f->store, f->room, "bob", f->arena).n, 2);
    assert_int_equal(room_find_person(f->store, f->room, "@bob:example.org", f->arena).n, 1);
    assert_int_equal(room_find_person(f->store, f->room, "zoe", f->arena).n, 1);
    assert_int_equal(room_find_person(f->store, f->room, "@ZOE", f->arena).n, 1);
    assert_int_equal(room_find_person(f->store, f->room, "gone", f->arena).n, 0);
}

static void room_person_name__never_lets_a_name_break_a_line(void **state)
{
    struct fixture *f = *state;
    room_set_member(f->store, f->room, "@eve:example.org", "join", "bob\n\u202eforged");
    assert_string_equal(room_person_name(f->store, f->room, "@eve:example.org", f->arena), "eve");
    room_set_member(f->store, f->room, "@eve:example.org", "join", "  ");
    assert_string_equal(room_person_name(f->store, f->room, "@eve:example.org", f->arena), "eve");
}

static void room_person_name__tells_apart_who_are_called_alike(void **state)
{
    struct fixture *f = *state;
    room_set_member(f->store, f->room, "@bob:example.org", "join", NULL);
    room_set_member(f->store, f->room, "@rob:example.org", "join", "Bob");
    room_set_member(f->store, f->room, "@zoe:example.org", "join", "Zoé");
    assert_string_equal(room_person_name(f->store, f->room, "@bob:example.org", f->arena),
                        "bob (@bob:example.org)");
    assert_string_equal(room_person_name(f->store, f->room, "@rob:example.org", f->arena),
                        "Bob (@rob:example.org)");
    assert_string_equal(room_person_name(f->store, f->room, "@zoe:example.org", f->arena), "Zoé");
}

static void take_leave(struct fixture *f, const char *membership, int64_t at_ms)
{
    const char *text = arena_printf(
        f->arena,
        "{\"type\":\"m.room.member\",\"state_key\":\"@ivan:example.org\",\"sender\":\"@ivan:example.org\","
        "\"event_id\":\"$m\",\"origin_server_ts\":%lld,\"content\":{\"membership\":\"%s\"}}",
        (long long)at_ms, membership);
    struct json_object *event = json_parse(text, strlen(text));
    facts_apply(f->store, f->room, event);
    json_object_put(event);
}

/* Of who left, came back, spoke and left again in one hole, the state tells the last leaving alone. */
static void room_was_in__goes_by_the_last_leaving__though_no_return_was_seen(void **state)
{
    struct fixture *f = *state;
    take_leave(f, "join", 1);
    take_leave(f, "leave", 10);
    assert_true(room_was_in(f->store, f->room, "@ivan:example.org", 10));
    assert_false(room_was_in(f->store, f->room, "@ivan:example.org", 11));
    take_leave(f, "leave", 20);
    assert_true(room_was_in(f->store, f->room, "@ivan:example.org", 15));
    take_leave(f, "leave", 10);
    assert_true(room_was_in(f->store, f->room, "@ivan:example.org", 15));
    assert_false(room_was_in(f->store, f->room, "@ivan:example.org", 21));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_level__follows_the_rules_of_the_version),
        cmocka_unit_test(room_level__knows_a_room_of_the_new_kind_by_its_id),
        cmocka_unit_test(room_level_to_send__falls_back_to_the_defaults),
        cmocka_unit_test(room_find_person__knows_localparts_ids_and_names),
        cmocka_unit_test(room_person_name__never_lets_a_name_break_a_line),
        cmocka_unit_test(room_person_name__tells_apart_who_are_called_alike),
        cmocka_unit_test(room_was_in__goes_by_the_last_leaving__though_no_return_was_seen),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
