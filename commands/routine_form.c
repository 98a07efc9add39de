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

const struct form *routine_form(const struct routine *routine)
{
    (void)routine;
    return &daily;
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
