#include "matrix/crypto/share.h"

#include <string.h>

#include "base/log.h"
#include "matrix/crypto/claim.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/room_keys.h"
#include "matrix/crypto/share_private.h"
#include "matrix/crypto/to_device.h"
#include "store/hold.h"
#include "store/room.h"
#include "store/store.h"

enum { FORGET_MS = 600000 };

/* Rooms that wait */

static struct share_wish *find_wish(struct crypto *crypto, int64_t room)
{
    for (size_t i = 0; i < crypto->n_wishes; i++)
        if (crypto->wishes[i].room == room)
            return &crypto->wishes[i];
    return NULL;
}

static struct share_wish *make_wish(struct crypto *crypto, int64_t room)
{
    struct share_wish *wish = find_wish(crypto, room);
    if (wish || crypto->n_wishes == CRYPTO_WISHES_MAX)
        return wish;
    wish = &crypto->wishes[crypto->n_wishes++];
    *wish = (struct share_wish){ .room = room, .since_ms = crypto->client->now_ms, .is_due = true };
    return wish;
}

void share_is_done(struct crypto *crypto, int64_t room)
{
    struct share_wish *wish = find_wish(crypto, room);
    if (wish)
        *wish = crypto->wishes[--crypto->n_wishes];
}

static int64_t until_ms(const struct share_wish *wish)
{
    return wish->since_ms + (wish->is_urgent ? SHARE_URGENT_MS : SHARE_WAIT_MS);
}

static bool is_past(const struct crypto *crypto, const struct share_wish *wish)
{
    return crypto->client->now_ms >= until_ms(wish);
}

/* What is known of a room */

static char *session_of(struct crypto *crypto, int64_t room, struct arena *arena)
{
    return store_str(crypto->client->store, arena, "SELECT session FROM room_out WHERE room = ?1", "i", room);
}

/* Whose homeserver was away lately is not waited for. */
static bool has_unknown_people(struct crypto *crypto, int64_t room)
{
    struct store *store = crypto->client->store;
    return !room_has_members(store, room) ||
           store_int(store, 0,
                     "SELECT 1 FROM member m LEFT JOIN tracked t ON t.person = m.person WHERE m.room = ?1"
                     " AND " SHARE_READS " AND coalesce(t.is_outdated, 1) = 1"
                     " AND coalesce(t.ask_ms, 0) <= ?2 LIMIT 1",
                     "ii", room, crypto->client->now_ms);
}

/* There is a session with this device, d. */
#define HAS_SESSION "EXISTS (SELECT 1 FROM olm_session o WHERE o.curve = d.curve)"

/* Devices, d, that may read what is said in room ?1, and have no key of session ?2; ?3 is_lax, ?4 and ?5 this device, ?6 now.
 * One that had no one-time key for us lately is not waited for. */
#define MISSING                                                                                              \
    " FROM member m JOIN device d ON d.person = m.person"                                                    \
    " WHERE m.room = ?1 AND " SHARE_READS " AND d.is_gone = 0"                                               \
    " AND (d.is_signed = 1 OR ?3 = 1) AND NOT (d.person = ?4 AND d.device_id = ?5)"                          \
    " AND NOT EXISTS (SELECT 1 FROM room_share s WHERE s.session = ?2 AND s.person = d.person"               \
    "  AND s.device_id = d.device_id)"                                                                       \
    " AND (coalesce(d.claim_ms, 0) <= ?6 OR " HAS_SESSION ")"

static int64_t count_missing(struct crypto *crypto, int64_t room, const char *session)
{
    return store_int(crypto->client->store, 0, "SELECT count(*)" MISSING, "isissi", room, session,
                     (int64_t)crypto->is_lax, crypto->client->me, crypto->client->device_id,
                     crypto->client->now_ms);
}

