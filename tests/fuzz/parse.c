/* An event of a homeserver: whatever it is, it is one that says nothing, or one whose every part is what it should be. */
#include <string.h>

#include "fuzz.h"
#include "matrix/parse.h"

static void check_id(const char *id, char sigil)
{
    if (!id)
        return;
    FUZZ_REQUIRE(*id == sigil && strlen(id) <= EVENT_ID_BYTES && !strpbrk(id, " \t\r\n\x7f"));
    fuzz_check_shown(id);
}

static void check_event(const struct event *event)
{
    check_id(event->id, '$');
    check_id(event->sender, '@');
    check_id(event->thread, '$');
    check_id(event->reply, '$');
    check_id(event->target, '$');
    check_id(event->person, '@');
    FUZZ_REQUIRE(event->id && event->sender);
    FUZZ_REQUIRE(!event->body || strlen(event->body) <= EVENT_BODY_BYTES);
    FUZZ_REQUIRE(!event->key || strlen(event->key) <= EVENT_KEY_BYTES);
}

/* What the engine counts on for each kind. */
static void check_kind(const struct event *event)
{
    switch (event->kind) {
    case EVENT_MESSAGE:
    case EVENT_NOTICE:
        FUZZ_REQUIRE(event->body);
        break;
    case EVENT_EDIT:
        FUZZ_REQUIRE(event->target && event->body);
        break;
    case EVENT_REDACTION:
        FUZZ_REQUIRE(event->target);
        break;
    case EVENT_REACTION:
        FUZZ_REQUIRE(event->target && event->key && *event->key);
        break;
    case EVENT_MEMBER:
    case EVENT_SELF_JOINED:
    case EVENT_SELF_LEFT:
        FUZZ_REQUIRE(event->person && event->membership);
        break;
    case EVENT_MOVE_DOUBTED:
        FUZZ_REQUIRE(false); /* no event of a homeserver is one */
        break;
    case EVENT_UNREADABLE:
        break;
    }
}

void target_parse(const uint8_t *bytes, size_t len)
{
    static const char me[] = "@greffier:x";
    struct arena *arena = arena_create();
    struct json_object *json = json_parse(len ? (const char *)bytes : "", len);
    struct parsed parsed;
    enum parse_result result = parse_event(json, me, arena, &parsed);
    bool is_deep = json_depth(json_obj(json, "content"), EVENT_DEPTH) > EVENT_DEPTH;
    if (result != PARSE_NOTHING)
        check_event(&parsed.event);
    FUZZ_REQUIRE(!is_deep || result == PARSE_TOO_DEEP || result == PARSE_NOTHING);
    if (result == PARSE_EVENT)
        check_kind(&parsed.event);
    if (result == PARSE_OWN)
        FUZZ_REQUIRE(strcmp(parsed.event.sender, me) == 0);
    if (result == PARSE_EVENT && strcmp(parsed.event.sender, me) == 0)
        FUZZ_REQUIRE(parsed.event.kind == EVENT_MEMBER || parsed.event.kind == EVENT_SELF_JOINED ||
                     parsed.event.kind == EVENT_SELF_LEFT);
    json_object_put(json);
    arena_destroy(arena);
}
