#include "ops/config_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"
#include "engine/moments.h"
#include "time/hours.h"
#include "time/zone.h"

enum { USER_ID_MAX = 255, PREFIX_CHARS_MAX = 4 };

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
        abort();
    bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[INET6_ADDRSTRLEN] = "";
    size_t len = strlen(host);
    /* curl takes "localhost" to the loopback without asking a resolver. */
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (host[0] != '[' || len - 2 >= sizeof bare)
        return false;
    memcpy(bare, host + 1, len - 2);
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static bool is_homeserver(CURLU *url)
{
    char *scheme = NULL, *host = NULL;
    bool is_ok = false;
    if (!has_part(url, CURLUPART_USER) && !has_part(url, CURLUPART_PASSWORD) &&
        !has_part(url, CURLUPART_QUERY) && !has_part(url, CURLUPART_FRAGMENT) &&
        !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) && !curl_url_get(url, CURLUPART_HOST, &host, 0))
        is_ok = strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback(host));
    curl_free(scheme);
    curl_free(host);
    return is_ok;
}

bool config_check_url(const char *text)
{
    if (!matches(text, "^https?://[!-~]+$"))
        return false;
    CURLU *url = curl_url();
    if (!url)
        abort();
    bool is_ok = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && is_homeserver(url);
    curl_url_cleanup(url);
    return is_ok;
}

bool config_check_server(const char *text)
{
    return strlen(text) < USER_ID_MAX &&
           matches(text,
                   "^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}\\])(:[0-9]{1,5})?$");
}

bool config_check_user(const char *text)
{
    const char *colon = strchr(text, ':');
    return colon && strlen(text) <= USER_ID_MAX && matches(text, "^@[!-9;-~]+:") &&
           config_check_server(colon + 1);
}

bool config_check_user_or_server(const char *text)
{
    return text[0] == '@' ? config_check_user(text) : config_check_server(text);
}

bool config_check_path(const char *text)
{
    return *text && !strpbrk(text, "\n\r");
}

bool config_check_lang(const char *text)
{
    return matches(text, "^(en|fr|fr-CA|fr-CH)$");
}

bool config_check_zone(const char *text)
{
    return zone_is_known(text);
}

bool config_check_hours(const char *text)
{
    struct hours hours;
    return hours_parse(text, &hours);
}

bool config_check_reminders(const char *text)
{
    struct moments moments;
    return moments_parse(text, &moments);
}

bool config_check_country(const char *text)
{
    return !*text || holidays_is_known(text);
}

static bool is_sign(int codepoint)
{
    switch (utf8proc_category(codepoint)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
        return codepoint != 0xFFFD; /* what malformed bytes read as */
    default:
        return false;
    }
}

bool config_check_prefix(const char *text)
{
    size_t n_chars = 0, len;
    for (int codepoint; (codepoint = text_codepoint(text, &len)) != 0; text += len, n_chars++)
        if (!is_sign(codepoint))
            return false;
    return n_chars >= 1 && n_chars <= PREFIX_CHARS_MAX;
}
