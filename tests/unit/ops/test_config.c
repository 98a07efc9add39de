/* ops/config: what is wrong is named with its line and what to write; nothing unknown is passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "ops/config.h"
#include "ops/file.h"
#include "ops/toml.h"

#define LEAST                                                                                                \
    "[homeserver]\nurl = \"https://matrix.example.org\"\nuser = \"@greffier:example.org\"\n"                 \
    "[store]\npath = \"g.db\"\n[access]\nadmins = [\"@alice:example.org\"]\n"

static bool parse(const char *text, struct config *config, struct err *err)
{
    return config_parse("f.toml", text, strlen(text), config, err);
}

/* Loads, and is thrown away. */
static bool is_accepted(const char *text, struct err *err)
{
    struct config config;
    bool is_ok = parse(text, &config, err);
    config_finish(&config);
    return is_ok;
}

static void config__has_defaults__when_the_least_is_given(void **state)
{
    (void)state;
    struct config config;
    struct err err = { "" };
    assert_true(parse(LEAST, &config, &err));
    assert_string_equal(config.homeserver.url, "https://matrix.example.org");
    assert_null(config.homeserver.password_file);
    assert_string_equal(config.store.key_file, "g.db.key");
    assert_int_equal(config.access.admins.n_items, 1);
    assert_int_equal(config.access.invite_from.n_items, 0);
    assert_int_equal(config.access.trust, CONFIG_TRUST_CROSS_SIGNED);
    assert_string_equal(config.defaults.lang, "en");
    assert_string_equal(config.defaults.zone, "UTC");
    assert_string_equal(config.defaults.hours, "mon-fri 09:00-12:00,13:00-17:00");
    assert_string_equal(config.defaults.country, "");
    assert_string_equal(config.defaults.prefix, "!");
    assert_int_equal(config.limits.burst, 10);
    assert_true(config.limits.refill_per_s > 0.19 && config.limits.refill_per_s < 0.21);
    assert_int_equal(config.log.level, LOG_LEVEL_INFO);
    config_finish(&config);
}

static void config__keeps_what_is_given(void **state)
{
    (void)state;
    struct config config;
    struct err err = { "" };
    assert_true(
        parse("[homeserver]\nurl = \"http://127.0.0.1:8008/\"\nuser = \"@g:localhost\"\n"
              "password_file = \"pw\"\n[store]\npath = \"a/b.db\"\nkey_file = \"k\"\n"
              "[access]\ninvite_from = [\n  \"example.org\",\n  \"@bob:example.net\",\n]\n"
              "trust = \"lax\"\n[defaults]\nlang = \"fr-CA\"\nzone = \"America/Montreal\"\n"
              "hours = \"sun-thu 08:00-16:00\"\ncountry = \"CH-VD\"\nprefix = \"§\"\n[limits]\nburst = 0\n"
              "refill_per_s = 2\n[log]\nlevel = \"debug\"\n",
              &config, &err));
    assert_string_equal(config.homeserver.url, "http://127.0.0.1:8008");
    assert_string_equal(config.homeserver.password_file, "pw");
    assert_string_equal(config.store.key_file, "k");
    assert_int_equal(config.access.admins.n_items, 0);
    assert_int_equal(config.access.trust, CONFIG_TRUST_LAX);
    assert_string_equal(config.defaults.lang, "fr-CA");
    assert_string_equal(config.defaults.country, "CH-VD");
    assert_string_equal(config.defaults.prefix, "§");
    assert_int_equal(config.limits.burst, 0);
    assert_true(config.limits.refill_per_s > 1.9);
    assert_int_equal(config.log.level, LOG_LEVEL_DEBUG);
    assert_true(config_may_invite(&config, "@carol:example.org"));
    assert_true(config_may_invite(&config, "@bob:example.net"));
    assert_false(config_may_invite(&config, "@carol:example.net"));
    assert_false(config_may_invite(&config, "example.org"));
    assert_false(config_may_invite(&config, "@carol:sub.example.org"));
    assert_false(config_is_admin(&config, "@bob:example.net"));
    config_finish(&config);
}

