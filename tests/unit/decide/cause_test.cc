#include "decide/cause.h"

#include <gtest/gtest.h>

#include <csignal>

namespace systemcheck::test {
namespace {

using Kind = Cause::Kind;

GoneEvidence gone_service() {
  GoneEvidence evidence;
  evidence.finding = {Presence::gone, "no process of it is running"};
  evidence.was_up = true;
  return evidence;
}

GoneEvidence gone_unit(std::string active_state, std::string sub_state, std::string result) {
  auto evidence = gone_service();
  evidence.manager = Manager::running;
  evidence.unit = UnitStatus{.name = "apache2.service",
                             .load_state = "loaded",
                             .active_state = std::move(active_state),
                             .sub_state = std::move(sub_state),
                             .unit_file_state = "enabled",
                             .result = std::move(result),
                             .active_enter_us = 1};
  evidence.unit_file_state_when_up = "enabled";
  return evidence;
}

// One test a row of the table "Why is it gone?".

TEST(WhyIsItGone, AFailedUnitIsACrash) {
  EXPECT_EQ(decide_cause(gone_unit("failed", "failed", "signal")).kind, Kind::crash);
}

TEST(WhyIsItGone, WithoutAUnitTheCauseIsUnknownAndNeedsOneMoreLook) {
  EXPECT_EQ(decide_cause(gone_service()).kind, Kind::crash_if_confirmed);
}

TEST(WhyIsItGone, ASignalOrAFailureThatTheKernelToldOfIsACrash) {
  auto evidence = gone_service();
  evidence.end = MainEnd{.end = {.signal = SIGSEGV, .has_dumped_core = true}};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash);
  EXPECT_EQ(decide_cause(evidence).reason, "its main process ended with signal 11 (SIGSEGV), core dumped");
  evidence.end = MainEnd{.end = {.exit_code = 3}};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash);
  EXPECT_EQ(decide_cause(evidence).reason, "its main process ended with exit status 3");
  evidence.end = MainEnd{.end = {.signal = SIGKILL}, .is_probably_oom = true};
  EXPECT_EQ(decide_cause(evidence).reason,
            "its main process ended with signal 9 (SIGKILL), probably for want of memory");
}

TEST(WhyIsItGone, WhatEndedCleanlyWithoutAUnitEndedByItself) {
  auto evidence = gone_service();
  for (const auto& end : {ProcessEnd{}, ProcessEnd{.signal = SIGTERM}}) {
    evidence.end = MainEnd{.end = end};
    EXPECT_EQ(decide_cause(evidence).kind, Kind::ended) << describe(end);
  }
}

TEST(WhyIsItGone, AnEndSaysNothingOfWhatIsSeenAlive) {
  auto evidence = gone_service();
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  evidence.finding = {Presence::present, "1 process"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
  evidence.main_died = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash);
}

TEST(WhyIsItGone, SystemdsWordCountsMoreThanTheKernels) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->stop_job_seen = true;
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
  evidence = gone_unit("activating", "auto-restart", "signal");
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::systemd);
}

TEST(WhyIsItGone, AnEndIsNoReasonWhileNothingCanBeRead) {
  auto evidence = gone_service();
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  evidence.finding = {Presence::unknown, "permission denied"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);
  evidence = gone_service();
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  evidence.is_stale = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);
}

TEST(WhyIsItGone, AStopJobMeansAnAdministrator) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->stop_job_seen = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
}

TEST(WhyIsItGone, AStopThatFailedIsStillTheAdministrators) {
  auto evidence = gone_unit("failed", "failed", "exit-code");
  evidence.unit->stop_job_seen = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
}

TEST(WhyIsItGone, EndingByItselfWithSuccessIsNotACrashAtOnce) {
  EXPECT_EQ(decide_cause(gone_unit("inactive", "dead", "success")).kind, Kind::ended);
}

TEST(WhyIsItGone, WhatRunsOutsideSystemdIsNotGoneWhateverIsWrongWithIt) {
  auto evidence = gone_unit("inactive", "dead", "success");
  for (const auto presence : {Presence::present, Presence::out_of_count, Presence::stale_pid_file}) {
    evidence.finding = {presence, "as the test says"};
    EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
  }
}

/// Somebody had started it by hand; its unit knows nothing of it.
GoneEvidence killed_outside(std::string active_state) {
  auto evidence = gone_unit(active_state, active_state == "failed" ? "failed" : "dead", "success");
  evidence.is_outside = true;
  evidence.end = MainEnd{.end = {.signal = SIGKILL}};
  return evidence;
}

