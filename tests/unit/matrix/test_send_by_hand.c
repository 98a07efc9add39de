/* matrix/send with a homeserver and looks that are played by hand, answer by answer: what no socket says on demand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "engine/engine.h"
#include "matrix/clock.h"
#include "matrix/http.h"
#include "matrix/readback.h"
#include "matrix/send.h"
#include "store/inbox.h"
#include "store/room.h"

enum { NOW = 1800000000, ROOMS = 80, ASKED_MAX = 256, LOOKS_MAX = 16 };

struct put {
    http_done_fn *done; /* NULL: answered, or cancelled */
    void *data;
    char path[256], body[512];
};

struct look {
    int64_t number; /* 0: it has ended */
    bool is_event;
    int64_t oldest_ms;
    char txn[32], id[64]; /* id: of the event, or of the room */
};

static struct bench {
    struct store *store;
    struct arena *arena;
    struct clock clock;
    struct client client;
    struct send *send;
    int64_t rooms[ROOMS];
    struct put puts[ASKED_MAX];
    int n_puts;
    struct look looks[LOOKS_MAX];
    int n_looks;
    readback_done_fn *look_done;
    void *look_data;
    bool takes_no_looks; /* all jobs are taken */
    /* When it is asked whether this row is looked for, the store can be written no more; has failed already. */
    int64_t read_only_at, fails_at;
    int n_considered; /* rows of which it was asked whether they are looked for */
    int n_restored;
} bench;

/* The homeserver */

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    (void)http;
    assert_true(bench.n_puts < ASKED_MAX);
    assert_string_equal(asked->method, "PUT");
    struct put *put = &bench.puts[bench.n_puts++];
    put->done = asked->done;
    put->data = asked->data;
    snprintf(put->path, sizeof put->path, "%s", asked->path);
    snprintf(put->body, sizeof put->body, "%s", asked->body);
    return (uint64_t)bench.n_puts;
}

void http_cancel(struct http *http, uint64_t id)
{
    (void)http;
    if (id)
        bench.puts[id - 1].done = NULL;
}

static void answer(int n, int status, const char *text)
{
    struct put *put = &bench.puts[n];
    struct http_answer said = {
        .status = status, .text = text, .len = strlen(text), .retry_after_ms = -1, .date_ms = -1
    };
    said.json = json_parse(text, strlen(text));
    said.errcode = json_str(said.json, "errcode");
    said.retry_after_ms = json_int(said.json, "retry_after_ms", -1);
    http_done_fn *done = put->done;
    assert_non_null(done);
    put->done = NULL;
    done(put->data, &said);
    json_object_put(said.json);
}

static void accept(int n)
{
    char text[64];
    snprintf(text, sizeof text, "{\"event_id\":\"$event%d\"}", n);
    answer(n, 200, text);
}

/* Looks */

struct readback *readback_create(struct client *client, readback_done_fn *done, void *data)
{
    (void)client;
    bench.look_done = done;
    bench.look_data = data;
    return NULL;
}

void readback_destroy(struct readback *readback)
{
    (void)readback;
}

static struct look *add_look(int64_t number, const char *id)
{
    assert_true(bench.n_looks < LOOKS_MAX);
    struct look *look = &bench.looks[bench.n_looks++];
    *look = (struct look){ .number = number };
    snprintf(look->id, sizeof look->id, "%s", id);
    return look;
}

bool readback_look(struct readback *readback, int64_t number, const struct readback_look *asked)
{
    (void)readback;
    if (bench.takes_no_looks)
        return false;
    struct look *look = add_look(number, asked->room_id);
    look->oldest_ms = asked->oldest_ms;
    snprintf(look->txn, sizeof look->txn, "%s", asked->txn ? asked->txn : "");
    return true;
}

bool readback_event(struct readback *readback, int64_t number, const char *room_id, const char *event_id)
{
    (void)readback;
    (void)room_id;
    add_look(number, event_id)->is_event = true;
    return true;
}

bool readback_is_busy(const struct readback *readback, int64_t number)
{
    (void)readback;
    bench.n_considered += number < ASKED_MAX; /* larger: a look beside its room */
    if (number == bench.fails_at || number == bench.read_only_at)
        store_run(bench.store, "PRAGMA query_only = 1", "");
    if (number == bench.fails_at)
        store_run(bench.store, "DELETE FROM tries", "");
    for (int i = 0; i < bench.n_looks; i++)
        if (bench.looks[i].number == number)
            return true;
    return false;
}

static void end_look(int n, enum readback_end end, const char *event_id)
{
    int64_t number = bench.looks[n].number;
    struct json_object *event = NULL;
    assert_true(number != 0);
    bench.looks[n].number = 0;
    if (event_id) {
        event = json_object_new_object();
        json_set_str(event, "event_id", event_id);
    }
    bench.look_done(bench.look_data, number, end, event);
    json_object_put(event);
}

/* The engine's part: words for a row, without templates. */
bool engine_speak(struct engine *engine, const struct outbox_row *row, struct arena *arena,
                  struct spoken *out, struct err *err)
{
    (void)engine;
    (void)err;
    out->body = arena_strdup(arena, row->values);
    out->key = row->kind == OUTBOX_REACTION ? arena_strdup(arena, "👍") : NULL;
    return true;
}

char *engine_item_name(struct engine *engine, int64_t item, struct arena *arena)
{
    (void)engine;
    (void)item;
    (void)arena;
    return NULL;
}

