/* !decide - opens a decision: one line, or a whole filled form in either language. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/hours.h"
#include "engine/people.h"
#include "engine/personal.h"
#include "engine/when.h"

static const struct form_field fields[] = {
    { .name = "subject",
      .labels = { { "subject", "title", "decision" }, { "sujet", "objet", "titre", "décision" } } },
    { .name = "context", .labels = { { "context" }, { "contexte" } }, .is_wanted = true },
    { .name = "proposal", .labels = { { "proposal", "proposed" }, { "proposition" } }, .is_wanted = true },
    { .name = "alternatives",
      .labels = { { "alternatives", "options", "option" }, { "alternatives", "alternative" } } },
    { .name = "criteria", .labels = { { "criteria", "criterion" }, { "critères", "critère" } } },
    { .name = "expected", .labels = { { "decision expected", "expected" }, { "décision attendue" } } },
    { .name = "deadline",
      .labels = { { "deadline", "due", "until", "by" }, { "échéance", "date limite", "délai", "avant" } } },
    { .name = "owner", .labels = { { "owner" }, { "responsable" } } },
    { .name = "asked",
      .labels = { { "asked", "people", "who" }, { "avis demandés", "avis", "personnes", "qui" } } },
    { .name = "rule", .labels = { { "rule" }, { "règle" } } },
    { .name = "impact", .labels = { { "impact" }, { "impact", "conséquences" } } },
    { .name = "why", .labels = { { "why", "reason" }, { "pourquoi", "raison" } } },
    { .name = "links", .labels = { { "links", "link" }, { "liens", "lien" } } },
    { .name = NULL },
};
const struct form decision_form = { fields };

/* What an opening message says, read once. */
struct opening {
    struct form_values form;
    const char *subject;
    const char *rest; /* lines after the first that stand under no label: context */
    struct when when;
    const char *owner;
    struct person_list asked;
};

/* The message with one field more, as if it had been typed so: what a choice or an answer runs. */
static const char *with_field(struct turn *turn, const char *body, const char *field, const char *value)
{
    const struct form_field *f = fields;
    while (strcmp(f->name, field) != 0)
        f++;
    return arena_printf(turn->arena, "%s%s %s\n%s: %s", turn_prefix(turn),
                        command_shown_name(command_decide.names, turn->lang), body,
                        f->labels[lang_index(turn->lang)][0], value);
}

static void read_subject(struct turn *turn, struct opening *opening)
{
    const char *head = opening->form.head, *end = strchr(head, '\n');
    const char *line =
        end ? text_trim(turn->arena, arena_strndup(turn->arena, head, (size_t)(end - head))) : head;
    const char *given = form_value(&opening->form, "subject");
    const char *deadline = form_value(&opening->form, "deadline");
    opening->rest = end ? text_trim(turn->arena, end) : "";
    opening->subject = given ? given : line;
    if (given && *line)
        opening->rest = head;
    if (deadline) {
        opening->when = turn_read_when(turn, deadline);
        return;
    }
    opening->when = turn_read_sentence(turn, opening->subject);
    if (opening->when.subject)
        opening->subject = opening->when.subject;
}

/* What the message says without the date that was not understood: the answer brings another one. */
static const char *body_without_date(struct turn *turn, const struct opening *opening)
{
    const char *body = opening->subject;
    if (*opening->rest)
        body = arena_printf(turn->arena, "%s\n%s", body, opening->rest);
    for (size_t i = 0; i < opening->form.n; i++) {
        const char *name = opening->form.names[i];
        if (strcmp(name, "deadline") == 0 || strcmp(name, "subject") == 0)
            continue;
        const struct form_field *f = fields;
        while (strcmp(f->name, name) != 0)
            f++;
        body = arena_printf(turn->arena, "%s\n%s: %s", body, f->labels[lang_index(turn->lang)][0],
                            opening->form.values[i]);
    }
    return turn_without_slots(turn, body);
}

/* No date at all: the ends of the next two working days are offered. */
static void offer_dates(struct turn *turn, struct when *when)
{
    static const char *const phrases[] = { "1 working day", "2 working days" };
    if (when->result != WHEN_NONE && !(when->result == WHEN_ERROR && when->n_candidates == 0))
        return;
    for (size_t i = 0; i < 2; i++) {
        struct when day = turn_read_when(turn, phrases[i]);
        if (day.result == WHEN_AT)
            when->candidates[when->n_candidates++] = hours_close_of_day(turn->hours, turn->zone, day.at_ms);
    }
}

