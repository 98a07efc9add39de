/* matrix/crypto from end to end: two or three devices, a homeserver of a screenful, an encrypted room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "envelope.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/crypto/share.h"
#include "peers.h"

static struct peer *alice, *bob;

static int setup_with(bool is_lax)
{
    peers_begin();
    alice = peers_add("@alice:x", "PHONE", is_lax);
    bob = peers_add("@bob:x", "DESK", is_lax);
    peers_settle();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with(false);
}

static int setup_lax(void **state)
{
    (void)state;
    return setup_with(true);
}

static int teardown(void **state)
{
    (void)state;
    peers_finish();
    return 0;
}

/* An event like this one, with another text in one place. */
static const char *changed(const char *event, const char *from, const char *to)
{
    const char *at = strstr(event, from);
    assert_non_null(at);
    return arena_printf(peers.arena, "%.*s%s%s", (int)(at - event), event, to, at + strlen(from));
}

/* Identities */

static void each__has_an_identity_that_signs_its_device(void **state)
{
    (void)state;
    assert_int_equal(store_get_int(alice->store, "crypto.is_signed", 0), 1);
    const char *seeds = store_get(alice->store, peers.arena, "crypto.seeds");
    uint64_t n = peers.n_requests;
    peer_restart(alice, false);
    peers_settle();
    assert_string_equal(store_get(alice->store, peers.arena, "crypto.seeds"), seeds);
    assert_int_equal(peers.n_requests - n, 3); /* looks: the identity, the secret storage, the backup */
}

/* The keys were put there, and nobody heard so: they are the same ones afterwards. */
static void an_identity__is_made_once__whatever_answer_is_lost(void **state)
{
    (void)state;
    static const char *const lost[] = { "/keys/upload", "/device_signing/", "/signatures/", "/keys/query" };
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        peers_finish();
        peers_begin();
        alice = peers_add("@alice:x", "PHONE", false);
        peers.lost = lost[i];
        peers_settle();
        peers.lost = NULL;
        const char *seeds = store_get(alice->store, peers.arena, "crypto.seeds");
        peer_restart(alice, false);
        peers_settle();
        assert_int_equal(store_get_int(alice->store, "crypto.is_signed", 0), 1);
        if (seeds)
            assert_string_equal(store_get(alice->store, peers.arena, "crypto.seeds"), seeds);
    }
}

static void an_identity_of_somebody_else__is_left_alone(void **state)
{
    (void)state;
    struct peer *eve = peers_add("@eve:x", "OLD", false);
    peers_settle();
    const char *before = json_text(json_obj(peers.keys, "master_keys"));
    before = arena_strdup(peers.arena, before);
    eve->device_id = eve->client.device_id = "NEW";
    store_begin(eve->store);
    store_set(eve->store, "crypto.seeds", NULL);
    peer_commit(eve);
    peer_restart(eve, false);
    peers_settle();
    assert_int_equal(store_get_int(eve->store, "crypto.is_signed", 0), 0);
    assert_string_equal(json_text(json_obj(peers.keys, "master_keys")), before);
}

/* Older homeservers want the password, once; without one, or with a wrong one, nobody is asked for ever. */
static void an_identity__is_put_there_with_the_password_where_it_is_wanted(void **state)
{
    (void)state;
    static const char *const known[] = { NULL, "wrong", "right" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        peers_finish();
        peers_begin();
        peers.wanted_password = "right";
        alice = peers_add("@alice:x", "PHONE", false);
        alice->password = known[i];
        peer_restart(alice, false);
        peers_settle();
        peers_wait(600000);
        peers_settle();
        bool is_right = known[i] && strcmp(known[i], "right") == 0;
        assert_int_equal(store_get_int(alice->store, "crypto.is_signed", 0), is_right);
        assert_int_equal(peers.n_asked_password, known[i] && !is_right ? 2 : 1);
    }
}

/* Talking */

static void what_one_says__the_others_read__and_nobody_else(void **state)
{
    (void)state;
    const char *event = peer_say(alice, "Zanzibar");
    assert_null(strstr(event, "Zanzibar"));
    assert_string_equal(peer_read(bob, event), "Zanzibar");
    assert_string_equal(peer_read(alice, event), "Zanzibar");
    event = peer_say(bob, "Bagamoyo");
    assert_string_equal(peer_read(alice, event), "Bagamoyo");
    int n_keys = peers.n_keys_sent;
    for (int i = 0; i < 20; i++)
        assert_string_equal(peer_read(bob, peer_say(alice, "again")), "again");
    assert_int_equal(peers.n_keys_sent, n_keys);
}

