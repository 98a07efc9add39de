/* The round as it is seen: its card, short enough to be read at a glance, and its page. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/absence.h"
#include "engine/link.h"
#include "engine/personal.h"

/* method.md 2: under two minutes to read, at 200 words a minute. */
enum { LABEL_SHOWN = 40 };
enum { WORDS_A_MINUTE = 200, STEP_S = 10, LONG_S = 90, BUDGET_S = 120 };

struct json_object *round_basics(struct turn *turn, const struct item *round)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct json_object *values = values_new();
    json_set_str(values, "id", round->name);
    json_set_str(values, "prefix", turn_prefix(turn));
    json_set_bool(values, kept.kind, true);
    json_set_bool(values, "named", kept.title != 0);
    json_set(values, "title", values_text(kept.title, 0));
    json_set(values, "day", round_day_value(turn, round_day(turn, round)));
    return values;
}

/* --- What one person answered --- */

/* Goals are a few lines; of anything else the card shows the first. */
static bool is_of_lines(const struct form *form, int place)
{
    return place == form_place(form, "goals");
}

static struct json_object *field_row(struct turn *turn, const struct routine *kept, int place, int64_t text,
                                     int max)
{
    const struct form *form = routine_form(kept);
    struct json_object *row = values_new();
    const char *content = text_get(turn, text);
    for (int i = 0; form->fields[i].name; i++)
        json_set_bool(row, form->fields[i].name, i == place);
    bool is_own = form_is_own(form);
    json_set_bool(row, "own", is_own);
    if (is_own)
        json_set(row, "label", values_text(kept->questions[place].text, LABEL_SHOWN));
    bool is_whole = max == 0 || is_of_lines(form, place);
    json_set(row, "text", is_whole ? values_text(text, max) : values_sentence(text, max));
    json_set_bool(row, "none", !is_own && content && answer_is_no(turn->arena, content));
    return row;
}

struct json_object *round_answer_rows(struct turn *turn, const struct item *round, const struct form *form,
                                      const char *person, int max)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct json_object *list = json_object_new_array();
    for (int place = 0; form->fields[place].name; place++) {
        int64_t text = round_text(turn, round->id, person, place);
        if (!text)
            continue;
        struct json_object *row = field_row(turn, &kept, place, text, max);
        json_set(row, "task", round_task(turn, round, person, place));
        struct item *made = place == form_place(form, "decisions") ? link_made_by(turn, round, person) : NULL;
        json_set(row, "opened", made ? link_value(turn, made) : NULL);
        json_object_array_add(list, row);
    }
    return list;
}

/* On the card a "no" need not be said; its page has all. */
static struct json_object *shown_rows(struct turn *turn, const struct item *round, const struct form *form,
                                      const char *person, int max)
{
    struct json_object *all = round_answer_rows(turn, round, form, person, max),
                       *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *row = json_object_array_get_idx(all, i);
        if (max == 0 || !json_flag(row, "none", false))
            json_object_array_add(list, json_object_get(row));
    }
    json_object_put(all);
    return list;
}

static int64_t n_words(const char *text)
{
    int64_t n = 0;
    for (bool was_space = true; *text; text++) {
        bool is_space = strchr(" \n\t", *text) != NULL;
        n += was_space && !is_space;
        was_space = is_space;
    }
    return n;
}

/* With the name, and a label to each answer. */
static int64_t words_of(struct turn *turn, const struct item *round, const char *person, int max)
{
    int64_t n = 1;
    struct rows rows = store_rows(turn->store,
                                  "SELECT t.content FROM answer a JOIN text t ON t.id = a.text"
                                  " WHERE a.item = ?1 AND a.person = ?2",
                                  "is", round->id, person);
    while (rows_next(&rows))
        n += 1 +
             n_words(max ? text_shorten(turn->arena, rows_text(&rows, 0), (size_t)max) : rows_text(&rows, 0));
    return n;
}

bool round_is_long(struct turn *turn, const struct item *round, const char *person)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    bool is_long = false;
    struct rows rows = store_rows(turn->store,
                                  "SELECT t.content, a.place FROM answer a JOIN text t ON t.id = a.text"
                                  " WHERE a.item = ?1 AND a.person = ?2",
                                  "is", round->id, person);
    while (rows_next(&rows))
        is_long = is_long || text_chars(rows_text(&rows, 0)) > ROUND_VALUE_MAX ||
                  (!is_of_lines(form, (int)rows_int(&rows, 1)) && strchr(rows_text(&rows, 0), '\n'));
    return is_long;
}

