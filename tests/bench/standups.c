/*
 * standups - what a 9:00 costs at which everybody is asked at once, and how long the last of them waits for it.
 *
 *     standups STORE PEOPLE ROOMS thread|direct BURST PER_S     prints lines "NAME VALUE"; "tests/bench/run --standups" calls it
 *
 * Each person is in one room, every second one in another too; each room has a standup. Asked are they in the thread of their
 * room, or each in a direct message. The engine, the timers, the outbox and its way out are the bot's, the store is on the disk;
 * the homeserver is played in this process: it answers a PUT after ANSWER_MS and lets BURST through at once, then PER_S a second
 * (0: all). Time is the machine's while there is something to do; where both sides wait it is skipped. Left out are sockets and
 * the sync that brings the bot its own messages back: that they came is said to it with the answer.
 * A minute after nine somebody calls for help in a room of its own, and somebody asks for help about commands: how long those
 * wait behind all the prompts is measured too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "commands/table.h"
#include "engine/engine.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/send.h"
#include "store/hold.h"
#include "store/room.h"
#include "store/timer.h"
#include "timers.h"

enum { ANSWER_MS = 50, PUTS_MAX = 16, BARE_ROWS = 200, HOUR_MS = 3600 * 1000, MINUTE_MS = 60 * 1000 };

/* Tuesday 24 November 2026, 10:00 in Zurich; and the nine o'clock after it. */
static const int64_t begin_ms = INT64_C(1795510800000);
static const int64_t nine_ms = INT64_C(1795510800000) + 23 * (int64_t)HOUR_MS;

struct put {
    uint64_t id; /* 0: free */
    http_done_fn *done;
    void *data;
    char txn[128];
    int64_t ready_ms;
};

static struct bench {
    struct store *store;
    struct engine *engine;
    struct arena *arena;
    struct clock clock;
    struct client client;
    struct send *send;
    struct timers timers;
    int n_people, n_rooms, n_events;
    bool is_direct;
    int64_t *rooms, ops;
    /* Time: the machine's, and what was skipped of it. */
    int64_t since_ns, skipped_ms;
    /* The homeserver. */
    struct put puts[PUTS_MAX];
    uint64_t last_put;
    double burst, per_s, tokens;
    int64_t tokens_ms;
    /* Counted from nine o'clock on. */
    int64_t cpu_ns, longest_ns;
    int n_sent, n_sent_to_last, n_prompts, n_called, n_refused;
    int64_t last_prompt_ms, urgent_ms, help_ms; /* after nine; after it was said */
} bench;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t now_ms(void)
{
    return begin_ms + bench.skipped_ms + (clock_ns(CLOCK_MONOTONIC) - bench.since_ns) / 1000000;
}

static void fail(const char *what)
{
    fprintf(stderr, "standups: %s\n", what);
    exit(1);
}

static void commit(void)
{
    struct err err;
    if (!store_commit(bench.store, &err))
        fail(err.text);
}

/* --- The homeserver --- */

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    for (int i = 0; i < PUTS_MAX; i++) {
        struct put *put = &bench.puts[i];
        if (put->id)
            continue;
        *put = (struct put){
            .id = ++bench.last_put, .done = asked->done, .data = asked->data, .ready_ms = now_ms() + ANSWER_MS
        };
        snprintf(put->txn, sizeof put->txn, "%s", strrchr(asked->path, '/') + 1);
        return put->id;
    }
    fail("more requests at once than the bot may have");
    return 0;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    for (int i = 0; i < PUTS_MAX; i++)
        if (id && bench.puts[i].id == id)
            bench.puts[i].id = 0;
}

/* 0: it is let through; else how long it has to wait. */
static int64_t draw_token(int64_t at_ms)
{
    if (bench.burst <= 0 || bench.per_s <= 0)
        return 0;
    bench.tokens += (double)(at_ms - bench.tokens_ms) * bench.per_s / 1000;
    bench.tokens = bench.tokens > bench.burst ? bench.burst : bench.tokens;
    bench.tokens_ms = at_ms;
    if (bench.tokens < 1)
        return (int64_t)((1 - bench.tokens) / bench.per_s * 1000) + 1;
    bench.tokens -= 1;
    return 0;
}

