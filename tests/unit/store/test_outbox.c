/* store/outbox: every row in order, once, with an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bounds.h"
#include "store/message.h"
#include "store/outbox.h"
#include "store/room.h"

enum { NOW = 1000000 };

struct bench {
    struct store *store;
    struct arena *arena;
    int64_t room;
    int64_t other_room;
};

static int64_t make_room(struct store *store, const char *room_id)
{
    int64_t room = room_ensure(store, room_id);
    room_set(store, room, "membership", "join");
    return room;
}

static int setup(void **state)
{
    static struct bench bench;
    struct err err;
    assert_int_equal(store_open(NULL, &bench.store, &err), STORE_OPENED);
    bench.arena = arena_create();
    store_begin(bench.store);
    bench.room = make_room(bench.store, "!a:example.org");
    bench.other_room = make_room(bench.store, "!b:example.org");
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    store_close(bench->store);
    arena_destroy(bench->arena);
    return 0;
}

static struct outbox_row make_row(struct bench *bench, const char *txn)
{
    return (struct outbox_row){ .txn = txn,
                                .room = bench->room,
                                .lane = OUTBOX_NORMAL,
                                .kind = OUTBOX_MESSAGE,
                                .cause = "$cause",
                                .step = txn,
                                .cause_ms = NOW,
                                .is_from_event = true,
                                .template_name = "hello",
                                .lang = "en",
                                .values = "{}",
                                .role = "answer",
                                .created_ms = NOW };
}

static int64_t queue(struct bench *bench, const char *txn)
{
    struct outbox_row row = make_row(bench, txn);
    return outbox_queue(bench->store, &row);
}

static int64_t queue_for(struct bench *bench, const char *txn, int64_t item, const char *reply)
{
    struct outbox_row row = make_row(bench, txn);
    row.item = item;
    row.reply = reply;
    return outbox_queue(bench->store, &row);
}

static struct outbox_row get(struct bench *bench, int64_t id)
{
    struct outbox_row row = { 0 };
    assert_true(outbox_get(bench->store, id, bench->arena, &row));
    return row;
}

static size_t heads_asked(struct bench *bench, struct outbox_asked asked, int64_t *ids)
{
    struct outbox_head found[8];
    size_t n = outbox_heads(bench->store, &asked, found, 8);
    for (size_t i = 0; i < n; i++)
        ids[i] = found[i].id;
    return n;
}

static size_t heads(struct bench *bench, int64_t now_ms, int64_t *ids)
{
    return heads_asked(bench, (struct outbox_asked){ .now_ms = now_ms }, ids);
}

static void outbox_queue__gives_the_same_row_for_the_same_transaction(void **state)
{
    int64_t first = queue(*state, "t1");
    assert_true(first > 0);
    assert_int_equal(queue(*state, "t1"), first);
    assert_int_not_equal(queue(*state, "t2"), first);
}

/* A text is quoted by its number; what somebody wrote, and no text at all, are none. */
static void outbox_queue__notes_what_it_quotes(void **state)
{
    struct bench *bench = *state;
    store_run(bench->store, "INSERT INTO text(id, author, event, content) VALUES(7, '@bob:x', '$7', 'cats')",
              "");
    struct outbox_row row = make_row(bench, "quotes");
    row.values = "{\"list\":[{\"$text\":7}],\"none\":{\"$text\":0},\"said\":\"\\\"$text\\\":8\"}";
    int64_t id = outbox_queue(bench->store, &row);
    assert_int_equal(store_int(bench->store, 0, "SELECT count(*) FROM quote WHERE row = ?1", "i", id), 1);
    assert_int_equal(store_int(bench->store, 0, "SELECT text FROM quote WHERE row = ?1", "i", id), 7);
}

static void outbox_heads__keeps_the_order_of_an_item_and_lets_others_pass(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t waits = queue_for(bench, "t1", 7, NULL);
    int64_t same_item = queue_for(bench, "t2", 7, NULL);
    int64_t other_item = queue_for(bench, "t3", 8, NULL);
    store_run(bench->store, "UPDATE outbox SET next_try_ms = ?2 WHERE id = ?1", "ii", waits,
              (int64_t)NOW + 5000);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], other_item);
    outbox_end(bench->store, other_item, OUTBOX_DONE, NULL);
    assert_int_equal(heads(bench, NOW, ids), 0);
    assert_int_equal(outbox_next_try_ms(bench->store, NOW), NOW + 5000);
    assert_int_equal(heads(bench, NOW + 5000, ids), 1);
    assert_int_equal(ids[0], waits);
    outbox_end(bench->store, waits, OUTBOX_DONE, NULL);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], same_item);
}

