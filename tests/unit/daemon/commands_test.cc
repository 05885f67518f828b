#include "daemon/commands.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/fake_ledger.h"
#include "support/plant.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr Peer root{.user = 0, .is_trusted = true};
constexpr Peer stranger{.user = 1000};

/// A plant to which people talk.
class Office : public Plant {
 public:
  Office() { world.ledger = ledger; }

  void open() {
    start();
    commands.use(std::make_shared<const Config>(config));
  }
  /// The answer, within an hour.
  Json say(std::string_view request, const Peer& peer = root) {
    std::optional<std::string> answer;
    EXPECT_TRUE(commands.answer(request, peer, [&](std::string text) { answer = std::move(text); }));
    loop.run_until([&] { return answer.has_value(); }, 1h);
    EXPECT_TRUE(answer) << request;
    return Json::parse(answer.value_or("{}"));
  }
  /// How it goes, a line each, before the answer.
  std::vector<Json> watch(std::string_view request) {
    std::vector<Json> told;
    std::optional<std::string> answer;
    const Reply reply([&](std::string text) { answer = std::move(text); },
                      [&](const std::string& line) { told.push_back(Json::parse(line)); });
    EXPECT_TRUE(commands.answer(request, root, reply));
    loop.run_until([&] { return answer.has_value(); }, 1h);
    EXPECT_TRUE(answer) << request;
    told.push_back(Json::parse(answer.value_or("{}")));
    return told;
  }
  /// "web verified, database verified".
  std::string results(const Json& answer) {
    std::string text;
    for (const auto& one : answer["services"])
      text += (text.empty() ? "" : ", ") + one["name"].get<std::string>() + " " +
              one["result"].get<std::string>();
    return text;
  }

  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
  Commands commands{world, supervision};
};

/// web comes after database; both are the group shop.
struct Shop : Office {
  Shop() {
    web = add_command_service("web", Mode::act);
    config.services[web].after = {"database"};
    database = add_command_service("database", Mode::act);
    add_command_service("mail", Mode::act);
    config.groups = {{.name = "shop", .services = {"web", "database"}}};
    on_order = [this](const Order& order) {
      trail += std::string(word(order.verb)) + " " + config.services[order.service].name + " ";
    };
    open();
  }
  std::size_t web = 0;
  std::size_t database = 0;
  std::string trail{};
};

TEST(Commands, AreOnlyForThoseWhoMayAct) {
  Shop shop;
  for (const auto* request : {"stop web", "restart web", "maintenance all --for 1h --reason x", "clear web",
                              "release web", "start web", "stop"}) {
    EXPECT_EQ(shop.say(request, stranger)["error"], "only root and the group systemcheck may give orders");
  }
  EXPECT_EQ(shop.orders(), 0U);
  EXPECT_TRUE(shop.row(shop.web).holds.empty());
  EXPECT_FALSE(shop.commands.answer("history", root, [](const auto&) {})) << "that is for somebody else";
}

TEST(Commands, TellWhatIsWrongWithThem) {
  Shop shop;
  const auto error_of = [&](std::string_view request) {
    return shop.say(request)["error"].get<std::string>();
  };
  EXPECT_EQ(error_of("restart wbe"), "'wbe' is not a service and not a group (did you mean 'web'?)");
  EXPECT_EQ(error_of("stop all"), "'all' is too many to stop at once: name them or a group");
  EXPECT_EQ(error_of("stop"), "stop what? The name of a service or of a group is missing");
  EXPECT_EQ(error_of("stop web now"), "stop takes one name");
  EXPECT_EQ(error_of("maintenance web"), "maintenance NAME|GROUP|all --for DURATION --reason TEXT");
  EXPECT_EQ(error_of("maintenance web --for 1h --reason  "),
            "maintenance NAME|GROUP|all --for DURATION --reason TEXT");
  EXPECT_EQ(error_of("maintenance web --for 8d --reason x"), "--for: '8d' is not from 1s to 7d");
  EXPECT_EQ(shop.orders(), 0U);
}

TEST(Commands, TellHowItGoesToWhoWantsToKnow) {
  Shop shop;
  const auto told = shop.watch("restart shop --progress");
  std::string trail;
  for (const auto& line : told)
    trail += line.value("progress", "the answer") + " " + line.value("service", "") + ", ";
  EXPECT_EQ(trail,
            "planned , looking database, acting database, watching database, ended database, "
            "looking web, acting web, watching web, ended web, the answer , ");
  EXPECT_EQ(told.front()["services"], (Json{"database", "web"}));
  EXPECT_EQ(told.front()["command"], "restart");
  EXPECT_EQ(told[4]["answer"], told.back()["services"][0]) << "what is told of an end is what is answered";
}