static bool is_anybody_missing(struct crypto *crypto, int64_t room, const char *session)
{
    return store_int(crypto->client->store, 0, "SELECT 1" MISSING " LIMIT 1", "isissi", room, session,
                     (int64_t)crypto->is_lax, crypto->client->me, crypto->client->device_id,
                     crypto->client->now_ms);
}

/* Those that a session has to be made with first. */
static void want_sessions(struct crypto *crypto, int64_t room, const char *session, bool is_urgent)
{
    struct store *store = crypto->client->store;
    store_run(store,
              "UPDATE device SET claim_ms = ?7 WHERE (claim_ms IS NULL OR claim_ms = 0 AND ?7 < 0)"
              " AND (person, device_id) IN (SELECT d.person, d.device_id" MISSING " AND NOT " HAS_SESSION ")",
              "isissii", room, session, (int64_t)crypto->is_lax, crypto->client->me,
              crypto->client->device_id, crypto->client->now_ms,
              (int64_t)(is_urgent ? CLAIM_URGENT : CLAIM_NOW));
    if (store_changes(store) > 0)
        claim_want(crypto);
}

/* It has the key, and may not read what is said from now on. */
static bool has_stranger(struct crypto *crypto, int64_t room, const char *session)
{
    return store_int(crypto->client->store, 0,
                     "SELECT 1 FROM room_share s WHERE s.session = ?1 AND NOT EXISTS"
                     " (SELECT 1 FROM member m JOIN device d ON d.person = m.person WHERE m.room = ?2"
                     "  AND m.person = s.person AND d.device_id = s.device_id AND d.is_gone = 0"
                     "  AND " SHARE_READS " AND (d.is_signed = 1 OR ?3 = 1)) LIMIT 1",
                     "sii", session, room, (int64_t)crypto->is_lax);
}

/* What the room asks for, within reason: a key for each message would be a burden to all, one for ever a risk. */
static bool is_used_up(struct crypto *crypto, int64_t room)
{
    return store_int(
        crypto->client->store, 0,
        "SELECT o.n_used >= CASE WHEN r.rotate_n > 0 THEN max(?3, min(r.rotate_n, ?4)) ELSE ?5 END"
        " OR o.made_ms <= ?2 - CASE WHEN r.rotate_ms > 0 THEN max(?6, min(r.rotate_ms, ?7)) ELSE ?8 END"
        " OR o.made_ms > ?2 FROM room_out o JOIN room r ON r.id = o.room WHERE o.room = ?1",
        "iiiiiiii", room, crypto->client->now_ms, (int64_t)SHARE_ROTATE_LEAST_N, (int64_t)SHARE_ROTATE_MOST_N,
        (int64_t)SHARE_ROTATE_N, (int64_t)SHARE_ROTATE_LEAST_MS, (int64_t)SHARE_ROTATE_MOST_DAYS * 86400000,
        (int64_t)SHARE_ROTATE_MS);
}

/* Who comes later may be given what was said before: clients of others go by this. */
static bool has_open_past(struct crypto *crypto, int64_t room)
{
    return store_int(
        crypto->client->store, 0,
        "SELECT coalesce(visibility, 'shared') IN ('shared', 'world_readable') FROM room WHERE id = ?1", "i",
        room);
}

/* The key was given away with the word that holds now. */
static bool is_of_visibility(struct crypto *crypto, int64_t room)
{
    return store_int(crypto->client->store, 0, "SELECT is_shared = ?2 FROM room_out WHERE room = ?1", "ii",
                     room, (int64_t)has_open_past(crypto, room));
}

static bool is_good(struct crypto *crypto, int64_t room, const char *session)
{
    return session && !is_used_up(crypto, room) && is_of_visibility(crypto, room) &&
           !has_stranger(crypto, room, session);
}

