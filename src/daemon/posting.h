#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "publish/view.h"

namespace systemcheck {

/// What a view is made from, besides the time of the post.
struct Posting {
  std::shared_ptr<const Config> config{};
  std::shared_ptr<const Snapshot> snapshot{};
  std::vector<ServiceRow> services{};
  std::optional<Instant> load_high_since{};
  DaemonRow daemon{};
  std::optional<ShedRow> shedding{};
  std::optional<RelayRow> relay{};
};

/// The next view: rows, verdicts and which of them is the worst. Pure.
View compose_view(Posting posting, std::uint64_t sequence, Instant now, WallTime wall_now);

}  // namespace systemcheck
