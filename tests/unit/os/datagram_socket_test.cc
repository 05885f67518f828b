#include "os/datagram_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "os/descriptor.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using testing::HasSubstr;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// As the user that the sender says he is: only root may say anything but the truth.
bool send_as(const std::string& path, const std::string& text, uid_t user) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  auto address = address_of(path);
  std::string copy = text;
  iovec piece{.iov_base = copy.data(), .iov_len = copy.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_CREDENTIALS;
  header->cmsg_len = CMSG_LEN(sizeof(ucred));
  const ucred who{.pid = ::getpid(), .uid = user, .gid = ::getgid()};
  std::memcpy(CMSG_DATA(header), &who, sizeof who);
  return ::sendmsg(socket.number(), &message, 0) == static_cast<ssize_t>(text.size());
}

class DatagramSocketTest : public testing::Test {
 protected:
  TemporaryDirectory directory{};
  std::string path = directory.path("run/lines.sock");
};

TEST_F(DatagramSocketTest, TellsWhoSentADatagram) {
  const auto bound = bind_datagram_socket(path);
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_FALSE((*bound)->receive());
  ASSERT_TRUE(send_as(path, "line", ::getuid()));
  const auto received = (*bound)->receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->text, "line");
  EXPECT_EQ(received->sender, ::getuid());
  if (!send_as(path, "line", 1234)) GTEST_SKIP() << "only root can send as somebody else";
  const auto strange = (*bound)->receive();
  ASSERT_TRUE(strange);
  EXPECT_EQ(strange->sender, 1234U);
}

TEST_F(DatagramSocketTest, SaysThatADatagramWasCut) {
  const auto bound = bind_datagram_socket(path);
  ASSERT_TRUE(bound);
  ASSERT_TRUE(send_as(path, std::string(datagram_bytes_max + 1, 'x'), ::getuid()));
  const auto received = (*bound)->receive();
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->was_cut);
}

TEST_F(DatagramSocketTest, LetsNobodyElseSend) {
  const auto bound = bind_datagram_socket(path);
  ASSERT_TRUE(bound);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(DatagramSocketTest, ReplacesASocketThatNobodyIsBoundToAnyMore) {
  directory.make_directory("run");
  {
    const Descriptor left(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(path);
    ASSERT_EQ(::bind(left.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(bind_datagram_socket(path));
}

TEST_F(DatagramSocketTest, TakesNoSocketFromSomebodyWhoReceivesThere) {
  const auto first = bind_datagram_socket(path);
  ASSERT_TRUE(first);
  const auto second = bind_datagram_socket(path);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("somebody else receives there"));
}

TEST_F(DatagramSocketTest, RemovesNoFileThatIsNoSocket) {
  directory.make_directory("run");
  directory.write_file("run/lines.sock", "precious");
  const auto bound = bind_datagram_socket(path);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("is no socket"));
}

TEST_F(DatagramSocketTest, TakesItsNameWithIt) {
  { ASSERT_TRUE(bind_datagram_socket(path)); }
  struct stat status {};
  EXPECT_NE(::stat(path.c_str(), &status), 0);
}

}  // namespace
}  // namespace systemcheck::test
