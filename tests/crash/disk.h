/*
 * disk - what of a folder's files would be left if the power went now, learnt from the system calls of the bot.
 *
 * Shape:   each file has a content that was synced, and the changes made since; each name in the folder points to one file
 *          now and to one (or none) since the folder itself was last synced. A cut puts into the folder what was synced
 *          alone; or, with a seed, what an unlucky disk could make of it: any of the later changes, cut at any sector.
 *          Strict POSIX: fsync of a file does not keep its name, only fsync of the folder does.
 * Missing: changes by a shared mapping; the bot has none (it ends with a line if one is made).
 * Source:  fsync(2); trust.md A.2.
 */
#ifndef CRASH_DISK_H
#define CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "stage.h"

struct disk;

/* All that lies in the folder counts as synced. */
struct disk *disk_create(const char *folder);
void disk_destroy(struct disk *disk);
/* For a watcher: at each entry and return of the bot's calls, from its start on. */
void disk_enter(struct disk *disk, pid_t pid, const struct call *call);
void disk_return(struct disk *disk, pid_t pid, const struct call *call);
/* The bot is dead, and so is the power. seed 0: what was not synced is gone. */
void disk_cut(struct disk *disk, unsigned seed);

/* Whether the call now entered reads or changes files of the folder, or opens one. */
bool disk_is_touched(const struct disk *disk);
/* Whether it needs more room on the disk, and how much; 0: none. */
size_t disk_grows_by(const struct disk *disk);
/* What lies there now, in bytes: what it takes of the disk's room. */
size_t disk_used(const struct disk *disk);

#endif
