#include "matrix/crypto/olm_sessions.h"

#include "base/log.h"
#include "store/store.h"

enum { SEEN_MS = 7 * 86400000 };

/* Keeping */

void olm_session_keep(struct crypto *crypto, struct ratchet_session *session, const char *curve25519,
                      bool has_received)
{
    struct store *store = crypto->client->store;
    struct arena *arena = arena_create();
    store_run(store,
              "INSERT INTO olm_session(id, curve, pickle, made_ms, used_ms) VALUES(?1, ?2, ?3, ?4, ?4)"
              " ON CONFLICT(id) DO UPDATE SET pickle = excluded.pickle,"
              " used_ms = CASE ?5 WHEN 1 THEN excluded.used_ms ELSE used_ms END",
              "sssii", ratchet_session_id(session, arena), curve25519,
              ratchet_session_pickle(session, arena, crypto->key), crypto->client->now_ms,
              (int64_t)has_received);
    store_run(store,
              "DELETE FROM olm_session WHERE id IN (SELECT id FROM olm_session WHERE curve = ?1"
              " ORDER BY used_ms DESC, made_ms DESC, id LIMIT -1 OFFSET ?2)",
              "si", curve25519, (int64_t)OLM_SESSIONS_PER_DEVICE);
    arena_destroy(arena);
}

/* By when they were last used, the n-th; NULL: there are no more, or it cannot be loaded. */
static struct ratchet_session *nth_session(struct crypto *crypto, const char *curve25519, int64_t n)
{
    struct arena *arena = arena_create();
    char *pickle = store_str(crypto->client->store, arena,
                             "SELECT pickle FROM olm_session WHERE curve = ?1"
                             " ORDER BY used_ms DESC, made_ms DESC, id LIMIT 1 OFFSET ?2",
                             "si", curve25519, n);
    struct ratchet_session *session = pickle ? ratchet_session_load(pickle, crypto->key) : NULL;
    arena_destroy(arena);
    return session;
}

struct ratchet_session *olm_session_for(struct crypto *crypto, const char *curve25519)
{
    return nth_session(crypto, curve25519, 0);
}

int64_t olm_n_made_since(struct crypto *crypto, const char *curve25519, int64_t since_ms)
{
    return store_int(crypto->client->store, 0,
                     "SELECT count(*) FROM olm_session WHERE curve = ?1 AND made_ms >= ?2", "si", curve25519,
                     since_ms);
}

/* Opening */

static bool is_seen(struct crypto *crypto, const char *hash)
{
    return store_int(crypto->client->store, 0, "SELECT 1 FROM olm_seen WHERE hash = ?1", "s", hash);
}

static void note_seen(struct crypto *crypto, const char *hash)
{
    store_run(crypto->client->store, "DELETE FROM olm_seen WHERE at_ms < ?1", "i",
              crypto->client->now_ms - SEEN_MS);
    store_run(crypto->client->store, "INSERT OR IGNORE INTO olm_seen(hash, at_ms) VALUES(?1, ?2)", "si", hash,
              crypto->client->now_ms);
}

/* With a session that is there. is_its_own: a first message that belongs to one: no other can open it. */
static char *open_with_known(struct crypto *crypto, const struct olm_message *message, struct arena *arena,
                             size_t *len_out, bool *is_its_own)
{
    char *text = NULL;
    struct ratchet_session *session;
    for (int64_t n = 0; !text && !*is_its_own && (session = nth_session(crypto, message->sender_curve, n));
         n++) {
        bool matches = message->kind == RATCHET_PREKEY &&
                       ratchet_session_matches(session, message->sender_curve, message->body);
        if (matches || message->kind == RATCHET_NORMAL)
            text = ratchet_session_decrypt(session, arena, message->kind, message->body, len_out);
        if (text)
            olm_session_keep(crypto, session, message->sender_curve, true);
        *is_its_own = matches;
        ratchet_session_destroy(session);
    }
    return text;
}

static char *open_first(struct crypto *crypto, const struct olm_message *message, struct arena *arena,
                        size_t *len_out)
{
    struct ratchet_account *account = crypto_open_account(crypto);
    struct ratchet_session *session =
        account ? ratchet_session_from(account, message->sender_curve, message->body) : NULL;
    char *text =
        session ? ratchet_session_decrypt(session, arena, RATCHET_PREKEY, message->body, len_out) : NULL;
    if (text) {
        ratchet_account_used(account, session);
        crypto_keep_account(crypto, account);
        olm_session_keep(crypto, session, message->sender_curve, true);
    }
    ratchet_session_destroy(session);
    ratchet_account_destroy(account);
    return text;
}

enum olm_opened olm_open(struct crypto *crypto, const struct olm_message *message, struct arena *arena,
                         const char **text_out, size_t *len_out)
{
    char *hash = ratchet_sha256(arena, message->body);
    if (is_seen(crypto, hash))
        return OLM_SEEN;
    bool is_its_own = false;
    char *text = open_with_known(crypto, message, arena, len_out, &is_its_own);
    if (!text && message->kind == RATCHET_PREKEY && !is_its_own)
        text = open_first(crypto, message, arena, len_out);
    if (!text)
        return OLM_WEDGED;
    note_seen(crypto, hash);
    *text_out = text;
    return OLM_OPENED;
}