static void note_restored(void *data)
{
    (void)data;
    bench.n_restored++;
}

static void start_sending(const struct send_settings *settings)
{
    bench.send = send_create(&bench.client, settings);
    send_open(bench.send, false);
}

static int setup(void **state)
{
    (void)state;
    bench = (struct bench){ .client = { .clock = &bench.clock, .me = "@bot:example.org" },
                            .read_only_at = -1,
                            .fails_at = -1 };
    log_set_level(LOG_LEVEL_ERROR + 1);
    assert_int_equal(store_open(NULL, &bench.store, NULL), STORE_OPENED);
    bench.arena = arena_create();
    bench.client.store = bench.store;
    store_begin(bench.store);
    for (int i = 0; i < ROOMS; i++) {
        bench.rooms[i] = room_ensure(bench.store, arena_printf(bench.arena, "!r%d:example.org", i));
        room_set(bench.store, bench.rooms[i], "membership", "join");
    }
    assert_true(store_commit(bench.store, NULL));
    clock_tick(&bench.clock, NOW, 1000, true);
    client_init(&bench.client, NOW);
    client_caught_up(&bench.client, NOW);
    start_sending(&(struct send_settings){ .on_restored = note_restored });
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    send_destroy(bench.send);
    store_close(bench.store);
    arena_destroy(bench.arena);
    return 0;
}

static struct outbox_row make_row(int room, const char *txn)
{
    return (struct outbox_row){ .txn = txn,
                                .room = bench.rooms[room],
                                .lane = OUTBOX_NORMAL,
                                .cause = "$cause",
                                .step = txn,
                                .cause_ms = bench.client.now_ms,
                                .is_from_event = true,
                                .template_name = "hello",
                                .lang = "en",
                                .values = "{}",
                                .role = "answer",
                                .created_ms = bench.client.now_ms };
}

static int64_t queue_row(const struct outbox_row *row)
{
    store_begin(bench.store);
    int64_t id = outbox_queue(bench.store, row);
    assert_true(store_commit(bench.store, NULL));
    return id;
}

static int64_t queue(int room, const char *txn)
{
    struct outbox_row row = make_row(room, txn);
    return queue_row(&row);
}

/* With what waits for a commit. */
static struct outbox_row get(int64_t id)
{
    struct outbox_row row = { 0 };
    store_begin(bench.store);
    assert_true(store_commit(bench.store, NULL));
    assert_true(outbox_get(bench.store, id, bench.arena, &row));
    return row;
}

static void sql(const char *text)
{
    store_begin(bench.store);
    store_run(bench.store, text, "");
    assert_true(store_commit(bench.store, NULL));
}

