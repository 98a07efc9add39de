/*
 * disk - a disk in memory that knows what is on it for good.
 *
 * Shape:   a file is what programs read (now) and what would be left after a power cut (safe); a sync makes the one
 *          the other. Names come and go at once, which file systems that order their journal grant after a sync of
 *          the directory. disk_vfs.c makes it SQLite's default VFS.
 * Owns:    the files, until the end of the process. Locks are granted to everybody: there is one program.
 * Errors:  those that a fault asks for: no room, failing writes and syncs.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name of the bot's store. */
#define DISK_STORE "/greffier.db"

/* Before any use of SQLite. */
void disk_install(void);

/* What was not synced is gone; or, by sectors and by chance, some of it is there after all. */
void disk_cut_power(void);
/* Keeps a copy of all that is there; and puts it back. False: there is none. */
void disk_keep_copy(void);
bool disk_put_back(void);

/* No more room than there is now, until it is set to false. */
void disk_set_full(bool is_full);
/* So many writes and syncs from now on fail. */
void disk_fail_next(int64_t n);

int64_t disk_bytes(void);

/* For disk_vfs.c. A file without a name is removed by who made it. */
enum disk_result { DISK_OK, DISK_FULL, DISK_FAILED };
struct disk_file;
struct disk_file *disk_find(const char *name); /* NULL: there is none */
struct disk_file *disk_make(const char *name);
void disk_remove(struct disk_file *file);
bool disk_is_nameless(const struct disk_file *file);
size_t disk_len(const struct disk_file *file);
/* How much there was; the rest is zeros. */
size_t disk_read(const struct disk_file *file, void *out, size_t len, size_t start);
enum disk_result disk_write(struct disk_file *file, const void *bytes, size_t len, size_t start);
enum disk_result disk_truncate(struct disk_file *file, size_t len);
enum disk_result disk_sync(struct disk_file *file);

/* The store and its log into files of the real disk, for `sqlite3` to read. */
void disk_export(const char *path);

#endif
