#include "matrix/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xmalloc.h"

enum {
    ERROR_CHARS = 200,
    SHORT_HEADER = 64, /* seconds and dates */
    RETRY_AFTER_MAX_MS = 24 * 3600 * 1000,
    IDLE_MAX = 4, /* more than this at once is rare, and a handle is not small */
};

struct request {
    struct request *next; /* in http.requests */
    uint64_t id;
    CURL *easy; /* owned */
    struct curl_slist *headers; /* owned */
    http_done_fn *done;
    void *data; /* borrowed */
    struct buf body;
    size_t header_bytes;
    uint64_t token_id; /* of the token that it was sent with */
    char date[SHORT_HEADER], retry_after[SHORT_HEADER]; /* read at the end: a date needs the server's own */
    char failure[CURL_ERROR_SIZE];
};

struct http {
    CURLM *multi; /* owned */
    char *base_url; /* owned; without a '/' at its end */
    const char *base_path; /* of it: what all paths begin with */
    char *token; /* owned; NULL: none */
    uint64_t token_id; /* counts the tokens that were set */
    struct request *requests; /* owned; in flight */
    CURL *idle[IDLE_MAX]; /* owned; handles that wait for their next request, with the transport's settings */
    size_t n_idle;
    struct json_reader reader;
    char date[SHORT_HEADER]; /* the last that was read */
    int64_t date_ms; /* what it says; -1: nothing */
    bool has_unsent; /* requests that curl has not looked at yet */
    uint64_t last_id;
};

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0 ||
           (text_starts_with(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}

static char *url_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool check_url(const char *base_url, struct err *err)
{
    CURLU *url = curl_url();
    bool is_url = url && curl_url_set(url, CURLUPART_URL, base_url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    char *scheme = is_url ? url_part(url, CURLUPART_SCHEME) : NULL;
    char *host = is_url ? url_part(url, CURLUPART_HOST) : NULL;
    char *user = is_url ? url_part(url, CURLUPART_USER) : NULL;
    char *query = is_url ? url_part(url, CURLUPART_QUERY) : NULL;
    char *fragment = is_url ? url_part(url, CURLUPART_FRAGMENT) : NULL;
    bool is_https = scheme && strcmp(scheme, "https") == 0, is_http = scheme && strcmp(scheme, "http") == 0;
    bool ok = true;
    if (!host || (!is_https && !is_http) || user || query || fragment)
        ok = err_set(err, "%s is not the address of a homeserver: it looks like https://matrix.example.org",
                     base_url);
    else if (is_http && !is_loopback(host))
        ok = err_set(
            err,
            "%s would send the account's token in clear: use https:// (http:// is for this machine only)",
            base_url);
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_free(query);
    curl_free(fragment);
    curl_url_cleanup(url);
    return ok;
}

struct http *http_create(const char *base_url, struct err *err)
{
    static bool is_initialised;
    if (!is_initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    is_initialised = true;
    if (!check_url(base_url, err))
        return NULL;
    struct http *http = xcalloc(1, sizeof *http);
    http->multi = curl_multi_init();
    if (!http->multi)
        abort();
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CONNECTIONS_KEPT);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_CONNECTIONS_MAX);
    http->date_ms = -1;
    http->base_url = xstrdup(base_url);
    for (size_t len = strlen(base_url); len && http->base_url[len - 1] == '/'; len--)
        http->base_url[len - 1] = '\0';
    const char *host = strstr(http->base_url, "://");
    http->base_path = host ? strchrnul(host + strlen("://"), '/') : "";
    return http;
}

uint16_t http_port(const struct http *http)
{
    CURLU *url = curl_url();
    char *text = NULL;
    if (url && curl_url_set(url, CURLUPART_URL, http->base_url, 0) == CURLUE_OK)
        curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT);
    uint16_t port = text ? (uint16_t)strtoul(text, NULL, 10) : 0;
    curl_free(text);
    curl_url_cleanup(url);
    return port;
}

static void forget_token(struct http *http)
{
    if (http->token)
        secret_wipe(http->token, strlen(http->token));
    free(http->token);
    http->token = NULL;
}

void http_set_token(struct http *http, const char *token)
{
    forget_token(http);
    http->token = xstrdup(token);
    http->token_id++;
}

