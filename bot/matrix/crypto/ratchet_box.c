#include <assert.h>
#include <olm/pk.h>
#include <string.h>

#include "base/xmalloc.h"
#include "matrix/crypto/ratchet_private.h"

enum { MAC_CHARS = 11, BOX_BYTES = 1 << 16 };

/* Owned: to be cleared, and given to ratchet_drop. */
static OlmPkDecryption *open_key(const unsigned char key[SECRET_KEY_BYTES],
                                 char public_key[RATCHET_KEY_CHARS])
{
    OlmPkDecryption *decryption = olm_pk_decryption(xmalloc(olm_pk_decryption_size()));
    assert(olm_pk_key_length() == RATCHET_KEY_CHARS && olm_pk_private_key_length() == SECRET_KEY_BYTES);
    size_t result = olm_pk_key_from_private(decryption, public_key, RATCHET_KEY_CHARS, key, SECRET_KEY_BYTES);
    ratchet_require(result);
    return decryption;
}

static void close_key(OlmPkDecryption *decryption)
{
    olm_clear_pk_decryption(decryption);
    ratchet_drop(decryption, olm_pk_decryption_size());
}

char *ratchet_box_public(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES])
{
    char *public_key = arena_alloc(arena, RATCHET_KEY_CHARS + 1);
    close_key(open_key(key, public_key));
    return public_key;
}

struct ratchet_box ratchet_box_seal(struct arena *arena, const char *public_key, const char *text)
{
    OlmPkEncryption *encryption = olm_pk_encryption(xmalloc(olm_pk_encryption_size()));
    size_t result = olm_pk_encryption_set_recipient_key(encryption, public_key, strlen(public_key));
    ratchet_require(result);
    size_t len = olm_pk_ciphertext_length(encryption, strlen(text)), mac_len = olm_pk_mac_length(encryption);
    size_t random_len = olm_pk_encrypt_random_length(encryption);
    char *ciphertext = arena_alloc(arena, len + 1), *mac = arena_alloc(arena, mac_len + 1);
    char *ephemeral = arena_alloc(arena, RATCHET_KEY_CHARS + 1);
    void *random = ratchet_take_random(random_len);
    result = olm_pk_encrypt(encryption, text, strlen(text), ciphertext, len, mac, mac_len, ephemeral,
                            RATCHET_KEY_CHARS, random, random_len);
    ratchet_require(result);
    ratchet_drop(random, random_len);
    olm_clear_pk_encryption(encryption);
    ratchet_drop(encryption, olm_pk_encryption_size());
    return (struct ratchet_box){ .ephemeral = ephemeral, .ciphertext = ciphertext, .mac = mac };
}

char *ratchet_box_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES],
                       const struct ratchet_box *box, size_t *len_out)
{
    char *copy = ratchet_copy(arena, box->ciphertext, BOX_BYTES); /* libolm destroys it */
    char public_key[RATCHET_KEY_CHARS], *text = NULL;
    if (!copy || !ratchet_is_curve(box->ephemeral) || !box->mac ||
        strnlen(box->mac, MAC_CHARS + 1) != MAC_CHARS)
        return NULL;
    OlmPkDecryption *decryption = open_key(key, public_key);
    size_t len = strlen(copy), max = olm_pk_max_plaintext_length(decryption, len), got = olm_error();
    if (ratchet_is_blocks(max)) {
        text = arena_alloc(arena, max + 1);
        got = olm_pk_decrypt(decryption, box->ephemeral, RATCHET_KEY_CHARS, box->mac, MAC_CHARS, copy, len,
                             text, max);
    }
    close_key(decryption);
    if (!text || got == olm_error() || got > max)
        return NULL;
    text[got] = '\0';
    *len_out = got;
    return text;
}
