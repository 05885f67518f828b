#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/identity.h"
#include "base/result.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "collect/processes.h"
#include "collect/socket_owner.h"
#include "config/config.h"
#include "os/host.h"

namespace systemcheck {

/// Why a pid file is not believed, though there is a process number in it.
enum class Misfit {
  dead,      ///< nobody has that number
  reused,    ///< somebody who has started after the file was written
  stranger,  ///< another program, or one in a container
  not_main,  ///< the service's program, but not as its main process runs it
};
template <>
struct Words<Misfit> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 4> all{"dead", "reused", "stranger", "not_main"};
};
struct PidFileMisfit {
  Misfit kind = Misfit::dead;
  pid_t pid = 0;

  bool operator==(const PidFileMisfit&) const = default;
};

/// What the process table and the file system say of one configured service. No verdict yet.
struct ServiceProcesses {
  /// Whether it is installed here, and as which unit ("" where none of its units is installed).
  bool is_installed = false;
  std::string unit{};
  std::string init_script{};  ///< "/etc/init.d/apache2", where it is there and systemd is not
  /// The reason why the processes of this service cannot be told: nothing below holds then.
  std::optional<Error> unreadable{};

  /// The main process: matches in everything, and no other process of the service is its parent.
  std::optional<ProcessIdentity> main{};
  std::vector<ProcessIdentity> members{};  ///< alive, the main one among them, by pid
  /// Those of them that are not in the control group of its unit: somebody has started it by hand, and
  /// systemd knows nothing of them. None where systemd is not, nor any that only look like it.
  std::vector<ProcessIdentity> outside{};
  std::string user{};  ///< of the main process
  std::uint32_t threads = 0;
  std::uint64_t resident_bytes = 0;  ///< summed: shared pages count once per process
  std::uint64_t swap_bytes = 0;
  std::optional<WallTime> oldest_start{};
  /// Open descriptors of the main process over its limit, 0 to 1. Read only where a rule asks for it.
  std::optional<double> descriptors_ratio{};
  /// Since the daemon began to look; includes what processes used that have ended. Never decreases.
  double user_seconds_total = 0;
  double system_seconds_total = 0;
  std::uint64_t process_starts_total = 0;  ///< seen for the first time after the first cycle
  /// "the pid file names 4711, which is /usr/bin/sleep": for people, empty when all is well.
  std::string note{};
  std::optional<PidFileMisfit> misfit{};  ///< the pid file names a process that does not fit
  bool is_pid_file_stale = false;         ///< the same, though the main process has had the time to write it
  bool is_binary_stale = false;           ///< the program that the main process runs was replaced or removed
  std::optional<PortSight> ports{};       ///< only where it was asked for
};

/// The main process of a service was killed, or has failed.
struct MainCrash {
  std::size_t service = 0;  ///< its place in the configuration
  ProcessIdentity main{};
  Instant at{};
};

/// Tells which process belongs to which service, cycle after cycle. Pure but for the few files it
/// reads through Host (pid files, unit files); belongs to the collector's thread.
///
/// A process belongs to one service at most: the unit decides (its control group), then the pid
/// file, its parent's service, the user, the command line, the executable. A process that was once seen
/// as the child of a member never becomes the main one, unless the pid file says so: workers that outlive
/// their parent do not count as the service, a successor does. A member that left its parent's session
/// is none where no control group holds it: a login session outlives sshd.
class ServiceMatcher {
 public:
  /// A cmdline that RE2 refuses is a problem of load_config(), not met here.
  explicit ServiceMatcher(std::span<const Service> services);
  ServiceMatcher(const ServiceMatcher&) = delete;
  ServiceMatcher& operator=(const ServiceMatcher&) = delete;
  ~ServiceMatcher();

  /// One entry for each service, in the configured order.
  /// `crashes` are those that nobody was told of before; `ports` are of the services whose ports
  /// are looked at, too.
  std::vector<ServiceProcesses> match(Host& host, const Result<Processes>& table,
                                      std::span<const MainCrash> crashes = {},
                                      std::span<const PortQuestion> ports = {});
  /// Whose state matters, ascending: all processes that belonged to some service in the last table, also
  /// those that are no members, and those that the pid files name now.
  std::vector<pid_t> concerned(Host& host) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace systemcheck
