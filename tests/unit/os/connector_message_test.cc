#include "os/connector_message.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <optional>
#include <random>

#include "support/connector_datagram.h"

namespace systemcheck::test {
namespace {

std::optional<ExitNotice> exit_in(const std::string& datagram) {
  const auto message = parse_connector_message(datagram);
  const auto* notice = std::get_if<ExitNotice>(&message);
  return notice == nullptr ? std::nullopt : std::optional(*notice);
}

/// As the kernel runs a classic filter of this kind: bpf(2) calls it that; only what ours uses.
bool passes(const std::vector<sock_filter>& program, const std::string& datagram) {
  std::uint32_t accumulator = 0;
  std::uint32_t index = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto& step = program[at];
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (step.k + 4 > datagram.size()) return false;
        std::memcpy(&accumulator, datagram.data() + step.k, 4);
        accumulator = ntohl(accumulator);
        break;
      case BPF_MISC | BPF_TAX:
        index = accumulator;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == step.k ? step.jt : step.jf;
        break;
      case BPF_JMP | BPF_JEQ | BPF_X:
        at += accumulator == index ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k != 0;
      default:
        ADD_FAILURE() << "instruction " << step.code;
        return false;
    }
  }
  ADD_FAILURE() << "it ran off its end";
  return false;
}

TEST(ConnectorMessage, TellsHowAProcessEnded) {
  const auto killed = exit_in(ConnectorDatagram::exit(4711, SIGKILL).bytes());
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->pid, 4711);
  EXPECT_EQ(killed->end, ProcessEnd{.signal = SIGKILL});
  EXPECT_EQ(exit_in(ConnectorDatagram::exit(1, SIGSEGV | 0x80).bytes())->end,
            (ProcessEnd{.signal = SIGSEGV, .has_dumped_core = true}));
  EXPECT_EQ(exit_in(ConnectorDatagram::exit(1, 3 << 8).bytes())->end, ProcessEnd{.exit_code = 3});
  EXPECT_EQ(exit_in(ConnectorDatagram::exit(1, 0).bytes())->end, ProcessEnd{});
}

TEST(ConnectorMessage, TellsWhatBecameOfARequest) {
  const auto message = parse_connector_message(ConnectorDatagram::answer(77, EPERM).bytes());
  ASSERT_TRUE(std::holds_alternative<ConnectorAnswer>(message));
  EXPECT_EQ(std::get<ConnectorAnswer>(message).request, 77U);
  EXPECT_EQ(std::get<ConnectorAnswer>(message).error_number, EPERM);
}

TEST(ConnectorMessage, OfAThreadThatIsNotTheFirstIsNoEnd) {
  auto thread = ConnectorDatagram::exit(4711, 0);
  thread.first = 4712;
  EXPECT_FALSE(exit_in(thread.bytes()));
}

TEST(ConnectorMessage, ThatIsNotWellFormedSaysNothing) {
  const auto good = ConnectorDatagram::exit(4711, 0);
  const auto spoilt = [&good](auto spoil) {
    auto datagram = good;
    spoil(datagram);
    return exit_in(datagram.bytes());
  };
  ASSERT_TRUE(exit_in(good.bytes()));
  EXPECT_FALSE(spoilt([](auto& it) { it.length_added = 1; })) << "longer than what came";
  EXPECT_FALSE(spoilt([](auto& it) { it.length_added = ~0U; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.type = NLMSG_ERROR; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.index = 2; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.value = 2; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.size = 41; })) << "more than the netlink header says";
  EXPECT_FALSE(spoilt([](auto& it) { it.size = 0xffff; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.size = 31; })) << "too short for an exit";
  EXPECT_FALSE(spoilt([](auto& it) { it.size = 0; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.what = 1; })) << "a fork";
  EXPECT_FALSE(spoilt([](auto& it) { it.first = it.process = 0; }));
  EXPECT_FALSE(spoilt([](auto& it) { it.first = it.process = ~0U; }));
}

TEST(ConnectorMessage, ThatIsCutSaysNothing) {
  const auto whole = ConnectorDatagram::exit(4711, 0).bytes();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(exit_in(whole.substr(0, length))) << length;
}

TEST(ConnectorMessage, MayBeAnyBytes) {
  std::mt19937 engine(1);
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = ConnectorDatagram::exit(4711, 0).bytes();
    bytes.resize(engine() % (bytes.size() + 1));
    for (int spoilt = 0; spoilt < 4 && !bytes.empty(); ++spoilt)
      bytes[engine() % bytes.size()] = static_cast<char>(engine());
    const auto notice = exit_in(bytes);
    EXPECT_TRUE(!notice || notice->pid > 0);
  }
}

TEST(ConnectorRequest, IsUnderstoodAsTheKernelReadsIt) {
  const auto request = connector_request(Listening::begin, 5, 4711);
  ASSERT_EQ(request.size(), 40U);
  std::uint32_t length = 0;
  std::memcpy(&length, request.data(), 4);
  EXPECT_EQ(length, request.size());
  std::uint32_t operation = 0;
  std::memcpy(&operation, request.data() + 36, 4);
  EXPECT_EQ(operation, std::uint32_t{PROC_CN_MCAST_LISTEN});
}

TEST(ExitFilter, PassesNothingButTheFirstThreadsOfTheProcessesThatAreNamed) {
  const std::vector<pid_t> named{4711, 1, 70'000};
  const auto program = exit_filter(named);
  for (const auto pid : named)
    EXPECT_TRUE(passes(program, ConnectorDatagram::exit(pid, 9).bytes())) << pid;
  EXPECT_FALSE(passes(program, ConnectorDatagram::exit(4712, 9).bytes()));
  auto thread = ConnectorDatagram::exit(4711, 0);
  thread.first = 4712;
  EXPECT_FALSE(passes(program, thread.bytes()));
  auto fork = ConnectorDatagram::exit(4711, 0);
  fork.what = 1;
  EXPECT_FALSE(passes(program, fork.bytes()));
  EXPECT_FALSE(passes(program, ConnectorDatagram::exit(4711, 0).bytes().substr(0, 59)));
}

TEST(ExitFilter, PassesAnswers) {
  EXPECT_TRUE(passes(exit_filter({}), ConnectorDatagram::answer(1, 0).bytes()));
  EXPECT_FALSE(passes(exit_filter({}), ConnectorDatagram::exit(4711, 0).bytes()));
}

TEST(ExitFilter, NamesSoManyAndBeyondThatPassesAll) {
  std::vector<pid_t> processes(filtered_processes_max);
  for (std::size_t i = 0; i < processes.size(); ++i)
    processes[i] = static_cast<pid_t>(i + 1);
  const auto full = exit_filter(processes);
  EXPECT_LE(full.size(), std::size_t{BPF_MAXINSNS});
  EXPECT_TRUE(passes(full, ConnectorDatagram::exit(processes.back(), 0).bytes()));
  EXPECT_FALSE(passes(full, ConnectorDatagram::exit(99'999, 0).bytes()));
  processes.push_back(50'000);
  EXPECT_TRUE(passes(exit_filter(processes), ConnectorDatagram::exit(99'999, 0).bytes()));
}

}  // namespace
}  // namespace systemcheck::test