static bool read_deadline(struct turn *turn, struct opening *opening)
{
    if (opening->when.result == WHEN_AT && opening->when.at_ms > turn->now_ms)
        return true;
    if (opening->when.result == WHEN_AT)
        opening->when =
            (struct when){ .result = WHEN_ERROR, .fault = WHEN_PAST, .phrase = opening->when.phrase };
    offer_dates(turn, &opening->when);
    turn_ask_when(turn, &opening->when,
                  with_field(turn, body_without_date(turn, opening), "deadline", TURN_SLOT), 0);
    return false;
}

static bool read_owner(struct turn *turn, struct opening *opening, const char *body)
{
    const char *owner = form_value(&opening->form, "owner");
    opening->owner = turn->event->sender;
    if (!owner)
        return true;
    struct people_read read = people_read(turn, owner, NULL);
    if (!read.culprit && read.people.n == 1) {
        opening->owner = read.people.ids[0];
        return true;
    }
    const char *command = with_field(turn, turn_without_slots(turn, body), "owner", TURN_SLOT);
    if (read.culprit)
        people_ask(turn, &read, owner, command);
    else
        people_ask_for_one(turn, owner, command);
    return false;
}

static bool read_asked(struct turn *turn, struct opening *opening, const char *body)
{
    const char *asked = form_value(&opening->form, "asked");
    if (asked) {
        struct people_read read = people_read(turn, asked, opening->owner);
        if (read.culprit) {
            people_ask(turn, &read, asked,
                       with_field(turn, turn_without_slots(turn, body), "asked", TURN_SLOT));
            return false;
        }
        opening->asked = read.people;
        return true;
    }
    opening->asked = people_of_room(turn, opening->owner);
    struct json_object *values = values_new();
    if (opening->asked.n == 0) {
        turn_answer(turn, "decision/nobody", values);
        return false;
    }
    if (opening->asked.n <= PEOPLE_ASKED_MAX) {
        json_object_put(values);
        return true;
    }
    const char *clean = turn_without_slots(turn, body);
    const char *choices[] = { with_field(turn, clean, "asked", "everyone"), NULL };
    json_set_int(values, "n", (int64_t)opening->asked.n);
    turn_ask(turn, (struct question){ .template_name = "decision/who",
                                      .values = values,
                                      .choices = choices,
                                      .completes = with_field(turn, clean, "asked", TURN_SLOT) });
    return false;
}

static void keep_fields(struct turn *turn, struct item *item, const struct opening *opening)
{
    const char *author = turn->event->sender;
    item_set_field(turn, item, "subject", text_add(turn, author, opening->subject));
    for (size_t i = 0; i < opening->form.n; i++) {
        const char *name = opening->form.names[i];
        if (strcmp(name, "subject") && strcmp(name, "deadline") && strcmp(name, "owner") &&
            strcmp(name, "asked"))
            item_set_field(turn, item, name, text_add(turn, author, opening->form.values[i]));
    }
    if (*opening->rest && !form_value(&opening->form, "context"))
        item_set_field(turn, item, "context", text_add(turn, author, opening->rest));
}

/* Asked for once, in the thread; the card is complete without it. */
static void ask_missing(struct turn *turn, struct item *item)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (const struct form_field *f = fields; f->name; f++)
        if (f->is_wanted && !item_field(turn, item, f->name))
            json_add_str(list, f->labels[lang_index(turn->lang)][0]);
    size_t n = json_object_array_length(list);
    struct json_object *rows = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_str(row, "label", json_str(json_object_array_get_idx(list, i), ""));
        json_object_array_add(rows, row);
    }
    if (n)
        json_set_str(values, "example", json_str(json_object_array_get_idx(list, 0), ""));
    json_set(values, "missing", rows);
    json_object_put(list);
    if (n == 0) {
        json_object_put(values);
        return;
    }
    turn_say(turn, (struct say){ .step = "missing",
                                 .template_name = "decision/missing",
                                 .values = values,
                                 .item = item->id,
                                 .thread = item_thread(turn, item),
                                 .guard = GUARD_OPEN });
}

static void post_card(struct turn *turn, struct item *item, const struct opening *opening)
{
    const char **mentions = arena_alloc(turn->arena, (opening->asked.n + 1) * sizeof *mentions);
    size_t n = 0;
    for (size_t i = 0; i < opening->asked.n; i++)
        if (strcmp(opening->asked.ids[i], turn->event->sender) != 0 &&
            personal_is_at_work(turn, opening->asked.ids[i]))
            mentions[n++] = opening->asked.ids[i];
    for (size_t i = 0; i < opening->asked.n; i++)
        item_ask(turn, item, opening->asked.ids[i]);
    const char *template_name;
    struct json_object *values = decision_card(turn, item, &template_name);
    item_set_card(
        turn, item,
        turn_say(turn, (struct say){ .step = "card",
                                     .template_name = template_name,
                                     .values = values,
                                     .item = item->id,
                                     .reply = turn->event->thread || turn->answer_row ? NULL : turn->origin,
                                     .mentions = mentions,
                                     .role = "card" }));
    /* The others are asked when their day begins; who types it need not be called to it. */
    for (size_t i = 0; i < n; i++)
        item_note_asked_by(turn, item, mentions[i], item->card);
    item_note_asked_by(turn, item, turn->event->sender, item->card);
    /* A dialogue, or a command in a thread: the answer says where the card is. */
    if (turn->answer_row || turn->event->thread) {
        struct json_object *opened = values_new();
        json_set_str(opened, "id", item->name);
        json_set(opened, "deadline", values_time(turn, item->deadline_ms, item->deadline_zone));
        turn_answer(turn, "decision/opened", opened);
    }
    turn->has_answered = true;
    static const char *const signs[] = { "👍", "⛔", "🤷" };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        turn_react(turn, arena_printf(turn->arena, "sign %zu", i), item->card, signs[i], item->id,
                   GUARD_OPEN);
}

