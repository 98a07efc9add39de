/* What those do who are asked each day, each week and twice a week, and who comes and leaves meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "rounds.h"

enum { MONDAY = 1, TUESDAY = 2, THURSDAY = 8, EVERY_DAY = 0x7f };

const struct routine_played routines_played[ROUTINES] = {
    { "!standup without %s", 0, "done: w%d thing\ntoday: the next of w%d",
      "- w%d thing\n- next of w%d\n- nothing", EVERY_DAY, 1, true },
    { "!weekly", 0, "progress: w%d thing\ngoals: the next of w%d", NULL, MONDAY, 4, false },
    { "!routine Pulse on tue, thu\nWhat is next?\nMood? (good/fair/bad)", 1,
      "what is next: w%d thing\nmood: good", "- w%d thing\n- fair", TUESDAY | THURSDAY, 1, false },
};

/* --- Deeds to come --- */

enum deed_kind { DEED_ANSWER, DEED_SAME, DEED_SKIP, DEED_MEND, DEED_TAKE_BACK, DEED_COME, DEED_LEAVE };
struct deed {
    int64_t at_ms;
    enum deed_kind kind;
    int person;
    struct round *round;
    struct given *given;
};
enum { DEEDS_MAX = 1024 };
static struct deed deeds[DEEDS_MAX];
static size_t n_deeds;
static int64_t stir_ms; /* when somebody goes away, comes back, or takes days off */

static void plan(struct deed deed)
{
    /* Never at the second of a timer. */
    deed.at_ms = deed.at_ms / MINUTE_MS * MINUTE_MS + chance_in(&year.chance, 1, 59) * 1000;
    if (deed.at_ms <= year.now_ms)
        deed.at_ms = year.now_ms + 1000;
    if (n_deeds == DEEDS_MAX)
        abort();
    deeds[n_deeds++] = deed;
}

static size_t next_deed(void)
{
    size_t first = 0;
    for (size_t i = 1; i < n_deeds; i++)
        if (deeds[i].at_ms < deeds[first].at_ms)
            first = i;
    return first;
}

static int64_t in_minutes(int64_t least, int64_t most)
{
    return year.now_ms + chance_in(&year.chance, least, most) * MINUTE_MS;
}

void rounds_plan(struct round *round, int person)
{
    struct deed deed = { .kind = DEED_ANSWER, .person = person, .round = round };
    int64_t drawn = chance_in(&year.chance, 1, 100);
    deed.at_ms = drawn <= 72 ? in_minutes(1, 200) : in_minutes(200, (int64_t)30 * 60);
    if (drawn > 58 && drawn <= 66)
        deed.kind = DEED_SAME;
    else if (drawn > 66 && drawn <= 72)
        deed.kind = DEED_SKIP;
    if (drawn <= 86)
        plan(deed);
}

void rounds_plan_early(struct round *round)
{
    int person = (int)chance_in(&year.chance, 0, year.n_people - 1);
    if (chance_percent(&year.chance, 15))
        plan((struct deed){ .at_ms = in_minutes(1, 120), .person = person, .round = round });
}

/* --- Answers --- */

/* Where they were asked: in the direct message, there as a reply if something else has asked them since; else in the thread. */
static const char *say(const struct deed *deed, const char *body, bool is_plain)
{
    const struct person *person = &year.people[deed->person];
    const struct stand *stand = &deed->round->stands[deed->person];
    int room = routines_played[deed->round->routine].room;
    if (!stand->is_alone)
        return acts_say(room, person->id, deed->round->card, body);
    bool is_last = rounds_last_asked(deed->round->routine, deed->person) == deed->round;
    return acts_happen((struct event){ .kind = EVENT_MESSAGE,
                                       .room = person->direct,
                                       .sender = person->id,
                                       .reply = is_plain && is_last ? NULL : stand->prompt,
                                       .body = body });
}

static int n_words;

