#include <gtest/gtest.h>

#include "publish/oids.h"
#include "support/oid_reader.h"
#include "support/view_builder.h"

// What the module says of whose processes there are, and of what they wait for.

namespace systemcheck::test {
namespace {

constexpr std::int64_t one_process_kib = 8 * 1024;

std::vector<std::string> users_of(const View& view) {
  const auto table = table_of(view);
  std::vector<std::string> users;
  for (auto place = table.after(leaf("scProcUserLabel").oid, OidTable::Bound::inclusive);
       place && leaves()[place->leaf].name == "scProcUserLabel"; place = table.next(*place))
    users.push_back(table.value(*place, noon).octets);
  return users;
}

TEST(OidsOfProcesses, SayWhoseTheyAre) {
  const auto view = make_view();
  EXPECT_EQ(users_of(view), (std::vector<std::string>{"root", "_other", "www-data"}));
  EXPECT_EQ(number_at(view, cell("scProcUserProcs", "www-data")), 2);
  EXPECT_EQ(number_at(view, cell("scProcUserRss", "www-data")), 2 * one_process_kib);
  EXPECT_EQ(number_at(view, cell("scProcUserProcs", "root")), 4);
  EXPECT_EQ(number_at(view, cell("scProcUserProcs", "_other")), 0) << "nobody was left out";
}

TEST(OidsOfProcesses, SumUpThoseBeyondTheLargestUsers) {
  auto builder = ViewBuilder();
  Processes table{};
  for (uid_t user = 0; user < 60; ++user) {
    table.all.push_back(make_process(static_cast<pid_t>(100 + user), 1, 'S', "/usr/bin/one"));
    table.all.back().user = user;
    table.all.back().resident_bytes = (100 - user) * std::uint64_t{1024};
    table.user_names.emplace_back(user, "user" + std::to_string(user));
  }
  set_fact<Processes>(builder.snapshot(), table);
  const auto view = builder.build();
  EXPECT_EQ(users_of(view).size(), user_series_max + 1);
  EXPECT_TRUE(is_there(view, cell("scProcUserRss", "user49")));
  EXPECT_FALSE(is_there(view, cell("scProcUserRss", "user50")));
  EXPECT_EQ(number_at(view, cell("scProcUserProcs", "_other")), 10);
  EXPECT_EQ(number_at(view, cell("scProcUserRss", "_other")),
            50 + 49 + 48 + 47 + 46 + 45 + 44 + 43 + 42 + 41);
}

TEST(OidsOfProcesses, SayNothingOfUsersWhereTheyCannotBeRead) {
  auto builder = ViewBuilder();
  set_fact<Processes>(builder.snapshot(), Error{Error::Kind::denied, "no"});
  EXPECT_TRUE(users_of(builder.build()).empty());
}

TEST(OidsOfProcesses, SayHowLongTheyHaveWaited) {
  const auto view = make_view();
  EXPECT_EQ(number_at(view, scalar("scPressureCpuWaiting")), 30'250);
  EXPECT_EQ(number_at(view, scalar("scPressureMemoryWaiting")), 1'500);
  EXPECT_EQ(number_at(view, scalar("scPressureMemoryStalled")), 500);
  EXPECT_EQ(number_at(view, scalar("scPressureIoWaiting")), 12'000);
  EXPECT_EQ(number_at(view, scalar("scPressureIoStalled")), 8'000);
}

TEST(OidsOfProcesses, GoOnCountingWhatThirtyTwoBitsDoNotHold) {
  auto builder = ViewBuilder();
  set_fact<Pressure>(builder.snapshot(),
                     Pressure{.is_available = true, .cpu = {.waiting_seconds = 5'000'000.0019}});
  EXPECT_EQ(number_at(builder.build(), scalar("scPressureCpuWaiting")), 5'000'000'001);
}

TEST(OidsOfProcesses, SayNothingOfWhatTheKernelDoesNotMeasure) {
  auto builder = ViewBuilder();
  set_fact<Pressure>(builder.snapshot(), Pressure{});
  EXPECT_FALSE(is_there(builder.build(), scalar("scPressureCpuWaiting")));
}

}  // namespace
}  // namespace systemcheck::test