static void set_writable(bool is_writable)
{
    store_run(bench.store, is_writable ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1", "");
}

static void at(int64_t now_ms)
{
    bench.client.now_ms = now_ms;
    clock_tick(&bench.clock, now_ms, 1000 + now_ms - NOW, true);
}

/* The store */

static void send__puts_nothing_that_is_not_on_the_disk(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    set_writable(false);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    int64_t again_ms = send_next_ms(bench.send);
    assert_in_range(again_ms, NOW + 1, NOW + 5000);
    set_writable(true);
    at(again_ms);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(get(row).state, OUTBOX_ATTEMPTED);
}

/* The second row is chosen, and then cannot be read: the first is not sent either, since its bytes are not kept. */
static void send__puts_nothing_when_the_store_fails_amid_a_poke(void **state)
{
    (void)state;
    int64_t first = queue(0, "t1"), second = queue(1, "t2");
    bench.fails_at = second;
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    bench.fails_at = -1;
    set_writable(true);
    assert_int_equal(get(first).state, OUTBOX_QUEUED);
    at(NOW + 5000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
}

static void send__marks_on_the_disk_before_it_tries(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    send_mark_tries(bench.send);
    bench.read_only_at = row;
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    assert_int_equal(send_next_ms(bench.send), NOW + 5000);
    bench.read_only_at = -1;
    set_writable(true);
    at(NOW + 5000);
    send_poke(bench.send); /* the mark */
    assert_int_equal(bench.n_puts, 0);
    assert_int_equal(tries_count(bench.store, "outbox", "t"), 1);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(tries_count(bench.store, "outbox", "t"), 0);
}

/* A 200 is not lost, and the row not said again, because the disk is full for a while. */
static void send__keeps_a_200_while_the_store_cannot_be_written(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    accept(0);
    set_writable(false);
    at(NOW + SEND_ECHO_MS);
    send_poke(bench.send);
    assert_in_range(send_next_ms(bench.send), NOW + SEND_ECHO_MS + 1, NOW + SEND_ECHO_MS + 5000);
    set_writable(true);
    at(NOW + SEND_ECHO_MS + 5000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_string_equal(get(row).event_id, "$event0");
    assert_int_equal(bench.n_looks, 1); /* no echo came */
}

/* What it found of a row cannot be written: it waits before it asks again, however often it is poked. */
static void send__asks_no_more_than_it_can_write(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    accept(0);
    at(NOW + SEND_ECHO_MS);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    set_writable(false);
    end_look(0, READBACK_FOUND, "$event0");
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    int64_t again_ms = send_next_ms(bench.send);
    assert_in_range(again_ms, NOW + SEND_ECHO_MS + 1, NOW + SEND_ECHO_MS + 5000);
    set_writable(true);
    at(again_ms);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 2);
    end_look(1, READBACK_FOUND, "$event0");
    assert_int_equal(get(row).state, OUTBOX_DONE);
}

/* Rows that a last life had sealed need no commit to go again: their 200s gather until there are too many. */
static void send__writes_its_200s_before_they_are_too_many(void **state)
{
    (void)state;
    for (int i = 0; i < ROOMS; i++)
        queue(i, arena_printf(bench.arena, "t%d", i));
    store_begin(bench.store);
    store_run(bench.store, "UPDATE outbox SET state = 1, bytes = '{}', sealed_ms = ?1", "i", (int64_t)NOW);
    assert_true(store_commit(bench.store, NULL));
    for (int n = 0; n < SEND_AWAITED_MAX + 2;) {
        send_poke(bench.send);
        assert_true(bench.n_puts > n);
        if (n == SEND_AWAITED_MAX) {
            set_writable(false);
            accept(n++); /* finds no place, and is kept for a commit all the same */
            set_writable(true);
            assert_int_equal(store_n_deferred(bench.store), SEND_AWAITED_MAX + 1);
        }
        while (n < bench.n_puts && n != SEND_AWAITED_MAX)
            accept(n++);
    }
    assert_in_range(store_n_deferred(bench.store), 0, SEND_URGENT_FLIGHTS + SEND_FLIGHTS);
    assert_in_range(store_int(bench.store, 0, "SELECT count(*) FROM outbox WHERE state = 2", ""),
                    SEND_AWAITED_MAX + 1, ROOMS);
}

/* In the commit of somebody else: sealed with it, or not at all. */
static void send_seal__goes_with_the_commit_it_is_part_of(void **state)
{
    (void)state;
    store_begin(bench.store);
    send_seal(bench.send); /* nothing is to be said */
    send_sealed(bench.send, store_commit(bench.store, NULL));
    int64_t row = queue(0, "t");
    bench.client.is_reachable = false;
    store_begin(bench.store);
    send_seal(bench.send); /* nobody is there */
    send_sealed(bench.send, store_commit(bench.store, NULL));
    assert_int_equal(bench.n_puts, 0);
    bench.client.is_reachable = true;
    store_begin(bench.store);
    send_seal(bench.send);
    store_rollback(bench.store);
    send_sealed(bench.send, false);
    assert_int_equal(bench.n_puts, 0);
    assert_int_equal(get(row).state, OUTBOX_QUEUED);
    store_begin(bench.store);
    send_seal(bench.send);
    assert_int_equal(bench.n_puts, 0);
    send_sealed(bench.send, store_commit(bench.store, NULL));
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(get(row).state, OUTBOX_ATTEMPTED);
}

/* When a row may go */

static void send__waits_for_a_homeserver_that_can_be_reached(void **state)
{
    (void)state;
    queue(0, "t");
    bench.client.is_reachable = false;
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    bench.client.is_reachable = true;
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
}

static void send__keeps_pings_back_while_the_clock_is_wrong(void **state)
{
    (void)state;
    struct outbox_row ping = make_row(0, "ping");
    ping.mentions = "[\"@bob:example.org\"]";
    queue_row(&ping);
    clock_tick(&bench.clock, NOW, 1000 + 3600000, true);
    clock_hear(&bench.clock, NOW + 3600000);
    clock_tick(&bench.clock, NOW + 7200000, 1000 + 3600000, true);
    assert_false(clock_may_ping(&bench.clock));
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    bench.client.clock = NULL; /* nobody who knows better */
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
}

static void send__sends_again_what_is_still_of_use(void **state)
{
    (void)state;
    struct outbox_row short_lived = make_row(0, "t");
    short_lived.valid_until_ms = NOW + 90000;
    int64_t row = queue_row(&short_lived);
    send_poke(bench.send);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    at(NOW + 60000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
    answer(1, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    at(NOW + 90000 + 60000);
    send_poke(bench.send); /* it is too late: looked for, since either try may have arrived */
    assert_int_equal(bench.n_puts, 2);
    assert_int_equal(bench.n_looks, 1);
    end_look(0, READBACK_ABSENT, NULL);
    send_poke(bench.send);
    assert_int_equal(get(row).state, OUTBOX_UNKNOWN);
    assert_string_equal(get(row).reason, "expired");
}

/* Reactions are in clear in encrypted rooms too. */
static void send__sends_a_reaction_again_to_a_room_that_is_encrypted_by_now(void **state)
{
    (void)state;
    struct outbox_row reaction = make_row(0, "t");
    reaction.kind = OUTBOX_REACTION;
    reaction.target = "$card";
    queue_row(&reaction);
    send_poke(bench.send);
    assert_non_null(strstr(bench.puts[0].path, "/send/m.reaction/t"));
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    sql("UPDATE room SET is_encrypted = 1");
    at(NOW + 60000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
    assert_string_equal(bench.puts[0].body, bench.puts[1].body);
}

static int64_t queue_redaction(int64_t after)
{
    struct outbox_row redaction = make_row(0, "gone");
    redaction.kind = OUTBOX_REDACTION;
    redaction.target = "$word";
    redaction.reply = arena_printf(bench.arena, "@row:%lld", (long long)after);
    return queue_row(&redaction);
}

/* It goes after what it waits for has arrived, and again as it went, in a room that is encrypted by now too. */
static void send__removes_after_what_had_to_be_said_first(void **state)
{
    (void)state;
    int64_t back = queue(1, "back"), gone = queue_redaction(back);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    at(NOW + 60000);
    send_poke(bench.send);
    accept(1);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 3);
    assert_non_null(strstr(bench.puts[2].path, "/redact/%24word/gone"));
    answer(2, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    sql("UPDATE room SET is_encrypted = 1");
    at(NOW + 120000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 4);
    assert_string_equal(bench.puts[2].path, bench.puts[3].path);
    assert_string_equal(bench.puts[2].body, bench.puts[3].body);
    accept(3);
    assert_int_equal(get(gone).state, OUTBOX_SENT);
}

static void send__removes_nothing_whose_author_has_not_got_it_back(void **state)
{
    (void)state;
    int64_t back = queue(1, "back"), gone = queue_redaction(back);
    send_poke(bench.send);
    answer(0, 413, "{\"errcode\":\"M_TOO_LARGE\"}");
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(get(gone).state, OUTBOX_WITHDRAWN);
}

static bool is_said_powerless(void)
{
    return store_int(bench.store, 0, "SELECT 1 FROM timer WHERE what = 'room/powerless'", "");
}

/* It is never tried later: a 403 is said, and what else is refused is not the room's fault. */
static void send__gives_up_a_removal_that_is_refused(void **state)
{
    (void)state;
    int64_t other = queue_redaction(queue(1, "back"));
    send_poke(bench.send);
    accept(0);
    send_poke(bench.send);
    answer(1, 404, "{\"errcode\":\"M_NOT_FOUND\"}");
    assert_int_equal(get(other).state, OUTBOX_WITHDRAWN);
    assert_false(is_said_powerless());
    sql("UPDATE outbox SET txn = 'before' WHERE txn = 'gone'");
    int64_t gone = queue_redaction(other);
    sql("UPDATE outbox SET reply = NULL WHERE txn = 'gone'");
    send_poke(bench.send);
    answer(2, 403, "{\"errcode\":\"M_FORBIDDEN\"}");
    assert_int_equal(get(gone).state, OUTBOX_WITHDRAWN);
    assert_true(is_said_powerless());
}

/* A sealed row holds up its room and needs one token; the others need more. */
static void send__waits_with_a_second_try_for_the_budget_and_for_a_slot(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .burst = 10, .refill_per_s = 0.2 });
    queue(0, "again");
    send_poke(bench.send);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    for (int i = 0; i < 10; i++) {
        struct outbox_row urgent = make_row(10 + i, arena_printf(bench.arena, "urgent%d", i));
        urgent.lane = OUTBOX_URGENT;
        queue_row(&urgent);
    }
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 11);
    at(NOW + 2000); /* its own wait is over, the bucket is still empty */
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 11);
    at(send_next_ms(bench.send));
    send_poke(bench.send); /* one token, and ten of the urgent are still under way: more than the window */
    assert_int_equal(bench.n_puts, 11);
    for (int i = 1; i <= 10; i++)
        accept(i);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 12);
    assert_non_null(strstr(bench.puts[11].path, "/again"));
}

