#include "daemon/control.h"

#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>
#include <thread>

#include "os/local_socket.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

std::string read_all(const Descriptor& connection) {
  std::string answer;
  char buffer[4096];
  for (;;) {
    const auto count = ::recv(connection.number(), buffer, sizeof buffer, 0);
    if (count <= 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
}

/// Sends and reads until the other side closes; on a thread of its own, as a client is.
std::string converse(const std::string& path, const std::string& request) {
  const auto connection = connect_locally(path);
  if (!connection) return connection.error().message;
  (void)::send(connection->number(), request.data(), request.size(),
               MSG_NOSIGNAL);  // It may be closed already.
  return read_all(*connection);
}

class ControlSocket : public RealLoopTest {
 protected:
  std::string ask(const std::string& request) {
    auto answer = std::async(std::launch::async, [this, request] { return converse(path, request); });
    run_until([&] { return answer.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
    return answer.get();
  }

  TemporaryDirectory directory{};
  std::string path = directory.path("deeper/control.sock");
  Board<View> board{};
};

TEST_F(ControlSocket, AnswersWithTheStatus) {
  const auto control = Control::listen(path, loop(), board);
  ASSERT_TRUE(control) << control.error().message;
  EXPECT_NE(ask("status\n").find("\"schema\": 1"), std::string::npos);
}

TEST_F(ControlSocket, RefusesWhatItDoesNotKnow) {
  const auto control = Control::listen(path, loop(), board);
  ASSERT_TRUE(control);
  EXPECT_EQ(ask("reboot\n"), "{\"error\": \"unknown request\"}\n");
}

TEST_F(ControlSocket, AnswersLaterAndTellsWhoAsks) {
  Reply reply;
  Peer asking;
  const auto control = Control::listen(path, loop(), board,
                                       [&](std::string_view request, const Peer& peer, const Reply& later) {
                                         asking = peer;
                                         reply = later;
                                         return request == "slowly";
                                       });
  ASSERT_TRUE(control);
  auto answer = std::async(std::launch::async, [this] { return converse(path, "slowly\n"); });
  run_until([&] { return static_cast<bool>(reply); });
  run_for(std::chrono::milliseconds{20});
  EXPECT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  EXPECT_TRUE(asking.is_trusted);
  EXPECT_EQ(asking.user, ::geteuid());
  reply("done");
  run_until([&] { return answer.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  EXPECT_EQ(answer.get(), "done");
}

TEST_F(ControlSocket, TellsHowItGoesBeforeTheAnswer) {
  const auto control =
      Control::listen(path, loop(), board, [&](std::string_view, const Peer&, const Reply& to) {
        to.tell("one");
        to.tell("two");
        to("the end\n");
        to.tell("too late");
        return true;
      });
  ASSERT_TRUE(control);
  EXPECT_EQ(ask("slowly\n"), "one\ntwo\nthe end\n");
}

TEST_F(ControlSocket, TellsNoMoreThanItKeepsToOneWhoDoesNotListen) {
  Reply reply;
  const auto control =
      Control::listen(path, loop(), board, [&](std::string_view, const Peer&, const Reply& to) {
        reply = to;
        return true;
      });
  ASSERT_TRUE(control);
  const auto connection = connect_locally(path);
  ASSERT_TRUE(connection);
  ASSERT_EQ(::send(connection->number(), "slowly\n", 7, 0), 7);
  run_until([&] { return static_cast<bool>(reply); });
  constexpr int far_too_many = 10000;
  const std::string line(1000, 'x');
  for (int i = 0; i < far_too_many; ++i)
    reply.tell(line);
  reply("the end\n");
  auto answer = std::async(std::launch::async, [&] { return read_all(*connection); });
  run_until([&] { return answer.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  const auto text = answer.get();
  EXPECT_TRUE(text.ends_with("x\nthe end\n")) << "whole lines, and the answer";
  EXPECT_LT(text.size(), far_too_many * line.size() / 10);
}

TEST_F(ControlSocket, ForgetsWhoHasGoneAway) {
  std::vector<Reply> replies;
  const auto control =
      Control::listen(path, loop(), board, [&](std::string_view, const Peer&, const Reply& later) {
        replies.push_back(later);
        return true;
      });
  ASSERT_TRUE(control);
  for (std::size_t i = 1; i <= 40; ++i) {  // More than may wait at a time.
    auto connection = connect_locally(path);
    ASSERT_TRUE(connection);
    ASSERT_EQ(::send(connection->number(), "slowly\n", 7, MSG_NOSIGNAL), 7);
    run_until([&] { return replies.size() == i; });
    connection->reset();
    run_for(std::chrono::milliseconds{2});
    replies.back()("nobody hears it");
  }
  EXPECT_NE(ask("status\n").find("\"schema\": 1"), std::string::npos);
}

TEST_F(ControlSocket, LetsOnlySoManyWaitAtATime) {
  std::vector<Reply> replies;
  const auto control =
      Control::listen(path, loop(), board, [&](std::string_view, const Peer&, const Reply& later) {
        replies.push_back(later);
        return true;
      });
  ASSERT_TRUE(control);
  std::vector<Result<Descriptor>> waiting;
  for (std::size_t i = 1; i <= 16; ++i) {
    waiting.push_back(connect_locally(path));
    ASSERT_EQ(::send(waiting.back()->number(), "slowly\n", 7, MSG_NOSIGNAL), 7);
    run_until([&] { return replies.size() == i; });
  }
  EXPECT_EQ(ask("slowly\n"), "{\"error\": \"too many wait for an answer\"}\n");
  EXPECT_NE(ask("status\n").find("\"schema\": 1"), std::string::npos) << "who asks for states is answered";
}

TEST_F(ControlSocket, ClosesOnARequestThatDoesNotEnd) {
  const auto control = Control::listen(path, loop(), board);
  ASSERT_TRUE(control);
  EXPECT_EQ(ask(std::string(100'000, 'x')), "");
}

TEST_F(ControlSocket, IsNotSharedByTwoDaemons) {
  const auto control = Control::listen(path, loop(), board);
  ASSERT_TRUE(control);
  const auto second = Control::listen(path, loop(), board);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Error::Kind::refused);
}

TEST_F(ControlSocket, ReplacesWhatADeadDaemonLeftBehind) {
  {
    const auto listener = listen_locally(path, 0600);
    ASSERT_TRUE(listener);
  }
  const auto control = Control::listen(path, loop(), board);
  EXPECT_TRUE(control) << control.error().message;
}

TEST_F(ControlSocket, DoesNotReplaceAFileThatIsNoSocket) {
  directory.make_directory("deeper");
  std::ofstream(path) << "precious";
  EXPECT_FALSE(Control::listen(path, loop(), board));
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace systemcheck::test
