/* The power cut: as the kill, but what was not synced goes with it; the homeserver stays. */
#include <stdlib.h>

#include "disk.h"
#include "modes.h"

struct cutting {
    struct disk *disk;
    int n, m; /* m 0: the recovery is left in peace */
    unsigned seed; /* 0: all that was not synced is dropped; else some of it, torn */
    int count;
    bool is_counting;
};

static int cut_at_n(void *data, pid_t pid, const struct call *call)
{
    struct cutting *cutting = data;
    cutting->is_counting = cutting->is_counting || (cutting->n < 0 && point_is_store_opened(pid, call));
    disk_enter(cutting->disk, pid, call);
    cutting->count += cutting->is_counting;
    return cutting->is_counting && cutting->count == abs(cutting->n) ? WATCH_KILL : WATCH_GO;
}

static void returned(void *data, pid_t pid, const struct call *call)
{
    disk_return(((struct cutting *)data)->disk, pid, call);
}

static void watch_disk(struct play *play, struct cutting *cutting)
{
    cutting->disk = disk_create(play->live);
    play->stage.watcher = (struct watcher){ .at_entry = cut_at_n, .at_return = returned, .data = cutting };
}

static void cut(struct cutting *cutting)
{
    disk_cut(cutting->disk, cutting->seed);
    disk_destroy(cutting->disk);
    cutting->disk = NULL;
}

static void play_cut(struct play *play, void *data, struct verdict *verdict)
{
    struct cutting *cutting = data, again = { .n = -cutting->m, .seed = cutting->seed };
    bool is_live = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END;
    /* Where the bot runs already its calls are counted from now on, else from the opening of its store on. */
    cutting->n = is_live ? cutting->n : -cutting->n;
    point_begin(play);
    watch_disk(play, cutting);
    if (!point_open(play, true)) {
        verdict->has_failed_to_start = true;
        return;
    }
    cutting->is_counting = is_live;
    if (point_scene(play) != STAGE_KILLED) {
        verdict->is_past = true;
        return;
    }
    cut(cutting);
    bool is_hit_again = false;
    if (cutting->m) {
        watch_disk(play, &again);
        is_hit_again = point_recover(play, true) == STAGE_KILLED;
    }
    if (is_hit_again)
        cut(&again);
    if (is_hit_again || !cutting->m)
        point_recover(play, false);
    point_judge(play, verdict);
}

/* Each call once with all that was not synced gone, and `again` times with some of it left, and every second time a
 * second cut in the recovery. */
void mode_cut(struct play *play, const struct share *share, struct tally *tally)
{
    for (int n = 1; n <= play->n_calls; n++) {
        for (int i = 0; i <= share->again; i++) {
            if (!share_is_mine(share, n, i))
                continue;
            unsigned seed = (unsigned)(share->seed + n * 1009 + i * 9176);
            struct cutting cutting = { .n = n, .seed = i ? seed : 0 };
            cutting.m = i && i % 2 == 0 ? 1 + rand_r(&seed) % play->n_start_calls : 0;
            struct verdict verdict = point_run(play, play_cut, &cutting);
            tally_add(tally, play, &verdict, "power cut at call %d (seed %u), and at %d of the recovery", n,
                      i ? (unsigned)(share->seed + n * 1009 + i * 9176) : 0, cutting.m);
        }
    }
}
