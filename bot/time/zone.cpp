/* C keeps struct zone_local and zone_local() apart; g++ sees a function that hides a constructor. */
#pragma GCC diagnostic ignored "-Wshadow"
#include "time/zone.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

extern "C" {
#include "base/log.h"
}

namespace
{

/* Debian's tzdata and most others install here; TZDIR is not asked, so that the list and the files agree. */
const std::string DIRECTORY = "/usr/share/zoneinfo/";
/* The list has 111 KB and 598 names today; what is far beyond is not the list. */
constexpr std::size_t LINES_MAX = 50000, NAMES_MAX = 5000;

struct entry {
    bool is_tried = false, is_loaded = false;
    cctz::time_zone zone;
};
using zone_map = std::map<std::string, entry, std::less<>>;

/* The compact source of the database has a line "Z name rules..." for a zone and "L target name" for a link.
 */
zone_map read_names()
{
    zone_map names;
    std::ifstream file(DIRECTORY + "tzdata.zi");
    std::string line, kind, first, second;
    for (std::size_t n = 0; n < LINES_MAX && names.size() < NAMES_MAX && std::getline(file, line); n++) {
        std::istringstream words(line);
        if (!(words >> kind >> first))
            continue;
        if (kind == "Z")
            names[first];
        else if (kind == "L" && words >> second)
            names[second];
    }
    if (names.empty())
        log_error("no time zones: cannot read %stzdata.zi", DIRECTORY.c_str());
    return names;
}

zone_map &all_names()
{
    static zone_map names = read_names();
    return names;
}

/* NULL if the name is not in the list. Whoever asks for a zone mostly asks again for the same one: that is not searched. */
zone_map::value_type *find_name(const char *name)
{
    static zone_map::value_type *last;
    if (last && name && last->first == name)
        return last;
    zone_map &names = all_names();
    auto found = name ? names.find(name) : names.end();
    return found == names.end() ? nullptr : last = &*found;
}

/* NULL if the name is not in the list or its file is not there. */
const cctz::time_zone *find(const char *name)
{
    zone_map::value_type *found = find_name(name);
    if (!found)
        return nullptr;
    struct entry &entry = found->second;
    if (!entry.is_tried) {
        std::string path = DIRECTORY + found->first;
        struct stat status;
        /* cctz would wait for ever for the writer of a FIFO. */
        bool is_file = stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
        entry.is_loaded = is_file && cctz::load_time_zone(path, &entry.zone);
        entry.is_tried = true;
    }
    return entry.is_loaded ? &entry.zone : nullptr;
}

cctz::time_zone find_or_utc(const char *name)
{
    const cctz::time_zone *zone = find(name);
    return zone ? *zone : cctz::utc_time_zone();
}

} // namespace

bool zone_is_known(const char *name)
{
    return find(name) != nullptr;
}

const char *zone_next(const char *name)
{
    const zone_map &names = all_names();
    auto next = name ? names.upper_bound(name) : names.begin();
    return next == names.end() ? nullptr : next->first.c_str();
}

struct zone_local zone_local(const char *zone, int64_t at_ms)
{
    int64_t at_s = at_ms / 1000 - (at_ms % 1000 < 0 ? 1 : 0);
    auto found = find_or_utc(zone).lookup(cctz::time_point<cctz::seconds>(cctz::seconds(at_s)));
    struct zone_local local = {};
    local.civil = { static_cast<int>(found.cs.year()),
                    found.cs.month(),
                    found.cs.day(),
                    found.cs.hour(),
                    found.cs.minute(),
                    found.cs.second() };
    local.offset_s = found.offset;
    local.is_dst = found.is_dst;
    local.weekday = static_cast<int>(cctz::get_weekday(cctz::civil_day(found.cs)));
    std::snprintf(local.abbreviation, sizeof local.abbreviation, "%s", found.abbr);
    return local;
}

int64_t zone_instant(const char *zone, struct civil civil)
{
    cctz::civil_second when(civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second);
    int64_t at_s = cctz::convert(when, find_or_utc(zone)).time_since_epoch().count();
    /* Years far beyond 9999 must not overflow the milliseconds. */
    return std::clamp<int64_t>(at_s, INT64_MIN / 1000, INT64_MAX / 1000) * 1000;
}