/* Making a handle costs more than a small request does. What a request sets is unset, the rest stays. */
static void give_back(struct http *http, CURL *easy)
{
    if (http->n_idle == IDLE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    http->idle[http->n_idle++] = easy;
}

static void request_destroy(struct http *http, struct request *request)
{
    curl_multi_remove_handle(http->multi, request->easy);
    give_back(http, request->easy);
    for (struct curl_slist *header = request->headers; header; header = header->next)
        secret_wipe(header->data, strlen(header->data));
    curl_slist_free_all(request->headers);
    buf_finish(&request->body);
    free(request);
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    while (http->requests) {
        struct request *request = http->requests;
        http->requests = request->next;
        request_destroy(http, request);
    }
    while (http->n_idle)
        curl_easy_cleanup(http->idle[--http->n_idle]);
    curl_multi_cleanup(http->multi);
    json_reader_finish(&http->reader);
    forget_token(http);
    free(http->base_url);
    free(http);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    struct request *request = data;
    return buf_add(&request->body, bytes, size * n) ? size * n : 0;
}

/* The value of a header line if it is that header, into value. */
static bool header_value(const char *line, size_t len, const char *name, char value[SHORT_HEADER])
{
    size_t name_len = strlen(name);
    if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
        return false;
    const char *start = line + name_len + 1, *end = line + len;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    if (end - start >= SHORT_HEADER)
        return false;
    memcpy(value, start, (size_t)(end - start));
    value[end - start] = '\0';
    return true;
}

/* The same for all answers of a second: reading it costs as much as the rest of the header does. */
static int64_t read_date(struct http *http, const char *value)
{
    if (strcmp(http->date, value) != 0) {
        time_t at = curl_getdate(value, NULL);
        memcpy(http->date, value, strlen(value) + 1);
        http->date_ms = at < 0 ? -1 : (int64_t)at * 1000;
    }
    return http->date_ms;
}

static int64_t retry_after(const char *value, int64_t date_ms)
{
    char *end;
    long seconds = strtol(value, &end, 10);
    if (*value == '\0')
        return -1;
    if (end != value && *end == '\0')
        return seconds < 0 ? -1 : seconds > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : seconds * 1000;
    time_t at = curl_getdate(value, NULL);
    if (at < 0 || date_ms < 0 || at * 1000 < date_ms)
        return -1;
    int64_t wait_ms = at * 1000 - date_ms;
    return wait_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : wait_ms;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
    struct request *request = data;
    size_t len = size * n;
    request->header_bytes += len;
    if (!header_value(bytes, len, "Date", request->date))
        header_value(bytes, len, "Retry-After", request->retry_after);
    return request->header_bytes > HTTP_HEADER_BYTES ? 0 : len;
}

static void add_header(struct request *request, const char *line)
{
    struct curl_slist *headers = curl_slist_append(request->headers, line);
    if (!headers)
        abort();
    request->headers = headers;
}

static void set_headers(struct request *request, const char *token, bool has_body)
{
    add_header(request, "Expect:");
    if (has_body)
        add_header(request, "Content-Type: application/json");
    if (token) {
        char *line = xasprintf("Authorization: Bearer %s", token);
        add_header(request, line);
        secret_wipe(line, strlen(line));
        free(line);
    }
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

static CURL *new_handle(const struct http *http)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    curl_easy_setopt(easy, CURLOPT_URL, http->base_url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 20L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "greffier/" GREFFIER_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    return easy;
}

uint64_t http_send(struct http *http, const struct http_request *asked)
{
    assert(asked->path[0] == '/' && asked->done);
    struct request *request = xcalloc(1, sizeof *request);
    *request = (struct request){
        .id = ++http->last_id, .token_id = http->token_id, .done = asked->done, .data = asked->data
    };
    buf_init(&request->body, asked->max_bytes ? asked->max_bytes : HTTP_BODY_BYTES);
    CURL *easy = request->easy = http->n_idle ? http->idle[--http->n_idle] : new_handle(http);
    /* Not as a part of the address: curl would take that apart and put it together again, sign by sign. */
    char *target = xasprintf("%s%s", http->base_path, asked->path);
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target);
    free(target);
    bool has_body = strcmp(asked->method, "GET") != 0;
    if (has_body) {
        const char *body = asked->body ? asked->body : "{}";
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, asked->method);
    }
    set_headers(request, asked->without_token ? NULL : http->token, has_body);
    long timeout_s = asked->timeout_s ? asked->timeout_s : HTTP_TIMEOUT_S;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout_s);
    /* curl wakes up when this would have ended, even on a connection that was there already. */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, asked->is_long_poll ? timeout_s : (long)HTTP_CONNECT_S);
    if (!asked->is_long_poll) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_SLOW_BYTES);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)HTTP_SLOW_S);
    }
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, asked->is_once ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->failure);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    request->next = http->requests;
    http->requests = request;
    if (curl_multi_add_handle(http->multi, easy) != CURLM_OK)
        abort();
    http->has_unsent = true;
    return request->id;
}