static void nothing__is_said_before_its_key_was_sent(void **state)
{
    (void)state;
    peers.held = "/sendToDevice/";
    assert_false(peer_is_ready(alice, false));
    peers_settle();
    assert_false(peer_is_ready(alice, false));
    peers.held = NULL;
    peers_settle();
    assert_true(peer_is_ready(alice, false));
}

/* A homeserver that takes no keys holds up what is said, but not for long, and what is urgent less. */
static void a_key_on_its_way__is_not_waited_for_for_ever(void **state)
{
    (void)state;
    peers.held = "/sendToDevice/";
    assert_false(peer_is_ready(alice, false));
    peers_settle();
    peers_wait(3000);
    assert_false(peer_is_ready(alice, false));
    peers_wait(8000);
    assert_true(peer_is_ready(alice, false));
    assert_false(peer_is_ready(bob, true));
    peers_settle();
    peers_wait(2000);
    assert_true(peer_is_ready(bob, true));
}

static void a_device_without_keys__holds_up_nobody(void **state)
{
    (void)state;
    json_object_object_del(json_obj(peers.keys, "stock"), "@bob:x");
    peers.held = "/keys/upload";
    assert_false(peer_is_ready(alice, false));
    peers_settle();
    assert_true(peer_is_ready(alice, false));
    const char *missed = peer_say(alice, "missed");
    assert_int_equal(strncmp(peer_read(bob, missed), "waits for ", 10), 0);
    peers.held = NULL;
    peers_wait(10000); /* bob has put his keys there before: not sooner again */
    peers_settle();
    peers_wait(3600000); /* then it is asked for again */
    peers_settle();
    assert_string_equal(peer_read(bob, peer_say(alice, "heard")), "heard");
}

static void a_key_that_comes_late__is_told_of(void **state)
{
    (void)state;
    peers.held = "/sendToDevice/";
    assert_false(peer_is_ready(alice, false));
    peers_settle();
    peers_wait(11000);
    const char *event = peer_say(alice, "early");
    const char *answer = peer_read(bob, event);
    assert_int_equal(strncmp(answer, "waits for ", 10), 0);
    peers.held = NULL;
    *bob->known = '\0';
    peers_settle();
    assert_non_null(strstr(bob->known, answer + 10));
    assert_string_equal(peer_read(bob, event), "early");
}

/* Between the commit and the request the program ends: the key goes out with the next life. */
static void a_key_that_was_not_sent__is_sent_by_the_next_life(void **state)
{
    (void)state;
    peers.held = "/sendToDevice/";
    assert_false(peer_is_ready(alice, false));
    peers_settle();
    peers.held = NULL;
    peer_restart(alice, false);
    assert_string_equal(peer_read(bob, peer_say(alice, "after")), "after");
}

static void a_lost_answer__sends_a_key_twice__which_harms_nothing(void **state)
{
    (void)state;
    peers.lost = "/sendToDevice/";
    assert_false(peer_is_ready(alice, false));
    for (int i = 0; i < 5; i++)
        peers_settle();
    peers.lost = NULL;
    peers_wait(60000);
    assert_string_equal(peer_read(bob, peer_say(alice, "once")), "once");
    assert_int_equal(peer_count(bob, "SELECT count(*) FROM wedged"), 0);
    assert_int_equal(peer_count(bob, "SELECT count(*) FROM olm_session"), 1);
}

/* What is rolled back was never said: its index is used by what is said instead. */
static void an_index__is_used_once(void **state)
{
    (void)state;
    peer_say(alice, "first");
    assert_true(peer_is_ready(alice, false));
    const char *undone = peers_event("@alice:x", peer_seal(alice, "undone"));
    store_rollback(alice->store);
    const char *instead = peer_say(alice, "instead");
    assert_string_equal(peer_read(bob, instead), "instead");
    assert_string_equal(peer_read(bob, undone), "refused");
}

/* Lies */

static void a_replay__is_refused(void **state)
{
    (void)state;
    const char *event = peer_say(alice, "agree");
    assert_string_equal(peer_read(bob, event), "agree");
    assert_string_equal(peer_read(bob, event), "agree"); /* the same event, as after a restart */
    assert_string_equal(peer_read(bob, changed(event, "\"$", "\"$replayed")), "refused");
}

