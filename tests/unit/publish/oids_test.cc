#include "publish/oids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/oid_reader.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

using Bound = OidTable::Bound;
using Place = OidTable::Place;
using Missing = OidTable::Missing;

std::vector<Oid> walk(const OidTable& table) {
  std::vector<Oid> all;
  auto place = table.after(Oid{}, Bound::inclusive);
  for (; place; place = table.after(all.back(), Bound::exclusive))
    all.push_back(table.oid(*place));
  return all;
}

TEST(Leaves, StandInTheOrderOfTheirIdentifiers) {
  EXPECT_TRUE(std::ranges::is_sorted(leaves(), {}, &LeafInfo::oid));
  EXPECT_EQ(std::ranges::adjacent_find(leaves(), {}, &LeafInfo::oid), leaves().end());
}

TEST(Leaves, NeverContainEachOther) {
  for (const auto& info : leaves())
    EXPECT_EQ(info.oid.size(), info.is_column ? 4U : 2U) << info.name;
}

TEST(OidTable, WalksInStrictlyAscendingOrder) {
  const auto all = walk(table_of(make_whole_view()));
  EXPECT_GT(all.size(), 250U);
  EXPECT_EQ(std::ranges::adjacent_find(all, std::ranges::greater_equal{}), all.end());
}

TEST(OidTable, ServesEveryLeafOfAWholeMachine) {
  const auto table = table_of(make_whole_view());
  std::vector<std::string_view> unserved;
  for (std::size_t i = 0; i < leaves().size(); ++i) {
    const auto place = table.after(leaves()[i].oid, Bound::inclusive);
    if (!place || place->leaf != i) unserved.push_back(leaves()[i].name);
  }
  EXPECT_TRUE(unserved.empty()) << ::testing::PrintToString(unserved);
}

TEST(OidTable, GivesEveryValueTheTypeOfItsLeaf) {
  const auto table = table_of(make_whole_view());
  for (auto place = table.after(Oid{}, Bound::inclusive); place; place = table.next(*place)) {
    const auto& info = leaves()[place->leaf];
    const auto value = table.value(*place, noon);
    EXPECT_EQ(value.type, info.syntax.type) << info.name;
    EXPECT_LE(value.octets.size(), snmp_text_bytes_max) << info.name;
    if (info.syntax.labels.empty()) continue;
    EXPECT_GE(value.number, info.syntax.first_label) << info.name;
    EXPECT_LT(value.number - info.syntax.first_label, std::ssize(info.syntax.labels)) << info.name;
  }
}

TEST(OidTable, StepsTheSameWayWithOrWithoutAPlace) {
  const auto table = table_of(make_whole_view());
  for (auto place = table.after(Oid{}, Bound::inclusive); place; place = table.next(*place)) {
    EXPECT_EQ(table.after(table.oid(*place), Bound::exclusive), table.next(*place));
  }
}

TEST(OidTable, GetsExactlyWhatItWalks) {
  const auto table = table_of(make_whole_view());
  for (const auto& oid : walk(table)) {
    const auto found = table.at(oid);
    ASSERT_TRUE(std::holds_alternative<Place>(found));
    EXPECT_EQ(table.oid(std::get<Place>(found)), oid);
    EXPECT_EQ(table.after(oid, Bound::inclusive), std::get<Place>(found));
  }
}

/// Mostly near what exists: a walked name with one sub-identifier changed, added or taken away.
Oid random_oid(std::mt19937& random, const std::vector<Oid>& known) {
  Oid oid = known[random() % known.size()];
  const auto at = random() % oid.size();
  switch (random() % 5) {
    case 0:
      oid.resize(at);
      break;
    case 1:
      oid[at] = static_cast<std::uint32_t>(random() % 130);
      break;
    case 2:
      oid.push_back(static_cast<std::uint32_t>(random()));
      break;
    case 3:
      oid[at] += 1;
      break;
    default:
      oid[at] -= 1;  // 0 becomes 2^32-1: the largest there is
  }
  return oid;
}

