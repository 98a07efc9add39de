/*
 * homeserver_private - what the parts of the homeserver share: homeserver.c keeps what was said, homeserver_sync.c and
 * homeserver_api.c answer requests, homeserver_text.c reads and writes.
 */
#ifndef SIM_HOMESERVER_PRIVATE_H
#define SIM_HOMESERVER_PRIVATE_H

#include <stdio.h>

#include "base/buf.h"
#include "homeserver.h"

enum { PARKED_MAX = 16, CACHED_MAX = 8, VERSIONS_MAX = 32, PART_BYTES = 512, ANSWER_MAX = 64 << 20 };

/* A long poll that waits for something to be said. */
struct parked {
    struct exchange *exchange; /* held */
    int64_t since;
    int64_t until_ms;
};

/* What was answered to a sync, word for word. */
struct cached {
    char *path, *text; /* owned */
    int64_t at_ms;
};

struct homeserver {
    struct said *events; /* owned */
    int64_t n_events, events_cap;
    struct sim_room rooms[HOMESERVER_ROOMS_MAX];
    int n_rooms;
    struct {
        char *text; /* owned */
        int64_t at_ms;
    } account_data[VERSIONS_MAX]; /* the newest versions, in order */
    size_t n_account_data;

    double burst, refill_per_s; /* 0: no limit */
    double tokens;
    int64_t tokens_ms;
    int64_t refuses_until_ms;

    int64_t remembers_ms; /* transaction ids */
    bool forgets_at_restart, forgets_at_login;
    bool is_session_over;
    int64_t forgotten_up_to; /* transaction ids of events up to this position are not known any more */
    bool gives_state_after;
    bool refuses_lost_positions; /* after a rollback; else it takes them for the newest that it has */
    int64_t undone_from, undone_to; /* the positions that the last rollback took back; 0: there was none */
    int tight;

    struct parked parked[PARKED_MAX];
    size_t n_parked;
    struct cached cached[CACHED_MAX];
    size_t n_cached;
};

extern struct homeserver server;

#define sim_print(out, size, ...) ((void)snprintf((out), (size), __VA_ARGS__))

struct said *homeserver_add(int room, const char *sender, const char *type, const char *state_key,
                            char *content);
/* direct_to: whom the creator says that it is for; NULL: no direct room. */
int homeserver_open_room(const char *alias, const char *creator, const char *direct_to);
void homeserver_set_bot(int room, const char *membership, const char *sender);
void homeserver_join(int room, const char *person);
/* homeserver_text.c */
/* The n-th part of a path between slashes, decoded; "" if there is none. */
void homeserver_path_part(const char *path, int index, char out[PART_BYTES]);
/* False, and "": the query has no such name. */
bool homeserver_query_value(const char *path, const char *name, char out[PART_BYTES]);
void homeserver_put_event(struct buf *out, const struct said *said);
/* What is the room's state now, of positions in (from, to]; with everybody, or only the bot among the members. */
void homeserver_put_state(struct buf *out, const struct sim_room *room, int64_t from, int64_t to,
                          bool has_members);
bool homeserver_is_current_state(const struct said *said);
/* For the caller to free. */
char *homeserver_take_text(struct buf *out);

/* homeserver_sync.c */
void homeserver_take_sync(struct exchange *exchange);
/* Something was said: long polls end. */
void homeserver_wake(void);

#endif
