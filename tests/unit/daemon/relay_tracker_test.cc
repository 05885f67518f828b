#include "daemon/relay_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/relay_answer.h"
#include "support/collecting_journal.h"
#include "support/fake_host.h"
#include "support/fake_ledger.h"
#include "support/fake_loop.h"
#include "support/fake_units.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A log that a test writes to.
struct FakeLog {
  SourceStatus status{.state = SourceState::following};
  SourceHooks hooks{};
  LogStart start{};
  Status can_start = Nothing{};
};

class FakeLogSource final : public LogSource {
 public:
  explicit FakeLogSource(FakeLog& log) : log_(log) {}
  Status start() override { return log_.can_start; }
  [[nodiscard]] const SourceStatus& status() const override { return log_.status; }

 private:
  FakeLog& log_;
};

class Tracking : public testing::Test {
 protected:
  Tracking() {
    config.relay.enabled = true;
    config.relay.trusted_origin = TrustedOrigin::ignored;
    config.relay.logs = {{.path = "/var/log/maillog"}};
    config.relay.publish.clear();
  }
  void begin() {
    world.emplace(World{.loop = loop, .units = units, .host = host, .journal = journal, .ledger = ledger});
    world->relay = RelayMeans{
        .since_boot = [this] { return loop.now().time_since_epoch() + suspended; },
        .own_addresses = [this] { return own; },
        .user_ids = [](const std::vector<std::string>& names) { return std::vector<uid_t>(names.size(), 0); },
        .open_log = [this](const RelayLog& of, LogStart start,
                           SourceHooks hooks) -> Result<std::unique_ptr<LogSource>> {
          auto& log = logs[log_name(of)];
          log.hooks = std::move(hooks);
          log.start = std::move(start);
          return std::unique_ptr<LogSource>(std::make_unique<FakeLogSource>(log));
        }};
    tracker.emplace(*world, [this] { ++changes; });
    apply();
  }
  void apply() {
    tracker->take_over(std::make_shared<const Config>(config));
    loop.settle();
  }
  /// Another daemon takes over.
  void begin_again() {
    tracker.reset();
    loop.settle();
    auto state = kept();
    ledger = std::make_shared<FakeLedger>(loop);
    ledger->relay = std::move(state);
    begin();
  }
  RelayState kept() const {
    RelayState state;
    std::map<std::string, RelayGrant> grants;
    for (const auto& notes : ledger->all<RelayNotes>()) {
      for (const auto& grant : notes.granted)
        grants.insert_or_assign(grant.network, grant);
      for (const auto& network : notes.ended)
        grants.erase(network);
      for (const auto& [log, place] : notes.places)
        state.places.insert_or_assign(log, place);
    }
    for (const auto& [network, grant] : grants)
      state.grants.push_back(grant);
    return state;
  }
  void let_somebody_ask() { config.snmp.users = {{.name = "operator", .password_file = "/nowhere"}}; }
  static std::string line(const std::string& time, const std::string& user, const std::string& address) {
    return time + " mx dovecot: pop3-login: Login: user=<" + user + ">, method=PLAIN, rip=" + address +
           ", lip=192.0.2.25, mpid=29, session=<k3LE+99g89F/AQID>";
  }
  [[nodiscard]] std::string now_text() { return wall_time_text(loop.wall_now()); }
  void write(const std::string& text, const std::string& place = "1 2 3",
             const std::string& log = "/var/log/maillog") {
    const std::string_view lines[]{text};
    logs.at(log).hooks.on_lines({.lines = lines, .place = place});
  }
  void log_in(const std::string& user, const std::string& address) { write(line(now_text(), user, address)); }
  std::vector<std::string> senders() {
    std::vector<std::string> networks;
    const auto grants = tracker->list(100);
    if (!grants) return {grants.error().message};
    for (const auto& grant : *grants)
      networks.push_back(grant.network.text());
    return networks;
  }
  std::vector<std::string> history() const {
    std::vector<std::string> texts;
    for (const auto& notes : ledger->all<RelayNotes>()) {
      for (const auto& change : notes.changes)
        texts.push_back(change.network + " " + change.to + " " + change.user);
    }
    return texts;
  }
  std::string ask(const std::string& request, bool is_trusted = true) {
    std::string said = "nothing";
    const auto inquiry = relay_inquiry(*tracker, loop, nullptr);
    EXPECT_TRUE(inquiry(request, Peer{.user = 0, .is_trusted = is_trusted},
                        [&said](std::string answer) { said = std::move(answer); }));
    return said;
  }

