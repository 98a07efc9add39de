#include "matrix/crypto/recovery_key.h"

#include <string.h>

enum { PREFIX_BYTES = 2, BYTES = PREFIX_BYTES + SECRET_KEY_BYTES + 1, CHARS_MAX = 48, GROUP = 4 };

static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const unsigned char prefix[PREFIX_BYTES] = { 0x8b, 0x01 };

static unsigned char parity_of(const unsigned char bytes[BYTES])
{
    unsigned char parity = 0;
    for (size_t i = 0; i < BYTES - 1; i++)
        parity = (unsigned char)(parity ^ bytes[i]);
    return parity;
}

/* The number that the bytes are, by 58; the rest is the next digit from the right. */
static unsigned divide(unsigned char bytes[BYTES])
{
    unsigned rest = 0;
    for (size_t i = 0; i < BYTES; i++) {
        unsigned value = rest * 256 + bytes[i];
        bytes[i] = (unsigned char)(value / 58);
        rest = value % 58;
    }
    return rest;
}

/* False: it has no room for the result. */
static bool multiply_add(unsigned char bytes[BYTES], unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = BYTES; i-- > 0;) {
        unsigned value = bytes[i] * 58U + carry;
        bytes[i] = (unsigned char)value;
        carry = value / 256;
    }
    return carry == 0;
}

static bool is_over(const unsigned char bytes[BYTES])
{
    for (size_t i = 0; i < BYTES; i++)
        if (bytes[i])
            return false;
    return true;
}

char *recovery_key_write(struct arena *arena, const unsigned char key[SECRET_KEY_BYTES])
{
    unsigned char bytes[BYTES] = { 0 };
    char reversed[CHARS_MAX];
    size_t n = 0, at = 0;
    memcpy(bytes, prefix, PREFIX_BYTES);
    memcpy(bytes + PREFIX_BYTES, key, SECRET_KEY_BYTES);
    bytes[BYTES - 1] = parity_of(bytes);
    /* The first byte is none, so no digit is lost in front. */
    while (!is_over(bytes))
        reversed[n++] = digits[divide(bytes)];
    char *text = arena_alloc(arena, n + n / GROUP + 1);
    for (size_t i = 0; i < n; i++) {
        if (i && i % GROUP == 0)
            text[at++] = ' ';
        text[at++] = reversed[n - 1 - i];
    }
    secret_wipe(reversed, sizeof reversed);
    return text;
}

bool recovery_key_read(const char *text, unsigned char key[SECRET_KEY_BYTES])
{
    unsigned char bytes[BYTES] = { 0 };
    bool is_good = true;
    for (; *text && is_good; text++) {
        const char *digit = strchr(digits, *text);
        if (!strchr(" \t\r\n", *text))
            is_good = digit && multiply_add(bytes, (unsigned)(digit - digits));
    }
    is_good = is_good && memcmp(bytes, prefix, PREFIX_BYTES) == 0 && bytes[BYTES - 1] == parity_of(bytes);
    if (is_good)
        memcpy(key, bytes + PREFIX_BYTES, SECRET_KEY_BYTES);
    secret_wipe(bytes, sizeof bytes);
    return is_good;
}
