/* Decisions: what people do to them, and whom the bot calls to them. What became of them: decision_check.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "bot.h"
#include "check.h"
#include "decision_check.h"
#include "habit.h"
#include "people.h"
#include "store/store.h"

enum { DECISIONS_MAX = 512, SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000 };

static struct decision decisions[DECISIONS_MAX];
static size_t n_decisions;

/* Choosing */

static bool is_in(const struct decision *decision, const char *person)
{
    return people_is_in(decision->room, person);
}

static bool is_over(const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_acts; i++)
        if (decision->acts[i].what == MODEL_SETTLE || decision->acts[i].what == MODEL_CANCEL)
            return true;
    return false;
}

static bool is_visible(const struct decision *decision)
{
    return decision->card && homeserver_is_there(homeserver_said(decision->card)) &&
           homeserver_is_there(homeserver_said(decision->command));
}

typedef bool fits_fn(const struct decision *decision, const char *person);

static bool is_for_all(const struct decision *decision, const char *person)
{
    return is_in(decision, person) && !is_over(decision) && decision->date_ms > world.now_ms - 3 * HOUR_MS;
}

static bool is_for_owner(const struct decision *decision, const char *person)
{
    return decision->owner == person && is_in(decision, person) && !is_over(decision);
}

static bool is_closed_of_owner(const struct decision *decision, const char *person)
{
    return decision->owner == person && is_in(decision, person) &&
           (is_over(decision) || decision->date_ms < world.now_ms);
}

static bool is_to_be_read(const struct decision *decision, const char *person)
{
    return is_for_owner(decision, person) && !decision->gone_position;
}

/* Most of all one whose date is about now; else any. NULL: none whose card can be seen. */
static struct decision *choose(const char *person, struct chance *chance, fits_fn *fits)
{
    struct decision *found = NULL;
    size_t first = n_decisions ? (size_t)chance_in(chance, 0, (int64_t)n_decisions - 1) : 0;
    for (size_t i = 0; i < n_decisions; i++) {
        struct decision *decision = &decisions[(first + i) % n_decisions];
        if (!is_visible(decision) || decision->n_acts == MODEL_ACTS_MAX || !fits(decision, person))
            continue;
        if (llabs(decision->date_ms - world.now_ms) < 3 * MINUTE_MS)
            return decision;
        if (!found)
            found = decision;
    }
    return found;
}

static struct act *add_act(struct decision *decision, enum model_act what, const char *person)
{
    struct act *act = &decision->acts[decision->n_acts++];
    *act = (struct act){
        .what = what, .person = person, .at_ms = world.now_ms, .position = homeserver_newest() + 1
    };
    return act;
}

/* Deeds */

static int64_t draw_date(struct chance *chance)
{
    int64_t minutes =
        chance_percent(chance, 60) ? chance_in(chance, 30, 600) : chance_in(chance, 10, 60) * 60;
    int64_t at_ms = (world.now_ms / MINUTE_MS + minutes) * MINUTE_MS;
    return chance_percent(chance, 70) ? (at_ms / HOUR_MS + 1) * HOUR_MS : at_ms;
}

static void say_opening(const struct decision *decision, char body[160])
{
    char time[32];
    people_print_time(decision->room, decision->date_ms, time);
    if (decision->is_form)
        snprintf(body, 160, "!decide w%d matter\nproposal: w%d as it is\ndeadline: %s", decision->word,
                 decision->word, time);
    else
        snprintf(body, 160, "!decide w%d matter by %s", decision->word, time);
}

static void open(const char *person, struct chance *chance)
{
    char body[160];
    int room = people_room(person, chance);
    if (room < 0 || n_decisions == DECISIONS_MAX)
        return;
    struct decision *decision = &decisions[n_decisions++];
    *decision = (struct decision){
        .room = room, .owner = person, .opened_ms = world.now_ms, .date_ms = draw_date(chance)
    };
    decision->word = decision->first_word = people_new_word();
    decision->is_form = !chance_percent(chance, 50);
    say_opening(decision, body);
    decision->command = homeserver_newest() + 1;
    people_say(room, person, body);
}

static void say_act(struct decision *decision, const char *person, const char *command, const char *word,
                    struct chance *chance)
{
    char body[128];
    if (chance_percent(chance, 50)) {
        people_say_in_thread(decision->room, person, decision->card, word);
        return;
    }
    snprintf(body, sizeof body, "!%s %s", command, decision->name);
    people_say(decision->room, person, body);
}