  FakeLoop loop{};
  FakeUnits units{loop};
  FakeHost host{};
  CollectingJournal journal{};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(loop);
  std::map<std::string, FakeLog> logs{};
  std::vector<IpAddress> own{};
  Duration suspended{};
  Config config{};
  std::optional<World> world{};
  std::optional<RelayTracker> tracker{};
  int changes = 0;
};

TEST_F(Tracking, LetsAnAddressSendFromItsLoginOnForAQuarterOfAnHour) {
  begin();
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  loop.run_for(15min - 1s);
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  loop.run_for(2s);
  EXPECT_THAT(senders(), IsEmpty()) << "though nothing is written to the log any more";
  EXPECT_THAT(history(), ElementsAre("198.51.100.7 granted alice", "198.51.100.7 expired alice"));
}

TEST_F(Tracking, PublishesAtOnceThatSomebodyMaySend) {
  begin();
  const auto before = changes;
  log_in("alice", "198.51.100.7");
  EXPECT_EQ(changes, before + 1);
  log_in("alice", "198.51.100.7");
  EXPECT_EQ(changes, before + 1) << "the next cycle is soon enough for that";
}

TEST_F(Tracking, CountsTheTimeForWhichTheMachineWasSuspended) {
  begin();
  log_in("alice", "198.51.100.7");
  suspended = 14min;
  loop.run_for(1min);
  EXPECT_THAT(senders(), IsEmpty());
}

TEST_F(Tracking, IsOffUnlessSomebodySaysSo) {
  config.relay.enabled = false;
  begin();
  EXPECT_TRUE(logs.empty());
  EXPECT_FALSE(tracker->row());
  EXPECT_THAT(senders(), ElementsAre(HasSubstr("the relay is off")));
  EXPECT_THAT(ask("relay add 198.51.100.7 --for 5m"), HasSubstr("the relay is off"));
}

TEST_F(Tracking, BelievesNoPlainLogByDefaultAndSaysWhichWaysLeadOut) {
  config.relay.trusted_origin = TrustedOrigin::required;
  begin();
  EXPECT_TRUE(journal.says("/var/log/maillog authorises nobody"));
  EXPECT_TRUE(journal.says("contrib/rsyslog/"));
  EXPECT_TRUE(journal.says("trusted_origin: ignored"));
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(senders(), IsEmpty());
  EXPECT_EQ(tracker->row()->status, CheckStatus::critical);
  EXPECT_EQ(tracker->row()->logs.front().lines.at(static_cast<std::size_t>(LineVerdict::untrusted)), 1U);
}

TEST_F(Tracking, BelievesTheJournalOfAMailServerAndOfNobodyElse) {
  config.relay.trusted_origin = TrustedOrigin::required;
  config.relay.logs = {{.kind = RelayLog::Kind::journal}};
  begin();
  const auto entry = [this](uid_t user, const std::string& address) {
    return JournalLine{.program = "dovecot",
                       .message = line("", "alice", address).substr(std::string(" mx dovecot: ").size()),
                       .at = loop.wall_now(),
                       .origin = {.user = user, .executable = "/usr/lib/dovecot/log"}};
  };
  const JournalLine entries[]{entry(1000, "198.51.100.66"), entry(0, "198.51.100.7")};
  logs.at("journal").hooks.on_lines({.entries = entries, .place = "cursor"});
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  EXPECT_TRUE(journal.says("was not written by a mail server"));
}

TEST_F(Tracking, GivesAnOldLoginOnlyWhatIsLeft) {
  begin();
  write(line(wall_time_text(loop.wall_now() - 10min), "alice", "198.51.100.7"));
  write(line(wall_time_text(loop.wall_now() - 20min), "bob", "198.51.100.8"));
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  loop.run_for(5min + 1s);
  EXPECT_THAT(senders(), IsEmpty());
}

