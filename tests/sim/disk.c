#include "disk.h"

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
    bool *
        is_dirty; /* owned; of each sector, n_sectors of them: false where nothing differs from what is safe */
    size_t n_sectors;
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

/* A sector may be marked for longer than it must. */
static void mark_sectors(struct disk_file *file, size_t from, size_t to)
{
    size_t end = (to + SECTOR_BYTES - 1) / SECTOR_BYTES;
    if (end > file->n_sectors) {
        file->is_dirty = xreallocarray(file->is_dirty, 2 * end, sizeof *file->is_dirty);
        memset(file->is_dirty + file->n_sectors, 0, 2 * end - file->n_sectors);
        file->n_sectors = 2 * end;
    }
    for (size_t sector = from / SECTOR_BYTES; sector < end; sector++)
        file->is_dirty[sector] = true;
}

static void mark_dirty(struct disk_file *file, size_t from, size_t to)
{
    mark_sectors(file, from, to);
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

struct disk_file *disk_find(const char *name)
{
    return name ? find(name) : NULL;
}

struct disk_file *disk_make(const char *name)
{
    return make(name);
}

void disk_remove(struct disk_file *file)
{
    file->exists = false;
    set_len(&file->now, 0);
    set_len(&file->safe, 0);
}

bool disk_is_nameless(const struct disk_file *file)
{
    return !*file->name;
}

size_t disk_len(const struct disk_file *file)
{
    return file->now.len;
}

size_t disk_read(const struct disk_file *file, void *out, size_t len, size_t start)
{
    const struct content *now = &file->now;
    size_t there = start < now->len ? now->len - start : 0;
    if (there > len)
        there = len;
    if (there)
        memcpy(out, now->bytes + start, there);
    memset((char *)out + there, 0, len - there);
    return there;
}

enum disk_result disk_write(struct disk_file *file, const void *bytes, size_t len, size_t start)
{
    size_t end = start + len;
    world_call();
    if (fails())
        return DISK_FAILED;
    if (is_full && end > file->now.len)
        return DISK_FULL;
    if (end > file->now.len)
        set_len(&file->now, end);
    memcpy(file->now.bytes + start, bytes, len);
    mark_dirty(file, start, end);
    return DISK_OK;
}

enum disk_result disk_truncate(struct disk_file *file, size_t len)
{
    world_call();
    if (fails())
        return DISK_FAILED;
    mark_sectors(file, len, file->now.len); /* zeros, if it grows again */
    set_len(&file->now, len);
    return DISK_OK;
}

/* A checkpoint writes a page here and there of a file that is far larger. */
static void make_safe(struct disk_file *file)
{
    for (size_t at = file->dirty_from; at < file->dirty_to;) {
        size_t sector = at / SECTOR_BYTES, next = (sector + 1) * SECTOR_BYTES;
        if (file->is_dirty[sector])
            copy_range(&file->safe, &file->now, at, next < file->dirty_to ? next : file->dirty_to);
        bool is_all_of_it = at == sector * SECTOR_BYTES && next <= file->dirty_to;
        file->is_dirty[sector] = file->is_dirty[sector] && !is_all_of_it;
        at = next;
    }
    set_len(&file->safe, file->now.len);
    mark_clean(file);
}

enum disk_result disk_sync(struct disk_file *file)
{
    world_call();
    if (fails())
        return DISK_FAILED;
    make_safe(file);
    world_call();
    return DISK_OK;
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
