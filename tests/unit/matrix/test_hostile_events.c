/* What hostile people and homeservers put into rooms: forged, alike, in circles, out of time, in floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#include "../sample.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/apply.h"
#include "matrix/http.h"
#include "matrix/take.h"
#include "store/invite.h"
#include "store/message.h"
#include "store/room.h"
#include "world.h"

enum { MINUTE_MS = 60 * 1000, FLOOD = 10000 };

struct fixture {
    struct world *world;
    struct http *http;
    struct client client;
    struct intake *intake;
    int n_own;
};

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    (void)room, (void)event_id, (void)txn, (void)content_txn;
    ((struct fixture *)data)->n_own++;
}

static bool may_invite(void *data, const char *user_id)
{
    (void)data;
    return strcmp(user_id, "@alice:x") == 0;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    log_set_level(LOG_LEVEL_ERROR + 1);
    f->world = world_create(NULL);
    f->http = http_create("http://127.0.0.1:1", NULL);
    f->client = (struct client){
        .http = f->http, .store = f->world->store, .engine = f->world->engine, .me = WORLD_ME
    };
    client_init(&f->client, f->world->now_ms);
    f->intake = intake_create(&f->client, &(struct intake_settings){ .wants = engine_wants,
                                                                     .only_stops = engine_only_stops,
                                                                     .apply = engine_event,
                                                                     .on_own_event = on_own_event,
                                                                     .may_invite = may_invite,
                                                                     .data = f });
    intake_reload(f->intake);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    intake_destroy(f->intake);
    world_check_store(f->world);
    http_destroy(f->http);
    world_destroy(f->world);
    free(f);
    return 0;
}

/* An answer to /sync is applied, and committed. */
static void take(struct fixture *f, const char *text)
{
    struct json_object *json = json_parse(text, strlen(text));
    assert_non_null(json);
    take_answer(f->intake, &(struct take_answer){
                               .json = json, .since = "s1", .before_ms = f->client.now_ms - MINUTE_MS });
    json_object_put(json);
    assert_true(intake_commit(f->intake));
    while (apply_drain(f->intake))
        ;
}

static void take_events(struct fixture *f, const char *room_id, const char *events)
{
    char *text =
        xasprintf("{\"rooms\":{\"join\":{\"%s\":{\"timeline\":{\"events\":[%s]}}}}}", room_id, events);
    take(f, text);
    free(text);
}

#define EVENT(id, sender, more) EVENT_AT(id, sender, "1795510800000", more)
#define EDIT(of, body)                                                                                       \
    "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"* " body "\","               \
    "\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"" body "\"},"                                      \
    "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"" of "\"}}"

static int64_t state_of_decision(struct fixture *f)
{
    return store_int(f->world->store, 0, "SELECT state FROM item WHERE prefix = 'DEC' AND number = 1", "");
}

static const char *record(struct fixture *f)
{
    return engine_show_text(f->world->engine, "DEC-1", "en", f->world->now_ms, f->world->arena);
}

static int64_t n_said(struct fixture *f)
{
    return store_int(f->world->store, 0, "SELECT count(*) FROM outbox", "");
}

enum { OPEN = 1, BLOCKED = 2 };

/* The event that opened DEC-1. */
static const char *opening(struct fixture *f)
{
    return store_str(f->world->store, f->world->arena, "SELECT cause FROM item WHERE prefix = 'DEC'", "");
}

/* Who says it */

static void join_as(struct fixture *f, const char *id, const char *person, const char *name)
{
    char *event =
        xasprintf("{\"event_id\":\"%s\",\"sender\":\"%s\",\"state_key\":\"%s\",\"type\":\"m.room.member\","
                  "\"content\":{\"membership\":\"join\",\"displayname\":\"%s\"}}",
                  id, person, person, name);
    take_events(f, WORLD_OPS, event);
    free(event);
}

