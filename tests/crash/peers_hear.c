/* What the bot says to people's devices, and what they make of it. */
#include <stdlib.h>
#include <string.h>

#include "homeserver_private.h"
#include "need.h"
#include "peers_private.h"

/* Messages to a device */

static char *open_by(struct peers *peers, struct ratchet_session *session, enum ratchet_kind kind,
                     const char *body)
{
    size_t len;
    return ratchet_session_decrypt(session, peers->arena, kind, body, &len);
}

/* By a session that is there already; it is the one to speak by from then on. */
static char *open_by_known(struct peers *peers, struct peer *peer, const char *curve25519,
                           enum ratchet_kind kind, const char *body)
{
    for (int i = peer->n_sessions - 1; i >= 0; i--) {
        struct ratchet_session *session = peer->sessions[i];
        if (kind == RATCHET_PREKEY && !ratchet_session_matches(session, curve25519, body))
            continue;
        char *text = open_by(peers, session, kind, body);
        if (!text)
            continue;
        peer->sessions[i] = peer->sessions[peer->n_sessions - 1];
        peer->sessions[peer->n_sessions - 1] = session;
        return text;
    }
    return NULL;
}

static char *open_message(struct peers *peers, struct peer *peer, const char *curve25519,
                          enum ratchet_kind kind, const char *body)
{
    char *text = open_by_known(peers, peer, curve25519, kind, body);
    if (text || kind != RATCHET_PREKEY)
        return text;
    struct ratchet_session *session = ratchet_session_from(peer->account, curve25519, body);
    text = session ? open_by(peers, session, kind, body) : NULL;
    if (!text) {
        ratchet_session_destroy(session);
        return NULL;
    }
    ratchet_account_used(peer->account, session);
    peer_keep_session(peer, session);
    return text;
}

/* Of one that is known, whichever has the lower index. */
static void take_key(struct peer *peer, const char *id, const char *session_key)
{
    struct ratchet_in *in = need_some(ratchet_in_create(session_key), "key in a room key");
    for (int i = 0; i < peer->n_keys; i++)
        if (strcmp(peer->keys[i].id, id) == 0) {
            struct ratchet_in *known = peer->keys[i].in;
            bool is_better = ratchet_in_first_index(in) < ratchet_in_first_index(known);
            peer->keys[i].in = is_better ? in : known;
            ratchet_in_destroy(is_better ? known : in);
            return;
        }
    need(peer->n_keys < ROOM_KEYS_MAX, "room for a room key");
    peer->keys[peer->n_keys++] = (struct room_key){ need_some(strdup(id), "memory"), in };
}

/* As clients do: a new session, and a word by it. */
static void mend(struct peers *peers, struct peer *peer)
{
    peers->n_wedged += !peer->has_forgotten || peer->is_mended;
    peer->is_to_begin = true;
    peer_tell_bot(peers, peer, "m.dummy", json_object_new_object());
}

void peers_hear(struct peers *peers, const char *person, const char *device_id, struct json_object *content)
{
    struct peer *peer = peers_find(peers, person, device_id);
    if (!peer)
        return;
    struct json_object *theirs = inside_if(inside_if(content, "ciphertext"), peer->identity.curve25519);
    const char *sender_key = json_str(content, "sender_key"), *body = json_str(theirs, "body");
    need(sender_key && body, "ciphertext for this device");
    enum ratchet_kind kind = json_int(theirs, "type", 1) == 0 ? RATCHET_PREKEY : RATCHET_NORMAL;
    char *text = open_message(peers, peer, sender_key, kind, body);
    struct json_object *payload = text ? json_parse(text, strlen(text)) : NULL;
    struct olm_ends ends = { .sender = HOMESERVER_BOT,
                             .sender_curve = sender_key,
                             .recipient = person,
                             .recipient_ed = peer->identity.ed25519 };
    struct olm_payload read;
    if (!payload || !olm_payload_read(payload, &ends, &read)) {
        mend(peers, peer);
    } else if (strcmp(read.type, "m.room_key") == 0) {
        take_key(peer, json_str(read.content, "session_id"), json_str(read.content, "session_key"));
        peer->is_mended = peer->has_forgotten;
    }
    json_object_put(payload);
    arena_reset(peers->arena);
}

