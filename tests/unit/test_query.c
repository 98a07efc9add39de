/* query: what a running daemon is asked over its socket, and what comes of an answer that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "team.h"

#include "base/buf.h"
#include "lateness.h"
#include "ops/control.h"
#include "query.h"
#include "store/inbox.h"

static char folder[] = "/tmp/greffier-query-XXXXXX", store_path[64], socket_path[80];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(store_path, sizeof store_path, "%s/g.db", folder);
    snprintf(socket_path, sizeof socket_path, "%s.sock", store_path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void add_finding(void *data, struct buf *lines)
{
    (void)data;
    buf_puts(lines, "the kettle is off\n");
}

static struct query_parts parts_of(struct team *f)
{
    return (struct query_parts){ .store = f->store, .engine = f->engine, .lang = "en" };
}

static void open_one(struct team *f)
{
    team_say(f, "@alice:x", NULL, "!decide Two-step review\nasked: bob\ndeadline: tomorrow 12:00");
}

/* The text itself */

static void query_text__shows_and_finds(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    open_one(f);
    assert_non_null(strstr(query_text(&parts, "show", "DEC-1", f->arena), "Two-step review"));
    assert_null(query_text(&parts, "show", "DEC-9", f->arena));
    assert_non_null(strstr(query_text(&parts, "search", "review", f->arena), "DEC-1"));
    assert_null(query_text(&parts, "search", "zebra", f->arena));
    assert_non_null(
        strstr(query_text(&parts, "ics", "@bob:x", f->arena), "SUMMARY:DEC-1 Two-step review\r\n"));
    assert_null(query_text(&parts, "ics", "@alice:x", f->arena));
    assert_null(query_text(&parts, "ics", "!nowhere:x", f->arena));
    assert_null(query_text(&parts, "cook", "an egg", f->arena));
}

/* A round with two answers, one in words that mean something to each format. */
static void query_text__exports_answers(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    team_say(f, "@alice:x", NULL, "!standup");
    for (int64_t at_ms = team_now_ms; at_ms < team_now_ms + INT64_C(26) * 3600000; at_ms += 600000) {
        team_let_time_pass(f, at_ms);
        team_send_all(f);
    }
    const char *thread = store_str(f->store, f->arena,
                                   "SELECT o.event_id FROM item i JOIN outbox o ON o.id = i.card"
                                   " WHERE i.prefix = 'RND' ORDER BY i.id LIMIT 1",
                                   "");
    team_say(f, "@bob:x", thread, "done: =1+1, \"so | far\"\\\ntoday: two\nthree");
    const char *csv = query_text(&parts, "export", "answers !ops:x", f->arena);
    assert_non_null(csv);
    assert_non_null(strstr(csv, "routine,round,day,person,question,answer,at\r\n"));
    assert_non_null(strstr(csv, ",\"'@bob:x\",\"done\",\"'=1+1, \"\"so | far\"\"\\\","));
    const char *markdown = query_text(&parts, "export", "answers !ops:x markdown", f->arena);
    assert_non_null(strstr(markdown, "| =1+1, \"so \\| far\"\\\\ |"));
    assert_non_null(strstr(markdown, "| two<br>three |"));
    const char *json = query_text(&parts, "export", "answers !ops:x json", f->arena);
    assert_non_null(strstr(json, "\"answer\":\"two\\nthree\""));
    assert_null(query_text(&parts, "export", "answers !ops:x json 2099-01-01", f->arena));
    assert_null(query_text(&parts, "export", "answers !ops:x xml", f->arena));
    assert_null(query_text(&parts, "export", "answers !nowhere:x", f->arena));
    assert_null(query_text(&parts, "export", "answers", f->arena));
    assert_null(query_text(&parts, "export", "songs !ops:x csv", f->arena));
    assert_null(query_text(&parts, "export", "answers !ops:x csv 2026-01-01 more", f->arena));
}

/* Whoever gets a calendar gets what is due for that person, or in that room, and nothing that lies beside it (trust.md B.2 row
 * 21): not the other texts, not what others are asked, not what was taken back. */
