#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/vocabulary.h"
#include "config/memory_rules.h"
#include "config/probe.h"
#include "config/relay_rules.h"
#include "config/snmp_rules.h"

// What a user may write, as plain structs. A default stands beside its member and nowhere else.

namespace systemcheck {

/// How the processes of a service are told from all others. Everything given must hold.
struct Match {
  /// Candidates in order; the first that is installed is *the* unit. One when a user wrote it.
  std::vector<std::string> units{};
  /// Absolute paths; a process matches if /proc/PID/exe is any of them.
  std::vector<std::string> executables{};
  std::string user{};     ///< of the main process; workers may run as another
  std::string pidfile{};  ///< names the main process, and is believed only if that process fits
  std::string cmdline{};  ///< RE2, searched in the arguments joined by blanks
  /// RE2 that the main process' command line must contain; from presets: a session of sshd has the
  /// executable and the user of the listener.
  std::string main_cmdline{};

  bool operator==(const Match&) const = default;
};

struct ProcessCount {
  std::uint32_t min = 1;
  std::optional<std::uint32_t> max{};

  bool operator==(const ProcessCount&) const = default;
};

enum class RuleAction { alert, restart };
template <>
struct Words<RuleAction> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 2> all{"alert", "restart"};
};

/// A limit of what one service may use.
struct ResourceRule {
  enum class Kind { memory_above, cpu_above, descriptors_above, processes_above, age_above };
  static constexpr std::uint32_t cycles_max = 64;

  Kind kind = Kind::memory_above;
  /// Bytes of resident memory; processors; share of the main process' descriptor limit; processes; seconds.
  double limit = 0;
  std::uint32_t failed = 3;  ///< it is broken when so many
  std::uint32_t of = 3;      ///< of the last so many cycles were beyond the limit
  RuleAction action = RuleAction::alert;

  bool operator==(const ResourceRule&) const = default;
};
template <>
struct Words<ResourceRule::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 5> all{"memory_above", "cpu_above", "descriptors_above",
                                                       "processes_above", "age_above"};
};

struct Service {
  std::string name{};
  std::string preset{};
  Mode mode = Mode::observe;
  Match match{};
  ProcessCount processes{};
  Argv start{};
  Argv stop{};
  Argv restart{};
  /// Names of services that are brought back first, where they are down, too.
  std::vector<std::string> after{};
  std::vector<ResourceRule> rules{};
  Argv reload{};  ///< makes it read its configuration anew, without an interruption
  /// Says whether the configuration is good, asked before something that still runs is restarted. One when
  /// a user wrote it; from presets candidates, the first whose program exists.
  std::vector<Argv> pre_check{};
  /// As above: the first that exists. Used where there is neither a command nor systemd.
  std::vector<std::string> init_scripts{};
  Duration start_timeout = std::chrono::seconds{30};
  Duration stop_timeout = std::chrono::seconds{30};
  std::vector<Probe> probes{};
  /// May be turned off when memory runs short, the lowest number first; the key is `shed`.
  std::optional<std::uint32_t> shed_priority{};
  /// Any of these paths says that it is installed; from presets. Empty: its unit or executable does.
  std::vector<std::string> evidence{};
  bool is_discovered = false;  ///< not written by anybody: watched only if it is installed

  bool operator==(const Service&) const = default;
};

/// Of all services together.
struct HostLimit {
  std::uint32_t restarts = 6;  ///< at most, within any `per`
  Duration per = std::chrono::minutes{5};
  /// When more than this share of the services dies at once it is the machine's doing, not theirs.
  double share = 0.5;

  bool operator==(const HostLimit&) const = default;
};

/// A service that comes up and dies again and again.
struct FlappingRules {
  std::uint32_t deaths = 8;  ///< so many within `per`: flapping, until fewer than half are left in it
  Duration per = std::chrono::hours{2};

  bool operator==(const FlappingRules&) const = default;
};

struct RestartPolicy {
  Duration first{};                                 ///< delay of the first attempt
  Duration backoff = std::chrono::seconds{5};       ///< before the second; doubles from there
  Duration backoff_max = std::chrono::minutes{5};   ///< the cap; it keeps trying for ever
  Duration reset_after = std::chrono::minutes{10};  ///< healthy for so long: all is forgotten
  /// What ended by itself, without a failure, may have been stopped by somebody who is about to start it.
  Duration grace = std::chrono::seconds{20};
  HostLimit host_limit{};
  FlappingRules flapping{};

  bool operator==(const RestartPolicy&) const = default;
};

struct LoadRules {
  double warn_per_cpu = 2;
  Duration hold = std::chrono::minutes{15};  ///< the key is `for`

  bool operator==(const LoadRules&) const = default;
};

struct DiskRules {
  std::vector<std::string> ignore_types{"tmpfs", "overlay", "squashfs"};
  double warn = 0.80;
  double critical = 0.90;

  bool operator==(const DiskRules&) const = default;
};

struct HttpConfig {
  /// "127.0.0.1:10060", "[::1]:10060", "unix:/run/…"; port 0: any free one. Empty: no HTTP.
  std::vector<std::string> listen{"127.0.0.1:10060"};
  std::string web_config{};  ///< who may ask, and TLS: config/web_config.h; empty: everybody, in the clear
  std::vector<std::string> may_act{};  ///< users of web_config

  bool operator==(const HttpConfig&) const = default;
};

/// What is remembered of actions and changes, in state.db of the state directory.
struct HistoryConfig {
  Duration keep = std::chrono::hours{24 * 90};
  std::uint64_t max_size_bytes = std::uint64_t{64} << 20;

  bool operator==(const HistoryConfig&) const = default;
};

/// Services that people take over, stop and start together.
struct Group {
  std::string name{};
  std::vector<std::string> services{};

  bool operator==(const Group&) const = default;
};

enum class Weekday { mon, tue, wed, thu, fri, sat, sun };
template <>
struct Words<Weekday> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 7> all{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
};

/// Maintenance that comes again and again, by the clock on the wall.
struct MaintenanceWindow {
  std::vector<std::string> services{};  ///< services and groups, or "all"
  std::vector<Weekday> days{};          ///< on which it begins; empty: every day
  std::chrono::minutes from{};          ///< after midnight, local time
  Duration length{};                    ///< the key is `for`
  std::string reason{};

  bool operator==(const MaintenanceWindow&) const = default;
};

struct Config {
  Duration cycle = std::chrono::seconds{60};
  Mode mode = Mode::observe;
  bool discover = true;
  std::string state_directory = "/var/lib/systemcheck";
  std::string control_socket = "/run/systemcheck/control.sock";
  /// While any of these exists nothing is touched.
  std::vector<std::string> kill_switch{"/etc/systemcheck/disable-actions",
                                       "/run/systemcheck/disable-actions"};
  /// Each file here holds the service or group of its name, or "all".
  std::string hold_directory = "/run/systemcheck/hold.d";
  HttpConfig http{};
  SnmpConfig snmp{};
  /// In the order of the files, then what was discovered. Names are unique.
  std::vector<Service> services{};
  std::vector<Group> groups{};
  std::vector<MaintenanceWindow> maintenance{};
  RestartPolicy restart_policy{};
  LoadRules load{};
  DiskRules disks{};
  MemoryRules memory{};
  HistoryConfig history{};
  RelayRules relay{};

  bool operator==(const Config&) const = default;
};

}  // namespace systemcheck
