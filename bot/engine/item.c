#include "engine/item.h"

#include <string.h>

#include "engine/command.h"
#include "engine/flood.h"
#include "store/number.h"
#include "store/timer.h"
#include "time/zone.h"

/* A number, or 0: none is left, or this may be an item that a lost life of the store has made already. */
static int64_t draw_number(struct turn *turn, const char *prefix)
{
    if (number_must_look(turn->store, turn->cause, turn->at_ms, turn->now_ms))
        return 0;
    return number_draw(turn->store, prefix, turn->cause);
}

static const struct habit *find_habit(struct turn *turn, const char *prefix)
{
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++)
        if (strcmp((*habit)->prefix, prefix) == 0)
            return *habit;
    return NULL;
}

/* Making */

struct item *item_create(struct turn *turn, const struct item_new *made)
{
    if (flood_has_too_many_open(turn, made->habit->prefix, made->owner))
        return NULL;
    int64_t number = draw_number(turn, made->habit->prefix);
    if (!number) {
        turn->waits_for_number = true;
        return NULL;
    }
    store_run(turn->store,
              "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms,"
              " deadline_civil, deadline_zone, deadline_ms)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, nullif(?12, 0))",
              "ssiiisssissi", turn_hash(turn, ITEM_STEP), made->habit->prefix, number, turn->room.id,
              (int64_t)made->state, made->owner, turn->event ? turn->event->sender : turn_me(turn),
              turn->cause, turn->at_ms, made->deadline_civil, made->deadline_zone, made->deadline_ms);
    turn->opened = store_last_id(turn->store);
    struct item *item = item_get(turn, turn->opened);
    if (item)
        item_note(turn, item, "opened", NULL, 0);
    return item;
}

struct item *item_get(struct turn *turn, int64_t id)
{
    struct rows rows = store_rows(turn->store,
                                  "SELECT prefix, number, uuid, room, state, owner, author, cause, opened_ms,"
                                  " closed_ms, changed_ms, deadline_ms, deadline_zone, card, extra, successor"
                                  " FROM item WHERE id = ?1",
                                  "i", id);
    if (!rows_next(&rows))
        return NULL;
    struct item *item = arena_alloc(turn->arena, sizeof *item);
    *item = (struct item){
        .id = id,
        .habit = find_habit(turn, rows_text(&rows, 0)),
        .name = arena_printf(turn->arena, "%s-%lld", rows_text(&rows, 0), (long long)rows_int(&rows, 1)),
        .uuid = rows_dup(&rows, 2, turn->arena),
        .number = rows_int(&rows, 1),
        .room = rows_int(&rows, 3),
        .state = (int)rows_int(&rows, 4),
        .owner = rows_dup(&rows, 5, turn->arena),
        .author = rows_dup(&rows, 6, turn->arena),
        .cause = rows_dup(&rows, 7, turn->arena),
        .opened_ms = rows_int(&rows, 8),
        .closed_ms = rows_int(&rows, 9),
        .changed_ms = rows_int(&rows, 10),
        .deadline_ms = rows_int(&rows, 11),
        .deadline_zone = rows_dup(&rows, 12, turn->arena),
        .card = rows_int(&rows, 13),
        .extra = rows_dup(&rows, 14, turn->arena),
        .successor = rows_dup(&rows, 15, turn->arena),
    };
    rows_end(&rows);
    /* A store may know a habit, or a state of it, that this binary does not: such an item is not there. */
    bool is_known = item->habit && item->state >= 0 && item->state < item->habit->n_states &&
                    item->habit->state_names[item->state];
    return is_known ? item : NULL;
}

/* Changes: each is written at once, and noted */

void item_set_state(struct turn *turn, struct item *item, int state)
{
    bool was_open = item->habit->open_states & STATE(item->state);
    bool is_open = item->habit->open_states & STATE(state);
    item->state = state;
    if (was_open && !is_open)
        item->closed_ms = turn->at_ms;
    else if (is_open)
        item->closed_ms = 0;
    store_run(turn->store, "UPDATE item SET state = ?2, closed_ms = nullif(?3, 0) WHERE id = ?1", "iii",
              item->id, (int64_t)state, item->closed_ms);
}

