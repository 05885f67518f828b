#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "os/descriptor.h"

// A client that sends exactly the bytes it is told to, also such as no library would.

namespace systemcheck::test {

struct HttpReply {
  int code = 0;                                  ///< 0: the connection ended without an answer
  std::map<std::string, std::string> headers{};  ///< names in lower case
  std::string body{};

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

enum class ReplyTo { get, head };

class HttpClient {
 public:
  /// An address as the server names it.
  explicit HttpClient(std::string_view address) {
    sockaddr_storage storage{};
    const auto size = socket_address(address, storage);
    socket_ = Descriptor(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) socket_.reset();
  }

  [[nodiscard]] bool is_connected() const { return socket_.is_open(); }

  /// False if the server has closed the connection before all was sent.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  HttpReply read_reply(ReplyTo kind = ReplyTo::get) {
    HttpReply reply;
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!read_more()) return reply;
    }
    parse_head(take(received_.find("\r\n\r\n") + 4), reply);
    const auto length = std::strtoull(reply.header("content-length").c_str(), nullptr, 10);
    while (kind == ReplyTo::get && received_.size() < length) {
      if (!read_more()) break;
    }
    if (kind == ReplyTo::get) reply.body = take(std::min<std::size_t>(length, received_.size()));
    return reply;
  }

  HttpReply ask(std::string_view path, std::string_view more_headers = "", std::string_view method = "GET") {
    (void)send(std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" +
               std::string(more_headers) + "\r\n");
    return read_reply(method == "HEAD" ? ReplyTo::head : ReplyTo::get);
  }

  /// Of an answer without end: reads until it has said this. False if it does not.
  bool await(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      if (!read_more()) return false;
    }
    (void)take(received_.find(text) + text.size());
    return true;
  }

  /// Whether the server closes without saying more.
  bool is_closed_by_server() { return received_.empty() && !read_more() && is_at_end_; }

 private:
  // Only so that a broken server fails the test instead of hanging it.
  static constexpr int patience_ms = 8'000;

  static socklen_t socket_address(std::string_view address, sockaddr_storage& storage) {
    if (address.substr(0, 5) == "unix:") {
      auto& file = reinterpret_cast<sockaddr_un&>(storage);
      file.sun_family = AF_UNIX;
      address.substr(5).copy(file.sun_path, sizeof file.sun_path - 1);
      return sizeof file;
    }
    const auto colon = address.rfind(':');
    const auto port =
        htons(static_cast<in_port_t>(std::atoi(std::string(address.substr(colon + 1)).c_str())));
    if (address.front() == '[') {
      auto& six = reinterpret_cast<sockaddr_in6&>(storage);
      six.sin6_family = AF_INET6;
      six.sin6_port = port;
      inet_pton(AF_INET6, std::string(address.substr(1, colon - 2)).c_str(), &six.sin6_addr);
      return sizeof six;
    }
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    four.sin_family = AF_INET;
    four.sin_port = port;
    inet_pton(AF_INET, std::string(address.substr(0, colon)).c_str(), &four.sin_addr);
    return sizeof four;
  }

  bool read_more() {
    pollfd waiting{.fd = socket_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, patience_ms) <= 0) return false;
    std::array<char, 65'536> buffer{};
    const auto size = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
    is_at_end_ = size <= 0;
    if (is_at_end_) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }

  std::string take(std::size_t size) {
    auto taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  static void parse_head(std::string_view head, HttpReply& reply) {
    reply.code = std::atoi(std::string(head.substr(head.find(' ') + 1, 3)).c_str());
    head.remove_prefix(head.find("\r\n") + 2);
    while (head.size() > 2) {
      const auto line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(": ");
      std::string name(line.substr(0, colon));
      for (auto& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      reply.headers[name] = std::string(line.substr(colon + 2));
      head.remove_prefix(line.size() + 2);
    }
  }

  Descriptor socket_{};
  std::string received_{};
  bool is_at_end_ = false;
};

/// What a gzip member of at most 16 MiB unpacks to; nothing for anything else.
inline std::string gunzip(const std::string& packed) {
  std::string text(std::size_t{16} << 20, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const bool is_whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
  text.resize(is_whole ? stream.total_out : 0);
  inflateEnd(&stream);
  return text;
}

}  // namespace systemcheck::test
