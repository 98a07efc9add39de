/* matrix/client: what follows from an answer for everybody who speaks for the account. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/client.h"
#include "matrix/http.h"

enum { NOW = 1800000000 };

static struct client new_client(void)
{
    struct client client = { 0 };
    log_set_level(LOG_LEVEL_ERROR + 1);
    client_init(&client, NOW);
    return client;
}

/* Each answer to a client that was well: which of its kinds waits how long, and what the account is. */
static void client_heard__draws_the_conclusions(void **state)
{
    (void)state;
    static const struct {
        enum client_kind kind;
        int status;
        const char *errcode;
        int64_t retry_after_ms, wait_ms;
        enum client_account account;
        bool is_old, is_soft, is_unreachable;
    } rows[] = {
        { CLIENT_SEND, 200, NULL, -1, 0, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SEND, 429, "M_LIMIT_EXCEEDED", 7000, 7000, CLIENT_GOOD, .is_soft = false },
        { CLIENT_JOIN, 429, "M_LIMIT_EXCEEDED", 7000, 7000, CLIENT_GOOD, .is_soft = false },
        /* No time named, none to speak of, an absurd one, no code, the code without its status. */
        { CLIENT_SEND, 429, "M_LIMIT_EXCEEDED", -1, 5000, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SEND, 429, "M_LIMIT_EXCEEDED", 0, 500, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SEND, 429, NULL, INT64_C(1) << 60, 3600000, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SEND, 400, "M_LIMIT_EXCEEDED", -1, 5000, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SYNC, 401, "M_UNKNOWN_TOKEN", -1, 0, CLIENT_SIGNED_OUT, .is_soft = true },
        { CLIENT_SEND, 401, "M_MISSING_TOKEN", -1, 0, CLIENT_SIGNED_OUT, .is_soft = false },
        { CLIENT_SEND, 401, "M_UNKNOWN_TOKEN", -1, 0, CLIENT_GOOD, .is_old = true },
        { CLIENT_SEND, 401, NULL, -1, 0, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SYNC, 401, "M_USER_LOCKED", -1, 0, CLIENT_LOCKED, .is_soft = true },
        { CLIENT_SEND, 403, "M_USER_SUSPENDED", -1, 600000, CLIENT_SUSPENDED, .is_soft = false },
        { CLIENT_SEND, 403, "M_RESOURCE_LIMIT_EXCEEDED", -1, 600000, CLIENT_GOOD, .is_soft = false },
        { CLIENT_SEND, 403, "M_FORBIDDEN", -1, 0, CLIENT_GOOD, .is_soft = false },
        { CLIENT_OTHER, 404, NULL, -1, 0, CLIENT_GOOD, .is_soft = false },
        { CLIENT_OTHER, 500, "M_UNKNOWN", -1, 0, CLIENT_GOOD, .is_soft = false },
        { CLIENT_OTHER, 0, NULL, -1, 0, CLIENT_GOOD, .is_unreachable = true },
        { CLIENT_OTHER, 502, NULL, -1, 0, CLIENT_GOOD, .is_unreachable = true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client client = new_client();
        client_heard(&client, rows[i].kind,
                     &(struct http_answer){ .status = rows[i].status,
                                            .errcode = rows[i].errcode,
                                            .retry_after_ms = rows[i].retry_after_ms,
                                            .has_old_token = rows[i].is_old,
                                            .is_soft_logout = rows[i].is_soft,
                                            .date_ms = -1 });
        for (int kind = 0; kind < CLIENT_N_KINDS; kind++) {
            int64_t waits_ms = client.waits_until_ms[kind] ? client.waits_until_ms[kind] - NOW : 0;
            if (waits_ms != (kind == (int)rows[i].kind ? rows[i].wait_ms : 0))
                fail_msg("row %zu: kind %d waits %lld", i, kind, (long long)waits_ms);
        }
        if (client.account != rows[i].account || client.is_reachable == rows[i].is_unreachable)
            fail_msg("row %zu: account %d, reachable %d", i, client.account, client.is_reachable);
        if (client.account == CLIENT_SIGNED_OUT && client.is_soft_logout != rows[i].is_soft)
            fail_msg("row %zu: soft %d", i, client.is_soft_logout);
    }
}

static void client__is_good_again__after_what_shows_it(void **state)
{
    (void)state;
    struct client client = new_client();
    struct http_answer well = { .status = 200, .date_ms = -1 };
    client.account = CLIENT_LOCKED;
    client_heard(&client, CLIENT_OTHER, &well);
    assert_int_equal(client.account, CLIENT_LOCKED);
    client_heard(&client, CLIENT_SYNC, &well);
    assert_int_equal(client.account, CLIENT_GOOD);
    client.account = CLIENT_SUSPENDED;
    client_heard(&client, CLIENT_SYNC, &well);
    assert_int_equal(client.account, CLIENT_SUSPENDED);
    client_heard(&client, CLIENT_SEND, &well);
    assert_int_equal(client.account, CLIENT_GOOD);
}

/* What was asked for before the loss says nothing about what came after it. */
static void client__is_caught_up__by_what_was_asked_after_a_loss(void **state)
{
    (void)state;
    struct client client = new_client();
    client.now_ms = NOW + 1000;
    client_lost(&client);
    client_caught_up(&client, NOW + 999);
    assert_false(client.is_caught_up);
    client_caught_up(&client, NOW + 1000);
    assert_true(client.is_caught_up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_heard__draws_the_conclusions),
        cmocka_unit_test(client__is_good_again__after_what_shows_it),
        cmocka_unit_test(client__is_caught_up__by_what_was_asked_after_a_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
