#include "decide/host_guard.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace systemcheck {

void HostGuard::note_death(const std::string& service, Instant now) {
  deaths_[service] = now;
  std::erase_if(deaths_, [now](const auto& death) { return death.second + together <= now; });
}

void HostGuard::note_restart(Instant now) {
  restarts_.push_back(now);
  while (restarts_.front() + remembered_for <= now)
    restarts_.pop_front();
  if (restarts_.size() > restarts_remembered) restarts_.pop_front();
}

void HostGuard::take_back_restart(Instant ordered) {
  const auto found = std::find(restarts_.rbegin(), restarts_.rend(), ordered);
  if (found != restarts_.rend()) restarts_.erase(std::next(found).base());
}

HostVerdict HostGuard::decide(const HostLimit& limit, std::size_t watched, Instant now) const {
  std::size_t dead = 0;
  Instant last{};
  for (const auto& [service, died] : deaths_) {
    if (died + together <= now) continue;
    ++dead;
    last = std::max(last, died);
  }
  const bool is_the_host =
      dead >= deaths_min && static_cast<double>(dead) > limit.share * static_cast<double>(watched);
  if (is_the_host)
    return {last + together,
            fmt::format("{} of {} services died together: it is the machine", dead, watched)};
  if (restarts_.size() < limit.restarts) return {};
  const auto free_again = restarts_[restarts_.size() - limit.restarts] + limit.per;
  if (free_again <= now) return {};
  return {free_again, fmt::format("{} restarts on this machine within {} are the limit", limit.restarts,
                                  duration_words(limit.per))};
}

}  // namespace systemcheck
