/* What the homeserver answers, but for sync. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "faults.h"
#include "homeserver_private.h"
#include "net.h"
#include "people.h"
#include "world.h"

static char *error_text(const char *code)
{
    return xasprintf("{\"errcode\":\"%s\",\"error\":\"the world is so\"}", code);
}

static int find_room(const char *room_id)
{
    for (int i = 0; i < server.n_rooms; i++)
        if (strcmp(server.rooms[i].id, room_id) == 0)
            return i;
    return -1;
}

/* Sending */

static bool has_token(int64_t *wait_ms)
{
    if (world.now_ms < server.refuses_until_ms) {
        *wait_ms = server.refuses_until_ms - world.now_ms;
        return false;
    }
    if (server.burst <= 0)
        return true;
    server.tokens += (double)(world.now_ms - server.tokens_ms) * server.refill_per_s / 1000;
    if (server.tokens > server.burst)
        server.tokens = server.burst;
    server.tokens_ms = world.now_ms;
    if (server.tokens < 1) {
        *wait_ms = (int64_t)((1 - server.tokens) / server.refill_per_s * 1000) + 1;
        return false;
    }
    server.tokens -= 1;
    return true;
}

static const struct said *find_txn(int room, const char *txn)
{
    const struct sim_room *place = &server.rooms[room];
    for (size_t i = place->n; i > 0; i--) {
        const struct said *said = homeserver_said(place->positions[i - 1]);
        if (world.now_ms - said->at_ms > server.remembers_ms || said->position <= server.forgotten_up_to)
            return NULL;
        if (said->txn && homeserver_is_there(said) && strcmp(said->txn, txn) == 0)
            return said;
    }
    return NULL;
}

static bool has_reaction(int room, const char *target, const char *key)
{
    const struct sim_room *place = &server.rooms[room];
    for (size_t i = 0; target && key && i < place->n; i++) {
        const struct said *said = homeserver_said(place->positions[i]);
        if (strcmp(said->type, "m.reaction") == 0 && strcmp(said->sender, BOT_ME) == 0 &&
            homeserver_is_there(said) && strstr(said->content, target) && strstr(said->content, key))
            return true;
    }
    return false;
}

static bool is_reaction_there(int room, const char *body)
{
    struct json_object *content = json_parse(body, strlen(body));
    bool is_there =
        has_reaction(room, json_str(content, "m.relates_to/event_id"), json_str(content, "m.relates_to/key"));
    json_object_put(content);
    return is_there;
}