TEST(OidTable, FindsWhatALinearSearchFinds) {
  const auto table = table_of(make_whole_view());
  const auto all = walk(table);
  std::mt19937 random(20261122);
  for (int trial = 0; trial < 20'000; ++trial) {
    const auto oid = random_oid(random, all);
    const auto after = std::ranges::find_if(all, [&](const Oid& other) { return other > oid; });
    const auto from = std::ranges::find_if(all, [&](const Oid& other) { return other >= oid; });
    const auto found_after = table.after(oid, Bound::exclusive);
    const auto found_from = table.after(oid, Bound::inclusive);
    ASSERT_EQ(found_after.has_value(), after != all.end());
    if (found_after) {
      ASSERT_EQ(table.oid(*found_after), *after);
    }
    ASSERT_EQ(found_from.has_value(), from != all.end());
    if (found_from) {
      ASSERT_EQ(table.oid(*found_from), *from);
    }
    ASSERT_EQ(std::holds_alternative<Place>(table.at(oid)), std::ranges::find(all, oid) != all.end());
  }
}

TEST(OidTable, TellsAMissingInstanceFromAMissingObject) {
  const auto table = table_of(make_view());
  EXPECT_EQ(std::get<Missing>(table.at(cell("scServiceState", "nobody"))), Missing::instance);
  EXPECT_EQ(std::get<Missing>(table.at(leaf("scServiceState").oid)), Missing::instance);
  EXPECT_EQ(std::get<Missing>(table.at(below("scLoadAvg1", {0, 0}))), Missing::instance);
  EXPECT_EQ(std::get<Missing>(table.at(Oid{1, 9, 0})), Missing::object);
  EXPECT_EQ(std::get<Missing>(table.at(Oid{9, 1, 0})), Missing::object);
  EXPECT_EQ(std::get<Missing>(table.at(Oid{})), Missing::object);
}

TEST(OidTable, SortsRowsByLengthAndThenByBytes) {
  auto builder = ViewBuilder();
  for (const auto* name : {"web", "z", "mail", "\xff", "abc", "ssh"})
    builder.service(make_row(name));
  const auto table = table_of(builder.build());
  std::vector<std::string> order;
  for (auto place = table.after(leaf("scServiceLabel").oid, Bound::inclusive);
       place && leaves()[place->leaf].name == "scServiceLabel"; place = table.next(*place)) {
    order.push_back(table.value(*place, noon).octets);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"z", "\\xff", "abc", "ssh", "web", "mail"}));
}

TEST(OidTable, LeavesOutNamesThatCannotBeAnIndex) {
  const std::string longest(index_name_bytes_max, 'n');
  auto builder = ViewBuilder();
  builder.service(make_row("")).service(make_row(longest + "n")).service(make_row(longest));
  const auto table = table_of(builder.build());
  EXPECT_TRUE(value_at(table, cell("scServiceLabel", longest)));
  EXPECT_FALSE(value_at(table, cell("scServiceLabel", longest + "n")));
  EXPECT_FALSE(value_at(table, cell("scServiceLabel", "")));
}

TEST(OidTable, ServesTheFirstOfTwoRowsWithOneName) {
  auto second = make_row("twin");
  second.reason = "the second";
  const auto view = ViewBuilder().service(make_row("twin")).service(second).build();
  EXPECT_EQ(octets_at(view, cell("scServiceReason", "twin")), "not looked at yet");
  const auto all = walk(table_of(view));
  EXPECT_EQ(std::ranges::count(all, cell("scServiceReason", "twin")), 1);
}

TEST(OidTable, HasNoInstancesOfWhatCouldNotBeRead) {
  auto builder = ViewBuilder().usual_services();
  set_fact<Memory>(builder.snapshot(), Error{Error::Kind::denied, "no"});
  set_fact<Disks>(builder.snapshot(), Error{Error::Kind::denied, "no"});
  set_fact<Processes>(builder.snapshot(), Error{Error::Kind::denied, "no"});
  const auto table = table_of(builder.build());
  EXPECT_FALSE(value_at(table, scalar("scMemTotal")));
  EXPECT_FALSE(value_at(table, scalar("scProcTotal")));
  EXPECT_FALSE(value_at(table, cell("scDiskPath", "/")));
  EXPECT_TRUE(value_at(table, scalar("scMemStatus"))) << "the status says that it is unknown";
  EXPECT_TRUE(value_at(table, scalar("scLoadAvg1")));
}

