/* Encryption, as far as a homeserver has a part in it: keys of devices, messages between them, what is encrypted where. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "homeserver_private.h"
#include "need.h"
#include "peers.h"

struct json_object *inside_if(struct json_object *json, const char *name)
{
    struct json_object *found = NULL;
    if (json_object_is_type(json, json_type_object))
        json_object_object_get_ex(json, name, &found);
    return found;
}

struct json_object *inside(struct json_object *json, const char *name)
{
    struct json_object *found = inside_if(json, name);
    if (!found) {
        found = json_object_new_object();
        json_set(json, name, found);
    }
    return found;
}

/* What the bot is told */

static struct news *add_one(struct homeserver *server)
{
    if (server->n_news == server->news_cap)
        server->news = need_array(server->news, &server->news_cap, sizeof *server->news);
    struct news *news = &server->news[server->n_news++];
    *news = (struct news){ 0 };
    return news;
}

void note_change(struct homeserver *server, const char *person)
{
    add_one(server)->changed = person;
}

void note_message(struct homeserver *server, const char *sender, struct json_object *content)
{
    struct json_object *message = json_object_new_object();
    json_set_str(message, "type", "m.room.encrypted");
    json_set_str(message, "sender", sender);
    json_set(message, "content", content);
    add_one(server)->message = message;
}

static const char *device_of(const struct homeserver *server, const char *token)
{
    for (int i = 0; i < server->n_tokens; i++)
        if (server->tokens[i].text == token)
            return server->tokens[i].device;
    return "";
}

struct json_object *stock_of(const struct homeserver *server, const char *person, const char *device_id)
{
    return inside(inside(inside(server->keys, "stock"), person), device_id);
}

void add_news(const struct homeserver *server, const struct connection *connection,
              struct json_object *answer)
{
    struct json_object *messages = json_object_new_array(), *changed = json_object_new_array();
    struct json_object *stock = stock_of(server, HOMESERVER_BOT, device_of(server, connection->token));
    struct json_object *unused = json_object_new_array();
    size_t since = connection->since_news;
    for (size_t i = since < server->n_news_gone ? server->n_news_gone : since; i < server->n_news; i++)
        if (server->news[i].message)
            json_object_array_add(messages, json_object_get(server->news[i].message));
    for (size_t i = since; i < server->n_news; i++)
        if (server->news[i].changed)
            json_add_str(changed, server->news[i].changed);
    json_set(inside(answer, "to_device"), "events", messages);
    json_set(inside(answer, "device_lists"), "changed", changed);
    json_set_int(inside(answer, "device_one_time_keys_count"), "signed_curve25519",
                 json_object_object_length(inside(stock, "one_time")));
    if (json_object_object_length(inside(stock, "fallback")) && !json_flag(stock, "is_fallback_used", false))
        json_add_str(unused, "signed_curve25519");
    json_set(answer, "device_unused_fallback_key_types", unused);
}

/* Keys of devices */

static void merge(struct json_object *into, struct json_object *from)
{
    if (!from)
        return;
    json_object_object_foreach(from, name, value)
    {
        struct json_object *old = inside_if(into, name);
        if (old && json_object_is_type(old, json_type_object) && json_object_is_type(value, json_type_object))
            merge(old, value);
        else
            json_set(into, name, json_object_get(value));
    }
}

/* An id that has another key already, or had: then the request is refused, as by Synapse. */
static bool is_id_taken(struct json_object *seen, struct json_object *fresh)
{
    if (!fresh)
        return false;
    json_object_object_foreach(fresh, name, value)
    {
        struct json_object *old = inside_if(seen, name);
        if (old && !json_object_equal(inside_if(old, "key"), inside_if(value, "key")))
            return true;
    }
    return false;
}

static bool has_other_keys(struct json_object *devices, const char *device_id, struct json_object *device)
{
    struct json_object *old = inside_if(devices, device_id);
    return old && device && !json_object_equal(inside_if(old, "keys"), inside_if(device, "keys"));
}

