#include "daemon.h"

#include <curl/curl.h>
#include <string.h>

#include "base/log.h"
#include "engine/direct.h"
#include "loop.h"
#include "matrix/clock.h"
#include "matrix/direct_rooms.h"
#include "matrix/numbers.h"
#include "matrix/send.h"
#include "matrix/sync.h"
#include "notify.h"
#include "query.h"
#include "store/timer.h"

enum {
    TIMERS_MAX = 256,
    DOWN_MS = 60000,
    END_MS = 5000,
    ALIVE_MS = 60000,
    ASLEEP_MS = 5000,
    RETRY_MS = 5000
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
    struct query_server *query; /* NULL: the socket could not be made */
    struct outage outage; /* before this start; all 0: none worth a word */
    int64_t alive_ms; /* when the store was last told that we live */
    int64_t asleep_ms; /* how long the machine has slept, in all */
    int64_t watchdog_ms; /* how often the service manager is told that we live; 0: never */
    int64_t told_ms;
    int64_t retry_ms; /* the store could not be written: timers again then; 0: it could */
    bool is_syncing;
    bool is_wrong_account;
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

static void on_applied(void *data)
{
    (void)data; /* the turn of the loop looks at timers and rows after every answer */
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
    numbers_restored(daemon->numbers);
}

static void on_numbers(void *data, bool is_restored)
{
    struct daemon *daemon = data;
    send_open(daemon->send, is_restored);
    if (daemon->is_syncing) {
        sync_numbers_came(daemon->sync);
        return;
    }
    /* Not before: a turn of an old copy of the store would draw numbers that were given away already. */
    daemon->is_syncing = true;
    sync_start(daemon->sync);
    if (sync_was_unclean(daemon->sync))
        send_mark_tries(daemon->send);
}

/* Nothing is known of what was said while the machine slept: one sync comes first, as after a start. */
static void take_time(struct daemon *daemon)
{
    struct loop_time time = loop_clock();
    daemon->client.now_ms = time.wall_ms;
    clock_tick(&daemon->clock, time.wall_ms, time.boot_ms, time.is_synced);
    if (time.asleep_ms - daemon->asleep_ms >= ASLEEP_MS) {
        log_info("the machine slept for %lld s", (long long)(time.asleep_ms - daemon->asleep_ms) / 1000);
        daemon->asleep_ms = time.asleep_ms;
        client_lost(&daemon->client);
    }
}

/* A timer that is due may still wait, for a barrier or a room on hold: then nothing is written. */
static size_t fire_timers(struct daemon *daemon)
{
    struct store *store = daemon->settings->store;
    struct err err;
    store_begin(store);
    size_t n = engine_timers(daemon->settings->engine, daemon->client.now_ms, sync_barrier_ms(daemon->sync),
                             daemon->outage, TIMERS_MAX);
    if (n == 0) {
        store_rollback(store);
    } else if (!store_commit(store, &err)) {
        log_error("%s", err.text);
        daemon->retry_ms = daemon->client.now_ms + RETRY_MS;
        return 0;
    }
    return n;
}

static void run_timers(struct daemon *daemon)
{
    struct client *client = &daemon->client;
    struct store *store = daemon->settings->store;
    if (!numbers_is_ready(daemon->numbers) || !sync_is_caught_up(daemon->sync) ||
        !clock_may_close(&daemon->clock) || client->now_ms < daemon->retry_ms)
        return;
    daemon->retry_ms = 0;
    while (timer_next_ms(store, 0) <= client->now_ms && fire_timers(daemon) == TIMERS_MAX)
        ;
    sync_want_barrier(daemon->sync, timer_next_barrier_ms(store, client->now_ms));
}

/* So that the next start knows since when it was down; goes with the next commit, never makes one of its own. */
static void write_alive(struct store *store, int64_t now_ms, const char *unused)
{
    (void)unused;
    store_set_int(store, "alive_ms", now_ms);
}

static void note_alive(struct daemon *daemon)
{
    if (daemon->client.now_ms - daemon->alive_ms < ALIVE_MS)
        return;
    daemon->alive_ms = daemon->client.now_ms;
    if (store_n_deferred(daemon->settings->store) == 0)
        store_defer(daemon->settings->store, write_alive, daemon->alive_ms, "");
}

/* From the end of a turn that went well: a daemon that hangs is started anew. */
static int64_t feed_watchdog(struct daemon *daemon)
{
    int64_t now_ms = daemon->client.now_ms;
    if (!daemon->watchdog_ms)
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

/* Whatever is due now; returns when to look again. */
static int64_t turn(struct daemon *daemon)
{
    struct store *store = daemon->settings->store;
    take_time(daemon);
    http_work(daemon->settings->http);
    numbers_poke(daemon->numbers);
    if (!daemon->is_syncing)
        return least(least(numbers_next_ms(daemon->numbers), feed_watchdog(daemon)), guest_next_ms(daemon));
    sync_poke(daemon->sync);
    run_timers(daemon);
    direct_rooms_poke(daemon->direct);
    send_poke(daemon->send);
    sync_poke(daemon->sync); /* what a timer wants of it */
    note_alive(daemon);
    int64_t next_ms = least(sync_next_ms(daemon->sync), send_next_ms(daemon->send));
    next_ms = least(next_ms, numbers_next_ms(daemon->numbers));
    next_ms = least(next_ms, direct_rooms_next_ms(daemon->direct));
    next_ms = least(next_ms, feed_watchdog(daemon));
    next_ms = least(next_ms, guest_next_ms(daemon));
    if (daemon->retry_ms)
        next_ms = least(next_ms, daemon->retry_ms);
    return least(next_ms, timer_next_ms(store, daemon->client.now_ms));
}

static bool renew(struct daemon *daemon, struct err *err)
{
    if (!daemon->client.is_soft_logout || !daemon->settings->renew(daemon->settings->data, err))
        return false;
    daemon->client.account = CLIENT_GOOD;
    client_lost(&daemon->client);
    return true;
}

/* What is in flight is given a moment to be answered, so that the next start has nothing to look for. */
static void end(struct daemon *daemon)
{
    int64_t until_ms = daemon->client.now_ms + END_MS;
    send_close(daemon->send);
    while (send_n_in_flight(daemon->send) > 0 && daemon->client.now_ms < until_ms) {
        if (loop_wait(daemon->loop, daemon->settings->http, NULL, until_ms).is_signalled)
            break; /* told twice */
        take_time(daemon);
        http_work(daemon->settings->http);
    }
    daemon->alive_ms = 0;
    note_alive(daemon);
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
    if (!clock_may_close(&daemon->clock))
        buf_puts(
            lines,
            "this machine's clock has stepped away from the homeserver's: nothing closes until they agree\n");
}

/* Without it the bot works, but `show` and its like must wait for its end. */
static void open_query(struct daemon *daemon)
{
    const struct daemon_settings *settings = daemon->settings;
    struct query_parts parts = { .store = settings->store,
                                 .engine = settings->engine,
                                 .lang = settings->lang,
                                 .add_findings = add_findings,
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
    int64_t alive_ms = store_get_int(settings->store, "alive_ms", 0);
    if (alive_ms && time.wall_ms - alive_ms > DOWN_MS)
        daemon->outage = (struct outage){ .from_ms = alive_ms, .to_ms = time.wall_ms };
    daemon->sync =
        sync_create(&daemon->client, &(struct sync_settings){ .intake = { .wants = engine_wants,
                                                                          .only_stops = engine_only_stops,
                                                                          .apply = engine_event,
                                                                          .on_own_event = on_own_event,
                                                                          .may_invite = may_invite,
                                                                          .data = daemon },
                                                              .on_applied = on_applied,
                                                              .on_wrong_account = on_wrong_account,
                                                              .data = daemon });
    daemon->send =
        send_create(&daemon->client, &(struct send_settings){ .burst = settings->burst,
                                                              .refill_per_s = settings->refill_per_s,
                                                              .on_restored = on_restored,
                                                              .data = daemon });
    daemon->numbers = numbers_create(&daemon->client, on_numbers, daemon);
    daemon->direct = direct_rooms_create(&daemon->client);
    open_query(daemon);
    daemon->asleep_ms = time.asleep_ms;
    daemon->watchdog_ms = notify_watchdog_ms();
}

static void close_parts(struct daemon *daemon)
{
    query_close(daemon->query);
    direct_rooms_destroy(daemon->direct);
    numbers_destroy(daemon->numbers);
    send_destroy(daemon->send);
    sync_destroy(daemon->sync);
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
        if (daemon.is_wrong_account || numbers_is_refused(daemon.numbers)) {
            err_set(err, "the access token is somebody else's: run `greffier login`");
            result = DAEMON_SIGNED_OUT;
            break;
        }
        if (daemon.client.account == CLIENT_SIGNED_OUT && !renew(&daemon, err)) {
            err_set(err, "the session of %s was ended at the homeserver: run `greffier login`", settings->me);
            result = DAEMON_SIGNED_OUT;
            break;
        }
        if (loop_wait(daemon.loop, settings->http, query_guest(daemon.query), next_ms).is_signalled)
            break;
    }
    notify_say("STOPPING=1");
    log_info("stopping");
    end(&daemon);
    close_parts(&daemon);
    return result;
}
