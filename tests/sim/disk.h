/*
 * disk - a disk in memory that knows what is on it for good: SQLite's default VFS in the simulator.
 *
 * Shape:   a file is what programs read (now) and what would be left after a power cut (safe); a sync makes the one
 *          the other. Names come and go at once, which file systems that order their journal grant after a sync of
 *          the directory.
 * Owns:    the files, until the end of the process. Locks are granted to everybody: there is one program.
 * Errors:  those that a fault asks for: no room, failing writes and syncs.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
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
/* The store and its log into files of the real disk, for `sqlite3` to read. */
void disk_export(const char *path);

#endif
