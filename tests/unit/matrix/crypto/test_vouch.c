/* matrix/crypto/vouch: somebody compares emoji with the bot. Alice's device is whole; what her client would say of a
 * verification is said here, with her keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peers.h"

#include "matrix/crypto/canon.h"
#include "matrix/crypto/cross.h"
#include "matrix/crypto/sas.h"
#include "matrix/crypto/vouch.h"
#include "words/words.h"

#define BOT   "@bot:x"
#define ALICE "@alice:x"
#define BOB   "@bob:x"

static struct peer *bot, *alice;
/* What her client knows of the talk. */
static struct {
    const char *txn;
    bool is_in_room;
    struct ratchet_sas *sas;
    struct json_object *start;
    struct sas_code code;
    size_t n_read;
} her;

static int setup(void **state)
{
    (void)state;
    peers_begin();
    bot = peers_add(BOT, "CLERK", false);
    alice = peers_add(ALICE, "PHONE", false);
    peers_settle();
    memset(&her, 0, sizeof her);
    her.txn = "T1";
    her.sas = ratchet_sas_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ratchet_sas_destroy(her.sas);
    json_object_put(her.start);
    peers_finish();
    return 0;
}

/* Saying */

static struct json_object *content_of(const char *text)
{
    struct json_object *content = json_parse(text, strlen(text));
    assert_non_null(content);
    return content;
}

static void say_in_room(const char *person, const char *event_id, const char *type,
                        struct json_object *content, int64_t at_ms)
{
    struct json_object *event = json_object_new_object();
    json_set_str(event, "event_id", event_id);
    json_set_str(event, "sender", person);
    json_set_str(event, "type", type);
    json_set_int(event, "origin_server_ts", at_ms);
    json_set(event, "content", content);
    crypto_hear(bot->crypto, 1, event);
    json_object_put(event);
}

static void say_to_device(const char *person, const char *type, struct json_object *content)
{
    struct json_object *event = json_object_new_object();
    json_set_str(event, "sender", person);
    json_set_str(event, "type", type);
    json_set(event, "content", content);
    json_object_array_add(bot->inbox, event);
}

/* Takes content. */
static void say(const char *kind, struct json_object *content)
{
    const char *type = arena_printf(peers.arena, "m.key.verification.%s", kind);
    if (her.is_in_room) {
        json_set(content, "m.relates_to",
                 content_of(arena_printf(peers.arena, "{\"rel_type\":\"m.reference\",\"event_id\":\"%s\"}",
                                         her.txn)));
        say_in_room(ALICE, arena_printf(peers.arena, "$e%d", ++peers.n_events), type, content,
                    bot->client.now_ms);
    } else {
        json_set_str(content, "transaction_id", her.txn);
        say_to_device(ALICE, type, content);
    }
    peers_settle();
}

static void request_with(const char *person, const char *methods, int64_t age_ms)
{
    int64_t at_ms = bot->client.now_ms - age_ms;
    struct json_object *content =
        content_of(arena_printf(peers.arena, "{\"from_device\":\"PHONE\",\"methods\":[%s]}", methods));
    if (her.is_in_room) {
        json_set_str(content, "to", BOT);
        json_set_str(content, "msgtype", "m.key.verification.request");
        json_set_str(content, "body", "Alice asks to verify you");
        say_in_room(person, her.txn, "m.room.message", content, at_ms);
    } else {
        json_set_str(content, "transaction_id", her.txn);
        json_set_int(content, "timestamp", at_ms);
        say_to_device(person, "m.key.verification.request", content);
    }
    peers_settle();
}

static void request(const char *person)
{
    request_with(person, "\"m.qr_code.show.v1\",\"m.sas.v1\"", 1000);
}

#define START                                                                                                     \
    "{\"from_device\":\"PHONE\",\"method\":\"m.sas.v1\",\"key_agreement_protocols\":[\"curve25519-hkdf-sha256\"," \
    "\"curve25519\"],\"hashes\":[\"sha256\"],\"message_authentication_codes\":[\"hkdf-hmac-sha256.v2\","          \
    "\"hkdf-hmac-sha256\"],\"short_authentication_string\":[\"decimal\",\"emoji\"]}"

