/* The round of a routine with questions of its own: what is an answer to each, and which is to be asked next. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/people.h"

/* --- What is an answer --- */

static bool is_yes_or_no(struct arena *arena, const char *folded)
{
    static const char *const words[] = { "yes", "no", "oui", "non", "y", "n", NULL };
    return text_is_one_of(arena_strndup(arena, folded, strcspn(folded, " ,.;:!")), words);
}

/* "3", "2,5 h", "-1". */
static bool is_number(const char *folded)
{
    const char *at = folded + strspn(folded, "+-");
    size_t n = strspn(at, "0123456789.,");
    return at - folded <= 1 && isdigit((unsigned char)at[0]) && (!at[n] || at[n] == ' ' || at[n] == '%');
}

/* One of "good/fair/bad", or what begins with it. */
static bool is_choice(struct arena *arena, const char *folded, const char *choices)
{
    for (const char *at = text_fold(arena, choices); *at;) {
        size_t len = strcspn(at, "/,|");
        const char *choice = text_trim(arena, arena_strndup(arena, at, len));
        size_t n = strlen(choice);
        if (n && text_starts_with(folded, choice) && !isalnum((unsigned char)folded[n]))
            return true;
        at += len + (at[len] != '\0');
    }
    return false;
}

static bool is_person(struct turn *turn, const char *value)
{
    static const char *const me[] = { "me", "moi", NULL };
    struct people_read read = people_read(turn, value, NULL);
    return text_is_one_of(text_fold(turn->arena, value), me) || (!read.culprit && read.people.n > 0);
}

static bool is_date(struct turn *turn, const char *value)
{
    return turn_read_day(turn, value).result == WHEN_AT || turn_read_when(turn, value).result == WHEN_AT;
}

static bool fits(struct turn *turn, const struct own_question *question, const char *value)
{
    const char *folded = text_fold(turn->arena, value);
    const char *choices = question->choices ? text_get(turn, question->choices) : NULL;
    switch (question->kind) {
    case QUESTION_YES_NO:
        return is_yes_or_no(turn->arena, folded);
    case QUESTION_NUMBER:
        return is_number(folded);
    case QUESTION_PERSON:
        return is_person(turn, value);
    case QUESTION_DATE:
        return is_date(turn, value);
    case QUESTION_CHOICE:
        return !choices || is_choice(turn->arena, folded, choices);
    case QUESTION_TEXT:
    case QUESTION_KINDS:
        break;
    }
    return true;
}

unsigned own_refuse(struct turn *turn, const struct routine *kept, struct answer *answer)
{
    unsigned refused = 0;
    for (size_t i = 0; i < kept->n_questions; i++)
        if (answer->values[i] && !answer->is_same[i] && !fits(turn, &kept->questions[i], answer->values[i])) {
            answer->values[i] = NULL;
            refused |= 1U << i;
        }
    return refused;
}

bool own_is_certain(struct turn *turn, const struct routine *kept, const struct answer *answer)
{
    for (size_t i = 0; i < kept->n_questions; i++)
        if (answer->values[i] && kept->questions[i].kind != QUESTION_TEXT &&
            fits(turn, &kept->questions[i], answer->values[i]))
            return true;
    return false;
}

struct json_object *own_refused_value(const struct routine *kept, unsigned refused)
{
    struct json_object *all = routine_questions_value(kept), *list = json_object_new_array();
    for (size_t i = 0; i < kept->n_questions; i++)
        if (refused & (1U << i))
            json_object_array_add(list, json_object_get(json_object_array_get_idx(all, i)));
    json_object_put(all);
    return list;
}

/* --- One after the other --- */

int own_next_place(struct turn *turn, const struct item *round, const struct routine *kept)
{
    for (size_t i = 0; i < kept->n_questions; i++)
        if (!round_text(turn, round->id, turn->event->sender, (int)i))
            return (int)i;
    return -1;
}

/* --- By a tap --- */

/* The n-th of "good/fair/bad", as it was written; NULL: there is none. */
static const char *choice_at(struct turn *turn, const struct routine *kept, size_t n)
{
    static const char *const yes_no[LANGS][2] = { { "yes", "no" }, { "oui", "non" } };
    const struct own_question *question = &kept->questions[0];
    const char *at = question->choices ? text_get(turn, question->choices) : NULL;
    if (question->kind == QUESTION_YES_NO)
        return n < 2 ? yes_no[lang_index(turn->lang)][n] : NULL;
    while (at && *at) {
        size_t len = strcspn(at, "/,|");
        const char *choice = text_trim(turn->arena, arena_strndup(turn->arena, at, len));
        if (*choice && n-- == 0)
            return choice;
        at += len + (at[len] != '\0');
    }
    return NULL;
}

size_t own_n_taps(struct turn *turn, const struct routine *kept)
{
    size_t n = 0;
    bool is_tapped = kept->n_questions == 1 && (kept->questions[0].kind == QUESTION_CHOICE ||
                                                kept->questions[0].kind == QUESTION_YES_NO);
    while (is_tapped && n < TAPS_MAX && choice_at(turn, kept, n))
        n++;
    return n;
}

/* The words are looked up when they are tapped: nobody's are kept in a question. */
void own_ask_taps(struct turn *turn, const struct item *round, const struct routine *kept, const char *person,
                  int64_t row)
{
    const char *choices[TAPS_MAX + 1] = { NULL };
    size_t n = own_n_taps(turn, kept);
    for (size_t i = 0; i < n; i++)
        choices[i] = arena_printf(turn->arena, "%s%s tap %s %zu", turn_prefix(turn),
                                  command_shown_name(command_standup.names, turn->lang), round->name, i + 1);
    if (n)
        turn_ask(turn,
                 (struct question){ .choices = choices, .item = round->id, .person = person, .row = row });
}

enum outcome round_tap(struct turn *turn, struct item *round, const char *text)
{
    char *end;
    const char *person = turn->event->sender;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    size_t n = strtoul(text, &end, 10) - 1;
    int64_t row = store_int(turn->store, 0, "SELECT row FROM asked WHERE item = ?1 AND person = ?2", "is",
                            round->id, person);
    turn_enter_room(turn, round->room);
    round_speak(turn, round);
    if (n >= own_n_taps(turn, &kept) || *text_skip_space(end))
        return OUTCOME_USAGE;
    if (lifecycle_is_open(round))
        round_answer_one(turn, round, 0, choice_at(turn, &kept, n));
    /* Another tap is another answer: the question stays open, as what first asked it. */
    store_run(turn->store,
              "UPDATE question SET is_open = 1 WHERE id ="
              " (SELECT max(id) FROM question WHERE person = ?1 AND row = ?2)",
              "si", person, row);
    return OUTCOME_DONE;
}

enum outcome round_add(struct turn *turn, struct item *round, const char *text)
{
    char *end;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    size_t place = strtoul(text, &end, 10) - 1;
    const char *value = text_skip_space(end);
    if (place >= form_n_fields(form) || !*value)
        return OUTCOME_USAGE;
    if (!lifecycle_is_open(round)) {
        round_say_noted(turn, round);
        return OUTCOME_DONE;
    }
    /* Who labels it all the same answers what that says; small talk is none. */
    struct answer answer = answer_read(turn->arena, form, value);
    if (!answer.is_marked && answer.kind == ANSWER_GIVEN)
        round_answer_one(turn, round, (int)place, value);
    else if (answer.kind == ANSWER_NONE)
        round_say_noted(turn, round);
    else
        round_answer_read(turn, round, &kept, &answer);
    return OUTCOME_DONE;
}
