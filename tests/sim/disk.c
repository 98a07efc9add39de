#include "disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "world.h"

enum { FILES_MAX = 8, NAME_MAX_BYTES = 64, SECTOR_BYTES = 4096 };

struct content {
    unsigned char *bytes; /* owned */
    size_t len, cap;
};

struct disk_file {
    char name[NAME_MAX_BYTES]; /* "": free */
    bool exists;
    struct content now, safe, copy;
    bool has_copy;
    size_t dirty_from, dirty_to; /* written since the last sync */
};

/* What SQLite holds of an open file. */
struct handle {
    sqlite3_file base;
    struct disk_file *file;
};

static struct disk_file files[FILES_MAX];
static bool is_full, is_copied;
static int64_t fails_left;

static void reserve(struct content *content, size_t len)
{
    if (len <= content->cap)
        return;
    size_t cap = content->cap ? content->cap : 1 << 16;
    while (cap < len)
        cap *= 2;
    content->bytes = xreallocarray(content->bytes, cap, 1);
    memset(content->bytes + content->cap, 0, cap - content->cap);
    content->cap = cap;
}

/* Bytes past the old end are zero: those that a shorter file left behind are wiped. */
static void set_len(struct content *content, size_t len)
{
    reserve(content, len);
    if (len < content->len)
        memset(content->bytes + len, 0, content->len - len);
    content->len = len;
}

static void copy_range(struct content *to, const struct content *from, size_t start, size_t end)
{
    if (end > from->len)
        end = from->len;
    if (start >= end)
        return;
    if (to->len < end)
        set_len(to, end);
    memcpy(to->bytes + start, from->bytes + start, end - start);
}

static void copy_all(struct content *to, const struct content *from)
{
    set_len(to, from->len);
    copy_range(to, from, 0, from->len);
}

static void mark_clean(struct disk_file *file)
{
    file->dirty_from = SIZE_MAX;
    file->dirty_to = 0;
}

static void mark_dirty(struct disk_file *file, size_t from, size_t to)
{
    if (from < file->dirty_from)
        file->dirty_from = from;
    if (to > file->dirty_to)
        file->dirty_to = to;
}

