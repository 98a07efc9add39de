/* The decision: a time for the talk about it, which those whom it concerns choose by a digit, a tap, or in words. */
#include <string.h>

#include "commands/commands.h"
#include "commands/decision_private.h"
#include "time/when.h"

/* --- A time that suits all --- */

static bool suits_all(struct turn *turn, const struct item *item, const struct talk *talk, size_t i,
                      size_t n_people)
{
    return talk->slots[i] > turn->now_ms && talk_picked(turn, item, (int64_t)i + 1).n == n_people;
}

/* The first time to come at which everybody can; n_slots: there is none. */
static size_t find_agreed(struct turn *turn, const struct item *item, const struct talk *talk)
{
    size_t n_people = talk_people(turn, item).n, first = talk->n_slots;
    for (size_t i = 0; i < talk->n_slots; i++)
        if (suits_all(turn, item, talk, i, n_people) &&
            (first == talk->n_slots || talk->slots[i] < talk->slots[first]))
            first = i;
    return first;
}

void decision_talk_settle_on_time(struct turn *turn, struct item *item, struct talk *talk)
{
    size_t i = find_agreed(turn, item, talk);
    if (i < talk->n_slots) {
        talk->step = TALK_SET;
        talk->at_ms = talk->slots[i];
        talk->n_rounds = 0;
        talk_close(turn, item);
        item_forget_pings(turn, item, GUARD_TALK);
        item_note(turn, item, "talk set", arena_printf(turn->arena, "%lld", (long long)talk->at_ms), 0);
    }
    decision_talk_keep(turn, item, talk);
}

/* Who has spoken needs no asking; and may be able at several times, so the digits go on to mean them. */
static void heed(struct turn *turn, struct item *item, const struct talk *talk, const char *person)
{
    struct talk_people people = talk_people(turn, item);
    for (size_t i = 0; i < people.n; i++)
        if (strcmp(people.list[i].person, person) == 0)
            talk_ask(turn, item, talk, person, people.list[i].row ? people.list[i].row : TALK_UNASKED);
}

bool decision_talk_unpick(struct turn *turn, struct item *item, const char *event)
{
    struct talk talk;
    if (!talk_get(turn, item, &talk) || !talk_unpick(turn, item, event))
        return false;
    if (talk.step == TALK_SET && talk.at_ms > turn->now_ms) {
        struct talk_people people = talk_people(turn, item);
        for (size_t i = 0; i < people.n; i++)
            heed(turn, item, &talk, people.list[i].person);
        talk.step = TALK_PROPOSED;
        decision_talk_settle_on_time(turn, item, &talk);
    }
    item_show_card(turn, item);
    return true;
}

/* --- Choosing a time --- */

static size_t find_slot(const struct talk *talk, int64_t at_ms)
{
    size_t i = 0;
    while (i < talk->n_slots && talk->slots[i] != at_ms)
        i++;
    return i;
}

/* Another time than those proposed: the others are asked about it. */
static void add_slot(struct turn *turn, struct item *item, struct talk *talk, const char *person,
                     int64_t at_ms)
{
    talk->slots[talk->n_slots++] = at_ms;
    talk->step = TALK_PROPOSED;
    talk->n_rounds = 1;
    struct talk_people people = talk_people(turn, item);
    item_forget_pings(turn, item, GUARD_TALK);
    talk_pick(turn, item, person, (int64_t)talk->n_slots);
    for (size_t i = 0; i < people.n; i++)
        if (strcmp(people.list[i].person, person) != 0)
            talk_ask(turn, item, talk, people.list[i].person, 0);
    heed(turn, item, talk, person);
    decision_talk_ask_those_at_work(turn, item, talk, person);
}

static void answer(struct turn *turn, struct item *item, const char *flag)
{
    struct json_object *values = decision_basics(turn, item);
    struct person_list people = decision_talk_concerned(turn, item);
    json_set_bool(values, flag, true);
    json_set(values, "concerned", values_people(turn, people.ids, people.n));
    decision_add_talk_time(turn, item, values);
    turn_answer(turn, "decision/slot", values);
}

/* By its number, or by its words. False: it was asked, or refused in words. */
static bool read_slot(struct turn *turn, struct item *item, const struct talk *talk, const char *text,
                      int64_t *at_ms_out)
{
    int choice = act_choice(turn->arena, text);
    if (choice && (size_t)choice <= talk->n_slots) {
        *at_ms_out = talk->slots[choice - 1];
    } else {
        struct when when = turn_read_when(turn, text);
        if (when.result != WHEN_AT) {
            turn_ask_when(turn, &when,
                          arena_printf(turn->arena, "%s%s %s " TURN_SLOT, turn_prefix(turn),
                                       act_get(ACT_SLOT)->names[LANG_EN][0], item->name),
                          item->id);
            return false;
        }
        if (!when.has_clock) { /* a talk has an hour, not a day's end */
            answer(turn, item, "how");
            return false;
        }
        *at_ms_out = when.at_ms;
    }
    if (*at_ms_out > turn->now_ms)
        return true;
    answer(turn, item, "past");
    return false;
}

enum outcome decision_slot(struct turn *turn, struct item *item, const struct act_request *request)
{
    struct person_list people = decision_talk_concerned(turn, item);
    struct talk talk;
    int64_t at_ms;
    if (!talk_get(turn, item, &talk) || people.n < 2 || !person_list_has(&people, request->person)) {
        answer(turn, item, people.n < 2 ? "alone" : "others");
        return OUTCOME_DONE;
    }
    talk_set_people(turn, item, people);
    heed(turn, item, &talk, request->person);
    if (!*request->text) {
        answer(turn, item, "how");
        return OUTCOME_DONE;
    }
    if (!read_slot(turn, item, &talk, request->text, &at_ms))
        return OUTCOME_DONE;
    size_t i = find_slot(&talk, at_ms);
    if (i == talk.n_slots && talk.n_slots == TALK_SLOTS_MAX) {
        answer(turn, item, "full");
        return OUTCOME_DONE;
    }
    if (i == talk.n_slots) {
        add_slot(turn, item, &talk, request->person, at_ms);
    } else {
        talk.step = TALK_PROPOSED;
        talk_pick(turn, item, request->person, (int64_t)i + 1);
    }
    decision_talk_settle_on_time(turn, item, &talk);
    item_show_card(turn, item);
    if (request->door == DOOR_COMMAND)
        answer(turn, item, "noted");
    return OUTCOME_DONE;
}
