/* The secrets that the configuration names: never in it, in argv or in the environment, which others can
 * read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/xmalloc.h"
#include "ops/config.h"
#include "ops/file.h"

/* systemd closes its credentials to all but the unit; the mode bits may show its access list as a group's. */
static bool is_credential(const char *path)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    size_t len = directory ? strlen(directory) : 0;
    return len && strncmp(path, directory, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/');
}

static bool is_private(int fd, const char *path, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return err_set(err, "%s cannot be examined", path);
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return err_set(err, "%s belongs to another user", path);
    if ((info.st_mode & 077) && !is_credential(path))
        return err_set(err, "others can read or change %s: chmod 600 %s", path, path);
    return true;
}

static char *read_terminal(size_t *len_out, struct err *err)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return file_read_fd(STDIN_FILENO, "standard input", CONFIG_SECRET_MAX, len_out, err);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    char line[CONFIG_SECRET_MAX + 2] = "";
    fputs("Secret (not shown): ", stderr);
    ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputs("\n", stderr); /* the one that was typed was not shown either */
    line[got > 0 ? got : 0] = '\0';
    *len_out = strlen(line);
    char *text = xstrdup(line);
    secret_wipe(line, sizeof line);
    return text;
}

static char *read_any(const char *path, size_t *len_out, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return read_terminal(len_out, err);
    char *text = NULL;
    int fd = file_open(path, err);
    if (fd < 0)
        return NULL;
    if (is_private(fd, path, err))
        text = file_read_fd(fd, path, CONFIG_SECRET_MAX, len_out, err);
    close(fd);
    return text;
}

/* The length without the end of the line; 0 if this is no secret. */
static size_t secret_len(const char *path, const char *text, size_t len, struct err *err)
{
    size_t line_len = strcspn(text, "\r\n");
    if (line_len == 0) {
        err_set(err, "%s: the secret is empty", path);
    } else if (strcmp(text + line_len, "") != 0 && strcmp(text + line_len, "\n") != 0 &&
               strcmp(text + line_len, "\r\n") != 0) {
        err_set(err, "%s: the secret must be one line", path);
        return 0;
    } else if (strlen(text) != len) {
        err_set(err, "%s: the secret holds a NUL", path);
        return 0;
    }
    return line_len;
}

char *config_read_secret(const char *path, struct err *err)
{
    size_t len;
    char *text = read_any(path, &len, err);
    if (!text)
        return NULL;
    size_t wanted = secret_len(strcmp(path, "-") == 0 ? "standard input" : path, text, len, err);
    char *secret = wanted ? xstrndup(text, wanted) : NULL;
    secret_wipe(text, len);
    free(text);
    return secret;
}