static void outbox_live__gives_no_more_than_it_may(void **state)
{
    struct bench *bench = *state;
    int64_t ids[2];
    assert_int_equal(outbox_live(bench->store, ids, 2), 0);
    int64_t first = queue(bench, "t1");
    assert_int_equal(outbox_live(bench->store, ids, 2), 1);
    assert_int_equal(ids[0], first);
    queue(bench, "t2");
    queue(bench, "t3");
    assert_int_equal(outbox_live(bench->store, ids, 2), 2);
}

static void outbox_heads__gives_one_sealed_row_a_room_and_lane_urgent_first(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t normal = queue(bench, "t1");
    int64_t behind = queue(bench, "t2");
    struct outbox_row row = make_row(bench, "t3");
    row.lane = OUTBOX_URGENT;
    int64_t urgent = outbox_queue(bench->store, &row);
    row = make_row(bench, "t4");
    row.room = bench->other_room;
    int64_t elsewhere = outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 3);
    assert_int_equal(ids[0], urgent);
    assert_int_equal(ids[1], normal);
    assert_int_equal(ids[2], elsewhere);
    outbox_seal(bench->store, normal, "{}", NOW);
    outbox_retry(bench->store, normal, NOW + 4000);
    assert_int_equal(heads(bench, NOW, ids), 2); /* what is behind waits for the 200 */
    assert_int_equal(ids[1], elsewhere);
    assert_int_equal(heads(bench, NOW + 4000, ids), 3);
    assert_int_equal(ids[1], normal);
    outbox_sent(bench->store, normal, "$n", NOW);
    assert_int_equal(heads(bench, NOW, ids), 3);
    assert_int_equal(ids[1], behind);
}

/* An edit is one too: who taps sees it on the card. */
static void outbox_heads__gives_an_answer_before_what_is_said_unasked_elsewhere(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    struct outbox_row row = make_row(bench, "prompt");
    row.is_from_event = false;
    int64_t prompt = outbox_queue(bench->store, &row);
    row.txn = "other";
    row.room = bench->other_room;
    int64_t other = outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 2);
    assert_int_equal(ids[0], prompt);
    row.txn = "answer";
    row.kind = OUTBOX_EDIT;
    row.is_from_event = true;
    outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 2);
    assert_int_equal(ids[0], other); /* in its room the order is kept */
    assert_int_equal(ids[1], prompt);
    assert_int_equal(heads_asked(bench, (struct outbox_asked){ .now_ms = NOW, .is_by_age = true }, ids), 2);
    assert_int_equal(ids[0], prompt);
    row.txn = "urgent";
    row.room = bench->room;
    row.lane = OUTBOX_URGENT;
    row.is_from_event = false;
    int64_t urgent = outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 3);
    assert_int_equal(ids[0], urgent);
}

/* Two answers are as old as they are, and so are two calls, whatever they come of. */
static void outbox_heads__keeps_answers_by_age_and_calls_too(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t first = queue(bench, "first");
    struct outbox_row row = make_row(bench, "second");
    row.room = bench->other_room;
    int64_t second = outbox_queue(bench->store, &row);
    row = make_row(bench, "unasked");
    row.lane = OUTBOX_URGENT;
    row.is_from_event = false;
    int64_t unasked = outbox_queue(bench->store, &row);
    row = make_row(bench, "asked");
    row.lane = OUTBOX_URGENT;
    row.room = bench->other_room;
    int64_t asked = outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 4);
    assert_int_equal(ids[0], unasked);
    assert_int_equal(ids[1], asked);
    assert_int_equal(ids[2], first);
    assert_int_equal(ids[3], second);
}

