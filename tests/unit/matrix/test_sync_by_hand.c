/* matrix/sync and what takes its answers apart, with a homeserver that is played by hand: what it may say that no good one
 * would, and a disk that fails in between. The engine here only notes what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "matrix/http.h"
#include "matrix/invite.h"
#include "matrix/sync.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/invite.h"
#include "store/message.h"
#include "store/outbox.h"
#include "store/room.h"

#define ME   "@bot:x"
#define ROOM "!ops:x"
enum { NOW = 1800000000, REQUESTS_MAX = 64, SEEN_BYTES = 4096, LINE_BYTES = 256 };

struct request {
    http_done_fn *done; /* NULL: answered, or cancelled */
    void *data;
    char method[8], path[2048];
};

static struct bench {
    struct store *store;
    struct arena *arena;
    struct client client;
    struct sync *sync;
    struct request requests[REQUESTS_MAX];
    int n_requests;
    char applied
        [SEEN_BYTES]; /* "KIND ID, " of each event that was given to the engine, "ahead" before it if it was */
    char own[SEEN_BYTES]; /* ids of own events */
    char wrong_account[LINE_BYTES];
    const char *failing, *waiting; /* ids of events whose turn fails, waits for a number */
    const char *breaking; /* when this event has its turn the store can be written no more */
    const char *stops_nothing; /* an event that only stops, and finds nothing to stop */
} bench;

/* The homeserver */

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    assert_true(bench.n_requests < REQUESTS_MAX);
    struct request *request = &bench.requests[bench.n_requests++];
    *request = (struct request){ .done = asked->done, .data = asked->data };
    snprintf(request->method, sizeof request->method, "%s", asked->method);
    snprintf(request->path, sizeof request->path, "%s", asked->path);
    return (uint64_t)bench.n_requests;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    if (id)
        bench.requests[id - 1].done = NULL;
}

/* The newest request to such a path that has no answer yet, or NULL. */
static struct request *find(const char *part)
{
    for (int i = bench.n_requests - 1; i >= 0; i--)
        if (bench.requests[i].done && strstr(bench.requests[i].path, part))
            return &bench.requests[i];
    return NULL;
}

static void answer_as(const char *part, const struct http_answer *like)
{
    struct request *request = find(part);
    if (!request)
        fail_msg("nothing was asked of %s", part);
    struct http_answer said = *like;
    http_done_fn *done = request->done;
    request->done = NULL;
    said.len = strlen(said.text);
    said.json = json_parse(said.text, said.len);
    said.errcode = json_str(said.json, "errcode");
    said.retry_after_ms = said.date_ms = -1;
    done(request->data, &said);
    json_object_put(said.json);
    sync_poke(bench.sync);
}

static void answer(const char *part, int status, const char *text)
{
    answer_as(part, &(struct http_answer){ .status = status, .text = text });
}

/* Long polls and first ones alike; the position after it is of its own. */
static void answer_sync(const char *rooms)
{
    static int n;
    char text[32768];
    snprintf(text, sizeof text, "{\"next_batch\":\"s%d\",\"rooms\":{%s}}", ++n, rooms);
    answer("/v3/sync?", 200, text);
}

static void say(const char *events)
{
    char text[32768];
    snprintf(text, sizeof text, "\"join\":{\"" ROOM "\":{\"timeline\":{\"events\":[%s]}}}", events);
    answer_sync(text);
}

/* The engine */

static bool wants(struct engine *engine, const struct event *event)
{
    (void)engine;
    return event->kind != EVENT_MESSAGE || *event->body == '!';
}

static bool only_stops(struct engine *engine, const struct event *event)
{
    (void)engine;
    return event->kind == EVENT_MESSAGE && strcmp(event->body, "!object") == 0;
}

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static enum turn_result apply(struct engine *engine, const struct event *event, int64_t now_ms)
{
    (void)engine;
    assert_int_equal(now_ms, bench.client.now_ms);
    assert_true(event->at_ms <= now_ms);
    size_t len = strlen(bench.applied);
    if (is(event->id, bench.stops_nothing) && event->is_ahead)
        return TURN_DONE;
    snprintf(bench.applied + len, sizeof bench.applied - len, "%s%d %s, ", event->is_ahead ? "ahead " : "",
             (int)event->kind, event->id);
    if (is(event->id, bench.failing))
        return TURN_FAILED;
    if (is(event->id, bench.waiting))
        return TURN_WAITS;
    message_add(bench.store,
                &(struct message_row){ .event_id = event->id,
                                       .room = event->room,
                                       .sender = event->sender,
                                       .role = event->kind == EVENT_MEMBER ? "member" : "command",
                                       .at_ms = event->at_ms });
    if (is(event->id, bench.breaking)) {
        store_run(bench.store, "PRAGMA query_only = 1", "");
        store_run(bench.store, "DELETE FROM tries", "");
    }
    return TURN_DONE;
}

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    (void)data;
    (void)room;
    (void)txn;
    (void)content_txn;
    size_t len = strlen(bench.own);
    snprintf(bench.own + len, sizeof bench.own - len, "%s, ", event_id);
}

static bool may_invite(void *data, const char *user_id)
{
    (void)data;
    return strcmp(user_id, "@alice:x") == 0;
}

static void on_applied(void *data)
{
    (void)data;
}

static void on_wrong_account(void *data, const char *what)
{
    (void)data;
    snprintf(bench.wrong_account, sizeof bench.wrong_account, "%s", what);
}

static void expect_applied(const char *wanted)
{
    assert_string_equal(bench.applied, wanted);
    *bench.applied = '\0';
}

