#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

/* The first block is one that malloc hands out again without looking for it; most arenas need no more. */
enum { FIRST_BYTES = 992, BLOCK_BYTES = 8192, ALIGNMENT = 16 };

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
    arena->blocks = block_create(FIRST_BYTES, NULL);
    return arena;
}

void arena_reset(struct arena *arena)
{
    /* The oldest block is the one to keep: it is never a huge one. */
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
    /* Mostly it fits into what is left of the block: then it is written once, and measured by that. */
    struct block *block = arena->blocks;
    char *text = (char *)block->bytes + block->used;
    size_t left = block->size - block->used;
    int len = vsnprintf(text, left, format, args);
    va_end(args);
    size_t need = (size_t)(len < 0 ? 0 : len) + 1;
    if (len >= 0 && need <= left) {
        block->used += (need + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    } else {
        text = arena_alloc(arena, need);
        if (len > 0)
            vsnprintf(text, need, format, again);
    }
    va_end(again);
    return text;
}
