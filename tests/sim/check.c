#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "bot.h"
#include "engine/engine.h"
#include "faults.h"
#include "habit.h"
#include "homeserver.h"
#include "net.h"
#include "people.h"
#include "store/history.h"
#include "store/inbox.h"
#include "store/outbox.h"
#include "world.h"

enum {
    LATE_MS = 5000,
    SETTLE_MS = 120000, /* after a fault or a start, before lateness counts */
    COMES_IN_MS = 600000, /* people.c: into a room that they are invited to */
    QUIET_MS = 600000, /* a 200 or an echo is written with the next commit, or after five minutes */
};

/* A set of texts, each with a number; for what must not be twice. */

struct entry {
    char *text; /* owned */
    int64_t number;
};

struct set {
    struct entry *entries; /* owned; hashed, open addressing */
    size_t n, cap;
};

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    return hash;
}

static struct entry *set_slot(struct set *set, const char *text)
{
    size_t slot = hash_text(text) % set->cap;
    while (set->entries[slot].text && strcmp(set->entries[slot].text, text) != 0)
        slot = (slot + 1) % set->cap;
    return &set->entries[slot];
}

static void set_grow(struct set *set)
{
    struct set bigger = { .cap = set->cap ? 2 * set->cap : 1024 };
    bigger.entries = xcalloc(bigger.cap, sizeof *bigger.entries);
    for (size_t i = 0; i < set->cap; i++)
        if (set->entries[i].text)
            *set_slot(&bigger, set->entries[i].text) = set->entries[i];
    bigger.n = set->n;
    free(set->entries);
    *set = bigger;
}

/* The number that was there before; 0: none, and now it is this one. */
static int64_t set_add(struct set *set, const char *text, int64_t number)
{
    if (2 * set->n >= set->cap)
        set_grow(set);
    struct entry *entry = set_slot(set, text);
    if (entry->text)
        return entry->number;
    *entry = (struct entry){ .text = xstrdup(text), .number = number };
    set->n++;
    return 0;
}

/* 0: it is not there. */
static int64_t set_find(struct set *set, const char *text)
{
    return set->cap ? set_slot(set, text)->number : 0;
}

/* Whatever was there before. */
static void set_put(struct set *set, const char *text, int64_t number)
{
    if (set_add(set, text, number))
        set_slot(set, text)->number = number;
}

static struct set contents, txns, names;

/* What the bot has said */

/* What the bot asks to be said is what is said then: it is read once. A few requests are on their way at a time. */

enum { READ_MAX = 8 };

static struct read {
    char *text; /* owned; NULL: none */
    struct json_object *content; /* owned */
} reads[READ_MAX];

/* The caller's; as it was kept, or read anew. */
static struct json_object *take_read(const char *text)
{
    for (size_t i = 0; i < READ_MAX; i++) {
        struct read *one = &reads[i];
        if (!one->text || strcmp(one->text, text) != 0)
            continue;
        free(one->text);
        one->text = NULL;
        return one->content;
    }
    return json_parse(text, strlen(text));
}

/* content becomes this one's. */
static void keep_read(const char *text, struct json_object *content)
{
    static size_t next;
    struct read *one = &reads[next];
    next = (next + 1) % READ_MAX;
    if (one->text)
        json_object_put(one->content);
    free(one->text);
    *one = (struct read){ .text = xstrdup(text), .content = content };
}

/* What people read of it, for each position. */
static struct shown {
    char *body; /* owned; NULL: nothing */
} * shown;
static size_t n_shown;

static void keep_body(int64_t position, const char *body)
{
    size_t n = (size_t)position + 1;
    if (n > n_shown) {
        shown = xreallocarray(shown, 2 * n, sizeof *shown);
        memset(shown + n_shown, 0, (2 * n - n_shown) * sizeof *shown);
        n_shown = 2 * n;
    }
    shown[position].body = xstrdup(body);
}

static const char *body_of(int64_t position)
{
    return (size_t)position < n_shown ? shown[position].body : NULL;
}