/* Without a reason only once: who is asked why twice would be told the same twice. */
static bool has_objected(const struct decision *decision, const char *person)
{
    for (size_t i = 0; i < decision->n_acts; i++)
        if (decision->acts[i].what == MODEL_OBJECT && decision->acts[i].person == person)
            return true;
    return false;
}

static void object(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_all);
    char body[128];
    if (!decision)
        return;
    bool is_tap = !has_objected(decision, person) && chance_percent(chance, 50);
    struct act *act = add_act(decision, MODEL_OBJECT, person);
    if (is_tap) {
        people_react(decision->room, person, decision->card, "⛔");
        return;
    }
    act->is_message = true;
    act->word = people_new_word();
    if (chance_percent(chance, 50)) {
        snprintf(body, sizeof body, "objection: w%d is why", act->word);
        people_say_in_thread(decision->room, person, decision->card, body);
    } else {
        snprintf(body, sizeof body, "!object %s w%d is why", decision->name, act->word);
        people_say(decision->room, person, body);
    }
}

static void agree(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_all);
    if (!decision)
        return;
    bool is_agreed = chance_percent(chance, 80);
    add_act(decision, is_agreed ? MODEL_AGREE : MODEL_ABSTAIN, person);
    if (chance_percent(chance, 60))
        people_react(decision->room, person, decision->card, is_agreed ? "👍" : "🤷");
    else
        say_act(decision, person, is_agreed ? "agree" : "abstain", is_agreed ? "agreed" : "no opinion",
                chance);
}

static void agree_now(void *data, int64_t person)
{
    struct decision *decision = data;
    if (decision->n_acts == MODEL_ACTS_MAX || !is_visible(decision) ||
        !is_for_all(decision, people_nth((int)person)))
        return;
    add_act(decision, MODEL_AGREE, people_nth((int)person));
    people_react(decision->room, people_nth((int)person), decision->card, "👍");
}

/* One agrees, others see it and do the same: the card changes while it is on its way. */
static void agree_together(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_all);
    for (int i = 0; decision && i < PEOPLE_N; i++)
        if (people_is_in(decision->room, people_nth(i)) && chance_percent(chance, 50))
            world_at(world.now_ms + chance_in(chance, 0, 700), agree_now, decision, i);
}

static void object_now(void *data, int64_t person)
{
    struct decision *decision = data;
    if (decision->n_acts == MODEL_ACTS_MAX || !is_visible(decision) ||
        !is_for_all(decision, people_nth((int)person)) || has_objected(decision, people_nth((int)person)))
        return;
    add_act(decision, MODEL_OBJECT, people_nth((int)person));
    people_react(decision->room, people_nth((int)person), decision->card, "⛔");
}

static void chat_before(void *data, int64_t person)
{
    const struct decision *decision = data;
    if (is_in(decision, people_nth((int)person)))
        people_say(decision->room, people_nth((int)person), "one moment");
}

static struct decision *next_to_close(void)
{
    struct decision *found = NULL;
    for (size_t i = 0; i < n_decisions; i++) {
        struct decision *decision = &decisions[i];
        if (is_visible(decision) && !is_over(decision) && decision->date_ms > world.now_ms + MINUTE_MS &&
            decision->date_ms < world.now_ms + 24 * HOUR_MS && (!found || decision->date_ms < found->date_ms))
            found = decision;
    }
    return found;
}

static int64_t break_silence(struct chance *chance)
{
    struct decision *decision = next_to_close();
    if (!decision)
        return 0;
    int64_t person = chance_in(chance, 0, PEOPLE_N - 1);
    while (!is_in(decision, people_nth((int)person))) /* who made the room is in it */
        person = (person + 1) % PEOPLE_N;
    world_at(decision->date_ms - 34 * SECOND_MS, chat_before, decision, person);
    world_at(decision->date_ms - chance_in(chance, 3, 15) * SECOND_MS, object_now, decision, person);
    return decision->date_ms;
}

static bool has_acted(const struct decision *decision, const char *person)
{
    for (size_t i = 0; is_in(decision, person) && i < decision->n_acts; i++)
        if (decision->acts[i].person == person && decision->acts[i].what <= MODEL_ABSTAIN)
            return true;
    return false;
}

