#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/command_verb.h"
#include "base/units.h"
#include "os/awaited.h"
#include "publish/view.h"

// What may be asked for by POST, and by whom.

namespace systemcheck {

/// What came of an order: a document for whoever waits for it.
using HttpOutcome = Awaited<std::string>;

struct HttpOrder {
  CommandVerb verb = CommandVerb::release;
  std::string target{};  ///< a service or a group
  Duration length{};     ///< of maintenance
  std::string reason{};
  std::string asked_by{};  ///< "http alice from 192.0.2.7:4711"
  std::shared_ptr<HttpOutcome::Call> outcome{};
};

/// RFC 9457.
struct HttpProblem {
  int code = 500;
  std::string detail{};
  std::string allow{};               ///< of 405
  unsigned retry_after_seconds = 0;  ///< 0: not said
};
std::string problem_json(const HttpProblem& problem);
/// Of an outcome that says why nothing was done: {"error": "…"}.
std::optional<HttpProblem> find_refusal(const std::string& outcome);

/// Somebody who asks, and what he says of himself.
struct HttpAsker {
  std::string user{};       ///< empty: nobody has logged in
  bool is_private = false;  ///< nobody between him and us can read along
  std::string peer{};
};

/// Header fields that browsers send, and those that only our own page and scripts do.
struct HttpActing {
  std::string_view method{};
  std::string_view path{};
  std::string_view content_type{};
  std::string_view host{};
  std::string_view origin{};
  std::string_view fetch_site{};
  std::string_view csrf_token{};
  std::string_view body{};
};

/// For `GET /api/v1/session` and the orders. Never changed: any thread may ask.
class HttpActs {
 public:
  /// `key` signs the tokens.
  HttpActs(std::vector<std::string> may_act, std::string key)
      : may_act_(std::move(may_act)), key_(std::move(key)) {}

  /// Whether a path is one of ours.
  static bool is_session(std::string_view path);
  static bool is_order(std::string_view path);

  [[nodiscard]] std::string session_json(const HttpAsker& asker, WallTime now) const;
  [[nodiscard]] std::variant<HttpProblem, HttpOrder> judge(const HttpActing& acting, const HttpAsker& asker,
                                                           const View& view, WallTime now) const;

 private:
  [[nodiscard]] std::string why_not(const HttpAsker& asker) const;
  [[nodiscard]] std::string make_token(const std::string& user, WallTime until) const;
  [[nodiscard]] bool is_token(std::string_view token, const std::string& user, WallTime now) const;

  const std::vector<std::string> may_act_;
  const std::string key_;
};

inline constexpr std::size_t http_body_bytes_max = 4096;
inline constexpr Duration csrf_token_time = std::chrono::hours{12};

}  // namespace systemcheck
