#include "collect/pid_file.h"

#include <algorithm>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t pid_file_limit_bytes = 64;
/// Start times are counted from a boot time in whole seconds, files are stamped with the last tick.
constexpr Duration clock_slack = std::chrono::seconds{2};

std::string looks_of(const Process& process) {
  return printable(process.text->executable.empty() ? command_text(process) : process.text->executable);
}

/// Empty when it fits.
std::string misfit(const Process* process, const ServiceRule& rule, const Processes& table,
                   WallTime written) {
  if (process == nullptr || !process->is_alive()) return "is not running";
  if (start_time(*process, table) > written + clock_slack) return "started after the file was written";
  if (!rule.may_look_like(*process->text)) return "is " + looks_of(*process);
  if (!rule.fits_main(*process, table)) return "is not its main process";
  return {};
}

}  // namespace

std::optional<pid_t> parse_pid(std::string_view text) {
  auto line = take_line(text);
  const auto word = take_word(line);
  if (!take_word(line).empty()) return std::nullopt;
  const auto pid = parse_number<pid_t>(word);
  if (!pid || *pid <= 0) return std::nullopt;
  return pid;
}

PidFile read_pid_file(Host& host, const ServiceRule& rule, const Processes& table) {
  const auto& path = rule.match().pidfile;
  if (path.empty()) return {};
  const auto status = host.status(path.c_str());
  const auto text = host.read_file(path, pid_file_limit_bytes);
  const auto is_absent = [](const auto& look) {
    return !look && look.error().kind == Error::Kind::not_found;
  };
  if (is_absent(status) || is_absent(text)) return {};
  if (!status || !text) return {.process = {}, .note = "the pid file cannot be read"};
  const auto pid = parse_pid(*text);
  if (!pid) return {.process = {}, .note = "the pid file holds no process number"};
  const auto* process = table.find(*pid);
  const auto why = misfit(process, rule, table, status->modified);
  if (why.empty()) return {.process = process->identity, .note = {}};
  return {.process = {}, .note = "the pid file names " + std::to_string(*pid) + ", which " + why};
}

}  // namespace systemcheck
