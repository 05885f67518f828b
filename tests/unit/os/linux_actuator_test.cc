#include "os/linux_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "os/dry_run_actuator.h"
#include "os/no_units.h"
#include "os/pidfd.h"
#include "support/fake_loop.h"
#include "support/fake_units.h"
#include "support/own_process.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Kind = Outcome::Kind;

Order order_to(Verb verb, Ticket ticket = 1, std::size_t service = 0) {
  return {.ticket = ticket, .service = service, .verb = verb, .leftovers = {}, .deadline = seconds{50}};
}

/// Real commands, without systemd.
class CommandActuatorTest : public RealLoopTest {
 protected:
  void TearDown() override { actuator.reset(); }
  /// A service whose commands are scripts; an empty one is not there.
  ServiceControl scripted(const std::string& start, const std::string& stop = "",
                          const std::string& restart = "") {
    return {.name = "web",
            .unit = {},
            .start = command("start", start),
            .stop = command("stop", stop),
            .restart = command("restart", restart)};
  }
  Argv command(const std::string& name, const std::string& body) {
    return body.empty() ? Argv{} : Argv{directory.write_script(name, body)};
  }
  void make(std::vector<ServiceControl> services) {
    actuator =
        std::make_unique<LinuxActuator>(std::move(services), loop(), no_units, directory.path("policy"));
  }
  void begin(const Order& order) {
    actuator->begin(order, [this](const Outcome& it) {
      outcomes.push_back(it);
      stop();
    });
  }
  const Outcome& carry_out(const Order& order) {
    begin(order);
    run();
    return outcomes.back();
  }
  [[nodiscard]] std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory.path("log")).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::string note(const std::string& word) const {
    return "echo " + word + " >> " + directory.path("log");
  }

  TemporaryDirectory directory{};
  NoUnits no_units{};
  std::unique_ptr<LinuxActuator> actuator{};
  std::vector<Outcome> outcomes{};
};

TEST_F(CommandActuatorTest, RunsTheStartCommand) {
  make({scripted(note("start") + "; echo all is well")});
  const auto& it = carry_out(order_to(Verb::start, 42));
  EXPECT_EQ(it.kind, Kind::succeeded);
  EXPECT_EQ(it.ticket, 42U);
  EXPECT_EQ(it.detail, "all is well");
  EXPECT_EQ(log(), "start\n");
}

TEST_F(CommandActuatorTest, NeverAnswersInsideBegin) {
  make({});
  begin(order_to(Verb::start));
  EXPECT_THAT(outcomes, IsEmpty());
  run();
  EXPECT_EQ(outcomes.at(0).kind, Kind::refused);
}

TEST_F(CommandActuatorTest, SaysHowACommandFailed) {
  make({scripted("echo starting; echo 'AH00526: Syntax error' >&2; echo; exit 3")});
  const auto& it = carry_out(order_to(Verb::start));
  EXPECT_EQ(it.kind, Kind::failed);
  EXPECT_EQ(it.exit_code, 3);
  EXPECT_EQ(it.detail, "exit status 3: AH00526: Syntax error");
}

TEST_F(CommandActuatorTest, ShowsHostileOutputHarmlessly) {
  make({scripted("printf '\\033[2Jboo\\n'; exit 1")});
  EXPECT_EQ(carry_out(order_to(Verb::start)).detail, "exit status 1: \\x1b[2Jboo");
}

TEST_F(CommandActuatorTest, SaysWhichSignalEndedACommand) {
  make({scripted("kill -SEGV $$")});
  const auto& it = carry_out(order_to(Verb::start));
  EXPECT_EQ(it.kind, Kind::failed);
  EXPECT_EQ(it.exit_code, -SIGSEGV);
  EXPECT_EQ(it.detail, "ended by signal 11");
}

TEST_F(CommandActuatorTest, FailsAtOnceWhenTheCommandIsNotThere) {
  make({{.name = "web", .unit = {}, .start = {directory.path("missing")}, .stop = {}, .restart = {}}});
  const auto& it = carry_out(order_to(Verb::start));
  EXPECT_EQ(it.kind, Kind::failed);
  EXPECT_THAT(it.detail, HasSubstr("No such file or directory"));
}

