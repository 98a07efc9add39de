#include "engine/turn.h"

#include <assert.h>
#include <string.h>

#include "base/plant.h"
#include "base/text.h"
#include "engine/calls.h"
#include "engine/days_off.h"
#include "engine/follow.h"
#include "engine/personal.h"
#include "engine/private.h"
#include "store/history.h"
#include "time/timewords.h"
#include "time/when.h"

enum { PEOPLE_SHOWN = 8 };

const char *turn_me(const struct turn *turn)
{
    return turn->engine->settings.me;
}

const char *turn_prefix(const struct turn *turn)
{
    return turn->engine->settings.prefix;
}

const struct command *const *turn_commands(const struct turn *turn)
{
    return turn->engine->commands;
}

const struct habit *const *turn_habits(const struct turn *turn)
{
    return turn->engine->habits;
}

const struct engine_settings *turn_defaults(const struct turn *turn)
{
    return &turn->engine->settings;
}

const char *const *turn_admins(const struct turn *turn)
{
    static const char *const nobody[] = { NULL };
    const char *const *admins = turn->engine->settings.admins;
    return admins ? admins : nobody;
}

static bool list_has(const char *const *list, const char *person)
{
    return list && text_is_one_of(person, list);
}

bool turn_is_admin(const struct turn *turn, const char *person)
{
    return list_has(turn->engine->settings.admins, person);
}

bool turn_has_joined(const struct turn *turn, int64_t room, const char *person)
{
    const struct event *event = turn->event;
    if (room_has_joined(turn->store, room, person))
        return true;
    bool is_theirs = event && event->sender && event->room == room && strcmp(event->sender, person) == 0;
    return is_theirs && room_was_in(turn->store, room, person, event->at_ms);
}

bool turn_is_bot(const struct turn *turn, const char *person)
{
    /* Bridges keep their ghosts under a leading underscore (the application service convention). */
    return strcmp(person, turn_me(turn)) == 0 || strncmp(person, "@_", 2) == 0 ||
           list_has(turn->engine->settings.bots, person) || person_is_bot(turn->store, person);
}

void turn_note(struct turn *turn, int64_t item, int64_t room, const char *what, const char *detail,
               int64_t text)
{
    history_add(turn->store, turn->arena,
                &(struct history_line){ .item = item,
                                        .room = room,
                                        .at_ms = turn->at_ms,
                                        .person = turn->event ? turn->event->sender : NULL,
                                        .event = turn->cause,
                                        .what = what,
                                        .detail = detail,
                                        .text = text });
}

void turn_enter_room(struct turn *turn, int64_t room)
{
    bool is_known = room_get(turn->store, room, turn->arena, &turn->room);
    assert(is_known || store_failed(turn->store));
    const struct engine_settings *defaults = &turn->engine->settings;
    turn->lang = turn->room.lang ? turn->room.lang : defaults->lang;
    turn->zone = turn->room.zone ? turn->room.zone : defaults->zone;
    turn->hours = days_off_hours(turn, defaults->hours,
                                 turn->room.country ? turn->room.country : defaults->country, NULL);
    if (turn->room.dm_person)
        personal_address(turn, turn->room.dm_person);
}

const char *turn_hash(struct turn *turn, const char *step)
{
    const char *parts[] = { turn->cause, step };
    return secret_hash(turn->arena, turn->engine->install, parts, 2);
}

const char *turn_timer_key(struct turn *turn, const char *whose, const char *what)
{
    static const unsigned char no_key[SECRET_KEY_BYTES];
    const char *parts[] = { whose, what };
    return secret_hash(turn->arena, no_key, parts, 2);
}

/* NULL: nobody is called. */
static const char *mentions_json(struct turn *turn, const char *const *mentions, int64_t item)
{
    struct json_object *list = json_object_new_array();
    for (; mentions && *mentions; mentions++)
        if (!item || !follow_is_muted(turn, item, *mentions))
            json_add_str(list, *mentions);
    const char *text = json_object_array_length(list) ? arena_strdup(turn->arena, json_text(list)) : NULL;
    json_object_put(list);
    return text;
}

