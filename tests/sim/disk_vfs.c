/* The disk as SQLite's default VFS, and SQLite's memory. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "world.h"

enum { NAME_BYTES = 64, SECTOR_BYTES = 4096 };

/* What SQLite holds of an open file. */
struct handle {
    sqlite3_file base;
    struct disk_file *file;
};

static struct disk_file *file_of(sqlite3_file *base)
{
    return ((struct handle *)base)->file;
}

static int vfs_close(sqlite3_file *base)
{
    if (disk_is_nameless(file_of(base)))
        disk_remove(file_of(base)); /* it ends with its use */
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset)
{
    size_t there = disk_read(file_of(base), out, (size_t)n, (size_t)offset);
    return there == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int vfs_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 offset)
{
    switch (disk_write(file_of(base), bytes, (size_t)n, (size_t)offset)) {
    case DISK_OK:
        return SQLITE_OK;
    case DISK_FULL:
        return SQLITE_FULL;
    case DISK_FAILED:
        break;
    }
    return SQLITE_IOERR_WRITE;
}

static int vfs_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    return disk_truncate(file_of(base), (size_t)len) == DISK_OK ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int vfs_sync(sqlite3_file *base, int flags)
{
    (void)flags;
    return disk_sync(file_of(base)) == DISK_OK ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int vfs_size(sqlite3_file *base, sqlite3_int64 *len_out)
{
    *len_out = (sqlite3_int64)disk_len(file_of(base));
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *base, int kind)
{
    (void)base;
    (void)kind;
    return SQLITE_OK;
}

static int vfs_check_lock(sqlite3_file *base, int *is_locked_out)
{
    (void)base;
    *is_locked_out = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int vfs_sector(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

static int vfs_traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: without shared memory, for the store is opened exclusively. */
static const sqlite3_io_methods methods = { .iVersion = 1,
                                            .xClose = vfs_close,
                                            .xRead = vfs_read,
                                            .xWrite = vfs_write,
                                            .xTruncate = vfs_truncate,
                                            .xSync = vfs_sync,
                                            .xFileSize = vfs_size,
                                            .xLock = vfs_lock,
                                            .xUnlock = vfs_lock,
                                            .xCheckReservedLock = vfs_check_lock,
                                            .xFileControl = vfs_control,
                                            .xSectorSize = vfs_sector,
                                            .xDeviceCharacteristics = vfs_traits };

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *flags_out)
{
    struct handle *handle = (struct handle *)base;
    (void)vfs;
    world_call();
    handle->base.pMethods = NULL;
    struct disk_file *file = disk_find(name);
    if (!file && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    handle->file = file ? file : disk_make(name);
    handle->base.pMethods = &methods;
    if (flags_out)
        *flags_out = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncs)
{
    struct disk_file *file = disk_find(name);
    (void)vfs;
    (void)syncs;
    world_call();
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    disk_remove(file);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int what, int *is_so_out)
{
    (void)vfs;
    (void)what;
    *is_so_out = disk_find(name) != NULL;
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)chance_next(&world.chance);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms_out)
{
    (void)vfs;
    *julian_ms_out = world.now_ms + world.wall_ahead_ms + INT64_C(210866760000000);
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    (void)n;
    (void)out;
    return 0;
}

/* SQLite's memory, so that one of its allocations can fail; the size stands before what it is given. */

static bool does_fail(void)
{
    return !world.is_asking && world.allocation_fails_in > 0 && --world.allocation_fails_in == 0;
}

static void *memory_give(int n)
{
    if (does_fail())
        return NULL;
    int64_t *block = malloc((size_t)n + sizeof *block);
    if (!block)
        return NULL;
    *block = n;
    return block + 1;
}

static void memory_take(void *memory)
{
    free((int64_t *)memory - 1);
}

static int memory_size(void *memory)
{
    return memory ? (int)((int64_t *)memory)[-1] : 0;
}

static void *memory_move(void *memory, int n)
{
    if (does_fail())
        return NULL;
    int64_t *block = realloc((int64_t *)memory - 1, (size_t)n + sizeof *block);
    if (!block)
        return NULL;
    *block = n;
    return block + 1;
}

static int memory_round(int n)
{
    return (n + 7) & ~7;
}

static int memory_begin(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void memory_end(void *data)
{
    (void)data;
}

void disk_install(void)
{
    static sqlite3_vfs vfs = { .iVersion = 2,
                               .szOsFile = sizeof(struct handle),
                               .mxPathname = NAME_BYTES,
                               .zName = "disk",
                               .xOpen = vfs_open,
                               .xDelete = vfs_delete,
                               .xAccess = vfs_access,
                               .xFullPathname = vfs_full_name,
                               .xRandomness = vfs_random,
                               .xSleep = vfs_sleep,
                               .xGetLastError = vfs_last_error,
                               .xCurrentTimeInt64 = vfs_time };
    static const sqlite3_mem_methods memory = { .xMalloc = memory_give,
                                                .xFree = memory_take,
                                                .xRealloc = memory_move,
                                                .xSize = memory_size,
                                                .xRoundup = memory_round,
                                                .xInit = memory_begin,
                                                .xShutdown = memory_end };
    /* One thread, and no locks that a death could leave taken. */
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) || sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) ||
        sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) || sqlite3_initialize() ||
        sqlite3_vfs_register(&vfs, 1))
        abort();
}
