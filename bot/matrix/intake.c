#include "matrix/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "matrix/crypto/crypto.h"
#include "matrix/facts.h"
#include "matrix/gap.h"
#include "matrix/http.h"
#include "matrix/members.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/invite.h"
#include "store/room.h"

enum { MARKED_BYTES = 1 << 20 };

/* Places */

static size_t bucket_of(const char *room_id)
{
    uint32_t hash = 2166136261U;
    for (const char *c = room_id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return hash % PLACE_BUCKETS;
}

bool place_is_on_hold(const struct place *place)
{
    return place->has_gap || place->members_until_ms;
}

void place_cancel_jobs(struct place *place)
{
    http_cancel(place->intake->client->http, place->gap.request);
    http_cancel(place->intake->client->http, place->members.request);
    place->gap = place->members = (struct job){ 0 };
}

void place_forget_walk(struct place *place)
{
    free(place->page_mark);
    place->page_mark = NULL;
    place->n_pages = 0;
    place->n_empty_pages = 0;
}

static void place_destroy(struct place *place)
{
    place_cancel_jobs(place);
    place_forget_walk(place);
    free(place->room_id);
    free(place);
}

static void forget_places(struct intake *intake, bool only_idle)
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place **link = &intake->buckets[i]; *link;) {
            struct place *place = *link;
            bool is_idle = !place_is_on_hold(place) && !place->is_without_members && !place->is_queued;
            if (only_idle && !is_idle) {
                link = &place->next;
                continue;
            }
            *link = place->next;
            place_destroy(place);
            intake->n_places--;
        }
}

static void place_load(struct place *place)
{
    struct store *store = place->intake->client->store;
    struct arena *arena = arena_create();
    struct room room;
    struct gap gap;
    place->row = room_find(store, place->room_id);
    if (place->row && room_get(store, place->row, arena, &room)) {
        place->is_joined = strcmp(room.membership, "join") == 0;
        place->has_gap = gap_get(store, place->row, arena, &gap);
        place->is_without_members = place->is_joined && !room_has_members(store, place->row);
        /* A start in the middle of the wait gives the request its whole time again. */
        if (place->is_without_members && room.hold_since_ms)
            place->members_until_ms = place->intake->client->now_ms + MEMBERS_HOLD_MS;
        place->is_queued = room.hold_since_ms || inbox_n(store, place->row, INBOX_HELD) ||
                           inbox_n(store, place->row, INBOX_WAITS);
        /* A direct room that was just made is met here for the first time, and nobody else speaks of its people. */
        if (place->is_without_members || place->is_queued)
            place->intake->is_busy = true;
    }
    arena_destroy(arena);
}

struct place *intake_place(struct intake *intake, const char *room_id)
{
    size_t bucket = bucket_of(room_id);
    for (struct place *place = intake->buckets[bucket]; place; place = place->next)
        if (strcmp(place->room_id, room_id) == 0)
            return place;
    struct place *place = xcalloc(1, sizeof *place);
    *place = (struct place){ .next = intake->buckets[bucket], .intake = intake, .room_id = xstrdup(room_id) };
    intake->buckets[bucket] = place;
    intake->n_places++;
    place_load(place);
    return place;
}

void intake_each(struct intake *intake, void (*visit)(struct place *place, void *data), void *data)
{
    for (size_t i = 0; i < PLACE_BUCKETS; i++)
        for (struct place *place = intake->buckets[i]; place; place = place->next)
            visit(place, data);
}

void intake_trim(struct intake *intake)
{
    if (intake->n_places > PLACES_MAX)
        forget_places(intake, true);
}

void intake_reload(struct intake *intake)
{
    struct arena *arena = arena_create();
    if (store_in_transaction(intake->client->store))
        store_rollback(intake->client->store);
    intake->has_failed = false;
    forget_places(intake, false);
    struct room_list list = hold_rooms(intake->client->store, arena);
    for (size_t i = 0; i < list.n; i++)
        intake_place(intake, list.ids[i]);
    intake->is_busy = true;
    arena_destroy(arena);
}

/* What an event waits for has come: it is held like any other, until its room is drained. */
static void on_known(void *data, const char *what)
{
    struct intake *intake = data;
    struct store *store = intake->client->store;
    if (!inbox_key_came(store, what))
        return;
    struct arena *arena = arena_create();
    struct room_list list = hold_rooms(store, arena);
    for (size_t i = 0; i < list.n; i++) {
        struct place *place = intake_place(intake, list.ids[i]);
        place->is_queued = place->is_queued || inbox_n(store, place->row, INBOX_HELD);
    }
    intake->is_busy = true;
    arena_destroy(arena);
}