static void start(void)
{
    struct json_object *content = content_of(START);
    say("start", json_object_get(content));
    her.start = content; /* with what says of which talk it is */
}

static void show_key(void)
{
    struct json_object *content = json_object_new_object();
    json_set_str(content, "key", ratchet_sas_key(her.sas, peers.arena));
    say("key", content);
}

/* Hearing */

static const char *in_arena(const char *text)
{
    return arena_strdup(peers.arena, text);
}

/* The content of the next thing that the bot has said in a verification, which must be of this kind; in the room it is opened
 * with the key that Alice was given. Valid until the end. */
static struct json_object *hear(const char *kind)
{
    assert_true(her.n_read < json_object_array_length(peers.said));
    struct json_object *said = json_object_array_get_idx(peers.said, her.n_read++);
    const char *wanted = arena_printf(peers.arena, "m.key.verification.%s", kind);
    assert_string_equal(json_str(said, "person"), BOT);
    if (!her.is_in_room) {
        assert_non_null(
            strstr(json_str(said, "path"), arena_printf(peers.arena, "/sendToDevice/%s/", wanted)));
        struct json_object *devices = NULL, *content = NULL;
        json_object_object_foreach(json_obj(said, "body/messages"), person, value)
        {
            (void)person;
            devices = value;
        }
        json_object_object_foreach(devices, device, value2)
        {
            (void)device;
            content = value2;
        }
        assert_string_equal(json_str(content, "transaction_id"), her.txn);
        return content;
    }
    assert_non_null(strstr(json_str(said, "path"), "/send/m.room.encrypted/"));
    const char *event = peers_event(BOT, json_text(json_obj(said, "body"))), *waits;
    struct json_object *json = json_parse(event, strlen(event)), *clear = NULL;
    store_begin(alice->store);
    assert_int_equal(crypto_read_event(alice->crypto, PEERS_ROOM, json, peers.arena, &clear, &waits),
                     CRYPTO_READ);
    peer_commit(alice);
    json_object_put(json);
    assert_string_equal(json_str(clear, "type"), wanted);
    assert_string_equal(json_str(clear, "content/m.relates_to/event_id"), her.txn);
    assert_string_equal(json_str(clear, "content/m.relates_to/rel_type"), "m.reference");
    struct json_object *content = json_object_get(json_obj(clear, "content"));
    json_set(said, "clear", content); /* owned by peers.said */
    json_object_put(clear);
    return content;
}

static void hear_cancel(const char *code)
{
    struct json_object *content = hear("cancel");
    assert_string_equal(json_str(content, "code"), code);
    assert_true(*json_str(content, "reason"));
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM vouching"), 0);
}

static void hear_nothing(void)
{
    assert_int_equal(her.n_read, json_object_array_length(peers.said));
}

static const char *verify(const char *words)
{
    return vouch_answer(bot->crypto, words, peers.arena);
}

/* As her client does: what she is shown comes of its own keys and of what the bot has said. */
static void hear_key(struct json_object *accept)
{
    const char *key = in_arena(json_str(hear("key"), "key"));
    const char *text = canon_text(her.start, peers.arena);
    assert_string_equal(json_str(accept, "commitment"),
                        ratchet_sha256(peers.arena, arena_printf(peers.arena, "%s%s", key, text)));
    assert_true(ratchet_sas_meet(her.sas, key));
    unsigned char bytes[6];
    ratchet_sas_bytes(her.sas,
                      arena_printf(peers.arena, "MATRIX_KEY_VERIFICATION_SAS|%s|PHONE|%s|%s|CLERK|%s|%s",
                                   ALICE, ratchet_sas_key(her.sas, peers.arena), BOT, key, her.txn),
                      bytes, sizeof bytes);
    her.code.numbers[0] = (bytes[0] << 5 | bytes[1] >> 3) + 1000;
    her.code.numbers[1] = ((bytes[1] & 7) << 10 | bytes[2] << 2 | bytes[3] >> 6) + 1000;
    her.code.numbers[2] = ((bytes[3] & 63) << 7 | bytes[4] >> 1) + 1000;
    her.code.emoji[0] = bytes[0] >> 2;
    her.code.emoji[6] = (bytes[4] << 8 | bytes[5]) >> 6 & 63;
}

