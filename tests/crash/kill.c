/*
 * The kill: at the entry of the n-th system call of the scene, and, in the recovery, of the m-th again. At the return of a
 * call it would be the same as at the entry of the next: in between nobody else sees anything.
 */
#include "modes.h"

#include <stdlib.h>

struct killing {
    int n, m; /* m 0: the recovery is left in peace */
    int count;
    bool is_counting;
};

static int kill_at_n(void *data, pid_t pid, const struct call *call)
{
    struct killing *killing = data;
    killing->is_counting = killing->is_counting || point_is_store_opened(pid, call);
    if (killing->is_counting)
        killing->count++;
    return killing->is_counting && killing->count == killing->n ? WATCH_KILL : WATCH_GO;
}

static void play_kill(struct play *play, void *data, struct verdict *verdict)
{
    struct killing *killing = data, again = { .n = killing->m };
    killing->is_counting = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END;
    point_begin(play);
    play->stage.watcher = (struct watcher){ .at_entry = kill_at_n, .data = killing };
    if (!point_open(play, false)) {
        verdict->has_failed_to_start = true;
        return;
    }
    if (point_scene(play) != STAGE_KILLED) {
        verdict->is_past = true;
        return;
    }
    play->stage.watcher.data = &again;
    if (point_recover(play, killing->m > 0) == STAGE_KILLED)
        point_recover(play, false);
    point_judge(play, verdict);
}

/* Each call once, and `again` times with a second kill somewhere in the recovery. */
void mode_kill(struct play *play, const struct share *share, struct tally *tally)
{
    for (int n = 1; n <= play->n_calls; n++) {
        for (int i = 0; i <= share->again; i++) {
            if (!share_is_mine(share, n, i))
                continue;
            unsigned seed = (unsigned)(share->seed + n * 1009 + i * 9176);
            int m = i ? 1 + rand_r(&seed) % play->n_start_calls : 0;
            struct killing killing = { .n = n, .m = m };
            struct verdict verdict = point_run(play, play_kill, &killing);
            tally_add(tally, play, &verdict, "killed at call %d, and at %d of the recovery", n, m);
        }
    }
}