static void config__names_the_line_and_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *more, *want; /* want stands in the error */
    } rows[] = {
        { "[defaults]\nprefx = \"!\"\n", "f.toml, line 9: unknown key \"defaults.prefx\"; the nearest is "
                                         "\"defaults.prefix\"" },
        { "[default]\nprefix = \"!\"\n",
          "line 8: unknown section \"default\"; the nearest is \"[defaults]\"" },
        { "[log]\nzone = \"UTC\"\n", "line 9: unknown key \"log.zone\"; the nearest is \"defaults.zone\"" },
        { "[access.more]\nx = 1\n", "line 8: unknown key \"access.more\"; the nearest is \"access." },
        { "[log]\n\"lev\\u0000el\" = \"info\"\n", "line 9: unknown key \"log.lev?el\"" },
        { "[log]\n\"a\\u001b[31mb\" = 1\n", "line 9: unknown key \"log.a[31mb\"" },
        { "[log]\nlevel = \"loud\"\n",
          "line 9: log.level: expected \"debug\", \"info\", \"warn\" or \"error\", not "
          "\"loud\"" },
        { "[log]\nlevel = 3\n", "line 9: log.level: expected \"debug\"" },
        { "[limits]\nburst = 1.5\n", "line 9: limits.burst: expected a whole number" },
        { "[limits]\nburst = -1\n", "line 9: limits.burst: expected" },
        { "[limits]\nburst = \"10\"\n",
          "line 9: limits.burst: expected a whole number from 0 (no limit) to 1000, "
          "not \"10\"" },
        { "[limits]\nrefill_per_s = nan\n", "line 9: limits.refill_per_s: expected a number" },
        { "[limits]\nrefill_per_s = inf\n", "line 9: limits.refill_per_s" },
        { "[limits]\nrefill_per_s = 2026-11-24\n", "line 9: limits.refill_per_s" },
        { "[defaults]\nlang = \"de\"\n",
          "line 9: defaults.lang: expected \"en\", \"fr\", \"fr-CA\" or \"fr-CH\", "
          "not \"de\"" },
        { "[defaults]\nzone = \"../../etc/passwd\"\n", "line 9: defaults.zone: expected a time zone" },
        { "[defaults]\nhours = \"9 to 5\"\n", "line 9: defaults.hours: expected days and times such as" },
        { "[defaults]\nprefix = \"go\"\n", "line 9: defaults.prefix: expected 1 to 4 signs" },
        { "[defaults]\nlang = \"en\"\nlang = \"fr\"\n", "f.toml, line 10: " },
        { "[defaults]\nlang = \"en\n", "f.toml, line 9: " },
        { "[defaults\n", "f.toml, line 8: " },
        { "[homeserver]\n", "f.toml, line 8: " },
        { "invite_from = \"example.org\"\n", "line 8: access.invite_from: expected a list" },
        { "invite_from = [\"example.org\", \"@bob\"]\n", "not \"@bob\"" },
        { "invite_from = [[\"example.org\"]]\n", "line 8: access.invite_from" },
        { "[store.key_file]\n", "line 8: store.key_file: expected the path of a file" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = { "" };
        char *text = xasprintf("%s%s", LEAST, rows[i].more);
        assert_false(is_accepted(text, &err));
        if (!strstr(err.text, rows[i].want))
            fail_msg("%s gave: %s", rows[i].more, err.text);
        free(text);
    }
}

static void config__says_what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "f.toml: homeserver.url is missing; under [homeserver], for example: url = \"https://" },
        { "[homeserver]\nurl = \"https://example.org\"\n",
          "homeserver.user is missing; under [homeserver], for "
          "example: user = \"@greffier:example.org\"" },
        { "[homeserver]\nurl = \"https://example.org\"\nuser = \"@g:example.org\"\n",
          "store.path is missing" },
        { "[homeserver]\nurl = \"https://example.org\"\nuser = \"@g:example.org\"\n[store]\npath = \"g.db\"\n",
          "nobody could invite the bot" },
        { "url = \"https://example.org\"\n",
          "line 1: unknown key \"url\"; the nearest is \"homeserver.url\"" },
        { "[log]\nlevel = 1\nlewel = 2\n", "line 2: log.level" },
        { LEAST "[homeserver.x]\n", "line 8: unknown key \"homeserver.x\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = { "" };
        assert_false(is_accepted(rows[i].text, &err));
        if (!strstr(err.text, rows[i].want))
            fail_msg("%s gave: %s", rows[i].text, err.text);
    }
}