TEST(Commands, TellOfWhatIsNotTriedToo) {
  Shop shop;
  shop.config.services[shop.web].mode = Mode::observe;
  shop.supervision.take_over(std::make_shared<const Config>(shop.config));
  const auto told = shop.watch("stop web --progress");
  EXPECT_EQ(told[told.size() - 2]["progress"], "ended");
  EXPECT_EQ(told[told.size() - 2]["answer"]["result"], "refused");
}

TEST(Commands, AreSilentForWhoDoesNotWantToKnow) {
  Shop shop;
  EXPECT_EQ(shop.watch("restart web").size(), 1U);
  EXPECT_EQ(shop.say("clear web --progress")["error"], "clear takes one name");
}

TEST(Commands, MaintenanceIsInForceWhenTheAnswerComes) {
  Shop shop;
  shop.ledger->patience = 15ms;
  const auto answer = shop.say("maintenance shop --for 2h --reason new disks");
  EXPECT_EQ(answer["status"], "ok");
  EXPECT_EQ(answer["asked_by"], "root");
  EXPECT_EQ(shop.results(answer), "database in force, web in force");
  EXPECT_EQ(answer["services"][0]["until"], "2026-11-22T20:20:00Z");
  EXPECT_EQ(shop.row(shop.web).owner, Owner::maintenance);
  EXPECT_EQ(shop.row(shop.web).reason,
            "1 process; maintenance until 2026-11-22T20:20:00Z, asked for by root: new disks");
  EXPECT_NE(shop.ledger->remembered.at("claims/web").find("new disks"), std::string::npos) << "and on disk";
  EXPECT_EQ(shop.results(shop.say("release all")), "database given back, mail not held, web given back");
}

TEST(Commands, SayWhenMaintenanceCouldNotBeWrittenDown) {
  Shop shop;
  shop.ledger->is_writable = false;
  const auto answer = shop.say("maintenance web --for 2h --reason new disks");
  EXPECT_EQ(answer["status"], "warning");
  EXPECT_NE(answer["services"][0]["detail"].get<std::string>().find("could not be written down"),
            std::string::npos);
  EXPECT_EQ(shop.row(shop.web).owner, Owner::maintenance);
}

TEST(Commands, AReleaseTellsWhoStillHoldsIt) {
  Office office;
  const auto apache = office.add_unit_service("apache2.service", Mode::act);
  office.open();
  office.units.stop_by_admin("apache2.service");
  office.run_for(1min);
  ASSERT_EQ(office.row(apache).owner, Owner::admin);
  const auto answer = office.say("release apache2");
  EXPECT_EQ(answer["status"], "warning");
  EXPECT_EQ(answer["services"][0]["detail"],
            "nobody has taken it over by command; it is still held: it was stopped by an administrator");
}

TEST(Commands, AGroupGoesInOrderAndStopsInReverse) {
  Shop shop;
  EXPECT_EQ(shop.results(shop.say("stop shop")), "web verified, database verified");
  EXPECT_EQ(shop.results(shop.say("start shop")), "database verified, web verified");
  EXPECT_EQ(shop.trail, "stop web stop database start database start web ");
  EXPECT_EQ(shop.say("restart shop")["status"], "ok");
}

TEST(Commands, WhatDependsOnAFailureIsNotTried) {
  Shop shop;
  shop.actuator().service(shop.database).answer = Outcome::Kind::failed;
  const auto answer = shop.say("restart shop");
  EXPECT_EQ(answer["status"], "critical");
  EXPECT_EQ(shop.results(answer), "database failed, web skipped");
  EXPECT_EQ(answer["services"][1]["detail"], "not tried, because of database");

  Shop other;
  other.actuator().service(other.web).hangs = true;
  EXPECT_EQ(other.results(other.say("stop shop")), "web timed_out, database skipped");
  EXPECT_EQ(other.row(other.database).state, ServiceState::up);
}

TEST(Commands, WhatIsRefusedIsCriticalWithItsReason) {
  Office office;
  office.add_command_service("watched", Mode::observe);
  office.open();
  const auto answer = office.say("restart watched");
  EXPECT_EQ(answer["status"], "critical");
  EXPECT_EQ(answer["services"][0]["result"], "refused");
  EXPECT_EQ(answer["services"][0]["state"], "up");
}

TEST(Commands, ClearForgetsThePauses) {
  Shop shop;
  shop.actuator().service(shop.web).answer = Outcome::Kind::failed;
  shop.kill(shop.web);
  shop.run_for(30min);
  shop.actuator().service(shop.web).answer = Outcome::Kind::succeeded;
  EXPECT_EQ(shop.results(shop.say("clear web")), "web cleared");
  shop.run_for(2s);
  EXPECT_EQ(shop.row(shop.web).state, ServiceState::up);
}

}  // namespace
}  // namespace systemcheck::test
