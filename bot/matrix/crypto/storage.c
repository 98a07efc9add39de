#include "matrix/crypto/storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "matrix/crypto/backup.h"
#include "matrix/crypto/base64.h"
#include "matrix/crypto/vault.h"
#include "store/store.h"

enum storage_step {
    STORAGE_LOOK, /* which key is the default? */
    STORAGE_TRY, /* is it ours? */
    STORAGE_DESCRIBE,
    STORAGE_LOOK_SECRET,
    STORAGE_PUT_SECRET,
    STORAGE_PUT_DEFAULT,
    STORAGE_OVER,
};

struct storage {
    struct crypto_job job;
    enum storage_step step;
    bool is_new; /* the account had none */
    bool is_whole;
    char *id; /* owned: of the key; NULL: not known yet */
    int secret; /* which one it is at */
    struct json_object *value; /* owned: of the secret's account data, as it is to be put */
};

const char *const storage_secrets[STORAGE_N_SECRETS] = {
    "m.cross_signing.master",
    "m.cross_signing.self_signing",
    "m.cross_signing.user_signing",
    "m.megolm_backup.v1",
};

/* Names and boxes */

char *storage_key_type(struct arena *arena, const char *id)
{
    return arena_printf(arena, "m.secret_storage.key.%s", id);
}

char *storage_path(struct arena *arena, const char *me, const char *type)
{
    return arena_printf(arena, "/_matrix/client/v3/user/%s/account_data/%s", http_escape(arena, me),
                        http_escape(arena, type));
}

char *storage_open(struct arena *arena, const unsigned char recovery[SECRET_KEY_BYTES], const char *id,
                   const char *name, struct json_object *value)
{
    struct json_object *box = NULL;
    json_object_object_get_ex(json_obj(value, "encrypted"), id, &box);
    return box ? vault_open(arena, recovery, name, box) : NULL;
}

/* Our own secret as it is kept there; NULL: there is none. */
static char *secret_text(struct crypto *crypto, struct arena *arena, int secret)
{
    struct store *store = crypto->client->store;
    unsigned char backup[SECRET_KEY_BYTES];
    struct identity identity;
    char *text = NULL;
    if (secret == STORAGE_BACKUP && identity_load_secret(store, crypto->key, IDENTITY_BACKUP, backup))
        text = base64_write(arena, backup, sizeof backup);
    else if (secret < STORAGE_BACKUP && identity_load(store, crypto->key, arena, &identity))
        text = base64_write(arena, identity.seeds[secret], SECRET_KEY_BYTES);
    secret_wipe(backup, sizeof backup);
    secret_wipe(&identity, sizeof identity);
    return text;
}

/* Steps */

static void go_on(struct crypto *crypto, enum storage_step step)
{
    crypto->storage->step = step;
    crypto_job_begin(&crypto->storage->job, step != STORAGE_OVER);
}

static void give_up(struct crypto *crypto, const char *why)
{
    crypto_note_trouble(crypto, "trouble.storage", why);
    go_on(crypto, STORAGE_OVER);
}

static void end(struct crypto *crypto)
{
    struct storage *storage = crypto->storage;
    struct arena *arena = arena_create();
    const char *known = store_get(crypto->client->store, arena, "crypto.storage");
    if (!known || strcmp(known, storage->id) != 0) {
        crypto_begin(crypto);
        store_set(crypto->client->store, "crypto.storage", storage->id);
        crypto_commit(crypto); /* if that cannot be written, the next start looks through all of it again */
        log_info("the secrets of %s lie in its secret storage, which its recovery key opens",
                 crypto->client->me);
    }
    crypto_note_trouble(crypto, "trouble.storage", NULL);
    storage->is_whole = true;
    go_on(crypto, STORAGE_OVER);
    backup_want(crypto);
    arena_destroy(arena);
}

static void ask(struct crypto *crypto, const char *type, struct json_object *body, http_done_fn *done)
{
    struct arena *arena = arena_create();
    crypto->storage->job.request = http_send(
        crypto->client->http, &(struct http_request){ .method = body ? "PUT" : "GET",
                                                      .path = storage_path(arena, crypto->client->me, type),
                                                      .body = body ? json_text(body) : NULL,
                                                      .done = done,
                                                      .data = crypto });
    arena_destroy(arena);
}

enum found { FOUND, FOUND_NOTHING, FOUND_NO_ANSWER };

