#include "store/hold.h"

#include "store/outbox.h"
#include "store/timer.h"

bool gap_get(struct store *store, int64_t room, struct arena *arena, struct gap *out)
{
    struct rows rows = store_rows(store,
                                  "SELECT gap_from, gap_to, gap_key, gap_since_ms FROM room"
                                  " WHERE id = ?1 AND gap_from IS NOT NULL",
                                  "i", room);
    if (!rows_next(&rows))
        return false;
    *out = (struct gap){ .from = rows_dup(&rows, 0, arena),
                         .to = rows_dup(&rows, 1, arena),
                         .key = rows_int(&rows, 2),
                         .since_ms = rows_int(&rows, 3) };
    rows_end(&rows);
    return true;
}

void gap_set(struct store *store, int64_t room, const struct gap *gap)
{
    static const struct gap none;
    const struct gap *to = gap ? gap : &none;
    store_run(store,
              "UPDATE room SET gap_from = ?2, gap_to = ?3, gap_key = ?4, gap_since_ms = ?5 WHERE id = ?1",
              "issii", room, to->from, to->to, to->key, to->since_ms);
}

/* One of each kind a room: with its instant it is the cause of what it says. */
static const char *timer_key(struct store *store, int64_t room, const char *what, struct arena *arena)
{
    const char *room_id = store_str(store, arena, "SELECT room_id FROM room WHERE id = ?1", "i", room);
    return arena_printf(arena, "%s %s", what, room_id ? room_id : "");
}

static void say_at(struct store *store, int64_t room, const char *what, int64_t at_ms)
{
    struct arena *arena = arena_create();
    timer_set(store, &(struct timer){ .key = timer_key(store, room, what, arena),
                                      .due_ms = at_ms,
                                      .what = what,
                                      .data = arena_printf(arena, "%lld", (long long)room) });
    arena_destroy(arena);
}

void hold_say_at(struct store *store, int64_t room, int64_t at_ms)
{
    say_at(store, room, HOLD_SAYS, at_ms);
}

void hold_say_nothing(struct store *store, int64_t room)
{
    struct arena *arena = arena_create();
    timer_remove(store, timer_key(store, room, HOLD_SAYS, arena));
    outbox_withdraw_role(store, room, HOLD_ROLE);
    arena_destroy(arena);
}

void hold_say_lost(struct store *store, int64_t room, int64_t from_ms, int64_t to_ms)
{
    struct arena *arena = arena_create();
    timer_set(store, &(struct timer){ .key = timer_key(store, room, HOLD_LOST, arena),
                                      .due_ms = to_ms,
                                      .what = HOLD_LOST,
                                      .data = arena_printf(arena, "%lld %lld %lld", (long long)room,
                                                           (long long)from_ms, (long long)to_ms) });
    arena_destroy(arena);
}

void hold_say_unread(struct store *store, int64_t room, const char *person, bool is_unsigned, int64_t at_ms)
{
    struct arena *arena = arena_create();
    const char *key = arena_printf(arena, "%s %s", timer_key(store, room, HOLD_UNREAD, arena), person);
    if (!store_int(store, 0, "SELECT 1 FROM timer WHERE key = ?1", "s", key))
        timer_set(store,
                  &(struct timer){ .key = key,
                                   .due_ms = at_ms,
                                   .what = HOLD_UNREAD,
                                   .person = person,
                                   .data = arena_printf(arena, "%lld %d", (long long)room, is_unsigned) });
    arena_destroy(arena);
}

static void say_anew_in(struct store *store, int64_t room, const char *person, const char *master,
                        int64_t at_ms)
{
    struct arena *arena = arena_create();
    timer_set(store,
              &(struct timer){ .key = arena_printf(arena, "%s %s %s",
                                                   timer_key(store, room, HOLD_ANEW, arena), person, master),
                               .due_ms = at_ms,
                               .what = HOLD_ANEW,
                               .person = person,
                               .data = arena_printf(arena, "%lld", (long long)room) });
    arena_destroy(arena);
}

void hold_say_anew(struct store *store, const char *person, const char *master, int64_t at_ms)
{
    struct rows rows =
        store_rows(store,
                   "SELECT r.id FROM room r JOIN member m ON m.room = r.id WHERE m.person = ?1"
                   " AND m.membership = 'join' AND r.membership = 'join' AND r.is_encrypted = 1",
                   "s", person);
    while (rows_next(&rows))
        say_anew_in(store, rows_int(&rows, 0), person, master, at_ms);
}

void hold_say_powerless(struct store *store, int64_t room, int64_t now_ms)
{
    say_at(store, room, HOLD_POWERLESS, now_ms);
}

bool room_has_members(struct store *store, int64_t room)
{
    return store_int(store, 0, "SELECT has_members FROM room WHERE id = ?1", "i", room);
}

void room_set_has_members(struct store *store, int64_t room, bool has_members)
{
    store_run(store, "UPDATE room SET has_members = ?2 WHERE id = ?1 AND has_members <> ?2", "ii", room,
              (int64_t)has_members);
}

void hold_clock_moved(struct store *store, int64_t by_ms)
{
    store_run(store,
              "UPDATE room SET hold_since_ms = hold_since_ms + ?1, gap_since_ms = gap_since_ms + ?1"
              " WHERE hold_since_ms IS NOT NULL OR gap_from IS NOT NULL",
              "i", by_ms);
    store_run(store, "UPDATE timer SET due_ms = due_ms + ?1 WHERE what = ?2", "is", by_ms, HOLD_SAYS);
}

static struct room_list read_list(struct rows *rows, struct arena *arena, int64_t max)
{
    struct room_list list = { .ids = arena_alloc(arena, (size_t)(max ? max : 1) * sizeof *list.ids) };
    while ((int64_t)list.n < max && rows_next(rows))
        list.ids[list.n++] = rows_dup(rows, 0, arena);
    rows_end(rows);
    return list;
}

static int64_t n_rooms(struct store *store)
{
    return store_int(store, 0, "SELECT count(*) FROM room", "");
}

struct room_list hold_rooms(struct store *store, struct arena *arena)
{
    int64_t max = n_rooms(store);
    struct rows rows = store_rows(store,
                                  "SELECT room_id FROM room WHERE hold_since_ms IS NOT NULL"
                                  " OR (membership = 'join' AND has_members = 0)"
                                  " OR id IN (SELECT room FROM inbox WHERE state < 2) ORDER BY id",
                                  "");
    return read_list(&rows, arena, max);
}

struct room_list hold_joined_rooms(struct store *store, struct arena *arena)
{
    int64_t max = n_rooms(store);
    struct rows rows =
        store_rows(store, "SELECT room_id FROM room WHERE membership = 'join' ORDER BY id", "");
    return read_list(&rows, arena, max);
}

int64_t hold_n_joined(struct store *store)
{
    return store_int(store, 0, "SELECT count(*) FROM room WHERE membership = 'join'", "");
}
