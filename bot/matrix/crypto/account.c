#include <string.h>

#include "base/log.h"
#include "matrix/crypto/cross.h"
#include "matrix/crypto/crypto_private.h"
#include "matrix/crypto/device.h"
#include "store/store.h"

static bool is_of_this_device(struct crypto *crypto, struct arena *arena)
{
    const char *known = store_get(crypto->client->store, arena, "crypto.device_id");
    return known && strcmp(known, crypto->client->device_id) == 0;
}

void account_forget_sessions(struct crypto *crypto)
{
    struct store *store = crypto->client->store;
    store_run(store, "DELETE FROM olm_session", "");
    store_run(store, "DELETE FROM wedged", "");
    store_run(store, "DELETE FROM to_device", "");
    store_run(store, "DELETE FROM room_share", "");
    store_run(store, "DELETE FROM room_start", "");
    store_run(store, "DELETE FROM room_out", "");
}

/* What was agreed on as another device is worth nothing to this one. */
static void begin_device(struct crypto *crypto)
{
    struct store *store = crypto->client->store;
    store_set(store, "crypto.account", NULL);
    store_set(store, "crypto.is_published", NULL);
    store_set(store, "crypto.is_signed", NULL);
    store_set(store, "crypto.fallback_ms", NULL);
    store_set(store, "crypto.has_old_fallback", NULL);
    store_set(store, "crypto.device_id", crypto->client->device_id);
    account_forget_sessions(crypto);
}

void crypto_keep_account(struct crypto *crypto, struct ratchet_account *account)
{
    struct arena *arena = arena_create();
    store_set(crypto->client->store, "crypto.account", ratchet_account_pickle(account, arena, crypto->key));
    arena_destroy(arena);
}

struct ratchet_account *crypto_open_account(struct crypto *crypto)
{
    struct arena *arena = arena_create();
    struct ratchet_account *account = NULL;
    if (!is_of_this_device(crypto, arena))
        begin_device(crypto);
    char *pickle = store_get(crypto->client->store, arena, "crypto.account");
    if (pickle) {
        account = ratchet_account_load(pickle, crypto->key);
        if (!account)
            crypto_turn_off(
                crypto, "the keys of this device were encrypted by another [store] key_file: put that one "
                        "back");
    } else if (!store_failed(crypto->client->store)) {
        account = ratchet_account_create();
        crypto_keep_account(crypto, account);
        log_info("made the keys of device %s", crypto->client->device_id);
    }
    arena_destroy(arena);
    return account;
}

struct json_object *crypto_own_device(struct crypto *crypto, struct ratchet_account *account)
{
    struct json_object *device = device_make(account, crypto->client->me, crypto->client->device_id);
    cross_sign_device(crypto, device);
    return device;
}

bool crypto_know_itself(struct crypto *crypto)
{
    if (*crypto->identity.curve25519)
        return true;
    if (crypto->is_off || !store_get_int(crypto->client->store, "crypto.is_published", 0))
        return false;
    bool is_ours = !store_in_transaction(crypto->client->store);
    crypto_begin(crypto);
    struct ratchet_account *account = crypto_open_account(crypto);
    if (account && store_get_int(crypto->client->store, "crypto.is_published", 0))
        crypto->identity = ratchet_account_identity(account);
    ratchet_account_destroy(account);
    if (is_ours)
        crypto_commit(crypto);
    return *crypto->identity.curve25519;
}
