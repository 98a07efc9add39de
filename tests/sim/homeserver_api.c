/* What the homeserver answers. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "homeserver_private.h"
#include "net.h"
#include "people.h"
#include "world.h"

enum { ANSWER_MAX = 64 << 20, CACHE_MS = 120000, SYNC_LIMIT = 50, PART_BYTES = 512 };

static char *error_text(const char *code)
{
    return xasprintf("{\"errcode\":\"%s\",\"error\":\"the world is so\"}", code);
}

static char *take_text(struct buf *out)
{
    char *text = buf_take(out);
    buf_finish(out);
    return text;
}

/* Paths */

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : toupper((unsigned char)c) - 'A' + 10;
}

/* The n-th part of a path between slashes, or (name not NULL) a value of its query, decoded; "" if there is none. */
static void decode(const char *from, const char *end, char out[PART_BYTES])
{
    size_t n = 0;
    while (from < end && n < PART_BYTES - 1) {
        if (*from == '%' && from + 2 < end) {
            out[n++] = (char)(hex_value(from[1]) * 16 + hex_value(from[2]));
            from += 3;
        } else {
            out[n++] = *from++;
        }
    }
    out[n] = '\0';
}

static void path_part(const char *path, int index, char out[PART_BYTES])
{
    const char *end = path + strcspn(path, "?"), *start = path;
    for (int i = 0; start < end; i++) {
        const char *part = start + 1, *stop = part;
        while (stop < end && *stop != '/')
            stop++;
        if (i == index) {
            decode(part, stop, out);
            return;
        }
        start = stop;
    }
    *out = '\0';
}

static bool query_value(const char *path, const char *name, char out[PART_BYTES])
{
    size_t len = strlen(name);
    for (const char *at = strchr(path, '?'); at; at = strchr(at + 1, '&')) {
        if (strncmp(at + 1, name, len) != 0 || at[1 + len] != '=')
            continue;
        const char *value = at + 2 + len;
        decode(value, value + strcspn(value, "&"), out);
        return true;
    }
    *out = '\0';
    return false;
}

static int find_room(const char *room_id)
{
    for (int i = 0; i < server.n_rooms; i++)
        if (strcmp(server.rooms[i].id, room_id) == 0)
            return i;
    return -1;
}

/* Events as JSON */

static void put_event(struct buf *out, const struct said *said)
{
    bool is_known = said->txn && said->position > server.forgotten_up_to;
    buf_printf(out, "{\"type\":\"%s\",\"event_id\":\"%s\",\"sender\":\"%s\",\"origin_server_ts\":%lld,",
               said->type, said->id, said->sender, (long long)said->at_ms);
    if (said->state_key)
        buf_printf(out, "\"state_key\":\"%s\",", said->state_key);
    buf_printf(out, "\"content\":%s,\"unsigned\":{", said->redacted_by ? "{}" : said->content);
    if (said->redacted_by)
        buf_printf(out, "\"redacted_because\":{\"event_id\":\"$%lld:example.org\"}%s",
                   (long long)said->redacted_by, is_known ? "," : "");
    if (is_known)
        buf_printf(out, "\"transaction_id\":\"%s\"", said->txn);
    buf_puts(out, "}}");
}

static bool is_current_state(const struct said *said)
{
    if (!said->state_key)
        return false;
    const struct sim_room *room = &server.rooms[said->room];
    for (size_t i = room->n; i > 0; i--) {
        const struct said *other = homeserver_said(room->positions[i - 1]);
        if (other->state_key && strcmp(other->type, said->type) == 0 &&
            strcmp(other->state_key, said->state_key) == 0)
            return other == said;
    }
    return false;
}

/* State events of positions in (from, to]; with everybody, or only the bot among the members. */
static void put_state(struct buf *out, const struct sim_room *room, int64_t from, int64_t to,
                      bool has_members)
{
    bool is_first = true;
    for (size_t i = 0; i < room->n; i++) {
        const struct said *said = homeserver_said(room->positions[i]);
        if (said->position <= from || said->position > to || !is_current_state(said))
            continue;
        bool is_other = strcmp(said->type, "m.room.member") == 0 && strcmp(said->state_key, BOT_ME) != 0;
        if (is_other && !has_members)
            continue;
        if (!is_first)
            buf_putc(out, ',');
        is_first = false;
        put_event(out, said);
    }
}

/* Sync */

