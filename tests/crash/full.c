/*
 * A full disk: at the n-th call that needs more room there is none, and none comes but what the bot gives up itself. What
 * was begun must be ended and every command answered, honestly, within a second; with room again all goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "disk.h"
#include "modes.h"
#include "need.h"

enum { SOON_MS = 1000, VAIN_MS = 10000, BALLAST_BYTES = 16 << 20 };

struct filling {
    struct disk *disk;
    int n, count; /* n 0: it never fills */
    bool is_counting;
    size_t capacity; /* SIZE_MAX: no end */
};

static int fill_at_n(void *data, pid_t pid, const struct call *call)
{
    struct filling *filling = data;
    disk_enter(filling->disk, pid, call);
    filling->is_counting = filling->is_counting || (filling->n >= 0 && point_is_store_opened(pid, call));
    size_t growth = filling->is_counting ? disk_grows_by(filling->disk) : 0;
    if (!growth)
        return WATCH_GO;
    if (++filling->count == filling->n)
        filling->capacity = disk_used(filling->disk);
    return disk_used(filling->disk) + growth > filling->capacity ? ENOSPC : WATCH_GO;
}

static void returned(void *data, pid_t pid, const struct call *call)
{
    disk_return(((struct filling *)data)->disk, pid, call);
}

/* As an earlier life has left it: its blocks are what counts, not what stands in them. */
static void leave_ballast(const struct play *play)
{
    char path[400];
    snprintf(path, sizeof path, "%s.ballast", play->store);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    need(fd >= 0 && posix_fallocate(fd, 0, BALLAST_BYTES) == 0, "room for the ballast");
    close(fd);
}

static enum stage_end play_scene(struct play *play, struct filling *filling, struct verdict *verdict)
{
    bool is_live = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END;
    int n = filling->n;
    point_begin(play);
    if (play->flow->kind != FLOW_FIRST)
        leave_ballast(play);
    filling->capacity = SIZE_MAX;
    filling->disk = disk_create(play->live);
    play->stage.watcher = (struct watcher){ .at_entry = fill_at_n, .at_return = returned, .data = filling };
    filling->n = is_live ? -1 : n; /* not before the scene */
    verdict->has_failed_to_start = !point_open(play, true);
    filling->n = n;
    filling->is_counting = filling->is_counting || is_live;
    int64_t begun_ms = clock_now_ms();
    enum stage_end end = point_scene(play);
    verdict->took_ms = clock_now_ms() - begun_ms;
    verdict->is_slow = verdict->took_ms > SOON_MS;
    return end;
}

/* In a fork: what is seen where the disk is full from the beginning. */
static void play_refused(struct play *play, void *data, struct verdict *verdict)
{
    struct filling filling = { .n = 1 };
    size_t n_before = homeserver_n_events(play->server);
    picture_finish(&play->rooms); /* plays until it is quiet */
    need(play_scene(play, &filling, verdict) == STAGE_MET, "rest with a full disk");
    need(homeserver_n_events(play->server) > n_before + 1, "answer with a full disk");
    play_save(play, data);
}

static void play_full(struct play *play, void *data, struct verdict *verdict)
{
    struct filling *filling = data;
    bool is_first = play->flow->kind == FLOW_FIRST;
    play->settle_ms = is_first && filling->n ? VAIN_MS : 0;
    enum stage_end end = play_scene(play, filling, verdict);
    play->settle_ms = 0;
    if (end == STAGE_LATE && is_first && filling->capacity != SIZE_MAX) {
        /* The disk was full before there was a ballast to give up: all it can do is wait for room, and nobody waits for an
         * answer. A machine that is too slow to end the scene by then gets the room a little early, no more. */
        verdict->is_slow = false;
        filling->n = 0;
        filling->capacity = SIZE_MAX - 1;
        play->is_stuck = false;
        end = point_scene(play);
    }
    if (filling->capacity == SIZE_MAX) {
        verdict->is_past = true;
        verdict->n_places = filling->count;
        return;
    }
    verdict->has_crashed = end == STAGE_ENDED && !WIFEXITED(play->stage.status);
    filling->capacity = SIZE_MAX;
    play->stage.watcher = (struct watcher){ 0 };
    if (end == STAGE_ENDED)
        point_recover(play, false);
    point_judge(play, verdict);
}

void mode_full(struct play *play, const struct share *share, struct tally *tally)
{
    struct filling nothing = { .n = 0 };
    int n_places = point_run(play, play_full, &nothing).n_places;
    if (play->flow->is_refused_when_full) {
        point_run(play, play_refused, "refused");
        play_read(play, "refused", &play->other_rooms, &play->other_all);
    }
    for (int n = 1; n <= n_places; n++) {
        for (int i = 0; i <= share->again; i++) {
            if (!share_is_mine(share, n, i))
                continue;
            struct filling filling = { .n = n };
            struct verdict verdict = point_run(play, play_full, &filling);
            tally_add(tally, play, &verdict, "disk full at call %d", n);
        }
    }
}
