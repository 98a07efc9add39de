/* The round of a weekly: one to three goals, which come back; risks, which stay until they are gone; what is to be decided. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/link.h"
#include "time/hours.h"
#include "time/zone.h"

/* method.md 1 and 2: 48 h are 16 working hours. */
enum { DECIDE_WITHIN_MS = 16 * HOUR_MS, RISKS_SHOWN = 5 };

/* --- Goals --- */

size_t goals_count(struct arena *arena, const char *text)
{
    size_t n = 0;
    for (const char *part = text; *part;) {
        size_t len = strcspn(part, "\n;+");
        n += text_has_words(arena_strndup(arena, part, len));
        part += len + (part[len] != '\0');
    }
    return n;
}

size_t goals_refuse(struct arena *arena, const struct form *form, struct answer *answer)
{
    int place = form_place(form, "goals");
    const char *goals = place < 0 ? NULL : answer->values[place];
    size_t n = goals ? goals_count(arena, goals) : 0;
    if (n <= GOALS_MAX)
        return 0;
    answer->values[place] = NULL;
    return n;
}

/* --- Risks --- */

struct json_object *round_standing_risks(struct turn *turn, const struct item *round, const struct form *form)
{
    int64_t texts[RISKS_SHOWN];
    const char *people[RISKS_SHOWN];
    size_t n = 0;
    struct json_object *list = json_object_new_array();
    struct rows rows = store_rows(
        turn->store,
        "SELECT a.person, a.text FROM round here JOIN round r ON r.routine = here.routine AND r.day < here.day"
        " JOIN answer a ON a.item = r.item AND a.place = ?2 WHERE here.item = ?1"
        " AND NOT EXISTS (SELECT 1 FROM answer b JOIN round l ON l.item = b.item WHERE b.person = a.person"
        "  AND b.place = ?2 AND l.routine = here.routine AND l.day > r.day AND l.day <= here.day)"
        " ORDER BY r.day, a.person LIMIT ?3",
        "iii", round->id, (int64_t)form_place(form, "risks"), (int64_t)RISKS_SHOWN);
    while (n < RISKS_SHOWN && rows_next(&rows)) {
        people[n] = rows_dup(&rows, 0, turn->arena);
        texts[n++] = rows_int(&rows, 1);
    }
    rows_end(&rows);
    for (size_t i = 0; i < n; i++) {
        const char *content = text_get(turn, texts[i]);
        if (!content || answer_is_no(turn->arena, content))
            continue;
        struct json_object *row = values_new();
        json_set(row, "person", values_person(turn, people[i]));
        json_set(row, "text", values_sentence(texts[i], ROUND_VALUE_MIN));
        json_object_array_add(list, row);
    }
    return list;
}

/* --- What is to be decided --- */

static const char *decision_of(struct turn *turn, const struct item *round, const struct form *form)
{
    int place = form_place(form, "decisions");
    int64_t text = place < 0 ? 0 : round_text(turn, round->id, turn->event->sender, place);
    const char *content = text ? text_get(turn, text) : NULL;
    return content && !answer_is_no(turn->arena, content) ? content : NULL;
}

bool round_offers_decision(struct turn *turn, const struct item *round, const struct form *form)
{
    return decision_of(turn, round, form) && !item_has_noted(turn, round, "decision", turn->event->sender);
}

/* Each leads to the other. */
static void link_decision(struct turn *turn, struct item *round, int64_t opened)
{
    struct item *decision = item_get(turn, opened);
    link_add(turn, round, decision);
    item_show_card(turn, decision);
    round_speak(turn, round);
    item_show_card(turn, round);
    round_show_report(turn, round);
    turn_enter_room(turn, round->room);
}

enum outcome round_decide(struct turn *turn, struct item *round, const struct form *form)
{
    const char *text = decision_of(turn, round, form);
    if (!text || !round_offers_decision(turn, round, form))
        return OUTCOME_USAGE;
    turn_enter_room(turn, round->room);
    struct civil c =
        zone_local(turn->typed.zone, hours_add(turn->hours, turn->zone, turn->now_ms, DECIDE_WITHIN_MS))
            .civil;
    enum outcome outcome = command_decide.run(
        turn, &(struct request){ .name = "decide",
                                 .rest = arena_printf(turn->arena, "%s\ndeadline: %04d-%02d-%02d %02d:%02d",
                                                      text, c.year, c.month, c.day, c.hour, c.minute) });
    if (turn->opened) {
        item_note(turn, round, "decision", turn->event->sender, 0);
        link_decision(turn, round, turn->opened);
    }
    return outcome;
}
