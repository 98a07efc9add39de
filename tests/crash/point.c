#include "point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "need.h"

enum { QUIET_MS = 80 };

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Files */

static const char *path_in(const struct play *play, const char *name)
{
    static char paths[4][400];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", play->folder, name);
    return paths[next];
}

static void write_file(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_file(const char *path, const char *format, ...)
{
    va_list args;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    need(fd >= 0, path);
    va_start(args, format);
    vdprintf(fd, format, args);
    va_end(args);
    close(fd);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[1 << 16];
    ssize_t n;
    int in = open(from, O_RDONLY), out;
    unlink(to);
    if (in < 0)
        return;
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        need(write(out, bytes, (size_t)n) == n, to);
    close(in);
    close(out);
}

static const char *const kept[] = { "greffier.db", "greffier.db-wal", "greffier.db.key",
                                    "greffier.db.ballast" };
enum { N_KEPT = sizeof kept / sizeof kept[0] };

static void copy_store(const struct play *play, const char *from, const char *to)
{
    char name[64];
    for (int i = 0; i < N_KEPT; i++) {
        snprintf(name, sizeof name, "%s/%s", from, kept[i]);
        const char *source = path_in(play, name);
        snprintf(name, sizeof name, "%s/%s", to, kept[i]);
        copy_file(source, path_in(play, name));
    }
}

static void change_store(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", path, message ? message : "cannot be opened");
    need(!message, "change of the store");
    sqlite3_close(db);
}

static void empty_folder(const char *path)
{
    char name[700];
    DIR *folder = need(opendir(path), path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name);
    }
    closedir(folder);
}

/* Waiting */

/* All that the reference shows in the rooms is there, and the bot waits for more. */
static bool is_complete(void *data)
{
    struct play *play = data;
    struct picture now = { 0 };
    if (!homeserver_is_idle(play->server))
        return false;
    picture_take_rooms(&now, play->server);
    picture_sort(&now);
    int n_lost = picture_compare(&play->rooms, &now, NULL).n_lost;
    picture_finish(&now);
    return n_lost == 0;
}

static bool is_idle(void *data)
{
    return homeserver_is_idle(((struct play *)data)->server);
}

/* Idle, and nothing comes for a while. Only where there is no reference yet. */
static enum stage_end play_quiet(struct play *play)
{
    for (;;) {
        enum stage_end end = stage_play(&play->stage, is_idle, play, SETTLE_MS);
        if (end != STAGE_MET)
            return end;
        int64_t n_requests = homeserver_n_requests(play->server);
        end = stage_play(&play->stage, NULL, NULL, QUIET_MS);
        if (end != STAGE_LATE)
            return end;
        if (n_requests == homeserver_n_requests(play->server) && homeserver_is_idle(play->server))
            return STAGE_MET;
    }
}

static enum stage_end settle(struct play *play)
{
    return play->rooms.n ? stage_play(&play->stage, is_complete, play, SETTLE_MS) : play_quiet(play);
}

static bool stop(struct play *play)
{
    if (!play->stage.pid)
        return play->stage.status == 0;
    stage_signal(&play->stage, SIGTERM);
    bool has_ended = stage_play(&play->stage, NULL, NULL, STOP_MS) == STAGE_ENDED;
    stage_kill(&play->stage);
    return has_ended && play->stage.status == 0;
}

/* Points */