static int64_t queue_unasked(int room, const char *txn)
{
    struct outbox_row row = make_row(room, txn);
    row.is_from_event = false;
    return queue_row(&row);
}

static bool is_put(int n, const char *txn)
{
    return n < bench.n_puts && strcmp(strrchr(bench.puts[n].path, '/') + 1, txn) == 0;
}

/* A room that is answered all day takes three of four: the oldest of the others has its turn, and then the next. */
static void send__answers_first_and_gives_the_oldest_its_turn(void **state)
{
    (void)state;
    static const char *const order[] = { "answer0", "answer1", "answer2", "prompt0", "answer3",
                                         "answer4", "answer5", "prompt1", "answer6" };
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .burst = 5, .refill_per_s = 0.2 }); /* one in 5 s */
    for (int i = 0; i < 3; i++)
        queue_unasked(i, arena_printf(bench.arena, "prompt%d", i));
    for (int i = 0; i < 9; i++)
        queue(10, arena_printf(bench.arena, "answer%d", i));
    for (int i = 0; i < 9; i++) {
        send_poke(bench.send);
        assert_int_equal(bench.n_puts, i + 1);
        assert_true(is_put(i, order[i]));
        accept(i);
        send_poke(bench.send);
        assert_int_equal(bench.n_puts, i + 1);
        at(send_next_ms(bench.send));
    }
}

/* With no limit but that of the slots: what leaves at once counts too. */
static void send__gives_the_oldest_their_turn_after_many_at_once(void **state)
{
    (void)state;
    queue_unasked(0, "prompt");
    for (int i = 0; i < 2 * SEND_FLIGHTS; i++)
        queue(10 + i, arena_printf(bench.arena, "answer%d", i));
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, SEND_FLIGHTS);
    assert_true(is_put(SEND_FLIGHTS - 1, "answer7"));
    accept(0);
    send_poke(bench.send);
    assert_true(is_put(SEND_FLIGHTS, "prompt"));
    accept(1);
    queue_unasked(1, "next");
    send_poke(bench.send);
    assert_true(is_put(SEND_FLIGHTS + 1, "answer8"));
}