/* It cannot have the key yet: what it was told since it forgot was sealed for what it had before. */
static bool is_excused(const struct peer *peer)
{
    return peer->has_forgotten && !peer->is_mended;
}

/* NULL: it has no key for it. */
static char *read_event(struct peers *peers, const struct peer *peer, struct json_object *content,
                        uint32_t *index_out)
{
    const char *id = json_str(content, "session_id"), *ciphertext = json_str(content, "ciphertext");
    size_t len;
    for (int i = 0; id && ciphertext && i < peer->n_keys; i++)
        if (strcmp(peer->keys[i].id, id) == 0)
            return ratchet_in_decrypt(peer->keys[i].in, peers->arena, ciphertext, &len, index_out);
    return NULL;
}

static bool was_there(const struct homeserver *server, size_t event, const char *person)
{
    const char *membership = "leave";
    for (size_t i = 0; i < event; i++) {
        struct json_object *json = server->events[i].json;
        const char *key = json_str(json, "state_key");
        if (server->events[i].room == server->events[event].room && key && strcmp(key, person) == 0 &&
            strcmp(json_str(json, "type"), "m.room.member") == 0)
            membership = json_str(json, "content/membership");
    }
    return strcmp(membership, "join") == 0 || strcmp(membership, "invite") == 0;
}

/* What is inside, as if it had come in clear. */
static struct json_object *in_clear(const struct homeserver *server, size_t event, const char *text)
{
    struct json_object *sealed = server->events[event].json, *payload = json_parse(text, strlen(text));
    struct json_object *relation = inside_if(json_obj(sealed, "content"), "m.relates_to");
    const char *room_id = json_str(payload, "room_id");
    need(room_id && strcmp(room_id, homeserver_room_id(server, server->events[event].room)) == 0,
         "right room in a ciphertext");
    struct json_object *content = json_obj(payload, "content");
    if (relation)
        json_set(content, "m.relates_to", json_object_get(relation));
    json_set_str(payload, "event_id", json_str(sealed, "event_id"));
    json_set_str(payload, "sender", json_str(sealed, "sender"));
    return payload;
}

bool peers_read(struct peers *peers, size_t event, struct json_object **clear_out, uint32_t *index_out)
{
    const struct homeserver *server = peers->server;
    struct json_object *content = json_obj(server->events[event].json, "content");
    const char *first = NULL;
    bool ok = true;
    for (int i = 0; i < peers->n; i++) {
        const struct peer *peer = &peers->all[i];
        if (event < peer->since)
            continue;
        uint32_t index = 0;
        char *text = read_event(peers, peer, content, &index);
        *index_out = text ? index : *index_out;
        if (!text && is_excused(peer))
            continue;
        ok = ok && (text != NULL) == was_there(server, event, peer->person);
        ok = ok && (!text || !first || strcmp(text, first) == 0);
        first = first ? first : text;
    }
    ok = ok && first;
    if (ok)
        *clear_out = in_clear(server, event, first);
    arena_reset(peers->arena);
    return ok;
}

int peers_n_wedged(const struct peers *peers)
{
    return peers->n_wedged;
}

static bool is_sealed_by_bot(struct json_object *event)
{
    return strcmp(json_str(event, "type"), "m.room.encrypted") == 0 &&
           strcmp(json_str(event, "sender"), HOMESERVER_BOT) == 0 && json_str(event, "content/ciphertext");
}

int peers_n_unread(struct peers *peers)
{
    const struct homeserver *server = peers->server;
    int n = 0;
    for (size_t event = 0; event < server->n_events; event++) {
        struct json_object *json = server->events[event].json;
        for (int i = 0; i < peers->n && is_sealed_by_bot(json); i++) {
            const struct peer *peer = &peers->all[i];
            uint32_t index;
            n += event >= peer->since && was_there(server, event, peer->person) &&
                 !read_event(peers, peer, json_obj(json, "content"), &index);
        }
    }
    arena_reset(peers->arena);
    return n;
}