static void config__refuses_two_ways_to_log_in(void **state)
{
    (void)state;
    struct err err = { "" };
    assert_false(is_accepted("[homeserver]\nurl = \"https://example.org\"\nuser = \"@g:example.org\"\n"
                             "password_file = \"p\"\naccess_token_file = \"t\"\n[store]\npath = \"g.db\"\n"
                             "[access]\nadmins = [\"@alice:example.org\"]\n",
                             &err));
    assert_non_null(strstr(err.text, "are both given"));
}

/* One key, put into the least configuration in place of its like. */
static void check_rows(const char *format, const char *const *good, const char *const *bad)
{
    for (int wanted = 1; wanted >= 0; wanted--) {
        for (const char *const *value = wanted ? good : bad; *value; value++) {
            struct err err = { "" };
            struct buf text;
            buf_init(&text, TOML_BYTES_MAX);
            const char *mark = strchr(format, '%');
            buf_add(&text, format, (size_t)(mark - format));
            buf_puts(&text, *value);
            buf_puts(&text, mark + 1);
            if (is_accepted(text.text, &err) != (wanted == 1))
                fail_msg("%s: %s", *value, wanted ? err.text : "was accepted");
            buf_finish(&text);
        }
    }
}

static void config__takes_https_and_http_to_this_machine_only(void **state)
{
    (void)state;
    static const char *const good[] = { "https://example.org",   "https://example.org:8448/base",
                                        "http://localhost:8008", "http://127.0.0.1:8008",
                                        "http://127.9.9.9",      "http://[::1]:8008",
                                        "https://192.0.2.1/",    NULL };
    static const char *const bad[] = { "",
                                       "example.org",
                                       "http://example.org",
                                       "http://localhost.example.org",
                                       "http://localhost@example.org",
                                       "http://127.0.0.1.example.org",
                                       "http://127.0.0.1@example.org",
                                       "http://0.0.0.0",
                                       "http://[::ffff:192.0.2.1]",
                                       "http://192.0.2.1",
                                       "ftp://localhost",
                                       "file:///etc/passwd",
                                       "https://",
                                       "https://alice:pw@example.org",
                                       "https://example.org?x",
                                       "https://example.org#x",
                                       "https://exa mple.org",
                                       NULL };
    check_rows("[homeserver]\nurl = \"%\"\nuser = \"@g:example.org\"\n[store]\npath = \"g.db\"\n"
               "[access]\ninvite_from = [\"example.org\"]\n",
               good, bad);
}

static void config__takes_full_ids_only(void **state)
{
    (void)state;
    static const char *const good[] = { "@a:b", "@alice.b-c_d=e/f+1:example.org:8448", "@x:[2001:db8::1]:1",
                                        NULL };
    static const char *const bad[] = { "",
                                       "@",
                                       "alice",
                                       "@alice",
                                       "@alice:",
                                       "@:example.org",
                                       "alice:example.org",
                                       "@al ice:example.org",
                                       "@alice:example.org ",
                                       "@alice:exa_mple",
                                       "@\xc3\xa9:b",
                                       "@a:b:c",
                                       "@a:-b",
                                       NULL };
    check_rows("[homeserver]\nurl = \"https://example.org\"\nuser = \"%\"\n[store]\npath = \"g.db\"\n"
               "[access]\ninvite_from = [\"example.org\"]\n",
               good, bad);
}

static void config__takes_hours_that_the_engine_can_read(void **state)
{
    (void)state;
    static const char *const good[] = { "mon-fri 09:00-12:00,13:00-17:00", "sun-thu 08:00-16:00",
                                        "mon,wed 00:00-24:00",
                                        "mon-thu 09:00-12:30,13:30-17:30; fri 09:00-12:00", NULL };
    static const char *const bad[] = { "",
                                       "mon",
                                       "mon-fri",
                                       "lun 09:00-12:00",
                                       "mon 9-12",
                                       "mon 25:00-26:00",
                                       "mon 09:00-12:60",
                                       "mon 09:00",
                                       "09:00-12:00",
                                       "mon 12:00-09:00",
                                       NULL };
    check_rows(LEAST "[defaults]\nhours = \"%\"\n", good, bad);
}

