#include "os/connector_socket.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::size_t batch_max = 32;

class NetlinkSocket final : public ConnectorSocket {
 public:
  explicit NetlinkSocket(Descriptor socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int descriptor() const override { return socket_.number(); }

  Status send(std::string_view request) override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const auto sent = ::sendto(socket_.number(), request.data(), request.size(), MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent < 0) return os_error("cannot ask it");
    return Nothing{};
  }

  Received receive(std::span<Datagram> into) override {
    const auto wanted = std::min(into.size(), batch_max);
    std::array<sockaddr_nl, batch_max> senders{};
    std::array<iovec, batch_max> places{};
    std::array<mmsghdr, batch_max> messages{};
    for (std::size_t i = 0; i < wanted; ++i) {
      places[i] = {.iov_base = into[i].bytes.data(), .iov_len = into[i].bytes.size()};
      auto& header = messages[i].msg_hdr;
      header.msg_name = &senders[i];
      header.msg_namelen = sizeof senders[i];
      header.msg_iov = &places[i];
      header.msg_iovlen = 1;
    }
    const int count =
        ::recvmmsg(socket_.number(), messages.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
    if (count < 0) return failure(errno);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto& header = messages[i].msg_hdr;
      into[i].size = (header.msg_flags & MSG_TRUNC) != 0 ? 0 : messages[i].msg_len;
      into[i].is_from_kernel = header.msg_namelen == sizeof(sockaddr_nl) &&
                               senders[i].nl_family == AF_NETLINK && senders[i].nl_pid == 0;
    }
    return {.kind = Received::Kind::some, .count = static_cast<std::size_t>(count)};
  }

  Status use_filter(std::vector<sock_filter> program) override {
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (::setsockopt(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
      return os_error("cannot filter it");
    return Nothing{};
  }

 private:
  static Received failure(int error_number) {
    if (error_number == EAGAIN || error_number == EINTR) return {};
    if (error_number == ENOBUFS) return {.kind = Received::Kind::lost};
    return {.kind = Received::Kind::failed, .error_number = error_number};
  }

  Descriptor socket_;
};

/// Beyond net.core.rmem_max only with CAP_NET_ADMIN.
void limit_buffer(int socket, int bytes) {
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
}

}  // namespace

Result<std::unique_ptr<ConnectorSocket>> open_connector(int buffer_bytes) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!socket.is_open()) return os_error("process connector");
  auto netlink = std::make_unique<NetlinkSocket>(std::move(socket));
  // Before anything can come.
  if (auto filtered = netlink->use_filter(exit_filter({})); !filtered)
    return std::move(filtered).error().within("process connector");
  limit_buffer(netlink->descriptor(), buffer_bytes);
  sockaddr_nl here{};
  here.nl_family = AF_NETLINK;
  here.nl_groups = CN_IDX_PROC;
  if (::bind(netlink->descriptor(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
    return os_error("process connector");
  return std::unique_ptr<ConnectorSocket>(std::move(netlink));
}

}  // namespace systemcheck
