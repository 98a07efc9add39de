/* matrix/sync: against a scripted homeserver, with an engine that only remembers what it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../patience.h"
#include "events.h"
#include "server.h"

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/http.h"
#include "matrix/sync.h"
#include "store/hold.h"
#include "store/inbox.h"
#include "store/invite.h"
#include "store/message.h"
#include "store/room.h"

#define ME   "@greffier:example.org"
#define ROOM "!room:example.org"

enum { QUEUE_MAX = 32, SEEN_MAX = 2048, ASKED_MAX = 512 };

struct seen {
    char id[64], body[64];
    enum event_kind kind;
    bool is_ahead;
    int64_t at_ms;
};

struct page {
    const char *from;
    int status;
    char *body;
};

struct fixture {
    struct server *server;
    struct http *http;
    struct store *store;
    struct client client;
    struct sync *sync;
    struct arena *arena;
    /* The server's script. */
    char *answers[QUEUE_MAX]; /* of /sync, in order; then it is silent */
    int statuses[QUEUE_MAX];
    int n_answers, n_answered;
    struct page pages[QUEUE_MAX]; /* of /messages, by where they begin */
    int n_pages;
    char *members; /* of /members; NULL: nobody answers */
    int members_status, join_status, members_delay_ms;
    /* What the server saw. */
    struct {
        char since[64];
        int timeout;
        bool is_narrow; /* by a filter that takes one event a room */
    } asked[ASKED_MAX];
    int n_asked, n_asked_at_last, n_pages_asked, n_members_asked, n_filters, n_joins, n_leaves, n_forgets;
    char who[64];
    /* What the engine and the callbacks saw. */
    struct seen seen[SEEN_MAX];
    int n_seen, n_applied, n_own, n_waits, n_wrong, n_commits;
    char own_txn[64];
    bool has_numbers, has_endless_gap;
    char breaks_at[64]; /* this event fails its turn */
};

static struct fixture *current; /* the engine's three functions have no data of their own */

/* Server */

static int64_t number_in(const char *path, const char *name)
{
    const char *at = strstr(path, name);
    return at ? atol(at + strlen(name)) : -1;
}

static void word_in(const char *path, const char *name, char out[64])
{
    const char *at = strstr(path, name);
    *out = '\0';
    if (at)
        snprintf(out, 64, "%.*s", (int)strcspn(at + strlen(name), "&"), at + strlen(name));
}

static struct server_answer serve_sync(struct fixture *f, const char *path)
{
    char since[64];
    word_in(path, "&since=", since);
    assert(f->n_asked < ASKED_MAX);
    snprintf(f->asked[f->n_asked].since, 64, "%s", since);
    f->asked[f->n_asked].is_narrow = strstr(path, "filter=%7B") != NULL;
    f->asked[f->n_asked++].timeout = (int)number_in(path, "&timeout=");
    if (f->n_answered < f->n_answers) {
        int i = f->n_answered++;
        f->n_asked_at_last = f->n_asked;
        return (struct server_answer){ .status = f->statuses[i], .body = xstrdup(f->answers[i]) };
    }
    int timeout = (int)number_in(path, "&timeout=");
    return (struct server_answer){ .status = 200,
                                   .body = xasprintf("{\"next_batch\":\"%s\"}", *since ? since : "s0"),
                                   .delay_ms = timeout };
}

static struct server_answer serve_page(struct fixture *f, const char *path)
{
    char from[64];
    word_in(path, "&from=", from);
    f->n_pages_asked++;
    if (f->has_endless_gap)
        return (struct server_answer){ .status = 200,
                                       .body =
                                           xasprintf("{\"chunk\":[],\"end\":\"e%d\"}", f->n_pages_asked) };
    for (int i = 0; i < f->n_pages; i++)
        if (strcmp(f->pages[i].from, from) == 0)
            return (struct server_answer){ .status = f->pages[i].status, .body = xstrdup(f->pages[i].body) };
    return (struct server_answer){ .status = 404, .body = xstrdup("{\"errcode\":\"M_NOT_FOUND\"}") };
}

static struct server_answer serve(void *data, const struct server_request *request)
{
    struct fixture *f = data;
    const char *path = request->path;
    if (strstr(path, "/whoami"))
        return (struct server_answer){ .status = 200, .body = xasprintf("{\"user_id\":\"%s\"}", f->who) };
    if (strstr(path, "/filter")) {
        f->n_filters++;
        return (struct server_answer){ .status = 200, .body = xstrdup("{\"filter_id\":\"f1\"}") };
    }
    if (strstr(path, "/sync?"))
        return serve_sync(f, path);
    if (strstr(path, "/messages?"))
        return serve_page(f, path);
    if (strstr(path, "/members")) {
        f->n_members_asked++;
        return (struct server_answer){ .status = f->members_status,
                                       .body = xstrdup(f->members),
                                       .delay_ms = f->members_delay_ms };
    }
    if (strstr(path, "/join/")) {
        f->n_joins++;
        return (struct server_answer){ .status = f->join_status,
                                       .body = xstrdup("{\"errcode\":\"M_FORBIDDEN\"}") };
    }
    f->n_leaves += strstr(path, "/leave") != NULL;
    f->n_forgets += strstr(path, "/forget") != NULL;
    return (struct server_answer){ .status = 200 };
}

static void answer(struct fixture *f, int status, char *body)
{
    server_lock(f->server);
    assert(f->n_answers < QUEUE_MAX);
    f->statuses[f->n_answers] = status;
    f->answers[f->n_answers++] = body;
    server_unlock(f->server);
    server_wake(f->server);
}

/* What /messages says from there on; anew, if it was said before. */
static void page(struct fixture *f, const char *from, int status, char *body)
{
    server_lock(f->server);
    int i = 0;
    while (i < f->n_pages && strcmp(f->pages[i].from, from) != 0)
        i++;
    free(f->pages[i].body);
    f->pages[i] = (struct page){ .from = from, .status = status, .body = body };
    f->n_pages += i == f->n_pages;
    server_unlock(f->server);
}

/* Engine */

static bool fake_wants(struct engine *engine, const struct event *event)
{
    (void)engine;
    return event->kind != EVENT_MESSAGE || event->body[0] == '!';
}

static bool fake_only_stops(struct engine *engine, const struct event *event)
{
    (void)engine;
    return event->kind == EVENT_MESSAGE && strcmp(event->body, "!object") == 0;
}