/* The first that the budget refuses speaks for all that are behind it, but not for what is urgent. */
static void send__looks_at_no_row_of_a_lane_that_was_refused(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .burst = 5, .refill_per_s = 0.2 });
    for (int i = 0; i < 20; i++)
        queue(i, arena_printf(bench.arena, "t%d", i));
    bench.n_considered = 0;
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(bench.n_considered, 2);
    accept(0);
    struct outbox_row urgent = make_row(30, "urgent");
    urgent.lane = OUTBOX_URGENT;
    queue_row(&urgent);
    send_poke(bench.send);
    assert_int_equal(bench.n_considered, 3);
    assert_true(is_put(1, "urgent"));
    accept(1);
    send_poke(bench.send);
    assert_int_equal(bench.n_considered, 3);
    assert_in_range(send_next_ms(bench.send), NOW + 10000, NOW + 10001); /* the urgent one took a token */
    at(send_next_ms(bench.send));
    send_poke(bench.send);
    assert_true(is_put(2, "t1"));
}

/* Its own reactions leave more behind: they wait, and nothing else does. */
static void send__shuts_the_slowest_lane_alone(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .burst = 6, .refill_per_s = 0.2 });
    queue(0, "first");
    send_poke(bench.send);
    struct outbox_row low = make_row(1, "low");
    low.lane = OUTBOX_LOW;
    queue_row(&low);
    bench.n_considered = 0;
    send_poke(bench.send);
    assert_int_equal(bench.n_considered, 0);
    assert_in_range(send_next_ms(bench.send), NOW + 5000, NOW + 5001);
    queue(2, "second");
    send_poke(bench.send);
    assert_int_equal(bench.n_considered, 1);
    assert_true(is_put(1, "second"));
    assert_int_equal(bench.n_puts, 2);
    at(NOW + 10001);
    send_poke(bench.send);
    assert_true(is_put(2, "low"));
}

/* What a lost life may have said is looked for while the budget refuses it. */
static void send__looks_for_the_old_in_a_lane_that_is_refused(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .burst = 5, .refill_per_s = 0.2 });
    send_open(bench.send, true);
    queue(0, "new");
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    queue(1, "refused");
    struct outbox_row old = make_row(2, "old");
    old.cause_ms = NOW - SEND_LATE_MS;
    queue_row(&old);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(bench.n_looks, 1);
}

static void send_clock_moved__moves_what_is_awaited(void **state)
{
    (void)state;
    queue(0, "t");
    send_poke(bench.send);
    accept(0);
    at(NOW + 3600000);
    send_clock_moved(bench.send, 3600000);
    send_poke(bench.send);
    assert_int_equal(send_next_ms(bench.send), NOW + 3600000 + SEND_ECHO_MS);
    assert_int_equal(bench.n_looks, 0);
}

static const char *encrypt(void *data, const struct room *room, const char *type, struct json_object *content,
                           struct arena *arena, struct err *err)
{
    (void)content;
    assert_string_equal(type, "m.room.message");
    (void)room;
    (void)err;
    return arena_strdup(arena, data);
}

static void send__seals_by_the_cipher_that_it_is_given(void **state)
{
    (void)state;
    static char secret[] = "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}";
    static const struct seal_cipher cipher = { .encrypt = encrypt, .data = secret };
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .cipher = &cipher });
    queue(0, "t");
    send_poke(bench.send);
    assert_string_equal(bench.puts[0].body, secret);
    assert_non_null(strstr(bench.puts[0].path, "/send/m.room.encrypted/t"));
}

static bool is_ready(void *data, const struct room *room, const char *type, bool is_urgent)
{
    (void)room;
    assert_string_equal(type, "m.room.message");
    assert_false(is_urgent);
    return !strstr(data, "not yet");
}

/* Its room's key has to reach others first. */
static void send__seals_nothing_before_its_cipher_is_ready(void **state)
{
    (void)state;
    static char secret[] = "{\"algorithm\":\"not yet\"}";
    static const struct seal_cipher cipher = { .is_ready = is_ready, .encrypt = encrypt, .data = secret };
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ .cipher = &cipher });
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    assert_int_equal(store_int(bench.store, -1, "SELECT state FROM outbox WHERE id = ?1", "i", row),
                     OUTBOX_QUEUED);
    memcpy(strstr(secret, "not yet"), "by now ", 7);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
}

/* What comes back */

static void send__leaves_alone_what_was_seen_before_its_answer_failed(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    send_saw_own_event(bench.send, bench.rooms[0], "$seen", "t", NULL);
    get(row); /* a commit */
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    assert_int_equal(get(row).state, OUTBOX_DONE);
    assert_int_equal(get(row).attempts, 0);
}

static void send__forgets_of_several_200s_the_one_whose_event_came(void **state)
{
    (void)state;
    int64_t rows[3] = { queue(0, "t0"), queue(1, "t1"), queue(2, "t2") };
    send_poke(bench.send);
    for (int i = 0; i < 3; i++)
        accept(i);
    send_saw_own_event(bench.send, bench.rooms[1], "$event1", "t1", "t1");
    at(NOW + SEND_ECHO_MS);
    send_poke(bench.send);
    assert_int_equal(get(rows[1]).state, OUTBOX_DONE);
    assert_int_equal(bench.n_looks, 2);
    assert_string_equal(bench.looks[0].id, "$event0");
    assert_string_equal(bench.looks[1].id, "$event2");
}

