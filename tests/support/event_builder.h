#pragma once

#include <memory>
#include <utility>

#include "publish/event_row.h"

namespace systemcheck::test {

/// The ring with one more in it, as the daemon would number and keep it.
inline std::shared_ptr<const RecentEvents> with_event(const std::shared_ptr<const RecentEvents>& events,
                                                      EventRow event) {
  auto all = *events;
  event.number = all.empty() ? 1 : all.back()->number + 1;
  if (all.size() == recent_events_max) all.erase(all.begin());
  all.push_back(std::make_shared<const EventRow>(std::move(event)));
  return std::make_shared<const RecentEvents>(std::move(all));
}

}  // namespace systemcheck::test
