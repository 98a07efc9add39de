#include "daemon.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "base/log.h"
#include "base/plant.h"
#include "engine/direct.h"
#include "loop.h"
#include "matrix/clock.h"
#include "matrix/crypto/crypto.h"
#include "matrix/direct_rooms.h"
#include "matrix/numbers.h"
#include "matrix/profiles.h"
#include "matrix/send.h"
#include "matrix/spent.h"
#include "matrix/sync.h"
#include "notify.h"
#include "query.h"
#include "store/number.h"
#include "store/timer.h"
#include "timers.h"

enum {
    DOWN_MS = 30000, /* less is a restart, which nobody needs to be told of */
    END_MS = 5000,
    ALIVE_MS = 60000,
    ASLEEP_MS = 5000,
    SILENT_MS = SYNC_POLL_MS + 10000, /* no two rounds lie further apart: each poll that ends makes one */
    RENEW_MS = 60000,
    CLOCK_SET_MS = 1000 /* less is the network's slow correction */
};

struct daemon {
    const struct daemon_settings *settings; /* borrowed */
    struct loop *loop; /* owned, as all below */
    struct client client;
    struct clock clock;
    struct sync *sync;
    struct send *send;
    struct numbers *numbers;
    struct direct_rooms *direct;
    struct profiles *profiles;
    struct crypto *crypto; /* NULL: no encryption */
    struct seal_cipher cipher; /* with crypto */
    bool must_forget; /* the store is an old copy: its ratchets have moved on in the life that was lost */
    struct query_server *query; /* NULL: the socket could not be made */
    struct timers timers;
    int64_t boot_ahead_ms; /* our time, ahead of CLOCK_BOOTTIME; 0: not yet read */
    int64_t alive_ms; /* when the store was last told that we live */
    int64_t wall_ahead_ms; /* the wall clock, ahead of our time: it has stepped */
    int64_t asleep_ms; /* how long the machine has slept, in all */
    int64_t round_ms; /* when the last round began, by CLOCK_BOOTTIME */
    bool is_resumed; /* the program had been stopped before this round */
    int64_t watchdog_ms; /* how often the service manager is told that we live; 0: never */
    int64_t told_ms;
    struct audit audit;
    int64_t renew_ms; /* the session is to be renewed, not before then; 0: at once */
    bool is_syncing;
    bool is_listening; /* what comes due can fire */
    bool has_applied; /* something since that was last looked at: rows and timers may be due */
    bool is_wrong_account;
    bool is_spent; /* this device must not go on: another session is needed */
};

static bool may_invite(void *data, const char *user_id)
{
    struct daemon *daemon = data;
    return daemon->settings->may_invite(daemon->settings->data, user_id);
}

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    struct daemon *daemon = data;
    send_saw_own_event(daemon->send, room, event_id, txn, content_txn);
}

static void on_looked(void *data, const char *event_id, struct json_object *event, bool is_sure)
{
    struct daemon *daemon = data;
    struct store *store = daemon->settings->store;
    struct err err;
    if (!is_sure)
        return; /* looked for again when it is tried again */
    store_begin(store);
    number_looked(store, event_id, json_str(event, "content/io.greffier.name"));
    if (store_commit(store, &err))
        sync_numbers_came(daemon->sync);
    else
        log_error("%s", err.text);
}

/* In an old copy of the store a command may have its item already, with its number, in the life that was lost. */
static void on_waits(void *data, const char *room_id, const struct event *event)
{
    struct daemon *daemon = data;
    const struct daemon_settings *settings = daemon->settings;
    if (!number_must_look(settings->store, event->id, event->at_ms, daemon->client.now_ms))
        return;
    struct arena *arena = arena_create();
    struct send_cause cause = { .room_id = room_id,
                                .event_id = event->id,
                                .item = engine_item_uuid(settings->engine, event->id, arena),
                                .at_ms = event->at_ms + clock_server_ahead_ms(&daemon->clock) };
    send_look_for_cause(daemon->send, &cause, on_looked, daemon);
    arena_destroy(arena);
}

/* An answer to a command is sealed in the commit of its turn. */
static void before_commit(void *data)
{
    send_seal(((struct daemon *)data)->send);
}

static void after_commit(void *data, bool is_committed)
{
    send_sealed(((struct daemon *)data)->send, is_committed);
}

static void on_applied(void *data)
{
    ((struct daemon *)data)->has_applied = true;
}

static void on_wrong_account(void *data, const char *what)
{
    struct daemon *daemon = data;
    log_error("the session is %s's: stopping", what);
    daemon->is_wrong_account = true;
}

