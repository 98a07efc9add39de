/*
 * control_socket - what both ends of the control socket do alike.
 *
 * Errors:  -1 or false with errno.
 */
#ifndef OPS_CONTROL_SOCKET_H
#define OPS_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/un.h>

/* False, with errno, if the path is too long for the kernel (107 bytes). */
bool control_socket_address(const char *path, struct sockaddr_un *address_out);
/* Connects, waiting at most timeout_ms where the other's queue is full. */
int control_socket_connect(const char *path, int timeout_ms);

#endif