/* What was there once and was given away does not come back when the same request is sent again. */
static void restock(struct json_object *stock, struct json_object *fresh)
{
    struct json_object *seen = inside(stock, "seen"), *there = inside(stock, "one_time");
    if (!fresh)
        return;
    json_object_object_foreach(fresh, name, value)
    {
        if (!inside_if(seen, name))
            json_set(there, name, json_object_get(value));
        json_set(seen, name, json_object_get(value));
    }
}

static void upload_keys(struct request *request, struct json_object *body)
{
    struct homeserver *server = request->server;
    const char *device_id = device_of(server, request->token);
    struct json_object *devices = inside(inside(server->keys, "device_keys"), HOMESERVER_BOT);
    struct json_object *stock = stock_of(server, HOMESERVER_BOT, device_id);
    struct json_object *device = json_obj(body, "device_keys"), *fallback = json_obj(body, "fallback_keys");
    if (is_id_taken(inside(stock, "seen"), json_obj(body, "one_time_keys")) ||
        has_other_keys(devices, device_id, device)) {
        server->n_changed++;
        refuse(request, 400, "M_UNKNOWN");
        return;
    }
    if (device) {
        merge(inside(devices, device_id), device);
        note_change(server, HOMESERVER_BOT);
    }
    restock(stock, json_obj(body, "one_time_keys"));
    if (fallback && json_object_object_length(fallback)) {
        json_set(stock, "fallback", json_object_get(fallback));
        json_set_bool(stock, "is_fallback_used", false);
    }
    struct json_object *answer = json_object_new_object();
    json_set_int(inside(answer, "one_time_key_counts"), "signed_curve25519",
                 json_object_object_length(inside(stock, "one_time")));
    accept_with(request, answer);
}

static void query_keys(struct request *request, struct json_object *body)
{
    static const char *const members[] = { "device_keys", "master_keys", "self_signing_keys",
                                           "user_signing_keys" };
    struct json_object *answer = json_object_new_object(), *asked = json_obj(body, "device_keys");
    need(asked, "device_keys in a query");
    json_object_object_foreach(asked, person, devices)
    {
        (void)devices;
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            struct json_object *theirs = inside_if(inside(request->server->keys, members[i]), person),
                               *copy = NULL;
            if (theirs) {
                json_object_deep_copy(theirs, &copy, NULL);
                json_set(inside(answer, members[i]), person, copy);
            }
        }
    }
    accept_with(request, answer);
}

static struct json_object *take_one_time(struct homeserver *server, const char *person, const char *device_id)
{
    struct json_object *stock = stock_of(server, person, device_id), *given = json_object_new_object();
    json_object_object_foreach(inside(stock, "one_time"), name, value)
    {
        json_set(given, name, json_object_get(value));
        json_object_object_del(inside(stock, "one_time"), name);
        return given;
    }
    merge(given, inside(stock, "fallback"));
    json_set_bool(stock, "is_fallback_used", true);
    return given;
}

struct json_object *give_one_time(struct homeserver *server, const char *person, const char *device_id)
{
    struct json_object *given = take_one_time(server, person, device_id), *key = NULL;
    json_object_object_foreach(given, name, value)
    {
        (void)name;
        key = json_object_get(value);
    }
    json_object_put(given);
    return key;
}

static void claim_keys(struct request *request, struct json_object *body)
{
    struct json_object *answer = json_object_new_object(), *asked = json_obj(body, "one_time_keys");
    need(asked, "one_time_keys in a claim");
    json_object_object_foreach(asked, person, devices)
    {
        json_object_object_foreach(devices, device_id, algorithm)
        {
            (void)algorithm;
            json_set(inside(inside(answer, "one_time_keys"), person), device_id,
                     take_one_time(request->server, person, device_id));
        }
    }
    accept_with(request, answer);
}

