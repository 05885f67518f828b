#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// A socket that listens at one address. A socket file is removed with it, if it is still its own.
class HttpListener {
 public:
  /// "127.0.0.1:10060", "[::1]:10060", "unix:/run/systemcheck/http.sock"; port 0: any free one.
  /// Addresses are numeric: the daemon never waits for a name server. IPv6 is only IPv6, so that
  /// "[::]:10060" and "0.0.0.0:10060" can stand beside each other.
  static Result<HttpListener> open(std::string_view address);

  HttpListener(HttpListener&&) noexcept = default;
  HttpListener& operator=(HttpListener&&) = delete;
  ~HttpListener();

  [[nodiscard]] int number() const { return socket_.number(); }
  /// What was bound, with the real port.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  /// Which file a path meant when it was bound: another daemon may have put its own there since.
  struct File {
    std::string path{};
    dev_t device = 0;
    ino_t inode = 0;
  };

  HttpListener(Descriptor socket, std::string address, File file);

  static Result<HttpListener> open_internet(std::string_view text);
  static Result<HttpListener> open_file(std::string_view text);

  Descriptor socket_{};
  std::string address_{};
  File file_{};  ///< path is empty: no socket file
};

}  // namespace systemcheck
