#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "os/board.h"
#include "os/inbox.h"
#include "publish/community.h"
#include "publish/snmp_orders.h"
#include "publish/view.h"

namespace systemcheck {

/// What most callers leave as it is.
struct SnmpOptions {
  /// What net-snmp complains of while it runs: printable lines, a few a minute. Called on the agent's thread.
  std::function<void(std::string_view)> on_complaint{};
  /// Where orders go that came by SET; without it all are refused for want of room.
  std::shared_ptr<Inbox<SnmpOrder>> orders{};
  /// More lines in the language of snmpd.conf(5): other communities and views.
  std::vector<std::string> config_lines{};
};

/// The SNMP agent, by itself or below an snmpd, with a thread of its own that owns every
/// bit of net-snmp's state. At most one in a process' life: init_agent(3) can run once.
class SnmpAgent {
 public:
  /// Binds and starts, or says why not. `state_directory`/snmp keeps engineBoots. `community` may read
  /// the module and the agent's own objects, from loopback. An snmpd that is not there yet is waited for.
  /// `views` outlives the agent.
  ///
  /// Call it from the thread that starts the program's parts: it sets variables of the environment,
  /// which net-snmp reads, and puts them back before it returns.
  static Result<std::unique_ptr<SnmpAgent>> start(const SnmpConfig& config,
                                                  const std::string& state_directory,
                                                  const std::string& community, const Board<View>& views,
                                                  SnmpOptions options = {});
  virtual ~SnmpAgent() = default;

  /// What was bound, "udp:127.0.0.1:1161", with the real port where 0 was asked for; or whom it serves,
  /// "agentx:/var/agentx/master".
  [[nodiscard]] virtual std::vector<std::string> addresses() const = 0;
};

}  // namespace systemcheck
