#include <re2/re2.h>

#include "base/text.h"
#include "config/values.h"

namespace systemcheck {

Result<std::string> parse_pattern(std::string_view text) {
  constexpr std::size_t length_max = 1024;
  const auto refused = [text](const std::string& why) {
    return Error{Error::Kind::malformed, "'" + printable(text, 64) + "' " + why};
  };
  if (text.size() > length_max) return refused("is longer than " + std::to_string(length_max) + " bytes");
  const re2::RE2 pattern(re2::StringPiece(text.data(), text.size()), re2::RE2::Quiet);
  if (!pattern.ok()) return refused("is not an expression RE2 knows: " + printable(pattern.error(), 128));
  if (re2::RE2::PartialMatch("", pattern)) return refused("fits every command line");
  return std::string(text);
}

}  // namespace systemcheck