static int n_mentions(const struct outbox_row *row)
{
    struct json_object *list = json_parse(row->mentions, strlen(row->mentions));
    int n = (int)json_object_array_length(list);
    json_object_put(list);
    return n;
}

static void note_sent(const struct outbox_row *row, int64_t at_ms)
{
    if (at_ms < nine_ms)
        return;
    bench.n_sent++;
    if (strcmp(row->template_name, "round/prompt") == 0) {
        bench.n_prompts++;
        bench.n_called += n_mentions(row);
        bench.last_prompt_ms = at_ms - nine_ms;
        bench.n_sent_to_last = bench.n_sent;
    }
    if (row->lane == OUTBOX_URGENT && row->mentions && !bench.urgent_ms)
        bench.urgent_ms = at_ms - nine_ms - MINUTE_MS;
    if (strncmp(row->template_name, "help/", strlen("help/")) == 0)
        bench.help_ms = at_ms - nine_ms - MINUTE_MS;
}

static void answer(struct put *put)
{
    struct outbox_row row;
    char event_id[64], text[128];
    struct put asked = *put;
    int64_t at_ms = now_ms(), wait_ms = draw_token(at_ms);
    put->id = 0;
    if (!outbox_get(bench.store, outbox_by_txn(bench.store, asked.txn), bench.arena, &row))
        fail("a request of which the outbox knows nothing");
    snprintf(event_id, sizeof event_id, "$row%lld", (long long)row.id);
    snprintf(text, sizeof text,
             wait_ms ? "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":%lld}"
                     : "{\"event_id\":\"$row%lld\"}",
             (long long)(wait_ms ? wait_ms : row.id));
    struct http_answer said = { .status = wait_ms ? 429 : 200,
                                .text = text,
                                .len = strlen(text),
                                .retry_after_ms = wait_ms ? wait_ms : -1,
                                .date_ms = -1 };
    said.json = json_parse(text, said.len);
    said.errcode = json_str(said.json, "errcode");
    bench.n_refused += wait_ms != 0;
    if (!wait_ms)
        note_sent(&row, at_ms);
    asked.done(asked.data, &said);
    if (!wait_ms)
        send_saw_own_event(bench.send, row.room, event_id, NULL, row.txn);
    json_object_put(said.json);
}

/* --- The bot --- */

static int64_t next_ms(void)
{
    int64_t next = send_next_ms(bench.send), timer_ms = timer_next_ms(bench.store, bench.client.now_ms);
    next = timer_ms < next ? timer_ms : next;
    for (int i = 0; i < PUTS_MAX; i++)
        if (bench.puts[i].id && bench.puts[i].ready_ms < next)
            next = bench.puts[i].ready_ms;
    return next;
}

static void turn(void)
{
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall_ns = clock_ns(CLOCK_MONOTONIC);
    bench.client.now_ms = now_ms();
    clock_tick(&bench.clock, bench.client.now_ms, bench.client.now_ms - begin_ms, true);
    for (int i = 0; i < PUTS_MAX; i++)
        if (bench.puts[i].id && bench.puts[i].ready_ms <= bench.client.now_ms)
            answer(&bench.puts[i]);
    timers_fire(&bench.timers, bench.client.now_ms, bench.client.now_ms + 1);
    send_poke(bench.send);
    arena_reset(bench.arena);
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_ns;
    if (bench.client.now_ms < nine_ms)
        return;
    bench.cpu_ns += cpu_ns;
    bench.longest_ns = wall_ns > bench.longest_ns ? wall_ns : bench.longest_ns;
}

/* Where nothing is to be done time is skipped. */
static void live_until(int64_t until_ms, bool (*is_over)(void))
{
    while (now_ms() < until_ms && !(is_over && is_over())) {
        turn();
        int64_t to_ms = next_ms(), left_ms;
        to_ms = to_ms < until_ms ? to_ms : until_ms;
        left_ms = to_ms - now_ms();
        bench.skipped_ms += left_ms > 0 ? left_ms : 0;
    }
}

