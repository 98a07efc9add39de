/* matrix/crypto: the keys of rooms, kept at the homeserver, and had back from there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/crypto/backup.h"
#include "matrix/crypto/backup_box.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/identity.h"
#include "matrix/crypto/recovery.h"
#include "peers.h"

#define BOT "@bot:x"

static struct peer *bot, *alice;
static struct err err;

static int setup(void **state)
{
    (void)state;
    peers_begin();
    bot = peers_add(BOT, "FIRST", false);
    peers_settle();
    /* Only the bot's account has one. */
    peers.has_no_backups = true;
    alice = peers_add("@alice:x", "PHONE", false);
    peers_settle();
    peers.has_no_backups = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_finish();
    return 0;
}

static void wait_for_backup(void)
{
    peers_wait(BACKUP_DELAY_MS);
    peers_settle();
}

static int64_t n_kept_out(struct peer *peer)
{
    return peer_count(peer, "SELECT count(*) FROM room_key WHERE is_backed = 0");
}

static const char *trouble(struct peer *peer)
{
    return store_get(peer->store, peers.arena, "trouble.backup");
}

static void restart(void)
{
    peer_restart(bot, false);
    peers_settle();
}

/* One that another client of the account made, with a key of its own. */
static void replace_version(void)
{
    static const char other[] = "{\"algorithm\":\"" BACKUP_ALGORITHM "\",\"version\":\"77\",\"auth_data\":{"
                                "\"public_key\":\"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo\"}}";
    json_object_put(peers.backup);
    peers.backup = json_parse(other, sizeof other - 1);
}

static struct peer *new_machine(void)
{
    const char *key = recovery_unshown(bot->store, peers_key, peers.arena);
    struct peer *other = peers_add(BOT, "SECOND", false);
    peer_commit(other);
    assert_int_equal(
        recovery_open(other->store, (struct http *)other,
                      &(struct recovery_settings){ .user = BOT, .key = peers_key, .recovery_key = key },
                      &err),
        RECOVERY_READY);
    peers_settle();
    return other;
}

static void keys__go_there_together__a_while_after_the_first(void **state)
{
    (void)state;
    assert_int_equal(peers.n_versions, 1);
    assert_non_null(peer_say(alice, "one"));
    assert_non_null(peer_say(bot, "two"));
    peers_settle();
    assert_int_equal(peers.n_kept, 0);
    assert_int_equal(n_kept_out(bot), 2);
    wait_for_backup();
    assert_int_equal(peers.n_kept, 1);
    assert_int_equal(n_kept_out(bot), 0);
    assert_int_equal(json_object_object_length(
                         json_obj(json_obj(json_obj(peers.backup, "rooms"), PEERS_ROOM), "sessions")),
                     2);
    restart();
    wait_for_backup();
    assert_int_equal(peers.n_kept, 1);
    assert_int_equal(peers.n_versions, 1);
}

static bool is_said(void)
{
    struct json_object *data = peers_in(peers.data, BOT), *said = NULL;
    json_object_object_get_ex(data, "m.key_backup", &said);
    return json_flag(said, "enabled", false);
}

/* As if it had been killed once the version was made. */
static void forget_version(void)
{
    store_begin(bot->store);
    store_set(bot->store, "crypto.backup", NULL);
    peer_commit(bot);
}

static void that_there_is_one__is_said_once__after_a_kill_too(void **state)
{
    (void)state;
    assert_true(is_said());
    json_object_object_del(peers_in(peers.data, BOT), "m.key_backup");
    restart();
    assert_false(is_said());
    forget_version();
    restart();
    assert_true(is_said());
    assert_int_equal(peers.n_versions, 1);
}

/* On a new machine the store knows of no version: what people have set meanwhile is theirs. */
static void what_people_set__stays(void **state)
{
    (void)state;
    struct json_object *said = json_object_new_object();
    json_set_bool(said, "enabled", false);
    json_set(peers_in(peers.data, BOT), "m.key_backup", said);
    forget_version();
    restart();
    assert_false(is_said());
    assert_null(trouble(bot));
    wait_for_backup();
    assert_true(peer_count(bot, "SELECT 1 FROM setting WHERE name = 'crypto.backup'"));
    /* What says nothing of it is written over. */
    json_set(peers_in(peers.data, BOT), "m.key_backup", json_object_new_object());
    forget_version();
    restart();
    assert_true(is_said());
}

