#include "publish/notifications.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/severity.h"
#include "support/event_builder.h"
#include "support/oid_reader.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using Kind = NotificationKind;

/// The name of an object, without its index.
std::string object_name(const NotifiedObject& object) {
  for (const auto all : {leaves(), notify_leaves()}) {
    for (const auto& leaf : all) {
      const bool is_below = object.oid.size() > leaf.oid.size() &&
                            std::equal(leaf.oid.begin(), leaf.oid.end(), object.oid.begin());
      if (is_below) return std::string(leaf.name);
    }
  }
  return "?";
}

const SnmpValue& value_of(const Notification& notification, std::string_view name) {
  static const SnmpValue nothing{.number = -1, .octets = "(missing)"};
  for (const auto& object : notification.objects) {
    if (object_name(object) == name) return object.value;
  }
  ADD_FAILURE() << "no " << name;
  return nothing;
}

std::string text_of(const Notification& notification) {
  return value_of(notification, "scNotifyText").octets;
}

const NotificationInfo& info_of(Kind kind) {
  return *std::ranges::find(notification_infos(), kind, &NotificationInfo::kind);
}

/// A machine on which all is well, somebody who watches it once a second, and what he was told.
class Watcher {
 public:
  Watcher() {
    view.load_status = CheckStatus::ok;
    view.file_systems[1].status = CheckStatus::ok;  // /var
    view.status = CheckStatus::ok;
    view.status_text.clear();
  }

  /// Looks, and returns what he is told: "scServiceStateChange: mail: flapping: …".
  std::vector<std::string> look() {
    auto choice =
        decide_notifications(rules, std::move(memo), view, {.now = now, .agent_started = view_instant - 1h});
    memo = std::move(choice.memo);
    last = std::move(choice.notifications);
    std::vector<std::string> words;
    for (const auto& one : last) {
      words.push_back(std::string(info_of(one.kind).name) + ": " + text_of(one));
      all.push_back(one);
    }
    return words;
  }
  /// Looks once a second, and counts what he is told meanwhile. New samples come all the time.
  std::size_t look_for(std::chrono::seconds length) {
    std::size_t count = 0;
    for (auto passed = 0s; passed < length; ++passed) {
      pass(1s);
      count += look().size();
    }
    return count;
  }
  void pass(Duration time) {
    now += time;
    auto snapshot = *view.snapshot;
    snapshot.taken = now;
    view.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  }
  ServiceRow& service(std::string_view name) {
    return *std::ranges::find(view.services, name, &ServiceRow::name);
  }
  void put(std::string_view name, ServiceState state) {
    service(name).state = state;
    service(name).status = severity_of(state);
    service(name).reason = "because";
  }
  void happen(EventRow event) { view.events = with_event(view.events, std::move(event)); }

  NotifyRules rules{};
  NotifyMemo memo{};
  View view = ViewBuilder()
                  .service(make_row_that_is_up("web", 800, 3))
                  .service(make_row_that_is_up("ssh", 410, 1))
                  .build();
  Instant now = view_instant + 1s;
  std::vector<Notification> last{};
  std::vector<Notification> all{};
};

using Words = std::vector<std::string>;

TEST(Notifications, SayNothingOfWhatIsWell) {
  Watcher watcher;
  EXPECT_EQ(watcher.look(), Words{});
  EXPECT_EQ(watcher.look_for(300s), 0U);
}

TEST(Notifications, RaiseAtTheFirstLookOnlyWhatIsWrong) {
  Watcher watcher;
  watcher.view = make_whole_view();
  watcher.view.events = std::make_shared<const RecentEvents>();
  EXPECT_EQ(watcher.look(),
            (Words{"scDiskStatusChange: /var: critical: 95.0% of its space is used, 0.8% of its inodes",
                   "scRelayStatusChange: relay: critical: /var/lib/relay.txt: the disk is full",
                   "scServiceStateChange: mail: flapping: no process; next attempt in 5 min"}));
  EXPECT_EQ(watcher.look(), Words{}) << "nothing twice";
}

// Every condition: how it is made wrong, and how it is well again.
struct ConditionCase {
  std::string_view name;
  void (*worsen)(Watcher&);
  void (*mend)(Watcher&);
  Kind kind;
};

