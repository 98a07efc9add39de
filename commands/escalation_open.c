/* !urgent - calls somebody until somebody has it: one line, or a whole form; only in a room of kind urgent. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "commands/escalation.h"
#include "engine/absence.h"
#include "engine/oncall.h"
#include "engine/opening.h"
#include "engine/people.h"
#include "engine/place.h"
#include "time/zone.h"

enum { ACTIONS_MAX = 4 };

static const struct form_field fields[] = {
    { .name = "subject", .labels = { { "impact", "subject" }, { "impact", "conséquence", "objet" } } },
    { .name = "action",
      .labels = { { "action", "expected action", "to do" }, { "action", "action attendue", "à faire" } } },
    { .name = "deadline",
      .labels = { { "deadline", "due", "before", "by" }, { "échéance", "avant", "délai", "date limite" } } },
    { .name = "owner", .labels = { { "owner" }, { "responsable" } } },
    { .name = "criterion", .labels = { { "reason", "criterion" }, { "motif", "critère" } } },
    { .name = "another", .labels = { { "other than" }, { "autre que" } } },
    { .name = "room", .labels = { { "room" }, { "salon" } } },
    { .name = "context", .labels = { { "context" }, { "contexte" } } },
    { .name = "links", .labels = { { "links", "link" }, { "liens", "lien" } } },
    { .name = "kept", .labels = { { "tracked in", "tracked" }, { "suivie dans", "suivi dans", "suivi" } } },
    { .name = NULL },
};
const struct form escalation_form = { fields };

/* Words that show which criterion is meant, folded. */
static const char *const criterion_words[][12] = {
    { "impact", "customer", "client", "incident", "blocked", "delivery", "bloque", "livraison", NULL },
    { "4 h", "4h", "window", "hour", "decide", "heure", "decider", NULL },
    { "risk", "legal", "financial", "money", "risque", "juridique", "financier", NULL },
};

int escalation_read_criterion(struct turn *turn, const char *text)
{
    int n = (int)(sizeof criterion_words / sizeof criterion_words[0]), choice = act_choice(turn->arena, text);
    const char *folded = text_fold(turn->arena, text);
    if (choice >= 1 && choice <= n)
        return choice;
    for (int i = 0; i < n; i++)
        for (size_t j = 0; criterion_words[i][j]; j++)
            if (strstr(folded, criterion_words[i][j]))
                return i + 1;
    return 0;
}

/* --- What is missing is asked for --- */

static void ask_field(struct turn *turn, const struct opening *opening, const char *field,
                      const char *template_name, struct json_object *values, const char *const *choices)
{
    const char *body = opening_body(turn, opening, field);
    const char *runs[ACTIONS_MAX + 1] = { NULL };
    for (size_t i = 0; choices && choices[i] && i < ACTIONS_MAX; i++)
        runs[i] = opening_with_field(turn, opening, body, field, choices[i]);
    turn_ask(turn,
             (struct question){ .template_name = template_name,
                                .values = values,
                                .choices = runs,
                                .completes = opening_with_field(turn, opening, body, field, TURN_SLOT) });
}

static void add_value(struct opening *opening, const char *name, const char *value)
{
    struct form_values *values = &opening->values;
    size_t i = 0;
    while (i < values->n && strcmp(values->names[i], name) != 0)
        i++;
    if (i == FORM_FIELDS_MAX)
        return;
    values->names[i] = name;
    values->values[i] = value;
    if (i == values->n)
        values->n++;
}

/* What a question runs again has the date as a field, and not in words that mean another hour by then. */
static void keep_date(struct turn *turn, struct opening *opening)
{
    const struct when *when = &opening->when;
    if (when->result == WHEN_NONE || !when->phrase || form_value(&opening->values, "deadline"))
        return;
    const char *value = when->phrase;
    if (when->result == WHEN_AT)
        value = turn_typed_instant(turn, when->at_ms);
    add_value(opening, "deadline", value);
}

/* "Payments refused, go back to 4.1": the impact, then what is to be done. */
static void split_line(struct turn *turn, struct opening *opening)
{
    const char *subject = opening->subject;
    size_t len = strcspn(subject, ";");
    if (!subject[len])
        len = strcspn(subject, ",");
    const char *action = subject[len] ? text_trim(turn->arena, subject + len + 1) : "";
    opening->subject = text_trim(turn->arena, arena_strndup(turn->arena, subject, len));
    if (text_has_words(action))
        add_value(opening, "action", action);
}

size_t escalation_part_length(const char *text, const char *ends)
{
    size_t len = strcspn(text, ends);
    while (text[len] == ';' && text[len + 1] && !strchr(" \n", text[len + 1]))
        len += 1 + strcspn(text + len + 1, ends);
    return len;
}

