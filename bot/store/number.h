/*
 * number - the numbers of items, where a restored store must not use again what a later life of it has used.
 *
 * Shape:   numbers are drawn from blocks reserved ahead. While the store is an old copy (for NUMBER_RESTORED_MS after that
 *          was found out), a cause from before that, or of more than NUMBER_OLD_MS ago, may have had its number in the
 *          life that was lost: it is looked for first (number_must_look, number_looked), and what was found is drawn
 *          again. The room was told that number: a homeserver that knows the message of it says so, and keeps its words.
 * Owns:    the table number, together with engine/item; settings looked.*.
 * Source:  architecture.md "Item numbers come from blocks reserved ahead", "a restored store knows it".
 */
#ifndef STORE_NUMBER_H
#define STORE_NUMBER_H

#include "store/store.h"

enum {
    NUMBER_OLD_MS = 10 * 60 * 1000,
    NUMBER_RESTORED_MS = 7 * 24 * 3600 * 1000, /* by then all that an old copy had to say has an end */
};

/* The next of that prefix, or the one that this cause was found to have; 0: none is reserved. In a transaction. */
int64_t number_draw(struct store *store, const char *prefix, const char *cause);

/* This cause may draw nothing before it was looked for. */
bool number_must_look(struct store *store, const char *cause, int64_t at_ms, int64_t now_ms);
/* What the look found: "DEC-5", or NULL. In a transaction. */
void number_looked(struct store *store, const char *cause, const char *name);

/* The store is an old copy, as is known from now on. In a transaction. */
void number_set_restored(struct store *store, int64_t now_ms);
bool number_is_restored(struct store *store, int64_t now_ms);
/* What began then may have gone on in the life that was lost. */
bool number_may_be_lost(struct store *store, int64_t began_ms);

/* The next number of that prefix will be above `used`. In a transaction. */
void number_skip(struct store *store, const char *prefix, int64_t used);

/* None is left of what was reserved: whoever needs one waits until more are. In a transaction. */
void number_use_up(struct store *store);

#endif
