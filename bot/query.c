#include "query.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "lateness.h"
#include "ops/control.h"
#include "store/history.h"
#include "store/inbox.h"

/* Of the history the newest lines are proved at each "check": some 0.2 s, in which nothing else is done. */
enum { FINDINGS_MAX = 16 * 1024, ASK_MS = 5000, HISTORY_LINES = 100000 };

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static void add_set_aside(struct store *store, struct buf *lines)
{
    int64_t n = inbox_n(store, 0, INBOX_ASIDE);
    if (!n)
        return;
    buf_printf(
        lines,
        "%lld events were set aside because they could not be handled; their authors may say it again:\n",
        (long long)n);
    struct rows rows =
        store_rows(store, "SELECT event_id, reason FROM inbox WHERE state = 2 ORDER BY id DESC LIMIT 20", "");
    while (rows_next(&rows))
        buf_printf(lines, "  %s: %s\n", rows_text(&rows, 0), or_nothing(rows_text(&rows, 1)));
}

static void add_parked(struct store *store, struct buf *lines)
{
    struct rows rows =
        store_rows(store,
                   "SELECT r.room_id, count(*), max(o.reason) FROM outbox o JOIN room r ON r.id = o.room"
                   " WHERE o.state = 3 AND o.held_for IS NULL GROUP BY r.id LIMIT 20",
                   "");
    while (rows_next(&rows))
        buf_printf(lines, "%lld messages to %s were refused and wait until the bot may speak there: %s\n",
                   (long long)rows_int(&rows, 1), rows_text(&rows, 0), or_nothing(rows_text(&rows, 2)));
}

/* A register that somebody has changed beside the bot is no register. */
static void add_history(struct store *store, struct buf *lines)
{
    int64_t line = history_find_break(store, HISTORY_LINES);
    if (line)
        buf_printf(lines,
                   "the history was changed beside the bot, at its line %lld or before it: what it says from "
                   "there on is not proved; compare with a backup\n",
                   (long long)line);
}

/* What the account's keys want of somebody; kept by matrix/crypto. */
static void add_key_troubles(struct store *store, struct buf *lines)
{
    struct rows rows = store_rows(
        store, "SELECT value FROM setting WHERE name BETWEEN 'trouble.' AND 'trouble/' ORDER BY name", "");
    while (rows_next(&rows))
        buf_printf(lines, "%s\n", rows_text(&rows, 0));
    if (store_int(store, 0,
                  "SELECT 1 FROM setting WHERE name = 'crypto.storage'"
                  " AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'crypto.recovery_shown')",
                  ""))
        buf_puts(
            lines,
            "nobody has seen the recovery key, without which a lost disk is a lost identity: stop the bot and "
            "run `greffier login`, which shows it once\n");
}

static char *findings(const struct query_parts *parts, int64_t now_ms, struct arena *arena)
{
    struct buf lines;
    buf_init(&lines, FINDINGS_MAX);
    if (!store_get(parts->store, arena, "session.token"))
        buf_puts(&lines, "no session yet: run `greffier login`, or `greffier run` with a password file\n");
    add_set_aside(parts->store, &lines);
    add_parked(parts->store, &lines);
    add_key_troubles(parts->store, &lines);
    add_history(parts->store, &lines);
    lateness_add_finding(parts->store, now_ms, &lines);
    if (parts->add_findings)
        parts->add_findings(parts->data, &lines);
    char *text = lines.len ? arena_strdup(arena, lines.text) : NULL;
    buf_finish(&lines);
    return text;
}

/* The one question that changes something. */
static char *holidays(const struct query_parts *parts, const char *words, int64_t now_ms, struct arena *arena)
{
    struct err err;
    store_begin(parts->store);
    char *text = engine_holidays_text(parts->engine, words, now_ms, arena);
    return store_commit(parts->store, &err) ? text : arena_printf(arena, QUERY_NOT_KEPT "%s", err.text);
}