static void on_restored(void *data)
{
    struct daemon *daemon = data;
    log_warn(
        "the store is an old copy: numbers go on behind the homeserver's, old causes are looked for first");
    send_close(daemon->send);
    daemon->must_forget = true;
    numbers_restored(daemon->numbers);
}

static void on_numbers(void *data, bool is_restored)
{
    struct daemon *daemon = data;
    daemon->is_spent = spent_is_device(daemon->settings->store);
    if (daemon->is_spent)
        return;
    send_open(daemon->send, is_restored);
    if (daemon->is_syncing) {
        sync_numbers_came(daemon->sync);
        return;
    }
    /* Not before: a turn of an old copy of the store would draw numbers that were given away already. */
    daemon->is_syncing = true;
    sync_start(daemon->sync);
    if (!sync_was_unclean(daemon->sync))
        return;
    send_mark_tries(daemon->send);
    daemon->timers.is_marking = true;
}

/* Our time has jumped: what waits goes on waiting as long as it was to. */
static void follow_clock(struct daemon *daemon, int64_t ahead_ms)
{
    int64_t by_ms = daemon->boot_ahead_ms ? ahead_ms - daemon->boot_ahead_ms : 0;
    int64_t *const instants[] = { &daemon->timers.outage.from_ms,
                                  &daemon->timers.outage.to_ms,
                                  &daemon->timers.started_ms,
                                  &daemon->timers.retry_ms,
                                  &daemon->timers.heard_ms,
                                  &daemon->alive_ms,
                                  &daemon->told_ms,
                                  &daemon->audit.last_ms,
                                  &daemon->renew_ms };
    daemon->boot_ahead_ms = ahead_ms;
    if (by_ms < CLOCK_SET_MS && by_ms > -CLOCK_SET_MS)
        return;
    log_info("the clock was set by %lld ms", (long long)by_ms);
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++)
        client_move(instants[i], by_ms);
    client_clock_moved(&daemon->client, by_ms);
    sync_clock_moved(daemon->sync, by_ms);
    send_clock_moved(daemon->send, by_ms);
    numbers_clock_moved(daemon->numbers, by_ms);
    direct_rooms_clock_moved(daemon->direct, by_ms);
    profiles_clock_moved(daemon->profiles, by_ms);
    if (daemon->crypto)
        crypto_clock_moved(daemon->crypto, by_ms);
}

/* Anew after every answer that may have told us what time it is. */
static void go_by_clock(struct daemon *daemon)
{
    int64_t now_ms = clock_now_ms(&daemon->clock);
    daemon->client.now_ms = now_ms;
    daemon->wall_ahead_ms = daemon->clock.wall_ms - now_ms;
    follow_clock(daemon, now_ms - daemon->clock.boot_ms);
}

/* The machine slept; or only this program did not run: it was stopped, or what it runs in was frozen. A poll that hangs
 * looks like that too. */
static bool was_deaf(struct daemon *daemon, const struct loop_time *time)
{
    int64_t slept_ms = time->asleep_ms - daemon->asleep_ms, silent_ms = time->boot_ms - daemon->round_ms;
    bool was_deaf = slept_ms >= ASLEEP_MS || silent_ms >= SILENT_MS || daemon->is_resumed;
    daemon->round_ms = time->boot_ms;
    daemon->is_resumed = false;
    if (!was_deaf)
        return false;
    if (daemon->client.is_caught_up)
        log_info("nothing was heard for %lld s, and the machine slept for %lld s of it: it listens first",
                 (long long)silent_ms / 1000, (long long)slept_ms / 1000);
    daemon->asleep_ms = time->asleep_ms;
    return true;
}

/* Nothing is known of what was said meanwhile: one sync comes first, as after a start. */
static void take_time(struct daemon *daemon)
{
    struct loop_time time = loop_clock();
    clock_tick(&daemon->clock, time.wall_ms, time.boot_ms, time.is_synced);
    go_by_clock(daemon);
    if (was_deaf(daemon, &time))
        client_lost(&daemon->client);
}

static void run_timers(struct daemon *daemon)
{
    struct client *client = &daemon->client;
    bool was_listening = daemon->is_listening;
    daemon->is_listening = numbers_is_ready(daemon->numbers) && sync_is_caught_up(daemon->sync);
    if (!daemon->is_listening)
        return;
    if (!was_listening)
        daemon->timers.heard_ms = client->now_ms;
    /* While the clock is in doubt nothing counts as listened for: what is urgent does not wait for that. */
    int64_t barrier_ms = clock_may_close(&daemon->clock) ? sync_barrier_ms(daemon->sync) : 0;
    timers_fire(&daemon->timers, client->now_ms, PLANTED(BARRIER_SKIPPED) ? INT64_MAX : barrier_ms);
    sync_want_barrier(daemon->sync,
                      timer_next_barrier_ms(daemon->settings->store, client->now_ms, barrier_ms));
}