static void outbox_heads__leaves_out_what_is_queued_in_a_lane_that_is_shut(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t sealed = queue(bench, "sealed");
    struct outbox_row row = make_row(bench, "low");
    row.lane = OUTBOX_LOW;
    int64_t low = outbox_queue(bench->store, &row);
    row = make_row(bench, "normal");
    row.room = bench->other_room;
    int64_t normal = outbox_queue(bench->store, &row);
    row = make_row(bench, "urgent");
    row.lane = OUTBOX_URGENT;
    int64_t urgent = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, sealed, "{}", NOW);
    assert_int_equal(heads(bench, NOW, ids), 4);
    assert_int_equal(ids[3], low);
    assert_int_equal(heads_asked(bench, (struct outbox_asked){ .now_ms = NOW, .n_lanes_shut = 1 }, ids), 3);
    assert_int_equal(ids[0], urgent);
    assert_int_equal(ids[1], sealed);
    assert_int_equal(ids[2], normal);
    assert_int_equal(heads_asked(bench, (struct outbox_asked){ .now_ms = NOW, .n_lanes_shut = 2 }, ids), 2);
    assert_int_equal(ids[0], urgent);
    assert_int_equal(ids[1], sealed);
}

static void outbox_heads__leaves_out_rooms_that_are_left_or_on_hold(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t answer = queue(bench, "t1");
    struct outbox_row row = make_row(bench, "t0");
    row.is_from_event = false;
    row.room = bench->other_room;
    outbox_queue(bench->store, &row);
    room_set_hold(bench->store, bench->room, NOW);
    room_set_hold(bench->store, bench->other_room, NOW);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], answer);
    room_set_hold(bench->store, bench->other_room, 0);
    assert_int_equal(heads(bench, NOW, ids), 2);
    room_set(bench->store, bench->other_room, "membership", "leave");
    assert_int_equal(heads(bench, NOW, ids), 1);
}

/* For alice alone: she has to be there, nobody else, and that has to be known. */
static void outbox_heads__leaves_out_a_private_word_until_it_is_private(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t word = queue(bench, "word");
    room_set(bench->store, bench->room, "dm_person", "@alice:x");
    room_set_member(bench->store, bench->room, "@bot:x", "join", NULL);
    assert_int_equal(heads(bench, NOW, ids), 0);
    room_set_member(bench->store, bench->room, "@alice:x", "join", NULL);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], word);
    room_set_hold(bench->store, bench->room, NOW);
    assert_int_equal(heads(bench, NOW, ids), 0);
    room_set_hold(bench->store, bench->room, 0);
    room_set_member(bench->store, bench->room, "@bob:x", "invite", NULL);
    assert_int_equal(heads(bench, NOW, ids), 0);
}

/* A ping about an item of a room on hold waits wherever it would go out; an urgent one not for ever. */
static void outbox_heads__holds_what_is_about_a_room_on_hold(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    store_run(bench->store,
              "INSERT INTO item(id, uuid, prefix, number, room, state, owner, author, cause, opened_ms)"
              " VALUES(7, 'u', 'DEC', 1, ?1, 1, '@a:b', '@a:b', '$c', 1)",
              "i", bench->room);
    struct outbox_row ping = make_row(bench, "ping"), urgent = make_row(bench, "urgent");
    ping.is_from_event = urgent.is_from_event = false;
    ping.item = urgent.item = 7;
    ping.room = urgent.room = bench->other_room;
    urgent.lane = OUTBOX_URGENT;
    outbox_queue(bench->store, &ping);
    int64_t urgent_id = outbox_queue(bench->store, &urgent);
    room_set_hold(bench->store, bench->room, NOW);
    assert_int_equal(heads(bench, NOW + OUTBOX_URGENT_HOLD_MS - 1, ids), 0);
    assert_int_equal(outbox_next_try_ms(bench->store, NOW), NOW + OUTBOX_URGENT_HOLD_MS);
    assert_int_equal(heads(bench, NOW + OUTBOX_URGENT_HOLD_MS, ids), 1);
    assert_int_equal(ids[0], urgent_id);
    room_set_hold(bench->store, bench->room, 0);
    assert_int_equal(heads(bench, NOW, ids), 2);
}

static void outbox_heads__keeps_pings_back_while_the_clock_is_wrong(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    struct outbox_row row = make_row(bench, "ping");
    row.mentions = "[\"@bob:x\"]";
    outbox_queue(bench->store, &row);
    int64_t answer = queue(bench, "answer");
    row.txn = row.step = "urgent";
    row.lane = OUTBOX_URGENT;
    int64_t urgent = outbox_queue(bench->store, &row);
    assert_int_equal(heads_asked(bench, (struct outbox_asked){ .now_ms = NOW, .no_pings = true }, ids), 2);
    assert_int_equal(ids[0], urgent);
    assert_int_equal(ids[1], answer);
}

