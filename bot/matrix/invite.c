#include "matrix/invite.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/http.h"
#include "store/hold.h"
#include "store/invite.h"

enum { WAIT_MOST_MS = 3600000, LEAVE_TRIES_MAX = 5 };

struct invites {
    struct intake *intake; /* borrowed */
    struct arena *arena; /* owned; holds row and what it points to, until the next one */
    struct invite_row row; /* the one in flight */
    uint64_t request;
    bool is_forgetting; /* of leaving, the second step */
    int64_t next_ms;
};

struct invites *invites_create(struct intake *intake)
{
    struct invites *invites = xcalloc(1, sizeof *invites);
    invites->intake = intake;
    invites->arena = arena_create();
    return invites;
}

void invites_destroy(struct invites *invites)
{
    if (!invites)
        return;
    http_cancel(invites->intake->client->http, invites->request);
    arena_destroy(invites->arena);
    free(invites);
}

int64_t invite_wait_ms(int attempts)
{
    if (attempts < 1)
        return 0;
    if (attempts > 12)
        return -1;
    return attempts == 12 ? WAIT_MOST_MS : 1000L << attempts;
}

static void end_row(struct invites *invites)
{
    bool ok = intake_commit(invites->intake);
    if (!ok)
        intake_reload(invites->intake);
    invites->next_ms = ok ? 0 : invites->intake->not_before_ms;
}

static void finish_row(struct invites *invites)
{
    intake_begin(invites->intake);
    invite_remove(invites->intake->client->store, invites->row.room_id);
    invites->row.room_id = NULL;
    end_row(invites);
}

static void put_off(struct invites *invites, enum invite_state state, int attempts, int64_t wait_ms)
{
    struct intake *intake = invites->intake;
    intake_begin(intake);
    invite_retry(intake->client->store, invites->row.room_id, state, attempts,
                 intake->client->now_ms + wait_ms);
    end_row(invites);
}

static void on_join_refused(struct invites *invites, const struct http_answer *answer)
{
    struct intake *intake = invites->intake;
    int attempts = invites->row.attempts + 1;
    int64_t wait_ms = invite_wait_ms(attempts);
    bool is_hopeless = answer->errcode && strcmp(answer->errcode, "M_INCOMPATIBLE_ROOM_VERSION") == 0;
    log_warn("room %s cannot be joined: %s", invites->row.room_id, http_describe(invites->arena, answer));
    if (!http_is_refusal(answer))
        put_off(invites, INVITE_JOIN, invites->row.attempts,
                intake_retry_ms(intake, 5) - intake->client->now_ms);
    else if (wait_ms < 0 || is_hopeless)
        put_off(invites, INVITE_LEAVE, 0, 0);
    else
        put_off(invites, INVITE_JOIN, attempts, wait_ms);
}

static void send_step(struct invites *invites, const char *path);

static void on_leave_answer(struct invites *invites, const struct http_answer *answer)
{
    if (answer->status != 200 && !http_is_refusal(answer) && invites->row.attempts < LEAVE_TRIES_MAX) {
        put_off(invites, INVITE_LEAVE, invites->row.attempts + 1, invite_wait_ms(5));
    } else if (!invites->is_forgetting) {
        invites->is_forgetting = true;
        send_step(invites, arena_printf(invites->arena, "/_matrix/client/v3/rooms/%s/forget",
                                        http_escape(invites->arena, invites->row.room_id)));
    } else {
        finish_row(invites);
    }
}

static void on_step(void *data, const struct http_answer *answer)
{
    struct invites *invites = data;
    bool is_joining = invites->row.state == INVITE_JOIN;
    invites->request = 0;
    client_heard(invites->intake->client, is_joining ? CLIENT_JOIN : CLIENT_OTHER, answer);
    if (!is_joining)
        on_leave_answer(invites, answer);
    else if (answer->status == 200)
        finish_row(invites); /* that the bot is in, sync says */
    else
        on_join_refused(invites, answer);
}

static void send_step(struct invites *invites, const char *path)
{
    struct client *client = invites->intake->client;
    invites->request = http_send(client->http, &(struct http_request){ .method = "POST",
                                                                       .path = path,
                                                                       .body = "{}",
                                                                       .timeout_s = JOIN_TIMEOUT_S,
                                                                       .done = on_step,
                                                                       .data = invites });
}

static void start(struct invites *invites)
{
    struct client *client = invites->intake->client;
    struct arena *arena = invites->arena;
    const char *room = http_escape(arena, invites->row.room_id);
    if (invites->row.state == INVITE_LEAVE) {
        invites->is_forgetting = false;
        send_step(invites, arena_printf(arena, "/_matrix/client/v3/rooms/%s/leave", room));
        return;
    }
    if (hold_n_joined(client->store) >= ROOMS_MAX) {
        log_error("room %s is not joined: the bot is in %d rooms already", invites->row.room_id, ROOMS_MAX);
        put_off(invites, INVITE_LEAVE, 0, 0);
        return;
    }
    const char *via = http_escape(arena, invites->row.via ? invites->row.via : "");
    /* Servers older than 1.12 know the second name only. */
    send_step(invites,
              arena_printf(arena, "/_matrix/client/v3/join/%s?via=%s&server_name=%s", room, via, via));
}

void invites_poke(struct invites *invites)
{
    struct client *client = invites->intake->client;
    if (invites->intake->has_new_invites)
        invites->next_ms = 0;
    if (invites->request || invites->next_ms > client->now_ms || !intake_may_work(invites->intake))
        return;
    invites->intake->has_new_invites = false;
    arena_reset(invites->arena);
    if (!invite_next(client->store, invites->arena, &invites->row)) {
        invites->next_ms = INT64_MAX;
        return;
    }
    enum client_kind kind = invites->row.state == INVITE_JOIN ? CLIENT_JOIN : CLIENT_OTHER;
    invites->next_ms = invites->row.next_try_ms;
    if (invites->next_ms > client->now_ms + WAIT_MOST_MS)
        invites->next_ms = client->now_ms; /* put off by a clock that went wrong before the last start */
    if (invites->next_ms < client->waits_until_ms[kind])
        invites->next_ms = client->waits_until_ms[kind];
    if (invites->next_ms <= client->now_ms && client_may_send(client, kind))
        start(invites);
}

int64_t invites_next_ms(const struct invites *invites)
{
    const struct intake *intake = invites->intake;
    if (invites->request || !client_is_well(intake->client))
        return INT64_MAX; /* an answer will wake us */
    if (intake->has_new_invites)
        return intake->not_before_ms; /* now, unless the disk refuses */
    return invites->next_ms < intake->not_before_ms ? intake->not_before_ms : invites->next_ms;
}

void invites_clock_moved(struct invites *invites, int64_t by_ms)
{
    client_move(&invites->next_ms, by_ms);
}
