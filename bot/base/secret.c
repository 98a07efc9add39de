#include "base/secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/xmalloc.h"

enum { NONCE_BYTES = 12, TAG_BYTES = 16, HASH_CHARS = 32, BOX_MAX = 1 << 20 };

void secret_random(void *out, size_t len)
{
    unsigned char *bytes = out;
    while (len) {
        ssize_t got = getrandom(bytes, len, 0);
        if (got <= 0)
            abort();
        bytes += got;
        len -= (size_t)got;
    }
}

char *secret_random_id(struct arena *arena, size_t n_chars)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char *id = arena_alloc(arena, n_chars + 1);
    for (size_t i = 0; i < n_chars;) {
        unsigned char byte;
        secret_random(&byte, 1);
        if (byte < 4 * 62) /* else the first letters would come up more often */
            id[i++] = alphabet[byte % 62];
    }
    return id;
}

static void base64url(char *text)
{
    for (; *text; text++) {
        if (*text == '+')
            *text = '-';
        else if (*text == '/')
            *text = '_';
        else if (*text == '=')
            *text = '\0';
    }
}

/* To look for the algorithm costs more than to use it: it is looked for once. */
static EVP_MAC_CTX *own_hmac(void)
{
    static EVP_MAC_CTX *kept;
    static char digest_name[] = "SHA256";
    if (kept)
        return kept;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *made = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (!made || !EVP_MAC_CTX_set_params(made, params))
        abort();
    kept = made;
    return kept;
}

char *secret_hash(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *const *parts,
                  size_t n_parts)
{
    struct buf all;
    buf_init(&all, BOX_MAX);
    for (size_t i = 0; i < n_parts; i++)
        buf_printf(&all, "%zu:%s", strlen(parts[i]), parts[i]);
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;
    EVP_MAC_CTX *hmac = own_hmac();
    if (!EVP_MAC_init(hmac, key, SECRET_KEY_BYTES, NULL) ||
        !EVP_MAC_update(hmac, (const unsigned char *)all.text, all.len) ||
        !EVP_MAC_final(hmac, digest, &digest_len, sizeof digest))
        abort();
    buf_finish(&all);
    char text[4 * EVP_MAX_MD_SIZE / 3 + 4];
    EVP_EncodeBlock((unsigned char *)text, digest, (int)digest_len);
    base64url(text);
    return arena_strndup(arena, text, HASH_CHARS);
}

char *secret_seal(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *text)
{
    int len = (int)strlen(text), got = 0;
    size_t total = NONCE_BYTES + (size_t)len + TAG_BYTES;
    unsigned char *box = xmalloc(total);
    secret_random(box, NONCE_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx || !EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, box) ||
        !EVP_EncryptUpdate(ctx, box + NONCE_BYTES, &got, (const unsigned char *)text, len) ||
        !EVP_EncryptFinal_ex(ctx, box + NONCE_BYTES + got, &got) ||
        !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, box + NONCE_BYTES + len))
        abort();
    EVP_CIPHER_CTX_free(ctx);
    char *out = arena_alloc(arena, 4 * (total / 3 + 1) + 1);
    EVP_EncodeBlock((unsigned char *)out, box, (int)total);
    free(box);
    return out;
}

char *secret_open(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES], const char *box)
{
    size_t box_len = strlen(box);
    if (box_len == 0 || box_len % 4 || box_len > BOX_MAX)
        return NULL;
    unsigned char *bytes = xmalloc(box_len);
    int total = EVP_DecodeBlock(bytes, (const unsigned char *)box, (int)box_len);
    for (const char *end = box + box_len; total > 0 && end > box && end[-1] == '='; end--)
        total--;
    int len = total - NONCE_BYTES - TAG_BYTES, got = 0, rest = 0;
    char *text = NULL;
    if (len >= 0) {
        text = arena_alloc(arena, (size_t)len + 1);
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        if (!ctx || !EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, bytes) ||
            !EVP_DecryptUpdate(ctx, (unsigned char *)text, &got, bytes + NONCE_BYTES, len) ||
            !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, bytes + NONCE_BYTES + len) ||
            EVP_DecryptFinal_ex(ctx, (unsigned char *)text + got, &rest) <= 0)
            text = NULL;
        EVP_CIPHER_CTX_free(ctx);
    }
    free(bytes);
    return text;
}

bool secret_is_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    return strlen(b) == len && CRYPTO_memcmp(a, b, len) == 0;
}

void secret_wipe(void *memory, size_t len)
{
    OPENSSL_cleanse(memory, len);
}
