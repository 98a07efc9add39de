#include "matrix/sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/log.h"
#include "base/plant.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "matrix/apply.h"
#include "matrix/gap.h"
#include "matrix/http.h"
#include "matrix/invite.h"
#include "matrix/members.h"
#include "matrix/take.h"
#include "store/inbox.h"

enum { REFUSALS_MAX = 2, CAREFUL_TRIES = 3, QUICK_MS = 500 };

enum phase { PHASE_WHO, PHASE_FILTER, PHASE_SYNC };

struct sync {
    struct client *client; /* borrowed */
    struct sync_settings settings;
    struct intake *intake; /* owned */
    struct invites *invites; /* owned */
    enum phase phase;
    bool is_started, was_unclean;

    char *since; /* owned; NULL: none yet */
    int64_t as_of_ms; /* when the answer that gave it was asked for: what comes behind it is no older */
    int64_t unsaved_ms; /* since when it is newer than the store's; 0: it is not */
    int64_t n_fresh; /* fresh requests made with it */
    char *filter_id; /* owned */

    uint64_t request;
    int64_t asked_ms;
    bool is_fresh; /* the one in flight */
    bool is_narrow; /* the last answer was too large: the next is asked for with one event a room */
    int timeout_ms;
    int attempts;
    int n_refusals;
    int64_t next_ms;

    int64_t last_fresh_ms; /* when the last one was asked */
    int64_t barrier_ms;
    int64_t wanted_ms; /* a barrier after this; INT64_MAX: none */
};

/* What a filter leaves out is lost for good: every type that parse or facts read must be in `timeline`. */
#define TYPES                                                                                                \
    "\"m.room.message\",\"m.room.encrypted\",\"m.reaction\",\"m.room.redaction\",\"m.room.member\","         \
    "\"m.room.create\",\"m.room.power_levels\",\"m.room.encryption\",\"m.room.name\",\"m.room.tombstone\","  \
    "\"m.room.history_visibility\",\"m.key.verification.*\""
#define FILTER(limit)                                                                                        \
    "{\"presence\":{\"not_types\":[\"*\"]},\"account_data\":{\"not_types\":[\"*\"]},"                        \
    "\"room\":{\"include_leave\":false,\"account_data\":{\"not_types\":[\"*\"]},"                            \
    "\"ephemeral\":{\"not_types\":[\"*\"]},\"state\":{\"lazy_load_members\":true,\"types\":[" TYPES "]},"    \
    "\"timeline\":{\"limit\":" limit ",\"types\":[" TYPES "]}}}"

static const char filter_json[] = FILTER("50");
static const char first_filter_json[] = FILTER("1");

int sync_fresh_timeout(int64_t n)
{
    /* 1-999, 1001-1999 ...: never a whole second, which is what long polls ask for. Nearly 29,000 fresh
     * requests at one position are eight hours of silence at one a second; the ones after those repeat. */
    int64_t k = PLANTED(BARRIER_REPEATED) ? 0 : (n - 1) % (INT64_C(999) * 29);
    return (int)(k / 999 * 1000 + k % 999 + 1);
}

/* Position */

static void save_position(struct sync *sync)
{
    struct store *store = sync->client->store;
    if (!sync->unsaved_ms)
        return;
    store_set(store, "sync.next_batch", sync->since);
    store_set_int(store, "sync.as_of_ms", sync->as_of_ms);
    store_set_int(store, "sync.barrier", sync->n_fresh);
}

static void load_position(struct sync *sync)
{
    struct store *store = sync->client->store;
    struct arena *arena = arena_create();
    free(sync->since);
    sync->since = xstrdup(store_get(store, arena, "sync.next_batch"));
    sync->as_of_ms = store_get_int(store, "sync.as_of_ms", 0);
    if (sync->as_of_ms > sync->client->now_ms)
        sync->as_of_ms = sync->client->now_ms; /* by a clock that was wrong */
    sync->n_fresh = store_get_int(store, "sync.barrier", 0);
    sync->unsaved_ms = 0;
    arena_destroy(arena);
}

/* With whatever else stands in the transaction. False: nothing of it happened. */
static bool commit(struct sync *sync)
{
    if (!intake_commit(sync->intake)) {
        intake_reload(sync->intake);
        return false;
    }
    return true;
}

static void flush_position(struct sync *sync)
{
    intake_begin(sync->intake);
    save_position(sync);
    if (commit(sync))
        sync->unsaved_ms = 0;
    else
        sync->unsaved_ms = sync->client->now_ms; /* tried again after the same time */
}

