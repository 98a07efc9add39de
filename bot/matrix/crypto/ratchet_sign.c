#include <assert.h>
#include <olm/pk.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "matrix/crypto/ratchet_private.h"

enum { KEY_BYTES = 32, SIGNATURE_BYTES = 64, BLOCK_BYTES = 16 };

void *ratchet_take_random(size_t len)
{
    void *random = xmalloc(len ? len : 1);
    secret_random(random, len);
    return random;
}

void ratchet_drop(void *memory, size_t len)
{
    if (!memory)
        return;
    secret_wipe(memory, len);
    free(memory);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Unpadded, and the only spelling of its bytes: the bits of the last character that say nothing are zero. */
static bool is_base64(const char *text, size_t chars)
{
    static const int unused_bits[] = { 0, -1, 4, 2 }; /* by how many characters are over */
    int unused = unused_bits[chars % 4];
    return chars && unused >= 0 && strspn(text, alphabet) == chars &&
           (strchr(alphabet, text[chars - 1]) - alphabet) % (1 << unused) == 0;
}

static bool has_chars(const char *text, size_t chars)
{
    return text && strnlen(text, chars + 1) == chars && is_base64(text, chars);
}

char *ratchet_copy(struct arena *arena, const char *text, size_t max)
{
    size_t len = text ? strnlen(text, max + 1) : 0;
    return len <= max && is_base64(text, len) ? arena_strdup(arena, text) : NULL;
}

bool ratchet_is_blocks(size_t len)
{
    return len && len != olm_error() && len % BLOCK_BYTES == 0;
}

bool ratchet_is_key(const char *text)
{
    return has_chars(text, RATCHET_KEY_CHARS);
}

bool ratchet_is_signature(const char *text)
{
    return has_chars(text, RATCHET_SIGNATURE_CHARS);
}

/* Curve25519 points of small order: whatever is agreed on with one of them is known to everybody. libsodium's list. */
static const unsigned char low_order[][KEY_BYTES] = {
    { 0 },
    { 1 },
    { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
      0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
    { 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
      0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

bool ratchet_is_curve(const char *text)
{
    if (!ratchet_is_key(text))
        return false;
    char padded[RATCHET_KEY_CHARS + 2];
    unsigned char bytes[KEY_BYTES + 1];
    memcpy(padded, text, RATCHET_KEY_CHARS);
    memcpy(padded + RATCHET_KEY_CHARS, "=", 2);
    int n = EVP_DecodeBlock(bytes, (const unsigned char *)padded, RATCHET_KEY_CHARS + 1);
    assert(n == KEY_BYTES + 1); /* OpenSSL counts what the padding stands for too */
    bytes[KEY_BYTES - 1] &= 0x7f; /* the highest bit says nothing */
    for (size_t i = 0; i < sizeof low_order / sizeof low_order[0]; i++)
        if (memcmp(bytes, low_order[i], KEY_BYTES) == 0)
            return false;
    return true;
}

bool ratchet_verify(const char *ed25519, const char *text, const char *signature)
{
    if (!ratchet_is_key(ed25519) || !ratchet_is_signature(signature))
        return false;
    char copy[RATCHET_SIGNATURE_CHARS]; /* libolm destroys it */
    memcpy(copy, signature, sizeof copy);
    void *memory = xmalloc(olm_utility_size());
    OlmUtility *utility = olm_utility(memory);
    size_t result =
        olm_ed25519_verify(utility, ed25519, RATCHET_KEY_CHARS, text, strlen(text), copy, sizeof copy);
    olm_clear_utility(utility);
    free(memory);
    return result != olm_error();
}

/* With the key of this seed. public_out and signature_out may be NULL. */
static void with_seed(const unsigned char seed[SECRET_KEY_BYTES], char *public_out, const char *text,
                      char *signature_out)
{
    void *memory = xmalloc(olm_pk_signing_size());
    OlmPkSigning *signing = olm_pk_signing(memory);
    char key[RATCHET_KEY_CHARS];
    assert(olm_pk_signing_public_key_length() == sizeof key &&
           olm_pk_signing_seed_length() == SECRET_KEY_BYTES);
    size_t result = olm_pk_signing_key_from_seed(signing, key, sizeof key, seed, SECRET_KEY_BYTES);
    ratchet_require(result);
    if (public_out)
        memcpy(public_out, key, sizeof key);
    if (signature_out) {
        result = olm_pk_sign(signing, (const uint8_t *)text, strlen(text), (uint8_t *)signature_out,
                             RATCHET_SIGNATURE_CHARS);
        ratchet_require(result);
    }
    olm_clear_pk_signing(signing);
    free(memory);
}

char *ratchet_seed_public(struct arena *arena, const unsigned char seed[SECRET_KEY_BYTES])
{
    char *key = arena_alloc(arena, RATCHET_KEY_CHARS + 1);
    with_seed(seed, key, NULL, NULL);
    return key;
}

char *ratchet_seed_sign(struct arena *arena, const unsigned char seed[SECRET_KEY_BYTES], const char *text)
{
    char *signature = arena_alloc(arena, RATCHET_SIGNATURE_CHARS + 1);
    with_seed(seed, NULL, text, signature);
    return signature;
}

char *ratchet_sha256(struct arena *arena, const char *text)
{
    void *memory = xmalloc(olm_utility_size());
    OlmUtility *utility = olm_utility(memory);
    size_t len = olm_sha256_length(utility);
    char *hash = arena_alloc(arena, len + 1);
    size_t result = olm_sha256(utility, text, strlen(text), hash, len);
    ratchet_require(result);
    olm_clear_utility(utility);
    free(memory);
    return hash;
}
