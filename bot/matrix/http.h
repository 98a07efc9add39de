/*
 * http - requests to one homeserver, all at once on one thread, by libcurl's multi interface.
 *
 * Shape:   http_send begins a request and returns its id; http_work moves what is ready and calls back those
 * that ended, from nowhere else. One fixed base URL: redirects are never followed, no proxy and no netrc is
 * taken from the environment, nothing but http and https is spoken, plain http only to this machine, no
 * compression is asked for (so that the byte caps below hold), certificates are always checked.
 * Units:   timeout_s, *_ms, bytes.
 * Owns:    the connections and the requests in flight. What an answer points to is borrowed for the length
 * of the callback.
 * Errors:  no answer at all (transport) is status 0 with failure set; every status is the caller's to judge.
 * Bounds:  a body's max_bytes, headers of 64 KiB, a wall-clock timeout and a lowest speed for each request.
 * Source:  matrix.md 1.7; trust.md B.2 rows 15, 17, 20, 27.
 */
#ifndef MATRIX_HTTP_H
#define MATRIX_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bounds.h"
#include "base/err.h"
#include "base/json.h"

struct http;
struct curl_waitfd;

/* NULL with err: the URL is not one of a homeserver. */
struct http *http_create(const char *base_url, struct err *err);
/* Requests in flight end without a call. NULL does nothing. Not from within a callback. */
void http_destroy(struct http *http);
/* For every later request; NULL: none. Copied, and wiped when it is replaced. */
void http_set_token(struct http *http, const char *token);

/* Where the homeserver listens. */
uint16_t http_port(const struct http *http);

struct http_answer {
    int status; /* 0: no answer */
    const char *text; /* the body, followed by a NUL */
    size_t len;
    struct json_object *json; /* the body if it is one JSON value, else NULL */
    const char *errcode; /* "M_LIMIT_EXCEEDED", or NULL */
    const char *error; /* the server's words, cleaned and shortened, or NULL */
    int64_t retry_after_ms; /* the body's word first, then the header's; -1: none */
    int64_t date_ms; /* the server's clock; -1: none */
    bool is_soft_logout;
    bool has_old_token; /* it was asked with another token than the one that is set now */
    bool is_too_large; /* of a status 0: the body had more than max_bytes */
    const char *failure; /* of a status 0: what happened, in words */
};

typedef void http_done_fn(void *data, const struct http_answer *answer);

struct http_request {
    const char *method;
    const char *path; /* from the '/' on, percent-encoded, with the query */
    const char *body; /* JSON, or NULL */
    int timeout_s; /* 0: HTTP_TIMEOUT_S */
    size_t max_bytes; /* of the answer's body; 0: HTTP_BODY_BYTES */
    http_done_fn *done;
    void *data;
    bool without_token;
    bool
        is_once; /* asked twice it is done twice: on a connection of its own, since curl repeats by itself what a
                     connection that was kept has lost */
    bool
        is_long_poll; /* may be silent until its timeout: no lowest speed, which costs a wake-up a second, and no
                          time of its own for connecting, which costs one */
};

/* Copies what the request points to. done is called exactly once, from http_work, unless it is cancelled;
 * it may send and cancel. Ids are never 0 and never used again. */
uint64_t http_send(struct http *http, const struct http_request *asked);
/* done will not be called. An id that has ended, or 0, does nothing. */
void http_cancel(struct http *http, uint64_t id);
void http_work(struct http *http);
/* Requests that have neither called done nor been cancelled. */
int http_n_in_flight(const struct http *http);
/* Waits for the network, or for one of the extra descriptors, at most timeout_ms. */
void http_wait(struct http *http, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms);
/* Sends and works until this request has called done: for logging in and checking, not for the loop. */
void http_call(struct http *http, const struct http_request *request);

/* Percent-encodes one component of a path or query: all but letters, digits and -._~ */
char *http_escape(struct arena *arena, const char *component);

/* True for what may pass by itself: no answer, 408, 429, 5xx. */
bool http_is_transient(const struct http_answer *answer);
/* The homeserver's own no, which will not pass by itself: a 4xx that has an error code, and is not about the token
 * (401), time (408) or the limit (429). A 4xx without a code is some server in front of it, as a proxy that is being
 * set up anew: nothing follows from that. 413 alone needs none, since the same bytes are too many for a proxy too. */
bool http_is_refusal(const struct http_answer *answer);
/* "403 M_FORBIDDEN: words", or what the transport said. */
char *http_describe(struct arena *arena, const struct http_answer *answer);

/* How long to wait before try attempt + 1 (attempt counts from 1): up to 1, 2, 4... 60 s, at random in there
 * so that many clients do not come back together, and never less than a fifth of a second. */
int64_t backoff_ms(int attempt, uint32_t random);

#endif