static const char *numbers(void)
{
    return arena_printf(peers.arena, "%d %d %d", her.code.numbers[0], her.code.numbers[1],
                        her.code.numbers[2]);
}

static struct sas_talk her_talk(void)
{
    return (struct sas_talk){ .ours = { ALICE, "PHONE" }, .theirs = { BOT, "CLERK" }, .txn = her.txn };
}

static void vouch_with(const char *device_key)
{
    struct sas_talk talk = her_talk();
    const char *master = cross_master(alice->crypto, peers.arena);
    struct sas_key keys[] = { { "ed25519:PHONE", device_key },
                              { arena_printf(peers.arena, "ed25519:%s", master), master } };
    say("mac", sas_mac(her.sas, &talk, keys, 2));
}

static void vouch(void)
{
    crypto_know_itself(alice->crypto);
    vouch_with(((struct crypto *)alice->crypto)->identity.ed25519);
}

static void hear_mac(void)
{
    struct sas_talk talk = her_talk();
    const char *master = cross_master(bot->crypto, peers.arena);
    struct sas_key keys[] = { { "ed25519:CLERK", ((struct crypto *)bot->crypto)->identity.ed25519 },
                              { arena_printf(peers.arena, "ed25519:%s", master), master } };
    struct json_object *content = hear("mac");
    assert_int_equal(json_object_object_length(json_obj(content, "mac")), 2);
    assert_int_equal(sas_judge(her.sas, &talk, content, keys, 2), 3);
}

static void go_until_shown(void)
{
    request(ALICE);
    struct json_object *ready = hear("ready");
    assert_string_equal(json_str(ready, "from_device"), "CLERK");
    assert_string_equal(json_str(json_object_array_get_idx(json_arr(ready, "methods"), 0), ""), "m.sas.v1");
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM vouching"), 1);
    start();
    struct json_object *accept = hear("accept");
    show_key();
    hear_key(accept);
    hear_nothing();
}

/* It goes well */

static void finish_well(void)
{
    const char *text = verify("");
    assert_non_null(strstr(text, "@alice:x, device PHONE:\n"));
    assert_non_null(strstr(text, arena_printf(peers.arena, "\n%s", numbers())));
    assert_null(verify(arena_printf(peers.arena, "yes %s", numbers())));
    peers_settle();
    hear_mac();
    vouch();
    hear("done");
    assert_string_equal(verify(arena_printf(peers.arena, "yes %s", numbers())), "verified");
    say("done", json_object_new_object());
    hear_nothing();
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM vouching"), 0);
}

static void vouch__verifies_both__from_device_to_device(void **state)
{
    (void)state;
    go_until_shown();
    finish_well();
}

static void vouch__verifies_both__in_an_encrypted_room(void **state)
{
    (void)state;
    her.is_in_room = true;
    her.txn = "$request";
    go_until_shown();
    finish_well();
}

static void vouch__verifies_both__when_she_says_yes_first(void **state)
{
    (void)state;
    go_until_shown();
    vouch();
    hear_nothing();
    assert_null(verify(arena_printf(peers.arena, "yes %s", numbers())));
    peers_settle();
    hear_mac();
    hear("done");
}

static void vouch__signs_nothing_and_pins_what_was_vouched_for(void **state)
{
    (void)state;
    const char *master = cross_master(alice->crypto, peers.arena);
    struct json_object *keys = peers_in(peers_in(peers.keys, "master_keys"), ALICE);
    const char *before = in_arena(json_text(keys));
    go_until_shown();
    store_begin(bot->store);
    store_run(bot->store, "UPDATE owner SET pinned = 'another' WHERE person = '@alice:x'", "");
    peer_commit(bot);
    finish_well();
    assert_string_equal(json_text(peers_in(peers_in(peers.keys, "master_keys"), ALICE)), before);
    assert_string_equal(
        store_str(bot->store, peers.arena, "SELECT pinned FROM owner WHERE person = '@alice:x'", ""), master);
}