void point_begin(struct play *play)
{
    char sql[128];
    homeserver_attach(play->server);
    stage_init();
    empty_folder(play->live);
    copy_store(play, "base", "live");
    unlink(play->log);
    snprintf(sql, sizeof sql, "UPDATE setting SET value = %lld WHERE name = 'alive_ms'",
             (long long)clock_ms(CLOCK_REALTIME));
    if (play->flow->sql)
        change_store(play->store, sql);
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

static void take_picture(struct play *play, struct picture *picture)
{
    picture_take_rooms(picture, play->server);
    picture_take_store(picture, play->store);
    picture_sort(picture);
}

static bool has_failed(struct play *play)
{
    bool is_bad = play->stage.pid ? !stop(play) : play->stage.status != 0;
    if (is_bad)
        fprintf(play->out, "    it does not run or end well: status %x\n", (unsigned)play->stage.status);
    return is_bad;
}

static struct difference look(struct play *play, FILE *out)
{
    struct picture picture = { 0 };
    take_picture(play, &picture);
    struct difference difference = picture_compare(&play->all, &picture, out);
    picture_finish(&picture);
    return difference;
}

void point_judge(struct play *play, struct verdict *verdict)
{
    verdict->has_failed_to_start = verdict->has_failed_to_start || has_failed(play);
    struct difference difference = look(play, NULL);
    if (difference.n_lost + difference.n_doubled == 0)
        return;
    /* What it had begun when it was stopped, it may end: what was lost or doubled stays so. */
    stage_start(&play->stage, false);
    play_quiet(play);
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
        int64_t begun_ms = clock_ms(CLOCK_MONOTONIC);
        fault(play, data, &verdict);
        verdict.took_ms = verdict.took_ms ? verdict.took_ms : clock_ms(CLOCK_MONOTONIC) - begun_ms;
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

/* Preparation */

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

struct counter {
    int n;
    bool is_counting;
};

static int count_call(void *data, pid_t pid, const struct call *call)
{
    struct counter *counter = data;
    counter->is_counting = counter->is_counting || point_is_store_opened(pid, call);
    counter->n += counter->is_counting;
    return WATCH_GO;
}

static void save_lines(const char *path, const struct picture *picture, int n_calls, int n_start_calls)
{
    FILE *file = need(fopen(path, "w"), path);
    fprintf(file, "%d %d\n", n_calls, n_start_calls);
    for (size_t i = 0; i < picture->n; i++)
        fprintf(file, "%s\n", picture->lines[i]);
    fclose(file);
}

static void read_lines(const char *path, struct picture *picture, int *n_calls, int *n_start_calls)
{
    FILE *file = need(fopen(path, "r"), path);
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    need(fscanf(file, "%d %d\n", n_calls, n_start_calls) == 2, path);
    while ((len = getline(&line, &cap, file)) > 0) {
        line[len - 1] = '\0';
        picture_add(picture, line);
    }
    free(line);
    fclose(file);
}

/* In a fork: the scene without a fault. */
static void play_reference(struct play *play, void *data, struct verdict *verdict)
{
    struct counter counter = { .is_counting = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END };
    struct counter start = { 0 };
    struct picture rooms = { 0 }, all = { 0 };
    const char *name = data;
    (void)verdict;
    point_begin(play);
    play->stage.watcher = (struct watcher){ .at_entry = count_call, .data = &counter };
    need(point_open(play, false), "start of the bot");
    enum stage_end end = point_scene(play);
    need(end == (play->flow->kind == FLOW_END ? STAGE_ENDED : STAGE_MET), "end of the scene");
    need(stop(play), "good end of the bot");
    picture_take_rooms(&rooms, play->server);
    picture_sort(&rooms);
    take_picture(play, &all);
    save_lines(path_in(play, "reference-rooms"), &rooms, 0, 0);
    play->stage.watcher = (struct watcher){ .at_entry = count_call, .data = &start };
    need(point_recover(play, true) == STAGE_MET, "start after the scene");
    need(stop(play), "good end after the scene");
    save_lines(path_in(play, name), &all, counter.n, start.n);
}

static void play_before(struct play *play)
{
    stage_start(&play->stage, false);
    need(play_quiet(play) == STAGE_MET, "first start");
    for (const char *const *step = play->flow->before; *step; step++) {
        flow_step(play->server, *step);
        need(play_quiet(play) == STAGE_MET, "rest after a step");
    }
    need(stop(play), "good end of what came before");
    copy_store(play, "live", "base");
    if (play->flow->sql) {
        char name[300];
        snprintf(name, sizeof name, "%s", path_in(play, "base/greffier.db"));
        change_store(name, play->flow->sql);
    }
}

static void write_configuration(struct play *play)
{
    mkdir(play->folder, 0700);
    mkdir(path_in(play, "base"), 0700);
    mkdir(path_in(play, "live"), 0700);
    snprintf(play->config, sizeof play->config, "%s/greffier.toml", play->folder);
    snprintf(play->live, sizeof play->live, "%s/live", play->folder);
    snprintf(play->store, sizeof play->store, "%s/greffier.db", play->live);
    snprintf(play->log, sizeof play->log, "%s/log", play->folder);
    empty_folder(path_in(play, "base"));
    empty_folder(play->live);
    write_file(path_in(play, "password"), "%s\n", HOMESERVER_PASSWORD);
    write_file(
        play->config,
        "[homeserver]\nurl = \"http://127.0.0.1:%d\"\nuser = \"%s\"\npassword_file = \"%s/password\"\n"
        "[store]\npath = \"%s\"\n[access]\nadmins = [\"@alice:localhost\"]\n"
        "[defaults]\nlang = \"en\"\nzone = \"Europe/Zurich\"\n[limits]\nburst = 0\nrefill_per_s = 0.0\n",
        homeserver_port(play->server), HOMESERVER_BOT, play->folder, play->store);
}

void play_prepare(struct play *play, const struct flow *flow, const char *binary, const char *folder)
{
    struct picture again = { 0 };
    *play = (struct play){ .flow = flow, .server = homeserver_create(), .out = stdout };
    snprintf(play->folder, sizeof play->folder, "%s", folder);
    write_configuration(play);
    play->stage =
        (struct stage){ .server = play->server, .binary = binary, .config = play->config, .log = play->log };
    stage_init();
    flow_furnish(play->server);
    if (flow->kind != FLOW_FIRST)
        play_before(play);
    point_run(play, play_reference, "reference");
    point_run(play, play_reference, "again");
    read_lines(path_in(play, "reference-rooms"), &play->rooms, &play->n_calls, &play->n_calls);
    read_lines(path_in(play, "again"), &again, &play->n_calls, &play->n_start_calls);
    read_lines(path_in(play, "reference"), &play->all, &play->n_calls, &play->n_start_calls);
    struct difference difference = picture_compare(&play->all, &again, play->out);
    need(difference.n_lost + difference.n_doubled == 0, "scene that comes out the same twice");
    picture_finish(&again);
}

void play_finish(struct play *play)
{
    homeserver_destroy(play->server);
    picture_finish(&play->rooms);
    picture_finish(&play->all);
}
