#include "daemon/related_units.h"

#include <utility>

namespace systemcheck {
namespace {

/// sysinit.target, on which all depend, has some hundreds.
constexpr std::size_t reached_max = 64;

}  // namespace

/// As far as they are known: the last ones found are those of which systemd has yet to tell.
std::set<std::string> RelatedUnits::reached(const MeasuredService& service) const {
  std::set<std::string> found;
  std::vector<std::string> fresh = service.stopped_with_it;
  fresh.insert(fresh.end(), service.triggered_by.begin(), service.triggered_by.end());
  while (!fresh.empty() && found.size() <= reached_max) {
    const auto unit = std::move(fresh.back());
    fresh.pop_back();
    if (unit == service.unit || !found.insert(unit).second) continue;
    const auto known = known_.find(unit);
    if (known == known_.end()) continue;
    const auto& further = known->second.stopped_with_it;
    fresh.insert(fresh.end(), further.begin(), further.end());
  }
  return found;
}

void RelatedUnits::watch(std::span<const MeasuredService> services) {
  std::set<std::string> wanted;
  for (const auto& service : services)
    wanted.merge(reached(service));
  if (wanted == watched_) return;
  watched_ = std::move(wanted);
  std::erase_if(known_, [this](const auto& it) { return !watched_.contains(it.first); });
  const std::vector<std::string> names(watched_.begin(), watched_.end());
  watch_ = units_.watch(names, [this](const Result<UnitStatus>& status) {
    if (status) known_[status->name] = {status->active_state == "active", status->stopped_with_it};
  });
}

bool RelatedUnits::is_active(const std::string& unit) const {
  const auto known = known_.find(unit);
  return known != known_.end() && known->second.is_active;
}

std::optional<std::vector<std::string>> RelatedUnits::stopped_with(const MeasuredService& service) const {
  const auto all = reached(service);
  if (all.size() > reached_max) return std::nullopt;
  for (const auto& unit : all)
    if (!known_.contains(unit)) return std::nullopt;
  return std::vector<std::string>(all.begin(), all.end());
}

}  // namespace systemcheck
