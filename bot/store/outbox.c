#include "store/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/plant.h"
#include "base/xmalloc.h"
#include "store/message.h"

#define COLUMNS                                                                                                 \
    "id, txn, room, lane, kind, state, item, cause, step, cause_ms, from_event, template, lang, vals, is_text," \
    " mentions, thread, reply, target, guard, valid_until_ms, role, bytes, event_id, attempts, next_try_ms,"    \
    " created_ms, sealed_ms, sent_ms, is_moot, reason, (SELECT uuid FROM item WHERE item.id = outbox.item)"

/* SQLite uses the partial index outbox_live only where its own condition is repeated word for word. The list of an IN is
 * made a table anew each time: what every poke asks says `state < 2` for queued and attempted. */
#define LIVE " AND state < 4"

static const char row_reference[] = "@row:";

static int64_t referred_row(const char *reference)
{
    if (!reference || strncmp(reference, row_reference, sizeof row_reference - 1))
        return 0;
    return strtoll(reference + sizeof row_reference - 1, NULL, 10);
}

/* A row that another waits for must not wait longer than that one: an urgent answer may hang on a normal
 * card. */
static void raise_lane(struct store *store, const char *reference, enum outbox_lane lane)
{
    int64_t id = referred_row(reference);
    if (!id)
        return;
    store_run(store, "UPDATE outbox SET lane = ?2 WHERE id = ?1 AND lane > ?2 AND state = 0", "ii", id,
              (int64_t)lane);
    if (store_changes(store) == 0)
        return;
    struct arena *arena = arena_create();
    struct outbox_row row = { 0 };
    outbox_get(store, id, arena, &row);
    raise_lane(store, row.thread, lane);
    raise_lane(store, row.reply, lane);
    raise_lane(store, row.target, lane);
    arena_destroy(arena);
}

/* In a text a quotation mark has a backslash before it: what is found is a name, and never what somebody wrote. */
static void add_quotes(struct store *store, int64_t row, const char *values)
{
    static const char name[] = "\"$text\":";
    for (const char *at = values ? strstr(values, name) : NULL; at; at = strstr(at, name)) {
        at += sizeof name - 1;
        int64_t text = strtoll(at, NULL, 10);
        if (text)
            store_run(store, "INSERT OR IGNORE INTO quote(row, text) VALUES(?1, ?2)", "ii", row, text);
    }
}

static void bind_event(struct store *store, int64_t id, const char *event_id)
{
    store_run(store,
              "INSERT OR IGNORE INTO message(event_id, room, sender, role, item, row, at_ms, thread)"
              " SELECT ?2, room, '', role, item, id, cause_ms, NULL FROM outbox WHERE id = ?1 AND kind = 0",
              "is", id, event_id);
}

static void write_done(struct store *store, int64_t id, const char *event_id)
{
    store_run(store,
              "UPDATE outbox SET state = 4, event_id = ?2, bytes = NULL, reason = NULL WHERE id = ?1"
              " AND state <> 4",
              "is", id, event_id);
    bind_event(store, id, event_id);
}

/* It was said already, in a life that this store has lost. */
static void take_seen(struct store *store, int64_t id, const struct outbox_row *row)
{
    struct arena *arena = arena_create();
    char *event_id = store_str(store, arena, "SELECT event_id FROM seen WHERE txn = ?1 AND room = ?2", "si",
                               row->txn, row->room);
    if (event_id) {
        store_run(store, "DELETE FROM seen WHERE txn = ?1", "s", row->txn);
        write_done(store, id, event_id);
    }
    arena_destroy(arena);
}

int64_t outbox_queue(struct store *store, const struct outbox_row *row)
{
    int64_t old = outbox_by_txn(store, row->txn);
    if (old)
        return old;
    store_run(
        store,
        "INSERT INTO outbox(txn, room, lane, kind, state, item, cause, step, cause_ms, from_event, template,"
        " lang, vals, is_text, mentions, thread, reply, target, guard, valid_until_ms, role, created_ms)"
        " VALUES(?1, ?2, ?3, ?4, 0, nullif(?5, 0), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
        " ?18, nullif(?19, 0), ?20, ?21)",
        "siiiissiisssisssssisi", row->txn, row->room, (int64_t)row->lane, (int64_t)row->kind, row->item,
        row->cause, row->step, row->cause_ms, (int64_t)row->is_from_event, row->template_name, row->lang,
        row->values, (int64_t)row->is_text, row->mentions, row->thread, row->reply, row->target, row->guard,
        row->valid_until_ms, row->role, row->created_ms);
    int64_t id = store_last_id(store);
    add_quotes(store, id, row->values);
    take_seen(store, id, row);
    raise_lane(store, row->thread, row->lane);
    raise_lane(store, row->reply, row->lane);
    raise_lane(store, row->target, row->lane);
    return id;
}

