#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/vocabulary.h"
#include "config/relay_rules.h"
#include "relay/log_line.h"
#include "relay/log_time.h"
#include "relay/login.h"
#include "relay/login_patterns.h"

namespace systemcheck {

/// What became of a line.
enum class LineVerdict {
  nothing,     ///< of most lines
  unreadable,  ///< it is not made like the lines of such a log
  opened,      ///< of a server that says it in two lines: the first
  closed,      ///< and it came to nothing
  login,
  login_without_address,  ///< the server does not say from where: somebody has to add the address by hand
  untrusted,              ///< it would be a login, but nobody knows that a mail server wrote it
  bad_address,            ///< it would be a login, but its address is none
  bad_user,               ///< its user is longer than 255 bytes, or has control characters in it
  bad_time,               ///< its time cannot be read
  from_the_future,        ///< its time is more than a minute ahead
};
template <>
struct Words<LineVerdict> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 11> all{
      "nothing",   "unreadable",  "opened",   "closed",   "login",          "login_without_address",
      "untrusted", "bad_address", "bad_user", "bad_time", "from_the_future"};
};

struct ReaderRules {
  LineLayout layout = LineLayout::plain;
  TrustedOrigin trusted_origin = TrustedOrigin::required;
  std::vector<uid_t> senders{};  ///< as whom mail servers log
  /// A log is looked at as if each line had just been written.
  bool is_of_any_time = false;
};

/// `user` and `pattern` point into the text and the patterns.
struct LineReading {
  LineVerdict verdict = LineVerdict::nothing;
  std::string_view user{};
  std::string_view pattern{};
  std::optional<Login> login{};  ///< of a verdict of that name
};

/// Reads one log line by line. Remembers who has opened a session, no more than it has to.
class LoginReader {
 public:
  LoginReader(LoginPatterns patterns, ReaderRules rules, UtcOffset offset_at)
      : patterns_(std::move(patterns)), rules_(std::move(rules)), offset_at_(std::move(offset_at)) {}

  LineReading read(std::string_view text, WallTime now);
  /// Of a source that knows the parts, as the journal does.
  LineReading read(const LogLine& line, WallTime now);

  /// Nothing comes of a line of another program: it need not be read.
  [[nodiscard]] bool looks_at(const LogLine& line) const { return patterns_.look_at(line.tag); }
  /// From now on; who has opened a session is remembered.
  void use(LoginPatterns patterns) { patterns_ = std::move(patterns); }
  [[nodiscard]] const ReaderRules& rules() const { return rules_; }

  /// In lines: what the line says, which pattern looks at it, and what comes of it. Nothing is remembered or
  /// counted.
  [[nodiscard]] std::string explain(std::string_view text, WallTime now) const;

  [[nodiscard]] std::uint64_t count(LineVerdict verdict) const {
    return counts_.at(static_cast<std::size_t>(verdict));
  }
  /// Sessions that were forgotten for want of room.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] std::size_t open_sessions() const { return sessions_.size(); }

  static constexpr std::size_t sessions_max = 10'000;

 private:
  struct Session {
    std::string key{};
    IpAddress address{};
    WallTime at{};
    WallTime until{};
  };
  struct ReadTime {
    std::string text{};
    WallTime now{};
    std::optional<WallTime> at{};
  };
  using Sessions = std::list<Session>;

  LineReading judge(const LogLine& line, WallTime now);
  LineReading judge_fit(const LogLine& line, const LoginFit& fit, WallTime now);
  LineReading judge_login(const LogLine& line, const LoginFit& fit, WallTime at);
  [[nodiscard]] bool is_trusted(const LogLine& line) const;
  std::optional<WallTime> time_of(const LogLine& line, WallTime now);
  std::optional<IpAddress> address_of(const LogLine& line, const LoginFit& fit, WallTime at);
  LineVerdict open_session(const LogLine& line, const LoginFit& fit, WallTime at);
  void forget(const std::string& key);

  LoginPatterns patterns_;
  ReaderRules rules_;
  UtcOffset offset_at_;
  std::array<std::uint64_t, Words<LineVerdict>::all.size()> counts_{};
  std::uint64_t forgotten_ = 0;
  ReadTime last_time_{};
  Sessions in_order_{};  ///< the oldest first
  std::unordered_map<std::string, Sessions::iterator> sessions_{};
};

/// Nothing in the line says why it should not be one.
bool is_user_name(std::string_view user);

}  // namespace systemcheck
