#include "picture.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "need.h"

__attribute__((format(printf, 2, 3))) static void add(struct picture *picture, const char *format, ...)
{
    va_list args;
    char *line = NULL;
    va_start(args, format);
    need(vasprintf(&line, format, args) >= 0, "memory");
    va_end(args);
    if (picture->n == picture->cap)
        picture->lines = need_array(picture->lines, &picture->cap, sizeof *picture->lines);
    picture->lines[picture->n++] = line;
}

void picture_add(struct picture *picture, const char *line)
{
    add(picture, "%s", line);
}

void picture_finish(struct picture *picture)
{
    for (size_t i = 0; i < picture->n; i++)
        free(picture->lines[i]);
    free(picture->lines);
    *picture = (struct picture){ 0 };
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void picture_sort(struct picture *picture)
{
    if (picture->n)
        qsort(picture->lines, picture->n, sizeof *picture->lines, compare_lines);
}

bool picture_has(const struct picture *picture, const char *beginning)
{
    for (size_t i = 0; i < picture->n; i++)
        if (strncmp(picture->lines[i], beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

/* Rooms */

static struct json_object *in(struct json_object *json, const char *name)
{
    struct json_object *found = NULL;
    return json_object_is_type(json, json_type_object) && json_object_object_get_ex(json, name, &found)
               ? found
               : NULL;
}

static const char *text_in(struct json_object *json, const char *name)
{
    const char *text = json_object_get_string(in(json, name));
    return text ? text : "-";
}

static const char *edited(struct json_object *event)
{
    struct json_object *relates = in(in(event, "content"), "m.relates_to");
    return strcmp(text_in(relates, "rel_type"), "m.replace") == 0 ? text_in(relates, "event_id") : NULL;
}

/* How often one card is edited depends on how many changes one edit could still take up: what counts is its end. */
static bool is_last_edit(const struct homeserver *server, size_t n, const char *target)
{
    for (size_t i = n + 1; i < homeserver_n_events(server); i++) {
        const char *other = edited(homeserver_event(server, i)->json);
        if (other && strcmp(other, target) == 0)
            return false;
    }
    return true;
}

static char *without_digits(const char *text)
{
    char *out = need_some(strdup(text), "memory"), *end = out;
    for (const char *c = text; *c; c++)
        if (!isdigit((unsigned char)*c))
            *end++ = *c == '\n' ? '/' : *c;
    *end = '\0';
    return out;
}

static void take_event(struct picture *picture, const struct homeserver *server, size_t n)
{
    const struct homeserver_event *event = homeserver_event(server, n);
    struct json_object *clear = homeserver_clear(server, n), *content = in(clear, "content");
    const char *target = edited(event->json), *type = text_in(clear, "type");
    if (!clear) {
        add(picture, "read by the wrong devices: room %d, %s", event->room, text_in(event->json, "event_id"));
    } else if (!target) {
        add(picture, "room %d: %s%s %s %s", event->room, clear == event->json ? "" : "sealed ", type,
            text_in(content, "io.greffier.txn"), text_in(content, "membership"));
    } else if (is_last_edit(server, n, target)) {
        char *body = without_digits(text_in(content, "body"));
        add(picture, "room %d: %s shows %s", event->room, target, body);
        free(body);
    }
}

static void add_line(void *data, const char *line)
{
    add(data, "%s", line);
}

/* Names that are made by chance end with a word that is not. */
static void take_account_data(struct picture *picture, const struct homeserver *server)
{
    static const char by_chance[] = "m.secret_storage.key.";
    json_object_object_foreach(homeserver_account_data(server), type, value)
    {
        (void)value;
        bool is_by_chance = strncmp(type, by_chance, strlen(by_chance)) == 0;
        add(picture, "account data: %s", is_by_chance ? by_chance : type);
    }
}

void picture_take_rooms(struct picture *picture, const struct homeserver *server)
{
    for (size_t i = 0; i < homeserver_n_events(server); i++)
        if (strcmp(text_in(homeserver_event(server, i)->json, "sender"), HOMESERVER_BOT) == 0)
            take_event(picture, server, i);
    homeserver_list_keys(server, add_line, picture);
    take_account_data(picture, server);
    add(picture, "devices: %d", homeserver_n_devices(server));
    add(picture, "rooms: %d", homeserver_n_rooms(server));
    add(picture, "transaction ids used for two things: %d", homeserver_n_changed(server));
}

/* Store */

static const char *const queries[] = {
    "SELECT 'history', item, event, person, what FROM history",
    "SELECT 'act', item, person, what, event, is_taken_back FROM act",
    "SELECT 'item', prefix, number, uuid, room_id, state, owner, closed_ms IS NULL FROM item JOIN room ON room.id = room",
    "SELECT 'field', item, name, content, is_emptied FROM field JOIN text ON text.id = text",
    "SELECT 'asked', item, person, has_left FROM asked",
    /* What could not be read at first is said after two minutes, if it is still so: real ones, which may pass here. */
    "SELECT 'timer', key, what, item, person FROM timer WHERE key NOT LIKE 'room/unread%'",
    "SELECT 'message', coalesce(o.txn, m.event_id), m.role, m.item FROM message m LEFT JOIN outbox o ON o.id = m.row"
    " WHERE m.role <> 'member'",
    "SELECT 'question', person, cause, is_open FROM question",
    "SELECT 'number', prefix, next FROM number",
    "SELECT 'row', txn, room_id, o.kind, state IN (0, 1), state = 3, state = 5, state = 6"
    " FROM outbox o JOIN room ON room.id = o.room WHERE o.kind <> 1",
    "SELECT 'edits that wait', count(*) FROM outbox WHERE kind = 1 AND state IN (0, 1)",
    "SELECT 'room', room_id, membership, dm_person, hold_since_ms IS NULL FROM room",
    "SELECT 'member', room_id, person, m.membership FROM member m JOIN room ON room.id = m.room",
    "SELECT 'inbox', event_id, state FROM inbox",
    "SELECT 'invite', room_id, state FROM invite",
};

static void take_query(struct picture *picture, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        add(picture, "the store: %s", sqlite3_errmsg(db));
        return;
    }
    while (sqlite3_step(statement) == SQLITE_ROW) {
        char line[1024];
        size_t len = 0;
        for (int i = 0; i < sqlite3_column_count(statement) && len < sizeof line; i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            len += (size_t)snprintf(line + len, sizeof line - len, "%s%s", i ? " | " : "",
                                    text ? (const char *)text : "-");
        }
        add(picture, "%s", line);
    }
    sqlite3_finalize(statement);
}

static int take_integrity(void *data, int n, char **values, char **names)
{
    (void)n;
    (void)names;
    add(data, "integrity: %s", values[0]);
    return 0;
}

bool picture_take_store(struct picture *picture, const char *path)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA integrity_check", take_integrity, picture, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA foreign_key_check", take_integrity, picture, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < sizeof queries / sizeof queries[0]; i++)
        take_query(picture, db, queries[i]);
    if (!ok)
        add(picture, "the store: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    return ok;
}

/* Differences */

static void say(FILE *out, const char *what, const char *line)
{
    if (out)
        fprintf(out, "    %s: %s\n", what, line);
}

struct difference picture_compare(const struct picture *want, const struct picture *have, void *out)
{
    struct difference difference = { 0, 0 };
    size_t i = 0, j = 0;
    while (i < want->n || j < have->n) {
        int order = i == want->n ? 1 : j == have->n ? -1 : strcmp(want->lines[i], have->lines[j]);
        if (order < 0)
            say(out, "lost", want->lines[i]);
        else if (order > 0)
            say(out, "too much", have->lines[j]);
        difference.n_lost += order < 0;
        difference.n_doubled += order > 0;
        i += order <= 0;
        j += order >= 0;
    }
    return difference;
}
