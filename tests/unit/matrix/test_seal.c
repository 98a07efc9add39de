/* matrix/seal and matrix/judge: what is PUT, and what an answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "matrix/judge.h"
#include "matrix/seal.h"

#define TRACE "\"io.greffier.txn\":\"t1\""
#define BODY                                                                                                 \
    "\"body\":\"Hi\",\"format\":\"org.matrix.custom.html\",\"formatted_body\":\"<b>Hi</b>\",\"m.mentions\":"

static void seal_content__follows_the_relation_and_the_kind(void **state)
{
    (void)state;
    static const char *bob[] = { "@bob:example.org", NULL };
    static const struct {
        enum outbox_kind kind;
        bool is_text;
        const char **mentions;
        const char *thread, *reply, *target, *uuid, *name, *want;
    } rows[] = {
        { OUTBOX_MESSAGE, false, NULL, NULL, NULL, NULL, NULL, NULL,
          "{\"msgtype\":\"m.notice\"," BODY "{}," TRACE "}" },
        { OUTBOX_MESSAGE, true, bob, NULL, "$r", NULL, "u-1", "DEC-1",
          "{\"msgtype\":\"m.text\"," BODY "{\"user_ids\":[\"@bob:example.org\"]},"
          "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$r\"}}," TRACE
          ",\"io.greffier.item\":\"u-1\",\"io.greffier.name\":\"DEC-1\"}" },
        { OUTBOX_MESSAGE, false, NULL, "$root", NULL, NULL, NULL, NULL,
          "{\"msgtype\":\"m.notice\"," BODY
          "{},\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$root\","
          "\"is_falling_back\":true,\"m.in_reply_to\":{\"event_id\":\"$root\"}}," TRACE "}" },
        { OUTBOX_MESSAGE, false, NULL, "$root", "$r", NULL, NULL, NULL,
          "{\"msgtype\":\"m.notice\"," BODY
          "{},\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$root\","
          "\"is_falling_back\":false,\"m.in_reply_to\":{\"event_id\":\"$r\"}}," TRACE "}" },
        /* A card that pinged keeps its look; its edit is a notice all the same. */
        { OUTBOX_EDIT, true, bob, NULL, NULL, "$card", NULL, NULL,
          "{\"msgtype\":\"m.notice\",\"body\":\"* Hi\",\"format\":\"org.matrix.custom.html\","
          "\"formatted_body\":\"* <b>Hi</b>\",\"m.new_content\":{\"msgtype\":\"m.text\"," BODY
          "{\"user_ids\":[\"@bob:example.org\"]}},\"m.mentions\":{},"
          "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$card\"}," TRACE "}" },
        { OUTBOX_REDACTION, false, NULL, NULL, "$back", "$word", NULL, NULL,
          "{\"reason\":\"Hi\"," TRACE "}" },
        { OUTBOX_REACTION, false, NULL, NULL, NULL, "$card", NULL, NULL,
          "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"$card\",\"key\":\"✅\"}," TRACE
          "}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outbox_row row = {
            .txn = "t1", .kind = rows[i].kind, .is_text = rows[i].is_text, .item_uuid = rows[i].uuid
        };
        char body[] = "Hi", html[] = "<b>Hi</b>", key[] = "✅";
        struct spoken spoken = { .body = body, .html = html, .key = key, .mentions = rows[i].mentions };
        struct seal seal = { .row = &row,
                             .spoken = &spoken,
                             .thread = rows[i].thread,
                             .reply = rows[i].reply,
                             .target = rows[i].target,
                             .item_name = rows[i].name };
        struct json_object *content = seal_content(&seal);
        assert_string_equal(json_text(content), rows[i].want);
        json_object_put(content);
    }
}

