#include "collect/pid_file.h"

#include <fmt/core.h>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t pid_file_limit_bytes = 64;
/// Start times are counted from a boot time in whole seconds, files are stamped with the last tick.
constexpr Duration clock_slack = std::chrono::seconds{2};

std::string looks_of(const Process& process) {
  return printable(process.text->executable.empty() ? command_text(process) : process.text->executable);
}

PidFile examine(pid_t pid, const ServiceRule& rule, const Processes& table, WallTime written) {
  const auto* process = table.find(pid);
  if (process == nullptr || !process->is_alive()) return misfitting(Misfit::dead, pid, "is not running");
  if (start_time(*process, table) > written + clock_slack)
    return misfitting(Misfit::reused, pid, "started after the file was written");
  if (!rule.may_look_like(*process->text))
    return misfitting(Misfit::stranger, pid, "is " + looks_of(*process));
  if (!rule.fits_main(*process, table)) return misfitting(Misfit::not_main, pid, "is not its main process");
  return {.process = process->identity};
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

std::optional<pid_t> read_pid_file_number(Host& host, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const auto text = host.read_file(path, pid_file_limit_bytes);
  return text ? parse_pid(*text) : std::nullopt;
}

PidFile misfitting(Misfit kind, pid_t pid, std::string_view why) {
  return {.note = fmt::format("the pid file names {}, which {}", pid, why),
          .misfit = PidFileMisfit{.kind = kind, .pid = pid}};
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
  if (!status || !text) return {.note = "the pid file cannot be read"};
  const auto pid = parse_pid(*text);
  if (!pid) return {.note = "the pid file holds no process number"};
  return examine(*pid, rule, table, status->modified);
}

}  // namespace systemcheck
