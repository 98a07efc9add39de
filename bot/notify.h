/*
 * notify - a word to the service manager, if there is one: ready, alive, stopping.
 *
 * Shape:   one datagram to $NOTIFY_SOCKET; nothing is sent where that is not set.
 * Errors:  none: who does not listen is not told.
 * Source:  sd_notify(3); trust.md D.2 (own lines instead of libsystemd).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." */
void notify_say(const char *line);
/* How often WATCHDOG=1 is expected, halved, in ms; 0: not at all. */
int64_t notify_watchdog_ms(void);

#endif