static void put_timeline(struct buf *out, const struct sim_room *room, int64_t since, size_t limit,
                         bool is_first_answer)
{
    size_t from = room->n;
    while (from > 0 && room->positions[from - 1] > since)
        from--;
    bool is_limited = room->n - from > limit;
    if (is_limited)
        from = room->n - limit;
    int64_t before = from < room->n ? room->positions[from] - 1 : server.n_events;
    bool is_new = room->bot_since > since;
    if (server.gives_state_after) {
        buf_puts(out, "{\"state_after\":{\"events\":[");
        put_state(out, room, is_new || is_first_answer ? 0 : since, server.n_events,
                  !is_new && !is_first_answer);
    } else {
        buf_puts(out, "{\"state\":{\"events\":[");
        put_state(out, room, is_new || is_first_answer ? 0 : since, before, !is_new && !is_first_answer);
    }
    buf_printf(out, "]},\"timeline\":{\"limited\":%s,\"prev_batch\":\"p%lld\",\"events\":[",
               is_limited ? "true" : "false", (long long)before);
    bool is_first = true;
    for (; from < room->n; from++) {
        const struct said *said = homeserver_said(room->positions[from]);
        if (said->is_lost)
            continue;
        if (!is_first)
            buf_putc(out, ',');
        is_first = false;
        put_event(out, said);
    }
    buf_puts(out, "]}}");
}

static bool has_news(const struct sim_room *room, int64_t since)
{
    return room->n && room->positions[room->n - 1] > since;
}

static void put_rooms(struct buf *out, const char *membership, int64_t since, size_t limit,
                      bool is_first_answer)
{
    bool is_first = true;
    for (int i = 0; i < server.n_rooms; i++) {
        const struct sim_room *room = &server.rooms[i];
        bool is_leave = strcmp(membership, "leave") == 0;
        if (strcmp(room->bot_membership, membership) != 0 || (!has_news(room, since) && !is_first_answer) ||
            (is_leave && (room->bot_since <= since || is_first_answer)))
            continue;
        buf_printf(out, "%s\"%s\":", is_first ? "" : ",", room->id);
        is_first = false;
        if (strcmp(membership, "invite") == 0) {
            buf_puts(out, "{\"invite_state\":{\"events\":[");
            put_state(out, room, 0, server.n_events, false);
            buf_puts(out, "]}}");
        } else {
            put_timeline(out, room, since, limit, is_first_answer);
        }
    }
}

static char *sync_text(int64_t since, bool is_first_answer)
{
    struct buf out;
    size_t limit = is_first_answer ? 1 : server.tight ? (size_t)server.tight : SYNC_LIMIT;
    buf_init(&out, ANSWER_MAX);
    buf_printf(&out, "{\"next_batch\":\"s%lld\"", (long long)server.n_events);
    if (is_first_answer || server.n_events > since) {
        buf_puts(&out, ",\"rooms\":{\"join\":{");
        put_rooms(&out, "join", since, limit, is_first_answer);
        buf_puts(&out, "},\"invite\":{");
        put_rooms(&out, "invite", since, limit, is_first_answer);
        buf_puts(&out, "},\"leave\":{");
        put_rooms(&out, "leave", since, limit, is_first_answer);
        buf_puts(&out, "}}");
    }
    buf_puts(&out, "}");
    return take_text(&out);
}

/* An answer that says nothing is not kept: it would be given again at once, for ever. */
static void keep_answer(const char *path, const char *text, int64_t since)
{
    if (server.n_events == since)
        return;
    if (server.n_cached == CACHED_MAX) {
        free(server.cached[0].path);
        free(server.cached[0].text);
        memmove(&server.cached[0], &server.cached[1], (CACHED_MAX - 1) * sizeof server.cached[0]);
        server.n_cached--;
    }
    server.cached[server.n_cached++] = (struct cached){
        .path = xstrdup(path), .text = xstrdup(text), .up_to = server.n_events, .at_ms = world.now_ms
    };
}

static void answer_sync(struct exchange *exchange, int64_t since, bool is_first_answer)
{
    char *text = sync_text(since, is_first_answer);
    if (!is_first_answer)
        keep_answer(exchange->path, text, since);
    exchange->up_to = server.n_events;
    net_answer(exchange, 200, text);
}

static bool answer_from_cache(struct exchange *exchange)
{
    for (size_t i = 0; i < server.n_cached; i++) {
        const struct cached *cached = &server.cached[i];
        if (world.now_ms - cached->at_ms >= CACHE_MS || strcmp(cached->path, exchange->path) != 0)
            continue;
        exchange->up_to = cached->up_to;
        net_answer(exchange, 200, xstrdup(cached->text));
        return true;
    }
    return false;
}