const std::vector<ConditionCase> condition_cases{
    {"Service", [](Watcher& it) { it.put("web", ServiceState::down); },
     [](Watcher& it) { it.put("web", ServiceState::up); }, Kind::service_state},
    {"ServiceThatIsHeldThen", [](Watcher& it) { it.put("web", ServiceState::degraded); },
     [](Watcher& it) { it.put("web", ServiceState::held); }, Kind::service_state},
    {"ServiceThatIsConfiguredNoLonger", [](Watcher& it) { it.put("ssh", ServiceState::down); },
     [](Watcher& it) { it.view.services.pop_back(); }, Kind::service_state},
    {"Disk", [](Watcher& it) { it.view.file_systems[1].status = CheckStatus::warning; },
     [](Watcher& it) { it.view.file_systems[1].status = CheckStatus::ok; }, Kind::disk_status},
    {"DiskThatIsUnmounted", [](Watcher& it) { it.view.file_systems[2].status = CheckStatus::critical; },
     [](Watcher& it) { it.view.file_systems.pop_back(); }, Kind::disk_status},
    {"Load", [](Watcher& it) { it.view.load_status = CheckStatus::warning; },
     [](Watcher& it) { it.view.load_status = CheckStatus::ok; }, Kind::load_status},
    {"Memory", [](Watcher& it) { it.view.memory_status = CheckStatus::critical; },
     [](Watcher& it) { it.view.memory_status = CheckStatus::ok; }, Kind::memory_status},
    {"Shedding",
     [](Watcher& it) {
       it.view.shedding = make_shedding();
       it.view.shedding->state = ShedState::stuck;
     },
     [](Watcher& it) { it.view.shedding->state = ShedState::hold; }, Kind::shed_state},
    {"SheddingThatIsSwitchedOff",
     [](Watcher& it) {
       it.view.shedding = make_shedding();
       it.view.shedding->state = ShedState::blind;
     },
     [](Watcher& it) { it.view.shedding.reset(); }, Kind::shed_state},
    {"Relay", [](Watcher& it) { it.view.relay = make_relay(); },
     [](Watcher& it) { it.view.relay->status = CheckStatus::ok; }, Kind::relay_status},
    {"RelayThatIsSwitchedOff", [](Watcher& it) { it.view.relay = make_relay(); },
     [](Watcher& it) { it.view.relay.reset(); }, Kind::relay_status},
    {"Sample", [](Watcher& it) { it.now += 3 * it.view.daemon.cycle_interval + 1s; },
     [](Watcher& it) { it.pass(1s); }, Kind::sample_stale},
};

class EveryCondition : public ::testing::TestWithParam<ConditionCase> {};

TEST_P(EveryCondition, IsRaisedOnceAndTakenBackOnce) {
  Watcher watcher;
  watcher.look();
  GetParam().worsen(watcher);
  ASSERT_EQ(watcher.look().size(), 1U);
  EXPECT_EQ(watcher.last[0].kind, GetParam().kind);
  EXPECT_EQ(value_of(watcher.last[0], "scNotifyActive"), SnmpValue{.number = 1});
  EXPECT_EQ(watcher.look(), Words{});
  GetParam().mend(watcher);
  ASSERT_EQ(watcher.look().size(), 1U);
  EXPECT_EQ(watcher.last[0].kind, GetParam().kind);
  EXPECT_EQ(value_of(watcher.last[0], "scNotifyActive"), SnmpValue{.number = 2});
  EXPECT_EQ(watcher.look(), Words{});
  EXPECT_TRUE(watcher.memo.active.empty());
}

TEST_P(EveryCondition, IsToldAgainWhileItLasts) {
  Watcher watcher;
  watcher.rules.resend = 10s;
  watcher.look();
  GetParam().worsen(watcher);
  EXPECT_EQ(watcher.look().size(), 1U);
  watcher.now += 9s;
  EXPECT_EQ(watcher.look(), Words{});
  watcher.now += 1s;
  ASSERT_EQ(watcher.look().size(), 1U);
  EXPECT_EQ(watcher.last[0].kind, GetParam().kind);
  GetParam().mend(watcher);
  EXPECT_EQ(watcher.look().size(), 1U);
  watcher.now += 10s;
  EXPECT_EQ(watcher.look(), Words{});
}