TEST(WhyIsItGone, WhatRanOutsideSystemdAndDiedByASignalIsACrash) {
  for (const auto* state : {"inactive", "failed"}) {
    auto evidence = killed_outside(state);
    EXPECT_EQ(decide_cause(evidence).kind, Kind::crash) << state;
    EXPECT_EQ(decide_cause(evidence).reason, "its main process ended with signal 9 (SIGKILL)") << state;
    EXPECT_FALSE(decide_cause(evidence).is_systemds)
        << "systemd has not seen it, nor what it has left behind";
    evidence.end = MainEnd{};
    EXPECT_EQ(decide_cause(evidence).kind, Kind::ended) << state;
  }
  auto evidence = killed_outside("inactive");
  evidence.end.reset();
  EXPECT_EQ(decide_cause(evidence).kind, Kind::ended) << "nobody knows how: it may have been asked to";
  evidence = killed_outside("inactive");
  evidence.is_outside = false;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::ended) << "what systemd ran itself, it calls well ended";
}

TEST(WhyIsItGone, AStopOfTheUnitBeforeItWasStartedByHandIsNoWishThatItStaysDead) {
  for (const auto* state : {"inactive", "failed"}) {
    auto evidence = killed_outside(state);
    evidence.unit->stop_job_seen = true;
    EXPECT_EQ(decide_cause(evidence).kind, Kind::admin) << "a stop while it ran: " << state;
    evidence.is_stop_older = true;
    EXPECT_EQ(decide_cause(evidence).kind, Kind::crash) << state;
    evidence.end = MainEnd{};
    EXPECT_EQ(decide_cause(evidence).kind, Kind::admin) << "whoever started it may have ended it: " << state;
    evidence.end = MainEnd{.end = {.signal = SIGKILL}};
    evidence.is_outside = false;
    EXPECT_EQ(decide_cause(evidence).kind, Kind::admin) << state;
  }
}

TEST(WhyIsItGone, WhatRunsOutsideAUnitThatFailedIsNotGone) {
  auto evidence = gone_unit("failed", "failed", "exit-code");
  evidence.finding = {Presence::present, "1 process"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash) << "of the unit itself: the sight is older";
  evidence.is_outside = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
  EXPECT_EQ(decide_cause(evidence).reason, "1 process, started outside systemd");
  evidence.main_died = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash);
}

TEST(WhyIsItGone, AUnitDisabledSinceItWasUpIsTheAdministrators) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->unit_file_state = "disabled";
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
  evidence.unit->unit_file_state = "masked";
  evidence.unit->load_state = "masked";
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
}

TEST(WhyIsItGone, AUnitDisabledWhileItRunsWasNotSoWhenItCameUp) {
  auto unit = gone_unit("active", "running", "success").unit;
  auto when_up = note_unit_file_state("", unit, true);
  EXPECT_EQ(when_up, "enabled");
  unit->unit_file_state = "disabled";
  when_up = note_unit_file_state(when_up, unit, false);
  EXPECT_EQ(when_up, "enabled");
  EXPECT_EQ(note_unit_file_state(when_up, unit, true), "disabled") << "it was started all the same";
  EXPECT_EQ(note_unit_file_state("", unit, false), "disabled") << "seen for the first time";
}

TEST(WhyIsItGone, AUnitEnabledWhileItRunsIsWanted) {
  const auto unit = gone_unit("active", "running", "success").unit;
  EXPECT_EQ(note_unit_file_state("disabled", unit, false), "enabled");
  EXPECT_EQ(note_unit_file_state("disabled", std::nullopt, false), "disabled");
}

TEST(WhyIsItGone, AUnitThatWasDisabledAllAlongAndRanMayCrash) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->unit_file_state = "disabled";
  evidence.unit_file_state_when_up = "disabled";
  EXPECT_EQ(decide_cause(evidence).kind, Kind::ended);
}

TEST(WhyIsItGone, AStoppingMachineIsAShutdownWhateverElseIsSeen) {
  auto evidence = gone_unit("failed", "failed", "signal");
  evidence.manager = Manager::stopping;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::shutdown);
}

TEST(WhyIsItGone, SystemdsOwnStepsAreWaitedFor) {
  for (const auto* state : {"activating", "deactivating"}) {
    EXPECT_EQ(decide_cause(gone_unit(state, "auto-restart", "signal")).kind, Kind::systemd) << state;
  }
}

TEST(WhyIsItGone, AReloadIsAnUpgradesOfWhatIsGoneAndNothingOfWhatRuns) {
  auto evidence = gone_unit("reloading", "reload", "success");
  EXPECT_EQ(decide_cause(evidence).kind, Kind::upgrade);
  evidence.finding = {Presence::present, "running"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
  evidence.main_died = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::upgrade);
}

