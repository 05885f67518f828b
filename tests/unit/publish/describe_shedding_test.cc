#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "publish/describe.h"
#include "publish/prometheus.h"
#include "publish/shed_json.h"

namespace systemcheck::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ShedRow short_of_memory() {
  ShedServiceRow dear{.name = "dear", .priority = 20, .bytes = 7, .predicted_bytes = 9, .returned_bytes = 8};
  dear.sheds_total.at(static_cast<std::size_t>(ShedCause::critical)) = 3;
  dear.restores_total = 2;
  const ShedServiceRow cheap{.name = "cheap",
                             .priority = 10,
                             .phase = ShedPhase::shed,
                             .words = "off",
                             .bytes = 5,
                             .backoff = std::chrono::seconds{30}};
  ShedRow row{.mode = Mode::act,
              .state = ShedState::hold,
              .shortage = Shortage::low,
              .words = "little is usable",
              .to_critical = std::chrono::seconds{4},
              .looks = 5,
              .late_seconds_total = 0.5,
              .services = {dear, cheap}};
  row.late_within.fill(4);
  return row;
}

std::string said(const ShedRow& row) {
  Metrics metrics;
  describe_shedding(row, metrics);
  return exposition(metrics);
}

TEST(DescribeShedding, SaysHowShortMemoryIsAndWhatIsDone) {
  const auto text = said(short_of_memory());
  EXPECT_THAT(text, HasSubstr("systemcheck_shed_mode{mode=\"act\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_memory_shortage{level=\"low\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_memory_shortage{level=\"critical\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_shed_state{state=\"hold\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_memory_to_critical_seconds 4\n"));
}

TEST(DescribeShedding, SaysWhatBecameOfEachService) {
  const auto text = said(short_of_memory());
  EXPECT_THAT(text, HasSubstr("systemcheck_service_shed_phase{service=\"cheap\",phase=\"shed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_service_shed_phase{service=\"dear\",phase=\"shed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_service_sheds_total{service=\"dear\",cause=\"critical\"} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("systemcheck_service_restores_total{service=\"dear\",result=\"succeeded\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_service_shed_gain_bytes{service=\"dear\",kind=\"actual\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_service_shed_backoff_seconds{service=\"cheap\"} 30\n"));
}

TEST(DescribeShedding, SaysHowLateItLooks) {
  const auto text = said(short_of_memory());
  EXPECT_THAT(text, HasSubstr("systemcheck_loop_lateness_seconds_bucket{le=\"0.1\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_loop_lateness_seconds_bucket{le=\"+Inf\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("systemcheck_loop_lateness_seconds_sum 0.5\n"));
}

TEST(DescribeShedding, NamesNoTimeThatWillNotCome) {
  EXPECT_THAT(said({}), Not(HasSubstr("systemcheck_memory_to_critical_seconds")));
}

TEST(ShedJson, NamesServicesInTheOrderInWhichTheyGo) {
  const auto json = shed_json(short_of_memory());
  EXPECT_EQ(json["services"][0]["name"], "cheap");
  EXPECT_EQ(json["services"][1]["name"], "dear");
  EXPECT_EQ(json["shortage"], "low");
}

}  // namespace
}  // namespace systemcheck::test