static void send__takes_the_limit_in_whatever_form_it_comes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
        int64_t waits_ms;
    } rows[] = {
        { 429, "{}", 5000 },
        { 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":9000}", 9000 },
        { 400, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":9000}", 9000 },
    };
    int64_t row = queue(0, "t");
    for (int i = 0; i < 3; i++) {
        int64_t now_ms = bench.client.now_ms;
        send_poke(bench.send);
        assert_int_equal(bench.n_puts, i + 1);
        answer(i, rows[i].status, rows[i].text);
        send_poke(bench.send);
        assert_int_equal(send_next_ms(bench.send), now_ms + rows[i].waits_ms);
        assert_int_equal(get(row).attempts, 0); /* it is not the row's fault */
        at(now_ms + rows[i].waits_ms);
    }
    send_poke(bench.send);
    accept(3);
    assert_int_equal(get(row).state, OUTBOX_SENT);
}

/* A proxy's own 401 says nothing of the account: the row waits, or it would be sent again at once, for ever. */
static void send__waits_with_the_row_if_nothing_else_does(void **state)
{
    (void)state;
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    answer(0, 401, "<html>");
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_int_equal(get(row).attempts, 1);
}

/* A look said that it is not there, and the try after it never arrived: no other look is needed. */
static void send__keeps_what_a_look_found_while_the_limit_refuses(void **state)
{
    (void)state;
    queue(0, "t");
    send_poke(bench.send);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    at(NOW + SEND_LATE_MS);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    send_poke(bench.send); /* under way */
    assert_int_equal(bench.n_looks, 1);
    end_look(0, READBACK_ABSENT, NULL);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
    answer(1, 429, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":1000}");
    at(NOW + SEND_LATE_MS + 1000);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 3);
    assert_int_equal(bench.n_looks, 1);
}

/* Looks */

static void look__waits_after_one_that_failed(void **state)
{
    (void)state;
    bench.client.clock = NULL;
    queue(0, "t0");
    queue(1, "t1");
    send_poke(bench.send);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    at(NOW + SEND_LATE_MS);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    assert_int_equal(bench.looks[0].oldest_ms, NOW - SEND_LATE_MS);
    end_look(0, READBACK_FAILED, NULL);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    assert_in_range(send_next_ms(bench.send), bench.client.now_ms + 1, bench.client.now_ms + 60000);
    accept(1);
    get(1);
    send_poke(bench.send);
    at(send_next_ms(bench.send));
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 2);
}

/* The row was sealed when the clock was behind: the look goes back as far as that. */
static void look__goes_back_to_the_earlier_of_cause_and_seal(void **state)
{
    (void)state;
    queue(0, "t");
    send_poke(bench.send);
    answer(0, 500, "{\"errcode\":\"M_UNKNOWN\"}");
    store_begin(bench.store);
    store_run(bench.store, "UPDATE outbox SET sealed_ms = ?1", "i", (int64_t)NOW - 7000);
    assert_true(store_commit(bench.store, NULL));
    at(NOW + SEND_LATE_MS);
    send_poke(bench.send);
    assert_int_equal(bench.looks[0].oldest_ms, NOW - 7000 - SEND_LATE_MS);
}

static int64_t send_one(void)
{
    int64_t row = queue(0, "t");
    send_poke(bench.send);
    accept(0);
    get(row);
    at(NOW + SEND_ECHO_MS);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    assert_true(bench.looks[0].is_event);
    return row;
}

static void look__after_a_200_ends_the_row_whose_event_is_there(void **state)
{
    (void)state;
    int64_t row = send_one();
    send_poke(bench.send); /* asked once */
    assert_int_equal(bench.n_looks, 1);
    end_look(0, READBACK_FOUND, "$event0");
    assert_int_equal(get(row).state, OUTBOX_DONE);
}

static void look__after_a_200_ends_what_nobody_may_see(void **state)
{
    (void)state;
    int64_t row = send_one();
    end_look(0, READBACK_DENIED, NULL);
    assert_int_equal(get(row).state, OUTBOX_UNKNOWN);
}

/* Its event is not there, nor anything with its id: it goes again, with the same id and bytes. */
static void look__after_a_200_sends_again_what_is_nowhere(void **state)
{
    (void)state;
    int64_t row = send_one();
    end_look(0, READBACK_ABSENT, NULL);
    assert_int_equal(bench.n_looks, 2);
    assert_false(bench.looks[1].is_event);
    assert_string_equal(bench.looks[1].txn, "t");
    send_poke(bench.send); /* while the second look is under way */
    assert_int_equal(bench.n_looks, 2);
    end_look(1, READBACK_ABSENT, NULL);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
    assert_string_equal(bench.puts[0].path, bench.puts[1].path);
    assert_string_equal(bench.puts[0].body, bench.puts[1].body);
    assert_int_equal(get(row).state, OUTBOX_ATTEMPTED);
}

static void look__after_a_200_is_over_when_the_echo_came(void **state)
{
    (void)state;
    int64_t row = send_one();
    send_saw_own_event(bench.send, bench.rooms[0], "$event0", NULL, "t");
    get(row);
    end_look(0, READBACK_ABSENT, NULL);
    assert_int_equal(bench.n_looks, 1);
    assert_int_equal(get(row).state, OUTBOX_DONE);
}

/* What a look found is written, or is not known: nothing is concluded in between. */
static void look__concludes_nothing_that_cannot_be_written(void **state)
{
    (void)state;
    int64_t row = send_one();
    set_writable(false);
    end_look(0, READBACK_FOUND, "$event0");
    set_writable(true);
    assert_int_equal(get(row).state, OUTBOX_SENT);
}

