#include "daemon/web_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/collecting_journal.h"
#include "support/fake_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* hash = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze";

/// A daemon that was started with alice, who may act.
struct World {
  World() {
    write(users("alice"));
    web = read_web(config).web;
    watch.emplace(loop, journal, config, web,
                  WebWatch::Hooks{.use = [this](auto now) -> Status {
                                    if (!is_willing) return Error{.message = "not without a restart"};
                                    web = now;
                                    return Nothing{};
                                  },
                                  .told = [this](bool is_good) { told.push_back(is_good); }});
    loop.settle();
    told.clear();
  }
  static std::string users(const std::string& name) {
    return "basic_auth_users: {" + name + ": " + hash + "}\n";
  }
  void write(const std::string& text, mode_t mode = 0600) const {
    directory.write_file("new", text, mode);
    std::filesystem::rename(directory.path("new"), directory.path("web.yml"));
  }
  void wait() { loop.run_for(seconds{6}); }

  test::TemporaryDirectory directory{};
  HttpConfig config{.web_config = directory.path("web.yml"), .may_act = {"alice"}};
  test::FakeLoop loop{};
  test::CollectingJournal journal{};
  std::shared_ptr<const HttpWeb> web{};
  std::vector<bool> told{};
  bool is_willing = true;
  std::optional<WebWatch> watch{};
};

TEST(WebWatch, TakesOverWhatHasChanged) {
  World world;
  const auto before = world.web;

  world.write(World::users("alice") + "http_server_config: {headers: {X-Frame-Options: deny}}\n");
  world.wait();

  EXPECT_EQ(world.web->config.headers.size(), 1U);
  EXPECT_NE(world.web->number, before->number);
  EXPECT_THAT(world.told, ElementsAre(true));
  EXPECT_TRUE(world.journal.says("is in force as it is now"));
}

TEST(WebWatch, LeavesInPeaceWhatHasNotChanged) {
  World world;
  const auto before = world.web;
  const auto lines = world.journal.lines.size();

  world.loop.run_for(seconds{60});

  EXPECT_EQ(world.web, before);
  EXPECT_EQ(world.journal.lines.size(), lines);
}

TEST(WebWatch, KeepsWhatIsInForceWhereTheNewIsBroken) {
  World world;
  const auto before = world.web;

  world.write(World::users("alice") + "tls: x\n");
  world.loop.run_for(seconds{60});

  EXPECT_EQ(world.web, before);
  EXPECT_THAT(world.told, ElementsAre(false));  // Said once.
  EXPECT_TRUE(world.journal.says("web.yml:2:1: unknown key 'tls'"));

  world.write(World::users("alice"));
  world.wait();
  EXPECT_THAT(world.told, ElementsAre(false, true));
}

TEST(WebWatch, SeesThatAFileItLackedHasCome) {
  World world;
  world.write(World::users("alice") + "tls_server_config: {cert_file: c, key_file: k}\n");
  world.wait();
  EXPECT_TRUE(world.journal.says("/c: No such file"));

  world.directory.write_file("c", "no certificate");
  world.directory.write_file("k", "no key");
  world.wait();

  EXPECT_TRUE(world.journal.says("cert_file " + world.directory.path("c")));
}

TEST(WebWatch, SaysWhatTheServerDoesNotTake) {
  World world;
  world.is_willing = false;
  world.write(World::users("alice") + "\n");
  world.wait();
  EXPECT_TRUE(world.journal.says("not without a restart"));
  EXPECT_THAT(world.told, ElementsAre(false));
}

TEST(WebWatch, DoesNotLetAnActorDisappear) {
  World world;
  world.write(World::users("bob"));
  world.wait();
  EXPECT_TRUE(world.journal.says("http.may_act: there is no user 'alice'"));
  EXPECT_TRUE(world.web->config.users.contains("alice"));
}

TEST(WebWatch, WarnsOfASecretThatEverybodyMayRead) {
  World world;
  world.write(World::users("alice"), 0644);
  world.wait();
  EXPECT_TRUE(world.journal.says("is a secret, and everybody may read it"));
}

TEST(ReadWeb, IsNothingWhereThereIsNoSuchFile) {
  EXPECT_THAT(read_web(HttpConfig{}).problems, IsEmpty());
  EXPECT_EQ(read_web(HttpConfig{}).web, nullptr);
  EXPECT_THAT(read_web(HttpConfig{.web_config = "/nowhere/web.yml"}).problems.at(0).text(),
              HasSubstr("/nowhere/web.yml: "));
}

}  // namespace
}  // namespace systemcheck
