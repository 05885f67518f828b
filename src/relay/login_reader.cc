#include "relay/login_reader.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
namespace {

constexpr std::size_t user_bytes_max = 255;

/// A process of a program: another one may have its number in another program's lines.
std::string session_key(const LogLine& line) { return std::string(line.tag) + "[" + std::string(line.pid); }

}  // namespace

bool is_user_name(std::string_view user) {
  return user.size() <= user_bytes_max && std::ranges::none_of(user, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

LineReading LoginReader::read(std::string_view text, WallTime now) {
  const auto line = parse_log_line(text, rules_.layout);
  if (line) return read(*line, now);
  ++counts_.at(static_cast<std::size_t>(LineVerdict::unreadable));
  return {.verdict = LineVerdict::unreadable};
}

LineReading LoginReader::read(const LogLine& line, WallTime now) {
  auto reading = judge(line, now);
  ++counts_.at(static_cast<std::size_t>(reading.verdict));
  return reading;
}

LineReading LoginReader::judge(const LogLine& line, WallTime now) {
  const auto fit = patterns_.fit(line.tag, line.message);
  if (!fit) return {};
  auto reading = judge_fit(line, *fit, now);
  reading.user = fit->user;
  reading.pattern = fit->pattern;
  return reading;
}

LineReading LoginReader::judge_fit(const LogLine& line, const LoginFit& fit, WallTime now) {
  const auto is_login = fit.kind == LoginFit::Kind::login;
  if (!is_trusted(line)) return {.verdict = is_login ? LineVerdict::untrusted : LineVerdict::nothing};
  if (fit.kind == LoginFit::Kind::closes) {
    forget(session_key(line));
    return {.verdict = LineVerdict::closed};
  }
  const auto at = time_of(line, now);
  if (!at) return {.verdict = LineVerdict::bad_time};
  if (!rules_.is_of_any_time && is_ahead(*at, now)) return {.verdict = LineVerdict::from_the_future};
  if (!is_login) return {.verdict = open_session(line, fit, *at)};
  return judge_login(line, fit, *at);
}

LineReading LoginReader::judge_login(const LogLine& line, const LoginFit& fit, WallTime at) {
  const bool has_address = fit.is_second_line || !fit.address.empty();
  const auto address = address_of(line, fit, at);
  if (!is_user_name(fit.user)) return {.verdict = LineVerdict::bad_user};
  if (!address && (fit.is_second_line || !has_address))
    return {.verdict = LineVerdict::login_without_address};
  if (!address) return {.verdict = LineVerdict::bad_address};
  LineReading reading{.verdict = LineVerdict::login};
  reading.login = Login{
      .address = *address, .user = std::string(fit.user), .pattern = std::string(fit.pattern), .at = at};
  return reading;
}

bool LoginReader::is_trusted(const LogLine& line) const {
  if (line.writer) return std::ranges::find(rules_.senders, *line.writer) != rules_.senders.end();
  return rules_.trusted_origin == TrustedOrigin::ignored;
}

std::optional<WallTime> LoginReader::time_of(const LogLine& line, WallTime now) {
  if (line.at) return line.at;
  // Many logins are of one second, when a log is caught up with.
  if (line.time == last_time_.text && now == last_time_.now) return last_time_.at;
  last_time_ = {.text = std::string(line.time), .now = now, .at = parse_log_time(line.time, now, offset_at_)};
  return last_time_.at;
}

std::optional<IpAddress> LoginReader::address_of(const LogLine& line, const LoginFit& fit, WallTime at) {
  if (!fit.is_second_line) return IpAddress::parse(fit.address);
  const auto key = session_key(line);
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return std::nullopt;
  const auto session = *found->second;
  forget(key);
  // A clock may have been set back in between, by a little.
  if (at > session.until || session.at - at > clock_slack) return std::nullopt;
  return session.address;
}

LineVerdict LoginReader::open_session(const LogLine& line, const LoginFit& fit, WallTime at) {
  const auto address = IpAddress::parse(fit.address);
  auto key = session_key(line);
  forget(key);
  if (!address) return LineVerdict::bad_address;
  if (line.pid.empty()) return LineVerdict::nothing;
  // Before room is made at the cost of one that may still count, what has run out goes.
  while (!in_order_.empty() && at > in_order_.front().until)
    forget(std::string(in_order_.front().key));
  if (sessions_.size() >= sessions_max) {
    ++forgotten_;
    forget(std::string(in_order_.front().key));
  }
  in_order_.push_back({.key = key, .address = *address, .at = at, .until = at + fit.open_for});
  sessions_.emplace(std::move(key), std::prev(in_order_.end()));
  return LineVerdict::opened;
}

void LoginReader::forget(const std::string& key) {
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return;
  in_order_.erase(found->second);
  sessions_.erase(found);
}

}  // namespace systemcheck