TEST_P(EveryCondition, HasTheObjectsOfItsKindInTheirOrder) {
  Watcher watcher;
  GetParam().worsen(watcher);
  watcher.look();
  GetParam().mend(watcher);
  watcher.look();
  ASSERT_EQ(watcher.all.size(), 2U);
  for (const auto& one : watcher.all) {
    std::vector<std::string> names;
    for (const auto& object : one.objects)
      names.push_back(object_name(object));
    const auto& promised = info_of(one.kind).objects;
    EXPECT_EQ(names, std::vector<std::string>(promised.begin(), promised.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(Notifications, EveryCondition, ::testing::ValuesIn(condition_cases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(Notifications, SayOfAServiceWhatTheTableSays) {
  Watcher watcher;
  watcher.put("web", ServiceState::waiting);
  EXPECT_EQ(watcher.look(), Words{"scServiceStateChange: web: waiting: because"});
  const auto table = table_of(watcher.view);
  for (const auto& object : watcher.last[0].objects) {
    if (!object_name(object).starts_with("scService")) continue;
    EXPECT_EQ(value_at(table, object.oid), object.value) << object_name(object);
  }
}

TEST(Notifications, TellOfAServiceThatIsTriedAgainAndAgainOnlyWhenItGetsWorse) {
  Watcher watcher;
  const auto told = [&](ServiceState state) {
    watcher.put("web", state);
    return watcher.look().size();
  };
  EXPECT_EQ(told(ServiceState::degraded), 1U);
  EXPECT_EQ(told(ServiceState::restarting), 0U);
  EXPECT_EQ(told(ServiceState::down), 1U);
  EXPECT_EQ(told(ServiceState::restarting), 0U);
  EXPECT_EQ(told(ServiceState::waiting), 0U);
  EXPECT_EQ(told(ServiceState::flapping), 0U);
  EXPECT_EQ(told(ServiceState::up), 1U);
}

TEST(Notifications, TellOfADiskEachTimeThatItIsBetterOrWorse) {
  Watcher watcher;
  auto& status = watcher.view.file_systems[1].status;
  std::vector<std::size_t> told;
  for (const auto next :
       {CheckStatus::warning, CheckStatus::critical, CheckStatus::warning, CheckStatus::ok}) {
    status = next;
    told.push_back(watcher.look().size());
  }
  EXPECT_EQ(told, (std::vector<std::size_t>{1, 1, 1, 1}));
}

TEST(Notifications, TakeWhatIsNotKnownForNoNews) {
  Watcher watcher;
  watcher.view.file_systems[1].status = CheckStatus::warning;
  watcher.put("web", ServiceState::down);
  EXPECT_EQ(watcher.look().size(), 2U);
  watcher.view.file_systems[1].status = CheckStatus::unknown;
  watcher.put("web", ServiceState::unknown);
  watcher.put("ssh", ServiceState::suspect);
  EXPECT_EQ(watcher.look(), Words{});
  auto snapshot = *watcher.view.snapshot;
  set_fact<Disks>(snapshot, Error{Error::Kind::failed, "no mounts"});
  watcher.view.snapshot = std::make_shared<const Snapshot>(snapshot);
  watcher.view.file_systems.clear();
  EXPECT_EQ(watcher.look(), Words{}) << "none could be seen: that does not mean that they are well";
}

TEST(Notifications, TellTheRelayOnce) {
  Watcher watcher;
  watcher.view.relay = make_relay();
  auto twin = make_row(std::string(relay_service_name));
  twin.state = ServiceState::down;
  watcher.view.services.push_back(twin);
  EXPECT_EQ(watcher.look().size(), 1U);
}

TEST(Notifications, TellOfARestartThatIsOverBeforeAnybodyLooks) {
  Watcher watcher;
  watcher.look();
  watcher.happen({.kind = EventKind::state, .subject = "web", .what = "restarting", .text = "it is gone"});
  watcher.happen(
      {.kind = EventKind::action, .subject = "web", .what = "start", .result = ActionResult::running});
  watcher.happen({.kind = EventKind::action,
                  .subject = "web",
                  .what = "start",
                  .result = ActionResult::up,
                  .text = "3 processes"});
  watcher.happen({.kind = EventKind::state, .subject = "web", .what = "up", .text = "3 processes"});
  EXPECT_EQ(watcher.look(), (Words{"scServiceStateChange: web: restarting: it is gone",
                                   "scServiceRestarted: web: start: up: 3 processes",
                                   "scServiceStateChange: web: up: 3 processes"}));
  EXPECT_EQ(watcher.look(), Words{});
}

TEST(Notifications, NameTheEventOfAnAction) {
  Watcher watcher;
  watcher.happen({.kind = EventKind::daemon, .what = "started"});
  watcher.happen(
      {.kind = EventKind::action, .subject = "web", .what = "restart", .result = ActionResult::timed_out});
  ASSERT_EQ(watcher.look().size(), 1U);
  const auto table = table_of(watcher.view);
  const auto& objects = watcher.last[0].objects;
  EXPECT_EQ(objects[1].oid, below("scEventWhat", {2}));
  EXPECT_EQ(value_at(table, objects[1].oid), objects[1].value);
  EXPECT_EQ(objects[2].oid, below("scEventResult", {2}));
  EXPECT_EQ(value_at(table, objects[2].oid), objects[2].value);
}

// Which of the actions are told of, and as what.
struct ActionCase {
  EventRow event;
  std::optional<Kind> told;
};

TEST(Notifications, TellOfActionsWhatCameOfThem) {
  const auto action = [](std::string what, Owner owner, ActionResult result) {
    return EventRow{.kind = EventKind::action,
                    .subject = "web",
                    .what = std::move(what),
                    .owner = owner,
                    .result = result};
  };
  const std::vector<ActionCase> cases{
      {action("start", Owner::systemcheck, ActionResult::running), std::nullopt},
      {action("start", Owner::systemcheck, ActionResult::up), Kind::service_restarted},
      {action("restart", Owner::systemcheck, ActionResult::failed), Kind::service_restarted},
      {action("restart", Owner::systemcheck, ActionResult::observed), std::nullopt},
      {action("stop", Owner::admin, ActionResult::gone), std::nullopt},
      {action("stop", Owner::shed, ActionResult::running), std::nullopt},
      {action("stop", Owner::shed, ActionResult::gone), Kind::shed_action},
      {action("stop", Owner::shed, ActionResult::observed), Kind::shed_action},
      {action("start", Owner::shed, ActionResult::up), Kind::shed_action},
      {action("start", Owner::shed, ActionResult::not_up), Kind::shed_action},
  };
  for (const auto& one : cases) {
    Watcher watcher;
    watcher.happen(one.event);
    watcher.look();
    std::optional<Kind> told;
    if (!watcher.last.empty()) told = watcher.last[0].kind;
    EXPECT_EQ(told, one.told) << one.event.what << " " << word(one.event.result);
    EXPECT_LE(watcher.last.size(), 1U);
  }
}

TEST(Notifications, SayHowManyEventsNobodyHasSeen) {
  Watcher watcher;
  watcher.happen({.kind = EventKind::daemon});
  watcher.look();
  for (std::size_t i = 0; i < recent_events_max + 5; ++i)
    watcher.happen({.kind = EventKind::daemon});
  EXPECT_EQ(watcher.look(),
            (Words{"scNotificationsSuppressed: 5 more were left out or come late; what is still "
                   "wrong is told"}));
  EXPECT_EQ(value_of(watcher.last[0], "scNotifyLeftOut").number, 5);
}

TEST(Notifications, HaveMissedNothingAtTheFirstLook) {
  Watcher watcher;
  for (std::size_t i = 0; i < recent_events_max + 5; ++i)
    watcher.happen({.kind = EventKind::daemon});
  EXPECT_EQ(watcher.look(), Words{});
}

/// A hundred services that are all down.
Watcher all_down() {
  Watcher watcher;
  watcher.rules.per_minute = 10;
  watcher.view.services.clear();
  for (int i = 0; i < 100; ++i) {
    auto row = make_row("service" + std::to_string(i));
    row.state = ServiceState::down;
    watcher.view.services.push_back(row);
  }
  return watcher;
}

std::size_t count_of(const std::vector<Notification>& all, Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(all, kind, &Notification::kind));
}

TEST(Notifications, KeepToTheLimitAndSumUpTheRestOnceAMinute) {
  auto watcher = all_down();
  EXPECT_EQ(watcher.look().size(), 10U);
  EXPECT_EQ(watcher.look_for(59s), 0U);
  EXPECT_EQ(watcher.look_for(1s), 11U);
  EXPECT_EQ(watcher.last[0].kind, Kind::suppressed);
  EXPECT_EQ(value_of(watcher.last[0], "scNotifyLeftOut").number, 90);
}

TEST(Notifications, TellInTheEndEverythingThatIsStillWrong) {
  auto watcher = all_down();
  watcher.look();
  watcher.look_for(600s);
  EXPECT_EQ(count_of(watcher.all, Kind::service_state), 100U);
  EXPECT_EQ(count_of(watcher.all, Kind::suppressed), 1U) << "what comes late was left out once";
  EXPECT_EQ(watcher.memo.active.size(), 100U);
}

TEST(Notifications, SayNothingOfWhatWasLeftOutAndIsOver) {
  auto watcher = all_down();
  watcher.look();
  for (auto& row : watcher.view.services)
    row.state = ServiceState::up;
  watcher.look_for(600s);
  EXPECT_EQ(count_of(watcher.all, Kind::service_state), 20U) << "ten that were raised, and ten that are over";
  EXPECT_TRUE(watcher.memo.active.empty());
}

TEST(Notifications, CountActionsBeyondTheLimit) {
  Watcher watcher;
  watcher.rules.per_minute = 1;
  for (int i = 0; i < 3; ++i)
    watcher.happen(
        {.kind = EventKind::action, .subject = "web", .what = "start", .result = ActionResult::failed});
  EXPECT_EQ(watcher.look().size(), 1U);
  EXPECT_EQ(watcher.look_for(60s), 1U);
  EXPECT_EQ(value_of(watcher.last.at(0), "scNotifyLeftOut").number, 2);
  EXPECT_EQ(watcher.look_for(300s), 0U);
}

TEST(Notifications, NeverTellAgainInsteadOfWhatIsNew) {
  Watcher watcher;
  watcher.rules.per_minute = 1;
  watcher.rules.resend = 10s;
  watcher.put("web", ServiceState::down);
  watcher.look();
  watcher.look_for(59s);
  watcher.put("ssh", ServiceState::down);
  watcher.pass(1s);
  EXPECT_EQ(watcher.look(), Words{"scServiceStateChange: ssh: down: because"});
}

TEST(Notifications, BeatAsOftenAsIsWanted) {
  Watcher watcher;
  watcher.rules.heartbeat = 30s;
  EXPECT_EQ(watcher.look(), Words{"scHeartbeat: ok"});
  EXPECT_EQ(watcher.look_for(29s), 0U);
  EXPECT_EQ(watcher.look_for(1s), 1U);
  watcher.view.status = CheckStatus::warning;
  watcher.view.status_text = "warning: load";
  watcher.now += 30s;
  EXPECT_EQ(watcher.look(), Words{"scHeartbeat: warning: load"});
  EXPECT_EQ(value_of(watcher.last[0], "scStatus").number, 2);
  watcher.now += 5min;
  watcher.look();
  EXPECT_EQ(value_of(watcher.last.back(), "scStatus").number, 3)
      << "it is critical that nobody looks any more";
}

TEST(Notifications, DoNotBeatBeforeThereIsAnythingToSay) {
  Watcher watcher;
  watcher.rules.heartbeat = 30s;
  watcher.view = View{};
  EXPECT_EQ(watcher.look(), Words{"scSampleStale: no new sample for 1 h"});
}

TEST(Notifications, AreNumberedWithoutAGap) {
  auto watcher = all_down();
  watcher.rules.heartbeat = 10s;
  watcher.look();
  watcher.look_for(300s);
  std::int64_t expected = 0;
  for (const auto& one : watcher.all)
    EXPECT_EQ(value_of(one, "scNotifyNumber"),
              (SnmpValue{.type = SnmpType::counter32, .number = ++expected}));
}

}  // namespace
}  // namespace systemcheck::test
