/*
 * crowd - many devices of others at the homeserver of peers.h, which have keys and do nothing: for the room of a thousand.
 *
 * Shape:   each person has so many devices, each with a fallback key. What is sent to them goes nowhere.
 * Owns:    nothing: the keys lie in peers.keys.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "peers.h"

enum { CROWD_DEVICES = 100 };

struct crowd_key {
    struct ratchet_account *account;
    const char *person, *device_id;
    struct json_object *stock;
};

static inline void crowd_put_key(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    const struct crowd_key *key = data;
    struct json_object *fallback = peers_in(key->stock, "fallback");
    if (is_fallback)
        json_set(fallback, arena_printf(peers.arena, "signed_curve25519:%s", key_id),
                 device_make_one_time(key->account, key->person, key->device_id, curve25519, true));
}

static inline void crowd_add_device(const char *person, const char *device_id)
{
    struct json_object *stock = peers_in(peers_in(peers_in(peers.keys, "stock"), person), device_id);
    struct crowd_key key = { ratchet_account_create(), person, device_id, stock };
    json_set(peers_in(peers_in(peers.keys, "device_keys"), person), device_id,
             device_make(key.account, person, device_id));
    ratchet_account_make_fallback(key.account);
    ratchet_account_unpublished(key.account, crowd_put_key, &key);
    ratchet_account_destroy(key.account);
}

/* n_people of CROWD_DEVICES each, in the room of peers.h as this peer sees it. */
static inline void crowd_add(struct peer *peer, int n_people)
{
    for (int person = 0; person < n_people; person++) {
        const char *name = arena_printf(peers.arena, "@crowd%d:x", person);
        for (int device = 0; device < CROWD_DEVICES; device++)
            crowd_add_device(name, arena_printf(peers.arena, "D%03d", device));
        store_begin(peer->store);
        room_set_member(peer->store, 1, name, "join", NULL);
        peer_commit(peer);
    }
}

/* Another encrypted room, of this person beside the peer; returns its row. */
static inline int64_t crowd_make_room(struct peer *peer, const char *room_id, const char *person)
{
    store_begin(peer->store);
    int64_t room = room_ensure(peer->store, room_id);
    room_set(peer->store, room, "membership", "join");
    room_set_encrypted(peer->store, room);
    room_set_has_members(peer->store, room, true);
    room_set_member(peer->store, room, peer->person, "join", NULL);
    room_set_member(peer->store, room, person, "join", NULL);
    peer_commit(peer);
    return room;
}

static inline bool crowd_is_ready(struct peer *peer, int64_t room, const char *room_id, bool is_urgent)
{
    struct seal_cipher cipher = crypto_cipher(peer->crypto);
    return cipher.is_ready(cipher.data,
                           &(struct room){ .id = room, .room_id = room_id, .is_encrypted = true },
                           "m.room.message", is_urgent);
}

#endif