static bool is_after_close(struct turn *turn, const struct item *round, const char *person)
{
    return round->state != ROUND_OPEN && round->deadline_ms &&
           round_answer_ms(turn, round, person) >= round->deadline_ms;
}

static struct json_object *person_row(struct turn *turn, const struct item *round, const struct form *form,
                                      const char *person, int max)
{
    struct json_object *row = values_new();
    json_set(row, "person", values_person(turn, person));
    json_set(row, "rows", shown_rows(turn, round, form, person, max));
    json_set_bool(row, "after", is_after_close(turn, round, person));
    return row;
}

/* --- All of them --- */

struct answered {
    int64_t at_ms;
    const char *person;
};

static int by_time(const void *a, const void *b)
{
    const struct answered *left = a, *right = b;
    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? -1 : 1;
    return strcmp(left->person, right->person);
}

/* In the order in which they answered. */
static struct answered *in_order(struct turn *turn, const struct item *round, const struct stand_list *stands)
{
    struct answered *list = arena_alloc(turn->arena, (stands->n + 1) * sizeof *list);
    size_t n = 0;
    for (size_t i = 0; i < stands->n; i++)
        if (stands->rows[i].standing == STANDING_ANSWERED)
            list[n++] = (struct answered){ round_answer_ms(turn, round, stands->rows[i].asked->person),
                                           stands->rows[i].asked->person };
    qsort(list, n, sizeof *list, by_time);
    return list;
}

/* How much is shown: of so many people, so many characters of each answer; 0: all of it. */
struct view {
    size_t people;
    int chars;
};

static int64_t read_s(struct turn *turn, const struct item *round, const struct answered *order, size_t n,
                      int chars)
{
    int64_t words = 0;
    for (size_t i = 0; i < n; i++)
        words += words_of(turn, round, order[i].person, chars);
    return (words * 60 / WORDS_A_MINUTE + STEP_S - 1) / STEP_S * STEP_S;
}

/* Who answered that question, and what; NULL: nobody did. The section is called as their answers call it. */
static struct json_object *people_of_section(const char *name, struct json_object *answers,
                                             struct json_object *section)
{
    struct json_object *people = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(answers); i++) {
        struct json_object *answer = json_object_array_get_idx(answers, i), *rows = json_arr(answer, "rows");
        for (size_t j = 0; j < json_object_array_length(rows); j++) {
            struct json_object *row = json_object_array_get_idx(rows, j);
            if (!json_flag(row, name, false))
                continue;
            json_set(section, "own", json_object_get(json_find(row, "own")));
            json_set(section, "label", json_object_get(json_find(row, "label")));
            struct json_object *entry = values_new();
            json_set(entry, "person", json_object_get(json_find(answer, "person")));
            json_set(entry, "text", json_object_get(json_find(row, "text")));
            json_set(entry, "task", json_object_get(json_find(row, "task")));
            json_set(entry, "opened", json_object_get(json_find(row, "opened")));
            json_object_array_add(people, entry);
        }
    }
    if (json_object_array_length(people))
        return people;
    json_object_put(people);
    return NULL;
}

/* The same answers, question by question. */
static struct json_object *by_section(const struct form *form, struct json_object *answers)
{
    struct json_object *sections = json_object_new_array();
    for (int place = 0; form->fields[place].name; place++) {
        const char *name = form->fields[place].name;
        struct json_object *section = values_new(), *people = people_of_section(name, answers, section);
        if (!people) {
            json_object_put(section);
            continue;
        }
        json_set_bool(section, name, true);
        json_set(section, "people", people);
        json_object_array_add(sections, section);
    }
    return sections;
}

