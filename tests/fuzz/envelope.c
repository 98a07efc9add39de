#include "envelope.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "fuzz.h"
#include "matrix/crypto/base64.h"

enum {
    VERSION = 3,
    KEY_VERSION = 2,
    EXPORT_VERSION = 1,
    BLOCK = 16,
    MAC = 8,
    SIGNATURE = 64,
    HASH = 32,
    RATCHET = 128,
    MESSAGE_KEYS = 80, /* of AES, of the MAC, the first block */
};

static const unsigned char identity_key[ENVELOPE_KEY] = "the sender's own key, Curve25519",
                           base_key[ENVELOPE_KEY] = "what the first message is of: it",
                           ratchet_key[ENVELOPE_KEY] = "the key that each answer changes",
                           signing_key[ENVELOPE_KEY] = "the key of the session in a room";

/* Bytes */

static void add(struct envelope_bytes *bytes, const void *more, size_t len)
{
    FUZZ_REQUIRE(len <= sizeof bytes->at - bytes->len);
    memcpy(bytes->at + bytes->len, more, len);
    bytes->len += len;
}

static void add_byte(struct envelope_bytes *bytes, unsigned byte)
{
    add(bytes, &(unsigned char){ (unsigned char)byte }, 1);
}

static void add_number(struct envelope_bytes *bytes, unsigned tag, uint32_t number)
{
    add_byte(bytes, tag);
    for (; number > 0x7F; number >>= 7)
        add_byte(bytes, 0x80 | (number & 0x7F));
    add_byte(bytes, number);
}

static void add_field(struct envelope_bytes *bytes, unsigned tag, const void *value, size_t len)
{
    add_number(bytes, tag, (uint32_t)len);
    add(bytes, value, len);
}

static void edit_at(const struct envelope_edit *edit, enum envelope_level level, struct envelope_bytes *bytes)
{
    if (edit)
        edit->apply(edit->data, level, bytes);
}

static char *as_text(struct arena *arena, const struct envelope_bytes *bytes,
                     const struct envelope_edit *edit)
{
    struct envelope_bytes text = { .len = 0 };
    const char *base64 = base64_write(arena, bytes->at, bytes->len);
    add(&text, base64, strlen(base64));
    edit_at(edit, ENVELOPE_TEXT, &text);
    return fuzz_text(arena, text.at, text.len);
}

/* Ciphers */

static void hmac(const void *key, size_t key_len, const void *text, size_t len, unsigned char out[HASH])
{
    FUZZ_REQUIRE(HMAC(EVP_sha256(), key, (int)key_len, text, len, out, NULL));
}

/* RFC 5869, without a salt. */
static void hkdf(const void *secret, size_t secret_len, const char *info, unsigned char *out, size_t len)
{
    unsigned char extracted[HASH], block[HASH];
    hmac("", 0, secret, secret_len, extracted);
    for (unsigned i = 1; len; i++) {
        struct envelope_bytes text = { .len = 0 };
        if (i > 1)
            add(&text, block, sizeof block);
        add(&text, info, strlen(info));
        add_byte(&text, i);
        hmac(extracted, sizeof extracted, text.at, text.len, block);
        size_t n = len < sizeof block ? len : sizeof block;
        memcpy(out, block, n);
        out += n;
        len -= n;
    }
}

static void public_of(int type, const unsigned char secret[ENVELOPE_KEY], unsigned char out[ENVELOPE_KEY])
{
    size_t len = ENVELOPE_KEY;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(type, NULL, secret, ENVELOPE_KEY);
    FUZZ_REQUIRE(key && EVP_PKEY_get_raw_public_key(key, out, &len) == 1);
    EVP_PKEY_free(key);
}

static void agree(const unsigned char secret[ENVELOPE_KEY], const unsigned char theirs[ENVELOPE_KEY],
                  unsigned char out[ENVELOPE_KEY])
{
    size_t len = ENVELOPE_KEY;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, ENVELOPE_KEY);
    EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, theirs, ENVELOPE_KEY);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    FUZZ_REQUIRE(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1);
    FUZZ_REQUIRE(EVP_PKEY_derive(context, out, &len) == 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(key);
}

