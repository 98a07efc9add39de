#include "store/ballast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool has_room(int fd)
{
    struct statvfs disk;
    return fstatvfs(fd, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize >= 2 * (uint64_t)BALLAST_BYTES;
}

static bool is_whole(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && file.st_size == BALLAST_BYTES;
}

static enum ballast_result fill(int fd)
{
    if (is_whole(fd))
        return BALLAST_HELD;
    if (!has_room(fd))
        return BALLAST_NO_ROOM;
    int result = posix_fallocate(fd, 0, BALLAST_BYTES);
    errno = result;
    return result == 0                            ? BALLAST_HELD
           : result == ENOSPC || result == EDQUOT ? BALLAST_NO_ROOM
                                                  : BALLAST_FAILED;
}

enum ballast_result ballast_hold(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOSPC || errno == EDQUOT ? BALLAST_NO_ROOM : BALLAST_FAILED;
    enum ballast_result result = fill(fd);
    int why = errno;
    close(fd);
    if (result != BALLAST_HELD)
        unlink(path);
    errno = why;
    return result;
}

bool ballast_drop(const char *path)
{
    return unlink(path) == 0;
}
