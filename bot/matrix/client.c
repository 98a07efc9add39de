#include "matrix/client.h"

#include <string.h>

#include "base/log.h"
#include "matrix/clock.h"
#include "matrix/http.h"

/* A homeserver that names no time, or an absurd one, is asked again after these. */
enum { WAIT_LEAST_MS = 500, WAIT_UNNAMED_MS = 5000, WAIT_MOST_MS = 3600000, SUSPENDED_WAIT_MS = 600000 };

void client_init(struct client *client, int64_t now_ms)
{
    client->now_ms = now_ms;
    client->is_reachable = true;
    client->lost_ms = now_ms;
    client->is_caught_up = false;
}

static void client_enter(struct client *client, enum client_account account)
{
    static const char *const names[] = { "good", "suspended", "locked", "signed out" };
    if (client->account == account)
        return;
    client->account = account;
    log_warn("the account is %s", names[account]);
    if (client->on_account)
        client->on_account(client->data, account);
}

void client_lost(struct client *client)
{
    client->lost_ms = client->now_ms;
    client->is_caught_up = false;
}

static void wait_for(struct client *client, enum client_kind kind, int64_t wait_ms)
{
    if (wait_ms < 0)
        wait_ms = WAIT_UNNAMED_MS;
    if (wait_ms < WAIT_LEAST_MS)
        wait_ms = WAIT_LEAST_MS;
    if (wait_ms > WAIT_MOST_MS)
        wait_ms = WAIT_MOST_MS;
    client->waits_until_ms[kind] = client->now_ms + wait_ms;
}

static bool is_code(const struct http_answer *answer, const char *code)
{
    return answer->errcode && strcmp(answer->errcode, code) == 0;
}

/* Said of the token that is set now, and by the homeserver: a proxy's own 401 says nothing of it. */
static bool is_token_gone(const struct http_answer *answer)
{
    return answer->status == 401 && !answer->has_old_token &&
           (is_code(answer, "M_UNKNOWN_TOKEN") || is_code(answer, "M_MISSING_TOKEN"));
}

static void hear_refusal(struct client *client, enum client_kind kind, const struct http_answer *answer)
{
    if (answer->status == 429 || is_code(answer, "M_LIMIT_EXCEEDED")) {
        wait_for(client, kind, answer->retry_after_ms);
    } else if (is_code(answer, "M_USER_LOCKED")) {
        client_enter(client, CLIENT_LOCKED);
    } else if (is_token_gone(answer)) {
        client->is_soft_logout = answer->is_soft_logout;
        client_enter(client, CLIENT_SIGNED_OUT);
    } else if (is_code(answer, "M_USER_SUSPENDED")) {
        wait_for(client, CLIENT_SEND, SUSPENDED_WAIT_MS);
        client_enter(client, CLIENT_SUSPENDED);
    } else if (is_code(answer, "M_RESOURCE_LIMIT_EXCEEDED") || is_code(answer, "M_USER_LIMIT_EXCEEDED") ||
               is_code(answer, "M_CONSENT_NOT_GIVEN") || is_code(answer, "M_USER_DEACTIVATED")) {
        log_error("the homeserver refuses this account: %s", answer->error ? answer->error : "no reason");
        wait_for(client, kind, SUSPENDED_WAIT_MS);
    }
}

void client_heard(struct client *client, enum client_kind kind, const struct http_answer *answer)
{
    bool was_reachable = client->is_reachable;
    int status = answer->status;
    if (answer->is_too_large)
        return; /* it answers, and that is all there is to learn */
    client->is_reachable = status != 0 && status != 502 && status != 503 && status != 504;
    if (!client->is_reachable) {
        client_lost(client);
        client->gone_ms = client->now_ms;
        if (was_reachable)
            log_warn("the homeserver cannot be reached: %s",
                     answer->failure ? answer->failure : "a server before it answers");
        return;
    }
    if (!was_reachable)
        log_info("the homeserver answers again");
    if (answer->date_ms >= 0 && client->clock)
        clock_hear(client->clock, answer->date_ms);
    if (status >= 400)
        hear_refusal(client, kind, answer);
    else if (kind == CLIENT_SEND || (kind == CLIENT_SYNC && client->account == CLIENT_LOCKED))
        client_enter(client, CLIENT_GOOD);
}

void client_caught_up(struct client *client, int64_t asked_ms)
{
    if (asked_ms >= client->lost_ms && client->is_reachable)
        client->is_caught_up = true;
}

bool client_is_well(const struct client *client)
{
    return (client->account == CLIENT_GOOD || client->account == CLIENT_SUSPENDED) && client->is_reachable;
}

bool client_may_send(const struct client *client, enum client_kind kind)
{
    return client_is_well(client) && client->now_ms >= client->waits_until_ms[kind];
}

void client_move(int64_t *at_ms, int64_t by_ms)
{
    if (*at_ms && *at_ms != INT64_MAX)
        *at_ms += by_ms;
}

void client_clock_moved(struct client *client, int64_t by_ms)
{
    client_move(&client->lost_ms, by_ms);
    client_move(&client->gone_ms, by_ms);
    for (int kind = 0; kind < CLIENT_N_KINDS; kind++)
        client_move(&client->waits_until_ms[kind], by_ms);
}