static bool count_fresh(struct sync *sync)
{
    intake_begin(sync->intake);
    sync->n_fresh++;
    save_position(sync);
    store_set_int(sync->client->store, "sync.barrier", sync->n_fresh);
    if (!commit(sync))
        return false;
    sync->unsaved_ms = 0;
    return true;
}

struct sync *sync_create(struct client *client, const struct sync_settings *settings)
{
    struct sync *sync = xcalloc(1, sizeof *sync);
    sync->client = client;
    sync->settings = *settings;
    sync->intake = intake_create(client, &settings->intake);
    sync->invites = invites_create(sync->intake);
    sync->wanted_ms = INT64_MAX;
    return sync;
}

void sync_destroy(struct sync *sync)
{
    if (!sync)
        return;
    http_cancel(sync->client->http, sync->request);
    invites_destroy(sync->invites);
    intake_destroy(sync->intake);
    free(sync->since);
    free(sync->filter_id);
    free(sync);
}

void sync_start(struct sync *sync)
{
    struct store *store = sync->client->store;
    load_position(sync);
    sync->was_unclean = sync->since && !store_get_int(store, "sync.is_clean", 0);
    sync->is_started = true;
    sync->intake->is_careful = false;
    sync->intake->is_marking = sync->was_unclean;
    intake_reload(sync->intake);
    intake_begin(sync->intake);
    store_set(store, "sync.is_clean", NULL);
    commit(sync);
}

void sync_stop(struct sync *sync)
{
    if (!sync->is_started)
        return;
    http_cancel(sync->client->http, sync->request);
    sync->request = 0;
    sync->is_started = false;
    intake_begin(sync->intake);
    save_position(sync);
    store_set_int(sync->client->store, "sync.is_clean", 1);
    if (commit(sync))
        sync->unsaved_ms = 0;
}

bool sync_was_unclean(const struct sync *sync)
{
    return sync->was_unclean;
}

/* Failures */

static void fail(struct sync *sync)
{
    sync->attempts++;
    sync->next_ms = intake_retry_ms(sync->intake, sync->attempts);
    if (sync->client->account == CLIENT_LOCKED)
        sync->next_ms = sync->client->now_ms + CLIENT_LOCKED_MS;
}

/* It is the disk that failed, not the homeserver: that is tried again sooner, a fresh request too. */
static void wait_for_store(struct sync *sync)
{
    sync->last_fresh_ms = 0;
    sync->next_ms = sync->client->now_ms + store_retry_ms(sync->client->store);
}

/* Applies to any phase: true if the answer is of use. */
static bool is_good(struct sync *sync, const struct http_answer *answer)
{
    sync->request = 0;
    client_heard(sync->client, CLIENT_SYNC, answer);
    if (answer->status == 200 && json_obj(answer->json, "")) {
        sync->attempts = 0;
        return true;
    }
    fail(sync);
    return false;
}

static void warn_of(const char *what, const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    if (answer->status != 0)
        log_warn("%s: %s", what, http_describe(arena, answer));
    arena_destroy(arena);
}

/* Who am I */

static void on_who(void *data, const struct http_answer *answer)
{
    struct sync *sync = data;
    struct client *client = sync->client;
    if (!is_good(sync, answer)) {
        warn_of("the homeserver does not say whose the token is", answer);
        return;
    }
    const char *user = json_str(answer->json, "user_id"), *device = json_str(answer->json, "device_id");
    bool is_same_user = user && strcmp(user, client->me) == 0;
    bool is_same_device = !device || !client->device_id || strcmp(device, client->device_id) == 0;
    if (is_same_user && is_same_device) {
        sync->phase = PHASE_FILTER;
        return;
    }
    char *what =
        xasprintf("the token is that of %s, device %s, and not of %s, device %s", user ? user : "nobody",
                  device ? device : "none", client->me, client->device_id ? client->device_id : "any");
    sync->is_started = false;
    sync->settings.on_wrong_account(sync->settings.data, what);
    free(what);
}

static void ask_who(struct sync *sync)
{
    sync->request = http_send(
        sync->client->http,
        &(struct http_request){
            .method = "GET", .path = "/_matrix/client/v3/account/whoami", .done = on_who, .data = sync });
}

/* Filter */

static char *filter_hash(struct sync *sync, struct arena *arena)
{
    static const unsigned char no_key[SECRET_KEY_BYTES];
    const char *parts[] = { sync->client->me, filter_json };
    return secret_hash(arena, no_key, parts, 2);
}