static void outbox_resolve__waits_then_gives_the_event_or_says_that_it_is_gone(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    char reference[32];
    bool is_gone;
    int64_t card = queue_for(bench, "card", 7, NULL);
    snprintf(reference, sizeof reference, "@row:%lld", (long long)card);
    int64_t answer = queue_for(bench, "answer", 8, reference);
    assert_null(outbox_resolve(bench->store, reference, bench->arena, &is_gone));
    assert_false(is_gone);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], card);
    outbox_seal(bench->store, card, "{}", NOW);
    outbox_sent(bench->store, card, "$card", NOW);
    assert_string_equal(outbox_resolve(bench->store, reference, bench->arena, &is_gone), "$card");
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], answer);
    assert_string_equal(outbox_resolve(bench->store, "$given", bench->arena, &is_gone), "$given");

    static const struct {
        enum outbox_state ended;
        bool is_gone;
    } rows[] = { { OUTBOX_PARKED, true }, { OUTBOX_WITHDRAWN, true }, { OUTBOX_UNKNOWN, true } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char txn[16];
        snprintf(txn, sizeof txn, "gone%zu", i);
        int64_t row = queue(bench, txn);
        outbox_end(bench->store, row, rows[i].ended, "test");
        snprintf(reference, sizeof reference, "@row:%lld", (long long)row);
        assert_null(outbox_resolve(bench->store, reference, bench->arena, &is_gone));
        assert_int_equal(is_gone, rows[i].is_gone);
    }
    assert_null(outbox_resolve(bench->store, "@row:99999", bench->arena, &is_gone));
    assert_true(is_gone);
}

static void outbox_queue__raises_the_lane_of_what_it_refers_to(void **state)
{
    struct bench *bench = *state;
    char reference[32];
    int64_t card = queue(bench, "card");
    snprintf(reference, sizeof reference, "@row:%lld", (long long)card);
    struct outbox_row row = make_row(bench, "urgent");
    row.lane = OUTBOX_URGENT;
    row.thread = reference;
    row.thread = NULL;
    row.reply = reference;
    row.lane = OUTBOX_LOW;
    row.txn = "between";
    int64_t between = outbox_queue(bench->store, &row);
    assert_int_equal(get(bench, card).lane, OUTBOX_NORMAL);
    snprintf(reference, sizeof reference, "@row:%lld", (long long)between);
    row.lane = OUTBOX_URGENT;
    row.txn = "urgent";
    outbox_queue(bench->store, &row);
    assert_int_equal(get(bench, between).lane, OUTBOX_URGENT);
    assert_int_equal(get(bench, card).lane, OUTBOX_URGENT);
}

static int64_t edit(struct bench *bench, int64_t card, const char *txn, const char *values)
{
    struct outbox_row row = make_row(bench, txn);
    row.values = values;
    return outbox_edit(bench->store, card, &row);
}

static void outbox_edit__collapses_only_into_what_never_left(void **state)
{
    struct bench *bench = *state;
    int64_t card = queue_for(bench, "card", 7, NULL);
    assert_int_equal(edit(bench, card, "e1", "{\"n\":1}"), card);
    assert_string_equal(get(bench, card).values, "{\"n\":1}");
    outbox_seal(bench->store, card, "{}", NOW);
    int64_t first = edit(bench, card, "e2", "{\"n\":2}");
    assert_int_not_equal(first, card);
    assert_int_equal(get(bench, first).kind, OUTBOX_EDIT);
    assert_string_equal(get(bench, card).values, "{\"n\":1}");
    assert_int_equal(edit(bench, card, "e3", "{\"n\":3}"), first);
    outbox_sent(bench->store, card, "$card", NOW);
    outbox_seal(bench->store, first, "{}", NOW);
    int64_t second = edit(bench, card, "e4", "{\"n\":4}");
    assert_int_not_equal(second, first);
    assert_string_equal(get(bench, first).values, "{\"n\":3}");
}

static int64_t edit_in(struct bench *bench, int64_t card, const char *txn, enum outbox_lane lane)
{
    struct outbox_row row = make_row(bench, txn);
    row.lane = lane;
    return outbox_edit(bench->store, card, &row);
}

