#include "ctl/answer.h"

#include <algorithm>

#include "base/text.h"
#include "base/units.h"

namespace systemcheck {

std::string shown(std::string_view text, std::size_t limit) {
  const bool is_clean =
      clean_prefix(text) == text.size() && text.find_first_of("\t\r\n") == std::string_view::npos;
  return is_clean && text.size() <= limit ? std::string(text) : printable(text, limit);
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? shown(found->get_ref<const std::string&>(), 1024)
                                                   : std::string{};
}

bool has_number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number();
}

double number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0.0;
}

std::string seconds_words(double seconds) {
  constexpr double longest = 1e9;  // 30 years: what a Duration holds without overflow.
  const std::chrono::duration<double> duration{std::clamp(seconds, 0.0, longest)};
  return duration_words(std::chrono::duration_cast<Duration>(duration));
}

std::string bytes_words_of(const Json& json, const char* key) {
  constexpr double bytes_max = 1e18;
  return bytes_words(static_cast<std::uint64_t>(std::clamp(number_of(json, key), 0.0, bytes_max)));
}

std::optional<WallTime> time_of(const Json& json, const char* key) {
  const auto text = text_of(json, key);
  if (text.size() != std::string_view("2026-11-22T18:20:00Z").size()) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    return parse_number<int>(std::string_view(text).substr(at, length)).value_or(-1);
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{number(11, 2)} +
         std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
}

std::string age_of(const Json& json, const char* key, WallTime now) {
  const auto time = time_of(json, key);
  return time ? duration_words(std::max(Duration{}, now - *time)) : std::string("-");
}

CheckStatus status_of(const Json& json, const char* key) {
  return from_word<CheckStatus>(text_of(json, key)).value_or(CheckStatus::unknown);
}

Result<Json> parse_answer(std::string_view document) {
  auto json = Json::parse(document, nullptr, false);
  if (!json.is_object()) return Error{Error::Kind::malformed, "the daemon's answer is no JSON document"};
  if (json.contains("error")) return Error{Error::Kind::failed, text_of(json, "error")};
  return json;
}

const Json& list_of(const Json& json, const char* key) {
  static const Json nothing = Json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : nothing;
}

const std::vector<Json>& array_of(const Json& json, const char* key) {
  return list_of(json, key).get_ref<const std::vector<Json>&>();
}

std::string hold_words(const Json& hold) {
  auto words = text_of(hold, "by");
  if (const auto until = text_of(hold, "until"); !until.empty())
    words += " until " + until + " (" + seconds_words(number_of(hold, "remaining_seconds")) + ")";
  if (const auto asked_by = text_of(hold, "asked_by"); !asked_by.empty())
    words += ", asked for by " + asked_by;
  const auto origin = text_of(hold, "origin");
  if (origin == "window") words += ", by a window of the configuration";
  if (origin == "file") words += ", by a hold file";
  const auto reason = text_of(hold, "reason");
  return reason.empty() ? words : words + ": " + reason;
}

}  // namespace systemcheck
