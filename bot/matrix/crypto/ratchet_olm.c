#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "matrix/crypto/base64.h"
#include "matrix/crypto/ratchet_private.h"

enum { PICKLE_BYTES = 1 << 16, KEY_BYTES = 32, OLM_VERSION = 3 };

static struct ratchet_session *make(void)
{
    struct ratchet_session *session = xcalloc(1, sizeof *session);
    session->olm = olm_session(xmalloc(olm_session_size()));
    return session;
}

void ratchet_session_destroy(struct ratchet_session *session)
{
    if (!session)
        return;
    olm_clear_session(session->olm);
    free(session->olm);
    free(session);
}

static struct ratchet_session *keep_if(struct ratchet_session *session, size_t result)
{
    if (result != olm_error())
        return session;
    ratchet_session_destroy(session);
    return NULL;
}

/* A length: seven bits a byte, the lowest first, a set eighth one before all but the last. SIZE_MAX: it is none. */
static size_t take_length(const unsigned char **at, const unsigned char *end)
{
    size_t length = 0;
    for (int shift = 0; *at < end && shift <= 14; shift += 7) {
        unsigned char byte = *(*at)++;
        length |= (size_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return length;
    }
    return SIZE_MAX;
}

/* Of a first message the part that no MAC covers: a version and four fields, each behind its tag and its length: three keys
 * and the message; in no certain order. Where there is no key of the sender libolm reads it all the same, which ends the
 * program, and anybody can send that. */
static bool is_first_message(struct arena *arena, const char *body)
{
    enum { TAG_FIRST = 0x0A, TAG_STEP = 8, TAG_MESSAGE = 0x22, TAGS = 4 };
    size_t len = 0;
    const unsigned char *at = base64_read(arena, body, &len), *end = at ? at + len : NULL;
    bool is_there[TAGS] = { false };
    if (at == end || *at++ != OLM_VERSION)
        return false;
    for (int n = 0; n < TAGS; n++) {
        unsigned char tag = at < end ? *at++ : 0;
        if (tag < TAG_FIRST || tag > TAG_MESSAGE || (tag - TAG_FIRST) % TAG_STEP ||
            is_there[(tag - TAG_FIRST) / TAG_STEP])
            return false;
        is_there[(tag - TAG_FIRST) / TAG_STEP] = true;
        size_t length = take_length(&at, end);
        if (length > (size_t)(end - at) || (tag != TAG_MESSAGE && length != KEY_BYTES))
            return false;
        at += length;
    }
    return at == end;
}

/* As ratchet_copy. */
static char *copy_message(struct arena *arena, enum ratchet_kind kind, const char *body)
{
    char *copy = ratchet_copy(arena, body, RATCHET_TEXT_BYTES);
    return copy && (kind == RATCHET_NORMAL || is_first_message(arena, copy)) ? copy : NULL;
}

struct ratchet_session *ratchet_session_to(struct ratchet_account *account, const char *curve25519,
                                           const char *one_time)
{
    if (!ratchet_is_curve(curve25519) || !ratchet_is_curve(one_time))
        return NULL;
    struct ratchet_session *session = make();
    size_t len = olm_create_outbound_session_random_length(session->olm);
    void *random = ratchet_take_random(len);
    size_t result = olm_create_outbound_session(session->olm, account->olm, curve25519, RATCHET_KEY_CHARS,
                                                one_time, RATCHET_KEY_CHARS, random, len);
    ratchet_drop(random, len);
    return keep_if(session, result);
}

struct ratchet_session *ratchet_session_from(struct ratchet_account *account, const char *curve25519,
                                             const char *body)
{
    struct arena *arena = arena_create();
    char *copy = copy_message(arena, RATCHET_PREKEY, body);
    struct ratchet_session *session = NULL;
    if (copy && ratchet_is_curve(curve25519)) {
        session = make();
        session = keep_if(session, olm_create_inbound_session_from(session->olm, account->olm, curve25519,
                                                                   RATCHET_KEY_CHARS, copy, strlen(copy)));
    }
    arena_destroy(arena);
    return session;
}

struct ratchet_session *ratchet_session_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES])
{
    struct arena *arena = arena_create();
    char *copy = ratchet_copy(arena, pickle, PICKLE_BYTES);
    struct ratchet_session *session = make();
    size_t result =
        copy ? olm_unpickle_session(session->olm, key, SECRET_KEY_BYTES, copy, strlen(copy)) : olm_error();
    arena_destroy(arena);
    return keep_if(session, result);
}

char *ratchet_session_pickle(struct ratchet_session *session, struct arena *arena,
                             const unsigned char key[SECRET_KEY_BYTES])
{
    size_t len = olm_pickle_session_length(session->olm);
    char *pickle = arena_alloc(arena, len + 1);
    size_t result = olm_pickle_session(session->olm, key, SECRET_KEY_BYTES, pickle, len);
    ratchet_require(result);
    return pickle;
}

char *ratchet_session_id(struct ratchet_session *session, struct arena *arena)
{
    size_t len = olm_session_id_length(session->olm);
    char *id = arena_alloc(arena, len + 1);
    size_t result = olm_session_id(session->olm, id, len);
    ratchet_require(result);
    return id;
}

bool ratchet_session_matches(struct ratchet_session *session, const char *curve25519, const char *body)
{
    struct arena *arena = arena_create();
    char *copy = copy_message(arena, RATCHET_PREKEY, body);
    bool matches = copy && ratchet_is_curve(curve25519) &&
                   olm_matches_inbound_session_from(session->olm, curve25519, RATCHET_KEY_CHARS, copy,
                                                    strlen(copy)) == 1;
    arena_destroy(arena);
    return matches;
}

char *ratchet_session_encrypt(struct ratchet_session *session, struct arena *arena, const char *text,
                              enum ratchet_kind *kind_out)
{
    size_t kind = olm_encrypt_message_type(session->olm), text_len = strlen(text);
    size_t random_len = olm_encrypt_random_length(session->olm);
    size_t len = olm_encrypt_message_length(session->olm, text_len);
    char *body = arena_alloc(arena, len + 1);
    void *random = ratchet_take_random(random_len);
    size_t result = olm_encrypt(session->olm, text, text_len, random, random_len, body, len);
    ratchet_drop(random, random_len);
    ratchet_require(result);
    *kind_out = kind == OLM_MESSAGE_TYPE_PRE_KEY ? RATCHET_PREKEY : RATCHET_NORMAL;
    return body;
}

char *ratchet_session_decrypt(struct ratchet_session *session, struct arena *arena, enum ratchet_kind kind,
                              const char *body, size_t *len_out)
{
    char *copy = copy_message(arena, kind, body);
    if (!copy)
        return NULL;
    size_t len = strlen(copy);
    size_t max = olm_decrypt_max_plaintext_length(session->olm, (size_t)kind, copy, len);
    if (!ratchet_is_blocks(max))
        return NULL;
    memcpy(copy, body, len); /* that has destroyed it */
    char *text = arena_alloc(arena, max + 1);
    size_t got = olm_decrypt(session->olm, (size_t)kind, copy, len, text, max);
    if (got == olm_error())
        return NULL;
    text[got] = '\0'; /* the rest of the last block is there too */
    *len_out = got;
    return text;
}
