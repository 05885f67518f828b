#include "publish/snmp_orders.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "decide/ownership.h"
#include "publish/oids_leaves.h"
#include "publish/oids_syntax.h"
#include "publish/oids_values.h"

namespace systemcheck {
namespace {

using namespace syntax;

constexpr std::size_t date_bytes = 11;  // With its zone: without one it is anybody's guess.

const ServiceRow& service(const Sight& it) { return it.view.services[it.row]; }

std::optional<WallTime> maintenance_end(const ServiceRow& row) {
  const auto held = std::ranges::find(row.holds, Owner::maintenance, &HoldRow::by);
  return held == row.holds.end() ? std::nullopt : held->until;
}

/// RFC 2579 DateAndTime with a zone.
std::optional<WallTime> parse_date(std::string_view octets) {
  using namespace std::chrono;
  const auto octet = [octets](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(octets[at]));
  };
  const year_month_day date{year{static_cast<int>(octet(0) << 8 | octet(1))}, month{octet(2)}, day{octet(3)}};
  const bool is_clock = octet(4) < 24 && octet(5) < 60 && octet(6) <= 60 && octet(7) < 10;
  const bool is_zone = (octets[8] == '+' || octets[8] == '-') && octet(9) <= 13 && octet(10) < 60;
  if (!date.ok() || !is_clock || !is_zone) return std::nullopt;
  const auto offset = hours{octet(9)} + minutes{octet(10)};
  const auto local =
      sys_days{date} + hours{octet(4)} + minutes{octet(5)} + seconds{octet(6)} + milliseconds{octet(7) * 100};
  return octets[8] == '+' ? WallTime(local - offset) : WallTime(local + offset);
}

SetVerdict judge_lock(const SnmpValue& value) {
  if (value.type != SnmpType::integer) return SetProblem::wrong_type;
  if (value.number < 0 || value.number > INT32_MAX) return SetProblem::wrong_value;
  return LockTest{static_cast<std::int32_t>(value.number)};
}

/// Never further than the configuration goes.
SetVerdict judge_shed_mode(const View& view, const SnmpValue& value) {
  if (value.type != SnmpType::integer) return SetProblem::wrong_type;
  const auto place = value.number - mode.first_label;
  if (place < 0 || place > static_cast<int>(Mode::act)) return SetProblem::wrong_value;
  const auto wanted = static_cast<Mode>(place);
  if (!view.shedding || wanted > view.config->memory.mode) return SetProblem::inconsistent;
  if (wanted == view.shedding->mode) return NoChange{};
  SnmpOrder order;
  order.shed_mode = wanted;
  return order;
}

SetVerdict judge_command(const ServiceRow& row, const SnmpValue& value) {
  if (value.type != SnmpType::integer) return SetProblem::wrong_type;
  const auto place = value.number - service_command.first_label;
  if (place < 0 || place >= static_cast<std::int64_t>(Words<SnmpCommand>::all.size()))
    return SetProblem::wrong_value;
  const auto command = static_cast<SnmpCommand>(place);
  if (command == SnmpCommand::none) return NoChange{};
  const bool is_moving =
      command == SnmpCommand::restart || command == SnmpCommand::start || command == SnmpCommand::stop;
  if (is_moving && row.state == ServiceState::restarting) return SetProblem::inconsistent;
  return SnmpOrder{.command = command, .service = row.name};
}

/// Eight zeros, as it reads where there is none, end it.
SetVerdict judge_maintenance(const ServiceRow& row, const SnmpValue& value, WallTime now) {
  if (value.type != SnmpType::octets) return SetProblem::wrong_type;
  if (value.octets == date_value(std::nullopt).octets)
    return SnmpOrder{.command = SnmpCommand::release, .service = row.name};
  if (value.octets.size() != date_bytes) return SetProblem::wrong_length;
  const auto until = parse_date(value.octets);
  if (!until || *until <= now || *until > now + maintenance_max) return SetProblem::wrong_value;
  return SnmpOrder{.service = row.name, .maintenance_until = until};
}

}  // namespace

std::vector<Leaf> lock_leaves() {
  return {{{"scSetLock", {1, 10}, test_and_incr, "", false, true}, Instances::always, [](const Sight& it) {
             return SnmpValue{.number = it.moment.set_lock};
           }}};
}

std::vector<Leaf> order_leaves() {
  return {
      {{"scServiceCommand", {5, 1, 1, 17}, service_command, "", true, true},
       Instances::services,
       [](const Sight&) { return label_value(SnmpCommand::none, service_command); }},
      {{"scServiceMaintenanceUntil", {5, 1, 1, 19}, date, "", true, true},
       Instances::services,
       [](const Sight& it) { return date_value(maintenance_end(service(it))); }},
  };
}

SetVerdict judge_set(const OidTable& table, OidTable::Place place, const SnmpValue& value, WallTime now) {
  const auto& leaf = leaves()[place.leaf];
  if (!leaf.is_writable) return SetProblem::not_writable;
  if (leaf.syntax.name == mode.name) return judge_shed_mode(*table.view(), value);
  if (!leaf.is_column) return judge_lock(value);
  const auto& row = table.view()->services[table.row(place)];
  return leaf.syntax.name == date.name ? judge_maintenance(row, value, now) : judge_command(row, value);
}

}  // namespace systemcheck
