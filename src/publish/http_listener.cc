#include "publish/http_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr mode_t socket_file_mode = 0660;
constexpr std::string_view unix_prefix = "unix:";
constexpr int socket_flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

/// Any of the addresses that bind(2) takes.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

template <typename Address>
SocketAddress as_socket_address(const Address& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

Error failure(std::string_view what) {
  const int number = errno;
  return Error{number == EACCES ? Error::Kind::denied : Error::Kind::failed,
               std::string(what) + ": " + std::generic_category().message(number)};
}

Error malformed() {
  return Error{Error::Kind::malformed, "not an address as 127.0.0.1:10060, [::1]:10060 or unix:/path"};
}

Result<SocketAddress> parse_internet(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed();
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  auto host = std::string(text.substr(0, colon));
  if (!port) return malformed();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(*port);
    host = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return malformed();
    return as_socket_address(six);
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(*port);
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return malformed();
  return as_socket_address(four);
}

Result<SocketAddress> parse_file(const std::string& path) {
  sockaddr_un file{};
  if (path.empty() || path.front() != '/') return Error{Error::Kind::malformed, "the path must begin with /"};
  if (path.size() >= sizeof file.sun_path || path.find('\0') != std::string::npos)
    return Error{Error::Kind::malformed, "a socket's path has at most 107 bytes (unix(7))"};
  file.sun_family = AF_UNIX;
  std::memcpy(file.sun_path, path.c_str(), path.size() + 1);
  return as_socket_address(file);
}

std::string internet_text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address.family() == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &six->sin6_addr, host.data(), host.size());
    return '[' + std::string(host.data()) + "]:" + std::to_string(ntohs(six->sin6_port));
  }
  const auto* four = reinterpret_cast<const sockaddr_in*>(&address.storage);
  inet_ntop(AF_INET, &four->sin_addr, host.data(), host.size());
  return std::string(host.data()) + ':' + std::to_string(ntohs(four->sin_port));
}

Status switch_on(int socket, int level, int option) {
  const int on = 1;
  if (::setsockopt(socket, level, option, &on, sizeof on) != 0) return failure("setsockopt");
  return Nothing{};
}

Status bind_and_listen(int socket, const SocketAddress& address) {
  if (::bind(socket, address.raw(), address.size) != 0) return failure("bind");
  if (::listen(socket, SOMAXCONN) != 0) return failure("listen");
  return Nothing{};
}

/// A daemon that was killed leaves its socket file behind: nobody answers there any more. Anything
/// else at that path is somebody's, and stays.
Status remove_stale_file(const std::string& path, const SocketAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return Nothing{};  // Whatever is wrong, bind(2) says it better.
  if (!S_ISSOCK(found.st_mode)) return Error{Error::Kind::refused, "there is a file that is no socket"};
  const Descriptor probe(::socket(AF_UNIX, socket_flags, 0));
  if (!probe.is_open()) return failure("socket");
  if (::connect(probe.number(), address.raw(), address.size) == 0 || errno != ECONNREFUSED)
    return Error{Error::Kind::refused, "another program listens there"};
  if (::unlink(path.c_str()) != 0) return failure("unlink of the stale socket");
  return Nothing{};
}

}  // namespace

HttpListener::HttpListener(Descriptor socket, std::string address, File file)
    : socket_(std::move(socket)), address_(std::move(address)), file_(std::move(file)) {}

HttpListener::~HttpListener() {
  struct stat found {};
  if (file_.path.empty() || ::lstat(file_.path.c_str(), &found) != 0) return;
  if (found.st_dev == file_.device && found.st_ino == file_.inode) ::unlink(file_.path.c_str());
}

Result<HttpListener> HttpListener::open(std::string_view address) {
  const bool is_file = address.substr(0, unix_prefix.size()) == unix_prefix;
  auto listener = is_file ? open_file(address.substr(unix_prefix.size())) : open_internet(address);
  if (!listener) return std::move(listener).error().within("http: " + printable(address));
  return listener;
}

Result<HttpListener> HttpListener::open_internet(std::string_view text) {
  auto address = parse_internet(text);
  if (!address) return address.error();
  Descriptor socket(::socket(address->family(), socket_flags, 0));
  if (!socket.is_open()) return failure("socket");
  // A port in TIME_WAIT is free: a restart must not have to wait a minute for it.
  if (auto done = switch_on(socket.number(), SOL_SOCKET, SO_REUSEADDR); !done) return done.error();
  if (address->family() == AF_INET6) {
    if (auto done = switch_on(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY); !done) return done.error();
  }
  if (auto done = bind_and_listen(socket.number(), *address); !done) return done.error();
  if (::getsockname(socket.number(), address->raw(), &address->size) != 0) return failure("getsockname");
  return HttpListener(std::move(socket), internet_text(*address), File{});
}

Result<HttpListener> HttpListener::open_file(std::string_view text) {
  const std::string path(text);
  const auto address = parse_file(path);
  if (!address) return address.error();
  if (auto done = remove_stale_file(path, *address); !done) return done.error();
  Descriptor socket(::socket(AF_UNIX, socket_flags, 0));
  if (!socket.is_open()) return failure("socket");
  // The file gets the mode of the socket less the umask at bind(2): never more than this, at no moment.
  if (::fchmod(socket.number(), socket_file_mode) != 0) return failure("fchmod");
  if (auto done = bind_and_listen(socket.number(), *address); !done) return done.error();
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return failure("stat");
  HttpListener listener(std::move(socket), std::string(unix_prefix) + path,
                        File{.path = path, .device = made.st_dev, .inode = made.st_ino});
  if (::chmod(path.c_str(), socket_file_mode) != 0) return failure("chmod");
  return listener;
}

}  // namespace systemcheck