static void on_filter(void *data, const struct http_answer *answer)
{
    struct sync *sync = data;
    bool is_answered = is_good(sync, answer);
    if (!is_answered || !json_str(answer->json, "filter_id")) {
        warn_of("the homeserver takes no filter", answer);
        if (is_answered)
            fail(sync); /* not again at once, for ever */
        return;
    }
    struct arena *arena = arena_create();
    sync->filter_id = xstrdup(json_str(answer->json, "filter_id"));
    intake_begin(sync->intake);
    store_set(sync->client->store, "sync.filter_id", sync->filter_id);
    store_set(sync->client->store, "sync.filter_hash", filter_hash(sync, arena));
    commit(sync);
    sync->phase = PHASE_SYNC;
    arena_destroy(arena);
}

static void ask_filter(struct sync *sync)
{
    struct store *store = sync->client->store;
    struct arena *arena = arena_create();
    char *id = store_get(store, arena, "sync.filter_id"), *hash = store_get(store, arena, "sync.filter_hash");
    free(sync->filter_id);
    sync->filter_id = NULL;
    if (id && hash && strcmp(hash, filter_hash(sync, arena)) == 0) {
        sync->filter_id = xstrdup(id);
        sync->phase = PHASE_SYNC;
    } else {
        char *path =
            arena_printf(arena, "/_matrix/client/v3/user/%s/filter", http_escape(arena, sync->client->me));
        sync->request = http_send(
            sync->client->http,
            &(struct http_request){
                .method = "POST", .path = path, .body = filter_json, .done = on_filter, .data = sync });
    }
    arena_destroy(arena);
}

/* Sync */

/* The homeserver does not know the filter, or the position (a restored store, or a new server under the old
 * name): first the one is made anew, then the other. */
static void hear_refusal(struct sync *sync, const struct http_answer *answer)
{
    bool is_lasting = http_is_refusal(answer) && (answer->status == 400 || answer->status == 404);
    warn_of(answer->status == 200 ? "the homeserver's answer is none to sync" : "sync was refused", answer);
    if (!is_lasting || ++sync->n_refusals < REFUSALS_MAX) {
        if (is_lasting) {
            intake_begin(sync->intake);
            store_set(sync->client->store, "sync.filter_id", NULL);
            commit(sync);
            sync->phase = PHASE_FILTER;
        }
        return;
    }
    if (!sync->since)
        return;
    log_error("the homeserver does not know the sync position any more: what was said since the last one is "
              "lost, the rooms are read anew");
    free(sync->since);
    sync->since = NULL;
    sync->n_refusals = 0;
}

/* Before an answer that may be what ended the program the last time. */
static bool mark_answer(struct sync *sync)
{
    if (!sync->was_unclean || !sync->since)
        return true;
    intake_begin(sync->intake);
    int64_t n = tries_add(sync->client->store, "answer", sync->since);
    sync->intake->is_careful = n >= CAREFUL_TRIES;
    return commit(sync);
}

static void move_on(struct sync *sync, const char *next_batch)
{
    if (!sync->since || strcmp(sync->since, next_batch) != 0) {
        free(sync->since);
        sync->since = xstrdup(next_batch);
        sync->n_fresh = 0;
        if (!sync->unsaved_ms)
            sync->unsaved_ms = sync->client->now_ms;
    }
    /* Not when it came: a machine may sleep over an answer that was made before. */
    sync->as_of_ms = sync->asked_ms;
}

/* The answer and the position after it, in one commit, or neither. */
static bool apply_answer(struct sync *sync, struct json_object *json, int64_t asked_ms)
{
    struct store *store = sync->client->store;
    const char *next_batch = json_str(json, "next_batch");
    char *asked_with = xstrdup(sync->since);
    if (!mark_answer(sync)) {
        free(asked_with);
        return false;
    }
    if (PLANTED(POSITION_EARLY)) {
        move_on(sync, next_batch);
        flush_position(sync);
    }
    take_answer(sync->intake,
                &(struct take_answer){
                    .json = json, .since = asked_with, .before_ms = sync->as_of_ms, .asked_ms = asked_ms });
    bool has_effect = store_in_transaction(store) && store_dirty(store);
    /* A failure may have rolled back by itself in careful times: then nothing is added to what is left. */
    bool ok = !sync->intake->has_failed;
    move_on(sync, next_batch);
    if (ok && (has_effect || !asked_with || sync->was_unclean)) {
        intake_begin(sync->intake);
        save_position(sync);
        if (asked_with && sync->was_unclean)
            tries_clear(store, "answer", asked_with);
        has_effect = true;
    }
    /* After an unclean end a row may be what ended the program: it is sealed by itself then, marked. */
    bool may_seal = ok && has_effect && !sync->was_unclean && sync->settings.before_commit;
    if (may_seal)
        sync->settings.before_commit(sync->settings.data);
    bool is_committed = commit(sync);
    if (may_seal)
        sync->settings.after_commit(sync->settings.data, is_committed);
    if (!is_committed || !ok) {
        load_position(sync);
        ok = false;
    } else if (has_effect) {
        sync->unsaved_ms = 0;
    }
    free(asked_with);
    return ok;
}

