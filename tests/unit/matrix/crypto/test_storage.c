/* matrix/crypto: the bot's secrets in the account's secret storage, and a new machine that has them back by the recovery key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/crypto/identity.h"
#include "matrix/crypto/recovery.h"
#include "matrix/crypto/recovery_key.h"
#include "matrix/crypto/storage.h"
#include "matrix/crypto/vault.h"
#include "peers.h"

#define BOT "@bot:x"

static struct peer *bot;
static struct err err;

static int setup(void **state)
{
    (void)state;
    peers_begin();
    peers.has_no_backups = true;
    bot = peers_add(BOT, "FIRST", false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peers_finish();
    return 0;
}

static struct json_object *data_of(const char *type)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(peers_in(peers.data, BOT), type, &value);
    return value;
}

static const char *recovery_key(struct peer *peer)
{
    return recovery_unshown(peer->store, peers_key, peers.arena);
}

static const char *trouble(struct peer *peer)
{
    return store_get(peer->store, peers.arena, "trouble.storage");
}

static bool is_signed(struct peer *peer)
{
    return store_get_int(peer->store, "crypto.is_signed", 0);
}

static enum recovery_result recover(struct peer *peer, const char *key)
{
    peer_commit(peer);
    return recovery_open(peer->store, (struct http *)peer,
                         &(struct recovery_settings){ .user = BOT, .key = peers_key, .recovery_key = key },
                         &err);
}

static char *seeds_of(struct peer *peer)
{
    unsigned char key[SECRET_KEY_BYTES];
    struct identity identity;
    identity_derive_key(key, peers_key);
    assert_true(identity_load(peer->store, key, peers.arena, &identity));
    return arena_printf(peers.arena, "%s %s %s", identity.keys[0], identity.keys[1], identity.keys[2]);
}

static void secrets__lie_at_the_homeserver_for_the_recovery_key(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    peers_settle();
    const char *id = json_str(data_of(STORAGE_DEFAULT), "key");
    assert_non_null(id);
    assert_true(recovery_key_read(recovery_key(bot), key));
    assert_true(vault_fits(data_of(storage_key_type(peers.arena, id)), key));
    for (int i = 0; i < STORAGE_N_SECRETS; i++)
        assert_int_equal(
            strlen(storage_open(peers.arena, key, id, storage_secrets[i], data_of(storage_secrets[i]))), 43);
    assert_int_equal(peers.n_data_puts, 2 + STORAGE_N_SECRETS);
    assert_null(trouble(bot));
}

static void secrets__are_put_there_once(void **state)
{
    (void)state;
    peers_settle();
    int n_puts = peers.n_data_puts;
    peer_restart(bot, false);
    peers_settle();
    assert_int_equal(peers.n_data_puts, n_puts);
}

/* Whatever answer is lost, and wherever the bot was killed. */
static void secrets__are_there_in_the_end__of_one_storage(void **state)
{
    (void)state;
    static const char *const lost[] = { "default_key", "secret_storage.key", "m.cross_signing.user_signing",
                                        "m.megolm_backup" };
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        teardown(NULL);
        setup(NULL);
        peers.lost = lost[i];
        peers_settle();
        peers.lost = NULL;
        peer_restart(bot, false);
        peers_settle();
        struct json_object *data = peers_in(peers.data, BOT);
        assert_true(storage_is_whole(bot->crypto));
        assert_int_equal(json_object_object_length(data), 2 + STORAGE_N_SECRETS);
        assert_int_equal(json_object_object_length(json_obj(data_of("m.megolm_backup.v1"), "encrypted")), 1);
    }
}

/* A storage that a person made for the account. */
static void make_theirs(unsigned char key[SECRET_KEY_BYTES])
{
    struct json_object *word = json_object_new_object(), *data = peers_in(peers.data, BOT);
    secret_random(key, SECRET_KEY_BYTES);
    json_set_str(word, "key", "theirs");
    json_set(data, STORAGE_DEFAULT, word);
    json_set(data, "m.secret_storage.key.theirs", vault_describe(key));
}

static void a_storage_of_somebody_else__is_left_alone__and_said(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    make_theirs(key);
    peers_settle();
    assert_int_equal(peers.n_data_puts, 0);
    assert_non_null(trouble(bot));
    assert_true(is_signed(bot));
    assert_false(storage_is_whole(bot->crypto));
    /* No key of ours opens it, so none is shown. */
    assert_int_equal(recover(bot, NULL), RECOVERY_WANTS_KEY);
}

static void a_storage_of_somebody_else__is_shared_with_its_key(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    make_theirs(key);
    static const char other[] = "{\"encrypted\":{\"other\":{\"iv\":\"x\"}},\"more\":1}";
    json_set(peers_in(peers.data, BOT), "m.cross_signing.master", json_parse(other, sizeof other - 1));
    peers_settle();
    assert_int_equal(recover(bot, recovery_key_write(peers.arena, key)), RECOVERY_READY);
    peer_restart(bot, false);
    peers_settle();
    assert_null(trouble(bot));
    assert_true(storage_is_whole(bot->crypto));
    assert_int_equal(peers.n_data_puts, STORAGE_N_SECRETS);
    struct json_object *boxes = json_obj(data_of("m.cross_signing.master"), "encrypted");
    assert_int_equal(json_object_object_length(boxes), 2);
    assert_int_equal(json_int(data_of("m.cross_signing.master"), "more", 0), 1);
    assert_null(recovery_key(bot)); /* whoever gave it has it */
}