static enum turn_result fake_apply(struct engine *engine, const struct event *event, int64_t now_ms)
{
    (void)engine;
    (void)now_ms;
    struct fixture *f = current;
    assert(f->n_seen < SEEN_MAX);
    struct seen *seen = &f->seen[f->n_seen++];
    snprintf(seen->id, sizeof seen->id, "%s", event->id);
    snprintf(seen->body, sizeof seen->body, "%s", event->body ? event->body : "");
    seen->kind = event->kind;
    seen->is_ahead = event->is_ahead;
    seen->at_ms = event->at_ms;
    if (strcmp(f->breaks_at, event->id) == 0)
        return TURN_FAILED;
    if (event->kind == EVENT_MEMBER && strcmp(event->membership, "leave") == 0)
        invite_add(f->store,
                   &(struct invite_row){ .room_id = ROOM, .state = INVITE_LEAVE }); /* as engine/direct */
    if (event->body && strcmp(event->body, "!number") == 0 && !f->has_numbers)
        return TURN_WAITS;
    message_add(f->store, &(struct message_row){ .event_id = event->id,
                                                 .room = event->room,
                                                 .sender = event->sender,
                                                 .role = "command",
                                                 .at_ms = event->at_ms });
    return TURN_DONE;
}

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    (void)room, (void)event_id, (void)content_txn;
    struct fixture *f = data;
    f->n_own++;
    snprintf(f->own_txn, sizeof f->own_txn, "%s", txn ? txn : "");
}

static void on_waits(void *data, const char *room_id, const struct event *event)
{
    struct fixture *f = data;
    f->n_waits += strcmp(room_id, ROOM) == 0 && strcmp(event->id, "$n") == 0;
}

static bool may_invite(void *data, const char *user_id)
{
    (void)data;
    return strcmp(user_id, "@alice:example.org") == 0;
}

static void before_commit(void *data)
{
    assert_true(store_in_transaction(((struct fixture *)data)->store));
}

static void after_commit(void *data, bool is_committed)
{
    struct fixture *f = data;
    assert_false(store_in_transaction(f->store));
    f->n_commits += is_committed;
}

static void on_applied(void *data)
{
    ((struct fixture *)data)->n_applied++;
}

static void on_wrong_account(void *data, const char *what)
{
    (void)what;
    ((struct fixture *)data)->n_wrong++;
}

/* The loop */

static int64_t clock_is_ahead_ms; /* by which a test has set the clock */

/* The bot's clock: what it does is to depend neither on today nor on who sets this machine's. */
static int64_t wall_ms(void)
{
    return INT64_C(1795510800000) + patience_now_ms() + clock_is_ahead_ms;
}

enum { PASSES_MS = 60000 };

static void step(struct fixture *f)
{
    f->client.now_ms = wall_ms();
    sync_poke(f->sync);
    int64_t wait_ms = sync_next_ms(f->sync) - wall_ms();
    /* Where nothing is under way but time, it passes. */
    if (http_n_in_flight(f->http) == 0 && wait_ms > 0 && wait_ms < PASSES_MS) {
        clock_is_ahead_ms += wait_ms;
        wait_ms = 0;
    }
    http_wait(f->http, NULL, 0, wait_ms < 0 ? 0 : wait_ms > 20 ? 20 : (int)wait_ms);
    f->client.now_ms = wall_ms();
    http_work(f->http);
}

/* All that was scripted is applied: else it would not have asked again. */
static bool is_taken(struct fixture *f)
{
    server_lock(f->server);
    bool is = f->n_answered == f->n_answers && f->n_asked > f->n_asked_at_last;
    server_unlock(f->server);
    return is;
}

/* And no room waits. */
static bool is_through(struct fixture *f)
{
    return is_taken(f) && inbox_n(f->store, 0, INBOX_HELD) == 0 &&
           store_int(f->store, 0, "SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL", "") == 0;
}

static void run_until(struct fixture *f, bool (*is_there)(struct fixture *f))
{
    PATIENTLY(is_there(f), step(f));
}

static void run_script(struct fixture *f)
{
    run_until(f, is_through);
}

/* What the server's threads count is read under their lock. */
#define STEP_UNTIL(condition)                                                                                \
    do {                                                                                                     \
        bool is_met = false;                                                                                 \
        PATIENTLY(is_met, {                                                                                  \
            step(f);                                                                                         \
            server_lock(f->server);                                                                          \
            is_met = (condition);                                                                            \
            server_unlock(f->server);                                                                        \
        });                                                                                                  \
    } while (0)

/* For what must not happen: a machine that is slow does not make it happen. */
static void run_for(struct fixture *f, int ms)
{
    for (int64_t end_ms = wall_ms() + ms; wall_ms() < end_ms;)
        step(f);
}

static void begin(struct fixture *f)
{
    f->client = (struct client){ .http = f->http, .store = f->store, .me = ME };
    client_init(&f->client, wall_ms());
    struct sync_settings settings = {
        .intake = { .wants = fake_wants,
                    .only_stops = fake_only_stops,
                    .apply = fake_apply,
                    .on_waits = on_waits,
                    .on_own_event = on_own_event,
                    .may_invite = may_invite,
                    .data = f },
        .before_commit = before_commit,
        .after_commit = after_commit,
        .on_applied = on_applied,
        .on_wrong_account = on_wrong_account,
        .data = f,
    };
    f->sync = sync_create(&f->client, &settings);
    sync_start(f->sync);
}

/* As after a crash, or after a clean stop; the store stays. */
static void restart(struct fixture *f, bool is_clean)
{
    if (is_clean)
        sync_stop(f->sync);
    sync_destroy(f->sync);
    begin(f);
}

