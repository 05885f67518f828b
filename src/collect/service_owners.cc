#include "collect/service_owners.h"

#include <algorithm>

#include "base/text.h"
#include "collect/control_group.h"

namespace systemcheck {
namespace {

constexpr std::size_t comm_bytes_max = 15;  // TASK_COMM_LEN without its zero
/// Ancestors looked at. Deeper trees are somebody's experiment.
constexpr int ancestors_max = 64;

std::span<const std::size_t> found_in(
    const std::unordered_map<std::string_view, std::vector<std::size_t>>& lists, std::string_view key) {
  const auto found = lists.find(key);
  if (found == lists.end()) return {};
  return found->second;
}

}  // namespace

RuleIndex::RuleIndex(std::span<const ServiceRule> rules) : rules_(rules) {
  for (std::size_t service = 0; service < rules.size(); ++service) {
    const auto& match = rules[service].match();
    for (const auto& unit : match.units)
      by_unit_[unit].push_back(service);
    const auto& installed = rules[service].installed_unit();
    if (!installed.empty() && std::ranges::find(match.units, installed) == match.units.end()) {
      by_unit_[installed].push_back(service);
    }
    for (const auto& path : match.executables) {
      by_executable_[path].push_back(service);
      by_comm_[base_name(path).substr(0, comm_bytes_max)].push_back(service);
    }
    if (match.executables.empty() && !match.cmdline.empty()) by_cmdline_.push_back(service);
  }
}

std::span<const std::size_t> RuleIndex::of_unit(std::string_view unit) const {
  return found_in(by_unit_, unit);
}
std::span<const std::size_t> RuleIndex::of_executable(std::string_view path) const {
  return found_in(by_executable_, path);
}
std::span<const std::size_t> RuleIndex::of_comm(std::string_view comm) const {
  return found_in(by_comm_, comm);
}

ServiceOwners::ServiceOwners(const RuleIndex& rules, const Processes& table,
                             const Circumstances& circumstances)
    : rules_(rules),
      table_(table),
      circumstances_(circumstances),
      owners_(table.all.size(), none),
      is_decided_(table.all.size(), false),
      is_by_birth_(table.all.size(), false) {
  for (Row row = 0; row < table.all.size(); ++row) {
    (void)decide_owner(row, 0);
    note_hidden(table.all[row]);
  }
}

std::optional<std::size_t> ServiceOwners::owner_of(const Process& process) const {
  const auto owner = owners_[row_of(process)];
  if (owner == none) return std::nullopt;
  return owner;
}

bool ServiceOwners::is_in_unit(const Process& process) const {
  const auto owner = owners_[row_of(process)];
  if (owner == none) return false;
  const auto unit = unit_around(process);
  return !unit.empty() && rules_.rule(owner).lists_unit(unit);
}

bool ServiceOwners::is_outside_unit(const Process& process) const {
  const auto owner = owners_[row_of(process)];
  if (owner == none || !circumstances_.is_systemd || process.text->control_group.empty()) return false;
  const auto& rule = rules_.rule(owner);
  const bool has_unit = !rule.match().units.empty() || !rule.installed_unit().empty();
  return has_unit && !is_in_unit(process);
}

ServiceOwners::Row ServiceOwners::row_of(const Process& process) const {
  return static_cast<Row>(&process - table_.all.data());
}

std::string_view ServiceOwners::unit_around(const Process& process) const {
  return circumstances_.is_systemd ? unit_of(process.text->control_group) : std::string_view();
}

std::size_t ServiceOwners::decide_owner(Row row, int depth) {
  if (is_decided_[row]) return owners_[row];
  is_decided_[row] = true;  // Before the parent is asked: a loop of parents, in a fixture, ends here.
  const auto& process = table_.all[row];
  if (!process.is_alive()) return none;
  auto owner = decide_unit_owner(process);
  const auto named = circumstances_.named.find(process.identity.pid);
  if (owner == none && named != circumstances_.named.end()) owner = named->second;
  if (owner == none) owner = decide_by_looks(process, depth);
  owners_[row] = owner;
  return owner;
}

std::size_t ServiceOwners::decide_unit_owner(const Process& process) const {
  const auto unit = unit_around(process);
  if (unit.empty()) return none;
  const auto listed = rules_.of_unit(unit);
  if (listed.empty()) return none;
  const auto fits = [&](std::size_t service) { return rules_.rule(service).may_look_like(*process.text); };
  const auto found = std::ranges::find_if(listed, fits);
  return found != listed.end() ? *found : listed.front();
}

/// A child belongs to whom its parent belongs, where it may: that tells the workers of two
/// instances of one program apart.
std::size_t ServiceOwners::decide_by_looks(const Process& process, int depth) {
  const auto candidates = candidates_for(process);
  const auto by_birth = decide_by_birth(process, depth);
  if (candidates.empty()) {
    is_by_birth_[row_of(process)] = by_birth != none;
    return by_birth;
  }
  if (std::ranges::find(candidates, by_birth) != candidates.end()) return by_birth;
  const auto* parent = table_.find(process.parent);
  if (parent != nullptr && depth < ancestors_max) {
    const auto owner = decide_owner(row_of(*parent), depth + 1);
    if (std::ranges::find(candidates, owner) != candidates.end()) return owner;
  }
  return best_of(process, candidates);
}

/// Dovecot's workers are other programs than dovecot. Where no control group says so they are known by their
/// parent and its session, and when the parent is gone by what was seen before. A child in a session of its
/// own is somebody's login, or a daemon in its own right.
std::size_t ServiceOwners::decide_by_birth(const Process& process, int depth) {
  if (!unit_around(process).empty()) return none;
  const auto worker = circumstances_.workers.find(process.identity.pid);
  if (worker != circumstances_.workers.end()) return worker->second;
  const auto session = circumstances_.sessions.find(process.session);
  if (session != circumstances_.sessions.end() && !process.is_session_leader()) return session->second;
  const auto* parent = table_.find(process.parent);
  if (parent == nullptr || depth >= ancestors_max || parent->session != process.session) return none;
  return decide_owner(row_of(*parent), depth + 1);
}

/// Rather whose main process it could be, then who says more about it, then who was written first.
std::size_t ServiceOwners::best_of(const Process& process, std::span<const std::size_t> candidates) const {
  const auto strength = [&](std::size_t service) {
    const auto& rule = rules_.rule(service);
    const bool is_main = rule.fits_main(process, table_);
    return (is_main ? 4 : 0) + (!rule.match().cmdline.empty() ? 2 : 0) + (!rule.match().user.empty() ? 1 : 0);
  };
  return *std::ranges::max_element(candidates, {}, strength);
}

std::vector<std::size_t> ServiceOwners::candidates_for(const Process& process) const {
  std::vector<std::size_t> candidates;
  const auto consider = [&](std::span<const std::size_t> services) {
    for (const auto service : services) {
      const auto& rule = rules_.rule(service);
      if (rule.has_looks_of(*process.text) && may_own(rule, process)) candidates.push_back(service);
    }
  };
  consider(rules_.of_executable(process.text->executable));
  consider(rules_.told_by_cmdline_alone());
  std::ranges::sort(candidates);
  return candidates;
}

/// What runs in another unit, or in a container of this machine, only looks alike.
bool ServiceOwners::may_own(const ServiceRule& rule, const Process& process) const {
  const auto unit = unit_around(process);
  if (!unit.empty() && !rule.match().units.empty()) return rule.lists_unit(unit);
  if (!circumstances_.are_we_in_container && is_containers(process.text->control_group)) return false;
  return !circumstances_.is_elsewhere || !circumstances_.is_elsewhere(process);
}

void ServiceOwners::note_hidden(const Process& process) {
  // Kernel threads have no executable either, but no arguments.
  const bool is_unreadable = process.text->executable.empty() && !process.text->cmdline.empty();
  if (!is_unreadable || !process.is_alive()) return;
  for (const auto service : rules_.of_comm(process.text->comm)) {
    if (may_own(rules_.rule(service), process)) hidden_.emplace(service, process.identity.pid);
  }
}

}  // namespace systemcheck