void item_set_owner(struct turn *turn, struct item *item, const char *owner)
{
    item->owner = owner;
    store_run(turn->store, "UPDATE item SET owner = ?2 WHERE id = ?1", "is", item->id, owner);
    item_note(turn, item, "owner", owner, 0);
}

void item_set_successor(struct turn *turn, struct item *item, const char *person)
{
    item->successor = person;
    store_run(turn->store, "UPDATE item SET successor = ?2 WHERE id = ?1", "is", item->id, person);
}

void item_set_extra(struct turn *turn, struct item *item, const char *extra)
{
    item->extra = extra;
    store_run(turn->store, "UPDATE item SET extra = ?2 WHERE id = ?1", "is", item->id, extra);
}

void item_set_changed(struct turn *turn, struct item *item)
{
    item->changed_ms = turn->at_ms;
    store_run(turn->store, "UPDATE item SET changed_ms = ?2 WHERE id = ?1", "ii", item->id, item->changed_ms);
}

void item_set_deadline(struct turn *turn, struct item *item, int64_t deadline_ms, const char *civil,
                       const char *zone)
{
    if (!civil) {
        struct civil c = zone_local(zone, deadline_ms).civil;
        civil =
            arena_printf(turn->arena, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    }
    item->deadline_ms = deadline_ms;
    item->deadline_zone = zone;
    store_run(turn->store,
              "UPDATE item SET deadline_ms = ?2, deadline_civil = ?3, deadline_zone = ?4 WHERE id = ?1",
              "iiss", item->id, deadline_ms, civil, zone);
    item_note(turn, item, "deadline", arena_printf(turn->arena, "%s %s", civil, zone), 0);
}

void item_set_card(struct turn *turn, struct item *item, int64_t row)
{
    item->card = row;
    store_run(turn->store, "UPDATE item SET card = ?2 WHERE id = ?1", "ii", item->id, row);
}

void item_set_field(struct turn *turn, struct item *item, const char *name, int64_t text)
{
    store_run(turn->store,
              "INSERT INTO field(item, name, text) VALUES(?1, ?2, ?3)"
              " ON CONFLICT(item, name) DO UPDATE SET text = excluded.text",
              "isi", item->id, name, text);
    item_note(turn, item, "field", name, text);
}

void item_clear_field(struct turn *turn, struct item *item, const char *name)
{
    store_run(turn->store, "DELETE FROM field WHERE item = ?1 AND name = ?2", "is", item->id, name);
    if (store_changes(turn->store))
        item_note(turn, item, "field cleared", name, 0);
}

int64_t item_field(struct turn *turn, const struct item *item, const char *name)
{
    return store_int(turn->store, 0, "SELECT text FROM field WHERE item = ?1 AND name = ?2", "is", item->id,
                     name);
}

/* History */

void item_note(struct turn *turn, const struct item *item, const char *what, const char *detail, int64_t text)
{
    turn_note(turn, item->id, item->room, what, detail, text);
}

int64_t item_note_cancelled(struct turn *turn, struct item *item, const char *person, const char *reason)
{
    int64_t text = *reason ? text_add(turn, person, reason) : 0;
    if (text)
        item_set_field(turn, item, "cancel_reason", text);
    item_note(turn, item, "cancelled", NULL, text);
    return text;
}

bool item_has_noted(struct turn *turn, const struct item *item, const char *what, const char *detail)
{
    return store_int(turn->store, 0, "SELECT 1 FROM history WHERE item = ?1 AND what = ?2 AND detail = ?3",
                     "iss", item->id, what, detail);
}

struct history_list item_history(struct turn *turn, const struct item *item)
{
    size_t n =
        (size_t)store_int(turn->store, 0, "SELECT count(*) FROM history WHERE item = ?1", "i", item->id);
    struct history_list list = { .rows = arena_alloc(turn->arena, (n + 1) * sizeof *list.rows) };
    struct rows rows = store_rows(
        turn->store, "SELECT at_ms, person, what, detail, text FROM history WHERE item = ?1 ORDER BY id", "i",
        item->id);
    while (rows_next(&rows))
        list.rows[list.n++] = (struct history_row){ .at_ms = rows_int(&rows, 0),
                                                    .person = rows_dup(&rows, 1, turn->arena),
                                                    .what = rows_dup(&rows, 2, turn->arena),
                                                    .detail = rows_dup(&rows, 3, turn->arena),
                                                    .text = rows_int(&rows, 4) };
    return list;
}

/* Timers */

bool item_keeps_timer(struct turn *turn, const struct item *item, const char *what, int64_t due_ms)
{
    if (!turn->event || !number_is_restored(turn->store, turn->now_ms))
        return false;
    int64_t was_due_ms = store_int(turn->store, INT64_MAX, "SELECT due_ms FROM timer WHERE key = ?1", "s",
                                   turn_timer_key(turn, item->uuid, what));
    return was_due_ms <= turn->cause_ms && was_due_ms < due_ms;
}

static void set_timer(struct turn *turn, const struct item *item, const char *what, int64_t due_ms,
                      bool needs_barrier, bool is_urgent)
{
    struct timer timer = { .key = turn_timer_key(turn, item->uuid, what),
                           .due_ms = due_ms,
                           .what = what,
                           .item = item->id,
                           .needs_barrier = needs_barrier,
                           .is_urgent = is_urgent };
    if (strcmp(what, "ask") != 0 || !item_keeps_timer(turn, item, what, due_ms))
        timer_set(turn->store, &timer);
}

void item_set_timer(struct turn *turn, struct item *item, const char *what, int64_t due_ms,
                    bool needs_barrier)
{
    set_timer(turn, item, what, due_ms, needs_barrier, false);
}

void item_set_urgent_timer(struct turn *turn, struct item *item, const char *what, int64_t due_ms)
{
    set_timer(turn, item, what, due_ms, true, true);
}

void item_hold_timer(struct turn *turn, struct item *item, const char *what, int64_t until_ms)
{
    item_set_timer(turn, item, what, turn->cause_ms, true);
    timer_hold(turn->store, turn_timer_key(turn, item->uuid, what), until_ms);
}

void item_remove_timer(struct turn *turn, struct item *item, const char *what)
{
    timer_remove_of(turn->store, item->id, what);
}

void item_forget_pings(struct turn *turn, struct item *item, const char *guard)
{
    outbox_withdraw(turn->store, item->id, guard);
}

/* The card */

const char *item_thread(struct turn *turn, const struct item *item)
{
    return arena_printf(turn->arena, "@row:%lld", (long long)item->card);
}

/* It says that already: of the row itself and its edits the newest. */
static bool is_said(struct turn *turn, const struct item *item, int64_t row, const char *template_name,
                    struct json_object *values)
{
    return store_int(
        turn->store, 0,
        "SELECT template = ?3 AND vals = ?4 FROM outbox WHERE (id = ?1 OR (target = '@row:' || ?1"
        " AND kind = 1)) AND item = ?2 ORDER BY id DESC LIMIT 1",
        "iiss", row, item->id, template_name, json_text(values));
}

void item_edit(struct turn *turn, const struct item *item, int64_t row, const char *template_name,
               struct json_object *values)
{
    if (is_said(turn, item, row, template_name, values))
        json_object_put(values);
    else
        turn_edit(turn, row, template_name, values, item->id);
}

void item_show_card(struct turn *turn, struct item *item)
{
    const char *template_name = NULL;
    struct json_object *values = item->habit->card(turn, item, &template_name);
    if (item->card)
        turn_edit(turn, item->card, template_name, values, item->id);
    else
        json_object_put(values);
}
