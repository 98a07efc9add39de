/*
 * inbox - events that could not be applied at once: behind a gap, waiting for a number or a key, or set
 * aside.
 *
 * Shape:   a row holds the event's JSON as it came. INBOX_HELD waits for its room's gap to be filled, in
 * order of order_key (arrival; what fills the gap comes before what arrived after it). INBOX_WAITS waits for
 * a fact (a block of numbers). INBOX_KEY cannot be read yet, and holds up nothing; its reason is what it waits for, a session
 * or a person's id. INBOX_ASIDE failed three times; it stays, with its reason, for `greffier
 * check`. Also:    tries(kind, key): how often something was begun and not ended, counted across crashes.
 * Bounds:  INBOX_HELD_MAX events a room; more go aside with the reason "too many". INBOX_KEYS_MAX that cannot be read, and
 * those for INBOX_KEY_DAYS; the oldest go.
 * Source:  architecture.md "applied once", "gaps hold their room only".
 */
#ifndef STORE_INBOX_H
#define STORE_INBOX_H

#include "store/store.h"

enum inbox_state { INBOX_HELD = 0, INBOX_WAITS = 1, INBOX_ASIDE = 2, INBOX_KEY = 3 };

struct inbox_row {
    int64_t id;
    const char *event_id;
    int64_t room;
    enum inbox_state state;
    const char *json;
    int64_t since_ms;
    const char *reason;
};

void inbox_add(struct store *store, const struct inbox_row *row, int64_t order_key);
/* The first of that state in the room (0: in any room), by order_key; false if none. */
bool inbox_next(struct store *store, int64_t room, enum inbox_state state, struct arena *arena,
                struct inbox_row *out);
/* Behind all that the room holds. */
int64_t inbox_last_key(struct store *store, int64_t room);
/* A held row moves back in the order, to this place, unless it stands behind it already; false if there is no such
 * row. */
bool inbox_place(struct store *store, const char *event_id, int64_t order_key);
/* A held row was tried and waits for a fact from now on. */
void inbox_wait(struct store *store, int64_t id);
/* It cannot be read yet, and waits for this. */
void inbox_wait_key(struct store *store, int64_t id, const char *what);
/* What waited for this is held from now on. Returns how many were. */
int64_t inbox_key_came(struct store *store, const char *what);
/* The oldest of what cannot be read in the room goes. */
void inbox_trim_keys(struct store *store, int64_t room, int64_t now_ms);
/* What this person has said in the room, and cannot be read. */
int64_t inbox_n_unread_of(struct store *store, int64_t room, const char *person);
/* What people asked by this item have said since then, and cannot be read. */
int64_t inbox_n_unread_of_asked(struct store *store, int64_t item, int64_t since_ms);
/* What the room holds or waits for is dropped: the bot left it. What is aside stays. */
void inbox_drop_room(struct store *store, int64_t room);
void inbox_remove(struct store *store, int64_t id);
void inbox_set_aside(struct store *store, int64_t id, const char *reason);
int64_t inbox_n(struct store *store, int64_t room, enum inbox_state state);
/* Set aside in the room, and come in since then: something was said that was not understood. */
int64_t inbox_n_aside_since(struct store *store, int64_t room, int64_t since_ms);
bool inbox_has(struct store *store, const char *event_id);

int64_t tries_count(struct store *store, const char *kind, const char *key);
/* Counts one more; returns the new number. */
int64_t tries_add(struct store *store, const char *kind, const char *key);
void tries_clear(struct store *store, const char *kind, const char *key);

#endif
