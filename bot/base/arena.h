/*
 * arena - memory that lives as long as one thing does: a turn, a parse, a rendering.
 *
 * Shape:   blocks chained together; nothing is freed alone.
 * Owns:    all that it handed out, until arena_reset or arena_destroy.
 * Errors:  none: no memory ends the program (xmalloc.h).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_create(void);
/* NULL does nothing. */
void arena_destroy(struct arena *arena);
/* Gives everything back at once and keeps one block for the next use. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