static void say(int64_t room, const char *person, const char *body)
{
    char id[32];
    snprintf(id, sizeof id, "$said%d", ++bench.n_events);
    struct event event = {
        .kind = EVENT_MESSAGE, .id = id, .room = room, .sender = person, .body = body, .at_ms = now_ms()
    };
    store_begin(bench.store);
    if (engine_event(bench.engine, &event, event.at_ms) != TURN_DONE)
        fail("what was said was not taken");
    commit();
}

/* --- The world --- */

static const char *person_id(int i)
{
    static char id[32];
    snprintf(id, sizeof id, "@person%04d:x", i);
    return id;
}

static int64_t make_room(const char *room_id)
{
    int64_t room = room_ensure(bench.store, room_id);
    room_set(bench.store, room, "membership", "join");
    room_set_has_members(bench.store, room, true);
    room_set_member(bench.store, room, "@greffier:x", "join", NULL);
    return room;
}

static void furnish(void)
{
    char room_id[32];
    bench.rooms = xcalloc((size_t)bench.n_rooms, sizeof *bench.rooms);
    store_begin(bench.store);
    for (int i = 0; i < bench.n_rooms; i++) {
        snprintf(room_id, sizeof room_id, "!room%d:x", i);
        bench.rooms[i] = make_room(room_id);
    }
    for (int i = 0; i < bench.n_people; i++) {
        int there = i % bench.n_rooms, beside = (there + 1 + i / bench.n_rooms) % bench.n_rooms;
        room_set_member(bench.store, bench.rooms[there], person_id(i), "join", NULL);
        if (i % 2 && beside != there)
            room_set_member(bench.store, bench.rooms[beside], person_id(i), "join", NULL);
        if (!bench.is_direct)
            continue;
        snprintf(room_id, sizeof room_id, "!direct%d:x", i);
        int64_t direct = make_room(room_id);
        room_set(bench.store, direct, "dm_person", person_id(i));
        room_set_member(bench.store, direct, person_id(i), "join", NULL);
    }
    bench.ops = make_room("!ops:x");
    room_set(bench.store, bench.ops, "kind", "urgent");
    room_set_member(bench.store, bench.ops, "@alice:x", "join", NULL);
    room_set_member(bench.store, bench.ops, "@bob:x", "join", NULL);
    commit();
}

static void begin(const char *path)
{
    static const char numbers[] = "{\"ESC\":100000,\"RTN\":100000,\"RND\":100000,\"TSK\":100000}";
    static const struct engine_settings settings = { .me = "@greffier:x",
                                                     .lang = "en",
                                                     .zone = "Europe/Zurich",
                                                     .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                     .prefix = "!" };
    struct err err;
    if (store_open(path, &bench.store, &err) != STORE_OPENED)
        fail(err.text);
    bench.arena = arena_create();
    bench.engine = engine_create(bench.store, &settings, command_table, habit_table);
    bench.timers = (struct timers){ .store = bench.store, .engine = bench.engine, .started_ms = begin_ms };
    store_begin(bench.store);
    struct json_object *granted = json_parse(numbers, sizeof numbers - 1);
    engine_reserve_numbers(bench.engine, granted);
    json_object_put(granted);
    commit();
    furnish();
    bench.since_ns = clock_ns(CLOCK_MONOTONIC);
    bench.tokens = bench.burst;
    bench.tokens_ms = begin_ms;
    bench.client = (struct client){
        .store = bench.store, .engine = bench.engine, .clock = &bench.clock, .me = settings.me
    };
    clock_tick(&bench.clock, begin_ms, 0, true);
    client_init(&bench.client, begin_ms);
    client_caught_up(&bench.client, begin_ms);
    bench.send = send_create(&bench.client,
                             &(struct send_settings){ .burst = bench.burst, .refill_per_s = bench.per_s });
    send_open(bench.send, false);
}

/* --- What is measured --- */

