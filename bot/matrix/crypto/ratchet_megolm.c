#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "matrix/crypto/ratchet_private.h"

enum { PICKLE_BYTES = 1 << 16, SESSION_KEY_BYTES = 1 << 12 };

struct ratchet_out {
    OlmOutboundGroupSession *olm; /* owned */
};

struct ratchet_in {
    OlmInboundGroupSession *olm; /* owned */
};

/* Out */

static struct ratchet_out *make_out(void)
{
    struct ratchet_out *out = xcalloc(1, sizeof *out);
    out->olm = olm_outbound_group_session(xmalloc(olm_outbound_group_session_size()));
    return out;
}

void ratchet_out_destroy(struct ratchet_out *out)
{
    if (!out)
        return;
    olm_clear_outbound_group_session(out->olm);
    free(out->olm);
    free(out);
}

struct ratchet_out *ratchet_out_create(void)
{
    struct ratchet_out *out = make_out();
    size_t len = olm_init_outbound_group_session_random_length(out->olm);
    uint8_t *random = ratchet_take_random(len);
    size_t result = olm_init_outbound_group_session(out->olm, random, len);
    ratchet_drop(random, len);
    ratchet_require(result);
    return out;
}

struct ratchet_out *ratchet_out_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES])
{
    struct arena *arena = arena_create();
    char *copy = ratchet_copy(arena, pickle, PICKLE_BYTES);
    struct ratchet_out *out = make_out();
    if (!copy || olm_unpickle_outbound_group_session(out->olm, key, SECRET_KEY_BYTES, copy, strlen(copy)) ==
                     olm_error()) {
        ratchet_out_destroy(out);
        out = NULL;
    }
    arena_destroy(arena);
    return out;
}

char *ratchet_out_pickle(struct ratchet_out *out, struct arena *arena,
                         const unsigned char key[SECRET_KEY_BYTES])
{
    size_t len = olm_pickle_outbound_group_session_length(out->olm);
    char *pickle = arena_alloc(arena, len + 1);
    size_t result = olm_pickle_outbound_group_session(out->olm, key, SECRET_KEY_BYTES, pickle, len);
    ratchet_require(result);
    return pickle;
}

char *ratchet_out_id(struct ratchet_out *out, struct arena *arena)
{
    size_t len = olm_outbound_group_session_id_length(out->olm);
    char *id = arena_alloc(arena, len + 1);
    size_t result = olm_outbound_group_session_id(out->olm, (uint8_t *)id, len);
    ratchet_require(result);
    return id;
}

char *ratchet_out_key(struct ratchet_out *out, struct arena *arena)
{
    size_t len = olm_outbound_group_session_key_length(out->olm);
    char *key = arena_alloc(arena, len + 1);
    size_t result = olm_outbound_group_session_key(out->olm, (uint8_t *)key, len);
    ratchet_require(result);
    return key;
}

uint32_t ratchet_out_index(struct ratchet_out *out)
{
    return olm_outbound_group_session_message_index(out->olm);
}

char *ratchet_out_encrypt(struct ratchet_out *out, struct arena *arena, const char *text)
{
    size_t text_len = strlen(text), len = olm_group_encrypt_message_length(out->olm, text_len);
    char *ciphertext = arena_alloc(arena, len + 1);
    size_t result = olm_group_encrypt(out->olm, (const uint8_t *)text, text_len, (uint8_t *)ciphertext, len);
    ratchet_require(result);
    return ciphertext;
}

/* In */

static struct ratchet_in *make_in(void)
{
    struct ratchet_in *in = xcalloc(1, sizeof *in);
    in->olm = olm_inbound_group_session(xmalloc(olm_inbound_group_session_size()));
    return in;
}

void ratchet_in_destroy(struct ratchet_in *in)
{
    if (!in)
        return;
    olm_clear_inbound_group_session(in->olm);
    free(in->olm);
    free(in);
}

static struct ratchet_in *keep_if(struct ratchet_in *in, size_t result)
{
    if (result != olm_error())
        return in;
    ratchet_in_destroy(in);
    return NULL;
}

struct ratchet_in *ratchet_in_create(const char *session_key)
{
    struct arena *arena = arena_create();
    char *copy = ratchet_copy(arena, session_key, SESSION_KEY_BYTES);
    struct ratchet_in *in = make_in();
    size_t result =
        copy ? olm_init_inbound_group_session(in->olm, (const uint8_t *)copy, strlen(copy)) : olm_error();
    if (copy)
        secret_wipe(copy, strlen(copy));
    arena_destroy(arena);
    return keep_if(in, result);
}