static void take_identity(struct request *request, struct json_object *body)
{
    static const char *const members[][2] = { { "master_keys", "master_key" },
                                              { "self_signing_keys", "self_signing_key" },
                                              { "user_signing_keys", "user_signing_key" } };
    struct homeserver *server = request->server;
    for (int i = 0; i < 3; i++) {
        struct json_object *place = inside(server->keys, members[i][0]), *key = json_obj(body, members[i][1]);
        struct json_object *old = inside_if(place, HOMESERVER_BOT);
        if (!key)
            continue;
        server->n_identities +=
            i == 0 && !(old && json_object_equal(inside_if(old, "keys"), inside_if(key, "keys")));
        json_set(place, HOMESERVER_BOT, json_object_get(key));
    }
    note_change(server, HOMESERVER_BOT);
    accept_with(request, json_object_new_object());
}

static void take_signatures(struct request *request, struct json_object *body)
{
    struct homeserver *server = request->server;
    struct json_object *theirs = inside_if(body, HOMESERVER_BOT);
    struct json_object *devices = inside(inside(server->keys, "device_keys"), HOMESERVER_BOT);
    json_object_object_foreach(theirs, id, object)
    {
        struct json_object *device = inside_if(devices, id);
        if (device)
            merge(device, object);
        else
            merge(inside(inside(server->keys, "master_keys"), HOMESERVER_BOT), object);
    }
    note_change(server, HOMESERVER_BOT);
    accept_with(request, json_object_new_object());
}

/* Messages and copies of keys */

static void send_to_devices(struct request *request, struct json_object *body)
{
    struct homeserver *server = request->server;
    struct json_object *messages = json_obj(body, "messages");
    struct txn *known = find_txn(server, request->token, request->path);
    need(messages, "messages to devices");
    if (known) {
        server->n_changed += strcmp(known->body, request->body) != 0;
        accept_with(request, json_object_new_object());
        return;
    }
    keep_txn(request);
    json_object_object_foreach(messages, person, devices)
    {
        json_object_object_foreach(devices, device_id, content)
            peers_hear(server->peers, person, device_id, content);
    }
    accept_with(request, json_object_new_object());
}

static void keep_backup(struct request *request, struct json_object *body)
{
    struct homeserver *server = request->server;
    struct json_object *backup = inside_if(server->keys, "backup");
    const char *method = request->method, *asked = parameter(request->query, "version");
    char version[16];
    if (strcmp(method, "POST") == 0) {
        snprintf(version, sizeof version, "%d", ++server->n_backups);
        json_set_str(body, "version", version);
        json_set(server->keys, "backup", json_object_get(body));
        accept_with(request, object_of("version", version));
    } else if (!backup) {
        refuse(request, 404, "M_NOT_FOUND");
    } else if (strcmp(method, "GET") == 0) {
        accept_with(request, json_object_get(backup));
    } else if (!asked || strcmp(asked, json_str(backup, "version")) != 0) {
        refuse(request, 403, "M_WRONG_ROOM_KEYS_VERSION");
    } else {
        accept_with(request, json_tokener_parse("{\"count\":1,\"etag\":\"1\"}"));
    }
}

bool take_keys_request(struct request *request)
{
    static const struct {
        const char *path[2];
        void (*take)(struct request *request, struct json_object *body);
    } routes[] = {
        { { "keys", "upload" }, upload_keys },
        { { "keys", "query" }, query_keys },
        { { "keys", "claim" }, claim_keys },
        { { "keys", "device_signing" }, take_identity },
        { { "keys", "signatures" }, take_signatures },
        { { "room_keys", "version" }, keep_backup },
        { { "room_keys", "keys" }, keep_backup },
        { { "sendToDevice", "m.room.encrypted" }, send_to_devices },
    };
    for (size_t i = 0; request->n_parts >= 3 && i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(request->parts[1], routes[i].path[0]) != 0 ||
            strcmp(request->parts[2], routes[i].path[1]) != 0)
            continue;
        struct json_object *body = json_parse(request->body, strlen(request->body));
        routes[i].take(request, body);
        json_object_put(body);
        return true;
    }
    return false;
}