static enum outcome open_decision(struct turn *turn, struct opening *opening)
{
    const struct when *when = &opening->when;
    struct item *item = item_create(
        turn, &(struct item_new){
                  .habit = &habit_decision,
                  .state = DECISION_OPEN,
                  .owner = opening->owner,
                  .deadline_ms = when->at_ms,
                  .deadline_civil =
                      arena_printf(turn->arena, "%04d-%02d-%02dT%02d:%02d", when->civil.year,
                                   when->civil.month, when->civil.day, when->civil.hour, when->civil.minute),
                  .deadline_zone = *when->zone ? arena_strdup(turn->arena, when->zone) : turn->zone,
              });
    if (!item)
        return OUTCOME_WAITS;
    keep_fields(turn, item, opening);
    post_card(turn, item, opening);
    ask_missing(turn, item);
    decision_set_timers(turn, item);
    return OUTCOME_DONE;
}

static enum outcome decide(struct turn *turn, const struct request *request)
{
    struct opening opening = { .form = form_parse(turn->arena, &decision_form, request->rest) };
    if (turn->room.dm_person) {
        turn_answer(turn, "decision/room-only", values_new());
        return OUTCOME_DONE;
    }
    if (decision_is_participle(turn, request->name))
        return decision_ask_whether_decided(turn, request->rest);
    read_subject(turn, &opening);
    if (!text_has_words(opening.subject))
        return OUTCOME_USAGE;
    if (!read_owner(turn, &opening, request->rest) || !read_asked(turn, &opening, request->rest) ||
        !read_deadline(turn, &opening))
        return OUTCOME_DONE;
    return open_decision(turn, &opening);
}

void decision_opening_edited(struct turn *turn, struct item *item, const char *body)
{
    /* What was decided is what stood there then: the register is not written anew behind those who agreed. */
    if (!lifecycle_is_open(item)) {
        lifecycle_act(turn, item,
                      &(struct act_request){
                          .act = ACT_AMEND, .door = DOOR_WORD, .person = turn->event->sender, .text = "" });
        return;
    }
    struct opening opening = { .form = form_parse(turn->arena, &decision_form, body) };
    read_subject(turn, &opening);
    int64_t subject = item_field(turn, item, "subject"), proposal = item_field(turn, item, "proposal");
    const char *new_proposal = form_value(&opening.form, "proposal");
    const char *old_subject = text_get(turn, subject),
               *old_proposal = proposal ? text_get(turn, proposal) : NULL;
    bool is_real = (*opening.subject && old_subject && strcmp(old_subject, opening.subject) != 0) ||
                   (new_proposal && (!old_proposal || strcmp(old_proposal, new_proposal) != 0));
    if (*opening.subject)
        text_change(turn, subject, opening.subject);
    for (size_t i = 0; i < opening.form.n; i++) {
        const char *name = opening.form.names[i];
        int64_t field = item_field(turn, item, name);
        if (field)
            text_change(turn, field, opening.form.values[i]);
        else if (strcmp(name, "deadline") && strcmp(name, "owner") && strcmp(name, "asked") &&
                 strcmp(name, "subject"))
            item_set_field(turn, item, name, text_add(turn, turn->event->sender, opening.form.values[i]));
    }
    bool has_spoken = item_positions(turn, item).n > 0;
    if (!has_spoken && opening.when.result == WHEN_AT && opening.when.at_ms > turn->now_ms &&
        opening.when.at_ms != item->deadline_ms) {
        item_set_deadline(turn, item, opening.when.at_ms, NULL, item->deadline_zone);
        decision_set_timers(turn, item);
    }
    if (is_real && has_spoken)
        decision_text_changed(turn, item);
    item_show_card(turn, item);
}

const struct command command_decide = {
    .topic = "decide",
    .names = { { "decide" }, { "décider" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = decide,
};
