/*
 * The store's file with some bytes changed: it is refused, or works as far as it can; it never ends the program. An input is
 * a list of changes of five bytes each: where (four bytes, the high ones first, modulo the size) and what.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "commands/table.h"
#include "fuzz.h"
#include "query.h"
#include "world.h"

enum { CHANGE_BYTES = 5 };

static struct {
    char folder[256], *path;
    uint8_t *bytes;
    size_t len;
} file;

static void remove_file(void)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char *path = xasprintf("%s%s", file.path, endings[i]);
        unlink(path);
        free(path);
    }
}

static void remove_folder(void)
{
    remove_file();
    rmdir(file.folder);
}

static void make_file(void)
{
    struct stat found;
    const char *folder = getenv("TMPDIR");
    snprintf(file.folder, sizeof file.folder, "%s/fuzz-store-XXXXXX", folder ? folder : "/tmp");
    FUZZ_REQUIRE(mkdtemp(file.folder));
    file.path = xasprintf("%s/store", file.folder);
    atexit(remove_folder);
    world_destroy(world_create(file.path));
    int fd = open(file.path, O_RDONLY | O_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && fstat(fd, &found) == 0);
    file.len = (size_t)found.st_size;
    file.bytes = xmalloc(file.len);
    FUZZ_REQUIRE(read(fd, file.bytes, file.len) == found.st_size);
    close(fd);
}

static void write_changed(const uint8_t *bytes, size_t len)
{
    uint8_t *changed = xmalloc(file.len);
    memcpy(changed, file.bytes, file.len);
    for (; len >= CHANGE_BYTES; bytes += CHANGE_BYTES, len -= CHANGE_BYTES) {
        size_t place = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
        changed[place % file.len] = bytes[4];
    }
    remove_file();
    int fd = open(file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_REQUIRE(fd >= 0 && write(fd, changed, file.len) == (ssize_t)file.len);
    close(fd);
    free(changed);
}

static void say(struct world *world, const char *person, const char *body)
{
    store_begin(world->store);
    world_say(world, person, body);
    store_commit(world->store, NULL);
}

static void use(struct world *world)
{
    struct query_parts parts = { .store = world->store, .engine = world->engine, .lang = "en" };
    query_text(&parts, "check", "", world->arena);
    query_text(&parts, "show", "DEC-1", world->arena);
    query_text(&parts, "search", "review", world->arena);
    say(world, "@bob:x", "!agree DEC-1");
    say(world, "@alice:x", "!decide Another by tomorrow 16:00");
    store_begin(world->store);
    engine_timers(world->engine, world->now_ms + INT64_C(86400000), world->now_ms + INT64_C(86400000),
                  (struct outage){ 0 }, 256);
    store_commit(world->store, NULL);
}

void target_store(const uint8_t *bytes, size_t len)
{
    struct world world = { .now_ms = INT64_C(1795510800000), .ops = 1, .n_events = 1000 };
    struct err err = { "" };
    if (!file.path)
        make_file();
    write_changed(bytes, len);
    if (store_open(file.path, &world.store, &err) != STORE_OPENED) {
        FUZZ_REQUIRE(*err.text);
        return;
    }
    world.arena = arena_create();
    world.engine = engine_create(world.store, &world_settings, command_table, habit_table);
    use(&world);
    engine_destroy(world.engine);
    store_close(world.store);
    arena_destroy(world.arena);
}