static int setup(void **state)
{
    struct fixture *f = current = xcalloc(1, sizeof *f);
    clock_is_ahead_ms = 0;
    log_set_level(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR + 1);
    f->server = server_start(serve, f);
    f->arena = arena_create();
    snprintf(f->who, sizeof f->who, "%s", ME);
    f->members_status = f->join_status = 200;
    f->members =
        xstrdup("{\"chunk\":[{\"type\":\"m.room.member\",\"event_id\":\"$m1\",\"state_key\":\"@bob:"
                "example.org\",\"sender\":\"@bob:example.org\",\"content\":{\"membership\":\"join\"}}]}");
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", f->server->port);
    f->http = http_create(url, NULL);
    if (store_open(NULL, &f->store, NULL) != STORE_OPENED)
        return -1;
    *state = f;
    begin(f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sync_destroy(f->sync);
    http_destroy(f->http);
    server_stop(f->server);
    store_close(f->store);
    arena_destroy(f->arena);
    for (int i = 0; i < f->n_answers; i++)
        free(f->answers[i]);
    for (int i = 0; i < f->n_pages; i++)
        free(f->pages[i].body);
    free(f->members);
    free(f);
    return 0;
}

/* Bodies */

#define SAYS(id, text) EVENT_AT(id, "@bob:example.org", "1000", TEXT(text))
#define OWN_JOIN(id)   EVENT_AT(id, ME, "1000", MEMBER(ME, "join"))
#define CREATE                                                                                               \
    EVENT_AT("$create", "@alice:example.org", "1",                                                           \
             "\"type\":\"m.room.create\",\"state_key\":\"\",\"content\":{\"room_version\":\"10\"}")
#define JOINED(next, state, limited, prev, events)                                                           \
    "{\"next_batch\":\"" next "\",\"rooms\":{\"join\":{\"" ROOM "\":{\"state\":{\"events\":[" state          \
    "]},\"timeline\":{\"limited\":" limited ",\"prev_batch\":\"" prev "\",\"events\":[" events "]}}}}}"
#define FIRST JOINED("s1", CREATE "," OWN_JOIN("$own"), "true", "p0", SAYS("$old", "!old"))

static char *says(const char *id, const char *text)
{
    return xasprintf(JOINED("%s-next", "", "false", "p", SAYS("%s", "%s")), id, id, text);
}

static void assert_order(struct fixture *f, const char *const *ids)
{
    int n = 0;
    for (; ids[n]; n++) {
        if (n >= f->n_seen || strcmp(f->seen[n].id, ids[n]) != 0)
            print_error("%d: want %s, got %s\n", n, ids[n], n < f->n_seen ? f->seen[n].id : "nothing");
        assert_true(n < f->n_seen);
        assert_string_equal(f->seen[n].id, ids[n]);
    }
    assert_int_equal(f->n_seen, n);
}

static int64_t room(struct fixture *f)
{
    return room_find(f->store, ROOM);
}

/* The tests */

static void sync__executes_nothing__from_the_first_answer(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    assert_int_equal(f->n_seen, 0);
    assert_true(f->client.is_caught_up);
    assert_true(room_has_joined(f->store, room(f), ME));
    assert_true(room_has_joined(f->store, room(f), "@bob:example.org"));
    assert_int_equal(room_level(f->store, room(f), "@alice:example.org"), 100);
    struct room seen;
    assert_true(room_get(f->store, room(f), f->arena, &seen));
    assert_int_equal(seen.hold_since_ms, 0);
    assert_string_equal(seen.membership, "join");
    assert_string_equal(f->asked[0].since, "");
    assert_string_equal(f->asked[1].since, "s1");
}

static void sync__applies_once__what_comes_twice(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, says("$a", "!one"));
    answer(f, 200, says("$a", "!one"));
    answer(f, 200, xstrdup(JOINED("s9", "", "false", "p", SAYS("$a", "!one") "," SAYS("$b", "!two"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", NULL });
    restart(f, false);
    answer(f, 200, says("$b", "!two"));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", NULL });
}

static void sync__writes_nothing__for_small_talk(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    char *before = store_get(f->store, f->arena, "sync.next_batch");
    int n_commits = f->n_commits;
    answer(f, 200, says("$talk", "good morning"));
    run_script(f);
    assert_int_equal(f->n_commits, n_commits);
    char *after = store_get(f->store, f->arena, "sync.next_batch");
    assert_string_equal(before, after);
    /* What is asked next is newer all the same, and a clean stop writes it. */
    assert_string_equal(f->asked[f->n_asked - 1].since, "%24talk-next");
    sync_stop(f->sync);
    assert_string_equal(store_get(f->store, f->arena, "sync.next_batch"), "$talk-next");
}

static void sync__greets__only_after_its_join(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup("{\"next_batch\":\"s1\"}"));
    answer(f, 200,
           xstrdup(JOINED("s2", CREATE, "true", "p",
                          SAYS("$before", "!before") "," OWN_JOIN("$own") "," SAYS("$after", "!after"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$own", "$after", NULL });
    assert_int_equal(f->seen[0].kind, EVENT_SELF_JOINED);
    assert_int_equal(f->n_pages_asked, 0);
    /* The people were known before either was applied. */
    assert_int_equal(f->n_members_asked, 1);
}

/* So many spoke since that its join is not shown. */
static void sync__hears_all__that_was_said_since_its_join(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup("{\"next_batch\":\"s1\"}"));
    page(f, "p1", 200,
         xstrdup("{\"end\":\"p2\",\"chunk\":[" SAYS("$b", "!b") "," SAYS("$a", "!a") "," OWN_JOIN(
             "$own") "," SAYS("$before", "!before") "]}"));
    answer(f, 200, xstrdup(JOINED("s2", CREATE "," OWN_JOIN("$own"), "true", "p1", SAYS("$c", "!c"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$own", "$a", "$b", "$c", NULL });
    assert_int_equal(f->n_pages_asked, 1);
}

static void sync__goes_on__without_members(void **state)
{
    struct fixture *f = *state;
    f->members_status = 403;
    free(f->members);
    f->members = xstrdup("{\"errcode\":\"M_FORBIDDEN\"}");
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, says("$a", "!one"));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", NULL });
    /* Whoever spoke is in it. */
    assert_true(room_has_joined(f->store, room(f), "@bob:example.org"));
    assert_false(room_has_joined(f->store, room(f), "@carol:example.org"));
}

/* When the room says what of its gap; 0: nothing. */
static int64_t says_ms(struct fixture *f, const char *what)
{
    return store_int(f->store, 0, "SELECT due_ms FROM timer WHERE what = ?1", "s", what);
}

static void sync__fills_a_gap__in_order(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, says("$a", "!a"));
    run_script(f); /* while it is not known who is in the room, $a waits too */
    page(f, "p1", 200,
         xstrdup("{\"start\":\"p1\",\"end\":\"p2\",\"chunk\":[" SAYS("$d", "!d") "," SAYS(
             "$talk", "hm") "," SAYS("$c", "!c") "]}"));
    page(f, "p2", 200, xstrdup("{\"start\":\"p2\",\"chunk\":[" SAYS("$b", "!b") "]}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$e", "!e") "," SAYS("$f", "!object"))));
    answer(f, 200, says("$g", "!g"));
    run_script(f);
    /* What only stops things was not kept waiting. */
    assert_order(f, (const char *[]){ "$a", "$f", "$b", "$c", "$d", "$e", "$g", NULL });
    assert_true(f->seen[1].is_ahead);
    assert_int_equal(inbox_n(f->store, 0, INBOX_HELD), 0);
    struct room seen;
    room_get(f->store, room(f), f->arena, &seen);
    assert_int_equal(seen.hold_since_ms, 0);
    assert_int_equal(says_ms(f, HOLD_SAYS) + says_ms(f, HOLD_LOST), 0);
}

/* What the bot said in the gap hangs on an older cause; who left may have been heard of before: neither ends the walk. */
static void sync__walks_on__past_its_own_words(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, says("$a", "!a"));
    run_script(f);
    struct message_row own = { .event_id = "$mine",
                               .room = room(f),
                               .sender = "",
                               .role = "answer",
                               .row = 7,
                               .at_ms = f->seen[0].at_ms - 1 };
    struct message_row left = { .event_id = "$left",
                                .room = room(f),
                                .sender = "@x:y",
                                .role = "member",
                                .at_ms = f->seen[0].at_ms - 1 };
    store_begin(f->store);
    message_add(f->store, &own);
    message_add(f->store, &left);
    assert_true(store_commit(f->store, NULL));
    page(
        f, "p1", 200,
        xstrdup(
            "{\"end\":\"p2\",\"chunk\":[" SAYS("$c", "!c") "," EVENT_AT("$mine", ME, "1000", "\"type\":\"m.room.message\",\"content\":{\"msgtype\":\"m.notice\",\"body\":\"x\"}") "," SAYS(
                "$left", "!left") "," SAYS("$b", "!b") "," SAYS("$a", "!a") "," SAYS("$old", "!old") "]}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$d", "!d"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", "$c", "$d", NULL });
}

static void sync__makes_one_gap__of_two(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    page(f, "p1", 500, xstrdup("{}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    STEP_UNTIL(f->n_pages_asked > 0);
    assert_int_equal(f->n_seen, 0);
    page(f, "p2", 200,
         xstrdup(
             "{\"end\":\"p3\",\"chunk\":[" SAYS("$d", "!d") "," SAYS("$c", "!c") "," SAYS("$b", "!b") "]}"));
    page(f, "p3", 200, xstrdup("{\"end\":\"p3\",\"chunk\":[" SAYS("$a", "!a") "]}"));
    answer(f, 200, xstrdup(JOINED("s4", "", "true", "p2", SAYS("$e", "!e"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", "$c", "$d", "$e", NULL });
}

static void sync__goes_on_filling__after_a_crash(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    page(f, "p1", 200, xstrdup("{\"end\":\"p2\",\"chunk\":[" SAYS("$b", "!b") "]}"));
    page(f, "p2", 500, xstrdup("{}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    STEP_UNTIL(inbox_n(f->store, 0, INBOX_HELD) == 2 && f->n_pages_asked > 1);
    restart(f, false);
    assert_true(sync_was_unclean(f->sync));
    page(f, "p2", 200, xstrdup("{\"chunk\":[" SAYS("$a", "!a") "]}"));
    answer(f, 200, says("$d", "!d"));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", "$c", "$d", NULL });
    assert_int_equal(f->n_filters, 1);
}

static void sync__stops_a_gap__at_its_own_join(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    page(f, "p1", 200,
         xstrdup("{\"end\":\"p2\",\"chunk\":[" SAYS("$b", "!b") "," OWN_JOIN("$again") "," SAYS("$a",
                                                                                                "!a") "]}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$b", "$c", NULL });
    assert_int_equal(f->n_pages_asked, 1);
}

/* p1, p2, p3, p2, p3...: a server that leads in circles holds nobody up for ever. */
static void sync__ends_a_gap__that_goes_in_circles(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    page(f, "p1", 200, xstrdup("{\"end\":\"p2\",\"chunk\":[" SAYS("$c", "!c") "]}"));
    page(f, "p2", 200, xstrdup("{\"end\":\"p3\",\"chunk\":[" SAYS("$b", "!b") "]}"));
    page(f, "p3", 200, xstrdup("{\"end\":\"p2\",\"chunk\":[" SAYS("$a", "!a") "]}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$d", "!d"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", "$c", "$d", NULL });
    assert_true(f->n_pages_asked < 10);
}

/* Nothing, and more of it behind: what is there will never be known. */
static void sync__loses_a_gap__that_has_no_end(void **state)
{
    struct fixture *f = *state;
    f->has_endless_gap = true;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$d", "!d"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$d", NULL });
    assert_int_equal(inbox_n(f->store, room(f), INBOX_ASIDE), 1);
}

static void sync__gives_a_gap_up__when_refused(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    page(f, "p1", 403, xstrdup("{\"errcode\":\"M_FORBIDDEN\"}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    STEP_UNTIL(f->n_seen > 0);
    assert_order(f, (const char *[]){ "$c", NULL });
    assert_int_equal(inbox_n_aside_since(f->store, room(f), f->seen[0].at_ms), 1);
    assert_int_equal(f->n_pages_asked, 3);
    assert_int_equal(says_ms(f, HOLD_SAYS), 0);
    assert_true(says_ms(f, HOLD_LOST) > 0);
}

static void sync__says_so__when_a_hold_lasts(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    assert_int_equal(says_ms(f, HOLD_SAYS), 0);
    page(f, "p1", 503, xstrdup("{}"));
    page(f, "p2", 503, xstrdup("{}"));
    int64_t begun_ms = wall_ms();
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    run_until(f, is_taken);
    int64_t says = says_ms(f, HOLD_SAYS);
    assert_true(says >= begun_ms + GAP_UNSAID_MS && says <= wall_ms() + GAP_UNSAID_MS);
    /* Neither a second gap, nor a start, nor what that makes of the first begins it anew. */
    answer(f, 200, xstrdup(JOINED("s4", "", "true", "p2", SAYS("$d", "!d"))));
    run_until(f, is_taken);
    restart(f, false);
    assert_int_equal(says_ms(f, HOLD_SAYS), says);
    /* Sent out, or filled: there is nothing to say. */
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s5\",\"rooms\":{\"leave\":{\"" ROOM
                   "\":{\"timeline\":{\"events\":[]}}}}}"));
    run_until(f, is_taken);
    assert_int_equal(says_ms(f, HOLD_SAYS), 0);
    assert_int_equal(says_ms(f, HOLD_LOST), 0);
}

static void get_barrier(struct fixture *f)
{
    int64_t due_ms = wall_ms();
    sync_want_barrier(f->sync, due_ms);
    STEP_UNTIL(sync_barrier_ms(f->sync) > due_ms);
    sync_want_barrier(f->sync, INT64_MAX);
}

static void sync__never_repeats__a_fresh_request(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    for (int i = 0; i < 3; i++) {
        get_barrier(f);
        if (i == 1)
            restart(f, false);
    }
    int n_fresh = 0;
    for (int i = 0; i < f->n_asked; i++) {
        if (f->asked[i].timeout % 1000 == 0)
            continue;
        n_fresh++;
        for (int j = 0; j < i; j++)
            assert_false(strcmp(f->asked[i].since, f->asked[j].since) == 0 &&
                         f->asked[i].timeout == f->asked[j].timeout);
    }
    /* For the first two; the one after the restart was for the third too. */
    assert_true(n_fresh >= 3);
}

static void sync__shortens_its_poll__for_a_barrier_to_come(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    int64_t due_ms = wall_ms() + 1500;
    sync_want_barrier(f->sync, due_ms);
    STEP_UNTIL(sync_barrier_ms(f->sync) > due_ms);
    for (int i = 1; i < f->n_asked; i++)
        assert_true(f->asked[i].timeout <= 2000 || i == f->n_asked - 1);
}

/* Back by an hour, while nobody answers: neither the barrier of before counts for what comes due in that hour, nor does
 * anything wait for the hour to pass again. */
static void sync__follows__a_clock_that_is_set(void **state)
{
    enum { HOUR_MS = 3600000 };
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    get_barrier(f);
    answer(f, 502, xstrdup("down"));
    answer(f, 502, xstrdup("down"));
    answer(f, 200, says("$a", "!a"));
    STEP_UNTIL(!f->client.is_caught_up);
    clock_is_ahead_ms = -HOUR_MS;
    f->client.now_ms = wall_ms();
    client_clock_moved(&f->client, -HOUR_MS);
    sync_clock_moved(f->sync, -HOUR_MS);
    assert_true(sync_barrier_ms(f->sync) <= wall_ms());
    run_script(f);
    get_barrier(f);
    assert_true(f->client.is_caught_up);
    /* Said an hour ago by the old clock, now by the new one. */
    assert_int_equal(f->n_seen, 1);
    assert_true(f->seen[0].at_ms <= wall_ms());
}

/* Four of six rooms are being asked who is in them: the loop must not turn until that is answered. */
static void sync__sleeps__while_its_jobs_are_asked(void **state)
{
    struct fixture *f = *state;
    f->members_delay_ms = PATIENCE_MS;
#define BARE(id) "\"" id "\":{\"state\":{\"events\":[" OWN_JOIN("$j" id) "]},\"timeline\":{\"events\":[]}}"
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s1\",\"rooms\":{\"join\":{" BARE("!1:x") "," BARE("!2:x") "," BARE(
               "!3:x") "," BARE("!4:x") "," BARE("!5:x") "," BARE("!6:x") "}}}"));
    STEP_UNTIL(f->n_members_asked == 4);
    f->client.now_ms = wall_ms();
    sync_poke(f->sync);
    assert_true(sync_next_ms(f->sync) > f->client.now_ms);
    server_lock(f->server);
    f->members_delay_ms = 0;
    server_unlock(f->server);
    server_wake(f->server);
    run_script(f);
    assert_int_equal(f->n_members_asked, 6);
}

/* A disk that is full is tried again after a while, not as fast as the machine can. */
static void sync__does_not_spin__while_the_store_fails(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    store_begin(f->store);
    inbox_add(f->store,
              &(struct inbox_row){
                  .event_id = "$held", .room = room(f), .state = INBOX_HELD, .json = SAYS("$held", "!held") },
              1);
    assert_true(store_commit(f->store, NULL));
    restart(f, true);
    store_run(f->store, "PRAGMA query_only = 1", "");
    run_for(f, 300);
    assert_int_equal(f->n_seen, 0);
    f->client.now_ms = wall_ms();
    sync_poke(f->sync);
    assert_true(sync_next_ms(f->sync) > f->client.now_ms);
    store_run(f->store, "PRAGMA query_only = 0", "");
    clock_is_ahead_ms = 5000; /* more than store_retry_ms ever says */
    run_script(f);
    assert_int_equal(inbox_n(f->store, 0, INBOX_HELD), 0);
    assert_int_equal(f->n_seen, 1);
}

/* With a long poll in flight and nothing to do, nothing but the network wakes the loop. */
static void sync__wants_no_wake_up__when_it_is_idle(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    STEP_UNTIL(f->asked[f->n_asked - 1].timeout == SYNC_POLL_MS);
    sync_poke(f->sync);
    assert_int_equal(sync_next_ms(f->sync), INT64_MAX);
}

/* The disk is full while an answer is applied: it is asked for again with the same position, and applied then. */
static void sync__moves_nothing__when_the_store_fails(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    run_for(f, 100);
    store_run(f->store, "PRAGMA query_only = 1", "");
    answer(f, 200, says("$a", "!a"));
    STEP_UNTIL(f->n_answered == 2 && f->n_asked > f->n_asked_at_last); /* it has it, and asks anew */
    store_run(f->store, "PRAGMA query_only = 0", "");
    assert_int_equal(message_is_known(f->store, "$a"), 0);
    int n_commits = f->n_commits;
    answer(f, 200, says("$a", "!a"));
    run_script(f);
    assert_int_equal(f->n_commits, n_commits + 1);
    assert_true(message_is_known(f->store, "$a"));
    assert_string_equal(f->asked[f->n_asked_at_last - 1].since, "s1");
    assert_string_equal(store_get(f->store, f->arena, "sync.next_batch"), "$a-next");
}

/* Who is in a room, and what was said in a gap, in every shape that no homeserver should give them. */
static void sync__survives__hostile_members_and_pages(void **state)
{
    struct fixture *f = *state;
    free(f->members);
    f->members = xstrdup(
        "{\"chunk\":[7,null,[],{},{\"type\":\"m.room.member\"},{\"type\":\"m.room.member\",\"state_key\":7,\"sender\":[],"
        "\"content\":[]},{\"type\":\"m.room.member\",\"event_id\":\"$m\",\"state_key\":\"@bob:example.org\",\"sender\":"
        "\"@bob:example.org\",\"content\":{\"membership\":{},\"displayname\":[]}},{\"type\":[],\"state_key\":{}}]}");
    page(
        f, "p1", 200,
        xstrdup("{\"end\":\"p2\",\"chunk\":[7,null,[],{},{\"event_id\":[],\"sender\":{},\"content\":7}," SAYS(
            "$b",
            "!b") ",{\"event_id\":\"$x\",\"sender\":\"@bob:example.org\",\"type\":\"m.room.message\"}]}"));
    page(f, "p2", 200, xstrdup("{\"end\":{},\"chunk\":[" SAYS("$a", "!a") "]}"));
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", "$c", NULL });
}

static void sync__sets_aside__what_fails_three_times(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    snprintf(f->breaks_at, sizeof f->breaks_at, "$bad");
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", SAYS("$bad", "!bad") "," SAYS("$good", "!good"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$bad", "$bad", "$bad", "$good", NULL });
    assert_int_equal(inbox_n(f->store, room(f), INBOX_ASIDE), 1);
}

/* What three crashes leave on the disk, for an event of an answer and for one of the inbox. */
static void sync__sets_aside__what_ended_the_program_three_times(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    store_begin(f->store);
    tries_add(f->store, "answer", "s1");
    tries_add(f->store, "answer", "s1");
    for (int i = 0; i < 3; i++) {
        tries_add(f->store, "event", "$bad");
        tries_add(f->store, "event", "$held");
    }
    inbox_add(f->store,
              &(struct inbox_row){
                  .event_id = "$held", .room = room(f), .state = INBOX_HELD, .json = SAYS("$held", "!held") },
              1);
    assert_true(store_commit(f->store, NULL));
    restart(f, false);
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", SAYS("$bad", "!bad") "," SAYS("$good", "!good"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$good", NULL });
    assert_int_equal(inbox_n(f->store, room(f), INBOX_ASIDE), 2);
    assert_int_equal(tries_count(f->store, "answer", "s1"), 0);
    /* A clean end ends the suspicion. */
    restart(f, true);
    assert_false(sync_was_unclean(f->sync));
}

static void sync__keeps_order__behind_what_waits_for_a_number(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", SAYS("$n", "!number") "," SAYS("$m", "!more"))));
    STEP_UNTIL(inbox_n(f->store, room(f), INBOX_WAITS) == 1 && inbox_n(f->store, room(f), INBOX_HELD) == 1);
    assert_int_equal(f->n_waits, 1);
    restart(f, false);
    f->has_numbers = true;
    f->n_seen = 0;
    sync_numbers_came(f->sync);
    run_script(f);
    assert_order(f, (const char *[]){ "$n", "$m", NULL });
}

static void sync__passes_over__what_is_nested_950_deep(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    char deep[2000] = "";
    memset(deep, '[', 950);
    memset(deep + 950, ']', 950);
    answer(
        f, 200,
        xasprintf(
            "{\"next_batch\":\"s3\",\"to_device\":{\"events\":[{\"content\":%s}]},\"rooms\":{\"join\":{\"" ROOM
            "\":{\"timeline\":{\"events\":[{\"event_id\":\"$deep\",\"sender\":\"@bob:example.org\",\"type\":"
            "\"m.room.message\",\"content\":{\"msgtype\":\"m.text\",\"body\":\"!deep\",\"x\":%.120s%.120s}}," SAYS(
                "$a", "!a") "]}}}}}",
            deep, deep, deep + 950));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", NULL });
}

static void sync__tells_what_it_said_itself(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200,
           xstrdup(JOINED(
               "s3", "", "false", "p",
               EVENT_AT("$mine", ME, "1",
                        "\"type\":\"m.room.message\",\"unsigned\":{\"transaction_id\":\"t7\"},\"content\":{"
                        "\"msgtype\":\"m.text\",\"body\":\"!no\"}"))));
    run_script(f);
    assert_int_equal(f->n_own, 1);
    assert_string_equal(f->own_txn, "t7");
    assert_int_equal(f->n_seen, 0);
}

static void sync__drops_everything__when_removed(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    page(f, "p1", 500, xstrdup("{}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$c", "!c"))));
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s4\",\"rooms\":{\"leave\":{\"" ROOM
                   "\":{\"timeline\":{\"events\":[" EVENT_AT("$kick", "@alice:example.org", "1",
                                                             MEMBER(ME, "ban")) "]}}}}}"));
    run_script(f);
    assert_order(f, (const char *[]){ "$kick", NULL });
    assert_int_equal(f->seen[0].kind, EVENT_SELF_LEFT);
    struct room seen;
    room_get(f->store, room(f), f->arena, &seen);
    assert_string_equal(seen.membership, "ban");
    assert_int_equal(seen.hold_since_ms, 0);
}

#define INVITE(room, inviter, more)                                                                          \
    "\"" room "\":{\"invite_state\":{\"events\":[" more "{\"type\":\"m.room.member\",\"state_key\":\"" ME    \
    "\",\"sender\":\"" inviter "\",\"content\":{\"membership\":\"invite\",\"is_direct\":true}}]}}"

static void sync__accepts_invites__of_those_who_may(void **state)
{
    struct fixture *f = *state;
    f->join_status = 403;
    answer(f, 200, xstrdup("{\"next_batch\":\"s1\"}"));
    answer(
        f, 200,
        xstrdup(
            "{\"next_batch\":\"s2\",\"rooms\":{\"invite\":{" INVITE("!a:x", "@alice:example.org", "") "," INVITE(
                "!b:x", "@mallory:evil.example",
                "") "," INVITE("!c:x", "@alice:example.org",
                               "{\"type\":\"m.room.create\",\"content\":{\"type\":\"m.space\"}},") "}}}"));
    STEP_UNTIL(store_int(f->store, 0, "SELECT attempts FROM invite WHERE room_id = '!a:x'", "") == 1);
    assert_int_equal(f->n_joins, 1);
    server_lock(f->server);
    f->join_status = 200;
    server_unlock(f->server);
    STEP_UNTIL(f->n_joins > 1);
    run_for(f, 300);
    assert_int_equal(f->n_joins, 2);
    assert_int_equal(f->n_leaves, 0);
    assert_string_equal(room_value(f->store, room_find(f->store, "!a:x"), "dm_person", f->arena),
                        "@alice:example.org");
    assert_int_equal(room_find(f->store, "!b:x"), 0);
}

/* Thrown out and asked back while nobody looked: the leaving is nowhere to be seen, the invite is. */
static void sync__comes_in_anew__when_invited_to_a_room_it_was_in(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s2\",\"rooms\":{\"invite\":{" INVITE(ROOM, "@alice:example.org",
                                                                           "") "}}}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p", OWN_JOIN("$back") "," SAYS("$a", "!a"))));
    run_script(f);
    assert_int_equal(f->n_seen, 3);
    assert_int_equal(f->seen[0].kind, EVENT_SELF_LEFT);
    assert_int_equal(f->seen[1].kind, EVENT_SELF_JOINED);
    assert_string_equal(f->seen[2].id, "$a");
    assert_string_equal(room_value(f->store, room(f), "membership", f->arena), "join");
}

#define OWN_BACK(id, before)                                                                                 \
    EVENT_AT(                                                                                                \
        id, ME, "1000",                                                                                      \
        "\"type\":\"m.room.member\",\"state_key\":\"" ME                                                     \
        "\",\"content\":{\"membership\":\"join\"},\"unsigned\":{\"prev_content\":{\"membership\":\"" before  \
        "\"}}")

static void sync__was_away__even_if_it_is_back_in_the_same_answer(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s2", "", "false", "p", OWN_BACK("$name", "join") "," SAYS("$a", "!a"))));
    run_script(f); /* while it is not known who is in the room, $a waits, and would go with the room */
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", OWN_BACK("$back", "leave") "," SAYS("$b", "!b"))));
    run_script(f);
    assert_int_equal(f->n_seen, 4);
    assert_string_equal(f->seen[0].id, "$a");
    assert_int_equal(f->seen[1].kind, EVENT_SELF_LEFT);
    assert_int_equal(f->seen[2].kind, EVENT_SELF_JOINED);
    assert_string_equal(f->seen[3].id, "$b");
}

static void sync__hears__what_was_said_before_it_was_removed(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(
        f, 200,
        xstrdup("{\"next_batch\":\"s4\",\"rooms\":{\"leave\":{\"" ROOM
                "\":{\"timeline\":{\"events\":[" SAYS("$a", "!object") "," EVENT_AT(
                    "$kick", "@alice:example.org", "1", MEMBER(ME, "leave")) "," SAYS("$b", "!b") "]}}}}}"));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$kick", NULL });
}

/* The answer to the making was lost: the room says itself what it is for. Nobody else's room can. */
static void sync__knows_a_direct_room__that_it_made_itself(void **state)
{
    struct fixture *f = *state;
#define TAGGED(sender)                                                                                       \
    EVENT_AT("$c" sender, sender, "1",                                                                       \
             "\"type\":\"m.room.create\",\"state_key\":\"\",\"content\":{\"room_version\":\"12\","           \
             "\"io.greffier.direct\":\"@bob:example.org\"}")
#define ENTERED(id, sender)                                                                                  \
    "\"" id                                                                                                  \
    "\":{\"state\":{\"events\":[" TAGGED(sender) "," OWN_JOIN("$j" id) "]},\"timeline\":{\"events\":[]}}"
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s2\",\"rooms\":{\"join\":{" ENTERED("!mine", ME) "," ENTERED(
               "!hers", "@mallory:evil.example") "}}}"));
    run_script(f);
    assert_string_equal(room_value(f->store, room_find(f->store, "!mine"), "dm_person", f->arena),
                        "@bob:example.org");
    assert_null(room_value(f->store, room_find(f->store, "!hers"), "dm_person", f->arena));
}

