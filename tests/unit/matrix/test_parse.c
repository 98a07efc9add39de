/* matrix/parse: anybody may send anything; only what is well formed reaches the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/parse.h"

#define ME   "@greffier:example.org"
#define HEAD "\"event_id\":\"$e:x\",\"sender\":\"@bob:example.org\",\"origin_server_ts\":1000,"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static enum parse_result parse(const char *text, struct parsed *out)
{
    struct json_object *json = json_parse(text, strlen(text));
    assert_non_null(json);
    enum parse_result result = parse_event(json, ME, arena, out);
    json_object_put(json);
    return result;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void parse_event__reads__what_people_send(void **state)
{
    (void)state;
    static const struct {
        const char *name, *json;
        enum event_kind kind;
        const char *body, *thread, *reply, *target, *key;
        bool is_mentioning_me;
    } rows[] = {
        { "text",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"hi\"}}",
          EVENT_MESSAGE, "hi", 0, 0, 0, 0, false },
        { "emote",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.emote\",\"body\":\"waves\"}}",
          EVENT_MESSAGE, "waves", 0, 0, 0, 0, false },
        { "notice",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.notice\",\"body\":\"beep\"}}",
          EVENT_NOTICE, "beep", 0, 0, 0, 0, false },
        { "mention",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\","
          "\"m.mentions\":{\"user_ids\":[7,null,\"" ME "\"]}}}",
          EVENT_MESSAGE, "x", 0, 0, 0, 0, true },
        { "reply with the old fallback",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
          "\"body\":\"> <@a:b> one\\n> two\\n>\\n\\nyes\","
          "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$r\"}}}}",
          EVENT_MESSAGE, "yes", 0, "$r", 0, 0, false },
        { "quote that answers nothing",
          "{" HEAD
          "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"> one\\n\\nyes\"}}",
          EVENT_MESSAGE, "> one\n\nyes", 0, 0, 0, 0, false },
        { "nothing but a quote",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"> one\","
          "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$r\"}}}}",
          EVENT_MESSAGE, "", 0, "$r", 0, 0, false },
        { "thread, fallback",
          "{" HEAD
          "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":"
          "{\"rel_type\":\"m.thread\",\"event_id\":\"$t\",\"is_falling_back\":true,"
          "\"m.in_reply_to\":{\"event_id\":\"$r\"}}}}",
          EVENT_MESSAGE, "x", "$t", 0, 0, 0, false },
        { "thread, a real reply",
          "{" HEAD
          "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\",\"m.relates_to\":"
          "{\"rel_type\":\"m.thread\",\"event_id\":\"$t\",\"m.in_reply_to\":{\"event_id\":\"$r\"}}}}",
          EVENT_MESSAGE, "x", "$t", "$r", 0, 0, false },
        { "edit",
          "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"* new\","
          "\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"new\"},"
          "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}}",
          EVENT_EDIT, "new", 0, 0, "$o", 0, false },
        { "reaction",
          "{" HEAD "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":"
          "{\"rel_type\":\"m.annotation\",\"event_id\":\"$o\",\"key\":\"ok\"}}}",
          EVENT_REACTION, 0, 0, 0, "$o", "ok", false },
        { "redaction, old", "{" HEAD "\"type\":\"m.room.redaction\",\"redacts\":\"$o\",\"content\":{}}",
          EVENT_REDACTION, 0, 0, 0, "$o", 0, false },
        { "redaction, new", "{" HEAD "\"type\":\"m.room.redaction\",\"content\":{\"redacts\":\"$o\"}}",
          EVENT_REDACTION, 0, 0, 0, "$o", 0, false },
        { "encrypted",
          "{" HEAD "\"type\":\"m.room.encrypted\",\"content\":{\"algorithm\":\"m.megolm.v1.aes-sha2\"}}",
          EVENT_UNREADABLE, 0, 0, 0, 0, 0, false },
        { "member",
          "{" HEAD
          "\"type\":\"m.room.member\",\"state_key\":\"@carol:x\",\"content\":{\"membership\":\"leave\"}}",
          EVENT_MEMBER, 0, 0, 0, 0, 0, false },
        { "own join",
          "{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"" ME
          "\",\"content\":{\"membership\":\"join\"}}",
          EVENT_SELF_JOINED, 0, 0, 0, 0, 0, false },
        { "own ban",
          "{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"" ME
          "\",\"content\":{\"membership\":\"ban\"}}",
          EVENT_SELF_LEFT, 0, 0, 0, 0, 0, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed got;
        enum parse_result result = parse(rows[i].json, &got);
        bool ok = result == PARSE_EVENT && got.event.kind == rows[i].kind && same(got.event.id, "$e:x") &&
                  same(got.event.sender, "@bob:example.org") && got.event.at_ms == 1000 &&
                  same(got.event.body, rows[i].body) && same(got.event.thread, rows[i].thread) &&
                  same(got.event.reply, rows[i].reply) && same(got.event.target, rows[i].target) &&
                  same(got.event.key, rows[i].key) && got.event.is_mentioning_me == rows[i].is_mentioning_me;
        if (!ok)
            print_error("%s: result %d, body %s\n", rows[i].name, result, got.event.body);
        assert_true(ok);
    }
}

static void parse_event__ignores__what_is_malformed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "[]",
        "7",
        "\"text\"",
        "{}",
        "{\"event_id\":7,\"sender\":\"@b:x\",\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":"
        "\"x\"}}",
        "{\"event_id\":\"e\",\"sender\":\"@b:x\",\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"x\"}}",
        "{\"event_id\":\"$e\\n\",\"sender\":\"@b:x\",\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"x\"}}",
        "{\"event_id\":\"$e\",\"sender\":\"@b\",\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"x\"}}",
        "{\"event_id\":\"$e\",\"sender\":\"@:x\",\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"x\"}}",
        "{\"event_id\":\"$e\",\"sender\":[\"@b:x\"],\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\"}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":[]}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":null}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{}}",
        "{" HEAD "\"type\":[\"m.room.message\"],\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":{\"a\":1}}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"a\\u0000b\"}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":7,\"body\":\"x\"}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.image\",\"body\":\"x\"}}",
        "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.server_notice\",\"body\":\"x\"}}",
        "{" HEAD
        "\"type\":\"m.room.message\",\"state_key\":\"\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\"}}",
        "{" HEAD
        "\"type\":\"m.room.message\",\"unsigned\":{\"redacted_because\":{}},\"content\":{\"msgtype\":"
        "\"m.text\",\"body\":\"x\"}}",
        "{" HEAD
        "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"*\",\"m.new_content\":[],"
        "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}}",
        "{" HEAD
        "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"*\",\"m.new_content\":"
        "{\"msgtype\":\"m.notice\",\"body\":\"x\"},\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}}",
        "{" HEAD
        "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"*\",\"m.new_content\":"
        "{\"msgtype\":\"m.text\",\"body\":\"x\"},\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":[]}}}",
        "{" HEAD "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":7}}",
        "{" HEAD
        "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":"
        "\"$o\",\"key\":\"\"}}}",
        "{" HEAD
        "\"type\":\"m.reaction\",\"content\":{\"m.relates_to\":{\"rel_type\":\"m.reference\",\"event_id\":"
        "\"$o\",\"key\":\"k\"}}}",
        "{" HEAD "\"type\":\"m.room.redaction\",\"redacts\":7,\"content\":{\"redacts\":null}}",
        "{" HEAD "\"type\":\"m.room.redaction\",\"redacts\":\"$a\",\"content\":{\"redacts\":\"$b\"}}",
        "{" HEAD "\"type\":\"m.room.member\",\"content\":{\"membership\":\"join\"}}",
        "{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"carol\",\"content\":{\"membership\":\"join\"}}",
        "{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"@c:x\",\"content\":{\"membership\":[]}}",
        "{" HEAD "\"type\":\"m.room.member\",\"state_key\":\"" ME
        "\",\"content\":{\"membership\":\"knock\"}}",
        "{" HEAD "\"type\":\"m.room.topic\",\"state_key\":\"\",\"content\":{\"topic\":\"x\"}}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed got;
        enum parse_result result = parse(rows[i], &got);
        if (result != PARSE_NOTHING)
            print_error("%s: %d\n", rows[i], result);
        assert_int_equal(result, PARSE_NOTHING);
    }
}

static void parse_event__tells__its_own(void **state)
{
    (void)state;
    struct parsed got;
    assert_int_equal(
        parse("{\"event_id\":\"$e\",\"sender\":\"" ME "\",\"type\":\"m.room.message\","
              "\"unsigned\":{\"transaction_id\":\"t1\"},"
              "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!help\",\"io.greffier.txn\":\"t2\"}}",
              &got),
        PARSE_OWN);
    assert_string_equal(got.txn, "t1");
    assert_string_equal(got.content_txn, "t2");
    assert_string_equal(got.event.id, "$e");
}

static char *nested(int depth)
{
    char *text = calloc(1, 1024 + 12 * (size_t)depth), *to = text;
    to += sprintf(
        to, "{" HEAD "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\",\"d\":");
    for (int i = 0; i < depth; i++)
        to += sprintf(to, "[");
    for (int i = 0; i < depth; i++)
        to += sprintf(to, "]");
    sprintf(to, "}}");
    return text;
}

static void parse_event__sets_apart__what_is_too_deep(void **state)
{
    (void)state;
    struct parsed got;
    char *shallow = nested(63), *deep = nested(64), *deepest = nested(950);
    assert_int_equal(parse(shallow, &got), PARSE_EVENT);
    assert_int_equal(parse(deep, &got), PARSE_TOO_DEEP);
    assert_int_equal(parse(deepest, &got), PARSE_TOO_DEEP);
    free(shallow);
    free(deep);
    free(deepest);
}

/* Every member of a good event replaced by every wrong thing: none may crash, whatever comes out. */
static void parse_event__survives__any_type_anywhere(void **state)
{
    (void)state;
    static const char *const paths[][3] = {
        { "event_id" },
        { "sender" },
        { "type" },
        { "origin_server_ts" },
        { "state_key" },
        { "redacts" },
        { "unsigned" },
        { "content" },
        { "unsigned", "redacted_because" },
        { "unsigned", "transaction_id" },
        { "unsigned", "prev_content" },
        { "content", "msgtype" },
        { "content", "body" },
        { "content", "membership" },
        { "content", "redacts" },
        { "content", "m.mentions" },
        { "content", "m.mentions", "user_ids" },
        { "content", "m.relates_to" },
        { "content", "m.new_content" },
        { "content", "m.relates_to", "rel_type" },
        { "content", "m.relates_to", "event_id" },
        { "content", "m.relates_to", "key" },
        { "content", "m.relates_to", "m.in_reply_to" },
        { "content", "m.new_content", "body" },
    };
    static const char *const values[] = { "null",
                                          "true",
                                          "-1",
                                          "1.5",
                                          "\"\"",
                                          "\"$x\"",
                                          "\"\\u0000\"",
                                          "[]",
                                          "[[[]]]",
                                          "{}",
                                          "{\"a\":{\"b\":[1]}}",
                                          "9223372036854775807",
                                          "\"@a:b\"",
                                          "[\"\\ud83d\\ude00\"]" };
    static const char *const types[] = { "m.room.message", "m.reaction", "m.room.redaction", "m.room.member",
                                         "m.room.encrypted" };
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
        for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++)
            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
                char text[1024];
                snprintf(
                    text, sizeof text,
                    "{" HEAD
                    "\"type\":\"%s\",\"unsigned\":{},\"content\":{\"msgtype\":\"m.text\",\"body\":\"x\","
                    "\"membership\":\"join\",\"m.mentions\":{},\"m.new_content\":{\"msgtype\":\"m.text\","
                    "\"body\":\"y\"},\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}}",
                    types[t]);
                struct json_object *json = json_parse(text, strlen(text)), *object = json;
                int last = 0;
                while (last < 2 && paths[p][last + 1])
                    object = json_obj(object, paths[p][last++]);
                assert_non_null(object);
                json_set(object, paths[p][last], json_parse(values[v], strlen(values[v])));
                struct parsed got;
                enum parse_result result = parse_event(json, ME, arena, &got);
                assert_true(result == PARSE_NOTHING || (got.event.id && got.event.sender));
                parse_is_turning(json, "@a:b", "join");
                json_object_put(json);
                arena_reset(arena);
            }
}

