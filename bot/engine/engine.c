#include "engine/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/plant.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "engine/absence.h"
#include "engine/calls.h"
#include "engine/digest.h"
#include "engine/follow.h"
#include "engine/ics.h"
#include "engine/message.h"
#include "engine/own_up.h"
#include "engine/private.h"
#include "store/message.h"
#include "store/timer.h"

enum { ANSWER_MAX = 64 * 1024, CAUGHT_UP_MAX = 64 };

static void write_install(struct store *store, int64_t unused, const char *id)
{
    (void)unused;
    store_set(store, "install", id);
}

/* The key that makes transaction ids is drawn once in the life of a store: it is in before the first id is. */
static void ensure_install_key(struct engine *engine)
{
    char *id = store_get(engine->store, engine->arena, "install");
    if (!id) {
        id = secret_random_id(engine->arena, SECRET_KEY_BYTES);
        store_defer(engine->store, write_install, 0, id);
    }
    memcpy(engine->install, id, strnlen(id, SECRET_KEY_BYTES));
}

struct engine *engine_create(struct store *store, const struct engine_settings *settings,
                             const struct command *const *commands, const struct habit *const *habits)
{
    struct engine *engine = xcalloc(1, sizeof *engine);
    engine->store = store;
    engine->settings = *settings;
    engine->commands = commands;
    engine->habits = habits;
    engine->arena = arena_create();
    ensure_install_key(engine);
    arena_reset(engine->arena);
    return engine;
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    arena_destroy(engine->arena);
    secret_wipe(engine->install, sizeof engine->install);
    free(engine);
}

bool engine_wants(struct engine *engine, const struct event *event)
{
    bool wants = dispatch_wants(engine, event, engine->arena);
    arena_reset(engine->arena);
    return wants;
}

static struct turn turn_begin(struct engine *engine, int64_t now_ms)
{
    return (struct turn){ .engine = engine,
                          .store = engine->store,
                          .arena = engine->arena,
                          .now_ms = now_ms,
                          .at_ms = now_ms,
                          .cause_ms = now_ms,
                          .lang = engine->settings.lang,
                          .zone = engine->settings.zone,
                          .hours = engine->settings.hours };
}

static const char *timer_cause(struct engine *engine, const struct timer *timer)
{
    return arena_printf(engine->arena, "%s@%lld", timer->key, (long long)timer->due_ms);
}

/* What an item's timer does when its hour has come. */
static enum act act_of_timer(const char *what)
{
    static const struct {
        const char *what;
        enum act act;
    } rows[] = { { "remind", ACT_REMIND },
                 { "ask", ACT_ASK },
                 { "talk", ACT_TALK },
                 { "ring", ACT_RING },
                 { "check", ACT_CHECK } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].what, what) == 0)
            return rows[i].act;
    return ACT_DEADLINE;
}

static void fire(struct engine *engine, const struct timer *timer, int64_t now_ms, struct outage outage)
{
    struct turn turn = turn_begin(engine, now_ms);
    turn.cause = timer_cause(engine, timer);
    turn.origin = NULL;
    turn.cause_ms = timer->due_ms;
    if (timer->due_ms >= outage.from_ms && timer->due_ms <= outage.to_ms)
        turn.outage = outage;
    if (!PLANTED(TIMER_KEPT))
        timer_remove(engine->store, timer->key);
    if (!timer->item && timer->person && strcmp(timer->what, "return") == 0) {
        absence_return(&turn, timer->person);
        return;
    }
    if (!timer->item && timer->person && strcmp(timer->what, "call") == 0) {
        calls_due(&turn, timer->person);
        return;
    }
    if (!timer->item && timer->person && strcmp(timer->what, DIGEST_TIMER) == 0) {
        digest_morning(&turn, timer->person);
        return;
    }
    struct item *item = timer->item ? item_get(&turn, timer->item) : NULL;
    if (!timer->item)
        own_up_timer(&turn, timer);
    if (!item)
        return;
    turn_enter_room(&turn, item->room);
    if (strcmp(timer->what, FOLLOW_TIMER) == 0) {
        follow_tell_rest(&turn, item);
        return;
    }
    lifecycle_act(&turn, item,
                  &(struct act_request){ .act = act_of_timer(timer->what), .door = DOOR_TIMER, .text = "" });
}

