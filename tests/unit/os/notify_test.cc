#include "os/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include "os/descriptor.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

/// What systemd listens with.
class NotifyTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto path = directory.path("notify");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }
  std::string heard() {
    std::array<char, 1024> buffer{};
    const auto size = ::recv(socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

  TemporaryDirectory directory{};
  Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(NotifyTest, SaysWhatSystemdWantsToHear) {
  notify_ready();
  EXPECT_EQ(heard(), "READY=1");
  notify_stopping();
  EXPECT_EQ(heard(), "STOPPING=1");
  notify_alive();
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(NotifyTest, SaysWhenAReloadBegan) {
  notify_reloading(Instant{std::chrono::milliseconds{1'234}});
  EXPECT_EQ(heard(), "RELOADING=1\nMONOTONIC_USEC=1234000");
}

TEST_F(NotifyTest, LetsNoStatusTextSayAnythingElse) {
  notify_status("3 services\nMAINPID=1");
  EXPECT_EQ(heard(), "STATUS=3 services\\x0aMAINPID=1");
}

TEST_F(NotifyTest, SaysNothingWithoutSystemd) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();
  EXPECT_EQ(heard(), "nothing");
}

TEST_F(NotifyTest, KnowsTheWatchdogThatIsMeantForIt) {
  EXPECT_FALSE(read_watchdog_interval());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(read_watchdog_interval(), Duration{std::chrono::seconds{30}});
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(read_watchdog_interval()) << "meant for who has started us";
}

}  // namespace
}  // namespace systemcheck::test
