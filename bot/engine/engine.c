#include "engine/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xmalloc.h"
#include "engine/days_off.h"
#include "engine/export.h"
#include "engine/ics.h"
#include "engine/personal.h"
#include "engine/private.h"
#include "store/timer.h"
#include "words/message.h"

enum { ANSWER_MAX = 64 * 1024 };

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

struct turn engine_turn(struct engine *engine, int64_t now_ms)
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

enum turn_result engine_event(struct engine *engine, const struct event *event, int64_t now_ms)
{
    struct turn turn = engine_turn(engine, now_ms);
    fire_before(engine, event->at_ms);
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
        fire_timer(engine, &timer, now_ms, outage);
        store_savepoint_release(engine->store);
        arena_reset(engine->arena);
        n++;
        if (store_failed(engine->store))
            break;
    }
    arena_reset(engine->arena);
    return n;
}

/* Numbers */

static int64_t n_habits(const struct engine *engine)
{
    int64_t n = 0;
    while (engine->habits[n])
        n++;
    return n;
}

bool engine_needs_numbers(struct engine *engine)
{
    int64_t n_stocked =
        store_int(engine->store, 0, "SELECT count(*) FROM number WHERE reserved - next + 1 >= ?1", "i",
                  (int64_t)(ENGINE_NUMBER_BLOCK / 2));
    return n_stocked < n_habits(engine);
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

/* Its page, in its room's language: plain, or as Markdown. */
static char *item_page(struct turn *turn, struct item *item, bool is_markdown)
{
    turn_enter_room(turn, item->room);
    struct json_object *values = item->habit->record(turn, item);
    struct speaker speaker = { .engine = turn->engine, .lang = turn->lang, .arena = turn->arena };
    struct message_lookup lookup = speak_lookup(&speaker);
    struct message_wanted wanted = {
        .lang = turn->lang,
        .name = arena_printf(turn->arena, "%s/record", item->habit->folder),
        .values = values,
        .lookup = &lookup,
    };
    struct message message = { 0 };
    struct err err;
    char *text = NULL;
    if (is_markdown)
        text = message_render_markdown(turn->arena, &wanted, &err);
    else if (message_render(turn->arena, &wanted, &message, &err))
        text = message.body;
    json_object_put(values);
    return text ? text : arena_strdup(turn->arena, err.text);
}

char *engine_show_text(struct engine *engine, const char *id, const char *lang, int64_t now_ms,
                       struct arena *arena)
{
    (void)lang; /* a record is shown in its room's language */
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = "show";
    struct item *item = item_find(&turn, id, NULL);
    char *text = item ? arena_strdup(arena, item_page(&turn, item, false)) : NULL;
    arena_reset(engine->arena);
    return text;
}

char *engine_search_text(struct engine *engine, const char *words, const char *lang, int64_t now_ms,
                         struct arena *arena)
{
    enum { FOUND_MAX = 20 };
    struct turn turn = engine_turn(engine, now_ms);
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
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = "ics";
    char *text = ics_text(&turn, whose);
    if (text)
        text = arena_strdup(arena, text);
    arena_reset(engine->arena);
    return text;
}

char *engine_export_text(struct engine *engine, const char *words, int64_t now_ms, struct arena *arena)
{
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = "export";
    struct item *item =
        text_starts_with(words, EXPORT_ITEM) ? item_find(&turn, words + strlen(EXPORT_ITEM), NULL) : NULL;
    char *text = item ? item_page(&turn, item, true) : export_text(&turn, words);
    if (text)
        text = arena_strdup(arena, text);
    arena_reset(engine->arena);
    return text;
}

char *engine_holidays_text(struct engine *engine, const char *words, int64_t now_ms, struct arena *arena)
{
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = arena_printf(engine->arena, "holidays@%lld", (long long)now_ms);
    store_savepoint(engine->store);
    char *text = days_off_administer(&turn, words);
    if (text)
        text = arena_strdup(arena, text);
    store_savepoint_release(engine->store);
    arena_reset(engine->arena);
    return text;
}

void engine_profile(struct engine *engine, const char *person, const char *zone, int64_t now_ms)
{
    struct turn turn = engine_turn(engine, now_ms);
    turn.cause = arena_printf(engine->arena, "profile@%lld %s", (long long)now_ms, person);
    store_savepoint(engine->store);
    personal_keep_profile(&turn, person, zone);
    store_savepoint_release(engine->store);
    arena_reset(engine->arena);
}

bool engine_only_stops(struct engine *engine, const struct event *event)
{
    bool is_stop = dispatch_only_stops(engine, event, engine->arena);
    arena_reset(engine->arena);
    return is_stop;
}

char *engine_card_event(struct engine *engine, const char *id, struct arena *arena)
{
    struct turn turn = engine_turn(engine, 0);
    struct item *item = item_find(&turn, id, NULL);
    char *event =
        item ? store_str(engine->store, arena, "SELECT event_id FROM outbox WHERE id = ?1", "i", item->card)
             : NULL;
    arena_reset(engine->arena);
    return event;
}

char *engine_item_name(struct engine *engine, int64_t id, struct arena *arena)
{
    struct turn turn = engine_turn(engine, 0);
    struct item *item = item_get(&turn, id);
    char *name = item ? arena_strdup(arena, item->name) : NULL;
    arena_reset(engine->arena);
    return name;
}
