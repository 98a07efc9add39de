#include "engine/direct.h"

#include <string.h>

#include "store/invite.h"

/* A wanted room has this in place of an id until the homeserver gives it one; no room id begins so. */
#define WANTED "wanted:"

static int64_t want_room(struct turn *turn, const char *person)
{
    int64_t room = room_ensure(turn->store, arena_printf(turn->arena, WANTED "%s", person));
    room_set(turn->store, room, "dm_person", person);
    room_set(turn->store, room, "membership", "wanted");
    return room;
}

int64_t direct_room(struct turn *turn, const char *person)
{
    int64_t room = store_int(turn->store, 0,
                             "SELECT r.id FROM room r LEFT JOIN member m ON m.room = r.id AND m.person = ?1"
                             " WHERE r.dm_person = ?1 AND (r.membership = 'wanted'"
                             "  OR (r.membership = 'join' AND m.membership IN ('join', 'invite')"
                             "   AND (SELECT count(*) FROM member o WHERE o.room = r.id"
                             "    AND o.membership IN ('join', 'invite')) <= 2))"
                             " ORDER BY m.membership IS NOT 'join', r.id LIMIT 1",
                             "s", person);
    return room ? room : want_room(turn, person);
}

int64_t direct_open(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT r.id FROM room r JOIN member m ON m.room = r.id AND m.person = ?1"
                     " WHERE r.dm_person = ?1 AND r.membership = 'join' AND m.membership = 'join' LIMIT 1",
                     "s", person);
}

int64_t direct_next_wanted(struct store *store, int64_t after, struct arena *arena, const char **person_out)
{
    int64_t room = store_int(store, 0, "SELECT max(id) FROM room WHERE membership = 'wanted'", "");
    if (room)
        room = store_int(store, 0, "SELECT min(id) FROM room WHERE membership = 'wanted' AND id > ?1", "i",
                         room > after ? after : 0);
    *person_out = room ? room_value(store, room, "dm_person", arena) : NULL;
    return room;
}

char *direct_seen(struct store *store, int64_t room, struct arena *arena)
{
    return store_str(store, arena,
                     "SELECT r.room_id FROM room w JOIN room r ON r.dm_person = w.dm_person"
                     " JOIN member m ON m.room = r.id AND m.person = w.dm_person"
                     " WHERE w.id = ?1 AND r.id <> ?1 AND r.membership = 'join'"
                     "  AND m.membership IN ('join', 'invite') ORDER BY r.id LIMIT 1",
                     "i", room);
}

void direct_made(struct store *store, int64_t room, const char *room_id)
{
    int64_t seen = room_find(store, room_id);
    if (seen && seen != room) {
        /* Sync was faster than the answer: its row has the facts, ours what waits to be said. */
        store_run(store, "UPDATE outbox SET room = ?2 WHERE room = ?1", "ii", room, seen);
        store_run(store, "UPDATE question SET room = ?2 WHERE room = ?1", "ii", room, seen);
        store_run(store,
                  "UPDATE room SET dm_person = (SELECT dm_person FROM room WHERE id = ?1)"
                  " WHERE id = ?2 AND EXISTS (SELECT 1 FROM room WHERE id = ?1)",
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

static void end_room(struct turn *turn, int64_t room, const char *person)
{
    const char *room_id =
        store_str(turn->store, turn->arena, "SELECT room_id FROM room WHERE id = ?1", "i", room);
    outbox_leave_room(turn->store, room);
    room_set(turn->store, room, "dm_person", NULL);
    invite_add(turn->store, &(struct invite_row){ .room_id = room_id,
                                                  .inviter = person,
                                                  .next_try_ms = turn->now_ms,
                                                  .state = INVITE_LEAVE });
}

/* Asked for once, and made twice on the way to the homeserver: no transaction id keeps a proxy from that. The room that
 * the person comes into first is the one; what waits in the other goes there. */
static bool leave_double(struct turn *turn, const char *person)
{
    int64_t here = turn->room.id;
    int64_t other = store_int(turn->store, 0,
                              "SELECT r.id FROM room r JOIN room h ON h.id = ?1 WHERE r.id <> h.id"
                              " AND r.dm_person = h.dm_person AND r.membership = 'join'"
                              " AND r.creators = json_array(?2) AND h.creators = r.creators",
                              "is", here, turn_me(turn));
    if (!other)
        return false;
    if (room_has_joined(turn->store, other, person)) {
        end_room(turn, here, person);
        return true;
    }
    store_run(turn->store, "UPDATE outbox SET room = ?2 WHERE room = ?1 AND state IN (0, 3)", "ii", other,
              here);
    end_room(turn, other, person);
    return true;
}

/* What was to be said to one person alone is said elsewhere: without its place in a talk that others now read, and an
 * edit not at all. */
static void leave_shared_room(struct turn *turn, const char *person)
{
    int64_t elsewhere = want_room(turn, person);
    store_run(turn->store,
              "UPDATE outbox SET state = 5, reason = 'no longer private' WHERE room = ?1"
              " AND state IN (0, 3) AND kind <> 0",
              "i", turn->room.id);
    store_run(turn->store,
              "UPDATE outbox SET room = ?2, thread = NULL, reply = NULL WHERE room = ?1 AND state IN (0, 3)",
              "ii", turn->room.id, elsewhere);
    store_run(
        turn->store,
        "UPDATE question SET room = ?2 WHERE room = ?1 AND row IN (SELECT id FROM outbox WHERE room = ?2)",
        "ii", turn->room.id, elsewhere);
    if (outbox_n_live(turn->store, elsewhere) == 0)
        room_set(turn->store, elsewhere, "membership", "refused");
    room_set(turn->store, turn->room.id, "dm_person", NULL);
}

bool direct_heed(struct turn *turn, const char *person, const char *membership)
{
    /* Not the turn's own fact, which is unset as soon as a third person is in. */
    const char *whose = room_value(turn->store, turn->room.id, "dm_person", turn->arena);
    bool is_in = strcmp(membership, "join") == 0 || strcmp(membership, "invite") == 0;
    if (!whose || strcmp(person, turn_me(turn)) == 0)
        return false;
    if (is_in && strcmp(person, whose) == 0)
        return strcmp(membership, "join") == 0 && leave_double(turn, person);
    if (is_in)
        leave_shared_room(turn, whose);
    else if (strcmp(person, whose) == 0)
        end_room(turn, turn->room.id, whose);
    return true;
}
