/*
 * stage - the bot, as a process of its own, and the homeserver that it talks to, played until something has come about.
 *
 * Shape:   everything happens in stage_play, which serves the homeserver and, if the bot is traced, stops at the entry
 *          and the return of each of its system calls and asks the watcher what is to become of it. Single-threaded, as
 *          the bot is: a bot that made a thread would not be seen whole.
 * Owns:    the process: it dies with the stage's (PDEATHSIG, EXITKILL).
 * Source:  ptrace(2).
 */
#ifndef CRASH_STAGE_H
#define CRASH_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "homeserver.h"

struct call {
    int64_t number; /* __NR_... */
    uint64_t args[6];
    int64_t result; /* at the return; -errno if it failed */
};

enum { WATCH_GO = 0, WATCH_KILL = -1 }; /* an errno: the call fails with it and is not made */

struct watcher {
    int (*at_entry)(void *data, pid_t pid, const struct call *call);
    void (*at_return)(void *data, pid_t pid, const struct call *call); /* may be NULL */
    void *data;
};

struct stage {
    struct homeserver *server; /* borrowed */
    const char *binary; /* borrowed, as all below */
    const char *config;
    const char *log;
    const char *preload; /* NULL: none */
    const char *variable; /* NAME=VALUE for the bot; NULL: none */
    struct watcher watcher;
    bool is_traced;
    pid_t pid; /* 0: it does not run */
    int status; /* of its last end, as of waitpid */
    bool must_return; /* the call that was made to fail has yet to return */
    int64_t forced; /* its result */
};

enum stage_end {
    STAGE_MET, /* what was waited for has come about */
    STAGE_ENDED, /* the bot ended by itself: status */
    STAGE_KILLED, /* by the watcher's word */
    STAGE_LATE, /* the time is over */
};

/* Once in each process, before its first play. */
void stage_init(void);
/* Traced: from its first instruction on. */
void stage_start(struct stage *stage, bool is_traced);
/* A bot that runs is traced from now on. */
void stage_attach(struct stage *stage);
/* Until met(data) says so, which is asked whenever the homeserver has answered; NULL: until the bot ends. */
enum stage_end stage_play(struct stage *stage, bool (*met)(void *data), void *data, int timeout_ms);
void stage_kill(struct stage *stage);
void stage_signal(struct stage *stage, int number);

#endif