static void take_back(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, has_acted);
    if (!decision)
        return;
    if (chance_percent(chance, 40)) {
        add_act(decision, MODEL_WITHDRAW, person);
        say_act(decision, person, "withdraw", "I withdraw", chance);
        return;
    }
    for (size_t i = decision->n_acts; i-- > 0;) {
        struct act *act = &decision->acts[i];
        if (act->person != person || act->what > MODEL_ABSTAIN || act->gone_ms ||
            homeserver_said(act->position)->is_undone)
            continue;
        act->gone_ms = world.now_ms;
        act->gone_position = homeserver_newest() + 1;
        homeserver_redact(person, act->position);
        return;
    }
}

/* Not what was taken back: whether an edit says it again is for people to settle. */
static void edit_reason(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, has_acted);
    char body[64];
    for (size_t i = decision ? decision->n_acts : 0; i-- > 0;) {
        struct act *act = &decision->acts[i];
        if (act->person == person && (act->gone_ms || act->what == MODEL_WITHDRAW))
            return;
        if (act->person != person || !act->is_message || act->what != MODEL_OBJECT || act->gone_ms ||
            homeserver_said(act->position)->is_undone)
            continue;
        act->word = people_new_word();
        snprintf(body, sizeof body, "objection: w%d is why", act->word);
        people_edit(decision->room, person, act->position, body);
        return;
    }
}

static void amend(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_to_be_read);
    char body[160];
    if (!decision)
        return;
    decision->word = people_new_word();
    add_act(decision, MODEL_AMEND, person)->word = decision->word;
    say_opening(decision, body);
    people_edit(decision->room, person, decision->command, body);
}

/* The decision goes on, under its number: its owner is asked what they meant by it. */
static void remove_opening(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_to_be_read);
    if (!decision)
        return;
    decision->gone_position = homeserver_newest() + 1;
    homeserver_redact(person, decision->command);
}

static void settle(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_owner);
    char body[64];
    if (!decision)
        return;
    struct act *act = add_act(decision, MODEL_SETTLE, person);
    act->word = people_new_word();
    snprintf(body, sizeof body, "!settle %s w%d it is", decision->name, act->word);
    people_say(decision->room, person, body);
}

static void cancel(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_owner);
    char body[64];
    if (!decision)
        return;
    add_act(decision, MODEL_CANCEL, person);
    snprintf(body, sizeof body, "!cancel %s", decision->name);
    people_say(decision->room, person, body);
}

static void say_new_date(struct decision *decision, enum model_act what, const char *command,
                         struct chance *chance)
{
    char time[32], body[96];
    struct act *act = add_act(decision, what, decision->owner);
    act->new_date_ms = draw_date(chance);
    people_print_time(decision->room, act->new_date_ms, time);
    snprintf(body, sizeof body, "!%s %s %s", command, decision->name, time);
    people_say(decision->room, decision->owner, body);
}

static void extend(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_for_owner);
    if (decision)
        say_new_date(decision, MODEL_EXTEND, "extend", chance);
}

static void reopen(const char *person, struct chance *chance)
{
    struct decision *decision = choose(person, chance, is_closed_of_owner);
    if (decision)
        say_new_date(decision, MODEL_REOPEN, "reopen", chance);
}

static const struct sim_deed deeds[] = { { "opens a decision", 9, open },
                                         { "agrees", 22, agree },
                                         { "agrees with others", 4, agree_together },
                                         { "objects", 9, object },
                                         { "takes back", 6, take_back },
                                         { "edits a reason", 3, edit_reason },
                                         { "edits the opening", 3, amend },
                                         { "removes the opening", 1, remove_opening },
                                         { "settles", 2, settle },
                                         { "extends", 3, extend },
                                         { "cancels a decision", 2, cancel },
                                         { "reopens", 2, reopen },
                                         { NULL, 0, NULL } };

/* What the bot says */

static struct decision *find_by_name(const char *name)
{
    for (size_t i = 0; name && i < n_decisions; i++)
        if (strcmp(decisions[i].name, name) == 0)
            return &decisions[i];
    return NULL;
}

static struct decision *find_by_command(const char *event_id)
{
    int64_t position = homeserver_position(event_id);
    for (size_t i = 0; position && i < n_decisions; i++)
        if (decisions[i].command == position)
            return &decisions[i];
    return NULL;
}

