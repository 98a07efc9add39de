/*
 * numbers - what the account data keep for a store that may be lost: a generation, and the blocks of item
 * numbers that were handed out.
 *
 * Shape:   io.greffier.state = {"generation": n, "numbers": {"DEC": 64}}. At a start the server's is read
 *          before any row leaves. Its generation is larger than the store's: the store is an old copy
 *          (restored), and numbers go on behind the server's blocks. Then the store's generation is raised (the
 *          store first), and the account data follow, with the next block of numbers (the server first, the
 *          larger wins), which the engine gets once the server has it. The same again whenever the engine runs
 *          low.
 * Owns:    its request. Borrows the client.
 * Errors:  asks again with a growing delay until it is answered; until then nothing is ready.
 * Bounds:  NUMBER_PREFIXES_MAX, numbers up to NUMBER_MAX; what is out of bounds is not there.
 * Source:  architecture.md "causes make transaction ids", "a restored store knows it".
 */
#ifndef MATRIX_NUMBERS_H
#define MATRIX_NUMBERS_H

#include "base/json.h"
#include "matrix/client.h"

struct numbers;
/* ready: after each time the server has kept what was put; is_restored for a week after that was found. */
typedef void numbers_ready_fn(void *data, bool is_restored);
struct numbers *numbers_create(struct client *client, numbers_ready_fn *ready, void *data);
/* NULL does nothing. */
void numbers_destroy(struct numbers *numbers);

/* Asks, if it is time: at the start, when the engine runs low, when told to. */
void numbers_poke(struct numbers *numbers);
int64_t numbers_next_ms(const struct numbers *numbers);
/* The generation was compared, and the server knows the new one. */
bool numbers_is_ready(const struct numbers *numbers);
/* The homeserver does not let us see the account data: they are somebody else's, and so is the token. */
bool numbers_is_refused(const struct numbers *numbers);
/* The store turned out to be an old copy: not ready until the server's blocks are behind us, and no number is left
 * until then. Inside or outside of a transaction. */
void numbers_restored(struct numbers *numbers);
/* See client_clock_moved. */
void numbers_clock_moved(struct numbers *numbers, int64_t by_ms);
/* A copy of the store was made: a life that begins from it will be found out. */
void numbers_bump(struct numbers *numbers);

/* Pure: the blocks to put, for the caller to put: of ours (engine_numbers) and the server's the larger, one
 * block more where the engine needs it. */
struct json_object *numbers_merge(struct json_object *ours, struct json_object *servers, bool is_needed);

#endif
