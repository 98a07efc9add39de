#include "engine/talk.h"

#include <stdlib.h>

#include "base/text.h"
#include "engine/command.h"

enum { PEOPLE_MAX = 64 };

bool talk_get(struct turn *turn, const struct item *item, struct talk *out)
{
    struct rows rows =
        store_rows(turn->store, "SELECT step, rounds, at_ms, slots FROM talk WHERE item = ?1", "i", item->id);
    if (!rows_next(&rows))
        return false;
    *out = (struct talk){ .step = (int)rows_int(&rows, 0),
                          .n_rounds = (int)rows_int(&rows, 1),
                          .at_ms = rows_int(&rows, 2) };
    char *at = rows_dup(&rows, 3, turn->arena);
    while (*at && out->n_slots < TALK_SLOTS_MAX) {
        out->slots[out->n_slots++] = strtoll(at, &at, 10);
        at += *at == ' ';
    }
    rows_end(&rows);
    return true;
}

void talk_set(struct turn *turn, const struct item *item, const struct talk *talk)
{
    const char *slots = "";
    for (size_t i = 0; i < talk->n_slots; i++)
        slots = arena_printf(turn->arena, "%s%s%lld", slots, i == 0 ? "" : " ", (long long)talk->slots[i]);
    store_run(turn->store,
              "INSERT INTO talk(item, step, rounds, at_ms, slots) VALUES(?1, ?2, ?3, ?4, ?5)"
              " ON CONFLICT(item) DO UPDATE SET step = excluded.step, rounds = excluded.rounds,"
              " at_ms = excluded.at_ms, slots = excluded.slots",
              "iiiis", item->id, (int64_t)talk->step, (int64_t)talk->n_rounds, talk->at_ms, slots);
}

/* The digits under what asked this person mean nothing any more. */
static void close_question(struct turn *turn, const struct talk_person *asked)
{
    store_run(turn->store, "UPDATE question SET is_open = 0 WHERE is_open = 1 AND person = ?1 AND row = ?2",
              "si", asked->person, asked->row);
}

void talk_close(struct turn *turn, const struct item *item)
{
    struct talk_people people = talk_people(turn, item);
    for (size_t i = 0; i < people.n; i++)
        close_question(turn, &people.list[i]);
}

void talk_clear(struct turn *turn, const struct item *item)
{
    talk_close(turn, item);
    store_run(turn->store, "UPDATE talk_person SET row = NULL WHERE item = ?1", "i", item->id);
    store_run(turn->store, "DELETE FROM talk_pick WHERE item = ?1", "i", item->id);
}

void talk_drop(struct turn *turn, const struct item *item)
{
    talk_clear(turn, item);
    store_run(turn->store, "DELETE FROM talk_person WHERE item = ?1", "i", item->id);
    store_run(turn->store, "DELETE FROM talk WHERE item = ?1", "i", item->id);
}

/* People */

struct talk_people talk_people(struct turn *turn, const struct item *item)
{
    struct talk_people people = { .list = arena_alloc(turn->arena, PEOPLE_MAX * sizeof *people.list) };
    struct rows rows = store_rows(turn->store,
                                  "SELECT person, row FROM talk_person WHERE item = ?1 ORDER BY person"
                                  " LIMIT 64",
                                  "i", item->id);
    while (rows_next(&rows))
        people.list[people.n++] =
            (struct talk_person){ .person = rows_dup(&rows, 0, turn->arena), .row = rows_int(&rows, 1) };
    return people;
}

void talk_set_people(struct turn *turn, const struct item *item, struct person_list people)
{
    struct talk_people before = talk_people(turn, item);
    for (size_t i = 0; i < before.n; i++) {
        if (person_list_has(&people, before.list[i].person))
            continue;
        close_question(turn, &before.list[i]);
        store_run(turn->store, "DELETE FROM talk_person WHERE item = ?1 AND person = ?2", "is", item->id,
                  before.list[i].person);
        store_run(turn->store, "DELETE FROM talk_pick WHERE item = ?1 AND person = ?2", "is", item->id,
                  before.list[i].person);
    }
    for (size_t i = 0; i < people.n; i++)
        store_run(turn->store, "INSERT OR IGNORE INTO talk_person(item, person) VALUES(?1, ?2)", "is",
                  item->id, people.ids[i]);
}

void talk_ask(struct turn *turn, const struct item *item, const struct talk *talk, const char *person,
              int64_t row)
{
    store_run(turn->store, "UPDATE talk_person SET row = nullif(?3, 0) WHERE item = ?1 AND person = ?2",
              "isi", item->id, person, row);
    if (row <= 0)
        return;
    const char *choices[TALK_SLOTS_MAX + 1] = { NULL }, *name = act_get(ACT_SLOT)->names[LANG_EN][0];
    for (size_t i = 0; i < talk->n_slots; i++)
        choices[i] = arena_printf(turn->arena, "%s%s %s %zu", turn_prefix(turn), name, item->name, i + 1);
    turn_ask(turn, (struct question){ .row = row, .person = person, .choices = choices, .item = item->id });
}

/* Times */

void talk_pick(struct turn *turn, const struct item *item, const char *person, int64_t slot)
{
    store_run(turn->store,
              "INSERT INTO talk_pick(item, person, slot, event) VALUES(?1, ?2, ?3, ?4)"
              " ON CONFLICT(item, person, slot) DO UPDATE SET event = excluded.event",
              "isis", item->id, person, slot, turn->cause);
}

bool talk_unpick(struct turn *turn, const struct item *item, const char *event)
{
    store_run(turn->store, "DELETE FROM talk_pick WHERE item = ?1 AND event = ?2", "is", item->id, event);
    return store_changes(turn->store) > 0;
}

struct person_list talk_picked(struct turn *turn, const struct item *item, int64_t slot)
{
    struct person_list people = { .ids = arena_alloc(turn->arena, PEOPLE_MAX * sizeof *people.ids) };
    struct rows rows = store_rows(
        turn->store, "SELECT person FROM talk_pick WHERE item = ?1 AND slot = ?2 ORDER BY person LIMIT 64",
        "ii", item->id, slot);
    while (rows_next(&rows))
        people.ids[people.n++] = rows_dup(&rows, 0, turn->arena);
    return people;
}
