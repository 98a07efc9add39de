/* What is encrypted on its way to the engine: read before its turn, and once, whenever its key comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/apply.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/take.h"
#include "peers.h"
#include "store/inbox.h"
#include "store/message.h"

enum { SEEN_BYTES = 4096 };

static struct bench {
    struct peer *alice, *bob;
    struct intake *intake; /* of bob */
    char applied[SEEN_BYTES], own[SEEN_BYTES];
} bench;

static void note(char *seen, const char *what)
{
    size_t len = strlen(seen);
    snprintf(seen + len, SEEN_BYTES - len, "%s, ", what);
}

static bool wants(struct engine *engine, const struct event *event)
{
    (void)engine;
    bool is_small_talk = event->body && strncmp(event->body, "small talk", strlen("small talk")) == 0;
    return event->kind != EVENT_UNREADABLE && !is_small_talk;
}

static enum turn_result apply(struct engine *engine, const struct event *event, int64_t now_ms)
{
    (void)engine;
    note(bench.applied, event->kind == EVENT_MESSAGE && !event->is_decrypted ? "in clear"
                        : event->body                                        ? event->body
                                                                             : "-");
    message_add(bench.bob->store, &(struct message_row){ .event_id = event->id,
                                                         .room = event->room,
                                                         .sender = event->sender,
                                                         .role = "x",
                                                         .at_ms = now_ms });
    return TURN_DONE;
}

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    (void)data;
    (void)room;
    (void)event_id;
    note(bench.own, txn ? txn : content_txn ? content_txn : "?");
}

static void begin_intake(void)
{
    bench.intake = intake_create(
        &bench.bob->client,
        &(struct intake_settings){
            .wants = wants, .apply = apply, .on_own_event = on_own_event, .crypto = bench.bob->crypto });
    intake_reload(bench.intake);
}

static int setup(void **state)
{
    (void)state;
    peers_begin();
    bench = (struct bench){ .alice = peers_add("@alice:x", "PHONE", false),
                            .bob = peers_add("@bob:x", "DESK", false) };
    peers_settle();
    begin_intake();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    intake_destroy(bench.intake);
    peers_finish();
    return 0;
}

/* In one commit, then what waits is drained. */
static void take(const char *event)
{
    char *text = arena_printf(
        peers.arena, "{\"rooms\":{\"join\":{\"" PEERS_ROOM "\":{\"timeline\":{\"events\":[%s]}}}}}", event);
    struct json_object *json = json_parse(text, strlen(text));
    take_answer(bench.intake, &(struct take_answer){ .json = json, .since = "s" });
    assert_true(intake_commit(bench.intake));
    json_object_put(json);
}

static void drain(void)
{
    while (apply_drain(bench.intake))
        ;
}

static void hold_keys(bool are_held)
{
    peers.held = are_held ? "/sendToDevice/" : NULL;
    peers_settle();
}

/* Said after its key was waited for in vain. */
static const char *say_early(const char *body)
{
    hold_keys(true);
    assert_false(peer_is_ready(bench.alice, false));
    peers_settle();
    peers_wait(11000);
    return peer_say(bench.alice, body);
}

static void what_can_be_read__is_applied_as_it_comes(void **state)
{
    (void)state;
    take(peer_say(bench.alice, "one"));
    take(peer_say(bench.alice, "two"));
    assert_string_equal(bench.applied, "one, two, ");
}

static void what_waits_for_its_key__holds_up_nobody__and_is_applied_once(void **state)
{
    (void)state;
    const char *early = say_early("early");
    take(early);
    take(early);
    assert_string_equal(bench.applied, "");
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 1);
    take("{\"event_id\":\"$r\",\"sender\":\"@alice:x\",\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":"
         "{\"rel_type\":\"m.annotation\",\"event_id\":\"$x\",\"key\":\"+\"}}}");
    assert_string_equal(bench.applied, "-, ");
    hold_keys(false);
    drain();
    assert_string_equal(bench.applied, "-, early, ");
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 0);
    take(early);
    drain();
    assert_string_equal(bench.applied, "-, early, ");
}

static void what_waits_for_its_key__waits_in_the_next_life_too(void **state)
{
    (void)state;
    take(say_early("early"));
    intake_destroy(bench.intake);
    peer_restart(bench.bob, false);
    begin_intake();
    drain();
    assert_string_equal(bench.applied, "");
    hold_keys(false);
    drain();
    assert_string_equal(bench.applied, "early, ");
}

