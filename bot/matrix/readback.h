/*
 * readback - is it there? Looks for events of our own in a room, and for one by its id.
 *
 * Shape:   a look goes through our own events of a room, newest first, until it meets the one whose
 *          unsigned.transaction_id, or io.greffier.txn in the content, is what it seeks (or, for a cause, one
 *          that answers it, or has its item in the content), or events older than oldest_ms. It has one of
 *          three ends. The scan of a page is pure and public for its tests.
 * Units:   oldest_ms against origin_server_ts.
 * Owns:    its requests; what it is given is copied.
 * Errors:  READBACK_FAILED: no answer that says anything; ask again later.
 * Bounds:  READBACK_JOBS at once, READBACK_PAGES of 100 events a look.
 * Source:  architecture.md "done is seen", "a restored store knows it"; trust.md A.3 rule 3.
 */
#ifndef MATRIX_READBACK_H
#define MATRIX_READBACK_H

#include "base/bounds.h"
#include "base/json.h"
#include "matrix/client.h"

enum readback_end {
    READBACK_FOUND,
    READBACK_ABSENT,
    READBACK_DENIED, /* 403, 404: nobody can say */
    READBACK_FAILED,
};

struct readback_look {
    const char *room_id;
    const char *txn; /* seeks this; or NULL */
    const char *ciphertext; /* with txn: an event that has this, whose ids are inside of it; or NULL */
    const char *item; /* seeks what is about the item of this uuid; or NULL */
    const char *cause; /* seeks what relates to this event (with item: only what is encrypted); or NULL */
    int64_t oldest_ms;
};

/* event: of FOUND, borrowed for the call; else NULL. */
typedef void readback_done_fn(void *data, int64_t number, enum readback_end end, struct json_object *event);

struct readback;
struct readback *readback_create(struct client *client, readback_done_fn *done, void *data);
/* NULL does nothing. Requests in flight are cancelled. */
void readback_destroy(struct readback *readback);

/* number comes back with the end; one job for each number. False: all jobs are taken, ask again later. */
bool readback_look(struct readback *readback, int64_t number, const struct readback_look *look);
/* By its id: ABSENT is a 404. */
bool readback_event(struct readback *readback, int64_t number, const char *room_id, const char *event_id);
bool readback_is_busy(const struct readback *readback, int64_t number);
size_t readback_n_free(const struct readback *readback);

/* Pure: what an answer of /messages says. *end_out is the token to go on from, borrowed, where NULL is
 * returned and there is more. */
enum readback_page { READBACK_PAGE_FOUND, READBACK_PAGE_END, READBACK_PAGE_MORE, READBACK_PAGE_BAD };
enum readback_page readback_scan(struct json_object *answer, const struct readback_look *look, const char *me,
                                 const char *from, struct json_object **event_out);

#endif
