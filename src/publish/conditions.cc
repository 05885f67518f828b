#include "publish/conditions.h"

#include <algorithm>

#include "base/severity.h"
#include "publish/oids_values.h"
#include "publish/status_words.h"

namespace systemcheck {
namespace {

using Kind = NotificationKind;

Condition sample_condition(const View& view, const SnmpMoment& moment) {
  const bool is_old = is_stale(view, moment);
  return {.key = {Kind::sample_stale, {}},
          .status = is_old ? CheckStatus::critical : CheckStatus::ok,
          .text = is_old ? stale_words(view, moment) : "there are new samples again"};
}

Condition shed_condition(const ShedRow& row) {
  const bool is_alarm = row.state == ShedState::stuck || row.state == ShedState::blind;
  return {.key = {Kind::shed_state, {}},
          .status = is_alarm ? CheckStatus::critical : CheckStatus::ok,
          .state = static_cast<int>(row.state),
          .text = row.words};
}

std::string mount_point_of(const View& view, const FileSystemRow& row) {
  const auto& disks = view.snapshot->facts.of<Disks>();
  return disks && row.index < disks->file_systems.size() ? disks->file_systems[row.index].mount_point
                                                         : row.name;
}

void add_disks(std::vector<Condition>& all, const View& view) {
  for (const auto& row : view.file_systems) {
    all.push_back({.key = {Kind::disk_status, row.name},
                   .status = row.status,
                   .label = mount_point_of(view, row),
                   .text = disk_words(view, row)});
  }
}

/// The relay stands among the services, too, and is told of once.
void add_services(std::vector<Condition>& all, const View& view) {
  for (const auto& row : view.services) {
    if (view.relay && row.name == relay_service_name) continue;
    all.push_back(service_condition(row.name, row.state, row.reason));
  }
}

}  // namespace

std::vector<Condition> conditions_of(const View& view, const SnmpMoment& moment) {
  std::vector<Condition> all{sample_condition(view, moment)};
  if (view.shedding) all.push_back(shed_condition(*view.shedding));
  all.push_back({.key = {Kind::memory_status, {}}, .status = view.memory_status, .text = memory_words(view)});
  all.push_back({.key = {Kind::load_status, {}}, .status = view.load_status, .text = load_words(view)});
  add_disks(all, view);
  if (view.relay)
    all.push_back({.key = {Kind::relay_status, {}}, .status = view.relay->status, .text = view.relay->words});
  add_services(all, view);
  return all;
}

/// What is only suspected is no more than what was known before.
Condition service_condition(const std::string& name, ServiceState state, const std::string& reason) {
  return {.key = {Kind::service_state, name},
          .status = state == ServiceState::suspect ? CheckStatus::unknown : severity_of(state),
          .state = static_cast<int>(state),
          .label = name,
          .text = reason};
}

std::optional<Condition> gone_condition(const ConditionKey& key, const ToldCondition& told,
                                        const View& view) {
  const auto kind = key.first;
  const bool is_unseen =
      view.sequence == 0 || (kind == Kind::disk_status && !view.snapshot->facts.of<Disks>());
  if (is_unseen) return std::nullopt;
  Condition over{
      .key = key, .status = CheckStatus::ok, .label = told.label, .text = "it is not watched any more"};
  if (kind == Kind::disk_status) over.text = "it is not seen any more";
  if (kind == Kind::service_state) over.state = static_cast<int>(ServiceState::absent);
  if (kind == Kind::shed_state) over.state = static_cast<int>(ShedState::normal);
  return over;
}

bool is_worth_telling(const ToldCondition& told, const Condition& now) {
  if (now.key.first == Kind::service_state) return now.status > told.status;
  return now.status != told.status || now.state != told.state;
}

}  // namespace systemcheck
