#include "engine/direct.h"

/* A wanted room has this in place of an id until the homeserver gives it one; no room id begins so. */
#define WANTED "wanted:"

int64_t direct_room(struct turn *turn, const char *person)
{
    int64_t room = store_int(turn->store, 0,
                             "SELECT r.id FROM room r LEFT JOIN member m ON m.room = r.id AND m.person = ?1"
                             " WHERE r.dm_person = ?1 AND (r.membership = 'wanted'"
                             "  OR (r.membership = 'join' AND m.membership IN ('join', 'invite')))"
                             " ORDER BY m.membership IS NOT 'join', r.id LIMIT 1",
                             "s", person);
    if (room)
        return room;
    room = room_ensure(turn->store, arena_printf(turn->arena, WANTED "%s", person));
    room_set(turn->store, room, "dm_person", person);
    room_set(turn->store, room, "membership", "wanted");
    return room;
}

int64_t direct_next_wanted(struct store *store, struct arena *arena, const char **person_out)
{
    int64_t room = store_int(store, 0, "SELECT min(id) FROM room WHERE membership = 'wanted'", "");
    *person_out = room ? room_value(store, room, "dm_person", arena) : NULL;
    return room;
}

/* The bot makes no other rooms than these. */
#define MADE_BY_US "r.membership = 'join' AND r.dm_person IS NULL AND r.creators = json_array(?1)"

char *direct_find_made(struct store *store, const char *me, const char *person, struct arena *arena,
                       bool *is_unsure_out)
{
    *is_unsure_out = store_int(
        store, 0, "SELECT 1 FROM room r WHERE " MADE_BY_US " AND r.has_members = 0 LIMIT 1", "s", me);
    return store_str(store, arena,
                     "SELECT r.room_id FROM room r JOIN member m ON m.room = r.id AND m.person = ?2"
                     " WHERE " MADE_BY_US " AND m.membership IN ('invite', 'join') ORDER BY r.id LIMIT 1",
                     "ss", me, person);
}

void direct_made(struct store *store, int64_t room, const char *room_id)
{
    int64_t seen = room_find(store, room_id);
    if (seen && seen != room) {
        /* Sync was faster than the answer: its row has the facts, ours what waits to be said. */
        store_run(store, "UPDATE outbox SET room = ?2 WHERE room = ?1", "ii", room, seen);
        store_run(store,
                  "UPDATE room SET dm_person = (SELECT dm_person FROM room WHERE id = ?1) WHERE id = ?2",
                  "ii", room, seen);
        store_run(store, "DELETE FROM room WHERE id = ?1", "i", room);
        return;
    }
    store_run(store, "UPDATE room SET room_id = ?2, membership = 'join' WHERE id = ?1", "is", room, room_id);
}

void direct_refused(struct store *store, int64_t room)
{
    outbox_leave_room(store, room);
    store_run(store, "UPDATE room SET membership = 'refused' WHERE id = ?1", "i", room);
}

void direct_ended(struct store *store, int64_t room)
{
    outbox_leave_room(store, room);
    store_run(store, "UPDATE room SET dm_person = NULL WHERE id = ?1", "i", room);
}
