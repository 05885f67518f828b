#include "daemon/related_units.h"

#include <gtest/gtest.h>

#include "support/fake_units.h"

namespace systemcheck::test {
namespace {

using Names = std::vector<std::string>;

class RelatedUnitsTest : public ::testing::Test {
 protected:
  void add(const std::string& unit, Names stopped_with_it = {}) {
    units.install(unit);
    units.change(unit, [&](UnitStatus& it) { it.stopped_with_it = std::move(stopped_with_it); });
  }
  void watch(int times) {
    for (int i = 0; i < times; ++i) {
      related.watch(std::span(&service, 1));
      loop.run_for(std::chrono::milliseconds{100});
    }
  }

  FakeLoop loop{};
  FakeUnits units{loop};
  RelatedUnits related{units};
  MeasuredService service{.name = "web", .unit = "web.service"};
};

TEST_F(RelatedUnitsTest, AStopIsFollowedThroughAllThatItGoesOnTo) {
  add("one.service", {"two.service"});
  add("two.service", {"three.service", "one.service"});
  add("three.service");
  service.stopped_with_it = {"one.service"};
  EXPECT_FALSE(related.stopped_with(service)) << "not known yet";
  watch(2);
  EXPECT_FALSE(related.stopped_with(service)) << "nor is all of it";
  watch(2);
  EXPECT_EQ(related.stopped_with(service), (Names{"one.service", "three.service", "two.service"}));
}

TEST_F(RelatedUnitsTest, WhatStartsItOnDemandMayTakeOthersAlong) {
  add("web.socket", {"web.service", "other.service"});
  add("other.service");
  service.triggered_by = {"web.socket"};
  watch(3);
  EXPECT_EQ(related.stopped_with(service), (Names{"other.service", "web.socket"}));
  EXPECT_TRUE(related.is_active("web.socket"));
}

TEST_F(RelatedUnitsTest, WhatIsKnownIsNotForgottenWhileMoreIsLearnt) {
  add("web.socket");
  service.triggered_by = {"web.socket"};
  watch(2);
  service.stopped_with_it = {"other.service"};
  related.watch(std::span(&service, 1));
  EXPECT_TRUE(related.is_active("web.socket"));
}

TEST_F(RelatedUnitsTest, OneThatWouldTakeTooManyAlongIsNotFollowedToTheEnd) {
  for (int i = 0; i < 100; ++i)
    service.stopped_with_it.push_back("unit" + std::to_string(i) + ".service");
  watch(3);
  EXPECT_FALSE(related.stopped_with(service));
}

TEST_F(RelatedUnitsTest, OneThatStandsAloneIsKnownAtOnce) {
  EXPECT_EQ(related.stopped_with(service), Names{});
}

}  // namespace
}  // namespace systemcheck::test
