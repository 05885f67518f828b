// Any bytes for a line of a log, and for its time.

#include <cstdint>
#include <cstdlib>

#include "relay/log_line.h"
#include "relay/log_time.h"

namespace systemcheck {
namespace {

const auto now = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_part_of(std::string_view part, std::string_view whole) {
  return part.empty() || part == "dovecot" ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_line(std::string_view text, LineLayout layout) {
  const auto line = parse_log_line(text, layout);
  if (!line) return;
  for (const auto part : {line->time, line->tag, line->pid, line->message, line->executable})
    expect(is_part_of(part, text));
  expect(!line->tag.empty() && line->tag.find(' ') == std::string_view::npos);
  expect(line->writer.has_value() == (layout == LineLayout::annotated));
  // Nothing that stands behind the tag decides who wrote the line.
  if (line->writer) expect(text.find(" uid=") < static_cast<std::size_t>(line->tag.data() - text.data()));
}

void check_time(std::string_view text) {
  const auto time = parse_log_time(text, now, [](WallTime) { return std::chrono::hours{1}; });
  if (!time) return;
  const auto year = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(*time)}.year();
  expect(year >= std::chrono::year{1999} && year <= std::chrono::year{2200});
}

}  // namespace
}  // namespace systemcheck

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace systemcheck;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto layout : {LineLayout::plain, LineLayout::annotated, LineLayout::dovecot})
    check_line(text, layout);
  for (const std::size_t length : {15U, 19U, 20U, 25U, 32U})
    check_time(text.substr(0, length));
  return 0;
}
