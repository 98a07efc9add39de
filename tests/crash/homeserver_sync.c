/* What is new since a position: at once, or when there is something. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "homeserver_private.h"

bool has_news(const struct homeserver *server, const struct connection *connection)
{
    size_t since = connection->since;
    if (connection->since_news < server->n_news)
        return true;
    for (size_t i = since; i < server->n_events; i++) {
        const char *key = text_at(server->events[i].json, "state_key");
        if ((key && strcmp(key, HOMESERVER_BOT) == 0) ||
            strcmp(membership_of(server, server->events[i].room, HOMESERVER_BOT), "join") == 0)
            return true;
    }
    return false;
}

static size_t own_join(const struct homeserver *server, int room)
{
    for (size_t i = server->n_events; i-- > 0;) {
        const char *key = text_at(server->events[i].json, "state_key");
        if (server->events[i].room == room && key && strcmp(key, HOMESERVER_BOT) == 0 &&
            strcmp(text_at(server->events[i].json, "type"), "m.room.member") == 0)
            return i;
    }
    return 0;
}

/* Members are loaded lazily: those who speak, and the bot. */
static bool is_in_state_block(const struct homeserver *server, size_t n, struct json_object *timeline)
{
    const char *key = text_at(server->events[n].json, "state_key");
    if (!key)
        return false;
    if (strcmp(text_at(server->events[n].json, "type"), "m.room.member") != 0 ||
        strcmp(key, HOMESERVER_BOT) == 0)
        return true;
    for (size_t i = 0; i < json_object_array_length(timeline); i++)
        if (strcmp(text_at(json_object_array_get_idx(timeline, i), "sender"), key) == 0)
            return true;
    return false;
}

static struct json_object *joined(const struct homeserver *server, int room,
                                  const struct connection *connection, bool has_since, size_t since)
{
    bool is_new = !has_since || own_join(server, room) >= since;
    size_t low = is_new ? 0 : since, first = server->n_events, n = 0, limit = (size_t)connection->limit;
    bool is_limited = false;
    for (size_t i = server->n_events; i-- > low && !is_limited;) {
        if (server->events[i].room != room)
            continue;
        if (n++ == limit)
            is_limited = true;
        else
            first = i;
    }
    struct json_object *events = json_object_new_array(), *state = json_object_new_array();
    for (size_t i = first; i < server->n_events; i++)
        if (server->events[i].room == room)
            json_object_array_add(events, shown(server, i, connection->token));
    for (size_t i = low; i < first; i++)
        if (server->events[i].room == room && is_in_state_block(server, i, events))
            json_object_array_add(state, json_object_get(server->events[i].json));
    struct json_object *json = json_object_new_object(), *timeline = json_object_new_object();
    struct json_object *block = json_object_new_object();
    json_object_object_add(timeline, "events", events);
    json_object_object_add(timeline, "limited", json_object_new_boolean(is_limited));
    set_position(timeline, "prev_batch", first, 0);
    json_object_object_add(json, "timeline", timeline);
    json_object_object_add(block, "events", state);
    json_object_object_add(json, "state", block);
    return json;
}

static struct json_object *invited(const struct homeserver *server, int room)
{
    struct json_object *json = json_object_new_object(), *block = json_object_new_object();
    struct json_object *events = json_object_new_array();
    for (size_t i = 0; i < server->n_events; i++)
        if (server->events[i].room == room && is_newest_state(server, i))
            json_object_array_add(events, json_object_get(server->events[i].json));
    json_object_object_add(block, "events", events);
    json_object_object_add(json, "invite_state", block);
    return json;
}

static bool is_touched(const struct homeserver *server, int room, size_t since)
{
    for (size_t i = since; i < server->n_events; i++)
        if (server->events[i].room == room)
            return true;
    return false;
}

struct json_object *sync_answer(const struct homeserver *server, const struct connection *connection,
                                bool has_since, size_t since)
{
    struct json_object *json = json_object_new_object(), *rooms = json_object_new_object();
    struct json_object *join_block = json_object_new_object(), *invite_block = json_object_new_object();
    for (int room = 0; room < server->n_rooms; room++) {
        if (!is_touched(server, room, has_since ? since : 0))
            continue;
        const char *membership = membership_of(server, room, HOMESERVER_BOT);
        if (strcmp(membership, "join") == 0)
            json_object_object_add(join_block, server->rooms[room].id,
                                   joined(server, room, connection, has_since, since));
        else if (strcmp(membership, "invite") == 0)
            json_object_object_add(invite_block, server->rooms[room].id, invited(server, room));
    }
    set_position(json, "next_batch", server->n_events, server->n_news);
    if (server->keys)
        add_news(server, connection, json);
    json_object_object_add(rooms, "join", join_block);
    json_object_object_add(rooms, "invite", invite_block);
    json_object_object_add(json, "rooms", rooms);
    return json;
}

void sync_with(struct request *request)
{
    struct homeserver *server = request->server;
    struct connection *connection = request->connection;
    const char *since = parameter(request->query, "since"), *timeout = parameter(request->query, "timeout");
    connection->token = request->token;
    connection->limit = since ? server->limit : 1;
    connection->since = position(since, 0);
    connection->since_news = position_in_news(since);
    if (request->server->n_news_gone < connection->since_news)
        request->server->n_news_gone = connection->since_news;
    connection->timeout_ms = timeout ? (int)strtol(timeout, NULL, 10) : 0;
    connection->until_ms = clock_now_ms() + connection->timeout_ms;
    if (!since || has_news(server, connection) || connection->timeout_ms == 0)
        answer(connection, 200, sync_answer(server, connection, since, connection->since));
    else
        connection->is_polling = true;
}