/* The card itself, or the edit of it that would be seen last; what was withdrawn is seen by nobody. */
static int64_t newest_of_card(struct store *store, int64_t card, const char *target)
{
    return store_int(
        store, 0, "SELECT max(id) FROM outbox WHERE state <> 5 AND (id = ?1 OR (target = ?2 AND kind = 1))",
        "is", card, target);
}

static void set_content(struct store *store, int64_t row, const char *template_name, const char *values,
                        const char *lang)
{
    store_run(store, "UPDATE outbox SET template = ?2, vals = ?3, lang = ?4 WHERE id = ?1", "isss", row,
              template_name, values, lang);
    store_run(store, "DELETE FROM quote WHERE row = ?1", "i", row);
    add_quotes(store, row, values);
}

static enum outbox_lane lane_of(struct store *store, int64_t id)
{
    return (enum outbox_lane)store_int(store, OUTBOX_NORMAL, "SELECT lane FROM outbox WHERE id = ?1", "i",
                                       id);
}

int64_t outbox_edit(struct store *store, int64_t card, const struct outbox_row *row)
{
    char target[32];
    snprintf(target, sizeof target, "%s%lld", row_reference, (long long)card);
    int64_t newest = newest_of_card(store, card, target);
    int64_t state = store_int(store, -1, "SELECT state FROM outbox WHERE id = ?1", "i", newest);
    /* What was refused never reached the room: when it is tried again it says what is so then. */
    if (state == OUTBOX_QUEUED || state == OUTBOX_PARKED ||
        (PLANTED(COLLAPSE_ATTEMPTED) && state == OUTBOX_ATTEMPTED)) {
        set_content(store, newest, row->template_name, row->values, row->lang);
        store_run(store, "UPDATE outbox SET lane = min(lane, ?2) WHERE id = ?1", "ii", newest,
                  (int64_t)row->lane);
        return newest;
    }
    struct outbox_row edit = *row;
    if (newest != card && state == OUTBOX_ATTEMPTED)
        edit.lane = lane_of(store, newest);
    edit.kind = OUTBOX_EDIT;
    edit.target = target;
    return outbox_queue(store, &edit);
}

void outbox_withdraw(struct store *store, int64_t item, const char *guard)
{
    if (PLANTED(PING_KEPT))
        return;
    store_run(store,
              "UPDATE outbox SET state = 5, reason = 'moot' WHERE item = ?1 AND state IN (0, 3)"
              " AND guard IS NOT NULL AND (?2 IS NULL OR guard = ?2)",
              "is", item, guard);
    store_run(store,
              /* A 200 too: what the homeserver loses after it is not said again. */
              "UPDATE outbox SET is_moot = 1 WHERE item = ?1 AND state IN (1, 2) AND guard IS NOT NULL"
              " AND (?2 IS NULL OR guard = ?2)",
              "is", item, guard);
}

int64_t outbox_find_unseen(struct store *store, int64_t item, const char *guard)
{
    return store_int(store, 0,
                     "SELECT max(id) FROM outbox WHERE item = ?1 AND guard = coalesce(?2, guard)" LIVE, "is",
                     item, guard);
}

int64_t outbox_as_edited(struct store *store, int64_t row)
{
    return store_int(store, row, "SELECT max(id) FROM outbox WHERE kind = 1 AND target = '@row:' || ?1", "i",
                     row);
}

int64_t outbox_newest_of(struct store *store, int64_t item, const char *guard)
{
    return store_int(store, 0,
                     "SELECT max(id) FROM outbox WHERE item = ?1 AND guard = ?2 AND kind = 0"
                     " AND state NOT IN (5, 6)",
                     "is", item, guard);
}