static bool is_edit(struct json_object *content)
{
    const char *kind = json_str(content, "m.relates_to/rel_type");
    return kind && strcmp(kind, "m.replace") == 0;
}

static bool may_repeat(struct json_object *content)
{
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        if ((*habit)->may_repeat && (*habit)->may_repeat(content))
            return true;
    return false;
}

/* The same words in the same place, whatever the id that they came with. */
/* As set_add; but what the homeserver has undone was not said. */
static int64_t add_said(struct set *set, const char *text, int64_t position)
{
    int64_t old = set_add(set, text, position);
    if (old && homeserver_said(old)->is_undone) {
        set_put(set, text, position);
        return 0;
    }
    return old;
}

static void check_not_twice(const struct said *said, struct json_object *content)
{
    const char *txn = json_str(content, "io.greffier.txn");
    int64_t old = txn ? add_said(&txns, txn, said->position) : 0;
    if (old)
        world_fail("%s and $%lld are one thing, said twice", said->id, (long long)old);
    /* In a direct message an item is shown as often as it is asked for. */
    if (is_edit(content) || strcmp(said->type, "m.room.message") != 0 ||
        homeserver_room(said->room)->is_direct)
        return;
    json_object_object_del(content, "io.greffier.txn");
    char *place = xasprintf("%d %s", said->room, json_text(content));
    old = add_said(&contents, place, said->position);
    if (old && !may_repeat(content))
        world_fail("%s says the same as $%lld: %s", said->id, (long long)old, place);
    free(place);
}

static void check_name(const struct said *said, struct json_object *content)
{
    const char *name = json_str(content, "io.greffier.name"), *uuid = json_str(content, "io.greffier.item");
    if (!name || !uuid)
        return;
    char *of_name = xasprintf("name %s", name);
    int64_t first = set_add(&names, of_name, said->position);
    free(of_name);
    if (first && !strstr(homeserver_said(first)->content, uuid))
        world_fail("%s calls another item %s than $%lld does", said->id, name, (long long)first);
}

void check_said(const struct said *said)
{
    if (strcmp(said->sender, BOT_ME) != 0 || said->state_key)
        return;
    struct json_object *content = take_read(said->content);
    bool is_redaction = strcmp(said->type, "m.room.redaction") == 0;
    keep_body(said->position, json_str(content, is_redaction       ? "reason"
                                                : is_edit(content) ? "m.new_content/body"
                                                                   : "body"));
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        if ((*habit)->saw && strcmp(said->type, "m.room.message") == 0)
            (*habit)->saw(said, content);
    check_name(said, content);
    check_not_twice(said, content);
    json_object_put(content);
}

/* What it is about to say */

static struct set attempted;
static struct set sealed; /* what the values of a row were when it was last sent */

static int64_t hash_values(const struct outbox_row *row)
{
    return (int64_t)(hash_text(row->values ? row->values : "") | 1);
}

/* Whether nothing that the bot must wait for was in its way since the thing came due. */
static bool is_unhindered(int64_t due_ms)
{
    int64_t well_ms = faults_well_since_ms();
    return well_ms < INT64_MAX && well_ms + SETTLE_MS < due_ms && world.born_ms + SETTLE_MS < due_ms &&
           world.trouble_ms + SETTLE_MS < due_ms;
}

static bool is_limited(int64_t sealed_ms)
{
    double burst, refill_per_s;
    homeserver_limits(&burst, &refill_per_s);
    /* What was emptied fills up to what is kept for the urgent before others go, and they take turns. */
    return burst > 0 && store_int(world.store, 0, "SELECT count(*) FROM outbox WHERE sealed_ms > ?1", "i",
                                  sealed_ms - (int64_t)(2 * burst / refill_per_s * 1000)) > 3;
}

/* A private word waits until whom it is for has come into the room that was made for it. */
static bool waits_for_person(const struct sim_put *put)
{
    const struct sim_room *room = homeserver_room(put->room);
    return room->is_direct && homeserver_said(room->positions[0])->at_ms + COMES_IN_MS > put->cause_ms;
}

