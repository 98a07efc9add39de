/*
 * A program of one target, FUZZ_TARGET: for libFuzzer only its entry, else a main of its own.
 *
 *     fuzz-NAME FILE|FOLDER...   runs each file once: a corpus, or an input that crashed
 *     fuzz-NAME                  under AFL++, or with one input on standard input
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "fuzz.h"

#define JOIN(a, b)   a##b
#define ENTRY(name)  JOIN(target_, name)
#define TARGET_ENTRY ENTRY(FUZZ_TARGET)

#ifdef FUZZ_LIBFUZZER

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    log_set_level(LOG_LEVEL_ERROR + 1);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    TARGET_ENTRY(bytes, len);
    return 0;
}

#else

enum { INPUT_MAX = 1 << 20, TURNS_MAX = 10000 };

static void run_stream(FILE *file)
{
    /* Exactly as long as the input: a byte too far is seen. */
    char *room = xmalloc(INPUT_MAX);
    size_t len = fread(room, 1, INPUT_MAX, file);
    uint8_t *bytes = xreallocarray(room, len ? len : 1, 1);
    TARGET_ENTRY(bytes, len);
    free(bytes);
}

static int run_path(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0 || S_ISDIR(found.st_mode)) {
        DIR *folder = opendir(path);
        int n = 0;
        for (struct dirent *entry; folder && (entry = readdir(folder));) {
            char *inner = xasprintf("%s/%s", path, entry->d_name);
            n += entry->d_name[0] != '.' ? run_path(inner) : 0;
            free(inner);
        }
        if (folder)
            closedir(folder);
        return n;
    }
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    run_stream(file);
    fclose(file);
    return 1;
}

#ifdef __AFL_FUZZ_TESTCASE_LEN
/* Its macros are written in another style. */
#pragma clang diagnostic ignored "-Wextra-semi"
#pragma clang diagnostic ignored "-Wgnu-statement-expression"
#pragma clang diagnostic ignored "-Wshorten-64-to-32"
__AFL_FUZZ_INIT();

static int run_input(void)
{
    __AFL_INIT();
    unsigned char *bytes = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(TURNS_MAX)) {
        size_t len = (size_t)__AFL_FUZZ_TESTCASE_LEN;
        uint8_t *copy = xmalloc(len ? len : 1);
        for (size_t i = 0; i < len; i++)
            copy[i] = bytes[i];
        TARGET_ENTRY(copy, len);
        free(copy);
    }
    return 0;
}
#else
static int run_input(void)
{
    run_stream(stdin);
    return 0;
}
#endif

int main(int argc, char **argv)
{
    int n = 0;
    log_set_level(LOG_LEVEL_ERROR + 1);
    if (argc == 1)
        return run_input();
    for (int i = 1; i < argc; i++)
        n += run_path(argv[i]);
    printf("%d inputs\n", n);
    return n ? 0 : 1;
}

#endif
