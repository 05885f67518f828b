#include "os/order_plan.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck::test {
namespace {

const ServiceControl by_unit{
    .name = "web", .unit = "apache2.service", .start = {}, .stop = {}, .restart = {}};
const ServiceControl by_start{.name = "web", .unit = {}, .start = {"/w", "start"}, .stop = {}, .restart = {}};
const ServiceControl by_restart{
    .name = "web", .unit = {}, .start = {}, .stop = {}, .restart = {"/w", "restart"}};
const ServiceControl by_both{
    .name = "web", .unit = {}, .start = {"/w", "start"}, .stop = {"/w", "stop"}, .restart = {}};
const ServiceControl by_nothing{.name = "web", .unit = {}, .start = {}, .stop = {}, .restart = {}};

std::string planned(const ServiceControl& service, Verb verb, std::vector<ProcessIdentity> leftovers = {}) {
  const auto steps = plan_order(
      service, {.ticket = 1, .service = 0, .verb = verb, .leftovers = std::move(leftovers), .deadline = {}});
  return steps ? describe_steps(*steps) : steps.error().message;
}

TEST(PlanOrder, UsesTheUnitWhereThereAreNoCommands) {
  EXPECT_EQ(planned(by_unit, Verb::start), "start apache2.service");
  EXPECT_EQ(planned(by_unit, Verb::stop), "stop apache2.service");
  EXPECT_EQ(planned(by_unit, Verb::restart), "restart apache2.service");
}

TEST(PlanOrder, PrefersItsOwnCommandsToTheUnit) {
  auto service = by_unit;
  service.restart = {"/w", "graceful"};
  EXPECT_EQ(planned(service, Verb::restart), "run /w graceful");
  EXPECT_EQ(planned(service, Verb::stop), "stop apache2.service");
}

TEST(PlanOrder, RestartsByStopAndStartWhereThereIsNoRestart) {
  EXPECT_EQ(planned(by_both, Verb::restart), "run /w stop, run /w start");
  EXPECT_EQ(planned(by_start, Verb::restart), "run /w start");
}

TEST(PlanOrder, LetsOnlyTheStopOfARestartFail) {
  const auto steps = plan_order(
      by_both, {.ticket = 1, .service = 0, .verb = Verb::restart, .leftovers = {}, .deadline = {}});
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 3U);
  EXPECT_TRUE(std::get<RunCommand>((*steps)[1]).may_fail);
  EXPECT_FALSE(std::get<RunCommand>((*steps)[2]).may_fail);
  const auto stop =
      plan_order(by_both, {.ticket = 1, .service = 0, .verb = Verb::stop, .leftovers = {}, .deadline = {}});
  ASSERT_TRUE(stop);
  EXPECT_FALSE(std::get<RunCommand>(stop->front()).may_fail);
}

TEST(PlanOrder, StartsByRestartWhereThatIsAllThereIs) {
  EXPECT_EQ(planned(by_restart, Verb::start), "run /w restart");
}

TEST(PlanOrder, EndsLeftoversAfterTheStopAndBeforeTheStart) {
  const std::vector<ProcessIdentity> two{{.pid = 7, .start_ticks = 1}, {.pid = 8, .start_ticks = 1}};
  EXPECT_EQ(planned(by_both, Verb::restart, two), "run /w stop, end 2 leftover processes, run /w start");
  EXPECT_EQ(planned(by_start, Verb::start, {two[0]}), "end 1 leftover process, run /w start");
  EXPECT_EQ(planned(by_restart, Verb::restart, two), "end 2 leftover processes, run /w restart");
}

TEST(PlanOrder, SeesTheDeadMainProcessReapedBeforeAStartByCommand) {
  Order order{.verb = Verb::start,
              .leftovers = {{.pid = 8, .start_ticks = 1}},
              .dead_main = ProcessIdentity{.pid = 7, .start_ticks = 1}};
  EXPECT_EQ(describe_steps(*plan_order(by_start, order)),
            "end 1 leftover process, see process 7 reaped, run /w start");
  order.verb = Verb::stop;
  EXPECT_EQ(describe_steps(*plan_order(by_both, order)), "run /w stop");
}

TEST(PlanOrder, LeavesLeftoversToAStopCommand) {
  EXPECT_EQ(planned(by_both, Verb::stop, {{.pid = 7, .start_ticks = 1}}), "run /w stop");
}

