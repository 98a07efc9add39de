/*
 * xmalloc - allocation that cannot fail: no memory ends the program, and a supervisor starts it again.
 *
 * Nothing is lost by that: what must last is in the store, and a turn that did not commit did not happen.
 * Shape:   malloc itself, as the libraries call it, is the program's own and ends it likewise (not under sanitizers).
 * Owns:    nothing. What these return is freed with free().
 */
#ifndef BASE_XMALLOC_H
#define BASE_XMALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* Room for n things of size each; an overflow of the product ends the program too. */
void *xreallocarray(void *old, size_t n, size_t size);
/* NULL gives NULL. */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args);

#endif
