/* The round as rows for other programs: what each person answered to which question, and when. */
#include <string.h>

#include "commands/standup_private.h"
#include "time/zone.h"

static const char *day_text(struct turn *turn, const struct item *round)
{
    struct civil c = civil_from_day(round_day(turn, round));
    return arena_printf(turn->arena, "%04d-%02d-%02d", c.year, c.month, c.day);
}

static const char *time_text(struct turn *turn, int64_t at_ms)
{
    struct civil c = zone_local("UTC", at_ms).civil;
    return arena_printf(turn->arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
                        c.minute, c.second);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void add_answers(struct turn *turn, const struct item *round, const struct routine *kept,
                        const char *person, struct json_object *rows)
{
    const struct form *form = routine_form(kept);
    const char *title = kept->title ? text_get(turn, kept->title) : NULL;
    for (int place = 0; form->fields[place].name; place++) {
        int64_t text = round_text(turn, round->id, person, place);
        if (!text)
            continue;
        struct json_object *row = json_object_new_object();
        json_set_str(row, "routine", title ? title : kept->kind);
        json_set_str(row, "round", round->name);
        json_set_str(row, "day", day_text(turn, round));
        json_set_str(row, "person", person);
        json_set_str(row, "question", or_empty(form->fields[place].labels[LANG_EN][0]));
        json_set_str(row, "answer", or_empty(text_get(turn, text)));
        json_set_str(row, "at", time_text(turn, round_answer_ms(turn, round, person)));
        json_object_array_add(rows, row);
    }
}

void round_export_rows(struct turn *turn, struct item *round, const char *since, struct json_object *rows)
{
    if (strcmp(day_text(turn, round), since) < 0)
        return;
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct asked_list asked = item_asked(turn, round);
    for (size_t i = 0; i < asked.n; i++)
        add_answers(turn, round, &kept, asked.people[i].person, rows);
}
