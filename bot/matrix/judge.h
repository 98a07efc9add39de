/*
 * judge - what an answer to the PUT of an event means for its row. Pure.
 *
 * Source:  matrix.md 1.5, 3.2; architecture.md "every row ends".
 */
#ifndef MATRIX_JUDGE_H
#define MATRIX_JUDGE_H

#include "matrix/http.h"

enum judge_verdict {
    JUDGE_SENT, /* 200 with an event id */
    JUDGE_AGAIN, /* nobody knows whether it arrived, or no homeserver spoke: the same bytes again, later */
    JUDGE_WAIT, /* not taken, and not the row's fault: the limit, the account, the token */
    JUDGE_THERE, /* what it would do is done already */
    JUDGE_REFUSED, /* for good: parked with the server's reason */
};

enum judge_verdict judge_put(const struct http_answer *answer);
/* Borrowed from answer; NULL unless it is a well-formed event id. */
const char *judge_event_id(const struct http_answer *answer);

#endif
