#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/identity.h"
#include "collect/processes.h"
#include "collect/service_owners.h"
#include "collect/service_rule.h"

namespace systemcheck {

/// The processes of one service in one table.
struct Kin {
  const Process* main = nullptr;
  std::vector<const Process*> members{};  ///< by pid
  std::vector<const Process*> outside{};  ///< those of them that run outside its unit, and are surely its own
};

/// The main process was killed or has failed: it was nobody's starter.
struct Crash {
  ProcessIdentity main{};
  std::uint64_t by_ticks = 0;  ///< what had started before, it has left behind
};

/// What was seen of a service's children, as long as they live: when their parent is gone, nothing
/// else tells a worker that it left behind from a new main process.
class KinMemory {
 public:
  enum class Child {
    worker,   ///< in its parent's session: it goes when the service goes
    session,  ///< in one of its own: it may outlive the service, and must not be ended with it
  };

  [[nodiscard]] std::optional<Child> find(const ProcessIdentity& identity) const;
  void learn(const ProcessIdentity& identity, Child child) { children_.emplace(identity, child); }
  /// The main process, and those that could have been it as well: they are no children of it. A session of
  /// its number, which it may begin at any time, is its own: nobody is in that but what it has started, and
  /// the kernel gives the number to nobody else as long as somebody is.
  void note_main(const Process& main, std::vector<ProcessIdentity> peers);
  /// What the crashed main process had started; nothing of anybody else.
  [[nodiscard]] std::optional<Child> left_behind_by(const Crash& crash, const Process& process) const;
  /// It runs beside the unit's own main process: somebody's second copy, for whatever purpose. Workers of a
  /// main process that was started by hand are known before, and are none.
  void note_beside(const ProcessIdentity& identity);
  [[nodiscard]] bool is_beside(const ProcessIdentity& identity) const { return beside_.contains(identity); }
  [[nodiscard]] bool has_seen_main() const { return main_.pid != 0; }
  /// Forgets those that have ended. A worker that leads a session now has begun it since: between fork and
  /// setsid(2) everybody who will is in his parent's.
  void sweep(const Processes& table);
  /// Whom a new table shows of those that are remembered.
  void tell(std::size_t service, Circumstances& circumstances) const;
  [[nodiscard]] std::size_t size() const { return children_.size(); }

 private:
  std::map<ProcessIdentity, Child> children_{};
  std::optional<ProcessIdentity> leader_{};
  ProcessIdentity main_{};
  pid_t main_session_ = 0;
  std::vector<ProcessIdentity> peers_{};
  std::set<ProcessIdentity> beside_{};
};

/// Tells main process and members of a service apart, once it is known what belongs to it.
class KinFinder {
 public:
  /// `named` is what a believed pid file says. `owned` are all processes of the service, by pid.
  KinFinder(const ServiceRule& rule, const Processes& table, const ServiceOwners& owners);

  Kin find(const std::vector<const Process*>& owned, const std::optional<ProcessIdentity>& named,
           KinMemory& memory) const;
  /// What a crashed main process has left behind is remembered as that; before find().
  void learn_left_behind(const std::vector<const Process*>& owned, const Crash& crash,
                         KinMemory& memory) const;

 private:
  [[nodiscard]] const Process* parent_in_kin(const Process& process) const;
  [[nodiscard]] bool may_be_main(const Process& process, const KinMemory& memory) const;
  [[nodiscard]] bool is_session(const Process& process, const KinMemory& memory) const;
  [[nodiscard]] bool is_started_by_hand(const Process& process, const Process* main,
                                        const KinMemory& memory) const;
  [[nodiscard]] bool is_better(const Process& a, const Process& b) const;
  void learn(const std::vector<const Process*>& owned, KinMemory& memory) const;

  const ServiceRule& rule_;
  const Processes& table_;
  const ServiceOwners& owners_;
};

}  // namespace systemcheck