static void poll_ends(void *data, int64_t unused);

static void park(struct exchange *exchange, int64_t since, int64_t timeout_ms)
{
    int64_t until_ms = world.now_ms + timeout_ms;
    if (server.n_parked == PARKED_MAX)
        world_fail("too many long polls at once");
    /* The same request again waits with the first. */
    for (size_t i = 0; i < server.n_parked; i++)
        if (strcmp(server.parked[i].exchange->path, exchange->path) == 0)
            until_ms = server.parked[i].until_ms;
    server.parked[server.n_parked++] =
        (struct parked){ .exchange = net_hold(exchange), .since = since, .until_ms = until_ms };
    world_at(until_ms, poll_ends, NULL, 0);
}

static void end_polls(bool has_news)
{
    for (size_t i = 0; i < server.n_parked;) {
        struct parked parked = server.parked[i];
        if (!has_news && parked.until_ms > world.now_ms) {
            i++;
            continue;
        }
        server.parked[i] = server.parked[--server.n_parked];
        answer_sync(parked.exchange, parked.since, false);
        net_release(parked.exchange);
    }
}

static void poll_ends(void *data, int64_t unused)
{
    (void)data;
    (void)unused;
    end_polls(false);
}

void homeserver_wake(void)
{
    end_polls(true);
}

static void take_sync(struct exchange *exchange)
{
    char value[PART_BYTES];
    if (!query_value(exchange->path, "since", value)) {
        answer_sync(exchange, 0, true);
        return;
    }
    int64_t since = strtoll(value + 1, NULL, 10);
    query_value(exchange->path, "timeout", value);
    int64_t timeout_ms = strtoll(value, NULL, 10);
    if (answer_from_cache(exchange))
        return;
    if (server.n_events > since || timeout_ms == 0)
        answer_sync(exchange, since, false);
    else
        park(exchange, since, timeout_ms);
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
        if (said->txn && !said->is_lost && strcmp(said->txn, txn) == 0)
            return said;
    }
    return NULL;
}

static bool is_reaction_there(int room, struct json_object *content)
{
    const char *target = json_str(content, "m.relates_to/event_id"),
               *key = json_str(content, "m.relates_to/key");
    const struct sim_room *place = &server.rooms[room];
    for (size_t i = 0; target && key && i < place->n; i++) {
        const struct said *said = homeserver_said(place->positions[i]);
        if (strcmp(said->type, "m.reaction") == 0 && strcmp(said->sender, BOT_ME) == 0 && !said->is_lost &&
            strstr(said->content, target) && strstr(said->content, key))
            return true;
    }
    return false;
}

