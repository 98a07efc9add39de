/*
 * number - the numbers of items, where a restored store must not use again what a later life of it has used.
 *
 * Owns:    the table number, together with engine/item. Source:  architecture.md "Item numbers come from blocks
 * reserved ahead".
 */
#ifndef STORE_NUMBER_H
#define STORE_NUMBER_H

#include "store/store.h"

/* The next number of that prefix will be above `used`. In a transaction. */
void number_skip(struct store *store, const char *prefix, int64_t used);

/* None is left of what was reserved: whoever needs one waits until more are. In a transaction. */
void number_use_up(struct store *store);

#endif