void outbox_hush(struct store *store, int64_t row)
{
    store_run(store, "UPDATE outbox SET mentions = NULL, is_text = 0 WHERE id = ?1 AND state IN (0, 3)", "i",
              row);
}

void outbox_stand_in(struct store *store, int64_t row, int64_t old)
{
    store_run(store,
              "UPDATE outbox SET target = (SELECT CASE WHEN sealed_ms IS NULL AND target IS NOT NULL"
              " THEN target ELSE ?3 || id END FROM outbox WHERE id = ?2) WHERE id = ?1",
              "iis", row, old, row_reference);
}

void outbox_withdraw_role(struct store *store, int64_t room, const char *role)
{
    store_run(store,
              "UPDATE outbox SET state = 5, reason = 'moot' WHERE room = ?1 AND role = ?2"
              " AND state IN (0, 3)" LIVE,
              "is", room, role);
}

void outbox_withdraw_redaction(struct store *store, const char *event_id)
{
    store_run(store,
              "UPDATE outbox SET state = 5, reason = 'moot' WHERE target = ?1 AND kind = 3"
              " AND state IN (0, 3)" LIVE,
              "s", event_id);
}

void outbox_leave_room(struct store *store, int64_t room)
{
    store_run(store, "UPDATE outbox SET state = 5, reason = 'left' WHERE room = ?1 AND state IN (0, 3)" LIVE,
              "i", room);
    store_run(
        store,
        "UPDATE outbox SET state = 6, bytes = NULL, reason = 'left' WHERE room = ?1 AND state IN (1, 2)" LIVE,
        "i", room);
}

bool outbox_get(struct store *store, int64_t id, struct arena *arena, struct outbox_row *out)
{
    struct rows rows = store_rows(store, "SELECT " COLUMNS " FROM outbox WHERE id = ?1", "i", id);
    if (!rows_next(&rows))
        return false;
    int c = 0;
    out->id = rows_int(&rows, c++);
    out->txn = rows_dup(&rows, c++, arena);
    out->room = rows_int(&rows, c++);
    out->lane = (enum outbox_lane)rows_int(&rows, c++);
    out->kind = (enum outbox_kind)rows_int(&rows, c++);
    out->state = (enum outbox_state)rows_int(&rows, c++);
    out->item = rows_int(&rows, c++);
    out->cause = rows_dup(&rows, c++, arena);
    out->step = rows_dup(&rows, c++, arena);
    out->cause_ms = rows_int(&rows, c++);
    out->is_from_event = rows_int(&rows, c++);
    out->template_name = rows_dup(&rows, c++, arena);
    out->lang = rows_dup(&rows, c++, arena);
    out->values = rows_dup(&rows, c++, arena);
    out->is_text = rows_int(&rows, c++);
    out->mentions = rows_dup(&rows, c++, arena);
    out->thread = rows_dup(&rows, c++, arena);
    out->reply = rows_dup(&rows, c++, arena);
    out->target = rows_dup(&rows, c++, arena);
    out->guard = rows_dup(&rows, c++, arena);
    out->valid_until_ms = rows_int(&rows, c++);
    out->role = rows_dup(&rows, c++, arena);
    out->bytes = rows_dup(&rows, c++, arena);
    out->event_id = rows_dup(&rows, c++, arena);
    out->attempts = (int)rows_int(&rows, c++);
    out->next_try_ms = rows_int(&rows, c++);
    out->created_ms = rows_int(&rows, c++);
    out->sealed_ms = rows_int(&rows, c++);
    out->sent_ms = rows_int(&rows, c++);
    out->is_moot = rows_int(&rows, c++);
    out->reason = rows_dup(&rows, c++, arena);
    out->item_uuid = rows_dup(&rows, c++, arena);
    rows_end(&rows);
    return true;
}

int64_t outbox_by_event(struct store *store, const char *event_id)
{
    return store_int(store, 0, "SELECT id FROM outbox WHERE event_id = ?1", "s", event_id);
}

int64_t outbox_by_txn(struct store *store, const char *txn)
{
    return store_int(store, 0, "SELECT id FROM outbox WHERE txn = ?1", "s", txn);
}

