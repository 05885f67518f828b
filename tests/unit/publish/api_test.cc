#include "publish/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// Asks with what follows the question mark as pairs.
ApiAnswer ask(const View& view, std::string_view path, std::map<std::string, std::string> query = {}) {
  return answer_api(view, path, [&query](const char* name) -> std::optional<std::string_view> {
    const auto found = query.find(name);
    if (found == query.end()) return std::nullopt;
    return found->second;
  });
}

Json json_of(const ApiAnswer& answer) { return Json::parse(answer.text); }

View eventful_view() {
  auto view = test::make_view();
  for (std::uint64_t number = 1; number <= 5; ++number)
    view.events = test::with_event(view.events, {.number = number, .subject = number % 2 ? "mail" : "web"});
  return view;
}

TEST(Api, ListsTheServicesAsTheStatusDoes) {
  const auto view = test::make_view();
  const auto status = json_of(ask(view, "status"));
  const auto services = json_of(ask(view, "services"));

  EXPECT_EQ(services["services"], status["services"]);
  EXPECT_EQ(services["sequence"], 7);
}

TEST(Api, TellsOfOneServiceWhatHappensNextAndWhen) {
  const auto mail = json_of(ask(test::make_view(), "services/mail"));

  EXPECT_EQ(mail["service"]["state"], "flapping");
  EXPECT_EQ(mail["next"]["attempt"], "2026-11-22T18:25:00Z");
  EXPECT_THAT(mail["next"]["text"].get<std::string>(), HasSubstr("for as long as it takes"));
  EXPECT_EQ(mail["policy"]["backoff_max_seconds"], 300);
}

TEST(Api, TellsOfAServiceOnlyWhatHappenedToIt) {
  const auto events = json_of(ask(eventful_view(), "services/mail"))["events"];
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2]["subject"], "mail");
}

TEST(Api, TellsEventsAfterOneThatIsKnown) {
  const auto events = json_of(ask(eventful_view(), "events", {{"after", "2"}, {"limit", "2"}}));

  ASSERT_EQ(events["events"].size(), 2U);
  EXPECT_EQ(events["events"][0]["number"], 3);
  EXPECT_EQ(events["last"], 5);
}

TEST(Api, TellsTheSeriesAsColumnsOfOneLength) {
  auto view = test::make_view();
  view.samples = std::make_shared<const MachineSamples>(
      MachineSamples{{.at = test::view_time - std::chrono::minutes{1}, .load = 0.1F},
                     {.at = test::view_time, .load = 0.2F, .is_shedding = true}});

  const auto all = json_of(ask(view, "series"));
  EXPECT_EQ(all["times"], Json({1'795'371'540, 1'795'371'600}));
  EXPECT_EQ(all["is_shedding"], Json({false, true}));
  EXPECT_EQ(all["series"]["load"], Json({0.1, 0.2}));
  EXPECT_EQ(all["series"]["relay_clients"], Json({nullptr, nullptr}));

  const auto one = json_of(ask(view, "series", {{"name", "load"}, {"after", "1795371540"}}));
  EXPECT_EQ(one["series"], Json({{"load", {0.2}}}));
}

TEST(Api, SaysWhatIsWrongInAWordAndInASentence) {
  const auto view = test::make_view();
  for (const auto& [path, query, code, word] :
       std::vector<std::tuple<std::string, std::map<std::string, std::string>, int, std::string>>{
           {"services/nobody", {}, 404, "no_such_service"},
           {"services/", {}, 404, "no_such_path"},
           {"elsewhere", {}, 404, "no_such_path"},
           {"events", {{"after", "-1"}}, 400, "bad_argument"},
           {"events", {{"limit", "65"}}, 400, "bad_argument"},
           {"series", {{"name", "secrets"}}, 400, "bad_argument"}}) {
    const auto answer = ask(view, path, query);
    EXPECT_EQ(answer.code, code) << path;
    EXPECT_EQ(json_of(answer)["code"], word) << path;
    EXPECT_EQ(json_of(answer)["status"], code) << path;
    EXPECT_FALSE(json_of(answer)["detail"].get<std::string>().empty()) << path;
  }
}

TEST(Api, SaysNothingThatOnlyAFewMaySee) {
  const auto view = test::make_whole_view();
  for (const auto* path : {"status", "services", "services/mail", "events", "series"}) {
    const auto text = ask(view, path).text;
    EXPECT_THAT(text, testing::Not(HasSubstr("alice"))) << path;
    EXPECT_THAT(text, testing::Not(HasSubstr("198.51.100.7"))) << path;
  }
}

TEST(Api, HasADocumentThatNamesEachPath) {
  const auto document = json_of(ask(View{}, "openapi.json"));
  for (const auto* path :
       {"status", "services", "services/{name}", "events", "series", "stream", "openapi.json"})
    EXPECT_TRUE(document["paths"].contains("/api/v1/" + std::string(path))) << path;
}

}  // namespace
}  // namespace systemcheck