/* What a message says last has to come last: a row in another lane could overtake the one that is on its way. */
static void outbox_edit__stays_in_the_lane_of_what_is_on_its_way(void **state)
{
    struct bench *bench = *state;
    int64_t card = queue(bench, "card");
    outbox_seal(bench->store, card, "{}", NOW);
    outbox_sent(bench->store, card, "$card", NOW);
    int64_t slow = edit_in(bench, card, "e1", OUTBOX_LOW);
    assert_int_equal(get(bench, slow).lane, OUTBOX_LOW);
    assert_int_equal(edit_in(bench, card, "e2", OUTBOX_NORMAL), slow);
    assert_int_equal(get(bench, slow).lane, OUTBOX_NORMAL);
    assert_int_equal(edit_in(bench, card, "e3", OUTBOX_LOW), slow);
    assert_int_equal(get(bench, slow).lane, OUTBOX_NORMAL);
    outbox_seal(bench->store, slow, "{}", NOW);
    outbox_sent(bench->store, slow, "$e", NOW);
    slow = edit_in(bench, card, "e4", OUTBOX_LOW);
    outbox_seal(bench->store, slow, "{}", NOW);
    int64_t behind = edit_in(bench, card, "e5", OUTBOX_NORMAL);
    assert_int_not_equal(behind, slow);
    assert_int_equal(get(bench, behind).lane, OUTBOX_LOW);
}

static void outbox_park__takes_waiting_edits_and_comes_back(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t card = queue_for(bench, "card", 7, NULL);
    outbox_seal(bench->store, card, "{}", NOW);
    int64_t later = edit(bench, card, "e1", "{\"n\":1}");
    outbox_park(bench->store, card, "403 M_FORBIDDEN");
    assert_int_equal(get(bench, later).state, OUTBOX_WITHDRAWN);
    assert_string_equal(get(bench, card).values, "{\"n\":1}");
    assert_null(get(bench, card).bytes);
    assert_int_equal(edit(bench, card, "e2", "{\"n\":2}"), card);
    assert_int_equal(heads(bench, NOW, ids), 0);
    assert_int_equal(outbox_unpark(bench->store, bench->room), 1);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], card);
    assert_string_equal(get(bench, card).values, "{\"n\":2}");
}

static void outbox_withdraw__deletes_what_is_unsealed_and_marks_what_is_sealed(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, "p1");
    row.item = 7;
    row.guard = "remind";
    int64_t sealed = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, sealed, "{}", NOW);
    row.txn = row.step = "p2";
    int64_t waiting = outbox_queue(bench->store, &row);
    row.txn = row.step = "p3";
    row.guard = "close";
    int64_t other_step = outbox_queue(bench->store, &row);
    row.txn = row.step = "p4";
    row.guard = NULL;
    int64_t answer = outbox_queue(bench->store, &row);
    outbox_withdraw(bench->store, 7, "remind");
    assert_int_equal(get(bench, waiting).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, sealed).state, OUTBOX_ATTEMPTED);
    assert_true(get(bench, sealed).is_moot);
    assert_int_equal(get(bench, other_step).state, OUTBOX_QUEUED);
    outbox_withdraw(bench->store, 7, NULL);
    assert_int_equal(get(bench, other_step).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, answer).state, OUTBOX_QUEUED);
}

static struct outbox_row make_ping(struct bench *bench, const char *txn)
{
    struct outbox_row row = make_row(bench, txn);
    row.item = 7;
    row.guard = "remind";
    return row;
}

static void outbox_withdraw__keeps_what_was_accepted_from_going_again(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_ping(bench, "p1");
    int64_t lost = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, lost, "{}", NOW);
    outbox_sent(bench->store, lost, "$lost", NOW);
    outbox_withdraw(bench->store, 7, "remind");
    outbox_lost(bench->store, lost);
    assert_int_equal(get(bench, lost).state, OUTBOX_ATTEMPTED);
    assert_true(get(bench, lost).is_moot);
    outbox_park(bench->store, lost, "403 M_FORBIDDEN");
    assert_int_equal(outbox_unpark(bench->store, bench->room), 0);
    assert_int_equal(get(bench, lost).state, OUTBOX_WITHDRAWN);
}

static void outbox_withdraw_redaction__leaves_what_is_under_way(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, "r1");
    row.kind = OUTBOX_REDACTION;
    row.target = "$word";
    int64_t sealed = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, sealed, "{}", NOW);
    row.txn = row.step = "r2";
    int64_t waiting = outbox_queue(bench->store, &row);
    row.txn = row.step = "r3";
    row.target = "$other";
    int64_t other = outbox_queue(bench->store, &row);
    row.txn = row.step = "r4";
    row.kind = OUTBOX_REACTION;
    row.target = "$word";
    int64_t reaction = outbox_queue(bench->store, &row);
    outbox_withdraw_redaction(bench->store, "$word");
    assert_int_equal(get(bench, waiting).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, sealed).state, OUTBOX_ATTEMPTED);
    assert_int_equal(get(bench, other).state, OUTBOX_QUEUED);
    assert_int_equal(get(bench, reaction).state, OUTBOX_QUEUED);
}