/* Signs are those of the page; what people wrote has none. */
static void query_text__exports_an_item_as_markdown(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    team_say(f, "@alice:x", NULL,
             "!decide *Two*-step [review](https://x.example) <b>\nasked: bob\ndeadline: tomorrow 12:00\n"
             "context: # one\n- two\n1. three `four`");
    const char *page = query_text(&parts, "export", "item DEC-1", f->arena);
    assert_non_null(page);
    assert_non_null(strstr(page, "**DEC-1"));
    assert_non_null(strstr(page, "\\*Two\\*-step \\[review\\](https://x.example) \\<b\\>"));
    assert_non_null(strstr(page, "\\# one\\\n\\- two\\\n1\\. three \\`four\\`"));
    assert_non_null(strstr(page, "\n\n"));
    assert_null(query_text(&parts, "export", "item DEC-9", f->arena));
    assert_null(query_text(&parts, "export", "item", f->arena));
}

static void query_text__exports_no_more_than_is_due(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    int64_t room = team_make_room(f, "!other:x");
    open_one(f);
    team_say(f, "@alice:x", "$1", "context: the budget is 7000");
    team_event(f, (struct event){ .kind = EVENT_MESSAGE,
                                  .room = room,
                                  .sender = "@dan:x",
                                  .body = "!decide Move out\nasked: carol\ndeadline: tomorrow 12:00" });
    const char *of_bob = query_text(&parts, "ics", "@bob:x", f->arena);
    const char *of_carol = query_text(&parts, "ics", "@carol:x", f->arena);
    assert_non_null(strstr(of_bob, "Two-step review"));
    assert_null(strstr(of_bob, "7000"));
    assert_null(strstr(of_bob, "Move out"));
    assert_non_null(strstr(of_carol, "Move out"));
    assert_null(strstr(of_carol, "Two-step"));
    assert_null(strstr(query_text(&parts, "ics", "!other:x", f->arena), "Two-step"));
    assert_null(strstr(query_text(&parts, "ics", "!ops:x", f->arena), "Move out"));
    team_event(
        f, (struct event){ .kind = EVENT_REDACTION, .room = f->room, .sender = "@alice:x", .target = "$1" });
    const char *after = query_text(&parts, "ics", "@bob:x", f->arena);
    assert_true(!after || !strstr(after, "Two-step"));
}

/* The one question that changes something: a transaction of its own. */
static void query_text__takes_in_days_off(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    struct err err;
    assert_true(store_commit(f->store, &err));
    assert_string_equal(
        query_text(&parts, "holidays",
                   "import \n2099-12-24/2099-12-31 Break\nnonsense\n2099-02-30 no\n2099-01-01 Year",
                   f->arena),
        "spans of days off kept, of everybody: 2 now, 0 of a calendar before");
    assert_string_equal(query_text(&parts, "holidays", "list", f->arena),
                        "2099-01-01  Year\n2099-12-24/2099-12-31  Break\n");
    assert_string_equal(query_text(&parts, "holidays", "import !ops:x\n2099-05-01 May", f->arena),
                        "spans of days off kept, of !ops:x: 1 now, 0 of a calendar before");
    assert_string_equal(query_text(&parts, "holidays", "clear", f->arena),
                        "spans of days off kept, of everybody: 0 now, 2 of a calendar before");
    assert_string_equal(query_text(&parts, "holidays", "list", f->arena),
                        "no day off of everybody lies ahead\n");
    assert_string_equal(query_text(&parts, "holidays", "list !ops:x", f->arena), "2099-05-01  May\n");
    assert_null(query_text(&parts, "holidays", "list !nowhere:x", f->arena));
    assert_null(query_text(&parts, "holidays", "cook", f->arena));
    assert_null(query_text(&parts, "holidays", "", f->arena));
    store_begin(f->store);
    team_say(f, "@alice:x", NULL, "!room history");
    assert_non_null(strstr(team_said(f, "room/history"), "by an admin of the bot"));
}

static void query_text__tells_a_history_that_was_changed_beside_it(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    store_set(f->store, "session.token", "x");
    open_one(f);
    assert_null(query_text(&parts, "check", "", f->arena));
    store_run(f->store, "DROP TRIGGER history_is", "");
    store_run(f->store, "UPDATE history SET person = '@eve:x' WHERE id = 1", "");
    assert_non_null(
        strstr(query_text(&parts, "check", "", f->arena), "changed beside the bot, at its line 1"));
}

