/*
 * I/O errors: the n-th call on a file of the store fails with EIO, once or for WHILE_MS. The bot may end by its own word,
 * with a status that says so; it may go on, and then the scene must come out all the same.
 */
#include <errno.h>
#include <sys/wait.h>

#include "clock.h"
#include "disk.h"
#include "modes.h"

enum { WHILE_MS = 300, SOON_MS = 1000 };

struct erring {
    struct disk *disk;
    int n, count;
    bool is_lasting, is_counting, has_failed;
    int64_t until_ms;
};

static int fail_at_n(void *data, pid_t pid, const struct call *call)
{
    struct erring *erring = data;
    disk_enter(erring->disk, pid, call);
    erring->is_counting = erring->is_counting || point_is_store_opened(pid, call);
    if (!erring->is_counting || !disk_is_touched(erring->disk))
        return WATCH_GO;
    if (++erring->count == erring->n) {
        erring->has_failed = true;
        erring->until_ms = clock_now_ms() + (erring->is_lasting ? WHILE_MS : 0);
        return EIO;
    }
    return erring->has_failed && clock_now_ms() < erring->until_ms ? EIO : WATCH_GO;
}

static void returned(void *data, pid_t pid, const struct call *call)
{
    disk_return(((struct erring *)data)->disk, pid, call);
}

static void play_io(struct play *play, void *data, struct verdict *verdict)
{
    struct erring *erring = data;
    bool is_live = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END;
    point_begin(play);
    erring->disk = disk_create(play->live);
    play->stage.watcher = (struct watcher){ .at_entry = fail_at_n, .at_return = returned, .data = erring };
    if (is_live)
        erring->n = -erring->n; /* not before the scene */
    if (!point_open(play, true)) {
        verdict->has_failed_to_start = true;
        return;
    }
    if (is_live) {
        erring->n = -erring->n;
        erring->count = 0;
        erring->is_counting = true;
    }
    int64_t begun_ms = clock_now_ms();
    enum stage_end end = point_scene(play);
    if (!erring->has_failed) {
        verdict->is_past = true;
        verdict->n_places = erring->count;
        return;
    }
    verdict->has_crashed = end == STAGE_ENDED && !WIFEXITED(play->stage.status);
    if (end == STAGE_ENDED)
        point_recover(play, false);
    verdict->took_ms = clock_now_ms() - begun_ms;
    verdict->is_slow = verdict->took_ms > SOON_MS;
    play->stage.watcher = (struct watcher){ 0 };
    point_judge(play, verdict);
}

void mode_io(struct play *play, const struct share *share, struct tally *tally)
{
    struct erring nothing = { .n = 0 };
    int n_places = point_run(play, play_io, &nothing).n_places;
    for (int n = 1; n <= n_places; n++) {
        for (int i = 0; i < 2; i++) {
            if (!share_is_mine(share, n, i))
                continue;
            struct erring erring = { .n = n, .is_lasting = i };
            struct verdict verdict = point_run(play, play_io, &erring);
            tally_add(tally, play, &verdict, "I/O error at call %d%s", n, i ? " and for a while" : "");
        }
    }
}