/* The person of a direct room is gone: the engine has the bot leave it too. */
static void sync__leaves__what_the_engine_has_ended(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    run_for(f, 100);
    answer(f, 200,
           xstrdup(JOINED("s2", "", "false", "p",
                          EVENT_AT("$gone", "@bob:example.org", "1", MEMBER("@bob:example.org", "leave")))));
    STEP_UNTIL(f->n_forgets > 0);
    assert_int_equal(f->n_leaves, 1);
    assert_int_equal(f->n_forgets, 1);
}

#define TOMBSTONE(id, sender, to) EVENT_AT(id, sender, "1", REPLACED_BY(to))
#define CREATED(id, before)                                                                                    \
    EVENT_AT(                                                                                                  \
        id, "@alice:example.org", "1",                                                                         \
        "\"type\":\"m.room.create\",\"state_key\":\"\",\"content\":{\"room_version\":\"12\",\"predecessor\":{" \
        "\"room_id\":\"" before "\"}}")
#define CAME_IN(next, id, before)                                                                            \
    "{\"next_batch\":\"" next "\",\"rooms\":{\"join\":{\"" id "\":{\"state\":{\"events\":[" CREATED(         \
        "$c" id, before) "]},\"timeline\":{\"events\":[" OWN_JOIN("$j" id) "]}}}}}"

