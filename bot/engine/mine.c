#include "engine/mine.h"

#include <string.h>

#include "engine/personal.h"
#include "time/hours.h"

enum { SUBJECT_CHARS = 80 };

static struct item_list find(struct turn *turn, const char *person, int64_t room, int64_t but)
{
    struct item_list all = { .ids = arena_alloc(turn->arena, MINE_MAX * sizeof *all.ids) };
    struct rows rows = store_rows(
        turn->store,
        "SELECT i.id FROM item i JOIN member m ON m.room = i.room AND m.person = ?1"
        " AND m.membership = 'join' WHERE i.closed_ms IS NULL AND (?2 = 0 OR i.room = ?2) AND i.room <> ?3"
        " AND (i.owner = ?1 OR i.id IN (SELECT item FROM asked WHERE person = ?1 AND has_left = 0))"
        " ORDER BY i.deadline_ms, i.id LIMIT ?4",
        "siii", person, room, but, (int64_t)MINE_MAX);
    while (rows_next(&rows))
        all.ids[all.n++] = rows_int(&rows, 0);
    size_t kept = 0;
    for (size_t i = 0; i < all.n; i++) {
        struct item *item = item_get(turn, all.ids[i]);
        if (item && item->habit->waits_for && item->habit->waits_for(turn, item, person))
            all.ids[kept++] = all.ids[i];
    }
    all.n = kept;
    return all;
}

struct item_list mine_of(struct turn *turn, const char *person, int64_t room)
{
    return find(turn, person, room, 0);
}

struct item_list mine_elsewhere(struct turn *turn, const char *person, int64_t room)
{
    return find(turn, person, 0, room);
}

struct mine_to_do mine_to_do(struct turn *turn, const char *person, enum mine_span span)
{
    struct mine_to_do mine = { .list = find(turn, person, 0, 0) };
    const char *zone = personal_zone(turn, person);
    int64_t today = hours_day_of(zone, turn->now_ms);
    size_t n = 0;
    for (size_t i = 0; i < mine.list.n; i++) {
        struct item *item = item_get(turn, mine.list.ids[i]);
        const char *what = item ? item->habit->waits_for(turn, item, person) : NULL;
        /* A reminder speaks for itself. */
        if (!what || strcmp(what, "wait") == 0)
            continue;
        int64_t due_day = hours_day_of(zone, item->deadline_ms);
        bool is_days = strcmp(what, "do") != 0 || due_day == today, is_past = !is_days && due_day < today;
        if (is_days || span == MINE_ALL || (is_past && span == MINE_DUE))
            mine.list.ids[n++] = mine.list.ids[i];
        else if (is_past)
            mine.n_past++;
    }
    mine.list.n = n;
    return mine;
}

static struct json_object *row_of(struct turn *turn, struct item *item, const char *person)
{
    struct json_object *row = values_new();
    const char *zone = personal_zone(turn, person);
    json_set_str(row, "id", item->name);
    json_set(row, "subject", values_text(item_field(turn, item, "subject"), SUBJECT_CHARS));
    json_set(row, "deadline", values_time(turn, item->deadline_ms, zone));
    json_set_bool(row, "past", item->deadline_ms <= turn->now_ms);
    json_set_bool(row, item->habit->waits_for(turn, item, person), true);
    return row;
}

struct json_object *mine_values(struct turn *turn, const char *person, const struct item_list *mine)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < mine->n && i < MINE_SHOWN; i++) {
        struct item *item = item_get(turn, mine->ids[i]);
        if (item)
            json_object_array_add(list, row_of(turn, item, person));
    }
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "now", values_time(turn, turn->now_ms, personal_zone(turn, person)));
    json_set(values, "list", list);
    json_set_bool(values, "empty", mine->n == 0);
    json_set_bool(values, "here", turn->room.dm_person == NULL);
    json_set_int(values, "past_more", 0);
    json_set_int(values, "more", mine->n > MINE_SHOWN ? (int64_t)(mine->n - MINE_SHOWN) : 0);
    return values;
}
