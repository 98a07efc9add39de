/* !task - opens a task: who, what, by when; one line, or a whole filled form in either language. */
#include <string.h>

#include "base/text.h"
#include "commands/task_private.h"
#include "engine/follow.h"
#include "engine/link.h"
#include "engine/opening.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "engine/place.h"

static const struct form_field fields[] = {
    { .name = "subject",
      .labels = { { "subject", "title", "task" }, { "sujet", "objet", "titre", "tâche" } } },
    { .name = "next",
      .labels = { { "next action", "next", "next step" },
                  { "prochaine action", "suite", "prochaine étape" } },
      .is_wanted = true },
    { .name = "context", .labels = { { "context" }, { "contexte" } } },
    { .name = "deadline",
      .labels = { { "deadline", "due", "until", "by" }, { "échéance", "date limite", "délai", "avant" } } },
    { .name = "owner", .labels = { { "owner", "who" }, { "responsable", "qui" } } },
    { .name = "room", .labels = { { "room" }, { "salon" } } },
    { .name = "follows", .labels = { { "follows from", "comes of" }, { "fait suite à", "suite à" } } },
    { .name = "links", .labels = { { "links", "link" }, { "liens", "lien" } } },
    { .name = NULL },
};
const struct form task_form = { fields };

/* --- Who --- */

static bool is_me(struct turn *turn, const char *word)
{
    const char *folded = text_fold_name(turn->arena, word);
    return strcmp(folded, "me") == 0 || strcmp(folded, "moi") == 0;
}

/* The word that text begins with, without what ends it; NULL: it is nobody's name. */
static const char *name_in_front(struct turn *turn, const char *text, size_t *len_out)
{
    size_t len = *len_out = strcspn(text, " \n");
    const char *word =
        arena_strndup(turn->arena, text, len - (len && (text[len - 1] == ':' || text[len - 1] == ',')));
    bool is_name = *word == '@' || is_me(turn, word) ||
                   room_find_person(turn->store, turn->room.id, word, turn->arena).n > 0;
    if (!*word || !is_name)
        return NULL;
    return is_me(turn, word) ? turn->event->sender : word;
}

/* Behind "bob," or before "and carol": where the next name stands; NULL: nothing joins one to the name that ends there. */
static const char *next_name(struct turn *turn, const char *end)
{
    static const char *const joins[] = { "and", "et", "&", NULL };
    const char *next = text_skip_space(end);
    size_t len = strcspn(next, " \n");
    if (text_is_one_of(text_fold(turn->arena, arena_strndup(turn->arena, next, len)), joins))
        return text_skip_space(next + len);
    return end[-1] == ',' ? next : NULL;
}

/* "bob", "@bob", "bob:", "me" in front of what is to be done is its owner, as if that stood on a line of its own; of several,
 * "bob and carol", it is asked which. A word that is nobody's name belongs to the task, unless it says that it is one. */
static const char *with_owner_in_front(struct turn *turn, const char *text)
{
    size_t len;
    const char *owner = name_in_front(turn, text, &len), *behind = text + len;
    if (!owner || form_begins(turn->arena, &task_form, text))
        return text;
    for (const char *at = next_name(turn, behind), *name; at && (name = name_in_front(turn, at, &len));
         at = next_name(turn, behind)) {
        owner = arena_printf(turn->arena, "%s, %s", owner, name);
        behind = at + len;
    }
    return arena_printf(turn->arena, "%s\n%s: %s", text_skip_space(behind),
                        form_label(&task_form, "owner", turn->lang), owner);
}

/* "Release notes by friday, @bob", "Release notes (bob) by friday": the end of what is to be done, whatever its date stands by. */
static const char *with_owner_behind(struct turn *turn, const char *text)
{
    struct opening opening = opening_read(turn, &command_task, &task_form, text);
    if (form_value(&opening.values, "owner") || !opening.subject)
        return text;
    struct people_named named = people_named_behind(turn, opening.subject);
    size_t len = strlen(named.what);
    const char *tail = named.person ? opening.subject + len : "";
    const char *at = *tail ? strstr(text, tail) : NULL;
    if (!at || !text_has_words(named.what))
        return text;
    return arena_printf(turn->arena, "%.*s%s\n%s: %s", (int)(at - text), text, at + strlen(tail),
                        form_label(&task_form, "owner", turn->lang), named.person);
}

static const char *with_owner(struct turn *turn, const char *text)
{
    const char *with = with_owner_in_front(turn, text);
    return with == text ? with_owner_behind(turn, text) : with;
}

/* In a room without anybody else, and in a direct message, there is nobody to ask about. */
static bool is_alone(struct turn *turn)
{
    return turn->room.dm_person || people_of_room(turn, turn->event->sender).n == 0;
}

static void ask_who(struct turn *turn, const struct opening *opening, const char *body)
{
    const char *clean = turn_without_slots(turn, body), *sender = turn->event->sender;
    const char *people[1 + PEOPLE_MENTIONED_MAX] = { sender }, *choices[2 + PEOPLE_MENTIONED_MAX] = { NULL };
    struct person_list mentioned = people_mentioned(turn, opening->subject);
    size_t n = 1;
    for (size_t i = 0; i < mentioned.n; i++)
        if (strcmp(mentioned.ids[i], sender) != 0)
            people[n++] = mentioned.ids[i];
    for (size_t i = 0; i < n; i++)
        choices[i] = opening_with_field(turn, opening, clean, "owner", people[i]);
    struct json_object *values = values_new();
    json_set(values, "people", values_people(turn, people, n));
    turn_ask(turn,
             (struct question){ .template_name = "task/who",
                                .values = values,
                                .choices = choices,
                                .completes = opening_with_field(turn, opening, clean, "owner", TURN_SLOT) });
}