TEST(PlanOrder, EndsWhatRunsOutsideAUnitBeforeItsJob) {
  const std::vector<ProcessIdentity> one{{.pid = 7, .start_ticks = 1}};
  EXPECT_EQ(planned(by_unit, Verb::start, one), "end 1 leftover process, start apache2.service");
  EXPECT_EQ(planned(by_unit, Verb::restart, one), "end 1 leftover process, restart apache2.service");
  EXPECT_EQ(planned(by_unit, Verb::stop_start, one), "end 1 leftover process, restart apache2.service");
  EXPECT_EQ(planned(by_unit, Verb::reload, one), "end 1 leftover process, reload-or-restart apache2.service")
      << "that starts a unit which does not run";
  Order order{.verb = Verb::start,
              .leftovers = one,
              .dead_main = ProcessIdentity{.pid = 6, .start_ticks = 1},
              .triggers = {"apache2.socket"}};
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)),
            "end 1 leftover process, see process 6 reaped, start apache2.socket, start apache2.service");
}

TEST(PlanOrder, EndsWhatRunsOutsideAUnitOnlyIfItsConfigurationIsGood) {
  auto service = by_unit;
  service.pre_checks = {{"/usr/sbin/apache2ctl", "-t"}};
  const Order order{.verb = Verb::restart, .leftovers = {{.pid = 7, .start_ticks = 1}}, .still_runs = true};
  EXPECT_EQ(describe_steps(*plan_order(service, order)),
            "check with /usr/sbin/apache2ctl -t, end 1 leftover process, restart apache2.service");
}

TEST(PlanOrder, RefusesWhatThereIsNoWayToDo) {
  EXPECT_EQ(planned(by_nothing, Verb::start), "web: no command and no unit to start it");
  EXPECT_EQ(planned(by_start, Verb::stop), "web: no command and no unit to stop it");
}

TEST(PlanOrder, EndsItsProcessesWhereNothingElseStopsIt) {
  const std::vector<ProcessIdentity> one{{.pid = 7, .start_ticks = 1}};
  EXPECT_EQ(planned(by_start, Verb::stop, one), "end 1 leftover process");
  auto service = by_unit;
  service.start = {"/w", "start"};
  EXPECT_EQ(planned(service, Verb::stop, one), "stop apache2.service, end 1 leftover process");
  Order order{.verb = Verb::stop, .leftovers = one, .is_unit_idle = true};
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)), "end 1 leftover process");
  order.leftovers.clear();
  EXPECT_FALSE(plan_order(by_unit, order));
}

const ServiceControl by_script{.name = "web", .init_script = "/etc/init.d/apache2"};

TEST(PlanOrder, UsesTheInitScriptWhereThereIsNeitherCommandNorUnit) {
  EXPECT_EQ(planned(by_script, Verb::start), "run /etc/init.d/apache2 start");
  EXPECT_EQ(planned(by_script, Verb::stop), "run /etc/init.d/apache2 stop");
  EXPECT_EQ(planned(by_script, Verb::restart), "run /etc/init.d/apache2 restart");
  EXPECT_EQ(planned(by_script, Verb::reload), "run /etc/init.d/apache2 force-reload");
  auto both = by_script;
  both.unit = "apache2.service";
  EXPECT_EQ(planned(both, Verb::start), "start apache2.service");
  both.start = {"/w", "start"};
  EXPECT_EQ(planned(both, Verb::start), "run /w start");
}

TEST(PlanOrder, ReloadsByItsOwnCommandElseByTheUnitElseRestarts) {
  auto service = by_unit;
  EXPECT_EQ(planned(service, Verb::reload), "reload-or-restart apache2.service");
  service.restart = {"/w", "restart"};
  EXPECT_EQ(planned(service, Verb::reload), "run /w restart");
  service.reload = {"/w", "graceful"};
  EXPECT_EQ(planned(service, Verb::reload), "run /w graceful");
  EXPECT_EQ(planned(by_both, Verb::reload), "run /w stop, run /w start");
}

TEST(PlanOrder, EndsNothingForAReload) {
  auto service = by_start;
  service.reload = {"/w", "graceful"};
  EXPECT_EQ(planned(service, Verb::reload, {{.pid = 7, .start_ticks = 1}}), "run /w graceful");
}

