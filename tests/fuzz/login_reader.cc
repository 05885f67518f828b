// Any lines for a reader: whatever it takes for a login has an address and a user that stand in the lines.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "relay/login_reader.h"

namespace systemcheck {
namespace {

const auto now = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

void expect(bool holds) {
  if (!holds) std::abort();
}

const LoginPatterns& patterns() {
  static const auto all = *LoginPatterns::compile({{.name = "dovecot", .tags = {"d3"}}}, {.smtp_auth = true});
  return all;
}

void check(std::string_view text, LineLayout layout, TrustedOrigin origin) {
  LoginReader reader(patterns(), {.layout = layout, .trusted_origin = origin, .senders = {0}},
                     [](WallTime) { return std::chrono::hours{0}; });
  auto rest = text;
  while (!rest.empty()) {
    const auto line = take_line(rest);
    const auto reading = reader.read(line, now);
    expect(reading.login.has_value() == (reading.verdict == LineVerdict::login));
    (void)reader.explain(line, now);  // It ends, and does not fall.
    if (!reading.login) continue;
    expect(layout == LineLayout::annotated || origin == TrustedOrigin::ignored);
    expect(is_user_name(reading.login->user) && line.find(reading.login->user) != std::string_view::npos);
    expect(!is_ahead(reading.login->at, now));
  }
}

}  // namespace
}  // namespace systemcheck

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace systemcheck;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto layout : {LineLayout::plain, LineLayout::annotated, LineLayout::dovecot}) {
    check(text, layout, TrustedOrigin::ignored);
    check(text, layout, TrustedOrigin::required);
  }
  return 0;
}
