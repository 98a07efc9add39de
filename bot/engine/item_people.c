/* Who is asked about an item, and where each person stands (method.md 2). */
#include <string.h>

#include "engine/item.h"
#include "store/message.h"

/* People asked */

void item_ask(struct turn *turn, struct item *item, const char *person)
{
    store_run(
        turn->store,
        "INSERT INTO asked(item, person) VALUES(?1, ?2)"
        " ON CONFLICT(item, person) DO UPDATE SET has_left = 0, was_away = 0, asked_ms = NULL, row = NULL",
        "is", item->id, person);
}

void item_unask(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store, "DELETE FROM asked WHERE item = ?1 AND person = ?2", "is", item->id, person);
}

void item_note_asked_by(struct turn *turn, struct item *item, const char *person, int64_t row)
{
    store_run(turn->store,
              "UPDATE asked SET row = nullif(?3, 0), asked_ms = CASE WHEN ?3 THEN ?4 ELSE asked_ms END"
              " WHERE item = ?1 AND person = ?2",
              "isii", item->id, person, row, turn->at_ms);
}

void item_note_asked_now(struct turn *turn, int64_t item, int64_t row)
{
    store_run(turn->store, "UPDATE asked SET asked_ms = ?3 WHERE item = ?1 AND row = ?2", "iii", item, row,
              turn->now_ms);
}

void item_note_reminded(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store, "UPDATE asked SET reminded_ms = ?3 WHERE item = ?1 AND person = ?2", "isi",
              item->id, person, turn->now_ms);
}

void item_note_called(struct turn *turn, struct item *item, const char *person, int64_t row)
{
    if (store_int(turn->store, 0, "SELECT asked_ms FROM asked WHERE item = ?1 AND person = ?2", "is",
                  item->id, person))
        item_note_reminded(turn, item, person);
    else
        item_note_asked_by(turn, item, person, row);
}

void item_note_away(struct turn *turn, struct item *item, const char *person)
{
    store_run(turn->store, "UPDATE asked SET was_away = 1 WHERE item = ?1 AND person = ?2", "is", item->id,
              person);
    item_note(turn, item, "away", person, 0);
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
    struct rows rows = store_rows(
        turn->store,
        "SELECT a.person, a.asked_ms, a.reminded_ms, a.has_left, o.event_id IS NOT NULL, a.was_away"
        " FROM asked a LEFT JOIN outbox o ON o.id = a.row WHERE a.item = ?1"
        " ORDER BY a.person",
        "i", item->id);
    while (rows_next(&rows))
        list.people[list.n++] = (struct asked){ .person = rows_dup(&rows, 0, turn->arena),
                                                .asked_ms = rows_int(&rows, 1),
                                                .reminded_ms = rows_int(&rows, 2),
                                                .has_left = rows_int(&rows, 3),
                                                .is_reached = rows_int(&rows, 4),
                                                .was_away = rows_int(&rows, 5) };
    return list;
}

const struct asked *asked_find(const struct asked_list *asked, const char *person)
{
    for (size_t i = 0; i < asked->n; i++)
        if (strcmp(asked->people[i].person, person) == 0)
            return &asked->people[i];
    return NULL;
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

const struct act_row *item_find_act(struct turn *turn, const struct item *item, const char *person,
                                    const char *what)
{
    struct act_list all = all_acts(turn, item);
    for (size_t i = all.n; i-- > 0;)
        if (!all.rows[i].is_taken_back && strcmp(all.rows[i].what, what) == 0 &&
            (!person || strcmp(all.rows[i].person, person) == 0))
            return &all.rows[i];
    return NULL;
}

/* Only what stops things is applied ahead of a gap: then an older taking back comes out of it, and is outdated. */
static bool has_acted_since(struct turn *turn, const struct item *item, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM message WHERE item = ?1 AND sender = ?2 AND at_ms > ?3"
                     " AND role IN ('command', 'word', 'reaction') LIMIT 1",
                     "isi", item->id, person, turn->at_ms);
}

int64_t item_take_back(struct turn *turn, struct item *item, const char *person, const char *event)
{
    if (!event && has_acted_since(turn, item, person))
        return 0;
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
