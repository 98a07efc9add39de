#include "console/line.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/text.h"

/* Matrix carries nothing but valid UTF-8, so neither does the console: a bad byte becomes U+FFFD. */
static const char *valid_utf8(struct arena *arena, const char *text, size_t len)
{
    struct buf buf;
    buf_init(&buf, 3 * LINE_MAX_LEN + 16);
    const char *copy = arena_strndup(arena, text, len);
    while (*copy) {
        size_t n;
        if (text_codepoint(copy, &n) == 0xFFFD && n == 1)
            buf_puts(&buf, "\uFFFD");
        else
            buf_add(&buf, copy, n);
        copy += n;
    }
    const char *valid = arena_strndup(arena, buf.text, buf.len);
    buf_finish(&buf);
    return valid;
}

static struct line wrong(const char *what)
{
    return (struct line){ .kind = LINE_WRONG, .text = what };
}

/* The rest after `word`, if text begins with it and then comes a space or the end; NULL if not. */
static const char *after_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(text, word, len) != 0 || (text[len] != '\0' && text[len] != ' '))
        return NULL;
    return text_skip_space(text + len);
}

/* One word as a copy; *rest_out is what follows it, without the space between. */
static const char *take_word(struct arena *arena, const char *text, const char **rest_out)
{
    size_t len = strcspn(text, " \t\n");
    *rest_out = text_skip_space(text + len);
    return arena_strndup(arena, text, len);
}

/* ---- names ---- */

/* Legal today; what older servers let through is refused, as people cannot be made with it any more. */
static size_t localpart_len(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._=-/+");
}

static bool is_server(const char *text)
{
    static const char digits[] = "0123456789";
    size_t len;
    if (*text == '[') {
        len = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
        if (len < 3 || text[len] != ']')
            return false;
        len++;
    } else {
        len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
    }
    if (len == 0)
        return false;
    if (text[len] == '\0')
        return true;
    size_t n_digits = text[len] == ':' ? strspn(text + len + 1, digits) : 0;
    return n_digits >= 1 && n_digits <= 5 && text[len + 1 + n_digits] == '\0';
}

const char *line_person_id(struct arena *arena, const char *name)
{
    if (*name != '@')
        return NULL;
    size_t len = localpart_len(name + 1);
    const char *server = name + 1 + len;
    if (len == 0 || (*server != '\0' && (*server != ':' || !is_server(server + 1))))
        return NULL;
    const char *id = *server ? arena_strdup(arena, name) : arena_printf(arena, "%s:%s", name, LINE_SERVER);
    return strlen(id) <= LINE_ID_MAX_LEN ? id : NULL;
}

const char *line_person_shown(struct arena *arena, const char *id)
{
    const char *server = strchr(id, ':');
    bool is_local = server && strcmp(server + 1, LINE_SERVER) == 0;
    return is_local ? arena_strndup(arena, id, (size_t)(server - id)) : arena_strdup(arena, id);
}

static struct line no_legal_name(struct arena *arena, const char *name)
{
    return wrong(arena_printf(arena,
                              "%s is no legal Matrix id: small letters, digits, . _ = - / + after the @",
                              text_shorten(arena, text_clean(arena, name), 80)));
}

/* A prefix in letters, a hyphen, a number: whether there is such an item is the engine's to say. */
static bool is_item(const char *word)
{
    size_t n_letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (n_letters < 2 || word[n_letters] != '-')
        return false;
    size_t n_digits = strspn(word + n_letters + 1, "0123456789");
    size_t len = n_letters + 1 + n_digits;
    return n_digits > 0 && word[len] == '\0' && len <= LINE_ITEM_MAX_LEN;
}

/* Signs, and no letters: "1️⃣" and "👍🏽" are, "ok" and "été" are not. */
static bool is_reaction(const char *word)
{
    enum { REACTION_MAX_LEN = 64 };
    bool has_sign = false;
    if (strlen(word) > REACTION_MAX_LEN)
        return false;
    for (size_t n; *word; word += n) {
        int code = text_codepoint(word, &n);
        utf8proc_category_t category = utf8proc_category(code);
        if (code == 0xFFFD || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO))
            return false;
        if (code >= 0x80 && category != UTF8PROC_CATEGORY_ZS)
            has_sign = true;
    }
    return has_sign;
}

/* ---- @bob ... ---- */