static void on_answer(void *data, const struct http_answer *answer)
{
    struct sync *sync = data;
    struct client *client = sync->client;
    bool was_fresh = sync->is_fresh;
    int64_t asked_ms = sync->asked_ms;
    if (answer->is_too_large) {
        log_warn("the homeserver's answer to sync is larger than %d bytes", SYNC_BYTES);
        sync->is_narrow = true;
    }
    if (!is_good(sync, answer)) {
        hear_refusal(sync, answer);
        return;
    }
    const char *next_batch = json_str(answer->json, "next_batch");
    if (!next_batch || !*next_batch || strlen(next_batch) > SYNC_TOKEN_BYTES) {
        log_warn("the homeserver's answer is none to sync");
        fail(sync);
        return;
    }
    bool is_same = sync->since && strcmp(sync->since, next_batch) == 0;
    if (!apply_answer(sync, answer->json, asked_ms)) {
        wait_for_store(sync);
        return;
    }
    sync->n_refusals = 0;
    sync->is_narrow = false;
    sync->was_unclean = false;
    sync->intake->is_careful = false;
    if (was_fresh)
        sync->barrier_ms = asked_ms;
    client_caught_up(client, asked_ms);
    /* A server that answers a long poll at once, with nothing, must not keep both sides busy. */
    bool is_quick = is_same && client->now_ms - asked_ms < QUICK_MS && sync->timeout_ms > QUICK_MS;
    sync->next_ms = is_quick ? client->now_ms + 1000 : 0;
    sync->settings.on_applied(sync->settings.data);
}

static void send_sync(struct sync *sync, int timeout_ms, bool is_fresh)
{
    struct arena *arena = arena_create();
    const char *filter = sync->since && !sync->is_narrow ? sync->filter_id : first_filter_json;
    char *path = arena_printf(arena,
                              "/_matrix/client/v3/sync?filter=%s%s%s&timeout=%d&set_presence=offline"
                              "&use_state_after=true&org.matrix.msc4222.use_state_after=true",
                              http_escape(arena, filter), sync->since ? "&since=" : "",
                              sync->since ? http_escape(arena, sync->since) : "", timeout_ms);
    sync->asked_ms = sync->client->now_ms;
    sync->is_fresh = is_fresh;
    sync->timeout_ms = timeout_ms;
    int slack_s = sync->since ? SYNC_SLACK_S : SYNC_FIRST_S;
    sync->request =
        http_send(sync->client->http, &(struct http_request){ .method = "GET",
                                                              .path = path,
                                                              .timeout_s = timeout_ms / 1000 + slack_s,
                                                              .max_bytes = SYNC_BYTES,
                                                              .is_long_poll = !is_fresh,
                                                              .done = on_answer,
                                                              .data = sync });
    arena_destroy(arena);
}

static bool wants_fresh(const struct sync *sync)
{
    int64_t now_ms = sync->client->now_ms;
    bool is_barrier_due = sync->wanted_ms < now_ms && sync->barrier_ms <= sync->wanted_ms;
    return sync->since && (!sync->client->is_caught_up || is_barrier_due);
}

/* A long poll ends when the next barrier will be wanted, so that none has to be cut off for it. */
static int long_poll_ms(const struct sync *sync)
{
    int64_t now_ms = sync->client->now_ms;
    if (sync->wanted_ms <= now_ms || sync->wanted_ms - now_ms >= SYNC_POLL_MS)
        return SYNC_POLL_MS;
    return (int)((sync->wanted_ms - now_ms) / 1000 + 1) * 1000;
}

static int64_t fresh_from_ms(const struct sync *sync)
{
    return sync->last_fresh_ms + SYNC_FRESH_APART_MS;
}

