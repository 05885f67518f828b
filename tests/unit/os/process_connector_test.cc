#include "os/process_connector.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/connector_datagram.h"
#include "support/fake_loop.h"
#include "support/own_process.h"
#include "support/real_loop.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

/// A kernel whose buffer a test fills. What is lost comes out as the loss it is.
struct FakeKernel {
  static constexpr int descriptor = 42;

  struct Item {
    Received::Kind kind = Received::Kind::some;
    std::string bytes{};
    bool is_from_kernel = true;
  };
  std::deque<Item> queue{};
  std::optional<int> answer = 0;  ///< to a request to listen; nothing: silence, as in a container
  std::optional<Error> refusal{};
  std::vector<std::string> requests{};
  std::vector<sock_filter> filter{};
  std::size_t receive_calls = 0;

  void put(const ConnectorDatagram& datagram) { queue.push_back({.bytes = datagram.bytes()}); }
  void put_exit(pid_t pid, std::uint32_t status) { put(ConnectorDatagram::exit(pid, status)); }
};

class FakeConnectorSocket final : public ConnectorSocket {
 public:
  explicit FakeConnectorSocket(FakeKernel& kernel) : kernel_(kernel) {}
  [[nodiscard]] int descriptor() const override { return FakeKernel::descriptor; }
  Status send(std::string_view request) override {
    if (kernel_.refusal) return *kernel_.refusal;
    kernel_.requests.emplace_back(request);
    std::uint32_t number = 0;
    std::memcpy(&number, request.data() + 28, sizeof number);
    if (kernel_.answer) kernel_.put(ConnectorDatagram::answer(number, *kernel_.answer));
    return Nothing{};
  }
  Received receive(std::span<Datagram> into) override {
    ++kernel_.receive_calls;
    if (kernel_.queue.empty()) return {};
    std::size_t count = 0;
    for (; count < into.size() && !kernel_.queue.empty(); ++count) {
      auto item = std::move(kernel_.queue.front());
      if (item.kind != Received::Kind::some && count > 0) break;
      kernel_.queue.pop_front();
      if (item.kind != Received::Kind::some) return {.kind = item.kind, .error_number = ENOTCONN};
      into[count].size = item.bytes.size() > Datagram::limit_bytes ? 0 : item.bytes.size();
      std::memcpy(into[count].bytes.data(), item.bytes.data(), into[count].size);
      into[count].is_from_kernel = item.is_from_kernel;
    }
    return {.kind = Received::Kind::some, .count = count};
  }
  Status use_filter(std::vector<sock_filter> program) override {
    kernel_.filter = std::move(program);
    return Nothing{};
  }

 private:
  FakeKernel& kernel_;
};

class ProcessConnectorTest : public testing::Test {
 protected:
  ProcessConnector& connector() {
    if (!connector_) {
      connector_ = std::make_unique<ProcessConnector>(
          loop, Result<std::unique_ptr<ConnectorSocket>>(std::make_unique<FakeConnectorSocket>(kernel)));
    }
    return *connector_;
  }
  /// Follows it, and counts the hints.
  Watch follow(ProcessIdentity process) {
    auto watch = connector().follow(process, [this, process] { ++hints[process]; });
    loop.settle();
    return watch;
  }

  FakeLoop loop{};
  FakeKernel kernel{};
  std::map<ProcessIdentity, int> hints{};
  std::unique_ptr<ProcessConnector> connector_{};
  const ProcessIdentity main{.pid = 4711, .start_ticks = 1};
  const ProcessIdentity other{.pid = 4712, .start_ticks = 1};
};

TEST_F(ProcessConnectorTest, IsAliveWhenTheKernelSaysSo) {
  EXPECT_TRUE(connector().status().is_alive);
  EXPECT_EQ(connector().status().problem, "");
}

TEST_F(ProcessConnectorTest, IsNotAliveWhenNobodyAnswers) {
  kernel.answer.reset();
  EXPECT_FALSE(connector().status().is_alive);
  EXPECT_EQ(connector().status().problem, "process connector: no answer, as in a container");
  const auto watch = follow(main);
  EXPECT_EQ(connector().take_end(main), std::nullopt);
}

