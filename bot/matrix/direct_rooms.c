#include "matrix/direct_rooms.h"

#include <stdlib.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "engine/direct.h"
#include "matrix/crypto/crypto.h"
#include "matrix/http.h"
#include "matrix/parse.h"
#include "store/room.h"

struct direct_rooms {
    struct client *client; /* borrowed */
    struct crypto *crypto; /* borrowed; NULL: none */
    bool is_encrypted; /* the one that is being made */
    int64_t asked_room, asked_ms; /* since when it is asked whether its person can read what is encrypted */
    uint64_t request; /* 0: none in flight */
    int64_t room; /* the wanted one that is being made, or was last */
    int64_t next_ms;
    int attempts;
    bool is_waiting; /* one is wanted, and cannot be made yet */
    bool is_choosing; /* that one: whether it is to be encrypted is being found out */
};

struct direct_rooms *direct_rooms_create(struct client *client, struct crypto *crypto)
{
    struct direct_rooms *rooms = xcalloc(1, sizeof *rooms);
    rooms->client = client;
    rooms->crypto = crypto;
    return rooms;
}

void direct_rooms_destroy(struct direct_rooms *rooms)
{
    if (!rooms)
        return;
    http_cancel(rooms->client->http, rooms->request);
    free(rooms);
}

/* Nobody knows whether the room is there: a sync must be applied before another is made. */
static void put_off(struct direct_rooms *rooms, int64_t wait_ms)
{
    rooms->next_ms = rooms->client->now_ms + wait_ms;
    client_lost(rooms->client);
}

static void write_made(struct direct_rooms *rooms, const char *room_id)
{
    struct store *store = rooms->client->store;
    struct err err;
    store_begin(store);
    if (room_id)
        direct_made(store, rooms->room, room_id);
    /* What waits to be said there must not be faster than the sync that tells so. */
    if (room_id && rooms->is_encrypted)
        room_set_encrypted(store, room_find(store, room_id));
    if (!room_id)
        direct_refused(store, rooms->room);
    if (store_commit(store, &err)) {
        rooms->attempts = 0;
        return;
    }
    log_error("%s", err.text);
    put_off(rooms, store_retry_ms(store));
}

static void made(void *data, const struct http_answer *answer)
{
    struct direct_rooms *rooms = data;
    const char *room_id = answer->status == 200 ? json_str(answer->json, "room_id") : NULL;
    rooms->request = 0;
    client_heard(rooms->client, CLIENT_JOIN, answer);
    if (parse_is_room_id(room_id)) {
        write_made(rooms, room_id);
    } else if (rooms->client->account != CLIENT_GOOD) {
        rooms->next_ms =
            rooms->client->now_ms + CLIENT_LOCKED_MS; /* the account's trouble, not the person's */
    } else if (http_is_refusal(answer) && client_may_send(rooms->client, CLIENT_JOIN)) {
        log_warn("a person cannot be invited to a direct message: %s",
                 answer->errcode ? answer->errcode : "refused");
        write_made(rooms, NULL);
    } else if (client_may_send(rooms->client, CLIENT_JOIN)) {
        uint32_t random;
        secret_random(&random, sizeof random);
        put_off(rooms, backoff_ms(++rooms->attempts, random));
    }
}

/* The state that a room begins with, for the caller to put. */
static struct json_object *encryption(void)
{
    static const char text[] = "[{\"type\":\"m.room.encryption\",\"state_key\":\"\",\"content\":"
                               "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}}]";
    return json_parse(text, sizeof text - 1);
}

static char *request_body(const char *person, bool is_encrypted, struct arena *arena)
{
    struct json_object *body = json_object_new_object(), *invite = json_object_new_array();
    struct json_object *creation = json_object_new_object();
    if (is_encrypted)
        json_set(body, "initial_state", encryption());
    json_add_str(invite, person);
    json_set(body, "invite", invite);
    json_set_bool(body, "is_direct", true);
    json_set_str(body, "preset", "trusted_private_chat");
    json_set_str(creation, DIRECT_ROOMS_TAG, person);
    json_set(body, "creation_content", creation);
    char *text = arena_strdup(arena, json_text(body));
    json_object_put(body);
    return text;
}

static void make(struct direct_rooms *rooms, const char *person, struct arena *arena)
{
    rooms->request = http_send(
        rooms->client->http, &(struct http_request){ .method = "POST",
                                                     .path = "/_matrix/client/v3/createRoom",
                                                     .body = request_body(person, rooms->is_encrypted, arena),
                                                     .timeout_s = JOIN_TIMEOUT_S,
                                                     .is_once = true,
                                                     .done = made,
                                                     .data = rooms });
}

/* False: it is not known yet whether the room is to be encrypted. */
static bool has_chosen(struct direct_rooms *rooms, int64_t room, const char *person)
{
    int64_t now_ms = rooms->client->now_ms;
    enum crypto_reach reach = rooms->crypto ? crypto_can_reach(rooms->crypto, person) : CRYPTO_OUT_OF_REACH;
    if (rooms->asked_room != room) {
        rooms->asked_room = room;
        rooms->asked_ms = now_ms;
    }
    rooms->is_encrypted = reach == CRYPTO_REACHES;
    rooms->is_choosing = reach == CRYPTO_REACH_UNKNOWN && now_ms < rooms->asked_ms + DIRECT_ROOMS_REACH_MS;
    return !rooms->is_choosing;
}

static void make_or_find(struct direct_rooms *rooms, int64_t room, const char *person, struct arena *arena)
{
    char *seen = direct_seen(rooms->client->store, room, arena);
    if (!seen && !has_chosen(rooms, room, person))
        return;
    rooms->room = room;
    if (seen) {
        rooms->is_encrypted = false; /* sync has told whether it is */
        write_made(rooms, seen);
    } else {
        make(rooms, person, arena);
    }
}

void direct_rooms_poke(struct direct_rooms *rooms)
{
    struct client *client = rooms->client;
    if (rooms->request)
        return;
    struct arena *arena = arena_create();
    const char *person;
    int64_t room = direct_next_wanted(client->store, rooms->room, arena, &person);
    rooms->is_waiting = room && person;
    rooms->is_choosing = false;
    if (rooms->is_waiting && client->is_caught_up && client->now_ms >= rooms->next_ms &&
        client_may_send(client, CLIENT_JOIN))
        make_or_find(rooms, room, person, arena);
    arena_destroy(arena);
}

void direct_rooms_clock_moved(struct direct_rooms *rooms, int64_t by_ms)
{
    client_move(&rooms->next_ms, by_ms);
    client_move(&rooms->asked_ms, by_ms);
}

int64_t direct_rooms_next_ms(const struct direct_rooms *rooms)
{
    const struct client *client = rooms->client;
    if (rooms->request || !rooms->is_waiting || !client->is_caught_up || !client_is_well(client))
        return INT64_MAX; /* another answer will wake us */
    if (rooms->is_choosing)
        return rooms->asked_ms + DIRECT_ROOMS_REACH_MS;
    int64_t limit_ms = client->waits_until_ms[CLIENT_JOIN];
    return rooms->next_ms > limit_ms ? rooms->next_ms : limit_ms;
}