TEST_F(CommandActuatorTest, RefusesACommandThatOthersCanChange) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has something to lose";
  auto service = scripted("exit 0");
  std::filesystem::permissions(service.start.front(), std::filesystem::perms::all);
  make({service});
  const auto& it = carry_out(order_to(Verb::start));
  EXPECT_EQ(it.kind, Kind::refused);
  EXPECT_THAT(it.detail, HasSubstr("can be changed by others than root"));
}

TEST_F(CommandActuatorTest, RestartsByStopAndStartThoughTheStopFails) {
  make({scripted(note("start"), note("stop") + "; exit 1")});
  EXPECT_EQ(carry_out(order_to(Verb::restart)).kind, Kind::succeeded);
  EXPECT_EQ(log(), "stop\nstart\n");
}

TEST_F(CommandActuatorTest, StartsThoughTheStopHangs) {
  make({scripted(note("start"), "exec sleep 1000")});
  auto order = order_to(Verb::restart);
  order.deadline = milliseconds{200};
  begin(order);
  run();
  // The stop has had half of the time and is gone; whether the rest was enough is the machine's affair.
  EXPECT_NE(outcomes.back().kind, Kind::refused);
  EXPECT_TRUE(outcomes.back().kind == Kind::timed_out || log() == "start\n");
}

TEST_F(CommandActuatorTest, GivesAStopNoLongerThanItMayTakeHoweverMuchTimeIsLeft) {
  make({scripted(note("start"), "exec sleep 1000")});
  auto order = order_to(Verb::restart);
  order.deadline = std::chrono::hours{1};
  order.stop_within = milliseconds{50};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "start\n");
}

TEST_F(CommandActuatorTest, EndsLeftoversBeforeItStarts) {
  const OwnProcess worker = OwnProcess::sleeping();
  make({scripted("kill -0 " + std::to_string(worker.identity().pid) + " && grep -q '^State:.Z' /proc/" +
                 std::to_string(worker.identity().pid) + "/status && " + note("gone"))});
  auto order = order_to(Verb::start);
  order.leftovers = {worker.identity()};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "gone\n") << "a zombie of ours by then, which holds no port";
}

TEST_F(CommandActuatorTest, EndsAllThatRunsBeforeAThoroughStart) {
  make({scripted(note("start"))});
  const auto main = OwnProcess::deaf();
  const auto worker = OwnProcess::sleeping();
  auto order = order_to(Verb::stop_start);
  order.leftovers = {main.identity(), worker.identity()};
  order.kill_after = milliseconds{50};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_FALSE(open_process(main.identity()));
  EXPECT_FALSE(open_process(worker.identity()));
  EXPECT_EQ(log(), "start\n");
}

TEST_F(CommandActuatorTest, LeavesWhatRunsAloneWhenItsConfigurationIsBroken) {
  auto service = scripted(note("start"), note("stop"));
  service.pre_checks = {{directory.path("missing"), "-t"},
                        command("check", "echo 'AH00526: Syntax error on line 3' >&2; exit 1")};
  make({service});
  auto order = order_to(Verb::restart);
  order.still_runs = true;
  const auto& it = carry_out(order);
  EXPECT_EQ(it.kind, Kind::refused);
  EXPECT_EQ(it.refusal, Outcome::Refusal::config_invalid);
  EXPECT_EQ(it.exit_code, 1);
  EXPECT_EQ(it.detail, "config_invalid: exit status 1: AH00526: Syntax error on line 3");
  EXPECT_EQ(log(), "");
}

TEST_F(CommandActuatorTest, RestartsWhatRunsWhenItsConfigurationIsGood) {
  auto service = scripted(note("start"), note("stop"));
  service.pre_checks = {command("check", note("check"))};
  make({service});
  auto order = order_to(Verb::restart);
  order.still_runs = true;
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "check\nstop\nstart\n");
}

TEST_F(CommandActuatorTest, RestartsWhatRunsWhenNobodyCanCheckItsConfiguration) {
  auto service = scripted(note("start"));
  service.pre_checks = {{directory.path("missing"), "-t"}};
  make({service});
  auto order = order_to(Verb::restart);
  order.still_runs = true;
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "start\n");
}

TEST_F(CommandActuatorTest, DoesNotTakeACheckThatHangsForANo) {
  auto service = scripted(note("start"));
  service.pre_checks = {command("check", "exec sleep 100")};
  make({service});
  auto order = order_to(Verb::restart);
  order.still_runs = true;
  order.deadline = milliseconds{400};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "start\n");
}