const char *outbox_resolve(struct store *store, const char *reference, struct arena *arena, bool *is_gone_out)
{
    int64_t row = referred_row(reference);
    *is_gone_out = false;
    if (!row)
        return reference;
    char *event_id = store_str(store, arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", row);
    if (!event_id)
        *is_gone_out = store_int(store, OUTBOX_UNKNOWN, "SELECT state FROM outbox WHERE id = ?1", "i", row) >=
                       OUTBOX_PARKED;
    return event_id;
}

/* A message that stands in for another waits until nobody doubts any more whether that one was said. */
static bool stands_by(struct store *store, const struct rows *row)
{
    const char *target = rows_text(row, 5);
    return target && rows_int(row, 7) == OUTBOX_MESSAGE &&
           store_int(store, 0, "SELECT state < ?2 FROM outbox WHERE id = ?1", "ii", referred_row(target),
                     (int64_t)OUTBOX_PARKED);
}

static bool references_are_known(struct store *store, const struct rows *row, struct arena *arena)
{
    for (int column = 3; column <= 5; column++) {
        bool is_gone;
        const char *reference = rows_text(row, column);
        if (reference && !outbox_resolve(store, reference, arena, &is_gone) && !is_gone)
            return false;
    }
    return true;
}

static bool contains(const int64_t *items, size_t n, int64_t item)
{
    for (size_t i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

/* The first row of a room and lane that may be sealed now; order is kept for each item, so one that waits
 * holds its own item only. */
static int64_t queue_head(struct store *store, int64_t room, int64_t lane, int64_t now_ms, bool no_pings)
{
    int64_t held_items[OUTBOX_LOOK_AHEAD];
    size_t n_held = 0;
    int64_t head = 0;
    struct arena *arena = arena_create();
    struct rows rows = store_rows(
        store,
        "SELECT o.id, o.item, o.next_try_ms, o.thread, o.reply, o.target,"
        "  (o.from_event = 0 AND max(coalesce(r.hold_since_ms, 0), coalesce(ir.hold_since_ms, 0))"
        "   > CASE o.lane WHEN 0 THEN ?4 ELSE 0 END) OR (?3 AND o.mentions IS NOT NULL AND o.lane > 0),"
        "  o.kind"
        " FROM outbox o JOIN room r ON r.id = o.room LEFT JOIN item i ON i.id = o.item"
        " LEFT JOIN room ir ON ir.id = i.room"
        " WHERE o.state = 0 AND o.state < 4 AND o.room = ?1 AND o.lane = ?2 ORDER BY o.id LIMIT ?5",
        "iiiii", room, lane, (int64_t)no_pings, now_ms - OUTBOX_URGENT_HOLD_MS, (int64_t)OUTBOX_LOOK_AHEAD);
    while (!head && rows_next(&rows)) {
        int64_t item = rows_int(&rows, 1);
        bool may_go = !(item && contains(held_items, n_held, item)) && rows_int(&rows, 2) <= now_ms &&
                      !rows_int(&rows, 6) && !stands_by(store, &rows) &&
                      references_are_known(store, &rows, arena);
        if (may_go)
            head = rows_int(&rows, 0);
        else if (item)
            held_items[n_held++] = item;
    }
    rows_end(&rows);
    arena_destroy(arena);
    return head;
}

/* A private word waits until who it is for is there, alone, and that is known. */
static bool is_private(struct store *store, int64_t room)
{
    return store_int(store, 0,
                     "SELECT r.hold_since_ms IS NULL AND EXISTS (SELECT 1 FROM member m"
                     "   WHERE m.room = r.id AND m.person = r.dm_person AND m.membership = 'join')"
                     "  AND (SELECT count(*) FROM member m WHERE m.room = r.id"
                     "   AND m.membership IN ('join', 'invite')) <= 2 FROM room r WHERE r.id = ?1",
                     "i", room);
}

/* Of a room and lane; 0 if nothing of it may go. */
static int64_t head_of(struct store *store, const struct outbox_asked *asked, const struct rows *rows)
{
    int64_t room = rows_int(rows, 0);
    if (rows_int(rows, 5) && !is_private(store, room))
        return 0;
    if (rows_is_null(rows, 3))
        return queue_head(store, room, rows_int(rows, 1), asked->now_ms, asked->no_pings);
    return rows_int(rows, 4) <= asked->now_ms ? rows_int(rows, 3) : 0;
}

size_t outbox_heads(struct store *store, const struct outbox_asked *asked, struct outbox_head *heads_out,
                    size_t max)
{
    size_t n = 0;
    /* Each poke reads all that waits: what costs more is asked in head_of, for those that are wanted. */
    struct rows rows = store_rows(
        store,
        "SELECT o.room, o.lane, min(o.id),"
        "  max(CASE WHEN o.state = 1 THEN o.id END),"
        "  max(CASE WHEN o.state = 1 THEN o.next_try_ms END), r.dm_person IS NOT NULL"
        " FROM outbox o JOIN room r ON r.id = o.room"
        " WHERE o.state < 2 AND o.state < 4 AND (o.state = 1 OR o.lane < ?2) AND r.membership = 'join'"
        " GROUP BY o.room, o.lane"
        " ORDER BY o.lane, max(?1 AND o.lane AND o.from_event) DESC, 3",
        "ii", (int64_t)!asked->is_by_age, (int64_t)(OUTBOX_LANES - asked->n_lanes_shut));
    while (n < max && rows_next(&rows)) {
        int64_t head = head_of(store, asked, &rows);
        if (head)
            heads_out[n++] = (struct outbox_head){ .id = head,
                                                   .lane = (enum outbox_lane)rows_int(&rows, 1),
                                                   .is_queued = rows_is_null(&rows, 3) };
    }
    rows_end(&rows);
    return n;
}

int64_t outbox_expire(struct store *store, int64_t now_ms)
{
    bool has_any = store_int(
        store, 0,
        "SELECT 1 FROM outbox WHERE valid_until_ms <= ?1 AND state NOT BETWEEN 1 AND 2" LIVE " LIMIT 1", "i",
        now_ms);
    if (!has_any)
        return 0;
    store_run(
        store,
        "UPDATE outbox SET state = 5, reason = 'expired' WHERE state IN (0, 3) AND valid_until_ms <= ?1" LIVE,
        "i", now_ms);
    return store_changes(store);
}

static int64_t urgent_hold_ends_ms(struct store *store, int64_t now_ms)
{
    return store_int(
        store, INT64_MAX,
        "SELECT min(at_ms) FROM (SELECT max(coalesce(r.hold_since_ms, 0), coalesce(ir.hold_since_ms, 0))"
        "  + ?2 AS at_ms FROM outbox o JOIN room r ON r.id = o.room LEFT JOIN item i ON i.id = o.item"
        "  LEFT JOIN room ir ON ir.id = i.room"
        "  WHERE o.state = 0 AND o.state < 4 AND o.lane = 0 AND o.from_event = 0) WHERE at_ms > ?1",
        "ii", now_ms, (int64_t)OUTBOX_URGENT_HOLD_MS);
}

int64_t outbox_next_try_ms(struct store *store, int64_t now_ms)
{
    /* By the index outbox_later, not by that of the state. */
    int64_t try_ms = store_int(store, INT64_MAX,
                               "SELECT min(next_try_ms) FROM outbox"
                               " WHERE +state < 2 AND next_try_ms > ?1 AND next_try_ms > 0" LIVE,
                               "i", now_ms);
    int64_t hold_ms = urgent_hold_ends_ms(store, now_ms);
    return try_ms < hold_ms ? try_ms : hold_ms;
}

void outbox_clock_moved(struct store *store, int64_t by_ms)
{
    store_run(store,
              "UPDATE outbox SET next_try_ms = CASE next_try_ms WHEN 0 THEN 0 ELSE next_try_ms + ?1 END,"
              " sealed_ms = sealed_ms + ?1, sent_ms = sent_ms + ?1 WHERE state IN (0, 1, 2)" LIVE,
              "i", by_ms);
}

void outbox_mend_times(struct store *store, int64_t now_ms)
{
    enum { LONGEST_WAIT_MS = 60000 };
    store_run(store, "UPDATE outbox SET next_try_ms = 0 WHERE state IN (0, 1) AND next_try_ms > ?1" LIVE, "i",
              now_ms + LONGEST_WAIT_MS);
    store_run(store, "UPDATE outbox SET sent_ms = ?1 WHERE state = 2 AND sent_ms > ?1" LIVE, "i", now_ms);
}

int64_t outbox_n_live(struct store *store, int64_t room)
{
    return store_int(store, 0, "SELECT count(*) FROM outbox WHERE state < 2 AND (?1 = 0 OR room = ?1)" LIVE,
                     "i", room);
}

/* As one text of max numbers at most, which the store keeps until a row is written (store_known.c): each wake-up asks. */
size_t outbox_live(struct store *store, int64_t *ids_out, size_t max)
{
    struct arena *arena = arena_create();
    char *ids = store_str(store, arena,
                          "SELECT group_concat(id, ' ') FROM (SELECT id FROM outbox WHERE state < 2" LIVE
                          " LIMIT ?1)",
                          "i", (int64_t)max);
    size_t n = 0;
    for (char *end; ids && *ids; ids = end)
        ids_out[n++] = strtoll(ids, &end, 10);
    arena_destroy(arena);
    return n;
}

int64_t outbox_n_sealed_since(struct store *store, int64_t since_ms)
{
    return store_int(store, 0, "SELECT count(*) FROM outbox WHERE sealed_ms >= ?1", "i", since_ms);
}

int64_t outbox_newest(struct store *store)
{
    return store_int(store, 0, "SELECT max(id) FROM outbox", "");
}

size_t outbox_unconfirmed(struct store *store, int64_t sent_before_ms, int64_t *ids_out, size_t max)
{
    size_t n = 0;
    struct rows rows = store_rows(
        store, "SELECT id FROM outbox WHERE state = 2 AND sent_ms <= ?1" LIVE " ORDER BY sent_ms LIMIT ?2",
        "ii", sent_before_ms, (int64_t)max);
    while (rows_next(&rows))
        ids_out[n++] = rows_int(&rows, 0);
    return n;
}

int64_t outbox_n_unconfirmed(struct store *store, int64_t sent_before_ms)
{
    return store_int(store, 0, "SELECT count(*) FROM outbox WHERE state = 2 AND sent_ms <= ?1" LIVE, "i",
                     sent_before_ms);
}

int64_t outbox_oldest_sent_ms(struct store *store)
{
    return store_int(store, 0, "SELECT min(sent_ms) FROM outbox WHERE state = 2" LIVE, "");
}

void outbox_seal(struct store *store, int64_t id, const char *bytes, int64_t now_ms)
{
    store_run(
        store,
        "UPDATE outbox SET state = 1, bytes = ?2, sealed_ms = ?3, next_try_ms = 0 WHERE id = ?1 AND state = 0",
        "isi", id, bytes, now_ms);
    assert(store_failed(store) || store_changes(store) == 1);
}

void outbox_retry(struct store *store, int64_t id, int64_t next_try_ms)
{
    store_run(store,
              "UPDATE outbox SET attempts = attempts + 1, next_try_ms = ?2 WHERE id = ?1 AND state = 1", "ii",
              id, next_try_ms);
}

/* What the event of a row is: from now on replies, reactions and edits find its item. */
static void write_sent(struct store *store, int64_t id, const char *text)
{
    char *event_id;
    if (store_defers(store, write_done, id, NULL))
        return; /* by now it was seen, too: that says more */
    int64_t at_ms = strtoll(text, &event_id, 10);
    event_id++;
    store_run(store,
              "UPDATE outbox SET state = 2, event_id = ?2, sent_ms = ?3, reason = NULL"
              " WHERE id = ?1 AND (state = 1 OR state = 3 OR state = 6)",
              "isi", id, event_id, at_ms);
    bind_event(store, id, event_id);
}

/* Also of rows that were never sealed: a store restored from a copy meets what it has already said. */
void outbox_sent(struct store *store, int64_t id, const char *event_id, int64_t now_ms)
{
    char *text = xasprintf("%lld %s", (long long)now_ms, event_id);
    store_defer(store, write_sent, id, text);
    free(text);
}

void outbox_was_said_in(struct store *store, int64_t id, int64_t room)
{
    store_run(store, "UPDATE outbox SET room = ?2 WHERE id = ?1", "ii", id, room);
}

void outbox_done(struct store *store, int64_t id, const char *event_id)
{
    store_defer(store, write_done, id, event_id);
}

bool outbox_is_answered(const struct store *store, int64_t id)
{
    return store_defers(store, write_sent, id, NULL) || store_defers(store, write_done, id, NULL);
}

static void write_seen(struct store *store, int64_t room, const char *text)
{
    int len = (int)strcspn(text, " ");
    struct arena *arena = arena_create();
    if (store_int(store, 0, "SELECT count(*) FROM seen", "") < OUTBOX_SEEN_MAX)
        store_run(store, "INSERT OR IGNORE INTO seen(txn, room, event_id) VALUES(?1, ?2, ?3)", "sis",
                  arena_printf(arena, "%.*s", len, text), room, text + len + 1);
    arena_destroy(arena);
}

void outbox_note_seen(struct store *store, const char *txn, int64_t room, const char *event_id)
{
    struct arena *arena = arena_create();
    if (!strchr(txn, ' '))
        store_defer(store, write_seen, room, arena_printf(arena, "%s %s", txn, event_id));
    arena_destroy(arena);
}

void outbox_lost(struct store *store, int64_t id)
{
    store_run(store,
              "UPDATE outbox SET state = 1, event_id = NULL, next_try_ms = 0 WHERE id = ?1 AND state = 2",
              "i", id);
}

/* Its edits that still wait become part of it: when it is tried again it says what is so then. */
static void take_edits(struct store *store, int64_t id)
{
    char target[32];
    snprintf(target, sizeof target, "%s%lld", row_reference, (long long)id);
    int64_t edit = store_int(
        store, 0, "SELECT max(id) FROM outbox WHERE target = ?1 AND kind = 1 AND state = 0", "s", target);
    if (!edit)
        return;
    struct arena *arena = arena_create();
    struct outbox_row row = { 0 };
    outbox_get(store, edit, arena,
               &row); /* of a store that has failed: nothing, and nothing is written either */
    set_content(store, id, row.template_name, row.values, row.lang);
    store_run(
        store,
        "UPDATE outbox SET state = 5, reason = 'collapsed' WHERE target = ?1 AND kind = 1 AND state = 0", "s",
        target);
    arena_destroy(arena);
}

void outbox_park(struct store *store, int64_t id, const char *reason)
{
    outbox_end(store, id, OUTBOX_PARKED, reason);
    take_edits(store, id);
}

void outbox_end(struct store *store, int64_t id, enum outbox_state state, const char *reason)
{
    store_run(
        store,
        "UPDATE outbox SET state = ?2, bytes = NULL, reason = ?3 WHERE id = ?1 AND state IN (0, 1, 2, 3)",
        "iis", id, (int64_t)state, reason);
}

int64_t outbox_unpark(struct store *store, int64_t room)
{
    store_run(
        store,
        "UPDATE outbox SET state = 5, reason = 'moot' WHERE state = 3 AND is_moot = 1 AND room = ?1" LIVE,
        "i", room);
    store_run(store,
              "UPDATE outbox SET state = 0, bytes = NULL, reason = NULL, attempts = 0, next_try_ms = 0"
              " WHERE state = 3 AND held_for IS NULL AND room = ?1" LIVE,
              "i", room);
    return store_changes(store);
}

void outbox_hold(struct store *store, int64_t id, const char *person)
{
    store_run(
        store,
        "UPDATE outbox SET state = 3, held_for = ?2, reason = 'their hours' WHERE id = ?1 AND state = 0",
        "is", id, person);
}

void outbox_let_go(struct store *store, int64_t id, int64_t due_ms)
{
    /* cause_ms stays: another life of this store may have said it at any time since. */
    store_run(store,
              "UPDATE outbox SET state = 0, held_for = NULL, from_event = 0, reason = NULL, created_ms = ?2"
              " WHERE id = ?1 AND state = 3",
              "ii", id, due_ms);
}

void outbox_withdraw_held(struct store *store, int64_t item, const char *person)
{
    store_run(store,
              "UPDATE outbox SET state = 5, reason = 'moot' WHERE held_for = ?2 AND item = ?1 AND state = 3",
              "is", item, person);
}

size_t outbox_held(struct store *store, const char *person, int64_t *ids_out, size_t max)
{
    size_t n = 0;
    struct rows rows =
        store_rows(store, "SELECT id FROM outbox WHERE held_for = ?1 AND state = 3 ORDER BY id LIMIT ?2",
                   "si", person, (int64_t)max);
    while (rows_next(&rows))
        ids_out[n++] = rows_int(&rows, 0);
    rows_end(&rows);
    return n;
}
