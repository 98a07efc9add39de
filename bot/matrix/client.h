/*
 * client - what the two halves of the transport (sync and send) know together about one account.
 *
 * Shape:   a plain struct. Every answer of the homeserver goes through client_heard, which keeps what follows
 *          from it for everybody: whether it can be reached, which kind of request must wait, the state of the
 *          account, the server's idea of the time.
 * Units:   *_ms since 1970 UTC; now_ms is set by the loop at each wake-up, before any answer is handled: nobody
 *          else reads a clock.
 * Owns:    nothing; every pointer is borrowed from who made it and outlives it.
 * Source:  architecture.md "nothing moot goes out" (one sync after a start, a resume or a reconnection),
 *          "lanes" (a 429 pauses its kind only), "every row ends".
 */
#ifndef MATRIX_CLIENT_H
#define MATRIX_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct engine;
struct http;
struct http_answer;
struct store;

/* A 429 makes requests of its own kind wait. */
enum client_kind { CLIENT_SYNC, CLIENT_SEND, CLIENT_JOIN, CLIENT_OTHER, CLIENT_N_KINDS };

/* Between two looks whether a locked account is free again. */
enum { CLIENT_LOCKED_MS = 300000 };

enum client_account {
    CLIENT_GOOD,
    CLIENT_SUSPENDED, /* may read, may not write: sends are tried again now and then */
    CLIENT_LOCKED, /* by an administrator: nothing but a slow sync */
    CLIENT_SIGNED_OUT, /* the token is no longer good */
};

struct client {
    struct http *http;
    struct store *store;
    struct engine *engine;
    struct clock *clock; /* NULL: nobody cares about the server's Date */
    const char *me;
    const char *device_id;

    int64_t now_ms;

    bool is_reachable; /* the last request got an answer from the homeserver itself */
    int64_t lost_ms; /* when it could last not be reached; the start counts */
    int64_t gone_ms; /* the same, but for the start and what was our own doing: it may have been restarted */
    bool is_caught_up; /* a sync asked for after lost_ms was applied */
    int64_t waits_until_ms[CLIENT_N_KINDS];
    enum client_account account;
    bool is_soft_logout; /* with CLIENT_SIGNED_OUT: the same device may log in again */

    /* Called when account changes; may be NULL. */
    void (*on_account)(void *data, enum client_account account);
    void *data;
};

/* Zeroes what is not given, and begins as after a loss. */
void client_init(struct client *client, int64_t now_ms);

/* After every answer, of every request, before it is used. Status 0, 502, 503 and 504 are a loss: somebody
 * else, or nobody, answered. */
void client_heard(struct client *client, enum client_kind kind, const struct http_answer *answer);
/* The machine slept, or anything else after which what we know may be old. */
void client_lost(struct client *client);
/* By sync, after the commit of an answer that had been asked for at asked_ms. */
void client_caught_up(struct client *client, int64_t asked_ms);
bool client_may_send(const struct client *client, enum client_kind kind);
/* A request may succeed, as far as the account and the network go: what is not so now will be found out by sync. */
bool client_is_well(const struct client *client);

/* The wall clock was set, by so much: the instants that were counted on the old one are moved to the new. Each part that
 * keeps some has such a function; nothing then waits an hour, or ends an hour too early, because a clock was set. */
void client_clock_moved(struct client *client, int64_t by_ms);
/* One instant; 0 and INT64_MAX mean none and stay. */
void client_move(int64_t *at_ms, int64_t by_ms);

#endif