TEST_F(CommandActuatorTest, StartsNothingThatThePolicyForbids) {
  make({scripted(note("start"))});
  directory.write_script("policy", note("\"$*\"") + "; exit 101");
  const auto& it = carry_out(order_to(Verb::start));
  EXPECT_EQ(it.kind, Kind::refused);
  EXPECT_EQ(it.refusal, Outcome::Refusal::policy);
  EXPECT_EQ(it.detail, directory.path("policy") + " forbids to start web");
  EXPECT_EQ(log(), "web start\n");
}

TEST_F(CommandActuatorTest, StartsWhatThePolicyAllowsOrDoesNotKnow) {
  for (const auto* code : {"0", "100", "104"}) {
    make({scripted(note("start"))});
    directory.write_script("policy", std::string("exit ") + code);
    EXPECT_EQ(carry_out(order_to(Verb::start)).kind, Kind::succeeded) << code;
  }
}

TEST_F(CommandActuatorTest, DoesNotAskAPolicyThatHasBeenThereForLong) {
  make({scripted(note("start"))});
  const auto policy = directory.write_script("policy", "exit 101");
  std::filesystem::last_write_time(
      policy, std::filesystem::file_time_type::clock::now() - LinuxActuator::policy_counts_for - seconds{1});
  EXPECT_EQ(carry_out(order_to(Verb::start)).kind, Kind::succeeded);
}

TEST_F(CommandActuatorTest, LeavesAStrangerAloneWhoHasGotTheNumberOfALeftover) {
  const OwnProcess stranger = OwnProcess::sleeping();
  make({scripted(note("start"))});
  auto order = order_to(Verb::start);
  order.leftovers = {{.pid = stranger.identity().pid, .start_ticks = stranger.identity().start_ticks + 1}};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_TRUE(open_process(stranger.identity()));
}

TEST_F(CommandActuatorTest, KillsALeftoverThatDoesNotListen) {
  const OwnProcess deaf = OwnProcess::deaf();
  make({scripted(note("start"))});
  auto order = order_to(Verb::start);
  order.leftovers = {deaf.identity()};
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_FALSE(open_process(deaf.identity()));
}

TEST_F(CommandActuatorTest, DoesNotStartWhileALeftoverIsThere) {
  const OwnProcess deaf = OwnProcess::deaf();
  make({scripted(note("start"))});
  auto order = order_to(Verb::start);
  order.leftovers = {deaf.identity()};
  order.deadline = milliseconds{20};
  const auto& it = carry_out(order);
  EXPECT_EQ(it.kind, Kind::timed_out);
  EXPECT_THAT(it.detail, HasSubstr(std::to_string(deaf.identity().pid)));
  EXPECT_EQ(log(), "");
}

TEST_F(CommandActuatorTest, StartsOnlyWhenTheDeadMainProcessIsReaped) {
  OwnProcess dead = OwnProcess::sleeping();
  const auto identity = dead.identity();
  dead.kill();
  make({scripted("test -d /proc/" + std::to_string(identity.pid) + " || " + note("started"))});
  auto order = order_to(Verb::start);
  order.dead_main = identity;
  begin(order);
  const auto reaping = loop().at(loop().now(), [&dead] { dead.reap(); });
  run();
  EXPECT_EQ(outcomes.back().kind, Kind::succeeded);
  EXPECT_EQ(log(), "started\n");
}

TEST_F(CommandActuatorTest, StartsThoughNobodyReapsTheDeadMainProcess) {
  const OwnProcess dead = OwnProcess::sleeping();
  dead.kill();
  make({scripted(note("started"))});
  auto order = order_to(Verb::start);
  order.dead_main = dead.identity();
  EXPECT_EQ(carry_out(order).kind, Kind::succeeded);
  EXPECT_EQ(log(), "started\n");
}

TEST_F(CommandActuatorTest, EndsACommandWhoseTimeIsUp) {
  make({scripted("echo waiting for the lock; exec sleep 1000")});
  auto order = order_to(Verb::start);
  order.deadline = milliseconds{300};
  const auto& it = carry_out(order);
  EXPECT_EQ(it.kind, Kind::timed_out);
  EXPECT_THAT(it.detail, StartsWith("ended: its time was up"));
}

