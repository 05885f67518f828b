#include "daemon/history_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace systemcheck {
namespace {

using ::testing::StartsWith;
using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr WallTime noon{std::chrono::seconds{1'795'348'800}};

HistoryPage one_action() {
  ActionRow row;
  row.intention = {.at = noon, .service = "web", .verb = "start", .reason = "gone", .command = "run /secret"};
  row.intention.mode = "act";
  row.end = ActionEnd{
      .at = noon, .kind = "failed", .exit_status = 7, .detail = "no key", .output = "a\x1b[2J\nb\n"};
  return {.actions = {row}, .events = {Event{.at = noon, .service = "web", .from = "up", .to = "down"}}};
}

TEST(HistoryAnswer, ShowsEverybodyWhatHappenedButNoCommandLines) {
  const auto text = history_json(one_action(), Audience::everybody);
  const auto json = Json::parse(text);
  EXPECT_EQ(json["actions"][0]["result"], "failed");
  EXPECT_EQ(json["actions"][0]["exit_status"], 7);
  EXPECT_EQ(json["events"][0]["to"], "down");
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.find("no key"), std::string::npos);
  EXPECT_FALSE(json["actions"][0].contains("output"));
}

TEST(HistoryAnswer, ShowsCommandsAndOutputToThoseWhoMayAct) {
  const auto json = Json::parse(history_json(one_action(), Audience::trusted));
  EXPECT_EQ(json["actions"][0]["command"], "run /secret");
  EXPECT_EQ(json["actions"][0]["output"], "a\\x1b[2J\nb\n");
}

TEST(HistoryAnswer, UnderstandsItsQuestion) {
  const auto query = parse_history_request(" web --limit 3 --since 60", noon);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->service, "web");
  EXPECT_EQ(query->limit, 3U);
  EXPECT_EQ(query->since, noon - 60s);
  EXPECT_EQ(parse_history_request("--limit 999999999", noon)->limit, page_limit);
  EXPECT_EQ(parse_history_request("", noon)->service, "");
}

TEST(HistoryAnswer, RefusesOtherQuestions) {
  for (const auto* words : {"--limit", "--limit x", "--limit -1", "--since 5x", "a b", "--all"})
    EXPECT_FALSE(parse_history_request(words, noon)) << words;
}

TEST(HistoryAnswer, ExplainsAServiceAlsoWithoutAHistory) {
  View view;
  ServiceRow row;
  row.name = "web";
  row.state = ServiceState::waiting;
  row.reason = "no process of it is running";
  row.mode = Mode::act;
  row.manager = "systemd";
  row.backoff_remaining = 20s;
  const Result<HistoryPage> unreadable = Error{Error::Kind::failed, "disk full"};
  const auto json = Json::parse(explain_json(view, row, unreadable, Audience::everybody));
  EXPECT_EQ(json["state"], "waiting");
  EXPECT_EQ(json["next_attempt_seconds"], 20.0);
  EXPECT_THAT(json["next"]["text"].get<std::string>(), StartsWith("It is tried to be started again at "));
  EXPECT_EQ(json["policy"]["backoff_seconds"], 5.0);
  EXPECT_EQ(json["history_error"], "disk full");
}

}  // namespace
}  // namespace systemcheck
