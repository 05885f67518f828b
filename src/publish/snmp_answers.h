#pragma once

#include <optional>
#include <span>
#include <variant>

#include "os/board.h"
#include "publish/oids.h"
#include "publish/snmp_orders.h"

namespace systemcheck {

/// A whole object identifier as net-snmp holds it: its sub-identifiers are longs.
using WholeName = std::span<const unsigned long>;

/// What the requests of one turn of the agent's loop are answered from: one view, so that all varbinds of
/// a response belong together. Belongs to the agent's thread.
class Answers {
 public:
  Answers(const Board<View>& views, const Oid& base);

  [[nodiscard]] const ModuleRoot& root() const { return root_; }

  /// Takes the newest view for all that follows.
  void pin(Instant now);
  /// When sysUpTime was 0: our TimeStamps count from there too.
  void set_agent_started(Instant when) { moment_.agent_started = when; }

  /// GET.
  [[nodiscard]] std::variant<OidTable::Place, OidTable::Missing> at(WholeName name) const;
  /// GETNEXT: the first of our instances behind `name`, which may stand before all of them.
  [[nodiscard]] std::optional<OidTable::Place> after(WholeName name, OidTable::Bound bound) const;

  [[nodiscard]] std::optional<OidTable::Place> next(OidTable::Place place) const {
    return table_.next(place);
  }
  [[nodiscard]] SetVerdict judge(OidTable::Place place, const SnmpValue& value, WallTime now) const {
    return judge_set(table_, place, value, now);
  }
  [[nodiscard]] std::int32_t set_lock() const { return moment_.set_lock; }
  /// Somebody has set it to what it was: whoever else believes to know it does no longer.
  void advance_lock() { moment_.set_lock = moment_.set_lock == INT32_MAX ? 0 : moment_.set_lock + 1; }
  [[nodiscard]] const std::shared_ptr<const View>& view() const { return table_.view(); }
  [[nodiscard]] const SnmpMoment& moment() const { return moment_; }
  /// The name of an instance, whole, into `name`, where 128 sub-identifiers have room. Returns how many it
  /// has.
  [[nodiscard]] std::size_t write_name(OidTable::Place place, std::span<unsigned long> name) const;
  [[nodiscard]] SnmpValue value(OidTable::Place place) const { return table_.value(place, moment_); }

 private:
  /// The part of `name` below scObjects; nothing if it is elsewhere.
  [[nodiscard]] std::optional<Oid> below_objects(WholeName name) const;

  const Board<View>& views_;
  const ModuleRoot root_;
  OidTable table_;
  SnmpMoment moment_{};
};

}  // namespace systemcheck
