#include "publish/snmp_traps.h"

// This order matters to net-snmp.
#include <net-snmp/net-snmp-config.h>
//
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "publish/snmp_varbind.h"

namespace systemcheck {
namespace {

static_assert(std::is_same_v<oid, unsigned long>);

using Name = std::vector<oid>;

constexpr std::uint32_t notifications_arc = 0;  // scNotifications: RFC 2578, 8.5 wants a zero there.
constexpr std::uint32_t objects_arc = 1;

Name below(const Oid& module, std::uint32_t arc, OidSpan rest) {
  Name name(module.begin(), module.end());
  name.push_back(arc);
  name.insert(name.end(), rest.begin(), rest.end());
  return name;
}

void add_object_identifier(netsnmp_variable_list*& varbinds, const Name& name, const Name& value) {
  snmp_varlist_add_variable(&varbinds, name.data(), name.size(), ASN_OBJECT_ID, value.data(),
                            value.size() * sizeof(oid));
}

void add_value(netsnmp_variable_list*& varbinds, const Name& name, const SnmpValue& value) {
  auto* varbind = snmp_varlist_add_variable(&varbinds, name.data(), name.size(), ASN_NULL, nullptr, 0);
  if (varbind != nullptr) write_value(varbind, value);
}

}  // namespace

void TrapSender::look(const std::shared_ptr<const View>& view, const SnmpMoment& moment) {
  if (view == seen_ && moment.now < next_look_) return;
  seen_ = view;
  next_look_ = moment.now + look_interval;
  auto choice = decide_notifications(rules_, std::move(memo_), *view, moment);
  memo_ = std::move(choice.memo);
  for (const auto& notification : choice.notifications)
    send(notification);
}

int TrapSender::timeout_ms(Instant now, int at_most) const {
  const auto left = std::clamp<Duration>(next_look_ - now, Duration::zero(), look_interval);
  const auto ours = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  return at_most < 0 ? ours : std::min(ours, at_most);
}

/// sysUpTime is put before it by net-snmp.
void TrapSender::send(const Notification& notification) const {
  const Name trap_oid{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
  const std::uint32_t number = static_cast<std::uint32_t>(notification.kind);
  netsnmp_variable_list* varbinds = nullptr;
  add_object_identifier(varbinds, trap_oid, below(module_, notifications_arc, OidSpan(&number, 1)));
  for (const auto& object : notification.objects)
    add_value(varbinds, below(module_, objects_arc, object.oid), object.value);
  send_v2trap(varbinds);
  snmp_free_varbind(varbinds);
}

}  // namespace systemcheck