/* What a life of the store that was lost has shown on the card of the timer's item when the timer was due. */
static bool was_fired(struct engine *engine, const struct timer *timer)
{
    char *card = store_str(engine->store, engine->arena,
                           "SELECT o.txn FROM item i JOIN outbox o ON o.id = i.card WHERE i.id = ?1", "i",
                           timer->item);
    if (!card)
        return false;
    const char *parts[] = { timer_cause(engine, timer), arena_printf(engine->arena, TURN_EDIT_STEP, card) };
    char *txn = secret_hash(engine->arena, engine->install, parts, 2);
    return store_int(engine->store, 0, "SELECT 1 FROM seen WHERE txn = ?1", "s", txn);
}

/* A store that was put back meets what was said since before its own timers: a decision that everybody saw adopted would
 * be extended, or blocked. So what it is seen to have done by then is done first, at its own time. */
static void catch_up_with(struct engine *engine, int64_t at_ms)
{
    struct timer timers[CAUGHT_UP_MAX];
    size_t n = 0;
    if (!store_int(engine->store, 0, "SELECT 1 FROM seen LIMIT 1", ""))
        return;
    struct rows rows = store_rows(engine->store,
                                  "SELECT key, due_ms, what, item FROM timer WHERE due_ms <= ?1"
                                  " AND item IS NOT NULL ORDER BY due_ms, key LIMIT ?2",
                                  "ii", at_ms, (int64_t)CAUGHT_UP_MAX);
    while (rows_next(&rows))
        timers[n++] = (struct timer){ .key = rows_dup(&rows, 0, engine->arena),
                                      .due_ms = rows_int(&rows, 1),
                                      .what = rows_dup(&rows, 2, engine->arena),
                                      .item = rows_int(&rows, 3) };
    for (size_t i = 0; i < n; i++)
        if (was_fired(engine, &timers[i]))
            fire(engine, &timers[i], timers[i].due_ms, (struct outage){ 0 });
}

enum turn_result engine_event(struct engine *engine, const struct event *event, int64_t now_ms)
{
    struct turn turn = turn_begin(engine, now_ms);
    catch_up_with(engine, event->at_ms);
    turn.event = event;
    turn.at_ms = turn.cause_ms = event->at_ms;
    turn.cause = turn.origin = event->id;
    store_savepoint(engine->store);
    turn_enter_room(&turn, event->room);
    turn.typed.lang = turn.lang;
    turn.typed.zone = turn.zone;
    turn.typed.hours = turn.hours;
    enum turn_result result = dispatch_event(&turn);
    if (turn.waits_for_number)
        result = TURN_WAITS;
    if (result == TURN_DONE)
        store_savepoint_release(engine->store);
    else
        store_savepoint_rollback(engine->store);
    arena_reset(engine->arena);
    return result;
}

size_t engine_timers(struct engine *engine, int64_t now_ms, int64_t barrier_ms, struct outage outage,
                     size_t max)
{
    size_t n = 0;
    struct timer timer;
    while (n < max && timer_next_due(engine->store, now_ms, barrier_ms, engine->arena, &timer)) {
        store_savepoint(engine->store);
        fire(engine, &timer, now_ms, outage);
        store_savepoint_release(engine->store);
        arena_reset(engine->arena);
        n++;
        if (store_failed(engine->store))
            break;
    }
    arena_reset(engine->arena);
    return n;
}

/* Saying */

