#include "offline/past_orders.h"

#include <algorithm>

namespace systemcheck {
namespace {

/// The last order of one service, as far as it has been told.
struct Open {
  std::int64_t run = 0;
  Instant began{};
  std::optional<Instant> ended{};
  PastOrder order{};
};

}  // namespace

PastOrders::PastOrders(std::span<const Recorded> moments) {
  std::map<std::string, Open> open;
  const auto close = [&](const std::string& service) {
    const auto found = open.find(service);
    if (found == open.end()) return;
    if (found->second.ended) orders_[service].push_back(found->second.order);
    open.erase(found);
  };
  for (std::size_t place = 0; place < moments.size(); ++place) {
    const auto& moment = moments[place];
    auto found = open.find(moment.service);
    if (found != open.end() && found->second.run != moment.run) {
      close(moment.service);
      found = open.end();
    }
    if (const auto* outcome = moment.outcome(); outcome != nullptr && found != open.end()) {
      found->second.ended = moment.instant;
      found->second.order.outcome = *outcome;
      found->second.order.took = moment.instant - found->second.began;
    }
    const auto* situation = moment.situation();
    if (situation == nullptr) continue;
    if (situation->decision.step == RestartStep::restart) {
      close(moment.service);
      open[moment.service] = {
          .run = moment.run, .began = moment.instant, .order = {.place = place, .at = moment.at}};
    } else if (found != open.end() && found->second.ended && is_good(*situation)) {
      found->second.order.up_after = moment.instant - *found->second.ended;
      close(moment.service);
    }
  }
  while (!open.empty())
    close(std::string(open.begin()->first));
}

const PastOrder* PastOrders::nearest(const std::string& service, std::size_t place) const {
  const auto found = orders_.find(service);
  if (found == orders_.end()) return nullptr;
  const auto& all = found->second;
  const auto next = std::ranges::lower_bound(all, place, {}, &PastOrder::place);
  return next != all.end() ? &*next : &all.back();
}

const PastOrder* PastOrders::at(const std::string& service, std::size_t place) const {
  const auto* order = nearest(service, place);
  return order != nullptr && order->place == place ? order : nullptr;
}

}  // namespace systemcheck
