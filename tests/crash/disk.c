#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "need.h"

enum { FILES_MAX = 64, NAMES_MAX = 32, FDS_MAX = 256, SECTOR = 512, FD_NONE = -1, FD_FOLDER = -2 };

/* A write, or (bytes NULL) a new length. */
struct change {
    char *bytes; /* owned */
    size_t at, len;
};

struct file {
    char *synced; /* owned */
    size_t synced_len;
    size_t len; /* now */
    struct change *changes; /* owned; since the last sync */
    size_t n_changes, changes_cap;
};

struct name {
    char text[64];
    int now, durable; /* files; -1: none */
};

struct disk {
    char folder[PATH_MAX];
    struct file files[FILES_MAX];
    int n_files;
    struct name names[NAMES_MAX];
    int n_names;
    int fds[FDS_MAX]; /* a file, FD_NONE or FD_FOLDER */
    size_t positions[FDS_MAX];
    struct call entered;
    char paths[2][PATH_MAX]; /* of the call entered */
};

/* Files */

static void change_file(struct file *file, size_t at, size_t len, char *bytes)
{
    if (file->n_changes == file->changes_cap)
        file->changes = need_array(file->changes, &file->changes_cap, sizeof *file->changes);
    file->changes[file->n_changes++] = (struct change){ .bytes = bytes, .at = at, .len = len };
    if (!bytes)
        file->len = at;
    else if (at + len > file->len)
        file->len = at + len;
}

static void set_length(char **content, size_t *have, size_t len)
{
    *content = need_some(realloc(*content, len + 1), "memory");
    if (len > *have)
        memset(*content + *have, 0, len - *have);
    *have = len;
}

static void apply(char **content, size_t *have, const struct change *change, size_t len)
{
    if (!change->bytes) {
        set_length(content, have, change->at);
        return;
    }
    if (change->at + len > *have)
        set_length(content, have, change->at + len);
    memcpy(*content + change->at, change->bytes, len);
}

static void forget_changes(struct file *file)
{
    for (size_t i = 0; i < file->n_changes; i++)
        free(file->changes[i].bytes);
    file->n_changes = 0;
}

static void sync_file(struct file *file)
{
    for (size_t i = 0; i < file->n_changes; i++)
        apply(&file->synced, &file->synced_len, &file->changes[i], file->changes[i].len);
    forget_changes(file);
}

static int add_file(struct disk *disk)
{
    need(disk->n_files < FILES_MAX, "room for a file");
    return disk->n_files++;
}

static struct name *find_name(struct disk *disk, const char *path, bool is_made)
{
    size_t len = strlen(disk->folder);
    if (strncmp(path, disk->folder, len) != 0 || path[len] != '/')
        return NULL;
    for (int i = 0; i < disk->n_names; i++)
        if (strcmp(disk->names[i].text, path + len + 1) == 0)
            return &disk->names[i];
    if (!is_made)
        return NULL;
    need(disk->n_names < NAMES_MAX, "room for a name");
    struct name *name = &disk->names[disk->n_names++];
    *name = (struct name){ .now = -1, .durable = -1 };
    snprintf(name->text, sizeof name->text, "%s", path + len + 1);
    return name;
}

/* Calls */

static void read_memory(pid_t pid, uint64_t from, void *to, size_t len)
{
    struct iovec here = { to, len }, there = { (void *)(uintptr_t)from, len };
    need(process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)len, "memory of the bot");
}

static void read_path(pid_t pid, uint64_t from, char path[PATH_MAX])
{
    struct iovec here = { path, PATH_MAX - 1 }, there = { (void *)(uintptr_t)from, PATH_MAX - 1 };
    ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
    path[n > 0 ? n : 0] = '\0';
}

/* Which arguments are paths, by call; -1: none. */
static int path_argument(int64_t number, int which)
{
    switch (number) {
    case __NR_open:
    case __NR_creat:
    case __NR_unlink:
        return which == 0 ? 0 : -1;
    case __NR_openat:
    case __NR_unlinkat:
        return which == 0 ? 1 : -1;
    case __NR_link:
    case __NR_rename:
        return which;
    case __NR_linkat:
    case __NR_renameat:
    case __NR_renameat2:
        return which == 0 ? 1 : 3;
    default:
        return -1;
    }
}