/* The key that comes is of another session: it goes on waiting. */
static void another_key__changes_nothing(void **state)
{
    (void)state;
    take(say_early("early"));
    store_begin(bench.bob->store);
    assert_int_equal(inbox_key_came(bench.bob->store, "another"), 0);
    store_run(bench.bob->store, "UPDATE inbox SET state = 0", "");
    peer_commit(bench.bob);
    intake_reload(bench.intake);
    drain();
    assert_string_equal(bench.applied, "");
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 1);
    hold_keys(false);
    drain();
    assert_string_equal(bench.applied, "early, ");
}

/* Whose device it is was not known: as soon as it is, what was said counts. */
static void who_is_not_known_yet__is_asked_for_first(void **state)
{
    (void)state;
    const char *event = peer_say(bench.alice, "hello");
    peer_sync(bench.bob);
    store_begin(bench.bob->store);
    store_run(bench.bob->store, "DELETE FROM device WHERE person = '@alice:x'", "");
    store_run(bench.bob->store, "DELETE FROM tracked WHERE person = '@alice:x'", "");
    peer_commit(bench.bob);
    take(event);
    assert_string_equal(bench.applied, "");
    peers_settle();
    drain();
    assert_string_equal(bench.applied, "hello, ");
}

static void replays_and_forgeries__leave_nothing_behind(void **state)
{
    (void)state;
    const char *event = peer_say(bench.alice, "once");
    take(event);
    struct json_object *json = json_parse(event, strlen(event));
    json_set_str(json, "event_id", "$again");
    take(json_text(json));
    json_object_put(json);
    drain();
    assert_string_equal(bench.applied, "once, ");
    assert_int_equal(inbox_n(bench.bob->store, 0, INBOX_KEY), 0);
    assert_int_equal(inbox_n(bench.bob->store, 0, INBOX_ASIDE), 0);
}

/* What cannot be read is bounded: in number, and in time. */
static void what_is_never_read__goes_in_the_end(void **state)
{
    (void)state;
    enum { MANY = 210 };
    for (int i = 0; i < MANY; i++)
        take(peers_event(
            "@alice:x",
            "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"session_id\":\"none\",\"ciphertext\":\"x\"}"));
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 200);
    assert_false(inbox_has(bench.bob->store, "$1"));
    peers_wait(INT64_C(8) * 86400000);
    take(peers_event(
        "@alice:x", "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"session_id\":\"none\",\"ciphertext\":\"x\"}"));
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 1);
}

/* Our own comes back: by the id that the homeserver keeps, or by the one that is inside. */
static void our_own__is_known_by_its_id(void **state)
{
    (void)state;
    struct room room = { .id = 1, .room_id = PEERS_ROOM, .is_encrypted = true };
    struct seal_cipher cipher = crypto_cipher(bench.bob->crypto);
    static const char text[] = "{\"msgtype\":\"m.notice\",\"body\":\"mine\",\"io.greffier.txn\":\"inside\"}";
    struct json_object *content = json_parse(text, strlen(text));
    struct err err;
    assert_non_null(peer_say(bench.bob, "first"));
    store_begin(bench.bob->store);
    const char *event = peers_event(
        "@bob:x", cipher.encrypt(cipher.data, &room, "m.room.message", content, peers.arena, &err));
    peer_commit(bench.bob);
    json_object_put(content);
    take(event);
    assert_string_equal(bench.own, "inside, ");
    struct json_object *json = json_parse(event, strlen(event)), *kept = json_object_new_object();
    json_set_str(kept, "transaction_id", "outside");
    json_set(json, "unsigned", kept);
    take(json_text(json));
    json_object_put(json);
    assert_string_equal(bench.own, "inside, outside, ");
    assert_string_equal(bench.applied, "");
}

static int64_t says_ms(const char *data)
{
    return store_int(bench.bob->store, 0,
                     "SELECT due_ms FROM timer WHERE what = ?1 AND person = '@alice:x' AND data = ?2", "ss",
                     HOLD_UNREAD, data);
}

