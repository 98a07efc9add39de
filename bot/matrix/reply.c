#include "matrix/reply.h"

#include <string.h>

static void keep_reply(void *data, const struct http_answer *answer)
{
    struct reply *reply = data;
    reply->status = answer->status;
    reply->errcode = arena_strdup(reply->arena, answer->errcode ? answer->errcode : "");
    reply->words = http_describe(reply->arena, answer);
    reply->json = json_object_get(answer->json);
    reply->retry_after_ms = answer->retry_after_ms;
    reply->date_ms = answer->date_ms;
    reply->is_transient = http_is_transient(answer);
    reply->is_soft_logout = answer->is_soft_logout;
}

struct reply reply_call(struct http *http, struct arena *arena, struct http_request request)
{
    struct reply reply = { .arena = arena };
    request.done = keep_reply;
    request.data = &reply;
    http_call(http, &request);
    return reply;
}

struct reply reply_get(struct http *http, struct arena *arena, const char *path, bool without_token)
{
    return reply_call(http, arena,
                      (struct http_request){ .method = "GET", .path = path, .without_token = without_token });
}

bool reply_is_code(const struct reply *reply, const char *code)
{
    return strcmp(reply->errcode, code) == 0;
}
