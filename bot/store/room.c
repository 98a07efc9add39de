#include "store/room.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* One statement for each column: SQL is never put together from pieces. */
#define COLUMN(column)                                                                                       \
    {                                                                                                        \
#column, "UPDATE room SET " #column " = ?2 WHERE id = ?1 AND " #column " IS NOT ?2",                 \
            "SELECT " #column " FROM room WHERE id = ?1"                                                     \
    }
static const struct column {
    const char *name, *set, *get;
} columns[] = {
    COLUMN(name),      COLUMN(version),     COLUMN(lang),         COLUMN(zone),     COLUMN(kind),
    COLUMN(dm_person), COLUMN(membership),  COLUMN(joined_event), COLUMN(gap_from), COLUMN(gap_to),
    COLUMN(successor), COLUMN(predecessor), COLUMN(power),        COLUMN(creators), COLUMN(country),
    COLUMN(answer),    COLUMN(progress),    COLUMN(gate),         COLUMN(hint),     COLUMN(visibility),
};

static const struct column *find_column(const char *name)
{
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    assert(false && "a column of room");
    return NULL;
}

int64_t room_find(struct store *store, const char *room_id)
{
    return store_int(store, 0, "SELECT id FROM room WHERE room_id = ?1", "s", room_id);
}

int64_t room_ensure(struct store *store, const char *room_id)
{
    int64_t id = room_find(store, room_id);
    if (id)
        return id;
    store_run(store, "INSERT INTO room(room_id, membership) VALUES(?1, 'leave')", "s", room_id);
    return store_last_id(store);
}

bool room_get(struct store *store, int64_t id, struct arena *arena, struct room *out)
{
    struct rows rows = store_rows(
        store,
        "SELECT id, room_id, membership, name, version, is_encrypted, lang, zone, kind,"
        " CASE WHEN dm_person IS NOT NULL AND (SELECT count(*) FROM member m WHERE m.room = room.id"
        "  AND m.membership IN ('join', 'invite')) <= 2 THEN dm_person END,"
        " hold_since_ms, successor, country, answer, progress, gate, hint FROM room WHERE id = ?1",
        "i", id);
    if (!rows_next(&rows))
        return false;
    out->id = rows_int(&rows, 0);
    out->room_id = rows_dup(&rows, 1, arena);
    out->membership = rows_dup(&rows, 2, arena);
    out->name = rows_dup(&rows, 3, arena);
    out->version = rows_dup(&rows, 4, arena);
    out->is_encrypted = rows_int(&rows, 5);
    out->lang = rows_dup(&rows, 6, arena);
    out->zone = rows_dup(&rows, 7, arena);
    out->kind = rows_dup(&rows, 8, arena);
    out->dm_person = rows_dup(&rows, 9, arena);
    out->hold_since_ms = rows_int(&rows, 10);
    out->successor = rows_dup(&rows, 11, arena);
    out->country = rows_dup(&rows, 12, arena);
    out->answer = rows_dup(&rows, 13, arena);
    out->progress = rows_dup(&rows, 14, arena);
    out->gate = rows_dup(&rows, 15, arena);
    out->hint = rows_dup(&rows, 16, arena);
    rows_end(&rows);
    return true;
}

bool room_is_direct(struct store *store, int64_t id)
{
    return store_int(store, 0,
                     "SELECT (SELECT count(*) FROM member m WHERE m.room = room.id"
                     "  AND m.membership IN ('join', 'invite')) <= 2 FROM room"
                     " WHERE id = ?1 AND dm_person IS NOT NULL",
                     "i", id);
}

void room_set(struct store *store, int64_t room, const char *column, const char *value)
{
    store_run(store, find_column(column)->set, "is", room, value);
}

char *room_value(struct store *store, int64_t room, const char *column, struct arena *arena)
{
    return store_str(store, arena, find_column(column)->get, "i", room);
}

void room_set_encrypted(struct store *store, int64_t room)
{
    store_run(store, "UPDATE room SET is_encrypted = 1 WHERE id = ?1 AND is_encrypted = 0", "i", room);
}

void room_set_rotation(struct store *store, int64_t room, int64_t rotate_ms, int64_t rotate_n)
{
    store_run(
        store,
        "UPDATE room SET rotate_ms = ?2, rotate_n = ?3 WHERE id = ?1 AND (rotate_ms IS NOT ?2 OR rotate_n IS NOT ?3)",
        "iii", room, rotate_ms, rotate_n);
}

void room_set_hold(struct store *store, int64_t room, int64_t since_ms)
{
    store_run(
        store,
        "UPDATE room SET hold_since_ms = nullif(?2, 0) WHERE id = ?1 AND hold_since_ms IS NOT nullif(?2, 0)",
        "ii", room, since_ms);
}

void room_set_power(struct store *store, int64_t room, struct json_object *content)
{
    room_set(store, room, "power", content ? json_text(content) : NULL);
}

void room_set_creators(struct store *store, int64_t room, struct json_object *user_ids)
{
    room_set(store, room, "creators", json_text(user_ids));
}

