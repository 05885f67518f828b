#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

class Metrics;
struct Look;

/// A file that an administrator makes in an emergency: while it exists, nothing is touched.
struct KillSwitch {
  static constexpr std::string_view name = "kill_switch";

  std::string reason{};  ///< "/run/systemcheck/disable-actions exists"; empty: actions are not disabled

  static Result<KillSwitch> collect(Look& look);
  void describe(Metrics&) const {}  // Said with the daemon's own state, which knows of it between cycles.

  bool operator==(const KillSwitch&) const = default;
};

/// The first of the paths that exists. One that cannot be looked at counts as set: whether it may act is
/// just what the daemon does not know then.
KillSwitch read_kill_switch(Host& host, const std::vector<std::string>& paths);

}  // namespace systemcheck
