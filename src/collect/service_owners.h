#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/processes.h"
#include "collect/service_rule.h"

namespace systemcheck {

/// Finds the rules that could concern a process without trying all of them: there are ten thousand
/// processes and nearly all belong to nobody. Holds views into the rules.
class RuleIndex {
 public:
  explicit RuleIndex(std::span<const ServiceRule> rules);

  [[nodiscard]] const ServiceRule& rule(std::size_t service) const { return rules_[service]; }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  [[nodiscard]] std::span<const std::size_t> of_unit(std::string_view unit) const;
  [[nodiscard]] std::span<const std::size_t> of_executable(std::string_view path) const;
  /// By the name that the kernel cuts at 15 bytes.
  [[nodiscard]] std::span<const std::size_t> of_comm(std::string_view comm) const;
  [[nodiscard]] std::span<const std::size_t> told_by_cmdline_alone() const { return by_cmdline_; }

 private:
  using Lists = std::unordered_map<std::string_view, std::vector<std::size_t>>;

  std::span<const ServiceRule> rules_;
  Lists by_unit_{};
  Lists by_executable_{};
  Lists by_comm_{};
  std::vector<std::size_t> by_cmdline_{};
};

/// What else decides to whom a process belongs.
struct Circumstances {
  bool is_systemd = false;  ///< systemd manages this machine: control groups tell units
  bool are_we_in_container = false;
  /// Whether a process lives in a process table of its own: in a container. Empty: nobody does.
  std::function<bool(const Process&)> is_elsewhere{};
  /// What believed pid files name.
  std::unordered_map<pid_t, std::size_t> named{};
  /// Workers that were seen with their parents, which may be gone.
  std::unordered_map<pid_t, std::size_t> workers{};
  /// Sessions that main processes have begun: whatever is in them was born of those.
  std::unordered_map<pid_t, std::size_t> sessions{};
};

/// To which service each process of one table belongs: to one at most.
class ServiceOwners {
 public:
  ServiceOwners(const RuleIndex& rules, const Processes& table, const Circumstances& circumstances);

  [[nodiscard]] std::optional<std::size_t> owner_of(const Process& process) const;
  /// Whether it belongs to its service because of its control group.
  [[nodiscard]] bool is_in_unit(const Process& process) const;
  /// Whether its service has a unit, and it is known to be in another control group than that.
  [[nodiscard]] bool is_outside_unit(const Process& process) const;
  /// Whether it belongs to its service only because that has started it: a worker of another program.
  [[nodiscard]] bool is_by_birth(const Process& process) const { return is_by_birth_[row_of(process)]; }
  /// The pids of processes that may be main processes, were their executables readable; by service.
  [[nodiscard]] const std::unordered_map<std::size_t, pid_t>& hidden() const { return hidden_; }

 private:
  using Row = std::size_t;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t decide_owner(Row row, int depth);
  std::size_t decide_unit_owner(const Process& process) const;
  std::size_t decide_by_looks(const Process& process, int depth);
  std::size_t decide_by_birth(const Process& process, int depth);
  [[nodiscard]] std::size_t best_of(const Process& process, std::span<const std::size_t> candidates) const;
  [[nodiscard]] std::vector<std::size_t> candidates_for(const Process& process) const;
  [[nodiscard]] bool may_own(const ServiceRule& rule, const Process& process) const;
  [[nodiscard]] Row row_of(const Process& process) const;
  [[nodiscard]] std::string_view unit_around(const Process& process) const;
  void note_hidden(const Process& process);

  const RuleIndex& rules_;
  const Processes& table_;
  const Circumstances& circumstances_;
  std::vector<std::size_t> owners_;
  std::vector<bool> is_decided_;
  std::vector<bool> is_by_birth_;
  std::unordered_map<std::size_t, pid_t> hidden_{};
};

}  // namespace systemcheck