/* "in DEC-1: text", "in thread: text". */
static struct line read_in(struct arena *arena, const char *rest)
{
    static const char usage[] = "say where: `@bob in DEC-1: text` or `@bob in thread: text`";
    size_t len = strcspn(rest, ": \n");
    if (rest[len] != ':')
        return wrong(usage);
    const char *place = arena_strndup(arena, rest, len);
    struct line line = { .kind = LINE_SAY, .text = text_skip_space(rest + len + 1) };
    if (strcmp(place, "thread") == 0) {
        line.place = PLACE_THREAD;
    } else if (is_item(place)) {
        line.place = PLACE_ITEM;
        line.item = place;
    } else {
        return wrong(usage);
    }
    return line;
}

/* "edits: text" and "edits DEC-1: text"; "replies" has the same form. */
static struct line read_about(struct arena *arena, enum line_kind kind, const char *rest)
{
    size_t len = strcspn(rest, ": \n");
    struct line line = { .kind = kind };
    if (rest[len] != ':')
        return wrong("a colon and the text are missing: `@bob edits: text`, `@bob replies DEC-1: text`");
    if (len > 0) {
        line.item = arena_strndup(arena, rest, len);
        if (!is_item(line.item))
            return wrong("before the colon stands nothing or an item: `@bob edits DEC-1: text`");
    }
    line.text = text_skip_space(rest + len + 1);
    return line;
}

static struct line read_redacts(struct arena *arena, const char *rest)
{
    struct line line = { .kind = LINE_REDACT };
    const char *card = after_word(rest, "card");
    line.is_card = card != NULL;
    rest = card ? card : rest;
    if (*rest) {
        line.item = take_word(arena, rest, &rest);
        if (!is_item(line.item) || *rest)
            return wrong("`@bob redacts`, `@bob redacts DEC-1` or `@bob redacts card DEC-1`");
    } else if (line.is_card) {
        return wrong("whose card? `@bob redacts card DEC-1`");
    }
    return line;
}

/* "👍", "-👍", "👍 DEC-1"; LINE_BLANK if it is none of these. */
static struct line read_reaction(struct arena *arena, const char *rest)
{
    struct line line = { .kind = LINE_REACT };
    const char *word = take_word(arena, rest, &rest);
    if (*word == '-') {
        line.kind = LINE_UNREACT;
        word++;
    }
    if (!is_reaction(word))
        return (struct line){ .kind = LINE_BLANK };
    line.key = word;
    if (*rest) {
        line.item = take_word(arena, rest, &rest);
        if (!is_item(line.item) || *rest)
            return wrong("after the reaction stands nothing or an item: `@bob 👍 DEC-1`");
    }
    return line;
}

/* What stands after the name and a space; LINE_BLANK if it is no act. */
static struct line read_act(struct arena *arena, const char *text)
{
    const char *rest;
    if (strncmp(text, "dm:", 3) == 0)
        return (struct line){ .kind = LINE_SAY, .place = PLACE_DM, .text = text_skip_space(text + 3) };
    if ((rest = after_word(text, "in")) != NULL)
        return read_in(arena, rest);
    if (strncmp(text, "edits:", 6) == 0 || after_word(text, "edits"))
        return read_about(arena, LINE_EDIT, text_skip_space(text + 5));
    if (strncmp(text, "replies:", 8) == 0 || after_word(text, "replies"))
        return read_about(arena, LINE_REPLY, text_skip_space(text + 7));
    if ((rest = after_word(text, "redacts")) != NULL)
        return read_redacts(arena, rest);
    return read_reaction(arena, text);
}

static bool is_end_of_name(char c)
{
    return c == '\0' || c == ' ' || c == '\n';
}

/* "@bob: text", "@bob:example.org: text", "@bob ACT". A colon after the name begins the text unless what
 * follows makes a full id in front of an act: "@bob:yes" is bob saying yes. */