static void outbox_hold__keeps_a_call__until_its_hour(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    struct outbox_row row = make_ping(bench, "p1");
    int64_t held = outbox_queue(bench->store, &row);
    outbox_hold(bench->store, held, "@alice:x");
    assert_int_equal(heads(bench, NOW, ids), 0);
    assert_int_equal(outbox_n_live(bench->store, 0), 0);
    /* Rights that change are not what it waits for, and it keeps nothing of its item waiting. */
    assert_int_equal(outbox_unpark(bench->store, bench->room), 0);
    int64_t next = queue_for(bench, "t2", 7, NULL);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], next);
    outbox_end(bench->store, next, OUTBOX_DONE, NULL);
    assert_int_equal(outbox_held(bench->store, "@bob:x", ids, 8), 0);
    assert_int_equal(outbox_held(bench->store, "@alice:x", ids, 8), 1);
    assert_int_equal(ids[0], held);
    outbox_let_go(bench->store, held, NOW);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_false(get(bench, held).is_from_event);
    row.txn = row.step = "p3";
    int64_t moot = outbox_queue(bench->store, &row);
    outbox_hold(bench->store, moot, "@alice:x");
    outbox_withdraw_held(bench->store, row.item, "@bob:x");
    assert_int_equal(get(bench, moot).state, OUTBOX_PARKED);
    outbox_withdraw_held(bench->store, row.item, "@alice:x");
    assert_int_equal(get(bench, moot).state, OUTBOX_WITHDRAWN);
}

static void outbox_stand_in__waits_for_the_end_of_what_it_stands_in_for(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    struct outbox_row row = make_ping(bench, "p1");
    int64_t first = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, first, "{}", NOW);
    row = make_ping(bench, "p2");
    int64_t second = outbox_queue(bench->store, &row);
    outbox_stand_in(bench->store, second, first);
    /* Never put into words: whether the third is to be said hangs on the first alone. */
    outbox_end(bench->store, second, OUTBOX_WITHDRAWN, "moot");
    row = make_ping(bench, "p3");
    int64_t third = outbox_queue(bench->store, &row);
    outbox_stand_in(bench->store, third, second);
    assert_string_equal(get(bench, third).target, get(bench, second).target);
    assert_int_equal(outbox_find_unseen(bench->store, 7, "remind"), third);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], first);
    outbox_sent(bench->store, first, "$first", NOW);
    assert_int_equal(heads(bench, NOW, ids), 0);
    outbox_end(bench->store, first, OUTBOX_UNKNOWN, "moot");
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], third);
}

static void outbox_expire__ends_what_was_not_sealed_in_time(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, "t1");
    row.valid_until_ms = NOW + 10;
    int64_t late = outbox_queue(bench->store, &row);
    row.txn = row.step = "t2";
    int64_t sealed = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, sealed, "{}", NOW);
    int64_t endless = queue(bench, "t3");
    assert_int_equal(outbox_expire(bench->store, NOW + 9), 0);
    assert_int_equal(outbox_expire(bench->store, NOW + 10), 1);
    assert_int_equal(get(bench, late).state, OUTBOX_WITHDRAWN);
    assert_int_equal(get(bench, sealed).state, OUTBOX_ATTEMPTED);
    assert_int_equal(get(bench, endless).state, OUTBOX_QUEUED);
}

static void outbox_leave_room__ends_every_row_of_it(void **state)
{
    struct bench *bench = *state;
    int64_t attempted = queue(bench, "t1"), sent, waiting = queue(bench, "t2");
    outbox_seal(bench->store, attempted, "{}", NOW);
    struct outbox_row row = make_row(bench, "t3");
    row.lane = OUTBOX_URGENT;
    sent = outbox_queue(bench->store, &row);
    outbox_seal(bench->store, sent, "{}", NOW);
    outbox_sent(bench->store, sent, "$s", NOW);
    outbox_leave_room(bench->store, bench->room);
    assert_int_equal(get(bench, attempted).state, OUTBOX_UNKNOWN);
    assert_int_equal(get(bench, sent).state, OUTBOX_UNKNOWN);
    assert_int_equal(get(bench, waiting).state, OUTBOX_WITHDRAWN);
    assert_int_equal(outbox_n_live(bench->store, 0), 0);
}

