/* A device that has begun anew gets again what it was given, from the same index on, and no more: what was sealed between
 * the loss of its session and its word of that would stay unread. The ratchet of that time lies in room_start. That gives
 * away nothing that the store did not have: of what we say ourselves we keep the first key too (room_keys.h). Of a room
 * the session in use has it and the one before. */
#include "base/log.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/share_private.h"
#include "matrix/crypto/to_device.h"
#include "store/store.h"

enum { AGAIN_MAX = 8 }; /* the same key to the same device; after that only what is said from then on */

void share_again_keep(struct crypto *crypto, int64_t room, struct ratchet_out *out, bool is_shared)
{
    struct arena *arena = arena_create();
    store_run(crypto->client->store,
              "INSERT OR IGNORE INTO room_start(session, idx, room, pickle, is_shared)"
              " VALUES(?1, ?2, ?3, ?4, ?5)",
              "siisi", ratchet_out_id(out, arena), (int64_t)ratchet_out_index(out), room,
              ratchet_out_pickle(out, arena, crypto->key), (int64_t)is_shared);
    arena_destroy(arena);
}

void share_again_end(struct crypto *crypto, int64_t room, const char *session)
{
    struct store *store = crypto->client->store;
    store_run(store,
              "DELETE FROM room_share WHERE session IN"
              " (SELECT session FROM room_start WHERE room = ?1 AND session <> ?2)",
              "is", room, session);
    store_run(store, "DELETE FROM room_start WHERE room = ?1 AND session <> ?2", "is", room, session);
}

void share_again(struct crypto *crypto, const char *person, const char *curve25519)
{
    struct store *store = crypto->client->store;
    store_run(store, "DELETE FROM room_share WHERE curve = ?1 AND person = ?2 AND n_again >= ?3", "ssi",
              curve25519, person, (int64_t)AGAIN_MAX);
    store_run(store,
              "UPDATE room_share SET is_again = 1, n_again = n_again + 1 WHERE curve = ?1 AND person = ?2",
              "ss", curve25519, person);
    crypto->is_again = true;
    share_touch_person(crypto, person);
}

/* Which session has somebody who waits for it, and from which index on. */
struct start {
    char *session, *room_id, *pickle;
    int64_t idx;
    bool is_shared;
};

static bool find_start(struct crypto *crypto, struct arena *arena, struct start *out)
{
    struct rows rows =
        store_rows(crypto->client->store,
                   "SELECT s.session, s.idx, r.room_id, k.pickle, k.is_shared"
                   " FROM room_share s JOIN room_start k ON k.session = s.session AND k.idx = s.idx"
                   " JOIN room r ON r.id = k.room WHERE s.is_again = 1 LIMIT 1",
                   "");
    bool has = rows_next(&rows);
    if (has)
        *out = (struct start){ .session = rows_dup(&rows, 0, arena),
                               .idx = rows_int(&rows, 1),
                               .room_id = rows_dup(&rows, 2, arena),
                               .pickle = rows_dup(&rows, 3, arena),
                               .is_shared = rows_int(&rows, 4) };
    rows_end(&rows);
    return has;
}

/* Those who wait for it, and may still read what is said there. */
static size_t read_waiting(struct crypto *crypto, const struct start *start, struct arena *arena,
                           struct device_row devices[SHARE_BATCH])
{
    struct rows rows = store_rows(
        crypto->client->store,
        "SELECT d.person, d.device_id, d.curve, d.ed FROM room_share s"
        " JOIN room_start k ON k.session = s.session AND k.idx = s.idx"
        " JOIN member m ON m.room = k.room AND m.person = s.person"
        " JOIN device d ON d.person = s.person AND d.device_id = s.device_id AND d.curve = s.curve"
        " WHERE s.session = ?1 AND s.idx = ?2 AND s.is_again = 1 AND d.is_gone = 0"
        " AND (d.is_signed = 1 OR ?3 = 1) AND " SHARE_READS " ORDER BY d.person, d.device_id LIMIT ?4",
        "siii", start->session, start->idx, (int64_t)crypto->is_lax, (int64_t)SHARE_BATCH);
    return share_read_devices(&rows, arena, devices);
}

static void end_waiting(struct crypto *crypto, const struct start *start, const struct device_row *device,
                        bool is_told)
{
    store_run(crypto->client->store,
              is_told ? "UPDATE room_share SET is_again = 0"
                        " WHERE session = ?1 AND person = ?2 AND device_id = ?3"
                      : "DELETE FROM room_share WHERE session = ?1 AND person = ?2 AND device_id = ?3",
              "sss", start->session, device->person, device->device_id);
}

/* Returns how many were told; the others get a key as whoever never had it. */
static size_t tell(struct crypto *crypto, const struct start *start, struct ratchet_out *out,
                   const struct device_row *devices, size_t n)
{
    struct to_device_batch batch;
    size_t n_given = 0;
    if (!to_device_begin(&batch, crypto))
        return 0;
    struct json_object *content = share_key_content(start->room_id, out, start->is_shared);
    for (size_t i = 0; i < n; i++) {
        bool is_told = to_device_add(&batch, &devices[i], "m.room_key", content);
        end_waiting(crypto, start, &devices[i], is_told);
        n_given += is_told;
    }
    json_object_put(content);
    to_device_end(&batch, start->session, false);
    log_info("the key of room %s goes to %zu devices again", start->room_id, n_given);
    return n_given;
}

/* False: nobody waits for any more. */
static bool give_one(struct crypto *crypto, size_t *n_given)
{
    struct arena *arena = arena_create();
    struct device_row devices[SHARE_BATCH];
    struct start start;
    bool has = find_start(crypto, arena, &start);
    if (has) {
        struct ratchet_out *out = ratchet_out_load(start.pickle, crypto->key);
        size_t n = read_waiting(crypto, &start, arena, devices);
        *n_given += out && n ? tell(crypto, &start, out, devices, n) : 0;
        /* Who is left may not read there any more. */
        if (n < SHARE_BATCH || !out)
            store_run(crypto->client->store,
                      "UPDATE room_share SET is_again = 0 WHERE session = ?1 AND idx = ?2", "si",
                      start.session, start.idx);
        ratchet_out_destroy(out);
    }
    arena_destroy(arena);
    return has;
}

static bool is_anybody_waiting(struct crypto *crypto)
{
    return store_int(crypto->client->store, 0, "SELECT 1 FROM room_share WHERE is_again = 1 LIMIT 1", "");
}

size_t share_again_poke(struct crypto *crypto)
{
    size_t n_given = 0;
    if (!crypto->is_again || crypto->client->now_ms < crypto->share_after_ms)
        return 0;
    crypto->is_again = is_anybody_waiting(crypto);
    if (!crypto->is_again)
        return 0;
    crypto_begin(crypto);
    while (n_given < SHARE_BATCH && !store_failed(crypto->client->store) && give_one(crypto, &n_given))
        ;
    if (!crypto_commit(crypto))
        crypto->share_after_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
    return n_given;
}