/* Strangers called like alice, or with her id for a name, try to end what is hers; an id with something unseen is no id. */
static void people__are_known_by_id__whatever_they_are_called(void **state)
{
    struct fixture *f = *state;
    join_as(f, "$h1", "@nina:x", "alice");
    join_as(f, "$h2", "@oleg:x", "@alice:x");
    join_as(f, "$h3", "@pia:x", "alice (@alice:x)");
    join_as(f, "$h4", "@al\\u200bice:x", "alice");
    take_events(
        f, WORLD_OPS,
        EVENT("$h5", "@nina:x", TEXT("!cancel DEC-1")) "," EVENT(
            "$h6", "@oleg:x",
            TEXT("!cancel DEC-1")) "," EVENT("$h7", "@pia:x",
                                             TEXT("!settle DEC-1 mine")) "," EVENT("$h8", "@al\\u200bice:x",
                                                                                   TEXT("!cancel DEC-1")));
    assert_int_equal(state_of_decision(f), OPEN);
    assert_null(room_membership(f->world->store, f->world->ops, "@al\u200bice:x", f->world->arena));
    static const char *const shown[][2] = { { "@nina:x", "alice (@nina:x)" },
                                            { "@oleg:x", "@alice:x (@oleg:x)" },
                                            { "@pia:x", "alice (@alice:x) (@pia:x)" },
                                            { "@alice:x", "alice (@alice:x)" } };
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        assert_string_equal(room_person_name(f->world->store, f->world->ops, shown[i][0], f->world->arena),
                            shown[i][1]);
}

/* A full id that is typed names one person, though another has it for a name. */
static void people__are_named_by_their_full_id(void **state)
{
    struct fixture *f = *state;
    join_as(f, "$h1", "@oleg:x", "@bob:x");
    store_begin(f->world->store);
    world_say(f->world, "@alice:x", "!decide Another\nasked: @bob:x\ndeadline: tomorrow 12:00");
    assert_int_equal(store_int(f->world->store, 0,
                               "SELECT count(*) FROM asked a JOIN item i ON i.id = a.item"
                               " WHERE i.number = 2 AND a.person = '@bob:x'",
                               ""),
                     1);
    store_rollback(f->world->store);
}

/* Our own id as the sender, with a transaction id of another device or of none: never a command. */
static void own_events__are_never_commands__whoever_made_them(void **state)
{
    struct fixture *f = *state;
    int64_t before = n_said(f);
    take_events(
        f, WORLD_OPS,
        EVENT("$h1", WORLD_ME, TEXT("!cancel DEC-1") ",\"unsigned\":{\"transaction_id\":\"other-device\"}") "," EVENT(
            "$h2", WORLD_ME,
            TEXT(
                "!help")) "," EVENT("$h3", WORLD_ME,
                                    "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{\"rel_type\":\"m.annotation\","
                                    "\"event_id\":\"$sent1\",\"key\":\"\u26d4\"}}"));
    assert_int_equal(f->n_own, 3);
    assert_int_equal(state_of_decision(f), OPEN);
    assert_int_equal(n_said(f), before);
}

/* Row 24: a bot, a notice, and a command that only stands in a quote get no answer; who writes notices is a bot from then on. */
static void bots__are_never_answered(void **state)
{
    struct fixture *f = *state;
    int64_t before = n_said(f);
    take_events(
        f, WORLD_OPS,
        EVENT("$h1", "@robot:x", TEXT("!help")) "," EVENT("$h2", "@carol:x", "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.notice\",\"body\":\"!help\"}") "," EVENT(
            "$h3", "@carol:x",
            TEXT("!help")) "," EVENT("$h4", "@bob:x", TEXT("> <@alice:x> !cancel DEC-1\\n\\nwhat is that?")));
    assert_int_equal(n_said(f), before);
    assert_int_equal(state_of_decision(f), OPEN);
}