static void query_text__tells_what_is_wrong(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    assert_non_null(strstr(query_text(&parts, "check", "", f->arena), "no session yet"));
    store_set(f->store, "session.token", "x");
    assert_null(query_text(&parts, "check", "", f->arena)); /* all is well */
    assert_null(query_text(&parts, "lateness", "", f->arena)); /* nothing was due */
    int64_t now_ms = loop_clock().wall_ms;
    struct lateness late = { .due_ms = now_ms - 4500, .now_ms = now_ms };
    lateness_note(f->store, &late);
    assert_null(query_text(&parts, "check", "", f->arena));
    assert_string_equal(query_text(&parts, "lateness", "", f->arena),
                        "due things of the last day were at most 5 s late");
    late.due_ms -= 200000;
    lateness_note(f->store, &late);
    assert_non_null(strstr(query_text(&parts, "check", "", f->arena), "up to 4 min late"));
    assert_null(query_text(&parts, "lateness", "", f->arena));
    store_run(f->store, "DELETE FROM lateness", "");
    parts.add_findings = add_finding;
    assert_string_equal(query_text(&parts, "check", "", f->arena), "the kettle is off\n");
    parts.add_findings = NULL;
    inbox_add(f->store,
              &(struct inbox_row){ .event_id = "$aside",
                                   .room = f->room,
                                   .state = INBOX_ASIDE,
                                   .json = "{}",
                                   .since_ms = 1,
                                   .reason = "its turn failed three times" },
              1);
    inbox_add(f->store,
              &(struct inbox_row){
                  .event_id = "$bare", .room = f->room, .state = INBOX_ASIDE, .json = "{}", .since_ms = 1 },
              2);
    open_one(f);
    store_run(f->store, "UPDATE outbox SET state = 3, reason = '403 M_FORBIDDEN'", "");
    const char *said = query_text(&parts, "check", "", f->arena);
    assert_non_null(strstr(said, "2 events were set aside"));
    assert_non_null(strstr(said, "  $aside: its turn failed three times\n"));
    assert_non_null(strstr(said, "  $bare: \n"));
    assert_non_null(strstr(said, "messages to !ops:x were refused"));
    assert_non_null(strstr(said, "403 M_FORBIDDEN"));
    store_run(f->store, "UPDATE outbox SET reason = NULL", "");
    assert_null(strstr(query_text(&parts, "check", "", f->arena), "M_FORBIDDEN"));
}

static void query_text__tells_what_the_keys_want(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    store_set(f->store, "session.token", "x");
    store_set(f->store, "trouble.identity", "it is another's");
    assert_string_equal(query_text(&parts, "check", "", f->arena), "it is another's\n");
    store_set(f->store, "trouble.identity", NULL);
    store_set(f->store, "crypto.storage", "abc");
    assert_non_null(strstr(query_text(&parts, "check", "", f->arena), "nobody has seen the recovery key"));
    store_set_int(f->store, "crypto.recovery_shown", 1);
    assert_null(query_text(&parts, "check", "", f->arena));
}

/* A daemon in a thread of its own, as the loop drives it: until told to stop. */
struct daemon {
    struct query_server *server;
    int stop[2];
    pthread_t thread;
};

static void *run_daemon(void *data)
{
    struct daemon *daemon = data;
    const struct loop_guest *guest = query_guest(daemon->server);
    for (;;) {
        struct curl_waitfd fds[LOOP_GUEST_FDS];
        struct pollfd polled[LOOP_GUEST_FDS + 1];
        unsigned n = guest->fds(guest->data, fds, LOOP_GUEST_FDS);
        for (unsigned i = 0; i < n; i++)
            polled[i] =
                (struct pollfd){ .fd = fds[i].fd,
                                 .events = (short)((fds[i].events & CURL_WAIT_POLLIN ? POLLIN : 0) |
                                                   (fds[i].events & CURL_WAIT_POLLOUT ? POLLOUT : 0)) };
        polled[n] = (struct pollfd){ .fd = daemon->stop[0], .events = POLLIN };
        if (poll(polled, n + 1, -1) > 0 && polled[n].revents)
            return NULL;
        for (unsigned i = 0; i < n; i++)
            fds[i].revents = (short)((polled[i].revents & POLLIN ? CURL_WAIT_POLLIN : 0) |
                                     (polled[i].revents & POLLOUT ? CURL_WAIT_POLLOUT : 0));
        guest->work(guest->data, fds, n, 0);
        assert_true(guest->next_ms(guest->data) > 0);
    }
}

