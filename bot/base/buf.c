#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){ .text = xcalloc(1, 64), .cap = 64, .max = max };
}

void buf_finish(struct buf *buf)
{
    free(buf->text);
    *buf = (struct buf){ 0 };
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->text[0] = '\0';
    buf->is_full = false;
}

static bool buf_reserve(struct buf *buf, size_t more)
{
    if (buf->is_full || more > buf->max - buf->len) {
        buf->is_full = true;
        return false;
    }
    if (buf->len + more + 1 > buf->cap) {
        size_t cap = buf->cap * 2;
        if (cap < buf->len + more + 1)
            cap = buf->len + more + 1;
        buf->text = xreallocarray(buf->text, cap, 1);
        buf->cap = cap;
    }
    return true;
}

bool buf_add(struct buf *buf, const char *bytes, size_t len)
{
    if (!buf_reserve(buf, len))
        return false;
    memcpy(buf->text + buf->len, bytes, len);
    buf->len += len;
    buf->text[buf->len] = '\0';
    return true;
}

bool buf_puts(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_putc(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    bool ok = buf_puts(buf, text);
    free(text);
    return ok;
}

char *buf_take(struct buf *buf)
{
    char *text = buf->text;
    size_t max = buf->max;
    buf_init(buf, max);
    return text;
}