static void each_part_of_an_event__is_what_its_key_says(void **state)
{
    (void)state;
    struct peer *eve = peers_add("@eve:x", "ROBOT", false);
    peers_settle();
    const char *event = peer_say(alice, "agree");
    assert_string_equal(peer_read(bob, changed(event, "@alice:x", "@eve:x")), "refused");
    assert_string_equal(peer_read(bob, changed(event, "@alice:x", "@bob:x")), "refused");
    assert_string_equal(peer_read(bob, changed(event, "m.megolm.v1.aes-sha2", "m.megolm.v2.aes-sha2")),
                        "refused");
    assert_string_equal(peer_read(bob, changed(event, "\"type\"", "\"state_key\":\"\",\"type\"")), "refused");
    assert_string_equal(peer_read(bob, changed(event, "\"ciphertext\":\"Aw", "\"ciphertext\":\"Ax")),
                        "refused");
    assert_string_equal(peer_read(bob, changed(event, "\"ciphertext\"", "\"cipher\"")), "refused");
    /* Fields that are said outside prove nothing and are not looked at. */
    assert_string_equal(peer_read(bob, changed(event, "\"device_id\":\"PHONE\"", "\"device_id\":\"TABLET\"")),
                        "agree");
    (void)eve;
}

/* A key for another room does not open what is said in this one, and what was said there is not taken for said here. */
static void a_message__is_of_its_room(void **state)
{
    (void)state;
    const char *event = peer_say(alice, "agree");
    struct json_object *json = json_parse(event, strlen(event)), *clear = NULL;
    const char *waits = NULL;
    store_begin(bob->store);
    store_run(bob->store, "UPDATE room_key SET room_id = '!other:x'", "");
    assert_int_equal(crypto_read_event(bob->crypto, "!other:x", json, peers.arena, &clear, &waits),
                     CRYPTO_REFUSED);
    assert_int_equal(crypto_read_event(bob->crypto, PEERS_ROOM, json, peers.arena, &clear, &waits),
                     CRYPTO_WAITS);
    store_rollback(bob->store);
    json_object_put(json);
}

static void keys_in_clear__count_for_nothing(void **state)
{
    (void)state;
    static const char text[] =
        "{\"sender\":\"@alice:x\",\"type\":\"m.room_key\",\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\","
        "\"room_id\":\"" PEERS_ROOM "\",\"session_id\":\"x\",\"session_key\":\"y\"}}";
    json_object_array_add(bob->inbox, json_parse(text, strlen(text)));
    peer_sync(bob);
    assert_int_equal(peer_count(bob, "SELECT count(*) FROM room_key"), 0);
}

/* A device that says its keys are others now is not believed: the first ones stay. */
static void keys_of_a_device__never_change(void **state)
{
    (void)state;
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    struct peer *twin = peers_add("@alice:x", "PHONE", true);
    peers_settle();
    assert_int_equal(peer_count(bob, "SELECT count(*) FROM device WHERE person = '@alice:x'"), 1);
    const char *event = peer_say(twin, "after");
    assert_true(!event || strcmp(peer_read(bob, event), "after") != 0);
    assert_string_equal(peer_read(bob, peer_say(alice, "still")), "still");
}

/* Who may read, who is heard */

static void a_device_that_nobody_signed__gets_no_key_and_is_not_heard(void **state)
{
    (void)state;
    struct peer *spy =
        peers_add("@bob:x", "SPY", true); /* the homeserver's, in the name of Bob: signed by nobody */
    peers_settle();
    const char *event = peer_say(alice, "secret");
    assert_string_equal(peer_read(bob, event), "secret");
    assert_int_equal(strncmp(peer_read(spy, event), "waits for ", 10), 0);
    event = peer_say(spy, "agree");
    assert_string_equal(peer_read(alice, event), "unsigned");
}

static void a_device_that_nobody_signed__counts_where_that_is_wanted(void **state)
{
    (void)state;
    struct peer *tablet = peers_add("@bob:x", "TABLET", true);
    peers_settle();
    const char *event = peer_say(alice, "open");
    assert_string_equal(peer_read(tablet, event), "open");
    assert_string_equal(peer_read(alice, peer_say(tablet, "agree")), "agree");
}

static void who_leaves__reads_nothing_more(void **state)
{
    (void)state;
    struct peer *carol = peers_add("@carol:x", "DESK", false);
    peers_settle();
    assert_string_equal(peer_read(carol, peer_say(alice, "all")), "all");
    peers_set_member("@carol:x", "leave");
    const char *event = peer_say(alice, "without carol");
    assert_string_equal(peer_read(bob, event), "without carol");
    assert_int_equal(strncmp(peer_read(carol, event), "waits for ", 10), 0);
    peers_set_member("@carol:x", "join");
    assert_string_equal(peer_read(carol, peer_say(alice, "back")), "back");
    assert_string_equal(peer_read(carol, event), "refused"); /* the same ratchet, from a later index */
}

