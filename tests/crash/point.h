/*
 * point - one scene with one fault in it: from the snapshot to the verdict.
 *
 * Shape:   a `play` is prepared once for each flow: the bot plays what came before, its store is put aside, and the scene
 *          is played without a fault: that is the reference. Then each point is played in a fork of the process, so
 *          that the homeserver starts from the same place: the fault, a restart (two, if the recovery is hit as well),
 *          until all has settled; then the picture is held against the reference.
 * Units:   *_ms real time; a bot that has not settled within SETTLE_MS has lost something.
 */
#ifndef CRASH_POINT_H
#define CRASH_POINT_H

#include <stdint.h>
#include <stdio.h>

#include "flow.h"
#include "picture.h"
#include "stage.h"

enum { SETTLE_MS = 15000, STOP_MS = 10000 };

struct play {
    const struct flow *flow;
    struct homeserver *server; /* owned */
    struct stage stage;
    char folder[256]; /* base/, live/, the configuration */
    char live[300], store[320], config[300], log[300];
    const char *preload; /* the library of nomem.h */
    struct picture rooms, all; /* the reference, sorted */
    int n_calls; /* system calls of the scene, and of a start after it */
    int n_start_calls;
    FILE *out; /* where differences are told */
};

struct verdict {
    bool is_past; /* the scene was over before the fault came */
    int n_lost, n_doubled;
    bool has_failed_to_start;
    bool has_crashed, has_leaked; /* where no memory is */
    int64_t took_ms; /* the scene itself, without the preparation */
};

/* folder is made, and is the play's alone. Exits with a line if the scene does not come out the same twice. */
void play_prepare(struct play *play, const struct flow *flow, const char *binary, const char *folder);
void play_finish(struct play *play);

/* The pieces of a point; each works on play->stage in a fork of the process. */
void point_begin(struct play *play);
/* Brings the bot to where the scene begins, traced from there on (whole: from its first instruction on). */
bool point_open(struct play *play, bool is_whole);
/* Plays the scene itself. */
enum stage_end point_scene(struct play *play);
/* Starts it again and lets it settle: STAGE_MET if it did. From then on nothing more happens to it. */
enum stage_end point_recover(struct play *play, bool is_traced);
/* Ends it in good order, and judges. */
void point_judge(struct play *play, struct verdict *verdict);

/* At the entry of a call: the bot opens its store. Before that it does nothing that could be lost. */
bool point_is_store_opened(pid_t pid, const struct call *call);

/* Runs one point in a fork: fault(play, data, verdict). */
typedef void point_fn(struct play *play, void *data, struct verdict *verdict);
struct verdict point_run(struct play *play, point_fn *fault, void *data);

#endif