static void config__takes_short_signs_as_prefix(void **state)
{
    (void)state;
    static const char *const good[] = { "!", "!!", "?", "§", "🤖", "::", NULL };
    static const char *const bad[] = {
        "", " ", "! ", "a", "é", "!a", "1", "!!!!!", "\\u200b", "\\u0301", NULL
    };
    check_rows(LEAST "[defaults]\nprefix = \"%\"\n", good, bad);
}

static void config__takes_zones_that_exist(void **state)
{
    (void)state;
    static const char *const good[] = { "UTC", "Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5",
                                        NULL };
    static const char *const bad[] = {
        "", "/etc/localtime", "Europe/../Paris", "Europe/Pariss", "Moon", ".", "Europe/", "Eu rope", NULL
    };
    check_rows(LEAST "[defaults]\nzone = \"%\"\n", good, bad);
}

static void toml__refuses_what_would_break_the_parser(void **state)
{
    (void)state;
    struct err err = { "" };
    struct buf text;
    /* One line of 40,000 parts; then as many parts, spread over lines by arrays of inline tables. */
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 40000; i++)
        buf_puts(&text, "a.");
    buf_puts(&text, "a = 1\n");
    assert_null(toml_parse(text.text, text.len, &err));
    assert_non_null(strstr(err.text, "line 1: longer than 4096 bytes"));
    buf_clear(&text);
    buf_puts(&text, "x = [\n");
    for (int line = 0; line < 100; line++) {
        buf_puts(&text, "{ ");
        for (int i = 0; i < 1000; i++)
            buf_puts(&text, "a.");
        buf_puts(&text, "a = [\n");
    }
    assert_null(toml_parse(text.text, text.len, &err));
    assert_non_null(strstr(err.text, "more than 8192 dots"));
    buf_clear(&text);
    while (text.len <= TOML_BYTES_MAX)
        buf_puts(&text, "# no harm\n");
    assert_null(toml_parse(text.text, text.len, &err));
    assert_non_null(strstr(err.text, "longer than 262144 bytes"));
    buf_finish(&text);
}

/* Each ended the program, or had no defined outcome (found by fuzzing). */
static void toml__refuses_names_that_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = { "[",        "[$",          "[\x01",
                                         "[[",       "[ \xC3\xA9",  "\xC3\xA9 = 1",
                                         "\xD0\xBB", "a\n\xC2\xA1", "l=+\"\xC5\x9C" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct err err = { "" };
        assert_null(toml_parse(texts[i], strlen(texts[i]), &err));
        assert_non_null(strstr(err.text, "line "));
    }
    static const char good[] = "# \xC3\xA9\na = \"\xC3\xA9\\\"\xC3\xA9\"\nb = '''\n\xC3\xA9''' # \xC3\xA9\n";
    struct json_object *tree = toml_parse(good, strlen(good), NULL);
    assert_non_null(tree);
    json_object_put(tree);
}

static void toml__survives_the_deepest_that_is_let_in(void **state)
{
    (void)state;
    struct err err = { "" };
    struct buf text;
    buf_init(&text, TOML_BYTES_MAX);
    buf_puts(&text, "x = [\n");
    for (int line = 0; line < 100; line++) {
        buf_puts(&text, "{ ");
        for (int i = 0; i < 80; i++)
            buf_puts(&text, "a.");
        buf_puts(&text, "a = [\n");
    }
    for (int line = 0; line < 100; line++)
        buf_puts(&text, "] }\n");
    buf_puts(&text, "]\n");
    struct json_object *tree = toml_parse(text.text, text.len, &err);
    assert_non_null(tree);
    json_object_put(tree);
    buf_finish(&text);
}

/* The example, with each commented-out key given in place of its comment but for one of the ways to log in.
 */
static char *filled_example(const char *example)
{
    struct buf filled;
    buf_init(&filled, TOML_BYTES_MAX);
    for (const char *line = example; *line;) {
        size_t len = strcspn(line, "\n");
        bool is_default = line[0] == '#' && line[1] != ' ' && line[1] != '\n';
        if (is_default && strncmp(line, "#access_token_file", 18) != 0) {
            line++;
            len--;
        }
        buf_add(&filled, line, len);
        buf_putc(&filled, '\n');
        line += len + (line[len] == '\n');
    }
    char *text = buf_take(&filled);
    buf_finish(&filled);
    return text;
}

