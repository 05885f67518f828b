#include <gtest/gtest.h>

#include <limits>

#include "publish/oids.h"
#include "support/oid_reader.h"
#include "support/view_builder.h"

// What the module says of memory that is short.

namespace systemcheck::test {
namespace {

View view_of(const ShedRow& row) {
  View view = make_view();
  view.shedding = row;
  return view;
}

TEST(OidsOfShedding, SayHowShortMemoryIsAndWhatIsDone) {
  const auto view = view_of(make_shedding());
  const auto number = [&](std::string_view name) { return number_at(view, scalar(name)); };
  EXPECT_EQ(number("scShedMode"), 3);
  EXPECT_EQ(number("scShedState"), 6);
  EXPECT_EQ(number("scShedShortage"), 3);
  EXPECT_EQ(number("scShedTotal"), 8192 * 1024);
  EXPECT_EQ(number("scShedUsable"), 700 * 1024);
  EXPECT_EQ(number("scShedPending"), 12 * 1024);
  EXPECT_EQ(number("scShedToCritical"), 4) << "rounded down: an alarm must not come late";
  EXPECT_EQ(number("scShedRelieved"), 5);
  EXPECT_EQ(number("scShedStuck"), 1);
  EXPECT_EQ(number("scShedAlarms"), 9);
  EXPECT_EQ(number("scShedServicesOff"), 1);
  EXPECT_EQ(octets_at(view, scalar("scShedText")), "700 MiB of memory are usable, 1 service is off");
}

TEST(OidsOfShedding, SayWhatBecameOfEachService) {
  const auto view = view_of(make_shedding());
  const auto dear = [&](std::string_view column) { return number_at(view, cell(column, "dear")); };
  const auto cheap = [&](std::string_view column) { return number_at(view, cell(column, "cheap")); };
  EXPECT_EQ(dear("scShedServicePriority"), 20);
  EXPECT_EQ(dear("scShedServicePhase"), 1);
  EXPECT_EQ(dear("scShedServiceRehearsed"), 2);
  EXPECT_EQ(dear("scShedServiceMemory"), 300 * 1024 + 512);
  EXPECT_EQ(dear("scShedServiceSheds"), 3) << "for whatever cause";
  EXPECT_EQ(dear("scShedServiceRestores"), 2);
  EXPECT_EQ(dear("scShedServiceRestoreFailures"), 1);
  EXPECT_EQ(dear("scShedServicePredicted"), 310 * 1024);
  EXPECT_EQ(dear("scShedServiceReturned"), 290 * 1024);
  EXPECT_EQ(dear("scShedServiceOffTime"), 90);
  EXPECT_EQ(dear("scShedServiceRetryIn"), 0);
  EXPECT_EQ(octets_at(view, cell("scShedServiceText", "dear")), "up: turned off too often");
  EXPECT_EQ(cheap("scShedServicePhase"), 5);
  EXPECT_EQ(cheap("scShedServiceRehearsed"), 1);
  EXPECT_EQ(cheap("scShedServiceRetryIn"), 30);
}

TEST(OidsOfShedding, SayOnlyThatNothingIsDoneWhereMemoryIsNotWatched) {
  const auto view = make_view();
  EXPECT_EQ(number_at(view, scalar("scShedMode")), 1);
  EXPECT_FALSE(is_there(view, scalar("scShedState")));
  EXPECT_FALSE(is_there(view, scalar("scShedUsable")));
  EXPECT_FALSE(is_there(view, scalar("scShedStuck")));
  EXPECT_FALSE(is_there(view, cell("scShedServicePhase", "cheap")));
}

TEST(OidsOfShedding, SayNothingOfMemoryThatCannotBeRead) {
  auto row = make_shedding();
  row.state = ShedState::blind;
  row.usable_bytes = 0;
  const auto blind = view_of(row);
  EXPECT_EQ(number_at(blind, scalar("scShedState")), 9);
  EXPECT_FALSE(is_there(blind, scalar("scShedUsable"))) << "nought would be the worst there is";
  EXPECT_FALSE(is_there(blind, scalar("scShedShortage")));
  EXPECT_FALSE(is_there(blind, scalar("scShedToCritical")));
  EXPECT_TRUE(is_there(blind, scalar("scShedStuck"))) << "counters go on";
  EXPECT_FALSE(is_there(view_of(ShedRow{}), scalar("scShedUsable"))) << "nor before the first look";
}

TEST(OidsOfShedding, NameNoTimeThatWillNotCome) {
  auto row = make_shedding();
  row.to_critical.reset();
  EXPECT_FALSE(is_there(view_of(row), scalar("scShedToCritical")));
  EXPECT_TRUE(is_there(view_of(row), scalar("scShedUsable")));
}

TEST(OidsOfShedding, MakeNoNumberOfWhatIsNone) {
  auto row = make_shedding();
  row.pending_bytes = std::numeric_limits<double>::quiet_NaN();
  row.usable_bytes = -1;
  row.total_bytes = 1e300;
  const auto view = view_of(row);
  EXPECT_EQ(number_at(view, scalar("scShedPending")), 0);
  EXPECT_EQ(number_at(view, scalar("scShedUsable")), 0);
  EXPECT_EQ(number_at(view, scalar("scShedTotal")), 4'294'967'295);
}

/// "too_often" as it may be written in a module: "tooOften".
std::string in_a_module(std::string_view word) {
  std::string label;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '_') {
      label += i > 0 && word[i - 1] == '_' ? static_cast<char>(word[i] - 'a' + 'A') : word[i];
    }
  }
  return label;
}

TEST(OidsOfShedding, HaveTheWordsOfEveryObstacle) {
  const auto labels = leaf("scShedServiceObstacle").syntax.labels;
  ASSERT_EQ(labels.size(), Words<ShedObstacle>::all.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    EXPECT_EQ(labels[i], in_a_module(Words<ShedObstacle>::all.at(i)));
  EXPECT_EQ(number_at(view_of(make_shedding()), cell("scShedServiceObstacle", "dear")), 10);
}

}  // namespace
}  // namespace systemcheck::test