static struct line read_person(struct arena *arena, const char *text)
{
    size_t local_len = 1 + strcspn(text + 1, ": \n"), word_len = strcspn(text, " \n");
    const char *local = line_person_id(arena, arena_strndup(arena, text, local_len));
    if (!local)
        return no_legal_name(arena, arena_strndup(arena, text, local_len));
    struct line line = { .kind = LINE_BLANK };
    if (text[local_len] == ':' && !is_end_of_name(text[local_len + 1])) {
        bool has_colon = text[word_len - 1] == ':';
        const char *full = line_person_id(arena, arena_strndup(arena, text, word_len - has_colon));
        const char *rest = text_skip_space(text + word_len);
        if (full && has_colon)
            line = (struct line){ .kind = LINE_SAY, .text = rest };
        else if (full)
            line = read_act(arena, rest);
        if (line.kind != LINE_BLANK) {
            line.who = full;
            return line;
        }
    }
    if (text[local_len] == ':')
        line = (struct line){ .kind = LINE_SAY, .text = text_skip_space(text + local_len + 1) };
    else
        line = read_act(arena, text_skip_space(text + local_len));
    if (line.kind == LINE_BLANK)
        return wrong("what does that person do? `@bob: text` says it; /help has the rest");
    line.who = local;
    return line;
}

/* ---- /commands ---- */

bool line_read_wait(const char *text, int64_t *wait_ms_out)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = { { "min", 60000 },  { "m", 60000 },     { "h", 3600000 },
                  { "d", 86400000 }, { "w", 604800000 }, { "s", 1000 } };
    int64_t sum_ms = 0;
    bool was_hours = false;
    while (*text) {
        char *end;
        if (*text < '0' || *text > '9' || strspn(text, "0123456789") > 9)
            return false;
        int64_t number = strtol(text, &end, 10), unit_ms = 0;
        for (size_t i = 0; !unit_ms && i < sizeof units / sizeof units[0]; i++)
            if (text_starts_with(end, units[i].name)) {
                unit_ms = units[i].ms;
                end += strlen(units[i].name);
            }
        if (!unit_ms && was_hours && *end == '\0')
            unit_ms = 60000; /* 1h30 */
        if (!unit_ms || number > LINE_WAIT_MAX_MS / unit_ms)
            return false;
        was_hours = unit_ms == 3600000;
        sum_ms += number * unit_ms;
        if (sum_ms > LINE_WAIT_MAX_MS)
            return false;
        text = text_skip_space(end);
    }
    *wait_ms_out = sum_ms;
    return sum_ms > 0;
}

/* A name people read, no id: any letters, but nothing that would break a room id or a head line. */
static bool is_room_name(const char *name)
{
    enum { ROOM_NAME_MAX_LEN = 100 };
    if (*name == '\0' || strlen(name) > ROOM_NAME_MAX_LEN || strpbrk(name, ":/@#!,="))
        return false;
    for (size_t n; *name; name += n) {
        int code = text_codepoint(name, &n);
        utf8proc_category_t category = utf8proc_category(code);
        bool is_letter_or_digit = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
        if (code == 0xFFFD || !(is_letter_or_digit || code == '-' || code == '_' || code == '.'))
            return false;
    }
    return true;
}

static const char *read_people(struct arena *arena, const char *list, struct line_room *room)
{
    size_t max = 1;
    for (const char *comma = strchr(list, ','); comma; comma = strchr(comma + 1, ','))
        max++;
    if (max > LINE_PEOPLE_MAX)
        return arena_printf(arena, "at most %d people at once", LINE_PEOPLE_MAX);
    /* Given twice, the later list holds. */
    room->people = arena_alloc(arena, max * sizeof *room->people);
    room->n_people = 0;
    while (*list) {
        size_t len = strcspn(list, ",");
        const char *name = arena_strndup(arena, list, len), *id = line_person_id(arena, name);
        if (!id)
            return no_legal_name(arena, name).text;
        room->people[room->n_people++] = id;
        list += len + (list[len] == ',');
    }
    return NULL;
}

static const char *read_room_option(struct arena *arena, const char *word, struct line_room *room)
{
    const char *equals = strchr(word, '=');
    const char *name = equals ? arena_strndup(arena, word, (size_t)(equals - word)) : "";
    const char *value = equals ? equals + 1 : "";
    if (equals && *value == '\0')
        return arena_printf(arena, "%s= has no value", text_shorten(arena, text_clean(arena, name), 40));
    if (strcmp(name, "kind") == 0)
        room->kind = value;
    else if (strcmp(name, "lang") == 0)
        room->lang = value;
    else if (strcmp(name, "zone") == 0)
        room->zone = value;
    else if (strcmp(name, "people") == 0)
        return read_people(arena, value, room);
    else
        return "a room has kind=, lang=, zone= and people=@alice,@bob";
    return NULL;
}