/* False: it was asked. */
static bool read_owner(struct turn *turn, struct opening *opening, const char *body)
{
    if (!opening_has_owner(turn, opening, body))
        return false;
    if (!opening->owner && is_alone(turn))
        opening->owner = turn->event->sender;
    if (!opening->owner)
        ask_who(turn, opening, body);
    else if (turn_is_bot(turn, opening->owner))
        turn_answer(turn, "task/bot", values_new());
    return opening->owner && !turn_is_bot(turn, opening->owner);
}

/* --- Opening --- */

static void post_card(struct turn *turn, struct item *item)
{
    static const char *const own_signs[] = { "✅", "📅", NULL };
    static const char *const signs[] = { "🙋", "✅", "📅", NULL };
    bool is_own = strcmp(item->owner, turn->event->sender) == 0;
    bool is_their_clock = strcmp(item_date_zone(turn, item, item->owner), item->deadline_zone) == 0;
    bool is_called = !is_own && is_their_clock && personal_is_at_work(turn, item->owner);
    item_ask(turn, item, item->owner);
    opening_post_card(turn, item, is_called ? (const char *[]){ item->owner, NULL } : NULL,
                      is_own ? own_signs : signs, TASK_GUARD);
    if (is_own || is_called)
        item_note_asked_by(turn, item, item->owner, item->card);
}

/* "follows from: ESC-1": each leads to the other. */
static void link_source(struct turn *turn, struct item *item)
{
    int64_t field = item_field(turn, item, "follows");
    const char *typed = field ? text_get(turn, field) : NULL;
    struct item *source = typed ? item_find(turn, typed, turn->event->sender) : NULL;
    if (source)
        link_add(turn, source, item);
}

static enum outcome task(struct turn *turn, const struct request *request)
{
    const char *text = with_owner(turn, request->rest);
    struct opening opening = opening_read(turn, &command_task, &task_form, text);
    const char *place = form_value(&opening.values, "room");
    if (!text_has_words(opening.subject))
        return OUTCOME_USAGE;
    if (place && !place_enter(turn, place))
        return OUTCOME_DONE;
    if (!read_owner(turn, &opening, text) || !opening_has_date(turn, &opening))
        return OUTCOME_DONE;
    bool is_own = strcmp(opening.owner, turn->event->sender) == 0;
    struct item *item = opening_create(turn, &opening, &habit_task, is_own ? TASK_TAKEN : TASK_ASKED);
    if (!item)
        return OUTCOME_WAITS;
    opening_keep_fields(turn, item, &opening, NULL);
    link_source(turn, item);
    post_card(turn, item);
    if (!is_own)
        follow_from_now(turn, item, turn->event->sender);
    opening_ask_missing(turn, item, TASK_GUARD);
    task_ask(turn, item); /* with a date of their own, whom the card does not call */
    return OUTCOME_DONE;
}

struct item *task_make(struct turn *turn, const char *owner, int64_t subject, const struct when *when)
{
    bool is_own = strcmp(owner, turn->event->sender) == 0;
    struct opening opening = { .command = &command_task, .form = &task_form, .owner = owner, .when = *when };
    struct item *item = opening_create(turn, &opening, &habit_task, is_own ? TASK_TAKEN : TASK_ASKED);
    if (item)
        item_set_field(turn, item, "subject", subject);
    return item;
}

void task_begin(struct turn *turn, struct item *item)
{
    post_card(turn, item);
    if (strcmp(item->owner, turn->event->sender) != 0)
        follow_from_now(turn, item, turn->event->sender);
    task_ask(turn, item);
}

/* --- The opening message, edited or removed --- */

/* Nobody has answered yet: whom it names now has it. */
static void change_owner(struct turn *turn, struct item *item, const struct opening *opening)
{
    const char *name = form_value(&opening->values, "owner");
    struct people_read read = people_read(turn, name ? name : "", NULL);
    bool is_answered = item->state != TASK_ASKED || item_find_act(turn, item, NULL, "object");
    if (read.culprit || read.people.n != 1 || is_answered || strcmp(read.people.ids[0], item->owner) == 0 ||
        turn_is_bot(turn, read.people.ids[0]))
        return;
    task_give(turn, item, read.people.ids[0]);
}

void task_opening_edited(struct turn *turn, struct item *item, const char *body)
{
    if (!lifecycle_is_open(item)) {
        lifecycle_act(turn, item,
                      &(struct act_request){
                          .act = ACT_AMEND, .door = DOOR_WORD, .person = turn->event->sender, .text = "" });
        return;
    }
    struct opening opening = opening_read(turn, &command_task, &task_form, with_owner(turn, body));
    const struct when *when = &opening.when;
    opening_change_texts(turn, item, &opening, NULL);
    if (when->result == WHEN_AT && when->at_ms > turn->now_ms && when->at_ms != item->deadline_ms) {
        item_set_deadline(turn, item, when->at_ms, NULL, item->deadline_zone);
        item_set_changed(turn, item);
    }
    change_owner(turn, item, &opening);
    task_set_timers(turn, item);
    item_show_card(turn, item);
}

void task_opening_redacted(struct turn *turn, struct item *item)
{
    opening_confirm_cancel(turn, item, TASK_GUARD);
}

const struct command command_task = {
    .topic = "task",
    .names = { { "task" }, { "tâche" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = task,
};
