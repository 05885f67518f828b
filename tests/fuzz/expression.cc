// Any expression for a pattern, made of what expressions are made of. One that is found sound keeps its
// promise: a client does not have an address of his own found before the real one, whatever he is called.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "relay/expression.h"
#include "relay/login_patterns.h"

namespace systemcheck {
namespace {

constexpr std::array<std::string_view, 40> pieces{"(?P<ip>[0-9.]+)",
                                                  "(?P<ip>[0-9A-Fa-f.:]+)",
                                                  "from <",
                                                  "> now",
                                                  "from ",
                                                  "<",
                                                  ">",
                                                  " now",
                                                  " ",
                                                  "now",
                                                  "(?:",
                                                  ")",
                                                  "|",
                                                  "?",
                                                  "*",
                                                  "+",
                                                  "{1,255}",
                                                  "[^<>]",
                                                  "[^<]",
                                                  "[^ ]",
                                                  "\\S",
                                                  ".",
                                                  "[a-z]",
                                                  "[<> ]",
                                                  "[^>]+> ",
                                                  "[0-9.]+",
                                                  ".*",
                                                  "(?:> from <[0-9.]+)*",
                                                  "(?:> now)?",
                                                  "x",
                                                  "f",
                                                  "r",
                                                  "o",
                                                  "m",
                                                  "\\d",
                                                  "[a-z<> ]*",
                                                  "(?: now)+",
                                                  "(?:from|to) <",
                                                  "a>",
                                                  "\\s"};
constexpr std::size_t pieces_max = 16;

constexpr std::string_view chosen_address = "198.51.100.1";
constexpr std::string_view real = "from <192.0.2.1> now";

bool is_sound(const std::string& text) {
  const auto expression = parse_expression(text);
  return expression && expression->has_address && doubt_about(*expression).empty();
}

void check(std::string_view data) {
  std::string between;
  for (const char c : data.substr(0, pieces_max))
    between += pieces.at(static_cast<unsigned char>(c) % pieces.size());
  const auto name = std::string(data.substr(std::min(data.size(), pieces_max)));
  LoginPattern pattern{.name = "fuzz", .tags = {"x"}, .prefixes = {"hello "}};
  pattern.expression = "hello (?P<user>[^<>]+)> " + between;
  if (!is_sound(pattern.expression)) return;
  pattern.matches = {"Nov 22 10:00:00 mx x: hello a> " + std::string(real)};
  pattern.mismatches = {"Nov 22 10:00:00 mx x: good bye"};
  const auto compiled = LoginPatterns::compile({pattern});
  if (!compiled) return;
  const std::string forged = "> from <" + std::string(chosen_address);
  for (const auto& chosen :
       {name, "a" + forged, "a" + forged + "> now", "a" + forged + "> now" + name, "a" + forged + name,
        "a" + forged + "> " + name, "a" + forged + "> now" + forged}) {
    const auto fit = compiled->fit("x", "hello " + chosen + "> " + std::string(real));
    if (fit && fit->address.find(chosen_address) != std::string_view::npos) std::abort();
  }
}

}  // namespace
}  // namespace systemcheck

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  systemcheck::check(bytes);
  // And any text at all.
  (void)systemcheck::is_sound(std::string(bytes));
  return 0;
}