static void a_device_that_is_gone__reads_nothing_more(void **state)
{
    (void)state;
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    json_object_object_del(json_obj(peers.keys, "device_keys"), "@bob:x");
    peers_note_change("@bob:x");
    peers_settle();
    assert_int_equal(strncmp(peer_read(bob, peer_say(alice, "after")), "waits for ", 10), 0);
}

static void who_comes__reads_from_then_on(void **state)
{
    (void)state;
    const char *before = peer_say(alice, "before");
    struct peer *carol = peers_add("@carol:x", "DESK", false);
    peers_settle();
    assert_string_equal(peer_read(carol, peer_say(alice, "after")), "after");
    assert_string_equal(peer_read(carol, before), "refused"); /* the same ratchet, from a later index */
}

static const char *session_of(const char *event)
{
    struct json_object *json = json_parse(event, strlen(event));
    const char *session = arena_strdup(peers.arena, json_str(json, "content/session_id"));
    json_object_put(json);
    return session;
}

static void a_key__is_replaced_after_100_messages_and_after_a_week(void **state)
{
    (void)state;
    const char *first = session_of(peer_say(alice, "1"));
    for (int i = 2; i <= 100; i++)
        assert_string_equal(session_of(peer_say(alice, "more")), first);
    const char *event = peer_say(alice, "101"), *second = session_of(event);
    assert_string_not_equal(second, first);
    assert_string_equal(peer_read(bob, event), "101");
    peers_wait(INT64_C(6) * 86400000);
    assert_string_equal(session_of(peer_say(alice, "in time")), second);
    peers_wait(INT64_C(86400000));
    assert_string_not_equal(session_of(peer_say(alice, "a week later")), second);
}

static void set_rotation(int64_t rotate_ms, int64_t rotate_n)
{
    store_begin(alice->store);
    room_set_rotation(alice->store, 1, rotate_ms, rotate_n);
    peer_commit(alice);
}

/* How many messages go by one key, from the next new one on. */
static int n_by_one_key(void)
{
    const char *last = session_of(peer_say(alice, "last")), *first = last;
    while (strcmp(first, last) == 0)
        first = session_of(peer_say(alice, "first"));
    int n = 1;
    while (strcmp(session_of(peer_say(alice, "more")), first) == 0)
        n++;
    return n;
}

static void a_key__is_replaced_as_its_room_asks__within_reason(void **state)
{
    (void)state;
    set_rotation(0, 20);
    assert_int_equal(n_by_one_key(), 20);
    set_rotation(0, 1);
    assert_int_equal(n_by_one_key(), SHARE_ROTATE_LEAST_N);
    set_rotation(INT64_C(3) * 3600000, INT64_MAX);
    const char *first = session_of(peer_say(alice, "begins"));
    peers_wait(INT64_C(2) * 3600000);
    assert_string_equal(session_of(peer_say(alice, "in time")), first);
    peers_wait(3600000);
    first = session_of(peer_say(alice, "later"));
    set_rotation(1, 0);
    peers_wait(SHARE_ROTATE_LEAST_MS - 60000);
    assert_string_equal(session_of(peer_say(alice, "not each second")), first);
    set_rotation(INT64_MAX, 0);
    peers_wait(INT64_C(89) * 86400000);
    assert_string_equal(session_of(peer_say(alice, "a long time")), first);
    peers_wait(INT64_C(86400000));
    assert_string_not_equal(session_of(peer_say(alice, "not for ever")), first);
}

static void set_visibility(const char *visibility)
{
    store_begin(alice->store);
    room_set(alice->store, 1, "visibility", visibility);
    peer_commit(alice);
}

static void a_key__is_replaced_when_the_past_is_opened_or_closed(void **state)
{
    (void)state;
    const char *first = session_of(peer_say(alice, "shared, for want of a word"));
    set_visibility("world_readable");
    assert_string_equal(session_of(peer_say(alice, "no less open")), first);
    set_visibility("joined");
    const char *second = session_of(peer_say(alice, "closed"));
    assert_string_not_equal(second, first);
    set_visibility("invited");
    assert_string_equal(session_of(peer_say(alice, "as closed")), second);
    set_visibility("shared");
    assert_string_not_equal(session_of(peer_say(alice, "open")), second);
}