/* The bench */

static void start(void)
{
    bench.sync = sync_create(&bench.client, &(struct sync_settings){ .intake = { .wants = wants,
                                                                                 .only_stops = only_stops,
                                                                                 .apply = apply,
                                                                                 .on_own_event = on_own_event,
                                                                                 .may_invite = may_invite },
                                                                     .on_applied = on_applied,
                                                                     .on_wrong_account = on_wrong_account });
    sync_start(bench.sync);
    sync_poke(bench.sync);
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .client = { .me = ME, .device_id = "DEV" } };
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.arena = arena_create();
    bench.client.store = bench.store;
    client_init(&bench.client, NOW);
    start();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sync_destroy(bench.sync);
    store_close(bench.store);
    arena_destroy(bench.arena);
    return 0;
}

static void log_in(void)
{
    answer("/account/whoami", 200, "{\"user_id\":\"" ME "\",\"device_id\":\"DEV\"}");
    answer("/filter", 200, "{\"filter_id\":\"7\"}");
}

#define OWN_JOIN                                                                                             \
    "{\"type\":\"m.room.member\",\"state_key\":\"" ME "\",\"sender\":\"" ME "\",\"event_id\":\"$own\","      \
    "\"origin_server_ts\":1,\"content\":{\"membership\":\"join\"}}"
#define MEMBER(id, person, membership)                                                                       \
    "{\"type\":\"m.room.member\",\"state_key\":\"" person "\",\"sender\":\"" person "\",\"event_id\":\"" id  \
    "\",\"origin_server_ts\":1,\"content\":{\"membership\":\"" membership "\"}}"
#define MESSAGE(id, body)                                                                                    \
    "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"" id "\",\"origin_server_ts\":1,"   \
    "\"content\":{\"msgtype\":\"m.text\",\"body\":\"" body "\"}}"

static int setup_in_room(void **state)
{
    setup(state);
    log_in();
    answer_sync("\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" OWN_JOIN
                "," MEMBER("$a", "@alice:x", "join") "]}}}");
    answer("/members", 200, "{\"chunk\":[" OWN_JOIN "," MEMBER("$a", "@alice:x", "join") "]}");
    answer_sync(""); /* the fresh one */
    assert_true(sync_is_caught_up(bench.sync));
    return 0;
}

static int64_t room(void)
{
    return room_find(bench.store, ROOM);
}

static const char *value(const char *column)
{
    return room_value(bench.store, room(), column, bench.arena);
}

static int64_t count(const char *sql)
{
    return store_int(bench.store, 0, sql, "");
}