/* To where the room says that it has moved, if who says so may; and out again, if that is not so. */
static void sync__follows__a_room_that_moves(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200,
           xstrdup(JOINED(
               "s2", "", "false", "p",
               TOMBSTONE("$no", "@mallory:example.org", "!trap") "," TOMBSTONE(
                   "$self", "@alice:example.org", ROOM) "," TOMBSTONE("$odd", "@alice:example.org", "7"))));
    run_script(f);
    run_for(f, 100);
    assert_int_equal(f->n_joins, 0);
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", TOMBSTONE("$yes", "@alice:example.org", "!next"))));
    STEP_UNTIL(f->n_joins > 0);
    assert_int_equal(f->n_joins, 1);
    answer(f, 200, xstrdup(CAME_IN("s4", "!next", ROOM)));
    run_script(f);
    /* The engine asks about the one who may not say so. */
    assert_int_equal(f->n_seen, 2);
    assert_string_equal(f->seen[0].id, "$doubt:" ROOM ":!trap");
    assert_int_equal(f->seen[1].kind, EVENT_SELF_JOINED);
    assert_string_equal(room_value(f->store, room_find(f->store, "!next"), "predecessor", f->arena), ROOM);
    run_for(f, 300);
    assert_int_equal(f->n_leaves, 0);
}

