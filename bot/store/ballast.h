/*
 * ballast - room on the store's disk, kept for the hour in which there is none left.
 *
 * Shape:   a file beside the store whose blocks are really taken. With it away what was begun can still be ended: an
 *          acknowledgement written, a message marked as sent, an honest answer given. On a full disk SQLite cannot even
 *          delete.
 * Errors:  whoever cannot have it goes on without it.
 * Source:  trust.md A.2 "Disk full".
 */
#ifndef STORE_BALLAST_H
#define STORE_BALLAST_H

#include <stdbool.h>

enum { BALLAST_BYTES = 16 << 20 };

enum ballast_result { BALLAST_HELD, BALLAST_NO_ROOM, BALLAST_FAILED };

/* Takes it, unless it is there already, and only where as much again is left beside it. On BALLAST_NO_ROOM and
 * BALLAST_FAILED (errno says why) nothing is left behind. */
enum ballast_result ballast_hold(const char *path);
/* Gives its room back; false if it was not there. */
bool ballast_drop(const char *path);

#endif
