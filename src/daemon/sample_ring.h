#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "publish/view.h"

namespace systemcheck {

/// How the machine was, minute by minute. Main thread.
class SampleRing {
 public:
  /// Those of an earlier daemon.
  explicit SampleRing(MachineSamples samples)
      : samples_(std::make_shared<const MachineSamples>(std::move(samples))) {}

  /// Of a view that is about to be posted; a sample where a minute has passed since the last one.
  std::optional<MachineSample> note(const View& view, Instant now);
  [[nodiscard]] std::shared_ptr<const MachineSamples> samples() const { return samples_; }

 private:
  void add(const MachineSample& sample);

  std::shared_ptr<const MachineSamples> samples_;
  Instant due_{};  ///< the next one
  std::uint64_t last_cycle_ = 0;
  bool was_shedding_ = false;  ///< since the last one
};

/// The last minute of it, as it is now. Pure.
MachineSample sample_of(const View& view);

}  // namespace systemcheck
