/* console/line: a line is read as the console's contract says, and a hostile one is refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/line.h"

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static struct line read_text(void **state, const char *text)
{
    return line_read(*state, text, strlen(text));
}

static void assert_text(const char *got, const char *want)
{
    if (want)
        assert_string_equal(got ? got : "(none)", want);
    else
        assert_null(got);
}

static void line_read__knows_every_form_of_the_contract(void **state)
{
    static const struct {
        const char *input;
        enum line_kind kind;
        enum line_place place;
        const char *who, *item, *text, *key;
    } rows[] = {
        { "hello there", LINE_SAY, PLACE_HERE, NULL, NULL, "hello there", NULL },
        { "@bob: !agree DEC-1", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "!agree DEC-1", NULL },
        { "@bob:!agree DEC-1", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "!agree DEC-1", NULL },
        { "@bob:yes", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "yes", NULL },
        { "@bob: a: b: c", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "a: b: c", NULL },
        { "@bob: one\ntwo", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "one\ntwo", NULL },
        { "@bob: # heading", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "# heading", NULL },
        { "@bob:example.org: hi", LINE_SAY, PLACE_HERE, "@bob:example.org", NULL, "hi", NULL },
        { "@bob:example.org:8448: hi", LINE_SAY, PLACE_HERE, "@bob:example.org:8448", NULL, "hi", NULL },
        { "@bob:[2001:db8::1]: hi", LINE_SAY, PLACE_HERE, "@bob:[2001:db8::1]", NULL, "hi", NULL },
        { "@bob:[::1]:8448: hi", LINE_SAY, PLACE_HERE, "@bob:[::1]:8448", NULL, "hi", NULL },
        { "@bob:[]: hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "[]: hi", NULL },
        { "@bob:[::1: hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "[::1: hi", NULL },
        { "@bob:well:1x: hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "well:1x: hi", NULL },
        { "@bob:well:: hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "well:: hi", NULL },
        { "@bob:well:123456: hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "well:123456: hi", NULL },
        { "@bob:yes\nno", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "yes\nno", NULL },
        { "@bob:example.org dm: hi", LINE_SAY, PLACE_DM, "@bob:example.org", NULL, "hi", NULL },
        { "@bob:example.org says hi", LINE_SAY, PLACE_HERE, "@bob:local", NULL, "example.org says hi", NULL },
        { "@bob in DEC-1: looks good", LINE_SAY, PLACE_ITEM, "@bob:local", "DEC-1", "looks good", NULL },
        { "@bob in dec-023: ok", LINE_SAY, PLACE_ITEM, "@bob:local", "dec-023", "ok", NULL },
        { "@bob in thread: ok", LINE_SAY, PLACE_THREAD, "@bob:local", NULL, "ok", NULL },
        { "@bob dm: yes", LINE_SAY, PLACE_DM, "@bob:local", NULL, "yes", NULL },
        { "@bob 👍 DEC-1", LINE_REACT, PLACE_HERE, "@bob:local", "DEC-1", NULL, "👍" },
        { "@bob -👍 DEC-1", LINE_UNREACT, PLACE_HERE, "@bob:local", "DEC-1", NULL, "👍" },
        { "@bob 👍", LINE_REACT, PLACE_HERE, "@bob:local", NULL, NULL, "👍" },
        { "@bob 1️⃣", LINE_REACT, PLACE_HERE, "@bob:local", NULL, NULL, "1️⃣" },
        { "@bob 🤷🏽‍♀️ DEC-1", LINE_REACT, PLACE_HERE, "@bob:local", "DEC-1", NULL,
          "🤷🏽‍♀️" },
        { "@bob edits: !agree", LINE_EDIT, PLACE_HERE, "@bob:local", NULL, "!agree", NULL },
        { "@bob edits DEC-1: text", LINE_EDIT, PLACE_HERE, "@bob:local", "DEC-1", "text", NULL },
        { "@bob replies: 2", LINE_REPLY, PLACE_HERE, "@bob:local", NULL, "2", NULL },
        { "@bob replies DEC-1: agree", LINE_REPLY, PLACE_HERE, "@bob:local", "DEC-1", "agree", NULL },
        { "@bob redacts", LINE_REDACT, PLACE_HERE, "@bob:local", NULL, NULL, NULL },
        { "@bob redacts DEC-1", LINE_REDACT, PLACE_HERE, "@bob:local", "DEC-1", NULL, NULL },
        { "", LINE_BLANK, PLACE_HERE, NULL, NULL, NULL, NULL },
        { " \t ", LINE_BLANK, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "# a note", LINE_COMMENT, PLACE_HERE, NULL, NULL, "# a note", NULL },
        { "/at friday 17:00", LINE_AT, PLACE_HERE, NULL, NULL, "friday 17:00", NULL },
        { "/down", LINE_DOWN, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/up", LINE_UP, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/now", LINE_NOW, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/quit ", LINE_QUIT, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/help", LINE_HELP, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/kick", LINE_KICK, PLACE_HERE, NULL, NULL, NULL, NULL },
        { "/kick too chatty", LINE_KICK, PLACE_HERE, NULL, NULL, "too chatty", NULL },
        { "/invite", LINE_INVITE, PLACE_HERE, NULL, NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line line = read_text(state, rows[i].input);
        if (line.kind != rows[i].kind)
            print_error("%s -> kind %d: %s\n", rows[i].input, (int)line.kind, line.text);
        assert_int_equal(line.kind, rows[i].kind);
        assert_int_equal(line.place, rows[i].place);
        assert_text(line.who, rows[i].who);
        assert_text(line.item, rows[i].item);
        assert_text(line.text, rows[i].text);
        assert_text(line.key, rows[i].key);
    }
    assert_true(read_text(state, "@bob redacts card DEC-1").is_card);
}

static void line_read__refuses_what_it_cannot_read(void **state)
{
    static const char *const rows[] = {
        "@Bob: hi",
        "@bób: hi",
        "@: hi",
        "@",
        "@ bob: hi",
        "@bob",
        "@bob:",
        "@bob: ",
        "@bob agre DEC-1",
        "@bob ok",
        "@bob 👍 DEC-1 DEC-2",
        "@bob 👍 everything",
        "@bob 👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍",
        "@bob in: hi",
        "@bob in DEC-1 hi",
        "@bob in DEC-: hi",
        "@bob in DEC-99999999999999999999999999: hi",
        "@bob dm",
        "@bob edits hi",
        "@bob edits D-1: hi",
        "@bob edits DEC1: hi",
        "@bob edits nothing: hi",
        "@bob redacts all",
        "@bob redacts DEC-1 DEC-2",
        "@bob -",
        "@bob \u00A0",
        "@bob \xff",
        "@bob redacts card",
        "@bob! hi",
        "@bob\x01: hi",
        "/nonsense",
        "/roomy",
        "/at",
        "/wait",
        "/wait soon",
        "/wait -2h",
        "/wait 0m",
        "/wait 9999999999h",
        "/wait 400d",
        "/down later",
        "/up now",
        "/join",
        "/join bob",
        "/join @Bob",
        "/join @dan @bob",
        "/level @bob",
        "/level @bob lots",
        "/level @bob 101",
        "/level @bob -101",
        "/level @bob 5x",
        "/level @bob 99999999999999999999",
        "/room a=b",
        "/room #ops",
        "/room ops kind",
        "/room ops kind=",
        "/room ops colour=red",
        "/room ops people=bob",
        "/room ops people=@alice,,@bob",
        "/room ops people=@Alice",
        "/room ops:elsewhere",
        "/room \xff",
        "/room a-room-whose-name-goes-on-and-on-and-on-until-nobody-knows-any-more-what-it-was-to-be-called-at-first",
        "/room \u202Espo",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line line = read_text(state, rows[i]);
        if (line.kind != LINE_WRONG)
            print_error("%s was read\n", rows[i]);
        assert_int_equal(line.kind, LINE_WRONG);
        assert_non_null(line.text);
        assert_in_range(strlen(line.text), 1, 400);
    }
}

static void line_read__survives_bytes_that_are_no_text(void **state)
{
    static char longest[LINE_MAX_LEN + 2];
    memset(longest, 'a', sizeof longest - 1);
    assert_int_equal(line_read(*state, longest, LINE_MAX_LEN + 1).kind, LINE_WRONG);
    assert_int_equal(line_read(*state, longest, LINE_MAX_LEN).kind, LINE_SAY);
    memset(longest, '\xff', sizeof longest - 1);
    assert_int_equal(strlen(line_read(*state, longest, LINE_MAX_LEN).text), 3 * LINE_MAX_LEN);
    memset(longest, '@', sizeof longest - 1);
    assert_int_equal(line_read(*state, longest, LINE_MAX_LEN).kind, LINE_WRONG);
    assert_int_equal(line_read(*state, "@bob: a\0b", 9).kind, LINE_WRONG);
    assert_string_equal(read_text(state, "@bob: caf\xc3").text, "caf\uFFFD");
}

static void line_read__bounds_names_and_lists(void **state)
{
    struct buf {
        char text[8 * LINE_PEOPLE_MAX + 64];
    } list = { "/room ops people=@a" };
    char name[300] = "@";
    memset(name + 1, 'b', 248);
    assert_non_null(line_person_id(*state, name));
    name[249] = 'b';
    assert_null(line_person_id(*state, name));
    for (int i = 1; i < LINE_PEOPLE_MAX; i++)
        strcat(list.text, ",@a");
    assert_int_equal(read_text(state, list.text).room.n_people, LINE_PEOPLE_MAX);
    strcat(list.text, ",@a");
    assert_int_equal(read_text(state, list.text).kind, LINE_WRONG);
    static char option[1000] = "/room ops ";
    memset(option + strlen(option), 'k', sizeof option - strlen(option) - 2);
    option[sizeof option - 2] = '=';
    assert_in_range(strlen(read_text(state, option).text), 1, 400);
    struct line twice = read_text(state, "/room ops people=@a,@b,@c people=@d");
    assert_int_equal(twice.room.n_people, 1);
    assert_string_equal(twice.room.people[0], "@d:local");
}

static void line_read__reads_a_room(void **state)
{
    struct line line = read_text(
        state, "/room urgences kind=urgent lang=fr zone=Europe/Paris people=@alice,@bob:example.org");
    assert_int_equal(line.kind, LINE_ROOM);
    assert_string_equal(line.room.name, "urgences");
    assert_string_equal(line.room.kind, "urgent");
    assert_string_equal(line.room.lang, "fr");
    assert_string_equal(line.room.zone, "Europe/Paris");
    assert_int_equal(line.room.n_people, 2);
    assert_string_equal(line.room.people[0], "@alice:local");
    assert_string_equal(line.room.people[1], "@bob:example.org");
    assert_string_equal(read_text(state, "/room équipe").room.name, "équipe");
    assert_null(read_text(state, "/room").room.name);
    line = read_text(state, "/level @bob 50");
    assert_string_equal(line.person, "@bob:local");
    assert_int_equal(line.level, 50);
}

static void line_read_wait__adds_up_what_is_written(void **state)
{
    static const struct {
        const char *input;
        int64_t want_s;
    } rows[] = { { "2h", 7200 },   { "2 h", 0 },      { "90m", 5400 },      { "90min", 5400 },
                 { "1h30", 5400 }, { "1h30m", 5400 }, { "3d 4h", 273600 },  { "1w", 604800 },
                 { "45s", 45 },    { "1h30x", 0 },    { "366d", 31622400 }, { "366d 1s", 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t wait_ms = 0;
        assert_int_equal(line_read_wait(rows[i].input, &wait_ms), rows[i].want_s != 0);
        if (rows[i].want_s)
            assert_int_equal(wait_ms, rows[i].want_s * 1000);
    }
}

static void line_person_shown__is_what_was_typed(void **state)
{
    assert_string_equal(line_person_shown(*state, "@bob:local"), "@bob");
    assert_string_equal(line_person_shown(*state, "@bob:example.org"), "@bob:example.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_read__knows_every_form_of_the_contract),
        cmocka_unit_test(line_read__refuses_what_it_cannot_read),
        cmocka_unit_test(line_read__survives_bytes_that_are_no_text),
        cmocka_unit_test(line_read__bounds_names_and_lists),
        cmocka_unit_test(line_read__reads_a_room),
        cmocka_unit_test(line_read_wait__adds_up_what_is_written),
        cmocka_unit_test(line_person_shown__is_what_was_typed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
