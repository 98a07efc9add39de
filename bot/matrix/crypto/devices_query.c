/* People whose devices may have changed are asked for, many in one request, one request at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/devices.h"
#include "matrix/crypto/share.h"
#include "matrix/parse.h"
#include "store/store.h"

enum {
    PEOPLE_MAX = 250, /* in one request */
    SERVER_AGAIN_MS = 600000, /* whose homeserver could not be reached */
    ANSWER_BYTES = 16 << 20,
};

struct asked {
    char *person; /* owned */
    int64_t n_told;
};

struct query {
    struct crypto_job job;
    struct asked asked[PEOPLE_MAX];
    size_t n_asked;
};

struct query *query_create(void)
{
    struct query *query = xcalloc(1, sizeof *query);
    query->job.is_wanted = true; /* what was left of the life before */
    return query;
}

static void forget_asked(struct query *query)
{
    for (size_t i = 0; i < query->n_asked; i++)
        free(query->asked[i].person);
    query->n_asked = 0;
}

void query_destroy(struct crypto *crypto)
{
    http_cancel(crypto->client->http, crypto->query->job.request);
    forget_asked(crypto->query);
    free(crypto->query);
}

/* What waits because a homeserver is away does not hold up the others; what was refused does. */
void query_want(struct crypto *crypto)
{
    struct crypto_job *job = &crypto->query->job;
    if (!job->attempts)
        job->next_ms = 0;
    job->is_wanted = true;
}

/* What sync says */

static void take_list(struct crypto *crypto, struct json_object *people,
                      void (*take)(struct store *, const char *))
{
    for (size_t i = 0; people && i < json_object_array_length(people); i++) {
        const char *person = json_str(json_object_array_get_idx(people, i), "");
        if (!parse_is_user_id(person))
            continue;
        crypto_begin(crypto);
        take(crypto->client->store, person);
    }
}

/* Without a position nobody has been told what changed. */
static void doubt_all(struct crypto *crypto)
{
    crypto_begin(crypto);
    store_run(crypto->client->store,
              "UPDATE tracked SET n_told = n_told + 1, is_outdated = 1, ask_ms = 0 WHERE is_outdated = 0",
              "");
    query_want(crypto);
}

void query_take(struct crypto *crypto, struct json_object *answer, bool is_first)
{
    if (is_first)
        doubt_all(crypto);
    struct json_object *changed = json_arr(answer, "device_lists/changed");
    take_list(crypto, changed, devices_changed);
    take_list(crypto, json_arr(answer, "device_lists/left"), devices_untrack);
    if (changed && json_object_array_length(changed))
        query_want(crypto);
}

/* Asking */

static void choose_people(struct crypto *crypto)
{
    struct query *query = crypto->query;
    struct rows rows = store_rows(crypto->client->store,
                                  "SELECT person, n_told FROM tracked WHERE is_outdated = 1 AND ask_ms <= ?1"
                                  " ORDER BY person LIMIT ?2",
                                  "ii", crypto->client->now_ms, (int64_t)PEOPLE_MAX);
    forget_asked(query);
    while (rows_next(&rows))
        query->asked[query->n_asked++] =
            (struct asked){ .person = xstrdup(rows_text(&rows, 0)), .n_told = rows_int(&rows, 1) };
}

static struct json_object *body_of(const struct query *query)
{
    struct json_object *body = json_object_new_object(), *people = json_object_new_object();
    for (size_t i = 0; i < query->n_asked; i++)
        json_set(people, query->asked[i].person, json_object_new_array());
    json_set(body, "device_keys", people);
    json_set_int(body, "timeout", 10000);
    return body;
}

static bool is_unreachable(struct json_object *failures, const char *person)
{
    const char *colon = strchr(person, ':');
    return failures && colon && json_object_object_get_ex(failures, colon + 1, NULL);
}

static void learn_all(struct crypto *crypto, struct json_object *answer)
{
    struct store *store = crypto->client->store;
    struct query *query = crypto->query;
    struct json_object *failures = json_obj(answer, "failures");
    for (size_t i = 0; i < query->n_asked; i++) {
        const struct asked *asked = &query->asked[i];
        if (is_unreachable(failures, asked->person))
            store_run(store, "UPDATE tracked SET ask_ms = ?2 WHERE person = ?1", "si", asked->person,
                      crypto->client->now_ms + SERVER_AGAIN_MS);
        else
            devices_learn(store, asked->person, asked->n_told, crypto->client->now_ms, answer);
        crypto_tell(crypto, asked->person);
        share_touch_person(crypto, asked->person);
    }
}

static void on_queried(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct crypto_job *job = &crypto->query->job;
    job->request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status != 200 || !json_obj(answer->json, "device_keys")) {
        crypto_job_failed(crypto, job, "the devices of others cannot be learnt now", answer);
        return;
    }
    job->attempts = 0;
    crypto_begin(crypto);
    learn_all(crypto, answer->json);
    if (!crypto_commit(crypto))
        job->next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

/* Those whose homeserver was away; INT64_MAX: none is left. */
static int64_t next_asked_ms(const struct crypto *crypto)
{
    return store_int(crypto->client->store, INT64_MAX,
                     "SELECT min(ask_ms) FROM tracked WHERE is_outdated = 1 HAVING min(ask_ms) IS NOT NULL",
                     "");
}

void query_poke(struct crypto *crypto)
{
    struct query *query = crypto->query;
    if (!crypto_job_may_start(crypto, &query->job))
        return;
    choose_people(crypto);
    if (!query->n_asked) {
        query->job.next_ms = next_asked_ms(crypto);
        query->job.is_wanted = query->job.next_ms < INT64_MAX;
        return;
    }
    struct json_object *body = body_of(query);
    query->job.request =
        http_send(crypto->client->http, &(struct http_request){ .method = "POST",
                                                                .path = "/_matrix/client/v3/keys/query",
                                                                .body = json_text(body),
                                                                .max_bytes = ANSWER_BYTES,
                                                                .done = on_queried,
                                                                .data = crypto });
    json_object_put(body);
}

int64_t query_next_ms(const struct crypto *crypto)
{
    return crypto_job_next_ms(crypto, &crypto->query->job);
}

void query_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->query->job.next_ms, by_ms);
}