const char *escalation_without_mark(const char *part)
{
    const char *number = part + strspn(part, "0123456789");
    if (number != part && (*number == '.' || *number == ')') && number[1] == ' ')
        return text_skip_space(number + 1);
    return (*part == '-' || *part == '*') && part[1] == ' ' ? text_skip_space(part + 1) : part;
}

/* Each question, each line, each part of a list is an action of its own. Returns how many. */
static size_t split_actions(struct turn *turn, const char *text, const char *parts[ACTIONS_MAX + 1])
{
    size_t n = 0;
    while (*text && n < ACTIONS_MAX) {
        size_t len = escalation_part_length(text, "?\n;");
        const char *part = text_trim(turn->arena, arena_strndup(turn->arena, text, len + (text[len] == '?')));
        if (text_has_words(part))
            parts[n++] = escalation_without_mark(part);
        text += len + (text[len] != '\0');
    }
    parts[n] = NULL;
    return n;
}

static bool has_action(struct turn *turn, struct opening *opening)
{
    const char *parts[ACTIONS_MAX + 1] = { NULL };
    const char *action = form_value(&opening->values, "action");
    if (!action)
        split_line(turn, opening);
    action = form_value(&opening->values, "action");
    size_t n = action ? split_actions(turn, action, parts) : 0;
    if (n == 1)
        return true;
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = values_new();
        json_set_str(row, "action", text_shorten(turn->arena, text_clean(turn->arena, parts[i]), 60));
        json_object_array_add(list, row);
    }
    json_set(values, "list", list);
    json_set_bool(values, "several", n > 1);
    ask_field(turn, opening, "action", "escalation/which-action", values, n > 1 ? parts : NULL);
    return false;
}

static const char *first_of_chain(struct turn *turn)
{
    struct person_list chain = oncall_now(turn);
    for (size_t i = 0; i < chain.n; i++)
        if (room_has_joined(turn->store, turn->room.id, chain.ids[i]) &&
            !absence_is_at(turn, chain.ids[i], turn->now_ms) &&
            strcmp(chain.ids[i], turn->event->sender) != 0)
            return chain.ids[i];
    return NULL;
}

/* "owner: rota" names nobody else than no name does. */
static bool has_owner(struct turn *turn, struct opening *opening)
{
    const char *typed = form_value(&opening->values, "owner");
    if (typed && !oncall_is_rota(turn, typed))
        return opening_has_owner(turn, opening, opening_body(turn, opening, "owner"));
    opening->owner = first_of_chain(turn);
    if (opening->owner)
        return true;
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    ask_field(turn, opening, "owner", "escalation/which-owner", values, NULL);
    return false;
}

/* "before 4h" at three in the morning: nobody waits for an answer with the alarm, and the card says how it was read. */
static void take_nearest(struct turn *turn, struct when *when)
{
    if (when->result != WHEN_ASK || when->n_candidates == 0 || when->candidates[0] <= turn->now_ms ||
        when->candidates[0] - turn->now_ms > ESCALATION_WINDOW_MS)
        return;
    when->result = WHEN_AT;
    when->at_ms = when->candidates[0];
    when->civil = zone_local(turn->typed.zone, when->at_ms).civil;
    (void)snprintf(when->zone, sizeof when->zone, "%s", turn->typed.zone);
}

/* Hours, not working days: of no date, of "asap", of an hour that is over. */
static bool has_deadline(struct turn *turn, struct opening *opening)
{
    static const int64_t offered_h[] = { 1, 2, 4 };
    enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
    struct when *when = &opening->when;
    bool is_to_offer = !turn_is_to_come(turn, when) && when->n_candidates == 0;
    for (size_t i = 0; is_to_offer && i < sizeof offered_h / sizeof offered_h[0]; i++)
        when->candidates[when->n_candidates++] =
            (turn->now_ms + offered_h[i] * HOUR_MS) / MINUTE_MS * MINUTE_MS;
    if (when->result == WHEN_NONE)
        when->result = WHEN_ASK;
    else
        take_nearest(turn, when);
    return opening_has_date(turn, opening);
}

static bool has_criterion(struct turn *turn, struct opening *opening, int *criterion_out)
{
    static const char *const choices[] = { "1", "2", "3", NULL };
    const char *typed = form_value(&opening->values, "criterion");
    *criterion_out = typed ? escalation_read_criterion(turn, typed) : 0;
    if (!typed && opening->when.at_ms - turn->now_ms <= ESCALATION_WINDOW_MS)
        *criterion_out = 2;
    if (*criterion_out)
        return true;
    ask_field(turn, opening, "criterion", "escalation/which-criterion", values_new(), choices);
    return false;
}

/* --- Opening --- */

int64_t escalation_room_of(struct turn *turn, const char *person)
{
    return store_int(turn->store, 0,
                     "SELECT r.id FROM room r JOIN member m ON m.room = r.id AND m.person = ?1"
                     " WHERE r.kind = ?2 AND r.membership = 'join' AND m.membership = 'join'"
                     " ORDER BY r.id LIMIT 1",
                     "ss", person, ESCALATION_ROOM);
}