static void look__after_a_200_is_put_off_by_one_that_failed(void **state)
{
    (void)state;
    int64_t row = send_one();
    end_look(0, READBACK_FAILED, NULL);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 1);
    int64_t again_ms = send_next_ms(bench.send);
    assert_in_range(again_ms, bench.client.now_ms + 1, bench.client.now_ms + 60000);
    at(NOW + SEND_ALARM_MS + 60000);
    assert_int_equal(send_n_unconfirmed(bench.send), 1);
    send_poke(bench.send);
    assert_int_equal(bench.n_looks, 2);
    end_look(1, READBACK_FOUND, "$event0");
    assert_int_equal(get(row).state, OUTBOX_DONE);
    assert_int_equal(send_n_unconfirmed(bench.send), 0);
}

/* A restored store */

static void send__tells_once_that_the_store_is_an_old_copy(void **state)
{
    (void)state;
    send_saw_own_event(bench.send, bench.rooms[0], "$foreign", NULL, NULL); /* of another client of ours */
    send_saw_own_event(bench.send, bench.rooms[0], "$foreign", "m1", NULL);
    assert_int_equal(bench.n_restored, 0);
    send_saw_own_event(bench.send, bench.rooms[0], "$a", NULL, "lost1");
    send_saw_own_event(bench.send, bench.rooms[0], "$b", NULL, "lost2");
    assert_int_equal(bench.n_restored, 1);
}

static void send__looks_in_a_restored_store_for_what_is_old_alone(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ 0 });
    send_saw_own_event(bench.send, bench.rooms[0], "$a", NULL, "lost"); /* nobody wants to be told */
    struct outbox_row row = make_row(0, "old");
    row.cause_ms = NOW - SEND_LATE_MS;
    int64_t old = queue_row(&row);
    queue(1, "young");
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 1);
    assert_non_null(strstr(bench.puts[0].path, "/young"));
    end_look(0, READBACK_ABSENT, NULL);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 2);
    assert_int_equal(get(old).state, OUTBOX_ATTEMPTED);
}

/* What goes to one person alone, where the life that was lost had no direct message yet, it said in the room of its item. */
static void send__looks_in_a_restored_store_beside_its_room_too(void **state)
{
    (void)state;
    static const enum readback_end ends[] = { READBACK_FOUND, READBACK_ABSENT };
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ 0 });
    send_saw_own_event(bench.send, bench.rooms[0], "$a", NULL, "lost");
    for (int i = 0; i < 2; i++) {
        struct outbox_row row = make_row(0, i ? "new" : "old");
        store_run(bench.store,
                  "INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
                  " VALUES(?1, 'RND', ?2, ?3, 1, '@a:x', '@a:x', '$c', 1)",
                  "sii", row.txn, (int64_t)i + 1, bench.rooms[1]);
        row.item = store_last_id(bench.store);
        row.cause_ms = NOW - SEND_LATE_MS;
        int64_t id = queue_row(&row);
        send_poke(bench.send);
        end_look(2 * i, READBACK_ABSENT, NULL);
        send_poke(bench.send);
        assert_int_equal(bench.n_looks, 2 * i + 2);
        assert_string_not_equal(bench.looks[2 * i].id, bench.looks[2 * i + 1].id);
        assert_int_equal(bench.n_puts, 0);
        end_look(2 * i + 1, ends[i], ends[i] == READBACK_FOUND ? "$there" : NULL);
        send_poke(bench.send);
        assert_int_equal(get(id).state, i ? OUTBOX_ATTEMPTED : OUTBOX_DONE);
        assert_int_equal(get(id).room, bench.rooms[i ? 0 : 1]);
        assert_int_equal(bench.n_puts, i);
    }
}

/* The other way round: it goes to the thread, where the lost life had a direct message for whom alone it calls. */
static void send__looks_in_a_restored_store_in_the_direct_room_too(void **state)
{
    (void)state;
    send_destroy(bench.send);
    start_sending(&(struct send_settings){ 0 });
    send_saw_own_event(bench.send, bench.rooms[2], "$a", NULL, "lost");
    sql("INSERT INTO item(uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
        " SELECT 'u', 'RND', 1, min(id), 1, '@a:x', '@a:x', '$c', 1 FROM room");
    sql("UPDATE room SET dm_person = '@dan:x' WHERE id = (SELECT min(id) + 1 FROM room)");
    static const char *const mentions[] = { "[\"@dan:x\"]", "[\"@dan:x\",\"@erin:x\"]", "[\"@erin:x\"]",
                                            NULL };
    for (int i = 0; i < 4; i++) {
        struct outbox_row row = make_row(0, arena_printf(bench.arena, "t%d", i));
        row.item = 1;
        row.mentions = mentions[i];
        row.cause_ms = NOW - SEND_LATE_MS;
        int64_t id = queue_row(&row);
        int n_before = bench.n_looks;
        send_poke(bench.send);
        end_look(n_before, READBACK_ABSENT, NULL);
        send_poke(bench.send);
        assert_int_equal(bench.n_looks, n_before + (i == 0 ? 2 : 1));
        if (i == 0)
            end_look(n_before + 1, READBACK_FOUND, "$there");
        send_poke(bench.send);
        assert_int_equal(get(id).state, i == 0 ? OUTBOX_DONE : OUTBOX_ATTEMPTED);
        assert_int_equal(get(id).room, bench.rooms[i == 0 ? 1 : 0]);
        if (i > 0)
            accept(i - 1);
    }
}