TEST_F(ProcessConnectorTest, IsNotAliveWithoutTheRight) {
  kernel.answer = EPERM;
  EXPECT_FALSE(connector().status().is_alive);
  EXPECT_EQ(connector().status().problem, "process connector: Operation not permitted");
  EXPECT_FALSE(follow(main).is_set()) << "there is nothing to follow with";
  EXPECT_EQ(connector().take_end(main), std::nullopt);
}

TEST_F(ProcessConnectorTest, IsNotAliveWhereItIsRefused) {
  kernel.refusal = Error{Error::Kind::failed, "cannot ask it: Connection refused"};
  EXPECT_FALSE(connector().status().is_alive);
  EXPECT_EQ(connector().status().problem, "process connector: cannot ask it: Connection refused");
}

TEST_F(ProcessConnectorTest, IsNotAliveWithoutASocket) {
  ProcessConnector none(loop, Error{Error::Kind::failed, "process connector: Protocol not supported"});
  EXPECT_FALSE(none.status().is_alive);
  EXPECT_EQ(none.status().problem, "process connector: Protocol not supported");
}

TEST_F(ProcessConnectorTest, DoesNotTakeTheAnswerToSomebodyElseForItsOwn) {
  kernel.answer.reset();
  connector();
  kernel.put(ConnectorDatagram::answer(1, 0));
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_FALSE(connector().status().is_alive);
}

TEST_F(ProcessConnectorTest, AsksTheKernelToStopWhenItGoes) {
  connector();
  connector_.reset();
  ASSERT_EQ(kernel.requests.size(), 2U);
  EXPECT_NE(kernel.requests[0].substr(36), kernel.requests[1].substr(36));
}

TEST_F(ProcessConnectorTest, TellsOfAnEndThatCameBeforeTheDeathWasSeen) {
  const auto watch = follow(main);
  kernel.put_exit(main.pid, SIGSEGV);
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_EQ(hints[main], 1);
  EXPECT_EQ(connector().take_end(main), ProcessEnd{.signal = SIGSEGV});
}

TEST_F(ProcessConnectorTest, TellsOfAnEndThatNobodyHasReadYet) {
  const auto watch = follow(main);
  kernel.put_exit(main.pid, 3 << 8);
  EXPECT_EQ(connector().take_end(main), ProcessEnd{.exit_code = 3});
}

TEST_F(ProcessConnectorTest, KnowsNothingOfWhatItWasNotToldOf) {
  const auto watch = follow(main);
  kernel.put_exit(other.pid, SIGKILL);
  EXPECT_EQ(connector().take_end(main), std::nullopt);
  EXPECT_EQ(connector().take_end(other), std::nullopt);
}

TEST_F(ProcessConnectorTest, DoesNotConfuseTwoOfOneNumber) {
  const auto watch = follow(main);
  kernel.put_exit(main.pid, SIGKILL);
  EXPECT_EQ(connector().take_end({.pid = main.pid, .start_ticks = 2}), std::nullopt);
}

TEST_F(ProcessConnectorTest, SaysNothingWhenTheNumberHasEndedTwice) {
  const auto watch = follow(main);
  kernel.put_exit(main.pid, 0);
  kernel.put_exit(main.pid, SIGKILL);
  EXPECT_EQ(connector().take_end(main), std::nullopt);
}

TEST_F(ProcessConnectorTest, DoesNotTakeTheExitOfTheFirstThreadForTheEndOfAProcessThatLivesOn) {
  const auto watch = follow(main);
  kernel.put_exit(main.pid, 0);
  loop.make_ready(FakeKernel::descriptor);
  loop.run_for(1h);
  EXPECT_EQ(connector().take_end(main), std::nullopt);
  kernel.put_exit(main.pid, SIGKILL);
  EXPECT_EQ(connector().take_end(main), ProcessEnd{.signal = SIGKILL})
      << "after another program was executed";
}

TEST_F(ProcessConnectorTest, ForgetsWhatIsNoLongerFollowed) {
  auto watch = follow(main);
  kernel.put_exit(main.pid, SIGKILL);
  watch.cancel();
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_EQ(hints[main], 0);
  EXPECT_EQ(connector().take_end(main), std::nullopt);
}