/* The part of a row that every kind of saying has alike. */
static struct outbox_row new_row(struct turn *turn, const char *step, const char *template_name,
                                 struct json_object *values)
{
    struct outbox_row row = {
        .txn = PLANTED(TXN_OF_ROW)
                   ? arena_printf(turn->arena, "row-%lld", (long long)outbox_newest(turn->store) + 1)
                   : turn_hash(turn, step),
        .room = turn->room.id,
        .lane = OUTBOX_NORMAL,
        .cause = turn->cause,
        .step = step,
        .cause_ms = turn->cause_ms,
        .is_from_event = turn->event != NULL,
        .template_name = template_name,
        .lang = turn->lang,
        .values = values ? arena_strdup(turn->arena, json_text(values)) : NULL,
        .role = "say",
        .created_ms = turn->now_ms,
    };
    json_object_put(values);
    return row;
}

static int64_t queue(struct turn *turn, struct say say)
{
    struct outbox_row row = new_row(turn, say.step, say.template_name, say.values);
    row.room = say.room ? say.room : turn->room.id;
    row.lane = say.is_urgent && !PLANTED(URGENT_WAITS) ? OUTBOX_URGENT : OUTBOX_NORMAL;
    row.item = say.item;
    row.thread = say.thread;
    row.reply = say.reply;
    row.mentions = mentions_json(turn, say.mentions, say.item);
    row.is_text = row.mentions != NULL;
    row.guard = say.guard;
    row.valid_until_ms = say.valid_until_ms;
    row.role = say.role ? say.role : "say";
    row.is_from_event = row.is_from_event || say.is_of_hold;
    return outbox_queue(turn->store, &row);
}

static bool may_hear_now(struct turn *turn, const struct say *say, const char *person)
{
    bool is_their_act = turn->event && strcmp(turn->event->sender, person) == 0;
    /* Who has muted it is not called at all. */
    return say->is_urgent || say->is_asked_for || is_their_act || personal_is_at_work(turn, person) ||
           (say->item && follow_is_muted(turn, say->item, person));
}

/* Of a list that values_people made, those who are in mentions; false if nobody is. */
static bool keep_mentioned(struct turn *turn, struct json_object *values, const char *name,
                           const char *const *mentions)
{
    struct json_object *list = json_arr(json_obj(values, name), "list");
    size_t n = list ? json_object_array_length(list) : 0, n_kept = 0;
    const char **kept = arena_alloc(turn->arena, (n + 1) * sizeof *kept);
    for (size_t i = 0; i < n; i++) {
        const char *person = json_str(json_object_array_get_idx(list, i), "id");
        if (list_has(mentions, person))
            kept[n_kept++] = arena_strdup(turn->arena, person);
    }
    if (n_kept)
        json_set(values, name, values_people(turn, kept, n_kept));
    return n_kept > 0;
}

/* The same, naming those alone whom it calls. */
static struct say only_to(struct turn *turn, const struct say *say, const char *const *mentions)
{
    static const char *const by_default[] = { "people", NULL };
    struct say part = *say;
    const char *text = json_text(say->values);
    part.mentions = mentions;
    part.values = json_parse(text, strlen(text));
    for (const char *const *name = say->called ? say->called : by_default; *name; name++)
        if (json_find(part.values, *name) && !keep_mentioned(turn, part.values, *name, mentions))
            json_object_object_del(part.values, *name);
    return part;
}

static int64_t say_later(struct turn *turn, const struct say *say, const char *person)
{
    const char *mentions[] = { person, NULL };
    struct say part = only_to(turn, say, mentions);
    values_drop_distances(part.values); /* it is said at another time than now */
    int64_t card =
        say->item ? store_int(turn->store, 0, "SELECT card FROM item WHERE id = ?1", "i", say->item) : 0;
    part.step = arena_printf(turn->arena, "%s, later, %s", say->step, person);
    part.reply = NULL;
    if (!part.thread && card)
        part.thread = arena_printf(turn->arena, "@row:%lld", (long long)card);
    part.guard = say->guard ? say->guard : CALLS_GUARD;
    part.role = "ping";
    int64_t row = queue(turn, part);
    calls_hold(turn, row, person);
    return row;
}