static void vouch__shows_each_emoji_in_both_languages(void **state)
{
    (void)state;
    go_until_shown();
    const char *text = verify("");
    size_t n_lines = 0;
    for (const char *c = text; *c; c++)
        n_lines += *c == '\n';
    assert_int_equal(n_lines, 1 + SAS_EMOJI);
    static const size_t checked[] = { 0, 6 };
    for (size_t i = 0; i < 2; i++) {
        size_t index = (size_t)her.code.emoji[checked[i]];
        const char *line = text;
        for (size_t n = 0; n <= checked[i]; n++)
            line = strchr(line, '\n') + 1;
        const char *wanted =
            arena_printf(peers.arena, "  %s  %s · %s\n",
                         words_nth(peers.arena, (struct words_place){ "en", "vouch", "signs" }, index),
                         words_nth(peers.arena, (struct words_place){ "en", "vouch", "names" }, index),
                         words_nth(peers.arena, (struct words_place){ "fr", "vouch", "names" }, index));
        assert_int_equal(strncmp(line, wanted, strlen(wanted)), 0);
    }
    for (int i = 0; i < 4; i++) {
        struct words_place place = { i % 2 ? "fr" : "en", "vouch", i < 2 ? "signs" : "names" };
        assert_non_null(words_nth(peers.arena, place, SAS_EMOJI_KINDS - 1));
        assert_null(words_nth(peers.arena, place, SAS_EMOJI_KINDS));
    }
}

/* It is refused */

static void vouch__refuses__who_is_no_administrator(void **state)
{
    (void)state;
    request(BOB);
    hear_cancel("m.user");
    request_with(BOT, "\"m.sas.v1\"", 0); /* somebody who is logged in as the bot */
    hear_cancel("m.user");
    her.is_in_room = true;
    her.txn = "$r";
    request(BOB);
    hear_cancel("m.user");
}

static void vouch__takes_another_person__only_while_the_machine_waits_for_them(void **state)
{
    (void)state;
    assert_null(verify(BOB));
    request(BOB);
    hear("ready");
    her.txn = "T2";
    peers_wait(VOUCH_MS);
    peers_settle();
    her.txn = "T1";
    hear_cancel("m.timeout");
    her.txn = "T2";
    request(BOB);
    hear_cancel("m.user");
    assert_non_null(strstr(verify("bob"), "nobody's user id"));
}

static void vouch__refuses__a_method_that_it_does_not_have(void **state)
{
    (void)state;
    request_with(ALICE, "\"m.qr_code.scan.v1\",17", 0);
    hear_cancel("m.unknown_method");
    her.txn = "T2";
    request(ALICE);
    hear("ready");
    static const char *const starts[][2] = {
        { "m.sas.v1", "m.sas.v2" },  { "curve25519-hkdf-sha256", "curve448" },
        { "\"sha256\"", "\"md5\"" }, { "hkdf-hmac-sha256.v2", "hmac-sha256" },
        { "\"decimal\",", "" },      { "[\"decimal\",\"emoji\"]", "7" },
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        const char *at = strstr(START, starts[i][0]);
        const char *text = arena_printf(peers.arena, "%.*s%s%s", (int)(at - START), START, starts[i][1],
                                        at + strlen(starts[i][0]));
        if (i) {
            her.txn = arena_printf(peers.arena, "S%zu", i);
            request(ALICE);
            hear("ready");
        }
        say("start", content_of(text));
        hear_cancel("m.unknown_method");
    }
}

static void vouch__says_nothing__to_what_is_old_or_of_tomorrow_or_of_others(void **state)
{
    (void)state;
    request_with(ALICE, "\"m.sas.v1\"", VOUCH_MS + 1000);
    request_with(ALICE, "\"m.sas.v1\"", -VOUCH_AHEAD_MS - 60000);
    hear_nothing();
    her.is_in_room = true;
    her.txn = "$r";
    say_in_room(
        ALICE, "$r", "m.room.message",
        content_of("{\"msgtype\":\"m.key.verification.request\",\"to\":\"@bob:x\",\"from_device\":\"PHONE\","
                   "\"methods\":[\"m.sas.v1\"]}"),
        bot->client.now_ms);
    say("start", content_of(START));
    say("key", content_of("{\"key\":\"x\"}"));
    say("cancel", content_of("{\"code\":\"m.user\"}"));
    hear_nothing();
}

