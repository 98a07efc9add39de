/*
 * matrix/crypto, ended at any place: two devices speak to each other while one of them, by chance, ends before a commit, behind
 * it, with a request on its way, or with an answer to it that nobody hears, and begins again from its file. Each message is read
 * by the other once; no session stays wedged; no index of a ratchet is used twice.
 *
 * POINTS: how many (default 150, of a sample 60; `POINTS=1000 build/asan/unit/test_secret_crash` prints its figures), SEED:
 * which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "../../sample.h"
#include "peers.h"

enum { ROUNDS_MAX = 200, PATH_BYTES = 128, APART_MAX = 24, NEW_KEY_EVERY = 7 };

enum place { BEFORE_INTAKE, BEFORE_SEAL, AFTER_SEAL, BEFORE_READ, IN_FLIGHT, UNHEARD, N_PLACES };
static const char *const places[N_PLACES] = {
    "before an intake's commit", "before a seal's commit",    "behind a seal's commit",
    "before a reading's commit", "with a request on its way", "with an answer unheard",
};

static struct {
    struct peer *one, *other;
    char folder[PATH_BYTES], paths[2][PATH_BYTES];
    uint64_t random;
    int apart; /* places until the next end; 0: none is to come */
    int n_at[N_PLACES];
    int n_points;
} crash;

static unsigned chance(unsigned n)
{
    crash.random = crash.random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(crash.random >> 33) % n;
}

static const char *path_of(const struct peer *peer)
{
    return crash.paths[peer == crash.other];
}

static void open_store(struct peer *peer)
{
    struct err err = { "" };
    if (store_open(path_of(peer), &peer->store, &err) != STORE_OPENED)
        fail_msg("%s", err.text);
    peer->client.store = peer->store;
}

/* What was not committed is gone, and what waited for a commit in memory too. */
static void end_and_begin(struct peer *peer)
{
    crypto_destroy(peer->crypto);
    if (!store_in_transaction(peer->store))
        store_begin(peer->store);
    store_close(peer->store);
    open_store(peer);
    peer_start(peer, false);
}

static bool is_struck(enum place place)
{
    if (!crash.apart || --crash.apart)
        return false;
    crash.n_at[place]++;
    crash.n_points++;
    return true;
}

/* The homeserver keeps what it has until the next request shows that it was taken. */
static void sync_once(struct peer *peer)
{
    struct json_object *inbox = json_object_get(peer->inbox), *changed = json_object_get(peer->changed);
    if (!json_object_array_length(inbox) && !json_object_array_length(changed)) {
        peer_sync(peer);
    } else {
        struct json_object *answer = json_object_new_object(), *events = peers_in(answer, "to_device");
        json_set(events, "events", json_object_get(inbox));
        json_set(peers_in(answer, "device_lists"), "changed", json_object_get(changed));
        crypto_take(peer->crypto, answer, peer->client.now_ms, false);
        json_object_put(answer);
        if (is_struck(BEFORE_INTAKE)) {
            end_and_begin(peer);
        } else {
            peer_commit(peer);
            json_object_put(peer->inbox);
            json_object_put(peer->changed);
            peer->inbox = json_object_new_array();
            peer->changed = json_object_new_array();
        }
    }
    json_object_put(inbox);
    json_object_put(changed);
}

static void answer(struct peers_request *request)
{
    struct peer *peer = request->peer;
    if (is_struck(IN_FLIGHT)) {
        end_and_begin(peer);
    } else if (is_struck(UNHEARD)) {
        peers.lost = "/";
        peers_answer(request);
        peers.lost = NULL;
        end_and_begin(peer);
    } else {
        peers_answer(request);
    }
}

static void work(void)
{
    peers_wait(50);
    for (size_t i = 0; i < peers.n; i++) {
        sync_once(&peers.all[i]);
        crypto_poke(peers.all[i].crypto);
    }
    for (size_t i = 0; i < PEERS_REQUESTS; i++)
        if (peers.requests[i].id)
            answer(&peers.requests[i]);
}

/* As the outbox does: sealed in a commit, then the same bytes for ever. */
static const char *say(struct peer *peer, const char *body)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        work();
        if (!peer_is_ready(peer, false))
            continue;
        const char *bytes = peer_seal(peer, body);
        if (!bytes)
            fail_msg("%s may not be said", body);
        if (is_struck(BEFORE_SEAL)) {
            end_and_begin(peer);
            continue;
        }
        peer_commit(peer);
        if (is_struck(AFTER_SEAL))
            end_and_begin(peer);
        return peers_event(peer->person, bytes);
    }
    fail_msg("%s waits for keys for ever", body);
    return NULL;
}

