#include "matrix/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bounds.h"
#include "base/log.h"
#include "base/plant.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "engine/engine.h"
#include "matrix/http.h"
#include "matrix/spent.h"
#include "store/number.h"

static const int64_t generation_max = INT64_C(1) << 52;

struct numbers {
    struct client *client; /* borrowed */
    numbers_ready_fn *ready;
    void *data;
    uint64_t request; /* 0: none */
    struct json_object *put; /* owned: what is being put; NULL: none */
    bool is_wanted; /* the generation is to be compared, or raised */
    bool has_compared; /* once in this process */
    bool is_restored;
    bool must_skip; /* what the server has handed out was used by another life of this store */
    bool is_ready;
    bool is_refused;
    int n_failed;
    int64_t next_try_ms;
};

static int64_t bounded(int64_t number, int64_t most)
{
    return number < 0 || number > most ? 0 : number;
}

static bool is_prefix(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len > 0 && len <= 8 && name[len] == '\0';
}

static void take_larger(struct json_object *merged, struct json_object *numbers)
{
    if (!numbers)
        return;
    json_object_object_foreach(numbers, prefix, value)
    {
        (void)value;
        int64_t number = bounded(json_int(numbers, prefix, 0), NUMBER_MAX);
        bool has_room = json_object_object_length(merged) < NUMBER_PREFIXES_MAX;
        bool is_known = json_object_object_get_ex(merged, prefix, NULL);
        if (is_prefix(prefix) && (has_room || is_known) && number >= json_int(merged, prefix, 0))
            json_set_int(merged, prefix, number);
    }
}

struct json_object *numbers_merge(struct json_object *ours, struct json_object *servers, bool is_needed)
{
    struct json_object *merged = json_object_new_object();
    take_larger(merged, ours);
    take_larger(merged, servers);
    if (!is_needed)
        return merged;
    json_object_object_foreach(ours, prefix, value)
    {
        (void)value;
        int64_t number = json_int(merged, prefix, 0);
        if (number <= NUMBER_MAX - ENGINE_NUMBER_BLOCK)
            json_set_int(merged, prefix, number + ENGINE_NUMBER_BLOCK);
    }
    return merged;
}

static void failed(struct numbers *numbers, const struct http_answer *answer)
{
    struct arena *arena = arena_create();
    uint32_t number;
    secret_random(&number, sizeof number);
    int64_t wait_ms = numbers->client->account == CLIENT_LOCKED ? CLIENT_LOCKED_MS
                                                                : backoff_ms(numbers->n_failed + 1, number);
    numbers->n_failed++;
    numbers->next_try_ms = numbers->client->now_ms + wait_ms;
    log_warn("the account data cannot be kept: %s", http_describe(arena, answer));
    json_object_put(numbers->put);
    numbers->put = NULL;
    arena_destroy(arena);
}

static bool write_store(struct numbers *numbers)
{
    struct err err;
    if (store_commit(numbers->client->store, &err))
        return true;
    log_error("%s", err.text);
    numbers->next_try_ms = numbers->client->now_ms + store_retry_ms(numbers->client->store);
    numbers->n_failed++; /* numbers_next_ms wakes for what failed */
    return false;
}

static void request(struct numbers *numbers, const char *body, http_done_fn *done)
{
    struct arena *arena = arena_create();
    struct http_request request = {
        .method = body ? "PUT" : "GET",
        .path = arena_printf(arena, "/_matrix/client/v3/user/%s/account_data/io.greffier.state",
                             http_escape(arena, numbers->client->me)),
        .body = body,
        .done = done,
        .data = numbers,
    };
    numbers->request = http_send(numbers->client->http, &request);
    arena_destroy(arena);
}

static void put_answered(void *data, const struct http_answer *answer)
{
    struct numbers *numbers = data;
    struct store *store = numbers->client->store;
    numbers->request = 0;
    client_heard(numbers->client, CLIENT_OTHER, answer);
    if (answer->status != 200) {
        failed(numbers, answer);
        return;
    }
    store_begin(store);
    engine_reserve_numbers(numbers->client->engine, json_obj(numbers->put, "numbers"));
    if (!write_store(numbers))
        return;
    json_object_put(numbers->put);
    numbers->put = NULL;
    numbers->n_failed = 0;
    numbers->is_wanted = false;
    numbers->must_skip = false;
    numbers->is_ready = true;
    numbers->ready(numbers->data, numbers->is_restored);
}

/* The first time in this life, or once it is known that this is not the life we thought. */
static void compare(struct numbers *numbers, int64_t ours, int64_t servers)
{
    if (!numbers->has_compared && servers > ours && !PLANTED(RESTORED_UNSEEN)) {
        log_error(
            "this store is an old copy: it is of generation %lld, the account has seen %lld. Item numbers go "
            "on behind those that were used since; what was said since is looked for before it is said again",
            (long long)ours, (long long)servers);
        numbers->is_restored = numbers->must_skip = true;
    }
    numbers->has_compared = true;
}

