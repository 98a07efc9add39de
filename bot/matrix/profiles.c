#include "matrix/profiles.h"

#include <stdlib.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xmalloc.h"
#include "engine/engine.h"
#include "matrix/http.h"
#include "time/zone.h"

enum { LOOK_MS = 10 * 1000, BODY_BYTES = 64 * 1024, ATTEMPTS_MAX = 5 };

struct profiles {
    struct client *client; /* borrowed */
    uint64_t request; /* 0: none in flight */
    char *person; /* owned; who is asked about */
    int64_t next_ms;
    int attempts;
    bool has_more; /* somebody was found the last time */
};

struct profiles *profiles_create(struct client *client)
{
    struct profiles *profiles = xcalloc(1, sizeof *profiles);
    profiles->client = client;
    return profiles;
}

void profiles_destroy(struct profiles *profiles)
{
    if (!profiles)
        return;
    http_cancel(profiles->client->http, profiles->request);
    free(profiles->person);
    free(profiles);
}

static void put_off(struct profiles *profiles)
{
    uint32_t random;
    secret_random(&random, sizeof random);
    profiles->next_ms = profiles->client->now_ms + backoff_ms(++profiles->attempts, random);
}

static void keep(struct profiles *profiles, const char *zone)
{
    struct client *client = profiles->client;
    struct err err;
    store_begin(client->store);
    engine_profile(client->engine, profiles->person, zone, client->now_ms);
    if (store_commit(client->store, &err)) {
        profiles->attempts = 0;
        profiles->next_ms = client->now_ms + PROFILES_GAP_MS;
        return;
    }
    log_error("%s", err.text);
    put_off(profiles);
}

/* Only a name of the list (time/zone.h): it is shown, and loaded. */
static const char *zone_in(struct json_object *profile)
{
    static const char *const keys[] = { "m.tz", "us.cloke.msc4175.tz" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *zone = json_str(profile, keys[i]);
        if (zone && zone_is_known(zone))
            return zone;
    }
    return NULL;
}

/* Their own homeserver is away, perhaps for long: what was known stays, and the others are next. */
static void keep_as_it_is(struct profiles *profiles)
{
    struct arena *arena = arena_create();
    keep(profiles, store_str(profiles->client->store, arena, "SELECT zone FROM profile WHERE person = ?1",
                             "s", profiles->person));
    arena_destroy(arena);
}

static void answered(void *data, const struct http_answer *answer)
{
    struct profiles *profiles = data;
    profiles->request = 0;
    client_heard(profiles->client, CLIENT_OTHER, answer);
    if (answer->status == 200 || answer->is_too_large || http_is_refusal(answer))
        keep(profiles, answer->status == 200 ? zone_in(answer->json) : NULL);
    else if (profiles->attempts >= ATTEMPTS_MAX)
        keep_as_it_is(profiles);
    else
        put_off(profiles);
}

/* Who may be asked about: shares a room with the bot, and is known already or finds a place. */
#define MAY_BE_ASKED                                                                                         \
    " FROM member m JOIN room r ON r.id = m.room"                                                            \
    " LEFT JOIN profile p ON p.person = m.person LEFT JOIN person b ON b.person = m.person"                  \
    " WHERE m.membership = 'join' AND r.membership = 'join' AND m.person <> ?1"                              \
    " AND substr(m.person, 1, 2) <> '@_' AND coalesce(b.is_bot, 0) = 0"                                      \
    " AND (p.person IS NOT NULL OR (SELECT count(*) FROM profile) < ?2)"

/* Whose answer is oldest, if that is not of today; NULL: nobody. No time is handed in where everybody is looked at, so
 * that they are looked at anew only when something was written (store_int). */
static char *next_person(struct client *client, struct arena *arena)
{
    int64_t oldest_ms =
        store_int(client->store, INT64_MAX, "SELECT min(coalesce(p.asked_ms, 0))" MAY_BE_ASKED, "si",
                  client->me, (int64_t)PROFILES_MAX);
    if (oldest_ms >= client->now_ms - PROFILES_AGAIN_MS)
        return NULL;
    return store_str(client->store, arena,
                     "SELECT m.person" MAY_BE_ASKED " AND coalesce(p.asked_ms, 0) = ?3 LIMIT 1", "sii",
                     client->me, (int64_t)PROFILES_MAX, oldest_ms);
}

void profiles_poke(struct profiles *profiles)
{
    struct client *client = profiles->client;
    if (profiles->request || client->now_ms < profiles->next_ms || !client->is_caught_up ||
        !client_is_well(client))
        return;
    struct arena *arena = arena_create();
    char *person = next_person(client, arena);
    profiles->has_more = person != NULL;
    profiles->next_ms = client->now_ms + LOOK_MS;
    if (person) {
        free(profiles->person);
        profiles->person = xstrdup(person);
        profiles->request = http_send(
            client->http, &(struct http_request){ .method = "GET",
                                                  .path = arena_printf(arena, "/_matrix/client/v3/profile/%s",
                                                                       http_escape(arena, person)),
                                                  .max_bytes = BODY_BYTES,
                                                  .done = answered,
                                                  .data = profiles });
    }
    arena_destroy(arena);
}

void profiles_clock_moved(struct profiles *profiles, int64_t by_ms)
{
    client_move(&profiles->next_ms, by_ms);
}

int64_t profiles_next_ms(const struct profiles *profiles)
{
    return profiles->request || !profiles->has_more || !profiles->client->is_caught_up ||
                   !client_is_well(profiles->client)
               ? INT64_MAX
               : profiles->next_ms;
}