char *query_text(const struct query_parts *parts, const char *ask, const char *words, struct arena *arena)
{
    int64_t now_ms = loop_clock().wall_ms;
    if (strcmp(ask, "check") == 0)
        return findings(parts, now_ms, arena);
    if (strcmp(ask, "lateness") == 0)
        return lateness_text(parts->store, now_ms, arena);
    if (strcmp(ask, "show") == 0)
        return engine_show_text(parts->engine, words, parts->lang, now_ms, arena);
    if (strcmp(ask, "search") == 0)
        return engine_search_text(parts->engine, words, parts->lang, now_ms, arena);
    if (strcmp(ask, "export") == 0)
        return engine_export_text(parts->engine, words, now_ms, arena);
    if (strcmp(ask, "ics") == 0)
        return engine_ics_text(parts->engine, words, now_ms, arena);
    if (strcmp(ask, "verify") == 0 && parts->verify)
        return parts->verify(parts->data, words, arena);
    if (strcmp(ask, "holidays") == 0)
        return holidays(parts, words, now_ms, arena);
    return NULL;
}

static char *socket_path(const char *store_path)
{
    return xasprintf("%s.sock", store_path);
}

enum query_reply query_daemon(const char *store_path, const char *ask, const char *words, struct arena *arena,
                              char **text_out, struct err *err)
{
    char *path = socket_path(store_path);
    struct json_object *request = json_object_new_object();
    struct control_reply reply = { 0 };
    json_set_str(request, "ask", ask);
    json_set_str(request, "words", words);
    bool ok = control_ask(path, request, ASK_MS, &reply);
    const char *text = ok ? json_str(reply.answer, "text") : NULL;
    *text_out = text ? arena_strdup(arena, text) : NULL;
    *err = reply.err;
    json_object_put(request);
    json_object_put(reply.answer);
    free(path);
    return ok ? QUERY_ANSWERED : reply.is_nobody ? QUERY_NOBODY : QUERY_FAILED;
}

struct query_server {
    struct query_parts parts;
    struct control *control; /* owned */
    struct loop_guest guest;
};

static struct json_object *answer(void *data, struct json_object *request)
{
    const struct query_server *server = data;
    const char *ask = json_str(request, "ask"), *words = json_str(request, "words");
    struct arena *arena = arena_create();
    char *text = ask ? query_text(&server->parts, ask, words ? words : "", arena) : NULL;
    struct json_object *object = json_object_new_object();
    if (text)
        json_set_str(object, "text", text);
    arena_destroy(arena);
    return object;
}

/* The loop waits by curl, the control by poll: the same three fields under other names. */
static unsigned fill_fds(void *data, struct curl_waitfd *out, unsigned max)
{
    const struct query_server *server = data;
    struct pollfd fds[CONTROL_POLLFDS_MAX];
    size_t n = control_fill_pollfds(server->control, fds);
    for (size_t i = 0; i < n && i < max; i++)
        out[i] = (struct curl_waitfd){ .fd = fds[i].fd,
                                       .events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                                                         (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)) };
    return (unsigned)n;
}

static void work(void *data, const struct curl_waitfd *woken, unsigned n, int64_t now_ms)
{
    struct query_server *server = data;
    struct pollfd fds[CONTROL_POLLFDS_MAX];
    for (unsigned i = 0; i < n; i++)
        fds[i] = (struct pollfd){ .fd = woken[i].fd,
                                  .revents = (short)((woken[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
                                                     (woken[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0)) };
    control_handle(server->control, fds, n, now_ms);
}

static int64_t next_ms(void *data)
{
    const struct query_server *server = data;
    return control_due_ms(server->control);
}

struct query_server *query_listen(const char *store_path, const struct query_parts *parts, struct err *err)
{
    struct query_server *server = xcalloc(1, sizeof *server);
    char *path = socket_path(store_path);
    server->parts = *parts;
    server->guest = (struct loop_guest){ .fds = fill_fds, .work = work, .next_ms = next_ms, .data = server };
    server->control =
        control_listen(path, &(struct control_answerer){ .answer = answer, .context = server }, err);
    free(path);
    if (server->control)
        return server;
    free(server);
    return NULL;
}

void query_close(struct query_server *server)
{
    if (!server)
        return;
    control_close(server->control);
    free(server);
}

const struct loop_guest *query_guest(const struct query_server *server)
{
    return server ? &server->guest : NULL;
}