static void sync__leaves__a_successor_that_is_none(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", TOMBSTONE("$yes", "@alice:example.org", "!next"))));
    run_script(f);
    answer(f, 200, xstrdup(CAME_IN("s4", "!next", "!other:example.org")));
    STEP_UNTIL(f->n_forgets > 0);
    assert_int_equal(f->n_leaves, 1);
    /* And the engine asks about it, as of the old room. */
    assert_int_equal(f->seen[0].kind, EVENT_MOVE_DOUBTED);
    assert_string_equal(f->seen[0].id, "$doubt:" ROOM ":!next");
}

/* An admin has said so. */
static void sync__stays__in_a_successor_that_an_admin_agreed_to(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", TOMBSTONE("$yes", "@alice:example.org", "!next"))));
    run_script(f);
    store_begin(f->store);
    store_set(f->store, "move/follow " ROOM, "!next");
    assert_true(store_commit(f->store, NULL));
    answer(f, 200, xstrdup(CAME_IN("s4", "!next", "!other:example.org")));
    run_script(f);
    run_for(f, 100);
    assert_int_equal(f->n_leaves, 0);
    assert_int_equal(f->n_seen, 1);
    assert_int_equal(f->seen[0].kind, EVENT_SELF_JOINED);
}

/* The bot was asked there before the old room said so: the engine is told all the same. */
static void sync__tells_the_engine__of_a_successor_it_is_in(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(CAME_IN("s2", "!next", ROOM)));
    run_script(f);
    answer(f, 200, xstrdup(JOINED("s3", "", "false", "p", TOMBSTONE("$yes", "@alice:example.org", "!next"))));
    run_script(f);
    assert_int_equal(f->n_seen, 2);
    assert_int_equal(f->seen[1].kind, EVENT_SELF_JOINED);
    assert_string_equal(f->seen[1].id, "$moved:" ROOM ":!next");
    assert_int_equal(f->n_joins, 0);
}

