#pragma once

#include <memory>

#include "publish/notifications.h"

namespace systemcheck {

/// Tells what is to be told, through net-snmp: to our own sinks, or below an snmpd to that one. Belongs to
/// the agent's thread.
class TrapSender {
 public:
  /// How long something may be wrong before anybody looks. Restarts are told of in any case: they are in the
  /// ring of events.
  static constexpr Duration look_interval = std::chrono::seconds{1};

  /// `module` is where systemCheckMIB stands.
  TrapSender(NotifyRules rules, Oid module) : rules_(std::move(rules)), module_(std::move(module)) {}

  /// Each turn. Does something if the view is another one, or if it is time.
  void look(const std::shared_ptr<const View>& view, const SnmpMoment& moment);
  /// How long a poll(2) may wait that would wait for `at_most` (-1: for ever).
  [[nodiscard]] int timeout_ms(Instant now, int at_most) const;

 private:
  void send(const Notification& notification) const;

  NotifyRules rules_;
  Oid module_;
  NotifyMemo memo_{};
  std::shared_ptr<const View> seen_{};
  Instant next_look_{};
};

}  // namespace systemcheck
