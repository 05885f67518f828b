#pragma once

#include "probe/prober.h"

namespace systemcheck {

/// The real one: sockets and commands on the event loop, all side by side.
class LoopProber final : public Prober {
 public:
  explicit LoopProber(EventLoop& loop) : loop_(loop) {}

  Watch ask(const Probe& probe, OnVerdict on_verdict) override;

 private:
  EventLoop& loop_;
};

}  // namespace systemcheck
