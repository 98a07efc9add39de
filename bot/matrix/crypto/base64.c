#include "matrix/crypto/base64.h"

#include <openssl/evp.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_write(struct arena *arena, const void *bytes, size_t len)
{
    char *text = arena_alloc(arena, 4 * (len / 3 + 1) + 1);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    text[strcspn(text, "=")] = '\0';
    return text;
}

unsigned char *base64_read(struct arena *arena, const char *text, size_t *len_out)
{
    size_t n = strnlen(text, TEXT_MAX + 1), n_chars = strspn(text, alphabet);
    size_t n_padding = n - n_chars;
    if (n > TEXT_MAX || n_chars % 4 == 1 || strspn(text + n_chars, "=") != n_padding ||
        (n_padding && (n_padding > 2 || n % 4)))
        return NULL;
    size_t whole = (n_chars + 3) / 4 * 4;
    char *padded = arena_alloc(arena, whole + 1);
    unsigned char *bytes = arena_alloc(arena, whole / 4 * 3 + 1);
    memcpy(padded, text, n_chars);
    memset(padded + n_chars, '=', whole - n_chars);
    /* OpenSSL counts what the padding stands for too. */
    *len_out = (size_t)EVP_DecodeBlock(bytes, (unsigned char *)padded, (int)whole) - (whole - n_chars);
    return bytes;
}
