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

const struct form *routine_form(const struct routine *routine)
{
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
