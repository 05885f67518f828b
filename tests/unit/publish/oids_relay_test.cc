#include <gtest/gtest.h>

#include "publish/oids.h"
#include "support/oid_reader.h"
#include "support/view_builder.h"

// What the module says of the relay: how many may send, never who.

namespace systemcheck::test {
namespace {

View view_of(const RelayRow& row) {
  View view = make_view();
  view.relay = row;
  return view;
}

TEST(OidsOfTheRelay, SayHowManyMaySend) {
  const auto view = view_of(make_relay());
  const auto number = [&](std::string_view name) { return number_at(view, scalar(name)); };
  EXPECT_EQ(number("scRelayStatus"), 3);
  EXPECT_EQ(number("scRelayReady"), 1);
  EXPECT_EQ(number("scRelayAddresses"), 12);
  EXPECT_EQ(number("scRelayAddressesLimit"), 131'072);
  EXPECT_EQ(number("scRelayUsers"), 11);
  EXPECT_EQ(number("scRelaySharedAddresses"), 1);
  EXPECT_EQ(number("scRelayGranted"), 20);
  EXPECT_EQ(number("scRelayRefreshed"), 300);
  EXPECT_EQ(number("scRelayExpired"), 7);
  EXPECT_EQ(number("scRelayRemoved"), 1);
  EXPECT_EQ(number("scRelayRefused"), 9) << "for whatever reason";
  EXPECT_EQ(octets_at(view, scalar("scRelayStatusText")), "/var/lib/relay.txt: the disk is full");
}

TEST(OidsOfTheRelay, SayWhetherEachLogIsRead) {
  const auto view = view_of(make_relay());
  const auto followed = [&](std::string_view column) {
    return number_at(view, cell(column, "/var/log/maillog"));
  };
  EXPECT_EQ(followed("scRelayLogKind"), 1);
  EXPECT_EQ(followed("scRelayLogTrusted"), 1);
  EXPECT_EQ(followed("scRelayLogState"), 1);
  EXPECT_EQ(followed("scRelayLogLines"), 1'000);
  EXPECT_EQ(followed("scRelayLogLogins"), 40);
  EXPECT_EQ(followed("scRelayLogLag"), 17);
  const auto unreadable = [&](std::string_view column) {
    return number_at(view, cell(column, "/var/log/mail.log"));
  };
  EXPECT_EQ(unreadable("scRelayLogTrusted"), 2);
  EXPECT_EQ(unreadable("scRelayLogState"), 3);
  EXPECT_EQ(unreadable("scRelayLogDeletions"), 2);
  EXPECT_EQ(unreadable("scRelayLogGaps"), 3);
  EXPECT_EQ(octets_at(view, cell("scRelayLogReason", "/var/log/mail.log")), "permission denied");
  EXPECT_EQ(octets_at(view, cell("scRelayLogLabel", "/var/log/mail.log")), "/var/log/mail.log");
}

TEST(OidsOfTheRelay, SayWhetherMailServersAreAnswered) {
  auto row = make_relay();
  row.sockets.push_back({.place = "127.0.0.1:10061", .error = "the address is in use"});
  const auto view = view_of(row);
  const auto first = [&](std::string_view column) {
    return number_at(view, cell(column, "unix:/run/relay.sock"));
  };
  EXPECT_EQ(first("scRelaySocketUp"), 1);
  EXPECT_EQ(first("scRelaySocketClients"), 2);
  EXPECT_EQ(first("scRelaySocketFound"), 5);
  EXPECT_EQ(first("scRelaySocketNotFound"), 6);
  EXPECT_EQ(first("scRelaySocketTemporary"), 7);
  EXPECT_EQ(first("scRelaySocketMalformed"), 8);
  EXPECT_EQ(number_at(view, cell("scRelaySocketUp", "127.0.0.1:10061")), 2);
  EXPECT_EQ(octets_at(view, cell("scRelaySocketError", "127.0.0.1:10061")), "the address is in use");
}

TEST(OidsOfTheRelay, SayWhetherMapsAreCurrent) {
  const auto view = view_of(make_relay());
  const auto map = [&](std::string_view column) {
    return number_at(view, cell(column, "/var/lib/relay.txt"));
  };
  EXPECT_EQ(map("scRelayMapOk"), 2);
  EXPECT_EQ(map("scRelayMapEntries"), 12);
  EXPECT_EQ(map("scRelayMapWaiting"), 1);
  EXPECT_EQ(map("scRelayMapUpdates"), 30);
  EXPECT_EQ(map("scRelayMapFailures"), 2);
  EXPECT_EQ(octets_at(view, cell("scRelayMapError", "/var/lib/relay.txt")), "the disk is full");
  EXPECT_EQ(octets_at(view, cell("scRelayMapUpdated", "/var/lib/relay.txt")),
            octets_at(view, scalar("scSampleTime")));
}

TEST(OidsOfTheRelay, SayWhoMaySendAndForHowLong) {
  const auto view = make_whole_view();
  EXPECT_EQ(octets_at(view, cell("scRelayClientLabel", "198.51.100.7")), "198.51.100.7");
  EXPECT_EQ(octets_at(view, cell("scRelayClientUser", "198.51.100.7")), "alice and 2 others");
  EXPECT_EQ(number_at(view, cell("scRelayClientLeft", "198.51.100.7")), 61) << "half a second is a second";
  EXPECT_EQ(number_at(view, cell("scRelayClientLogins", "198.51.100.7")), 12);
  EXPECT_EQ(octets_at(view, cell("scRelayClientUser", "2001:db8::/64")), "robert");
  EXPECT_EQ(number_at(view, cell("scRelayClientLeft", "2001:db8::/64")), 0) << "over since the last cycle";
}

TEST(OidsOfTheRelay, SayWhoMaySendBelowOneIdentifierOnly) {
  const auto has_clients = [](const LeafInfo& it) { return it.name.starts_with("scRelayClient"); };
  for (const auto& it : leaves()) {
    const bool is_below =
        it.oid.size() > 2 && std::equal(relay_clients_oid.begin(), relay_clients_oid.end(), it.oid.begin());
    EXPECT_EQ(is_below, has_clients(it)) << it.name;
  }
  EXPECT_EQ(std::ranges::count_if(leaves(), has_clients), 4);
}

TEST(OidsOfTheRelay, SayOnlyThatNothingIsKnownWhereItIsOff) {
  const auto view = make_view();
  EXPECT_EQ(number_at(view, scalar("scRelayStatus")), static_cast<int>(CheckStatus::unknown));
  EXPECT_FALSE(is_there(view, scalar("scRelayAddresses")));
  EXPECT_FALSE(is_there(view, scalar("scRelayReady")));
  EXPECT_FALSE(is_there(view, scalar("scRelayRefused")));
  EXPECT_FALSE(is_there(view, cell("scRelayLogState", "/var/log/maillog")));
  EXPECT_FALSE(is_there(view, cell("scRelaySocketUp", "unix:/run/relay.sock")));
  EXPECT_FALSE(is_there(view, cell("scRelayMapOk", "/var/lib/relay.txt")));
}

TEST(OidsOfTheRelay, KeepLongPathsApartThatBeginAlike) {
  const std::string long_path = "/srv/" + std::string(80, 'x');
  RelayRow row{};
  row.files = {{.path = long_path + "/one"}, {.path = long_path + "/two"}};
  const auto table = table_of(view_of(row));
  std::vector<std::string> paths;
  for (auto place = table.after(leaf("scRelayMapLabel").oid, OidTable::Bound::inclusive);
       place && leaves()[place->leaf].name == "scRelayMapLabel"; place = table.next(*place)) {
    paths.push_back(table.value(*place, noon).octets);
    EXPECT_EQ(table.index(*place).size(), 1 + index_name_bytes_max);
  }
  std::ranges::sort(paths);
  EXPECT_EQ(paths, (std::vector<std::string>{long_path + "/one", long_path + "/two"}));
}

}  // namespace
}  // namespace systemcheck::test