static void add_signature(struct envelope_bytes *bytes)
{
    unsigned char signature[SIGNATURE];
    size_t len = sizeof signature;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, signing_key, ENVELOPE_KEY);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    FUZZ_REQUIRE(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    FUZZ_REQUIRE(EVP_DigestSign(context, signature, &len, bytes->at, bytes->len) == 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    add(bytes, signature, sizeof signature);
}

static void add_mac(struct envelope_bytes *bytes, const unsigned char keys[MESSAGE_KEYS])
{
    unsigned char mac[HASH];
    hmac(keys + ENVELOPE_KEY, ENVELOPE_KEY, bytes->at, bytes->len, mac);
    add(bytes, mac, MAC);
}

/* AES-256-CBC, padded as PKCS #7 wants it before the edit. */
static void encrypt(const char *text, const unsigned char keys[MESSAGE_KEYS],
                    const struct envelope_edit *edit, struct envelope_bytes *out)
{
    struct envelope_bytes plain = { .len = 0 };
    int len = 0;
    add(&plain, text, strlen(text));
    size_t n_padding = BLOCK - plain.len % BLOCK;
    for (size_t i = 0; i < n_padding; i++)
        add_byte(&plain, (unsigned)n_padding);
    edit_at(edit, ENVELOPE_PLAIN, &plain);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    FUZZ_REQUIRE(
        EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), NULL, keys, keys + (ptrdiff_t)(2 * ENVELOPE_KEY)));
    EVP_CIPHER_CTX_set_padding(context, 0);
    FUZZ_REQUIRE(EVP_EncryptUpdate(context, out->at, &len, plain.at, (int)(plain.len / BLOCK * BLOCK)) == 1);
    EVP_CIPHER_CTX_free(context);
    out->len = (size_t)len;
    edit_at(edit, ENVELOPE_CIPHER, out);
}

/* Olm */

char *envelope_identity(struct arena *arena)
{
    unsigned char key[ENVELOPE_KEY];
    public_of(EVP_PKEY_X25519, identity_key, key);
    return base64_write(arena, key, sizeof key);
}

static void read_key(struct arena *arena, const char *text, unsigned char out[ENVELOPE_KEY])
{
    size_t len;
    const unsigned char *bytes = base64_read(arena, text, &len);
    FUZZ_REQUIRE(bytes && len == ENVELOPE_KEY);
    memcpy(out, bytes, ENVELOPE_KEY);
}

struct envelope_session envelope_begin(struct arena *arena, const char *identity, const char *one_time)
{
    struct envelope_session session;
    unsigned char theirs[ENVELOPE_KEY], shared[3 * ENVELOPE_KEY], root_and_chain[2 * ENVELOPE_KEY];
    read_key(arena, identity, theirs);
    read_key(arena, one_time, session.one_time);
    agree(identity_key, session.one_time, shared);
    agree(base_key, theirs, shared + ENVELOPE_KEY);
    agree(base_key, session.one_time, shared + (ptrdiff_t)(2 * ENVELOPE_KEY));
    hkdf(shared, sizeof shared, "OLM_ROOT", root_and_chain, sizeof root_and_chain);
    memcpy(session.chain, root_and_chain + ENVELOPE_KEY, ENVELOPE_KEY);
    return session;
}

static void message_keys(const struct envelope_session *session, uint32_t index, unsigned char *out)
{
    unsigned char chain[HASH], next[HASH];
    memcpy(chain, session->chain, sizeof chain);
    for (uint32_t i = 0; i < index; i++) {
        hmac(chain, sizeof chain, "\x02", 1, next);
        memcpy(chain, next, sizeof chain);
    }
    hmac(chain, sizeof chain, "\x01", 1, next);
    hkdf(next, sizeof next, "OLM_KEYS", out, MESSAGE_KEYS);
}

