#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/identity.h"
#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

using Ticket = std::uint64_t;
using Argv = std::vector<std::string>;

/// The last three bring something that still runs to its senses, each more thorough than the one before.
enum class Verb {
  start,
  stop,
  reload,  ///< it reads its configuration anew; where it cannot do that, a restart
  restart,
  stop_start,  ///< its processes are ended, and seen to be gone, before it is started again
  kill,        ///< all of its processes, at once: it was told to stop and has not
};

template <>
struct Words<Verb> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 6> all{"start",   "stop",       "reload",
                                                       "restart", "stop_start", "kill"};
};

/// How one service is started and stopped: by its own commands where it has some, else its unit.
struct ServiceControl {
  std::string name{};
  std::string unit{};  ///< "apache2.service"; empty: none
  Argv start{};        ///< argv[0] is an absolute path; never given to a shell
  Argv stop{};
  Argv restart{};
  Argv reload{};
  /// Says by its exit status whether the configuration is good. The first whose program exists is asked.
  std::vector<Argv> pre_checks{};
  std::string init_script{};  ///< "/etc/init.d/apache2": used where there is neither command nor unit
};

/// What to do to one service, named by its place in the list the actuator was made with:
/// no path and no unit name crosses this seam.
struct Order {
  Ticket ticket = 0;
  std::size_t service = 0;
  Verb verb = Verb::restart;
  /// What is left of the old instance and would stand in the way of the new one (workers that hold
  /// its port), or, of a stop_start, all that runs. Ended, and seen to be gone, before a start; of a stop
  /// what is to be ended where there is no stop command. Nothing that is in a unit's control group: where a
  /// job of a unit starts it, what somebody has started outside.
  std::vector<ProcessIdentity> leftovers{};
  /// The main process that has died, and was not systemd's. A start waits a moment until its parent has
  /// reaped it: many daemons refuse to start while the process of their pid file exists, and a zombie does.
  std::optional<ProcessIdentity> dead_main{};
  Duration deadline{};  ///< for the whole of it
  /// For a command that stops it before it is started: no longer, and never more than half of what is left.
  Duration stop_within = std::chrono::hours{1};
  /// It still runs: then a configuration that is broken is a reason to leave it alone.
  bool still_runs = false;
  /// Whether policy-rc.d is asked before a start.
  bool asks_policy = true;
  Duration kill_after = std::chrono::seconds{2};  ///< of leftovers, between SIGTERM and SIGKILL
  /// What runs of it does so outside its unit: stopping that would stop nothing.
  bool is_unit_idle = false;
  /// Units that start it on demand (sockets, timers, paths): stopped before it is stopped, else they would
  /// bring it back, and started before it is started: a socket is not, once its service runs.
  std::vector<std::string> triggers{};
};

struct Outcome {
  enum class Kind {
    succeeded,  ///< the command said so; whether the service is up is for others to see
    failed,
    timed_out,
    refused,  ///< nothing was done: no way to do it, or not allowed
    lost,     ///< it may or may not have happened (the bus went away)
  };
  /// Who refused, where it was not the lack of a way.
  enum class Refusal {
    none,
    policy,          ///< policy-rc.d: whoever changes packages wants nothing started now
    config_invalid,  ///< the service's own check of its configuration
  };
  Ticket ticket = 0;
  Kind kind = Kind::failed;
  int exit_code = 0;     ///< of a command; minus the signal number if one ended it
  std::string detail{};  ///< a line for people: the end of the command's output, or why
  Refusal refusal = Refusal::none;
  std::string output{};  ///< the end of what the command wrote, as it was
};

template <>
struct Words<Outcome::Kind> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 5> all{"succeeded", "failed", "timed_out", "refused", "lost"};
};

using OnOutcome = std::function<void(const Outcome&)>;

/// Touches the machine. Never blocks and never calls back inside begin(); gives exactly one
/// Outcome for each order, also for a cancelled one.
class Actuator {
 public:
  virtual ~Actuator() = default;
  virtual void begin(const Order& order, OnOutcome on_outcome) = 0;
  virtual void cancel(Ticket ticket) = 0;
  /// What begin() would do, for people: "run /usr/sbin/apachectl restart". Touches nothing.
  [[nodiscard]] virtual std::string describe(const Order& order) const = 0;
};

}  // namespace systemcheck
