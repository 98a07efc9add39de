#include "matrix/members.h"

#include <string.h>

#include "base/log.h"
#include "matrix/apply.h"
#include "matrix/facts.h"
#include "matrix/http.h"
#include "matrix/parse.h"
#include "store/hold.h"
#include "store/message.h"

enum { RETRY_LATER_MS = 600000 };

/* Somebody came or went unseen: told to the engine behind what is held already. */
static void hold_change(struct place *place, struct json_object *json)
{
    struct intake *intake = place->intake;
    struct parsed parsed;
    if (parse_event(json, intake->client->me, intake->arena, &parsed) != PARSE_EVENT ||
        parsed.event.kind != EVENT_MEMBER)
        return;
    if (parsed.event.at_ms > intake->client->now_ms)
        parsed.event.at_ms = intake->client->now_ms;
    if (!message_is_known(intake->client->store, parsed.event.id))
        apply_hold(place, json, &parsed.event, 0);
}

static void take_members(struct place *place, struct json_object *chunk)
{
    struct intake *intake = place->intake;
    intake_begin(intake);
    for (size_t i = 0; i < json_object_array_length(chunk); i++) {
        struct json_object *event = json_object_array_get_idx(chunk, i);
        const char *type = json_str(event, "type");
        if (type && strcmp(type, "m.room.member") == 0 && intake_apply_fact(place, event))
            hold_change(place, event);
        arena_reset(intake->arena);
    }
    room_set_has_members(intake->client->store, place->row, true);
    place->is_without_members = false;
}

static void stop_waiting(struct place *place)
{
    if (!place->members_until_ms)
        return;
    intake_begin(place->intake);
    place->members_until_ms = 0;
    apply_settle(place);
}

static void on_members(void *data, const struct http_answer *answer)
{
    struct place *place = data;
    struct intake *intake = place->intake;
    struct json_object *chunk = json_arr(answer->json, "chunk");
    place->members.request = 0;
    client_heard(intake->client, CLIENT_OTHER, answer);
    if (answer->status == 200 && chunk) {
        take_members(place, chunk);
    } else {
        place->members.attempts++;
        place->members.next_ms = http_is_refusal(answer) ? intake->client->now_ms + RETRY_LATER_MS
                                                         : intake_retry_ms(intake, place->members.attempts);
        log_warn("who is in room %s cannot be learnt now: %s", place->room_id,
                 http_describe(intake->arena, answer));
        /* What may pass in the time of the hold is worth waiting for. */
        if (place->members.next_ms < place->members_until_ms)
            return;
    }
    stop_waiting(place);
    if (!intake_commit(intake))
        intake_reload(intake);
}

static void start_request(struct place *place)
{
    struct intake *intake = place->intake;
    struct arena *arena = arena_create();
    char *path =
        arena_printf(arena, "/_matrix/client/v3/rooms/%s/members", http_escape(arena, place->room_id));
    place->members.request =
        http_send(intake->client->http, &(struct http_request){ .method = "GET",
                                                                .path = path,
                                                                .timeout_s = MEMBERS_HOLD_MS / 1000,
                                                                .max_bytes = MEMBERS_BYTES,
                                                                .done = on_members,
                                                                .data = place });
    arena_destroy(arena);
}

static void count_request(struct place *place, void *data)
{
    int *n = data;
    *n += place->members.request != 0;
}

static void poke_place(struct place *place, void *data)
{
    int *n = data;
    struct client *client = place->intake->client;
    if (place->members_until_ms && place->members_until_ms <= client->now_ms) {
        log_warn("room %s goes on without knowing who is in it", place->room_id);
        stop_waiting(place);
    }
    if (place->is_without_members && !place->members.request && place->members.next_ms <= client->now_ms &&
        *n < MEMBERS_JOBS && client_may_send(client, CLIENT_OTHER)) {
        start_request(place);
        ++*n;
    }
}

void members_poke(struct intake *intake)
{
    int n = 0;
    if (!intake->is_busy || !intake_may_work(intake))
        return;
    intake_each(intake, count_request, &n);
    intake_each(intake, poke_place, &n);
    if (!intake_commit(intake))
        intake_reload(intake);
}
