/*
 * Answers to /sync, one after the other: whatever they say, the store stays whole, nothing is left half done, and who speaks
 * in a room that they do not name is heard.
 */
#include <string.h>

#include "fuzz.h"
#include "matrix/apply.h"
#include "matrix/http.h"
#include "matrix/members.h"
#include "matrix/take.h"
#include "world.h"

enum { ANSWERS_MAX = 4, DRAINS_MAX = 8, MINUTE_MS = 60 * 1000 };

static const char calm_answer[] =
    "{\"rooms\":{\"join\":{\"" WORLD_CALM "\":{\"timeline\":{\"events\":[{\"type\":\"m.room.message\","
    "\"event_id\":\"$calm\",\"sender\":\"@zoe:calm\",\"origin_server_ts\":1,"
    "\"content\":{\"msgtype\":\"m.text\",\"body\":\"!help\"}}]}}}}}";

static void on_own_event(void *data, int64_t room, const char *event_id, const char *txn,
                         const char *content_txn)
{
    (void)data, (void)room, (void)event_id, (void)txn, (void)content_txn;
}

static bool may_invite(void *data, const char *user_id)
{
    (void)data;
    return strcmp(user_id, "@alice:x") == 0;
}

static void take(struct intake *intake, const char *text, size_t len)
{
    struct json_object *json = json_parse(text, len);
    take_answer(intake, &(struct take_answer){
                            .json = json, .since = "s1", .before_ms = intake->client->now_ms - MINUTE_MS });
    json_object_put(json);
    FUZZ_REQUIRE(intake_commit(intake));
    for (int i = 0; i < DRAINS_MAX && apply_drain(intake); i++)
        ;
    intake->client->now_ms += MINUTE_MS;
    members_poke(intake);
    FUZZ_REQUIRE(!store_in_transaction(intake->client->store));
}

static bool is_calm(const char *text, size_t len)
{
    struct json_object *json = json_parse(text, len);
    bool is = !json || !strstr(json_text(json), "calm");
    json_object_put(json);
    return is;
}

static int64_t n_said_in_calm(struct world *world)
{
    return store_int(world->store, 0, "SELECT count(*) FROM outbox WHERE room = ?1", "i", world->calm);
}

void target_sync(const uint8_t *bytes, size_t len)
{
    struct world *world = world_create(NULL);
    struct http *http = http_create("http://127.0.0.1:1", NULL);
    struct client client = { .http = http, .store = world->store, .engine = world->engine, .me = WORLD_ME };
    client_init(&client, world->now_ms);
    struct intake *intake = intake_create(&client, &(struct intake_settings){ .wants = engine_wants,
                                                                              .only_stops = engine_only_stops,
                                                                              .apply = engine_event,
                                                                              .on_own_event = on_own_event,
                                                                              .may_invite = may_invite });
    int64_t newest = outbox_newest(world->store);
    bool leaves_calm = true;
    char *answer;
    intake_reload(intake);
    for (int i = 0; i < ANSWERS_MAX && fuzz_take_record(world->arena, &bytes, &len, &answer); i++) {
        leaves_calm = leaves_calm && is_calm(answer, strlen(answer));
        take(intake, answer, strlen(answer));
    }
    int64_t n_said = n_said_in_calm(world);
    take(intake, calm_answer, strlen(calm_answer));
    FUZZ_REQUIRE(!leaves_calm || n_said_in_calm(world) == n_said + 1);
    intake_destroy(intake);
    world_check_store(world);
    world_check_outbox(world, newest);
    http_destroy(http);
    world_destroy(world);
}
