/*
 * sandbox - what the daemon may still do once it is open: its store, its homeserver, and nothing else.
 *
 * Shape:   what a process holds stays in it (sandbox_forbid_core, sandbox_hide). sandbox_enter gives
 *          up for good: files outside (Landlock), ports other than the homeserver's and the resolver's (Landlock 4),
 *          programs and system calls that the daemon has no use for (seccomp). Threads made later have it too.
 * Errors:  what this kernel cannot do is said in one line each, and the rest is done: a daemon without a sandbox is
 *          better than none. A system call that is not allowed answers "no such call", so that the C library takes
 *          another way; starting a program or another process ends it.
 * Missing: memory that is writable and executable is not forbidden: name lookup loads libraries when it is first used.
 * Source:  trust.md B.2 rows 20 and 25; Linux, Documentation/userspace-api/landlock.rst; seccomp(2).
 */
#ifndef OPS_SANDBOX_H
#define OPS_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct sandbox_settings {
    const char *store_path; /* its directory is written to */
    uint16_t port; /* of the homeserver */
};

/* First of all, by every subcommand: a core file would hold the token, the keys and people's words. */
void sandbox_forbid_core(void);
/* Before the first secret is read: nobody else of this user may look into the process. */
void sandbox_hide(void);
/* Once; everything that lies elsewhere must be open by now. True: both layers hold. */
bool sandbox_enter(const struct sandbox_settings *settings);

#endif
