#include "daemon/control.h"

#include <sys/socket.h>

#include <future>
#include <string>
#include <thread>

#include "os/local_socket.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"
#include "support/view_builder.h"

namespace systemcheck::test {
namespace {

/// Sends and reads until the other side closes; on a thread of its own, as a client is.
std::string converse(const std::string& path, const std::string& request) {
  const auto connection = connect_locally(path);
  if (!connection) return connection.error().message;
  (void)::send(connection->number(), request.data(), request.size(),
               MSG_NOSIGNAL);  // It may be closed already.
  std::string answer;
  char buffer[4096];
  for (;;) {
    const auto count = ::recv(connection->number(), buffer, sizeof buffer, 0);
    if (count <= 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(count));
  }
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