static void who_is_invited__has_the_key__unless_the_past_is_of_who_joined(void **state)
{
    (void)state;
    static const char *const visibilities[] = { NULL, "invited", "joined" };
    for (int i = 0; i < 3; i++) {
        peers_set_member("@bob:x", "join");
        set_visibility(visibilities[i]);
        peer_say(alice, "in the room");
        peers_set_member("@bob:x", "invite");
        const char *event = peer_say(alice, "invited");
        peers_settle();
        bool reads = strcmp(peer_read(bob, event), "invited") == 0;
        assert_true(reads == (i < 2));
    }
}

/* Bob resets his identity: his master key is another one, which his homeserver shows to all. */
static void an_identity_that_is_made_anew__is_noticed_once(void **state)
{
    (void)state;
    static const char wanted[] = "SELECT count(*) FROM timer WHERE what = 'room/anew' AND person = '@bob:x'";
    peer_say(alice, "before");
    assert_int_equal(peer_count(alice, wanted), 0);
    json_object_object_del(peers_in(peers.keys, "master_keys"), "@bob:x");
    store_begin(bob->store);
    store_set(bob->store, "crypto.seeds", NULL);
    store_set(bob->store, "crypto.is_signed", NULL);
    peer_commit(bob);
    peer_restart(bob, false);
    int64_t before_ms = alice->client.now_ms;
    peers_settle();
    assert_int_equal(peer_count(alice, wanted), 1);
    /* Not before bob's own device can have its key. */
    assert_true(store_int(alice->store, 0, "SELECT due_ms FROM timer WHERE what = 'room/anew'", "") >=
                before_ms + DEVICES_ANEW_MS);
    assert_int_equal(
        peer_count(alice, "SELECT count(*) FROM device WHERE person = '@bob:x' AND is_signed = 1"), 1);
    store_begin(alice->store);
    store_run(alice->store, "DELETE FROM timer", "");
    peer_commit(alice);
    peers_note_change("@bob:x");
    peers_settle();
    assert_int_equal(peer_count(alice, wanted), 0);
    assert_non_null(peer_say(alice, "after"));
}

/* Of bob's device: as it stands between his identity's being made anew and his client's having signed it. */
static void take_signatures(struct json_object *signatures)
{
    struct json_object *device = peers_in(peers_in(peers_in(peers.keys, "device_keys"), "@bob:x"), "DESK");
    json_set(device, "signatures", signatures);
    peers_note_change("@bob:x");
    peers_settle();
}

/* That is why the word of it waits (DEVICES_ANEW_MS): bob would never read it. */
static void
what_is_said_before_a_device_is_signed__it_cannot_read__what_is_said_after_that_it_can(void **state)
{
    (void)state;
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    struct json_object *device = peers_in(peers_in(peers_in(peers.keys, "device_keys"), "@bob:x"), "DESK");
    struct json_object *all = json_object_get(json_find(device, "signatures")), *few = NULL;
    json_object_deep_copy(all, &few, NULL);
    struct json_object *of_bob = peers_in(few, "@bob:x");
    const char *own = json_str(of_bob, "ed25519:DESK");
    struct json_object *own_only = json_object_new_object(), *signatures = json_object_new_object();
    assert_non_null(own);
    json_set_str(own_only, "ed25519:DESK", own);
    json_set(signatures, "@bob:x", own_only);
    take_signatures(signatures);
    assert_int_equal(
        peer_count(alice, "SELECT count(*) FROM device WHERE person = '@bob:x' AND is_signed = 1"), 0);
    const char *early = peer_say(alice, "early");
    peers_settle();
    take_signatures(all);
    const char *late = peer_say(alice, "late");
    peers_settle();
    assert_string_equal(peer_read(bob, early), "refused"); /* its key begins later */
    assert_string_equal(peer_read(bob, late), "late");
    json_object_put(few);
}

/* A direct room is encrypted if there is a device at its other end that may have its key. */
static void who_can_be_reached__is_asked_first(void **state)
{
    (void)state;
    assert_int_equal(crypto_can_reach(alice->crypto, "@bob:x"), CRYPTO_REACH_UNKNOWN);
    assert_int_equal(crypto_can_reach(alice->crypto, "@nobody:x"), CRYPTO_REACH_UNKNOWN);
    peers_settle();
    assert_int_equal(crypto_can_reach(alice->crypto, "@bob:x"), CRYPTO_REACHES);
    assert_int_equal(crypto_can_reach(alice->crypto, "@nobody:x"), CRYPTO_OUT_OF_REACH);
    store_begin(alice->store);
    store_run(alice->store, "UPDATE device SET is_signed = 0", "");
    peer_commit(alice);
    assert_int_equal(crypto_can_reach(alice->crypto, "@bob:x"), CRYPTO_OUT_OF_REACH);
}

