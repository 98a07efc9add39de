/* The questions of a routine (method.md 1). */
#include <string.h>

#include "commands/standup_private.h"

static const struct form_field daily_fields[] = {
    { .name = "done",
      .labels = { { "done", "done yesterday", "yesterday", "finished" },
                  { "fait", "fait hier", "hier", "terminé" } } },
    { .name = "today",
      .labels = { { "today", "today's priority", "priority", "priority today" },
                  { "aujourd'hui", "priorité aujourd'hui", "priorité", "priorité du jour" } } },
    { .name = "blocker",
      .labels = { { "blocked", "blocker", "blockers", "blocking" },
                  { "blocage", "bloqué", "bloquée", "blocages" } } },
    { .name = "help",
      .labels = { { "help", "help needed", "need help" }, { "aide", "besoin d'aide", "besoin" } } },
    { .name = NULL },
};
static const struct form daily = { daily_fields };

static const struct form_field weekly_fields[] = {
    { .name = "progress", .labels = { { "progress" }, { "avancement", "avancées" } } },
    { .name = "goals",
      .labels = { { "goals", "goal", "goals this week" },
                  { "objectifs", "objectif", "objectifs semaine", "objectifs de la semaine" } } },
    { .name = "risks", .labels = { { "risks", "risk" }, { "risques", "risque" } } },
    { .name = "decisions",
      .labels = { { "decisions", "decision", "to decide" }, { "décisions", "décision", "à décider" } } },
    { .name = "help",
      .labels = { { "help", "help needed", "need help" }, { "aide", "besoin d'aide", "besoin" } } },
    { .name = "last",
      .labels = { { "last goals", "goals last week", "last week" },
                  { "objectifs passés", "semaine passée", "semaine dernière" } } },
    { .name = NULL },
};
static const struct form weekly = { weekly_fields };

/* --- Of its own --- */

static const char *const own_names[QUESTIONS_MAX] = { "q1", "q2", "q3", "q4", "q5",
                                                      "q6", "q7", "q8", "q9", "q10" };
static const char *const kind_names[QUESTION_KINDS] = {
    [QUESTION_TEXT] = "text",     [QUESTION_YES_NO] = "yes_no", [QUESTION_NUMBER] = "number",
    [QUESTION_PERSON] = "person", [QUESTION_DATE] = "date",     [QUESTION_CHOICE] = "choice",
};

/* In templates, where "person" means somebody. */
static const char *const kind_flags[QUESTION_KINDS] = {
    [QUESTION_TEXT] = "is_text",     [QUESTION_YES_NO] = "is_yes_no", [QUESTION_NUMBER] = "is_number",
    [QUESTION_PERSON] = "is_person", [QUESTION_DATE] = "is_date",     [QUESTION_CHOICE] = "is_choice",
};

bool form_is_own(const struct form *form)
{
    return form->fields[0].name == own_names[0];
}

/* "q1 number" is where the number of question 1 stands: its kind needs no column. */
static const char *field_of(struct turn *turn, size_t place, const char *what)
{
    return arena_printf(turn->arena, "%s %s", own_names[place], what);
}

void routine_keep_questions(struct turn *turn, struct item *item, const struct routine *routine)
{
    for (size_t i = 0; i < routine->n_questions; i++) {
        const struct own_question *question = &routine->questions[i];
        item_set_field(turn, item, field_of(turn, i, kind_names[question->kind]), question->text);
        if (question->choices)
            item_set_field(turn, item, field_of(turn, i, "choices"), question->choices);
    }
    if (routine->title)
        item_set_field(turn, item, "subject", routine->title);
}

/* The labels by which its answers are known are the questions themselves. */
static const struct form *own_form(struct turn *turn, const struct routine *routine)
{
    struct form_field *fields = arena_alloc(turn->arena, (routine->n_questions + 1) * sizeof *fields);
    struct form *form = arena_alloc(turn->arena, sizeof *form);
    for (size_t i = 0; i < routine->n_questions; i++) {
        const char *label = text_get(turn, routine->questions[i].text);
        fields[i] = (struct form_field){ .name = own_names[i], .labels = { { label }, { label } } };
    }
    fields[routine->n_questions] = (struct form_field){ .name = NULL };
    form->fields = fields;
    return form;
}

void routine_load_questions(struct turn *turn, const struct item *item, struct routine *routine)
{
    routine->title = item_field(turn, item, "subject");
    if (strcmp(routine->kind, "custom") != 0)
        return;
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        struct own_question *question = &routine->questions[i];
        for (int kind = 0; kind < QUESTION_KINDS && !question->text; kind++) {
            question->text = item_field(turn, item, field_of(turn, i, kind_names[kind]));
            question->kind = (enum question_kind)kind;
        }
        if (!question->text)
            break;
        question->choices = item_field(turn, item, field_of(turn, i, "choices"));
        routine->n_questions = i + 1;
    }
    routine->form = own_form(turn, routine);
}

struct json_object *routine_questions_value(const struct routine *routine)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < routine->n_questions; i++) {
        const struct own_question *question = &routine->questions[i];
        struct json_object *row = values_new();
        json_set(row, "text", values_text(question->text, 0));
        json_set(row, "choices", values_text(question->choices, 0));
        json_set_bool(row, kind_flags[question->kind], true);
        json_object_array_add(list, row);
    }
    return list;
}

const struct form *routine_form(const struct routine *routine)
{
    if (routine->form)
        return routine->form;
    return strcmp(routine->kind, "weekly") == 0 ? &weekly : &daily;
}

int form_plan_place(const struct form *form)
{
    int today = form_place(form, "today");
    return today < 0 ? form_place(form, "goals") : today;
}

size_t form_n_fields(const struct form *form)
{
    size_t n = 0;
    while (form->fields[n].name)
        n++;
    return n;
}

int form_place(const struct form *form, const char *name)
{
    for (int i = 0; form->fields[i].name; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return i;
    return -1;
}