TEST_F(ProcessConnectorTest, MayLoseAWatchInTheHintOfAnother) {
  Watch second;
  const auto first = connector().follow(main, [&] { second.cancel(); });
  second = follow(other);
  kernel.put_exit(main.pid, SIGKILL);
  kernel.put_exit(other.pid, SIGKILL);
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_EQ(hints[other], 0);
}

TEST_F(ProcessConnectorTest, MayBeGoneBeforeItsWatches) {
  const auto watch = follow(main);
  connector_.reset();
}

TEST_F(ProcessConnectorTest, BelievesTheKernelAlone) {
  const auto watch = follow(main);
  kernel.queue.push_back({.bytes = ConnectorDatagram::exit(main.pid, 0).bytes(), .is_from_kernel = false});
  kernel.queue.push_back({.bytes = "nonsense"});
  kernel.queue.push_back({.bytes = std::string(4096, 'x')});
  EXPECT_EQ(connector().take_end(main), std::nullopt);
  EXPECT_EQ(connector().status().invalid_total, 3U);
  EXPECT_TRUE(connector().status().is_alive);
}

TEST_F(ProcessConnectorTest, HasEverythingLookedAtAndBelievesNothingAfterALoss) {
  const auto watch = follow(main);
  const auto another = follow(other);
  kernel.queue.push_back({.kind = Received::Kind::lost});
  kernel.put_exit(main.pid, SIGKILL);  // Perhaps of a stranger who has had its number since.
  EXPECT_EQ(connector().take_end(main), std::nullopt);
  EXPECT_EQ(connector().status().losses_total, 1U);
  loop.settle();
  EXPECT_EQ(hints[main], 1);
  EXPECT_EQ(hints[other], 1);
}

TEST_F(ProcessConnectorTest, BelievesAgainOfWhatStillLivesAfterALoss) {
  const auto child = OwnProcess::sleeping();
  const auto watch = follow(child.identity());
  kernel.queue.push_back({.kind = Received::Kind::lost});
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  kernel.put_exit(child.identity().pid, SIGKILL);
  EXPECT_EQ(connector().take_end(child.identity()), ProcessEnd{.signal = SIGKILL});
}

TEST_F(ProcessConnectorTest, TakesSoManyInATurnAndThenRests) {
  const auto watch = follow(main);
  for (std::size_t i = 0; i < 3 * ProcessConnector::turn_max; ++i)
    kernel.put_exit(other.pid, 0);
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_EQ(kernel.queue.size(), 2 * ProcessConnector::turn_max);
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_EQ(kernel.queue.size(), 2 * ProcessConnector::turn_max) << "it rests";
  loop.run_for(ProcessConnector::rest);
  EXPECT_EQ(kernel.queue.size(), ProcessConnector::turn_max);
  loop.run_for(1s);
  EXPECT_TRUE(kernel.queue.empty());
  EXPECT_TRUE(loop.is_watching_descriptor(FakeKernel::descriptor)) << "and it waits for more";
}

TEST_F(ProcessConnectorTest, TakesNoMoreThanABoundForOneQuestion) {
  const auto watch = follow(main);
  for (std::size_t i = 0; i < ProcessConnector::question_max + 5; ++i)
    kernel.put_exit(other.pid, 0);
  (void)connector().take_end(main);
  EXPECT_EQ(kernel.queue.size(), 5U);
}

TEST_F(ProcessConnectorTest, DoesNotTurnForEverOnLosses) {
  const auto watch = follow(main);
  for (std::size_t i = 0; i < 10 * ProcessConnector::question_max; ++i)
    kernel.queue.push_back({.kind = Received::Kind::lost});
  EXPECT_EQ(connector().take_end(main), std::nullopt);
  EXPECT_LE(kernel.receive_calls, ProcessConnector::question_max + 10);
}

TEST_F(ProcessConnectorTest, GoesOnWithoutASocketThatFails) {
  const auto watch = follow(main);
  kernel.queue.push_back({.kind = Received::Kind::failed});
  loop.make_ready(FakeKernel::descriptor);
  loop.settle();
  EXPECT_FALSE(connector().status().is_alive);
  EXPECT_NE(connector().status().problem, "");
  EXPECT_FALSE(loop.is_watching_descriptor(FakeKernel::descriptor));
  EXPECT_EQ(connector().take_end(main), std::nullopt);
}

