#include "ops/control_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool control_socket_address(const char *path, struct sockaddr_un *address_out)
{
    *address_out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address_out->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address_out->sun_path, path, strlen(path));
    return true;
}

int control_socket_connect(const char *path, int timeout_ms)
{
    struct sockaddr_un address;
    struct timeval limit = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L };
    if (!control_socket_address(path, &address))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}