static void set_writable(bool is_writable)
{
    store_run(bench.store, is_writable ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1", "");
}

static void at(int64_t now_ms)
{
    bench.client.now_ms = now_ms;
    sync_poke(bench.sync);
}

/* Who, and with which filter */

static void sync__goes_on_with_its_own_token_alone(void **state)
{
    static const struct {
        const char *answer;
        bool is_ours;
    } rows[] = {
        { "{\"user_id\":\"" ME "\",\"device_id\":\"DEV\"}", true },
        { "{\"user_id\":\"" ME "\"}", true }, /* guests have no device, nor have some services */
        { "{\"user_id\":\"" ME "\",\"device_id\":\"OTHER\"}", false },
        { "{\"user_id\":\"@eve:x\",\"device_id\":\"DEV\"}", false },
        { "{\"device_id\":\"DEV\"}", false },
        { "{}", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup(state);
        answer("/account/whoami", 200, rows[i].answer);
        assert_int_equal(*bench.wrong_account == '\0', rows[i].is_ours);
        assert_int_equal(find("/filter") != NULL, rows[i].is_ours);
        if (!rows[i].is_ours)
            assert_int_equal(sync_next_ms(bench.sync), INT64_MAX);
        teardown(state);
    }
    setup(state);
    bench.client.device_id = NULL; /* of a session that was given */
    answer("/account/whoami", 200, "{\"user_id\":\"" ME "\",\"device_id\":\"ANY\"}");
    assert_string_equal(bench.wrong_account, "");
    teardown(state);
}

/* An answer that says nothing is no reason to ask again at once, for ever. */
static void sync__asks_again_later_where_the_answer_is_none(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
    } rows[] = { { 500, "{}" }, { 0, "" }, { 200, "[]" }, { 200, "<html>" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        answer("/account/whoami", rows[i].status, rows[i].text);
        assert_null(find("whoami"));
        int64_t next_ms = sync_next_ms(bench.sync);
        assert_in_range(next_ms, bench.client.now_ms + 1, bench.client.now_ms + 60000);
        at(next_ms);
    }
    answer("/account/whoami", 200, "{\"user_id\":\"" ME "\"}");
    static const char *const none[] = { "{}", "{\"filter_id\":7}", "[]" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        answer("/filter", 200, none[i]);
        assert_null(find("/filter"));
        int64_t next_ms = sync_next_ms(bench.sync);
        assert_in_range(next_ms, bench.client.now_ms + 1, bench.client.now_ms + 60000);
        at(next_ms);
    }
    answer("/filter", 200, "{\"filter_id\":\"7\"}");
    assert_non_null(find("/v3/sync?"));
}

static void sync__asks_for_a_filter_once(void **state)
{
    log_in();
    answer_sync("");
    sync_stop(bench.sync);
    sync_stop(bench.sync); /* twice is once */
    sync_destroy(bench.sync);
    start();
    assert_false(sync_was_unclean(bench.sync));
    answer("/account/whoami", 200, "{\"user_id\":\"" ME "\"}");
    assert_null(find("/filter"));
    assert_non_null(find("filter=7"));
    sync_destroy(NULL);
    (void)state;
}

/* Positions */

static void sync__takes_no_answer_without_a_position(void **state)
{
    (void)state;
    char *long_token = arena_alloc(bench.arena, SYNC_TOKEN_BYTES + 64);
    snprintf(long_token, SYNC_TOKEN_BYTES + 64, "{\"next_batch\":\"%0*d\"}", SYNC_TOKEN_BYTES + 1, 7);
    const char *const none[] = { "{}", "{\"next_batch\":\"\"}", "{\"next_batch\":7}", long_token };
    log_in();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        answer("/v3/sync?", 200, none[i]);
        assert_null(find("/v3/sync?"));
        assert_true(sync_next_ms(bench.sync) > bench.client.now_ms);
        at(sync_next_ms(bench.sync));
    }
    assert_null(strstr(find("/v3/sync?")->path, "&since="));
}

/* First the filter may be what it does not know, then the position. */
static void sync__begins_anew_where_its_position_is_unknown(void **state)
{
    (void)state;
    answer("/v3/sync?", 400, "{\"errcode\":\"M_UNKNOWN_POS\"}");
    at(sync_next_ms(bench.sync));
    answer("/filter", 200, "{\"filter_id\":\"8\"}");
    assert_non_null(strstr(find("/v3/sync?")->path, "&since="));
    answer("/v3/sync?", 400, "{\"errcode\":\"M_UNKNOWN_POS\"}");
    at(sync_next_ms(bench.sync));
    assert_null(strstr(find("/v3/sync?")->path, "&since="));
    store_begin(bench.store);
    store_run(bench.store,
              "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES('u', 'DEC', 1, ?1, 1, '@alice:x', '@alice:x', '$c', 1)",
              "i", room());
    assert_true(store_commit(bench.store, NULL));
    answer_sync("\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" OWN_JOIN
                "]},\"timeline\":{\"events\":[" MESSAGE("$m", "!old") "]}}}");
    expect_applied(""); /* what may have been said already is not said again */
    /* What was said since is lost, and a closing will ask. */
    assert_int_equal(inbox_n_aside_since(bench.store, room(), 0), 1);
}

static void sync__keeps_a_position_without_effect_for_a_while(void **state)
{
    (void)state;
    int64_t saved = count("SELECT count(*) FROM setting WHERE name = 'sync.next_batch'");
    char *before = store_get(bench.store, bench.arena, "sync.next_batch");
    answer_sync("");
    assert_string_equal(store_get(bench.store, bench.arena, "sync.next_batch"), before);
    set_writable(false);
    at(NOW + SYNC_POSITION_MS);
    set_writable(true);
    assert_string_equal(store_get(bench.store, bench.arena, "sync.next_batch"), before);
    at(NOW + 2 * SYNC_POSITION_MS + 10000);
    assert_string_not_equal(store_get(bench.store, bench.arena, "sync.next_batch"), before);
    assert_int_equal(saved, 1);
}

/* A clock that was wrong in the last life: what was applied then was not applied in the future. */
static void sync__believes_no_position_of_tomorrow(void **state)
{
    (void)state;
    sync_stop(bench.sync);
    sync_destroy(bench.sync);
    store_begin(bench.store);
    store_set_int(bench.store, "sync.as_of_ms", NOW + 86400000);
    assert_true(store_commit(bench.store, NULL));
    start();
    answer("/account/whoami", 200, "{\"user_id\":\"" ME "\"}");
    say(MESSAGE("$m", "!show"));
    expect_applied("0 $m, "); /* at NOW at the latest: apply looks */
}

/* The machine slept over an answer that was made before: what was said meanwhile keeps its own time. */
static void sync__takes_what_was_said_while_it_slept_at_its_own_time(void **state)
{
    (void)state;
    enum { HOUR_MS = 3600000 };
    bench.client.now_ms = NOW + 2 * HOUR_MS;
    answer_sync("");
    say("{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$m\",\"origin_server_ts\":1803600000,"
        "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!show\"}}");
    assert_int_equal(count("SELECT at_ms FROM message WHERE event_id = '$m'"), NOW + HOUR_MS);
}

/* What came due wants a barrier, which there can be none of before the rooms are read anew: it waits for that, asleep. */
static void sync__sleeps_while_it_begins_anew(void **state)
{
    (void)state;
    sync_want_barrier(bench.sync, NOW - 1000);
    at(NOW + 5000);
    for (int i = 0; i < 2; i++) {
        answer("/v3/sync?", 400, "{\"errcode\":\"M_UNKNOWN\"}");
        at(bench.client.now_ms + 60000);
        if (find("/filter"))
            answer("/filter", 200, "{\"filter_id\":\"7\"}");
    }
    assert_non_null(find("/v3/sync?"));
    assert_null(strstr(find("/v3/sync?")->path, "since="));
    assert_true(sync_next_ms(bench.sync) > bench.client.now_ms);
}

static void sync__knows_when_somebody_left(void **state)
{
    (void)state;
    say(MEMBER("$l", "@alice:x", "leave"));
    assert_false(room_has_joined(bench.store, room(), "@alice:x"));
    assert_true(room_was_in(bench.store, room(), "@alice:x", 1));
    assert_false(room_was_in(bench.store, room(), "@alice:x", 2));
}

/* What is said */

/* Each with a good message behind it, which is heard all the same. */
static void sync__hears_what_stands_behind_nonsense(void **state)
{
    (void)state;
    static const char *const nonsense[] = {
        "7",
        "null",
        "[]",
        "{}",
        "\"text\"",
        "{\"type\":\"m.room.message\"}",
        "{\"type\":7,\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.room.message\",\"sender\":\"alice\",\"event_id\":\"$n\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"n\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":7}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"msgtype\":\"m.image\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"msgtype\":\"m.text\",\"body\":[]}}",
        "{\"type\":\"m.room.message\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$n\","
        "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"unsigned\":{\"redacted_because\":{}},"
        "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"unsigned\":{\"membership\":\"leave\"},"
        "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"* !a\",\"m.relates_to\":{\"rel_type\":\"m.replace\"},\"m.new_content\":{\"msgtype\":\"m.text\",\"body\":\"!a\"}}}",
        "{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"msgtype\":\"m.text\","
        "\"body\":\"* !a\",\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$e\"},\"m.new_content\":{\"body\":\"!a\"}}}",
        "{\"type\":\"m.reaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.reaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"m.relates_to\":"
        "{\"rel_type\":\"m.thread\",\"event_id\":\"$e\",\"key\":\"x\"}}}",
        "{\"type\":\"m.reaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"m.relates_to\":"
        "{\"rel_type\":\"m.annotation\",\"key\":\"x\"}}}",
        "{\"type\":\"m.reaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"m.relates_to\":"
        "{\"rel_type\":\"m.annotation\",\"event_id\":\"$e\"}}}",
        "{\"type\":\"m.reaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"m.relates_to\":"
        "{\"rel_type\":\"m.annotation\",\"event_id\":\"$e\",\"key\":\"\"}}}",
        "{\"type\":\"m.room.redaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.room.redaction\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"redacts\":\"$a\",\"content\":{\"redacts\":\"$b\"}}",
        "{\"type\":\"m.room.member\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"membership\":\"leave\"}}",
        "{\"type\":\"m.room.member\",\"state_key\":\"bob\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"membership\":\"leave\"}}",
        "{\"type\":\"m.room.member\",\"state_key\":\"@bob:x\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"membership\":7}}",
        "{\"type\":\"m.room.member\",\"state_key\":\"@bob:x\",\"sender\":\"bob\",\"event_id\":\"$n\",\"content\":{\"membership\":\"ban\"}}",
        "{\"type\":\"m.room.power_levels\",\"state_key\":\"other\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.room.name\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":[]}",
        "{\"type\":\"m.room.encryption\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.room.tombstone\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{}}",
        "{\"type\":\"m.room.tombstone\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":"
        "{\"replacement_room\":\"" ROOM "\"}}",
        "{\"type\":\"m.room.tombstone\",\"state_key\":\"x\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":"
        "{\"replacement_room\":\"!next:x\"}}",
        "{\"type\":\"m.room.tombstone\",\"sender\":\"@alice:x\",\"event_id\":\"$n\",\"content\":{\"replacement_room\":\"!next:x\"}}",
    };
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        char events[2048], wanted[64];
        snprintf(
            events, sizeof events,
            "%s,{\"type\":\"m.room.message\",\"sender\":\"@alice:x\",\"event_id\":\"$good%zu\",\"origin_server_ts\":%d,"
            "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!show\"}}",
            nonsense[i], i, i % 2 ? NOW + 999999 : 1);
        snprintf(wanted, sizeof wanted, "%d $good%zu, ", (int)EVENT_MESSAGE, i);
        say(events);
        if (strcmp(bench.applied, wanted) != 0)
            fail_msg("behind %s: %s", nonsense[i], bench.applied);
        *bench.applied = '\0';
    }
    assert_null(value("successor"));
    assert_null(value("power"));
    assert_int_equal(room_level_to_send(bench.store, room(), "m.room.message", false), 0);
}