bool share_is_ready(struct crypto *crypto, int64_t room, bool is_urgent)
{
    struct arena *arena = arena_create();
    const char *session = session_of(crypto, room, arena);
    struct share_wish *wish = find_wish(crypto, room);
    bool is_ready = is_good(crypto, room, session);
    if (is_ready && !(wish && is_past(crypto, wish)))
        is_ready = !has_unknown_people(crypto, room) && !is_anybody_missing(crypto, room, session) &&
                   !to_device_is_pending(crypto->client->store, session);
    arena_destroy(arena);
    if (!is_ready && (wish = make_wish(crypto, room)))
        wish->is_urgent = wish->is_urgent || is_urgent;
    return is_ready;
}

void share_touch_room(struct crypto *crypto, int64_t room)
{
    struct share_wish *wish = find_wish(crypto, room);
    if (wish)
        wish->is_due = true;
}

void share_touch_person(struct crypto *crypto, const char *person)
{
    for (size_t i = 0; i < crypto->n_wishes; i++) {
        struct share_wish *wish = &crypto->wishes[i];
        wish->is_due = wish->is_due || store_int(crypto->client->store, 0,
                                                 "SELECT 1 FROM member WHERE room = ?1 AND person = ?2", "is",
                                                 wish->room, person);
    }
}

enum crypto_reach crypto_can_reach(struct crypto *crypto, const char *person)
{
    struct store *store = crypto->client->store;
    if (crypto->is_off)
        return CRYPTO_OUT_OF_REACH;
    if (!devices_is_known(store, person)) {
        crypto_begin(crypto);
        devices_track(store, person);
        crypto_commit(crypto);
        query_want(crypto);
        return CRYPTO_REACH_UNKNOWN;
    }
    bool reaches = store_int(
        store, 0, "SELECT 1 FROM device WHERE person = ?1 AND is_gone = 0 AND (is_signed = 1 OR ?2 = 1)",
        "si", person, (int64_t)crypto->is_lax);
    return reaches ? CRYPTO_REACHES : CRYPTO_OUT_OF_REACH;
}

/* Making it so */

static void end_session(struct crypto *crypto, int64_t room, const char *session)
{
    struct store *store = crypto->client->store;
    store_run(store, "DELETE FROM room_out WHERE room = ?1", "i", room);
    share_again_end(crypto, room, session);
}

struct json_object *share_key_content(const char *room_id, struct ratchet_out *out, bool is_shared)
{
    struct arena *arena = arena_create();
    struct json_object *content = json_object_new_object();
    json_set_str(content, "algorithm", DEVICE_MEGOLM);
    json_set_str(content, "room_id", room_id);
    json_set_str(content, "session_id", ratchet_out_id(out, arena));
    json_set_str(content, "session_key", ratchet_out_key(out, arena));
    json_set_bool(content, "shared_history", is_shared);
    json_set_bool(content, "m.shared_history", is_shared);
    arena_destroy(arena);
    return content;
}

/* A copy for ourselves: what we said is read when it comes back. */
static void begin_session(struct crypto *crypto, int64_t room, const char *room_id)
{
    struct arena *arena = arena_create();
    struct ratchet_out *out = ratchet_out_create();
    struct json_object *content = share_key_content(room_id, out, has_open_past(crypto, room));
    room_key_take(crypto, content,
                  &(struct room_key_owner){ .person = crypto->client->me,
                                            .curve25519 = crypto->identity.curve25519,
                                            .ed25519 = crypto->identity.ed25519 });
    store_run(
        crypto->client->store,
        "INSERT INTO room_out(room, session, pickle, made_ms, n_used, is_shared) VALUES(?1, ?2, ?3, ?4, 0, ?5)",
        "issii", room, ratchet_out_id(out, arena), ratchet_out_pickle(out, arena, crypto->key),
        crypto->client->now_ms, (int64_t)has_open_past(crypto, room));
    json_object_put(content);
    ratchet_out_destroy(out);
    arena_destroy(arena);
}