/* The room is to hear of it: of a key that does not come after a while, of a device that nobody signed at once. */
static void what_is_not_read__is_to_be_said(void **state)
{
    (void)state;
    static const char event[] =
        "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"session_id\":\"none\",\"ciphertext\":\"x\"}";
    int64_t now_ms = bench.bob->client.now_ms;
    take(peers_event("@alice:x", event));
    assert_int_equal(says_ms("1 0"), now_ms + 120000);
    peers_wait(60000);
    take(peers_event("@alice:x", event)); /* who goes on writing does not put it off */
    assert_int_equal(says_ms("1 0"), now_ms + 120000);
    const char *said = peer_say(bench.alice, "hello");
    peers_settle();
    store_begin(bench.bob->store);
    store_run(bench.bob->store, "DELETE FROM timer", "");
    store_run(bench.bob->store, "UPDATE device SET is_signed = 0 WHERE person = '@alice:x'", "");
    peer_commit(bench.bob);
    now_ms = bench.bob->client.now_ms;
    take(said);
    assert_string_equal(bench.applied, "");
    assert_int_equal(says_ms("1 1"), now_ms);
    assert_int_equal(inbox_n(bench.bob->store, 1, INBOX_KEY), 2);
}

/* What is small talk, of an answer; the homeserver's next ones come before anything is committed. */
static void hear_small_talk(const char *event)
{
    char *text = arena_printf(
        peers.arena, "{\"rooms\":{\"join\":{\"" PEERS_ROOM "\":{\"timeline\":{\"events\":[%s]}}}}}", event);
    struct json_object *json = json_parse(text, strlen(text));
    take_answer(bench.intake, &(struct take_answer){ .json = json, .since = "s" });
    json_object_put(json);
}

static const char *replayed(const char *event)
{
    const char *id = strstr(event, "\"$") + 1;
    return arena_printf(peers.arena, "%.*s$replayed%s", (int)(id - event), event, id + 1);
}

static int64_t n_indexes(void)
{
    return peer_count(bench.bob, "SELECT count(*) FROM room_index");
}

static void what_is_only_read__costs_no_commit__and_is_no_less_read_once(void **state)
{
    (void)state;
    const char *first = peer_say(bench.alice, "small talk"), *agree = peer_say(bench.alice, "agree");
    peers_settle();
    hear_small_talk(first);
    hear_small_talk(first); /* the same, from the position before it */
    assert_false(store_in_transaction(bench.bob->store));
    assert_int_equal(n_indexes(), 0);
    hear_small_talk(replayed(first));
    hear_small_talk(replayed(agree)); /* comes before what it is a copy of: the first one counts */
    assert_true(store_in_transaction(bench.bob->store));
    assert_true(intake_commit(bench.intake));
    assert_int_equal(n_indexes(), 2);
    assert_string_equal(bench.applied, "agree, ");
    take(agree);
    take(replayed(first));
    assert_string_equal(bench.applied, "agree, ");
}

static void what_is_only_read__is_written_when_it_is_much(void **state)
{
    (void)state;
    const char *events[ROOM_INDEX_UNWRITTEN + 1];
    for (int i = 0; i <= ROOM_INDEX_UNWRITTEN; i++)
        events[i] = peer_say(bench.alice, "small talk");
    peers_settle();
    for (int i = 0; i < ROOM_INDEX_UNWRITTEN; i++)
        hear_small_talk(events[i]);
    assert_false(store_in_transaction(bench.bob->store));
    hear_small_talk(events[ROOM_INDEX_UNWRITTEN]);
    assert_true(store_in_transaction(bench.bob->store));
    assert_true(intake_commit(bench.intake));
    assert_int_equal(n_indexes(), ROOM_INDEX_UNWRITTEN + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_can_be_read__is_applied_as_it_comes),
        TEST(what_waits_for_its_key__holds_up_nobody__and_is_applied_once),
        TEST(what_waits_for_its_key__waits_in_the_next_life_too),
        TEST(another_key__changes_nothing),
        TEST(who_is_not_known_yet__is_asked_for_first),
        TEST(replays_and_forgeries__leave_nothing_behind),
        TEST(what_is_never_read__goes_in_the_end),
        TEST(our_own__is_known_by_its_id),
        TEST(what_is_not_read__is_to_be_said),
        TEST(what_is_only_read__costs_no_commit__and_is_no_less_read_once),
        TEST(what_is_only_read__is_written_when_it_is_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