TEST(OidTable, ServesAnEmptyViewBeforeTheFirstCycle) {
  const auto table = table_of(View{});
  EXPECT_TRUE(value_at(table, scalar("scStatus")));
  EXPECT_FALSE(value_at(table, scalar("scSampleTime")));
  EXPECT_FALSE(value_at(table, scalar("scSampleAge")));
  EXPECT_FALSE(walk(table).empty());
}

TEST(OidTable, SaysNothingOfTheSizeOfADiskThatDoesNotAnswer) {
  const auto view = make_view();
  const auto table = table_of(view);
  EXPECT_FALSE(value_at(table, cell("scDiskSize", "/home")));
  EXPECT_FALSE(value_at(table, cell("scDiskUsedPermille", "/home")));
  EXPECT_EQ(octets_at(view, cell("scDiskType", "/home")), "nfs4");
  EXPECT_EQ(octets_at(view, cell("scDiskDevice", "/home")), "filer:/export/home");
  EXPECT_EQ(number_at(view, cell("scDiskStatus", "/home")), static_cast<int>(CheckStatus::unknown));
}

TEST(OidTable, HasNoInodesWhereTheyAreNotCounted) {
  auto builder = ViewBuilder();
  auto disks = make_disks();
  auto usage = *disks.file_systems[1].usage;
  usage.files = 0;
  disks.file_systems[1].usage = usage;
  set_fact<Disks>(builder.snapshot(), disks);
  const auto table = table_of(builder.build());
  EXPECT_TRUE(value_at(table, cell("scDiskInodesPermille", "/")));
  EXPECT_FALSE(value_at(table, cell("scDiskInodesPermille", "/var")));
  EXPECT_TRUE(value_at(table, cell("scDiskSize", "/var")));
}

TEST(OidTable, SurvivesARowOfAFileSystemThatIsNotThere) {
  auto builder = ViewBuilder();
  builder.view().file_systems[0].index = 99;
  const auto table = table_of(builder.build());
  EXPECT_FALSE(value_at(table, cell("scDiskPath", "/")));
  EXPECT_TRUE(value_at(table, cell("scDiskPath", "/var")));
}

TEST(OidTable, SaysNothingOfProcessesThatCouldNotBeTold) {
  const auto view =
      ViewBuilder().service(make_row("new")).service(make_row_that_is_up("web", 800, 3)).build();
  const auto table = table_of(view);
  EXPECT_FALSE(value_at(table, cell("scServiceProcs", "new")));
  EXPECT_FALSE(value_at(table, cell("scServiceRss", "new")));
  EXPECT_EQ(number_at(view, cell("scServiceState", "new")), static_cast<int>(ServiceState::unknown));
  EXPECT_EQ(number_at(view, cell("scServiceProcs", "web")), 3);
}

TEST(OidTable, SaysNothingOfProcessesThatWereUnreadableInThisCycle) {
  auto row = make_row_that_is_held("mine", Owner::admin);
  row.is_readable = false;
  EXPECT_FALSE(value_at(table_of(ViewBuilder().service(row).build()), cell("scServiceProcs", "mine")));
}

TEST(OidTable, DescribesTheMachine) {
  const auto view = make_view();
  EXPECT_EQ(number_at(view, scalar("scLoadAvg1")), 21);
  EXPECT_EQ(number_at(view, scalar("scLoadAvg15")), 150);
  EXPECT_EQ(number_at(view, scalar("scLoadCpus")), 2);
  EXPECT_EQ(number_at(view, scalar("scMemTotal")), 8192 * 1024);
  EXPECT_EQ(number_at(view, scalar("scMemUsablePermille")), 750);
  EXPECT_EQ(number_at(view, scalar("scMemSwapFree")), 2000 * 1024);
  EXPECT_EQ(number_at(view, cell("scDiskSize", "/var")), 100 * 1024);
  EXPECT_EQ(number_at(view, cell("scDiskUsed", "/var")), 95 * 1024);
  EXPECT_EQ(number_at(view, cell("scDiskInodesPermille", "/")), 84);
  EXPECT_EQ(number_at(view, scalar("scProcTotal")), 6);
  EXPECT_EQ(number_at(view, scalar("scProcRunning")), 1);
  EXPECT_EQ(number_at(view, scalar("scProcZombie")), 1);
  EXPECT_EQ(number_at(view, scalar("scProcThreads")), 6);
}

