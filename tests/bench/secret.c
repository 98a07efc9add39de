/*
 * secret - what encryption costs: a message said and a message read, beside bare libolm; an event of sync in an encrypted room
 * beside one in clear.
 *
 *     secret STORE [crowd]    makes the file STORE; "tests/bench/run --secret" builds it and calls it: messages, and with
 *                             crowd the key of a room of a thousand devices
 *
 * The homeserver is that of the unit tests, in this process and in no time. What is said is in a commit each, on the disk; what is
 * read and is small talk is in none.
 */
#include <olm/olm.h>
#include <time.h>

#include "../unit/matrix/crypto/crowd.h"
#include "base/xmalloc.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/take.h"

enum { MESSAGES = 500, ROUNDS_MAX = 2000, BARE_BYTES = 4096 };

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static double us_each(int64_t since_ns, int n)
{
    return (double)(cpu_ns() - since_ns) / 1e3 / n;
}

static struct room room_of(int64_t id, const char *room_id)
{
    return (struct room){ .id = id, .room_id = room_id, .is_encrypted = true };
}

/* Bare libolm */

static double bare_say(const char *payload)
{
    OlmOutboundGroupSession *out = olm_outbound_group_session(xmalloc(olm_outbound_group_session_size()));
    size_t len = olm_init_outbound_group_session_random_length(out);
    uint8_t *random = xmalloc(len), *message = xmalloc(BARE_BYTES);
    secret_random(random, len);
    olm_init_outbound_group_session(out, random, len);
    int64_t since_ns = cpu_ns();
    for (int i = 0; i < MESSAGES; i++)
        olm_group_encrypt(out, (const uint8_t *)payload, strlen(payload), message, BARE_BYTES);
    double each_us = us_each(since_ns, MESSAGES);
    free(random);
    free(message);
    free(out);
    return each_us;
}

/* The same session all along, as it is in memory. */
static double bare_read(struct peer *bot, const char *const *events)
{
    struct json_object *first = json_parse(events[0], strlen(events[0]));
    const char *pickle = store_str(bot->store, peers.arena, "SELECT pickle FROM room_key WHERE session = ?1",
                                   "s", json_str(first, "content/session_id"));
    json_object_put(first);
    struct ratchet_in *in = ratchet_in_load(pickle, bot->crypto->key);
    const char *session = ratchet_in_id(in, peers.arena);
    const char **ciphers = xcalloc(MESSAGES, sizeof *ciphers);
    int n = 0;
    for (int i = 0; i < MESSAGES; i++) {
        struct json_object *json = json_parse(events[i], strlen(events[i]));
        if (strcmp(json_str(json, "content/session_id"), session) == 0)
            ciphers[n++] = arena_strdup(peers.arena, json_str(json, "content/ciphertext"));
        json_object_put(json);
    }
    struct arena *arena = arena_create();
    int64_t since_ns = cpu_ns();
    for (int i = 0; i < n; i++) {
        size_t len;
        uint32_t index;
        ratchet_in_decrypt(in, arena, ciphers[i], &len, &index);
        arena_reset(arena);
    }
    double each_us = us_each(since_ns, n ? n : 1);
    arena_destroy(arena);
    free(ciphers);
    ratchet_in_destroy(in);
    return each_us;
}

/* The bot */

static const char **say_many(struct peer *from)
{
    const char **events = xcalloc(MESSAGES, sizeof *events);
    for (int i = 0; i < MESSAGES; i++)
        events[i] = peer_say(from, "It will not rain tomorrow, they say, but bring a coat all the same.");
    peers_settle();
    return events;
}

static double seal_many(struct peer *bot)
{
    struct seal_cipher cipher = crypto_cipher(bot->crypto);
    struct room room = room_of(1, PEERS_ROOM);
    struct arena *arena = arena_create();
    struct json_object *content = json_object_new_object();
    struct err err;
    json_set_str(content, "msgtype", "m.notice");
    json_set_str(content, "body", "It will not rain tomorrow, they say, but bring a coat all the same.");
    int64_t in_ns = 0;
    for (int i = 0; i < MESSAGES; i++) {
        for (int n = 0; n < ROUNDS_MAX && !cipher.is_ready(cipher.data, &room, "m.room.message", false); n++)
            peers_work();
        int64_t since_ns = cpu_ns();
        store_begin(bot->store);
        cipher.encrypt(cipher.data, &room, "m.room.message", content, arena, &err);
        peer_commit(bot);
        in_ns += cpu_ns() - since_ns;
        arena_reset(arena);
    }
    json_object_put(content);
    arena_destroy(arena);
    return (double)in_ns / 1e3 / MESSAGES;
}

static bool wants_nothing(struct engine *engine, const struct event *event)
{
    (void)engine;
    (void)event;
    return false;
}

static void own_event(void *data, int64_t room, const char *event_id, const char *txn,
                      const char *content_txn)
{
    (void)data;
    (void)room;
    (void)event_id;
    (void)txn;
    (void)content_txn;
}

/* Each an answer of sync, from its bytes on. */
static double take_many(struct peer *bot, const char *const *events, bool has_crypto)
{
    struct intake *intake =
        intake_create(&bot->client, &(struct intake_settings){ .wants = wants_nothing,
                                                               .on_own_event = own_event,
                                                               .crypto = has_crypto ? bot->crypto : NULL });
    intake_reload(intake);
    int64_t in_ns = 0;
    for (int i = 0; i < MESSAGES; i++) {
        const char *text = arena_printf(
            peers.arena, "{\"rooms\":{\"join\":{\"" PEERS_ROOM "\":{\"timeline\":{\"events\":[%s]}}}}}",
            events[i]);
        int64_t since_ns = cpu_ns();
        struct json_object *json = json_parse(text, strlen(text));
        take_answer(intake, &(struct take_answer){ .json = json, .since = "s" });
        if (!intake_commit(intake))
            abort();
        json_object_put(json);
        in_ns += cpu_ns() - since_ns;
    }
    intake_destroy(intake);
    return (double)in_ns / 1e3 / MESSAGES;
}

