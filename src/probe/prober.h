#pragma once

#include <functional>

#include "config/probe.h"
#include "os/event_loop.h"
#include "probe/verdict.h"

namespace systemcheck {

using OnVerdict = std::function<void(const Verdict&)>;

/// Asks services. A seam: the daemon's tests have one that answers without sockets. Main thread.
class Prober {
 public:
  virtual ~Prober() = default;

  /// Exactly one verdict, never inside this call, at the latest when the probe's timeout is over.
  /// Destroying the Watch cancels it, and there is none; it may be destroyed in its own callback.
  virtual Watch ask(const Probe& probe, OnVerdict on_verdict) = 0;
};

}  // namespace systemcheck
