#include "engine/people.h"

#include <string.h>

#include "base/text.h"

enum { PEOPLE_CHOICES_MAX = 8 };

struct person_list people_of_room(struct turn *turn, const char *left_out)
{
    struct person_list all = room_joined(turn->store, turn->room.id, turn->arena, PEOPLE_LISTED_MAX);
    int64_t need = room_level_to_send(turn->store, turn->room.id, "m.room.message", false);
    size_t kept = 0;
    for (size_t i = 0; i < all.n; i++) {
        const char *person = all.ids[i];
        if ((!left_out || strcmp(person, left_out) != 0) && !turn_is_bot(turn, person) &&
            room_level(turn->store, turn->room.id, person) >= need)
            all.ids[kept++] = person;
    }
    all.n = kept;
    return all;
}

static bool is_everyone(struct turn *turn, const char *text)
{
    static const char *const words[] = { "everyone", "everybody", "all", "tous", "toutes", "tout le monde" };
    const char *folded = text_fold(turn->arena, text);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(folded, words[i]) == 0)
            return true;
    return false;
}

/* The length of a separator at text: a comma, a line's end, "and", "et"; 0 if none stands there. */
static size_t separator_length(const char *text)
{
    static const char *const words[] = { ",", ";", "\n", " and ", " et ", " & " };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_starts_with(text, words[i]))
            return strlen(words[i]);
    return 0;
}

static bool add_name(struct turn *turn, const char *name, struct people_read *read)
{
    struct person_list found = room_find_person(turn->store, turn->room.id, name, turn->arena);
    /* A full id is one person, whoever else has it as a display name. */
    if (room_has_joined(turn->store, turn->room.id, name)) {
        found.ids[0] = name;
        found.n = 1;
    }
    if (found.n != 1) {
        read->culprit = name;
        read->candidates = found;
        return false;
    }
    if (!person_list_has(&read->people, found.ids[0]) && read->people.n < PEOPLE_LISTED_MAX)
        read->people.ids[read->people.n++] = found.ids[0];
    return true;
}

struct people_read people_read(struct turn *turn, const char *text, const char *left_out)
{
    struct people_read read = { .people.ids = arena_alloc(turn->arena, PEOPLE_LISTED_MAX * sizeof(char *)) };
    if (is_everyone(turn, text)) {
        read.people = people_of_room(turn, left_out);
        return read;
    }
    const char *start = text;
    for (const char *c = text;; c++) {
        size_t separator = separator_length(c);
        if (*c && !separator)
            continue;
        const char *name = text_trim(turn->arena, arena_strndup(turn->arena, start, (size_t)(c - start)));
        if (*name && !add_name(turn, name, &read)) {
            read.culprit_at = (size_t)(text_skip_space(start) - text);
            return read;
        }
        if (!*c)
            return read;
        c += separator - 1;
        start = c + 1;
    }
}

static struct json_object *unread_values(struct turn *turn, const char *name, struct person_list candidates)
{
    struct json_object *values = values_new(), *list = json_object_new_array();
    for (size_t i = 0; i < candidates.n; i++) {
        struct json_object *row = json_object_new_object();
        json_set_str(row, "id", candidates.ids[i]);
        json_object_array_add(list, row);
    }
    json_set_str(values, "name", text_shorten(turn->arena, text_clean(turn->arena, name), 60));
    json_set(values, "candidates", list);
    json_set_bool(values, "several", candidates.n > 1);
    return values;
}

void people_answer_unread(struct turn *turn, const struct people_read *read)
{
    turn_answer(turn, "people/which", unread_values(turn, read->culprit, read->candidates));
}

/* The command with this name in the culprit's place. */
static const char *completed(struct turn *turn, const char *command, const char *before, const char *name,
                             const char *after)
{
    return turn_fill_slot(turn, command, arena_printf(turn->arena, "%s%s%s", before, name, after));
}

void people_ask(struct turn *turn, const struct people_read *read, const char *text, const char *command)
{
    const char *choices[PEOPLE_CHOICES_MAX + 1] = { NULL };
    const char *before = turn_without_slots(turn, arena_strndup(turn->arena, text, read->culprit_at));
    const char *after = turn_without_slots(turn, text + read->culprit_at + strlen(read->culprit));
    struct person_list candidates = read->candidates;
    if (candidates.n > PEOPLE_CHOICES_MAX)
        candidates.n = PEOPLE_CHOICES_MAX;
    for (size_t i = 0; candidates.n > 1 && i < candidates.n; i++)
        choices[i] = completed(turn, command, before, candidates.ids[i], after);
    struct json_object *values = unread_values(turn, read->culprit, candidates);
    json_set_bool(values, "ask", true);
    turn_ask(turn, (struct question){ .template_name = "people/which",
                                      .values = values,
                                      .choices = choices,
                                      .completes = completed(turn, command, before, TURN_SLOT, after) });
}

void people_ask_for_one(struct turn *turn, const char *text, const char *command)
{
    struct json_object *values = unread_values(turn, text, (struct person_list){ 0 });
    json_set_bool(values, "ask", true);
    json_set_bool(values, "one", true);
    turn_ask(turn,
             (struct question){ .template_name = "people/which", .values = values, .completes = command });
}

const char *people_take_whose(struct turn *turn, const char **rest)
{
    const char *sender = turn->event->sender;
    if (**rest != '@')
        return sender;
    size_t len = strcspn(*rest, " ");
    const char *word = arena_strndup(turn->arena, *rest, len);
    struct people_read read = people_read(turn, word, NULL);
    *rest = text_skip_space(*rest + len);
    if (read.culprit || read.people.n != 1) {
        /* "@bob,@carol": that is nobody's name. */
        read.culprit = read.culprit ? read.culprit : word;
        people_answer_unread(turn, &read);
        return NULL;
    }
    const char *person = read.people.ids[0];
    if (strcmp(person, sender) == 0 || turn_is_admin(turn, sender))
        return person;
    struct json_object *values = values_new();
    json_set(values, "person", values_person(turn, person));
    turn_answer(turn, "people/not-yours", values);
    return NULL;
}