TEST(OidTable, DescribesAServiceThatFailsToComeBack) {
  const auto view = make_view();
  const auto number = [&](std::string_view column) { return number_at(view, cell(column, "mail")); };
  EXPECT_EQ(number("scServiceState"), static_cast<int>(ServiceState::flapping));
  EXPECT_EQ(number("scServiceMode"), 3);
  EXPECT_EQ(number("scServiceOwner"), 7);
  EXPECT_EQ(number("scServiceProcsMax"), 0);
  EXPECT_EQ(number("scServiceRestarts"), 3);
  EXPECT_EQ(number("scServiceRestartFailures"), 2);
  EXPECT_EQ(number("scServiceLastResult"), 3);
  EXPECT_EQ(number("scServiceLastExit"), 1);
  EXPECT_EQ(number("scServiceDeaths"), 2);
  EXPECT_EQ(number("scServiceSuppressed"), 7);
  EXPECT_EQ(number("scServiceRetryIn"), 300);
  EXPECT_EQ(number("scServiceAtCap"), 1);
  EXPECT_EQ(number("scServiceLastChange"), 3 * 60 * 60 * 100);
  EXPECT_EQ(octets_at(view, cell("scServiceUnit", "mail")), "mail.service");
}

TEST(OidTable, CountsProcessorTimeInHundredthsOfAPercent) {
  EXPECT_EQ(number_at(make_view(), cell("scServiceCpu", "web")), 300);
}

TEST(OidTable, GivesEveryOutcomeItsWord) {
  const auto labels = leaf("scServiceLastResult").syntax.labels;
  const std::vector<std::pair<Outcome::Kind, std::string_view>> outcomes{
      {Outcome::Kind::succeeded, "succeeded"},
      {Outcome::Kind::failed, "failed"},
      {Outcome::Kind::timed_out, "timedOut"},
      {Outcome::Kind::refused, "refused"},
      {Outcome::Kind::lost, "lost"}};
  for (const auto& [kind, expected] : outcomes) {
    auto row = make_row("mine");
    row.last_outcome = kind;
    const auto number = number_at(ViewBuilder().service(row).build(), cell("scServiceLastResult", "mine"));
    EXPECT_EQ(labels[static_cast<std::size_t>(number)], expected);
  }
}

TEST(OidTable, SaysThatACommandIsUnderWay) {
  auto row = make_row_that_flaps("mine");
  row.state = ServiceState::restarting;
  EXPECT_EQ(number_at(ViewBuilder().service(row).build(), cell("scServiceLastResult", "mine")), 1);
}

TEST(OidTable, WritesDatesInUniversalTime) {
  EXPECT_EQ(octets_at(make_view(), scalar("scSampleTime")),
            std::string("\x07\xea\x0b\x16\x12\x14\x00\x00+\x00\x00", 11));
}

TEST(OidTable, WritesZerosForNever) {
  EXPECT_EQ(octets_at(make_view(), cell("scServiceLastRestart", "web")), std::string(8, '\0'));
}

