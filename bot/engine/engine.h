/*
 * engine - (event or due timer, what the store knows, now) -> changes in the store. Pure: no socket, no
 * clock, no random source, no JSON of Matrix.
 *
 * Shape:   the transport (matrix/ or console/) opens the transaction, puts facts into store/room, hands events
 *          over in order, commits, and then sends what stands in the outbox. Each call is one turn in a
 *          savepoint of its own: it happens whole or not at all.
 * Units:   now_ms is the loop's clock at this turn; the engine never reads one.
 * Owns:    its arena, emptied after each turn. Borrows the store and the tables of commands; both outlive it.
 * Errors:  TURN_FAILED says that the event itself could not be handled and left nothing; the store's failures
 *          show at the commit.
 * Source:  architecture.md "The idea in five sentences", "The life of one message".
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stddef.h>

#include "base/json.h"
#include "engine/event.h"
#include "store/outbox.h"
#include "store/store.h"

struct engine;
struct command;
struct habit;

struct engine_settings {
    const char *me; /* the bot's user id */
    const char *lang; /* defaults for rooms that chose none */
    const char *zone;
    const char *hours; /* dates.md R15 */
    const char *country; /* whose holidays nobody works on (holidays.h); NULL, "": of none */
    const char *reminders; /* of a task, before its date (moments.h); NULL: MOMENTS_DEFAULT */
    const char *prefix; /* "!" */
    const char *const *admins; /* user ids, ends with NULL */
    const char *const *bots; /* user ids that are never asked, ends with NULL */
};

/* commands and habits end with NULL; commands/table.h has them. Strings of settings are borrowed too. */
struct engine *engine_create(struct store *store, const struct engine_settings *settings,
                             const struct command *const *commands, const struct habit *const *habits);
/* NULL does nothing. */
void engine_destroy(struct engine *engine);

enum turn_result {
    TURN_NOTHING, /* small talk: nothing was written */
    TURN_DONE,
    TURN_WAITS, /* needs a number, and none is reserved or (number_must_look) this event is to be looked for
                    first: nothing was written; try again after that */
    TURN_FAILED, /* its own fault: nothing was written */
};

/* Cheap, without SQL for most talk in a room: false means that engine_event would find nothing to do.
 * So a plain message costs no transaction. */
bool engine_wants(struct engine *engine, const struct event *event);

/* An objection or a cancel: it only stops things, so it may be applied ahead of what is still missing in its room. */
bool engine_only_stops(struct engine *engine, const struct event *event);

/* In a transaction of the caller. An event that is known already (message.h) is TURN_NOTHING. */
enum turn_result engine_event(struct engine *engine, const struct event *event, int64_t now_ms);

/* When the bot was down: from its last sign of life to its start; all 0: it was not. */
struct outage {
    int64_t from_ms;
    int64_t to_ms;
};

/* In a transaction of the caller: fires what is due, at most max (256 in one commit). barrier_ms: the time at
 * which the newest sync that was applied had been asked for with a (since, timeout) never used before
 * (architecture.md, the barrier); now_ms in a console. Returns how many fired. What came due in the
 * outage says so, however late it fires. */
size_t engine_timers(struct engine *engine, int64_t now_ms, int64_t barrier_ms, struct outage outage,
                     size_t max);

/* Renders a row of the outbox as it is now, in its language. is_gone: nothing is left to say. Texts are in
 * arena. False with err: a template does not fit its values: a bug that parks the row. */
struct spoken {
    char *body;
    char *html;
    const char **mentions; /* user ids, ends with NULL; already without those who left */
    char *key; /* of a reaction */
};
bool engine_speak(struct engine *engine, const struct outbox_row *row, struct arena *arena,
                  struct spoken *out, struct err *err);

/* Numbers: the transport reserves blocks ahead (architecture.md). True if less than half a block is left for
 * a prefix that is in use. */
bool engine_needs_numbers(struct engine *engine);
/* Prefixes of all habits, with what is reserved for each: {"DEC": 32}. The caller puts it. */
struct json_object *engine_numbers(struct engine *engine);
/* What the server (or nobody, in a console) has granted: the larger wins, per prefix. In a transaction of the
 * caller. */
void engine_reserve_numbers(struct engine *engine, struct json_object *granted);
enum { ENGINE_NUMBER_BLOCK = 32 };

/* The uuid of the item that this event opens, or has opened in a life of the store that was lost. */
char *engine_item_uuid(struct engine *engine, const char *cause, struct arena *arena);

/* What `greffier show ID` and `greffier search WORDS` print: plain text in arena; NULL if there is no such
 * item. */
char *engine_show_text(struct engine *engine, const char *id, const char *lang, int64_t now_ms,
                       struct arena *arena);
char *engine_search_text(struct engine *engine, const char *words, const char *lang, int64_t now_ms,
                         struct arena *arena);

/* What `greffier export WORDS` prints (export.h), in arena; NULL if there is nothing to it. */
char *engine_export_text(struct engine *engine, const char *words, int64_t now_ms, struct arena *arena);
/* What `greffier ics WHOSE` prints (ics.h): a calendar in arena; NULL if nothing is due there. */
char *engine_ics_text(struct engine *engine, const char *whose, int64_t now_ms, struct arena *arena);

/* What `greffier holidays` asks and changes (days_off_admin.c); in a transaction of the caller. NULL: there is no such room. */
char *engine_holidays_text(struct engine *engine, const char *words, int64_t now_ms, struct arena *arena);

/* The homeserver says that this person's profile has this zone, or none (NULL). In a transaction of the caller. */
void engine_profile(struct engine *engine, const char *person, const char *zone, int64_t now_ms);

/* Console and tests: the event id of an item's card, by "DEC-1"; NULL if none. */
char *engine_card_event(struct engine *engine, const char *id, struct arena *arena);
/* What an item is called, by the store's number: "DEC-1"; NULL if none. */
char *engine_item_name(struct engine *engine, int64_t id, struct arena *arena);

#endif
