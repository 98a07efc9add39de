/* An allocator whose n-th allocation fails: loaded into the bot before libc's, which it uses. See ../nomem.h. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../nomem.h"

/* glibc's own, under the names by which it lets others stand in for them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static struct nomem nobody, *page = &nobody;

__attribute__((constructor)) static void open_page(void)
{
    const char *path = getenv(NOMEM_VARIABLE);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = fd >= 0 ? mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (shared == MAP_FAILED)
        return;
    ((struct nomem *)shared)->n_live = page->n_live;
    page = shared;
}

static bool must_fail(void)
{
    if (++page->n != page->fail_at)
        return false;
    page->n_failed++;
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    page->n_live += memory != NULL;
    return memory;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *old, size_t size)
{
    if (must_fail())
        return NULL;
    void *memory = __libc_realloc(old, size);
    page->n_live += (!old && memory) - (old && !memory && size == 0);
    return memory;
}

void *reallocarray(void *old, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void *memalign(size_t alignment, size_t size)
{
    return must_fail() ? NULL : counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    page->n_live -= memory != NULL;
    __libc_free(memory);
}