static void skip_numbers(struct numbers *numbers, struct json_object *used)
{
    struct json_object *merged = numbers_merge(NULL, used, false);
    json_object_object_foreach(merged, prefix, value)
    {
        number_skip(numbers->client->store, prefix, json_object_get_int64(value));
    }
    json_object_put(merged);
}

/* The store first, then the account data. */
static void raise_generation(struct numbers *numbers, struct json_object *server)
{
    struct store *store = numbers->client->store;
    int64_t ours = store_get_int(store, "generation", 0);
    int64_t servers = bounded(json_int(server, "generation", 0), generation_max);
    int64_t generation = ours > servers ? ours : servers;
    compare(numbers, ours, servers);
    if (numbers->is_wanted)
        generation++;
    store_begin(store);
    store_set_int(store, "generation", generation);
    if (numbers->must_skip) {
        skip_numbers(numbers, json_obj(server, "numbers"));
        number_set_restored(store, numbers->client->now_ms);
        spent_note(store, numbers->client->now_ms);
    }
    if (!write_store(numbers))
        return;
    struct engine *engine = numbers->client->engine;
    struct json_object *reserved = engine_numbers(engine);
    json_object_put(numbers->put);
    numbers->put = json_object_new_object();
    json_set_int(numbers->put, "generation", generation);
    json_set(numbers->put, "numbers",
             numbers_merge(reserved, json_obj(server, "numbers"), engine_needs_numbers(engine)));
    json_object_put(reserved);
    request(numbers, json_text(numbers->put), put_answered);
}

static void get_answered(void *data, const struct http_answer *answer)
{
    struct numbers *numbers = data;
    numbers->request = 0;
    client_heard(numbers->client, CLIENT_OTHER, answer);
    numbers->is_refused = answer->status == 403 && answer->errcode &&
                          strcmp(answer->errcode, "M_FORBIDDEN") == 0 &&
                          numbers->client->account == CLIENT_GOOD;
    bool is_none = answer->status == 404 && answer->errcode && strcmp(answer->errcode, "M_NOT_FOUND") == 0;
    if (is_none || (answer->status == 200 && json_object_is_type(answer->json, json_type_object)))
        raise_generation(numbers, is_none ? NULL : answer->json);
    else
        failed(numbers, answer);
}

/* A locked account is asked for now and then: before the first answer there is no sync that would find it free. */
static bool may_speak(const struct numbers *numbers)
{
    enum client_account account = numbers->client->account;
    return account == CLIENT_GOOD || account == CLIENT_SUSPENDED ||
           (account == CLIENT_LOCKED && !numbers->is_ready);
}

/* Before the first answer nobody else asks anything, so that this is what finds the homeserver. */
static bool may_ask(const struct numbers *numbers)
{
    const struct client *client = numbers->client;
    return may_speak(numbers) && (client->is_reachable || !numbers->is_ready) &&
           client->now_ms >= client->waits_until_ms[CLIENT_OTHER];
}

void numbers_poke(struct numbers *numbers)
{
    const struct client *client = numbers->client;
    if (numbers->request || client->now_ms < numbers->next_try_ms || !may_ask(numbers))
        return;
    if (numbers->is_wanted || engine_needs_numbers(client->engine))
        request(numbers, NULL, get_answered);
}

int64_t numbers_next_ms(const struct numbers *numbers)
{
    const struct client *client = numbers->client;
    if (numbers->request || !(numbers->n_failed || numbers->is_wanted) || !may_speak(numbers) ||
        (numbers->is_ready && !client->is_reachable))
        return INT64_MAX; /* somebody else's answer will wake us */
    int64_t wait_ms = client->waits_until_ms[CLIENT_OTHER];
    return numbers->next_try_ms > wait_ms ? numbers->next_try_ms : wait_ms;
}

bool numbers_is_refused(const struct numbers *numbers)
{
    return numbers->is_refused;
}

bool numbers_is_ready(const struct numbers *numbers)
{
    return numbers->is_ready;
}

void numbers_restored(struct numbers *numbers)
{
    struct store *store = numbers->client->store;
    /* What is left of our block was used by another life: from this turn on nobody draws from it. */
    bool is_ours = !store_in_transaction(store);
    if (is_ours)
        store_begin(store);
    number_use_up(store);
    if (is_ours)
        write_store(numbers);
    numbers->is_restored = numbers->must_skip = true;
    numbers->is_ready = false;
    numbers->is_wanted = true;
}

void numbers_clock_moved(struct numbers *numbers, int64_t by_ms)
{
    client_move(&numbers->next_try_ms, by_ms);
}

void numbers_bump(struct numbers *numbers)
{
    numbers->is_wanted = true;
}

struct numbers *numbers_create(struct client *client, numbers_ready_fn *ready, void *data)
{
    struct numbers *numbers = xcalloc(1, sizeof *numbers);
    numbers->client = client;
    numbers->ready = ready;
    numbers->data = data;
    numbers->is_wanted = true;
    numbers->is_restored = number_is_restored(client->store, client->now_ms);
    return numbers;
}

void numbers_destroy(struct numbers *numbers)
{
    if (!numbers)
        return;
    http_cancel(numbers->client->http, numbers->request);
    json_object_put(numbers->put);
    free(numbers);
}
