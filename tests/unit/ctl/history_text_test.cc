#include "ctl/history_text.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

constexpr std::string_view document = R"({"schema": 1,
  "actions": [{"time": "2026-11-22T18:20:02Z", "service": "web", "verb": "start", "attempt": 2, "result": "failed",
               "exit_status": 7, "reason": "gone", "mode": "act"}],
  "events": [{"time": "2026-11-22T18:20:03Z", "service": "web", "from": "up", "to": "down", "reason": "gone"},
             {"time": "2026-11-22T18:20:01Z", "service": "", "to": "started"}]})";

TEST(HistoryText, TellsActionsAndChangesInOneListTheNewestFirst) {
  const auto text = history_text(document, 10);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "2026-11-22T18:20:03Z  web: up -> down: gone\n"
            "2026-11-22T18:20:02Z  web: start, attempt 2: failed (exit status 7): gone\n"
            "2026-11-22T18:20:01Z  systemcheckd: started\n");
}

TEST(HistoryText, TellsWhoOrderedAndWhoOwns) {
  const auto text = history_text(
      R"({"actions": [{"time": "2026-11-22T18:20:02Z", "service": "web", "verb": "stop", "attempt": 0,
                       "result": "gone", "reason": "ordered by root", "asked_by": "root", "mode": "act"}],
          "events": [{"time": "2026-11-22T18:20:01Z", "service": "web", "from": "up", "to": "up",
                      "owner": "maintenance", "reason": "maintenance, asked for by root: new disks"}]})",
      10);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text,
            "2026-11-22T18:20:02Z  web: stop, for root: gone: ordered by root\n"
            "2026-11-22T18:20:01Z  web: maintenance, asked for by root: new disks\n");
}

TEST(HistoryText, ShowsNoMoreThanWasAskedFor) {
  EXPECT_EQ(*history_text(document, 1), "2026-11-22T18:20:03Z  web: up -> down: gone\n");
  EXPECT_EQ(*history_text("{}", 1), "nothing has happened\n");
}

TEST(HistoryText, PassesTheDaemonsErrorOn) {
  const auto text = history_text(R"({"error": "disk\u001b full"})", 10);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, "disk\\x1b full");
  EXPECT_FALSE(history_text("no document", 10));
}

TEST(HistoryText, SurvivesWhatIsNotAsItShouldBe) {
  EXPECT_TRUE(history_text(R"({"actions": 5, "events": [{"time": [], "service": 1}]})", 10));
  EXPECT_TRUE(explanation(R"({"policy": [], "next_attempt_seconds": 1e300, "actions": [{}]})"));
}

TEST(HistoryText, ExplainsAService) {
  const auto explained = explanation(
      R"({"name": "web", "state": "waiting", "status": "critical", "since": "2026-11-22T18:20:03Z",
          "owner": "systemcheck", "mode": "act", "reason": "gone", "next_attempt_seconds": 20,
          "next": {"text": "It is tried.", "attempt": "2026-11-22T18:20:23Z"}, "policy": {"text": "Each minute."},
          "holds": [{"by": "maintenance", "until": "2026-11-22T19:20:03Z", "remaining_seconds": 3600,
                     "asked_by": "root", "reason": "new disks", "origin": "asked"}, {"by": "admin", "until": null},
                    {"by": "maintenance", "origin": "window", "reason": "backup"},
                    {"by": "maintenance", "origin": "file", "reason": "/hold/web"}],
          "actions": []})");
  ASSERT_TRUE(explained);
  EXPECT_NE(
      explained->text.find("held by maintenance until 2026-11-22T19:20:03Z (1 h), asked for by root: new "
                           "disks\nheld by admin\n"
                           "held by maintenance, by a window of the configuration: backup\n"
                           "held by maintenance, by a hold file: /hold/web\n"),
      std::string::npos)
      << explained->text;
  EXPECT_EQ(explained->status, CheckStatus::critical);
  EXPECT_NE(explained->text.find("because: gone\n"), std::string::npos) << explained->text;
  EXPECT_NE(explained->text.find("next (in 20.0 s): It is tried.\npolicy: Each minute.\n"), std::string::npos)
      << explained->text;
}

TEST(HistoryText, ExplainsAllThatANewcomerNeeds) {
  const auto explained = explanation(R"json({"name": "web", "state": "waiting", "status": "critical",
      "since": "2026-11-22T18:20:03Z", "owner": "systemcheck", "mode": "act", "unit": "web.service",
      "reason": "no process of it is running", "next_attempt_seconds": 20,
      "next": {"text": "Nothing while the kill switch is set.", "attempt": null},
      "policy": {"text": "The first attempt at once.", "first_seconds": 0},
      "probes": [{"name": "http", "result": "refused", "consecutive_failures": 3, "is_fatal": true, "detail": "nobody listens"},
                 {"name": "tls", "result": "ok", "consecutive_failures": 0, "is_fatal": false, "detail": ""}],
      "holds": [],
      "actions": [{"time": "2026-11-22T18:20:02Z", "service": "web", "verb": "start", "attempt": 2,
                   "result": "failed", "exit_status": 3, "reason": "gone", "mode": "act", "command": "/bin/start",
                   "detail": "d", "output": "1\n2\n3\n4\n5\nAH00526: \u001b[31mSyntax error\n"}]})json");
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->text, R"(web: waiting since 2026-11-22T18:20:03Z, owner systemcheck, mode act
because: no process of it is running
probe http: refused, 3 in a row: nobody listens
probe tls: ok, never a reason to restart
next: Nothing while the kill switch is set.
policy: The first attempt at once.
2026-11-22T18:20:02Z  web: start, attempt 2: failed (exit status 3): gone
    command: /bin/start
    it said:
    | 2
    | 3
    | 4
    | 5
    | AH00526: \x1b[31mSyntax error
what helps:
  systemcheckctl history web
  journalctl -u web.service
  systemcheckctl clear web
  systemcheckctl restart web
)");
}

}  // namespace
}  // namespace systemcheck
