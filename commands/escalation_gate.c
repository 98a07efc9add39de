/* What else is said in an urgent room: met once, kindly, with what would make it urgent (method.md 2). */
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/direct.h"
#include "engine/frame.h"
#include "engine/place.h"
#include "store/hold.h"

/* One meeting: who goes on writing is not met again, but where the gate is firm. */
enum { MET_MS = 60 * 60 * 1000 };
static const int64_t counted_ms = INT64_C(30) * 24 * 60 * 60 * 1000;
enum { CRITERIA = 3 };
/* What cannot be given back in this time, or is longer, stays where it is: it would be too late, or not whole. */
enum { GIVEN_BACK_MS = 60 * 60 * 1000, GIVEN_BACK_BYTES = 6 * 1024 };
#define MET  "met"
#define DOOR "asked for a door"
#define GATE "escalation/gate"

/* Those who opened an escalation that is open here, have it, or were called to it, write about that. */
static bool has_business_here(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT 1 FROM item i LEFT JOIN asked a ON a.item = i.id AND a.person = ?2"
                     " WHERE i.room = ?1 AND i.prefix = ?3 AND i.closed_ms IS NULL"
                     " AND (i.owner = ?2 OR i.author = ?2 OR a.person IS NOT NULL)",
                     "iss", turn->room.id, person, habit_escalation.prefix);
}

/* How often who writes now was met here since then. */
int64_t escalation_n_noted(struct turn *turn, const char *what, int64_t since_ms)
{
    return store_int(
        turn->store, 0,
        "SELECT count(*) FROM history WHERE item IS NULL AND room = ?1 AND person = ?2 AND what = ?3"
        " AND at_ms > ?4",
        "issi", turn->room.id, turn->event->sender, what, since_ms);
}

static int64_t n_met_since(struct turn *turn, int64_t since_ms)
{
    return escalation_n_noted(turn, MET, since_ms);
}

static struct json_object *room_row(struct turn *turn, const struct room *room, size_t number)
{
    struct json_object *row = values_new();
    values_add_room(turn, row, room);
    json_set_str(row, "number", arena_printf(turn->arena, "%zu", number));
    return row;
}

/* What it may be, in order: the criteria, then a task in a room of its author. */
struct ways {
    const char *choices[CRITERIA + PLACES_OFFERED + 1];
    size_t n_rooms;
    struct json_object *values; /* owned, until they are said */
};

static struct ways find_ways(struct turn *turn, const char *text)
{
    struct ways ways = { .values = values_new() };
    struct room rooms[PLACES_OFFERED];
    ways.n_rooms = place_of_work(turn, turn->event->sender, ESCALATION_ROOM, rooms);
    struct json_object *list = json_object_new_array(), *there = values_new();
    for (int i = 0; i < CRITERIA; i++)
        ways.choices[i] = escalation_from_words(turn, text, i + 1, &turn->room);
    for (size_t i = 0; i < ways.n_rooms; i++) {
        ways.choices[CRITERIA + i] = escalation_task_from_words(turn, text, &rooms[i]);
        json_object_array_add(list, room_row(turn, &rooms[i], CRITERIA + i + 1));
    }
    int64_t n_met = frame_gate_is_firm(&turn->room) ? n_met_since(turn, turn->at_ms - counted_ms) : 0;
    json_set(there, "list", list);
    if (n_met > 1)
        json_set_int(ways.values, "often", n_met);
    if (ways.n_rooms)
        json_set(ways.values, "rooms", json_object_get(there));
    json_object_put(there);
    return ways;
}

static struct question question_of(const struct ways *ways)
{
    return (struct question){ .template_name = GATE,
                              .values = ways->values,
                              .choices = ways->choices,
                              .later = ways->n_rooms ? CRITERIA + 1 : 0 };
}

/* --- Strict: it goes back to its author, whole, and out of the room once they have it --- */