/* Two at once make two branches, and in front of the second stands the state without the first. */
static void sync__takes_no_right_back__by_another_branch_of_the_history(void **state)
{
    (void)state;
#define POWER(id, bob)                                                                                       \
    "{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"sender\":\"@alice:x\",\"event_id\":\"" id        \
    "\",\"content\":{\"users\":{\"@bob:x\":" bob "}}}"
    say(POWER("$p1", "0"));
    say(POWER("$p2", "50"));
    answer_sync("\"join\":{\"" ROOM
                "\":{\"state\":{\"events\":[" POWER("$p1", "0") "]},\"timeline\":{\"events\":[]}}}");
    assert_int_equal(room_level(bench.store, room(), "@bob:x"), 50);
    answer_sync("\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" POWER(
        "$p3", "20") "]},\"timeline\":{\"limited\":true,\"prev_batch\":\"p\",\"events\":[]}}}");
    assert_int_equal(room_level(bench.store, room(), "@bob:x"), 20);
    answer_sync("\"join\":{\"" ROOM
                "\":{\"state_after\":{\"events\":[" POWER("$p4", "10") "]},\"timeline\":{\"events\":[]}}}");
    assert_int_equal(room_level(bench.store, room(), "@bob:x"), 10);
}

static void sync__passes_over_rooms_that_are_none(void **state)
{
    (void)state;
    answer_sync("\"join\":{\"ops\":{},\"!a:x\":7,\"#b:x\":{}},\"invite\":{\"c\":{}},\"leave\":{\"d\":{}}");
    answer_sync("\"join\":[],\"invite\":7,\"leave\":null");
    answer("/v3/sync?", 200, "{\"next_batch\":\"other\",\"rooms\":[]}");
    assert_int_equal(count("SELECT count(*) FROM room"), 1);
    assert_string_equal(value("membership"), "join");
    assert_int_equal(count("SELECT count(*) FROM invite"), 0);
}

