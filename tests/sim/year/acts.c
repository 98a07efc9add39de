/* What they do all the year. */
#include <stdlib.h>
#include <string.h>

#include "year.h"

/* What happened while the bot was down: it hears it when it is up. */
enum { LATE_MAX = 1024 };
static struct event late[LATE_MAX];
static size_t n_late;

static void hand_over(const struct event *event)
{
    if (event->kind == EVENT_MEMBER)
        room_set_member(year.store, event->room, event->person, event->membership, NULL);
    year.speaker = event->sender;
    year_trace(event->sender, event->body         ? event->body
                              : event->membership ? event->membership
                                                  : event->target);
    (void)engine_event(year.engine, event, year.now_ms);
    check_what_is_said();
    year.speaker = NULL;
}

const char *acts_happen(struct event event)
{
    event.id = arena_printf(year.arena, "$%d", ++year.n_events);
    event.at_ms = year.now_ms;
    year.n_acts++;
    if (!year.is_down)
        hand_over(&event);
    else if (n_late < LATE_MAX)
        late[n_late++] = event;
    else
        abort();
    return event.id;
}

const char *acts_say(int room, const char *person, const char *thread, const char *body)
{
    return acts_happen((struct event){
        .kind = EVENT_MESSAGE, .room = year.rooms[room], .sender = person, .thread = thread, .body = body });
}

static int64_t item_of(const char *event)
{
    return store_int(year.store, 0, "SELECT id FROM item WHERE cause = ?1", "s", event);
}

struct person *acts_somebody(void)
{
    return &year.people[chance_in(&year.chance, 0, year.n_people - 1)];
}

/* In so many days, between 5 and 22 o'clock of the room: no clock is changed then. */
struct moment acts_some_day(int room, int64_t least, int64_t most)
{
    struct moment moment = moment_in(room_zones[room], year.now_ms);
    moment.day += (int)chance_in(&year.chance, least, most);
    moment.hour = (int)chance_in(&year.chance, 5, 22);
    moment.minute = (int)chance_in(&year.chance, 0, 11) * 5;
    return moment_in(room_zones[room], moment_instant(room_zones[room], moment));
}

/* --- Reminders --- */

static void remind_once(void)
{
    int room = (int)chance_in(&year.chance, 0, ROOMS - 1);
    struct moment moment = acts_some_day(room, 1, 20);
    const char *event = acts_say(room, acts_somebody()->id, NULL,
                                 arena_printf(year.arena, "!remind %s thing %d %s",
                                              chance_percent(&year.chance, 70) ? "me" : "room", year.n_events,
                                              moment_text(moment)));
    check_series((struct series){ .event = event,
                                  .item = item_of(event),
                                  .room = room,
                                  .from_ms = year.now_ms,
                                  .until_ms = INT64_MAX,
                                  .at_ms = moment_instant(room_zones[room], moment) });
}

static void remind_again_and_again(void)
{
    static const char *const days[] = { "day",      "monday", "tuesday",  "wednesday",
                                        "thursday", "friday", "saturday", "sunday" };
    int room = (int)chance_in(&year.chance, 0, ROOMS - 1), day = (int)chance_in(&year.chance, 0, 7);
    struct moment moment = acts_some_day(room, 1, 1);
    const char *event = acts_say(room, acts_somebody()->id, NULL,
                                 arena_printf(year.arena, "!remind room chore %d every %s %02d:%02d",
                                              year.n_events, days[day], moment.hour, moment.minute));
    check_series((struct series){ .event = event,
                                  .item = item_of(event),
                                  .room = room,
                                  .weekday = day - 1,
                                  .minute = moment.hour * 60 + moment.minute,
                                  .from_ms = year.now_ms,
                                  .until_ms = INT64_MAX });
}

static void cancel_a_series(void)
{
    struct series *series = check_find_series();
    if (!series)
        return;
    const char *owner =
        store_str(year.store, year.arena, "SELECT owner FROM item WHERE id = ?1", "i", series->item);
    int64_t number = store_int(year.store, 0, "SELECT number FROM item WHERE id = ?1", "i", series->item);
    acts_say(series->room, owner, NULL, arena_printf(year.arena, "!cancel RMD-%lld", (long long)number));
    series->until_ms = year.now_ms;
}

/* --- Decisions --- */

static void decide(void)
{
    int room = (int)chance_in(&year.chance, 0, ROOMS - 1);
    acts_say(room, acts_somebody()->id, NULL,
             arena_printf(year.arena, "!decide plan %d by %s", year.n_events,
                          moment_text(acts_some_day(room, 1, 6))));
}

/* One that is open, by chance; 0: none is. */
static int64_t open_decision(void)
{
    int64_t n =
        store_int(year.store, 0, "SELECT count(*) FROM item WHERE prefix = 'DEC' AND closed_ms IS NULL", "");
    return n ? store_int(year.store, 0,
                         "SELECT id FROM item WHERE prefix = 'DEC' AND closed_ms IS NULL ORDER BY id LIMIT 1"
                         " OFFSET ?1",
                         "i", chance_in(&year.chance, 0, n - 1))
             : 0;
}

int acts_room_of(int64_t item)
{
    return store_int(year.store, 0, "SELECT room FROM item WHERE id = ?1", "i", item) == year.rooms[0] ? 0
                                                                                                       : 1;
}

void acts_say_of(int64_t item, const char *person, const char *command, const char *rest)
{
    int64_t number = store_int(year.store, 0, "SELECT number FROM item WHERE id = ?1", "i", item);
    const char *prefix =
        store_str(year.store, year.arena, "SELECT prefix FROM item WHERE id = ?1", "i", item);
    acts_say(acts_room_of(item), person, NULL,
             arena_printf(year.arena, "!%s %s-%lld %s", command, prefix, (long long)number, rest));
}

