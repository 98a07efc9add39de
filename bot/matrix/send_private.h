/*
 * send_private - what the parts of matrix/send share: send.c chooses rows and speaks to the loop, send_put.c makes
 * requests and draws the conclusions of their answers, send_look.c looks for what may have arrived, send_seal.c
 * freezes.
 */
#ifndef MATRIX_SEND_PRIVATE_H
#define MATRIX_SEND_PRIVATE_H

#include "matrix/budget.h"
#include "matrix/readback.h"
#include "matrix/send.h"

enum { N_FLIGHTS = SEND_FLIGHTS + SEND_URGENT_FLIGHTS };

struct flight {
    struct send *send; /* borrowed */
    int64_t row; /* 0: free */
    enum outbox_lane lane;
    uint64_t request;
    bool is_seen; /* its event came back before its answer */
    bool was_cleared; /* it had been looked for, and was not there */
};

/* A 200 that no commit has written yet. */
struct awaited {
    int64_t row;
    int64_t since_ms;
};

struct cause_look {
    send_found_fn *found; /* NULL: free */
    void *data;
    char *cause; /* owned */
};

struct send {
    struct client *client; /* borrowed */
    struct send_settings settings;
    struct readback *readback; /* owned */
    struct budget budget;
    bool is_open;
    bool is_restored;
    size_t window; /* PUTs at once that are not urgent: fewer while the homeserver refuses them */
    int64_t next_ms;
    size_t n_ahead; /* normal rows sealed since the oldest room had its turn */
    struct flight flights[N_FLIGHTS];
    struct awaited awaited[SEND_AWAITED_MAX];
    size_t n_awaited;
    int64_t cleared[SEND_CLEARED_MAX]; /* rows that were looked for and are not there: they may go */
    size_t next_cleared;
    int64_t token_ms; /* since when the token is good; 0: for ever */
    int64_t looks_after_ms; /* a look failed: the next not before */
    int n_failed_looks;
    struct cause_look causes[READBACK_JOBS];
    int64_t marked_until; /* rows up to this id are marked before they are sealed: the last end was unclean */
    int64_t marked[SEND_MARKED_MAX]; /* that this program has marked: it is not its own end */
    size_t next_marked;
    struct poke *sealed; /* owned; by send_seal, until its commit is known */
};

/* send.c: what all of them need. */
uint32_t send_random_number(void);
void send_wake_at(struct send *send, int64_t at_ms);
/* False, and a line in the log: nothing was written. */
bool send_commit(struct send *send);
/* False: the store could not be read. */
bool send_get_row(const struct send *send, int64_t id, struct arena *arena, struct outbox_row *row,
                  struct room *room);

/* send_put.c. The flight of row 0 is a free one. */
struct flight *send_flight_of(struct send *send, int64_t row);
void send_fly(struct send *send, const struct outbox_row *row, const char *room_id, struct arena *arena);
/* A 200 whose echo came; all those that a commit writes. */
void send_forget_awaited(struct send *send, int64_t row);
void send_write_awaited(struct send *send);

/* send_look.c. Rows that are cleared were looked for and are not there. */
bool send_is_cleared(const struct send *send, int64_t row);
void send_clear_row(struct send *send, int64_t row);
void send_unclear_row(struct send *send, int64_t row);
/* In its room, or beside it. */
bool send_is_looked_for(const struct send *send, int64_t row);
void send_look_for(struct send *send, const struct outbox_row *row, const struct room *room);
void send_look_after_sent(struct send *send);
void send_read_back(void *data, int64_t number, enum readback_end end, struct json_object *event);
/* In a transaction: nobody can say, or it is not there, and it may not be sent again. */
void send_end_unknown(struct send *send, const struct outbox_row *row, const char *reason);

/* send_seal.c. In a transaction. True: its bytes are frozen, in *row too; else the row has ended. */
bool send_seal_row(struct send *send, struct outbox_row *row, const struct room *room, struct arena *arena);

#endif
