#include "engine/item.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "engine/command.h"
#include "engine/flood.h"
#include "engine/zone.h"
#include "store/message.h"
#include "store/number.h"
#include "store/timer.h"

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

/* Making and finding */

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
                                  " closed_ms, changed_ms, deadline_ms, deadline_zone, card, extra"
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
    };
    rows_end(&rows);
    /* A store may know a habit, or a state of it, that this binary does not: such an item is not there. */
    bool is_known = item->habit && item->state >= 0 && item->state < item->habit->n_states &&
                    item->habit->state_names[item->state];
    return is_known ? item : NULL;
}

size_t item_id_length(struct turn *turn, const char *text)
{
    for (const struct habit *const *habit = turn_habits(turn); *habit; habit++) {
        size_t len = strlen((*habit)->prefix);
        if (strncasecmp(text, (*habit)->prefix, len) != 0)
            continue;
        len += text[len] == '-';
        size_t digits = strspn(text + len, "0123456789");
        unsigned char after = (unsigned char)text[len + digits];
        if (digits && digits <= 9 && !isalnum(after) && after < 0x80)
            return len + digits;
    }
    return 0;
}

struct item *item_find(struct turn *turn, const char *name, const char *person)
{
    size_t len = item_id_length(turn, name);
    if (!len || name[len])
        return NULL;
    char prefix[8] = "";
    for (size_t i = 0; i < sizeof prefix - 1 && isalpha((unsigned char)name[i]); i++)
        prefix[i] = (char)toupper((unsigned char)name[i]);
    const char *digits = name + strcspn(name, "0123456789");
    int64_t id = store_int(turn->store, 0, "SELECT id FROM item WHERE prefix = ?1 AND number = ?2", "si",
                           prefix, (int64_t)strtoll(digits, NULL, 10));
    struct item *item = id ? item_get(turn, id) : NULL;
    return item && (!person || room_has_joined(turn->store, item->room, person)) ? item : NULL;
}

enum { LISTED_MAX = 500 };

static struct item_list take_ids(struct turn *turn, struct rows rows, size_t max)
{
    struct item_list list = { .ids = arena_alloc(turn->arena, max * sizeof *list.ids) };
    while (list.n < max && rows_next(&rows))
        list.ids[list.n++] = rows_int(&rows, 0);
    rows_end(&rows);
    return list;
}

struct item_list item_list(struct turn *turn, const char *prefix, const char *person)
{
    int64_t room = turn->room.dm_person ? 0 : turn->room.id;
    return take_ids(turn,
                    store_rows(turn->store,
                               "SELECT i.id FROM item i JOIN member m ON m.room = i.room AND m.person = ?3"
                               " WHERE i.prefix = ?1 AND (?2 = 0 OR i.room = ?2) AND m.membership = 'join'"
                               " ORDER BY i.closed_ms IS NOT NULL, i.closed_ms DESC, i.id DESC LIMIT 500",
                               "sis", prefix, room, person),
                    LISTED_MAX);
}

/* The words as FTS5 takes them: each quoted, all needed, the last as a beginning. */
static const char *match_expression(struct turn *turn, const char *words)
{
    const char *folded = text_fold(turn->arena, words), *expression = "";
    enum { WORDS_MAX = 12 };
    for (int n = 0; *folded && n < WORDS_MAX; n++) {
        size_t len = strcspn(folded, " \"");
        if (len)
            expression = arena_printf(turn->arena, "%s\"%.*s\"%s ", expression, (int)len, folded,
                                      folded[len] ? "" : "*");
        folded += len;
        folded += strspn(folded, " \"");
    }
    return expression;
}