/* It goes wrong */

static void vouch__ends__when_the_machine_says_no(void **state)
{
    (void)state;
    go_until_shown();
    assert_string_equal(verify(arena_printf(peers.arena, "no %s", numbers())), "failed (m.mismatched_sas)");
    peers_settle();
    hear_cancel("m.mismatched_sas");
    vouch();
    hear_nothing();
    assert_non_null(strstr(verify("yes 1 2 3"), "not being compared"));
    assert_string_equal(verify(arena_printf(peers.arena, "yes %s", numbers())), "failed (m.mismatched_sas)");
}

static void vouch__ends__when_she_vouches_for_another_key(void **state)
{
    (void)state;
    go_until_shown();
    verify(arena_printf(peers.arena, "yes %s", numbers()));
    peers_settle();
    hear_mac();
    vouch_with("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    hear_cancel("m.key_mismatch");
    assert_string_equal(verify(arena_printf(peers.arena, "yes %s", numbers())), "failed (m.key_mismatch)");
}

static void vouch__ends__when_what_she_vouches_for_is_none(void **state)
{
    (void)state;
    static const char *const contents[] = {
        "{}",
        "{\"mac\":{},\"keys\":\"x\"}",
        "{\"mac\":7,\"keys\":[]}",
        "{\"mac\":{\"ed25519:PHONE\":7},\"keys\":\"x\"}",
        "{\"mac\":{\"ed25519:OTHER\":\"x\"},\"keys\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        her.txn = arena_printf(peers.arena, "T%zu", i);
        json_object_put(her.start);
        ratchet_sas_destroy(her.sas);
        her.sas = ratchet_sas_create();
        go_until_shown();
        verify(arena_printf(peers.arena, "yes %s", numbers()));
        say("mac", content_of(contents[i]));
        hear("mac");
        hear_cancel("m.key_mismatch");
    }
}

static void vouch__ends__out_of_turn(void **state)
{
    (void)state;
    static const char *const kinds[] = { "key", "mac", "done" };
    for (size_t i = 0; i < 3; i++) {
        her.txn = arena_printf(peers.arena, "T%zu", i);
        request(ALICE);
        hear("ready");
        say(kinds[i], content_of("{\"key\":\"x\",\"mac\":{}}"));
        hear_cancel("m.unexpected_message");
    }
    her.txn = "T9";
    go_until_shown();
    say("start", content_of(START)); /* the same again is a repetition */
    hear_nothing();
    say("key", content_of("{\"key\":\"another\"}"));
    hear_cancel("m.unexpected_message");
}

static void vouch__ends__by_what_has_not_what_it_needs(void **state)
{
    (void)state;
    request(ALICE);
    hear("ready");
    say("start", content_of("{\"from_device\":\"LAPTOP\",\"method\":\"m.sas.v1\"}"));
    hear_cancel("m.invalid_message");
    her.txn = "T2";
    request(ALICE);
    hear("ready");
    char text[sizeof START + 16];
    snprintf(text, sizeof text, "{\"pi\":3.5,%s", &START[1]); /* has no canonical spelling */
    say("start", content_of(text));
    hear_cancel("m.invalid_message");
    her.txn = "T3";
    request(ALICE);
    hear("ready");
    start();
    hear("accept");
    say("key", content_of("{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}")); /* of low order */
    hear_cancel("m.invalid_message");
}

static void vouch__ends_in_silence__when_she_ends_it(void **state)
{
    (void)state;
    go_until_shown();
    say("cancel", content_of("{\"code\":\"m.user\",\"reason\":\"\\u202ehostile\"}"));
    hear_nothing();
    assert_null(verify(""));
    assert_string_equal(verify(arena_printf(peers.arena, "yes %s", numbers())), "ended by the other side");
}

static void vouch__ends_the_old_one__when_she_asks_again(void **state)
{
    (void)state;
    request(ALICE);
    hear("ready");
    request(ALICE); /* the same, by the homeserver's repetition */
    hear_nothing();
    her.txn = "T2";
    request(ALICE);
    her.txn = "T1";
    struct json_object *content = hear("cancel");
    assert_string_equal(json_str(content, "code"), "m.user");
    her.txn = "T2";
    hear("ready");
}

static void vouch__ends_after_ten_minutes(void **state)
{
    (void)state;
    go_until_shown();
    assert_true(crypto_next_ms(bot->crypto) <= bot->client.now_ms + VOUCH_MS);
    peers_wait(VOUCH_MS);
    peers_settle();
    hear_cancel("m.timeout");
    assert_null(verify(""));
}

static void vouch__tells_the_other_end__after_a_restart(void **state)
{
    (void)state;
    go_until_shown();
    peer_restart(bot, false);
    peers_settle();
    hear_cancel("m.user");
    vouch();
    struct json_object *content = hear("cancel");
    assert_string_equal(json_str(content, "code"), "m.unknown_transaction");
}

static void vouch__keeps_to_its_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        her.txn = arena_printf(peers.arena, "F%d", i);
        request(BOB);
    }
    assert_int_equal(json_object_array_length(peers.said), VOUCH_REFUSALS);
    her.n_read = VOUCH_REFUSALS;
    for (int i = 0; i < 2 * VOUCH_HEARD_MAX; i++)
        say_to_device(BOB, "m.key.verification.request",
                      content_of("{\"from_device\":\"X\",\"transaction_id\":\"Z\",\"methods\":[]}"));
    char *large = arena_alloc(peers.arena, VOUCH_HEARD_BYTES + 1);
    memset(large, 'x', VOUCH_HEARD_BYTES);
    say_to_device(ALICE, "m.key.verification.request",
                  content_of(arena_printf(peers.arena, "{\"from_device\":\"%s\"}", large)));
    peers_settle();
    hear_nothing();
    her.txn = "T2";
    request(ALICE);
    hear("ready");
}

