#include "publish/http_listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/http_client.h"

namespace systemcheck {
namespace {

using testing::HasSubstr;

/// A directory of the test's own, gone with it.
class SocketFile : public testing::Test {
 protected:
  SocketFile() {
    std::string pattern = testing::TempDir() + "systemcheck.XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SocketFile() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ + "/http.sock"; }
  [[nodiscard]] std::string address() const { return "unix:" + path(); }

 private:
  std::string directory_{};
};

TEST(HttpListener, NamesThePortThatItGot) {
  const auto listener = HttpListener::open("127.0.0.1:0");

  ASSERT_TRUE(listener);
  EXPECT_THAT(listener->address(), testing::StartsWith("127.0.0.1:"));
  EXPECT_NE(listener->address(), "127.0.0.1:0");
  EXPECT_TRUE(test::HttpClient(listener->address()).is_connected());
}

TEST(HttpListener, TakesBothFamiliesAtOnePort) {
  const auto six = HttpListener::open("[::]:0");
  if (!six) GTEST_SKIP() << "no IPv6 here";
  const auto port = six->address().substr(six->address().rfind(':'));

  const auto four = HttpListener::open("0.0.0.0" + port);

  ASSERT_TRUE(four) << four.error().message;
  EXPECT_EQ(six->address(), "[::]" + port);
}

TEST(HttpListener, NamesTheAddressThatIsTaken) {
  const auto first = HttpListener::open("127.0.0.1:0");
  ASSERT_TRUE(first);

  const auto second = HttpListener::open(first->address());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "http: " + first->address() + ": bind: Address already in use");
}

TEST(HttpListener, RefusesWhatIsNoNumericAddress) {
  for (const auto* address :
       {"", ":", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80",
        "[::1]", "[]:80", "127.1:80", "127.0.0.1:80 ", "*:80", "[127.0.0.1]:80"}) {
    const auto listener = HttpListener::open(address);
    ASSERT_FALSE(listener) << address;
    EXPECT_EQ(listener.error().kind, Error::Kind::malformed) << address;
    EXPECT_THAT(listener.error().message, HasSubstr("as 127.0.0.1:10060, [::1]:10060 or unix:/path"));
  }
}

TEST(HttpListener, RefusesAPathThatNoSocketCanHave) {
  EXPECT_FALSE(HttpListener::open("unix:"));
  EXPECT_FALSE(HttpListener::open("unix:relative.sock"));
  EXPECT_FALSE(HttpListener::open(std::string("unix:/a\0b", 9)));
  const auto too_long = HttpListener::open("unix:/" + std::string(107, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("at most 107 bytes"));
}

TEST(HttpListener, SaysWhatIsWrongWithAPath) {
  const auto listener = HttpListener::open("unix:/nowhere/at/all.sock");
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().message, "http: unix:/nowhere/at/all.sock: bind: No such file or directory");
}

TEST_F(SocketFile, IsForItsOwnerAndGroupWhateverTheUmask) {
  const auto before = ::umask(077);
  const auto listener = HttpListener::open(address());
  ::umask(before);
  ASSERT_TRUE(listener) << listener.error().message;

  struct stat made {};
  ASSERT_EQ(::lstat(path().c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0660U);
  EXPECT_EQ(listener->address(), address());
}

TEST_F(SocketFile, GoesWithItsListener) {
  ASSERT_TRUE(HttpListener::open(address()));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(SocketFile, OfAKilledDaemonIsReplaced) {
  {
    const auto killed = HttpListener::open(address());
    ASSERT_TRUE(killed);
    std::filesystem::rename(path(), path() + ".kept");  // Nobody tidied up after it …
  }
  std::filesystem::rename(path() + ".kept", path());  // … and nobody listens there.

  const auto listener = HttpListener::open(address());

  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(test::HttpClient(listener->address()).is_connected());
}

TEST_F(SocketFile, OfALivingDaemonIsLeftAlone) {
  const auto first = HttpListener::open(address());
  ASSERT_TRUE(first);

  const auto second = HttpListener::open(address());

  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another program listens there"));
  EXPECT_TRUE(test::HttpClient(address()).is_connected());
}

TEST_F(SocketFile, OfAnotherKindIsLeftAlone) {
  std::ofstream(path()) << "precious";

  const auto listener = HttpListener::open(address());

  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("there is a file that is no socket"));
  EXPECT_EQ(std::filesystem::file_size(path()), 8U);
}

TEST_F(SocketFile, OfASuccessorOutlivesThePredecessor) {
  auto first = HttpListener::open(address());
  ASSERT_TRUE(first);
  std::filesystem::remove(path());
  const auto second = HttpListener::open(address());
  ASSERT_TRUE(second);

  { const auto ends = *std::move(first); }

  EXPECT_TRUE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace systemcheck