/* Calls see for each line "name = value", commented out or not; returns how many there are. */
static size_t each_given(char *example, void (*see)(const char *section, const char *name, const char *value))
{
    size_t n_given = 0;
    char section[64] = "", name[64], *rest = example;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        int end = 0;
        sscanf(line, "[%63[a-z]]", section);
        line += line[0] == '#';
        if (sscanf(line, "%63[a-z_] = %n", name, &end) == 1 && end > 0) {
            n_given++;
            see(section, name, line + end);
        }
    }
    return n_given;
}

static void see_given(const char *section, const char *name, const char *value)
{
    const struct config_key_info *key;
    for (size_t i = 0; (key = config_key_at(i)) != NULL; i++) {
        if (strcmp(key->section, section) == 0 && strcmp(key->name, name) == 0) {
            if (key->default_text && strcmp(name, "admins") != 0) /* the one that must be filled in */
                assert_string_equal(value, key->default_text);
            return;
        }
    }
    fail_msg("config.example.toml gives [%s] %s, which is no key", section, name);
}

static void example__names_every_key_with_its_default(void **state)
{
    (void)state;
    size_t len, n_keys = 0;
    struct err err = { "" };
    char *example = file_read(SOURCE_ROOT "/config.example.toml", TOML_BYTES_MAX, &len, &err);
    assert_non_null(example);
    while (config_key_at(n_keys))
        n_keys++;
    /* Each is a key, none stands there twice (TOML refuses that, example__loads): so all of them do. */
    assert_int_equal(each_given(example, see_given), n_keys);
    free(example);
}

static void example__loads(void **state)
{
    (void)state;
    size_t len;
    struct err err = { "" };
    char *example = file_read(SOURCE_ROOT "/config.example.toml", TOML_BYTES_MAX, &len, &err);
    assert_non_null(example);
    if (!is_accepted(example, &err))
        fail_msg("%s", err.text);
    char *filled = filled_example(example);
    struct config config;
    if (!parse(filled, &config, &err))
        fail_msg("%s", err.text);
    assert_string_equal(config.homeserver.password_file, "/etc/greffier/password");
    assert_string_equal(config.store.key_file, "/var/lib/greffier/greffier.db.key");
    config_finish(&config);
    free(filled);
    free(example);
}

static char directory[] = "/tmp/greffier-config-XXXXXX";