/* A template's small text, as a string: what stands for a text that was removed. */
static const char *small_text(struct arena *arena, const char *lang, const char *name)
{
    struct message message;
    struct json_object *nothing = json_object_new_object();
    bool ok = message_render(arena, lang, name, nothing, &message, NULL);
    json_object_put(nothing);
    return ok ? message.body : "";
}

static struct json_object *text_value(struct engine *engine, struct json_object *reference, const char *lang,
                                      struct arena *arena)
{
    char *content =
        store_str(engine->store, arena, "SELECT content FROM text WHERE id = ?1 AND is_emptied = 0", "i",
                  json_int(reference, "$text", 0));
    if (!content)
        return json_object_new_string(small_text(arena, lang, "text/removed"));
    char *clean = text_clean(arena, content);
    int64_t max = json_int(reference, "$max", 0);
    return json_object_new_string(max ? text_shorten(arena, clean, (size_t)max) : clean);
}

/* A copy of the values in which references to texts are the texts. */
static struct json_object *with_texts(struct engine *engine, struct json_object *value, const char *lang,
                                      struct arena *arena)
{
    if (json_find(value, "$text"))
        return text_value(engine, value, lang, arena);
    if (json_object_is_type(value, json_type_object)) {
        struct json_object *copy = json_object_new_object();
        json_object_object_foreach(value, name, member)
            json_object_object_add(copy, name, with_texts(engine, member, lang, arena));
        return copy;
    }
    if (json_object_is_type(value, json_type_array)) {
        struct json_object *copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++)
            json_object_array_add(copy, with_texts(engine, json_object_array_get_idx(value, i), lang, arena));
        return copy;
    }
    return json_object_get(value);
}

static const char **joined_mentions(struct engine *engine, const struct outbox_row *row, struct arena *arena)
{
    struct json_object *list = row->mentions ? json_parse(row->mentions, strlen(row->mentions)) : NULL;
    size_t n = json_arr(list, "") ? json_object_array_length(list) : 0, kept = 0;
    const char **mentions = arena_alloc(arena, (n + 1) * sizeof *mentions);
    for (size_t i = 0; i < n; i++) {
        const char *person = json_str(json_object_array_get_idx(list, i), "");
        if (person && room_has_joined(engine->store, row->room, person))
            mentions[kept++] = arena_strdup(arena, person);
    }
    json_object_put(list);
    return mentions;
}

bool engine_speak(struct engine *engine, const struct outbox_row *row, struct arena *arena,
                  struct spoken *out, struct err *err)
{
    *out = (struct spoken){ .mentions = joined_mentions(engine, row, arena) };
    struct json_object *values = row->values ? json_parse(row->values, strlen(row->values)) : NULL;
    bool ok = true;
    if (row->kind == OUTBOX_REACTION) {
        out->key = arena_strdup(arena, json_str(values, "key"));
    } else {
        struct json_object *full = with_texts(engine, values, row->lang, arena);
        struct message message;
        ok = message_render(arena, row->lang, row->template_name, full, &message, err);
        if (ok) {
            out->body = message.body;
            out->html = message.html;
        }
        json_object_put(full);
    }
    json_object_put(values);
    return ok;
}

/* Numbers */

bool engine_needs_numbers(struct engine *engine)
{
    for (const struct habit *const *habit = engine->habits; *habit; habit++) {
        int64_t left = store_int(engine->store, 0, "SELECT reserved - next + 1 FROM number WHERE prefix = ?1",
                                 "s", (*habit)->prefix);
        if (left < ENGINE_NUMBER_BLOCK / 2)
            return true;
    }
    return false;
}

struct json_object *engine_numbers(struct engine *engine)
{
    struct json_object *numbers = json_object_new_object();
    for (const struct habit *const *habit = engine->habits; *habit; habit++)
        json_set_int(numbers, (*habit)->prefix,
                     store_int(engine->store, 0, "SELECT reserved FROM number WHERE prefix = ?1", "s",
                               (*habit)->prefix));
    return numbers;
}