/* What is known by its transaction, or refused, is answered: false. */
static bool may_take(struct exchange *exchange, int room, const char *txn)
{
    int64_t wait_ms;
    const struct said *old = find_txn(room, txn);
    if (old) {
        net_answer(exchange, 200, xasprintf("{\"event_id\":\"%s\"}", old->id));
        return false;
    }
    if (!has_token(&wait_ms)) {
        net_answer(
            exchange, 429,
            xasprintf("{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":%lld}", (long long)wait_ms));
        return false;
    }
    if (strcmp(server.rooms[room].bot_membership, "join") != 0) {
        net_answer(exchange, 403, error_text("M_FORBIDDEN"));
        return false;
    }
    return true;
}

static void take_said(struct exchange *exchange, int room, struct said *said, const char *txn)
{
    said->txn = xstrdup(txn);
    said->is_lost = world.loses_next_event;
    world.loses_next_event = false;
    world_trace("%s the bot in %s: %s %s%s", said->id, server.rooms[room].alias, said->type, said->content,
                said->is_lost ? " (lost)" : "");
    char *answer = xasprintf("{\"event_id\":\"%s\"}", said->id);
    if (!said->is_lost)
        check_said(said);
    if (world.hides_next_event && !said->is_lost && !server.rooms[room].is_direct)
        faults_hide(room);
    homeserver_wake();
    net_answer(exchange, 200, answer);
}

static void take_put(struct exchange *exchange, int room, const char *type, const char *txn)
{
    if (!may_take(exchange, room, txn))
        return;
    bool is_reaction = strcmp(type, "m.reaction") == 0;
    if (is_reaction && is_reaction_there(room, exchange->body)) {
        net_answer(exchange, 400, error_text("M_DUPLICATE_ANNOTATION"));
        return;
    }
    struct said *said = homeserver_add(room, BOT_ME, is_reaction ? "m.reaction" : "m.room.message", NULL,
                                       xstrdup(exchange->body));
    take_said(exchange, room, said, txn);
}

/* Rooms of version 11, where the content names what is removed. */
static void take_redaction(struct exchange *exchange, int room, const char *event_id, const char *txn)
{
    int64_t target = homeserver_position(event_id);
    if (!may_take(exchange, room, txn))
        return;
    if (!target || homeserver_said(target)->room != room) {
        net_answer(exchange, 404, error_text("M_NOT_FOUND"));
        return;
    }
    struct json_object *content = json_parse(exchange->body, strlen(exchange->body));
    json_set_str(content, "redacts", event_id);
    struct said *said = homeserver_add(room, BOT_ME, "m.room.redaction", NULL, xstrdup(json_text(content)));
    json_object_put(content);
    if (!world.loses_next_event)
        server.events[target - 1].redacted_by = said->position;
    take_said(exchange, room, said, txn);
}

/* Reading back */

static void take_messages(struct exchange *exchange, int room)
{
    char value[PART_BYTES];
    int64_t from = server.n_events, to = 0;
    size_t limit = 100, n = 0;
    if (homeserver_query_value(exchange->path, "from", value))
        from = strtoll(value + 1, NULL, 10);
    if (homeserver_query_value(exchange->path, "to", value))
        to = strtoll(value + 1, NULL, 10);
    homeserver_query_value(exchange->path, "filter", value);
    bool is_own_only = strstr(value, "senders");
    struct buf out;
    const struct sim_room *place = &server.rooms[room];
    int64_t oldest = 0;
    buf_init(&out, ANSWER_MAX);
    buf_puts(&out, "{\"chunk\":[");
    for (size_t i = place->n; i > 0 && n < limit; i--) {
        const struct said *said = homeserver_said(place->positions[i - 1]);
        if (said->position > from || !homeserver_is_there(said))
            continue;
        if (said->position <= to)
            break;
        oldest = said->position;
        if (is_own_only && strcmp(said->sender, BOT_ME) != 0)
            continue;
        if (n++)
            buf_putc(&out, ',');
        homeserver_put_event(&out, said);
    }
    buf_puts(&out, "]");
    if (oldest > 1 && n)
        buf_printf(&out, ",\"end\":\"p%lld\"", (long long)oldest - 1);
    buf_puts(&out, "}");
    net_answer(exchange, 200, homeserver_take_text(&out));
}

static void take_event(struct exchange *exchange, int room, const char *event_id)
{
    int64_t position = homeserver_position(event_id);
    const struct said *said = position ? homeserver_said(position) : NULL;
    if (!said || !homeserver_is_there(said) || said->room != room) {
        net_answer(exchange, 404, error_text("M_NOT_FOUND"));
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_MAX);
    homeserver_put_event(&out, said);
    net_answer(exchange, 200, homeserver_take_text(&out));
}

static void take_members(struct exchange *exchange, int room)
{
    struct buf out;
    buf_init(&out, ANSWER_MAX);
    buf_puts(&out, "{\"chunk\":[");
    bool is_first = true;
    const struct sim_room *place = &server.rooms[room];
    for (size_t i = 0; i < place->n; i++) {
        const struct said *said = homeserver_said(place->positions[i]);
        if (strcmp(said->type, "m.room.member") != 0 || !homeserver_is_current_state(said))
            continue;
        if (!is_first)
            buf_putc(&out, ',');
        is_first = false;
        homeserver_put_event(&out, said);
    }
    buf_puts(&out, "]}");
    net_answer(exchange, 200, homeserver_take_text(&out));
}

/* Others */

static void take_join(struct exchange *exchange, const char *room_id)
{
    int room = find_room(room_id);
    if (room < 0 || strcmp(server.rooms[room].bot_membership, "leave") == 0) {
        net_answer(exchange, 403, error_text("M_FORBIDDEN"));
        return;
    }
    if (strcmp(server.rooms[room].bot_membership, "invite") == 0)
        homeserver_set_bot(room, "join", BOT_ME);
    net_answer(exchange, 200, xasprintf("{\"room_id\":\"%s\"}", room_id));
}

static void take_account_data(struct exchange *exchange)
{
    if (strcmp(exchange->method, "GET") == 0) {
        size_t n = server.n_account_data;
        net_answer(exchange, n ? 200 : 404,
                   n ? xstrdup(server.account_data[n - 1].text) : error_text("M_NOT_FOUND"));
        return;
    }
    if (server.n_account_data == VERSIONS_MAX) {
        free(server.account_data[0].text);
        memmove(server.account_data, server.account_data + 1,
                (VERSIONS_MAX - 1) * sizeof server.account_data[0]);
        server.n_account_data--;
    }
    server.account_data[server.n_account_data].text = xstrdup(exchange->body);
    server.account_data[server.n_account_data++].at_ms = world.now_ms;
    net_answer(exchange, 200, xstrdup("{}"));
}

static void take_create(struct exchange *exchange)
{
    struct json_object *body = json_parse(exchange->body, strlen(exchange->body));
    const char *person = people_id(json_str(json_object_array_get_idx(json_arr(body, "invite"), 0), ""));
    int room = homeserver_open_room("direct", BOT_ME, json_str(body, "creation_content/io.greffier.direct"));
    homeserver_set_bot(room, "join", BOT_ME);
    homeserver_say(room, BOT_ME, "m.room.member", person,
                   xstrdup("{\"membership\":\"invite\",\"is_direct\":true}"));
    people_are_invited(room, person);
    json_object_put(body);
    net_answer(exchange, 200, xasprintf("{\"room_id\":\"%s\"}", server.rooms[room].id));
}

static void take_leave(struct exchange *exchange, int room)
{
    if (strcmp(server.rooms[room].bot_membership, "leave") != 0)
        homeserver_set_bot(room, "leave", BOT_ME);
    net_answer(exchange, 200, xstrdup("{}"));
}

static void take_room(struct exchange *exchange)
{
    char room_id[PART_BYTES], what[PART_BYTES], first[PART_BYTES], second[PART_BYTES];
    homeserver_path_part(exchange->path, 4, room_id);
    homeserver_path_part(exchange->path, 5, what);
    homeserver_path_part(exchange->path, 6, first);
    homeserver_path_part(exchange->path, 7, second);
    int room = find_room(room_id);
    if (room < 0)
        net_answer(exchange, 404, error_text("M_NOT_FOUND"));
    else if (strcmp(what, "send") == 0)
        take_put(exchange, room, first, second);
    else if (strcmp(what, "redact") == 0)
        take_redaction(exchange, room, first, second);
    else if (strcmp(what, "leave") == 0)
        take_leave(exchange, room);
    else if (strcmp(what, "forget") == 0)
        net_answer(exchange, 200, xstrdup("{}"));
    else if (strcmp(server.rooms[room].bot_membership, "join") != 0)
        net_answer(exchange, 403, error_text("M_FORBIDDEN"));
    else if (strcmp(what, "messages") == 0)
        take_messages(exchange, room);
    else if (strcmp(what, "event") == 0)
        take_event(exchange, room, first);
    else if (strcmp(what, "members") == 0)
        take_members(exchange, room);
    else
        net_answer(exchange, 200, xstrdup("{}"));
}

void homeserver_take(struct exchange *exchange)
{
    char what[PART_BYTES], last[PART_BYTES];
    homeserver_path_part(exchange->path, 3, what);
    homeserver_path_part(exchange->path, 5, last);
    if (server.is_session_over) {
        net_answer(
            exchange, 401,
            xstrdup("{\"errcode\":\"M_UNKNOWN_TOKEN\",\"error\":\"the world is so\",\"soft_logout\":true}"));
    } else if (strcmp(what, "sync") == 0) {
        homeserver_take_sync(exchange);
    } else if (strcmp(what, "rooms") == 0) {
        take_room(exchange);
    } else if (strcmp(what, "account") == 0) {
        net_answer(exchange, 200, xstrdup("{\"user_id\":\"" BOT_ME "\",\"device_id\":\"" BOT_DEVICE "\"}"));
    } else if (strcmp(what, "user") == 0 && strcmp(last, "filter") == 0) {
        net_answer(exchange, 200, xstrdup("{\"filter_id\":\"1\"}"));
    } else if (strcmp(what, "user") == 0) {
        take_account_data(exchange);
    } else if (strcmp(what, "profile") == 0) {
        net_answer(exchange, 404, error_text("M_NOT_FOUND")); /* its people say their zones to the bot */
    } else if (strcmp(what, "join") == 0) {
        homeserver_path_part(exchange->path, 4, last);
        take_join(exchange, last);
    } else if (strcmp(what, "createRoom") == 0) {
        take_create(exchange);
    } else {
        world_fail("the homeserver does not know %s %s", exchange->method, exchange->path);
    }
}