static void add_answers(struct turn *turn, struct json_object *values, const struct item *round,
                        const struct stand_list *stands, struct view view)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    struct answered *order = in_order(turn, round, stands);
    struct json_object *list = json_object_new_array();
    size_t n = stands->n_answered < view.people ? stands->n_answered : view.people;
    int64_t seconds = read_s(turn, round, order, n, view.chars);
    if (view.chars && seconds > BUDGET_S) {
        view.chars = ROUND_VALUE_MIN;
        seconds = read_s(turn, round, order, n, view.chars);
    }
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, person_row(turn, round, form, order[i].person, view.chars));
    if (kept.is_by_section && view.chars)
        json_set(values, "sections", by_section(form, list));
    json_set(values, "answers", list);
    json_set_bool(values, "by_section", kept.is_by_section && view.chars);
    json_set_int(values, "more", (int64_t)(stands->n_answered - n));
    json_set_int(values, "seconds", seconds < LONG_S ? seconds : 0);
    json_set_int(values, "minutes", seconds < LONG_S ? 0 : (seconds + 30) / 60);
}

/* Still to come, each from when their day begins if it has not. */
static struct json_object *to_come(struct turn *turn, const struct item *round,
                                   const struct stand_list *stands)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < stands->n; i++) {
        const struct asked *asked = stands->rows[i].asked;
        if (stands->rows[i].standing != STANDING_TO_COME)
            continue;
        struct json_object *row = values_person(turn, asked->person);
        int64_t at_ms = asked->asked_ms ? 0 : round_ask_ms(turn, round, &kept, asked->person);
        bool is_later = round->state == ROUND_OPEN && at_ms > turn->now_ms && at_ms != ABSENCE_FOR_GOOD;
        json_set(row, "from", is_later ? round_time_value(turn, at_ms) : NULL);
        json_object_array_add(list, row);
    }
    return list;
}

static struct json_object *people_standing(struct turn *turn, const struct stand_list *stands,
                                           enum standing standing)
{
    const char **people = arena_alloc(turn->arena, (stands->n + 1) * sizeof *people);
    size_t n = 0;
    for (size_t i = 0; i < stands->n; i++)
        if (stands->rows[i].standing == standing)
            people[n++] = stands->rows[i].asked->person;
    return n ? values_people(turn, people, n) : NULL;
}

/* Those of the routine who do not work on its day. */
static struct json_object *not_of_it(struct turn *turn, const struct item *round,
                                     const struct stand_list *stands)
{
    struct routine kept = routine_of(turn, round_routine(turn, round));
    struct person_list people = routine_people(turn, &kept);
    size_t n = 0;
    for (size_t i = 0; i < people.n; i++)
        if (!item_is_asked(turn, round, people.ids[i]) &&
            routine_begins_ms(turn, &kept, people.ids[i], round_day(turn, round)) == ABSENCE_FOR_GOOD)
            people.ids[n++] = people.ids[i];
    for (size_t i = 0; i < stands->n; i++)
        if (stands->rows[i].standing == STANDING_AWAY && n < people.n)
            people.ids[n++] = stands->rows[i].asked->person;
    return n ? values_people(turn, people.ids, n) : NULL;
}

static struct json_object *values_of(struct turn *turn, struct item *round, struct view view)
{
    struct stand_list stands = round_standings(turn, round);
    struct json_object *values = round_basics(turn, round);
    json_set_bool(values, round->habit->state_names[round->state], true);
    json_set_int(values, "answered", (int64_t)stands.n_answered);
    json_set_int(values, "all", (int64_t)(stands.n_answered + stands.n_to_come));
    add_answers(turn, values, round, &stands, view);
    struct routine kept = routine_of(turn, round_routine(turn, round));
    const struct form *form = routine_form(&kept);
    json_set(values, "still", round_still_blocked(turn, round));
    json_set(values, "risks", form_place(form, "risks") < 0 ? NULL : round_standing_risks(turn, round, form));
    json_set(values, "to_come", to_come(turn, round, &stands));
    json_set(values, "skipped", people_standing(turn, &stands, STANDING_SKIPPED));
    json_set(values, "away",
             round->state == ROUND_OPEN ? not_of_it(turn, round, &stands)
                                        : people_standing(turn, &stands, STANDING_AWAY));
    json_set(values, "deadline", round_time_value(turn, round->deadline_ms));
    return values;
}

struct json_object *round_card(struct turn *turn, struct item *item, const char **template_out)
{
    *template_out = "round/card";
    round_speak(turn, item);
    return round_card_values(turn, item);
}

struct json_object *round_card_values(struct turn *turn, struct item *round)
{
    return values_of(turn, round, (struct view){ ROUND_SHOWN, ROUND_VALUE_MAX });
}

struct json_object *round_record(struct turn *turn, struct item *item)
{
    return values_of(turn, item, (struct view){ SIZE_MAX, 0 });
}
