#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "homeserver_private.h"
#include "matrix/crypto/canon.h"
#include "need.h"
#include "peers_private.h"

/* Devices */

struct peer *peers_find(struct peers *peers, const char *person, const char *device_id)
{
    for (int i = 0; i < peers->n; i++)
        if (strcmp(peers->all[i].person, person) == 0 &&
            (!device_id || strcmp(peers->all[i].device_id, device_id) == 0))
            return &peers->all[i];
    return NULL;
}

static void sign_by_seed(struct peers *peers, struct json_object *object, const char *person,
                         const unsigned char seed[SECRET_KEY_BYTES])
{
    const char *text = canon_signed(object, peers->arena);
    char *name = arena_printf(peers->arena, "ed25519:%s", ratchet_seed_public(peers->arena, seed));
    device_add_signature(object, person, name, ratchet_seed_sign(peers->arena, seed, text));
}

static struct json_object *cross_key(struct peers *peers, const char *person, const char *usage,
                                     const unsigned char seed[SECRET_KEY_BYTES])
{
    struct json_object *object = json_object_new_object(), *usages = json_object_new_array();
    struct json_object *keys = json_object_new_object();
    const char *key = ratchet_seed_public(peers->arena, seed);
    json_set_str(object, "user_id", person);
    json_add_str(usages, usage);
    json_set(object, "usage", usages);
    json_set_str(keys, arena_printf(peers->arena, "ed25519:%s", key), key);
    json_set(object, "keys", keys);
    return object;
}

/* An identity of its own: a master key, and by it the one that signs devices. */
static void make_identity(struct peers *peers, struct peer *peer)
{
    unsigned char master[SECRET_KEY_BYTES];
    secret_random(master, sizeof master);
    secret_random(peer->self_signing, sizeof peer->self_signing);
    struct json_object *keys = peers->server->keys;
    struct json_object *own = cross_key(peers, peer->person, "self_signing", peer->self_signing);
    sign_by_seed(peers, own, peer->person, master);
    json_set(inside(keys, "master_keys"), peer->person, cross_key(peers, peer->person, "master", master));
    json_set(inside(keys, "self_signing_keys"), peer->person, own);
}

struct stock {
    struct peer *peer;
    struct json_object *one_time, *fallback;
};

static void put_in_stock(void *data, const char *key_id, const char *curve25519, bool is_fallback)
{
    struct stock *stock = data;
    struct peer *peer = stock->peer;
    char name[64];
    snprintf(name, sizeof name, "signed_curve25519:%s", key_id);
    json_set(is_fallback ? stock->fallback : stock->one_time, name,
             device_make_one_time(peer->account, peer->person, peer->device_id, curve25519, is_fallback));
}

static void publish(struct peers *peers, struct peer *peer)
{
    struct json_object *keys = peers->server->keys;
    struct json_object *device = device_make(peer->account, peer->person, peer->device_id);
    struct json_object *place = inside(inside(inside(keys, "stock"), peer->person), peer->device_id);
    struct stock stock = { peer, inside(place, "one_time"), inside(place, "fallback") };
    sign_by_seed(peers, device, peer->person, peer->self_signing);
    json_set(inside(inside(keys, "device_keys"), peer->person), peer->device_id, device);
    ratchet_account_make_one_time(peer->account, ONE_TIME);
    ratchet_account_make_fallback(peer->account);
    ratchet_account_unpublished(peer->account, put_in_stock, &stock);
    ratchet_account_mark_published(peer->account);
    note_change(peers->server, peer->person);
}

void peers_add(struct peers *peers, const char *person, const char *device_id)
{
    need(peers->n < PEERS_MAX, "room for a device");
    struct peer *peer = &peers->all[peers->n], *first = peers_find(peers, person, NULL);
    *peer = (struct peer){ .account = ratchet_account_create(), .since = peers->server->n_events };
    snprintf(peer->person, sizeof peer->person, "%s", person);
    snprintf(peer->device_id, sizeof peer->device_id, "%s", device_id);
    peer->identity = ratchet_account_identity(peer->account);
    if (first)
        memcpy(peer->self_signing, first->self_signing, sizeof peer->self_signing);
    else
        make_identity(peers, peer);
    peers->n++;
    publish(peers, peer);
    arena_reset(peers->arena);
}

struct peers *peers_create(struct homeserver *server)
{
    struct peers *peers = need_some(calloc(1, sizeof *peers), "memory");
    peers->server = server;
    peers->arena = arena_create();
    return peers;
}

void peer_forget_sessions(struct peer *peer)
{
    for (int i = 0; i < peer->n_sessions; i++)
        ratchet_session_destroy(peer->sessions[i]);
    peer->n_sessions = 0;
}

static void begin_key(struct peer *peer)
{
    for (int room = 0; room < PEERS_ROOMS_MAX; room++) {
        ratchet_out_destroy(peer->outs[room]);
        peer->outs[room] = NULL;
    }
}

void peers_destroy(struct peers *peers)
{
    if (!peers)
        return;
    for (int i = 0; i < peers->n; i++) {
        struct peer *peer = &peers->all[i];
        peer_forget_sessions(peer);
        begin_key(peer);
        for (int n = 0; n < peer->n_keys; n++) {
            free(peer->keys[n].id);
            ratchet_in_destroy(peer->keys[n].in);
        }
        for (int n = 0; n < peer->n_held; n++)
            json_object_put(peer->held[n]);
        ratchet_account_destroy(peer->account);
    }
    arena_destroy(peers->arena);
    free(peers);
}

/* To the bot */