static void send_open__keeps_that_the_store_is_restored(void **state)
{
    (void)state;
    send_open(bench.send, true);
    send_open(bench.send, false);
    struct outbox_row row = make_row(0, "old");
    row.cause_ms = NOW - SEND_LATE_MS;
    queue_row(&row);
    send_poke(bench.send);
    assert_int_equal(bench.n_puts, 0);
    assert_int_equal(bench.n_looks, 1);
}

static int n_found;

static void note_found(void *data, const char *cause, struct json_object *event, bool is_sure)
{
    (void)data;
    (void)cause;
    assert_null(event);
    n_found += is_sure ? 1 : 100;
}

static void send_look_for_cause__takes_as_many_as_there_are_jobs(void **state)
{
    (void)state;
    char id[16] = "";
    struct send_cause cause = { .room_id = "!r0:example.org", .event_id = id, .at_ms = NOW };
    n_found = 0;
    for (int i = 0; i < READBACK_JOBS; i++) {
        snprintf(id, sizeof id, "$cause%d", i);
        assert_true(send_look_for_cause(bench.send, &cause, note_found, NULL));
        assert_true(send_look_for_cause(bench.send, &cause, note_found, NULL)); /* under way */
    }
    assert_int_equal(bench.n_looks, READBACK_JOBS);
    snprintf(id, sizeof id, "$more");
    assert_false(send_look_for_cause(bench.send, &cause, note_found, NULL));
    end_look(1, READBACK_FAILED, NULL);
    assert_int_equal(n_found, 100);
    bench.takes_no_looks = true; /* the place is free, and a row took the job */
    assert_false(send_look_for_cause(bench.send, &cause, note_found, NULL));
    bench.takes_no_looks = false;
    assert_true(send_look_for_cause(bench.send, &cause, note_found, NULL));
    end_look(0, READBACK_ABSENT, NULL);
    assert_int_equal(n_found, 101);
}

static void send_destroy__cancels_what_is_under_way(void **state)
{
    (void)state;
    queue(0, "t");
    send_poke(bench.send);
    send_destroy(bench.send);
    send_destroy(NULL);
    bench.send = NULL;
    assert_null(bench.puts[0].done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(send__puts_nothing_that_is_not_on_the_disk),
        TEST(send__puts_nothing_when_the_store_fails_amid_a_poke),
        TEST(send__marks_on_the_disk_before_it_tries),
        TEST(send__asks_no_more_than_it_can_write),
        TEST(send__keeps_a_200_while_the_store_cannot_be_written),
        TEST(send__writes_its_200s_before_they_are_too_many),
        TEST(send_seal__goes_with_the_commit_it_is_part_of),
        TEST(send__waits_for_a_homeserver_that_can_be_reached),
        TEST(send__keeps_pings_back_while_the_clock_is_wrong),
        TEST(send__sends_again_what_is_still_of_use),
        TEST(send__sends_a_reaction_again_to_a_room_that_is_encrypted_by_now),
        TEST(send__removes_after_what_had_to_be_said_first),
        TEST(send__removes_nothing_whose_author_has_not_got_it_back),
        TEST(send__gives_up_a_removal_that_is_refused),
        TEST(send__waits_with_a_second_try_for_the_budget_and_for_a_slot),
        TEST(send__answers_first_and_gives_the_oldest_its_turn),
        TEST(send__gives_the_oldest_their_turn_after_many_at_once),
        TEST(send__looks_at_no_row_of_a_lane_that_was_refused),
        TEST(send__shuts_the_slowest_lane_alone),
        TEST(send__looks_for_the_old_in_a_lane_that_is_refused),
        TEST(send_clock_moved__moves_what_is_awaited),
        TEST(send__seals_by_the_cipher_that_it_is_given),
        TEST(send__seals_nothing_before_its_cipher_is_ready),
        TEST(send__leaves_alone_what_was_seen_before_its_answer_failed),
        TEST(send__forgets_of_several_200s_the_one_whose_event_came),
        TEST(send__takes_the_limit_in_whatever_form_it_comes),
        TEST(send__waits_with_the_row_if_nothing_else_does),
        TEST(send__keeps_what_a_look_found_while_the_limit_refuses),
        TEST(look__waits_after_one_that_failed),
        TEST(look__goes_back_to_the_earlier_of_cause_and_seal),
        TEST(look__after_a_200_ends_the_row_whose_event_is_there),
        TEST(look__after_a_200_ends_what_nobody_may_see),
        TEST(look__after_a_200_sends_again_what_is_nowhere),
        TEST(look__after_a_200_is_over_when_the_echo_came),
        TEST(look__concludes_nothing_that_cannot_be_written),
        TEST(look__after_a_200_is_put_off_by_one_that_failed),
        TEST(send__tells_once_that_the_store_is_an_old_copy),
        TEST(send__looks_in_a_restored_store_for_what_is_old_alone),
        TEST(send__looks_in_a_restored_store_beside_its_room_too),
        TEST(send__looks_in_a_restored_store_in_the_direct_room_too),
        TEST(send_open__keeps_that_the_store_is_restored),
        TEST(send_look_for_cause__takes_as_many_as_there_are_jobs),
        TEST(send_destroy__cancels_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
