/* A configuration: refused with the file and the line, or every value is one that its key may have. */
#include <string.h>

#include "fuzz.h"
#include "ops/config.h"
#include "ops/config_check.h"

static void check_list(const struct config_list *list, bool (*is_good)(const char *text))
{
    FUZZ_REQUIRE(list->n_items <= CONFIG_LIST_MAX);
    for (size_t i = 0; i < list->n_items; i++)
        FUZZ_REQUIRE(strlen(list->items[i]) <= CONFIG_TEXT_MAX && is_good(list->items[i]));
}

static void check_config(const struct config *config)
{
    FUZZ_REQUIRE(config_check_url(config->homeserver.url));
    FUZZ_REQUIRE(config->homeserver.url[strlen(config->homeserver.url) - 1] != '/');
    FUZZ_REQUIRE(config_check_user(config->homeserver.user));
    FUZZ_REQUIRE(!config->homeserver.password_file || !config->homeserver.access_token_file);
    FUZZ_REQUIRE(config_check_path(config->store.path) && config_check_path(config->store.key_file));
    check_list(&config->access.admins, config_check_user);
    check_list(&config->access.invite_from, config_check_user_or_server);
    check_list(&config->access.bots, config_check_user);
    FUZZ_REQUIRE(config_check_lang(config->defaults.lang) && config_check_zone(config->defaults.zone));
    FUZZ_REQUIRE(config_check_hours(config->defaults.hours) && config_check_prefix(config->defaults.prefix));
    FUZZ_REQUIRE(config->limits.burst >= 0 && config->limits.refill_per_s >= 0);
    for (size_t i = 0; i < config->access.admins.n_items; i++)
        FUZZ_REQUIRE(config_is_admin(config, config->access.admins.items[i]));
}

void target_config(const uint8_t *bytes, size_t len)
{
    struct config config;
    struct err err = { "" };
    if (config_parse("greffier.toml", len ? (const char *)bytes : "", len, &config, &err)) {
        check_config(&config);
        config_finish(&config);
    } else {
        FUZZ_REQUIRE(strncmp(err.text, "greffier.toml", strlen("greffier.toml")) == 0);
    }
}
