#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xmalloc.h"
#include "matrix/crypto/ratchet_private.h"

enum { PICKLE_BYTES = 1 << 20 };

static struct ratchet_account *make(void)
{
    struct ratchet_account *account = xcalloc(1, sizeof *account);
    account->olm = olm_account(xmalloc(olm_account_size()));
    return account;
}

/* NDEBUG is never set: an assert may hold what must not be ignored, but not what must be done. */
void ratchet_require(size_t result)
{
    assert(result != olm_error());
    (void)result;
}

struct ratchet_account *ratchet_account_create(void)
{
    struct ratchet_account *account = make();
    size_t len = olm_create_account_random_length(account->olm);
    void *random = ratchet_take_random(len);
    ratchet_require(olm_create_account(account->olm, random, len));
    ratchet_drop(random, len);
    return account;
}

void ratchet_account_destroy(struct ratchet_account *account)
{
    if (!account)
        return;
    olm_clear_account(account->olm);
    free(account->olm);
    free(account);
}

struct ratchet_account *ratchet_account_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES])
{
    struct arena *arena = arena_create();
    struct ratchet_account *account = make();
    char *copy = ratchet_copy(arena, pickle, PICKLE_BYTES);
    if (!copy ||
        olm_unpickle_account(account->olm, key, SECRET_KEY_BYTES, copy, strlen(copy)) == olm_error()) {
        ratchet_account_destroy(account);
        account = NULL;
    }
    arena_destroy(arena);
    return account;
}

char *ratchet_account_pickle(struct ratchet_account *account, struct arena *arena,
                             const unsigned char key[SECRET_KEY_BYTES])
{
    size_t len = olm_pickle_account_length(account->olm);
    char *pickle = arena_alloc(arena, len + 1);
    ratchet_require(olm_pickle_account(account->olm, key, SECRET_KEY_BYTES, pickle, len));
    return pickle;
}

struct ratchet_identity ratchet_account_identity(struct ratchet_account *account)
{
    struct ratchet_identity identity = { .curve25519 = "", .ed25519 = "" };
    struct arena *arena = arena_create();
    size_t len = olm_account_identity_keys_length(account->olm);
    char *text = arena_alloc(arena, len + 1);
    ratchet_require(olm_account_identity_keys(account->olm, text, len));
    struct json_object *json = json_parse(text, len);
    const char *curve = json_str(json, "curve25519"), *ed = json_str(json, "ed25519");
    assert(ratchet_is_key(curve) && ratchet_is_key(ed));
    memcpy(identity.curve25519, curve, RATCHET_KEY_CHARS);
    memcpy(identity.ed25519, ed, RATCHET_KEY_CHARS);
    json_object_put(json);
    arena_destroy(arena);
    return identity;
}

char *ratchet_account_sign(struct ratchet_account *account, struct arena *arena, const char *text)
{
    assert(olm_account_signature_length(account->olm) == RATCHET_SIGNATURE_CHARS);
    char *signature = arena_alloc(arena, RATCHET_SIGNATURE_CHARS + 1);
    ratchet_require(olm_account_sign(account->olm, text, strlen(text), signature, RATCHET_SIGNATURE_CHARS));
    return signature;
}

void ratchet_account_make_one_time(struct ratchet_account *account, size_t n)
{
    assert(n <= RATCHET_ONE_TIME_MAX &&
           olm_account_max_number_of_one_time_keys(account->olm) == RATCHET_ONE_TIME_MAX);
    size_t len = olm_account_generate_one_time_keys_random_length(account->olm, n);
    void *random = ratchet_take_random(len);
    ratchet_require(olm_account_generate_one_time_keys(account->olm, n, random, len));
    ratchet_drop(random, len);
}

void ratchet_account_make_fallback(struct ratchet_account *account)
{
    size_t len = olm_account_generate_fallback_key_random_length(account->olm);
    void *random = ratchet_take_random(len);
    ratchet_require(olm_account_generate_fallback_key(account->olm, random, len));
    ratchet_drop(random, len);
}

void ratchet_account_forget_fallback(struct ratchet_account *account)
{
    olm_account_forget_old_fallback_key(account->olm);
}

static void visit_keys(const char *text, size_t len, bool is_fallback, ratchet_key_fn *visit, void *data)
{
    struct json_object *json = json_parse(text, len), *keys = json_obj(json, "curve25519");
    assert(keys);
    json_object_object_foreach(keys, key_id, key)
    {
        visit(data, key_id, json_object_get_string(key), is_fallback);
    }
    json_object_put(json);
}

void ratchet_account_unpublished(struct ratchet_account *account, ratchet_key_fn *visit, void *data)
{
    struct arena *arena = arena_create();
    size_t len = olm_account_one_time_keys_length(account->olm);
    char *text = arena_alloc(arena, len + 1);
    ratchet_require(olm_account_one_time_keys(account->olm, text, len));
    visit_keys(text, len, false, visit, data);
    len = olm_account_unpublished_fallback_key_length(account->olm);
    text = arena_alloc(arena, len + 1);
    ratchet_require(olm_account_unpublished_fallback_key(account->olm, text, len));
    visit_keys(text, strlen(text), true, visit, data);
    arena_destroy(arena);
}

void ratchet_account_mark_published(struct ratchet_account *account)
{
    olm_account_mark_keys_as_published(account->olm);
}

void ratchet_account_used(struct ratchet_account *account, struct ratchet_session *session)
{
    /* A fallback key is no one-time key and stays: then there is nothing to remove, which is no error here. */
    olm_remove_one_time_keys(account->olm, session->olm);
}
