/* Encrypted rooms, as whoever looks on sees them: what was said, by whom it can be read, what stands there of the bot's keys. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "homeserver_private.h"
#include "peers.h"

void homeserver_allow_keys(struct homeserver *server)
{
    server->keys = json_object_new_object();
    server->peers = peers_create(server);
}

struct peers *homeserver_peers(const struct homeserver *server)
{
    return server->peers;
}

void homeserver_encrypt_room(struct homeserver *server, int room)
{
    homeserver_send(server, room, "@alice:localhost", "m.room.encryption", "",
                    object_of("algorithm", "m.megolm.v1.aes-sha2"));
}

bool homeserver_is_encrypted(const struct homeserver *server, int room)
{
    return server->keys && state_of(server, room, "m.room.encryption", "");
}

struct json_object *homeserver_clear(const struct homeserver *server, size_t n)
{
    struct homeserver_event *event = &server->events[n];
    const char *type = text_at(event->json, "type"), *sender = text_at(event->json, "sender");
    bool is_sealed = strcmp(type, "m.room.encrypted") == 0 && strcmp(sender, HOMESERVER_BOT) == 0;
    if (!is_sealed || json_object_object_length(json_at(event->json, "content")) == 0)
        return event->json;
    if (!event->clear && !peers_read(server->peers, n, &event->clear, &event->index))
        return NULL;
    return event->clear;
}

static bool is_same_index(const struct homeserver_event *one, const struct homeserver_event *other)
{
    const char *session = text_at(one->json, "content/session_id"),
               *second = text_at(other->json, "content/session_id");
    return one->clear && other->clear && one->index == other->index && session && second &&
           strcmp(session, second) == 0;
}

static int count_indices_used_twice(const struct homeserver *server)
{
    int n = 0;
    for (size_t i = 0; i < server->n_events; i++)
        for (size_t j = 0; j < i; j++)
            n += is_same_index(&server->events[i], &server->events[j]);
    return n;
}

static int count_signatures(struct json_object *device)
{
    struct json_object *own = inside_if(inside_if(device, "signatures"), HOMESERVER_BOT);
    return own ? json_object_object_length(own) : 0;
}

void homeserver_list_keys(const struct homeserver *server, void (*add)(void *data, const char *line),
                          void *data)
{
    char line[160];
    if (!server->keys)
        return;
    json_object_object_foreach(inside(inside(server->keys, "device_keys"), HOMESERVER_BOT), id, device)
    {
        struct json_object *stock = stock_of(server, HOMESERVER_BOT, id);
        bool has_enough = json_object_object_length(inside(stock, "one_time")) >= 25;
        snprintf(line, sizeof line, "a device with keys: %d signatures, one-time keys%s, fallback key%s",
                 count_signatures(device), has_enough ? "" : " missing",
                 json_object_object_length(inside(stock, "fallback")) ? "" : " missing");
        add(data, line);
    }
    snprintf(line, sizeof line, "identities made: %d, backups: %d", server->n_identities, server->n_backups);
    add(data, line);
    snprintf(line, sizeof line, "messages to devices that they cannot open: %d",
             peers_n_wedged(server->peers));
    add(data, line);
    snprintf(line, sizeof line, "messages that a device cannot read in the end: %d",
             peers_n_unread(server->peers));
    add(data, line);
    snprintf(line, sizeof line, "indices of ratchets used twice: %d", count_indices_used_twice(server));
    add(data, line);
}
