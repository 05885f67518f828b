#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "os/host.h"

namespace systemcheck {

class Metrics;
struct Look;

/// A file that a script makes to hold a service, and removes when it is done. Its name is that of the service
/// or group, or "all"; its text may say for how long and why:
///
///   for: 2h
///   reason: moving the database
struct HoldFile {
  std::string name{};
  std::string path{};  ///< as it may be shown
  std::optional<WallTime> modified{};
  Duration length{};  ///< from then on; where it could not be read, from when it was seen first
  std::string reason{};

  bool operator==(const HoldFile&) const = default;
};

/// All of them. A script that dies holds nothing for ever: each has an end.
struct HoldFiles {
  static constexpr std::string_view name = "hold_files";
  static constexpr std::size_t files_max = 256;
  static constexpr std::size_t file_limit_bytes = 4096;
  static constexpr Duration usual_length = std::chrono::hours{1};
  static constexpr Duration longest = std::chrono::hours{24 * 7};

  std::vector<HoldFile> files{};          ///< by name
  std::vector<std::string> complaints{};  ///< what is not believed, and why; a line for people each

  static Result<HoldFiles> collect(Look& look);
  void describe(Metrics&) const {}  // What they hold is said with the services.

  bool operator==(const HoldFiles&) const = default;
};

/// None where there is no such directory. A file that is a link, that is neither root's nor ours, or that
/// others can write is not believed; nor is any of a directory of which that is true. A file that cannot be
/// read holds what its name says. An error where it is not known which files there are.
Result<HoldFiles> read_hold_files(Host& host, const std::string& directory);

/// Understands the text of one; what is wrong in it is complained of, and it holds all the same. Pure.
HoldFile parse_hold_file(const std::string& path, const OwnFile& file, std::vector<std::string>& complaints);

}  // namespace systemcheck
