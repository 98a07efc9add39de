#include "matrix/gap.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/apply.h"
#include "matrix/http.h"
#include "matrix/parse.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/room.h"

enum { REFUSALS_MAX = 3 };

static void close_gap(struct place *place)
{
    gap_set(place->intake->client->store, place->row, NULL);
    hold_say_nothing(place->intake->client->store, place->row);
    place->has_gap = false;
    place_forget_walk(place);
    apply_settle(place);
}

/* The bot's latest join: what lies before it was said while it was away. */
static bool is_own_join(struct place *place, struct json_object *json)
{
    struct intake *intake = place->intake;
    char *joined = room_value(intake->client->store, place->row, "joined_event", intake->arena);
    const char *id = parse_event_id(json);
    return (joined && id && strcmp(joined, id) == 0) || parse_is_turning(json, intake->client->me, "join");
}

/* Applied, and not ahead of this gap: then all that is older was seen too. Not so what the bot said itself, which has
 * the time of its cause and may stand long after it, nor somebody's coming or going, which is also heard of outside of
 * the timeline. */
static bool is_from_before(struct place *place, const char *event_id, const struct gap *gap)
{
    struct intake *intake = place->intake;
    struct message_row message;
    return message_get(intake->client->store, event_id, intake->arena, &message) && !message.row &&
           strcmp(message.role, "member") != 0 && message.at_ms < gap->since_ms;
}

static void take_gap_event(struct place *place, struct json_object *json, const struct event *parsed,
                           struct gap *gap)
{
    struct intake *intake = place->intake;
    struct event event = *parsed;
    event.room = place->row;
    if (event.at_ms < gap->since_ms)
        event.at_ms = gap->since_ms;
    if (event.at_ms > intake->client->now_ms)
        event.at_ms = intake->client->now_ms;
    gap->key--;
    /* Held already, from between two gaps that became one: it stands before what this walk has passed. */
    if (inbox_place(intake->client->store, event.id, gap->key))
        return;
    if (!apply_is_small_talk(intake, &event) && !message_is_known(intake->client->store, event.id))
        apply_hold(place, json, &event, gap->key);
}

/* False: the walk has come to its end. */
static bool walk_event(struct place *place, struct json_object *json, struct gap *gap)
{
    struct intake *intake = place->intake;
    const char *id = parse_event_id(json), *key = parse_state_key(json);
    struct parsed parsed;
    if (is_own_join(place, json) || (id && is_from_before(place, id, gap)))
        return false;
    if (key && strcmp(key, intake->client->me) == 0)
        return true; /* its own profile */
    enum parse_result result = parse_event(json, intake->client->me, intake->arena, &parsed);
    if (result == PARSE_OWN)
        intake->settings.on_own_event(intake->settings.data, place->row, parsed.event.id, parsed.txn,
                                      parsed.content_txn);
    else if (result == PARSE_EVENT)
        take_gap_event(place, json, &parsed.event, gap);
    else if (result == PARSE_TOO_DEEP)
        log_warn("event %s is nested too deeply: left out", parsed.event.id);
    return true;
}

enum walk { WALK_GOES_ON, WALK_IS_THROUGH, WALK_IS_LOST };

static enum walk walk_chunk(struct place *place, struct json_object *chunk, struct gap *gap)
{
    size_t n = json_object_array_length(chunk);
    place->n_empty_pages = n ? 0 : place->n_empty_pages + 1;
    for (size_t i = 0; i < n; i++) {
        bool goes_on = walk_event(place, json_object_array_get_idx(chunk, i), gap);
        arena_reset(place->intake->arena);
        if (!goes_on)
            return WALK_IS_THROUGH;
    }
    return place->n_empty_pages < GAP_EMPTY_PAGES_MAX ? WALK_GOES_ON : WALK_IS_LOST;
}

/* A token that comes again leads nowhere new, be it the last one or one of many before. The one remembered is renewed
 * after 1, 2, 4, 8... pages, so that a circle of any length is found (Brent), without remembering them all. */
static bool goes_in_circles(struct place *place, const char *from, const char *end)
{
    if (strcmp(end, from) == 0 || (place->page_mark && strcmp(place->page_mark, end) == 0))
        return true;
    place->n_pages++;
    if ((place->n_pages & (place->n_pages - 1)) == 0) {
        free(place->page_mark);
        place->page_mark = xstrdup(end);
    }
    return false;
}

