/*
 * point - one scene with one fault in it: from the snapshot to the verdict.
 *
 * Shape:   each point is played in a fork of the process, so that the homeserver starts from the same place: the fault, a
 *          restart (two, if the recovery is hit as well), until all has settled; then the picture is held against the
 *          reference.
 */
#ifndef CRASH_POINT_H
#define CRASH_POINT_H

#include "play.h"

struct verdict {
    bool is_past; /* the scene was over before the fault came */
    int n_lost, n_doubled;
    bool has_failed_to_start;
    bool has_crashed; /* it ended, and not by its own word */
    bool has_leaked;
    bool is_stuck; /* it did not settle in SETTLE_MS */
    bool is_slow; /* the answer took longer than a second: told, not judged, since the machine may be busy */
    int n_places, n_start_places; /* at which it could have been hit; only where no fault was asked for */
    int64_t took_ms; /* the scene itself, without the preparation */
};

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

/* Until nothing comes any more, where there is no reference yet. */
enum stage_end point_rest(struct play *play);
/* Asks it to end; false if it does not, or not well. */
bool point_stop(struct play *play);
/* What is to be seen in the rooms and in the store, sorted. */
void point_see(struct play *play, struct picture *picture);

/* At the entry of a call: the bot opens its store. Before that it does nothing that could be lost. */
bool point_is_store_opened(pid_t pid, const struct call *call);

/* Runs one point in a fork: fault(play, data, verdict). */
typedef void point_fn(struct play *play, void *data, struct verdict *verdict);
struct verdict point_run(struct play *play, point_fn *fault, void *data);

#endif