static bool is_by_descriptor(int64_t number)
{
    switch (number) {
    case __NR_read:
    case __NR_pread64:
    case __NR_write:
    case __NR_pwrite64:
    case __NR_fsync:
    case __NR_fdatasync:
    case __NR_ftruncate:
    case __NR_fallocate:
    case __NR_writev:
    case __NR_pwritev:
    case __NR_fstat:
        return true;
    default:
        return false;
    }
}

static int file_of(const struct disk *disk, uint64_t fd)
{
    return fd < FDS_MAX ? disk->fds[fd] : FD_NONE;
}

void disk_enter(struct disk *disk, pid_t pid, const struct call *call)
{
    disk->entered = *call;
    for (int i = 0; i < 2; i++) {
        int argument = path_argument(call->number, i);
        disk->paths[i][0] = '\0';
        if (argument >= 0)
            read_path(pid, call->args[argument], disk->paths[i]);
    }
    bool is_shared = call->number == __NR_mmap && call->args[2] & PROT_WRITE && call->args[3] & MAP_SHARED &&
                     !(call->args[3] & MAP_ANONYMOUS);
    need(!(is_shared && file_of(disk, call->args[4]) >= 0), "model of a shared mapping");
}

static void took_open(struct disk *disk, int64_t fd, int flags)
{
    size_t len = strlen(disk->folder);
    bool is_folder = strncmp(disk->paths[0], disk->folder, len) == 0 &&
                     (disk->paths[0][len] == '\0' || strcmp(disk->paths[0] + len, "/") == 0);
    need(fd < FDS_MAX, "room for a descriptor");
    disk->fds[fd] = is_folder ? FD_FOLDER : FD_NONE;
    disk->positions[fd] = 0;
    struct name *name = find_name(disk, disk->paths[0], flags & O_CREAT);
    if (!name)
        return;
    if (name->now < 0)
        name->now = add_file(disk);
    disk->fds[fd] = name->now;
    if (flags & O_TRUNC)
        change_file(&disk->files[name->now], 0, 0, NULL);
}

static void took_write(struct disk *disk, pid_t pid, size_t at, size_t len)
{
    char *bytes = need_some(malloc(len + 1), "memory");
    read_memory(pid, disk->entered.args[1], bytes, len);
    change_file(&disk->files[file_of(disk, disk->entered.args[0])], at, len, bytes);
}

static void took_sync(struct disk *disk)
{
    int file = file_of(disk, disk->entered.args[0]);
    if (file >= 0)
        sync_file(&disk->files[file]);
    else
        for (int i = 0; i < disk->n_names; i++)
            disk->names[i].durable = disk->names[i].now;
}

static void took_names(struct disk *disk)
{
    int64_t number = disk->entered.number;
    struct name *from = find_name(disk, disk->paths[0], false), *to = NULL;
    bool is_unlink = number == __NR_unlink || number == __NR_unlinkat;
    bool is_link = number == __NR_link || number == __NR_linkat;
    if (!from)
        return;
    if (!is_unlink && (to = find_name(disk, disk->paths[1], true)))
        to->now = from->now;
    if (!is_link)
        from->now = -1;
}

void disk_return(struct disk *disk, pid_t pid, const struct call *call)
{
    const struct call *entered = &disk->entered;
    int file = file_of(disk, entered->args[0]);
    size_t result = (size_t)call->result;
    if (call->result < 0)
        return;
    if (entered->number == __NR_open)
        took_open(disk, call->result, (int)entered->args[1]);
    else if (entered->number == __NR_openat)
        took_open(disk, call->result, (int)entered->args[2]);
    else if (path_argument(entered->number, 0) >= 0)
        took_names(disk);
    else if (entered->number == __NR_close && entered->args[0] < FDS_MAX)
        disk->fds[entered->args[0]] = FD_NONE;
    else if (entered->number == __NR_socket || entered->number == __NR_dup || entered->number == __NR_pipe2)
        disk->fds[call->result < FDS_MAX ? call->result : 0] = FD_NONE;
    else if (file == FD_NONE)
        return;
    else if (entered->number == __NR_fsync || entered->number == __NR_fdatasync)
        took_sync(disk);
    else if (file == FD_FOLDER)
        return;
    else if (entered->number == __NR_ftruncate)
        change_file(&disk->files[file], entered->args[1], 0, NULL);
    else if (entered->number == __NR_fallocate && entered->args[2] + entered->args[3] > disk->files[file].len)
        change_file(&disk->files[file], entered->args[2] + entered->args[3], 0, NULL);
    else if (entered->number == __NR_pwrite64)
        took_write(disk, pid, entered->args[3], result);
    else if (entered->number == __NR_write)
        took_write(disk, pid, disk->positions[entered->args[0]], result);
    else
        need(entered->number != __NR_writev && entered->number != __NR_pwritev, "model of a vector");
    if (entered->number == __NR_write && file >= 0)
        disk->positions[entered->args[0]] += result;
}

