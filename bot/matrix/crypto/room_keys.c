#include "matrix/crypto/room_keys.h"

#include <string.h>

#include "base/log.h"
#include "matrix/crypto/backup.h"
#include "matrix/crypto/device.h"
#include "matrix/parse.h"
#include "store/store.h"

static bool is_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Taken only if it says more than what is there, and cannot say anything else. */
static bool is_better(const struct room_key *known, struct ratchet_in *fresh,
                      const struct room_key_owner *owner)
{
    return ratchet_in_first_index(fresh) < ratchet_in_first_index(known->ratchet) &&
           is_same(known->owner.person, owner->person) &&
           is_same(known->owner.curve25519, owner->curve25519) &&
           is_same(known->owner.ed25519, owner->ed25519) && ratchet_in_connects(known->ratchet, fresh);
}

static bool has_too_many(struct crypto *crypto, const char *person)
{
    return store_int(crypto->client->store, 0, "SELECT count(*) FROM room_key WHERE person = ?1", "s",
                     person) >= ROOM_KEYS_PER_PERSON;
}

static bool keep_key(struct crypto *crypto, const char *room_id, const char *session_id,
                     struct ratchet_in *fresh, const struct room_key_owner *owner)
{
    struct arena *arena = arena_create();
    struct room_key known;
    bool is_known = room_key_find(crypto, room_id, session_id, arena, &known);
    bool is_wanted = is_known ? is_better(&known, fresh, owner) : !has_too_many(crypto, owner->person);
    if (is_known)
        ratchet_in_destroy(known.ratchet);
    if (is_wanted)
        store_run(
            crypto->client->store,
            "INSERT INTO room_key(room_id, session, pickle, person, curve, ed) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
            " ON CONFLICT(room_id, session) DO UPDATE SET pickle = excluded.pickle, is_backed = 0",
            "ssssss", room_id, session_id, ratchet_in_pickle(fresh, arena, crypto->key), owner->person,
            owner->curve25519, owner->ed25519);
    else
        log_debug("a key for room %s is left out", room_id);
    if (is_wanted)
        backup_note(crypto);
    arena_destroy(arena);
    return is_wanted;
}

bool room_key_take(struct crypto *crypto, struct json_object *content, const struct room_key_owner *owner)
{
    const char *room_id = json_str(content, "room_id"), *session_id = json_str(content, "session_id");
    const char *algorithm = json_str(content, "algorithm"), *session_key = json_str(content, "session_key");
    if (!algorithm || strcmp(algorithm, DEVICE_MEGOLM) != 0 || !parse_is_room_id(room_id) || !session_id ||
        !session_key)
        return false;
    struct ratchet_in *fresh = ratchet_in_create(session_key);
    if (!fresh)
        return false;
    struct arena *arena = arena_create();
    bool is_taken = strcmp(ratchet_in_id(fresh, arena), session_id) == 0 &&
                    keep_key(crypto, room_id, session_id, fresh, owner);
    arena_destroy(arena);
    ratchet_in_destroy(fresh);
    return is_taken;
}

bool room_key_restore(struct crypto *crypto, const char *room_id, const char *session_id,
                      const struct room_key *key)
{
    if (!keep_key(crypto, room_id, session_id, key->ratchet, &key->owner))
        return false;
    store_run(crypto->client->store, "UPDATE room_key SET is_backed = 1 WHERE room_id = ?1 AND session = ?2",
              "ss", room_id, session_id);
    return true;
}

bool room_key_find(struct crypto *crypto, const char *room_id, const char *session_id, struct arena *arena,
                   struct room_key *out)
{
    struct rows rows =
        store_rows(crypto->client->store,
                   "SELECT pickle, person, curve, ed FROM room_key WHERE room_id = ?1 AND session = ?2", "ss",
                   room_id, session_id);
    *out = (struct room_key){ 0 };
    if (rows_next(&rows)) {
        out->ratchet = ratchet_in_load(rows_text(&rows, 0), crypto->key);
        out->owner = (struct room_key_owner){ .person = rows_dup(&rows, 1, arena),
                                              .curve25519 = rows_dup(&rows, 2, arena),
                                              .ed25519 = rows_dup(&rows, 3, arena) };
    }
    rows_end(&rows);
    return out->ratchet;
}

/* text: "EVENT SESSION INDEX"; none has a space in it. It does not end with the event's id, by which message_is_known finds
 * what is an effect. */
static void write_index(struct store *store, int64_t index, const char *text)
{
    struct arena *arena = arena_create();
    const char *session = strchr(text, ' ') + 1;
    store_run(store, "INSERT OR IGNORE INTO room_index(session, idx, event_id) VALUES(?1, ?2, ?3)", "sis",
              arena_strndup(arena, session, strcspn(session, " ")), index,
              arena_strndup(arena, text, strcspn(text, " ")));
    arena_destroy(arena);
}

bool room_index_note(struct crypto *crypto, const char *session_id, uint32_t index, const char *event_id)
{
    struct store *store = crypto->client->store;
    struct arena *arena = arena_create();
    const char *of_index = arena_printf(arena, " %s %u", session_id, index);
    const char *text = arena_printf(arena, "%s%s", event_id, of_index);
    const char *known =
        store_str(store, arena, "SELECT event_id FROM room_index WHERE session = ?1 AND idx = ?2", "si",
                  session_id, (int64_t)index);
    bool is_only =
        known ? strcmp(known, event_id) == 0
              : store_defers(store, write_index, index, text) || !store_has_deferred(store, of_index);
    if (!known && is_only) {
        if (store_n_deferred(store) >= ROOM_INDEX_UNWRITTEN)
            crypto_begin(crypto);
        store_defer(store, write_index, index, text);
    }
    arena_destroy(arena);
    return is_only;
}
