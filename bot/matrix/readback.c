#include "matrix/readback.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xmalloc.h"
#include "matrix/http.h"

struct job {
    struct readback *readback; /* borrowed */
    int64_t number; /* 0: free */
    uint64_t request;
    bool is_event;
    char *room_id; /* owned, as the next six */
    char *txn;
    char *ciphertext;
    char *item;
    char *cause;
    char *event_id;
    char *from;
    int64_t oldest_ms;
    int n_pages;
};

struct readback {
    struct client *client; /* borrowed */
    readback_done_fn *done;
    void *data;
    struct job jobs[READBACK_JOBS];
};

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_sought(struct json_object *event, const struct readback_look *look)
{
    if (look->txn)
        return is_same(json_str(event, "unsigned/transaction_id"), look->txn) ||
               is_same(json_str(event, "content/io.greffier.txn"), look->txn) ||
               is_same(json_str(event, "content/ciphertext"), look->ciphertext);
    if (look->item && is_same(json_str(event, "content/io.greffier.item"), look->item))
        return true;
    /* What stands in clear says whose it is by itself: there a relation alone is not enough. */
    if (look->item && !is_same(json_str(event, "type"), "m.room.encrypted"))
        return false;
    return is_same(json_str(event, "content/m.relates_to/m.in_reply_to/event_id"), look->cause) ||
           is_same(json_str(event, "content/m.relates_to/event_id"), look->cause);
}

enum readback_page readback_scan(struct json_object *answer, const struct readback_look *look, const char *me,
                                 const char *from, struct json_object **event_out)
{
    struct json_object *chunk = json_arr(answer, "chunk");
    *event_out = NULL;
    if (!chunk)
        return READBACK_PAGE_BAD;
    size_t n = json_object_array_length(chunk);
    bool is_past = false;
    for (size_t i = 0; i < n; i++) {
        struct json_object *event = json_object_array_get_idx(chunk, i);
        if (!is_same(json_str(event, "sender"), me))
            continue;
        if (is_sought(event, look) && json_str(event, "event_id")) {
            *event_out = event;
            return READBACK_PAGE_FOUND;
        }
        if (json_int(event, "origin_server_ts", INT64_MAX) < look->oldest_ms)
            is_past = true;
    }
    const char *end = json_str(answer, "end");
    /* A filtered page may be empty and have more behind it; a token that repeats leads nowhere. */
    if (is_past || !end || is_same(end, from))
        return READBACK_PAGE_END;
    return READBACK_PAGE_MORE;
}

static void finish_job(struct job *job)
{
    free(job->room_id);
    free(job->txn);
    free(job->ciphertext);
    free(job->item);
    free(job->cause);
    free(job->event_id);
    free(job->from);
    *job = (struct job){ .readback = job->readback };
}

static void end_job(struct job *job, enum readback_end end, struct json_object *event)
{
    struct readback *readback = job->readback;
    int64_t number = job->number;
    finish_job(job);
    readback->done(readback->data, number, end, event);
}

static void ask(struct job *job);

static enum readback_end end_of_refusal(const struct job *job, const struct http_answer *answer)
{
    bool is_forbidden = answer->status == 403, is_unknown = answer->status == 404;
    if (!http_is_refusal(answer) || (!is_forbidden && !is_unknown))
        return READBACK_FAILED;
    return is_unknown && job->is_event ? READBACK_ABSENT : READBACK_DENIED;
}

static void go_through(struct job *job, const struct http_answer *answer)
{
    struct readback_look look = { .txn = job->txn,
                                  .ciphertext = job->ciphertext,
                                  .item = job->item,
                                  .cause = job->cause,
                                  .oldest_ms = job->oldest_ms };
    struct json_object *event;
    switch (readback_scan(answer->json, &look, job->readback->client->me, job->from, &event)) {
    case READBACK_PAGE_FOUND:
        end_job(job, READBACK_FOUND, event);
        break;
    case READBACK_PAGE_END:
        end_job(job, READBACK_ABSENT, NULL);
        break;
    case READBACK_PAGE_BAD:
        end_job(job, READBACK_FAILED, NULL);
        break;
    case READBACK_PAGE_MORE:
        if (++job->n_pages >= READBACK_PAGES) {
            end_job(job, READBACK_DENIED, NULL);
            break;
        }
        free(job->from);
        job->from = xstrdup(json_str(answer->json, "end"));
        ask(job);
        break;
    }
}

