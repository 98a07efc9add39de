#include "bot.h"

#include "commands/table.h"
#include "daemon.h"
#include "disk.h"
#include "homeserver.h"
#include "matrix/http.h"
#include "net.h"
#include "world.h"

static bool may_invite(void *data, const char *user_id)
{
    (void)data;
    (void)user_id;
    return true;
}

static enum daemon_renewed renew(void *data, struct err *err)
{
    (void)data;
    if (net_weather.is_down) {
        err_set(err, "nobody answers");
        return DAEMON_RENEW_LATER;
    }
    homeserver_log_in();
    return DAEMON_RENEWED;
}

static void run(struct store *store, struct engine *engine, struct http *http)
{
    struct err err;
    double burst, refill_per_s;
    homeserver_limits(&burst, &refill_per_s);
    enum daemon_end end = daemon_run(&(struct daemon_settings){ .store = store,
                                                                .engine = engine,
                                                                .http = http,
                                                                .me = BOT_ME,
                                                                .device_id = BOT_DEVICE,
                                                                .burst = burst,
                                                                .refill_per_s = refill_per_s,
                                                                .may_invite = may_invite,
                                                                .renew = renew },
                                     &err);
    if (end != DAEMON_STOPPED)
        world_fail("the bot ended by itself: %s", err.text);
}

void bot_live(void)
{
    static const char *const nobody[] = { NULL };
    struct store *store;
    struct err err;
    if (store_open(DISK_STORE, &store, &err) != STORE_OPENED) {
        /* A disk that is full or fails: the next start tries again. Nothing else may keep a store closed. */
        world_trace("the store cannot be opened: %s", err.text);
        if (world.now_ms >= world.faults_end_ms)
            world_fail("the store cannot be opened any more: %s", err.text);
        return;
    }
    struct engine *engine =
        engine_create(store,
                      &(struct engine_settings){ .me = BOT_ME,
                                                 .lang = "en",
                                                 .zone = "Europe/Zurich",
                                                 .hours = "mon-fri 09:00-12:00,13:00-17:00",
                                                 .prefix = "!",
                                                 .admins = nobody,
                                                 .bots = nobody },
                      command_table, habit_table);
    struct http *http = http_create("http://127.0.0.1", &err);
    http_set_token(http, BOT_TOKEN);
    world.store = store;
    world.engine = engine;
    world.http = http;
    run(store, engine, http);
    http_destroy(http);
    engine_destroy(engine);
    store_close(store);
    world.store = NULL;
}