/* What is hostile says nothing, whatever its shape. */
static void vouch__is_not_impressed(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "request", "ready", "start", "accept", "key", "mac", "done", "cancel"
    };
    static const char *const contents[] = {
        "{}",
        "{\"transaction_id\":7}",
        "{\"transaction_id\":\"\"}",
        "{\"from_device\":\"\",\"transaction_id\":\"a\"}",
        "{\"from_device\":[],\"transaction_id\":\"b\",\"methods\":\"m.sas.v1\",\"timestamp\":\"now\"}",
    };
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < sizeof contents / sizeof contents[0]; j++) {
            const char *type = arena_printf(peers.arena, "m.key.verification.%s", kinds[i]);
            say_to_device(ALICE, type, content_of(contents[j]));
            say_in_room(ALICE, "$x", type, content_of(contents[j]), bot->client.now_ms);
            peers_settle();
        }
    for (size_t i = 0; i < json_object_array_length(peers.said); i++)
        assert_non_null(
            strstr(json_str(json_object_array_get_idx(peers.said, i), "path"), "verification.cancel"));
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM vouching"), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vouch__verifies_both__from_device_to_device),
        TEST(vouch__verifies_both__in_an_encrypted_room),
        TEST(vouch__verifies_both__when_she_says_yes_first),
        TEST(vouch__signs_nothing_and_pins_what_was_vouched_for),
        TEST(vouch__shows_each_emoji_in_both_languages),
        TEST(vouch__refuses__who_is_no_administrator),
        TEST(vouch__takes_another_person__only_while_the_machine_waits_for_them),
        TEST(vouch__refuses__a_method_that_it_does_not_have),
        TEST(vouch__says_nothing__to_what_is_old_or_of_tomorrow_or_of_others),
        TEST(vouch__ends__when_the_machine_says_no),
        TEST(vouch__ends__when_she_vouches_for_another_key),
        TEST(vouch__ends__when_what_she_vouches_for_is_none),
        TEST(vouch__ends__out_of_turn),
        TEST(vouch__ends__by_what_has_not_what_it_needs),
        TEST(vouch__ends_in_silence__when_she_ends_it),
        TEST(vouch__ends_the_old_one__when_she_asks_again),
        TEST(vouch__ends_after_ten_minutes),
        TEST(vouch__tells_the_other_end__after_a_restart),
        TEST(vouch__keeps_to_its_bounds),
        TEST(vouch__is_not_impressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
