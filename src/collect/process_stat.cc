#include <algorithm>
#include <array>

#include "base/text.h"
#include "collect/processes.h"

namespace systemcheck {
namespace {

/// Takes the numbers behind the name one after the other; remembers whether one was none.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  std::string_view word() { return take_word(text_); }

  /// The kernel prints some unsigned ones as signed and the other way round: any 64-bit number fits.
  std::int64_t number() {
    const auto field = word();
    if (const auto value = parse_number<std::int64_t>(field)) return *value;
    if (const auto value = parse_number<std::uint64_t>(field)) return static_cast<std::int64_t>(*value);
    is_torn_ = true;
    return 0;
  }
  std::uint64_t count() { return static_cast<std::uint64_t>(std::max<std::int64_t>(number(), 0)); }
  void skip(int fields) {
    for (int i = 0; i < fields; ++i)
      (void)word();
  }
  [[nodiscard]] bool is_torn() const { return is_torn_; }

 private:
  std::string_view text_;
  bool is_torn_ = false;
};

ParsedStat parse_fields(Fields& fields, std::uint64_t page_bytes) {
  ParsedStat parsed;
  auto& process = parsed.process;
  const auto state = fields.word();
  process.state = state.empty() ? '?' : state.front();
  process.parent = static_cast<pid_t>(fields.number());
  process.group = static_cast<pid_t>(fields.number());
  process.session = static_cast<pid_t>(fields.number());
  process.tty = static_cast<std::uint32_t>(fields.number());
  process.is_foreground = fields.number() == process.group;  // the terminal's group, -1 without one
  fields.skip(5);                                            // flags, faults
  process.user_ticks = fields.count();
  process.system_ticks = fields.count();
  fields.skip(3);  // of its children, priority
  process.nice = static_cast<std::int32_t>(fields.number());
  process.threads = static_cast<std::uint32_t>(fields.count());
  fields.skip(1);
  process.identity.start_ticks = fields.count();
  process.virtual_bytes = fields.count();
  process.resident_bytes = fields.count() * page_bytes;
  fields.skip(3);  // its limit, start and end of its code
  parsed.stack_start = fields.count();
  return parsed;
}

}  // namespace

Result<ParsedStat> parse_stat(std::string_view stat, std::uint64_t page_bytes) {
  const auto open = stat.find(" (");
  const auto close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return Error{Error::Kind::malformed, "no name in brackets"};
  }
  const auto pid = parse_number<pid_t>(stat.substr(0, open));
  if (!pid || *pid <= 0) return Error{Error::Kind::malformed, "does not begin with a pid"};
  Fields fields(stat.substr(close + 1));
  auto parsed = parse_fields(fields, page_bytes);
  parsed.comm = stat.substr(open + 2, close - open - 2);
  if (fields.is_torn()) return Error{Error::Kind::malformed, "ends in the middle"};
  parsed.process.identity.pid = *pid;
  return parsed;
}

}  // namespace systemcheck
