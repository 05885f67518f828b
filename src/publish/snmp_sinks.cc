#include "publish/snmp_sinks.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "os/secret_file.h"

namespace systemcheck {
namespace {

constexpr std::size_t community_bytes_limit = 64;

/// It becomes a word in a line of net-snmp's configuration, where blanks, quotes and # mean something.
bool is_fit(char letter) {
  return letter > ' ' && letter <= '~' && letter != '"' && letter != '\'' && letter != '\\' && letter != '#';
}

Result<std::string> read_sink_community(const std::string& path) {
  const auto text = read_secret_file(path, community_bytes_limit + 1);
  if (!text && text.error().kind != Error::Kind::malformed) return text.error();
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  const auto community = take_line(rest);
  const bool is_good = !community.empty() && community.size() <= community_bytes_limit && rest.empty() &&
                       std::ranges::all_of(community, is_fit);
  if (is_good) return std::string(community);
  return Error{Error::Kind::malformed,
               fmt::format("{}: must have one line, the community: up to {} printable characters without "
                           "blanks, quotes, backslashes and #",
                           path, community_bytes_limit)};
}

/// An inform is sent again after two seconds, three times: all that while it is kept.
std::string community_line(const SnmpSink& sink, const std::string& community) {
  constexpr std::string_view inform_options = " -Ci -t 2 -r 3";
  return fmt::format("trapsess -v 2c{} -c {} {}", sink.kind == SinkKind::inform ? inform_options : "",
                     community, sink.to);
}

}  // namespace

Result<std::vector<std::string>> sink_lines(const SnmpConfig& config) {
  std::vector<std::string> lines;
  if (config.mode != SnmpMode::agent) return lines;
  for (const auto& sink : config.notify.sinks) {
    if (sink.version == SinkVersion::v3) {
      lines.push_back(fmt::format("trapsess -v 3 -l authPriv -u {} {}", sink.user, sink.to));
      continue;
    }
    const auto community = read_sink_community(sink.community_file);
    if (!community) return Error(community.error()).within("notify: " + sink.to);
    lines.push_back(community_line(sink, *community));
  }
  return lines;
}

}  // namespace systemcheck