static void give_back(struct turn *turn, const char *body, int64_t direct)
{
    struct ways ways = find_ways(turn, body);
    int64_t here = turn->room.id, text = text_add(turn, turn->event->sender, turn->event->body);
    int64_t until_ms = turn->now_ms + GIVEN_BACK_MS;
    struct question question = question_of(&ways);
    turn_note(turn, 0, turn->room.id, "removed", NULL, text);
    values_add_room(turn, ways.values, &turn->room);
    json_set_str(ways.values, "prefix", turn_prefix(turn));
    json_set(ways.values, "text", values_text(text, 0));
    turn_enter_room(turn, direct);
    question.row = turn_say(turn, (struct say){ .step = "given back",
                                                .template_name = "escalation/given-back",
                                                .values = ways.values,
                                                .mentions = (const char *[]){ turn->event->sender, NULL },
                                                .valid_until_ms = until_ms,
                                                .is_asked_for = true });
    turn_ask(turn, question);
    turn_enter_room(turn, here);
    turn_redact(turn, turn->event->id, "escalation/removed", question.row, until_ms);
}

/* Where the bot cannot speak with its author alone, it asks to: what is said there next has somewhere to go. */
static void ask_for_door(struct turn *turn)
{
    const char *person = turn->event->sender;
    if (escalation_n_noted(turn, DOOR, turn->at_ms - counted_ms) > 0)
        return;
    int64_t here = turn->room.id;
    struct json_object *values = values_new();
    turn_note(turn, 0, turn->room.id, DOOR, NULL, 0);
    values_add_room(turn, values, &turn->room);
    turn_enter_room(turn, direct_room(turn, person));
    turn_say(turn, (struct say){ .step = DOOR,
                                 .template_name = "escalation/door",
                                 .values = values,
                                 .mentions = (const char *[]){ person, NULL },
                                 .is_asked_for = true });
    turn_enter_room(turn, here);
}

/* False: it is met where it stands. */
static bool is_given_back(struct turn *turn, const char *body)
{
    if (!frame_gate_is_strict(&turn->room))
        return false;
    if (!frame_may_remove(turn)) {
        hold_say_powerless(turn->store, turn->room.id, turn->now_ms);
        return false;
    }
    int64_t direct = direct_open(turn, turn->event->sender);
    if (!direct)
        ask_for_door(turn);
    if (!direct || strlen(turn->event->body) > GIVEN_BACK_BYTES)
        return false;
    give_back(turn, body, direct);
    return true;
}

static void ask_which(struct turn *turn, const char *body)
{
    struct ways ways = find_ways(turn, body);
    escalation_meet_in_thread(turn);
    turn_ask(turn, question_of(&ways));
}

/* "it is an incident", where the gate asked which it is. */
static bool is_criterion(struct turn *turn, const char *body)
{
    enum { WORDS_CHARS_MAX = 40 };
    int criterion = text_chars(body) <= WORDS_CHARS_MAX ? escalation_read_criterion(turn, body) : 0;
    bool is_asked =
        criterion && turn->event->thread &&
        store_int(turn->store, 0,
                  "SELECT 1 FROM question q JOIN outbox o ON o.id = q.row WHERE q.person = ?1 AND q.room = ?2"
                  " AND q.thread = ?3 AND q.is_open = 1 AND o.template = ?4",
                  "siss", turn->event->sender, turn->room.id, turn->event->thread, GATE);
    return is_asked && dispatch_choose(turn, criterion);
}

bool escalation_overheard(struct turn *turn, const char *body)
{
    const struct event *event = turn->event;
    if (is_criterion(turn, body))
        return true;
    /* In a thread people talk about what is there; moderators know their room. */
    if (event->thread || event->reply || !text_has_words(body) ||
        lifecycle_may(turn, NULL, event->sender, WHO_MODERATOR) || has_business_here(turn, event->sender) ||
        (!frame_gate_is_firm(&turn->room) && n_met_since(turn, turn->at_ms - MET_MS) > 0))
        return false;
    turn_note(turn, 0, turn->room.id, MET, NULL, 0);
    body = turn_without_slots(turn, body);
    if (!is_given_back(turn, body))
        ask_which(turn, body);
    return true;
}