struct item_list item_search(struct turn *turn, const char *words, const char *person, size_t max)
{
    int64_t room = turn->room.dm_person || !person ? 0 : turn->room.id;
    const char *expression = match_expression(turn, words);
    if (!*expression)
        return (struct item_list){ 0 };
    return take_ids(turn,
                    store_rows(turn->store,
                               "SELECT i.id FROM item i WHERE (?2 = 0 OR i.room = ?2)"
                               " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM member m WHERE m.room = i.room"
                               "  AND m.person = ?3 AND m.membership = 'join')) AND i.id IN ("
                               "  SELECT f.item FROM text_index x JOIN field f ON f.text = x.rowid"
                               "   WHERE text_index MATCH ?1"
                               "  UNION SELECT a.item FROM text_index x JOIN act a ON a.text = x.rowid"
                               "   WHERE text_index MATCH ?1)"
                               " ORDER BY i.id DESC LIMIT ?4",
                               "sisi", expression, room, person, (int64_t)max),
                    max);
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

/* Texts */

int64_t text_add(struct turn *turn, const char *author, const char *content)
{
    store_run(turn->store, "INSERT INTO text(author, event, content) VALUES(?1, ?2, ?3)", "sss", author,
              turn->cause, content);
    int64_t id = store_last_id(turn->store);
    store_run(turn->store, "INSERT INTO text_index(rowid, content) VALUES(?1, ?2)", "is", id, content);
    return id;
}

char *text_get(struct turn *turn, int64_t text)
{
    return store_str(turn->store, turn->arena, "SELECT content FROM text WHERE id = ?1 AND is_emptied = 0",
                     "i", text);
}

/* Our own messages that quote the text are said again by an edit: of each message, what it says now. */
static void say_again(struct turn *turn, int64_t text)
{
    struct rows rows = store_rows(turn->store,
                                  "SELECT o.id FROM quote q JOIN outbox o ON o.id = q.row"
                                  " WHERE q.text = ?1 AND o.kind = 0 AND o.state IN (0, 1, 2, 4)"
                                  "  AND o.id NOT IN (SELECT card FROM item WHERE card IS NOT NULL)"
                                  "  AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.target = '@row:' || o.id"
                                  "   AND e.kind = 1)"
                                  " UNION"
                                  " SELECT CAST(substr(o.target, 6) AS INTEGER) FROM quote q"
                                  " JOIN outbox o ON o.id = q.row"
                                  " WHERE q.text = ?1 AND o.kind = 1 AND o.state IN (0, 1, 2, 4)"
                                  "  AND CAST(substr(o.target, 6) AS INTEGER) NOT IN"
                                  "   (SELECT card FROM item WHERE card IS NOT NULL)"
                                  "  AND o.id = (SELECT max(e.id) FROM outbox e WHERE e.target = o.target"
                                  "   AND e.kind = 1)",
                                  "i", text);
    while (rows_next(&rows)) {
        int64_t row = rows_int(&rows, 0);
        int64_t newest =
            store_int(turn->store, row,
                      "SELECT max(id) FROM outbox WHERE kind = 1 AND target = '@row:' || ?1", "i", row);
        struct outbox_row said;
        if (outbox_get(turn->store, newest, turn->arena, &said) && said.template_name)
            turn_edit(turn, row, said.template_name, json_parse(said.values, strlen(said.values)), said.item);
    }
}

void text_change(struct turn *turn, int64_t text, const char *content)
{
    char *before = store_str(turn->store, turn->arena, "SELECT content FROM text WHERE id = ?1", "i", text);
    store_run(turn->store,
              "UPDATE text SET content = coalesce(?2, ''), is_emptied = ?2 IS NULL WHERE id = ?1", "is", text,
              content);
    if (before && *before)
        store_run(turn->store, "UPDATE text_index SET content = coalesce(?2, '') WHERE rowid = ?1", "is",
                  text, content);
    say_again(turn, text);
    struct rows rows = store_rows(
        turn->store, "SELECT item FROM field WHERE text = ?1 UNION SELECT item FROM act WHERE text = ?1", "i",
        text);
    while (rows_next(&rows)) {
        struct item *item = item_get(turn, rows_int(&rows, 0));
        if (item) {
            item_note(turn, item, content ? "text edited" : "text removed", NULL, text);
            item_show_card(turn, item);
        }
    }
}

void item_set_field(struct turn *turn, struct item *item, const char *name, int64_t text)
{
    store_run(turn->store,
              "INSERT INTO field(item, name, text) VALUES(?1, ?2, ?3)"
              " ON CONFLICT(item, name) DO UPDATE SET text = excluded.text",
              "isi", item->id, name, text);
    item_note(turn, item, "field", name, text);
}

int64_t item_field(struct turn *turn, const struct item *item, const char *name)
{
    return store_int(turn->store, 0, "SELECT text FROM field WHERE item = ?1 AND name = ?2", "is", item->id,
                     name);
}

/* People asked */

void item_ask(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store,
              "INSERT INTO asked(item, person, asked_ms) VALUES(?1, ?2, ?3)"
              " ON CONFLICT(item, person) DO UPDATE SET has_left = 0",
              "isi", item->id, person, turn->at_ms);
}