int64_t turn_say(struct turn *turn, struct say say)
{
    size_t n = 0, n_now = 0, n_later = 0;
    while (say.mentions && say.mentions[n])
        n++;
    const char **now = arena_alloc(turn->arena, (n + 1) * sizeof *now),
               **later = arena_alloc(turn->arena, (n + 1) * sizeof *later);
    for (size_t i = 0; i < n; i++)
        if (may_hear_now(turn, &say, say.mentions[i]))
            now[n_now++] = say.mentions[i];
        else
            later[n_later++] = say.mentions[i];
    if (n_later == 0)
        return queue(turn, say);
    bool is_mere_ping = say.role && strcmp(say.role, "ping") == 0;
    int64_t first = n_now || !is_mere_ping ? queue(turn, only_to(turn, &say, now)) : 0;
    for (size_t i = 0; i < n_later; i++) {
        int64_t row = say_later(turn, &say, later[i]);
        first = first ? first : row;
    }
    json_object_put(say.values);
    return first;
}

int64_t turn_answer(struct turn *turn, const char *template_name, struct json_object *values)
{
    if (turn->has_answered) {
        json_object_put(values);
        return turn->answer_row;
    }
    turn->has_answered = true;
    if (turn->answer_row) {
        turn_edit(turn, turn->answer_row, template_name, values, 0);
        return turn->answer_row;
    }
    const struct event *event = turn->event;
    /* A reaction has no thread of its own and cannot be replied to: what a tap on an item asks for is answered in the
     * item's thread; on anything else, as a reply to what was tapped. */
    bool is_reaction = event && event->kind == EVENT_REACTION;
    int64_t card = is_reaction && turn->about
                       ? store_int(turn->store, 0, "SELECT card FROM item WHERE id = ?1", "i", turn->about)
                       : 0;
    struct say say = {
        .step = "answer",
        .template_name = template_name,
        .values = values,
        .room = event ? event->room : 0,
        .item = turn->about,
        .thread = card    ? arena_printf(turn->arena, "@row:%lld", (long long)card)
                  : event ? event->thread
                          : NULL,
        .reply = card || !event ? NULL
                 : is_reaction  ? event->target
                                : event->id,
        .role = "answer",
    };
    turn->answer_row = turn_say(turn, say);
    return turn->answer_row;
}

static void edit_row(struct turn *turn, int64_t row, const char *template_name, struct json_object *values,
                     int64_t item, enum outbox_lane lane)
{
    struct outbox_row old;
    bool is_there = outbox_get(turn->store, row, turn->arena, &old);
    const char *step = arena_printf(turn->arena, TURN_EDIT_STEP, is_there ? old.txn : "");
    struct outbox_row edit = new_row(turn, step, template_name, values);
    if (is_there) {
        edit.room = old.room;
        edit.lang = old.lang;
        edit.is_text = old.is_text;
    }
    edit.item = item;
    edit.role = "edit";
    edit.lane = lane;
    outbox_edit(turn->store, row, &edit);
}

void turn_edit(struct turn *turn, int64_t row, const char *template_name, struct json_object *values,
               int64_t item)
{
    edit_row(turn, row, template_name, values, item, OUTBOX_NORMAL);
}

void turn_correct(struct turn *turn, int64_t row, const char *template_name, struct json_object *values,
                  int64_t item)
{
    edit_row(turn, row, template_name, values, item, OUTBOX_LOW);
}

void turn_react(struct turn *turn, const char *step, int64_t row, const char *key, int64_t item,
                const char *guard)
{
    enum { REACTION_VALID_MS = 10 * 60 * 1000 };
    struct json_object *values = json_object_new_object();
    json_set_str(values, "key", key);
    struct outbox_row reaction = new_row(turn, step, NULL, values);
    reaction.kind = OUTBOX_REACTION;
    reaction.lane = OUTBOX_LOW;
    reaction.item = item;
    reaction.target = arena_printf(turn->arena, "@row:%lld", (long long)row);
    reaction.guard = guard;
    reaction.valid_until_ms = turn->now_ms + REACTION_VALID_MS;
    reaction.role = "reaction";
    outbox_queue(turn->store, &reaction);
}