static void sync__tells_of_its_own_events_those_that_are(void **state)
{
    (void)state;
    say("{\"type\":\"m.room.message\",\"sender\":\"" ME
        "\",\"event_id\":\"$mine\",\"unsigned\":{\"transaction_id\":\"t\"},"
        "\"content\":{\"msgtype\":\"m.notice\",\"body\":\"!x\",\"io.greffier.txn\":7}}");
    assert_string_equal(bench.own, "$mine, ");
    expect_applied("");
}

/* With lazily loaded members, a block may tell of somebody what no timeline shows. */
static void sync__tells_who_came_and_went_unseen(void **state)
{
    (void)state;
    answer_sync("\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" MEMBER(
        "$gone", "@alice:x",
        "leave") ","
                 "{\"type\":\"m.room.member\",\"state_key\":\"@alice:x\",\"sender\":\"@alice:x\",\"event_id\":\"bad\","
                 "\"content\":{\"membership\":\"ban\"}}]},\"timeline\":{\"events\":[" MESSAGE("$m",
                                                                                              "!x") "]}}}");
    expect_applied(arena_printf(bench.arena, "%d $gone, %d $m, ", (int)EVENT_MEMBER, (int)EVENT_MESSAGE));
    /* In both: told once, in its place. */
    answer_sync("\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" MEMBER(
        "$back", "@alice:x", "join") "]},"
                                     "\"timeline\":{\"events\":[" MESSAGE("$n", "!x") "," MEMBER(
                                         "$back", "@alice:x", "join") "]}}}");
    expect_applied(arena_printf(bench.arena, "%d $n, %d $back, ", (int)EVENT_MESSAGE, (int)EVENT_MEMBER));
}

/* A turn that fails */

static void sync__sets_aside_what_fails_three_times(void **state)
{
    (void)state;
    bench.failing = "$bad";
    say(MESSAGE("$bad", "!x") "," MESSAGE("$good", "!x"));
    expect_applied("0 $bad, 0 $bad, 0 $bad, 0 $good, ");
    assert_int_equal(inbox_n(bench.store, room(), INBOX_ASIDE), 1);
    say(MESSAGE("$bad", "!x"));
    expect_applied("");
}

/* The disk fails in the turn of one event: none of the answer happened, and all of it happens later, once. */
static void sync__applies_an_answer_whole_or_not_at_all(void **state)
{
    (void)state;
    bench.breaking = "$two";
    say(MESSAGE("$one", "!x") "," MESSAGE("$two", "!x") "," MESSAGE("$three", "!x"));
    expect_applied("0 $one, 0 $two, ");
    set_writable(true);
    bench.breaking = NULL;
    assert_false(message_is_known(bench.store, "$one"));
    assert_true(sync_next_ms(bench.sync) > bench.client.now_ms);
    at(NOW + 10000);
    say(MESSAGE("$one", "!x") "," MESSAGE("$two", "!x") "," MESSAGE("$three", "!x"));
    expect_applied("0 $one, 0 $two, 0 $three, ");
    say(MESSAGE("$three", "!x")); /* the homeserver may say it again */
    expect_applied("");
}

static void sync__tries_what_waits_for_a_number_before_the_rest(void **state)
{
    (void)state;
    bench.waiting = "$first";
    say(MESSAGE("$first", "!x") "," MESSAGE("$second", "!x"));
    expect_applied("0 $first, ");
    assert_int_equal(inbox_n(bench.store, room(), INBOX_WAITS), 1);
    at(NOW + 1000);
    expect_applied("");
    at(NOW + 61000);
    expect_applied("0 $first, "); /* and waits again */
    bench.waiting = NULL;
    sync_numbers_came(bench.sync);
    sync_poke(bench.sync);
    expect_applied("0 $first, 0 $second, ");
    assert_int_equal(inbox_n(bench.store, room(), INBOX_WAITS), 0);
}

/* Gaps */

#define LIMITED(more, events)                                                                                \
    "\"join\":{\"" ROOM "\":{\"timeline\":{\"limited\":true" more ",\"events\":[" events "]}}}"

static void gap__holds_its_room_but_for_what_only_stops(void **state)
{
    (void)state;
    bench.stops_nothing = "$early";
    answer_sync(
        LIMITED(",\"prev_batch\":\"p\"", MESSAGE("$talk", "hello") "," MESSAGE("$command", "!x") "," MESSAGE(
                                             "$stop", "!object") "," MESSAGE("$early", "!object")));
    expect_applied("ahead 0 $stop, ");
    assert_int_equal(inbox_n(bench.store, room(), INBOX_HELD), 2);
    answer("/members", 200, "{\"chunk\":[" OWN_JOIN "]}");
    say(MESSAGE("$command", "!x")); /* said again while it is held: held once */
    assert_int_equal(inbox_n(bench.store, room(), INBOX_HELD), 2);
    answer("/messages?", 200,
           "{\"end\":\"q\",\"chunk\":[" MESSAGE("$missed", "!x") "," MESSAGE(
               "$chat", "hello") ",7,"
                                 "{\"type\":\"m.room.message\",\"sender\":\"" ME
                                 "\",\"event_id\":\"$said\",\"content\":{}}]}");
    assert_string_equal(bench.own, "$said, ");
    answer("/messages?", 200, "{\"chunk\":[]}");
    sync_poke(bench.sync);
    assert_non_null(strstr(bench.applied, "0 $missed, "));
    assert_true(strstr(bench.applied, "$missed") < strstr(bench.applied, "$command"));
    assert_true(strstr(bench.applied, "$command") < strstr(bench.applied, "$early"));
}