/* Row 6: once a room is encrypted it stays so, and what is not encrypted in it says nothing. */
static void rooms__stay_encrypted__and_plain_words_count_for_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t before = n_said(f);
    take_events(
        f, WORLD_OPS,
        EVENT("$h1", "@alice:x", "\"type\":\"m.room.encryption\",\"state_key\":\"\",\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\"}") "," EVENT(
            "$h2", "@alice:x", "\"type\":\"m.room.encryption\",\"state_key\":\"\",\"content\":{}"));
    char *edit =
        xasprintf(EVENT("$h4", "@alice:x", EDIT("%s", "!decide Other by tomorrow 12:00")), opening(f));
    take_events(f, WORLD_OPS, EVENT("$h3", "@alice:x", TEXT("!cancel DEC-1")));
    take_events(f, WORLD_OPS, edit);
    free(edit);
    assert_int_equal(state_of_decision(f), OPEN);
    assert_non_null(strstr(record(f), "Two-step review"));
    assert_int_equal(n_said(f), before);
}

/* Row 7: an edit or redaction counts only by the author, in the room, of the original. */
static void edits__change_nothing__that_is_not_theirs(void **state)
{
    struct fixture *f = *state;
    const char *of = opening(f);
    char *by_other = xasprintf(EVENT("$h1", "@bob:x", EDIT("%s", "!decide Bad by tomorrow 12:00")), of);
    char *elsewhere = xasprintf(EVENT("$h2", "@alice:x", EDIT("%s", "!decide Bad by tomorrow 12:00")), of);
    char *first = xasprintf(EVENT("$h3", "@alice:x", EDIT("%s", "!decide Good by tomorrow 12:00")), of);
    char *gone = xasprintf(
        EVENT("$h5", "@carol:x", "\"type\":\"m.room.redaction\",\"redacts\":\"%s\",\"content\":{}"), of);
    room_set_member(f->world->store, f->world->calm, "@alice:x", "join", NULL);
    take_events(f, WORLD_OPS, by_other);
    take_events(f, WORLD_CALM, elsewhere);
    take_events(f, WORLD_CALM, gone);
    assert_non_null(strstr(record(f), "Two-step review"));
    take_events(f, WORLD_OPS, first);
    take_events(f, WORLD_OPS, EVENT("$h4", "@alice:x", EDIT("$h3", "!decide Bad by tomorrow 12:00")));
    assert_non_null(strstr(record(f), "Good"));
    assert_null(strstr(record(f), "Bad"));
    free(by_other);
    free(elsewhere);
    free(first);
    free(gone);
}

/* The same event id with other words, later or in another room: applied once, as it first came. */
static void events__count_once__whatever_comes_under_their_id(void **state)
{
    struct fixture *f = *state;
    take_events(f, WORLD_OPS, EVENT("$h1", "@bob:x", TEXT("!agree DEC-1")));
    take_events(f, WORLD_OPS, EVENT("$h1", "@alice:x", TEXT("!cancel DEC-1")));
    take_events(f, WORLD_CALM, EVENT("$h1", "@carol:x", TEXT("!help")));
    assert_int_equal(state_of_decision(f), OPEN);
    assert_int_equal(store_int(f->world->store, 0, "SELECT count(*) FROM act", ""), 1);
}

/* Where */