void turn_redact(struct turn *turn, const char *event_id, const char *template_name, int64_t after,
                 int64_t valid_until_ms)
{
    struct outbox_row row = new_row(turn, "redact", template_name, values_new());
    row.kind = OUTBOX_REDACTION;
    row.target = event_id;
    row.reply = arena_printf(turn->arena, "@row:%lld", (long long)after);
    row.valid_until_ms = valid_until_ms;
    row.role = "redaction";
    outbox_queue(turn->store, &row);
}

struct json_object *values_new(void)
{
    return json_object_new_object();
}

struct json_object *values_text(int64_t text, int max_chars)
{
    if (!text)
        return NULL;
    struct json_object *value = json_object_new_object();
    json_set_int(value, "$text", text);
    if (max_chars)
        json_set_int(value, "$max", max_chars);
    return value;
}

struct json_object *values_sentence(int64_t text, int max_chars)
{
    struct json_object *value = values_text(text, max_chars);
    json_set_bool(value, "$sentence", true);
    return value;
}

struct json_object *values_person(struct turn *turn, const char *person)
{
    struct json_object *value = json_object_new_object();
    json_set_str(value, "id", person);
    json_set_str(value, "name", room_person_name(turn->store, turn->room.id, person, turn->arena));
    return value;
}

void values_add_room(struct turn *turn, struct json_object *values, const struct room *room)
{
    enum { NAME_MAX_CHARS = 60 };
    json_set_str(values, "room_id", room->room_id);
    char *name = room->name ? text_trim(turn->arena, text_clean(turn->arena, room->name)) : NULL;
    if (name && *name)
        json_set_str(values, "room_name", text_shorten(turn->arena, name, NAME_MAX_CHARS));
}

struct json_object *values_people(struct turn *turn, const char *const *people, size_t n)
{
    struct json_object *value = json_object_new_object(), *list = json_object_new_array();
    size_t shown = n <= PEOPLE_SHOWN ? n : PEOPLE_SHOWN;
    for (size_t i = 0; i < shown; i++)
        json_object_array_add(list, values_person(turn, people[i]));
    json_set(value, "list", list);
    json_set_int(value, "n", (int64_t)n);
    /* 0 too: a name that is not here would be looked for in what stands around the people. */
    json_set_int(value, "more", (int64_t)(n - shown));
    return value;
}

struct json_object *values_time(struct turn *turn, int64_t at_ms, const char *zone)
{
    struct json_object *value = json_object_new_object();
    const char *where = zone ? zone : turn->zone;
    json_set_int(value, "$at", at_ms);
    json_set_str(value, "$zone", where);
    json_set_int(value, "$year", timewords_year(where, turn->now_ms));
    json_set_int(value, "$now", turn->now_ms);
    return value;
}

void values_drop_distances(struct json_object *value)
{
    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            values_drop_distances(json_object_array_get_idx(value, i));
    if (!json_object_is_type(value, json_type_object))
        return;
    struct json_object_iter member;
    json_object_object_foreachC(value, member)
    {
        values_drop_distances(member.val);
    }
    json_object_object_del(value, "$now");
}

static struct when_context when_context(struct turn *turn)
{
    return (struct when_context){
        .now_ms = turn->at_ms, .zone = turn->typed.zone, .lang = turn->typed.lang, .hours = turn->typed.hours
    };
}

struct when turn_read_when(struct turn *turn, const char *phrase)
{
    struct when_context context = when_context(turn);
    return when_read(turn->arena, &context, phrase);
}

struct when turn_read_day(struct turn *turn, const char *phrase)
{
    struct when_context context = when_context(turn);
    context.hours = NULL;
    context.is_strict = true; /* spans are its callers' */
    return when_read(turn->arena, &context, phrase);
}

struct when turn_read_sentence(struct turn *turn, const char *sentence)
{
    struct when_context context = when_context(turn);
    return when_read_sentence(turn->arena, &context, sentence);
}

struct when turn_read_tail(struct turn *turn, const char *text)
{
    struct when_context context = when_context(turn);
    return when_read_tail(turn->arena, &context, text);
}

struct recur_reading turn_read_rule(struct turn *turn, const char *text)
{
    struct when_context context = when_context(turn);
    return recur_read_tail(turn->arena, &context, text);
}