/* Whether something is set there is asked until it is answered. */
static void what_is_set__is_not_guessed(void **state)
{
    (void)state;
    json_object_object_del(peers_in(peers.data, BOT), "m.key_backup");
    forget_version();
    peers.lost = "/account_data/m.key_backup";
    restart();
    assert_false(is_said());
    peers.lost = NULL;
    peers_wait(60000);
    peers_settle();
    assert_true(is_said());
}

static void keys__go_on_after_a_kill(void **state)
{
    (void)state;
    peers.held = "/room_keys/keys";
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    assert_int_equal(n_kept_out(bot), 1);
    peers.held = NULL;
    restart();
    assert_int_equal(n_kept_out(bot), 0);
    assert_int_equal(peers.n_kept, 1);
}

static void a_lost_answer__puts_them_there_again(void **state)
{
    (void)state;
    peers.lost = "/room_keys/keys";
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    assert_int_equal(n_kept_out(bot), 1);
    peers.lost = NULL;
    peers_wait(60000);
    peers_settle();
    assert_int_equal(n_kept_out(bot), 0);
}

static void many_keys__go_in_batches(void **state)
{
    (void)state;
    enum { N = 2 * BACKUP_BATCH + 7 };
    store_begin(bot->store);
    store_run(bot->store,
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
              " INSERT INTO room_key(room_id, session, pickle, person, curve, ed)"
              " SELECT '!r' || i, 's', 'no pickle', '@x:x', '', '' FROM n",
              "i", (int64_t)N);
    peer_commit(bot);
    restart();
    assert_int_equal(peers.n_kept, 3);
    assert_int_equal(n_kept_out(bot), 0); /* what cannot be opened is not tried for ever */
}

static void a_backup_of_somebody_else__is_left_alone__and_said(void **state)
{
    (void)state;
    replace_version();
    restart();
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    assert_non_null(trouble(bot));
    assert_int_equal(peers.n_kept, 0);
    assert_int_equal(peers.n_versions, 1);
    /* It was deleted. */
    json_object_put(peers.backup);
    peers.backup = NULL;
    restart();
    assert_null(trouble(bot));
    assert_int_equal(n_kept_out(bot), 0);
    assert_int_equal(peers.n_versions, 2);
}

static void a_backup_that_our_identity_has_not_signed__is_none_of_ours(void **state)
{
    (void)state;
    struct json_object *auth = json_obj(peers.backup, "auth_data"), *signatures = NULL, *theirs = NULL;
    json_object_object_get_ex(auth, "signatures", &signatures);
    json_object_object_get_ex(signatures, BOT, &theirs);
    assert_int_equal(json_object_object_length(theirs), 1);
    json_object_object_foreach(theirs, key_id, signature)
    {
        char *text = arena_strdup(peers.arena, json_object_get_string(signature));
        text[0] = text[0] == 'A' ? 'B' : 'A';
        json_set_str(theirs, key_id, text);
    }
    restart();
    assert_non_null(trouble(bot));
}

static void another_version_under_way__is_said__and_not_fought(void **state)
{
    (void)state;
    replace_version();
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    assert_non_null(trouble(bot));
    uint64_t n = peers.n_requests;
    assert_non_null(peer_say(bot, "two"));
    wait_for_backup();
    assert_int_equal(peers.n_versions, 1);
    assert_int_equal(peers.n_kept, 0);
    assert_true(peers.n_requests - n < 10);
}

static void a_version_that_is_deleted__is_made_again_by_the_next_start(void **state)
{
    (void)state;
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    json_object_put(peers.backup);
    peers.backup = NULL;
    assert_non_null(peer_say(bot, "two"));
    wait_for_backup();
    assert_non_null(trouble(bot));
    assert_int_equal(peers.n_versions, 1);
    restart();
    assert_null(trouble(bot));
    assert_int_equal(peers.n_versions, 2);
    assert_int_equal(n_kept_out(bot), 0);
    assert_int_equal(json_object_object_length(
                         json_obj(json_obj(json_obj(peers.backup, "rooms"), PEERS_ROOM), "sessions")),
                     2);
}

