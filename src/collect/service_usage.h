#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/identity.h"
#include "collect/processes.h"

namespace systemcheck {

/// What the processes of one service used since we began to look, with those that have ended since.
/// Summing up those alive would make the totals fall whenever one ends.
class ServiceUsage {
 public:
  /// `members` are alive; what else is counted already and still has an entry (a zombie) is looked up.
  void add(std::span<const Process* const> members, const Processes& table);

  [[nodiscard]] std::uint64_t user_ticks() const { return user_ticks_; }
  [[nodiscard]] std::uint64_t system_ticks() const { return system_ticks_; }
  [[nodiscard]] std::uint64_t starts() const { return starts_; }

 private:
  struct Ticks {
    std::uint64_t user = 0;
    std::uint64_t system = 0;
  };
  using Counted = std::map<ProcessIdentity, Ticks>;

  void add_ended(const Processes& table, Counted& counted);
  void add_difference(Ticks before, const Process& process);
  [[nodiscard]] Ticks starting_point(const Process& process) const;

  Counted counted_{};
  std::uint64_t last_look_ticks_ = 0;  ///< uptime of the last table; 0: none yet
  std::uint64_t user_ticks_ = 0;
  std::uint64_t system_ticks_ = 0;
  std::uint64_t starts_ = 0;
};

}  // namespace systemcheck
