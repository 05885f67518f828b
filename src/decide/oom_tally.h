#pragma once

#include <cstdint>
#include <optional>

namespace systemcheck {

/// Tells kills for want of memory from all others by the kernel's count of the former, vmstat oom_kill: each
/// of them explains one death. Which process it was the count does not say, so that "probably" is all it is
/// good for. Pure.
class OomTally {
 public:
  /// The count as of now, from time to time: what was killed by then was something else.
  void note(std::uint64_t kills) { explained_ = kills; }
  /// Whether a process that SIGKILL has just ended was probably one of those. `kills` is the count as of now.
  bool explains_death(std::uint64_t kills) {
    if (!explained_ || kills <= *explained_) return false;
    ++*explained_;
    return true;
  }

 private:
  std::optional<std::uint64_t> explained_{};
};

}  // namespace systemcheck
