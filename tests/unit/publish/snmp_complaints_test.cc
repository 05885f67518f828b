#include "publish/snmp_complaints.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

constexpr Instant noon{std::chrono::hours{12}};

class StartedComplaints : public ::testing::Test {
 protected:
  StartedComplaints() { complaints_.set_started(); }
  void add_lines(std::size_t count, Instant now) {
    for (std::size_t i = 0; i < count; ++i)
      complaints_.add("bad packet", now);
  }

  std::vector<std::string> told_{};
  Complaints complaints_{[this](std::string_view line) { told_.emplace_back(line); }};
};

TEST_F(StartedComplaints, AreToldAtOnce) {
  complaints_.add("the disk is full", noon);
  EXPECT_EQ(told_, std::vector<std::string>{"the disk is full"});
}

TEST_F(StartedComplaints, AreFewInAMinuteWhateverComes) {
  add_lines(100'000, noon);
  EXPECT_EQ(told_.size(), Complaints::lines_a_minute_max);
}

TEST_F(StartedComplaints, AreToldAgainInTheNextMinuteWithWhatWasLeftOut) {
  add_lines(Complaints::lines_a_minute_max + 5, noon);
  told_.clear();
  complaints_.add("again", noon + std::chrono::minutes{1});
  EXPECT_EQ(told_, (std::vector<std::string>{"5 more complaints were left out", "again"}));
}

TEST_F(StartedComplaints, AreNotSaidToBeLeftOutWhenNoneWas) {
  add_lines(3, noon);
  told_.clear();
  add_lines(1, noon + std::chrono::hours{1});
  EXPECT_EQ(told_.size(), 1U);
}

TEST(Complaints, OfTheStartAreKeptAndNotTold) {
  int told = 0;
  Complaints complaints([&told](std::string_view) { ++told; });
  for (std::size_t i = 0; i < Complaints::startup_lines_max + 3; ++i)
    complaints.add(std::to_string(i), noon);
  EXPECT_EQ(told, 0);
  EXPECT_EQ(complaints.of_startup().size(), Complaints::startup_lines_max);
  EXPECT_EQ(complaints.of_startup().front(), "0");
}

TEST(Complaints, MayHaveNobodyToListen) {
  Complaints complaints({});
  complaints.set_started();
  complaints.add("to nobody", noon);
  EXPECT_TRUE(complaints.of_startup().empty());
}

}  // namespace
}  // namespace systemcheck::test