void engine_reserve_numbers(struct engine *engine, struct json_object *granted)
{
    for (const struct habit *const *habit = engine->habits; *habit; habit++)
        store_run(engine->store,
                  "INSERT INTO number(prefix, next, reserved) VALUES(?1, 1, ?2)"
                  " ON CONFLICT(prefix) DO UPDATE SET reserved = max(reserved, excluded.reserved)",
                  "si", (*habit)->prefix, json_int(granted, (*habit)->prefix, 0));
}

char *engine_item_uuid(struct engine *engine, const char *cause, struct arena *arena)
{
    const char *parts[] = { cause, ITEM_STEP };
    return secret_hash(arena, engine->install, parts, 2);
}

/* For the command line and the console */

static char *item_text(struct turn *turn, struct item *item)
{
    turn_enter_room(turn, item->room);
    struct json_object *values = item->habit->record(turn, item);
    struct json_object *full = with_texts(turn->engine, values, turn->lang, turn->arena);
    struct message message;
    struct err err;
    bool ok =
        message_render(turn->arena, turn->lang, arena_printf(turn->arena, "%s/record", item->habit->folder),
                       full, &message, &err);
    json_object_put(values);
    json_object_put(full);
    return ok ? message.body : arena_strdup(turn->arena, err.text);
}

char *engine_show_text(struct engine *engine, const char *id, const char *lang, int64_t now_ms,
                       struct arena *arena)
{
    (void)lang; /* a record is shown in its room's language */
    struct turn turn = turn_begin(engine, now_ms);
    turn.cause = "show";
    struct item *item = item_find(&turn, id, NULL);
    char *text = item ? arena_strdup(arena, item_text(&turn, item)) : NULL;
    arena_reset(engine->arena);
    return text;
}

char *engine_search_text(struct engine *engine, const char *words, const char *lang, int64_t now_ms,
                         struct arena *arena)
{
    enum { FOUND_MAX = 20 };
    struct turn turn = turn_begin(engine, now_ms);
    turn.cause = "search";
    turn.lang = lang;
    struct item_list found = item_search(&turn, words, NULL, FOUND_MAX);
    struct buf all;
    buf_init(&all, ANSWER_MAX);
    for (size_t i = 0; i < found.n; i++) {
        struct item *item = item_get(&turn, found.ids[i]);
        char *subject = item ? text_get(&turn, item_field(&turn, item, "subject")) : NULL;
        if (item)
            buf_printf(&all, "%s  %s\n", item->name,
                       subject ? text_shorten(turn.arena, text_clean(turn.arena, subject), 100) : "");
    }
    char *text = all.len ? arena_strdup(arena, all.text) : NULL;
    buf_finish(&all);
    arena_reset(engine->arena);
    return text;
}

char *engine_ics_text(struct engine *engine, const char *whose, int64_t now_ms, struct arena *arena)
{
    struct turn turn = turn_begin(engine, now_ms);
    turn.cause = "ics";
    char *text = ics_text(&turn, whose);
    if (text)
        text = arena_strdup(arena, text);
    arena_reset(engine->arena);
    return text;
}

bool engine_only_stops(struct engine *engine, const struct event *event)
{
    bool is_stop = dispatch_only_stops(engine, event, engine->arena);
    arena_reset(engine->arena);
    return is_stop;
}

char *engine_card_event(struct engine *engine, const char *id, struct arena *arena)
{
    struct turn turn = turn_begin(engine, 0);
    struct item *item = item_find(&turn, id, NULL);
    char *event =
        item ? store_str(engine->store, arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", item->card)
             : NULL;
    arena_reset(engine->arena);
    return event;
}

char *engine_item_name(struct engine *engine, int64_t id, struct arena *arena)
{
    struct turn turn = turn_begin(engine, 0);
    struct item *item = item_get(&turn, id);
    char *name = item ? arena_strdup(arena, item->name) : NULL;
    arena_reset(engine->arena);
    return name;
}