static void gap__ends_where_the_homeserver_leads_nowhere(void **state)
{
    char *long_token = malloc(SYNC_TOKEN_BYTES + 64);
    snprintf(long_token, SYNC_TOKEN_BYTES + 64, "{\"chunk\":[],\"end\":\"%0*d\"}", SYNC_TOKEN_BYTES + 1, 7);
    const struct {
        const char *page;
        int n_lost;
    } rows[] = {
        { "{\"chunk\":[]}", 0 },
        { "{\"chunk\":[],\"end\":\"p\"}", 0 }, /* where it began */
        { "{\"chunk\":[" OWN_JOIN "],\"end\":\"q\"}", 0 }, /* the bot was not there before */
        { long_token, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup_in_room(state);
        answer_sync(LIMITED(",\"prev_batch\":\"p\"", ""));
        answer("/members", 200, "{\"chunk\":[]}");
        answer("/messages?", 200, rows[i].page);
        assert_null(find("/messages?"));
        assert_int_equal(inbox_n(bench.store, room(), INBOX_ASIDE), rows[i].n_lost);
        assert_int_equal(count("SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL"), 0);
        teardown(state);
    }
    free(long_token);
    setup_in_room(state);
}

static void gap__is_lost_without_a_beginning(void **state)
{
    (void)state;
    char rooms[SYNC_TOKEN_BYTES + 512];
    answer_sync(LIMITED("", MESSAGE("$m", "!x")));
    assert_int_equal(inbox_n(bench.store, room(), INBOX_ASIDE), 1);
    at(NOW + 1);
    snprintf(rooms, sizeof rooms, LIMITED(",\"prev_batch\":\"%0*d\"", ""), SYNC_TOKEN_BYTES + 1, 7);
    answer_sync(rooms);
    assert_int_equal(inbox_n(bench.store, room(), INBOX_ASIDE), 2);
    assert_null(find("/messages?"));
}

static void gap__is_given_up_after_refusals_and_not_after_an_outage(void **state)
{
    (void)state;
    answer_sync(LIMITED(",\"prev_batch\":\"p\"", ""));
    answer("/members", 200, "{\"chunk\":[]}");
    int n_refusals = 0;
    for (int i = 0; i < 40 && inbox_n(bench.store, room(), INBOX_ASIDE) == 0; i++) {
        bench.client.is_reachable = true;
        at(bench.client.now_ms + 3600000);
        if (i < 10) {
            answer("/messages?", i % 2 ? 502 : 200, "{}");
            continue;
        }
        answer("/messages?", 403, "{\"errcode\":\"M_FORBIDDEN\"}");
        n_refusals++;
    }
    assert_in_range(n_refusals, 2, 20);
    assert_int_equal(count("SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL"), 0);
}

/* Who is there */

static void members__tell_who_came_or_went_unseen(void **state)
{
    (void)state;
    store_begin(bench.store);
    room_set_member(bench.store, room(), "@bob:x", "join", NULL);
    assert_true(store_commit(bench.store, NULL));
    answer_sync(LIMITED("", ""));
    answer(
        "/members", 200,
        "{\"chunk\":[7,{\"type\":\"m.room.name\",\"state_key\":\"\",\"sender\":\"@a:x\",\"content\":{}}," MEMBER(
            "$bob-left", "@bob:x",
            "leave") "," MEMBER("$zoe", "@zoe:x",
                                "join") ","
                                        "{\"type\":\"m.room.member\",\"state_key\":\"@alice:x\",\"sender\":\"@alice:x\",\"event_id\":\"$future\","
                                        "\"origin_server_ts\":1900000000000,\"content\":{\"membership\":\"ban\"}}]}");
    /* Of zoe nothing was known: she did not come, she was there. */
    expect_applied(
        arena_printf(bench.arena, "%d $bob-left, %d $future, ", (int)EVENT_MEMBER, (int)EVENT_MEMBER));
    assert_true(room_has_joined(bench.store, room(), "@zoe:x"));
}

static void members__are_waited_for_only_so_long(void **state)
{
    (void)state;
    answer_sync(LIMITED("", MESSAGE("$m", "!x")));
    answer("/members", 500, "{}");
    assert_int_equal(count("SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL"), 1);
    at(sync_next_ms(bench.sync));
    at(NOW + MEMBERS_HOLD_MS);
    assert_int_equal(count("SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL"), 0);
    at(NOW + MEMBERS_HOLD_MS + 1);
    assert_non_null(strstr(bench.applied, "$m"));
}

static void members__that_are_refused_hold_nothing_up(void **state)
{
    (void)state;
    answer_sync(LIMITED("", MESSAGE("$m", "!x")));
    answer("/members", 403, "{\"errcode\":\"M_FORBIDDEN\"}");
    assert_int_equal(count("SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL"), 0);
    assert_non_null(strstr(bench.applied, "$m"));
    assert_null(find("/members"));
    at(NOW + 600000);
    assert_non_null(find("/members"));
}

/* Coming and going */

static void sync__leaves_with_what_was_said_before(void **state)
{
    (void)state;
    answer_sync("\"leave\":{\"" ROOM "\":{\"timeline\":{\"events\":[" MESSAGE(
        "$before", "!object") ","
                              "{\"type\":\"m.room.member\",\"state_key\":\"" ME
                              "\",\"sender\":\"@alice:x\",\"event_id\":\"$ban\","
                              "\"content\":{\"membership\":\"ban\"}}," MESSAGE("$after", "!x") "]}}}");
    expect_applied(arena_printf(bench.arena, "0 $before, %d $ban, ", (int)EVENT_SELF_LEFT));
    assert_string_equal(value("membership"), "ban");
    answer_sync("\"leave\":{\"" ROOM "\":{}}");
    assert_string_equal(value("membership"), "leave");
    expect_applied("");
}

static void sync__is_told_of_its_leaving_in_any_block_or_none(void **state)
{
    static const char *const bodies[] = {
        "{\"state\":{\"events\":[%s]}}",
        "{\"state_after\":{\"events\":[7,%s]}}",
        "{\"org.matrix.msc4222.state_after\":{\"events\":[%s]}}",
        "{\"timeline\":{\"events\":[%s]}}",
        "{}",
    };
    static const char left[] =
        "{\"type\":\"m.room.member\",\"state_key\":\"" ME
        "\",\"sender\":\"@alice:x\",\"event_id\":\"$left\",\"content\":{\"membership\":\"leave\"}}";
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char rooms[512];
        setup_in_room(state);
        size_t len = (size_t)snprintf(rooms, sizeof rooms, "\"leave\":{\"" ROOM "\":");
        const char *hole = strstr(bodies[i], "%s");
        snprintf(rooms + len, sizeof rooms - len, "%.*s%s%s}", hole ? (int)(hole - bodies[i]) : 2, bodies[i],
                 hole ? left : "", hole ? hole + 2 : "");
        answer_sync(rooms);
        assert_string_equal(value("membership"), "leave");
        assert_int_equal(strstr(bench.applied, "$left") != NULL, hole != NULL);
        assert_non_null(strstr(bench.applied, hole ? "$left" : "$gone:" ROOM));
        teardown(state);
    }
    setup_in_room(state);
}

