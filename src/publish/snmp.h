#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "os/board.h"
#include "publish/view.h"

namespace systemcheck {

/// The embedded SNMP agent, with a thread of its own that owns every bit of net-snmp's state.
/// At most one in a process' life (init_agent can run once).
class SnmpAgent {
 public:
  /// Binds and starts. `state_directory` keeps the community and engineBoots; `community` is the
  /// read-only community for loopback (see read_or_make_community). `views` outlives the agent.
  static Result<std::unique_ptr<SnmpAgent>> start(const SnmpConfig& config,
                                                  const std::string& state_directory,
                                                  const std::string& community, const Board<View>& views);
  virtual ~SnmpAgent() = default;
  /// What was bound, "udp:127.0.0.1:1161", with the real port where 0 was asked for.
  [[nodiscard]] virtual std::vector<std::string> addresses() const = 0;
};

struct Community {
  std::string text{};
  bool is_new = false;  ///< made just now: to be shown once
};

/// The community in `state_directory`/snmp-community (0640), made from getrandom(2) if there is none.
Result<Community> read_or_make_community(const std::string& state_directory);

}  // namespace systemcheck
