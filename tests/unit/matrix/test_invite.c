/* matrix/invite: when it wants to be called again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/http.h"
#include "matrix/intake.h"
#include "matrix/invite.h"

enum { NOW = 1000000 };

static void invites_next_ms__waits_for_the_disk__also_with_a_new_invite(void **state)
{
    (void)state;
    struct err err;
    struct client client = { .http = http_create("http://127.0.0.1", &err) };
    assert_non_null(client.http);
    client_init(&client, NOW);
    client.is_reachable = true;
    struct intake intake = { .client = &client, .has_new_invites = true };
    struct invites *invites = invites_create(&intake);
    assert_true(invites_next_ms(invites) <= NOW);
    intake.not_before_ms = NOW + 5000; /* a commit failed */
    invites_poke(invites);
    assert_int_equal(invites_next_ms(invites), NOW + 5000);
    invites_destroy(invites);
    http_destroy(client.http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invites_next_ms__waits_for_the_disk__also_with_a_new_invite),
    };
    return cmocka_run_group_tests_name("invite", tests, NULL, NULL);
}
