#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/web_config.h"
#include "publish/http_tls.h"
#include "publish/http_users.h"

struct sockaddr;

namespace systemcheck {

/// What the web configuration file says now. Never changed: there is a new one.
struct HttpWeb {
  std::uint64_t number = 0;  ///< another one for each
  WebConfig config{};
  std::shared_ptr<const HttpTls> tls{};
};

/// Where a request comes from.
struct HttpPeer {
  std::string host{};     ///< "192.0.2.7", of IPv6 the first half, which is one customer's; "a socket file"
  std::string text{};     ///< "192.0.2.7:4711"
  bool is_local = false;  ///< of this machine
};
HttpPeer describe_peer(const sockaddr* address);

/// Lets in who may come in. Belongs to one thread, that of its address.
class HttpGate {
 public:
  struct Entry {
    HttpLogin login = HttpLogin::wrong;
    bool is_open = false;  ///< there are no users: everybody may come in
    Credentials said{};    ///< while the login is unknown, to compute the hash of
    std::string hash{};
  };

  /// `authorization`: the header, if it was there exactly once.
  Entry ask(const HttpWeb& web, const HttpPeer& peer, std::string_view authorization, Instant now);
  void learn(const HttpWeb& web, const HttpPeer& peer, const Credentials& said, bool is_good);

 private:
  HttpUsers users_{};
  std::uint64_t number_ = 0;
};

}  // namespace systemcheck