/* Trouble */

static void leave_sender_out(void *data, enum envelope_level level, struct envelope_bytes *bytes)
{
    enum { FIELD = 34, SENDER = 1 + 2 * FIELD }; /* the third of the keys in front of the message */
    (void)data;
    if (level != ENVELOPE_OUTER)
        return;
    memmove(bytes->at + SENDER, bytes->at + SENDER + FIELD, bytes->len - SENDER - FIELD);
    bytes->len -= FIELD;
}

/* From whom nobody knows, sealed with no key of ours. */
static void a_first_message_without_its_senders_key__ends_nothing(void **state)
{
    (void)state;
    const char *ours = alice->crypto->identity.curve25519, *theirs = envelope_identity(peers.arena);
    struct envelope_session session = envelope_begin(peers.arena, ours, theirs);
    struct envelope_edit edit = { leave_sender_out, NULL };
    const char *text =
        arena_printf(peers.arena,
                     "{\"to_device\":{\"events\":[{\"type\":\"m.room.encrypted\",\"sender\":\"@mallory:x\","
                     "\"content\":{\"algorithm\":\"" DEVICE_OLM "\",\"sender_key\":\"%s\","
                     "\"ciphertext\":{\"%s\":{\"type\":0,\"body\":\"%s\"}}}}]}}",
                     theirs, ours, envelope_olm(peers.arena, &session, true, 0, "{}", &edit));
    struct json_object *answer = json_parse(text, strlen(text));
    store_begin(alice->store);
    crypto_take(alice->crypto, answer, alice->client.now_ms, false);
    peer_commit(alice);
    json_object_put(answer);
    assert_string_equal(peer_read(bob, peer_say(alice, "as ever")), "as ever");
}

/* Its owner put an old copy of the device's store back: what is sent to it fits no more, until a new session is made. */
static void a_wedged_session__is_mended_at_once(void **state)
{
    (void)state;
    peer_say(bob, "first");
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    store_begin(bob->store);
    store_run(bob->store, "DELETE FROM olm_session", "");
    store_run(bob->store, "DELETE FROM room_key", "");
    peer_commit(bob);
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM olm_session"), 1);
    peers_wait(INT64_C(8) * 86400000); /* a new key is due */
    assert_string_equal(peer_read(bob, peer_say(alice, "read")), "read");
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM olm_session"), 2);
    assert_int_equal(peer_count(bob, "SELECT count(*) FROM wedged"), 0);
}

/* All that a device had agreed on, and been given, is gone. */
static void lose_all(struct peer *peer)
{
    store_begin(peer->store);
    store_run(peer->store, "DELETE FROM olm_session", "");
    store_run(peer->store, "DELETE FROM room_key", "");
    peer_commit(peer);
}

/* What a device of this person was given last, from which index on. */
static int64_t given_from(struct peer *peer, const char *event)
{
    struct arena *arena = arena_create();
    struct room_key key;
    store_begin(peer->store);
    assert_true(room_key_find(peer->crypto, PEERS_ROOM, session_of(event), arena, &key));
    store_rollback(peer->store);
    int64_t index = ratchet_in_first_index(key.ratchet);
    ratchet_in_destroy(key.ratchet);
    arena_destroy(arena);
    return index;
}

/* The key came by a session that is lost, and so did what was said before that was known. */
static void what_is_said_while_a_session_is_wedged__is_read_once_it_is_mended(void **state)
{
    (void)state;
    peer_say(bob, "first");
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    lose_all(bob);
    peers_wait(INT64_C(8) * 86400000); /* a new key is due */
    peers.held = "/keys/claim";
    const char *lost = peer_say(alice, "lost"), *too = peer_say(alice, "lost too");
    assert_int_equal(strncmp(peer_read(bob, lost), "waits for ", 10), 0);
    peers.held = NULL;
    peers_wait(60000);
    peers_settle();
    assert_string_equal(peer_read(bob, lost), "lost");
    assert_string_equal(peer_read(bob, too), "lost too");
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM room_share WHERE is_again"), 0);
}

/* The key was replaced before the device could say that it had not come. */
static void what_was_said_by_the_key_before__is_read_too(void **state)
{
    (void)state;
    peer_say(bob, "first");
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    lose_all(bob);
    peers.held = "/keys/claim";
    peers_wait(INT64_C(8) * 86400000);
    const char *last = peer_say(alice, "last");
    peers_wait(INT64_C(8) * 86400000);
    const char *now = peer_say(alice, "now");
    peers.held = NULL;
    peers_wait(60000);
    peers_settle();
    assert_string_equal(peer_read(bob, last), "last");
    assert_string_equal(peer_read(bob, now), "now");
    assert_int_equal(peer_count(alice, "SELECT count(DISTINCT session) FROM room_start"), 2);
}