static enum walk walk_page(struct place *place, struct json_object *page, struct gap *gap)
{
    const char *end = json_str(page, "end");
    enum walk walk = walk_chunk(place, json_arr(page, "chunk"), gap);
    if (walk != WALK_GOES_ON)
        return walk;
    if (!end || (gap->to && strcmp(end, gap->to) == 0) || goes_in_circles(place, gap->from, end))
        return WALK_IS_THROUGH;
    if (strlen(end) > SYNC_TOKEN_BYTES)
        return WALK_IS_LOST;
    gap->from = end;
    return WALK_GOES_ON;
}

static void take_page(struct place *place, struct json_object *page)
{
    struct intake *intake = place->intake;
    struct arena *arena = arena_create();
    struct gap gap;
    if (gap_get(intake->client->store, place->row, arena, &gap)) {
        intake_begin(intake);
        enum walk walk = walk_page(place, page, &gap);
        if (walk == WALK_GOES_ON)
            gap_set(intake->client->store, place->row, &gap);
        else
            close_gap(place);
        if (walk == WALK_IS_LOST)
            apply_lose(place, gap.since_ms);
        if (walk != WALK_GOES_ON)
            log_info("room %s: the gap is %s", place->room_id, walk == WALK_IS_LOST ? "lost" : "filled");
        if (!intake_commit(intake))
            intake_reload(intake);
    }
    arena_destroy(arena);
}

static void give_up(struct place *place, const struct http_answer *answer)
{
    struct intake *intake = place->intake;
    struct gap gap;
    if (!gap_get(intake->client->store, place->row, intake->arena, &gap))
        return;
    log_error("room %s: a gap cannot be filled, what was said in it is unknown: %s", place->room_id,
              http_describe(intake->arena, answer));
    intake_begin(intake);
    close_gap(place);
    apply_lose(place, gap.since_ms);
    if (!intake_commit(intake))
        intake_reload(intake);
}

static void on_page(void *data, const struct http_answer *answer)
{
    struct place *place = data;
    struct intake *intake = place->intake;
    place->gap.request = 0;
    client_heard(intake->client, CLIENT_OTHER, answer);
    if (answer->status == 200 && json_arr(answer->json, "chunk")) {
        place->gap = (struct job){ 0 };
        take_page(place, answer->json);
        return;
    }
    /* Only refusals in a row are counted: an outage is no reason to give up. */
    place->gap.n_refusals = http_is_refusal(answer) ? place->gap.n_refusals + 1 : 0;
    if (place->gap.n_refusals >= REFUSALS_MAX) {
        give_up(place, answer);
        return;
    }
    place->gap.attempts++;
    place->gap.next_ms = intake_retry_ms(intake, place->gap.attempts);
}

static void start_page(struct place *place, const struct gap *gap)
{
    struct intake *intake = place->intake;
    struct arena *arena = arena_create();
    char *path =
        arena_printf(arena, "/_matrix/client/v3/rooms/%s/messages?dir=b&from=%s%s%s&limit=%d&filter=%s",
                     http_escape(arena, place->room_id), http_escape(arena, gap->from), gap->to ? "&to=" : "",
                     gap->to ? http_escape(arena, gap->to) : "", GAP_PAGE_EVENTS,
                     http_escape(arena, "{\"lazy_load_members\":true}"));
    place->gap.request = http_send(
        intake->client->http,
        &(struct http_request){
            .method = "GET", .path = path, .max_bytes = GAP_PAGE_BYTES, .done = on_page, .data = place });
    arena_destroy(arena);
}

static void count_page(struct place *place, void *data)
{
    int *n = data;
    *n += place->gap.request != 0;
}

static void poke_place(struct place *place, void *data)
{
    int *n = data;
    struct client *client = place->intake->client;
    struct gap gap;
    if (!place->has_gap || place->gap.request || place->gap.next_ms > client->now_ms || *n >= GAP_JOBS)
        return;
    struct arena *arena = arena_create();
    if (gap_get(client->store, place->row, arena, &gap)) {
        start_page(place, &gap);
        ++*n;
    }
    arena_destroy(arena);
}

void gap_poke(struct intake *intake)
{
    int n = 0;
    if (!intake->is_busy || !intake_may_work(intake) || !client_may_send(intake->client, CLIENT_OTHER))
        return;
    intake_each(intake, count_page, &n);
    intake_each(intake, poke_place, &n);
}