static int new_word(void)
{
    return ++n_words;
}

static const char *words_of(const char *pattern, int word)
{
    const char *rest = strstr(pattern, "%d") + 2, *second = strstr(rest, "%d");
    const char *text = arena_printf(year.arena, "%.*s%d", (int)(rest - 2 - pattern), pattern, word);
    if (!second)
        return arena_printf(year.arena, "%s%s", text, rest);
    return arena_printf(year.arena, "%s%.*s%d%s", text, (int)(second - rest), rest, word, second + 2);
}

static void answer(const struct deed *deed)
{
    const struct routine_played *routine = &routines_played[deed->round->routine];
    struct stand *stand = &deed->round->stands[deed->person];
    if (stand->has_given || stand->has_said_same || rounds_n_given == GIVEN_MAX)
        return;
    struct given *given = &rounds_given[rounds_n_given++];
    bool is_in_lines = routine->lines && chance_percent(&year.chance, 40);
    *given = (struct given){ .round = deed->round, .person = deed->person, .word = new_word() };
    stand->has_given = true;
    given->event =
        say(deed, words_of(is_in_lines ? routine->lines : routine->answer, given->word), !is_in_lines);
    if (chance_percent(&year.chance, 12))
        plan((struct deed){ in_minutes(1, 600), DEED_MEND, deed->person, deed->round, given });
    if (chance_percent(&year.chance, 6))
        plan((struct deed){ in_minutes(1, 900), DEED_TAKE_BACK, deed->person, deed->round, given });
}

/* It stands for what they said before; where there is nothing, it says nothing. */
static void say_same(const struct deed *deed)
{
    struct stand *stand = &deed->round->stands[deed->person];
    if (stand->has_given)
        return;
    stand->has_said_same = rounds_answered_before(deed->round, deed->person) != NULL;
    say(deed, "same", false);
}

static void skip(const struct deed *deed)
{
    struct stand *stand = &deed->round->stands[deed->person];
    if (stand->has_given || stand->has_said_same)
        return;
    stand->has_skipped = true;
    say(deed, "skip", false);
}

static int64_t room_of(const struct deed *deed)
{
    return deed->round->stands[deed->person].is_alone
               ? year.people[deed->person].direct
               : year.rooms[routines_played[deed->round->routine].room];
}

static void mend(const struct deed *deed)
{
    struct given *given = deed->given;
    if (given->is_taken_back)
        return;
    given->word = new_word();
    acts_happen(
        (struct event){ .kind = EVENT_EDIT,
                        .room = room_of(deed),
                        .sender = year.people[deed->person].id,
                        .target = given->event,
                        .body = words_of(routines_played[deed->round->routine].answer, given->word) });
}

static void take_back(const struct deed *deed)
{
    struct stand *stand = &deed->round->stands[deed->person];
    deed->given->is_taken_back = true;
    stand->has_given = false;
    stand->has_taken_back = true;
    acts_happen((struct event){ .kind = EVENT_REDACTION,
                                .room = room_of(deed),
                                .sender = year.people[deed->person].id,
                                .target = deed->given->event });
}

/* --- People --- */

static void change_membership(struct person *person, const char *membership)
{
    for (int i = 0; i < ROOMS; i++)
        acts_happen((struct event){ .kind = EVENT_MEMBER,
                                    .room = year.rooms[i],
                                    .sender = person->id,
                                    .person = person->id,
                                    .membership = membership });
}

static void come(const struct deed *deed)
{
    struct person *person = &year.people[deed->person];
    person->joined_ms = year.now_ms;
    change_membership(person, "join");
}

static void leave(const struct deed *deed)
{
    struct person *person = &year.people[deed->person];
    person->left_ms = year.now_ms;
    change_membership(person, "leave");
}

