/*
 * buf - bytes that grow up to a declared maximum.
 *
 * Shape:   always followed by a NUL, which len does not count; text is never NULL after buf_init.
 * Units:   len, max in bytes.
 * Owns:    its memory, until buf_finish or buf_take.
 * Errors:  past max nothing more is added and is_full stays true; callers ask once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *text; /* owned */
    size_t len;
    size_t cap;
    size_t max;
    bool is_full;
};

void buf_init(struct buf *buf, size_t max);
void buf_finish(struct buf *buf);
void buf_clear(struct buf *buf);
/* Each adds all of what it is given or nothing (then is_full). */
bool buf_add(struct buf *buf, const char *bytes, size_t len);
bool buf_puts(struct buf *buf, const char *text);
bool buf_putc(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text becomes the caller's, to free(); buf is empty afterwards. */
char *buf_take(struct buf *buf);

#endif