void item_note_asked_by(struct turn *turn, struct item *item, const char *person, int64_t row)
{
    store_run(turn->store, "UPDATE asked SET row = nullif(?3, 0) WHERE item = ?1 AND person = ?2", "isi",
              item->id, person, row);
}

void item_note_reminded(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store, "UPDATE asked SET reminded_ms = ?3 WHERE item = ?1 AND person = ?2", "isi",
              item->id, person, turn->now_ms);
}

void item_note_left(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store, "UPDATE asked SET has_left = 1 WHERE item = ?1 AND person = ?2", "is", item->id,
              person);
    item_note(turn, item, "left", person, 0);
}

struct asked_list item_asked(struct turn *turn, const struct item *item)
{
    size_t n = (size_t)store_int(turn->store, 0, "SELECT count(*) FROM asked WHERE item = ?1", "i", item->id);
    struct asked_list list = { .people = arena_alloc(turn->arena, (n + 1) * sizeof *list.people) };
    struct rows rows =
        store_rows(turn->store,
                   "SELECT a.person, a.asked_ms, a.reminded_ms, a.has_left, o.event_id IS NOT NULL"
                   " FROM asked a LEFT JOIN outbox o ON o.id = a.row WHERE a.item = ?1"
                   " ORDER BY a.person",
                   "i", item->id);
    while (rows_next(&rows))
        list.people[list.n++] = (struct asked){ .person = rows_dup(&rows, 0, turn->arena),
                                                .asked_ms = rows_int(&rows, 1),
                                                .reminded_ms = rows_int(&rows, 2),
                                                .has_left = rows_int(&rows, 3),
                                                .is_reached = rows_int(&rows, 4) };
    return list;
}

bool item_is_asked(struct turn *turn, const struct item *item, const char *person)
{
    return store_int(turn->store, 0, "SELECT 1 FROM asked WHERE item = ?1 AND person = ?2 AND has_left = 0",
                     "is", item->id, person);
}

/* Acts and positions */

void item_add_act(struct turn *turn, struct item *item, const char *person, const char *what, int64_t text)
{
    store_run(
        turn->store,
        "INSERT INTO act(item, person, what, event, at_ms, text) VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, 0))",
        "isssii", item->id, person, what, turn->cause, turn->at_ms, text);
    item_note(turn, item, what, NULL, text);
}

static const struct act_row *standing_objection(const struct act_list *all, const char *person)
{
    for (size_t i = all->n; i-- > 0;)
        if (strcmp(all->rows[i].person, person) == 0 && !all->rows[i].is_taken_back &&
            strcmp(all->rows[i].what, "object") == 0)
            return &all->rows[i];
    return NULL;
}

static struct act_list all_acts(struct turn *turn, const struct item *item)
{
    size_t n = (size_t)store_int(turn->store, 0, "SELECT count(*) FROM act WHERE item = ?1", "i", item->id);
    struct act_list list = { .rows = arena_alloc(turn->arena, (n + 1) * sizeof *list.rows) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT id, person, what, at_ms, text, event, is_taken_back FROM act"
                                  " WHERE item = ?1 ORDER BY id",
                                  "i", item->id);
    while (rows_next(&rows))
        list.rows[list.n++] = (struct act_row){
            .id = rows_int(&rows, 0),
            .person = rows_dup(&rows, 1, turn->arena),
            .what = rows_dup(&rows, 2, turn->arena),
            .at_ms = rows_int(&rows, 3),
            .text = rows_int(&rows, 4),
            .event = rows_dup(&rows, 5, turn->arena),
            .is_taken_back = rows_int(&rows, 6),
        };
    return list;
}

