/* matrix/facts: what the state of a room says of its encryption. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/facts.h"
#include "store/room.h"

static struct store *store;
static struct arena *arena;
static int64_t room;

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &store, NULL), STORE_OPENED);
    arena = arena_create();
    room = room_ensure(store, "!ops:x");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    arena_destroy(arena);
    return 0;
}

static void says(const char *type, const char *content)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "{\"type\":\"%s\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$e\",\"content\":%s}",
        type, content);
    struct json_object *event = json_parse(text, strlen(text));
    assert_true(facts_is_read(event));
    assert_false(facts_apply(store, room, event));
    json_object_put(event);
}

static int64_t column(const char *sql)
{
    return store_int(store, -1, sql, "i", room);
}

static void encryption__says_how_often_keys_are_replaced(void **state)
{
    (void)state;
    struct room got;
    says("m.room.encryption", "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"rotation_period_ms\":7200000,"
                              "\"rotation_period_msgs\":20}");
    assert_int_equal(column("SELECT rotate_ms FROM room WHERE id = ?1"), 7200000);
    assert_int_equal(column("SELECT rotate_n FROM room WHERE id = ?1"), 20);
    /* One that was emptied changes nothing. */
    says("m.room.encryption", "{}");
    assert_int_equal(column("SELECT rotate_n FROM room WHERE id = ?1"), 20);
    says("m.room.encryption", "{\"algorithm\":\"m.megolm.v1.aes-sha2\",\"rotation_period_msgs\":\"many\"}");
    assert_int_equal(column("SELECT rotate_n FROM room WHERE id = ?1"), 0);
    assert_true(room_get(store, room, arena, &got) && got.is_encrypted);
}

static void visibility__is_one_of_four(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "\"joined\"", "joined" }, { "\"everybody\"", NULL },    { "\"world_readable\"", "world_readable" },
        { "[\"joined\"]", NULL },   { "\"invited\"", "invited" }, { "\"shared\"", "shared" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        says("m.room.history_visibility", arena_printf(arena, "{\"history_visibility\":%s}", cases[i][0]));
        char *got = room_value(store, room, "visibility", arena);
        assert_true(cases[i][1] ? got && strcmp(got, cases[i][1]) == 0 : got == NULL);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(encryption__says_how_often_keys_are_replaced),
        TEST(visibility__is_one_of_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
