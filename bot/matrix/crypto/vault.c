#include "matrix/crypto/vault.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/crypto/base64.h"

#define ALGORITHM "m.secret_storage.v1.aes-hmac-sha2"
enum { IV_BYTES = 16, MAC_BYTES = 32, NAME_BYTES = 255, SECRET_BYTES = 1 << 16, CHECK_BYTES = 32 };

struct keys {
    unsigned char aes[SECRET_KEY_BYTES];
    unsigned char mac[MAC_BYTES];
};

static void hmac(const unsigned char key[SECRET_KEY_BYTES], const void *bytes, size_t len,
                 unsigned char out[MAC_BYTES])
{
    if (!HMAC(EVP_sha256(), key, SECRET_KEY_BYTES, bytes, len, out, NULL))
        abort();
}

/* HKDF (RFC 5869) with a salt of zeros; a name of no more than NAME_BYTES. */
static struct keys derive(const unsigned char key[SECRET_KEY_BYTES], const char *name)
{
    static const unsigned char salt[SECRET_KEY_BYTES];
    unsigned char inner[MAC_BYTES], block[MAC_BYTES + NAME_BYTES + 1];
    struct keys keys = { 0 };
    size_t len = strlen(name);
    hmac(salt, key, SECRET_KEY_BYTES, inner);
    memcpy(block + MAC_BYTES, name, len + 1);
    block[MAC_BYTES + len] = 1;
    hmac(inner, block + MAC_BYTES, len + 1, keys.aes);
    memcpy(block, keys.aes, MAC_BYTES);
    block[MAC_BYTES + len] = 2;
    hmac(inner, block, MAC_BYTES + len + 1, keys.mac);
    secret_wipe(inner, sizeof inner);
    secret_wipe(block, sizeof block);
    return keys;
}

/* The same both ways. */
static void aes_ctr(const struct keys *keys, const unsigned char iv[IV_BYTES], const void *in, size_t len,
                    unsigned char *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int got = 0;
    if (!ctx || !EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, keys->aes, iv) ||
        !EVP_EncryptUpdate(ctx, out, &got, in, (int)len))
        abort();
    EVP_CIPHER_CTX_free(ctx);
}

static void make_iv(unsigned char iv[IV_BYTES])
{
    secret_random(iv, IV_BYTES);
    iv[8] &= 0x7f; /* bit 63: other libraries count in the lower half alone */
}

struct json_object *vault_describe(const unsigned char key[SECRET_KEY_BYTES])
{
    static const unsigned char zeros[CHECK_BYTES];
    struct arena *arena = arena_create();
    struct json_object *description = json_object_new_object();
    struct keys keys = derive(key, "");
    unsigned char iv[IV_BYTES], text[CHECK_BYTES], mac[MAC_BYTES];
    make_iv(iv);
    aes_ctr(&keys, iv, zeros, sizeof zeros, text);
    hmac(keys.mac, text, sizeof text, mac);
    json_set_str(description, "algorithm", ALGORITHM);
    json_set_str(description, "name", "Greffier");
    json_set_str(description, "iv", base64_write(arena, iv, sizeof iv));
    json_set_str(description, "mac", base64_write(arena, mac, sizeof mac));
    secret_wipe(&keys, sizeof keys);
    arena_destroy(arena);
    return description;
}

/* Of so many bytes; NULL: it is none. */
static const unsigned char *read_bytes(struct arena *arena, struct json_object *object, const char *name,
                                       size_t wanted)
{
    const char *text = json_str(object, name);
    size_t len = 0;
    unsigned char *bytes = text ? base64_read(arena, text, &len) : NULL;
    return bytes && len == wanted ? bytes : NULL;
}

bool vault_fits(struct json_object *description, const unsigned char key[SECRET_KEY_BYTES])
{
    static const unsigned char zeros[CHECK_BYTES];
    struct arena *arena = arena_create();
    const char *algorithm = json_str(description, "algorithm");
    const unsigned char *iv = read_bytes(arena, description, "iv", IV_BYTES);
    const unsigned char *mac = read_bytes(arena, description, "mac", MAC_BYTES);
    bool fits = false;
    if (algorithm && strcmp(algorithm, ALGORITHM) == 0 && iv && mac) {
        struct keys keys = derive(key, "");
        unsigned char text[CHECK_BYTES], ours[MAC_BYTES];
        aes_ctr(&keys, iv, zeros, sizeof zeros, text);
        hmac(keys.mac, text, sizeof text, ours);
        fits = CRYPTO_memcmp(ours, mac, MAC_BYTES) == 0;
        secret_wipe(&keys, sizeof keys);
    }
    arena_destroy(arena);
    return fits;
}

struct json_object *vault_seal(const unsigned char key[SECRET_KEY_BYTES], const char *name,
                               const char *secret)
{
    struct arena *arena = arena_create();
    struct json_object *box = json_object_new_object();
    struct keys keys = derive(key, name);
    size_t len = strlen(secret);
    unsigned char iv[IV_BYTES], mac[MAC_BYTES], *text = arena_alloc(arena, len + 1);
    make_iv(iv);
    aes_ctr(&keys, iv, secret, len, text);
    hmac(keys.mac, text, len, mac);
    json_set_str(box, "iv", base64_write(arena, iv, sizeof iv));
    json_set_str(box, "ciphertext", base64_write(arena, text, len));
    json_set_str(box, "mac", base64_write(arena, mac, sizeof mac));
    secret_wipe(&keys, sizeof keys);
    arena_destroy(arena);
    return box;
}

char *vault_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *name,
                 struct json_object *box)
{
    const char *ciphertext = json_str(box, "ciphertext");
    const unsigned char *iv = read_bytes(arena, box, "iv", IV_BYTES);
    const unsigned char *mac = read_bytes(arena, box, "mac", MAC_BYTES);
    size_t len = 0;
    unsigned char *bytes = ciphertext ? base64_read(arena, ciphertext, &len) : NULL, ours[MAC_BYTES];
    if (!iv || !mac || !bytes || len > SECRET_BYTES || strlen(name) > NAME_BYTES)
        return NULL;
    struct keys keys = derive(key, name);
    char *secret = NULL;
    hmac(keys.mac, bytes, len, ours);
    if (CRYPTO_memcmp(ours, mac, MAC_BYTES) == 0) {
        secret = arena_alloc(arena, len + 1);
        aes_ctr(&keys, iv, bytes, len, (unsigned char *)secret);
    }
    secret_wipe(&keys, sizeof keys);
    return secret;
}