bool room_set_member(struct store *store, int64_t room, const char *person, const char *membership,
                     const char *name)
{
    struct arena *arena = arena_create();
    char *before = room_membership(store, room, person, arena);
    bool has_changed = !before || strcmp(before, membership) != 0;
    arena_destroy(arena);
    store_run(
        store,
        "INSERT INTO member(room, person, membership, name) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT(room, person) DO UPDATE SET membership = excluded.membership, name = excluded.name"
        " WHERE membership IS NOT excluded.membership OR name IS NOT excluded.name",
        "isss", room, person, membership, name);
    return has_changed;
}

char *room_membership(struct store *store, int64_t room, const char *person, struct arena *arena)
{
    return store_str(store, arena, "SELECT membership FROM member WHERE room = ?1 AND person = ?2", "is",
                     room, person);
}

bool room_has_joined(struct store *store, int64_t room, const char *person)
{
    return store_int(store, 0, "SELECT membership = 'join' FROM member WHERE room = ?1 AND person = ?2", "is",
                     room, person);
}

void room_note_left(struct store *store, int64_t room, const char *person, int64_t at_ms)
{
    store_run(store,
              "UPDATE member SET left_ms = max(coalesce(left_ms, 0), ?3) WHERE room = ?1 AND person = ?2",
              "isi", room, person, at_ms);
}

bool room_was_in(struct store *store, int64_t room, const char *person, int64_t at_ms)
{
    return store_int(store, 0,
                     "SELECT membership = 'join' OR (membership = 'leave' AND coalesce(left_ms >= ?3, 0))"
                     " FROM member WHERE room = ?1 AND person = ?2",
                     "isi", room, person, at_ms);
}

int64_t room_n_joined(struct store *store, int64_t room)
{
    return store_int(store, 0, "SELECT count(*) FROM member WHERE room = ?1 AND membership = 'join'", "i",
                     room);
}

static char *localpart(struct arena *arena, const char *person)
{
    const char *start = *person == '@' ? person + 1 : person;
    return arena_strndup(arena, start, strcspn(start, ":"));
}

bool person_list_has(const struct person_list *list, const char *person)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->ids[i], person) == 0)
            return true;
    return false;
}

struct person_list room_joined(struct store *store, int64_t room, struct arena *arena, size_t max)
{
    struct person_list list = { .ids = arena_alloc(arena, (max ? max : 1) * sizeof *list.ids) };
    struct rows rows = store_rows(store,
                                  "SELECT person FROM member WHERE room = ?1 AND membership = 'join'"
                                  " ORDER BY person LIMIT ?2",
                                  "ii", room, (int64_t)max);
    while (rows_next(&rows))
        list.ids[list.n++] = rows_dup(&rows, 0, arena);
    return list;
}

struct person_list room_find_person(struct store *store, int64_t room, const char *word, struct arena *arena)
{
    enum { FOUND_MAX = 8 };
    struct person_list list = { .ids = arena_alloc(arena, FOUND_MAX * sizeof *list.ids) };
    const char *folded = text_fold(arena, word);
    struct rows rows = store_rows(
        store, "SELECT person, name FROM member WHERE room = ?1 AND membership = 'join' ORDER BY person", "i",
        room);
    while (list.n < FOUND_MAX && rows_next(&rows)) {
        const char *person = rows_text(&rows, 0), *name = rows_text(&rows, 1);
        bool is_it =
            strcmp(person, word) == 0 || strcmp(text_fold(arena, localpart(arena, person)), folded) == 0 ||
            (*folded == '@' && strcmp(text_fold(arena, localpart(arena, person)), folded + 1) == 0) ||
            (name && strcmp(text_fold(arena, name), folded) == 0);
        if (is_it)
            list.ids[list.n++] = arena_strdup(arena, person);
    }
    rows_end(&rows);
    return list;
}

/* Two who are called alike are told apart, and nobody can pass for somebody else by a display name. */
char *room_person_name(struct store *store, int64_t room, const char *person, struct arena *arena)
{
    char *name = store_str(store, arena, "SELECT name FROM member WHERE room = ?1 AND person = ?2", "is",
                           room, person);
    name = name ? text_trim(arena, text_clean(arena, name)) : NULL;
    name = name && *name && !strchr(name, '\n') ? text_shorten(arena, name, 40) : localpart(arena, person);
    /* A name that looks like an id, or like what stands here in brackets, is not taken at its word. */
    bool is_shared = strchr(name, '@') || room_find_person(store, room, name, arena).n > 1;
    return is_shared ? arena_printf(arena, "%s (%s)", name, person) : name;
}

bool person_is_bot(struct store *store, const char *person)
{
    return store_int(store, 0, "SELECT is_bot FROM person WHERE person = ?1", "s", person);
}

void person_set_bot(struct store *store, const char *person)
{
    store_run(store,
              "INSERT INTO person(person, is_bot) VALUES(?1, 1) ON CONFLICT(person) DO UPDATE SET is_bot = 1"
              " WHERE is_bot = 0",
              "s", person);
}
