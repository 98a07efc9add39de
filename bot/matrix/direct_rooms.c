#include "matrix/direct_rooms.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "engine/direct.h"
#include "matrix/http.h"
#include "store/room.h"

struct direct_rooms {
    struct client *client; /* borrowed */
    uint64_t request; /* 0: none in flight */
    int64_t room; /* the wanted one that is being made */
    int64_t next_ms;
    int attempts;
};

struct direct_rooms *direct_rooms_create(struct client *client)
{
    struct direct_rooms *rooms = xcalloc(1, sizeof *rooms);
    rooms->client = client;
    return rooms;
}

void direct_rooms_destroy(struct direct_rooms *rooms)
{
    if (!rooms)
        return;
    http_cancel(rooms->client->http, rooms->request);
    free(rooms);
}

static void made(void *data, const struct http_answer *answer)
{
    struct direct_rooms *rooms = data;
    struct store *store = rooms->client->store;
    const char *room_id = json_str(answer->json, "room_id");
    rooms->request = 0;
    client_heard(rooms->client, CLIENT_JOIN, answer);
    if (http_is_transient(answer) || answer->status == 0) {
        uint32_t random;
        secret_random(&random, sizeof random);
        rooms->next_ms = rooms->client->now_ms + backoff_ms(++rooms->attempts, random);
        return;
    }
    struct err err;
    rooms->attempts = 0;
    store_begin(store);
    if (answer->status == 200 && room_id) {
        direct_made(store, rooms->room, room_id);
    } else {
        direct_refused(store, rooms->room);
        log_warn("a person cannot be invited to a direct message: %s",
                 answer->errcode ? answer->errcode : "refused");
    }
    if (!store_commit(store, &err))
        log_error("%s", err.text);
}

static char *request_body(const char *person, struct arena *arena)
{
    struct json_object *body = json_object_new_object(), *invite = json_object_new_array();
    json_add_str(invite, person);
    json_set(body, "invite", invite);
    json_set_bool(body, "is_direct", true);
    json_set_str(body, "preset", "trusted_private_chat");
    char *text = arena_strdup(arena, json_text(body));
    json_object_put(body);
    return text;
}

/* A request for a room has no transaction id: what one made whose answer was lost, sync has shown. True: there is one,
 * or nobody knows yet. */
static bool was_made(struct direct_rooms *rooms, const char *person, struct arena *arena)
{
    struct store *store = rooms->client->store;
    struct err err;
    bool is_unsure;
    char *room_id = direct_find_made(store, rooms->client->me, person, arena, &is_unsure);
    if (!room_id)
        return is_unsure;
    store_begin(store);
    direct_made(store, rooms->room, room_id);
    if (!store_commit(store, &err))
        log_error("%s", err.text);
    return true;
}

void direct_rooms_poke(struct direct_rooms *rooms)
{
    struct client *client = rooms->client;
    if (rooms->request || client->now_ms < rooms->next_ms || !client->is_caught_up ||
        !client_may_send(client, CLIENT_JOIN))
        return;
    struct arena *arena = arena_create();
    const char *person;
    rooms->room = direct_next_wanted(client->store, arena, &person);
    if (!rooms->room)
        rooms->attempts = 0;
    if (rooms->room && person && !was_made(rooms, person, arena))
        rooms->request =
            http_send(client->http, &(struct http_request){ .method = "POST",
                                                            .path = "/_matrix/client/v3/createRoom",
                                                            .body = request_body(person, arena),
                                                            .done = made,
                                                            .data = rooms });
    arena_destroy(arena);
}

int64_t direct_rooms_next_ms(const struct direct_rooms *rooms)
{
    const struct client *client = rooms->client;
    bool is_good = client->account == CLIENT_GOOD || client->account == CLIENT_SUSPENDED;
    if (!rooms->attempts || rooms->request || !client->is_reachable || !client->is_caught_up || !is_good)
        return INT64_MAX; /* somebody else's answer will wake us */
    int64_t wait_ms = client->waits_until_ms[CLIENT_JOIN];
    return rooms->next_ms > wait_ms ? rooms->next_ms : wait_ms;
}