/* Who came later has the key from then on, and no loss of theirs gives them more. */
static void a_device_that_came_later__is_given_no_more_than_it_had(void **state)
{
    (void)state;
    peer_say(bob, "first");
    const char *before = peer_say(alice, "before carol");
    struct peer *carol = peers_add("@carol:x", "DESK", false);
    peers_settle();
    peer_say(carol, "hello");
    const char *after = peer_say(alice, "after");
    assert_string_equal(session_of(before), session_of(after));
    assert_string_equal(peer_read(carol, after), "after");
    assert_int_equal(given_from(carol, after), 1);
    lose_all(carol);
    store_begin(alice->store);
    share_again(alice->crypto, "@carol:x", carol->crypto->identity.curve25519);
    peer_commit(alice);
    peers_wait(3600000);
    const char *last = peer_say(alice, "last");
    peers_settle();
    assert_string_equal(peer_read(carol, last), "last");
    assert_string_equal(peer_read(carol, after), "after");
    assert_int_equal(given_from(carol, after), 1);
    assert_int_equal(strncmp(peer_read(carol, before), "refused", 7), 0);
}

/* Who is not in the room any more is told nothing, whatever they lost. */
static void who_has_left__is_given_nothing_again(void **state)
{
    (void)state;
    peer_say(bob, "first");
    assert_string_equal(peer_read(bob, peer_say(alice, "before")), "before");
    peers_set_member("@bob:x", "leave");
    int n_keys = peers.n_keys_sent;
    store_begin(alice->store);
    share_again(alice->crypto, "@bob:x", bob->crypto->identity.curve25519);
    peer_commit(alice);
    peers_settle();
    assert_int_equal(peers.n_keys_sent, n_keys);
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM room_share WHERE is_again"), 0);
}

/* The request is written with its mark; a life that ends before it goes on with the next. */
static void a_key_to_be_given_again__is_given_by_the_next_life(void **state)
{
    (void)state;
    peer_say(bob, "first");
    const char *before = peer_say(alice, "before");
    assert_string_equal(peer_read(bob, before), "before");
    store_begin(bob->store);
    store_run(bob->store, "DELETE FROM room_key", "");
    peer_commit(bob);
    store_begin(alice->store);
    share_again(alice->crypto, "@bob:x", bob->crypto->identity.curve25519);
    peer_commit(alice);
    peer_restart(alice, false);
    peers_settle();
    assert_string_equal(peer_read(bob, before), "before");
}

/* A device that says so again and again is given the old key a few times, and then the one of now. */
static void the_same_key__is_given_a_few_times(void **state)
{
    (void)state;
    peer_say(bob, "first");
    const char *before = peer_say(alice, "before");
    assert_string_equal(peer_read(bob, before), "before");
    int n_keys = peers.n_keys_sent;
    for (int i = 0; i < 20; i++) {
        store_begin(alice->store);
        share_again(alice->crypto, "@bob:x", bob->crypto->identity.curve25519);
        peer_commit(alice);
        peers_settle();
    }
    assert_int_equal(peers.n_keys_sent - n_keys, 8);
    assert_string_equal(peer_read(bob, peer_say(alice, "still")), "still");
}

/* An old copy of a store has ratchets that moved on without it: none of them is used again. */
static void an_old_copy__uses_no_ratchet_again(void **state)
{
    (void)state;
    const char *before = session_of(peer_say(alice, "before"));
    assert_true(crypto_forget_sessions(alice->crypto));
    const char *event = peer_say(alice, "after");
    assert_string_not_equal(session_of(event), before);
    assert_string_equal(peer_read(bob, event), "after");
    assert_string_equal(peer_read(alice, peer_say(bob, "and back")), "and back");
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM wedged"), 0);
}