TEST(OidTable, SaturatesGaugesInsteadOfWrapping) {
  auto builder = ViewBuilder();
  set_fact<Memory>(builder.snapshot(),
                   Memory{.total_bytes = std::uint64_t{8} << 42, .available_bytes = 1024});
  set_fact<Load>(builder.snapshot(), Load{.one_minute = 1e300, .five_minutes = -1, .fifteen_minutes = NAN});
  const auto view = builder.build();
  EXPECT_EQ(number_at(view, scalar("scMemTotal")), 4'294'967'295);
  EXPECT_EQ(number_at(view, scalar("scMemAvailable")), 1);
  EXPECT_EQ(number_at(view, scalar("scLoadAvg1")), 4'294'967'295);
  EXPECT_EQ(number_at(view, scalar("scLoadAvg5")), 0);
  EXPECT_EQ(number_at(view, scalar("scLoadAvg15")), 0);
}

TEST(OidTable, WrapsCounters) {
  EXPECT_EQ(
      number_at(ViewBuilder().sequence((std::uint64_t{1} << 32) + 5).build(), scalar("scSampleSequence")), 5);
}

std::string reason_shown_for(const std::string& reason) {
  auto row = make_row("mine");
  row.reason = reason;
  return octets_at(ViewBuilder().service(row).build(), cell("scServiceReason", "mine"));
}

TEST(OidTable, CutsTextAtTheLimitOfItsType) {
  EXPECT_EQ(reason_shown_for(std::string(255, 'x')), std::string(255, 'x'));
  EXPECT_EQ(reason_shown_for(std::string(256, 'x')), std::string(252, 'x') + "…");
  EXPECT_EQ(reason_shown_for(std::string(10'000, 'x')), std::string(252, 'x') + "…");
}

TEST(OidTable, NeverCutsACharacterInHalf) {
  std::string snowmen = "x";
  for (int i = 0; i < 100; ++i)
    snowmen += "☃";
  const auto shown = reason_shown_for(snowmen);
  EXPECT_EQ(shown, snowmen.substr(0, 1 + 83 * 3) + "…");
  EXPECT_EQ(reason_shown_for("xx" + snowmen), "xx" + snowmen.substr(0, 1 + 83 * 3) + "…");
}

TEST(OidTable, LeavesTheBackslashOfAUnitAlone) {
  auto row = make_row("mine");
  row.unit = "backup@srv-\\x2ddata.service";
  EXPECT_EQ(octets_at(ViewBuilder().service(row).build(), cell("scServiceUnit", "mine")),
            "backup@srv-\\x2ddata.service");
}

TEST(OidTable, ShowsHostileTextHarmlessly) { EXPECT_EQ(reason_shown_for("\x1b[2J\xff"), "\\x1b[2J\\xff"); }

TEST(OidTable, ClampsExitCodesToTheRangeOfTheModule) {
  auto row = make_row("mine");
  row.last_exit = -100'000;
  EXPECT_EQ(number_at(ViewBuilder().service(row).build(), cell("scServiceLastExit", "mine")), -255);
}

TEST(OidTable, IsCriticalWhenNothingWasSampledForThreeIntervals) {
  auto builder = ViewBuilder();
  builder.view().status = CheckStatus::ok;
  builder.snapshot().taken = noon.now - std::chrono::minutes{3};
  EXPECT_EQ(number_at(builder.build(), scalar("scStatus")), static_cast<int>(CheckStatus::ok));
  builder.snapshot().taken = noon.now - std::chrono::seconds{181};
  EXPECT_EQ(number_at(builder.build(), scalar("scStatus")), static_cast<int>(CheckStatus::critical));
  EXPECT_EQ(octets_at(builder.build(), scalar("scStatusText")).rfind("no new sample for ", 0), 0U);
}

TEST(OidTable, IsCriticalWhenTheFirstSampleNeverCame) {
  const auto table = table_of(View{});
  const SnmpMoment soon{.now = view_instant + std::chrono::seconds{5}, .agent_started = view_instant};
  const auto status = std::get<Place>(table.at(scalar("scStatus")));
  EXPECT_EQ(table.value(status, soon).number, static_cast<int>(CheckStatus::unknown));
  EXPECT_EQ(table.value(status, noon).number, static_cast<int>(CheckStatus::critical));
}

TEST(OidTable, TellsTheAgeOfItsSample) { EXPECT_EQ(number_at(make_view(), scalar("scSampleAge")), 5); }

}  // namespace
}  // namespace systemcheck::test
