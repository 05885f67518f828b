#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/web_config.h"

namespace systemcheck {

/// A certificate and what else a handshake takes, all of which may be another for the next connection. Never
/// changed: any thread may use it.
class HttpTls {
 public:
  struct Texts {
    std::string certificate{};  ///< PEM, all of these
    std::string key{};
    std::string client_authorities{};
  };

  static Result<std::shared_ptr<const HttpTls>> make(const WebTls& rules, const Texts& texts);
  virtual ~HttpTls() = default;

  /// To be called before the session's first byte; this must outlive it. `session` is GnuTLS'
  /// gnutls_session_t. False: it must not go on.
  virtual bool prepare(void* session) const = 0;
};

/// What GnuTLS calls a priority string, gnutls_priority_init(3). Pure.
Result<std::string> tls_priorities(const WebTls& rules);

}  // namespace systemcheck
