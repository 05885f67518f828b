#include "collect/socket_owner.h"

#include <gtest/gtest.h>

#include <bit>

#include "support/fake_host.h"

namespace systemcheck {
namespace {

using test::FakeHost;
using Kind = PortOwner::Kind;

constexpr std::string_view loopback4 = "0100007F";
constexpr std::string_view any4 = "00000000";
constexpr std::string_view loopback6 = "00000000000000000000000001000000";
constexpr std::string_view any6 = "00000000000000000000000000000000";
constexpr std::string_view mapped_loopback = "0000000000000000FFFF00000100007F";
constexpr std::string_view listens = "0A";

constexpr ProcessIdentity main_process{.pid = 100, .start_ticks = 1};
constexpr ProcessIdentity worker{.pid = 101, .start_ticks = 2};

/// A service of two processes that is asked on port 8080 (1F90), and a stranger whose number is 200.
class Socket : public testing::Test {
 protected:
  Socket() {
    static_assert(std::endian::native == std::endian::little, "the addresses above are written so");
    host.write("/proc/net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n");
    host.write("/proc/net/tcp6", "  sl  local_address                         remote_address\n");
    host.link("/proc/self/ns/net", "net:[4026531840]");
    for (const pid_t pid : {1, 100, 101, 200})
      add(pid);
    name(200, "squatter");
  }

  void add(pid_t pid) {
    host.link(of(pid) + "/ns/net", "net:[4026531840]");
    host.link(of(pid) + "/fd/0", "/dev/null");
    name(pid, "daemon");
  }
  void name(pid_t pid, const std::string& name) { host.write(of(pid) + "/comm", name + "\n"); }
  void give(pid_t pid, std::uint64_t inode) {
    host.link(of(pid) + "/fd/7", "socket:[" + std::to_string(inode) + "]");
  }
  /// A socket in one of the tables.
  void add_socket(std::string_view address, std::uint64_t inode, std::string_view state = listens,
                  std::string_view port = "1F90") {
    auto& text = address.size() == 8 ? tcp_ : tcp6_;
    text += "   0: " + std::string(address) + ":" + std::string(port) + " " +
            std::string(address.size(), '0') + ":0000 " + std::string(state) +
            " 00000000:00000000 00:00000000 00000000     0        0 " + std::to_string(inode) +
            " 1 0000000000000000 100 0 0 10 0\n";
    host.write(address.size() == 8 ? "/proc/net/tcp" : "/proc/net/tcp6", text);
  }

  void forget_sockets() {
    tcp_ = tcp6_ = "header\n";
    host.write("/proc/net/tcp", tcp_);
    host.write("/proc/net/tcp6", tcp6_);
  }

  PortOwner owner(const char* address = "127.0.0.1") {
    return find_port_owner(host, {.address = *IpAddress::parse(address), .port = 8080}, members, question);
  }
  PortSight sight(const std::vector<Probe>& probes) { return look_at_ports(host, probes, members, question); }
  static std::string of(pid_t pid) { return "/proc/" + std::to_string(pid); }

  FakeHost host{};
  std::vector<ProcessIdentity> members{main_process, worker};
  PortQuestion question{.own = {8080, 443}};

