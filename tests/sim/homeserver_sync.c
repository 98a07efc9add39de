/* The stream: long polls, holes, and answers that are given again. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "homeserver_private.h"
#include "net.h"
#include "world.h"

enum { CACHE_MS = 120000, SYNC_LIMIT = 50 };

static void put_timeline(struct buf *out, const struct sim_room *room, int64_t since, size_t limit,
                         bool is_first_answer)
{
    /* Nothing of what was said after the bot had gone. */
    size_t end = room->n;
    while (strcmp(room->bot_membership, "leave") == 0 && room->positions[end - 1] > room->bot_since)
        end--;
    size_t from = end;
    while (from > 0 && room->positions[from - 1] > since)
        from--;
    bool is_limited = end - from > limit;
    if (is_limited)
        from = end - limit;
    int64_t before = from < end ? room->positions[from] - 1 : server.n_events;
    bool is_new = room->bot_since > since;
    if (server.gives_state_after) {
        buf_puts(out, "{\"state_after\":{\"events\":[");
        homeserver_put_state(out, room, is_new || is_first_answer ? 0 : since, server.n_events,
                             !is_new && !is_first_answer);
    } else {
        buf_puts(out, "{\"state\":{\"events\":[");
        homeserver_put_state(out, room, is_new || is_first_answer ? 0 : since, before,
                             !is_new && !is_first_answer);
    }
    buf_printf(out, "]},\"timeline\":{\"limited\":%s,\"prev_batch\":\"p%lld\",\"events\":[",
               is_limited ? "true" : "false", (long long)before);
    bool is_first = true;
    for (; from < end; from++) {
        const struct said *said = homeserver_said(room->positions[from]);
        if (!homeserver_is_there(said))
            continue;
        if (!is_first)
            buf_putc(out, ',');
        is_first = false;
        homeserver_put_event(out, said);
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
            homeserver_put_state(out, room, 0, server.n_events, false);
            buf_puts(out, "]}}");
        } else {
            put_timeline(out, room, since, limit, is_first_answer);
        }
    }
}

/* Hardly any poll ends with more than this: nearly all of a week's answers are made here. */
static void put_position(struct buf *out)
{
    char digits[24], *at = digits + sizeof digits;
    int64_t n = server.n_events;
    *--at = '\0';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    buf_puts(out, "{\"next_batch\":\"s");
    buf_puts(out, at);
    buf_putc(out, '"');
}

static char *sync_text(int64_t since, bool is_first_answer)
{
    struct buf out;
    size_t limit = is_first_answer ? 1 : server.tight ? (size_t)server.tight : SYNC_LIMIT;
    buf_init(&out, ANSWER_MAX);
    put_position(&out);
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
    return homeserver_take_text(&out);
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
    server.cached[server.n_cached++] =
        (struct cached){ .path = xstrdup(path), .text = xstrdup(text), .at_ms = world.now_ms };
}

static void answer_sync(struct exchange *exchange, int64_t since, bool is_first_answer)
{
    char *text = sync_text(since, is_first_answer);
    if (!is_first_answer)
        keep_answer(exchange->path, text, since);
    net_answer(exchange, 200, text);
}

static bool answer_from_cache(struct exchange *exchange)
{
    for (size_t i = 0; i < server.n_cached; i++) {
        const struct cached *cached = &server.cached[i];
        if (world.now_ms - cached->at_ms >= CACHE_MS || strcmp(cached->path, exchange->path) != 0)
            continue;
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

/* The bot begins anew, for its position is not known any more; the ones that it gets now are. */
static void pass_over(void)
{
    for (int64_t i = server.undone_from; server.undone_to && i < server.n_events; i++)
        server.events[i].is_passed_over = true;
    server.undone_from = server.undone_to = 0;
}

void homeserver_take_sync(struct exchange *exchange)
{
    char value[PART_BYTES];
    if (!homeserver_query_value(exchange->path, "since", value)) {
        pass_over();
        answer_sync(exchange, 0, true);
        return;
    }
    int64_t since = strtoll(value + 1, NULL, 10);
    if (server.refuses_lost_positions && since > server.undone_from && since <= server.undone_to) {
        net_answer(exchange, 400, xstrdup("{\"errcode\":\"M_UNKNOWN\",\"error\":\"the world is so\"}"));
        return;
    }
    homeserver_query_value(exchange->path, "timeout", value);
    int64_t timeout_ms = strtoll(value, NULL, 10);
    if (answer_from_cache(exchange))
        return;
    if (server.n_events > since || timeout_ms == 0)
        answer_sync(exchange, since, false);
    else
        park(exchange, since, timeout_ms);
}
