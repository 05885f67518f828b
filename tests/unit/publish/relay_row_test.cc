#include "publish/relay_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "publish/describe.h"
#include "publish/prometheus.h"
#include "publish/relay_json.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Instant now{100h};

RelayRow healthy() {
  RelayLogRow log{.name = "/var/log/maillog"};
  log.source.state = SourceState::following;
  log.source.lines = 1000;
  log.source.renamed = 2;
  log.lines.at(static_cast<std::size_t>(LineVerdict::login)) = 12;
  RelayRow row{.is_ready = true, .grants = 3, .grants_max = 100, .users = 2, .logs = {log}};
  row.counts.granted = 5;
  row.counts.refused.at(static_cast<std::size_t>(Refusal::never)) = 7;
  row.sockets = {{.place = "unix:/run/relay.sock"}};
  row.sockets.front().counts.found = 4;
  row.files = {{.path = "/run/relay.db", .entries = 3, .updates = 9}};
  return row;
}

CheckStatus judged(RelayRow row) {
  judge_relay(row, now);
  return row.status;
}

TEST(JudgeRelay, IsContentWhileAllGoesOn) {
  auto row = healthy();
  judge_relay(row, now);
  EXPECT_EQ(row.status, CheckStatus::ok);
  EXPECT_EQ(row.words, "3 addresses may send; reads /var/log/maillog");
}

TEST(JudgeRelay, DoesNotMindALogThatIsNotThereWhereAnotherIs) {
  auto row = healthy();
  row.logs.push_back({.name = "/var/log/mail.log"});
  row.logs.back().source.reason = "/var/log/mail.log: No such file or directory";
  EXPECT_EQ(judged(row), CheckStatus::ok);
  row.logs.front().source.state = SourceState::waiting;
  EXPECT_EQ(judged(row), CheckStatus::critical);
}

TEST(JudgeRelay, MindsALogThatCannotBeRead) {
  auto row = healthy();
  row.logs.push_back({.name = "/var/log/mail.log"});
  row.logs.back().source.state = SourceState::unreadable;
  row.logs.back().source.reason = "/var/log/mail.log: Permission denied";
  judge_relay(row, now);
  EXPECT_EQ(row.status, CheckStatus::critical);
  EXPECT_EQ(row.words, "/var/log/mail.log: Permission denied");
}

TEST(JudgeRelay, MindsALogWhoseLinesCountForNothing) {
  auto row = healthy();
  row.logs.front().is_trusted = false;
  judge_relay(row, now);
  EXPECT_EQ(row.status, CheckStatus::critical);
  EXPECT_THAT(row.words, HasSubstr("they authorise nobody"));
}

TEST(JudgeRelay, MindsAPlaceWhereNobodyCanLook) {
  auto row = healthy();
  row.sockets.front().error = "Address already in use";
  EXPECT_EQ(judged(row), CheckStatus::critical);
  row = healthy();
  row.files.front().error = "No space left on device";
  EXPECT_EQ(judged(row), CheckStatus::critical);
  row = healthy();
  row.files.front().waiting_since = now - 5s;
  EXPECT_EQ(judged(row), CheckStatus::ok);
  row.files.front().waiting_since = now - 31s;
  EXPECT_EQ(judged(row), CheckStatus::critical);
}

TEST(DescribeRelay, CountsWhatBecameOfLinesLoginsAndQuestions) {
  Metrics metrics;
  describe_relay(healthy(), metrics);
  const auto text = exposition(metrics);
  for (const auto* line :
       {"systemcheck_relay_addresses 3\n", "systemcheck_relay_addresses_limit 100\n",
        "systemcheck_relay_changes_total{change=\"granted\"} 5\n",
        "systemcheck_relay_refused_total{reason=\"never\"} 7\n",
        "systemcheck_relay_refused_total{reason=\"table_full\"} 0\n",
        "systemcheck_relay_log_following{log=\"/var/log/maillog\"} 1\n",
        "systemcheck_relay_log_lines_total{log=\"/var/log/maillog\"} 1000\n",
        "systemcheck_relay_log_rotations_total{log=\"/var/log/maillog\",kind=\"renamed\"} 2\n",
        "systemcheck_relay_log_verdicts_total{log=\"/var/log/maillog\",verdict=\"login\"} 12\n",
        "systemcheck_relay_socket_up{socket=\"unix:/run/relay.sock\"} 1\n",
        "systemcheck_relay_lookups_total{socket=\"unix:/run/relay.sock\",answer=\"found\"} 4\n",
        "systemcheck_relay_map_entries{map=\"/run/relay.db\"} 3\n",
        "systemcheck_relay_map_ok{map=\"/run/relay.db\"} 1\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(RelayJson, HasTheSame) {
  auto row = healthy();
  judge_relay(row, now);
  const auto json = relay_json(row);
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["addresses"], 3);
  EXPECT_EQ(json["refused_total"]["never"], 7);
  EXPECT_EQ(json["logs"][0]["state"], "following");
  EXPECT_EQ(json["logs"][0]["verdicts"]["login"], 12);
  EXPECT_EQ(json["sockets"][0]["found_total"], 4);
  EXPECT_EQ(json["maps"][0]["updates_total"], 9);
}

}  // namespace
}  // namespace systemcheck::test
