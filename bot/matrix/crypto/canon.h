/*
 * canon - canonical JSON: the one spelling of a value that is signed.
 *
 * Shape:   no white space; names in the order of their code points; strings in UTF-8 with as few escapes as JSON allows;
 *          whole numbers only. What is read from others is judged in the spelling of what was read: where their reader
 *          and ours differ (a name twice, half a surrogate), the signature does not hold.
 * Owns:    nothing; texts live in the caller's arena.
 * Errors:  NULL: it has no such spelling (fractions, numbers beyond 2^53), or is nested deeper than CANON_DEPTH.
 * Source:  Matrix specification, appendix "Canonical JSON" and "Signing JSON".
 */
#ifndef MATRIX_CRYPTO_CANON_H
#define MATRIX_CRYPTO_CANON_H

#include "base/arena.h"
#include "base/json.h"

enum { CANON_DEPTH = 64, CANON_BYTES = 1 << 20 };

char *canon_text(struct json_object *value, struct arena *arena);
/* Of an object without its members `signatures` and `unsigned`: what a signature is made over. */
char *canon_signed(struct json_object *object, struct arena *arena);

#endif
