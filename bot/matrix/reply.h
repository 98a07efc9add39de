/*
 * reply - what a blocking request gave, as far as it outlives its callback: for what is done before the loop runs.
 *
 * Owns:    json, which is the caller's to put; texts live in the arena.
 */
#ifndef MATRIX_REPLY_H
#define MATRIX_REPLY_H

#include "matrix/http.h"

struct reply {
    struct arena *arena;
    int status;
    const char *errcode; /* "": none */
    const char *words; /* for people: status and the server's words */
    struct json_object *json; /* owned */
    int64_t retry_after_ms;
    int64_t date_ms;
    bool is_transient;
    bool is_soft_logout;
};

/* done and data are set here. */
struct reply reply_call(struct http *http, struct arena *arena, struct http_request request);
struct reply reply_get(struct http *http, struct arena *arena, const char *path, bool without_token);
bool reply_is_code(const struct reply *reply, const char *code);

#endif