static void note_share(struct crypto *crypto, const char *session, const struct device_row *device,
                       uint32_t index)
{
    store_run(
        crypto->client->store,
        "INSERT OR IGNORE INTO room_share(session, person, device_id, curve, idx) VALUES(?1, ?2, ?3, ?4, ?5)",
        "ssssi", session, device->person, device->device_id, device->curve25519, (int64_t)index);
}

size_t share_read_devices(struct rows *rows, struct arena *arena, struct device_row devices[SHARE_BATCH])
{
    size_t n = 0;
    for (; rows_next(rows); n++)
        devices[n] = (struct device_row){ .person = rows_dup(rows, 0, arena),
                                          .device_id = rows_dup(rows, 1, arena),
                                          .curve25519 = rows_dup(rows, 2, arena),
                                          .ed25519 = rows_dup(rows, 3, arena) };
    return n;
}

/* The next ones that can be told. */
static size_t read_missing(struct crypto *crypto, int64_t room, const char *session, struct arena *arena,
                           struct device_row devices[SHARE_BATCH])
{
    struct rows rows = store_rows(crypto->client->store,
                                  "SELECT d.person, d.device_id, d.curve, d.ed" MISSING " AND " HAS_SESSION
                                  " ORDER BY d.person, d.device_id LIMIT ?7",
                                  "isissii", room, session, (int64_t)crypto->is_lax, crypto->client->me,
                                  crypto->client->device_id, crypto->client->now_ms, (int64_t)SHARE_BATCH);
    return share_read_devices(&rows, arena, devices);
}

/* Of a large room how far it has come. */
static void log_given(struct crypto *crypto, const struct room *place, const char *session, size_t n_given)
{
    int64_t n_missing = count_missing(crypto, place->id, session);
    int64_t n_have = store_int(crypto->client->store, 0, "SELECT count(*) FROM room_share WHERE session = ?1",
                               "s", session);
    if (n_missing)
        log_info("the key of room %s goes to %zu devices: %lld have it then, %lld more wait", place->room_id,
                 n_given, (long long)n_have, (long long)n_missing);
    else
        log_info("the key of room %s goes to %zu devices", place->room_id, n_given);
}

/* Returns how many were told. */
static size_t give_keys(struct crypto *crypto, const struct room *place, struct ratchet_out *out,
                        bool is_urgent)
{
    struct arena *arena = arena_create();
    struct device_row devices[SHARE_BATCH];
    const char *session = ratchet_out_id(out, arena);
    size_t n = read_missing(crypto, place->id, session, arena, devices), n_given = 0;
    struct to_device_batch batch;
    if (n && to_device_begin(&batch, crypto)) {
        struct json_object *content =
            share_key_content(place->room_id, out, has_open_past(crypto, place->id));
        for (size_t i = 0; i < n; i++) {
            if (!to_device_add(&batch, &devices[i], "m.room_key", content))
                continue;
            note_share(crypto, session, &devices[i], ratchet_out_index(out));
            n_given++;
        }
        if (n_given)
            share_again_keep(crypto, place->id, out, has_open_past(crypto, place->id));
        json_object_put(content);
        to_device_end(&batch, session, is_urgent);
    }
    want_sessions(crypto, place->id, session, is_urgent);
    if (n_given)
        log_given(crypto, place, session, n_given);
    arena_destroy(arena);
    return n_given;
}

static void track_people(struct crypto *crypto, int64_t room)
{
    store_run(crypto->client->store,
              "INSERT OR IGNORE INTO tracked(person, n_told, is_outdated)"
              " SELECT m.person, (SELECT coalesce(max(n_told), 0) + 1 FROM tracked), 1 FROM member m"
              " WHERE m.room = ?1 AND " SHARE_READS,
              "i", room);
    query_want(crypto);
}