static void other_secrets_under_our_key__are_not_written_over(void **state)
{
    (void)state;
    unsigned char key[SECRET_KEY_BYTES];
    peers_settle();
    assert_true(recovery_key_read(recovery_key(bot), key));
    const char *id = json_str(data_of(STORAGE_DEFAULT), "key");
    struct json_object *value = json_object_new_object(), *boxes = json_object_new_object();
    json_set(boxes, id, vault_seal(key, "m.megolm_backup.v1", "another"));
    json_set(value, "encrypted", boxes);
    json_set(peers_in(peers.data, BOT), "m.megolm_backup.v1", value);
    store_begin(bot->store);
    store_set(bot->store, "crypto.storage", NULL);
    peer_commit(bot);
    peer_restart(bot, false);
    peers_settle();
    assert_non_null(trouble(bot));
    assert_string_equal(
        storage_open(peers.arena, key, id, "m.megolm_backup.v1", data_of("m.megolm_backup.v1")), "another");
}

static void a_new_machine__has_the_identity_back__and_signs_itself(void **state)
{
    (void)state;
    peers_settle();
    const char *key = recovery_key(bot), *seeds = seeds_of(bot);
    struct peer *other = peers_add(BOT, "SECOND", false);
    assert_int_equal(recover(other, NULL), RECOVERY_WANTS_KEY);
    assert_int_equal(recover(other, key), RECOVERY_READY);
    peers_settle();
    assert_string_equal(seeds_of(other), seeds);
    assert_true(is_signed(other));
    assert_null(recovery_key(other));
    assert_true(storage_is_whole(other->crypto));
    assert_int_equal(peers.n_data_puts, 2 + STORAGE_N_SECRETS);
}

static void a_wrong_recovery_key__changes_nothing(void **state)
{
    (void)state;
    unsigned char wrong[SECRET_KEY_BYTES];
    peers_settle();
    const char *key = recovery_key(bot);
    struct peer *other = peers_add(BOT, "SECOND", false);
    secret_random(wrong, sizeof wrong);
    assert_int_equal(recover(other, recovery_key_write(peers.arena, wrong)), RECOVERY_REFUSED);
    assert_int_equal(recover(other, "nonsense"), RECOVERY_REFUSED);
    assert_null(store_get(other->store, peers.arena, "crypto.seeds"));
    json_object_object_del(peers_in(peers.data, BOT), "m.cross_signing.self_signing");
    assert_int_equal(recover(other, key), RECOVERY_REFUSED);
    assert_non_null(strstr(err.text, "no self_signing key"));
    json_object_object_del(peers_in(peers.data, BOT), STORAGE_DEFAULT);
    assert_int_equal(recover(other, key), RECOVERY_REFUSED);
    assert_null(store_get(other->store, peers.arena, "crypto.seeds"));
}

/* The boxes hold seeds, and their keys are not those that the account publishes. */
static void an_identity_that_was_made_anew__is_not_had_back(void **state)
{
    (void)state;
    peers_settle();
    const char *key = recovery_key(bot);
    struct json_object *ours = NULL;
    peers_add("@else:x", "ELSE", false);
    peers_settle();
    json_object_object_get_ex(peers_in(peers.keys, "master_keys"), "@else:x", &ours);
    struct json_object *copy = json_parse(json_text(ours), strlen(json_text(ours)));
    json_set_str(copy, "user_id", BOT);
    json_set(peers_in(peers.keys, "master_keys"), BOT, copy);
    struct peer *other = peers_add(BOT, "SECOND", false);
    assert_int_equal(recover(other, key), RECOVERY_REFUSED);
    assert_non_null(strstr(err.text, "another master key"));
    assert_null(store_get(other->store, peers.arena, "crypto.seeds"));
}

static void the_recovery_key__is_shown_once(void **state)
{
    (void)state;
    assert_int_equal(recover(bot, NULL), RECOVERY_READY);
    const char *key = recovery_key(bot);
    assert_non_null(key);
    assert_string_equal(recovery_key(bot), key); /* until that is noted */
    assert_true(recovery_note_shown(bot->store, &err));
    assert_null(recovery_key(bot));
    peers_settle();
    assert_true(storage_is_whole(bot->crypto));
    assert_null(recovery_key(bot));
    assert_int_equal(recover(bot, NULL), RECOVERY_READY);
}

static void no_secret__lies_in_clear_in_the_store(void **state)
{
    (void)state;
    peers_settle();
    unsigned char key[SECRET_KEY_BYTES];
    struct rows rows = store_rows(bot->store, "SELECT value FROM setting", "");
    const char *words = recovery_key(bot);
    recovery_key_read(words, key);
    while (rows_next(&rows)) {
        assert_null(strstr(rows_text(&rows, 0), words));
        for (int i = 0; i < STORAGE_N_SECRETS; i++) {
            char *secret = storage_open(peers.arena, key, json_str(data_of(STORAGE_DEFAULT), "key"),
                                        storage_secrets[i], data_of(storage_secrets[i]));
            assert_null(strstr(rows_text(&rows, 0), secret));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(secrets__lie_at_the_homeserver_for_the_recovery_key),
        TEST(secrets__are_put_there_once),
        TEST(secrets__are_there_in_the_end__of_one_storage),
        TEST(a_storage_of_somebody_else__is_left_alone__and_said),
        TEST(a_storage_of_somebody_else__is_shared_with_its_key),
        TEST(other_secrets_under_our_key__are_not_written_over),
        TEST(a_new_machine__has_the_identity_back__and_signs_itself),
        TEST(a_wrong_recovery_key__changes_nothing),
        TEST(an_identity_that_was_made_anew__is_not_had_back),
        TEST(the_recovery_key__is_shown_once),
        TEST(no_secret__lies_in_clear_in_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
