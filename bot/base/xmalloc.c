#include "base/xmalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *need(void *memory)
{
    if (!memory) {
        static const char words[] = "greffier: out of memory\n";
        (void)!write(STDERR_FILENO, words, sizeof words - 1);
        abort();
    }
    return memory;
}

/* The libraries ask malloc themselves, and not all of them hear a no: json-c 0.16 goes on with half a text, which would
 * then be said, or kept. So the program's own malloc, which is theirs too, does not say no either. Sanitizers have one
 * of their own. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's own are reserved words */

/* function: where the one that would have been called without us is kept. */
static void find_next(const char *name, void **function)
{
    if (!*function)
        *function = dlsym(RTLD_NEXT, name);
}

void *malloc(size_t size)
{
    static void *(*next)(size_t size);
    find_next("malloc", (void **)&next);
    return need(next(size));
}

void *calloc(size_t n, size_t size)
{
    static void *(*next)(size_t n, size_t size);
    find_next("calloc", (void **)&next);
    return need(next(n, size));
}

void *realloc(void *old, size_t size)
{
    static void *(*next)(void *old, size_t size);
    find_next("realloc", (void **)&next);
    void *memory = next(old, size);
    return size ? need(memory) : memory;
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    static int (*next)(void **memory, size_t alignment, size_t size);
    find_next("posix_memalign", (void **)&next);
    int result = next(memory, alignment, size);
    if (result == ENOMEM)
        need(NULL);
    return result;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
#endif

void *xmalloc(size_t size)
{
    return need(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return need(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t n, size_t size)
{
    return need(reallocarray(old, n ? n : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return text ? need(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t len)
{
    return need(strndup(text, len));
}

char *xvasprintf(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return need(text);
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return text;
}