static struct disk_file *find(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        if (files[i].exists && strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static struct disk_file *make(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        /* One of which there is a copy keeps its place for its name. */
        bool is_free = !files[i].exists && (!files[i].has_copy || (name && strcmp(files[i].name, name) == 0));
        if (!is_free)
            continue;
        strncpy(files[i].name, name ? name : "", NAME_MAX_BYTES - 1);
        files[i].exists = true;
        set_len(&files[i].now, 0);
        set_len(&files[i].safe, 0);
        mark_clean(&files[i]);
        return &files[i];
    }
    world_fail("the disk has no place for %s", name ? name : "a file without a name");
}

/* True: this write or sync fails. */
static bool fails(void)
{
    if (fails_left == 0)
        return false;
    fails_left--;
    world.trouble_ms = world.now_ms;
    return true;
}

static int disk_close(sqlite3_file *base)
{
    struct handle *handle = (struct handle *)base;
    if (!*handle->file->name)
        handle->file->exists = false; /* a file without a name ends with its use */
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *base, void *out, int n, sqlite3_int64 offset)
{
    const struct content *now = &((struct handle *)base)->file->now;
    size_t start = (size_t)offset, len = (size_t)n, there = start < now->len ? now->len - start : 0;
    if (there > len)
        there = len;
    if (there)
        memcpy(out, now->bytes + start, there);
    memset((char *)out + there, 0, len - there);
    return there == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 offset)
{
    struct disk_file *file = ((struct handle *)base)->file;
    size_t start = (size_t)offset, end = start + (size_t)n;
    world_call();
    if (fails())
        return SQLITE_IOERR_WRITE;
    if (is_full && end > file->now.len)
        return SQLITE_FULL;
    if (end > file->now.len)
        set_len(&file->now, end);
    memcpy(file->now.bytes + start, bytes, (size_t)n);
    mark_dirty(file, start, end);
    return SQLITE_OK;
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct disk_file *file = ((struct handle *)base)->file;
    world_call();
    if (fails())
        return SQLITE_IOERR_TRUNCATE;
    set_len(&file->now, (size_t)len);
    return SQLITE_OK;
}

static int disk_sync(sqlite3_file *base, int flags)
{
    struct disk_file *file = ((struct handle *)base)->file;
    (void)flags;
    world_call();
    if (fails())
        return SQLITE_IOERR_FSYNC;
    copy_range(&file->safe, &file->now, file->dirty_from, file->dirty_to);
    set_len(&file->safe, file->now.len);
    mark_clean(file);
    world_call();
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *len_out)
{
    *len_out = (sqlite3_int64)((struct handle *)base)->file->now.len;
    return SQLITE_OK;
}

static int disk_lock(sqlite3_file *base, int kind)
{
    (void)base;
    (void)kind;
    return SQLITE_OK;
}

static int disk_check_lock(sqlite3_file *base, int *is_locked_out)
{
    (void)base;
    *is_locked_out = 0;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *base)
{
    (void)base;
    return SECTOR_BYTES;
}

static int disk_traits(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Version 1: without shared memory, for the store is opened exclusively. */
static const sqlite3_io_methods methods = { .iVersion = 1,
                                            .xClose = disk_close,
                                            .xRead = disk_read,
                                            .xWrite = disk_write,
                                            .xTruncate = disk_truncate,
                                            .xSync = disk_sync,
                                            .xFileSize = disk_size,
                                            .xLock = disk_lock,
                                            .xUnlock = disk_lock,
                                            .xCheckReservedLock = disk_check_lock,
                                            .xFileControl = disk_control,
                                            .xSectorSize = disk_sector,
                                            .xDeviceCharacteristics = disk_traits };

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *flags_out)
{
    struct handle *handle = (struct handle *)base;
    (void)vfs;
    world_call();
    handle->base.pMethods = NULL;
    struct disk_file *file = name ? find(name) : NULL;
    if (!file && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    handle->file = file ? file : make(name);
    handle->base.pMethods = &methods;
    if (flags_out)
        *flags_out = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int syncs)
{
    struct disk_file *file = find(name);
    (void)vfs;
    (void)syncs;
    world_call();
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    file->exists = false;
    set_len(&file->now, 0);
    set_len(&file->safe, 0);
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int what, int *is_so_out)
{
    (void)vfs;
    (void)what;
    *is_so_out = find(name) != NULL;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

static int disk_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)chance_next(&world.chance);
    return n;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms_out)
{
    (void)vfs;
    *julian_ms_out = world.now_ms + world.wall_ahead_ms + INT64_C(210866760000000);
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    (void)n;
    (void)out;
    return 0;
}

/* SQLite's memory, so that one of its allocations can fail; the size stands before what it is given. */

static void *memory_give(int n)
{
    if (world.allocation_fails_in > 0 && --world.allocation_fails_in == 0)
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
    if (world.allocation_fails_in > 0 && --world.allocation_fails_in == 0)
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
                               .mxPathname = NAME_MAX_BYTES,
                               .zName = "disk",
                               .xOpen = disk_open,
                               .xDelete = disk_delete,
                               .xAccess = disk_access,
                               .xFullPathname = disk_full_name,
                               .xRandomness = disk_random,
                               .xSleep = disk_sleep,
                               .xGetLastError = disk_last_error,
                               .xCurrentTimeInt64 = disk_time };
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

static void keep_some_sectors(struct disk_file *file, struct chance *chance)
{
    size_t end = file->dirty_to < file->now.len ? file->dirty_to : file->now.len;
    for (size_t at = file->dirty_from; at < end;) {
        size_t next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        if (chance_percent(chance, 50))
            copy_range(&file->safe, &file->now, at, next < end ? next : end);
        at = next;
    }
}

void disk_cut_power(void)
{
    bool keeps_some = chance_percent(&world.chance, 50);
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct disk_file *file = &files[i];
        if (keeps_some)
            keep_some_sectors(file, &world.chance);
        copy_all(&file->now, &file->safe);
        mark_clean(file);
    }
}

void disk_keep_copy(void)
{
    is_copied = true;
    for (size_t i = 0; i < FILES_MAX; i++) {
        copy_all(&files[i].copy, &files[i].now);
        files[i].has_copy = files[i].exists;
    }
}

bool disk_put_back(void)
{
    if (!is_copied)
        return false;
    for (size_t i = 0; i < FILES_MAX; i++) {
        copy_all(&files[i].now, &files[i].copy);
        copy_all(&files[i].safe, &files[i].copy);
        files[i].exists = files[i].has_copy;
        mark_clean(&files[i]);
    }
    return true;
}

void disk_set_full(bool now_full)
{
    is_full = now_full;
}

void disk_fail_next(int64_t n)
{
    fails_left = n;
}

int64_t disk_bytes(void)
{
    size_t n = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
        n += files[i].exists ? files[i].now.len : 0;
    return (int64_t)n;
}

void disk_export(const char *path)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (!files[i].exists || strncmp(files[i].name, DISK_STORE, strlen(DISK_STORE)) != 0)
            continue;
        char *name = xasprintf("%s%s", path, files[i].name + strlen(DISK_STORE));
        FILE *out = fopen(name, "wb");
        if (out) {
            fwrite(files[i].now.bytes, 1, files[i].now.len, out);
            fclose(out);
        }
        free(name);
    }
}