/* Some days off, told before. */
static void take_days_off(void)
{
    struct person *person = acts_somebody();
    struct moment first = acts_some_day(0, 3, 40), last = first;
    if (year.is_down || person->n_off == OFF_MAX || !people_are_there(person, year.now_ms))
        return;
    last.day += (int)chance_in(&year.chance, 0, 4);
    last = moment_in(room_zones[0], moment_instant(room_zones[0], last));
    person->off[person->n_off++] = (struct days_off){ moment_day(first), moment_day(last) };
    acts_say(0, person->id, NULL,
             arena_printf(year.arena, "!me off from %04d-%02d-%02d to %04d-%02d-%02d", first.year,
                          first.month, first.day, last.year, last.month, last.day));
}

static void stir(void)
{
    int64_t drawn = chance_in(&year.chance, 1, 10);
    if (drawn <= 4)
        acts_go_away();
    else if (drawn <= 8)
        acts_come_back();
    else
        take_days_off();
    stir_ms =
        in_minutes(30, (int64_t)40 * 60) / MINUTE_MS * MINUTE_MS + chance_in(&year.chance, 1, 59) * 1000;
}

static void do_deed(const struct deed *deed)
{
    static void (*const does[])(const struct deed *deed) = {
        [DEED_ANSWER] = answer,       [DEED_SAME] = say_same, [DEED_SKIP] = skip,   [DEED_MEND] = mend,
        [DEED_TAKE_BACK] = take_back, [DEED_COME] = come,     [DEED_LEAVE] = leave,
    };
    bool is_of_people = deed->kind == DEED_COME || deed->kind == DEED_LEAVE;
    struct deed later = *deed;
    if (is_of_people && year.is_down) {
        later.at_ms = year.now_ms + HOUR_MS;
        plan(later);
    } else if (is_of_people || people_are_there(&year.people[deed->person], year.now_ms)) {
        does[deed->kind](deed);
    }
}

/* --- The play --- */

/* The last two come in the course of the year, the two before them leave. */
static void begin(void)
{
    for (int i = 0; i < ROUTINES; i++)
        acts_say(routines_played[i].room, year.people[BOSS].id, NULL,
                 routines_played[i].has_observer
                     ? arena_printf(year.arena, "!standup without %s", year.people[OBSERVER].id)
                     : routines_played[i].typed);
    if (store_int(year.store, 0, "SELECT count(*) FROM item WHERE prefix = 'RTN'", "") != ROUTINES)
        year_fail("the routines could not be set up");
    for (int i = year.n_people - 4; i < year.n_people; i++) {
        bool is_new = i >= year.n_people - 2;
        int64_t at_ms =
            year.start_ms + chance_in(&year.chance, 10, 350) * DAY_MS + chance_in(&year.chance, 0, DAY_MS);
        plan((struct deed){ .at_ms = at_ms, .kind = is_new ? DEED_COME : DEED_LEAVE, .person = i });
        if (is_new)
            change_membership(&year.people[i], "leave");
        year.people[i].joined_ms = is_new ? INT64_MAX : year.start_ms;
    }
    stir_ms = year.start_ms + HOUR_MS;
}

static int64_t next_ms(void)
{
    int64_t deed_ms = n_deeds ? deeds[next_deed()].at_ms : INT64_MAX;
    return deed_ms < stir_ms ? deed_ms : stir_ms;
}

static void act(void)
{
    size_t next = next_deed();
    if (!n_deeds || deeds[next].at_ms > stir_ms) {
        stir();
        return;
    }
    struct deed deed = deeds[next];
    deeds[next] = deeds[--n_deeds];
    do_deed(&deed);
}

static void forget(void)
{
    n_deeds = 0;
    n_words = 0;
    rounds_forget();
}

const struct play play_rounds = { .name = "rounds",
                                  .n_people = PEOPLE_MAX,
                                  .begin = begin,
                                  .next_ms = next_ms,
                                  .act = act,
                                  .see = rounds_see,
                                  .end = rounds_check_end,
                                  .forget = forget };