static void query_daemon__is_answered_by_the_one_that_runs(void **state)
{
    struct team *f = *state;
    struct query_parts parts = parts_of(f);
    struct daemon daemon;
    struct err err = { "" };
    char *text;
    open_one(f);
    store_set(f->store, "session.token", "x");
    assert_int_equal(query_daemon(store_path, "show", "DEC-1", f->arena, &text, &err), QUERY_NOBODY);
    assert_null(text);
    daemon.server = query_listen(store_path, &parts, &err);
    assert_non_null(daemon.server);
    assert_null(query_listen(store_path, &parts, &err)); /* one at a time */
    assert_non_null(strstr(err.text, "another greffier"));
    assert_int_equal(pipe(daemon.stop), 0);
    assert_int_equal(pthread_create(&daemon.thread, NULL, run_daemon, &daemon), 0);
    assert_int_equal(query_daemon(store_path, "show", "DEC-1", f->arena, &text, &err), QUERY_ANSWERED);
    assert_non_null(strstr(text, "Two-step review"));
    assert_int_equal(query_daemon(store_path, "show", "DEC-7", f->arena, &text, &err), QUERY_ANSWERED);
    assert_null(text);
    assert_int_equal(query_daemon(store_path, "check", "", f->arena, &text, &err), QUERY_ANSWERED);
    assert_null(text);
    assert_int_equal(write(daemon.stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(daemon.thread, NULL), 0);
    close(daemon.stop[0]);
    close(daemon.stop[1]);
    query_close(daemon.server);
    query_close(NULL);
    assert_null(query_guest(NULL));
}

/* Somebody else on the socket, who takes the question and says something else. */
struct stranger {
    int fd;
    const char *says;
    size_t n_bytes;
};

static void *be_strange(void *data)
{
    struct stranger *stranger = data;
    char question[256];
    int fd = accept(stranger->fd, NULL, NULL);
    if (recv(fd, question, sizeof question, 0) > 0)
        for (size_t sent = 0; sent < stranger->n_bytes;) {
            ssize_t n = send(fd, stranger->says + sent, stranger->n_bytes - sent, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
    close(fd);
    return NULL;
}

static enum query_reply ask_a_stranger(struct team *f, const char *says, size_t n_bytes, struct err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stranger stranger = { .says = says, .n_bytes = n_bytes };
    pthread_t thread;
    char *text;
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    stranger.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stranger.fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(stranger.fd, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, be_strange, &stranger), 0);
    enum query_reply reply = query_daemon(store_path, "check", "", f->arena, &text, err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(stranger.fd);
    unlink(socket_path);
    assert_null(text);
    return reply;
}

static void query_daemon__believes_no_half_answer(void **state)
{
    struct team *f = *state;
    static char endless[CONTROL_ANSWER_MAX + 4096];
    struct err err = { "" };
    memset(endless, 'x', sizeof endless);
    assert_int_equal(ask_a_stranger(f, "", 0, &err), QUERY_FAILED);
    assert_non_null(strstr(err.text, "ended before its answer"));
    assert_int_equal(ask_a_stranger(f, "{\"text\":\"ha", 11, &err), QUERY_FAILED);
    assert_non_null(strstr(err.text, "ended before its answer"));
    assert_int_equal(ask_a_stranger(f, "no JSON\n", 8, &err), QUERY_FAILED);
    assert_non_null(strstr(err.text, "no JSON"));
    assert_int_equal(ask_a_stranger(f, endless, sizeof endless, &err), QUERY_FAILED);
    /* A machine too slow to hand so much over in query_daemon's five seconds hears of those; neither is believed. */
    assert_true(strstr(err.text, "longer than") || strstr(err.text, "in time"));
    assert_int_equal(ask_a_stranger(f, "{\"text\":7}\n", 11, &err), QUERY_ANSWERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, team_setup, team_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(query_text__shows_and_finds),
        TEST(query_text__exports_answers),
        TEST(query_text__exports_an_item_as_markdown),
        TEST(query_text__exports_no_more_than_is_due),
        cmocka_unit_test_setup_teardown(query_text__takes_in_days_off, team_setup, team_teardown),
        TEST(query_text__shows_and_finds),
        TEST(query_text__tells_a_history_that_was_changed_beside_it),
        TEST(query_text__tells_what_is_wrong),
        TEST(query_text__tells_what_the_keys_want),
        TEST(query_daemon__is_answered_by_the_one_that_runs),
        TEST(query_daemon__believes_no_half_answer),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
