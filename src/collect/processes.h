#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/identity.h"
#include "base/result.h"
#include "base/units.h"

namespace systemcheck {

class Metrics;
struct Look;

/// What of a process stays the same until it executes another program; read once and shared.
struct ProcessText {
  std::string comm{};     ///< at most 15 bytes, chosen by the process itself: never trusted alone
  std::string cmdline{};  ///< arguments joined by blanks, cut at cmdline_limit_bytes; empty: a kernel thread
                          ///< or a zombie
  std::string executable{};     ///< /proc/PID/exe without " (deleted)"; empty: not readable
  std::string control_group{};  ///< the unified hierarchy's, or systemd's: "/system.slice/ssh.service"
};

/// One line of `ps auxwww`, in the kernel's units where converting loses something.
struct Process {
  ProcessIdentity identity{};
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  uid_t user = 0;    ///< effective
  char state = '?';  ///< R S D Z T t I X, proc(5)
  std::int32_t nice = 0;
  std::uint32_t threads = 0;
  std::uint32_t tty = 0;  ///< device number, 0: none
  bool is_foreground = false;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::shared_ptr<const ProcessText> text{};  ///< never null

  /// Nothing of it has changed, and its text is the very same.
  bool operator==(const Process&) const = default;
  /// Its first thread has left and the others work on; of its files nothing can be read any more.
  [[nodiscard]] bool is_headless() const { return state == 'Z' && threads > 1; }
  /// It has called setsid(2): nobody else is given the number of a session.
  [[nodiscard]] bool is_session_leader() const { return session == identity.pid; }
  [[nodiscard]] bool is_alive() const {
    return is_headless() || (state != 'Z' && state != 'X' && state != 'x');
  }
};

inline constexpr std::size_t cmdline_limit_bytes = 4096;

inline constexpr std::size_t unread_processes_max = 1024;
inline constexpr std::size_t user_series_max = 50;

/// The process table of one cycle, by ascending pid.
struct Processes {
  static constexpr std::string_view name = "processes";

  std::vector<Process> all{};
  std::uint64_t pids_max = 0;
  std::uint64_t births = 0;             ///< of processes and threads since boot, told before it was read
  std::uint64_t races_total = 0;        ///< vanished while being read, since the daemon's start: not an error
  std::uint64_t read_errors_total = 0;  ///< other failures to read one process
  /// Those that could not be read this time, without the races: they may or may not be there.
  std::vector<pid_t> unread{};  ///< ascending; the first unread_processes_max
  std::size_t unread_count = 0;
  std::uint64_t ticks_per_second = 100;
  double uptime_seconds = 0;            ///< when the table was read
  std::uint64_t boot_time_seconds = 0;  ///< since the epoch
  std::uint64_t memory_total_bytes = 0;
  bool is_swapping = false;  ///< some swap space is in use: only then a process can have a part in it
  std::vector<std::pair<uid_t, std::string>> user_names{};  ///< of all users in it, by uid

  static Result<Processes> collect(Look& look);
  /// Much cheaper: what was seen in the last pass and is none of those concerned is as it was then, and may
  /// have ended since.
  static Result<Processes> collect_changes(Look& look);
  void describe(Metrics& metrics) const;

  /// Null when there is none. O(log n).
  [[nodiscard]] const Process* find(pid_t pid) const;
  [[nodiscard]] std::string_view user_name(uid_t user) const;
};

/// The fields of one /proc/PID/stat. The name may itself contain ") " and newlines, so the fields
/// start after the last ")": proc(5). Sets everything but user and text.
struct ParsedStat {
  Process process{};
  std::string_view comm{};  ///< points into the argument
  /// Where its stack begins, another place for each program it executes; 0: not ours to see.
  std::uint64_t stack_start = 0;
};
Result<ParsedStat> parse_stat(std::string_view stat, std::uint64_t page_bytes);

// What ps(1) shows, made from the numbers above.
std::string terminal_name(std::uint32_t tty);    ///< "pts/3", "tty1", "?"
std::string state_text(const Process& process);  ///< "Ss", "R+", "SNl" (no L: that needs another file)
double cpu_percent(const Process& process, const Processes& table);  ///< over its lifetime, as ps does
double memory_percent(const Process& process, const Processes& table);
WallTime start_time(const Process& process, const Processes& table);
std::string cpu_time_text(const Process& process, const Processes& table);  ///< "12:34"
/// What ps puts in COMMAND: the command line, or "[comm]" without one.
std::string command_text(const Process& process);

}  // namespace systemcheck
