#include "publish/http_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/exposition_reader.h"
#include "support/view_builder.h"

namespace systemcheck {
namespace {

using test::ViewBuilder;
using testing::HasSubstr;

/// A site of its own, on a board of its own, at a time that the test sets.
struct World {
  Board<View> views{};
  Instant now = test::view_instant;
  HttpSite site{views, [this] { return now; }, [this] { return *site.requests().newest(); }};

  void post(View view) { views.post(std::make_shared<const View>(std::move(view))); }
  HttpAnswer get(std::string_view path, std::string_view accept_encoding = "") {
    return site.answer({.method = "GET", .path = path, .accept_encoding = accept_encoding});
  }
  double requests(const std::string& labels) {
    const auto all = test::read_exposition(exposition(describe_view(View{}, *site.requests().newest())));
    return all.at("systemcheck_http_requests_total{" + labels + "}");
  }
};

TEST(HttpSite, RendersAPageOnceAView) {
  World world;
  world.post(ViewBuilder().sequence(1).build());

  for (const auto* path : {"/metrics", "/", "/style.css", "/script.js"}) {
    EXPECT_EQ(world.get(path).body, world.get(path).body) << path;
    EXPECT_EQ(world.get(path, "gzip").body, world.get(path, "gzip").body) << path;
    EXPECT_NE(world.get(path).body, world.get(path, "gzip").body) << path;
  }
}

TEST(HttpSite, RendersTheNextView) {
  World world;
  world.post(ViewBuilder().sequence(1).build());
  const auto before = world.get("/metrics");
  const auto packed_before = world.get("/metrics", "gzip");

  world.post(ViewBuilder().sequence(2).service(test::make_row("new")).build());

  EXPECT_EQ(before.body->find("service=\"new\""), std::string::npos);
  EXPECT_THAT(*world.get("/metrics").body, HasSubstr("service=\"new\""));
  EXPECT_NE(world.get("/metrics", "gzip").body, packed_before.body);
}

TEST(HttpSite, KeepsWhatIsBeingSentWhenANewerViewComes) {
  World world;
  world.post(ViewBuilder().sequence(1).build());
  const auto slow_reader = world.get("/metrics");
  const std::string text = *slow_reader.body;

  world.post(ViewBuilder().sequence(2).build());
  world.get("/metrics");

  EXPECT_EQ(*slow_reader.body, text);
}

TEST(HttpSite, IsNotReadyBeforeTheFirstCycle) {
  World world;
  EXPECT_EQ(world.get("/-/ready").code, 503);
  EXPECT_EQ(world.get("/-/healthy").code, 200);
  EXPECT_EQ(world.get("/metrics").code, 200);
}

TEST(HttpSite, IsReadyWhileTheNewestCycleIsAtMostThreeIntervalsOld) {
  World world;
  world.post(test::make_view());

  world.now = test::view_instant + std::chrono::minutes{3};
  EXPECT_EQ(world.get("/-/ready").code, 200);

  world.now += std::chrono::seconds{1};
  EXPECT_EQ(world.get("/-/ready").code, 503);
  EXPECT_THAT(*world.get("/-/ready").body, HasSubstr("one is due every 1 min"));
  EXPECT_EQ(world.get("/-/healthy").code, 200);
}

TEST(HttpSite, MarksThePageWhenItsFactsHaveGrownOld) {
  World world;
  world.post(test::make_view());
  EXPECT_THAT(*world.get("/").body, testing::Not(HasSubstr("These facts are old")));

  world.now += std::chrono::hours{1};

  EXPECT_THAT(*world.get("/").body, HasSubstr("These facts are old"));
}

TEST(HttpSite, CountsByPageAndCode) {
  World world;
  world.get("/metrics");
  world.get("/metrics");
  world.get("/-/ready");

  EXPECT_EQ(world.requests(R"(handler="/metrics",code="200")"), 2);
  EXPECT_EQ(world.requests(R"(handler="/-/ready",code="503")"), 1);
}

TEST(HttpSite, CountsWhatIsNoPageTogetherHoweverManyPathsAreTried) {
  World world;
  for (int i = 0; i < 1'000; ++i)
    world.get("/" + std::to_string(i));
  world.site.answer({.method = "POST", .path = "/metrics", .accept_encoding = ""});

  EXPECT_EQ(world.requests(R"(handler="other",code="404")"), 1'000);
  EXPECT_EQ(world.requests(R"(handler="other",code="405")"), 1);
  EXPECT_EQ(world.site.requests().newest()->size(), 2U);
}

TEST(HttpSite, CountsAllServicesOfTheApiTogether) {
  World world;
  world.post(test::make_view());
  for (int i = 0; i < 100; ++i)
    world.get("/api/v1/services/" + std::to_string(i));
  world.get("/api/v1/services/web");
  world.get("/api/v1/nothing");
  world.get("/api/v2/status");

  EXPECT_EQ(world.requests(R"(handler="/api/v1/services/NAME",code="404")"), 100);
  EXPECT_EQ(world.requests(R"(handler="/api/v1/services/NAME",code="200")"), 1);
  EXPECT_EQ(world.requests(R"(handler="other",code="404")"), 2);
}

TEST(HttpSite, GivesThePageFilesUnderTheAddressThatThePageNames) {
  World world;
  world.post(test::make_view());

  EXPECT_THAT(*world.get("/").body,
              testing::AllOf(HasSubstr("href=\"/style.css?v="), HasSubstr("src=\"/script.js?v=")));
  EXPECT_EQ(world.get("/style.css").content_type, "text/css; charset=utf-8");
  EXPECT_THAT(world.get("/script.js").cache_control, HasSubstr("immutable"));
}

TEST(HttpSite, PublishesWhatWasCountedUntilThePageWasMade) {
  World world;
  world.post(ViewBuilder().sequence(1).build());
  world.get("/-/healthy");
  world.get("/metrics");
  world.post(ViewBuilder().sequence(2).build());

  const auto all = test::read_exposition(*world.get("/metrics").body);

  EXPECT_EQ(all.at(R"(systemcheck_http_requests_total{handler="/-/healthy",code="200"})"), 1);
  EXPECT_EQ(all.at(R"(systemcheck_http_requests_total{handler="/metrics",code="200"})"), 1);
}

}  // namespace
}  // namespace systemcheck
