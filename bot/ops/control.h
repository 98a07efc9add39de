/*
 * control - the socket by which `greffier show`, `check` and their like ask the running daemon.
 *
 * Shape:   a Unix socket beside the store, 0600; each request is one JSON object on a line, each answer too. Only the
 *          daemon's own user and root are listened to, by what the kernel says of the peer.
 *          The server never waits: the loop polls for it. The client waits, up to its timeout.
 * Units:   now_ms of any clock that does not go back.
 * Bounds:  8 clients, requests of 64 KiB and 16 levels, answers of 1 MiB; a client that neither sends nor takes
 *          anything for 10 s is dropped.
 * Owns:    struct control owns the socket, its file and the clients; the answerer is borrowed.
 * Source:  architecture.md "Control socket".
 */
#ifndef OPS_CONTROL_H
#define OPS_CONTROL_H

#include <json-c/json.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bounds.h"
#include "base/err.h"

enum {
    CONTROL_POLLFDS_MAX = CONTROL_CLIENTS_MAX + 1,
};

struct control;

/* The request is borrowed; the answer becomes the control's. Called from control_handle. */
struct control_answerer {
    struct json_object *(*answer)(void *context, struct json_object *request);
    void *context;
};

/* The file of a daemon that is gone is replaced; where one still answers, or where the path is something else
 * than a socket, NULL with the reason. */
struct control *control_listen(const char *path, const struct control_answerer *answerer, struct err *err);
/* Removes the file too. NULL does nothing. */
void control_close(struct control *control);

/* Fills at most CONTROL_POLLFDS_MAX and returns how many; they hold until the next control_handle. */
size_t control_fill_pollfds(const struct control *control, struct pollfd *fds);
/* After the poll, with what it found; after a timeout too, for the idle ones. */
void control_handle(struct control *control, const struct pollfd *fds, size_t n_fds, int64_t now_ms);
/* When control_handle has to be called even if nothing comes; INT64_MAX: never. */
int64_t control_due_ms(const struct control *control);

struct control_reply {
    struct json_object *answer; /* the caller puts it; NULL on failure */
    bool is_nobody; /* on failure: no daemon listens there */
    struct err err;
};

/* The request is borrowed. False on failure. */
bool control_ask(const char *path, struct json_object *request, int timeout_ms, struct control_reply *reply);

#endif