/* Row 12: a tombstone leads nowhere by itself, in a circle or not; nothing is joined, nothing moves. */
static void tombstones__are_not_followed(void **state)
{
    struct fixture *f = *state;
#define ROOMS                                                                                                \
    "SELECT count(*) FROM room WHERE membership <> 'wanted'" /* where an admin is to be asked is none */
    int64_t n_rooms = store_int(f->world->store, 0, ROOMS, "");
#define TOMBSTONE(id, to) EVENT(id, "@mallory:x", REPLACED_BY(to))
#define PREDECESSOR(id, of)                                                                                  \
    EVENT(id, "@mallory:x",                                                                                  \
          "\"type\":\"m.room.create\",\"state_key\":\"\",\"content\":{\"room_version\":\"10\","              \
          "\"predecessor\":{\"room_id\":\"" of "\",\"event_id\":\"$x\"}}")
    take_events(f, WORLD_OPS, TOMBSTONE("$h1", "!evil:x") "," PREDECESSOR("$h2", WORLD_CALM));
    take_events(f, WORLD_CALM, TOMBSTONE("$h3", WORLD_OPS) "," PREDECESSOR("$h4", WORLD_OPS));
    take_events(f, "!direct:x", TOMBSTONE("$h5", "!direct:x") "," TOMBSTONE("$h6", "no room"));
    assert_int_equal(store_int(f->world->store, 0, ROOMS, ""), n_rooms);
    assert_int_equal(store_int(f->world->store, 0, "SELECT count(*) FROM invite", ""), 0);
    assert_null(room_value(f->world->store, f->world->direct, "successor", f->world->arena));
    take_events(f, WORLD_OPS, EVENT("$h7", "@bob:x", TEXT("!agree DEC-1")));
    assert_int_equal(store_int(f->world->store, 0, "SELECT count(*) FROM act", ""), 1);
}

/* Row 13: kicked, and back: nothing said meanwhile counts, the item is there again. */
static void rooms__go_on__after_a_kick(void **state)
{
    struct fixture *f = *state;
#define OWN(id, sender, membership) EVENT(id, sender, MEMBER(WORLD_ME, membership))
    take(f, "{\"rooms\":{\"leave\":{\"" WORLD_OPS
            "\":{\"timeline\":{\"events\":[" OWN("$h1", "@mallory:x", "ban") "]}}}}}");
    take_events(f, "!other:x", EVENT("$h2", "@alice:x", TEXT("!cancel DEC-1")));
    /* Nothing but the word to the admin. */
    assert_int_equal(store_int(f->world->store, 0,
                               "SELECT count(*) FROM outbox WHERE state < 2 AND template <> 'room/removed'",
                               ""),
                     0);
    take_events(f, WORLD_OPS,
                EVENT("$h3", "@alice:x", TEXT("!cancel DEC-1")) "," OWN("$h4", WORLD_ME, "join"));
    assert_int_equal(state_of_decision(f), OPEN);
    f->client.now_ms += MINUTE_MS;
    assert_true(room_has_joined(f->world->store, f->world->ops, WORLD_ME));
}

/* When: row 26 */

static void times__are_the_clock_s__whatever_the_homeserver_claims(void **state)
{
    struct fixture *f = *state;
    static const char *const claims[] = {
        /* The early ones first: this clock stands still, and what is older than a person's last act undoes nothing. */
        "0", "-9223372036854775808", "\"1\"", "1e30", "9223372036854775807", "32503680000000"
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        char *event = xasprintf("{\"event_id\":\"$t%zu\",\"sender\":\"@bob:x\",\"origin_server_ts\":%s," TEXT(
                                    "!object DEC-1 too slow") "}",
                                i, claims[i]);
        take_events(f, WORLD_OPS, event);
        free(event);
        event = xasprintf("{\"event_id\":\"$u%zu\",\"sender\":\"@bob:x\",\"origin_server_ts\":%s," TEXT(
                              "!withdraw DEC-1") "}",
                          i, claims[i]);
        take_events(f, WORLD_OPS, event);
        free(event);
    }
    assert_int_equal(store_int(f->world->store, 0, "SELECT count(*) FROM act", ""), 6);
    assert_int_equal(store_int(f->world->store, 0,
                               "SELECT count(*) FROM act WHERE at_ms NOT BETWEEN ?1 AND ?2", "ii",
                               f->client.now_ms - MINUTE_MS, f->client.now_ms),
                     0);
}

/* Floods */

