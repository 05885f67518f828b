#include "collect/service_kin.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace systemcheck {
namespace {

constexpr int ancestors_max = 64;
/// A daemon's starter is its main process' parent for a moment, until it has seen it start well.
constexpr double starter_seconds_max = 2;

double age_seconds(const Process& process, const Processes& table) {
  return table.uptime_seconds -
         static_cast<double>(process.identity.start_ticks) / static_cast<double>(table.ticks_per_second);
}

}  // namespace

std::optional<KinMemory::Child> KinMemory::find(const ProcessIdentity& identity) const {
  const auto found = children_.find(identity);
  if (found == children_.end()) return std::nullopt;
  return found->second;
}

void KinMemory::note_main(const Process& main, std::vector<ProcessIdentity> peers) {
  main_ = main.identity;
  leader_ = main.identity;
  main_session_ = main.session;
  peers_ = std::move(peers);
}

std::optional<KinMemory::Child> KinMemory::left_behind_by(const Crash& crash, const Process& process) const {
  const bool is_older = process.identity.start_ticks < crash.by_ticks;
  const bool is_peer = std::ranges::find(peers_, process.identity) != peers_.end();
  if (crash.main != main_ || !is_older || is_peer || process.identity == main_) return std::nullopt;
  const bool is_in_its_session = process.session == main_session_ || process.session == main_.pid;
  return is_in_its_session ? Child::worker : Child::session;
}

void KinMemory::note_beside(const ProcessIdentity& identity) {
  if (!find(identity)) beside_.insert(identity);
}

void KinMemory::sweep(const Processes& table) {
  const auto has_ended = [&table](const ProcessIdentity& identity) {
    const auto* process = table.find(identity.pid);
    return process == nullptr || process->identity != identity;
  };
  std::erase_if(children_, [&](const auto& entry) { return has_ended(entry.first); });
  std::erase_if(beside_, has_ended);
  for (auto& [identity, child] : children_) {
    if (table.find(identity.pid)->is_session_leader()) child = Child::session;
  }
  if (!leader_) return;
  const auto* process = table.find(leader_->pid);
  const bool is_a_strangers = process != nullptr && process->identity != *leader_;
  const bool is_used = std::ranges::find(table.all, leader_->pid, &Process::session) != table.all.end();
  if (is_a_strangers || !is_used) leader_.reset();
}

void KinMemory::tell(std::size_t service, Circumstances& circumstances) const {
  for (const auto& [identity, child] : children_) {
    if (child == Child::worker) circumstances.workers.emplace(identity.pid, service);
  }
  if (leader_) circumstances.sessions.emplace(leader_->pid, service);
}

KinFinder::KinFinder(const ServiceRule& rule, const Processes& table, const ServiceOwners& owners)
    : rule_(rule), table_(table), owners_(owners) {}

Kin KinFinder::find(const std::vector<const Process*>& owned, const std::optional<ProcessIdentity>& named,
                    KinMemory& memory) const {
  Kin kin;
  std::vector<ProcessIdentity> fit;
  for (const auto* process : owned) {
    const bool is_named = named && process->identity == *named;
    if (!is_named && !may_be_main(*process, memory)) continue;
    fit.push_back(process->identity);
    if (kin.main == nullptr || is_named || is_better(*process, *kin.main)) kin.main = process;
    if (is_named) break;
  }
  if (kin.main != nullptr) memory.note_main(*kin.main, std::move(fit));
  const bool is_unit_up = kin.main != nullptr && owners_.is_in_unit(*kin.main);
  for (const auto* process : owned) {
    const bool is_stray = is_unit_up && !owners_.is_in_unit(*process);
    if (is_stray) memory.note_beside(process->identity);
    if (process == kin.main || (!is_stray && !is_session(*process, memory))) kin.members.push_back(process);
  }
  for (const auto* process : kin.members) {
    if (is_started_by_hand(*process, kin.main, memory)) kin.outside.push_back(process);
  }
  learn(owned, memory);
  return kin;
}

/// Not everybody who runs the same program is it: a user submits his mail by sendmail. The main process is,
/// and what has it among its ancestors or is remembered as its worker; of a time that nobody has seen,
/// orphans.
bool KinFinder::is_started_by_hand(const Process& process, const Process* main,
                                   const KinMemory& memory) const {
  if (!owners_.is_outside_unit(process)) return false;
  const auto* ancestor = &process;
  for (int i = 0; ancestor != nullptr && i < ancestors_max; ++i) {
    if (memory.is_beside(ancestor->identity)) return false;
    if (ancestor == main) return true;
    ancestor = parent_in_kin(*ancestor);
  }
  const bool is_unknown_orphan = !memory.has_seen_main() && process.parent == 1;
  return is_unknown_orphan || owners_.is_by_birth(process) ||
         memory.find(process.identity) == KinMemory::Child::worker;
}

/// Its parent, if that one could be of the same service by itself: a shell that started the service
/// and waits for it in the same control group is no kin.
const Process* KinFinder::parent_in_kin(const Process& process) const {
  const auto* parent = table_.find(process.parent);
  if (parent == nullptr || !parent->is_alive() || !rule_.may_look_like(*parent->text)) return nullptr;
  const auto owner = owners_.owner_of(process);
  return owner && owners_.owner_of(*parent) == owner ? parent : nullptr;
}

bool KinFinder::may_be_main(const Process& process, const KinMemory& memory) const {
  return rule_.may_look_like(*process.text) && rule_.fits_main(process, table_) &&
         !owners_.is_by_birth(process) && !memory.find(process.identity) && parent_in_kin(process) == nullptr;
}

/// Only where no control group says what belongs together.
bool KinFinder::is_session(const Process& process, const KinMemory& memory) const {
  if (owners_.is_in_unit(process)) return false;
  const auto* ancestor = &process;
  for (int i = 0; ancestor != nullptr && i < ancestors_max; ++i) {
    if (rule_.is_session(*ancestor)) return true;
    if (memory.find(ancestor->identity) == KinMemory::Child::session) return true;
    ancestor = parent_in_kin(*ancestor);
  }
  return false;
}

bool KinFinder::is_better(const Process& a, const Process& b) const {
  const auto rank = [this](const Process& process) {
    return std::tuple(!owners_.is_in_unit(process), process.identity.start_ticks, process.identity.pid);
  };
  return rank(a) < rank(b);
}

/// Also what was born since the last table, and what a main process had started that was too young to tell it
/// from a starter.
void KinFinder::learn_left_behind(const std::vector<const Process*>& owned, const Crash& crash,
                                  KinMemory& memory) const {
  for (const auto* process : owned) {
    if (owners_.is_in_unit(*process)) continue;
    if (const auto child = memory.left_behind_by(crash, *process)) memory.learn(process->identity, *child);
  }
}

void KinFinder::learn(const std::vector<const Process*>& owned, KinMemory& memory) const {
  for (const auto* process : owned) {
    if (owners_.is_by_birth(*process) && !is_session(*process, memory)) {
      memory.learn(process->identity, KinMemory::Child::worker);
      continue;
    }
    const auto* parent = parent_in_kin(*process);
    if (parent == nullptr || age_seconds(*parent, table_) < starter_seconds_max) continue;
    const bool is_apart = process->session != parent->session || is_session(*process, memory);
    memory.learn(process->identity, is_apart ? KinMemory::Child::session : KinMemory::Child::worker);
  }
}

}  // namespace systemcheck