 private:
  std::string tcp_{"header\n"};
  std::string tcp6_{"header\n"};
};

TEST_F(Socket, OfNobodyIsNoStatement) {
  EXPECT_EQ(owner().kind, Kind::nobody);
  EXPECT_FALSE(owner().stranger);
}

TEST_F(Socket, BelongsToTheServiceWhereAnyOfItsProcessesHasIt) {
  add_socket(loopback4, 555);
  give(101, 555);
  EXPECT_EQ(owner().kind, Kind::service);
}

TEST_F(Socket, OfTheServiceIsFoundWithoutLookingAtAllProcesses) {
  add_socket(loopback4, 555);
  give(100, 555);
  host.reset_counts();
  EXPECT_EQ(owner().kind, Kind::service);
  EXPECT_EQ(host.counts.lists, 1U);
}

TEST_F(Socket, OfAStrangerIsToldWithItsName) {
  add_socket(loopback4, 555);
  give(200, 555);
  const auto found = owner();
  ASSERT_EQ(found.kind, Kind::stranger);
  EXPECT_EQ(found.stranger, (PortStranger{.port = 8080, .pid = 200, .name = "squatter"}));
}

TEST_F(Socket, IsReachedByItsFamilyAndAddress) {
  const auto reached = [this](std::string_view local, const char* asked) {
    add_socket(local, 555);
    give(200, 555);
    const bool is_reached = owner(asked).kind == Kind::stranger;
    forget_sockets();
    return is_reached;
  };
  EXPECT_TRUE(reached(any4, "127.0.0.1"));
  EXPECT_TRUE(reached(any6, "127.0.0.1")) << "one socket for both families";
  EXPECT_TRUE(reached(mapped_loopback, "127.0.0.1"));
  EXPECT_TRUE(reached(any6, "::1"));
  EXPECT_TRUE(reached(loopback6, "::1"));
  EXPECT_TRUE(reached(loopback4, "0.0.0.0")) << "goes to loopback";
  EXPECT_TRUE(reached(loopback6, "::"));
  EXPECT_FALSE(reached(any4, "::1"));
  EXPECT_FALSE(reached(loopback4, "::1"));
  EXPECT_FALSE(reached(loopback6, "127.0.0.1"));
  EXPECT_FALSE(reached(loopback4, "127.0.0.2"));
  EXPECT_FALSE(reached("0A00000A", "127.0.0.1")) << "10.0.0.10";
}

TEST_F(Socket, OnOurOwnAddressIsReachedAndOnThatOfAnotherMachineNot) {
  add_socket(any4, 555);
  add_socket(any6, 556);
  give(200, 555);
  host.write(
      "/proc/net/fib_trie",
      "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 link UNICAST\n"
      "     |-- 192.0.2.7\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n");
  host.write("/proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80     eth0\n");
  EXPECT_EQ(owner("192.0.2.7").kind, Kind::stranger);
  EXPECT_EQ(owner("192.0.2.255").kind, Kind::unknown);
  EXPECT_EQ(owner("192.0.2.8").kind, Kind::unknown) << "another machine";
  give(200, 556);
  EXPECT_EQ(owner("2001:db8::7").kind, Kind::stranger);
  EXPECT_EQ(owner("2001:db8::8").kind, Kind::unknown);
  host.remove("/proc/net/fib_trie");
  EXPECT_EQ(owner("192.0.2.7").kind, Kind::unknown) << "cannot be told";
}

TEST_F(Socket, OfAnotherPortOrOneThatDoesNotListenIsNoneOfThese) {
  add_socket(loopback4, 555, listens, "1F91");
  add_socket(loopback4, 556, "01");
  give(200, 556);
  EXPECT_EQ(owner().kind, Kind::nobody);
}

TEST_F(Socket, OfProcessOneIsHandedOverByIt) {
  add_socket(loopback4, 555);
  give(1, 555);
  give(200, 555);
  EXPECT_EQ(owner().kind, Kind::starter);
}

TEST_F(Socket, ThatIsSharedIsTheServices) {
  add_socket(loopback4, 555);
  add_socket(loopback4, 556);
  give(200, 555);
  give(100, 556);
  EXPECT_EQ(owner().kind, Kind::service);
}

TEST_F(Socket, ThatTheServiceHasNeverHadIsNoStrangers) {
  add_socket(loopback4, 555);
  give(200, 555);
  question.own = {443};
  host.reset_counts();
  EXPECT_EQ(owner().kind, Kind::unknown) << "a proxy may pass on what it is asked";
  EXPECT_EQ(host.counts.lists, 3U) << "of its two processes and of process 1, and not of all";
}

TEST_F(Socket, IsUnknownWhereAnythingCannotBeRead) {
  add_socket(loopback4, 555);
  give(200, 555);
  for (const auto* path : {"/proc/net/tcp", "/proc/net/tcp6", "/proc/100/fd", "/proc/101/fd/0", "/proc/1/fd",
                           "/proc", "/proc/200/fd", "/proc/200/comm"}) {
    host.fail(path, Error::Kind::denied);
    EXPECT_EQ(owner().kind, Kind::unknown) << path;
    host.mend(path);
  }
  EXPECT_EQ(owner().kind, Kind::stranger);
}

TEST_F(Socket, IsToldThoughAMemberHasEndedAndIpv6IsOff) {
  add_socket(loopback4, 555);
  give(200, 555);
  host.end_process(101);
  host.remove("/proc/net/tcp6");
  EXPECT_EQ(owner().kind, Kind::stranger);
}

TEST_F(Socket, OfNobodyThatCanBeFoundIsUnknown) {
  add_socket(loopback4, 555);
  EXPECT_EQ(owner().kind, Kind::unknown) << "of the kernel, or of a process in another table";
}

TEST_F(Socket, OfAServiceThatIsNotThereIsNotLookedFor) {
  add_socket(loopback4, 555);
  give(200, 555);
  members.clear();
  host.reset_counts();
  EXPECT_FALSE(sight({{.kind = ProbeKind::tcp, .target = "127.0.0.1:8080"}}).stranger);
  EXPECT_EQ(host.counts.lists, 0U);
}

TEST_F(Socket, HereSaysNothingOfAServiceWithANetworkOfItsOwn) {
  add_socket(loopback4, 555);
  give(200, 555);
  host.link("/proc/100/ns/net", "net:[4026532000]");
  EXPECT_EQ(owner().kind, Kind::unknown);
}

TEST_F(Socket, IsFoundAmongLinesThatAreNone) {
  add_socket(loopback4, 555);
  give(200, 555);
  const auto good = *host.read_file("/proc/net/tcp", pseudo_file_limit_bytes);
  host.write("/proc/net/tcp", "\n:\n   0:\n 1: XXXXXXXX:1F90 0:0 0A\n 2: 0100007F:1F90\n 3: 0100007F 0 0A\n" +
                                  std::string(" 4: 0100007F:11F90 0:0 0A 0 0 0 0 0 7\n 5: 01:1F90 0:0 0A 0 0 "
                                              "0 0 0 8\n 6: 0100007F:1F90 0:0 0A 0 0 0 0 0 -9\n") +
                                  std::string(3, '\0') + "\n" + good);
  EXPECT_EQ(owner().kind, Kind::stranger);
  host.write("/proc/net/tcp", std::string(100'000, 'A'));
  EXPECT_EQ(owner().kind, Kind::nobody);
}

TEST_F(Socket, OfAProcessWithAHostileNameIsToldInPrintableWords) {
  add_socket(loopback4, 555);
  give(200, 555);
  name(200, "\x1b[31mx\xff");
  EXPECT_EQ(owner().stranger->name, "\\x1b[31mx\\xff");
}

TEST_F(Socket, IsLookedForOnTheFirstPortThatAStrangerHolds) {
  add_socket(loopback4, 555);
  add_socket(any4, 556, listens, "0019");
  add_socket(any4, 557, listens, "01BB");
  give(100, 555);
  give(200, 557);
  const Probe own{.kind = ProbeKind::tcp, .target = "127.0.0.1:8080"};
  const Probe command{.kind = ProbeKind::command, .target = "/bin/true"};
  const Probe web{.kind = ProbeKind::http, .target = "https://127.0.0.1/health", .is_tls = true};
  EXPECT_FALSE(sight({own, command}).stranger);
  EXPECT_EQ(sight({own, command, web}).stranger->port, 443);
  EXPECT_EQ(sight({own, command, web}).own, std::vector<std::uint16_t>{8080});
}

TEST(PortsAsked, AreThoseOfTcpAndEachOnce) {
  const auto port = [](const char* address, std::uint16_t number) {
    return PortAsked{.address = *IpAddress::parse(address), .port = number};
  };
  const std::vector<Probe> probes{
      {.kind = ProbeKind::tcp, .target = "127.0.0.1:25"},
      {.kind = ProbeKind::smtp, .target = "127.0.0.1:25"},
      {.kind = ProbeKind::http, .target = "http://[::1]:8080/x"},
      {.kind = ProbeKind::dns, .target = "127.0.0.1:53"},
      {.kind = ProbeKind::dns, .target = "127.0.0.1:54", .transport = DnsTransport::tcp},
      {.kind = ProbeKind::unix_socket, .target = "/run/x:1"},
      {.kind = ProbeKind::file, .target = "/var/x:1"},
      {.kind = ProbeKind::command, .target = "/bin/x:1"}};
  EXPECT_EQ(ports_asked(probes),
            (std::vector{port("127.0.0.1", 25), port("::1", 8080), port("127.0.0.1", 54)}));
}

}  // namespace
}  // namespace systemcheck
