#include "ctl/progress_text.h"

#include <gtest/gtest.h>

#include "ctl/reload_text.h"

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

constexpr Instant begin{1h};

TEST(Progress, TellsWhatIsBeingDoneAndForHowLong) {
  Progress progress("stop");
  EXPECT_EQ(progress.note(R"({"progress": "planned", "services": ["web"]})", begin), "");
  EXPECT_EQ(progress.now_line(begin), "") << "nothing yet";
  progress.note(R"({"progress": "looking", "service": "web"})", begin);
  EXPECT_EQ(progress.now_words(), "web: looking at it");
  progress.note(R"({"progress": "acting", "service": "web"})", begin + 100ms);
  EXPECT_EQ(progress.now_line(begin + 400ms), "web: stopping … 0.4 s");
  progress.note(R"({"progress": "watching", "service": "web"})", begin + 500ms);
  EXPECT_EQ(progress.now_words(), "web: waiting until it is gone");
  EXPECT_EQ(
      progress.note(R"({"progress": "ended", "service": "web", "answer": {"name": "web", "result": "verified",
                             "took_seconds": 1.5, "detail": "it is gone"}})",
                    begin + 2s),
      "web: stop: verified after 1.5 s: it is gone\n");
  EXPECT_EQ(progress.now_line(begin + 3s), "");
}

TEST(Progress, CountsAnewForEachService) {
  Progress progress("restart");
  progress.note(R"({"progress": "acting", "service": "a"})", begin);
  progress.note(R"({"progress": "ended", "service": "a", "answer": {}})", begin + 5s);
  progress.note(R"({"progress": "acting", "service": "b"})", begin + 5s);
  EXPECT_EQ(progress.now_line(begin + 6s), "b: restarting … 1.0 s");
}

TEST(Progress, SurvivesWhatIsNotAsItShouldBe) {
  Progress progress("restart");
  for (const auto* line : {"", "[]", "{\"progress\":", R"({"progress": 5, "service": []})",
                           R"({"progress": "ended", "answer": 7})"})
    EXPECT_EQ(progress.note(line, begin), "");
}

TEST(ReloadReport, TellsWhatHasChanged) {
  const auto report = reload_report(R"({"result": "in force", "status": "warning", "problems": [],
      "changed": [{"name": "services.web", "change": "added"}], "needs_restart": ["http"]})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status, CheckStatus::warning);
  EXPECT_EQ(report->text,
            "services.web: added\nhttp: in force only when systemcheckd is restarted\n"
            "the new configuration is in force\n");
}

TEST(ReloadReport, TellsEveryProblem) {
  const auto report =
      reload_report(R"({"result": "refused", "status": "critical", "problems": ["a: b", "c: d"]})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->status, CheckStatus::critical);
  EXPECT_EQ(report->text, "a: b\nc: d\nthe configuration has problems: the old one stays in force\n");
}

}  // namespace
}  // namespace systemcheck