static void answered(void *data, const struct http_answer *answer)
{
    struct job *job = data;
    job->request = 0;
    client_heard(job->readback->client, CLIENT_OTHER, answer);
    if (answer->status != 200)
        end_job(job, end_of_refusal(job, answer), NULL);
    else if (!job->is_event)
        go_through(job, answer);
    else if (is_same(json_str(answer->json, "event_id"), job->event_id))
        end_job(job, READBACK_FOUND, answer->json);
    else
        end_job(job, READBACK_FAILED, NULL);
}

static char *path_of(const struct job *job, struct arena *arena)
{
    const char *room = http_escape(arena, job->room_id);
    if (job->is_event)
        return arena_printf(arena, "/_matrix/client/v3/rooms/%s/event/%s", room,
                            http_escape(arena, job->event_id));
    struct json_object *filter = json_object_new_object();
    struct json_object *senders = json_object_new_array();
    json_add_str(senders, job->readback->client->me);
    json_set(filter, "senders", senders);
    json_set_bool(filter, "lazy_load_members", true);
    char *path = arena_printf(arena, "/_matrix/client/v3/rooms/%s/messages?dir=b&limit=100&filter=%s%s%s",
                              room, http_escape(arena, json_text(filter)), job->from ? "&from=" : "",
                              job->from ? http_escape(arena, job->from) : "");
    json_object_put(filter);
    return path;
}

static void ask(struct job *job)
{
    struct arena *arena = arena_create();
    struct http_request request = { .method = "GET",
                                    .path = path_of(job, arena),
                                    .max_bytes = READBACK_PAGE_BYTES,
                                    .done = answered,
                                    .data = job };
    job->request = http_send(job->readback->client->http, &request);
    arena_destroy(arena);
}

static struct job *new_job(struct readback *readback, int64_t number)
{
    for (size_t i = 0; i < READBACK_JOBS; i++) {
        struct job *job = &readback->jobs[i];
        if (job->number)
            continue;
        job->number = number;
        return job;
    }
    return NULL;
}

bool readback_look(struct readback *readback, int64_t number, const struct readback_look *look)
{
    struct job *job = new_job(readback, number);
    if (!job)
        return false;
    job->room_id = xstrdup(look->room_id);
    job->txn = xstrdup(look->txn);
    job->ciphertext = xstrdup(look->ciphertext);
    job->item = xstrdup(look->item);
    job->cause = xstrdup(look->cause);
    job->oldest_ms = look->oldest_ms;
    ask(job);
    return true;
}

bool readback_event(struct readback *readback, int64_t number, const char *room_id, const char *event_id)
{
    struct job *job = new_job(readback, number);
    if (!job)
        return false;
    job->room_id = xstrdup(room_id);
    job->event_id = xstrdup(event_id);
    job->is_event = true;
    ask(job);
    return true;
}

bool readback_is_busy(const struct readback *readback, int64_t number)
{
    for (size_t i = 0; i < READBACK_JOBS; i++)
        if (readback->jobs[i].number == number)
            return true;
    return false;
}

size_t readback_n_free(const struct readback *readback)
{
    size_t n = 0;
    for (size_t i = 0; i < READBACK_JOBS; i++)
        n += readback->jobs[i].number == 0;
    return n;
}

struct readback *readback_create(struct client *client, readback_done_fn *done, void *data)
{
    struct readback *readback = xcalloc(1, sizeof *readback);
    readback->client = client;
    readback->done = done;
    readback->data = data;
    for (size_t i = 0; i < READBACK_JOBS; i++)
        readback->jobs[i].readback = readback;
    return readback;
}

void readback_destroy(struct readback *readback)
{
    if (!readback)
        return;
    for (size_t i = 0; i < READBACK_JOBS; i++) {
        http_cancel(readback->client->http, readback->jobs[i].request);
        finish_job(&readback->jobs[i]);
    }
    free(readback);
}