TEST_F(Tracking, KeepsGrantsAndPlacesForTheNextDaemon) {
  begin();
  write(line(now_text(), "alice", "198.51.100.7"), "place one");
  write(line(now_text(), "bob", "198.51.100.8"), "place two");
  loop.run_for(1s);
  ASSERT_EQ(ask("relay add 198.51.100.9 --for 2h --comment the visitor").find("error"), std::string::npos);
  loop.run_for(5min);
  begin_again();
  EXPECT_EQ(logs.at("/var/log/maillog").start.place, "place two");
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7", "198.51.100.8", "198.51.100.9"));
  EXPECT_THAT(ask("relay list"), HasSubstr("the visitor"));
  loop.run_for(10min);
  EXPECT_THAT(senders(), ElementsAre("198.51.100.9"));
}

TEST_F(Tracking, ForgetsWhatWasOverWhenTheNextDaemonBegan) {
  begin();
  log_in("alice", "198.51.100.7");
  loop.run_for(1s);
  tracker.reset();
  const auto state = kept();
  loop.run_for(20min);
  ledger = std::make_shared<FakeLedger>(loop);
  ledger->relay = state;
  begin();
  loop.run_for(1s);
  EXPECT_THAT(senders(), IsEmpty());
  EXPECT_THAT(ledger->all<RelayNotes>().back().ended, ElementsAre("198.51.100.7"));
}

TEST_F(Tracking, WritesAGrantAndThePlaceOfItsLineInOneRecord) {
  begin();
  for (int i = 1; i < 100; ++i)
    write(line(now_text(), "user" + std::to_string(i), "198.51.100." + std::to_string(i)), std::to_string(i));
  loop.run_for(10s);
  std::size_t granted = 0;
  for (const auto& notes : ledger->all<RelayNotes>()) {
    granted += notes.granted.size();
    ASSERT_EQ(notes.places.size(), 1U);
    EXPECT_EQ(std::to_string(granted), notes.places.front().second)
        << "no grant is ahead of the place, or behind it";
  }
  EXPECT_EQ(granted, 99U);
}

TEST_F(Tracking, WritesAPlaceAloneOnlyNowAndThen) {
  begin();
  for (int i = 0; i < 600; ++i) {
    write(now_text() + " mx sm-mta[1]: something else", std::to_string(i));
    loop.run_for(100ms);
  }
  EXPECT_LE(ledger->all<RelayNotes>().size(), 13U);
  EXPECT_GE(ledger->all<RelayNotes>().size(), 10U);
  log_in("alice", "198.51.100.7");
  loop.run_for(1s);
  EXPECT_EQ(ledger->all<RelayNotes>().back().granted.size(), 1U) << "at once";
}

TEST_F(Tracking, RefusesItsOwnAddressesAndTakesThemAwayWhenTheyComeLater) {
  own = {*IpAddress::parse("198.51.100.1")};
  begin();
  log_in("webmail", "198.51.100.1");
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  own.push_back(*IpAddress::parse("198.51.100.7"));
  tracker->note_cycle();
  EXPECT_THAT(senders(), IsEmpty());
}

TEST_F(Tracking, RaisesAnAlarmOnceForAUserWithTooManyAddresses) {
  config.relay.limits.addresses_per_user = 3;
  begin();
  for (int i = 1; i < 50; ++i)
    log_in("stolen", "198.51.100." + std::to_string(i));
  EXPECT_EQ(senders().size(), 3U);
  EXPECT_EQ(std::ranges::count_if(
                journal.lines,
                [](const auto& text) { return text.find("stolen is refused") != std::string::npos; }),
            1);
  loop.run_for(2min);
  log_in("stolen", "198.51.100.200");
  EXPECT_EQ(std::ranges::count_if(
                journal.lines,
                [](const auto& text) { return text.find("stolen is refused") != std::string::npos; }),
            2);
}

