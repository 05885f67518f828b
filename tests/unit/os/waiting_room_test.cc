#include "os/waiting_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace systemcheck {
namespace {

struct World {
  std::vector<int> lying{};
  std::vector<int> woken{};
  WaitingRoom<int> room{[this](int who) { lying.push_back(who); }, [this](int who) { woken.push_back(who); }};
};

TEST(WaitingRoom, WakesAllWhoWaitOnce) {
  World world;
  EXPECT_TRUE(world.room.wait(1, world.room.news()));
  EXPECT_TRUE(world.room.wait(2, world.room.news()));

  world.room.announce();
  world.room.announce();

  EXPECT_EQ(world.lying, (std::vector{1, 2}));
  EXPECT_EQ(world.woken, (std::vector{1, 2}));
}

TEST(WaitingRoom, LetsNobodyLieDownWhoHasMissedSomething) {
  World world;
  const auto known = world.room.news();
  world.room.announce();

  EXPECT_FALSE(world.room.wait(1, known));

  EXPECT_TRUE(world.lying.empty());
  EXPECT_TRUE(world.room.wait(1, world.room.news()));
}

TEST(WaitingRoom, IsLeftByAllWhenItCloses) {
  World world;
  EXPECT_TRUE(world.room.wait(1, world.room.news()));

  world.room.close();

  EXPECT_EQ(world.woken, std::vector{1});
  EXPECT_FALSE(world.room.wait(2, world.room.news()));
  EXPECT_TRUE(world.room.is_closed());
}

}  // namespace
}  // namespace systemcheck