struct ratchet_in *ratchet_in_load(const char *pickle, const unsigned char key[SECRET_KEY_BYTES])
{
    struct arena *arena = arena_create();
    char *copy = ratchet_copy(arena, pickle, PICKLE_BYTES);
    struct ratchet_in *in = make_in();
    size_t result =
        copy ? olm_unpickle_inbound_group_session(in->olm, key, SECRET_KEY_BYTES, copy, strlen(copy))
             : olm_error();
    arena_destroy(arena);
    return keep_if(in, result);
}

char *ratchet_in_pickle(struct ratchet_in *in, struct arena *arena, const unsigned char key[SECRET_KEY_BYTES])
{
    size_t len = olm_pickle_inbound_group_session_length(in->olm);
    char *pickle = arena_alloc(arena, len + 1);
    size_t result = olm_pickle_inbound_group_session(in->olm, key, SECRET_KEY_BYTES, pickle, len);
    ratchet_require(result);
    return pickle;
}

char *ratchet_in_id(struct ratchet_in *in, struct arena *arena)
{
    size_t len = olm_inbound_group_session_id_length(in->olm);
    char *id = arena_alloc(arena, len + 1);
    size_t result = olm_inbound_group_session_id(in->olm, (uint8_t *)id, len);
    ratchet_require(result);
    return id;
}

uint32_t ratchet_in_first_index(struct ratchet_in *in)
{
    return olm_inbound_group_session_first_known_index(in->olm);
}

/* At this index, for ratchet_drop; NULL: it begins later. */
static char *export_at(struct ratchet_in *in, uint32_t index, size_t *len_out)
{
    *len_out = olm_export_inbound_group_session_length(in->olm);
    char *key = xcalloc(1, *len_out);
    if (olm_export_inbound_group_session(in->olm, (uint8_t *)key, *len_out, index) != olm_error())
        return key;
    ratchet_drop(key, *len_out);
    return NULL;
}

char *ratchet_in_export(struct ratchet_in *in, struct arena *arena)
{
    size_t len;
    char *key = export_at(in, ratchet_in_first_index(in), &len);
    char *text = arena_strndup(arena, key, len);
    ratchet_drop(key, len);
    return text;
}

struct ratchet_in *ratchet_in_import(const char *exported)
{
    struct arena *arena = arena_create();
    char *copy = ratchet_copy(arena, exported, SESSION_KEY_BYTES);
    struct ratchet_in *in = make_in();
    size_t result =
        copy ? olm_import_inbound_group_session(in->olm, (const uint8_t *)copy, strlen(copy)) : olm_error();
    if (copy)
        secret_wipe(copy, strlen(copy));
    arena_destroy(arena);
    return keep_if(in, result);
}

bool ratchet_in_connects(struct ratchet_in *one, struct ratchet_in *other)
{
    uint32_t a = ratchet_in_first_index(one), b = ratchet_in_first_index(other), index = a > b ? a : b;
    size_t len, other_len;
    char *key = export_at(one, index, &len), *other_key = export_at(other, index, &other_len);
    bool connects = key && other_key && len == other_len && memcmp(key, other_key, len) == 0;
    ratchet_drop(key, len);
    ratchet_drop(other_key, other_len);
    return connects;
}

char *ratchet_in_decrypt(struct ratchet_in *in, struct arena *arena, const char *ciphertext, size_t *len_out,
                         uint32_t *index_out)
{
    char *copy = ratchet_copy(arena, ciphertext, RATCHET_TEXT_BYTES);
    if (!copy)
        return NULL;
    size_t len = strlen(copy), max = olm_group_decrypt_max_plaintext_length(in->olm, (uint8_t *)copy, len);
    if (!ratchet_is_blocks(max))
        return NULL;
    memcpy(copy, ciphertext, len); /* that has destroyed it */
    char *text = arena_alloc(arena, max + 1);
    size_t got = olm_group_decrypt(in->olm, (uint8_t *)copy, len, (uint8_t *)text, max, index_out);
    if (got == olm_error())
        return NULL;
    text[got] = '\0'; /* the rest of the last block is there too */
    *len_out = got;
    return text;
}
