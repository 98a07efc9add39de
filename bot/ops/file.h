/*
 * file - small files read whole.
 *
 * Owns:    nothing. What is returned is freed with free().
 * Errors:  NULL, with the path and the reason in err; never what was read.
 */
#ifndef OPS_FILE_H
#define OPS_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Opens a regular file to read, and nothing else: a FIFO would wait for ever. -1 on error. */
int file_open(const char *path, struct err *err);
/* All that fd gives, of at most max bytes; a NUL follows them. path stands for it in errors. */
char *file_read_fd(int fd, const char *path, size_t max, size_t *len_out, struct err *err);
char *file_read(const char *path, size_t max, size_t *len_out, struct err *err);

#endif