static char *write_file(const char *name, const char *text, size_t len, mode_t mode)
{
    char *path = xasprintf("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static void secret__is_one_private_line(void **state)
{
    (void)state;
    char *long_text = xcalloc(1, CONFIG_SECRET_MAX + 2);
    memset(long_text, 'x', CONFIG_SECRET_MAX + 1);
    const struct {
        const char *text;
        size_t len;
        mode_t mode;
        const char *secret, *want;
    } rows[] = {
        { "hunter2\n", 8, 0600, "hunter2", NULL },
        { "hunter2", 7, 0400, "hunter2", NULL },
        { " two words \r\n", 13, 0600, " two words ", NULL },
        { "hunter2\n", 8, 0640, NULL, "chmod 600 " },
        { "hunter2\n", 8, 0604, NULL, "chmod 600 " },
        { "hunter2\n", 8, 0620, NULL, "chmod 600 " },
        { "", 0, 0600, NULL, "is empty" },
        { "\n", 1, 0600, NULL, "is empty" },
        { "hunter2\nhunter3\n", 16, 0600, NULL, "must be one line" },
        { "hunter2\n\n", 9, 0600, NULL, "must be one line" },
        { "hunter2\0x", 9, 0600, NULL, "holds a NUL" },
        { long_text, CONFIG_SECRET_MAX + 1, 0600, NULL, "longer than 4096 bytes" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = { "" };
        char *path = write_file("secret", rows[i].text, rows[i].len, rows[i].mode);
        char *secret = config_read_secret(path, &err);
        if (rows[i].secret) {
            assert_non_null(secret);
            assert_string_equal(secret, rows[i].secret);
        } else {
            assert_null(secret);
            assert_non_null(strstr(err.text, rows[i].want));
            assert_null(strstr(err.text, "hunter"));
        }
        free(secret);
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    free(long_text);
}

static void secret__is_refused__when_it_is_no_file(void **state)
{
    (void)state;
    struct err err = { "" };
    assert_null(config_read_secret(directory, &err));
    assert_non_null(strstr(err.text, "no regular file"));
    char *path = xasprintf("%s/fifo", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(config_read_secret(path, &err));
    assert_int_equal(unlink(path), 0);
    assert_null(config_read_secret(path, &err));
    assert_non_null(strstr(err.text, "No such file"));
    free(path);
}

static void secret__comes_from_systemd(void **state)
{
    (void)state;
    struct err err = { "" };
    struct config config;
    unsetenv("CREDENTIALS_DIRECTORY");
    static const char text[] =
        "[homeserver]\nurl = \"https://example.org\"\nuser = \"@g:example.org\"\n"
        "password_file = \"$CREDENTIALS_DIRECTORY/password\"\n[store]\npath = \"g.db\"\n"
        "[access]\nadmins = [\"@alice:example.org\"]\n";
    assert_false(parse(text, &config, &err));
    assert_non_null(strstr(err.text, "line 4: homeserver.password_file: $CREDENTIALS_DIRECTORY is not set"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
    assert_true(parse(text, &config, &err));
    char *path = write_file("password", "hunter2\n", 8, 0440);
    assert_string_equal(config.homeserver.password_file, path);
    char *secret = config_read_secret(config.homeserver.password_file, &err);
    assert_non_null(secret);
    assert_string_equal(secret, "hunter2");
    free(secret);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_null(config_read_secret(path, &err));
    config_finish(&config);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void load__looks_in_the_named_places(void **state)
{
    (void)state;
    struct err err = { "" };
    struct config config;
    char *here = getcwd(NULL, 0);
    assert_non_null(here);
    char *path = write_file("other.toml", LEAST, strlen(LEAST), 0644);
    unsetenv("GREFFIER_CONFIG");
    assert_true(config_load(path, &config, &err));
    assert_string_equal(config.file, path);
    config_finish(&config);
    assert_int_equal(setenv("GREFFIER_CONFIG", path, 1), 0);
    assert_true(config_load(NULL, &config, &err));
    config_finish(&config);
    /* What is named and not there is not passed over. */
    assert_false(config_load("/nonexistent/greffier.toml", &config, &err));
    assert_non_null(strstr(err.text, "/nonexistent/greffier.toml: No such file"));
    assert_int_equal(unlink(path), 0);
    free(path);
    unsetenv("GREFFIER_CONFIG");
    path = write_file("greffier.toml", LEAST, strlen(LEAST), 0644);
    assert_int_equal(chdir(directory), 0);
    assert_true(config_load(NULL, &config, &err));
    assert_string_equal(config.file, "./greffier.toml");
    config_finish(&config);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(unlink(path), 0);
    free(path);
    free(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config__has_defaults__when_the_least_is_given),
        cmocka_unit_test(config__keeps_what_is_given),
        cmocka_unit_test(config__names_the_line_and_what_to_write),
        cmocka_unit_test(config__says_what_is_missing),
        cmocka_unit_test(config__refuses_two_ways_to_log_in),
        cmocka_unit_test(config__takes_https_and_http_to_this_machine_only),
        cmocka_unit_test(config__takes_full_ids_only),
        cmocka_unit_test(config__takes_hours_that_the_engine_can_read),
        cmocka_unit_test(config__takes_short_signs_as_prefix),
        cmocka_unit_test(config__takes_zones_that_exist),
        cmocka_unit_test(toml__refuses_what_would_break_the_parser),
        cmocka_unit_test(toml__refuses_names_that_are_none),
        cmocka_unit_test(toml__survives_the_deepest_that_is_let_in),
        cmocka_unit_test(example__names_every_key_with_its_default),
        cmocka_unit_test(example__loads),
        cmocka_unit_test(secret__is_one_private_line),
        cmocka_unit_test(secret__is_refused__when_it_is_no_file),
        cmocka_unit_test(secret__comes_from_systemd),
        cmocka_unit_test(load__looks_in_the_named_places),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