static struct line read_room(struct arena *arena, const char *rest)
{
    struct line line = { .kind = LINE_ROOM };
    if (*rest == '\0')
        return line;
    line.room.name = take_word(arena, rest, &rest);
    if (!is_room_name(line.room.name))
        return wrong("a room's name is one word of letters, digits, - _ and .: `/room ops lang=fr`");
    while (*rest) {
        const char *problem = read_room_option(arena, take_word(arena, rest, &rest), &line.room);
        if (problem)
            return wrong(problem);
    }
    return line;
}

static struct line read_person_command(struct arena *arena, enum line_kind kind, const char *rest)
{
    if (*rest == '\0')
        return wrong("who? `/join @dan`, `/leave @dan`, `/level @dan 50`");
    const char *name = take_word(arena, rest, &rest);
    struct line line = { .kind = kind, .person = line_person_id(arena, name) };
    if (!line.person)
        return no_legal_name(arena, name);
    if (kind == LINE_LEVEL) {
        char *end;
        long level = strtol(rest, &end, 10);
        if (end == rest || *end || level < -100 || level > 100)
            return wrong("a level is a number from -100 to 100: `/level @bob 50`");
        line.level = level;
    } else if (*rest) {
        return wrong("one person at a time");
    }
    return line;
}

static struct line read_wait_command(enum line_kind kind, const char *rest)
{
    struct line line = { .kind = kind };
    if (kind == LINE_DOWN && *rest == '\0')
        return line;
    if (!line_read_wait(rest, &line.wait_ms))
        return wrong("how long? 30m, 2h, 1h30, 3d, 1w; a year at most");
    return line;
}

static struct line read_command(struct arena *arena, const char *text)
{
    static const struct {
        const char *name;
        enum line_kind kind;
    } commands[] = { { "/room", LINE_ROOM }, { "/at", LINE_AT },         { "/wait", LINE_WAIT },
                     { "/down", LINE_DOWN }, { "/up", LINE_UP },         { "/now", LINE_NOW },
                     { "/join", LINE_JOIN }, { "/leave", LINE_LEAVE },   { "/level", LINE_LEVEL },
                     { "/kick", LINE_KICK }, { "/invite", LINE_INVITE }, { "/help", LINE_HELP },
                     { "/quit", LINE_QUIT } };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const char *rest = after_word(text, commands[i].name);
        enum line_kind kind = commands[i].kind;
        if (!rest)
            continue;
        rest = text_trim(arena, rest);
        if (kind == LINE_ROOM)
            return read_room(arena, rest);
        if (kind == LINE_WAIT || kind == LINE_DOWN)
            return read_wait_command(kind, rest);
        if (kind == LINE_JOIN || kind == LINE_LEAVE || kind == LINE_LEVEL)
            return read_person_command(arena, kind, rest);
        if (kind == LINE_KICK)
            return (struct line){ .kind = LINE_KICK, .text = *rest ? rest : NULL };
        if (kind == LINE_AT)
            return *rest ? (struct line){ .kind = LINE_AT, .text = rest } : wrong("when? `/at friday 17:00`");
        return *rest ? wrong(arena_printf(arena, "%s stands alone", commands[i].name))
                     : (struct line){ .kind = kind };
    }
    return wrong("no such command; /help has them all");
}

struct line line_read(struct arena *arena, const char *text, size_t len)
{
    if (len > LINE_MAX_LEN)
        return wrong("longer than a Matrix event may be (65,536 bytes)");
    if (memchr(text, '\0', len))
        return wrong("a NUL byte is no text");
    text = valid_utf8(arena, text, len);
    const char *start = text_skip_space(text);
    struct line line;
    if (*start == '\0')
        return (struct line){ .kind = LINE_BLANK };
    if (*text == '#')
        return (struct line){ .kind = LINE_COMMENT, .text = text };
    if (*text == '/')
        return read_command(arena, text);
    line = *text == '@' ? read_person(arena, text) : (struct line){ .kind = LINE_SAY, .text = text };
    if ((line.kind == LINE_SAY || line.kind == LINE_EDIT || line.kind == LINE_REPLY) &&
        *text_skip_space(line.text) == '\0')
        return wrong("there is no text");
    return line;
}
