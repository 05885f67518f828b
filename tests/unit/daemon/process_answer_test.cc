#include "daemon/process_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/fake_loop.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr Peer root{.user = 0, .is_trusted = true};

/// Posts pictures of a process table, a minute after one another, and is asked.
struct Room {
  Room() { post(); }

  void post() {
    auto view = std::make_shared<View>();
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->cycle = static_cast<std::uint64_t>(++cycle);
    snapshot->taken = Instant{cycle * 1min};
    snapshot->taken_at = view_time + cycle * 1min;
    set_fact<Processes>(*snapshot, table);
    snapshot->services.resize(1);
    snapshot->services[0].members = {table.all[2].identity, table.all[3].identity};
    auto config = std::make_shared<Config>();
    config->services.resize(1);
    config->services[0].name = "web";
    view->snapshot = snapshot;
    view->config = config;
    view->daemon.config_loaded_at = view_time;
    board.post(view);
  }
  Json ask(const std::string& request, const Peer& peer = root) {
    std::string answer;
    EXPECT_TRUE(inquiry(request, peer, [&](std::string text) { answer = std::move(text); }));
    loop.run_for(1ms);
    return Json::parse(answer);
  }
  std::string pids(const std::string& request, const Peer& peer = root) {
    std::string text;
    const auto answer = ask(request, peer);
    for (const auto& process : answer.at("processes"))
      text += std::to_string(process["pid"].get<int>()) + " ";
    return text;
  }

  FakeLoop loop{};
  Processes table = make_processes();
  int cycle = 0;
  Board<View> board{};
  Inquiry inquiry = ps_inquiry(board, loop);
};

TEST(ProcessAnswer, TellsThePictureAsPsDoes) {
  Room room;
  const auto answer = room.ask("ps");
  EXPECT_EQ(answer["schema"], 1);
  EXPECT_EQ(answer["matching"], 6);
  EXPECT_EQ(answer["cpu_over_seconds"], nullptr);
  const auto& one = answer["processes"][3];
  EXPECT_EQ(one["pid"], 801);
  EXPECT_EQ(one["user"], "www-data");
  EXPECT_EQ(one["service"], "web");
  EXPECT_EQ(one["command"], "/usr/sbin/apache2");
  EXPECT_EQ(one["cpu_seconds_total"], 3);
  EXPECT_EQ(answer["processes"][0]["service"], nullptr);
}

TEST(ProcessAnswer, SortsAndChooses) {
  Room room;
  room.table.all[1].resident_bytes *= 2;
  room.table.all[4].identity.start_ticks = 5;
  room.post();
  EXPECT_EQ(room.pids("ps --sort memory --limit 2"), "410 1 ");
  EXPECT_EQ(room.pids("ps --sort start --limit 1"), "802 ");
  EXPECT_EQ(room.pids("ps --sort user --limit 1 --user www-data"), "801 ");
  EXPECT_EQ(room.pids("ps --user 33"), "801 802 ");
  EXPECT_EQ(room.pids("ps --service web"), "800 801 ");
  EXPECT_EQ(room.pids("ps --filter sshd"), "410 ");
  EXPECT_EQ(room.pids("ps --filter usr/lib system"), "") << "the rest of the line is one text";
  EXPECT_EQ(room.ask("ps --limit 2")["matching"], 6) << "so many there would be";
}

TEST(ProcessAnswer, TellsWhatWasUsedBetweenTwoPicturesWhereSomebodyHasLookedBefore) {
  Room room;
  (void)room.ask("ps");
  room.table.all[1].user_ticks += 3000;  // Half a minute.
  room.post();
  const auto answer = room.ask("ps --sort cpu");
  EXPECT_EQ(answer["cpu_over_seconds"], 60);
  EXPECT_EQ(answer["processes"][0]["pid"], 410);
  EXPECT_EQ(answer["processes"][0]["cpu_ratio"], 0.5);
  EXPECT_EQ(answer["processes"][1]["cpu_ratio"], 0);
}

TEST(ProcessAnswer, KeepsPicturesOnlyWhileSomebodyLooks) {
  Room room;
  const auto newest = std::weak_ptr(room.board.newest()->snapshot);
  (void)room.ask("ps");
  room.post();
  EXPECT_FALSE(newest.expired());
  room.loop.run_for(10min);
  EXPECT_TRUE(newest.expired());
  EXPECT_EQ(room.ask("ps")["cpu_over_seconds"], nullptr);
}

TEST(ProcessAnswer, ShowsEverybodyOnlyHisOwn) {
  Room room;
  EXPECT_EQ(room.pids("ps", {.user = 33}), "801 802 ");
  EXPECT_EQ(room.pids("ps --user root", {.user = 33}), "");
  EXPECT_EQ(room.ask("ps", {.user = 33})["matching"], 2) << "nor how many others there are";
  EXPECT_EQ(room.pids("ps", {.user = 1000}), "");
  EXPECT_EQ(room.pids("ps", {.user = 1000, .is_trusted = true}), "1 410 800 801 802 900 ");
}

TEST(ProcessAnswer, MakesHostileCommandLinesSafe) {
  Room room;
  room.table.all[1].text = std::make_shared<ProcessText>(ProcessText{
      .comm = "\x1b[2J", .cmdline = "a\x1b]0;x\x07 b\nc\xff", .executable = "/a", .control_group = "/"});
  room.post();
  const auto one = room.ask("ps")["processes"][1];
  EXPECT_EQ(one["command"], "a\\x1b]0;x\\x07 b\\x0ac\\xff");
  EXPECT_EQ(one["name"], "\\x1b[2J");
}

TEST(ProcessAnswer, NamesNoServiceByAConfigurationThatIsNewerThanThePicture) {
  Room room;
  auto view = std::make_shared<View>(*room.board.newest());
  view->daemon.config_loaded_at = view_time + 1h;
  room.board.post(view);
  EXPECT_EQ(room.pids("ps --service web"), "");
}

TEST(ProcessAnswer, SaysHowItIsAsked) {
  Room room;
  for (const auto* request :
       {"ps --sort size", "ps --limit 0", "ps --limit", "ps all", "ps --filter ", "ps --user"})
    EXPECT_EQ(room.ask(request)["error"].get<std::string>().substr(0, 9), "ps [--sor") << request;
  EXPECT_FALSE(room.inquiry("psx", root, [](const std::string&) {}));
}

TEST(ProcessAnswer, SaysWhyTheTableCouldNotBeRead) {
  Room room;
  auto view = std::make_shared<View>();
  auto snapshot = std::make_shared<Snapshot>();
  set_fact<Processes>(*snapshot, Error{Error::Kind::failed, "no /proc"});
  view->snapshot = snapshot;
  room.board.post(view);
  EXPECT_EQ(room.ask("ps")["error"], "the process table: no /proc");
}

}  // namespace
}  // namespace systemcheck::test