static void sync__notices_that_it_was_away_within_one_answer(void **state)
{
    (void)state;
    answer_sync("\"join\":{\"" ROOM "\":{\"timeline\":{\"events\":[" MESSAGE(
        "$missed",
        "!x") ","
              "{\"type\":\"m.room.member\",\"state_key\":\"" ME "\",\"sender\":\"" ME
              "\",\"event_id\":\"$again\","
              "\"unsigned\":{\"prev_content\":{\"membership\":\"leave\"}},\"content\":{\"membership\":\"join\"}}," MESSAGE(
                  "$heard", "!x") "]}}}");
    assert_non_null(strstr(bench.applied, "$gone:" ROOM));
    assert_null(strstr(bench.applied, "$missed"));
    *bench.applied = '\0';
    /* Another name is no coming back. */
    answer("/members", 200, "{\"chunk\":[]}");
    *bench.applied = '\0';
    say("{\"type\":\"m.room.member\",\"state_key\":\"" ME "\",\"sender\":\"" ME
        "\",\"event_id\":\"$renamed\","
        "\"unsigned\":{\"prev_content\":{\"membership\":\"join\"}},\"content\":{\"membership\":\"join\"}}");
    expect_applied("");
}

/* Invitations */

#define INVITED(sender, more)                                                                                \
    "{\"type\":\"m.room.member\",\"state_key\":\"" ME "\",\"sender\":\"" sender "\",\"content\":"            \
    "{\"membership\":\"invite\"" more "}}"

