#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "os/line_reader.h"
#include "relay/login_reader.h"

namespace systemcheck {

/// What a log is looked at with.
struct ScanRules {
  ReaderRules reader{};
  /// Whether a log is annotated is seen by its first lines, if it was not said.
  bool finds_layout = true;
  LoginScope scope{};
  std::vector<LoginPattern> patterns{};  ///< beside those that are built in
  std::vector<IpNetwork> never{};        ///< addresses that are not told
  std::set<std::string> only{};          ///< tell of these patterns alone; empty: of all
  UtcOffset offset_at{};
  WallTime now{};  ///< which year it is, where a log does not say
};

struct ScanCounts {
  std::uint64_t lines = 0;
  std::uint64_t too_long = 0;
  std::uint64_t never = 0;          ///< logins from an address that is never to be authorised
  std::uint64_t from_loopback = 0;  ///< which a daemon does not authorise unless it is told to
  std::array<std::uint64_t, Words<LineVerdict>::all.size()> verdicts{};
  std::set<std::string> instances{};     ///< what Dovecots in these logs call themselves
  std::vector<std::string> annotated{};  ///< logs that say who wrote each line

  [[nodiscard]] std::uint64_t of(LineVerdict verdict) const {
    return verdicts.at(static_cast<std::size_t>(verdict));
  }
};

/// Looks at whole logs as if each line had just been written, in the memory of a few lines.
class RelayScan {
 public:
  explicit RelayScan(const ScanRules& rules) : rules_(rules) {}

  /// "line<TAB>address or -<TAB>user" for each login, with `prefix` before it.
  Status scan(const std::string& path, const std::string& prefix, std::FILE* output);

  [[nodiscard]] const ScanCounts& counts() const { return counts_; }

 private:
  using Tell = std::function<void(std::uint64_t number, const LineReading&)>;

  [[nodiscard]] Result<LoginPatterns> compile() const;
  Status scan_lines(LineReader& lines, LoginReader& reader, const Tell& tell);
  bool learn(const LogLine& line);

  ScanRules rules_;
  ScanCounts counts_{};
};

}  // namespace systemcheck
