#include "probe/loop_prober.h"

#include <gtest/gtest.h>

#include "support/prober_fixture.h"

namespace systemcheck::test {
namespace {

TEST_F(LoopProberTest, TellsARefusedConnection) {
  const Server closed;
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::tcp, closed.address())).result, ProbeClass::refused);
}
TEST_F(LoopProberTest, TellsASocketThatIsNotThere) {
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::unix_socket, "/nonexistent/socket")).result, ProbeClass::refused);
}
TEST_F(LoopProberTest, ConnectsToWhatListens) {
  Server server;
  server.listen();
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::tcp, server.address())).result, ProbeClass::ok);
}
TEST_F(LoopProberTest, ASilentPortDelaysNobodyElse) {
  Server silent;
  silent.listen();
  std::optional<Verdict> hung;
  std::optional<Verdict> other;
  auto slow = probe_of(ProbeKind::smtp, silent.address());
  slow.timeout = std::chrono::hours{1};
  const auto one = ask(slow, hung);
  const auto two = ask(probe_of(ProbeKind::tcp, silent.address()), other);
  run_until([&] { return other.has_value(); });
  EXPECT_EQ(other->result, ProbeClass::ok);
  EXPECT_FALSE(hung);
}
TEST_F(LoopProberTest, GivesUpAtItsDeadline) {
  Server silent;
  silent.listen();
  auto probe = probe_of(ProbeKind::smtp, silent.address());
  probe.timeout = std::chrono::milliseconds{20};
  const auto verdict = verdict_on(probe);
  EXPECT_EQ(verdict.result, ProbeClass::timeout);
  EXPECT_EQ(verdict.detail, "no answer within 20ms");
}
TEST_F(LoopProberTest, TellsAConnectionThatIsBrokenOff) {
  Server server;
  server.listen();
  const auto watch = loop().when_ready(server.number(), Ready::readable, Priority::normal, [&] {
    const auto peer = server.accept();
    const linger hard{.l_onoff = 1, .l_linger = 0};
    EXPECT_EQ(::setsockopt(peer.number(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
  });
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp, server.address())).result, ProbeClass::reset);
}
TEST_F(LoopProberTest, TalksToAMailServer) {
  Server server;
  server.listen();
  Descriptor peer;
  const auto watch = loop().when_ready(server.number(), Ready::readable, Priority::normal, [&] {
    peer = server.accept();
    constexpr std::string_view text = "220 hi\r\n250 hello\r\n";
    EXPECT_EQ(::send(peer.number(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  });
  EXPECT_EQ(verdict_on(probe_of(ProbeKind::smtp, server.address())).result, ProbeClass::ok);
}
TEST_F(LoopProberTest, AProtocolWithoutTlsIsABadAnswerToTls) {
  Server server;
  server.listen();
  Descriptor peer;
  const auto watch = loop().when_ready(server.number(), Ready::readable, Priority::normal, [&] {
    peer = server.accept();
    constexpr std::string_view text = "220 this is no TLS at all\r\n";
    EXPECT_EQ(::send(peer.number(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  });
  auto probe = probe_of(ProbeKind::smtp, server.address());
  probe.is_tls = true;
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::bad_banner);
}
TEST_F(LoopProberTest, ACancelledQuestionHasNoVerdictAndHoldsNoDescriptor) {
  Server silent;
  silent.listen();
  run_for(std::chrono::milliseconds{1});
  const auto before = open_descriptors();
  std::optional<Verdict> verdict;
  auto probe = probe_of(ProbeKind::smtp, silent.address());
  probe.timeout = std::chrono::milliseconds{10};
  auto watch = ask(probe, verdict);
  watch.cancel();
  run_for(std::chrono::milliseconds{30});
  EXPECT_FALSE(verdict);
  EXPECT_EQ(open_descriptors(), before);
}
TEST_F(LoopProberTest, LeavesNoDescriptorBehind) {
  Server server;
  server.listen();
  run_for(std::chrono::milliseconds{1});
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    (void)verdict_on(probe_of(ProbeKind::tcp, server.address()));  // Only what it leaves matters.
    (void)server.accept();
  }
  EXPECT_EQ(open_descriptors(), before);
}
TEST_F(LoopProberTest, MayBeDestroyedByItsOwnVerdict) {
  const Server closed;
  LoopProber prober(loop());
  Watch watch;
  bool is_told = false;
  watch = prober.ask(probe_of(ProbeKind::tcp, closed.address()), [&](const Verdict&) {
    watch.cancel();
    is_told = true;
  });
  run_until([&] { return is_told; });
}
TEST_F(LoopProberTest, JudgesACommandByItsExitCode) {
  auto probe = probe_of(ProbeKind::command, "/bin/true");
  probe.command = {"/bin/true"};
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::ok);
  probe.command = {"/bin/false"};
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::bad_banner);
  probe.command = {"/nonexistent/program"};
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::unknown);
}
TEST_F(LoopProberTest, ACommandMayBeCancelledByItsOwnVerdict) {
  auto probe = probe_of(ProbeKind::command, "/bin/true");
  probe.command = {"/bin/true"};
  LoopProber prober(loop());
  Watch watch;
  bool is_told = false;
  watch = prober.ask(probe, [&](const Verdict&) {
    watch.cancel();
    is_told = true;
  });
  run_until([&] { return is_told; });
}
TEST_F(LoopProberTest, LooksAtAFileAside) {
  auto probe = probe_of(ProbeKind::file, "/dev/null");
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::ok);
  probe.target = "/nonexistent";
  EXPECT_EQ(verdict_on(probe).result, ProbeClass::bad_banner);
}

}  // namespace
}  // namespace systemcheck::test