static void sync__follows_the_invitations_of_those_who_may(void **state)
{
    (void)state;
    static const struct {
        const char *events;
        bool is_followed, is_direct;
    } rows[] = {
        { INVITED("@alice:x", ""), true, false },
        { INVITED("@alice:x", ",\"is_direct\":true"), true, true },
        { INVITED("@alice:x", ",\"is_direct\":\"yes\""), true, false },
        { INVITED("@eve:x", ""), false, false },
        { INVITED("eve", ""), false, false },
        { "{\"type\":\"m.room.create\",\"content\":{\"type\":\"m.space\"}}," INVITED("@alice:x", ""), false,
          false },
        { "{\"type\":\"m.room.create\",\"content\":{\"type\":\"other\"}}," INVITED("@alice:x", ""), true,
          false },
        { "{\"type\":\"m.room.member\",\"state_key\":\"@eve:x\",\"sender\":\"@alice:x\",\"content\":{\"membership\":\"invite\"}}",
          false, false },
        { "{\"type\":\"m.room.member\",\"state_key\":\"" ME
          "\",\"sender\":\"@alice:x\",\"content\":{\"membership\":\"join\"}}",
          false, false },
        { "7", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char rooms[1024], room_id[16];
        snprintf(room_id, sizeof room_id, "!i%zu:x", i);
        snprintf(rooms, sizeof rooms, "\"invite\":{\"%s\":{\"invite_state\":{\"events\":[%s]}}}", room_id,
                 rows[i].events);
        answer_sync(rooms);
        struct request *join = find("/v3/join/");
        assert_int_equal(join != NULL, rows[i].is_followed);
        if (join)
            answer("/v3/join/", 200, "{}");
        int64_t row = room_find(bench.store, room_id);
        char *person = row ? room_value(bench.store, row, "dm_person", bench.arena) : NULL;
        assert_int_equal(is(person, "@alice:x"), rows[i].is_direct);
    }
}

/* Who is invited is out. */
static void sync__knows_by_an_invitation_that_it_is_out(void **state)
{
    (void)state;
    answer_sync("\"invite\":{\"" ROOM "\":{\"invite_state\":{\"events\":[" INVITED("@eve:x", "") "]}}}");
    assert_non_null(strstr(bench.applied, "$gone:" ROOM));
    assert_string_equal(value("membership"), "leave");
    assert_null(find("/v3/join/"));
}

static void invite_to_room(void)
{
    answer_sync("\"invite\":{\"!new:x\":{\"invite_state\":{\"events\":[" INVITED("@alice:x", "") "]}}}");
}

static void invites__are_tried_again_and_then_turned_down(void **state)
{
    (void)state;
    assert_int_equal(invite_wait_ms(0), 0);
    assert_int_equal(invite_wait_ms(1), 2000);
    assert_int_equal(invite_wait_ms(12), 3600000);
    assert_int_equal(invite_wait_ms(13), -1);
    invite_to_room();
    int n_tries = 0;
    while (find("/v3/join/")) {
        if (n_tries % 4 == 3) {
            answer("/v3/join/", 500, "{}"); /* no try: nobody said no */
            bench.client.is_reachable = true;
        }
        at(bench.client.now_ms + 3600000);
        answer("/v3/join/", 403, "{\"errcode\":\"M_FORBIDDEN\"}");
        at(bench.client.now_ms + 3600000);
        assert_true(++n_tries < 20);
    }
    assert_int_equal(n_tries, 13);
    answer("/leave", 500, "{}");
    at(bench.client.now_ms + 3600000);
    answer("/leave", 200, "{}");
    answer("/forget", 200, "{}");
    assert_int_equal(count("SELECT count(*) FROM invite"), 0);
}

static void invites__to_a_room_of_the_future_are_turned_down_at_once(void **state)
{
    (void)state;
    invite_to_room();
    answer("/v3/join/", 400, "{\"errcode\":\"M_INCOMPATIBLE_ROOM_VERSION\"}");
    assert_non_null(find("/leave"));
}

static void invites__wait_for_the_limit(void **state)
{
    (void)state;
    bench.client.waits_until_ms[CLIENT_JOIN] = NOW + 7000;
    invite_to_room();
    assert_null(find("/v3/join/"));
    assert_int_equal(sync_next_ms(bench.sync), NOW + 7000);
    at(NOW + 7000);
    assert_non_null(find("/v3/join/"));
}

/* Put off by a clock that was years ahead. */
static void invites__do_not_wait_for_a_clock_that_was_wrong(void **state)
{
    (void)state;
    store_begin(bench.store);
    invite_add(bench.store, &(struct invite_row){ .room_id = "!old:x",
                                                  .inviter = "@alice:x",
                                                  .next_try_ms = NOW + INT64_C(86400000) * 365,
                                                  .state = INVITE_JOIN });
    assert_true(store_commit(bench.store, NULL));
    invite_to_room(); /* makes it look again */
    answer("/v3/join/%21new%3Ax", 200, "{}");
    sync_poke(bench.sync);
    assert_non_null(find("/v3/join/%21old%3Ax?via=&"));
}

#define TEST(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define IN_ROOM(name) cmocka_unit_test_setup_teardown(name, setup_in_room, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sync__goes_on_with_its_own_token_alone),
        TEST(sync__asks_again_later_where_the_answer_is_none),
        TEST(sync__asks_for_a_filter_once),
        TEST(sync__takes_no_answer_without_a_position),
        IN_ROOM(sync__begins_anew_where_its_position_is_unknown),
        IN_ROOM(sync__keeps_a_position_without_effect_for_a_while),
        IN_ROOM(sync__believes_no_position_of_tomorrow),
        IN_ROOM(sync__sleeps_while_it_begins_anew),
        IN_ROOM(sync__knows_when_somebody_left),
        IN_ROOM(sync__takes_what_was_said_while_it_slept_at_its_own_time),
        IN_ROOM(sync__hears_what_stands_behind_nonsense),
        IN_ROOM(sync__takes_no_right_back__by_another_branch_of_the_history),
        IN_ROOM(sync__passes_over_rooms_that_are_none),
        IN_ROOM(sync__tells_of_its_own_events_those_that_are),
        IN_ROOM(sync__tells_who_came_and_went_unseen),
        IN_ROOM(sync__sets_aside_what_fails_three_times),
        IN_ROOM(sync__applies_an_answer_whole_or_not_at_all),
        IN_ROOM(sync__tries_what_waits_for_a_number_before_the_rest),
        IN_ROOM(gap__holds_its_room_but_for_what_only_stops),
        cmocka_unit_test_teardown(gap__ends_where_the_homeserver_leads_nowhere, teardown),
        IN_ROOM(gap__is_lost_without_a_beginning),
        IN_ROOM(gap__is_given_up_after_refusals_and_not_after_an_outage),
        IN_ROOM(members__tell_who_came_or_went_unseen),
        IN_ROOM(members__are_waited_for_only_so_long),
        IN_ROOM(members__that_are_refused_hold_nothing_up),
        IN_ROOM(sync__leaves_with_what_was_said_before),
        cmocka_unit_test_teardown(sync__is_told_of_its_leaving_in_any_block_or_none, teardown),
        IN_ROOM(sync__notices_that_it_was_away_within_one_answer),
        IN_ROOM(sync__follows_the_invitations_of_those_who_may),
        IN_ROOM(sync__knows_by_an_invitation_that_it_is_out),
        IN_ROOM(invites__are_tried_again_and_then_turned_down),
        IN_ROOM(invites__to_a_room_of_the_future_are_turned_down_at_once),
        IN_ROOM(invites__wait_for_the_limit),
        IN_ROOM(invites__do_not_wait_for_a_clock_that_was_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