TEST_F(Tracking, SaysOnceThatAServerTellsNoAddresses) {
  begin();
  for (int i = 0; i < 3; ++i)
    write(now_text() +
          " mx mu-pop3d[916]: user `alice' logged in with mailbox `/var/mail/alice' (0 messages)");
  EXPECT_THAT(senders(), IsEmpty());
  EXPECT_EQ(
      std::ranges::count_if(
          journal.lines, [](const auto& text) { return text.find("not from where") != std::string::npos; }),
      1);
}

TEST_F(Tracking, TakesAllAwayWhenItIsTurnedOff) {
  begin();
  log_in("alice", "198.51.100.7");
  config.relay.enabled = false;
  apply();
  EXPECT_FALSE(tracker->row());
  loop.run_for(1s);
  EXPECT_THAT(kept().grants, IsEmpty());
  config.relay.enabled = true;
  apply();
  EXPECT_THAT(senders(), IsEmpty());
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
}

TEST_F(Tracking, KeepsWhatAChangedConfigurationStillAllows) {
  begin();
  log_in("alice", "198.51.100.7");
  log_in("bob", "203.0.113.1");
  config.relay.never = {*IpNetwork::parse("203.0.113.0/24")};
  apply();
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
}

TEST_F(Tracking, IsHealthyWhileItFollowsALog) {
  config.relay.logs.push_back({.path = "/var/log/mail.log"});
  logs["/var/log/mail.log"].status = {.state = SourceState::waiting,
                                      .reason = "/var/log/mail.log: No such file"};
  begin();
  EXPECT_EQ(tracker->row()->status, CheckStatus::ok) << "one of those that are looked for is enough";
  logs.at("/var/log/maillog").status = {.state = SourceState::refused, .reason = "everybody may write to it"};
  EXPECT_EQ(tracker->row()->status, CheckStatus::critical);
  EXPECT_THAT(tracker->row()->words, HasSubstr("everybody may write to it"));
  EXPECT_THAT(ledger->all<Event>().back().to, "critical");
}

TEST_F(Tracking, TriesALogAgainThatCouldNotBeOpened) {
  logs["/var/log/maillog"].can_start = Error{Error::Kind::failed, "no journal"};
  begin();
  EXPECT_EQ(tracker->row()->status, CheckStatus::critical);
  tracker->note_cycle();
  EXPECT_EQ(std::ranges::count_if(
                journal.lines, [](const auto& text) { return text.find("no journal") != std::string::npos; }),
            2)
      << "once as a log, and once as what makes the relay critical";
  logs.at("/var/log/maillog").can_start = Nothing{};
  tracker->note_cycle();
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
  EXPECT_EQ(tracker->row()->status, CheckStatus::ok);
}

TEST_F(Tracking, TellsWhoMaySendToNobodyButAdministrators) {
  begin();
  log_in("alice", "198.51.100.7");
  for (const auto* request :
       {"relay list", "relay why 198.51.100.7", "relay flush", "relay add 203.0.113.5", "relay history"})
    EXPECT_THAT(ask(request, false), HasSubstr("only root and the group systemcheck")) << request;
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
}

TEST_F(Tracking, SaysWhyAnAddressMaySend) {
  config.relay.always = {{.network = *IpNetwork::parse("192.0.2.0/28"), .comment = "the office"}};
  begin();
  log_in("alice", "198.51.100.7");
  EXPECT_THAT(ask("relay why 198.51.100.7"), HasSubstr("\"pattern\": \"dovecot\""));
  EXPECT_THAT(ask("relay why 192.0.2.3"), HasSubstr("the office"));
  EXPECT_THAT(ask("relay why 203.0.113.9"), HasSubstr("\"may_send\": false"));
  EXPECT_THAT(ask("relay why example.org"), HasSubstr("is not an address"));
}

TEST_F(Tracking, WritesDownOnceWhatAScriptAddsAtEachLogin) {
  begin();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(ask("relay add 198.51.100.7 --for 15m"), HasSubstr(i == 0 ? "granted" : "refreshed"));
    loop.run_for(1min);
  }
  EXPECT_THAT(history(), ElementsAre(HasSubstr("198.51.100.7 granted")));
  loop.run_for(15min - 1min - 1s);
  EXPECT_THAT(senders(), ElementsAre("198.51.100.7"));
}

