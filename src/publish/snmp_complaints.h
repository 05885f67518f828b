#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace systemcheck {

/// What net-snmp complains of. While the agent starts, that explains a failure; later it goes to the
/// caller, a few lines a minute: anybody on this machine can send packets that are worth a complaint, and
/// must not fill the journal with them. Belongs to the agent's thread.
class Complaints {
 public:
  static constexpr std::size_t startup_lines_max = 8;
  static constexpr std::size_t lines_a_minute_max = 10;

  explicit Complaints(std::function<void(std::string_view)> on_complaint);

  void add(std::string line, Instant now);
  void set_started() { is_started_ = true; }
  [[nodiscard]] const std::vector<std::string>& of_startup() const { return of_startup_; }

 private:
  void tell(std::string_view line) const;

  std::function<void(std::string_view)> on_complaint_;
  std::vector<std::string> of_startup_{};
  bool is_started_ = false;
  Instant minute_began_{};
  std::size_t told_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace systemcheck
