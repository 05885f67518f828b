#include "publish/http_orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/view_builder.h"

namespace systemcheck {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

constexpr WallTime noon{std::chrono::hours{24 * 365 * 50}};

struct World {
  HttpActs acts{{"alice"}, "a key"};
  HttpAsker alice{.user = "alice", .is_private = true, .peer = "192.0.2.7:4711"};
  View view = test::ViewBuilder().service(test::make_row("mail")).build();
  HttpActing acting{.method = "POST",
                    .path = "/api/v1/services/mail/restart",
                    .content_type = "application/json",
                    .host = "here:10060",
                    .body = "{}"};

  [[nodiscard]] std::string token(const HttpAsker& asker, WallTime now = noon) const {
    const auto json = Json::parse(acts.session_json(asker, now));
    return json["csrf"].is_null() ? "" : json["csrf"].get<std::string>();
  }
  [[nodiscard]] std::variant<HttpProblem, HttpOrder> judge(HttpActing changed, const HttpAsker& asker,
                                                           WallTime now = noon) const {
    const auto valid = token(alice);
    if (changed.csrf_token.empty()) changed.csrf_token = valid;
    return acts.judge(changed, asker, view, now);
  }
  [[nodiscard]] int code(const HttpActing& changed) const {
    const auto verdict = judge(changed, alice);
    const auto* problem = std::get_if<HttpProblem>(&verdict);
    return problem == nullptr ? 200 : problem->code;
  }
};

TEST(HttpActs, TakesAnOrderAndKnowsWhoGaveIt) {
  const World world;
  const auto verdict = world.judge(world.acting, world.alice);
  const auto* order = std::get_if<HttpOrder>(&verdict);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->verb, CommandVerb::restart);
  EXPECT_EQ(order->target, "mail");
  EXPECT_EQ(order->asked_by, "http alice from 192.0.2.7:4711");
}

TEST(HttpActs, TakesMaintenanceWithItsLengthAndReason) {
  World world;
  world.acting.path = "/api/v1/services/mail/maintenance";
  world.acting.body = R"({"for": "2h", "reason": "new disks"})";
  const auto verdict = world.judge(world.acting, world.alice);
  const auto* order = std::get_if<HttpOrder>(&verdict);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->length, std::chrono::hours{2});
  EXPECT_EQ(order->reason, "new disks");
}

TEST(HttpActs, RefusesABodyThatItDoesNotUnderstand) {
  World world;
  for (const auto* body : {"[", "[]", "null", R"({"now": true})", R"({"for": "2h"})"}) {
    world.acting.body = body;
    EXPECT_EQ(world.code(world.acting), 400) << body;
  }
  world.acting.path = "/api/v1/services/mail/maintenance";
  for (const auto* body : {"", "{}", R"({"for": 2, "reason": "x"})", R"({"for": "2h", "reason": ""})",
                           R"({"for": "0s", "reason": "x"})", R"({"for": "2h", "reason": "x", "y": 1})"}) {
    world.acting.body = body;
    EXPECT_EQ(world.code(world.acting), 400) << body;
  }
}

TEST(HttpActs, SaysExactlyWhatIsWrong) {
  const World world;
  const auto with = [&world](auto change) {
    auto acting = world.acting;
    change(acting);
    return world.code(acting);
  };
  EXPECT_EQ(with([](auto& it) { it.method = "GET"; }), 405);
  EXPECT_EQ(with([](auto& it) { it.content_type = "text/plain"; }), 415);
  EXPECT_EQ(with([](auto& it) { it.content_type = "Application/JSON; charset=utf-8"; }), 200);
  EXPECT_EQ(with([](auto& it) { it.csrf_token = "1.2"; }), 403);
  EXPECT_EQ(with([](auto& it) { it.origin = "https://there"; }), 403);
  EXPECT_EQ(with([](auto& it) { it.origin = "null"; }), 403);
  EXPECT_EQ(with([](auto& it) { it.origin = "https://here:10060"; }), 200);
  EXPECT_EQ(with([](auto& it) { it.fetch_site = "same-site"; }), 403);
  EXPECT_EQ(with([](auto& it) { it.fetch_site = "same-origin"; }), 200);
  EXPECT_EQ(with([](auto& it) { it.path = "/api/v1/services/web/restart"; }), 404);
  EXPECT_EQ(with([](auto& it) { it.path = "/api/v1/groups/mail/restart"; }), 404);
  EXPECT_EQ(with([](auto& it) { it.path = "/api/v1/services/mail/explode"; }), 404);
}

TEST(HttpActs, TellsWhoMayNotActWhyNot) {
  const World world;
  const auto why_not = [](const HttpActs& acts, const HttpAsker& asker) {
    return Json::parse(acts.session_json(asker, noon))["why_not"];
  };
  EXPECT_TRUE(why_not(world.acts, world.alice).is_null());
  auto asker = world.alice;
  asker.is_private = false;
  EXPECT_THAT(why_not(world.acts, asker).get<std::string>(), HasSubstr("TLS"));
  EXPECT_EQ(std::get<HttpProblem>(world.judge(world.acting, asker)).code, 403);
  asker.user = "bob";
  EXPECT_THAT(why_not(world.acts, asker).get<std::string>(), HasSubstr("may not act"));
  EXPECT_EQ(std::get<HttpProblem>(world.judge(world.acting, asker)).code, 403);
  EXPECT_THAT(why_not(HttpActs({}, "a key"), world.alice).get<std::string>(), HasSubstr("switched off"));
}

TEST(HttpActs, BindsATokenToItsUserItsTimeAndThisDaemon) {
  const World world;
  const HttpActs acts({"alice", "bob"}, "a key");
  const HttpActs other({"alice"}, "another key");
  const auto json = Json::parse(acts.session_json({.user = "bob", .is_private = true}, noon));
  const auto bobs = json["csrf"].get<std::string>();
  const auto foreign = Json::parse(other.session_json(world.alice, noon))["csrf"].get<std::string>();
  for (const auto& token : {bobs, foreign}) {
    auto acting = world.acting;
    acting.csrf_token = token;
    EXPECT_EQ(world.code(acting), 403);
  }
  const auto soon = world.judge(world.acting, world.alice, noon + csrf_token_time - std::chrono::seconds{1});
  EXPECT_TRUE(std::holds_alternative<HttpOrder>(soon));
  const auto late = world.judge(world.acting, world.alice, noon + csrf_token_time);
  EXPECT_TRUE(std::holds_alternative<HttpProblem>(late));
}

TEST(HttpActs, TakesOnlyPathsOfOrders) {
  for (const auto* path : {"/api/v1/services/a/stop", "/api/v1/groups/a/release"})
    EXPECT_TRUE(HttpActs::is_order(path)) << path;
  for (const auto* path :
       {"/api/v1/services", "/api/v1/services/", "/api/v1/services//stop", "/api/v1/services/a",
        "/api/v1/services/a/b/stop", "/api/v1/services/a/stop/", "/"})
    EXPECT_FALSE(HttpActs::is_order(path)) << path;
}

TEST(HttpRefusal, IsFoundInWhatCommandsAnswer) {
  EXPECT_EQ(find_refusal("{\"error\": \"no\"}\n")->detail, "no");
  EXPECT_FALSE(find_refusal("{\"schema\": 1}"));
  EXPECT_FALSE(find_refusal("nonsense"));
}

}  // namespace
}  // namespace systemcheck
