#include "store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"

/* What the key opens is synced by SQLite; its name must be no less sure, and that is the directory's. */
static bool sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    free(directory);
    return ok;
}

/* Under another name first, so that it appears whole or not at all; link() fails where a key stands already. */
static bool make(const char *path, unsigned char key[SECRET_KEY_BYTES], struct err *err)
{
    char *draft = xasprintf("%s.%ld", path, (long)getpid());
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    secret_random(key, SECRET_KEY_BYTES);
    bool ok = fd >= 0 && write(fd, key, SECRET_KEY_BYTES) == SECRET_KEY_BYTES && fsync(fd) == 0 &&
              link(draft, path) == 0 && sync_directory(path);
    if (!ok)
        err_set(err, "%s cannot be made: %s. Check [store] key_file and its directory", path,
                strerror(errno));
    if (fd >= 0) {
        close(fd);
        unlink(draft);
    }
    free(draft);
    return ok;
}

bool keyfile_load(const char *path, unsigned char key[SECRET_KEY_BYTES], struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return make(path, key, err);
    if (fd < 0)
        return err_set(err, "%s cannot be read: %s", path, strerror(errno));
    struct stat info;
    unsigned char bytes[SECRET_KEY_BYTES + 1];
    bool is_private = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) == 0;
    bool is_whole = read(fd, bytes, sizeof bytes) == SECRET_KEY_BYTES;
    close(fd);
    /* Whoever made it may have ended in between. A disk that takes no writes has kept it already. */
    sync_directory(path);
    if (!is_private)
        return err_set(err, "%s may be read by others: chmod 600 it", path);
    if (!is_whole)
        return err_set(err, "%s is no key of greffier: it must have %d bytes", path, SECRET_KEY_BYTES);
    memcpy(key, bytes, SECRET_KEY_BYTES);
    secret_wipe(bytes, sizeof bytes);
    return true;
}
