#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/event_loop.h"
#include "relay/map_file.h"

namespace systemcheck {

/// Keeps one map file as the table is, without ever making the loop wait: changes are collected and given to
/// a worker in batches, the first one at once. What fails is done anew as a whole, later each time.
class MapWriter {
 public:
  /// Runs a job beside the loop: EventLoop::aside(), or a Sideline of its own.
  using Aside = std::function<Result<Watch>(Job)>;

  static constexpr Duration pause_min = std::chrono::milliseconds{10};
  /// A batch that took long is followed by a pause so many times as long.
  static constexpr int pauses_per_batch = 4;
  static constexpr Duration pause_max = std::chrono::seconds{5};
  static constexpr Duration retry_min = std::chrono::seconds{1};
  static constexpr Duration retry_max = std::chrono::seconds{60};

  struct State {
    std::string path{};
    std::size_t entries = 0;
    std::size_t waiting = 0;                 ///< changes that are not in it yet
    std::optional<Instant> waiting_since{};  ///< the oldest of them; none: it is current
    std::optional<WallTime> last_update{};
    Duration last_took{};
    std::uint64_t updates = 0;
    std::uint64_t failures = 0;
    std::string error{};  ///< of the last attempt; "": it went well
  };

  MapWriter(EventLoop& loop, Aside aside, std::unique_ptr<MapFile> file);
  MapWriter(const MapWriter&) = delete;
  MapWriter& operator=(const MapWriter&) = delete;

  /// Whether the next call brings what belongs to these changes.
  enum class Rest { none, follows };

  /// The first time, what the file has had before is replaced: not before all is there, so that nobody who
  /// may send is missing in between.
  void put(const std::vector<MapChange>& changes, Rest rest = Rest::none);
  [[nodiscard]] State state() const;

 private:
  using Waiting = std::map<IpNetwork, std::optional<WallTime>>;
  struct Core;
  struct Outcome;

  static Outcome write_batch(Core& core, const Waiting& batch);
  void write_soon();
  void write();
  void finish(const Outcome& outcome);
  void fail(const std::string& why);

  EventLoop& loop_;
  Aside aside_;
  std::shared_ptr<Core> core_;  ///< shared with the job, which may outlive us
  Waiting waiting_{};
  std::optional<Instant> under_way_since_{};  ///< the oldest change of the batch that is being written
  Duration pause_ = pause_min;
  Duration retry_ = retry_min;
  Instant not_before_{};
  State state_{};
  Watch job_{};
  Watch timer_{};
};

}  // namespace systemcheck
