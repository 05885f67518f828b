#include <csignal>
#include <string_view>

#include "collect/memory.h"
#include "daemon/supervised.h"
#include "daemon/supervision.h"

// How main processes end: read from their pidfd where that tells, else told by the kernel's connector.

namespace systemcheck {

/// Before its pidfd is opened: that one shows that it has lived after it was followed.
void Supervision::follow_end(Supervised& service) {
  const auto& main = *service.sight.main;
  if (world_.ends == nullptr || service.followed == main) return;
  service.followed = main;
  service.end_watch = world_.ends->follow(main, [this] { hooks_.look_wanted(); });
}

void Supervision::take_end(Supervised& service) {
  // Taken in any case, lest what is told of it stays there.
  const auto told = service.followed ? world_.ends->take_end(*service.followed) : std::nullopt;
  const auto read = service.gone_watch.how_it_ended();
  const auto& end = read ? read : told;
  stop_following(service);
  if (end) service.end = MainEnd{.end = *end, .is_probably_oom = is_probably_oom(*end)};
}

void Supervision::note_crash(std::size_t index, const ProcessIdentity& main) {
  const auto& end = services_[index]->end;
  if (!end || is_clean(end->end)) return;
  std::erase_if(crashes_, [index](const auto& crash) { return crash.service == index; });
  crashes_.push_back({.service = index, .main = main, .at = world_.loop.now()});
}

void Supervision::stop_following(Supervised& service) {
  service.end_watch.cancel();
  service.followed.reset();
}

/// The count is read at that moment: the kernel adds to it before it kills.
bool Supervision::is_probably_oom(const ProcessEnd& end) {
  if (end.signal != SIGKILL || world_.own_host == nullptr) return false;
  const auto kills = read_oom_kills(*world_.own_host);
  return kills && oom_tally_.explains_death(*kills);
}

}  // namespace systemcheck
