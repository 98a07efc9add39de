/* !chain - whom an urgent room calls, and in which order. */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/absence.h"
#include "engine/people.h"
#include "engine/personal.h"

enum { CHAIN_MAX = 12 };

struct person_list chain_of_room(struct turn *turn)
{
    struct person_list chain = { .ids = arena_alloc(turn->arena, CHAIN_MAX * sizeof *chain.ids) };
    struct rows rows =
        store_rows(turn->store, "SELECT person FROM chain WHERE room = ?1 ORDER BY place LIMIT ?2", "ii",
                   turn->room.id, (int64_t)CHAIN_MAX);
    while (rows_next(&rows))
        chain.ids[chain.n++] = rows_dup(&rows, 0, turn->arena);
    return chain;
}

static void set_chain(struct turn *turn, const struct person_list *people)
{
    const char *all = "";
    store_run(turn->store, "DELETE FROM chain WHERE room = ?1", "i", turn->room.id);
    for (size_t i = 0; i < people->n; i++) {
        store_run(turn->store, "INSERT INTO chain(room, place, person) VALUES(?1, ?2, ?3)", "iis",
                  turn->room.id, (int64_t)i, people->ids[i]);
        all = arena_printf(turn->arena, "%s%s%s", all, *all ? " " : "", people->ids[i]);
    }
    store_run(
        turn->store,
        "INSERT INTO history(room, at_ms, person, event, what, detail) VALUES(?1, ?2, ?3, ?4, 'chain', ?5)",
        "iisss", turn->room.id, turn->at_ms, turn->event->sender, turn->cause, all);
}

/* Who cannot be called is named before they are needed. */
static struct json_object *person_row(struct turn *turn, const char *person)
{
    struct json_object *row = values_new();
    struct absence absence;
    bool is_away = absence_get(turn, person, &absence) && absence.until_ms > turn->now_ms;
    json_set(row, "person", values_person(turn, person));
    json_set_bool(row, "left", !room_has_joined(turn->store, turn->room.id, person));
    json_set_bool(row, "away", is_away);
    json_set_bool(row, "later", is_away && absence.from_ms > turn->now_ms);
    if (is_away && absence.from_ms > turn->now_ms)
        json_set(row, "from", values_time(turn, absence.from_ms, NULL));
    if (is_away && absence.until_ms != ABSENCE_FOR_GOOD)
        json_set(row, "back", values_time(turn, personal_next_work_ms(turn, person, absence.until_ms), NULL));
    return row;
}

static void show_chain(struct turn *turn)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    struct person_list chain = chain_of_room(turn);
    for (size_t i = 0; i < chain.n; i++)
        json_object_array_add(list, person_row(turn, chain.ids[i]));
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set(values, "list", list);
    json_set_bool(values, "none", chain.n == 0);
    turn_answer(turn, "chain/show", values);
}

static bool is_nobody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "none", "nobody", "aucun", "aucune", "personne" };
    const char *folded = text_fold(turn->arena, text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(folded, words[i]) == 0)
            return true;
    return false;
}

/* False: it was asked, or refused in words. */
static bool read_chain(struct turn *turn, const char *text, struct person_list *people_out)
{
    *people_out = (struct person_list){ 0 };
    if (is_nobody(turn, text))
        return true;
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit) {
        people_ask(turn, &read, text,
                   arena_printf(turn->arena, "%s%s " TURN_SLOT, turn_prefix(turn),
                                command_shown_name(command_chain.names, turn->lang)));
        return false;
    }
    for (size_t i = 0; i < read.people.n; i++)
        if (!turn_is_bot(turn, read.people.ids[i]))
            read.people.ids[people_out->n++] = read.people.ids[i];
    people_out->ids = read.people.ids;
    if (people_out->n <= CHAIN_MAX)
        return true;
    struct json_object *values = values_new();
    json_set_int(values, "max", CHAIN_MAX);
    turn_answer(turn, "chain/too-long", values);
    return false;
}

static enum outcome chain(struct turn *turn, const struct request *request)
{
    struct person_list people;
    if (!turn->room.kind || strcmp(turn->room.kind, ESCALATION_ROOM) != 0) {
        escalation_refuse_here(turn);
        return OUTCOME_DONE;
    }
    if (*request->rest && !lifecycle_may(turn, NULL, turn->event->sender, WHO_MODERATOR))
        return OUTCOME_DENIED;
    if (*request->rest && !read_chain(turn, request->rest, &people))
        return OUTCOME_DONE;
    if (*request->rest)
        set_chain(turn, &people);
    show_chain(turn);
    return OUTCOME_DONE;
}

const struct command command_chain = {
    .topic = "chain",
    .names = { { "chain" }, { "chaîne", "ordre" } },
    .who = WHO_ANYBODY,
    .run = chain,
};
