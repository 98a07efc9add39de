#include "store/schema.h"

#include <stddef.h>

/*
 * Who refers to what:
 *
 *   room <- member            item -> room           text: what people wrote, alone in its table, so that a
 *   item <- field, asked, act, link, history          redaction empties it everywhere at once
 *   outbox -> item, room      message: event id -> item, role, outbox row
 *   talk, talk_person, talk_pick -> item     round, answer -> item
 *   timer -> item             inbox: events that wait, hold or were set aside
 */
static const char *const first_schema[] = {
    /* Session, sync position, counters: one value each. */
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

    /* What the homeserver (or the console) said of a room, and what the room chose. answer: within so many hours. progress: minutes. hold_since_ms: a gap is
       being filled, newer events wait. rotate_*: what its encryption asks for. dm_person: this is the direct room with that person. */
    "CREATE TABLE room("
    " id INTEGER PRIMARY KEY, room_id TEXT NOT NULL UNIQUE, membership TEXT NOT NULL, name TEXT,"
    " visibility TEXT, rotate_ms INTEGER, rotate_n INTEGER,"
    " version TEXT, creators TEXT, power TEXT, is_encrypted INTEGER NOT NULL DEFAULT 0,"
    " lang TEXT, zone TEXT, country TEXT, kind TEXT, answer TEXT, progress TEXT, gate TEXT, hint TEXT, dm_person TEXT,"
    " joined_event TEXT, hold_since_ms INTEGER, gap_from TEXT, gap_to TEXT, gap_key INTEGER, gap_since_ms INTEGER,"
    " has_members INTEGER NOT NULL DEFAULT 0, successor TEXT, predecessor TEXT);"
    "CREATE INDEX room_wanted ON room(membership) WHERE membership = 'wanted';"
    "CREATE TABLE member("
    " room INTEGER NOT NULL REFERENCES room, person TEXT NOT NULL, membership TEXT NOT NULL, name TEXT,"
    " left_ms INTEGER, PRIMARY KEY(room, person)) WITHOUT ROWID;"
    /* Facts about a person that no room owns: is_bot was seen to write notices. */
    "CREATE TABLE person(person TEXT PRIMARY KEY, is_bot INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    /* What a person chose, by name: lang (of direct messages), zone, hours. */
    /* until_ms NULL: until they say that they are back. room: where the reason, a text, may be shown. It stays until they
       were told what was held back. */
    "CREATE TABLE absence("
    " person TEXT PRIMARY KEY, from_ms INTEGER NOT NULL, until_ms INTEGER, text INTEGER, room INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE personal("
    " person TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(person, name)) WITHOUT ROWID;"
    /* What their Matrix profile says, and when it was asked. */
    "CREATE TABLE profile(person TEXT PRIMARY KEY, zone TEXT, asked_ms INTEGER NOT NULL) WITHOUT ROWID;"
    /* Nobody works on them, the last day too: whose '' is everybody, else a person's or a room's id. */
    "CREATE TABLE day_off("
    " whose TEXT NOT NULL, from_day INTEGER NOT NULL, to_day INTEGER NOT NULL, source TEXT NOT NULL, name TEXT,"
    " PRIMARY KEY(whose, to_day, from_day, source)) WITHOUT ROWID;"
    "CREATE TABLE invite("
    " room_id TEXT PRIMARY KEY, inviter TEXT, via TEXT, attempts INTEGER NOT NULL, next_try_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL) WITHOUT ROWID;",

    /* event: where it was written. content is emptied by a redaction, the row stays. */
    "CREATE TABLE text("
    " id INTEGER PRIMARY KEY, author TEXT NOT NULL, event TEXT NOT NULL, content TEXT NOT NULL,"
    " is_emptied INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX text_by_event ON text(event);"
    "CREATE INDEX text_by_author ON text(author) WHERE is_emptied = 0;"
    "CREATE VIRTUAL TABLE text_index USING fts5(content, tokenize = \"unicode61 remove_diacritics 2\");"

    /* deadline_civil and deadline_zone are what was announced; deadline_ms is their instant today. */
    "CREATE TABLE item("
    " id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, number INTEGER NOT NULL,"
    " room INTEGER NOT NULL REFERENCES room, state INTEGER NOT NULL, owner TEXT NOT NULL, author TEXT NOT NULL,"
    " cause TEXT NOT NULL, opened_ms INTEGER NOT NULL, closed_ms INTEGER, changed_ms INTEGER,"
    " deadline_civil TEXT, deadline_zone TEXT, deadline_ms INTEGER, card INTEGER, extra TEXT, successor TEXT,"
    " UNIQUE(prefix, number));"
    "CREATE INDEX item_by_room ON item(room, state);"
    "CREATE INDEX item_open_by_owner ON item(owner, prefix) WHERE closed_ms IS NULL;"
    "CREATE TABLE number(prefix TEXT PRIMARY KEY, next INTEGER NOT NULL, reserved INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE field("
    " item INTEGER NOT NULL REFERENCES item, name TEXT NOT NULL, text INTEGER NOT NULL REFERENCES text,"
    " PRIMARY KEY(item, name)) WITHOUT ROWID;"
    "CREATE INDEX field_by_text ON field(text);"
    "CREATE TABLE asked("
    " item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, asked_ms INTEGER, reminded_ms INTEGER,"
    " has_left INTEGER NOT NULL DEFAULT 0, was_away INTEGER NOT NULL DEFAULT 0, row INTEGER, PRIMARY KEY(item, person)) WITHOUT ROWID;"
    "CREATE INDEX asked_by_person ON asked(person, row);"
    /* Who is told what becomes of an item, and whom nothing of it calls; event: what said so. */
    "CREATE TABLE follow("
    " item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, is_muted INTEGER NOT NULL, event TEXT NOT NULL,"
    " PRIMARY KEY(item, person)) WITHOUT ROWID;"
    "CREATE INDEX follow_by_event ON follow(event);"
    /* kept: what the item is about is followed there, with another item or in a room; came: other came of it. */
    "CREATE TABLE link("
    " item INTEGER NOT NULL REFERENCES item, what TEXT NOT NULL, other INTEGER NOT NULL, room INTEGER NOT NULL,"
    " PRIMARY KEY(item, what, other)) WITHOUT ROWID;"
    "CREATE INDEX link_by_other ON link(other) WHERE other > 0;"
    "CREATE INDEX link_by_room ON link(room) WHERE room > 0;"
    /* What was said about an item and is kept in its timeline; event: what kept it. */
    "CREATE TABLE pin("
    " item INTEGER NOT NULL REFERENCES item, text INTEGER NOT NULL REFERENCES text, person TEXT NOT NULL,"
    " event TEXT NOT NULL, PRIMARY KEY(item, text)) WITHOUT ROWID;"
    "CREATE INDEX pin_by_event ON pin(event);"
    "CREATE INDEX pin_by_text ON pin(text);"
    /* What people did to an item, in order. A position is the last act not taken back. */
    "CREATE TABLE act("
    " id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, what TEXT NOT NULL,"
    " event TEXT NOT NULL, at_ms INTEGER NOT NULL, text INTEGER REFERENCES text,"
    " is_taken_back INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX act_by_item ON act(item, person);"
    "CREATE INDEX act_by_person ON act(person, at_ms);"
    "CREATE INDEX act_by_event ON act(event);"
    "CREATE INDEX act_by_text ON act(text);"
    /* Append-only: who, when, through which event, what changed; link: a chain over all of them (history.h). */
    "CREATE TABLE history("
    " id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, room INTEGER, at_ms INTEGER NOT NULL, person TEXT,"
    " event TEXT NOT NULL, what TEXT NOT NULL, detail TEXT, text INTEGER REFERENCES text, link TEXT NOT NULL);"
    "CREATE INDEX history_by_item ON history(item);"
    "CREATE INDEX history_of_calls ON history(detail, at_ms) WHERE what = 'called';"
    "CREATE INDEX history_by_room ON history(room) WHERE item IS NULL;"
    "CREATE TRIGGER history_stays BEFORE DELETE ON history BEGIN SELECT raise(ABORT, 'history is append-only'); END;"
    "CREATE TRIGGER history_is BEFORE UPDATE ON history BEGIN SELECT raise(ABORT, 'history is append-only'); END;",

    /* Fifteen minutes about an item. slots: the instants proposed, a blank between them; a pick names one by its place. row:
       what asked that person. */
    "CREATE TABLE talk("
    " item INTEGER PRIMARY KEY REFERENCES item, step INTEGER NOT NULL, rounds INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " slots TEXT NOT NULL);"
    "CREATE TABLE talk_person("
    " item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, row INTEGER, PRIMARY KEY(item, person))"
    " WITHOUT ROWID;"
    "CREATE INDEX talk_by_person ON talk_person(person);"
    "CREATE TABLE talk_pick("
    " item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, slot INTEGER NOT NULL, event TEXT NOT NULL,"
    " PRIMARY KEY(item, person, slot)) WITHOUT ROWID;"
    "CREATE INDEX talk_pick_by_event ON talk_pick(event);",
    /* A round of a routine, both items: of that day, as a day number; begun_ms: when somebody began it by hand; report: the outbox row that
       shows it in another room. What
       its people answered, question by question from 0; event:
       the message that said it; made: the task that came of it. */
    "CREATE TABLE round(item INTEGER PRIMARY KEY REFERENCES item, routine INTEGER NOT NULL, day INTEGER NOT NULL,"
    " begun_ms INTEGER, report INTEGER, UNIQUE(routine, day));"
    "CREATE TABLE answer("
    " item INTEGER NOT NULL REFERENCES item, person TEXT NOT NULL, place INTEGER NOT NULL,"
    " text INTEGER NOT NULL REFERENCES text, event TEXT NOT NULL, made INTEGER, PRIMARY KEY(item, person, place))"
    " WITHOUT ROWID;"
    "CREATE INDEX answer_by_text ON answer(text);"
    "CREATE INDEX answer_by_event ON answer(event);"
    "CREATE INDEX answer_by_made ON answer(made) WHERE made IS NOT NULL;"
    /* Whom a room calls when something is urgent, in order. */
    "CREATE TABLE chain("
    " room INTEGER NOT NULL REFERENCES room, place INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY(room, place))"
    " WITHOUT ROWID;"
    /* Who is on call in a room: rule is one of recur.h, or "sun". A change lies over it and over older changes. */
    "CREATE TABLE rota(room INTEGER PRIMARY KEY REFERENCES room, rule TEXT NOT NULL, set_ms INTEGER NOT NULL);"
    "CREATE TABLE rota_person("
    " room INTEGER NOT NULL REFERENCES room, place INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY(room, place))"
    " WITHOUT ROWID;"
    "CREATE TABLE rota_change("
    " id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, person TEXT NOT NULL, from_ms INTEGER NOT NULL,"
    " to_ms INTEGER NOT NULL);"
    "CREATE INDEX rota_change_by_room ON rota_change(room, to_ms);"
    /* Asked of another: the asker's shift for that of the one asked. */
    "CREATE TABLE rota_swap("
    " id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, asker TEXT NOT NULL, asked TEXT NOT NULL,"
    " given_from INTEGER NOT NULL, given_to INTEGER NOT NULL, taken_from INTEGER NOT NULL, taken_to INTEGER NOT NULL,"
    " is_open INTEGER NOT NULL DEFAULT 1);"

    /* key: hash of the cause and the step that made it. With the due instant it is the cause of what it does.
     */
    "CREATE TABLE timer("
    " key TEXT PRIMARY KEY, due_ms INTEGER NOT NULL, what TEXT NOT NULL, item INTEGER REFERENCES item,"
    " person TEXT, data TEXT, needs_barrier INTEGER NOT NULL DEFAULT 0,"
    " is_urgent INTEGER NOT NULL DEFAULT 0, held_until_ms INTEGER) WITHOUT ROWID;"
    "CREATE INDEX timer_by_due ON timer(due_ms, item, what);"
    /* Of a million timers the next one is found by these alone; timer.c spells their expressions alike. */
    "CREATE INDEX timer_by_wake ON timer(max(due_ms, coalesce(held_until_ms, 0)));"
    "CREATE INDEX timer_of_barrier ON timer(due_ms) WHERE needs_barrier = 1;"
    "CREATE INDEX timer_held ON timer(held_until_ms) WHERE held_until_ms IS NOT NULL;"
    "CREATE INDEX timer_urgent ON timer(due_ms) WHERE is_urgent = 1;"
    "CREATE INDEX timer_by_item ON timer(item);"
    /* How late what was due has fired: the worst of an hour since 1970, and of what came due while nobody listened (-1: nothing). */
    "CREATE TABLE lateness("
    " place INTEGER PRIMARY KEY, hour INTEGER NOT NULL, worst_ms INTEGER NOT NULL, apart_ms INTEGER NOT NULL);",

    /* What must be said (outbox.h has the life of a row). */
    "CREATE TABLE outbox("
    " id INTEGER PRIMARY KEY, txn TEXT NOT NULL UNIQUE, room INTEGER NOT NULL REFERENCES room,"
    " lane INTEGER NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL, item INTEGER,"
    " cause TEXT NOT NULL, step TEXT NOT NULL, cause_ms INTEGER NOT NULL, from_event INTEGER NOT NULL,"
    " template TEXT, lang TEXT, vals TEXT, is_text INTEGER NOT NULL DEFAULT 0, mentions TEXT,"
    " thread TEXT, reply TEXT, target TEXT, guard TEXT, valid_until_ms INTEGER, role TEXT NOT NULL,"
    " bytes TEXT, event_id TEXT, attempts INTEGER NOT NULL DEFAULT 0, next_try_ms INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL, sealed_ms INTEGER, sent_ms INTEGER, is_moot INTEGER NOT NULL DEFAULT 0,"
    " reason TEXT, held_for TEXT);"
    "CREATE INDEX outbox_held ON outbox(held_for) WHERE held_for IS NOT NULL;"
    "CREATE INDEX outbox_live ON outbox(state, room, lane, id) WHERE state < 4;"
    /* Each poke asks for the first of these, however many rows wait. */
    "CREATE INDEX outbox_ends ON outbox(valid_until_ms) WHERE state < 4 AND valid_until_ms IS NOT NULL;"
    "CREATE INDEX outbox_later ON outbox(next_try_ms) WHERE state < 4 AND next_try_ms > 0;"
    "CREATE INDEX outbox_by_item ON outbox(item) WHERE item IS NOT NULL;"
    "CREATE INDEX outbox_by_target ON outbox(target) WHERE target IS NOT NULL;"
    "CREATE INDEX outbox_by_event ON outbox(event_id) WHERE event_id IS NOT NULL;"
    "CREATE TABLE quote(row INTEGER NOT NULL REFERENCES outbox, text INTEGER NOT NULL REFERENCES text,"
    " PRIMARY KEY(text, row)) WITHOUT ROWID;"
    "CREATE INDEX quote_by_row ON quote(row);"
    /* Our own events that no row knows: what a life of the store that was lost has said. */
    "CREATE TABLE seen(txn TEXT PRIMARY KEY, room INTEGER NOT NULL, event_id TEXT NOT NULL) WITHOUT ROWID;"

    /* Every event that had an effect, ours and others': finds the item of a reply, reaction, edit or
       redaction, and keeps an event from counting twice. */
    "CREATE TABLE message("
    " event_id TEXT PRIMARY KEY, room INTEGER NOT NULL, sender TEXT NOT NULL, role TEXT NOT NULL, item INTEGER,"
    " row INTEGER, at_ms INTEGER NOT NULL, thread TEXT) WITHOUT ROWID;"
    "CREATE INDEX message_by_item ON message(item);"
    "CREATE INDEX message_by_room ON message(room, at_ms) WHERE row IS NULL;"

    /* A question to one person: what the choices 1, 2... would run, which of them 📅 means, or what an answer completes. */
    "CREATE TABLE question("
    " id INTEGER PRIMARY KEY, room INTEGER NOT NULL, person TEXT NOT NULL, row INTEGER NOT NULL,"
    " cause TEXT NOT NULL, thread TEXT, item INTEGER, choices TEXT NOT NULL, completes TEXT,"
    " asked_ms INTEGER NOT NULL, is_open INTEGER NOT NULL DEFAULT 1, later INTEGER);"
    "CREATE INDEX question_by_person ON question(person, room) WHERE is_open = 1;"
    "CREATE INDEX question_by_cause ON question(cause);"

    "CREATE TABLE inbox("
    " id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, room INTEGER NOT NULL, state INTEGER NOT NULL,"
    " json TEXT NOT NULL, since_ms INTEGER NOT NULL, order_key INTEGER NOT NULL, reason TEXT);"
    "CREATE INDEX inbox_by_room ON inbox(room, state, order_key);"
    "CREATE TABLE tries(kind TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(kind, key))"
    " WITHOUT ROWID;",

    /* Encrypted rooms. Pickles are encrypted by a key outside (matrix/crypto/ratchet.h). tracked: whose devices are kept up
       to date; owner: by whose keys they are signed; device.claim_ms: a session with it is wanted from then on. */
    "CREATE TABLE tracked("
    " person TEXT PRIMARY KEY, n_told INTEGER NOT NULL, is_outdated INTEGER NOT NULL,"
    " ask_ms INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX tracked_outdated ON tracked(ask_ms) WHERE is_outdated = 1;"
    "CREATE TABLE owner(person TEXT PRIMARY KEY, pinned TEXT NOT NULL, master TEXT, self_signing TEXT) WITHOUT ROWID;"
    "CREATE TABLE device("
    " person TEXT NOT NULL, device_id TEXT NOT NULL, curve TEXT NOT NULL, ed TEXT NOT NULL,"
    " is_signed INTEGER NOT NULL, is_gone INTEGER NOT NULL DEFAULT 0, claim_ms INTEGER,"
    " PRIMARY KEY(person, device_id)) WITHOUT ROWID;"
    "CREATE INDEX device_wanted ON device(claim_ms) WHERE claim_ms IS NOT NULL;"
    "CREATE TABLE wedged(person TEXT NOT NULL, curve TEXT NOT NULL, PRIMARY KEY(person, curve)) WITHOUT ROWID;"
    "CREATE TABLE olm_session("
    " id TEXT PRIMARY KEY, curve TEXT NOT NULL, pickle TEXT NOT NULL, made_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX olm_session_by_curve ON olm_session(curve, used_ms);"
    "CREATE TABLE olm_seen(hash TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX olm_seen_by_time ON olm_seen(at_ms);"
    "CREATE TABLE to_device("
    " id INTEGER PRIMARY KEY, txn TEXT NOT NULL, body TEXT NOT NULL, session TEXT, is_urgent INTEGER NOT NULL);"
    "CREATE INDEX to_device_by_session ON to_device(session);"
    /* What others' devices gave us (is_backed: it lies in the backup); which message had which index of it. */
    "CREATE TABLE room_key("
    " room_id TEXT NOT NULL, session TEXT NOT NULL, pickle TEXT NOT NULL, person TEXT NOT NULL, curve TEXT NOT NULL,"
    " ed TEXT NOT NULL, is_backed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(room_id, session)) WITHOUT ROWID;"
    "CREATE INDEX room_key_to_back ON room_key(room_id, session) WHERE is_backed = 0;"
    "CREATE INDEX room_key_by_person ON room_key(person);"
    "CREATE TABLE room_index("
    " session TEXT NOT NULL, idx INTEGER NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY(session, idx)) WITHOUT ROWID;"
    /* What we say with, and which devices have it from which index on. */
    "CREATE TABLE room_out("
    " room INTEGER PRIMARY KEY REFERENCES room, session TEXT NOT NULL, pickle TEXT NOT NULL, made_ms INTEGER NOT NULL,"
    " n_used INTEGER NOT NULL, is_shared INTEGER NOT NULL);"
    "CREATE TABLE room_share("
    " session TEXT NOT NULL, person TEXT NOT NULL, device_id TEXT NOT NULL, curve TEXT NOT NULL, idx INTEGER NOT NULL,"
    " is_again INTEGER NOT NULL DEFAULT 0, n_again INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(session, person, device_id)) WITHOUT ROWID;"
    "CREATE INDEX room_share_again ON room_share(session) WHERE is_again = 1;"
    /* The session as it was when devices were given its key, by the index of that. */
    "CREATE TABLE room_start("
    " session TEXT NOT NULL, idx INTEGER NOT NULL, room INTEGER NOT NULL REFERENCES room, pickle TEXT NOT NULL,"
    " is_shared INTEGER NOT NULL, PRIMARY KEY(session, idx)) WITHOUT ROWID;"
    "CREATE INDEX room_start_by_room ON room_start(room);"
    /* Verifications that were begun and are not over. room 0: from device to device. */
    "CREATE TABLE vouching("
    " person TEXT NOT NULL, txn TEXT NOT NULL, device_id TEXT NOT NULL, room INTEGER NOT NULL,"
    " PRIMARY KEY(person, txn)) WITHOUT ROWID;"
    "CREATE INDEX room_share_by_curve ON room_share(curve);",
    NULL,
};

const char *const *const schema_steps[] = { first_schema };
const int schema_version = sizeof schema_steps / sizeof schema_steps[0];