static void start_sync(struct sync *sync)
{
    int64_t now_ms = sync->client->now_ms;
    if (!sync->since) {
        send_sync(sync, 0, false);
    } else if (!wants_fresh(sync)) {
        send_sync(sync, long_poll_ms(sync), false);
    } else if (now_ms < fresh_from_ms(sync)) {
        sync->next_ms = fresh_from_ms(sync);
    } else if (count_fresh(sync)) {
        sync->last_fresh_ms = now_ms;
        send_sync(sync, sync_fresh_timeout(sync->n_fresh), true);
    } else {
        wait_for_store(sync);
    }
}

/* Whether what is in flight is in the way of a fresh request that is wanted now. */
static bool is_in_the_way(const struct sync *sync)
{
    if (sync->phase != PHASE_SYNC || !sync->request || !wants_fresh(sync))
        return false;
    bool is_too_old = sync->asked_ms < sync->client->lost_ms && !sync->client->is_caught_up;
    bool is_no_barrier = !sync->is_fresh || sync->asked_ms <= sync->wanted_ms;
    return is_too_old || (is_no_barrier && sync->client->is_caught_up) || !sync->is_fresh;
}

static void poke_request(struct sync *sync)
{
    struct client *client = sync->client;
    if (is_in_the_way(sync) && client->now_ms >= fresh_from_ms(sync)) {
        http_cancel(client->http, sync->request);
        sync->request = 0;
        sync->next_ms = 0;
    }
    if (sync->request || sync->next_ms > client->now_ms ||
        client->waits_until_ms[CLIENT_SYNC] > client->now_ms || client->account == CLIENT_SIGNED_OUT)
        return;
    if (sync->phase == PHASE_WHO)
        ask_who(sync);
    else if (sync->phase == PHASE_FILTER)
        ask_filter(sync);
    if (sync->phase == PHASE_SYNC && !sync->request)
        start_sync(sync);
}

void sync_poke(struct sync *sync)
{
    if (!sync->is_started)
        return;
    if (apply_drain(sync->intake))
        sync->settings.on_applied(sync->settings.data);
    if (sync->unsaved_ms && sync->client->now_ms - sync->unsaved_ms >= SYNC_POSITION_MS)
        flush_position(sync);
    poke_request(sync);
    /* The rest waits until the homeserver has shown that it knows us. */
    if (sync->phase == PHASE_SYNC) {
        members_poke(sync->intake);
        gap_poke(sync->intake);
        invites_poke(sync->invites);
    }
}

static void sooner(int64_t *next_ms, int64_t other_ms)
{
    if (other_ms < *next_ms)
        *next_ms = other_ms;
}

int64_t sync_next_ms(struct sync *sync)
{
    struct client *client = sync->client;
    int64_t next_ms = INT64_MAX;
    if (!sync->is_started || client->account == CLIENT_SIGNED_OUT)
        return next_ms;
    if (!sync->request)
        next_ms = sync->next_ms > client->waits_until_ms[CLIENT_SYNC] ? sync->next_ms
                                                                      : client->waits_until_ms[CLIENT_SYNC];
    else if (is_in_the_way(sync))
        next_ms = fresh_from_ms(sync);
    else if (sync->wanted_ms >= client->now_ms && sync->wanted_ms < INT64_MAX && !sync->is_fresh)
        next_ms = sync->wanted_ms + 1;
    if (sync->unsaved_ms)
        sooner(&next_ms, sync->unsaved_ms + SYNC_POSITION_MS);
    if (sync->phase == PHASE_SYNC) {
        sooner(&next_ms, intake_next_ms(sync->intake));
        sooner(&next_ms, invites_next_ms(sync->invites));
    }
    return next_ms;
}

int64_t sync_barrier_ms(const struct sync *sync)
{
    return sync->barrier_ms;
}

void sync_want_barrier(struct sync *sync, int64_t due_ms)
{
    sync->wanted_ms = due_ms;
}

bool sync_is_caught_up(const struct sync *sync)
{
    return sync->client->is_caught_up;
}

void sync_clock_moved(struct sync *sync, int64_t by_ms)
{
    int64_t *const instants[] = { &sync->as_of_ms, &sync->unsaved_ms,    &sync->asked_ms,
                                  &sync->next_ms,  &sync->last_fresh_ms, &sync->barrier_ms };
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++)
        client_move(instants[i], by_ms);
    invites_clock_moved(sync->invites, by_ms);
    intake_clock_moved(sync->intake, by_ms);
}

void sync_numbers_came(struct sync *sync)
{
    apply_retry_waiting(sync->intake);
}
