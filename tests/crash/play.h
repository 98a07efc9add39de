/*
 * play - a flow made ready: what came before it was played, and the scene itself once without a fault.
 *
 * Shape:   folder/base is the snapshot of the store, folder/live what the bot works on; the snapshot of the homeserver is
 *          the process itself, which is forked for each point. The reference is what was seen at the end of the scene.
 * Units:   *_ms real time; a bot that has not settled within SETTLE_MS is stuck, on any machine.
 */
#ifndef CRASH_PLAY_H
#define CRASH_PLAY_H

#include <stdint.h>
#include <stdio.h>

#include "flow.h"
#include "picture.h"
#include "stage.h"

enum { SETTLE_MS = 120000, STOP_MS = 60000 };

struct play {
    const struct flow *flow;
    struct homeserver *server; /* owned */
    struct stage stage;
    char folder[256]; /* base/, live/, the configuration */
    char live[300], store[320], config[300], log[300];
    const char *preload; /* the library of nomem.h */
    struct picture rooms, all; /* the reference, sorted */
    struct picture other_rooms, other_all; /* another good end; empty: there is none */
    int settle_ms; /* 0: SETTLE_MS */
    bool is_stuck;
    int n_calls; /* system calls of the scene, and of a start after it */
    int n_start_calls;
    FILE *out; /* where differences are told */
};

/* folder is made, and is the play's alone. Exits with a line if the scene does not come out the same twice. */
void play_prepare(struct play *play, const struct flow *flow, const char *binary, const char *folder);
void play_finish(struct play *play);

/* Ends the bot and keeps what is seen then, under this name, for the process that was forked from. */
void play_save(struct play *play, const char *name);
void play_read(const struct play *play, const char *name, struct picture *rooms, struct picture *all);

/* Files of the play; from and to are "base" or "live". */
void play_copy_store(const struct play *play, const char *from, const char *to);
void play_empty_folder(const char *path);
void play_change_store(const char *path, const char *sql);

#endif