void peer_keep_session(struct peer *peer, struct ratchet_session *session)
{
    need(peer->n_sessions < SESSIONS_MAX, "room for a session");
    peer->sessions[peer->n_sessions++] = session;
}

static struct ratchet_session *begin_session(struct peers *peers, struct peer *peer,
                                             const struct device_keys *bot)
{
    struct json_object *given = give_one_time(peers->server, bot->person, bot->device_id);
    const char *key = given ? device_read_one_time(given, bot) : NULL;
    need(key, "one-time key of the bot");
    peer_keep_session(
        peer, need_some(ratchet_session_to(peer->account, bot->curve25519, key), "session with the bot"));
    json_object_put(given);
    peer->is_to_begin = false;
    return peer->sessions[peer->n_sessions - 1];
}

static void tell_device(struct peers *peers, struct peer *peer, const struct device_keys *bot,
                        const char *type, struct json_object *content)
{
    enum ratchet_kind kind;
    struct olm_ends ends = { .sender = peer->person, .recipient = bot->person, .recipient_ed = bot->ed25519 };
    struct json_object *payload = olm_payload_make(&ends, peer->identity.ed25519, type, content, NULL);
    bool is_first = peer->n_sessions == 0 || peer->is_to_begin;
    struct ratchet_session *session =
        is_first ? begin_session(peers, peer, bot) : peer->sessions[peer->n_sessions - 1];
    char *body = ratchet_session_encrypt(session, peers->arena, json_text(payload), &kind);
    struct json_object *sealed = json_object_new_object(),
                       *theirs = inside(inside(sealed, "ciphertext"), bot->curve25519);
    json_set_int(theirs, "type", kind);
    json_set_str(theirs, "body", body);
    json_set_str(sealed, "algorithm", DEVICE_OLM);
    json_set_str(sealed, "sender_key", peer->identity.curve25519);
    note_message(peers->server, peer->person, sealed);
    json_object_put(payload);
}

/* To each device that the bot has published; takes content. */
void peer_tell_bot(struct peers *peers, struct peer *peer, const char *type, struct json_object *content)
{
    struct json_object *devices = inside(inside(peers->server->keys, "device_keys"), HOMESERVER_BOT);
    json_object_object_foreach(devices, device_id, object)
    {
        struct device_keys bot;
        need(device_read(object, HOMESERVER_BOT, device_id, &bot), "device of the bot");
        tell_device(peers, peer, &bot, type, content);
    }
    json_object_put(content);
}

static void give_key(struct peers *peers, struct peer *peer, int room)
{
    struct json_object *content = json_object_new_object();
    struct ratchet_out *out = peer->outs[room];
    json_set_str(content, "algorithm", DEVICE_MEGOLM);
    json_set_str(content, "room_id", homeserver_room_id(peers->server, room));
    json_set_str(content, "session_id", ratchet_out_id(out, peers->arena));
    json_set_str(content, "session_key", ratchet_out_key(out, peers->arena));
    if (!peer->is_holding) {
        peer_tell_bot(peers, peer, "m.room_key", content);
        return;
    }
    need(peer->n_held < HELD_MAX, "room for a key");
    peer->held[peer->n_held++] = content;
}

struct json_object *peers_seal(struct peers *peers, int room, const char *person, const char *type,
                               struct json_object *content)
{
    struct peer *peer = need_some(peers_find(peers, person, NULL), "device of theirs");
    struct json_object *payload = json_object_new_object(), *sealed = json_object_new_object();
    struct json_object *relation = json_object_get(inside_if(content, "m.relates_to"));
    if (!peer->outs[room]) {
        peer->outs[room] = ratchet_out_create();
        give_key(peers, peer, room);
    }
    json_object_object_del(content, "m.relates_to");
    json_set_str(payload, "type", type);
    json_set_str(payload, "room_id", homeserver_room_id(peers->server, room));
    json_set(payload, "content", content);
    json_set_str(sealed, "algorithm", DEVICE_MEGOLM);
    json_set_str(sealed, "session_id", ratchet_out_id(peer->outs[room], peers->arena));
    json_set_str(sealed, "ciphertext",
                 ratchet_out_encrypt(peer->outs[room], peers->arena, json_text(payload)));
    json_set_str(sealed, "sender_key", peer->identity.curve25519);
    json_set_str(sealed, "device_id", peer->device_id);
    if (relation)
        json_set(sealed, "m.relates_to", relation);
    json_object_put(payload);
    arena_reset(peers->arena);
    return sealed;
}

void peers_begin_key(struct peers *peers, const char *person, bool is_anew)
{
    struct peer *peer = need_some(peers_find(peers, person, NULL), "device of theirs");
    begin_key(peer);
    peer->is_to_begin = is_anew;
}

void peers_hold_keys(struct peers *peers, const char *person)
{
    struct peer *peer = need_some(peers_find(peers, person, NULL), "device of theirs");
    begin_key(peer);
    peer->is_holding = true;
}

void peers_give_keys(struct peers *peers, const char *person)
{
    struct peer *peer = need_some(peers_find(peers, person, NULL), "device of theirs");
    peer->is_holding = false;
    for (int i = 0; i < peer->n_held; i++)
        peer_tell_bot(peers, peer, "m.room_key", peer->held[i]);
    peer->n_held = 0;
    arena_reset(peers->arena);
}

void peers_forget_sessions(struct peers *peers, const char *person)
{
    struct peer *peer = need_some(peers_find(peers, person, NULL), "device of theirs");
    peer_forget_sessions(peer);
    peer->has_forgotten = true;
}