TEST(PlanOrder, StopsAndSeesItGoneBeforeAThoroughStart) {
  const std::vector<ProcessIdentity> two{{.pid = 7, .start_ticks = 1}, {.pid = 8, .start_ticks = 1}};
  EXPECT_EQ(planned(by_both, Verb::stop_start, two), "run /w stop, end 2 leftover processes, run /w start");
  EXPECT_EQ(planned(by_start, Verb::stop_start, two), "end 2 leftover processes, run /w start");
  EXPECT_EQ(planned(by_restart, Verb::stop_start, two), "end 2 leftover processes, run /w restart");
  EXPECT_EQ(planned(by_script, Verb::stop_start, two),
            "run /etc/init.d/apache2 stop, end 2 leftover processes, run /etc/init.d/apache2 start");
  EXPECT_EQ(planned(by_unit, Verb::stop_start), "restart apache2.service");
  EXPECT_EQ(planned(by_nothing, Verb::stop_start), "web: no command and no unit to stop and start it");
}

TEST(PlanOrder, ChecksTheConfigurationOfWhatStillRunsAndOfNothingElse) {
  auto service = by_both;
  service.pre_checks = {{"/usr/sbin/apache2ctl", "-t"}, {"/usr/sbin/apachectl", "-t"}};
  Order order{.verb = Verb::restart, .still_runs = true};
  EXPECT_EQ(describe_steps(*plan_order(service, order)),
            "check with /usr/sbin/apache2ctl -t or /usr/sbin/apachectl -t, run /w stop, run /w start");
  order.verb = Verb::reload;
  EXPECT_TRUE(describe_steps(*plan_order(service, order)).starts_with("check with "));
  order.verb = Verb::stop;
  EXPECT_EQ(describe_steps(*plan_order(service, order)), "run /w stop");
  order = {.verb = Verb::restart, .still_runs = false};
  EXPECT_EQ(describe_steps(*plan_order(service, order)), "run /w stop, run /w start");
}

TEST(PlanOrder, AsksThePolicyFirstOfAllUnlessItStops) {
  const auto asked = [](const ServiceControl& service, Verb verb) {
    const auto steps = plan_order(service, {.verb = verb});
    const auto* question = std::get_if<AskPolicy>(&steps->front());
    return question != nullptr ? question->action + " " + question->subject : "";
  };
  EXPECT_EQ(asked(by_unit, Verb::start), "start apache2.service");
  EXPECT_EQ(asked(by_unit, Verb::restart), "restart apache2.service");
  EXPECT_EQ(asked(by_script, Verb::start), "start apache2");
  EXPECT_EQ(asked(by_both, Verb::restart), "restart web");
  EXPECT_EQ(asked(by_unit, Verb::stop), "");
  EXPECT_TRUE(std::holds_alternative<RunJob>(
      plan_order(by_unit, {.verb = Verb::start, .asks_policy = false})->front()));
}

TEST(DescribeSteps, ShowsHostileArgumentsHarmlessly) {
  const std::string text = describe_steps({RunCommand{.argv = {"/w", "\x1b[2J\n"}, .may_fail = false}});
  EXPECT_EQ(text, "run /w \\x1b[2J\\x0a");
}

TEST(PlanOrder, KillsWhatIsInTheUnitAndWhatRunsBesideIt) {
  const std::vector<ProcessIdentity> one{{.pid = 7, .start_ticks = 1}};
  EXPECT_EQ(planned(by_unit, Verb::kill), "kill apache2.service");
  EXPECT_EQ(planned(by_both, Verb::kill, one), "end 1 leftover process")
      << "never by its stop command, which has hung";
  EXPECT_EQ(planned(by_nothing, Verb::kill), "web: no command and no unit to kill it");
}

TEST(PlanOrder, TakesWhatStartsItOnDemandFirst) {
  Order order{.verb = Verb::stop, .triggers = {"apache2.socket"}};
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)), "stop apache2.socket, stop apache2.service");
  order.verb = Verb::start;
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)), "start apache2.socket, start apache2.service");
  order.verb = Verb::restart;
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)), "restart apache2.service");
}

TEST(PlanOrder, StartsItsSocketsBeforeATimerThatMayStartItAtOnce) {
  const Order order{.verb = Verb::start, .triggers = {"a.path", "a.socket", "a.timer"}};
  EXPECT_EQ(describe_steps(*plan_order(by_unit, order)),
            "start a.socket, start a.timer, start a.path, start apache2.service");
}

}  // namespace
}  // namespace systemcheck::test
