#include "engine/link.h"

#include <string.h>

#include "engine/command.h"
#include "engine/place.h"

enum { LISTED_MAX = 8 };

#define KEPT "kept"
#define CAME "came"

/* --- Where it is kept --- */

bool link_read_place(struct turn *turn, const char *typed, struct link_place *out)
{
    size_t len = item_id_length(turn, typed);
    *out = (struct link_place){ 0 };
    if (len)
        out->item = item_find(turn, arena_strndup(turn->arena, typed, len), turn->event->sender);
    out->room = out->item ? out->item->room : place_find(turn, typed);
    return out->room > 0;
}

void link_set_place(struct turn *turn, const struct item *item, const struct link_place *place)
{
    store_run(turn->store, "DELETE FROM link WHERE item = ?1 AND what = ?2", "is", item->id, KEPT);
    if (place)
        store_run(turn->store, "INSERT INTO link(item, what, other, room) VALUES(?1, ?2, ?3, ?4)", "isii",
                  item->id, KEPT, place->item ? place->item->id : 0, place->item ? 0 : place->room);
}

bool link_place_of(struct turn *turn, const struct item *item, struct link_place *out)
{
    struct rows rows = store_rows(turn->store, "SELECT other, room FROM link WHERE item = ?1 AND what = ?2",
                                  "is", item->id, KEPT);
    int64_t other = 0;
    *out = (struct link_place){ 0 };
    if (rows_next(&rows)) {
        other = rows_int(&rows, 0);
        out->room = rows_int(&rows, 1);
        rows_end(&rows);
    }
    out->item = other ? item_get(turn, other) : NULL;
    if (out->item)
        out->room = out->item->room;
    return store_int(turn->store, 0, "SELECT 1 FROM room WHERE id = ?1 AND membership = 'join'", "i",
                     out->room);
}

struct json_object *link_place_value(struct turn *turn, const struct item *item)
{
    struct link_place place;
    struct room room;
    if (!link_place_of(turn, item, &place) || !room_get(turn->store, place.room, turn->arena, &room))
        return NULL;
    struct json_object *value = values_new();
    if (place.item)
        json_set(value, "item", link_value(turn, place.item));
    else
        values_add_room(turn, value, &room);
    return value;
}

void link_move(struct turn *turn, int64_t from, int64_t to)
{
    store_run(turn->store, "UPDATE link SET room = ?2 WHERE room = ?1", "ii", from, to);
}

/* --- What came of it --- */

void link_add(struct turn *turn, const struct item *item, const struct item *made)
{
    store_run(turn->store, "INSERT OR IGNORE INTO link(item, what, other, room) VALUES(?1, ?2, ?3, 0)", "isi",
              item->id, CAME, made->id);
    item_note(turn, item, CAME, made->name, 0);
}

struct item *link_source_of(struct turn *turn, const struct item *made)
{
    int64_t id = store_int(turn->store, 0, "SELECT item FROM link WHERE other = ?1 AND what = ?2 LIMIT 1",
                           "is", made->id, CAME);
    return id ? item_get(turn, id) : NULL;
}

struct item *link_made_by(struct turn *turn, const struct item *item, const char *author)
{
    int64_t id = store_int(turn->store, 0,
                           "SELECT max(i.id) FROM link l JOIN item i ON i.id = l.other"
                           " WHERE l.item = ?1 AND l.what = ?2 AND i.author = ?3",
                           "iss", item->id, CAME, author);
    return id ? item_get(turn, id) : NULL;
}

/* --- For templates --- */

struct json_object *link_value(struct turn *turn, const struct item *item)
{
    const char *room =
        store_str(turn->store, turn->arena, "SELECT room_id FROM room WHERE id = ?1", "i", item->room);
    const char *event =
        store_str(turn->store, turn->arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", item->card);
    struct json_object *value = values_new();
    json_set_str(value, "id", item->name);
    json_set_str(value, "card_room", room);
    json_set_str(value, "card_event", event ? event : "");
    return value;
}

static struct json_object *list_of(struct turn *turn, struct rows rows)
{
    int64_t ids[LISTED_MAX];
    size_t n = rows_take(&rows, ids, LISTED_MAX);
    if (!n)
        return NULL;
    struct json_object *value = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        if (!item)
            continue;
        struct json_object *row = link_value(turn, item);
        json_set(row, "owner", values_person(turn, item->owner));
        json_set(row, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
        json_set_bool(row, "over", !lifecycle_is_open(item));
        json_object_array_add(list, row);
    }
    json_set(value, "list", list);
    return value;
}

struct json_object *link_list(struct turn *turn, const struct item *item)
{
    return list_of(turn,
                   store_rows(turn->store,
                              "SELECT other FROM link WHERE item = ?1 AND what = ?2 ORDER BY other LIMIT ?3",
                              "isi", item->id, CAME, (int64_t)LISTED_MAX));
}

struct json_object *link_kept_here(struct turn *turn, const struct item *item)
{
    return list_of(
        turn, store_rows(turn->store,
                         "SELECT item FROM link WHERE other = ?1 AND what = ?2 ORDER BY item DESC LIMIT ?3",
                         "isi", item->id, KEPT, (int64_t)LISTED_MAX));
}
