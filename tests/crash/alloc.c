/*
 * No memory: the n-th allocation of the scene fails, whoever asked for it. The bot may end, by its own word and with a
 * line that says why; it may go on. It may not crash, leave what it goes on with unfreed, or lose anything.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modes.h"
#include "need.h"
#include "nomem.h"

struct failing {
    int64_t n; /* 0: none, it is counted how many there are */
    const char *path; /* of the page */
    struct nomem *page;
    int64_t n_live; /* at the end of a run in which none failed */
};

static struct nomem *map_page(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    need(fd >= 0 && ftruncate(fd, sizeof(struct nomem)) == 0, path);
    struct nomem *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    need(page != MAP_FAILED, "memory");
    close(fd);
    return page;
}

static bool log_says(const struct play *play, const char *text)
{
    static char bytes[1 << 20];
    int fd = open(play->log, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, bytes, sizeof bytes - 1) : 0;
    if (fd >= 0)
        close(fd);
    bytes[n > 0 ? n : 0] = '\0';
    return strstr(bytes, text);
}

static bool is_good_end(const struct play *play, int status)
{
    bool is_own_word = (WIFEXITED(status) && WEXITSTATUS(status) != 0) ||
                       (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && log_says(play, "memory"));
    if (!is_own_word)
        fprintf(play->out, "    it ended with status %x\n", (unsigned)status);
    return is_own_word;
}

static void open_scene(struct play *play, struct failing *failing, struct verdict *verdict)
{
    static char variable[400];
    snprintf(variable, sizeof variable, "%s=%s", NOMEM_VARIABLE, failing->path);
    play->stage.preload = play->preload;
    play->stage.variable = variable;
    point_begin(play);
    if (play->flow->kind != FLOW_DOWN && play->flow->kind != FLOW_FIRST)
        verdict->has_failed_to_start = !point_open(play, false);
    failing->page->n = failing->page->n_failed = 0;
    failing->page->fail_at = failing->n;
    if (play->flow->kind == FLOW_DOWN || play->flow->kind == FLOW_FIRST)
        point_open(play, false);
}

static void play_alloc(struct play *play, void *data, struct verdict *verdict)
{
    struct failing *failing = data;
    open_scene(play, failing, verdict);
    enum stage_end end = point_scene(play);
    failing->page->fail_at = 0;
    if (failing->n && !failing->page->n_failed) {
        verdict->is_past = true;
        return;
    }
    bool has_ended = end == STAGE_ENDED && (play->flow->kind != FLOW_END || play->stage.status != 0);
    if (has_ended)
        verdict->has_crashed = !is_good_end(play, play->stage.status);
    if (!play->stage.pid && (has_ended || play->flow->kind == FLOW_END)) {
        play->stage.preload = play->stage.variable = NULL;
        point_recover(play, false);
    }
    point_judge(play, verdict);
    if (has_ended || !failing->n)
        return;
    verdict->has_leaked = failing->page->n_live > failing->n_live;
    if (verdict->has_leaked)
        fprintf(play->out, "    %lld allocations were not freed, instead of %lld\n",
                (long long)failing->page->n_live, (long long)failing->n_live);
}

void mode_alloc(struct play *play, const struct share *share, struct tally *tally)
{
    char path[300];
    snprintf(path, sizeof path, "%s/page", play->folder);
    struct failing failing = { .path = path, .page = map_page(path) };
    point_run(play, play_alloc, &failing);
    int64_t n_all = failing.page->n;
    failing.n_live = failing.page->n_live;
    for (int n = 1; n <= n_all; n++) {
        if (!share_is_mine(share, n, 0))
            continue;
        failing.n = n;
        struct verdict verdict = point_run(play, play_alloc, &failing);
        tally_add(tally, play, &verdict, "allocation %d failed", n);
    }
    munmap(failing.page, sizeof *failing.page);
}
