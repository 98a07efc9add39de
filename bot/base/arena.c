#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

enum { BLOCK_BYTES = 8192, ALIGNMENT = 16 };

struct block {
    struct block *next; /* owned; the older block */
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
    struct block *blocks; /* owned; newest first */
};

static struct block *block_create(size_t size, struct block *next)
{
    struct block *block = xmalloc(sizeof *block + size);
    block->next = next;
    block->used = 0;
    block->size = size;
    return block;
}

struct arena *arena_create(void)
{
    struct arena *arena = xmalloc(sizeof *arena);
    arena->blocks = block_create(BLOCK_BYTES, NULL);
    return arena;
}

void arena_reset(struct arena *arena)
{
    /* The oldest block is always one of BLOCK_BYTES: it is the one to keep. */
    while (arena->blocks->next) {
        struct block *old = arena->blocks;
        arena->blocks = old->next;
        free(old);
    }
    arena->blocks->used = 0;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->blocks);
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need < size)
        abort();
    if (arena->blocks->size - arena->blocks->used < need)
        arena->blocks = block_create(need > BLOCK_BYTES ? need : BLOCK_BYTES, arena->blocks);
    void *memory = arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += need;
    return memset(memory, 0, need);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    len = strnlen(text, len);
    char *copy = arena_alloc(arena, len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)(len < 0 ? 0 : len) + 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}