/* Who is in the room of a standup, and that for each of them. */
static int64_t n_to_ask(void)
{
    return store_int(bench.store, 0,
                     "SELECT count(*) FROM member m JOIN item i ON i.room = m.room AND i.prefix = 'RTN'"
                     " WHERE m.person <> '@greffier:x'",
                     "");
}

static bool is_said(void)
{
    return bench.n_called >= n_to_ask() && bench.urgent_ms && bench.help_ms;
}

static long long memory_kib(const char *key)
{
    char line[256];
    long long value = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoll(line + strlen(key), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

/* The outbox alone, a commit for each message and its 200: what is said has to be there before it goes. */
static double bare_us(void)
{
    int64_t since_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < BARE_ROWS; i++) {
        char txn[32], event_id[32];
        snprintf(txn, sizeof txn, "bare%d", i);
        snprintf(event_id, sizeof event_id, "$bare%d", i);
        struct outbox_row row = { .txn = txn,
                                  .room = bench.ops,
                                  .lane = OUTBOX_NORMAL,
                                  .cause = "bare",
                                  .step = txn,
                                  .template_name = "round/prompt",
                                  .lang = "en",
                                  .values = "{}",
                                  .role = "ping" };
        store_begin(bench.store);
        int64_t id = outbox_queue(bench.store, &row);
        outbox_seal(bench.store, id, "{\"body\":\"What was done, what is next?\"}", now_ms());
        commit();
        outbox_done(bench.store, id, event_id);
    }
    store_begin(bench.store);
    commit();
    return (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - since_ns) / 1e3 / BARE_ROWS;
}

static void print(void)
{
    if (!bench.n_called || bench.n_called != n_to_ask())
        fail("not everybody was asked, or somebody twice");
    if (!bench.urgent_ms || !bench.help_ms)
        fail("what was said at a minute past nine was not answered");
    printf("asked %lld\nprompts %d\nsent %d\nbefore_last %d\nrefused %d\n", (long long)n_to_ask(),
           bench.n_prompts, bench.n_sent, bench.n_sent_to_last, bench.n_refused);
    printf("last_ms %lld\nurgent_ms %lld\nhelp_ms %lld\n", (long long)bench.last_prompt_ms,
           (long long)bench.urgent_ms, (long long)bench.help_ms);
    printf("cpu_ms %.2f\nlongest_ms %.2f\n", (double)bench.cpu_ns / 1e6, (double)bench.longest_ns / 1e6);
    printf("rss_kib %lld\nanonymous_kib %lld\n", memory_kib("Rss:"), memory_kib("Anonymous:"));
    printf("bare_ms %.2f\n", bare_us() * bench.n_sent / 1e3);
}

static void play(void)
{
    for (int i = 0; i < bench.n_rooms; i++)
        say(bench.rooms[i], person_id(i), "!standup");
    live_until(nine_ms + MINUTE_MS, NULL);
    say(bench.ops, "@alice:x",
        "!urgent Payments are refused\naction: go back to version 4.1\ndeadline: 11:00\nowner: bob");
    say(bench.rooms[0], person_id(0), "!help");
    live_until(nine_ms + 3 * (int64_t)HOUR_MS, is_said);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fputs("usage: standups STORE PEOPLE ROOMS thread|direct BURST PER_S\n", stderr);
        return 2;
    }
    bench = (struct bench){ .n_people = (int)strtol(argv[2], NULL, 10),
                            .n_rooms = (int)strtol(argv[3], NULL, 10),
                            .is_direct = strcmp(argv[4], "direct") == 0,
                            .burst = strtod(argv[5], NULL),
                            .per_s = strtod(argv[6], NULL) };
    if (bench.n_rooms < 1 || bench.n_people < bench.n_rooms)
        fail("each room needs somebody");
    log_set_level(LOG_LEVEL_ERROR);
    begin(argv[1]);
    play();
    print();
    send_destroy(bench.send);
    engine_destroy(bench.engine);
    store_close(bench.store);
    arena_destroy(bench.arena);
    free(bench.rooms);
    return 0;
}
