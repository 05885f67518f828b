#include "os/awaited.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace systemcheck {
namespace {

using Waiting = Awaited<std::string>;

TEST(Awaited, WakesWhoWaitsOnceAndTellsTheFirstAnswer) {
  Waiting waiting(2);
  int woken = 0;
  const auto call = waiting.wait([&woken] { ++woken; });
  ASSERT_TRUE(call);
  EXPECT_FALSE(call->answer());

  std::thread([&call] { call->put("one"); }).join();
  call->put("two");
  call->give_up();

  EXPECT_EQ(call->answer(), "one");
  EXPECT_EQ(woken, 1);
}

TEST(Awaited, LetsOnlySoManyWait) {
  Waiting waiting(1);
  auto first = waiting.wait([] {});
  EXPECT_FALSE(waiting.wait([] {}));

  first = nullptr;

  EXPECT_TRUE(waiting.wait([] {}));
}

TEST(Awaited, WakesAllWhenItIsClosedAndNobodyAfterwards) {
  Waiting waiting(2);
  int woken = 0;
  const auto call = waiting.wait([&woken] { ++woken; });

  waiting.close();
  call->put("too late");

  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(call->answer());
  EXPECT_FALSE(waiting.wait([] {}));
}

}  // namespace
}  // namespace systemcheck