/* So that the next start knows since when it was down; goes with the next commit, never makes one of its own. */
static void write_alive(struct store *store, int64_t unused, const char *now_ms)
{
    (void)unused;
    store_set(store, "alive_ms", now_ms);
}

static void defer_alive(struct daemon *daemon)
{
    char now_ms[24];
    snprintf(now_ms, sizeof now_ms, "%lld", (long long)daemon->client.now_ms);
    store_defer(daemon->settings->store, write_alive, 0, now_ms);
}

static void note_alive(struct daemon *daemon)
{
    if (daemon->client.now_ms - daemon->alive_ms < ALIVE_MS)
        return;
    daemon->alive_ms = daemon->client.now_ms;
    if (store_is_tight(daemon->settings->store))
        store_hold_ballast(daemon->settings->store);
    if (!store_defers(daemon->settings->store, write_alive, 0, NULL))
        defer_alive(daemon);
}

static void look_at_itself(struct daemon *daemon)
{
    const struct client *client = &daemon->client;
    if (!audit_is_due(&daemon->audit, client->now_ms))
        return;
    struct audit_world world = { .now_ms = client->now_ms,
                                 .barrier_ms = sync_barrier_ms(daemon->sync),
                                 .refill_per_s = daemon->settings->refill_per_s,
                                 .is_well = client->account == CLIENT_GOOD &&
                                            sync_is_caught_up(daemon->sync) &&
                                            client->now_ms - client->lost_ms >= AUDIT_TIMER_MS &&
                                            clock_may_close(&daemon->clock) };
    audit_run(&daemon->audit, daemon->settings->store, &world);
}

