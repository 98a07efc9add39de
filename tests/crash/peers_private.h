/*
 * peers_private - what peers.c (devices, and what they tell the bot) and peers_hear.c (what they hear of it) share.
 */
#ifndef CRASH_PEERS_PRIVATE_H
#define CRASH_PEERS_PRIVATE_H

#include "base/json.h"
#include "matrix/crypto/device.h"
#include "matrix/crypto/olm_payload.h"
#include "peers.h"

enum {
    PEERS_MAX = 24,
    PEERS_ROOMS_MAX = 128,
    SESSIONS_MAX = 32,
    ROOM_KEYS_MAX = 128,
    HELD_MAX = 8,
    ONE_TIME = 50
};

struct room_key {
    char *id; /* owned */
    struct ratchet_in *in; /* owned */
};

struct peer {
    char person[64], device_id[16];
    unsigned char self_signing[SECRET_KEY_BYTES];
    struct ratchet_account *account; /* owned, as all below */
    struct ratchet_identity identity;
    struct ratchet_session *sessions[SESSIONS_MAX]; /* with the bot's device, the one to speak by last */
    int n_sessions;
    bool is_to_begin; /* another one, by which it speaks next; the others still open what comes by them */
    struct room_key keys[ROOM_KEYS_MAX];
    int n_keys;
    struct ratchet_out *outs[PEERS_ROOMS_MAX];
    bool is_holding;
    struct json_object *held[HELD_MAX]; /* contents of m.room_key */
    int n_held;
    size_t since; /* events before it are not for this device */
    bool has_forgotten; /* its sessions; what is sealed until it has a key again is lost to it */
    bool is_mended; /* it has had one */
};

struct peers {
    struct homeserver *server; /* borrowed */
    struct arena *arena; /* owned; of one call */
    struct peer all[PEERS_MAX];
    int n, n_wedged;
};

struct peer *peers_find(struct peers *peers, const char *person, const char *device_id);
void peer_keep_session(struct peer *peer, struct ratchet_session *session);
void peer_forget_sessions(struct peer *peer);
/* To each device that the bot has published; takes content. */
void peer_tell_bot(struct peers *peers, struct peer *peer, const char *type, struct json_object *content);

#endif
