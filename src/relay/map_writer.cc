#include "relay/map_writer.h"

#include <algorithm>
#include <utility>

#include "os/clock.h"

namespace systemcheck {

/// The worker's: what the file has, or would have.
struct MapWriter::Core {
  std::unique_ptr<MapFile> file{};
  MapEntries entries{};
  bool is_sound = false;  ///< the file is as `entries` were after the last batch
};

struct MapWriter::Outcome {
  std::string error{};
  Duration took{};
  std::size_t entries = 0;
};

namespace {

std::vector<MapChange> merge(MapEntries& entries,
                             const std::map<IpNetwork, std::optional<WallTime>>& waiting) {
  std::vector<MapChange> changes;
  changes.reserve(waiting.size());
  for (const auto& [network, expires_on] : waiting) {
    changes.push_back({.network = network, .expires_on = expires_on});
    if (expires_on) {
      entries.insert_or_assign(network, *expires_on);
    } else {
      entries.erase(network);
    }
  }
  return changes;
}

}  // namespace

MapWriter::MapWriter(EventLoop& loop, Aside aside, std::unique_ptr<MapFile> file)
    : loop_(loop), aside_(std::move(aside)), core_(std::make_shared<Core>()), not_before_(loop.now()) {
  state_.path = file->path();
  core_->file = std::move(file);
}

void MapWriter::put(const std::vector<MapChange>& changes, Rest rest) {
  for (const auto& it : changes) {
    if (is_single_address(it.network)) waiting_.insert_or_assign(it.network, it.expires_on);
  }
  const bool is_first = state_.updates == 0 && state_.failures == 0 && !job_.is_set();
  if (waiting_.empty() && !is_first) return;
  if (!state_.waiting_since) state_.waiting_since = loop_.now();
  if (is_first && rest == Rest::follows) return;
  write_soon();
}

MapWriter::State MapWriter::state() const {
  auto state = state_;
  state.waiting = waiting_.size();
  if (under_way_since_) state.waiting_since = under_way_since_;
  return state;
}

void MapWriter::write_soon() {
  if (job_.is_set() || timer_.is_set()) return;
  if (loop_.now() >= not_before_) return write();
  timer_ = loop_.at(not_before_, [this] {
    timer_.cancel();
    write();
  });
}

void MapWriter::write() {
  // Handed over as it is: copying a hundred thousand of them would keep the loop busy.
  const auto batch = std::make_shared<Waiting>(std::exchange(waiting_, {}));
  auto job = aside_([this, core = core_, batch] {
    const auto outcome = write_batch(*core, *batch);
    return [this, outcome] { finish(outcome); };
  });
  if (!job) {
    waiting_ = std::move(*batch);
    return fail(job.error().message);
  }
  under_way_since_ = std::exchange(state_.waiting_since, std::nullopt);
  job_ = *std::move(job);
}

MapWriter::Outcome MapWriter::write_batch(Core& core, const Waiting& batch) {
  const auto began = steady_now();
  const auto changes = merge(core.entries, batch);
  const auto done =
      core.is_sound ? core.file->apply(core.entries, changes) : core.file->replace(core.entries);
  core.is_sound = done.has_value();
  return {.error = done ? "" : done.error().message,
          .took = steady_now() - began,
          .entries = core.entries.size()};
}

void MapWriter::finish(const Outcome& outcome) {
  job_.cancel();
  state_.entries = outcome.entries;
  state_.last_took = outcome.took;
  if (!outcome.error.empty()) return fail(outcome.error);
  under_way_since_.reset();
  ++state_.updates;
  state_.error.clear();
  state_.last_update = loop_.wall_now();
  retry_ = retry_min;
  pause_ = std::clamp(outcome.took * pauses_per_batch, pause_min, pause_max);
  not_before_ = loop_.now() + pause_;
  if (!waiting_.empty()) write_soon();
}

void MapWriter::fail(const std::string& why) {
  ++state_.failures;
  state_.error = state_.path + ": " + why;
  if (under_way_since_) state_.waiting_since = std::exchange(under_way_since_, std::nullopt);
  not_before_ = loop_.now() + retry_;
  retry_ = std::min(retry_ * 2, retry_max);
  write_soon();
}

}  // namespace systemcheck