/* NO_ANSWER: it is asked again, or never. */
static enum found judge(struct crypto *crypto, const struct http_answer *answer)
{
    struct storage *storage = crypto->storage;
    storage->job.request = 0;
    client_heard(crypto->client, CLIENT_OTHER, answer);
    if (answer->status == 200 && json_obj(answer->json, ""))
        return FOUND;
    if (answer->status == 404 && answer->errcode && strcmp(answer->errcode, "M_NOT_FOUND") == 0)
        return FOUND_NOTHING;
    crypto_job_failed(crypto, &storage->job, "the secret storage of this account cannot be used", answer);
    if (http_is_refusal(answer))
        go_on(crypto, STORAGE_OVER);
    return FOUND_NO_ANSWER;
}

/* Looking */

static bool load_recovery(struct crypto *crypto, unsigned char recovery[SECRET_KEY_BYTES])
{
    return identity_load_secret(crypto->client->store, crypto->key, IDENTITY_RECOVERY, recovery);
}

/* Always the same for a key: one that was begun and not ended is gone on with. */
static char *own_id(struct crypto *crypto)
{
    static const char *const parts[] = { "secret storage" };
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    struct arena *arena = arena_create();
    load_recovery(crypto, recovery);
    char *id = xstrdup(secret_hash(arena, recovery, parts, 1));
    secret_wipe(recovery, sizeof recovery);
    arena_destroy(arena);
    return id;
}

static void begin_secrets(struct crypto *crypto)
{
    crypto->storage->secret = 0;
    go_on(crypto, STORAGE_LOOK_SECRET);
}

static void on_looked(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct storage *storage = crypto->storage;
    enum found found = judge(crypto, answer);
    const char *id = found == FOUND ? json_str(answer->json, "key") : NULL;
    struct arena *arena = arena_create();
    if (found != FOUND_NO_ANSWER) {
        free(storage->id);
        storage->is_new = !id || strlen(id) > EVENT_ID_BYTES;
        storage->id = storage->is_new ? own_id(crypto) : xstrdup(id);
        char *known = store_get(crypto->client->store, arena, "crypto.storage");
        if (storage->is_new)
            go_on(crypto, STORAGE_DESCRIBE);
        else if (known && strcmp(known, storage->id) == 0)
            end(crypto);
        else
            go_on(crypto, STORAGE_TRY);
    }
    arena_destroy(arena);
}

/* What is to be kept there is made before anybody sees anything of it. */
static void look(struct crypto *crypto)
{
    crypto_begin(crypto);
    identity_need_secrets(crypto->client->store, crypto->key);
    if (crypto_commit(crypto))
        ask(crypto, STORAGE_DEFAULT, NULL, on_looked);
    else
        crypto->storage->job.next_ms = crypto->client->now_ms + store_retry_ms(crypto->client->store);
}

static void on_tried(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    enum found found = judge(crypto, answer);
    if (found == FOUND && load_recovery(crypto, recovery) && vault_fits(answer->json, recovery))
        begin_secrets(crypto);
    else if (found != FOUND_NO_ANSWER)
        give_up(crypto,
                "this account has a secret storage that the bot cannot open, so that its identity is only as "
                "safe as its store: give the recovery key to `greffier login --recovery-key-file FILE`");
    secret_wipe(recovery, sizeof recovery);
}

/* Secrets */

static void copy_members(struct json_object *into, struct json_object *from)
{
    if (!json_object_is_type(from, json_type_object))
        return;
    json_object_object_foreach(from, name, value)
    {
        json_set(into, name, json_object_get(value));
    }
}

/* Beside all that others keep there. */
static struct json_object *with_box(struct json_object *value, const char *id, struct json_object *box)
{
    struct json_object *merged = json_object_new_object(), *boxes = json_object_new_object();
    copy_members(merged, value);
    copy_members(boxes, json_obj(value, "encrypted"));
    json_set(boxes, id, box);
    json_set(merged, "encrypted", boxes);
    return merged;
}

static void next_secret(struct crypto *crypto)
{
    struct storage *storage = crypto->storage;
    if (++storage->secret < STORAGE_N_SECRETS)
        go_on(crypto, STORAGE_LOOK_SECRET);
    else if (storage->is_new)
        go_on(crypto, STORAGE_PUT_DEFAULT);
    else
        end(crypto);
}