static void outbox_done__ends_a_row_in_any_state_and_binds_its_event(void **state)
{
    struct bench *bench = *state;
    static const char *const txns[] = { "queued", "sent", "parked" };
    for (size_t i = 0; i < 3; i++) {
        char event_id[16];
        int64_t row = queue(bench, txns[i]);
        if (i > 0)
            outbox_seal(bench->store, row, "{\"body\":\"x\"}", NOW);
        if (i == 1)
            outbox_sent(bench->store, row, "$early", NOW);
        if (i == 2)
            outbox_park(bench->store, row, "403");
        snprintf(event_id, sizeof event_id, "$event%zu", i);
        outbox_done(bench->store, row, event_id);
        assert_int_equal(get(bench, row).state, OUTBOX_DONE);
        assert_string_equal(get(bench, row).event_id, event_id);
        assert_null(get(bench, row).bytes);
        assert_int_equal(outbox_by_event(bench->store, event_id), row);
        struct message_row message;
        assert_true(message_get(bench->store, event_id, bench->arena, &message));
        assert_int_equal(message.row, row);
    }
}

static void outbox_sent__keeps_the_instant_of_the_200(void **state)
{
    struct bench *bench = *state;
    int64_t ids[4];
    int64_t row = queue(bench, "t1");
    outbox_seal(bench->store, row, "{}", NOW);
    outbox_sent(bench->store, row, "$s with space", NOW + 70000);
    assert_int_equal(get(bench, row).sent_ms, NOW + 70000);
    assert_string_equal(get(bench, row).event_id, "$s with space");
    assert_int_equal(outbox_unconfirmed(bench->store, NOW + 69999, ids, 4), 0);
    assert_int_equal(outbox_unconfirmed(bench->store, NOW + 70000, ids, 4), 1);
    assert_int_equal(outbox_oldest_sent_ms(bench->store), NOW + 70000);
    outbox_lost(bench->store, row);
    assert_int_equal(get(bench, row).state, OUTBOX_ATTEMPTED);
    assert_string_equal(get(bench, row).bytes, "{}");
    assert_int_equal(outbox_n_unconfirmed(bench->store, INT64_MAX), 0);
}

/* As outbox.c asks it. */
static void outbox__reads_live_rows_by_their_index(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *plan, *index;
    } asked[] = {
        { "EXPLAIN QUERY PLAN SELECT count(*) FROM outbox WHERE state < 2 AND state < 4", "outbox_live" },
        { "EXPLAIN QUERY PLAN SELECT min(next_try_ms) FROM outbox"
          " WHERE +state < 2 AND next_try_ms > 5 AND next_try_ms > 0 AND state < 4",
          "outbox_later" },
        { "EXPLAIN QUERY PLAN SELECT 1 FROM outbox"
          " WHERE valid_until_ms <= 5 AND state NOT BETWEEN 1 AND 2 AND state < 4 LIMIT 1",
          "outbox_ends" },
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct rows rows = store_rows(bench->store, asked[i].plan, "");
        assert_true(rows_next(&rows));
        assert_non_null(strstr(rows_text(&rows, 3), asked[i].index));
        rows_end(&rows);
    }
}

/* What a lost life of the store has said is known again as soon as it is to be said. */
static void outbox_queue__knows_what_was_said_in_a_lost_life(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row = make_row(bench, "card"), there;
    outbox_note_seen(bench->store, row.txn, bench->other_room, "$elsewhere");
    int64_t elsewhere = outbox_queue(bench->store, &row);
    assert_true(outbox_get(bench->store, elsewhere, bench->arena, &there));
    assert_int_equal(there.state, OUTBOX_QUEUED);
    struct outbox_row again = make_row(bench, "again");
    outbox_note_seen(bench->store, again.txn, again.room, "$said");
    int64_t id = outbox_queue(bench->store, &again);
    assert_true(outbox_get(bench->store, id, bench->arena, &there));
    assert_int_equal(there.state, OUTBOX_DONE);
    assert_int_equal(outbox_by_event(bench->store, "$said"), id);
}

static void outbox_get__knows_no_row_that_is_none(void **state)
{
    struct bench *bench = *state;
    struct outbox_row row;
    assert_false(outbox_get(bench->store, queue(bench, "t1") + 1, bench->arena, &row));
}