static void sync__reads_state__from_state_after_alone(void **state)
{
    struct fixture *f = *state;
#define NAME(id, name)                                                                                       \
    EVENT_AT(id, "@alice:example.org", "1",                                                                  \
             "\"type\":\"m.room.name\",\"state_key\":\"\",\"content\":{\"name\":\"" name "\"}")
    answer(f, 200, xstrdup(FIRST));
    answer(f, 200, xstrdup(JOINED("s2", "", "false", "p", NAME("$n1", "one"))));
    run_script(f);
    assert_string_equal(room_value(f->store, room(f), "name", f->arena), "one");
    answer(f, 200,
           xstrdup("{\"next_batch\":\"s3\",\"rooms\":{\"join\":{\"" ROOM
                   "\":{\"org.matrix.msc4222.state_after\":{\"events\":[]},\"timeline\":{\"events\":[" NAME(
                       "$n2", "two") "]}}}}}"));
    run_script(f);
    assert_string_equal(room_value(f->store, room(f), "name", f->arena), "one");
}

static void sync__reads_the_rooms_anew__when_its_position_is_unknown(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    assert_int_equal(inbox_n(f->store, room(f), INBOX_ASIDE), 0);
    store_run(f->store,
              "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES('u', 'DEC', 1, ?1, 1, '@a:b', '@a:b', '$c', 1)",
              "i", room(f));
    answer(f, 400, xstrdup("{\"errcode\":\"M_UNKNOWN\"}"));
    answer(f, 400, xstrdup("{\"errcode\":\"M_UNKNOWN\"}"));
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    assert_int_equal(f->n_filters, 2);
    /* No silence of that time is agreement. */
    assert_int_equal(inbox_n_aside_since(f->store, room(f), 1), 1);
    assert_int_equal(f->n_seen, 0);
    assert_true(f->client.is_caught_up);
}

