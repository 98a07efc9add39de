/*
 * answer - what the bot costs in rooms, in clear or encrypted: latency of an answer, CPU of what it hears, memory.
 *
 *     answer BINARY FOLDER clear|encrypted    prints lines "NAME VALUE"; "tests/bench/run --answers" builds and calls it
 *
 * The homeserver and the devices of its people are those of tests/crash, in this process; the bot is a process of its own. A
 * command is sealed before the clock starts, which stops when the answer's request is there: the two kinds of room differ by
 * what the bot does alone. CPU is the bot's own (schedstat), memory what is its alone (smaps_rollup).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "need.h"
#include "peers.h"
#include "stage.h"

enum {
    ROOMS = 100,
    PEOPLE = 20,
    MESSAGES = 400,
    COMMANDS = 300,
    SETTLE_MS = 60000,
    QUIET_MS = 300,
    PATH_BYTES = 512
};

static struct homeserver *server;
static bool is_secret;
static char people[PEOPLE][32];
static size_t n_before; /* events, when the last command was given */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The world */

static void furnish(void)
{
    const char *members[PEOPLE + 2] = { NULL };
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(people[i], sizeof people[i], "@person%02d:localhost", i);
        members[i] = people[i];
    }
    members[PEOPLE] = HOMESERVER_BOT;
    if (is_secret)
        homeserver_allow_keys(server);
    for (int i = 0; i < PEOPLE && is_secret; i++)
        peers_add(homeserver_peers(server), people[i], "PHONE");
    for (int i = 0; i < ROOMS; i++) {
        int room = homeserver_make_room(server, "room", members);
        if (is_secret)
            homeserver_encrypt_room(server, room);
    }
}

static void say(int n, const char *text)
{
    int room = n % ROOMS;
    const char *who = people[n % PEOPLE], *type = "m.room.message";
    struct json_object *content = json_object_new_object();
    json_set_str(content, "msgtype", "m.text");
    json_set_str(content, "body", text);
    if (is_secret) {
        content = peers_seal(homeserver_peers(server), room, who, type, content);
        type = "m.room.encrypted";
    }
    homeserver_send(server, room, who, type, NULL, content);
}

/* The bot */

static FILE *make_file(const char *folder, const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", folder, name);
    FILE *file = need_some(fopen(path, "w"), path);
    need(chmod(path, 0600) == 0, path);
    return file;
}

static void write_configuration(const char *folder, char config[PATH_BYTES])
{
    FILE *file = make_file(folder, "password", config);
    fprintf(file, "%s\n", HOMESERVER_PASSWORD);
    fclose(file);
    file = make_file(folder, "greffier.toml", config);
    fprintf(
        file,
        "[homeserver]\nurl = \"http://127.0.0.1:%d\"\nuser = \"%s\"\npassword_file = \"%s/password\"\n"
        "[store]\npath = \"%s/greffier.db\"\n[access]\nadmins = [\"@person00:localhost\"]\n[limits]\nburst = 0\nrefill_per_s = 0.0\n",
        homeserver_port(server), HOMESERVER_BOT, folder, folder);
    fclose(file);
}

/* The number behind key in a file of the bot's in /proc; key "": at its beginning. */
static long long read_proc(const struct stage *stage, const char *name, const char *key)
{
    char path[64], line[256];
    long long value = -1;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)stage->pid, name);
    FILE *file = need_some(fopen(path, "r"), path);
    while (value < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoll(line + strlen(key), NULL, 10);
    fclose(file);
    return value;
}

static long long cpu_ns(const struct stage *stage)
{
    return read_proc(stage, "schedstat", "");
}

static bool is_idle(void *data)
{
    (void)data;
    return homeserver_is_idle(server);
}

static bool has_answered(void *data)
{
    (void)data;
    for (size_t i = homeserver_n_events(server); i > n_before; i--)
        if (strcmp(json_str(homeserver_event(server, i - 1)->json, "sender"), HOMESERVER_BOT) == 0)
            return true;
    return false;
}

static void wait_for(struct stage *stage, bool (*met)(void *data), const char *what)
{
    need(stage_play(stage, met, NULL, SETTLE_MS) == STAGE_MET, what);
}

static void settle(struct stage *stage)
{
    int64_t n_requests;
    do {
        wait_for(stage, is_idle, "rest of the bot");
        n_requests = homeserver_n_requests(server);
        stage_play(stage, NULL, NULL, QUIET_MS);
    } while (n_requests != homeserver_n_requests(server));
}

static int64_t ask(struct stage *stage, int n)
{
    n_before = homeserver_n_events(server);
    say(n, "!help");
    int64_t since_ns = now_ns();
    wait_for(stage, has_answered, "answer");
    int64_t took_ns = now_ns() - since_ns;
    wait_for(stage, is_idle, "rest of the bot");
    return took_ns;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure_messages(struct stage *stage)
{
    long long since_ns = cpu_ns(stage);
    for (int i = 0; i < MESSAGES; i++) {
        say(i, "It will not rain tomorrow, they say, but bring a coat all the same.");
        wait_for(stage, is_idle, "rest of the bot");
    }
    printf("message_us %.1f\n", (double)(cpu_ns(stage) - since_ns) / 1e3 / MESSAGES);
}

static void measure_commands(struct stage *stage)
{
    static int64_t took_ns[COMMANDS];
    long long since_ns = cpu_ns(stage);
    for (int i = 0; i < COMMANDS; i++)
        took_ns[i] = ask(stage, i);
    printf("command_us %.1f\n", (double)(cpu_ns(stage) - since_ns) / 1e3 / COMMANDS);
    qsort(took_ns, COMMANDS, sizeof took_ns[0], compare);
    printf("median_us %.1f\n", (double)took_ns[COMMANDS / 2] / 1e3);
    printf("p99_us %.1f\n", (double)took_ns[COMMANDS * 99 / 100] / 1e3);
}

/* Each room has heard and said something before, so that keys are there: what is measured is what comes again and again. */
static void measure(struct stage *stage)
{
    settle(stage);
    for (int i = 0; i < ROOMS; i++)
        ask(stage, i);
    settle(stage);
    printf("anonymous_kib %lld\n", read_proc(stage, "smaps_rollup", "Anonymous:"));
    measure_messages(stage);
    measure_commands(stage);
}

int main(int argc, char **argv)
{
    char config[PATH_BYTES], log[PATH_BYTES];
    if (argc != 4)
        return 2;
    is_secret = strcmp(argv[3], "encrypted") == 0;
    server = homeserver_create();
    furnish();
    write_configuration(argv[2], config);
    snprintf(log, sizeof log, "%s/log", argv[2]);
    stage_init();
    struct stage stage = { .server = server, .binary = argv[1], .config = config, .log = log };
    stage_start(&stage, false);
    measure(&stage);
    stage_kill(&stage);
    homeserver_destroy(server);
    return 0;
}