static void take_position(void)
{
    static const char *const commands[] = { "agree", "agree", "object", "abstain", "withdraw" };
    int64_t item = open_decision();
    const char *command = commands[chance_in(&year.chance, 0, 4)];
    const struct person *person = acts_somebody();
    bool is_withdrawal = strcmp(command, "withdraw") == 0;
    if (!item || (is_withdrawal && year.is_down))
        return;
    acts_say_of(item, person->id, command, "");
    if (!year.is_down) /* what is heard late is not reckoned with: it may be over by then */
        check_position(item, person->id, !is_withdrawal);
}

static void choose_a_slot(void)
{
    int64_t item =
        store_int(year.store, 0, "SELECT item FROM talk WHERE step = 1 ORDER BY item DESC LIMIT 1", "");
    const char *person = item ? store_str(year.store, year.arena,
                                          "SELECT person FROM talk_person WHERE item = ?1 ORDER BY person"
                                          " LIMIT 1 OFFSET ?2",
                                          "ii", item, chance_in(&year.chance, 0, 1))
                              : NULL;
    if (person)
        acts_say_of(item, person, "slot", "1");
}

static void settle(void)
{
    int64_t item = open_decision();
    if (!item)
        return;
    const char *owner = store_str(year.store, year.arena, "SELECT owner FROM item WHERE id = ?1", "i", item);
    if (chance_percent(&year.chance, 60))
        acts_say_of(item, owner, "settle", "as it is");
    else
        acts_say_of(item, owner, "extend", moment_text(acts_some_day(acts_room_of(item), 3, 9)));
}

/* --- People --- */

void acts_go_away(void)
{
    struct person *person = acts_somebody();
    struct moment back = acts_some_day(0, 2, 14), day = back;
    if (person->is_absent || year.is_down || person->n_absences == ABSENCES_MAX ||
        !people_are_there(person, year.now_ms))
        return;
    back.hour = back.minute = 0;
    /* That day begins for the room, or for them: until the earlier of the two they are left in peace in any case. */
    int64_t theirs_ms = moment_instant(person->zone, back), rooms_ms = moment_instant(room_zones[0], back);
    person->absences[person->n_absences++] =
        (struct absence){ .from_ms = year.now_ms, .until_ms = theirs_ms < rooms_ms ? theirs_ms : rooms_ms };
    person->is_absent = true;
    acts_say(0, person->id, NULL,
             arena_printf(year.arena, "!away until %04d-%02d-%02d", day.year, day.month, day.day));
}

void acts_come_back(void)
{
    struct person *person = acts_somebody();
    struct absence *absence = &person->absences[person->n_absences - 1];
    if (!person->is_absent || year.is_down || !people_are_there(person, year.now_ms))
        return;
    person->is_absent = false;
    if (year.now_ms < absence->until_ms) {
        absence->until_ms = year.now_ms;
        acts_say(0, person->id, NULL, "!back");
    }
}

static const struct {
    int weight;
    void (*run)(void);
    bool waits; /* only where the bot is up: what comes of it is reckoned from when it hears */
} acts[] = {
    { 20, decide, true },         { 45, take_position, false }, { 14, settle, false },
    { 8, choose_a_slot, false },  { 14, remind_once, true },    { 2, remind_again_and_again, true },
    { 2, cancel_a_series, true }, { 4, acts_go_away, true },    { 6, acts_come_back, true },
    { 10, tasks_begin, true },    { 14, tasks_go_on, true },
};

static void act(void)
{
    int64_t drawn = chance_in(&year.chance, 1, 139);
    size_t i = 0;
    while (drawn > acts[i].weight)
        drawn -= acts[i++].weight;
    if (!year.is_down || !acts[i].waits)
        acts[i].run();
}

/* --- The play --- */

enum { ACTS_A_DAY = 12 };

static int64_t act_ms;

/* Whoever has a direct message open has the list of the day, or of the week, in it. */
static void wish_for_lists(void)
{
    for (int i = 0; i < year.n_people; i++) {
        struct person *person = &year.people[i];
        if (!person->direct)
            continue;
        person->has_digest = true;
        person->has_mornings = chance_percent(&year.chance, 50);
        acts_say(0, person->id, NULL, person->has_mornings ? "!mine every morning" : "!mine every week");
    }
}

static void begin(void)
{
    store_run(year.store,
              "CREATE TABLE spoken(item INTEGER, person TEXT, has INTEGER, PRIMARY KEY(item, person))", "");
    store_run(
        year.store,
        "CREATE TABLE past(item INTEGER, deadline_ms INTEGER, n INTEGER, PRIMARY KEY(item, deadline_ms))",
        "");
    wish_for_lists();
    act_ms = year.start_ms + HOUR_MS;
}

static int64_t next_ms(void)
{
    return act_ms;
}

static void act_and_rest(void)
{
    act();
    act_ms = (act_ms + chance_in(&year.chance, 1, 2 * DAY_MS / ACTS_A_DAY)) / MINUTE_MS * MINUTE_MS +
             chance_in(&year.chance, 1, 20) * 1000;
    act_ms = act_ms > year.now_ms ? act_ms : year.now_ms + 1000;
}

const struct play play_work = { .name = "work",
                                .n_people = 8,
                                .begin = begin,
                                .next_ms = next_ms,
                                .act = act_and_rest,
                                .see = check_work,
                                .end = check_end,
                                .forget = check_forget };

void acts_hear_late(void)
{
    for (size_t i = 0; i < n_late; i++)
        hand_over(&late[i]);
    n_late = 0;
}
