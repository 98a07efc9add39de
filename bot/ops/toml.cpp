// Errors come back as values: no exception crosses into C.
#define TOML_EXCEPTIONS 0
// The parser of 3.3 asserts of a table's name ("[$") what it checks a few lines later, with words for the user.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <json-c/json.h>

extern "C" {
#include "ops/toml.h"
}

static json_object *scalar(const toml::node &node)
{
    if (auto text = node.value_exact<std::string_view>())
        return json_object_new_string_len(text->data(), static_cast<int>(text->size()));
    if (auto flag = node.value_exact<bool>())
        return json_object_new_boolean(*flag);
    if (auto whole = node.value_exact<int64_t>())
        return json_object_new_int64(*whole);
    if (auto real = node.value_exact<double>())
        return json_object_new_double(*real);
    return nullptr;
}

static json_object *value_of(const toml::node &node)
{
    const toml::array *array = node.as_array();
    if (!array)
        return scalar(node);
    json_object *list = json_object_new_array();
    for (const toml::node &item : *array)
        json_object_array_add(list, scalar(item));
    return list;
}

// json-c ends a name at its first NUL: "url\u0000x" must not pass for "url".
static std::string name_of(const toml::key &key)
{
    std::string name(key.str());
    std::replace(name.begin(), name.end(), '\0', '?');
    return name;
}

static json_object *entry(const toml::key &key, const char *name, json_object *value)
{
    json_object *object = json_object_new_object();
    json_object_object_add(object, "line", json_object_new_int64(key.source().begin.line));
    json_object_object_add(object, name, value);
    return object;
}

static json_object *keys_of(const toml::table &table)
{
    json_object *keys = json_object_new_object();
    for (auto &&[key, node] : table)
        json_object_object_add(keys, name_of(key).c_str(), entry(key, "value", value_of(node)));
    return keys;
}

// Reads over a text between quotes, to behind its end: the closing quotes, or, of a text of one line, the line's end.
static size_t skip_quoted(std::string_view text, size_t at)
{
    char quote = text[at];
    std::string_view three = quote == '"' ? R"(""")" : "'''";
    bool is_long = text.substr(at, 3) == three;
    for (at += is_long ? 3 : 1; at < text.size(); at++) {
        if (quote == '"' && text[at] == '\\')
            at++;
        else if (is_long ? text.substr(at, 3) == three : text[at] == quote)
            return at + (is_long ? 3 : 1);
        else if (!is_long && text[at] == '\n')
            return at;
    }
    return at;
}

// The parser of 3.3 calls many letters that are not ASCII unreachable where it looks for the space before a name. TOML has
// none outside of quotes and remarks.
static bool is_plain(std::string_view text, struct err *err)
{
    for (size_t at = text.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0; at < text.size();) {
        unsigned char c = static_cast<unsigned char>(text[at]);
        if (c == '"' || c == '\'')
            at = skip_quoted(text, at);
        else if (c == '#')
            at = std::min(text.find('\n', at), text.size());
        else if (c >= 0x80)
            return err_set(err, "line %zu: such letters stand between quotes only",
                           static_cast<size_t>(std::count(text.begin(), text.begin() + at, '\n')) + 1);
        else
            at++;
    }
    return true;
}

static bool is_bounded(std::string_view text, struct err *err)
{
    size_t line = 1, start = 0, n_dots = 0;
    if (text.size() > TOML_BYTES_MAX)
        return err_set(err, "line 1: the file is longer than %d bytes", TOML_BYTES_MAX);
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        } else if (i - start >= TOML_LINE_MAX) {
            return err_set(err, "line %zu: longer than %d bytes", line, TOML_LINE_MAX);
        } else if (text[i] == '.' && ++n_dots > TOML_DOTS_MAX) {
            return err_set(err, "line %zu: more than %d dots up to here", line, TOML_DOTS_MAX);
        }
    }
    return true;
}

struct json_object *toml_parse(const char *text, size_t len, struct err *err)
{
    std::string_view view(text, len);
    if (!is_bounded(view, err) || !is_plain(view, err))
        return nullptr;
    toml::parse_result result = toml::parse(view);
    if (!result) {
        std::string_view why = result.error().description();
        err_set(err, "line %u: %.*s", static_cast<unsigned>(result.error().source().begin.line),
                static_cast<int>(why.size() < 200 ? why.size() : 200), why.data());
        return nullptr;
    }
    json_object *tree = json_object_new_object();
    for (auto &&[key, node] : result.table()) {
        const toml::table *section = node.as_table();
        json_object *value =
            section ? entry(key, "keys", keys_of(*section)) : entry(key, "value", value_of(node));
        json_object_object_add(tree, name_of(key).c_str(), value);
    }
    return tree;
}