/* The act at i is its person's position: the last of theirs, not taken back; or an objection that stands. */
static bool is_position(const struct act_list *all, size_t i)
{
    const struct act_row *objection = standing_objection(all, all->rows[i].person);
    if (objection)
        return objection == &all->rows[i];
    for (size_t later = i + 1; later < all->n; later++)
        if (strcmp(all->rows[later].person, all->rows[i].person) == 0)
            return false;
    return !all->rows[i].is_taken_back;
}

struct act_list item_positions(struct turn *turn, const struct item *item)
{
    struct act_list all = all_acts(turn, item);
    struct act_list kept = { .rows = arena_alloc(turn->arena, (all.n + 1) * sizeof *kept.rows) };
    for (size_t i = 0; i < all.n; i++)
        if (is_position(&all, i))
            kept.rows[kept.n++] = all.rows[i];
    return kept;
}

const struct act_row *item_position_of(struct turn *turn, const struct item *item, const char *person)
{
    struct act_list positions = item_positions(turn, item);
    for (size_t i = 0; i < positions.n; i++)
        if (strcmp(positions.rows[i].person, person) == 0)
            return &positions.rows[i];
    return NULL;
}

int64_t item_take_back(struct turn *turn, struct item *item, const char *person, const char *event)
{
    store_run(turn->store,
              "UPDATE act SET is_taken_back = 1 WHERE item = ?1 AND person = ?2 AND is_taken_back = 0"
              " AND (?3 IS NULL OR event = ?3)",
              "iss", item->id, person, event);
    int64_t n = store_changes(turn->store);
    if (n)
        item_note(turn, item, "withdraw", NULL, 0);
    return n;
}

void item_take_back_all(struct turn *turn, struct item *item, const char *what)
{
    store_run(turn->store,
              "UPDATE act SET is_taken_back = 1 WHERE item = ?1 AND what = ?2 AND is_taken_back = 0", "is",
              item->id, what);
}

void act_set_text(struct turn *turn, int64_t act, int64_t text)
{
    store_run(turn->store, "UPDATE act SET text = ?2 WHERE id = ?1", "ii", act, text);
}

/* History */

void item_note(struct turn *turn, const struct item *item, const char *what, const char *detail, int64_t text)
{
    store_run(turn->store,
              "INSERT INTO history(item, room, at_ms, person, event, what, detail, text)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0))",
              "iiissssi", item->id, item->room, turn->at_ms, turn->event ? turn->event->sender : NULL,
              turn->cause, what, detail, text);
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

/* An item has one timer of a kind: its key hangs on the item, so that moving it is the same timer, and what
 * it does at another instant has another cause. */
static const char *timer_key(struct turn *turn, const struct item *item, const char *what)
{
    const char *parts[] = { item->uuid, what };
    static const unsigned char no_key[SECRET_KEY_BYTES];
    return secret_hash(turn->arena, no_key, parts, 2);
}

void item_set_timer(struct turn *turn, struct item *item, const char *what, int64_t due_ms,
                    bool needs_barrier)
{
    struct timer timer = { .key = timer_key(turn, item, what),
                           .due_ms = due_ms,
                           .what = what,
                           .item = item->id,
                           .needs_barrier = needs_barrier };
    timer_set(turn->store, &timer);
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

void item_show_card(struct turn *turn, struct item *item)
{
    const char *template_name = NULL;
    struct json_object *values = item->habit->card(turn, item, &template_name);
    if (item->card)
        turn_edit(turn, item->card, template_name, values, item->id);
    else
        json_object_put(values);
}