bool disk_is_touched(const struct disk *disk)
{
    const struct call *call = &disk->entered;
    if (path_argument(call->number, 0) >= 0)
        return strncmp(disk->paths[0], disk->folder, strlen(disk->folder)) == 0;
    return is_by_descriptor(call->number) && file_of(disk, call->args[0]) != FD_NONE;
}

size_t disk_grows_by(const struct disk *disk)
{
    const struct call *call = &disk->entered;
    int file = is_by_descriptor(call->number) ? file_of(disk, call->args[0]) : FD_NONE;
    size_t end = 0;
    if (file < 0)
        return 0;
    if (call->number == __NR_pwrite64)
        end = call->args[3] + call->args[2];
    else if (call->number == __NR_write)
        end = disk->positions[call->args[0]] + call->args[2];
    else if (call->number == __NR_fallocate)
        end = call->args[2] + call->args[3];
    return end > disk->files[file].len ? end - disk->files[file].len : 0;
}

size_t disk_used(const struct disk *disk)
{
    size_t used = 0;
    for (int i = 0; i < disk->n_names; i++)
        if (disk->names[i].now >= 0)
            used += disk->files[disk->names[i].now].len;
    return used;
}

/* The cut */

static unsigned chance(unsigned *seed, unsigned n)
{
    return (unsigned)rand_r(seed) % n;
}

static size_t torn(const struct change *change, unsigned *seed)
{
    size_t n_sectors = change->len / SECTOR;
    return chance(seed, 4) || n_sectors < 2 ? change->len : SECTOR * chance(seed, (unsigned)n_sectors);
}

static void write_file(const char *path, const struct file *file, unsigned *seed)
{
    char *content = need_some(malloc(file->synced_len + 1), "memory");
    size_t len = file->synced_len;
    if (len)
        memcpy(content, file->synced, len);
    for (size_t i = 0; *seed && i < file->n_changes; i++)
        if (chance(seed, 2))
            apply(&content, &len, &file->changes[i], torn(&file->changes[i], seed));
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    need(fd >= 0 && write(fd, content, len) == (ssize_t)len, path);
    close(fd);
    free(content);
}

void disk_cut(struct disk *disk, unsigned seed)
{
    char path[PATH_MAX + 128];
    for (int i = 0; i < disk->n_names; i++) {
        const struct name *name = &disk->names[i];
        bool is_kept = !seed || chance(&seed, 2);
        int file = is_kept ? name->durable : name->now;
        snprintf(path, sizeof path, "%s/%s", disk->folder, name->text);
        if (file >= 0)
            write_file(path, &disk->files[file], &seed);
        else
            unlink(path);
    }
}

/* Life */

static void take_file(struct disk *disk, const char *text)
{
    char path[PATH_MAX + 300];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", disk->folder, text);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return;
    }
    struct name *name = find_name(disk, path, true);
    name->now = name->durable = add_file(disk);
    struct file *file = &disk->files[name->now];
    file->len = (size_t)info.st_size;
    set_length(&file->synced, &file->synced_len, file->len);
    need(read(fd, file->synced, file->len) == (ssize_t)file->len, path);
    close(fd);
}

struct disk *disk_create(const char *folder)
{
    struct disk *disk = need_some(calloc(1, sizeof *disk), "memory");
    snprintf(disk->folder, sizeof disk->folder, "%s", folder);
    for (int i = 0; i < FDS_MAX; i++)
        disk->fds[i] = FD_NONE;
    DIR *dir = need_some(opendir(folder), folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        take_file(disk, entry->d_name);
    closedir(dir);
    return disk;
}

void disk_destroy(struct disk *disk)
{
    for (int i = 0; disk && i < disk->n_files; i++) {
        forget_changes(&disk->files[i]);
        free(disk->files[i].changes);
        free(disk->files[i].synced);
    }
    free(disk);
}
