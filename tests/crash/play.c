#include "play.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "need.h"
#include "point.h"

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

/* Nobody reads what stands in the ballast, and its blocks count only where the disk is full (full.c): of its 16 MiB a hole is
 * copied. */
static void copy_ballast(const char *from, const char *to)
{
    struct stat found;
    unlink(to);
    if (stat(from, &found) != 0)
        return;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    need(out >= 0 && ftruncate(out, found.st_size) == 0, to);
    close(out);
}

static const char *const kept[] = { "greffier.db", "greffier.db-wal", "greffier.db.key" };
static const char ballast[] = "greffier.db.ballast";
enum { N_KEPT = sizeof kept / sizeof kept[0] };

static void copy_kept(const struct play *play, const char *name, const char *const folders[2],
                      void (*copy)(const char *from, const char *to))
{
    char from[64], to[64];
    snprintf(from, sizeof from, "%s/%s", folders[0], name);
    snprintf(to, sizeof to, "%s/%s", folders[1], name);
    const char *source = path_in(play, from);
    copy(source, path_in(play, to));
}

void play_copy_store(const struct play *play, const char *from, const char *to)
{
    const char *const folders[] = { from, to };
    for (int i = 0; i < N_KEPT; i++)
        copy_kept(play, kept[i], folders, copy_file);
    copy_kept(play, ballast, folders, copy_ballast);
}

void play_change_store(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", path, message ? message : "cannot be opened");
    need(!message, "change of the store");
    sqlite3_close(db);
}

void play_empty_folder(const char *path)
{
    char name[700];
    DIR *folder = need_some(opendir(path), path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name);
    }
    closedir(folder);
}

/* Preparation */

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

static void write_lines(const struct play *play, const char *name, const char *what,
                        const struct picture *picture)
{
    char file[64];
    snprintf(file, sizeof file, "%s-%s", name, what);
    const char *path = path_in(play, file);
    FILE *out = need_some(fopen(path, "w"), path);
    for (size_t i = 0; i < picture->n; i++)
        fprintf(out, "%s\n", picture->lines[i]);
    fclose(out);
}

static void read_lines(const struct play *play, const char *name, const char *what, struct picture *picture)
{
    char file[64], *line = NULL;
    size_t cap = 0;
    ssize_t len;
    snprintf(file, sizeof file, "%s-%s", name, what);
    const char *path = path_in(play, file);
    FILE *in = need_some(fopen(path, "r"), path);
    while ((len = getline(&line, &cap, in)) > 0) {
        line[len - 1] = '\0';
        picture_add(picture, line);
    }
    free(line);
    fclose(in);
}

void play_save(struct play *play, const char *name)
{
    struct picture rooms = { 0 }, all = { 0 };
    need(point_stop(play), "good end of the bot");
    picture_take_rooms(&rooms, play->server);
    picture_sort(&rooms);
    point_see(play, &all);
    write_lines(play, name, "rooms", &rooms);
    write_lines(play, name, "all", &all);
}

void play_read(const struct play *play, const char *name, struct picture *rooms, struct picture *all)
{
    read_lines(play, name, "rooms", rooms);
    read_lines(play, name, "all", all);
}

/* In a fork: the scene without a fault. */
static void play_reference(struct play *play, void *data, struct verdict *verdict)
{
    struct counter counter = { .is_counting = play->flow->kind == FLOW_LIVE || play->flow->kind == FLOW_END };
    struct counter start = { 0 };
    point_begin(play);
    play->stage.watcher = (struct watcher){ .at_entry = count_call, .data = &counter };
    need(point_open(play, false), "start of the bot");
    enum stage_end end = point_scene(play);
    need(end == (play->flow->kind == FLOW_END ? STAGE_ENDED : STAGE_MET), "end of the scene");
    verdict->n_places = counter.n;
    play->stage.watcher = (struct watcher){ 0 };
    play_save(play, data);
    play->stage.watcher = (struct watcher){ .at_entry = count_call, .data = &start };
    need(point_recover(play, true) == STAGE_MET, "start after the scene");
    verdict->n_start_places = start.n;
    need(point_stop(play), "good end after the scene");
}

static void play_before(struct play *play)
{
    stage_start(&play->stage, false);
    need(point_rest(play) == STAGE_MET, "first start");
    for (const char *const *step = play->flow->before; *step; step++) {
        flow_step(play->server, *step);
        need(point_rest(play) == STAGE_MET, "rest after a step");
    }
    need(point_stop(play), "good end of what came before");
    play_copy_store(play, "live", "base");
    if (play->flow->sql) {
        char name[300];
        snprintf(name, sizeof name, "%s", path_in(play, "base/greffier.db"));
        play_change_store(name, play->flow->sql);
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
    play_empty_folder(path_in(play, "base"));
    play_empty_folder(play->live);
    write_file(path_in(play, "password"), "%s\n", HOMESERVER_PASSWORD);
    write_file(
        play->config,
        "[homeserver]\nurl = \"http://127.0.0.1:%d\"\nuser = \"%s\"\npassword_file = \"%s/password\"\n"
        "[store]\npath = \"%s\"\n[access]\nadmins = [\"@alice:localhost\"]\n"
        "[defaults]\nlang = \"en\"\nzone = \"Europe/Zurich\"\nhours = \"mon-sun 00:00-24:00\"\n[limits]\nburst = 0\nrefill_per_s = 0.0\n",
        homeserver_port(play->server), HOMESERVER_BOT, play->folder, play->store);
}

/* What must never be, without a fault either: points are held against this, and would be as wrong. */
static void need_sound(const struct play *play)
{
    static const char never[][40] = { "the store: ", "read by the wrong devices" };
    static const char zero[][64] = { "transaction ids used for two things: 0",
                                     "messages to devices that they cannot open: 0",
                                     "messages that a device cannot read in the end: 0",
                                     "indices of ratchets used twice: 0" };
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        need(!picture_has(&play->all, never[i]), "scene without what must never be in it");
    for (size_t i = 0; i < (play->flow->is_encrypted ? sizeof zero / sizeof zero[0] : 1); i++)
        need(picture_has(&play->all, zero[i]), zero[i]);
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
    flow_furnish(play->server, flow);
    if (flow->kind != FLOW_FIRST)
        play_before(play);
    struct verdict verdict = point_run(play, play_reference, "reference");
    play->n_calls = verdict.n_places;
    play->n_start_calls = verdict.n_start_places;
    point_run(play, play_reference, "again");
    play_read(play, "again", &play->rooms, &again);
    picture_finish(&play->rooms);
    play_read(play, "reference", &play->rooms, &play->all);
    need_sound(play);
    struct difference difference = picture_compare(&play->all, &again, play->out);
    need(difference.n_lost + difference.n_doubled == 0, "scene that comes out the same twice");
    picture_finish(&again);
}

void play_finish(struct play *play)
{
    homeserver_destroy(play->server);
    picture_finish(&play->rooms);
    picture_finish(&play->all);
    picture_finish(&play->other_rooms);
    picture_finish(&play->other_all);
}
