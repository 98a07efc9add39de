#include "ops/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/xmalloc.h"

int file_open(const char *path, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        err_set(err, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
        err_set(err, "%s is no regular file", path);
        close(fd);
        return -1;
    }
    return fd;
}

/* False on error. len ends at max + 1 if there is more than max. */
static bool read_up_to(int fd, char *text, size_t max, size_t *len)
{
    while (*len <= max) {
        ssize_t got = read(fd, text + *len, max + 1 - *len);
        if (got == 0)
            return true;
        if (got > 0)
            *len += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

char *file_read_fd(int fd, const char *path, size_t max, size_t *len_out, struct err *err)
{
    char *text = xcalloc(max + 2, 1);
    size_t len = 0;
    bool is_read = read_up_to(fd, text, max, &len);
    if (is_read && len <= max) {
        *len_out = len;
        return text;
    }
    if (is_read)
        err_set(err, "%s is longer than %zu bytes", path, max);
    else
        err_set(err, "%s: %s", path, strerror(errno));
    secret_wipe(text, max + 2);
    free(text);
    return NULL;
}

char *file_read(const char *path, size_t max, size_t *len_out, struct err *err)
{
    int fd = file_open(path, err);
    if (fd < 0)
        return NULL;
    char *text = file_read_fd(fd, path, max, len_out, err);
    close(fd);
    return text;
}
