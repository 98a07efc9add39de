/* !decide - opens a decision: one line, or a whole filled form in either language. */
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/decision_private.h"
#include "engine/opening.h"
#include "engine/people.h"
#include "engine/personal.h"

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

/* Those who are asked. False: it is not clear who, and that was asked. */
static bool read_asked(struct turn *turn, const struct opening *opening, const char *body,
                       struct person_list *asked_out)
{
    const char *asked = form_value(&opening->values, "asked"), *clean = turn_without_slots(turn, body);
    if (asked) {
        struct people_read read = people_read(turn, asked, opening->owner);
        if (read.culprit)
            people_ask(turn, &read, asked, opening_with_field(turn, opening, clean, "asked", TURN_SLOT));
        *asked_out = read.people;
        return !read.culprit;
    }
    *asked_out = people_of_room(turn, opening->owner);
    struct json_object *values = values_new();
    if (asked_out->n == 0) {
        turn_answer(turn, "decision/nobody", values);
        return false;
    }
    if (asked_out->n <= PEOPLE_ASKED_MAX) {
        json_object_put(values);
        return true;
    }
    const char *choices[] = { opening_with_field(turn, opening, clean, "asked", "everyone"), NULL };
    json_set_int(values, "n", (int64_t)asked_out->n);
    turn_ask(turn,
             (struct question){ .template_name = "decision/who",
                                .values = values,
                                .choices = choices,
                                .completes = opening_with_field(turn, opening, clean, "asked", TURN_SLOT) });
    return false;
}

static void post_card(struct turn *turn, struct item *item, const struct person_list *asked)
{
    static const char *const signs[] = { "👍", "⛔", "🤷", NULL };
    const char **mentions = arena_alloc(turn->arena, (asked->n + 1) * sizeof *mentions);
    size_t n = 0;
    for (size_t i = 0; i < asked->n; i++) {
        item_ask(turn, item, asked->ids[i]);
        if (strcmp(asked->ids[i], turn->event->sender) != 0 && personal_is_at_work(turn, asked->ids[i]) &&
            decision_card_tells(turn, item, asked->ids[i]))
            mentions[n++] = asked->ids[i];
    }
    opening_post_card(turn, item, mentions, signs, GUARD_OPEN);
    /* The others are asked with a date of their own, when their day begins; who types it need not be called to it. */
    for (size_t i = 0; i < n; i++)
        item_note_asked_by(turn, item, mentions[i], item->card);
    item_note_asked_by(turn, item, turn->event->sender, item->card);
}

static enum outcome decide(struct turn *turn, const struct request *request)
{
    if (turn->room.dm_person) {
        turn_answer(turn, "decision/room-only", values_new());
        return OUTCOME_DONE;
    }
    if (decision_is_participle(turn, request->name))
        return decision_ask_whether_decided(turn, request->rest);
    struct opening opening = opening_read(turn, &command_decide, &decision_form, request->rest);
    struct person_list asked;
    opening.owner = turn->event->sender;
    if (!text_has_words(opening.subject))
        return OUTCOME_USAGE;
    if (!opening_has_owner(turn, &opening, request->rest) ||
        !read_asked(turn, &opening, request->rest, &asked) || !opening_has_date(turn, &opening))
        return OUTCOME_DONE;
    struct item *item = opening_create(turn, &opening, &habit_decision, DECISION_OPEN);
    if (!item)
        return OUTCOME_WAITS;
    opening_keep_fields(turn, item, &opening, "asked");
    post_card(turn, item, &asked);
    opening_ask_missing(turn, item, GUARD_OPEN);
    decision_ask(turn, item);
    decision_set_timers(turn, item);
    return OUTCOME_DONE;
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
    struct opening opening = opening_read(turn, &command_decide, &decision_form, body);
    int64_t subject = item_field(turn, item, "subject"), proposal = item_field(turn, item, "proposal");
    const char *new_proposal = form_value(&opening.values, "proposal");
    const char *old_subject = text_get(turn, subject),
               *old_proposal = proposal ? text_get(turn, proposal) : NULL;
    bool is_real = (*opening.subject && old_subject && strcmp(old_subject, opening.subject) != 0) ||
                   (new_proposal && (!old_proposal || strcmp(old_proposal, new_proposal) != 0));
    opening_change_texts(turn, item, &opening, "asked");
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
