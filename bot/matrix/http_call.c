/* Over any transport that has the rest of http.h: libcurl's, or the simulator's. */
#include "matrix/http.h"

struct call {
    const struct http_request *request;
    bool is_done;
};

static void on_called(void *data, const struct http_answer *answer)
{
    struct call *call = data;
    call->is_done = true;
    call->request->done(call->request->data, answer);
}

void http_call(struct http *http, const struct http_request *request)
{
    struct call call = { .request = request };
    struct http_request wrapped = *request;
    wrapped.done = on_called;
    wrapped.data = &call;
    http_send(http, &wrapped);
    for (;;) {
        http_work(http);
        if (call.is_done)
            return;
        http_wait(http, NULL, 0, 1000);
    }
}
