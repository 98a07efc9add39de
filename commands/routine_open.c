/* !standup, !weekly - set up the daily, or the weekly, of a room in one line, show it, and change whom it asks and when. */
#include <string.h>

#include "base/text.h"
#include "commands/standup_private.h"
#include "engine/people.h"

enum { EVERY_DAY = 0x7f, MONDAY = 1, WEEKLY_SPAN_DAYS = 4 };

/* The standard ones: a weekly is of the week's first working day. */
static const struct routine daily = { .kind = "daily", .weekdays = EVERY_DAY, .span_days = 1 };
static const struct routine weekly = { .kind = "weekly", .weekdays = MONDAY, .span_days = WEEKLY_SPAN_DAYS };

static struct item *find_routine(struct turn *turn, const char *kind)
{
    int64_t id = store_int(turn->store, 0,
                           "SELECT id FROM item WHERE room = ?1 AND prefix = ?2 AND closed_ms IS NULL"
                           " AND json_extract(extra, '$.kind') = ?3 ORDER BY id DESC LIMIT 1",
                           "iss", turn->room.id, habit_routine.prefix, kind);
    return id ? item_get(turn, id) : NULL;
}

static void show(struct turn *turn, struct item *item)
{
    const char *template_name;
    struct json_object *values = routine_card(turn, item, &template_name);
    turn->about = item->id;
    turn_answer(turn, template_name, values);
}

/* --- "for bob, carol", "without dan", "at 9:30" --- */

enum part { PART_NONE = -1, PART_WHO, PART_WITHOUT, PART_AT, PARTS };

struct options {
    const char *texts[PARTS]; /* NULL: not said */
};

static enum part part_of(const char *folded)
{
    static const char *const words[PARTS][5] = { [PART_WHO] = { "for", "with", "pour", "avec", NULL },
                                                 [PART_WITHOUT] = { "without", "sans", NULL },
                                                 [PART_AT] = { "at", "a", "des", NULL } };
    for (int part = 0; part < PARTS; part++)
        if (text_is_one_of(folded, words[part]))
            return (enum part)part;
    return PART_NONE;
}

/* False: something stands there that belongs to no part. */
static bool read_options(struct turn *turn, const char *text, struct options *options)
{
    enum part part = PART_NONE;
    *options = (struct options){ .texts = { NULL } };
    while (*text) {
        size_t len = strcspn(text, " \n");
        const char *word = arena_strndup(turn->arena, text, len);
        enum part begun = part_of(text_fold(turn->arena, word));
        text = text_skip_space(text + len);
        if (begun != PART_NONE) {
            part = begun;
            options->texts[part] = "";
        } else if (part == PART_NONE) {
            return false;
        } else {
            const char *before = options->texts[part];
            options->texts[part] = *before ? arena_printf(turn->arena, "%s %s", before, word) : word;
        }
    }
    for (int i = 0; i < PARTS; i++)
        if (options->texts[i] && !*options->texts[i])
            return false;
    return true;
}

static bool is_everybody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "everyone", "everybody",     "all", "tous",
                                         "toutes",   "tout le monde", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

static bool is_nobody(struct turn *turn, const char *text)
{
    static const char *const words[] = { "nobody", "no one", "personne", NULL };
    return text_is_one_of(text_fold(turn->arena, text), words);
}

/* False: answered that it is nobody here. */
static bool read_people(struct turn *turn, const char *text, struct person_list *out)
{
    struct people_read read = people_read(turn, text, NULL);
    if (read.culprit) {
        people_answer_unread(turn, &read);
        return false;
    }
    *out = read.people;
    return true;
}

/* A time of day; -1: it is none. */
static int read_clock(struct turn *turn, const char *text)
{
    struct when when = turn_read_when(turn, arena_printf(turn->arena, "tomorrow %s", text));
    return when.result == WHEN_AT && when.has_clock ? when.civil.hour * 60 + when.civil.minute : -1;
}

/* False: it was answered, or (is_usage_out) what to type is to be. */
static bool apply(struct turn *turn, const struct options *options, struct routine *routine,
                  bool *is_usage_out)
{
    const char *who = options->texts[PART_WHO], *without = options->texts[PART_WITHOUT];
    if (who && is_everybody(turn, who))
        routine->who.n = 0;
    else if (who && !read_people(turn, who, &routine->who))
        return false;
    if (without && is_nobody(turn, without))
        routine->without.n = 0;
    else if (without && !read_people(turn, without, &routine->without))
        return false;
    if (options->texts[PART_AT])
        routine->minute = read_clock(turn, options->texts[PART_AT]);
    *is_usage_out = routine->minute < 0;
    return !*is_usage_out;
}

/* --- Making and changing --- */