static void take_put(struct exchange *exchange, int room, const char *type, const char *txn)
{
    int64_t wait_ms;
    const struct said *old = find_txn(room, txn);
    if (old) {
        net_answer(exchange, 200, xasprintf("{\"event_id\":\"%s\"}", old->id));
        return;
    }
    if (!has_token(&wait_ms)) {
        net_answer(
            exchange, 429,
            xasprintf("{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":%lld}", (long long)wait_ms));
        return;
    }
    if (strcmp(server.rooms[room].bot_membership, "join") != 0) {
        net_answer(exchange, 403, error_text("M_FORBIDDEN"));
        return;
    }
    struct json_object *content = json_parse(exchange->body, strlen(exchange->body));
    bool is_reaction = strcmp(type, "m.reaction") == 0;
    if (is_reaction && is_reaction_there(room, content)) {
        net_answer(exchange, 400, error_text("M_DUPLICATE_ANNOTATION"));
        json_object_put(content);
        return;
    }
    struct said *said = homeserver_add(room, BOT_ME, is_reaction ? "m.reaction" : "m.room.message", NULL,
                                       xstrdup(json_text(content)));
    json_object_put(content);
    said->txn = xstrdup(txn);
    said->is_lost = world.loses_next_event;
    world.loses_next_event = false;
    world_trace("%s the bot in %s: %s %s%s", said->id, server.rooms[room].alias, said->type, said->content,
                said->is_lost ? " (lost)" : "");
    char *answer = xasprintf("{\"event_id\":\"%s\"}", said->id);
    if (!said->is_lost)
        check_said(said);
    homeserver_wake();
    net_answer(exchange, 200, answer);
}

/* Reading back */

static void take_messages(struct exchange *exchange, int room)
{
    char value[PART_BYTES];
    int64_t from = server.n_events, to = 0;
    size_t limit = 100, n = 0;
    if (query_value(exchange->path, "from", value))
        from = strtoll(value + 1, NULL, 10);
    if (query_value(exchange->path, "to", value))
        to = strtoll(value + 1, NULL, 10);
    query_value(exchange->path, "filter", value);
    bool is_own_only = strstr(value, "senders");
    struct buf out;
    const struct sim_room *place = &server.rooms[room];
    int64_t oldest = 0;
    buf_init(&out, ANSWER_MAX);
    buf_puts(&out, "{\"chunk\":[");
    for (size_t i = place->n; i > 0 && n < limit; i--) {
        const struct said *said = homeserver_said(place->positions[i - 1]);
        if (said->position > from || said->is_lost)
            continue;
        if (said->position <= to)
            break;
        oldest = said->position;
        if (is_own_only && strcmp(said->sender, BOT_ME) != 0)
            continue;
        if (n++)
            buf_putc(&out, ',');
        put_event(&out, said);
    }
    buf_puts(&out, "]");
    if (oldest > 1 && n)
        buf_printf(&out, ",\"end\":\"p%lld\"", (long long)oldest - 1);
    buf_puts(&out, "}");
    net_answer(exchange, 200, take_text(&out));
}

static void take_event(struct exchange *exchange, int room, const char *event_id)
{
    int64_t position = homeserver_position(event_id);
    const struct said *said = position ? homeserver_said(position) : NULL;
    if (!said || said->is_lost || said->room != room) {
        net_answer(exchange, 404, error_text("M_NOT_FOUND"));
        return;
    }
    struct buf out;
    buf_init(&out, ANSWER_MAX);
    put_event(&out, said);
    net_answer(exchange, 200, take_text(&out));
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
        if (strcmp(said->type, "m.room.member") != 0 || !is_current_state(said))
            continue;
        if (!is_first)
            buf_putc(&out, ',');
        is_first = false;
        put_event(&out, said);
    }
    buf_puts(&out, "]}");
    net_answer(exchange, 200, take_text(&out));
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
        net_answer(exchange, server.account_data ? 200 : 404,
                   server.account_data ? xstrdup(server.account_data) : error_text("M_NOT_FOUND"));
        return;
    }
    free(server.account_data);
    server.account_data = xstrdup(exchange->body);
    net_answer(exchange, 200, xstrdup("{}"));
}

static void take_create(struct exchange *exchange)
{
    struct json_object *body = json_parse(exchange->body, strlen(exchange->body));
    const char *person = people_id(json_str(json_object_array_get_idx(json_arr(body, "invite"), 0), ""));
    int room = homeserver_open_room("direct", BOT_ME, true);
    homeserver_set_bot(room, "join", BOT_ME);
    homeserver_say(room, BOT_ME, "m.room.member", person,
                   xstrdup("{\"membership\":\"invite\",\"is_direct\":true}"));
    people_are_invited(room, person);
    json_object_put(body);
    net_answer(exchange, 200, xasprintf("{\"room_id\":\"%s\"}", server.rooms[room].id));
}

static void take_room(struct exchange *exchange)
{
    char room_id[PART_BYTES], what[PART_BYTES], first[PART_BYTES], second[PART_BYTES];
    path_part(exchange->path, 4, room_id);
    path_part(exchange->path, 5, what);
    path_part(exchange->path, 6, first);
    path_part(exchange->path, 7, second);
    int room = find_room(room_id);
    if (room < 0)
        net_answer(exchange, 404, error_text("M_NOT_FOUND"));
    else if (strcmp(what, "send") == 0)
        take_put(exchange, room, first, second);
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
    path_part(exchange->path, 3, what);
    path_part(exchange->path, 5, last);
    if (strcmp(what, "sync") == 0) {
        take_sync(exchange);
    } else if (strcmp(what, "rooms") == 0) {
        take_room(exchange);
    } else if (strcmp(what, "account") == 0) {
        net_answer(exchange, 200, xstrdup("{\"user_id\":\"" BOT_ME "\",\"device_id\":\"" BOT_DEVICE "\"}"));
    } else if (strcmp(what, "user") == 0 && strcmp(last, "filter") == 0) {
        net_answer(exchange, 200, xstrdup("{\"filter_id\":\"1\"}"));
    } else if (strcmp(what, "user") == 0) {
        take_account_data(exchange);
    } else if (strcmp(what, "join") == 0) {
        path_part(exchange->path, 4, last);
        take_join(exchange, last);
    } else if (strcmp(what, "createRoom") == 0) {
        take_create(exchange);
    } else {
        world_fail("the homeserver does not know %s %s", exchange->method, exchange->path);
    }
}