/* Row 11: of strangers nothing is kept, of those who may invite no more than the bound. */
static void invites__in_thousands__are_bounded(void **state)
{
    struct fixture *f = *state;
    static const char *const inviters[] = { "@stranger:evil", "@alice:x" };
    int64_t n_rooms = store_int(f->world->store, 0, "SELECT count(*) FROM room", "");
    for (size_t who = 0; who < 2; who++) {
        for (int i = 0; i < sample_of(FLOOD, FLOOD / 5) / 10; i++) {
            char text[8192] = "{\"rooms\":{\"invite\":{";
            for (int j = 0; j < 10; j++)
                snprintf(text + strlen(text), sizeof text - strlen(text),
                         "%s\"!flood%d-%d:x\":{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\","
                         "\"sender\":\"%s\",\"state_key\":\"" WORLD_ME "\","
                         "\"content\":{\"membership\":\"invite\"}}]}}",
                         j ? "," : "", i, j, inviters[who]);
            strcat(text, "}}}");
            take(f, text);
        }
        assert_int_equal(store_int(f->world->store, 0, "SELECT count(*) FROM invite", ""),
                         who == 0 ? 0 : INVITES_MAX);
    }
    assert_true(store_int(f->world->store, 0, "SELECT count(*) FROM room", "") <= n_rooms + INVITES_MAX);
}

/* Row 22: one person's thousand commands and reminders; another's reminder is said in the batch in which it is due. */
static void floods__keep_nobody_else_s_reminder_waiting(void **state)
{
    struct fixture *f = *state;
    store_begin(f->world->store);
    struct json_object *granted = json_parse("{\"DEC\":9999,\"RMD\":9999}", 23);
    engine_reserve_numbers(f->world->engine, granted);
    json_object_put(granted);
    world_say(f->world, "@carol:x", "!remind me of this in 1 hour");
    for (int i = 0; i < 200; i++) {
        world_say(f->world, "@bob:x", "!remind me of this in 2 hours");
        world_say(f->world, "@bob:x", "!decide Flood by tomorrow 16:00");
        world_say(f->world, "@bob:x", "!search flood");
    }
    int64_t due_ms = f->world->now_ms + INT64_C(60) * MINUTE_MS;
    assert_int_equal(engine_timers(f->world->engine, due_ms, due_ms + 1, (struct outage){ 0 }, 256), 1);
    assert_int_equal(store_int(f->world->store, 0,
                               "SELECT count(*) FROM outbox WHERE template = 'reminder/due'"
                               " AND mentions LIKE '%carol%'",
                               ""),
                     1);
    assert_true(store_commit(f->world->store, NULL));
}

/* Row 14: among a thousand odd events in one answer, the one that is good is heard. */
static void answers__full_of_nonsense__hide_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const odd[] = { "null",
                                       "7",
                                       "[]",
                                       "{}",
                                       "{\"event_id\":\"$o\"}",
                                       EVENT("$o", "@bob:x", "\"type\":7,\"content\":[]"),
                                       EVENT("$o", "@bob:x",
                                             "\"type\":\"m.room.member\",\"state_key\":{},\"content\":{}"),
                                       EVENT("$o", "not an id", TEXT("!cancel DEC-1")) };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "%s,", odd[i % 8]);
    buf_puts(&text, EVENT("$good", "@bob:x", TEXT("!object DEC-1 too slow")));
    take_events(f, WORLD_OPS, text.text);
    buf_finish(&text);
    assert_int_equal(state_of_decision(f), BLOCKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(people__are_known_by_id__whatever_they_are_called),
        TEST(people__are_named_by_their_full_id),
        TEST(own_events__are_never_commands__whoever_made_them),
        TEST(bots__are_never_answered),
        TEST(rooms__stay_encrypted__and_plain_words_count_for_nothing),
        TEST(edits__change_nothing__that_is_not_theirs),
        TEST(events__count_once__whatever_comes_under_their_id),
        TEST(tombstones__are_not_followed),
        TEST(rooms__go_on__after_a_kick),
        TEST(times__are_the_clock_s__whatever_the_homeserver_claims),
        TEST(invites__in_thousands__are_bounded),
        TEST(floods__keep_nobody_else_s_reminder_waiting),
        TEST(answers__full_of_nonsense__hide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
