#include "relay/relay_table.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = RelayDecision::Kind;

IpAddress address(const std::string& text) { return IpAddress::parse(text).value(); }
IpNetwork network(const std::string& text) { return IpNetwork::parse(text).value(); }

class Table : public testing::Test {
 protected:
  RelayRules rules{.limits = {}};
  BothClocks now{.since_boot = hours{50}, .wall = WallTime{seconds{1'795'371'600}}};
  std::optional<RelayTable> made{};

  RelayTable& table() {
    if (!made) made.emplace(rules, now);
    return *made;
  }
  void pass(Duration time) {
    now.since_boot += time;
    now.wall += time;
  }
  RelayDecision log_in(const std::string& from, const std::string& user = "alice", Duration ago = {}) {
    const Login login{.address = address(from), .user = user, .pattern = "dovecot", .at = now.wall - ago};
    return table().authorise(login, {.source = "/var/log/mail.log", .offset = 17}, now);
  }
  bool may_send(const std::string& who) { return table().find(address(who), now).has_value(); }
  std::optional<Refusal> why_not(const std::string& from, const std::string& user = "alice") {
    return log_in(from, user).reason;
  }
  std::size_t sweep() { return table().expire(now, 1000).size(); }
};

TEST_F(Table, LetsOneSendForAsLongAsItSaysAndNotANanosecondLonger) {
  EXPECT_EQ(log_in("192.0.2.1").kind, Kind::granted);
  pass(minutes{15} - std::chrono::nanoseconds{1});
  EXPECT_TRUE(may_send("192.0.2.1"));
  EXPECT_EQ(sweep(), 0);
  pass(std::chrono::nanoseconds{1});
  EXPECT_FALSE(may_send("192.0.2.1")) << "before anybody has swept";
  EXPECT_EQ(sweep(), 1);
  EXPECT_EQ(table().size(), 0);
}

TEST_F(Table, LetsNobodyElseSend) {
  log_in("192.0.2.1");
  EXPECT_FALSE(may_send("192.0.2.2"));
  EXPECT_FALSE(may_send("::c000:201")) << "an old kind of address, not the mapped one";
  EXPECT_TRUE(may_send("::ffff:192.0.2.1"));
}

TEST_F(Table, CountsFromTheNewestLogin) {
  log_in("192.0.2.1");
  pass(minutes{10});
  EXPECT_EQ(log_in("192.0.2.1").kind, Kind::refreshed);
  pass(minutes{10});
  EXPECT_EQ(sweep(), 0);
  EXPECT_TRUE(may_send("192.0.2.1"));
  EXPECT_EQ(table().next_expiry(), now.since_boot + minutes{5});
}

TEST_F(Table, GivesOnlyWhatIsLeftForALineThatIsReadLate) {
  log_in("192.0.2.1", "alice", minutes{14});
  EXPECT_EQ(table().next_expiry(), now.since_boot + minutes{1});
  EXPECT_EQ(table().find(address("192.0.2.1"), now), now.wall + minutes{1});
}

TEST_F(Table, IsNotTalkedIntoLessByAnOlderLine) {
  log_in("192.0.2.1");
  EXPECT_EQ(log_in("192.0.2.1", "bob", minutes{10}).kind, Kind::refreshed);
  EXPECT_EQ(table().next_expiry(), now.since_boot + minutes{15});
  EXPECT_EQ(table().find_grant(address("192.0.2.1"))->last, now.wall);
  EXPECT_EQ(table().find_grant(address("192.0.2.1"))->first, now.wall - minutes{10});
}

TEST_F(Table, BelievesNoLineFromTheFutureAndNoneThatIsOver) {
  EXPECT_EQ(log_in("192.0.2.1", "alice", minutes{15}).reason, Refusal::expired_already);
  EXPECT_EQ(log_in("192.0.2.1", "alice", -minutes{2}).reason, Refusal::in_the_future);
  EXPECT_EQ(log_in("192.0.2.1", "alice", -seconds{30}).kind, Kind::granted);
  EXPECT_EQ(table().next_expiry(), now.since_boot + minutes{15}) << "ahead is now";
}

TEST_F(Table, EndsAGrantOnTimeWhereTheWallClockIsSet) {
  log_in("192.0.2.1");
  now.wall -= hours{3};
  pass(minutes{15});
  EXPECT_FALSE(may_send("192.0.2.1"));
  EXPECT_EQ(sweep(), 1);
}

TEST_F(Table, LetsPeopleReadWhoWasItAndByWhichLine) {
  log_in("192.0.2.1", "alice");
  log_in("192.0.2.1", "bob");
  const auto* grant = table().find_grant(address("192.0.2.1"));
  ASSERT_NE(grant, nullptr);
  EXPECT_EQ(grant->users, (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(grant->logins, 2);
  EXPECT_EQ(grant->pattern, "dovecot");
  EXPECT_EQ(grant->place, (LinePosition{.source = "/var/log/mail.log", .offset = 17}));
}

TEST_F(Table, RefusesWhatIsNoClientsAddress) {
  rules.never = {network("10.0.0.0/8"), network("2001:db8::/32")};
  table().replace_own_addresses({address("203.0.113.5"), address("2001:dc8::1")});
  EXPECT_EQ(why_not("0.0.0.0"), Refusal::unspecified);
  EXPECT_EQ(why_not("::"), Refusal::unspecified);
  EXPECT_EQ(why_not("224.0.0.1"), Refusal::multicast);
  EXPECT_EQ(why_not("239.255.255.255"), Refusal::multicast);
  EXPECT_EQ(why_not("255.255.255.255"), Refusal::multicast);
  EXPECT_EQ(why_not("ff02::1"), Refusal::multicast);
  EXPECT_EQ(why_not("10.1.2.3"), Refusal::never);
  EXPECT_EQ(why_not("::ffff:10.1.2.3"), Refusal::never);
  EXPECT_EQ(why_not("2001:db8::7"), Refusal::never);
  EXPECT_EQ(why_not("203.0.113.5"), Refusal::own_address);
  EXPECT_EQ(why_not("2001:dc8::1"), Refusal::own_address);
  EXPECT_EQ(why_not("203.0.113.6"), std::nullopt);
  EXPECT_EQ(table().counts().refused.at(static_cast<int>(Refusal::never)), 3);
  EXPECT_EQ(table().size(), 1);
}

TEST_F(Table, TakesAwayWhatNewRulesRefuse) {
  log_in("10.1.2.3");
  log_in("192.0.2.1");
  (void)table().take_changes(10);
  rules.never = {network("10.0.0.0/8")};
  const auto ended = table().replace_rules(rules, now);
  ASSERT_EQ(ended.size(), 1);
  EXPECT_EQ(ended[0].network, network("10.1.2.3"));
  EXPECT_EQ(table().take_changes(10), (std::vector<MapChange>{{.network = network("10.1.2.3")}}));
  EXPECT_EQ(table().replace_own_addresses({address("192.0.2.1")}).size(), 1);
}

TEST_F(Table, IsFullAtItsLimitAndGoesOnWithThoseItHas) {
  rules.limits.addresses = 2;
  log_in("192.0.2.1", "a");
  log_in("192.0.2.2", "b");
  EXPECT_EQ(why_not("192.0.2.3", "c"), Refusal::table_full);
  EXPECT_EQ(log_in("192.0.2.1", "a").kind, Kind::refreshed);
  EXPECT_EQ(table().add(network("192.0.2.4"), {.until = now.wall + hours{1}}, now).reason,
            Refusal::table_full);
}

TEST_F(Table, StopsAUserWhoIsEverywhere) {
  rules.limits.addresses_per_user = 2;
  log_in("192.0.2.1");
  pass(minutes{1});
  log_in("192.0.2.2");
  EXPECT_EQ(why_not("192.0.2.3"), Refusal::user_has_too_many_addresses);
  EXPECT_EQ(log_in("192.0.2.2").kind, Kind::refreshed);
  EXPECT_EQ(log_in("192.0.2.3", "bob").kind, Kind::granted);
  EXPECT_EQ(why_not("192.0.2.3"), Refusal::user_has_too_many_addresses) << "nor by way of another's";
  pass(minutes{14});
  EXPECT_EQ(sweep(), 1);
  EXPECT_EQ(log_in("192.0.2.4").kind, Kind::granted);
}

TEST_F(Table, TakesNoMoreNewAddressesThanAMinuteMayHave) {
  rules.limits.new_per_minute = 2;
  now.wall = std::chrono::floor<minutes>(now.wall) + seconds{30};
  log_in("192.0.2.1", "a");
  log_in("192.0.2.2", "b");
  EXPECT_EQ(why_not("192.0.2.3", "c"), Refusal::too_many_new_per_minute);
  EXPECT_EQ(log_in("192.0.2.1", "a").kind, Kind::refreshed);
  EXPECT_EQ(log_in("192.0.2.4", "d", minutes{5}).kind, Kind::granted)
      << "what is caught up with counts into its own minute";
  pass(minutes{1});
  EXPECT_EQ(log_in("192.0.2.3", "c").kind, Kind::granted);
}

TEST_F(Table, SeesThatManyUsersComeFromOneAddress) {
  rules.limits.users_per_address = 3;
  EXPECT_FALSE(log_in("192.0.2.1", "a").became_shared);
  EXPECT_FALSE(log_in("192.0.2.1", "b").became_shared);
  EXPECT_EQ(table().shared_addresses(), 0);
  EXPECT_TRUE(log_in("192.0.2.1", "c").became_shared);
  EXPECT_FALSE(log_in("192.0.2.1", "d").became_shared) << "told once";
  EXPECT_EQ(table().shared_addresses(), 1);
  EXPECT_EQ(table().find_grant(address("192.0.2.1"))->users.size(), 3) << "and no more are noted";
  pass(minutes{15});
  sweep();
  EXPECT_EQ(table().shared_addresses(), 0);
  EXPECT_EQ(table().users(), 0);
}

TEST_F(Table, CutsTheNameOfAUser) {
  log_in("192.0.2.1", std::string(1000, 'x'));
  EXPECT_EQ(table().find_grant(address("192.0.2.1"))->users[0].size(), RelayTable::user_bytes_max);
}

TEST_F(Table, AuthorisesAWholeSiteOfIpv6WhereThatIsSaid) {
  rules.ip6_bits = 64;
  rules.never = {network("2001:db8::66")};
  log_in("2001:db8::5");
  EXPECT_TRUE(may_send("2001:db8::abcd:1"));
  EXPECT_FALSE(may_send("2001:db8:0:1::5"));
  EXPECT_FALSE(may_send("2001:db8::66")) << "never, also as somebody's neighbour";
  EXPECT_EQ(log_in("2001:db8::6").kind, Kind::refreshed);
  EXPECT_EQ(table().size(), 1);
}

TEST_F(Table, AuthorisesOneAddressOfIpv6Otherwise) {
  log_in("2001:db8::5");
  EXPECT_TRUE(may_send("2001:db8::5"));
  EXPECT_FALSE(may_send("2001:db8::6"));
}

TEST_F(Table, KeepsWhatWasAuthorisedByHand) {
  const ByHand by_hand{.who = "root", .comment = "printer", .until = now.wall + hours{2}};
  EXPECT_EQ(table().add(network("192.0.2.9"), by_hand, now).kind, Kind::granted);
  log_in("192.0.2.9");
  pass(hours{1});
  EXPECT_EQ(sweep(), 0);
  EXPECT_TRUE(may_send("192.0.2.9"));
  EXPECT_EQ(table().find_grant(address("192.0.2.9"))->by_hand, by_hand);
  pass(hours{1});
  EXPECT_EQ(sweep(), 1);
}

TEST_F(Table, TakesNothingAwayFromWhomAnotherHandGivesLess) {
  const ByHand visitor{.who = "root", .comment = "visitor", .until = now.wall + hours{2}};
  table().add(network("192.0.2.9"), visitor, now);
  table().add(network("192.0.2.9"), {.who = "dovecot", .until = now.wall + minutes{15}}, now);
  EXPECT_EQ(table().find_grant(address("192.0.2.9"))->by_hand, visitor) << "by which the next daemon goes";
}

TEST_F(Table, TellsAllOnceMoreToMapsThatKnowNothing) {
  log_in("192.0.2.1");
  log_in("192.0.2.2");
  EXPECT_EQ(table().take_changes(10).size(), 2);
  EXPECT_TRUE(table().take_changes(10).empty());
  table().change_all();
  EXPECT_EQ(table().take_changes(10).size(), 2);
}

TEST_F(Table, BoundsWhatIsAuthorisedByHand) {
  table().add(network("192.0.2.9"), {.until = now.wall + hours{24 * 3660}}, now);
  EXPECT_EQ(table().next_expiry(), now.since_boot + RelayTable::by_hand_max);
  EXPECT_EQ(table().add(network("192.0.2.8"), {.until = now.wall}, now).reason, Refusal::expired_already);
  EXPECT_EQ(table().add(network("224.0.0.1"), {.until = now.wall + hours{1}}, now).reason,
            Refusal::multicast);
}

TEST_F(Table, ForgetsWhatIsRemovedAndAllThatIsFlushed) {
  log_in("192.0.2.1");
  log_in("192.0.2.2");
  log_in("192.0.2.3");
  ASSERT_TRUE(table().remove(network("192.0.2.1")));
  EXPECT_FALSE(table().remove(network("192.0.2.1")));
  EXPECT_FALSE(may_send("192.0.2.1"));
  EXPECT_EQ(table().flush(1).size(), 1);
  EXPECT_EQ(table().flush(10).size(), 1);
  EXPECT_EQ(table().size(), 0);
  EXPECT_EQ(table().next_expiry(), std::nullopt);
  EXPECT_EQ(table().users(), 0);
}

TEST_F(Table, LetsThoseSendWhoAlwaysMay) {
  rules.always = {{.network = network("198.51.100.0/24"), .comment = "office"},
                  {.network = network("192.0.2.7"), .comment = "guest", .until = now.wall + hours{1}}};
  rules.never = {network("198.51.100.9")};
  EXPECT_TRUE(may_send("198.51.100.9")) << "it is somebody's own word, never is about logins";
  EXPECT_TRUE(may_send("192.0.2.7"));
  EXPECT_FALSE(may_send("198.51.101.1"));
  pass(hours{1});
  EXPECT_FALSE(may_send("192.0.2.7"));
}

TEST_F(Table, TellsFilesOfThoseWhoAlwaysMayWhenTheyAreFew) {
  rules.always = {{.network = network("198.51.100.4/31")},
                  {.network = network("10.0.0.0/8")},
                  {.network = network("192.0.2.7"), .until = now.wall + hours{1}}};
  const auto changes = table().take_changes(10);
  ASSERT_EQ(changes.size(), 3);
  EXPECT_EQ(changes[0], (MapChange{.network = network("192.0.2.7"), .expires_on = now.wall + hours{1}}));
  EXPECT_EQ(changes[1], (MapChange{.network = network("198.51.100.4"), .expires_on = RelayTable::for_ever}));
  EXPECT_EQ(table().next_expiry(), now.since_boot + hours{1});
  pass(hours{1});
  sweep();
  EXPECT_EQ(table().take_changes(10), (std::vector<MapChange>{{.network = network("192.0.2.7")}}));
  rules.always.clear();
  table().replace_rules(rules, now);
  EXPECT_EQ(table().take_changes(10).size(), 2);
}

TEST_F(Table, TellsEachChangeOnceAndItsLastState) {
  log_in("192.0.2.1");
  log_in("192.0.2.2");
  log_in("192.0.2.2", "bob");
  table().remove(network("192.0.2.1"));
  const auto changes = table().take_changes(10);
  ASSERT_EQ(changes.size(), 2);
  EXPECT_EQ(changes[0], (MapChange{.network = network("192.0.2.1")}));
  EXPECT_EQ(changes[1], (MapChange{.network = network("192.0.2.2"), .expires_on = now.wall + minutes{15}}));
  EXPECT_FALSE(table().has_changes());
  log_in("192.0.2.2", "carol", minutes{1});
  EXPECT_FALSE(table().has_changes()) << "nothing that a map knows has changed";
}

TEST_F(Table, DoesNoMoreAtATimeThanItIsAskedTo) {
  for (int last = 1; last <= 9; ++last)
    log_in("192.0.2." + std::to_string(last), std::to_string(last));
  EXPECT_EQ(table().take_changes(4).size(), 4);
  EXPECT_EQ(table().take_changes(10).size(), 5);
  EXPECT_EQ(table().list(4, std::nullopt).size(), 4);
  EXPECT_EQ(table().list(100, table().list(4, std::nullopt).back().network).size(), 5);
  pass(minutes{15});
  EXPECT_EQ(table().expire(now, 4).size(), 4);
  EXPECT_EQ(table().next_expiry(), now.since_boot) << "there is more to do";
  EXPECT_EQ(table().expire(now, 100).size(), 5);
}

TEST_F(Table, RemembersOverARestartAndWorksOutTheRestAnew) {
  log_in("192.0.2.1");
  table().add(network("192.0.2.9"), {.who = "root", .until = now.wall + hours{2}}, now);
  const auto before = table().list(10, std::nullopt);
  now.since_boot = minutes{1};
  now.wall += minutes{10};
  made.emplace(rules, now);
  for (const auto& grant : before)
    EXPECT_EQ(table().restore(grant, now).kind, Kind::granted);
  EXPECT_EQ(table().list(10, std::nullopt), before);
  EXPECT_EQ(table().next_expiry(), minutes{1} + minutes{5});
  EXPECT_EQ(table().take_changes(10).size(), 2) << "for the maps all is new";
  EXPECT_EQ(table().users(), 1);
}

TEST_F(Table, RestoresNothingThatTodayItWouldRefuse) {
  log_in("10.1.2.3");
  log_in("192.0.2.1");
  const auto before = table().list(10, std::nullopt);
  rules.never = {network("10.0.0.0/8")};
  pass(minutes{15});
  made.emplace(rules, now);
  EXPECT_EQ(table().restore(before[0], now).reason, Refusal::never);
  EXPECT_EQ(table().restore(before[1], now).reason, Refusal::expired_already);
}

TEST_F(Table, GivesNobodyMoreBecauseTheClockWasSetBackBetweenTwoRuns) {
  log_in("192.0.2.1");
  const auto before = table().list(10, std::nullopt);
  now.wall -= hours{24 * 365};
  made.emplace(rules, now);
  table().restore(before[0], now);
  EXPECT_EQ(table().next_expiry(), now.since_boot + minutes{15});
}

}  // namespace
}  // namespace systemcheck