/* So many are asked together only if that is meant. */
static bool is_asked_who(struct turn *turn, const struct command *command_of_kind,
                         const struct options *options, const struct routine *routine)
{
    size_t n = routine_people(turn, routine).n;
    if (options->texts[PART_WHO] || n <= PEOPLE_ASKED_MAX)
        return false;
    const char *command = arena_printf(turn->arena, "%s%s for", turn_prefix(turn),
                                       command_shown_name(command_of_kind->names, turn->lang));
    const char *choices[] = { arena_printf(turn->arena, "%s everyone", command), NULL };
    struct json_object *values = values_new();
    json_set_int(values, "n", (int64_t)n);
    turn_ask(turn, (struct question){ .template_name = "routine/who",
                                      .values = values,
                                      .choices = choices,
                                      .completes = arena_printf(turn->arena, "%s " TURN_SLOT, command) });
    return true;
}

/* The answer is its card. */
static enum outcome make(struct turn *turn, struct routine *routine)
{
    struct item *item = item_create(
        turn,
        &(struct item_new){ .habit = &habit_routine, .state = ROUTINE_ON, .owner = turn->event->sender });
    if (!item)
        return OUTCOME_WAITS;
    routine->since_ms = turn->at_ms;
    routine_keep(turn, item, routine);
    routine_set_timer(turn, item, routine);
    show(turn, item);
    item_set_card(turn, item, turn->answer_row);
    return OUTCOME_DONE;
}

static enum outcome change(struct turn *turn, struct item *item, const struct options *options)
{
    struct routine routine = routine_of(turn, item);
    bool is_usage = false;
    if (!lifecycle_may(turn, item, turn->event->sender, WHO_PARTY)) {
        struct json_object *values = values_new();
        json_set_str(values, "id", item->name);
        json_set(values, "owner", values_person(turn, item->owner));
        turn_answer(turn, "routine/denied", values);
        return OUTCOME_DONE;
    }
    if (!apply(turn, options, &routine, &is_usage))
        return is_usage ? OUTCOME_USAGE : OUTCOME_DONE;
    routine_keep(turn, item, &routine);
    item_note(turn, item, "changed", item->extra, 0);
    if (item->state == ROUTINE_ON)
        routine_set_timer(turn, item, &routine);
    item_show_card(turn, item);
    show(turn, item);
    return OUTCOME_DONE;
}

/* "blocked RND-1 alice today 16:00", "decide RND-2": what a question after an answer completes. NULL: it is something else. */
static struct item *round_after(struct turn *turn, const char *rest, const char *word, const char **text_out)
{
    size_t len = strcspn(rest, " ");
    const char *id = text_skip_space(rest + len);
    size_t id_len = item_id_length(turn, id);
    if (len != strlen(word) || strncmp(rest, word, len) != 0 || !id_len)
        return NULL;
    struct item *round = item_find(turn, arena_strndup(turn->arena, id, id_len), turn->event->sender);
    *text_out = text_skip_space(id + id_len);
    return round && round->habit == &habit_round ? round : NULL;
}

static enum outcome set_up(struct turn *turn, const struct command *command, const struct routine *standard,
                           const char *rest)
{
    struct routine routine = *standard;
    struct options options;
    bool is_usage = false;
    if (turn->room.dm_person) {
        turn_answer(turn, "routine/room-only", values_new());
        return OUTCOME_DONE;
    }
    struct item *there = find_routine(turn, routine.kind);
    if (!read_options(turn, rest, &options))
        return there && routine_look_back(turn, there, rest) ? OUTCOME_DONE : OUTCOME_USAGE;
    if (there && *rest)
        return change(turn, there, &options);
    if (there) {
        show(turn, there);
        return OUTCOME_DONE;
    }
    if (!apply(turn, &options, &routine, &is_usage))
        return is_usage ? OUTCOME_USAGE : OUTCOME_DONE;
    return is_asked_who(turn, command, &options, &routine) ? OUTCOME_DONE : make(turn, &routine);
}

static enum outcome standup(struct turn *turn, const struct request *request)
{
    const char *text;
    struct item *blocked = round_after(turn, request->rest, "blocked", &text);
    if (blocked && *text)
        return round_unblock(turn, blocked, text);
    struct item *deciding = round_after(turn, request->rest, "decide", &text);
    if (!deciding)
        return set_up(turn, &command_standup, &daily, request->rest);
    struct routine kept = routine_of(turn, round_routine(turn, deciding));
    return round_decide(turn, deciding, routine_form(&kept));
}

static enum outcome set_up_weekly(struct turn *turn, const struct request *request)
{
    return set_up(turn, &command_weekly, &weekly, request->rest);
}

const struct command command_standup = {
    .topic = "standup",
    .names = { { "standup", "daily" }, { "point", "quotidien" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = standup,
};

const struct command command_weekly = {
    .topic = "weekly",
    .names = { { "weekly" }, { "hebdo" } },
    .who = WHO_ANYBODY,
    .begins_items = true,
    .run = set_up_weekly,
};
