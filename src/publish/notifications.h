#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/notify_rules.h"
#include "publish/oids.h"

// What is told without being asked. Two kinds of things are: conditions, which are wrong until they are not,
// and of which both is told; and what was done, of which the ring of events knows. Pure, and without
// net-snmp.
//
// A manager must be able to trust that whatever it was told of will be taken back. So what counts is not what
// has changed, but where what it was told differs from what is the case: of what the limit has kept back the
// difference stays, and is told as soon as the limit allows.

namespace systemcheck {

/// The numbers are those of the module, below scNotifications.
enum class NotificationKind {
  service_state = 1,
  service_restarted,
  disk_status,
  load_status,
  memory_status,
  shed_action,
  shed_state,
  relay_status,
  sample_stale,
  heartbeat,
  suppressed,
};

/// One kind as the module has it.
struct NotificationInfo {
  NotificationKind kind = NotificationKind::heartbeat;
  std::string_view name{};                  ///< "scServiceStateChange"
  std::vector<std::string_view> objects{};  ///< in this order
};
std::span<const NotificationInfo> notification_infos();

/// Objects that are only ever told: accessible-for-notify.
std::span<const LeafInfo> notify_leaves();

struct NotifiedObject {
  Oid oid{};  ///< with its index, below scObjects
  SnmpValue value{};

  bool operator==(const NotifiedObject&) const = default;
};

struct Notification {
  NotificationKind kind = NotificationKind::heartbeat;
  std::vector<NotifiedObject> objects{};
};

/// What can be wrong, and of whom: the name of a service or of a file system, or nobody's.
using ConditionKey = std::pair<NotificationKind, std::string>;

/// What was told of something that is wrong.
struct ToldCondition {
  CheckStatus status = CheckStatus::unknown;
  int state = 0;  ///< of a service or of shedding
  std::string label{};
  Instant told_at{};
};

/// What is remembered from one look to the next.
struct NotifyMemo {
  bool has_looked = false;
  std::uint64_t last_event = 0;
  std::uint64_t told = 0;                          ///< notifications so far
  std::map<ConditionKey, ToldCondition> active{};  ///< wrong, as far as was told
  std::set<ConditionKey> late{};                   ///< to be told, but the limit was reached
  std::optional<Instant> minute_began{};           ///< in which the limit counts
  std::uint32_t told_in_minute = 0;
  std::uint64_t left_out = 0;
  std::optional<Instant> last_heartbeat{};
};

struct NotifyChoice {
  std::vector<Notification> notifications{};
  NotifyMemo memo{};
};

/// What is to be told now, in this order. To be asked about once a second, and when the view is another one.
NotifyChoice decide_notifications(const NotifyRules& rules, NotifyMemo memo, const View& view,
                                  const SnmpMoment& moment);

}  // namespace systemcheck
