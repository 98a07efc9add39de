/* What needs no connection: how a path is written, how an answer is judged, how long to wait. */
#include <string.h>

#include "matrix/http.h"

char *http_escape(struct arena *arena, const char *component)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, 3 * strlen(component) + 1), *to = out;
    for (const char *c = component; *c; c++) {
        if (strchr(plain, *c)) {
            *to++ = *c;
        } else {
            *to++ = '%';
            *to++ = hex[(unsigned char)*c >> 4];
            *to++ = hex[(unsigned char)*c & 15];
        }
    }
    return out;
}

bool http_is_transient(const struct http_answer *answer)
{
    return answer->status == 0 || answer->status == 408 || answer->status == 429 || answer->status >= 500;
}

bool http_is_refusal(const struct http_answer *answer)
{
    int status = answer->status;
    return status >= 400 && status < 500 && status != 401 && status != 408 && status != 429 &&
           (answer->errcode || status == 413);
}

char *http_describe(struct arena *arena, const struct http_answer *answer)
{
    if (answer->status == 0)
        return arena_strdup(arena, answer->failure);
    return arena_printf(arena, "%d%s%s%s%s", answer->status, answer->errcode ? " " : "",
                        answer->errcode ? answer->errcode : "", answer->error ? ": " : "",
                        answer->error ? answer->error : "");
}

int64_t backoff_ms(int attempt, uint32_t random)
{
    enum { LEAST_MS = 200, MOST_MS = 60000 };
    int64_t most_ms = attempt < 1 ? 1000 : attempt > 6 ? MOST_MS : 1000L << (attempt - 1);
    if (most_ms > MOST_MS)
        most_ms = MOST_MS;
    return LEAST_MS + (most_ms - LEAST_MS) * random / UINT32_MAX;
}
