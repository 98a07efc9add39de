/*
 * net - what lies between the bot and its homeserver: requests on their way, and what becomes of them there.
 *
 * Shape:   an exchange goes out, arrives (or not), is answered (at once, or when a long poll ends), and comes back (or
 *          not). net_fate decides how long each way takes and what goes wrong; the homeserver answers by net_answer.
 *          What the bot cancels, or leaves behind when it dies, goes on at the homeserver all the same.
 * Owns:    the exchanges, until nobody refers to them any more.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "matrix/http.h"

enum net_trouble {
    NET_FINE,
    NET_LOST_OUT, /* it never arrives */
    NET_LOST_BACK, /* it does its work, and the answer is lost */
    NET_REFUSED, /* nobody listens */
    NET_BUSY, /* 5xx by the homeserver, without any effect */
    NET_BAD_GATEWAY, /* it did its work, and 5xx is what comes back */
    NET_TWICE, /* it arrives twice, as by a proxy that tries again */
};

struct exchange {
    struct exchange *next; /* in the order in which they are ready */
    uint64_t id;
    struct http *http; /* NULL: nobody waits for it any more */
    http_done_fn *done;
    void *done_data;
    char *method, *path, *body; /* owned */
    int n_refs;
    enum net_trouble trouble;
    int64_t back_ms; /* how long the way back takes */
    bool is_long_poll;
    bool is_answered, is_ready;
    int status;
    char *text; /* owned: the answer */
    int64_t date_ms;
};

/* The exchange arrived, and was answered: from the homeserver. text becomes the exchange's, to free(). */
void net_answer(struct exchange *exchange, int status, char *text);
/* By the homeserver, for one that it keeps for later. */
struct exchange *net_hold(struct exchange *exchange);
void net_release(struct exchange *exchange);

/* Whether an answer waits for the bot. */
bool net_is_ready(void);
/* The connections that are open break: whoever waits for an answer knows at once that none will come. */
void net_break(void);
/* The life is over: nobody waits for anything any more. */
void net_forget_life(void);

/* How the net is, until it is told otherwise: percent of requests that come to grief, and milliseconds on top. */
struct net_weather {
    bool is_down; /* all of them are refused */
    bool is_mute; /* all arrive, and no answer comes back */
    int lost_percent;
    int busy_percent;
    int twice_percent;
    int64_t slow_ms; /* up to so much more each way */
    int64_t slow_sync_ms; /* up to so much more for what sync answers */
};
extern struct net_weather net_weather;

#endif