/* There is one by that name in a box of our key already: another one means that somebody has begun anew. */
static void compare_secret(struct crypto *crypto, const char *theirs, const char *ours)
{
    if (strcmp(theirs, ours) == 0)
        next_secret(crypto);
    else
        give_up(
            crypto,
            "the secret storage of this account holds other secrets than the bot's, which are left as they "
            "are: somebody has begun anew there. `greffier login --recovery-key-file FILE` takes them over");
}

static void on_secret_looked(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    struct storage *storage = crypto->storage;
    const char *name = storage_secrets[storage->secret];
    struct arena *arena = arena_create();
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    enum found found = judge(crypto, answer);
    char *ours = secret_text(crypto, arena, storage->secret);
    if (found != FOUND_NO_ANSWER && !(ours && load_recovery(crypto, recovery))) {
        go_on(crypto, STORAGE_OVER); /* the key file is another one by now: that is said elsewhere */
    } else if (found != FOUND_NO_ANSWER) {
        struct json_object *value = found == FOUND ? answer->json : NULL;
        char *theirs = storage_open(arena, recovery, storage->id, name, value);
        if (theirs) {
            compare_secret(crypto, theirs, ours);
        } else {
            json_object_put(storage->value);
            storage->value = with_box(value, storage->id, vault_seal(recovery, name, ours));
            go_on(crypto, STORAGE_PUT_SECRET);
        }
    }
    secret_wipe(recovery, sizeof recovery);
    arena_destroy(arena);
}

/* Putting */

static void on_put(void *data, const struct http_answer *answer)
{
    struct crypto *crypto = data;
    switch (judge(crypto, answer)) {
    case FOUND:
        break;
    case FOUND_NOTHING: /* nobody keeps account data there */
        go_on(crypto, STORAGE_OVER);
        return;
    case FOUND_NO_ANSWER:
        return;
    }
    switch (crypto->storage->step) {
    case STORAGE_DESCRIBE:
        begin_secrets(crypto);
        break;
    case STORAGE_PUT_SECRET:
        next_secret(crypto);
        break;
    default:
        end(crypto);
        break;
    }
}

static void describe(struct crypto *crypto)
{
    struct arena *arena = arena_create();
    unsigned char recovery[SECRET_KEY_BYTES] = { 0 };
    load_recovery(crypto, recovery);
    struct json_object *description = vault_describe(recovery);
    ask(crypto, storage_key_type(arena, crypto->storage->id), description, on_put);
    json_object_put(description);
    secret_wipe(recovery, sizeof recovery);
    arena_destroy(arena);
}

static void put_default(struct crypto *crypto)
{
    struct json_object *body = json_object_new_object();
    json_set_str(body, "key", crypto->storage->id);
    ask(crypto, STORAGE_DEFAULT, body, on_put);
    json_object_put(body);
}

void storage_poke(struct crypto *crypto)
{
    struct storage *storage = crypto->storage;
    struct arena *arena = arena_create();
    if (crypto_job_may_start(crypto, &storage->job))
        switch (storage->step) {
        case STORAGE_LOOK:
            look(crypto);
            break;
        case STORAGE_TRY:
            ask(crypto, storage_key_type(arena, storage->id), NULL, on_tried);
            break;
        case STORAGE_DESCRIBE:
            describe(crypto);
            break;
        case STORAGE_LOOK_SECRET:
            ask(crypto, storage_secrets[storage->secret], NULL, on_secret_looked);
            break;
        case STORAGE_PUT_SECRET:
            ask(crypto, storage_secrets[storage->secret], storage->value, on_put);
            break;
        case STORAGE_PUT_DEFAULT:
            put_default(crypto);
            break;
        case STORAGE_OVER:
            break;
        }
    arena_destroy(arena);
}

/* The rest of it */

void storage_want(struct crypto *crypto)
{
    go_on(crypto, STORAGE_LOOK);
}

bool storage_is_whole(const struct crypto *crypto)
{
    return crypto->storage->is_whole;
}

int64_t storage_next_ms(const struct crypto *crypto)
{
    return crypto_job_next_ms(crypto, &crypto->storage->job);
}

void storage_clock_moved(struct crypto *crypto, int64_t by_ms)
{
    client_move(&crypto->storage->job.next_ms, by_ms);
}

struct storage *storage_create(void)
{
    return xcalloc(1, sizeof(struct storage)); /* not wanted yet */
}

void storage_destroy(struct crypto *crypto)
{
    struct storage *storage = crypto->storage;
    http_cancel(crypto->client->http, storage->job.request);
    json_object_put(storage->value);
    free(storage->id);
    free(storage);
}
