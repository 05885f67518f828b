#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "config/relay_rules.h"

namespace systemcheck {

/// What a message says, by the pattern that it fits. All of it points into the message or the patterns.
struct LoginFit {
  enum class Kind {
    login,
    opens,   ///< of a server that says it in two lines: the address, and nothing else yet
    closes,  ///< and it came to nothing
  };

  Kind kind = Kind::login;
  std::string_view pattern{};
  std::string_view address{};  ///< empty where the message has none
  std::string_view user{};
  bool is_second_line = false;  ///< the address is in an earlier line of the same process
  Duration open_for{};
};

/// Which logins count.
struct LoginScope {
  bool smtp_auth = false;  ///< those to send mail, too
};

/// How servers say that somebody has logged in: those that are built in, and those of the configuration.
/// Immutable.
///
/// A message is looked at only if its program's tag is one of a pattern's; then it must begin with one of its
/// prefixes; then the whole of it must fit the expression, from its first byte to its last.
class LoginPatterns {
 public:
  /// All problems, a line each, where there is one. A pattern without an expression adds its tags to those of
  /// the built-in patterns of that name, as of Dovecot's instance_name. Their examples are tried.
  static Result<LoginPatterns> compile(const std::vector<LoginPattern>& ours, LoginScope scope = {});

  /// Whether any of them looks at what such a program writes: of most programs none does.
  [[nodiscard]] bool look_at(std::string_view tag) const;

  [[nodiscard]] std::optional<LoginFit> fit(std::string_view tag, std::string_view message) const;

  /// Why it fits what it fits, or why nothing, in lines.
  [[nodiscard]] std::string explain(std::string_view tag, std::string_view message) const;

  struct Compiled;

 private:
  explicit LoginPatterns(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace systemcheck
