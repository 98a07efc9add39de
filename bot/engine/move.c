#include "engine/move.h"

#include "engine/command.h"
#include "engine/days_off.h"
#include "engine/link.h"
#include "engine/oncall.h"

enum { OPEN_MAX = 256 }; /* one more than that keeps its old card */

/* Of two rows of room, old and new. */
#define AGREED                                                                                               \
    "(new.predecessor = old.room_id OR EXISTS (SELECT 1 FROM setting"                                        \
    "  WHERE name = 'move/follow ' || old.room_id AND value = new.room_id))"

bool move_is_agreed(struct store *store, const char *old_room_id, const char *new_room_id)
{
    return store_int(
        store, 0,
        "SELECT 1 FROM room new JOIN room old WHERE old.room_id = ?1 AND new.room_id = ?2 AND " AGREED, "ss",
        old_room_id, new_room_id);
}

int64_t move_from(struct store *store, int64_t room)
{
    return store_int(store, 0,
                     "SELECT old.id FROM room new JOIN room old ON old.successor = new.room_id"
                     " WHERE new.id = ?1 AND old.id <> new.id AND " AGREED
                     " AND EXISTS (SELECT 1 FROM item WHERE item.room = old.id) ORDER BY old.id LIMIT 1",
                     "i", room);
}

/* What the room chose here already stays. */
static void take_choices(struct turn *turn, int64_t from)
{
    store_run(turn->store,
              "UPDATE room SET lang = coalesce(lang, (SELECT lang FROM room o WHERE o.id = ?2)),"
              " zone = coalesce(zone, (SELECT zone FROM room o WHERE o.id = ?2)),"
              " country = coalesce(country, (SELECT country FROM room o WHERE o.id = ?2)),"
              " answer = coalesce(answer, (SELECT answer FROM room o WHERE o.id = ?2)),"
              " gate = coalesce(gate, (SELECT gate FROM room o WHERE o.id = ?2)),"
              " hint = coalesce(hint, (SELECT hint FROM room o WHERE o.id = ?2)),"
              " progress = coalesce(progress, (SELECT progress FROM room o WHERE o.id = ?2)),"
              " kind = coalesce(kind, (SELECT kind FROM room o WHERE o.id = ?2)) WHERE id = ?1",
              "ii", turn->room.id, from);
    oncall_take(turn, from);
    days_off_move(turn, from);
    link_move(turn, from, turn->room.id);
    turn_enter_room(turn, turn->room.id);
    oncall_reschedule(turn);
}

static void take_words(struct turn *turn, const struct item *item, int64_t from)
{
    store_run(turn->store,
              "UPDATE outbox SET state = 5, reason = 'the room has moved' WHERE item = ?1 AND room = ?2"
              " AND state IN (0, 3) AND (kind <> 0 OR role = 'card')",
              "ii", item->id, from);
    store_run(
        turn->store,
        "UPDATE outbox SET room = ?3, state = iif(held_for IS NULL, 0, 3), reason = iif(held_for IS NULL,"
        " NULL, reason), thread = ?4, reply = NULL"
        " WHERE item = ?1 AND room = ?2 AND state IN (0, 3)",
        "iiis", item->id, from, turn->room.id, item_thread(turn, item));
}

static void show_anew(struct turn *turn, struct item *item, int64_t from)
{
    const char *template_name;
    struct json_object *values = item->habit->card(turn, item, &template_name);
    int64_t card = turn_say(turn, (struct say){ .step = arena_printf(turn->arena, "moved %s", item->uuid),
                                                .template_name = template_name,
                                                .values = values,
                                                .item = item->id,
                                                .role = "card" });
    item_set_card(turn, item, card);
    take_words(turn, item, from);
}

void move_items(struct turn *turn, int64_t from)
{
    int64_t ids[OPEN_MAX];
    take_choices(turn, from);
    store_run(turn->store, "UPDATE item SET room = ?1 WHERE room = ?2", "ii", turn->room.id, from);
    struct rows rows = store_rows(
        turn->store, "SELECT id FROM item WHERE room = ?1 AND closed_ms IS NULL ORDER BY id LIMIT 256", "i",
        turn->room.id);
    size_t n = rows_take(&rows, ids, OPEN_MAX);
    for (size_t i = 0; i < n; i++) {
        struct item *item = item_get(turn, ids[i]);
        struct outbox_row card;
        bool is_here = item && item->card && outbox_get(turn->store, item->card, turn->arena, &card) &&
                       card.room == turn->room.id;
        if (!item || is_here || !item->habit->card)
            continue;
        show_anew(turn, item, from);
        item_note(turn, item, "moved", NULL, 0);
    }
}