/* A proxy that is being set up anew says 404 too, in HTML: the position is worth more than that. */
static void sync__keeps_its_position__when_no_homeserver_speaks(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    page(f, "p1", 404, xstrdup("<html>no such site</html>"));
    answer(f, 404, xstrdup("<html>no such site</html>"));
    answer(f, 400, xstrdup("<html>what?</html>"));
    answer(f, 401, xstrdup("<html>who?</html>"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$b", "!b"))));
    STEP_UNTIL(f->n_pages_asked >= 4);
    for (int i = 1; i < f->n_asked; i++)
        assert_string_not_equal(f->asked[i].since, "");
    assert_int_equal(f->n_filters, 1);
    assert_int_equal(inbox_n(f->store, 0, INBOX_ASIDE), 0);
    page(f, "p1", 200, xstrdup("{\"chunk\":[" SAYS("$a", "!a") "]}"));
    STEP_UNTIL(f->n_seen == 2);
    assert_order(f, (const char *[]){ "$a", "$b", NULL });
}

/* More than may be taken at once is not asked for again and again: it comes in pieces. */
static void sync__takes_in_pieces__what_is_too_large(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    char *large = xmalloc(SYNC_BYTES + 2);
    memset(large, ' ', SYNC_BYTES + 1);
    large[SYNC_BYTES + 1] = '\0';
    answer(f, 200, large);
    page(f, "p1", 200, xstrdup("{\"chunk\":[" SAYS("$a", "!a") "]}"));
    answer(f, 200, xstrdup(JOINED("s3", "", "true", "p1", SAYS("$b", "!b"))));
    run_script(f);
    assert_order(f, (const char *[]){ "$a", "$b", NULL });
    for (int i = 1; i < f->n_asked; i++)
        assert_true(f->asked[i].is_narrow == (i == f->n_asked - 2));
}

static void sync__does_nothing__with_the_token_of_another(void **state)
{
    struct fixture *f = *state;
    snprintf(f->who, sizeof f->who, "@alice:example.org");
    STEP_UNTIL(f->n_wrong > 0);
    run_for(f, 100);
    assert_int_equal(f->n_wrong, 1);
    assert_int_equal(f->n_asked, 0);
}

static void sync__takes_its_time__when_locked(void **state)
{
    struct fixture *f = *state;
    answer(f, 200, xstrdup(FIRST));
    run_script(f);
    answer(f, 401, xstrdup("{\"errcode\":\"M_USER_LOCKED\",\"soft_logout\":true}"));
    STEP_UNTIL(f->client.account == CLIENT_LOCKED);
    assert_true(sync_next_ms(f->sync) > f->client.now_ms + 60000);
}

/* Any type anywhere in an answer: the next answer is applied all the same. */
static void sync__survives__hostile_answers(void **state)
{
    struct fixture *f = *state;
    static const char *const bodies[] = {
        "{\"next_batch\":\"h1\",\"rooms\":[]}",
        "{\"next_batch\":\"h2\",\"rooms\":{\"join\":{\"x\":{},\"!y:z\":7,\"!y:y\":{\"timeline\":[],\"state\":7}}}}",
        "{\"next_batch\":\"h3\",\"rooms\":{\"join\":{\"" ROOM
        "\":{\"timeline\":{\"limited\":true,\"events\":[7,null,[],{}]},\"state_after\":7}}}}",
        "{\"next_batch\":\"h4\",\"rooms\":{\"invite\":{\"!q:x\":{\"invite_state\":{\"events\":[null,7,{}]}},\"!r:x\":[]}}}",
        "{\"next_batch\":\"h5\",\"rooms\":{\"leave\":{\"!q:x\":[],\"!s:x\":{\"timeline\":{\"events\":[null]}}}}}",
        "{\"next_batch\":\"h6\",\"rooms\":{\"join\":{\"" ROOM
        "\":{\"state\":{\"events\":[{\"type\":\"m.room.power_levels\",\"state_key\":\"\",\"event_id\":\"$p\","
        "\"sender\":\"@a:b\",\"content\":{\"users\":[]}},{\"type\":\"m.room.create\",\"state_key\":\"\",\"sender\":"
        "\"@a:b\",\"content\":{\"room_version\":[],\"additional_creators\":{}}}]}}}}}",
        "{\"next_batch\":7}",
        "[]",
        "no JSON",
        "",
    };
    answer(f, 200, xstrdup(FIRST));
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        answer(f, 200, xstrdup(bodies[i]));
    answer(f, 200, says("$a", "!a"));
    STEP_UNTIL(f->n_seen > 0);
    assert_order(f, (const char *[]){ "$a", NULL });
}

static void sync_fresh_timeout__is_never_a_whole_second(void **state)
{
    (void)state;
    int last = 0;
    for (int64_t n = 1; n <= 999 * 29; n++) {
        int timeout = sync_fresh_timeout(n);
        assert_true(timeout > last && timeout % 1000 != 0 && timeout < 29000);
        last = timeout;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(sync__executes_nothing__from_the_first_answer),
        TEST(sync__applies_once__what_comes_twice),
        TEST(sync__writes_nothing__for_small_talk),
        TEST(sync__greets__only_after_its_join),
        TEST(sync__hears_all__that_was_said_since_its_join),
        TEST(sync__goes_on__without_members),
        TEST(sync__fills_a_gap__in_order),
        TEST(sync__walks_on__past_its_own_words),
        TEST(sync__makes_one_gap__of_two),
        TEST(sync__goes_on_filling__after_a_crash),
        TEST(sync__stops_a_gap__at_its_own_join),
        TEST(sync__ends_a_gap__that_goes_in_circles),
        TEST(sync__loses_a_gap__that_has_no_end),
        TEST(sync__gives_a_gap_up__when_refused),
        TEST(sync__says_so__when_a_hold_lasts),
        TEST(sync__never_repeats__a_fresh_request),
        TEST(sync__shortens_its_poll__for_a_barrier_to_come),
        TEST(sync__follows__a_clock_that_is_set),
        TEST(sync__sleeps__while_its_jobs_are_asked),
        TEST(sync__does_not_spin__while_the_store_fails),
        TEST(sync__wants_no_wake_up__when_it_is_idle),
        TEST(sync__moves_nothing__when_the_store_fails),
        TEST(sync__survives__hostile_members_and_pages),
        TEST(sync__sets_aside__what_fails_three_times),
        TEST(sync__sets_aside__what_ended_the_program_three_times),
        TEST(sync__keeps_order__behind_what_waits_for_a_number),
        TEST(sync__passes_over__what_is_nested_950_deep),
        TEST(sync__tells_what_it_said_itself),
        TEST(sync__drops_everything__when_removed),
        TEST(sync__accepts_invites__of_those_who_may),
        TEST(sync__comes_in_anew__when_invited_to_a_room_it_was_in),
        TEST(sync__was_away__even_if_it_is_back_in_the_same_answer),
        TEST(sync__hears__what_was_said_before_it_was_removed),
        TEST(sync__knows_a_direct_room__that_it_made_itself),
        TEST(sync__leaves__what_the_engine_has_ended),
        TEST(sync__follows__a_room_that_moves),
        TEST(sync__leaves__a_successor_that_is_none),
        TEST(sync__stays__in_a_successor_that_an_admin_agreed_to),
        TEST(sync__tells_the_engine__of_a_successor_it_is_in),
        TEST(sync__reads_state__from_state_after_alone),
        TEST(sync__reads_the_rooms_anew__when_its_position_is_unknown),
        TEST(sync__keeps_its_position__when_no_homeserver_speaks),
        TEST(sync__takes_in_pieces__what_is_too_large),
        TEST(sync__does_nothing__with_the_token_of_another),
        TEST(sync__takes_its_time__when_locked),
        TEST(sync__survives__hostile_answers),
        cmocka_unit_test(sync_fresh_timeout__is_never_a_whole_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
