#include "ctl/answer.h"

#include <algorithm>

#include "base/text.h"
#include "base/units.h"

namespace systemcheck {

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  // The daemon has made it printable; whoever else answers has not.
  return found != json.end() && found->is_string() ? printable(found->get<std::string>(), 1024)
                                                   : std::string{};
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
