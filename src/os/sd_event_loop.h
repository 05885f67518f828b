#pragma once

#include <cstddef>
#include <memory>

#include "os/event_loop.h"
#include "os/sideline.h"

struct sd_event;

namespace systemcheck {

/// The real event loop, over sd-event. Belongs to the thread that made it (aside()'s jobs excepted).
/// Outlives its Watches.
class SdEventLoop final : public EventLoop {
 public:
  /// More jobs than these are refused until the worker has caught up.
  static constexpr std::size_t aside_limit = 16;

  static Result<std::unique_ptr<SdEventLoop>> make();
  ~SdEventLoop() override;

  Instant now() override;
  WallTime wall_now() override;
  Watch at(Instant when, Callback callback) override;
  Result<Watch> when_ready(int descriptor, Ready ready, Priority priority, Callback callback) override;
  Result<Watch> when_gone(ProcessIdentity process, Callback callback) override;
  Result<Watch> on_signal(int number, Callback callback) override;
  /// At destruction a job that hangs is left behind, see Worker.
  Result<Watch> aside(Job job) override;
  Status run() override;
  void stop() override { is_stopped_ = true; }

  /// For what brings its own adapter to sd-event (sd-bus).
  [[nodiscard]] sd_event* event() { return event_.get(); }

 private:
  struct Release {
    void operator()(sd_event* event) const;
  };

  explicit SdEventLoop(sd_event* event);

  std::unique_ptr<sd_event, Release> event_;
  std::unique_ptr<Sideline> aside_{};  ///< made when first needed
  bool is_stopped_ = false;
};

}  // namespace systemcheck