static void messages(struct peer *bot, struct peer *alice)
{
    const char **events = say_many(alice), **plain = xcalloc(MESSAGES, sizeof *plain);
    for (int i = 0; i < MESSAGES; i++)
        plain[i] = arena_printf(
            peers.arena,
            "{\"event_id\":\"$p%d\",\"sender\":\"@alice:x\",\"type\":\"m.room.message\",\"content\":"
            "{\"msgtype\":\"m.text\",\"body\":\"It will not rain tomorrow, they say.\"}}",
            i);
    double said_us = seal_many(bot), bare_us = bare_say(events[0]);
    double plain_us = take_many(bot, plain, false), read_us = take_many(bot, events, true);
    double bare_read_us = bare_read(bot, events);
    int64_t n_read = peer_count(bot, "SELECT count(*) FROM room_index");
    printf("%-58s %9.1f us  %8.0f a second\n", "said: bare libolm, CPU", bare_us, 1e6 / bare_us);
    printf("%-58s %9.1f us  %8.0f a second\n", "said: sealed by the bot, a commit each, CPU", said_us,
           1e6 / said_us);
    printf("%-58s %9.1f us  %8.0f a second\n", "read: bare libolm, CPU", bare_read_us, 1e6 / bare_read_us);
    printf("%-58s %9.1f us  %8.0f a second\n", "read: an event of sync in clear, CPU", plain_us,
           1e6 / plain_us);
    printf("%-58s %9.1f us  %8.0f a second\n", "read: the same encrypted, CPU", read_us, 1e6 / read_us);
    printf("%-58s %9lld of %d\n", "read: written so far", (long long)n_read, MESSAGES);
    free(events);
    free(plain);
}

/* A thousand devices */

struct crowd {
    int n_rounds,
        n_ready_beside; /* rounds until all was ready there; and in a small room that asked for it meanwhile */
    int64_t in_ns, longest_ns; /* in the bot; the longest that the loop was held up */
};

/* One round of the loop: an answer of sync without news, what is due, the answers. */
static void crowd_round(struct peer *bot, struct crowd *crowd)
{
    int64_t since_ns = cpu_ns();
    peer_sync(bot);
    crypto_poke(bot->crypto);
    int64_t took_ns = cpu_ns() - since_ns;
    crowd->in_ns += took_ns;
    crowd->longest_ns = took_ns > crowd->longest_ns ? took_ns : crowd->longest_ns;
    http_work((struct http *)bot);
    crowd->n_rounds++;
}

static void share_with_crowd(struct peer *bot, struct peer *alice)
{
    enum { PEOPLE = 10 };
    static const char beside_id[] = "!beside:x";
    struct crowd crowd = { 0 };
    crowd_add(bot, PEOPLE);
    int64_t beside = crowd_make_room(bot, beside_id, alice->person);
    while (!crowd_is_ready(bot, 1, PEERS_ROOM, false) && crowd.n_rounds < ROUNDS_MAX) {
        crowd_round(bot, &crowd);
        bool has_begun = peer_count(bot, "SELECT count(*) FROM room_share") > 1;
        if (has_begun && !crowd.n_ready_beside && crowd_is_ready(bot, beside, beside_id, true))
            crowd.n_ready_beside = crowd.n_rounds;
    }
    printf("%-58s %9lld\n", "devices that have the key of a room",
           (long long)peer_count(
               bot, "SELECT count(*) FROM room_share JOIN room_out USING(session) WHERE room = 1"));
    printf("%-58s %9d\n", "  rounds of requests until all had it", crowd.n_rounds);
    printf("%-58s %9d\n", "  rounds until something urgent left another room", crowd.n_ready_beside);
    printf("%-58s %9.1f ms\n", "  CPU of all of it, but for the answers of the homeserver",
           (double)crowd.in_ns / 1e6);
    printf("%-58s %9.1f ms\n", "  the longest that the loop was held up", (double)crowd.longest_ns / 1e6);
}

int main(int argc, char **argv)
{
    struct err err = { "" };
    bool is_crowd = argc == 3 && strcmp(argv[2], "crowd") == 0;
    if (argc != 2 && !is_crowd)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    peers_begin();
    struct peer *bot = peers_add("@bot:x", "CLERK", true), *alice = peers_add("@alice:x", "PHONE", true);
    crypto_destroy(bot->crypto);
    store_close(bot->store);
    if (store_open(argv[1], &bot->store, &err) != STORE_OPENED) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    bot->client.store = bot->store;
    store_begin(bot->store);
    int64_t room = room_ensure(bot->store, PEERS_ROOM);
    room_set(bot->store, room, "membership", "join");
    room_set_encrypted(bot->store, room);
    room_set_has_members(bot->store, room, true);
    room_set_member(bot->store, room, "@alice:x", "join", NULL);
    peer_commit(bot);
    peer_start(bot, true);
    peers_settle();
    if (is_crowd)
        share_with_crowd(bot, alice);
    else
        messages(bot, alice);
    peers_finish();
    return 0;
}