TEST_F(CommandActuatorTest, AnswersACancelledOrderOnce) {
  make({scripted("exec sleep 1000")});
  begin(order_to(Verb::start, 7));
  actuator->cancel(7);
  actuator->cancel(7);
  actuator->cancel(8);
  run();
  run_for(milliseconds{10});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::lost);
  EXPECT_EQ(outcomes[0].detail, "cancelled");
}

TEST_F(CommandActuatorTest, RefusesASecondOrderForAServiceButNotForAnother) {
  make({scripted("exec sleep 1000"),
        {.name = "mail", .unit = {}, .start = {"/bin/true"}, .stop = {}, .restart = {}}});
  begin(order_to(Verb::start, 1, 0));
  const auto second = carry_out(order_to(Verb::stop, 2, 0));
  EXPECT_EQ(second.ticket, 2U);
  EXPECT_EQ(second.kind, Kind::refused);
  EXPECT_EQ(second.detail, "web: another order is in flight");
  const auto other = carry_out(order_to(Verb::start, 3, 1));
  EXPECT_EQ(other.ticket, 3U);
  EXPECT_EQ(other.kind, Kind::succeeded);
}

TEST_F(CommandActuatorTest, TakesTheNextOrderInTheOutcomeOfTheLast) {
  make({scripted(note("start"), note("stop"))});
  actuator->begin(order_to(Verb::stop, 1), [this](const Outcome&) { begin(order_to(Verb::start, 2)); });
  run();
  EXPECT_EQ(outcomes.at(0).kind, Kind::succeeded);
  EXPECT_EQ(log(), "stop\nstart\n");
}

TEST_F(CommandActuatorTest, MayBeDestroyedInAnOutcome) {
  make({scripted("exit 0")});
  actuator->begin(order_to(Verb::start), [this](const Outcome&) {
    actuator.reset();
    stop();
  });
  run();
  EXPECT_EQ(actuator, nullptr);
}

TEST_F(CommandActuatorTest, ListensToNoMoreDaemonsThanItsLimit) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  make({scripted("sleep 1000 & echo $! >> " + directory.path("log"))});
  carry_out(order_to(Verb::start));
  const auto with_one = count();
  for (std::size_t i = 0; i < LinuxActuator::outputs_max + 3; ++i)
    carry_out(order_to(Verb::start));
  EXPECT_EQ(static_cast<std::size_t>(count() - with_one), LinuxActuator::outputs_max - 1);
  std::istringstream pids(log());
  for (pid_t pid = 0; pids >> pid;)
    EXPECT_EQ(::kill(pid, SIGKILL), 0) << "it survives its start command";
}

/// Units in virtual time.
class UnitActuatorTest : public testing::Test {
 protected:
  void SetUp() override {
    units.install("apache2.service");
    loop.settle();
  }
  void begin(const Order& order) {
    actuator.begin(order, [this](const Outcome& it) { outcomes.push_back(it); });
  }

  FakeLoop loop{};
  FakeUnits units{loop};
  LinuxActuator actuator{{{.name = "web", .unit = "apache2.service", .start = {}, .stop = {}, .restart = {}}},
                         loop,
                         units,
                         "/nowhere/policy"};
  std::vector<Outcome> outcomes{};
};

TEST_F(UnitActuatorTest, ClearsTheStartLimitAndStartsTheUnit) {
  units.crash("apache2.service");
  begin(order_to(Verb::start));
  loop.run_for(seconds{1});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::succeeded);
  EXPECT_THAT(units.resets, ElementsAre("apache2.service"));
  EXPECT_THAT(units.jobs, ElementsAre("start apache2.service"));
  EXPECT_EQ(units.status("apache2.service").active_state, "active");
}

TEST_F(UnitActuatorTest, StopsWithoutClearingAnything) {
  begin(order_to(Verb::stop));
  loop.run_for(seconds{1});
  EXPECT_EQ(outcomes.at(0).kind, Kind::succeeded);
  EXPECT_THAT(units.resets, IsEmpty());
  EXPECT_FALSE(units.status("apache2.service").stop_job_seen);
}