void escalation_refuse_here(struct turn *turn)
{
    struct json_object *values = values_new();
    struct room room;
    int64_t id = escalation_room_of(turn, turn->event->sender);
    json_set_str(values, "prefix", turn_prefix(turn));
    if (id && room_get(turn->store, id, turn->arena, &room)) {
        struct json_object *there = values_new();
        values_add_room(turn, there, &room);
        json_set(values, "room", there);
    }
    turn_answer(turn, "escalation/elsewhere", values);
}

static void post_card(struct turn *turn, struct item *item, const struct call *call)
{
    static const char *const signs[] = { "🙋", "✅", NULL };
    const char **mentions = arena_alloc(turn->arena, (call->people.n + 1) * sizeof *mentions);
    if (call->people.n)
        memcpy(mentions, call->people.ids, call->people.n * sizeof *mentions);
    opening_post_card(turn, item, mentions, signs, GUARD_OPEN);
}

/* Who reports what they own has it already. */
static void open_as_taken(struct turn *turn, struct item *item)
{
    post_card(turn, item, &(struct call){ .why = "owner" });
    escalation_give_to(turn, item, item->owner);
}

static void open_calling(struct turn *turn, struct item *item)
{
    struct call call = escalation_first_call(turn, item);
    post_card(turn, item, &call);
    call.row = item->card;
    if (call.people.n)
        escalation_note_call(turn, item, &call);
    else
        escalation_ring(turn, item, NULL);
}

/* True, and said so: nobody's telephone is one person's to ring without end (trust.md B.2 row 23). */
static bool has_enough_calling(struct turn *turn)
{
    int64_t n = store_int(turn->store, 0,
                          "SELECT count(*) FROM item WHERE prefix = 'ESC' AND author = ?1 AND state = ?2"
                          " AND closed_ms IS NULL",
                          "si", turn->event->sender, (int64_t)ESCALATION_CALLING);
    if (n < ESCALATION_CALLING_MAX)
        return false;
    struct json_object *values = values_new();
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_int(values, "n", n);
    turn_answer(turn, "escalation/enough", values);
    return true;
}

static bool is_urgent_room(const struct turn *turn)
{
    return turn->room.kind && strcmp(turn->room.kind, ESCALATION_ROOM) == 0;
}

/* Where something is urgent: here, or in the room that it names. False: that was said. */
static bool is_in_place(struct turn *turn, const struct opening *opening)
{
    const char *place = form_value(&opening->values, "room");
    if (place && !place_enter(turn, place))
        return false;
    if (!is_urgent_room(turn))
        escalation_refuse_here(turn);
    return is_urgent_room(turn);
}

static bool asks_for_stats(struct turn *turn, const char *text)
{
    static const char *const words[] = { "stats", "statistics", "statistiques", "chiffres", NULL };
    return is_urgent_room(turn) && text_is_one_of(text_fold(turn->arena, text), words);
}

static enum outcome urgent(struct turn *turn, const struct request *request)
{
    if (asks_for_stats(turn, request->rest)) {
        escalation_answer_stats(turn);
        return OUTCOME_DONE;
    }
    struct escalation escalation = { 0 };
    struct opening opening = opening_read(turn, &command_urgent, &escalation_form, request->rest);
    if (!is_in_place(turn, &opening))
        return OUTCOME_DONE;
    if (!text_has_words(opening.subject))
        return OUTCOME_USAGE;
    keep_date(turn, &opening);
    if (!escalation_is_new(turn, &opening))
        return OUTCOME_DONE;
    turn->asks_again = "escalation/unfinished"; /* nobody is called as long as an answer is missing */
    if (!has_action(turn, &opening) || !has_owner(turn, &opening) || !has_deadline(turn, &opening) ||
        !has_criterion(turn, &opening, &escalation.criterion))
        return OUTCOME_DONE;
    bool is_own = strcmp(opening.owner, turn->event->sender) == 0;
    if (!is_own && has_enough_calling(turn))
        return OUTCOME_DONE;
    struct item *item =
        opening_create(turn, &opening, &habit_escalation, is_own ? ESCALATION_TAKEN : ESCALATION_CALLING);
    if (!item)
        return OUTCOME_WAITS;
    const char *holder = rota_holder(turn, turn->now_ms);
    escalation.is_on_call = holder && strcmp(holder, opening.owner) == 0;
    opening_keep_fields(turn, item, &opening, "criterion");
    escalation_keep(turn, item, &escalation);
    item_set_urgent_timer(turn, item, TIMER_DUE, item->deadline_ms);
    (is_own ? open_as_taken : open_calling)(turn, item);
    escalation_find_work(turn, item);
    return OUTCOME_DONE;
}

const struct command command_urgent = {
    .topic = "urgent",
    .names = { { "urgent", "escalate" }, { "urgence", "escalade", "escalader" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = urgent,
};
