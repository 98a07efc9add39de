/*
 * floor - what a Matrix bot costs at least here: libcurl and json-c in a loop, with no store, no rooms, no
 * clock.
 *
 *     floor URL USER PASSWORD-FILE
 *
 * Logs in, syncs, answers "!ping" with "pong" as a reply. Every failure ends it: it exists to be measured
 * beside the bot, against the scripted homeserver, and nowhere else.
 */
#include <curl/curl.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 4096, ANSWER_MAX = 64 << 20, DEPTH_MAX = 1024 };

struct answer {
    char *bytes; /* owned; kept between requests */
    size_t len;
    size_t cap;
};

static CURL *curl;
static struct curl_slist *headers;
static const char *base_url;
static char *user_id;
static long n_sent;

static void die(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static size_t take(char *bytes, size_t size, size_t n, void *target)
{
    struct answer *answer = target;
    size_t len = size * n;
    if (answer->len + len > ANSWER_MAX)
        return 0;
    if (answer->len + len > answer->cap) {
        answer->cap = (answer->len + len) * 2;
        answer->bytes = realloc(answer->bytes, answer->cap);
        if (!answer->bytes)
            die("no memory");
    }
    memcpy(answer->bytes + answer->len, bytes, len);
    answer->len += len;
    return len;
}

/* The parsed answer, the caller's to put. body NULL is a GET. */
static json_object *call(const char *method, json_object *body, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

static json_object *call(const char *method, json_object *body, const char *path, ...)
{
    static struct answer answer;
    char url[URL_MAX];
    int n = snprintf(url, sizeof url, "%s/_matrix/client/v3/", base_url);
    va_list args;
    va_start(args, path);
    int m = vsnprintf(url + n, sizeof url - (size_t)n, path, args);
    va_end(args);
    if (m < 0 || (size_t)(n + m) >= sizeof url)
        die("an address is too long");

    answer.len = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    } else {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    long status = 0;
    if (curl_easy_perform(curl) != CURLE_OK)
        die("no answer");
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        die("an answer is not 200");

    json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    json_object *parsed = json_tokener_parse_ex(tokener, answer.bytes, (int)answer.len);
    json_tokener_free(tokener);
    if (!parsed)
        die("an answer is not JSON");
    return parsed;
}

/* Borrowed; NULL if any step of the path is missing. */
static json_object *find(json_object *object, const char *key)
{
    json_object *value = NULL;
    return object && json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static const char *text(json_object *object, const char *key)
{
    const char *value = json_object_get_string(find(object, key));
    return value ? value : "";
}

static void log_in(const char *user, const char *password_file)
{
    char password[256] = "";
    FILE *file = fopen(password_file, "r");
    if (!file || !fgets(password, sizeof password, file))
        die("no password");
    fclose(file);
    password[strcspn(password, "\r\n")] = '\0';

    json_object *body = json_object_new_object();
    json_object *identifier = json_object_new_object();
    json_object_object_add(body, "type", json_object_new_string("m.login.password"));
    json_object_object_add(identifier, "type", json_object_new_string("m.id.user"));
    json_object_object_add(identifier, "user", json_object_new_string(user));
    json_object_object_add(body, "identifier", identifier);
    json_object_object_add(body, "password", json_object_new_string(password));
    headers = curl_slist_append(headers, "Content-Type: application/json");
    json_object *answer = call("POST", body, "login");
    char bearer[1024];
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", text(answer, "access_token"));
    headers = curl_slist_append(headers, bearer);
    user_id = strdup(text(answer, "user_id"));
    json_object_put(answer);
    json_object_put(body);
}

static void answer_ping(const char *room_id, const char *event_id)
{
    json_object *body = json_object_new_object();
    json_object *relates = json_object_new_object();
    json_object *reply = json_object_new_object();
    json_object_object_add(reply, "event_id", json_object_new_string(event_id));
    json_object_object_add(relates, "m.in_reply_to", reply);
    json_object_object_add(body, "msgtype", json_object_new_string("m.notice"));
    json_object_object_add(body, "body", json_object_new_string("pong"));
    json_object_object_add(body, "m.relates_to", relates);
    char *room = curl_easy_escape(curl, room_id, 0);
    json_object_put(call("PUT", body, "rooms/%s/send/m.room.message/%ld", room, n_sent++));
    curl_free(room);
    json_object_put(body);
}

static void read_timeline(const char *room_id, json_object *room)
{
    json_object *events = find(find(room, "timeline"), "events");
    size_t n = events ? json_object_array_length(events) : 0;
    for (size_t i = 0; i < n; i++) {
        json_object *event = json_object_array_get_idx(events, i);
        if (strcmp(text(event, "type"), "m.room.message") == 0 &&
            strcmp(text(event, "sender"), user_id) != 0 &&
            strcmp(text(find(event, "content"), "body"), "!ping") == 0)
            answer_ping(room_id, text(event, "event_id"));
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: floor URL USER PASSWORD-FILE\n", stderr);
        return 2;
    }
    base_url = argv[1];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    if (!curl)
        die("no memory");
    log_in(argv[2], argv[3]);
    json_object *answer = call("GET", NULL, "sync?timeout=0");
    for (;;) {
        char *since = curl_easy_escape(curl, text(answer, "next_batch"), 0);
        json_object_put(answer);
        answer = call("GET", NULL, "sync?timeout=30000&since=%s", since);
        curl_free(since);
        json_object *joined = find(find(answer, "rooms"), "join");
        if (joined) {
            json_object_object_foreach(joined, room_id, room) read_timeline(room_id, room);
        }
    }
}
