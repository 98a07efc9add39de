/*
 * spent - a device that nobody may speak as again: the store is an old copy, and others know of ratchets that it does not.
 *
 * Owns:    the setting session.spent. session_open signs such a device out, and logs in another.
 * Source:  architecture.md "a restored store knows it"; matrix.md 4.10.
 */
#ifndef MATRIX_SPENT_H
#define MATRIX_SPENT_H

#include "store/store.h"

/* In a transaction. Nothing, if the device has no keys at the homeserver. What was under way in the old copy at now_ms is
 * looked for before it is said again, since another device has other transaction ids. */
void spent_note(struct store *store, int64_t now_ms);
bool spent_is_device(struct store *store);

#endif
