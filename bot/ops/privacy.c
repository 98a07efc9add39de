#include "ops/privacy.h"

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"

int privacy_check(const char *store_path, privacy_say_fn *say, void *data)
{
    /* The file, what goes with it, and who asks the running bot. */
    static const char *const ends[] = { "", "-wal", "-journal", ".sock" };
    struct arena *arena = arena_create();
    int n = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct stat info;
        const char *path = arena_printf(arena, "%s%s", store_path, ends[i]);
        if (lstat(path, &info) != 0 || S_ISLNK(info.st_mode) || (info.st_mode & 077) == 0)
            continue;
        n++;
        say(data,
            arena_printf(arena, "others on this machine may read or change %s: chmod 600 %s", path, path));
    }
    arena_destroy(arena);
    return n;
}
