#include "point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "need.h"

enum { QUIET_MS = 80 };

/* All that the reference shows in the rooms is there, and the bot waits for more. */
static bool is_complete(void *data)
{
    struct play *play = data;
    struct picture now = { 0 };
    if (!homeserver_is_idle(play->server))
        return false;
    picture_take_rooms(&now, play->server);
    picture_sort(&now);
    bool ok = picture_compare(&play->rooms, &now, NULL).n_lost == 0;
    if (play->other_rooms.n)
        ok = ok || picture_compare(&play->other_rooms, &now, NULL).n_lost == 0;
    picture_finish(&now);
    return ok;
}

static bool is_idle(void *data)
{
    return homeserver_is_idle(((struct play *)data)->server);
}

/* It neither runs nor would run if others left it the machine. */
static bool is_asleep(pid_t pid)
{
    char path[32], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = need_some(fopen(path, "r"), "state of the bot");
    char *line = need_some(fgets(text, sizeof text, file), "state of the bot");
    fclose(file);
    const char *name_end = strrchr(line, ')');
    return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

/* Idle, and nothing comes for a while. Only where there is no reference yet. */
enum stage_end point_rest(struct play *play)
{
    for (;;) {
        enum stage_end end = stage_play(&play->stage, is_idle, play, SETTLE_MS);
        if (end != STAGE_MET)
            return end;
        int64_t n_requests = homeserver_n_requests(play->server);
        end = stage_play(&play->stage, NULL, NULL, QUIET_MS);
        if (end != STAGE_LATE)
            return end;
        if (is_asleep(play->stage.pid) && n_requests == homeserver_n_requests(play->server) &&
            homeserver_is_idle(play->server))
            return STAGE_MET;
    }
}

/* Why it is not complete, for whoever looks into a point that was late. */
static void say_missing(struct play *play)
{
    struct picture now = { 0 };
    picture_take_rooms(&now, play->server);
    picture_sort(&now);
    if (!homeserver_is_idle(play->server))
        fprintf(play->out, "    it does not wait for more\n");
    picture_compare(&play->rooms, &now, play->out);
    picture_finish(&now);
}

static enum stage_end settle(struct play *play)
{
    if (!play->rooms.n)
        return point_rest(play);
    int settle_ms = play->settle_ms ? play->settle_ms : SETTLE_MS;
    enum stage_end end = stage_play(&play->stage, is_complete, play, settle_ms);
    play->is_stuck = play->is_stuck || end == STAGE_LATE;
    if (end == STAGE_LATE)
        say_missing(play);
    return end;
}

bool point_stop(struct play *play)
{
    if (!play->stage.pid)
        return play->stage.status == 0;
    stage_signal(&play->stage, SIGTERM);
    bool has_ended = stage_play(&play->stage, NULL, NULL, STOP_MS) == STAGE_ENDED;
    stage_kill(&play->stage);
    return has_ended && play->stage.status == 0;
}

/* Points */

bool point_is_store_opened(pid_t pid, const struct call *call)
{
    char path[512] = "";
    struct iovec here = { path, sizeof path - 1 };
    struct iovec there = { (void *)(uintptr_t)call->args[1], sizeof path - 1 };
    if (call->number != __NR_openat || process_vm_readv(pid, &here, 1, &there, 1, 0) <= 0)
        return false;
    size_t len = strlen(path);
    return len > 12 && strcmp(path + len - 12, "/greffier.db") == 0;
}

void point_begin(struct play *play)
{
    char sql[128];
    homeserver_attach(play->server);
    stage_init();
    play_empty_folder(play->live);
    play_copy_store(play, "base", "live");
    unlink(play->log);
    snprintf(sql, sizeof sql, "UPDATE setting SET value = %lld WHERE name = 'alive_ms'",
             (long long)clock_read_ms(CLOCK_REALTIME));
    if (play->flow->sql)
        play_change_store(play->store, sql);
}

bool point_open(struct play *play, bool is_whole)
{
    if (play->flow->kind == FLOW_DOWN || play->flow->kind == FLOW_FIRST) {
        flow_steps(play->server, play->flow);
        stage_start(&play->stage, true);
        return true;
    }
    struct watcher watcher = play->stage.watcher;
    if (!is_whole)
        play->stage.watcher = (struct watcher){ 0 };
    stage_start(&play->stage, is_whole);
    bool ok = stage_play(&play->stage, is_idle, play, SETTLE_MS) == STAGE_MET;
    play->stage.watcher = watcher;
    if (ok && !is_whole)
        stage_attach(&play->stage);
    return ok;
}

enum stage_end point_scene(struct play *play)
{
    if (play->flow->kind == FLOW_END) {
        stage_signal(&play->stage, SIGTERM);
        return stage_play(&play->stage, NULL, NULL, STOP_MS);
    }
    if (play->flow->kind == FLOW_LIVE)
        flow_steps(play->server, play->flow);
    return settle(play);
}

enum stage_end point_recover(struct play *play, bool is_traced)
{
    stage_start(&play->stage, is_traced);
    enum stage_end end = settle(play);
    if (end != STAGE_KILLED)
        play->stage.watcher = (struct watcher){ 0 };
    return end;
}

void point_see(struct play *play, struct picture *picture)
{
    picture_take_rooms(picture, play->server);
    picture_take_store(picture, play->store);
    picture_sort(picture);
}

static bool has_failed(struct play *play)
{
    bool is_bad = play->stage.pid ? !point_stop(play) : play->stage.status != 0;
    if (is_bad)
        fprintf(play->out, "    it does not run or end well: status %x\n", (unsigned)play->stage.status);
    return is_bad;
}

static struct difference look(struct play *play, FILE *out)
{
    struct picture picture = { 0 };
    point_see(play, &picture);
    struct difference difference = { 0, 0 };
    if (play->other_all.n)
        difference = picture_compare(&play->other_all, &picture, NULL);
    if (!play->other_all.n || difference.n_lost + difference.n_doubled)
        difference = picture_compare(&play->all, &picture, out);
    picture_finish(&picture);
    return difference;
}

void point_judge(struct play *play, struct verdict *verdict)
{
    verdict->is_stuck = play->is_stuck;
    verdict->has_failed_to_start = verdict->has_failed_to_start || has_failed(play);
    struct difference difference = look(play, NULL);
    if (difference.n_lost + difference.n_doubled == 0)
        return;
    /* What it had begun when it was stopped, it may end: what was lost or doubled stays so. */
    stage_start(&play->stage, false);
    point_rest(play);
    verdict->has_failed_to_start = verdict->has_failed_to_start || has_failed(play);
    difference = look(play, play->out);
    verdict->n_lost += difference.n_lost;
    verdict->n_doubled += difference.n_doubled;
}

struct verdict point_run(struct play *play, point_fn *fault, void *data)
{
    struct verdict verdict = { 0 };
    int ends[2], status = 0;
    need(pipe(ends) == 0, "pipe");
    fflush(NULL);
    pid_t pid = fork();
    need(pid >= 0, "process");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int64_t begun_ms = clock_now_ms();
        fault(play, data, &verdict);
        verdict.took_ms = verdict.took_ms ? verdict.took_ms : clock_now_ms() - begun_ms;
        stage_kill(&play->stage);
        fflush(NULL);
        bool ok = write(ends[1], &verdict, sizeof verdict) == sizeof verdict;
        _exit(ok ? 0 : 2);
    }
    close(ends[1]);
    bool is_whole = read(ends[0], &verdict, sizeof verdict) == sizeof verdict;
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    need(is_whole && status == 0, "verdict of a point");
    return verdict;
}
