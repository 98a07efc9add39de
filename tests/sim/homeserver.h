/*
 * homeserver - rooms, what was said in them in the order in which it was accepted, and what a client API answers.
 *
 * Shape:   every event has a position, from 1 on, which is its place in the one stream and the number in its id. Sync
 *          works on positions: long polls, limited timelines with a gap before them, a cache of two minutes for a
 *          request that is repeated word for word (measured at Synapse; matrix.md, lab.md). A transaction id is known
 *          for a while, and then gives the old event; a restart forgets what was kept in memory.
 * Owns:    the events and their texts, for good: what was said is what the checks are made of.
 */
#ifndef SIM_HOMESERVER_H
#define SIM_HOMESERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;

enum { HOMESERVER_ROOMS_MAX = 32, HOMESERVER_PEOPLE_MAX = 32 };

struct said {
    int64_t position;
    char id[40];
    int room;
    const char *type; /* a literal, or owned */
    const char *sender; /* borrowed, for good */
    const char *state_key; /* NULL: no state */
    char *content; /* owned; JSON */
    int64_t at_ms;
    char *txn; /* owned; of the bot's own; NULL: none */
    int64_t redacted_by; /* position; 0: it was not */
    bool is_lost; /* the homeserver said 200, and then lost it */
    bool is_undone; /* the homeserver was put back to a state before it */
    bool is_passed_over; /* the bot's position was of no use any more: this never came to it by sync */
};

struct sim_room {
    char id[32];
    char alias[16]; /* for traces */
    bool is_direct;
    const char *bot_membership; /* "invite", "join", "leave" */
    int64_t bot_since; /* position of that */
    int64_t *positions; /* owned: of its events */
    size_t n, cap;
};

void homeserver_begin(void);
/* What the homeserver's limit is, as the bot's configuration says it. */
void homeserver_limits(double *burst, double *refill_per_s);

/* A room made by that person, who invites the bot. people: user ids, ends with NULL; they are joined. */
int homeserver_make_room(const char *alias, const char *const *people);
const struct sim_room *homeserver_room(int room);
int homeserver_n_rooms(void);

/* Whether the bot was not in the room at some time from one instant to the other. */
bool homeserver_was_out(int room, int64_t from_ms, int64_t to_ms);

/* Somebody says something; content becomes the homeserver's. Returns the position. */
int64_t homeserver_say(int room, const char *sender, const char *type, const char *state_key, char *content);
/* target is emptied. Returns the position of the redaction. */
int64_t homeserver_redact(const char *sender, int64_t target);

const struct said *homeserver_said(int64_t position);
int64_t homeserver_newest(void);
/* 0 if there is no such event. */
int64_t homeserver_position(const char *event_id);
/* Neither lost nor undone: people can see it. */
bool homeserver_is_there(const struct said *said);

/* A request arrives. It is answered (net.h) at once or later. */
void homeserver_take(struct exchange *exchange);

/* Faults. */
void homeserver_remove_bot(int room); /* by the one who made the room, who invites it again later */
void homeserver_invite_bot(int room);
void homeserver_restart(void); /* long polls end, caches and (by seed) transaction ids are forgotten */
void homeserver_set_tight(int limit); /* timelines of so many events; 0: as the client asks */
void homeserver_refuse_all(int64_t until_ms); /* 429 */
/* Its own disk has died, and a backup of so long ago is put back: all messages since are gone, the account data is as it was
 * then; by seed, positions after it are refused. It goes no further back than the last change of a room's state. */
void homeserver_roll_back(int64_t ms);
/* The session ends; the same device may log in again (soft_logout). By seed, transaction ids end with it. */
void homeserver_end_session(void);
void homeserver_log_in(void);

#endif