/* Returns how many devices were told. */
static size_t prepare_room(struct crypto *crypto, const struct share_wish *wish, struct arena *arena)
{
    struct store *store = crypto->client->store;
    struct room room;
    if (!room_get(store, wish->room, arena, &room))
        return 0;
    track_people(crypto, room.id);
    char *session = session_of(crypto, room.id, arena);
    if (session && !is_good(crypto, room.id, session)) {
        end_session(crypto, room.id, session);
        session = NULL;
    }
    if (!session && has_unknown_people(crypto, room.id) && !is_past(crypto, wish))
        return 0;
    if (!session)
        begin_session(crypto, room.id, room.room_id);
    char *pickle = store_str(store, arena, "SELECT pickle FROM room_out WHERE room = ?1", "i", room.id);
    struct ratchet_out *out = pickle ? ratchet_out_load(pickle, crypto->key) : NULL;
    size_t n_given = out ? give_keys(crypto, &room, out, wish->is_urgent) : 0;
    ratchet_out_destroy(out);
    return n_given;
}

static size_t prepare(struct crypto *crypto, struct share_wish *wish)
{
    struct arena *arena = arena_create();
    crypto_begin(crypto);
    size_t n_given = prepare_room(crypto, wish, arena);
    arena_destroy(arena);
    wish->is_due = !crypto_commit(crypto);
    if (wish->is_due)
        crypto->share_after_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
    return n_given;
}

/* Once when it begins, whenever something has come, and once when no more is waited for. */
static bool is_to_prepare(struct crypto *crypto, struct share_wish *wish)
{
    if (is_past(crypto, wish) && !wish->is_late)
        wish->is_late = wish->is_due = true;
    return wish->is_due;
}

static bool may_prepare(const struct crypto *crypto)
{
    return crypto->client->is_caught_up && *crypto->identity.curve25519;
}

/* What was to be said there is not to be said any more. */
static void forget_old(struct crypto *crypto)
{
    for (size_t i = crypto->n_wishes; i-- > 0;)
        if (crypto->client->now_ms - crypto->wishes[i].since_ms >= FORGET_MS)
            crypto->wishes[i] = crypto->wishes[--crypto->n_wishes];
}

/* Whose turn it is: something urgent, else what has had none for longest; NULL: nobody's. */
static struct share_wish *next_wish(struct crypto *crypto)
{
    struct share_wish *next = NULL;
    for (size_t i = 0; i < crypto->n_wishes; i++) {
        struct share_wish *wish = &crypto->wishes[i];
        if (!is_to_prepare(crypto, wish))
            continue;
        if (!next || (wish->is_urgent && !next->is_urgent) ||
            (wish->is_urgent == next->is_urgent && wish->turn < next->turn))
            next = wish;
    }
    return next;
}

void share_poke(struct crypto *crypto)
{
    if (!crypto_know_itself(crypto) || !may_prepare(crypto))
        return;
    forget_old(crypto);
    size_t n_given = share_again_poke(crypto);
    struct share_wish *wish;
    while (n_given < SHARE_BATCH && crypto->client->now_ms >= crypto->share_after_ms &&
           (wish = next_wish(crypto))) {
        wish->turn = ++crypto->n_turns;
        n_given += prepare(crypto, wish);
    }
}

int64_t share_next_ms(const struct crypto *crypto)
{
    int64_t next_ms = crypto->is_again && may_prepare(crypto) ? 0 : INT64_MAX;
    for (size_t i = 0; i < crypto->n_wishes && may_prepare(crypto); i++) {
        const struct share_wish *wish = &crypto->wishes[i];
        int64_t at_ms = wish->is_due ? 0 : wish->is_late ? wish->since_ms + FORGET_MS : until_ms(wish);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    return next_ms > crypto->share_after_ms ? next_ms : crypto->share_after_ms;
}

void share_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    for (size_t i = 0; i < crypto->n_wishes; i++)
        client_move(&crypto->wishes[i].since_ms, by_ms);
    client_move(&crypto->share_after_ms, by_ms);
}
