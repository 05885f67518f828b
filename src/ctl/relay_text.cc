#include "ctl/relay_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

std::uint64_t count_of(const Json& json, const char* key) {
  return static_cast<std::uint64_t>(std::max(0.0, number_of(json, key)));
}

bool is_true(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key] == true;
}

const Json& object_of(const Json& json, const char* key) {
  static const Json none = Json::object();
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? *found : none;
}

std::string users_of(const Json& grant) {
  std::string users;
  for (const auto& user : list_of(grant, "users")) {
    if (user.is_string()) users += (users.empty() ? "" : ",") + printable(user.get<std::string>(), 128);
  }
  return users.empty() ? "-" : users;
}

std::string by_hand_words(const Json& grant) {
  const auto& by_hand = object_of(grant, "by_hand");
  if (by_hand.empty()) return {};
  const auto comment = text_of(by_hand, "comment");
  return "added by " + text_of(by_hand, "who") + (comment.empty() ? "" : " (" + comment + ")");
}

std::string seen_words(const Json& grant) {
  const auto pattern = text_of(grant, "pattern");
  if (pattern.empty()) return by_hand_words(grant);
  const auto by_hand = by_hand_words(grant);
  return pattern + ", " + text_of(grant, "source") + (by_hand.empty() ? "" : "; " + by_hand);
}

std::string change_line(const Json& change) {
  const auto user = text_of(change, "user");
  const auto reason = text_of(change, "reason");
  return fmt::format("{}  {:<15}  {:<8}  {}{}\n", text_of(change, "time"), text_of(change, "network"),
                     text_of(change, "to"), user.empty() ? "-" : user, reason.empty() ? "" : ": " + reason);
}

std::string changes_text(const Json& json) {
  std::string text;
  for (const auto& change : list_of(json, "changes"))
    text += change_line(change);
  return text;
}

std::string log_line(const Json& log) {
  const auto reason = text_of(log, "reason");
  const auto& verdicts = object_of(log, "verdicts");
  std::string line = fmt::format("log {}: {}{}, {} lines, {} logins", text_of(log, "name"),
                                 text_of(log, "state"), reason.empty() ? "" : " (" + reason + ")",
                                 count_of(log, "lines_total"), count_of(verdicts, "login"));
  for (const auto* verdict :
       {"login_without_address", "untrusted", "bad_address", "bad_user", "bad_time", "from_the_future"}) {
    if (const auto count = count_of(verdicts, verdict); count > 0) {
      std::string words = verdict;
      std::ranges::replace(words, '_', ' ');
      line += fmt::format(", {} {}", count, words);
    }
  }
  if (!is_true(log, "trusted")) line += "; nobody knows who wrote its lines: they authorise nobody";
  return line + "\n";
}

std::string socket_line(const Json& socket) {
  const auto error = text_of(socket, "error");
  if (!error.empty()) return "socket " + text_of(socket, "place") + ": " + error + "\n";
  return fmt::format("socket {}: {} clients, asked {} times, {} could send\n", text_of(socket, "place"),
                     count_of(socket, "clients"), count_of(socket, "asked_total"),
                     count_of(socket, "found_total"));
}

std::string map_line(const Json& map) {
  const auto error = text_of(map, "error");
  return fmt::format("map {}: {} entries, {} updates, {} waiting{}\n", text_of(map, "path"),
                     count_of(map, "entries"), count_of(map, "updates_total"), count_of(map, "waiting"),
                     error.empty() ? "" : ": " + error);
}

std::string refusal_line(const Json& relay) {
  std::string text;
  for (const auto& [reason, count] : object_of(relay, "refused_total").items()) {
    if (count.is_number() && count > 0)
      text += (text.empty() ? "refused: " : ", ") + count.dump() + " " + printable(reason, 64);
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace

Result<std::string> relay_list(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const auto& grants = list_of(*json, "grants");
  if (grants.empty()) return std::string("nobody may send\n");
  std::string text =
      fmt::format("{:<24} {:<21} {:>6}  {:<20} {}\n", "ADDRESS", "UNTIL", "LOGINS", "USERS", "SEEN");
  for (const auto& grant : grants) {
    text +=
        fmt::format("{:<24} {:<21} {:>6}  {:<20} {}\n", text_of(grant, "network"), text_of(grant, "until"),
                    count_of(grant, "logins"), users_of(grant), seen_words(grant));
  }
  return text;
}

Result<RelayReason> relay_reason(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const bool may_send = is_true(*json, "may_send");
  RelayReason reason{.status = may_send ? CheckStatus::ok : CheckStatus::warning};
  reason.text = text_of(*json, "address") + (may_send ? " may send\n" : " may not send\n");
  const auto& grant = object_of(*json, "grant");
  const auto& always = object_of(*json, "always");
  if (!always.empty()) {
    const auto comment = text_of(always, "comment");
    reason.text += "always: it is in " + text_of(always, "network") +
                   (comment.empty() ? "" : " (" + comment + ")") + " of relay.always\n";
  }
  if (!grant.empty()) {
    reason.text += fmt::format("until {}: {} logins of {}, first {}, last {}: {}\n", text_of(grant, "until"),
                               count_of(grant, "logins"), users_of(grant), text_of(grant, "first"),
                               text_of(grant, "last"), seen_words(grant));
  }
  reason.text += changes_text(*json);
  return reason;
}

Result<std::string> relay_history(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  auto text = changes_text(*json);
  return text.empty() ? std::string("nothing has changed yet\n") : text;
}

Result<std::string> relay_result(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const auto network = text_of(*json, "network");
  const auto until = text_of(*json, "until");
  const auto what = network.empty() ? fmt::format("{} addresses", count_of(*json, "count")) : network;
  return text_of(*json, "result") + ": " + what + (until.empty() ? "" : " until " + until) + "\n";
}

Result<RelayReason> relay_stats(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  const auto& relay = object_of(*json, "relay");
  if (relay.empty()) return Error{Error::Kind::failed, "the relay is off (relay.enabled)"};
  const auto status = from_word<CheckStatus>(text_of(relay, "status"));
  RelayReason stats{.status = status.value_or(CheckStatus::unknown)};
  stats.text = fmt::format("relay: {}: {}\n{} of at most {} addresses of {} users, {} shared{}\n",
                           text_of(relay, "status"), text_of(relay, "text"), count_of(relay, "addresses"),
                           count_of(relay, "addresses_max"), count_of(relay, "users"),
                           count_of(relay, "shared_addresses"),
                           is_true(relay, "ready") ? "" : "; the logs are still being caught up with");
  stats.text += fmt::format("granted {}, refreshed {}, expired {}, removed {}\n",
                            count_of(relay, "granted_total"), count_of(relay, "refreshed_total"),
                            count_of(relay, "expired_total"), count_of(relay, "removed_total"));
  stats.text += refusal_line(relay);
  for (const auto& log : list_of(relay, "logs"))
    stats.text += log_line(log);
  for (const auto& socket : list_of(relay, "sockets"))
    stats.text += socket_line(socket);
  for (const auto& map : list_of(relay, "maps"))
    stats.text += map_line(map);
  return stats;
}

}  // namespace systemcheck