/* What came due leaves within five seconds, unless the homeserver's limit made it wait. */
static void check_in_time(const struct sim_put *put)
{
    /* What was held for somebody is due when they may be called. */
    int64_t due_ms =
        store_int(world.store, put->cause_ms,
                  "SELECT created_ms FROM outbox WHERE txn = ?1 AND step LIKE '%, later, %'", "s", put->txn);
    if (put->sealed_ms - due_ms <= LATE_MS || waits_for_person(put))
        return;
    bool is_timer =
        store_int(world.store, 1, "SELECT from_event FROM outbox WHERE txn = ?1", "s", put->txn) == 0;
    if (is_timer && is_unhindered(due_ms) && !is_limited(put->sealed_ms))
        world_fail("what came due (%s) was put into words %lld ms later", put->template_name,
                   (long long)(put->sealed_ms - due_ms));
}

static void note_put(const struct exchange *exchange, int room, const char *txn)
{
    struct arena *arena = arena_create();
    struct sim_put put = { .room = room, .txn = txn, .template_name = "" };
    struct outbox_row row;
    put.content = take_read(exchange->body);
    put.is_edit = is_edit(put.content);
    int64_t id = outbox_by_txn(world.store, txn);
    if (id && outbox_get(world.store, id, arena, &row)) {
        put.template_name = row.template_name ? row.template_name : "";
        set_put(&sealed, txn, hash_values(&row));
        put.cause_ms = row.cause_ms;
        put.sealed_ms = row.sealed_ms;
    }
    put.is_first = set_add(&attempted, txn, 1) == 0;
    if (put.is_first && id)
        check_in_time(&put);
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        if ((*habit)->put)
            (*habit)->put(&put);
    keep_read(exchange->body, put.content);
    arena_destroy(arena);
}

void check_request(const struct exchange *exchange)
{
    if (strcmp(exchange->method, "PUT") != 0)
        return;
    const char *room = strstr(exchange->path, "/rooms/"), *txn = strrchr(exchange->path, '/');
    if (!room || !strstr(exchange->path, "/send/m.room.message/"))
        return;
    note_put(exchange, atoi(room + strlen("/rooms/%21")) - 1, txn + 1);
}

/* What it was shown */

bool check_is_applied(int64_t position)
{
    return store_int(world.store, 0, "SELECT 1 FROM message WHERE event_id = ?1", "s",
                     homeserver_said(position)->id);
}

/* When it has come to rest */

static void check_rows(void)
{
    static const char *const names_of[] = { "queued", "attempted", "sent", "parked" };
    struct rows rows = store_rows(
        world.store,
        "SELECT id, state, reason, template FROM outbox WHERE state < 4 AND created_ms < ?1"
        /* What is held has its hour, which has not come. */
        " AND NOT (state = 3 AND held_for IN (SELECT person FROM timer WHERE what = 'call' AND due_ms > ?2))",
        "ii", world.now_ms - QUIET_MS, world.now_ms);
    if (rows_next(&rows))
        world_fail("row %lld (%s) is still %s: %s", (long long)rows_int(&rows, 0), rows_text(&rows, 3),
                   names_of[rows_int(&rows, 1)], rows_text(&rows, 2) ? rows_text(&rows, 2) : "no reason");
    /* What was passed over with a lost position stays noted: it keeps silence from closing what was open then. */
    int64_t n = store_int(world.store, 0,
                          "SELECT count(*) FROM inbox WHERE NOT (state = ?1 AND event_id LIKE '$gap:%')", "i",
                          (int64_t)INBOX_ASIDE);
    if (n)
        world_fail("%lld events still wait in the inbox", (long long)n);
    n = store_int(world.store, 0, "SELECT count(*) FROM room WHERE hold_since_ms IS NOT NULL", "");
    if (n)
        world_fail("%lld rooms are still on hold", (long long)n);
}

static bool has_edit_after(int64_t id, const char *target)
{
    return store_int(world.store, 0,
                     "SELECT 1 FROM outbox WHERE id > ?1 AND kind = 1 AND state = 4 AND target = ?2", "is",
                     id, target);
}

