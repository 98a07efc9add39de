/*
 * What anybody may say of a verification: records, each an event as it stands in an answer of sync. One that begins with 'r'
 * is said in the room; "yes" and "no" are what the bot's machine says of what is shown. KEY, in any, is a key that somebody
 * could have.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "matrix/crypto/vouch_private.h"
#include "matrix/http.h"
#include "store/store.h"

#define ME "@bot:x"
enum { NOW = 1800000000, RECORDS_MAX = 32 };

static const unsigned char key[SECRET_KEY_BYTES] = "one key of thirty-two characters";
static const char *const admins[] = { "@alice:x", NULL };

static struct {
    struct store *store;
    struct client client; /* not caught up: it asks for nothing */
} world;

static void end_world(void)
{
    http_destroy(world.client.http);
    store_close(world.store);
}

static void make_world(void)
{
    struct err err;
    atexit(end_world);
    FUZZ_REQUIRE(store_open(NULL, &world.store, NULL) == STORE_OPENED);
    world.client = (struct client){ .store = world.store, .me = ME, .device_id = "BOT" };
    client_init(&world.client, NOW);
    world.client.http = http_create("http://127.0.0.1:1", NULL);
    store_begin(world.store);
    store_set(world.store, "crypto.device_id", "BOT");
    store_set_int(world.store, "crypto.is_published", 1);
    FUZZ_REQUIRE(store_commit(world.store, &err));
}

static char *with_key(struct arena *arena, const char *record)
{
    static const char some[] = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
    const char *at = strstr(record, "KEY");
    return at ? arena_printf(arena, "%.*s%s%s", (int)(at - record), record, some, at + 3)
              : arena_strdup(arena, record);
}

static void say(struct crypto *crypto, const char *record)
{
    bool is_in_room = *record == 'r';
    struct json_object *event = json_parse(record + is_in_room, strlen(record + is_in_room));
    if (is_in_room)
        crypto_hear(crypto, 1, event);
    else
        vouch_hear(crypto, 0, event);
    json_object_put(event);
    crypto_poke(crypto);
}

static void decide(struct crypto *crypto, const char *word, struct arena *arena)
{
    char *text = vouch_answer(crypto, "", arena);
    if (!text)
        return;
    fuzz_check_shown(text);
    vouch_answer(crypto, arena_printf(arena, "%s %s", word, strrchr(text, '\n') + 1), arena);
    crypto_poke(crypto);
}

static void check(const struct vouch *vouch)
{
    for (size_t i = 0; i < VOUCH_TALKS; i++) {
        const struct vouch_talk *talk = &vouch->talks[i];
        /* Nobody who has not the secret is ever vouched for. */
        FUZZ_REQUIRE(!talk->result || strncmp(talk->result, "verified", 8) != 0);
        FUZZ_REQUIRE((talk->step == VOUCH_OVER) == (talk->result != NULL));
        FUZZ_REQUIRE(talk->step == VOUCH_NONE || strcmp(talk->person, admins[0]) == 0);
        FUZZ_REQUIRE(!talk->mac || talk->sas);
    }
    FUZZ_REQUIRE(vouch->n_unsaid <= VOUCH_UNSAID_MAX && vouch->n_heard == 0);
}

void target_vouch(const uint8_t *bytes, size_t len)
{
    if (!world.store)
        make_world();
    struct arena *arena = arena_create();
    struct err err;
    struct crypto *crypto =
        crypto_create(&world.client, &(struct crypto_settings){ .key = key, .admins = admins });
    char *record;
    for (int i = 0; i < RECORDS_MAX && fuzz_take_record(arena, &bytes, &len, &record); i++) {
        if (strcmp(record, "yes") == 0 || strcmp(record, "no") == 0)
            decide(crypto, record, arena);
        else
            say(crypto, with_key(arena, record));
        check(crypto->vouch);
    }
    crypto_destroy(crypto);
    store_begin(world.store);
    store_run(world.store, "DELETE FROM vouching", "");
    store_run(world.store, "DELETE FROM tracked", "");
    FUZZ_REQUIRE(store_commit(world.store, &err));
    arena_destroy(arena);
}
