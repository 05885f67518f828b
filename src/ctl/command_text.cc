#include "ctl/command_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/units.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

constexpr std::size_t reason_limit_bytes = 512;  // The daemon takes no longer line than 1 KiB.
/// What took less than that is not worth saying.
constexpr double seconds_told = 0.001;

Error wrong(std::string message) { return {Error::Kind::malformed, std::move(message)}; }

bool is_word(std::string_view text) {
  return !text.empty() && !text.starts_with('-') && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::string service_line(const std::string& command, const Json& service) {
  const auto took = number_of(service, "took_seconds");
  auto line = fmt::format("{}: {}: {}", text_of(service, "name"), command, text_of(service, "result"));
  if (took > seconds_told) line += " after " + seconds_words(took);
  if (const auto detail = text_of(service, "detail"); !detail.empty()) line += ": " + detail;
  return line + "\n";
}

Result<std::string> command_question(const CommandWords& words) {
  if (!is_word(words.target)) return wrong("'" + printable(words.target, 64) + "' is not a name");
  auto question = words.command + " " + words.target;
  if (words.wants_progress) question += " --progress";
  if (words.length.empty()) return question;
  if (const auto length = parse_duration(words.length); !length) return length.error();
  if (words.reason.find_first_of("\r\n") != std::string::npos) return wrong("the reason is not one line");
  if (words.reason.size() > reason_limit_bytes)
    return wrong(fmt::format("the reason has more than {} bytes", reason_limit_bytes));
  return question + " --for " + words.length + " --reason " + words.reason;
}

Result<CommandReport> command_report(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  CommandReport report;
  report.status = from_word<CheckStatus>(text_of(*json, "status")).value_or(CheckStatus::unknown);
  for (const auto& service : list_of(*json, "services"))
    report.text += service_line(text_of(*json, "command"), service);
  if (report.text.empty()) {
    const bool is_restore = text_of(*json, "command") == "shed restore";
    report.text = is_restore ? "nothing is turned off\n" : "there is no such service here\n";
  }
  return report;
}

}  // namespace systemcheck
