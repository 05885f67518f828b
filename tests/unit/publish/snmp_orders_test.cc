#include "publish/snmp_orders.h"

#include <gtest/gtest.h>

#include "publish/oids_values.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + 12h};

class Set : public ::testing::Test {
 protected:
  Set() : table(std::make_shared<const View>(ViewBuilder().usual_services().build())) {}

  /// "scSetLock", or a column with the name of a service.
  [[nodiscard]] Oid oid_of(std::string_view leaf, std::string_view service = {}) const {
    const auto found = std::ranges::find(leaves(), leaf, &LeafInfo::name);
    Oid oid = found->oid;
    oid.push_back(static_cast<std::uint32_t>(service.size()));
    oid.insert(oid.end(), service.begin(), service.end());
    return oid;
  }
  [[nodiscard]] SetVerdict set(const Oid& oid, const SnmpValue& value) const {
    return judge_set(table, std::get<OidTable::Place>(table.at(oid)), value, now);
  }
  [[nodiscard]] SetProblem problem(const Oid& oid, const SnmpValue& value) const {
    return std::get<SetProblem>(set(oid, value));
  }
  [[nodiscard]] std::string some_service() const { return table.view()->services.front().name; }

  OidTable table;
};

SnmpValue number(std::int64_t value) { return {.number = value}; }
SnmpValue octets(std::string text) { return {.type = SnmpType::octets, .octets = std::move(text)}; }

TEST_F(Set, OrdersWhatTheWordSays) {
  const auto oid = oid_of("scServiceCommand", some_service());
  for (const auto command : {SnmpCommand::restart, SnmpCommand::clear, SnmpCommand::release}) {
    const auto order = std::get<SnmpOrder>(set(oid, number(static_cast<int>(command) + 1)));
    EXPECT_EQ(order.command, command);
    EXPECT_EQ(order.service, some_service());
    EXPECT_FALSE(order.maintenance_until);
  }
  EXPECT_TRUE(std::holds_alternative<NoChange>(set(oid, number(1))));
}

TEST_F(Set, RefusesWhatIsNoSuchWord) {
  const auto oid = oid_of("scServiceCommand", some_service());
  for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{7}, std::int64_t{-1}, std::int64_t{1} << 31})
    EXPECT_EQ(problem(oid, number(wrong)), SetProblem::wrong_value) << wrong;
  EXPECT_EQ(problem(oid, octets("restart")), SetProblem::wrong_type);
}

TEST_F(Set, RefusesToMoveAServiceThatIsBeingRestarted) {
  auto builder = ViewBuilder().usual_services();
  builder.view().services.front().state = ServiceState::restarting;
  table = OidTable(std::make_shared<const View>(builder.build()));
  const auto oid = oid_of("scServiceCommand", some_service());
  EXPECT_EQ(problem(oid, number(2)), SetProblem::inconsistent);
  EXPECT_TRUE(std::holds_alternative<SnmpOrder>(set(oid, number(5))))
      << "to forget its pauses is no movement";
}

TEST_F(Set, TakesATimeForMaintenance) {
  const auto oid = oid_of("scServiceMaintenanceUntil", some_service());
  const auto order = std::get<SnmpOrder>(set(oid, date_value(now + 2h)));
  EXPECT_EQ(order.maintenance_until, now + 2h);
  // 15:30 an hour and a half east of Greenwich.
  const std::string local{'\x07', '\xea', 11, 27, 15, 30, 0, 0, '+', 1, 30};
  EXPECT_EQ(std::get<SnmpOrder>(set(oid, octets(local))).maintenance_until, now + 2h);
  EXPECT_EQ(std::get<SnmpOrder>(set(oid, date_value(std::nullopt))).command, SnmpCommand::release);
}

TEST_F(Set, RefusesATimeThatIsNone) {
  const auto oid = oid_of("scServiceMaintenanceUntil", some_service());
  EXPECT_EQ(problem(oid, date_value(now)), SetProblem::wrong_value) << "over already";
  EXPECT_EQ(problem(oid, date_value(now + 24h * 8)), SetProblem::wrong_value) << "for ever";
  EXPECT_EQ(problem(oid, octets(date_value(now + 1h).octets.substr(0, 8))), SetProblem::wrong_length)
      << "without a zone";
  EXPECT_EQ(problem(oid, octets("")), SetProblem::wrong_length);
  EXPECT_EQ(problem(oid, octets(std::string(11, '\xff'))), SetProblem::wrong_value);
  EXPECT_EQ(problem(oid, number(1)), SetProblem::wrong_type);
}

TEST_F(Set, TakesTheLockForANumberToBeCompared) {
  const auto oid = oid_of("scSetLock");
  EXPECT_EQ(std::get<LockTest>(set(oid, number(7))).expected, 7);
  EXPECT_EQ(problem(oid, number(-1)), SetProblem::wrong_value);
  EXPECT_EQ(problem(oid, octets("7")), SetProblem::wrong_type);
}

TEST_F(Set, LetsTheModeOfSheddingGoNoFurtherThanTheConfiguration) {
  auto view = ViewBuilder().usual_services().build();
  view.shedding = make_shedding();
  view.shedding->mode = Mode::act;
  auto config = std::make_shared<Config>();
  config->memory.mode = Mode::act;
  view.config = config;
  table = OidTable(std::make_shared<const View>(view));
  const auto oid = oid_of("scShedMode");
  EXPECT_EQ(std::get<SnmpOrder>(set(oid, number(2))).shed_mode, Mode::observe);
  EXPECT_EQ(std::get<SnmpOrder>(set(oid, number(1))).shed_mode, Mode::disabled);
  EXPECT_TRUE(std::holds_alternative<NoChange>(set(oid, number(3))));
  EXPECT_EQ(problem(oid, number(4)), SetProblem::wrong_value);

  config = std::make_shared<Config>();
  config->memory.mode = Mode::observe;
  view.config = config;
  table = OidTable(std::make_shared<const View>(view));
  EXPECT_EQ(problem(oid, number(3)), SetProblem::inconsistent);
}

TEST_F(Set, LeavesEverythingElseAlone) {
  EXPECT_EQ(problem(oid_of("scServiceState", some_service()), number(2)), SetProblem::not_writable);
  EXPECT_EQ(problem(oid_of("scStatus"), number(2)), SetProblem::not_writable);
}

}  // namespace
}  // namespace systemcheck::test
