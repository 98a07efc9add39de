/*
 * query - what `check`, `show`, `search`, `ics` and `holidays` answer: by the daemon through its control socket, or from the file.
 *
 * Shape:   a request is {"ask": "show", "words": "DEC-1"}; the answer {"text": ...}. One function answers it in
 *          either place, so that the two cannot differ.
 * Owns:    nothing; texts are in the caller's arena. The socket is <store>.sock, mode 0600.
 * Source:  architecture.md "Control socket"; product.md "The command line is a contract".
 */
#ifndef QUERY_H
#define QUERY_H

#include "base/buf.h"
#include "engine/engine.h"
#include "loop.h"

struct query_parts {
    struct store *store; /* borrowed, as the others */
    struct engine *engine;
    const char *lang;
    /* What only a running daemon knows is wrong, a line each; NULL: nobody knows. */
    void (*add_findings)(void *data, struct buf *lines);
    /* What "verify" answers; NULL: nobody can. */
    char *(*verify)(void *data, const char *words, struct arena *arena);
    void *data;
};

/* What stands before the reason where the store could not keep what was to be changed. */
#define QUERY_NOT_KEPT "not kept: "

/* Findings of "check", what "lateness" adds to them where it is none (lateness.h), the record of "show", what "search" found, the calendar of "ics", what is compared by "verify"
 * (crypto_verify), what "holidays" has changed: lines of text. NULL: nothing (check: all is well), or no such question. */
char *query_text(const struct query_parts *parts, const char *ask, const char *words, struct arena *arena);

enum query_reply {
    QUERY_NOBODY, /* no daemon has this store: the file may be opened */
    QUERY_ANSWERED, /* *text_out is what query_text gave there */
    QUERY_FAILED, /* a daemon has it, and gave no answer: err says why */
};
enum query_reply query_daemon(const char *store_path, const char *ask, const char *words, struct arena *arena,
                              char **text_out, struct err *err);

/* For the daemon: the socket, as a guest of its loop. */
struct query_server;
/* NULL with err: the daemon goes on without it. parts are copied; what they point to outlives it. */
struct query_server *query_listen(const char *store_path, const struct query_parts *parts, struct err *err);
/* NULL does nothing. */
void query_close(struct query_server *server);
/* NULL of NULL. */
const struct loop_guest *query_guest(const struct query_server *server);

#endif
