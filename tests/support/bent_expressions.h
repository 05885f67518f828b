#pragma once

#include <re2/re2.h>

#include <array>
#include <string>
#include <string_view>

#include "relay/expression.h"

// Expressions made of what expressions are made of, and messages in which a client chose what stands before
// the real address. "hello NAME> from <ADDRESS> now" is what the server writes.

namespace systemcheck::test {

inline constexpr std::array<std::string_view, 40> pieces{"> now",      "from ",
                                                         "<",          ">",
                                                         " now",       " ",
                                                         "now",        "(?:",
                                                         ")",          "|",
                                                         "?",          "*",
                                                         "+",          "{1,9}",
                                                         "[^<>]",      "[^<>]*",
                                                         "[^<]+",      "[^ ]*",
                                                         "\\S+",       ".",
                                                         "[a-z]",      "[<> ]*",
                                                         "[^>]+> ",    ".*",
                                                         "[0-9.]+",    "(?:> from <[0-9.]+)*",
                                                         "(?:> now)?", "x",
                                                         "f",          "r",
                                                         "o",          "m",
                                                         "\\d",        "[a-z<> ]*",
                                                         "(?: now)+",  "a>",
                                                         "\\s",        "> ",
                                                         "[a-z]*",     "[> a-z]+"};
inline constexpr std::array<std::string_view, 6> leads{"from <",        "<",        " <",
                                                       "(?:from|to) <", "[a-z]+ <", "(?:from )?<"};
inline constexpr std::array<std::string_view, 3> addresses{"(?P<ip>[0-9.]+)", "(?P<ip>[0-9A-Fa-f.:]+)",
                                                           "(?P<ip>[0-9.]{7,15})"};
inline constexpr std::string_view chosen_address = "198.51.100.1";
inline constexpr std::string_view real = "from <192.0.2.1> now";

/// `between` stands behind the name, `behind` after the address.
inline std::string bent_expression(std::string_view between, std::string_view lead, std::string_view address,
                                   std::string_view behind) {
  return "hello (?P<user>[^<>]+)> " + std::string(between) + std::string(lead) + std::string(address) +
         std::string(behind);
}

inline bool is_sound(const std::string& text) {
  const auto expression = parse_expression(text);
  return expression && expression->has_address && doubt_about(*expression).empty();
}

/// Whether a client who calls himself in one of many ways, `name` among them, has an address of his own
/// found.
inline bool can_be_bent(const std::string& text, const std::string& name) {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  const re2::RE2 expression(text, options);
  if (!expression.ok()) return false;
  const std::string forged = "a> from <" + std::string(chosen_address);
  for (const auto& chosen : {name, forged, forged + "> now", forged + "> now" + name, forged + name,
                             forged + "> " + name, forged + "> now" + forged}) {
    const auto message = "hello " + chosen + "> " + std::string(real);
    std::array<re2::StringPiece, 3> found;
    if (!expression.Match(message, 0, message.size(), re2::RE2::ANCHOR_BOTH, found.data(), 3)) continue;
    const auto address =
        found.at(static_cast<std::size_t>(expression.NamedCapturingGroups().at("ip"))).as_string();
    if (address.find(chosen_address) != std::string::npos) return true;
  }
  return false;
}

}  // namespace systemcheck::test
