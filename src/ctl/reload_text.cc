#include "ctl/reload_text.h"

#include "base/text.h"
#include "ctl/answer.h"

namespace systemcheck {
namespace {

std::string lines_of(const Json& json, const char* key, const std::string& after) {
  std::string text;
  for (const auto& line : list_of(json, key)) {
    if (line.is_string()) text += printable(line.get<std::string>(), 1024) + after + "\n";
  }
  return text;
}

}  // namespace

Result<CommandReport> reload_report(std::string_view document) {
  const auto json = parse_answer(document);
  if (!json) return json.error();
  CommandReport report{.status = status_of(*json, "status")};
  const auto result = text_of(*json, "result");
  report.text = lines_of(*json, "problems", "");
  for (const auto& change : list_of(*json, "changed"))
    report.text += text_of(change, "name") + ": " + text_of(change, "change") + "\n";
  report.text += lines_of(*json, "needs_restart", ": in force only when systemcheckd is restarted");
  if (result == "refused") report.text += "the configuration has problems: the old one stays in force\n";
  if (result == "unchanged") report.text += "the configuration is as it was\n";
  if (result == "in force") report.text += "the new configuration is in force\n";
  return report;
}

}  // namespace systemcheck
