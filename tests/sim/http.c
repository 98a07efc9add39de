/* bot/matrix/http.h without sockets; and the net behind it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "check.h"
#include "homeserver.h"
#include "net.h"
#include "world.h"

enum { REFUSED_MS = 3, LEAST_WAY_MS = 5, MOST_WAY_MS = 120 };

struct http {
    uint64_t last_id;
};

struct net_weather net_weather;
static struct exchange *ready, **ready_end = &ready;
static struct exchange *in_flight; /* of this life, linked by `next` until they are ready */

/* Exchanges */

struct exchange *net_hold(struct exchange *exchange)
{
    exchange->n_refs++;
    return exchange;
}

void net_release(struct exchange *exchange)
{
    if (--exchange->n_refs > 0)
        return;
    free(exchange->method);
    free(exchange->path);
    free(exchange->body);
    free(exchange->text);
    free(exchange);
}

static void unlink_from(struct exchange **list, struct exchange *exchange)
{
    for (; *list; list = &(*list)->next)
        if (*list == exchange) {
            *list = exchange->next;
            exchange->next = NULL;
            return;
        }
    assert(false && "it is in the list");
}

static void become_ready(struct exchange *exchange)
{
    if (!exchange->http || exchange->is_ready)
        return;
    unlink_from(&in_flight, exchange);
    exchange->is_ready = true;
    exchange->next = NULL;
    *ready_end = exchange;
    ready_end = &exchange->next;
}

static void came_back(void *data, int64_t unused)
{
    struct exchange *exchange = data;
    (void)unused;
    become_ready(exchange);
    net_release(exchange);
}

/* Whatever has not come back by then never will. */
static void timed_out(void *data, int64_t unused)
{
    struct exchange *exchange = data;
    (void)unused;
    if (exchange->http && !exchange->is_ready) {
        exchange->status = 0;
        become_ready(exchange);
    }
    net_release(exchange);
}

void net_answer(struct exchange *exchange, int status, char *text)
{
    if (exchange->is_answered) { /* the second arrival of one that came twice */
        free(text);
        return;
    }
    exchange->is_answered = true;
    exchange->status = status;
    exchange->text = text;
    exchange->date_ms = world.now_ms / 1000 * 1000;
    if (exchange->trouble == NET_BAD_GATEWAY) {
        exchange->status = exchange->id % 2 ? 502 : 500;
        exchange->text[0] = '\0';
        exchange->date_ms = -1;
    }
    if (exchange->trouble != NET_LOST_BACK && !net_weather.is_down)
        world_at(world.now_ms + exchange->back_ms, came_back, net_hold(exchange), 0);
}

static void arrived(void *data, int64_t unused)
{
    struct exchange *exchange = data;
    (void)unused;
    if (exchange->trouble == NET_BUSY)
        net_answer(exchange, 500 + (int)(exchange->id % 5),
                   xstrdup("{\"errcode\":\"M_UNKNOWN\",\"error\":\"busy\"}"));
    else if (!net_weather.is_down)
        homeserver_take(exchange);
    net_release(exchange);
}

static enum net_trouble draw_trouble(struct chance *chance)
{
    if (net_weather.is_down)
        return NET_REFUSED;
    if (net_weather.is_mute)
        return NET_LOST_BACK;
    if (chance_percent(chance, net_weather.lost_percent))
        return chance_percent(chance, 40) ? NET_LOST_OUT : NET_LOST_BACK;
    if (chance_percent(chance, net_weather.busy_percent))
        return chance_percent(chance, 60) ? NET_BUSY : NET_BAD_GATEWAY;
    if (chance_percent(chance, net_weather.twice_percent))
        return NET_TWICE;
    return NET_FINE;
}

static void send_off(struct exchange *exchange, int64_t timeout_ms)
{
    struct chance chance = chance_of(world.seed ^ 0x6E6574, exchange->id);
    int64_t most_ms = MOST_WAY_MS + net_weather.slow_ms;
    int64_t out_ms = chance_in(&chance, LEAST_WAY_MS, most_ms);
    exchange->back_ms = chance_in(&chance, LEAST_WAY_MS, most_ms);
    if (exchange->is_long_poll)
        exchange->back_ms += chance_in(&chance, 0, net_weather.slow_sync_ms);
    exchange->trouble = draw_trouble(&chance);
    if (exchange->trouble == NET_REFUSED) {
        world_at(world.now_ms + REFUSED_MS, timed_out, net_hold(exchange), 0);
        return;
    }
    world_at(world.now_ms + timeout_ms, timed_out, net_hold(exchange), 0);
    if (exchange->trouble != NET_LOST_OUT)
        world_at(world.now_ms + out_ms, arrived, net_hold(exchange), 0);
    if (exchange->trouble == NET_TWICE)
        world_at(world.now_ms + out_ms + chance_in(&chance, 1, 4000), arrived, net_hold(exchange), 0);
}