TEST(WhyIsItGone, WhilePackagesAreChangedWhatIsGoneIsTheUpgrades) {
  for (const auto* state : {"failed", "inactive", "activating", "deactivating"}) {
    auto evidence = gone_unit(state, "dead", "success");
    evidence.upgrade = "apt-get (process 7) is changing packages";
    const auto cause = decide_cause(evidence);
    EXPECT_EQ(cause.kind, Kind::upgrade) << state;
    EXPECT_EQ(cause.reason, "apt-get (process 7) is changing packages");
  }
  auto evidence = gone_service();
  evidence.upgrade = "apt-get";
  EXPECT_EQ(decide_cause(evidence).kind, Kind::upgrade);
}

TEST(WhyIsItGone, AnUpgradeClaimsNothingThatRunsAndNothingThatSomebodyHigherHas) {
  auto evidence = gone_service();
  evidence.upgrade = "apt-get";
  evidence.finding = {Presence::present, "running"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
  evidence.finding = {Presence::unknown, "cannot be read"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);

  auto stopped = gone_unit("inactive", "dead", "success");
  stopped.upgrade = "apt-get";
  stopped.unit->stop_job_seen = true;
  EXPECT_EQ(decide_cause(stopped).kind, Kind::admin);
  stopped.manager = Manager::stopping;
  EXPECT_EQ(decide_cause(stopped).kind, Kind::shutdown);
}

TEST(WhyIsItGone, TheStartLimitIsACrashThatOurOwnBackoffRules) {
  EXPECT_EQ(decide_cause(gone_unit("failed", "failed", "start-limit-hit")).kind, Kind::crash);
}

TEST(WhyIsItGone, EnabledAndNeverUpSinceBootIsStarted) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->active_enter_us = 0;
  evidence.was_up = false;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::never_started);
}

TEST(WhyIsItGone, DisabledAndNeverUpSinceBootIsNotOurs) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->active_enter_us = 0;
  evidence.unit->unit_file_state = "disabled";
  evidence.unit_file_state_when_up.clear();
  evidence.was_up = false;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
}

TEST(WhyIsItGone, AUnitThatIsNotStartedAtBootIsNotOursToStart) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.unit->active_enter_us = 0;  // Or forgotten: systemd keeps nothing of it once it is stopped.
  evidence.unit->unit_file_state = "static";
  evidence.was_up = false;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
  evidence.was_up = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::ended);
}

TEST(WhyIsItGone, StoppedBeforeWeCameIsTheAdministrators) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.was_up = false;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin);
}

TEST(WhyIsItGone, WhatAnEarlierDaemonTurnedOffWasNotStoppedByAnAdministrator) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.was_up = false;
  evidence.was_turned_off = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::ended);
  evidence.unit->stop_job_seen = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::admin) << "unless he has";
}

TEST(WhyIsItGone, AFailedReadingIsUnknown) {
  GoneEvidence evidence;
  evidence.finding = {Presence::unknown, "processes: /proc: permission denied"};
  evidence.was_up = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);
}

TEST(WhyIsItGone, AStaleReadingIsUnknown) {
  auto evidence = gone_service();
  evidence.is_stale = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);
}

TEST(WhyIsItGone, AnActiveUnitWithADeadMainProcessWaitsForSystemdsWord) {
  auto evidence = gone_unit("active", "running", "success");
  evidence.finding = {Presence::present, "7 processes"};
  evidence.main_died = true;
  evidence.unit->main_pid = 4711;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unsettled);
}

TEST(WhyIsItGone, AnActiveUnitWithoutMainProcessIsJudgedByTheProcessTable) {
  // A SysV script: systemd says active (exited) for ever.
  auto evidence = gone_unit("active", "exited", "success");
  evidence.unit_file_state_when_up = "generated";
  EXPECT_EQ(decide_cause(evidence).kind, Kind::crash_if_confirmed);
}

TEST(WhyIsItGone, RunningOutsideSystemdIsRunning) {
  auto evidence = gone_unit("inactive", "dead", "success");
  evidence.finding = {Presence::present, "3 processes"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
}

TEST(WhyIsItGone, IsUnknownUntilSystemdHasToldOfItsUnit) {
  auto evidence = gone_service();
  evidence.manager = Manager::running;
  evidence.has_unit = true;
  EXPECT_EQ(decide_cause(evidence).kind, Kind::unknown);
  evidence.finding = {Presence::present, "7 processes"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::alive);
}

TEST(WhyIsItGone, NotInstalledIsAbsent) {
  GoneEvidence evidence;
  evidence.finding = {Presence::absent, "not installed here"};
  EXPECT_EQ(decide_cause(evidence).kind, Kind::absent);
}

}  // namespace
}  // namespace systemcheck::test
