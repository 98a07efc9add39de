#include "matrix/gap.h"

#include <string.h>

#include "base/log.h"
#include "matrix/apply.h"
#include "matrix/http.h"
#include "matrix/parse.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/room.h"

enum { REFUSALS_MAX = 3, EMPTY_PAGES_MAX = 20 };

static void close_gap(struct place *place)
{
    gap_set(place->intake->client->store, place->row, NULL);
    place->has_gap = false;
    place->n_empty_pages = 0;
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

/* Applied, and not ahead of this gap: then all that is older was seen too. What the bot said itself proves nothing:
 * its time is that of its cause, which may be long before. */
static bool is_from_before(struct place *place, const char *event_id, const struct gap *gap)
{
    struct intake *intake = place->intake;
    struct message_row message;
    return message_get(intake->client->store, event_id, intake->arena, &message) && *message.sender &&
           message.at_ms < gap->since_ms;
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

static bool walk_page(struct place *place, struct json_object *page, struct gap *gap)
{
    struct json_object *chunk = json_arr(page, "chunk");
    size_t n = chunk ? json_object_array_length(chunk) : 0;
    place->n_empty_pages = n ? 0 : place->n_empty_pages + 1;
    for (size_t i = 0; i < n; i++) {
        struct arena *scratch = place->intake->arena;
        bool goes_on = walk_event(place, json_object_array_get_idx(chunk, i), gap);
        arena_reset(scratch);
        if (!goes_on)
            return false;
    }
    return place->n_empty_pages < EMPTY_PAGES_MAX;
}

static void take_page(struct place *place, struct json_object *page)
{
    struct intake *intake = place->intake;
    struct arena *arena = arena_create();
    struct gap gap;
    if (gap_get(intake->client->store, place->row, arena, &gap)) {
        intake_begin(intake);
        const char *end = json_str(page, "end");
        bool goes_on = walk_page(place, page, &gap) && end && strlen(end) <= SYNC_TOKEN_BYTES &&
                       strcmp(end, gap.from) != 0 && !(gap.to && strcmp(end, gap.to) == 0);
        gap.from = end;
        if (goes_on)
            gap_set(intake->client->store, place->row, &gap);
        else
            close_gap(place);
        if (!intake_commit(intake))
            intake_reload(intake);
        else if (!goes_on)
            log_info("room %s: the gap is filled", place->room_id);
    }
    arena_destroy(arena);
}

static void give_up(struct place *place, const struct http_answer *answer)
{
    struct intake *intake = place->intake;
    int64_t row = place->row;
    log_error("room %s: a gap cannot be filled, what was said in it is unknown: %s", place->room_id,
              http_describe(intake->arena, answer));
    intake_begin(intake);
    close_gap(place);
    if (!intake_commit(intake))
        intake_reload(intake);
    else if (intake->settings.on_gap_lost)
        intake->settings.on_gap_lost(intake->settings.data, row);
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
    bool is_refusal = answer->status >= 400 && answer->status != 401 && !http_is_transient(answer);
    /* Only refusals in a row are counted: an outage is no reason to give up. */
    place->gap.n_refusals = is_refusal ? place->gap.n_refusals + 1 : 0;
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
    if (!intake->is_busy || !client_may_send(intake->client, CLIENT_OTHER))
        return;
    intake_each(intake, count_page, &n);
    intake_each(intake, poke_place, &n);
}
