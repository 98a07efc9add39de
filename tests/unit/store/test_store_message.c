/* store/message: what we said is known from the moment the homeserver has named it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/message.h"
#include "store/outbox.h"
#include "store/room.h"

static void message_is_known__before_the_write_that_waits_was_made(void **state)
{
    (void)state;
    struct store *store;
    struct err err;
    assert_int_equal(store_open(NULL, &store, &err), STORE_OPENED);
    store_begin(store);
    struct outbox_row row = { .txn = "t",
                              .room = room_ensure(store, "!r:x"),
                              .cause = "c",
                              .step = "s",
                              .role = "ping",
                              .template_name = "help/all",
                              .lang = "en",
                              .values = "{}" };
    int64_t id = outbox_queue(store, &row);
    outbox_seal(store, id, "{}", 1);
    assert_true(store_commit(store, &err));
    outbox_sent(store, id, "$event", 2);
    assert_int_equal(store_n_deferred(store), 1);
    assert_true(message_is_known(store, "$event"));
    assert_false(message_is_known(store, "$other"));
    store_begin(store);
    assert_true(store_commit(store, &err));
    assert_int_equal(store_n_deferred(store), 0);
    assert_true(message_is_known(store, "$event"));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_known__before_the_write_that_waits_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
