/*
 * err - what went wrong in the world, in words for the one who runs the bot.
 *
 * Three kinds of failure, never mixed: a bug is an assert, kept in release; no memory ends the program
 * (xmalloc.h); the world (network, server, user, disk) is a false return with the text in one of these.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
    char text[512];
};

/* Keeps the first 511 bytes; always returns false, so that a failing function can end with it. err may be
 * NULL. */
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