TEST_F(Tracking, KnowsOfAnAddressThatMaySendWithItsWholeNetwork) {
  config.relay.ip6_bits = 64;
  config.relay.never = {*IpNetwork::parse("2001:db8::bad")};
  begin();
  log_in("alice", "2001:db8::5");
  EXPECT_THAT(ask("relay why 2001:db8::6"), HasSubstr("\"may_send\": true"));
  EXPECT_THAT(ask("relay why 2001:db8::bad"), HasSubstr("\"may_send\": false"));
  EXPECT_THAT(ask("relay remove 2001:db8::5"), HasSubstr("with all of 2001:db8::/64"));
  EXPECT_THAT(ask("relay remove 2001:db8::bad"), HasSubstr("may not send anyway"));
  EXPECT_THAT(ask("relay remove 2001:db8::/64"), HasSubstr("removed"));
  EXPECT_THAT(ask("relay why 2001:db8::6"), HasSubstr("\"may_send\": false"));
}

TEST_F(Tracking, TakesOrdersAndRefusesWhatIsMoreThanOneClient) {
  begin();
  EXPECT_THAT(ask("relay add 198.51.100.7 --for 5m --comment a  visitor"), HasSubstr("granted"));
  EXPECT_THAT(ask("relay add 10.0.0.0/8"), HasSubstr("more than one client"));
  EXPECT_THAT(ask("relay add 2001:db8::/32"), HasSubstr("more than one client"));
  EXPECT_THAT(ask("relay add 127.0.0.1"), HasSubstr("never"));
  EXPECT_THAT(ask("relay add"), HasSubstr("is not an address"));
  EXPECT_THAT(ask("relay add 198.51.100.8 --for ever"), HasSubstr("error"));
  EXPECT_THAT(ask("relay remove 198.51.100.7"), HasSubstr("removed"));
  EXPECT_THAT(ask("relay remove 198.51.100.7"), HasSubstr("may not send anyway"));
  EXPECT_THAT(ask("relay dance"), HasSubstr("error"));
  EXPECT_THAT(senders(), IsEmpty());
}

TEST_F(Tracking, ShowsWhoMaySendOncePerCycle) {
  let_somebody_ask();
  begin();
  log_in("alice", "198.51.100.7");
  EXPECT_FALSE(tracker->row()->clients) << "not before the cycle is over";
  tracker->note_cycle();
  const auto clients = tracker->row()->clients;
  ASSERT_TRUE(clients);
  ASSERT_EQ(clients->size(), 1U);
  EXPECT_EQ(clients->front().network, "198.51.100.7");
  EXPECT_EQ(clients->front().user, "alice");
  EXPECT_EQ(clients->front().logins, 1U);
  EXPECT_EQ(clients->front().ends - loop.now(), config.relay.keep);
  log_in("robert", "198.51.100.8");
  EXPECT_EQ(tracker->row()->clients, clients) << "one copy for all views of a cycle";
}

TEST_F(Tracking, ShowsNobodyWhoMaySendWhereNobodyMayAsk) {
  begin();
  log_in("alice", "198.51.100.7");
  tracker->note_cycle();
  EXPECT_FALSE(tracker->row()->clients);
  let_somebody_ask();
  config.snmp.mode = SnmpMode::agentx;  // Whoever asks snmpd, it does not tell us.
  apply();
  tracker->note_cycle();
  EXPECT_FALSE(tracker->row()->clients);
}

TEST_F(Tracking, ShowsNoMoreOfThoseWhoMaySendThanFit) {
  let_somebody_ask();
  config.relay.limits.new_per_minute = 10'000;
  begin();
  for (std::size_t i = 0; i < relay_clients_max + 10; ++i)
    log_in("user" + std::to_string(i),
           "198.51." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
  tracker->note_cycle();
  EXPECT_EQ(tracker->row()->grants, relay_clients_max + 10);
  EXPECT_EQ(tracker->row()->clients->size(), relay_clients_max);
}

}  // namespace
}  // namespace systemcheck::test