/* A later edit stands in its place. */
static bool is_replaced(const struct outbox_row *row)
{
    char reference[32];
    snprintf(reference, sizeof reference, "@row:%lld", (long long)row->id);
    return has_edit_after(row->id, reference) || (row->target && has_edit_after(row->id, row->target));
}

/* What the bot thinks that it has said is there, and says what it means. */
static void check_seen(int64_t id)
{
    struct arena *arena = arena_create();
    struct outbox_row row;
    struct spoken spoken;
    struct err err;
    if (!outbox_get(world.store, id, arena, &row))
        abort();
    int64_t position = homeserver_position(row.event_id), was_sealed = set_find(&sealed, row.txn);
    if (was_sealed && was_sealed != hash_values(&row) && !world.was_restored)
        world_fail("row %lld was changed after it was sealed", (long long)id);
    if (!position || homeserver_said(position)->is_lost)
        world_fail("row %lld is done as %s, which is not there", (long long)id,
                   row.event_id ? row.event_id : "nothing");
    const struct said *said = homeserver_said(position);
    if (said->is_undone) { /* it was there: nobody owes it a second time */
        arena_destroy(arena);
        return;
    }
    const char *body = body_of(position);
    /* A store that was put back may have another number for a thing than the room has seen. */
    bool is_last = row.kind != OUTBOX_REACTION && !is_replaced(&row) && !world.was_restored;
    if (is_last &&
        (!engine_speak(world.engine, &row, arena, &spoken, &err) || !body || strcmp(body, spoken.body) != 0))
        world_fail("row %lld is seen in %s as \"%s\", and was meant as \"%s\"", (long long)id, said->id, body,
                   spoken.body);
    arena_destroy(arena);
}

static void check_all_seen(void)
{
    int64_t newest = outbox_newest(world.store);
    for (int64_t id = 1; id <= newest; id++)
        if (store_int(world.store, 0, "SELECT state FROM outbox WHERE id = ?1", "i", id) == OUTBOX_DONE)
            check_seen(id);
}

/* Every command that a person gave was taken. */
static void check_all_heard(void)
{
    for (int64_t position = 1; position <= homeserver_newest(); position++) {
        const struct said *said = homeserver_said(position);
        if (strcmp(said->type, "m.room.message") != 0 || strcmp(said->sender, BOT_ME) == 0 ||
            said->redacted_by || said->is_undone || said->is_passed_over ||
            strncmp(said->content, "{\"msgtype\":\"m.text\",\"body\":\"!", 29) != 0 ||
            position < homeserver_room(said->room)->bot_since)
            continue;
        if (!check_is_applied(position) && !strstr(said->content, "m.replace"))
            world_fail("%s was never heard: %s", said->id, said->content);
    }
}

/* Through all kills, cuts and restored copies. */
static void check_history(void)
{
    int64_t line = history_find_break(world.store, INT32_MAX);
    if (line)
        world_fail("line %lld of the history does not follow from those before it", (long long)line);
}

/* Nobody has two rooms alone with the bot. */
static void check_direct_rooms(void)
{
    int64_t n = 0;
    struct rows rows =
        store_rows(world.store,
                   "SELECT m.person, count(*) FROM room r JOIN member m ON m.room = r.id"
                   " WHERE r.membership = 'join' AND r.creators = json_array(?1) AND m.person <> ?1"
                   " GROUP BY m.person HAVING count(*) > 1",
                   "s", BOT_ME);
    while (rows_next(&rows))
        n++;
    if (n)
        world_fail("%lld people have two direct rooms", (long long)n);
}

void check_end(void)
{
    check_direct_rooms();
    check_history();
    check_rows();
    check_all_heard();
    check_all_seen();
    for (const struct sim_habit *const *habit = sim_habits; *habit; habit++)
        if ((*habit)->end)
            (*habit)->end();
}

void check_turn_ended(void)
{
    if (world.now_ms < world.end_ms || world.is_ending)
        return;
    check_end();
    world.is_ending = world.is_signalled = true;
}