static void seal_path__encodes_what_stands_in_it(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_string_equal(seal_path(arena, "!a/b:example.org", "m.reaction", "t?1"),
                        "/_matrix/client/v3/rooms/%21a%2Fb%3Aexample.org/send/m.reaction/t%3F1");
    struct outbox_row row = { .kind = OUTBOX_REACTION, .txn = "t1", .bytes = "{}", .target = "$a/b" };
    assert_string_equal(seal_row_path(arena, "!a:x", &row),
                        "/_matrix/client/v3/rooms/%21a%3Ax/send/m.reaction/t1");
    row.kind = OUTBOX_REDACTION;
    assert_string_equal(seal_row_path(arena, "!a:x", &row),
                        "/_matrix/client/v3/rooms/%21a%3Ax/redact/%24a%2Fb/t1");
    assert_string_equal(seal_clear_type(OUTBOX_REDACTION), "m.room.redaction");
    assert_true(seal_is_always_clear("m.room.redaction") && seal_is_always_clear("m.reaction"));
    assert_false(seal_is_always_clear("m.room.message"));
    assert_string_equal(seal_type(OUTBOX_EDIT, "{\"msgtype\":\"m.notice\"}"), "m.room.message");
    assert_string_equal(seal_type(OUTBOX_REACTION, "{\"m.relates_to\":{}}"), "m.reaction");
    assert_string_equal(seal_type(OUTBOX_MESSAGE, "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}"),
                        "m.room.encrypted");
    assert_null(seal_ciphertext(NULL, arena));
    assert_null(seal_ciphertext("{\"body\":\"x\"}", arena));
    assert_string_equal(seal_ciphertext("{\"algorithm\":\"a\",\"ciphertext\":\"Aw\"}", arena), "Aw");
    arena_destroy(arena);
}

static void seal_cipher_plain__refuses_an_encrypted_room(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct err err = { "" };
    struct room room = { .is_encrypted = true };
    struct json_object *content = json_object_new_object();
    assert_null(seal_cipher_plain.encrypt(NULL, &room, "m.room.message", content, arena, &err));
    assert_string_equal(err.text, seal_encrypted_reason);
    room.is_encrypted = false;
    assert_string_equal(seal_cipher_plain.encrypt(NULL, &room, "m.room.message", content, arena, &err), "{}");
    json_object_put(content);
    arena_destroy(arena);
}

static void judge_put__says_what_becomes_of_the_row(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *errcode, *text;
        enum judge_verdict want;
    } rows[] = {
        { 200, NULL, "{\"event_id\":\"$a\"}", JUDGE_SENT },
        { 200, NULL, "{\"event_id\":\"a\"}", JUDGE_AGAIN },
        { 200, NULL, "{\"event_id\":7}", JUDGE_AGAIN },
        { 200, NULL, "[]", JUDGE_AGAIN },
        { 200, NULL, NULL, JUDGE_AGAIN },
        { 0, NULL, NULL, JUDGE_AGAIN },
        { 302, NULL, NULL, JUDGE_AGAIN },
        { 408, NULL, NULL, JUDGE_AGAIN },
        { 500, "M_UNKNOWN", NULL, JUDGE_AGAIN },
        { 502, NULL, NULL, JUDGE_AGAIN },
        { 504, NULL, NULL, JUDGE_AGAIN },
        { 429, "M_LIMIT_EXCEEDED", NULL, JUDGE_WAIT },
        { 429, NULL, NULL, JUDGE_WAIT },
        { 401, "M_UNKNOWN_TOKEN", NULL, JUDGE_WAIT },
        { 401, "M_USER_LOCKED", NULL, JUDGE_WAIT },
        { 403, "M_USER_SUSPENDED", NULL, JUDGE_WAIT },
        { 403, "M_RESOURCE_LIMIT_EXCEEDED", NULL, JUDGE_WAIT },
        { 403, "M_FORBIDDEN", NULL, JUDGE_REFUSED },
        { 404, "M_NOT_FOUND", NULL, JUDGE_REFUSED },
        { 413, "M_TOO_LARGE", NULL, JUDGE_REFUSED },
        { 400, "M_BAD_JSON", NULL, JUDGE_REFUSED },
        { 413, NULL, NULL, JUDGE_REFUSED },
        { 404, NULL, "<html>", JUDGE_AGAIN },
        { 403, NULL, NULL, JUDGE_AGAIN },
        { 400, "M_DUPLICATE_ANNOTATION", NULL, JUDGE_THERE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *json = rows[i].text ? json_tokener_parse(rows[i].text) : NULL;
        struct http_answer answer = { .status = rows[i].status, .errcode = rows[i].errcode, .json = json };
        if (judge_put(&answer) != rows[i].want)
            fail_msg("row %zu", i);
        json_object_put(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_content__follows_the_relation_and_the_kind),
        cmocka_unit_test(seal_path__encodes_what_stands_in_it),
        cmocka_unit_test(seal_cipher_plain__refuses_an_encrypted_room),
        cmocka_unit_test(judge_put__says_what_becomes_of_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