/* What cannot be referred to any more holds nothing up. */
static void outbox_heads__waits_for_what_is_referred_to_until_it_is_gone(void **state)
{
    struct bench *bench = *state;
    int64_t ids[8];
    int64_t card = queue(bench, "card");
    struct outbox_row row = make_row(bench, "sign");
    char reference[32];
    snprintf(reference, sizeof reference, "@row:%lld", (long long)card);
    row.lane = OUTBOX_LOW;
    row.thread = reference;
    int64_t sign = outbox_queue(bench->store, &row);
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], card);
    outbox_end(bench->store, card, OUTBOX_WITHDRAWN, "test");
    assert_int_equal(heads(bench, NOW, ids), 1);
    assert_int_equal(ids[0], sign);
}

/* An id of ours has no space, and a lost life has an end: what is beyond is looked for, one by one. */
static void outbox_note_seen__keeps_what_it_can_find_again_and_not_too_much(void **state)
{
    struct bench *bench = *state;
    outbox_note_seen(bench->store, "of somebody else", bench->room, "$x");
    assert_int_equal(store_int(bench->store, 0, "SELECT count(*) FROM seen", ""), 0);
    outbox_note_seen(bench->store, "t1", bench->room, "$said");
    store_run(bench->store,
              "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
              " INSERT INTO seen(txn, room, event_id) SELECT 'm' || i, ?2, '$m' || i FROM n",
              "ii", (int64_t)OUTBOX_SEEN_MAX, bench->room);
    outbox_note_seen(bench->store, "t2", bench->room, "$beyond");
    assert_int_equal(store_int(bench->store, 0, "SELECT count(*) FROM seen", ""), OUTBOX_SEEN_MAX);
    assert_int_equal(get(bench, queue(bench, "t2")).state, OUTBOX_QUEUED);
    assert_int_equal(get(bench, queue(bench, "t1")).state, OUTBOX_DONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(outbox_queue__knows_what_was_said_in_a_lost_life),
        TEST(outbox_queue__gives_the_same_row_for_the_same_transaction),
        TEST(outbox_queue__notes_what_it_quotes),
        TEST(outbox_heads__keeps_the_order_of_an_item_and_lets_others_pass),
        TEST(outbox_live__gives_no_more_than_it_may),
        TEST(outbox_heads__gives_one_sealed_row_a_room_and_lane_urgent_first),
        TEST(outbox_heads__gives_an_answer_before_what_is_said_unasked_elsewhere),
        TEST(outbox_heads__keeps_answers_by_age_and_calls_too),
        TEST(outbox_heads__leaves_out_what_is_queued_in_a_lane_that_is_shut),
        TEST(outbox_heads__leaves_out_rooms_that_are_left_or_on_hold),
        TEST(outbox_heads__leaves_out_a_private_word_until_it_is_private),
        TEST(outbox_heads__holds_what_is_about_a_room_on_hold),
        TEST(outbox_heads__keeps_pings_back_while_the_clock_is_wrong),
        TEST(outbox_resolve__waits_then_gives_the_event_or_says_that_it_is_gone),
        TEST(outbox_queue__raises_the_lane_of_what_it_refers_to),
        TEST(outbox_edit__collapses_only_into_what_never_left),
        TEST(outbox_edit__stays_in_the_lane_of_what_is_on_its_way),
        TEST(outbox_park__takes_waiting_edits_and_comes_back),
        TEST(outbox_withdraw__deletes_what_is_unsealed_and_marks_what_is_sealed),
        TEST(outbox_withdraw__keeps_what_was_accepted_from_going_again),
        TEST(outbox_withdraw_redaction__leaves_what_is_under_way),
        TEST(outbox_hold__keeps_a_call__until_its_hour),
        TEST(outbox_stand_in__waits_for_the_end_of_what_it_stands_in_for),
        TEST(outbox_expire__ends_what_was_not_sealed_in_time),
        TEST(outbox_leave_room__ends_every_row_of_it),
        TEST(outbox_done__ends_a_row_in_any_state_and_binds_its_event),
        TEST(outbox_sent__keeps_the_instant_of_the_200),
        TEST(outbox__reads_live_rows_by_their_index),
        TEST(outbox_get__knows_no_row_that_is_none),
        TEST(outbox_heads__waits_for_what_is_referred_to_until_it_is_gone),
        TEST(outbox_note_seen__keeps_what_it_can_find_again_and_not_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
