/*
 * crowd - many devices of others at the homeserver of peers.h, which have keys and do nothing: for the room of a thousand.
 *
 * Shape:   each person has so many devices, each with a fallback key. What is sent to them goes nowhere.
 * Owns:    the keys, made once for all tests of a program and given a copy of to each homeserver: making them takes longer
 *          than all that is tested with them.
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

static inline void crowd_make_device(struct json_object *keys, const char *person, const char *device_id)
{
    struct json_object *stock = peers_in(peers_in(peers_in(keys, "stock"), person), device_id);
    struct crowd_key key = { ratchet_account_create(), person, device_id, stock };
    json_set(peers_in(peers_in(keys, "device_keys"), person), device_id,
             device_make(key.account, person, device_id));
    ratchet_account_make_fallback(key.account);
    ratchet_account_unpublished(key.account, crowd_put_key, &key);
    ratchet_account_destroy(key.account);
}

static inline void crowd_give(const char *what, const char *person, struct json_object *made)
{
    struct json_object *copy = NULL;
    json_object_deep_copy(json_find(json_find(made, what), person), &copy, NULL);
    json_set(peers_in(peers.keys, what), person, copy);
}

/* n_people of CROWD_DEVICES each, in the room of peers.h as this peer sees it. */
static inline void crowd_add(struct peer *peer, int n_people)
{
    static struct json_object *made; /* borrowed by every test, for the life of the program */
    static int n_made;
    if (!made)
        made = json_object_new_object();
    for (int person = 0; person < n_people; person++) {
        const char *name = arena_printf(peers.arena, "@crowd%d:x", person);
        for (int device = 0; device < CROWD_DEVICES && person >= n_made; device++)
            crowd_make_device(made, name, arena_printf(peers.arena, "D%03d", device));
        crowd_give("device_keys", name, made);
        crowd_give("stock", name, made);
        store_begin(peer->store);
        room_set_member(peer->store, 1, name, "join", NULL);
        peer_commit(peer);
    }
    n_made = n_people > n_made ? n_people : n_made;
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