struct intake *intake_create(struct client *client, const struct intake_settings *settings)
{
    struct intake *intake = xcalloc(1, sizeof *intake);
    intake->client = client;
    intake->settings = *settings;
    intake->arena = arena_create();
    buf_init(&intake->marked, MARKED_BYTES);
    if (settings->crypto)
        crypto_listen(settings->crypto, on_known, intake);
    return intake;
}

void intake_destroy(struct intake *intake)
{
    if (!intake)
        return;
    forget_places(intake, false);
    if (intake->settings.crypto)
        crypto_listen(intake->settings.crypto, NULL, NULL);
    arena_destroy(intake->arena);
    buf_finish(&intake->marked);
    free(intake);
}

/* Transactions */

bool intake_apply_fact(struct place *place, struct json_object *event)
{
    struct intake *intake = place->intake;
    if (intake->settings.crypto)
        crypto_room_changed(intake->settings.crypto, place->row);
    return facts_apply(intake->client->store, place->row, event);
}

void intake_begin(struct intake *intake)
{
    if (!store_in_transaction(intake->client->store))
        store_begin(intake->client->store);
}

bool intake_commit(struct intake *intake)
{
    struct store *store = intake->client->store;
    struct err err;
    if (!store_in_transaction(store))
        return !intake->has_failed;
    if (intake->has_failed || (!store_dirty(store) && !store_failed(store))) {
        store_rollback(store);
        return !intake->has_failed;
    }
    if (store_commit(store, &err)) {
        intake->not_before_ms = 0;
        return true;
    }
    log_error("%s", err.text);
    intake->has_failed = true;
    intake->not_before_ms = intake->client->now_ms + store_retry_ms(store);
    return false;
}

int64_t intake_retry_ms(const struct intake *intake, int attempts)
{
    uint32_t random;
    secret_random(&random, sizeof random);
    return intake->client->now_ms + backoff_ms(attempts, random);
}

bool intake_may_work(const struct intake *intake)
{
    return intake->client->now_ms >= intake->not_before_ms;
}

struct outlook {
    int n_gap_jobs, n_members_jobs; /* in flight */
    int64_t next_ms;
};

static void count_jobs(struct place *place, void *data)
{
    struct outlook *outlook = data;
    outlook->n_gap_jobs += place->gap.request != 0;
    outlook->n_members_jobs += place->members.request != 0;
}

static void sooner(struct outlook *outlook, int64_t at_ms)
{
    if (at_ms < outlook->next_ms)
        outlook->next_ms = at_ms;
}

/* A job that has no slot, or nobody to ask, is woken by the answer that ends that. */
static void find_next(struct place *place, void *data)
{
    struct outlook *outlook = data;
    struct client *client = place->intake->client;
    bool wants_gap = place->has_gap && !place->gap.request;
    bool wants_members = place->is_without_members && !place->members.request;
    bool wants_drain = place->is_queued && !place_is_on_hold(place);
    int64_t limit_ms = client->waits_until_ms[CLIENT_OTHER];
    if (wants_gap && client_is_well(client) && outlook->n_gap_jobs < GAP_JOBS)
        sooner(outlook, place->gap.next_ms > limit_ms ? place->gap.next_ms : limit_ms);
    if (wants_members && client_is_well(client) && outlook->n_members_jobs < MEMBERS_JOBS)
        sooner(outlook, place->members.next_ms > limit_ms ? place->members.next_ms : limit_ms);
    if (place->members_until_ms)
        sooner(outlook, place->members_until_ms);
    if (wants_drain)
        sooner(outlook, place->waits_until_ms);
    if (wants_gap || wants_members || wants_drain || place->members_until_ms || place->gap.request ||
        place->members.request)
        place->intake->is_busy = true;
}

int64_t intake_next_ms(struct intake *intake)
{
    struct outlook outlook = { .next_ms = INT64_MAX };
    if (!intake->is_busy)
        return INT64_MAX;
    intake->is_busy = false;
    intake_each(intake, count_jobs, &outlook);
    intake_each(intake, find_next, &outlook);
    return outlook.next_ms < intake->not_before_ms ? intake->not_before_ms : outlook.next_ms;
}

static void move_place(struct place *place, void *data)
{
    const int64_t *by_ms = data;
    client_move(&place->members_until_ms, *by_ms);
    client_move(&place->waits_until_ms, *by_ms);
    client_move(&place->gap.next_ms, *by_ms);
    client_move(&place->members.next_ms, *by_ms);
}

void intake_clock_moved(struct intake *intake, int64_t by_ms)
{
    intake_each(intake, move_place, &by_ms);
    client_move(&intake->not_before_ms, by_ms);
    intake_begin(intake);
    hold_clock_moved(intake->client->store, by_ms);
    invite_clock_moved(intake->client->store, by_ms);
    if (!intake_commit(intake))
        intake_reload(intake);
}