bool net_is_ready(void)
{
    return ready != NULL;
}

static void forget(struct exchange *exchange)
{
    exchange->http = NULL;
    exchange->next = NULL;
    net_release(exchange);
}

void net_break(void)
{
    for (struct exchange *exchange = in_flight; exchange; exchange = exchange->next)
        world_at(world.now_ms + REFUSED_MS, timed_out, net_hold(exchange), 0);
}

void net_forget_life(void)
{
    for (struct exchange *next; in_flight; in_flight = next) {
        next = in_flight->next;
        forget(in_flight);
    }
    for (struct exchange *next; ready; ready = next) {
        next = ready->next;
        forget(ready);
    }
    ready_end = &ready;
}

/* The seam */

struct http *http_create(const char *base_url, struct err *err)
{
    (void)base_url;
    (void)err;
    return xcalloc(1, sizeof(struct http));
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    net_forget_life();
    free(http);
}

void http_set_token(struct http *http, const char *token)
{
    (void)http;
    (void)token;
}

uint64_t http_send(struct http *http, const struct http_request *request)
{
    static uint64_t last_id;
    world_call();
    struct exchange *exchange = xcalloc(1, sizeof *exchange);
    *exchange = (struct exchange){ .next = in_flight,
                                   .id = ++last_id,
                                   .http = http,
                                   .done = request->done,
                                   .done_data = request->data,
                                   .method = xstrdup(request->method),
                                   .path = xstrdup(request->path),
                                   .body = xstrdup(request->body),
                                   .n_refs = 1,
                                   .is_long_poll = request->is_long_poll,
                                   .date_ms = -1 };
    in_flight = exchange;
    int64_t timeout_s = request->timeout_s ? request->timeout_s : HTTP_TIMEOUT_S;
    send_off(exchange, timeout_s * 1000);
    world.is_asking = true;
    check_request(exchange);
    world.is_asking = false;
    world_call();
    return exchange->id;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    for (struct exchange *exchange = in_flight; exchange; exchange = exchange->next)
        if (exchange->id == id) {
            unlink_from(&in_flight, exchange);
            forget(exchange);
            return;
        }
    for (struct exchange **link = &ready; *link; link = &(*link)->next)
        if ((*link)->id == id) {
            struct exchange *exchange = *link;
            *link = exchange->next;
            if (!exchange->next)
                ready_end = link;
            forget(exchange);
            return;
        }
}

/* A sync that brings nothing is the same few bytes as the one before, twenty thousand times a week: it is read once. Nobody
 * who is given it changes it. */
static struct json_object *read_answer(const char *text, size_t len)
{
    static struct json_reader reader; /* as bot/matrix/http.c has one */
    static char last_text[64];
    static struct json_object *last; /* owned */
    if (len >= sizeof last_text)
        return json_read(&reader, text, len);
    if (!last || strcmp(text, last_text) != 0) {
        json_object_put(last);
        last = NULL;
        last = json_read(&reader, text, len);
        memcpy(last_text, text, len + 1);
    }
    return json_object_get(last);
}

static void hand_over(struct exchange *exchange)
{
    struct http_answer answer = { .status = exchange->status,
                                  .text = "",
                                  .retry_after_ms = -1,
                                  .date_ms = exchange->status ? exchange->date_ms : -1 };
    if (exchange->status) {
        answer.text = exchange->text;
        answer.len = strlen(exchange->text);
        answer.json = read_answer(answer.text, answer.len);
        answer.errcode = json_str(answer.json, "errcode");
        answer.error = json_str(answer.json, "error");
        answer.is_soft_logout = json_flag(answer.json, "soft_logout", false);
        answer.retry_after_ms = json_int(answer.json, "retry_after_ms", -1);
    } else {
        answer.failure = "the world is so";
    }
    exchange->done(exchange->done_data, &answer);
    json_object_put(answer.json);
}

void http_work(struct http *http)
{
    (void)http;
    while (ready) {
        struct exchange *exchange = ready;
        ready = exchange->next;
        if (!ready)
            ready_end = &ready;
        world_call();
        hand_over(exchange);
        exchange->http = NULL;
        net_release(exchange);
    }
}

void http_wait(struct http *http, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms)
{
    (void)http;
    (void)extra;
    (void)n_extra;
    int64_t until_ms = world.now_ms + timeout_ms;
    while (!net_is_ready() && world_step(until_ms))
        ;
}

uint16_t http_port(const struct http *http)
{
    (void)http;
    return 80; /* nobody confines this one */
}
