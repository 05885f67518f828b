#include "collect/usable_memory.h"

#include <optional>

#include "base/text.h"

namespace systemcheck {
namespace {

/// 256 TiB of one zone.
constexpr std::uint64_t pages_max = std::uint64_t{1} << 36;

Error malformed(const char* what) { return {Error::Kind::malformed, what}; }

/// "size                            4    3221225472": name, type, value.
std::optional<std::uint64_t> arc_value(std::string_view name, std::string_view arcstats) {
  while (!arcstats.empty()) {
    auto line = take_line(arcstats);
    if (take_word(line) != name) continue;
    (void)take_word(line);  // the type
    return parse_number<std::uint64_t>(take_word(line));
  }
  return std::nullopt;
}

}  // namespace

// "  pagesets", then of each processor: "    cpu: 0", "              count:    11584", "              high:
// …". Some kernels write "count: 11584", some have other lines in between. "count" stands nowhere else.
Result<std::uint64_t> parse_listed_pages(std::string_view zoneinfo) {
  std::uint64_t pages = 0;
  bool grows = false;
  bool has_zone = false;
  while (!zoneinfo.empty()) {
    auto line = take_line(zoneinfo);
    const auto key = take_word(line);
    if (key == "Node") has_zone = true;
    if (key == "high_min:") grows = true;
    if (key != "count:") continue;
    const auto count = parse_number<std::uint64_t>(take_word(line));
    if (!count || *count > pages_max) return malformed("a count that is none");
    pages += *count;
  }
  if (!has_zone) return malformed("no zone");
  return grows ? pages : 0;
}

Result<std::uint64_t> parse_reclaimable_arc(std::string_view arcstats) {
  const auto size = arc_value("size", arcstats);
  if (!size) return malformed("no size");
  const auto least = arc_value("c_min", arcstats);
  if (!least) return malformed("no c_min");
  return *size > *least ? *size - *least : 0;
}

}  // namespace systemcheck