static void a_homeserver_without_backups__is_asked_once(void **state)
{
    (void)state;
    peers.has_no_backups = true;
    restart();
    uint64_t n = peers.n_requests;
    assert_non_null(peer_say(alice, "one"));
    wait_for_backup();
    assert_null(trouble(bot));
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM room_key"), 1);
    assert_true(peers.n_requests - n < 12);
}

static void a_new_machine__reads_what_was_said_to_the_old_one(void **state)
{
    (void)state;
    const char *said = peer_say(alice, "before");
    wait_for_backup();
    struct peer *other = new_machine();
    assert_non_null(strstr(peer_read(other, said), "waits for "));
    peers_settle();
    assert_string_equal(other->known, "");
    peers_wait(BACKUP_LATE_MS);
    peers_settle();
    assert_non_null(strstr(other->known, " "));
    /* Its owner is heard first: who she is was not known here. */
    assert_string_equal(peer_read(other, said), "waits for @alice:x");
    peers_settle();
    assert_string_equal(peer_read(other, said), "before");
    /* It came from there, and does not go there again. */
    wait_for_backup();
    assert_int_equal(n_kept_out(other), 0);
    assert_int_equal(peers.n_kept, 1);
}

/* As whoever keeps the backup could: with a session of its own, in alice's name. */
static void forge(const char *room_id, const char *session_id, struct ratchet_in *ratchet,
                  const unsigned char *secret)
{
    struct backup_key key = { .public_key = json_str(peers.backup, "auth_data/public_key") };
    memcpy(key.secret, secret, sizeof key.secret);
    struct room_key room_key = { .ratchet = ratchet,
                                 .owner = { .person = "@alice:x",
                                            .curve25519 = alice->crypto->identity.curve25519,
                                            .ed25519 = alice->crypto->identity.ed25519 } };
    struct json_object *room = peers_in(peers_in(peers.backup, "rooms"), room_id);
    json_set(peers_in(room, "sessions"), session_id, backup_seal(&key, room_id, session_id, &room_key));
}

static void a_key_that_the_homeserver_put_there__is_not_taken(void **state)
{
    (void)state;
    unsigned char zeros[SECRET_KEY_BYTES] = { 0 };
    struct ratchet_out *out = ratchet_out_create();
    struct ratchet_in *in = ratchet_in_create(ratchet_out_key(out, peers.arena));
    const char *session = ratchet_out_id(out, peers.arena);
    forge(PEERS_ROOM, session, in, zeros);
    const char *event = peers_event(
        "@alice:x",
        arena_printf(peers.arena,
                     "{\"algorithm\":\"" DEVICE_MEGOLM "\",\"session_id\":\"%s\",\"ciphertext\":\"%s\"}",
                     session,
                     ratchet_out_encrypt(out, peers.arena,
                                         "{\"type\":\"m.room.message\",\"room_id\":\"" PEERS_ROOM
                                         "\",\"content\":{\"body\":\"!cancel DEC-1\"}}")));
    assert_non_null(strstr(peer_read(bot, event), "waits for "));
    peers_wait(BACKUP_LATE_MS);
    peers_settle();
    assert_non_null(strstr(peer_read(bot, event), "waits for "));
    assert_int_equal(peer_count(bot, "SELECT count(*) FROM room_key"), 0);
    ratchet_in_destroy(in);
    ratchet_out_destroy(out);
}

