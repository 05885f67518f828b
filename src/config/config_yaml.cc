#include <fmt/core.h>

#include <array>
#include <charconv>

#include "base/text.h"
#include "config/load.h"
#include "config/memory_keys.h"
#include "config/probes.h"
#include "config/relay_keys.h"
#include "config/resource_rules.h"
#include "config/snmp_keys.h"
#include "config/windows.h"
#include "config/yaml_text.h"

// Written without a library: people read the result, so its order, its comments and its short lists
// matter. load_config() reads it back as the same.

namespace systemcheck {
namespace {

std::string number(double value) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end.ptr};
}

/// Lines of "key: value" below one another.
class Lines {
 public:
  void add(int depth, std::string_view key, const std::string& value) {
    text_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + std::string(key) + ":" +
             (value.empty() ? "" : " " + value) + "\n";
  }
  void add_text(int depth, std::string_view key, const std::string& value) {
    if (!value.empty()) add(depth, key, yaml_scalar(value));
  }
  void add_list(int depth, std::string_view key, const std::vector<std::string>& items) {
    if (!items.empty()) add(depth, key, yaml_list(items));
  }
  void add_item(int depth, const std::string& value) {
    text_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + "- " + value + "\n";
  }
  void add_comment(int depth, const std::string& comment) {
    text_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + "# " + comment + "\n";
  }
  void add_gap() { text_ += "\n"; }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_match(Lines& lines, const Service& service) {
  const auto& match = service.match;
  lines.add(2, "match", "");
  lines.add_list(3, "unit", match.units);
  lines.add_list(3, "exe", match.executables);
  lines.add_text(3, "user", match.user);
  lines.add_text(3, "pidfile", match.pidfile);
  lines.add_text(3, "cmdline", match.cmdline);
  if (!match.main_cmdline.empty()) lines.add_comment(3, "main process (preset): " + match.main_cmdline);
  if (!service.evidence.empty())
    lines.add_comment(3, "installed if any of (preset): " + yaml_list(service.evidence));
}

/// Several are a preset's, and come back with its name.
void add_pre_check(Lines& lines, const std::vector<Argv>& checks) {
  if (checks.size() == 1) return lines.add_list(2, "pre_check", checks.front());
  for (const auto& check : checks)
    lines.add_comment(2, "pre_check, if it exists (preset): " + yaml_list(check));
}

void add_service(Lines& lines, const Service& service) {
  lines.add(1, yaml_scalar(service.name), "");
  lines.add_text(2, "preset", service.preset);
  lines.add(2, "mode", std::string(word(service.mode)));
  add_match(lines, service);
  const auto& count = service.processes;
  lines.add(2, "processes",
            "{min: " + std::to_string(count.min) +
                (count.max ? ", max: " + std::to_string(*count.max) : std::string()) + "}");
  lines.add_list(2, "start", service.start);
  lines.add_list(2, "stop", service.stop);
  lines.add_list(2, "restart", service.restart);
  lines.add_list(2, "after", service.after);
  if (!service.rules.empty()) lines.add(2, "rules", "");
  for (const auto& rule : service.rules)
    lines.add_item(3, resource_rule_yaml(rule));
  lines.add_list(2, "reload", service.reload);
  add_pre_check(lines, service.pre_check);
  lines.add_list(2, "init_script", service.init_scripts);
  lines.add(2, "start_timeout", duration_text(service.start_timeout));
  lines.add(2, "stop_timeout", duration_text(service.stop_timeout));
  if (service.shed_priority) lines.add(2, "shed", fmt::format("{{priority: {}}}", *service.shed_priority));
  if (service.probes.empty()) return;
  lines.add(2, "probes", "");
  for (const auto& probe : service.probes)
    lines.add_item(3, probe_yaml(probe));
}

/// The same lines, as comments: discover finds these again by itself.
std::string as_comment(std::string_view text) {
  std::string commented;
  while (!text.empty())
    commented += "  # " + std::string(take_line(text).substr(2)) + "\n";
  return commented;
}

std::string services_yaml(const std::vector<Service>& services) {
  Lines written;
  std::string discovered;
  for (const auto& service : services) {
    Lines one;
    add_service(service.is_discovered ? one : written, service);
    discovered += as_comment(one.text());
  }
  const std::string head = written.text().empty() ? "services: {}\n" : "services:\n" + written.text();
  return head + (discovered.empty() ? "" : "  # discovered: watched where they are installed\n" + discovered);
}

std::string machine_yaml(const Config& config) {
  Lines lines;
  lines.add(0, "cycle", duration_text(config.cycle));
  lines.add(0, "mode", std::string(word(config.mode)));
  lines.add(0, "discover", config.discover ? "true" : "false");
  lines.add(0, "state_directory", yaml_scalar(config.state_directory));
  lines.add(0, "control_socket", yaml_scalar(config.control_socket));
  lines.add(0, "kill_switch", yaml_list(config.kill_switch));
  lines.add(0, "hold_directory", yaml_scalar(config.hold_directory));
  lines.add_gap();
  lines.add(0, "http", "");
  lines.add(1, "listen", yaml_list(config.http.listen));
  if (!config.http.web_config.empty()) lines.add(1, "web_config", yaml_scalar(config.http.web_config));
  if (!config.http.may_act.empty()) lines.add(1, "may_act", yaml_list(config.http.may_act));
  return lines.text() + snmp_config_yaml(config.snmp) + "\n";
}

std::string window_yaml(const MaintenanceWindow& window) {
  std::vector<std::string> days;
  for (const auto day : window.days)
    days.emplace_back(word(day));
  return "{services: " + yaml_list(window.services) + (days.empty() ? "" : ", days: " + yaml_list(days)) +
         ", from: \"" + time_of_day_text(window.from) + "\", for: " + duration_text(window.length) +
         (window.reason.empty() ? "" : ", reason: " + yaml_scalar(window.reason)) + "}";
}

std::string groups_yaml(const Config& config) {
  Lines lines;
  lines.add(0, "groups", config.groups.empty() ? "{}" : "");
  for (const auto& group : config.groups)
    lines.add(1, yaml_scalar(group.name), yaml_list(group.services));
  lines.add(0, "maintenance", config.maintenance.empty() ? "[]" : "");
  for (const auto& window : config.maintenance)
    lines.add_item(1, window_yaml(window));
  return lines.text();
}

std::string rules_yaml(const Config& config) {
  const auto& policy = config.restart_policy;
  Lines lines;
  lines.add_gap();
  lines.add(0, "restart_policy", "");
  lines.add(1, "first", duration_text(policy.first));
  lines.add(1, "backoff", duration_text(policy.backoff));
  lines.add(1, "backoff_max", duration_text(policy.backoff_max));
  lines.add(1, "reset_after", duration_text(policy.reset_after));
  lines.add(1, "grace", duration_text(policy.grace));
  lines.add(1, "host_limit",
            "{restarts: " + std::to_string(policy.host_limit.restarts) +
                ", per: " + duration_text(policy.host_limit.per) +
                ", share: " + share_text(policy.host_limit.share) + "}");
  lines.add(1, "flapping",
            "{deaths: " + std::to_string(policy.flapping.deaths) +
                ", per: " + duration_text(policy.flapping.per) + "}");
  lines.add(0, "load", "");
  lines.add(1, "warn_per_cpu", number(config.load.warn_per_cpu));
  lines.add(1, "for", duration_text(config.load.hold));
  lines.add(0, "disks", "");
  lines.add(1, "ignore_types", yaml_list(config.disks.ignore_types));
  lines.add(1, "warn", share_text(config.disks.warn));
  lines.add(1, "critical", share_text(config.disks.critical));
  lines.add(0, "memory", "");
  lines.add(1, "shed", "");
  for (const auto& [key, value] : memory_rule_lines(config.memory))
    lines.add(2, key, value);
  lines.add(2, "protect", yaml_list(config.memory.protect));
  lines.add(0, "history", "");
  lines.add(1, "keep", duration_text(config.history.keep));
  lines.add(1, "max_size", bytes_text(config.history.max_size_bytes));
  return lines.text();
}

}  // namespace

std::string config_yaml(const Config& config) {
  return machine_yaml(config) + services_yaml(config.services) + groups_yaml(config) + rules_yaml(config) +
         relay_rules_yaml(config.relay);
}

}  // namespace systemcheck
