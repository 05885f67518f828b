#include "os/datagram_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "os/descriptor.h"
#include "os/local_socket.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr uid_t nobody = 65534;
// A burst of some thousand lines waits in here; senders of more wait, or are told.
constexpr int waiting_bytes = 1 << 20;

/// Who is bound there now. The name may be somebody else's later.
struct Bound {
  std::string path{};
  dev_t device = 0;
  ino_t inode = 0;
};

class LocalDatagrams final : public DatagramSocket {
 public:
  LocalDatagrams(Descriptor socket, Bound bound)
      : socket_(std::move(socket)), bound_(std::move(bound)), buffer_(datagram_bytes_max) {}
  LocalDatagrams(const LocalDatagrams&) = delete;
  LocalDatagrams& operator=(const LocalDatagrams&) = delete;
  ~LocalDatagrams() override {
    struct stat status {};
    if (::lstat(bound_.path.c_str(), &status) != 0) return;
    if (status.st_dev == bound_.device && status.st_ino == bound_.inode) ::unlink(bound_.path.c_str());
  }

  [[nodiscard]] int descriptor() const override { return socket_.number(); }
  [[nodiscard]] const std::string& path() const override { return bound_.path; }

  std::optional<ReceivedDatagram> receive() override {
    iovec room{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    // MSG_CMSG_CLOEXEC: descriptors that come along find no room, and are closed.
    const auto size = ::recvmsg(socket_.number(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) return std::nullopt;
    return ReceivedDatagram{.text = {buffer_.data(), static_cast<std::size_t>(size)},
                            .was_cut = (message.msg_flags & MSG_TRUNC) != 0,
                            .sender = sender_of(message)};
  }

 private:
  static uid_t sender_of(const msghdr& message) {
    const auto* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS)
      return nobody;
    ucred who{};
    std::memcpy(&who, CMSG_DATA(header), sizeof who);
    return who.uid;
  }

  Descriptor socket_;
  Bound bound_;
  std::vector<char> buffer_;
};

/// A socket that its owner has left behind is removed.
Status clear_way(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Nothing{};
  if (!S_ISSOCK(status.st_mode)) return Error{Error::Kind::refused, path + ": is there, and is no socket"};
  const Descriptor probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.number(), plain(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return Error{Error::Kind::refused, path + ": somebody else receives there"};
  }
  if (::unlink(path.c_str()) != 0) return os_error(path);
  return Nothing{};
}

}  // namespace

Result<std::unique_ptr<DatagramSocket>> bind_datagram_socket(const std::string& path) {
  const auto address = local_address(path);
  if (!address) return address.error();
  std::error_code ignored;  // bind() says it better.
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (auto cleared = clear_way(path, *address); !cleared) return std::move(cleared).error();
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return os_error(path);
  const int on = 1;
  // Before there is a name to send to: of every datagram it is known who sent it.
  if (::setsockopt(socket.number(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) return os_error(path);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &waiting_bytes, sizeof waiting_bytes);
  // On Linux the socket's own mode is that of its name: nobody else can send in between.
  if (::fchmod(socket.number(), 0600) != 0) return os_error(path);
  if (::bind(socket.number(), plain(*address), sizeof *address) != 0) return os_error(path);
  struct stat status {};
  if (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &status) != 0) return os_error(path);
  return std::unique_ptr<DatagramSocket>(std::make_unique<LocalDatagrams>(
      std::move(socket), Bound{.path = path, .device = status.st_dev, .inode = status.st_ino}));
}

}  // namespace systemcheck