/* What the bot has put there itself, moved to another place, changed in a part, or nonsense. */
static void what_is_in_a_box__is_of_its_place_alone(void **state)
{
    (void)state;
    struct backup_key key = { .secret = "any secret of thirty-two letters" }, other = { .secret = "another" };
    key.public_key = ratchet_box_public(peers.arena, key.secret);
    other.public_key = ratchet_box_public(peers.arena, other.secret);
    struct ratchet_out *out = ratchet_out_create();
    const char *id = ratchet_out_id(out, peers.arena);
    struct room_key ours = { .ratchet = ratchet_in_create(ratchet_out_key(out, peers.arena)),
                             .owner = { "@alice:x", alice->crypto->identity.curve25519,
                                        alice->crypto->identity.ed25519 } },
                    got;
    struct json_object *object = backup_seal(&key, PEERS_ROOM, id, &ours);
    assert_true(backup_open(&key, PEERS_ROOM, id, object, peers.arena, &got));
    assert_string_equal(ratchet_in_id(got.ratchet, peers.arena), id);
    assert_string_equal(got.owner.person, "@alice:x");
    ratchet_in_destroy(got.ratchet);
    assert_false(backup_open(&key, "!other:x", id, object, peers.arena, &got));
    assert_false(backup_open(&key, PEERS_ROOM, "other", object, peers.arena, &got));
    assert_false(backup_open(&other, PEERS_ROOM, id, object, peers.arena, &got));
    assert_false(backup_open(&key, PEERS_ROOM, id, NULL, peers.arena, &got));
    static const char *const names[] = { "ephemeral", "ciphertext", "mac" };
    static const char *const values[] = { NULL,
                                          "",
                                          "A",
                                          "AAAAAAAAAAA",
                                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo" };
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
            struct json_object *bad = json_parse(json_text(object), strlen(json_text(object)));
            json_object_object_del(json_obj(bad, "session_data"), names[i]);
            json_set_str(json_obj(bad, "session_data"), names[i], values[k]);
            assert_false(backup_open(&key, PEERS_ROOM, id, bad, peers.arena, &got));
            json_object_put(bad);
        }
    json_object_put(object);
    ratchet_in_destroy(ours.ratchet);
    ratchet_out_destroy(out);
}

static void keys_that_nobody_has__are_asked_for_once__and_slowly(void **state)
{
    (void)state;
    uint64_t n = peers.n_requests;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 10 * BACKUP_WISHES_MAX; i++) {
            char id[RATCHET_KEY_CHARS + 1];
            memset(id, 'A', sizeof id - 1);
            snprintf(id, sizeof id, "%043d", i);
            id[RATCHET_KEY_CHARS - 1] = 'A';
            backup_fetch(bot->crypto, PEERS_ROOM, id);
        }
        backup_fetch(bot->crypto, PEERS_ROOM, "no session");
    }
    peers_wait(BACKUP_LATE_MS);
    peers_settle();
    assert_int_equal(peers.n_requests - n, 1);
    for (int i = 0; i < 200; i++) {
        peers_wait(BACKUP_EACH_MS);
        peers_settle();
    }
    assert_int_equal(peers.n_requests - n, BACKUP_WISHES_MAX);
}

/* It waits in the inbox since another life. */
static void what_waited_before_the_start__is_asked_for(void **state)
{
    (void)state;
    const char *said = peer_say(alice, "before");
    wait_for_backup();
    struct peer *other = new_machine();
    struct json_object *event = json_parse(said, strlen(said));
    store_begin(other->store);
    store_run(
        other->store,
        "INSERT INTO inbox(event_id, room, state, json, since_ms, order_key, reason) VALUES('$x', 1, 3, '{}', 1, 1, ?1)",
        "s", json_str(event, "content/session_id"));
    peer_commit(other);
    peer_restart(other, false);
    peers_settle();
    peers_wait(BACKUP_LATE_MS);
    peers_settle();
    assert_int_equal(peer_count(other, "SELECT count(*) FROM room_key"), 1);
    json_object_put(event);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys__go_there_together__a_while_after_the_first),
        TEST(that_there_is_one__is_said_once__after_a_kill_too),
        TEST(what_people_set__stays),
        TEST(what_is_set__is_not_guessed),
        TEST(keys__go_on_after_a_kill),
        TEST(a_lost_answer__puts_them_there_again),
        TEST(many_keys__go_in_batches),
        TEST(a_backup_of_somebody_else__is_left_alone__and_said),
        TEST(a_backup_that_our_identity_has_not_signed__is_none_of_ours),
        TEST(another_version_under_way__is_said__and_not_fought),
        TEST(a_version_that_is_deleted__is_made_again_by_the_next_start),
        TEST(a_homeserver_without_backups__is_asked_once),
        TEST(a_new_machine__reads_what_was_said_to_the_old_one),
        TEST(a_key_that_the_homeserver_put_there__is_not_taken),
        TEST(what_is_in_a_box__is_of_its_place_alone),
        TEST(keys_that_nobody_has__are_asked_for_once__and_slowly),
        TEST(what_waited_before_the_start__is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
