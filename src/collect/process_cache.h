#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "collect/newcomers.h"
#include "collect/processes.h"
#include "os/host.h"

namespace systemcheck {

/// A text is read again after so many passes, and up to as many more, spread over the processes: some
/// write what they are doing into their command line.
inline constexpr std::uint8_t text_refresh_passes = 64;
/// Until this age a process is read anew each time: it may not have executed its program yet, taken its
/// user or written its title. What executes another program later is told by the place of its stack.
inline constexpr Duration young_for = std::chrono::seconds{10};

/// A process that does nothing is read anew in one of so many passes: what it begins to do is seen three
/// minutes later at most.
inline constexpr std::uint32_t quiet_turns = 3;

/// Reads the process table, and remembers between passes what of a process stays the same.
///
/// A pass over ten thousand processes is nearly all kernel time, so what counts is how many files are
/// opened: /proc/PID/stat and the owner of /proc/PID for each process; the command line, the
/// executable and the control group only for those not seen before. Who has done nothing since he was read
/// last, which is nearly everybody, is read in one pass of `quiet_turns`. A process is told by its pid, its
/// start, its name and where its stack begins. Belongs to the collector's thread.
class ProcessCache {
 public:
  ProcessCache();

  /// Fills `all`, `unread` and the counters of `table`, whose uptime and ticks are set already. Those
  /// `concerned` (ascending) are read in any case.
  Status read_table(Host& host, Processes& table, std::span<const pid_t> concerned);
  /// The same, but looks only at processes that are new, young or among those `concerned`. The others are
  /// listed as the last pass left them: their numbers are older, and they may have ended since.
  Status read_changes(Host& host, Processes& table, std::span<const pid_t> concerned);

  /// How many processes are remembered: those of the last pass.
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Process process{};
    std::uint64_t inode = 0;  ///< of its directory in /proc
    std::uint64_t stack_start = 0;
    bool is_young = false;  ///< when its text was read
    bool is_quiet = false;  ///< it had done nothing when it was read last
    std::uint8_t refresh_in = 0;
  };
  struct Pass {
    Host& host;
    Processes& table;
    std::uint64_t page_bytes = 0;
    bool is_listed = true;       ///< by the kernel: who is not there has ended only just now
    std::size_t next_known = 0;  ///< both lists ascend by pid: they are walked side by side
  };
  /// Whom to look at, ascending.
  struct Roll {
    std::vector<NumberedEntry> entries{};
    bool is_listed = true;
  };

  static Result<Roll> list(Host& host);
  Result<Roll> list_changes(Host& host, const std::optional<NumbersGiven>& now) const;
  [[nodiscard]] Roll call_roll(Host& host, const NumberRange& newcomers) const;
  [[nodiscard]] std::optional<NumberedEntry> find(Host& host, pid_t number) const;
  template <typename IsReusable>
  Status read(Host& host, Processes& table, const Roll& roll, IsReusable is_reusable);
  Status read_process(Pass& pass, NumberedEntry entry, Known* known);
  Status complete_text(Pass& pass, const ParsedStat& parsed, const Known* known, Known& now);
  Known* find_known(Pass& pass, pid_t pid);
  [[nodiscard]] bool is_its_turn(const Known& known) const;
  [[nodiscard]] std::shared_ptr<const ProcessText> share(const Known* known, ProcessText text) const;
  Result<ProcessText> read_text(Host& host, const ParsedStat& parsed);
  void count_failure(const Pass& pass, pid_t pid, const Error& error);

  std::vector<Known> known_{};           ///< of the last pass; what was not seen in it is gone from here
  std::vector<Known> seen_{};            ///< of the pass under way
  std::optional<NumbersGiven> given_{};  ///< when the last pass began
  std::array<char, 4096> stat_buffer_{};
  std::array<char, cmdline_limit_bytes> text_buffer_{};
  std::uint32_t passes_ = 0;
  std::uint64_t races_total_ = 0;
  std::uint64_t read_errors_total_ = 0;
};

}  // namespace systemcheck