TEST_F(ProcessConnectorTest, ChangesItsFilterAtOnceAndThenOnceForATurn) {
  const auto size_for = [](std::size_t count) { return exit_filter(std::vector<pid_t>(count, 1)).size(); };
  std::vector<Watch> follows;
  for (pid_t pid = 1; pid <= 5; ++pid) {
    follows.push_back(connector().follow({.pid = pid, .start_ticks = 1}, [] {}));
    EXPECT_EQ(kernel.filter.size(), size_for(1));
  }
  loop.settle();
  EXPECT_EQ(kernel.filter.size(), size_for(5));
  follows.push_back(connector().follow(main, [] {}));
  EXPECT_EQ(kernel.filter.size(), size_for(6));
}

/// The real one, where this machine lets us.
class RealConnectorTest : public RealLoopTest {
 protected:
  void SetUp() override {
    connector = std::make_unique<ProcessConnector>(loop(), open_connector());
    if (!connector->status().is_alive) GTEST_SKIP() << connector->status().problem;
  }
  /// Its end, as soon as its pidfd tells of it.
  std::optional<ProcessEnd> end_by(ProcessIdentity process, const std::function<void()>& event) {
    std::optional<ProcessEnd> end;
    const auto follow = connector->follow(process, [] {});
    const auto gone = loop().when_gone(process, [&] {
      end = connector->take_end(process);
      stop();
    });
    EXPECT_TRUE(gone);
    event();
    run();
    return end;
  }

  std::unique_ptr<ProcessConnector> connector{};
};

/// Not each time: the kernel wakes the pidfd a moment before it sends its message.
TEST_F(RealConnectorTest, MostlyTellsTheEndInTheMomentInWhichThePidfdTellsOfIt) {
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    const auto child = OwnProcess::sleeping();
    const auto end = end_by(child.identity(), [&] { child.kill(); });
    if (!end) continue;
    ASSERT_EQ(end, ProcessEnd{.signal = SIGKILL}) << "attempt " << i;
    ++told;
  }
  EXPECT_GE(told, 50);
  EXPECT_EQ(connector->status().losses_total, 0U);
  EXPECT_EQ(connector->status().invalid_total, 0U);
}

TEST_F(RealConnectorTest, TellsOfWhatIsNotOurChild) {
  const auto parent = OwnProcess::with_sleeping_child();
  const auto end = end_by(parent.child(), [&] { ::kill(parent.child().pid, SIGUSR1); });
  EXPECT_EQ(end, ProcessEnd{.signal = SIGUSR1});
}

TEST_F(RealConnectorTest, IsNotWokenByAnybodyElse) {
  const auto child = OwnProcess::sleeping();
  const auto follow = connector->follow(child.identity(), [] {});
  for (int i = 0; i < 50; ++i)
    OwnProcess::sleeping();  // Born, killed, reaped.
  run_for(5ms);
  EXPECT_EQ(connector->status().ends_total, 0U);
  EXPECT_EQ(connector->status().invalid_total, 0U);
}

TEST_F(RealConnectorTest, NoticesThatSomethingWasLost) {
  connector = std::make_unique<ProcessConnector>(loop(), open_connector(1));  // The kernel's own minimum.
  std::vector<Watch> follows;
  std::vector<OwnProcess> children;
  int hints = 0;
  for (int i = 0; i < 50; ++i) {
    children.push_back(OwnProcess::sleeping());
    follows.push_back(connector->follow(children.back().identity(), [&] { ++hints; }));
  }
  run_for(1ms);
  for (const auto& child : children)
    child.kill();
  for (auto& child : children)
    child.reap();
  EXPECT_EQ(connector->take_end(children.back().identity()), std::nullopt);
  EXPECT_EQ(connector->status().losses_total, 1U);
  run_for(1ms);
  EXPECT_EQ(hints, 50);
}

}  // namespace
}  // namespace systemcheck::test
