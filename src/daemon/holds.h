#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collect/hold_files.h"
#include "config/config.h"
#include "daemon/world.h"
#include "decide/ownership.h"

namespace systemcheck {

/// Maintenance that nobody asks for by command: windows of the configuration, and files that scripts make.
/// What is said of it is true at the moment of asking. Main thread.
class Holds {
 public:
  /// The world outlives it.
  explicit Holds(World& world) : world_(world) {}
  Holds(const Holds&) = delete;
  Holds& operator=(const Holds&) = delete;

  void use(std::shared_ptr<const Config> config);
  /// What a look has found. Dropped if something newer is known. Where it could not find out, what was known
  /// stays, and everything is held, for an hour at most: a script may have made a file that nobody has seen.
  void note(const Result<HoldFiles>& files, Instant taken);
  /// Reads the files now. Returns whether anything is different from what was known.
  bool look();

  /// The claim that a window or a file has on a service now.
  [[nodiscard]] std::optional<Claim> by_window(std::string_view service) const;
  [[nodiscard]] std::optional<Claim> by_file(std::string_view service) const;

 private:
  /// A file, and its time on both clocks as of when it was seen first: neither a clock that is set back nor
  /// a file from the future holds anything for longer than the file says.
  struct Held {
    HoldFile file{};
    WallTime from{};
    WallTime ends_at{};
    Instant until{};
  };

  bool take(const Result<HoldFiles>& files);
  void complain();
  [[nodiscard]] Held begun(const HoldFile& file) const;
  [[nodiscard]] bool is_over(const Held& held) const;
  [[nodiscard]] bool is_from_the_future(const Held& held) const;
  [[nodiscard]] Claim claim_between(WallTime from, WallTime ends_at) const;

  World& world_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  Instant known_at_{};
  HoldFiles files_{};
  std::vector<Held> held_{};                         ///< one for each of them
  std::optional<Held> all_unknown_{};                ///< in place of the files that could not be found out
  std::set<std::string, std::less<>> complained_{};  ///< of these, while they last
};

}  // namespace systemcheck