static void saw(const struct said *said, struct json_object *content)
{
    const char *name = json_str(content, "io.greffier.name");
    struct decision *decision = find_by_command(json_str(content, "m.relates_to/m.in_reply_to/event_id"));
    if (decision && name && !json_str(content, "m.relates_to/rel_type")) {
        if (decision->card && !homeserver_said(decision->card)->is_undone)
            world_fail("%s is the second card of one decision; the first is $%lld", said->id,
                       (long long)decision->card);
        decision->card = said->position;
        snprintf(decision->name, sizeof decision->name, "%s", name);
    }
}

/* What was reopened is closed again, and what was changed twice is asked about twice, in the same words; who objects came back
 * and left again, and only a life of the store that was lost knows of the first time. */
static bool may_repeat(struct json_object *content)
{
    const struct decision *decision = find_by_name(json_str(content, "io.greffier.name"));
    const char *body = json_str(content, "body");
    size_t n_changes = 0;
    for (size_t i = 0; decision && i < decision->n_acts; i++) {
        if (decision->acts[i].what == MODEL_REOPEN)
            return true;
        n_changes += decision->acts[i].what == MODEL_AMEND;
    }
    if (world.was_restored && body && strstr(body, "Nobody who objects is in the room any more"))
        return true;
    return n_changes > 1 && body && strstr(body, "the proposal has changed");
}

/* The same position was taken by two doors, and the other one was closed: see has_twin of decision_model.c. */
static bool is_in_doubt(const struct decision *decision, const struct act *act)
{
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *other = &decision->acts[i];
        if (other != act && other->person == act->person && other->what == act->what &&
            other->gone_ms > act->at_ms)
            return true;
    }
    return false;
}

/* The last thing that this person said on it and the bot has heard is a position that stands. */
static const struct act *has_spoken(const struct decision *decision, const char *person)
{
    const struct act *has = NULL;
    for (size_t i = 0; i < decision->n_acts; i++) {
        const struct act *act = &decision->acts[i];
        bool is_theirs = act->person == person || act->what == MODEL_REOPEN || act->what == MODEL_AMEND;
        if (!is_theirs || !check_is_applied(act->position))
            continue;
        if (act->what <= MODEL_ABSTAIN)
            has = act->gone_ms || is_in_doubt(decision, act) ? NULL : act;
        else if (act->what == MODEL_AMEND && has && has->what == MODEL_AGREE)
            has = NULL;
        else if (act->what == MODEL_WITHDRAW || act->what == MODEL_REOPEN)
            has = NULL; /* what was said after the close counted for nothing */
    }
    return has;
}

/* What asks people for something that they cannot do any more once it is over. */
static bool is_call(const char *template_name)
{
    static const char *const calls[] = { "decision/reminder", "decision/asked-again",
                                         "form/missing",      "decision/why",
                                         "decision/objected", "decision/confirm-cancel" };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i], template_name) == 0)
            return true;
    return false;
}

/* Nobody is called to what they have done, and nobody to what is over. */
static void put(const struct sim_put *put)
{
    struct decision *decision = find_by_name(json_str(put->content, "io.greffier.name"));
    if (!decision || put->is_edit || !is_call(put->template_name))
        return;
    int64_t state = decision_state(decision);
    /* Who objects after the close is asked for the reason: nothing else is open to them any more. */
    bool is_contested = strcmp(put->template_name, "decision/why") == 0 && decision_is_contested(decision);
    if (state > MODEL_BLOCKED && !is_contested)
        world_fail("%s is over (%d), and %s calls people to it", decision->name, (int)state,
                   put->template_name);
    struct json_object *people = json_arr(put->content, "m.mentions/user_ids");
    bool is_reminder = strcmp(put->template_name, "decision/reminder") == 0;
    for (size_t i = 0; is_reminder && people && i < json_object_array_length(people); i++) {
        const char *person = people_id(json_str(json_object_array_get_idx(people, i), ""));
        const struct act *act = has_spoken(decision, person);
        if (act)
            world_fail("%s is reminded of %s, and has spoken: %s", person, decision->name,
                       homeserver_said(act->position)->id);
    }
}

static void end(void)
{
    for (size_t i = 0; i < n_decisions; i++)
        decision_check(&decisions[i]);
}

const struct sim_habit habit_decision_sim = { .name = "decision",
                                              .deeds = deeds,
                                              .saw = saw,
                                              .put = put,
                                              .may_repeat = may_repeat,
                                              .end = end,
                                              .break_silence = break_silence };