static void add_public(struct envelope_bytes *bytes, unsigned tag, const unsigned char secret[ENVELOPE_KEY])
{
    unsigned char key[ENVELOPE_KEY];
    public_of(EVP_PKEY_X25519, secret, key);
    add_field(bytes, tag, key, sizeof key);
}

char *envelope_olm(struct arena *arena, const struct envelope_session *session, bool is_first, uint32_t index,
                   const char *text, const struct envelope_edit *edit)
{
    unsigned char keys[MESSAGE_KEYS];
    struct envelope_bytes cipher, body = { .len = 0 }, first = { .len = 0 };
    message_keys(session, index, keys);
    encrypt(text, keys, edit, &cipher);
    add_byte(&body, VERSION);
    add_public(&body, 0x0A, ratchet_key);
    add_number(&body, 0x10, index);
    add_field(&body, 0x22, cipher.at, cipher.len);
    edit_at(edit, ENVELOPE_BODY, &body);
    add_mac(&body, keys);
    edit_at(edit, ENVELOPE_SIGNED, &body);
    add_byte(&first, VERSION);
    add_field(&first, 0x0A, session->one_time, sizeof session->one_time);
    add_public(&first, 0x12, base_key);
    add_public(&first, 0x1A, identity_key);
    add_field(&first, 0x22, body.at, body.len);
    struct envelope_bytes *whole = is_first ? &first : &body;
    edit_at(edit, ENVELOPE_OUTER, whole);
    return as_text(arena, whole, edit);
}

/* Megolm */

/* Only its last part moves between two indexes of the same 256. */
static void ratchet_at(uint32_t from, uint32_t index, unsigned char ratchet[RATCHET])
{
    unsigned char *last = ratchet + (ptrdiff_t)(RATCHET - HASH), next[HASH];
    FUZZ_REQUIRE(from <= index && from / 256 == index / 256);
    for (int i = 0; i < RATCHET; i++)
        ratchet[i] = (unsigned char)i;
    for (; from < index; from++) {
        hmac(last, HASH, "\x03", 1, next);
        memcpy(last, next, HASH);
    }
}

char *envelope_megolm_key(struct arena *arena, uint32_t from, bool is_export,
                          const struct envelope_edit *edit)
{
    unsigned char ratchet[RATCHET], public[ENVELOPE_KEY];
    struct envelope_bytes bytes = { .len = 0 };
    ratchet_at(from, from, ratchet);
    public_of(EVP_PKEY_ED25519, signing_key, public);
    add_byte(&bytes, is_export ? EXPORT_VERSION : KEY_VERSION);
    for (int shift = 24; shift >= 0; shift -= 8)
        add_byte(&bytes, from >> shift);
    add(&bytes, ratchet, sizeof ratchet);
    add(&bytes, public, sizeof public);
    edit_at(edit, ENVELOPE_BODY, &bytes);
    if (!is_export)
        add_signature(&bytes);
    edit_at(edit, ENVELOPE_OUTER, &bytes);
    return as_text(arena, &bytes, edit);
}

char *envelope_megolm(struct arena *arena, uint32_t from, uint32_t index, const char *text,
                      const struct envelope_edit *edit)
{
    unsigned char ratchet[RATCHET], keys[MESSAGE_KEYS];
    struct envelope_bytes cipher, bytes = { .len = 0 };
    ratchet_at(from, index, ratchet);
    hkdf(ratchet, sizeof ratchet, "MEGOLM_KEYS", keys, sizeof keys);
    encrypt(text, keys, edit, &cipher);
    add_byte(&bytes, VERSION);
    add_number(&bytes, 0x08, index);
    add_field(&bytes, 0x12, cipher.at, cipher.len);
    edit_at(edit, ENVELOPE_BODY, &bytes);
    add_mac(&bytes, keys);
    edit_at(edit, ENVELOPE_SIGNED, &bytes);
    add_signature(&bytes);
    edit_at(edit, ENVELOPE_OUTER, &bytes);
    return as_text(arena, &bytes, edit);
}