/* Takes it out of the list; NULL if it is not in flight. */
static struct request *take(struct http *http, uint64_t id)
{
    for (struct request **link = &http->requests; *link; link = &(*link)->next) {
        struct request *request = *link;
        if (request->id == id) {
            *link = request->next;
            return request;
        }
    }
    return NULL;
}

void http_cancel(struct http *http, uint64_t id)
{
    struct request *request = take(http, id);
    if (request)
        request_destroy(http, request);
}

/* Error codes are shown and compared: what does not look like one is none. */
static const char *read_errcode(struct json_object *json)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    const char *errcode = json_str(json, "errcode");
    return errcode && strlen(errcode) <= 64 && strspn(errcode, allowed) == strlen(errcode) ? errcode : NULL;
}

static void read_error(struct arena *arena, struct http_answer *answer)
{
    struct json_object *json = answer->json;
    answer->errcode = read_errcode(json);
    const char *error = json_str(json, "error");
    if (error)
        answer->error = text_shorten(arena, text_clean(arena, error), ERROR_CHARS);
    int64_t wait_ms = json_int(json, "retry_after_ms", -1);
    if (wait_ms >= 0)
        answer->retry_after_ms = wait_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : wait_ms;
    answer->is_soft_logout = json_flag(json, "soft_logout", false);
}

static const char *describe_failure(const struct request *request, CURLcode result)
{
    if (request->body.is_full)
        return "the answer is larger than allowed";
    return *request->failure ? request->failure : curl_easy_strerror(result);
}

static void finish(struct http *http, struct request *request, CURLcode result)
{
    take(http, request->id);
    struct arena *arena = arena_create();
    struct http_answer answer = { .text = "",
                                  .retry_after_ms = -1,
                                  .date_ms = read_date(http, request->date),
                                  .has_old_token = request->token_id != http->token_id };
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_OK && status < 100) {
        answer.failure =
            "the answer is not one of HTTP"; /* "HTTP/20": curl reads no status in it, and no fault */
    } else if (result == CURLE_OK) {
        answer.status = (int)status;
        answer.text = request->body.text;
        answer.len = request->body.len;
        answer.retry_after_ms = retry_after(request->retry_after, answer.date_ms);
        answer.json = json_read(&http->reader, answer.text, answer.len);
        if (status < 200 || status > 299)
            read_error(arena, &answer);
    } else {
        answer.is_too_large = request->body.is_full;
        answer.failure = describe_failure(request, result);
    }
    request->done(request->data, &answer);
    json_object_put(answer.json);
    arena_destroy(arena);
    request_destroy(http, request);
}

void http_work(struct http *http)
{
    int n_running, n_left;
    http->has_unsent = false;
    curl_multi_perform(http->multi, &n_running);
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &n_left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct request *request;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        finish(http, request, result);
    }
}

int http_n_in_flight(const struct http *http)
{
    int n = 0;
    for (const struct request *request = http->requests; request; request = request->next)
        n++;
    return n;
}

void http_wait(struct http *http, struct curl_waitfd *extra, unsigned n_extra, int timeout_ms)
{
    /* What was asked since leaves now, not one round of the loop later. One that failed at once needs work. */
    if (http->has_unsent) {
        int n_running;
        http->has_unsent = false;
        curl_multi_perform(http->multi, &n_running);
        if (n_running < http_n_in_flight(http))
            timeout_ms = 0;
    }
    curl_multi_poll(http->multi, extra, n_extra, timeout_ms, NULL);
}