static void parse_is_turning__is_true__for_a_change_only(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool want;
    } rows[] = {
        { "{\"type\":\"m.room.member\",\"state_key\":\"@a:b\",\"content\":{\"membership\":\"join\"}}", true },
        { "{\"type\":\"m.room.member\",\"state_key\":\"@a:b\",\"content\":{\"membership\":\"join\"},"
          "\"unsigned\":{\"prev_content\":{\"membership\":\"invite\"}}}",
          true },
        { "{\"type\":\"m.room.member\",\"state_key\":\"@a:b\",\"content\":{\"membership\":\"join\"},"
          "\"unsigned\":{\"prev_content\":{\"membership\":\"join\"}}}",
          false },
        { "{\"type\":\"m.room.member\",\"state_key\":\"@c:d\",\"content\":{\"membership\":\"join\"}}",
          false },
        { "{\"type\":\"m.room.name\",\"state_key\":\"@a:b\",\"content\":{\"membership\":\"join\"}}", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *json = json_parse(rows[i].json, strlen(rows[i].json));
        assert_int_equal(parse_is_turning(json, "@a:b", "join"), rows[i].want);
        json_object_put(json);
    }
}

static void parse_is_user_id__refuses__what_cannot_be_seen(void **state)
{
    (void)state;
    static const char *const bad[] = { "@al\u200bice:x",
                                       "@alice\u202e:x",
                                       "@al\u00adice:x",
                                       "@al ice:x",
                                       "@al\u00a0ice:x",
                                       "@al\u3164ice:x",
                                       "@al\u200dice:x",
                                       "@alice\ufe0f:x",
                                       "@al\nice:x",
                                       "@al\x7fice:x",
                                       "@al\xffice:x",
                                       "@al\xc2\x85"
                                       "ice:x" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse_is_user_id(bad[i]))
            fail_msg("%s is taken", bad[i]);
    assert_true(parse_is_user_id("@alice:example.org"));
    assert_true(parse_is_user_id("@\u00e9lodie:example.org"));
    assert_false(parse_is_room_id("!ro\u200bom:x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parse_event__reads__what_people_send, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_event__ignores__what_is_malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_event__tells__its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_event__sets_apart__what_is_too_deep, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_event__survives__any_type_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_is_turning__is_true__for_a_change_only, setup, teardown),
        cmocka_unit_test(parse_is_user_id__refuses__what_cannot_be_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