/* From the end of a turn that went well, and unless an audit says otherwise: a daemon that hangs is started anew. */
static int64_t feed_watchdog(struct daemon *daemon)
{
    int64_t now_ms = daemon->client.now_ms;
    if (!daemon->watchdog_ms || audit_is_stuck(&daemon->audit))
        return INT64_MAX;
    if (now_ms >= daemon->told_ms + daemon->watchdog_ms || now_ms < daemon->told_ms) {
        notify_say("WATCHDOG=1");
        daemon->told_ms = now_ms;
    }
    return daemon->told_ms + daemon->watchdog_ms;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t guest_next_ms(struct daemon *daemon)
{
    const struct loop_guest *guest = query_guest(daemon->query);
    return guest ? guest->next_ms(guest->data) : INT64_MAX;
}

/* As loop_wait reads it. */
static int64_t on_the_wall(const struct daemon *daemon, int64_t at_ms)
{
    return at_ms == INT64_MAX ? at_ms : at_ms + daemon->wall_ahead_ms;
}

/* Whatever is due now; returns when to look again. */
static int64_t turn(struct daemon *daemon)
{
    struct store *store = daemon->settings->store;
    take_time(daemon);
    http_work(daemon->settings->http);
    go_by_clock(daemon);
    numbers_poke(daemon->numbers);
    if (daemon->must_forget)
        daemon->must_forget = daemon->crypto && !crypto_forget_sessions(daemon->crypto);
    if (!daemon->is_syncing)
        return least(least(numbers_next_ms(daemon->numbers), feed_watchdog(daemon)), guest_next_ms(daemon));
    sync_poke(daemon->sync);
    run_timers(daemon);
    direct_rooms_poke(daemon->direct);
    profiles_poke(daemon->profiles);
    if (daemon->crypto)
        crypto_poke(daemon->crypto);
    send_poke(daemon->send);
    daemon->has_applied = false;
    sync_poke(daemon->sync); /* what a timer wants of it */
    note_alive(daemon);
    look_at_itself(daemon);
    /* What waited in the inbox was applied: its rows and timers have not been looked at yet. */
    if (daemon->has_applied)
        return daemon->client.now_ms;
    int64_t next_ms = least(sync_next_ms(daemon->sync), send_next_ms(daemon->send));
    next_ms = least(next_ms, numbers_next_ms(daemon->numbers));
    next_ms = least(next_ms, direct_rooms_next_ms(daemon->direct));
    next_ms = least(next_ms, profiles_next_ms(daemon->profiles));
    if (daemon->crypto)
        next_ms = least(next_ms, crypto_next_ms(daemon->crypto));
    next_ms = least(next_ms, feed_watchdog(daemon));
    next_ms = least(next_ms, guest_next_ms(daemon));
    /* One that has passed waits with the timers for a homeserver that is heard again. */
    if (daemon->timers.retry_ms > daemon->client.now_ms)
        next_ms = least(next_ms, daemon->timers.retry_ms);
    return least(next_ms, timer_next_ms(store, daemon->client.now_ms));
}

/* Nobody but an operator can help. A homeserver that is away, or allows no login now, is no reason to end. */
static bool is_signed_out(struct daemon *daemon, struct err *err)
{
    struct client *client = &daemon->client;
    if (client->account != CLIENT_SIGNED_OUT)
        return false;
    if (!client->is_soft_logout) {
        err_set(err, "the session of %s was ended at the homeserver: run `greffier login`",
                daemon->settings->me);
        return true;
    }
    if (client->now_ms < daemon->renew_ms)
        return false;
    enum daemon_renewed result = DAEMON_RENEW_LATER;
    err_set(err, "the store cannot be written");
    if (send_token_ends(daemon->send))
        result = daemon->settings->renew(daemon->settings->data, err);
    take_time(daemon); /* it took some */
    daemon->renew_ms = result == DAEMON_RENEW_LATER ? client->now_ms + RENEW_MS : 0;
    if (result == DAEMON_RENEW_LATER)
        log_warn("the session is to be renewed, and cannot be now: %s", err->text);
    if (result != DAEMON_RENEWED)
        return result == DAEMON_RENEW_REFUSED;
    client->account = CLIENT_GOOD;
    client_lost(client);
    log_info("the session was renewed");
    return false;
}

/* What is in flight is given a moment to be answered, so that the next start has nothing to look for. */
static void end(struct daemon *daemon)
{
    int64_t until_ms = daemon->client.now_ms + END_MS;
    send_close(daemon->send);
    while (send_n_in_flight(daemon->send) > 0 && daemon->client.now_ms < until_ms) {
        if (loop_wait(daemon->loop, daemon->settings->http, NULL, on_the_wall(daemon, until_ms)).is_signalled)
            break; /* told twice */
        take_time(daemon);
        http_work(daemon->settings->http);
    }
    defer_alive(daemon);
    if (daemon->is_syncing)
        sync_stop(daemon->sync);
}

/* What `greffier check` cannot read in the file. */
static void add_findings(void *data, struct buf *lines)
{
    static const char *const states[] = {
        [CLIENT_GOOD] = NULL,
        [CLIENT_LOCKED] = "the homeserver has locked the account: its administrator can unlock it\n",
        [CLIENT_SUSPENDED] = "the homeserver has suspended the account: it hears, and may not speak\n",
        [CLIENT_SIGNED_OUT] = "the session was ended at the homeserver: run `greffier login`\n",
    };
    const struct daemon *daemon = data;
    if (states[daemon->client.account])
        buf_puts(lines, states[daemon->client.account]);
    if (!daemon->is_syncing || !sync_is_caught_up(daemon->sync))
        buf_puts(lines, "the homeserver does not answer just now: the running bot goes on trying\n");
    if (daemon->crypto && crypto_trouble(daemon->crypto))
        buf_printf(lines, "encrypted rooms cannot be served: %s\n", crypto_trouble(daemon->crypto));
    audit_add_findings(&daemon->audit, lines);
    if (!clock_may_close(&daemon->clock))
        buf_puts(
            lines,
            "this machine's clock has stepped away from the homeserver's: nothing closes until they agree\n");
}

static char *verify(void *data, const char *words, struct arena *arena)
{
    const struct daemon *daemon = data;
    return daemon->crypto ? crypto_verify(daemon->crypto, words, arena) : NULL;
}

/* Without it the bot works, but `show` and its like must wait for its end. */
static void open_query(struct daemon *daemon)
{
    const struct daemon_settings *settings = daemon->settings;
    struct query_parts parts = { .store = settings->store,
                                 .engine = settings->engine,
                                 .lang = settings->lang,
                                 .add_findings = add_findings,
                                 .verify = verify,
                                 .data = daemon };
    struct err err;
    daemon->query = query_listen(settings->store_path, &parts, &err);
    if (!daemon->query)
        log_warn("no control socket: %s", err.text);
}

static void open_parts(struct daemon *daemon)
{
    const struct daemon_settings *settings = daemon->settings;
    struct loop_time time = loop_clock();
    daemon->client = (struct client){ .http = settings->http,
                                      .store = settings->store,
                                      .engine = settings->engine,
                                      .clock = &daemon->clock,
                                      .me = settings->me,
                                      .device_id = settings->device_id };
    client_init(&daemon->client, time.wall_ms);
    clock_tick(&daemon->clock, time.wall_ms, time.boot_ms, time.is_synced);
    if (settings->store_path)
        store_hold_ballast(settings->store);
    int64_t alive_ms = store_get_int(settings->store, "alive_ms", 0);
    daemon->timers =
        (struct timers){ .store = settings->store, .engine = settings->engine, .started_ms = time.wall_ms };
    if (alive_ms && time.wall_ms - alive_ms > DOWN_MS)
        daemon->timers.outage = (struct outage){ .from_ms = alive_ms, .to_ms = time.wall_ms };
    if (settings->key) {
        daemon->crypto =
            crypto_create(&daemon->client, &(struct crypto_settings){ .key = settings->key,
                                                                      .password = settings->password,
                                                                      .is_lax = settings->is_lax,
                                                                      .admins = settings->admins,
                                                                      .lang = settings->lang });
        daemon->cipher = crypto_cipher(daemon->crypto);
    }
    daemon->sync =
        sync_create(&daemon->client, &(struct sync_settings){ .intake = { .wants = engine_wants,
                                                                          .only_stops = engine_only_stops,
                                                                          .apply = engine_event,
                                                                          .on_waits = on_waits,
                                                                          .on_own_event = on_own_event,
                                                                          .may_invite = may_invite,
                                                                          .crypto = daemon->crypto,
                                                                          .data = daemon },
                                                              .before_commit = before_commit,
                                                              .after_commit = after_commit,
                                                              .on_applied = on_applied,
                                                              .on_wrong_account = on_wrong_account,
                                                              .data = daemon });
    daemon->send = send_create(&daemon->client,
                               &(struct send_settings){ .burst = settings->burst,
                                                        .refill_per_s = settings->refill_per_s,
                                                        .cipher = daemon->crypto ? &daemon->cipher : NULL,
                                                        .on_restored = on_restored,
                                                        .data = daemon });
    daemon->numbers = numbers_create(&daemon->client, on_numbers, daemon);
    daemon->direct = direct_rooms_create(&daemon->client, daemon->crypto);
    daemon->profiles = profiles_create(&daemon->client);
    if (settings->store_path)
        open_query(daemon);
    daemon->asleep_ms = time.asleep_ms;
    daemon->round_ms = time.boot_ms;
    daemon->watchdog_ms = notify_watchdog_ms();
}

static void close_parts(struct daemon *daemon)
{
    query_close(daemon->query);
    direct_rooms_destroy(daemon->direct);
    profiles_destroy(daemon->profiles);
    numbers_destroy(daemon->numbers);
    send_destroy(daemon->send);
    sync_destroy(daemon->sync);
    crypto_destroy(daemon->crypto);
    loop_destroy(daemon->loop);
}

enum daemon_end daemon_run(const struct daemon_settings *settings, struct err *err)
{
    struct daemon daemon = { .settings = settings };
    enum daemon_end result = DAEMON_STOPPED;
    daemon.loop = loop_create(err);
    if (!daemon.loop)
        return DAEMON_FAILED;
    open_parts(&daemon);
    notify_say("READY=1");
    log_info("ready as %s", settings->me);
    for (;;) {
        int64_t next_ms = turn(&daemon);
        bool was_signed_out = daemon.client.account == CLIENT_SIGNED_OUT;
        if (daemon.is_wrong_account || numbers_is_refused(daemon.numbers)) {
            err_set(err, "the access token is somebody else's: run `greffier login`");
            result = DAEMON_SIGNED_OUT;
            break;
        }
        if (daemon.is_spent) {
            result = DAEMON_RESTORED;
            break;
        }
        if (is_signed_out(&daemon, err)) {
            result = DAEMON_SIGNED_OUT;
            break;
        }
        if (was_signed_out)
            next_ms = least(next_ms, daemon.renew_ms); /* 0 once it is renewed: all goes on at once */
        struct loop_woken woken =
            loop_wait(daemon.loop, settings->http, query_guest(daemon.query), on_the_wall(&daemon, next_ms));
        daemon.is_resumed = woken.is_resumed;
        if (woken.is_signalled)
            break;
    }
    notify_say("STOPPING=1");
    log_info("stopping");
    end(&daemon);
    close_parts(&daemon);
    return result;
}