static const char *read_once(struct peer *peer, const char *event)
{
    const char *waits, *found = NULL;
    struct json_object *json = json_parse(event, strlen(event)), *clear = NULL;
    store_begin(peer->store);
    enum crypto_read result = crypto_read_event(peer->crypto, PEERS_ROOM, json, peers.arena, &clear, &waits);
    if (result == CRYPTO_READ)
        found = arena_strdup(peers.arena, json_str(clear, "content/body"));
    json_object_put(clear);
    json_object_put(json);
    if (result != CRYPTO_READ && result != CRYPTO_WAITS)
        fail_msg("%s is refused", event);
    if (is_struck(BEFORE_READ)) {
        end_and_begin(peer);
        return NULL;
    }
    peer_commit(peer);
    return found;
}

static void hear(struct peer *peer, const char *event, const char *body)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        const char *found = read_once(peer, event);
        if (found) {
            assert_string_equal(found, body);
            return;
        }
        work();
    }
    fail_msg("%s cannot be read", body);
}

/* Its next message has another session, whose key goes out by Olm. */
static void forget_room_key(struct peer *peer)
{
    store_begin(peer->store);
    store_run(peer->store, "DELETE FROM room_share", "");
    store_run(peer->store, "DELETE FROM room_out", "");
    peer_commit(peer);
}

static int number_of(const char *name, int fallback)
{
    const char *text = getenv(name);
    return text ? (int)strtol(text, NULL, 10) : fallback;
}

static void begin(void)
{
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(crash.folder, sizeof crash.folder, "%s/greffier-crash-XXXXXX", root);
    assert_non_null(mkdtemp(crash.folder));
    for (size_t i = 0; i < 2; i++)
        snprintf(crash.paths[i], PATH_BYTES, "%.64s/%zu.db", crash.folder, i);
    peers_begin();
    crash.one = peers_add("@alice:x", "PHONE", false);
    crash.other = peers_add("@bob:x", "DESK", false);
}

/* peers_add made their stores in memory. */
static void move_to_files(void)
{
    struct peer *const both[] = { crash.one, crash.other };
    for (size_t i = 0; i < 2; i++) {
        struct peer *peer = both[i];
        crypto_destroy(peer->crypto);
        store_close(peer->store);
        open_store(peer);
        store_begin(peer->store);
        int64_t room = room_ensure(peer->store, PEERS_ROOM);
        room_set(peer->store, room, "membership", "join");
        room_set_encrypted(peer->store, room);
        room_set_has_members(peer->store, room, true);
        room_set_member(peer->store, room, "@alice:x", "join", NULL);
        room_set_member(peer->store, room, "@bob:x", "join", NULL);
        peer_commit(peer);
        peer_start(peer, false);
    }
    peers_settle();
}

static void finish(void)
{
    static const char *const endings[] = { "", "-wal", "-shm", ".lock", ".ballast" };
    peers_finish();
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sizeof endings / sizeof endings[0]; j++) {
            char path[PATH_BYTES + 16];
            snprintf(path, sizeof path, "%s%s", crash.paths[i], endings[j]);
            unlink(path);
        }
    assert_int_equal(rmdir(crash.folder), 0);
}

static void ended_anywhere__nothing_is_lost_or_read_twice(void **state)
{
    (void)state;
    int n_wanted = number_of("POINTS", sample_of(150, 60)), n_said = 0;
    crash.random = (uint64_t)number_of("SEED", 1);
    begin();
    move_to_files();
    while (crash.n_points < n_wanted) {
        struct peer *from = chance(2) ? crash.one : crash.other;
        struct peer *to = from == crash.one ? crash.other : crash.one;
        if (n_said % NEW_KEY_EVERY == 0)
            forget_room_key(from);
        if (!crash.apart)
            crash.apart = 1 + (int)chance(APART_MAX);
        const char *body = arena_printf(peers.arena, "message %d", n_said++);
        const char *event = say(from, body);
        hear(to, event, body);
        hear(to, event, body); /* the homeserver's repetition is the same event */
    }
    crash.apart = 0;
    hear(crash.other, say(crash.one, "at last"), "at last");
    hear(crash.one, say(crash.other, "indeed"), "indeed");
    print_message("# %d points, %d messages: 0 lost, 0 read twice, 0 sessions wedged, 0 indexes used again\n",
                  crash.n_points, n_said);
    for (int i = 0; i < N_PLACES; i++) {
        print_message("#   %4d %s\n", crash.n_at[i], places[i]);
        assert_true(crash.n_at[i] > 0);
    }
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ended_anywhere__nothing_is_lost_or_read_twice) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