/* What nobody can open makes no more than a few sessions an hour. */
static void nonsense__makes_few_sessions(void **state)
{
    (void)state;
    peer_read(bob, peer_say(alice, "hello"));
    struct json_object *device = json_find(peers.keys, "device_keys/@alice:x/PHONE/keys");
    struct json_object *ours = json_find(peers.keys, "device_keys/@bob:x/DESK/keys");
    for (int i = 0; i < 20; i++) {
        char *text =
            arena_printf(peers.arena,
                         "{\"sender\":\"@alice:x\",\"type\":\"m.room.encrypted\",\"content\":{\"algorithm\":"
                         "\"m.olm.v1.curve25519-aes-sha2\",\"sender_key\":\"%s\",\"ciphertext\":{\"%s\":"
                         "{\"type\":1,\"body\":\"AwogNonsense%d\"}}}}",
                         json_str(device, "curve25519:PHONE"), json_str(ours, "curve25519:DESK"), i);
        json_object_array_add(bob->inbox, json_parse(text, strlen(text)));
        peers_settle();
    }
    assert_true(peer_count(bob, "SELECT count(*) FROM olm_session") <= 4);
    assert_string_equal(peer_read(bob, peer_say(alice, "all the same")), "all the same");
    assert_string_equal(peer_read(alice, peer_say(bob, "and back")), "and back");
}

/* Nobody is left who makes one-time keys: the fallback key serves all. */
static void the_fallback_key__serves_when_others_are_used_up(void **state)
{
    (void)state;
    struct json_object *stock = json_find(peers.keys, "stock/@bob:x/DESK");
    json_object_object_del(stock, "one_time");
    peers.held = "/keys/upload";
    assert_string_equal(peer_read(bob, peer_say(alice, "hello")), "hello");
    peers.held = NULL;
}

/* The homeserver knows the account no more than its name: all that is known of others is asked for again. */
static void a_lost_position__asks_for_all_devices_again(void **state)
{
    (void)state;
    peer_read(bob, peer_say(alice, "hello"));
    struct json_object *nothing = json_object_new_object();
    crypto_take(alice->crypto, nothing, alice->client.now_ms, true);
    peer_commit(alice);
    json_object_put(nothing);
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM tracked WHERE is_outdated = 0"), 0);
    peers_settle();
    assert_int_equal(peer_count(alice, "SELECT count(*) FROM tracked WHERE is_outdated = 1"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each__has_an_identity_that_signs_its_device),
        TEST(an_identity__is_made_once__whatever_answer_is_lost),
        TEST(an_identity_of_somebody_else__is_left_alone),
        TEST(an_identity__is_put_there_with_the_password_where_it_is_wanted),
        TEST(what_one_says__the_others_read__and_nobody_else),
        TEST(nothing__is_said_before_its_key_was_sent),
        TEST(a_key_on_its_way__is_not_waited_for_for_ever),
        TEST(a_device_without_keys__holds_up_nobody),
        TEST(a_key_that_comes_late__is_told_of),
        TEST(a_key_that_was_not_sent__is_sent_by_the_next_life),
        TEST(a_lost_answer__sends_a_key_twice__which_harms_nothing),
        TEST(an_index__is_used_once),
        TEST(a_replay__is_refused),
        TEST(each_part_of_an_event__is_what_its_key_says),
        TEST(a_message__is_of_its_room),
        TEST(keys_in_clear__count_for_nothing),
        TEST(keys_of_a_device__never_change),
        TEST(a_device_that_nobody_signed__gets_no_key_and_is_not_heard),
        cmocka_unit_test_setup_teardown(a_device_that_nobody_signed__counts_where_that_is_wanted, setup_lax,
                                        teardown),
        TEST(who_leaves__reads_nothing_more),
        TEST(a_device_that_is_gone__reads_nothing_more),
        TEST(who_comes__reads_from_then_on),
        TEST(a_key__is_replaced_after_100_messages_and_after_a_week),
        TEST(a_key__is_replaced_as_its_room_asks__within_reason),
        TEST(a_key__is_replaced_when_the_past_is_opened_or_closed),
        TEST(an_identity_that_is_made_anew__is_noticed_once),
        TEST(what_is_said_before_a_device_is_signed__it_cannot_read__what_is_said_after_that_it_can),
        TEST(who_is_invited__has_the_key__unless_the_past_is_of_who_joined),
        TEST(who_can_be_reached__is_asked_first),
        TEST(a_first_message_without_its_senders_key__ends_nothing),
        TEST(a_wedged_session__is_mended_at_once),
        TEST(what_is_said_while_a_session_is_wedged__is_read_once_it_is_mended),
        TEST(what_was_said_by_the_key_before__is_read_too),
        TEST(a_device_that_came_later__is_given_no_more_than_it_had),
        TEST(who_has_left__is_given_nothing_again),
        TEST(a_key_to_be_given_again__is_given_by_the_next_life),
        TEST(the_same_key__is_given_a_few_times),
        TEST(an_old_copy__uses_no_ratchet_again),
        TEST(nonsense__makes_few_sessions),
        TEST(the_fallback_key__serves_when_others_are_used_up),
        TEST(a_lost_position__asks_for_all_devices_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
