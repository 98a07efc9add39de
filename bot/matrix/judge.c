#include "matrix/judge.h"

#include <string.h>

enum { EVENT_ID_BYTES = 255 };

const char *judge_event_id(const struct http_answer *answer)
{
    const char *event_id = json_str(answer->json, "event_id");
    return event_id && event_id[0] == '$' && strlen(event_id) <= EVENT_ID_BYTES ? event_id : NULL;
}

static bool is_one_of(const char *code, const char *const *codes)
{
    for (; code && *codes; codes++)
        if (strcmp(code, *codes) == 0)
            return true;
    return false;
}

enum judge_verdict judge_put(const struct http_answer *answer)
{
    /* The account's troubles, not the row's: client_heard has drawn what follows from them. */
    static const char *const account_codes[] = { "M_LIMIT_EXCEEDED",      "M_USER_SUSPENDED",
                                                 "M_USER_LOCKED",         "M_UNKNOWN_TOKEN",
                                                 "M_MISSING_TOKEN",       "M_RESOURCE_LIMIT_EXCEEDED",
                                                 "M_USER_LIMIT_EXCEEDED", "M_CONSENT_NOT_GIVEN",
                                                 "M_USER_DEACTIVATED",    NULL };
    int status = answer->status;
    if (status >= 200 && status < 300)
        return judge_event_id(answer) ? JUDGE_SENT : JUDGE_AGAIN;
    /* A redirect is never followed: somebody else answers in the homeserver's place, for now. */
    if (status < 400 || status >= 500 || status == 408)
        return JUDGE_AGAIN;
    if (status == 429 || status == 401 || is_one_of(answer->errcode, account_codes))
        return JUDGE_WAIT;
    if (answer->errcode && strcmp(answer->errcode, "M_DUPLICATE_ANNOTATION") == 0)
        return JUDGE_THERE;
    return http_is_refusal(answer) ? JUDGE_REFUSED : JUDGE_AGAIN;
}