TEST_F(UnitActuatorTest, GivesTheErrorOfTheJob) {
  const std::vector<std::pair<Error::Kind, Kind>> pairs{{Error::Kind::failed, Kind::failed},
                                                        {Error::Kind::timed_out, Kind::timed_out},
                                                        {Error::Kind::denied, Kind::refused},
                                                        {Error::Kind::refused, Kind::refused},
                                                        {Error::Kind::not_found, Kind::lost}};
  for (const auto& [error, expected] : pairs) {
    units.behaviour("apache2.service").job_error = Error{error, "because"};
    begin(order_to(Verb::restart));
    loop.run_for(seconds{1});
    EXPECT_EQ(outcomes.back().kind, expected);
    EXPECT_EQ(outcomes.back().detail, "because");
  }
}

TEST_F(UnitActuatorTest, GivesUpOnAJobThatHangsAndDoesNotListenToItsLateEnd) {
  units.behaviour("apache2.service").start_takes = seconds{100};
  begin(order_to(Verb::restart));
  loop.run_for(seconds{51});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::timed_out);
  EXPECT_EQ(outcomes[0].detail, "restart apache2.service: systemd has not finished it in time");
  loop.run_for(seconds{100});
  EXPECT_EQ(outcomes.size(), 1U);
}

TEST_F(UnitActuatorTest, AnswersACancelledOrderOnce) {
  begin(order_to(Verb::restart, 5));
  actuator.cancel(5);
  loop.run_for(seconds{10});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].kind, Kind::lost);
}

TEST_F(UnitActuatorTest, DoesNotListenWhenItIsGone) {
  {
    LinuxActuator brief({{.name = "web", .unit = "apache2.service", .start = {}, .stop = {}, .restart = {}}},
                        loop, units, "/nowhere/policy");
    brief.begin(order_to(Verb::restart), [this](const Outcome& it) { outcomes.push_back(it); });
  }
  loop.run_for(seconds{10});
  EXPECT_THAT(outcomes, IsEmpty());
}

TEST_F(UnitActuatorTest, IsRefusedWithoutABus) {
  units.lose_bus();
  begin(order_to(Verb::restart));
  loop.run_for(seconds{1});
  EXPECT_EQ(outcomes.at(0).kind, Kind::refused);
}

/// Real commands, and a systemd that could take them in.
TEST_F(CommandActuatorTest, MovesACommandIntoAScopeBeforeItRuns) {
  FakeLoop fake_loop;
  FakeUnits units(fake_loop);
  LinuxActuator adopting({scripted(note("start"))}, loop(), units);
  bool has_ended = false;
  adopting.begin(order_to(Verb::start, 9), [&](const Outcome& it) {
    has_ended = it.kind == Kind::succeeded;
    stop();
  });
  ASSERT_EQ(units.adopted.size(), 1U);
  const auto& [pid, scope] = units.adopted.front();
  EXPECT_EQ(scope, "systemcheck-web-" + std::to_string(pid) + "-9.scope");
  run_for(milliseconds{20});
  EXPECT_EQ(log(), "") << "not before systemd has answered";
  fake_loop.settle();
  run();
  EXPECT_TRUE(has_ended);
  EXPECT_EQ(log(), "start\n");
}

TEST(DryRunActuator, SaysWhatItWouldDoAndDoesNot) {
  FakeLoop loop;
  FakeUnits units(loop);
  units.install("apache2.service");
  DryRunActuator actuator(
      std::make_unique<LinuxActuator>(
          std::vector<ServiceControl>{
              {.name = "web", .unit = "apache2.service", .start = {}, .stop = {}, .restart = {}},
              {.name = "mail",
               .unit = {},
               .start = {},
               .stop = {},
               .restart = {"/usr/sbin/mail", "restart"}}},
          loop, units),
      loop);
  std::vector<std::string> details;
  const auto note = [&](const Outcome& it) {
    EXPECT_EQ(it.kind, Kind::refused);
    details.push_back(it.detail);
  };
  actuator.begin(order_to(Verb::restart, 1, 0), note);
  actuator.begin(order_to(Verb::restart, 2, 1), note);
  actuator.begin(order_to(Verb::stop, 3, 1), note);
  actuator.begin(order_to(Verb::stop, 4, 9), note);
  EXPECT_THAT(details, IsEmpty()) << "never inside begin()";
  loop.run_for(seconds{1});
  EXPECT_THAT(details, ElementsAre("would restart apache2.service", "would run /usr/sbin/mail restart",
                                   "would do nothing: mail: no command and no unit to stop it",
                                   "would do nothing: no such service"));
  EXPECT_THAT(units.jobs, IsEmpty());
}

}  // namespace
}  // namespace systemcheck::test
