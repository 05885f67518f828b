#include "collect/installation.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace systemcheck {
namespace {

/// systemd.unit(5), the one that wins first. The last ones hold what systemd-run made, and what was made
/// from init scripts.
constexpr std::array<std::string_view, 6> unit_directories{
    "/etc/systemd/system", "/run/systemd/system",    "/usr/lib/systemd/system",
    "/lib/systemd/system", "/run/systemd/transient", "/run/systemd/generator.late"};
constexpr std::size_t wants_directories_max = 256;

bool exists(Host& host, const std::string& path) {
  // A masked unit is a link to /dev/null, an enabled one may be a link to a file that is gone.
  return host.status(path.c_str()).has_value() || host.read_link(path.c_str()).has_value();
}

bool exists_any(Host& host, const std::vector<std::string>& paths) {
  return std::ranges::any_of(paths, [&host](const std::string& path) { return exists(host, path); });
}

std::optional<std::string> find_unit_file(Host& host, std::string_view unit) {
  for (const auto directory : unit_directories) {
    auto path = std::string(directory) + '/' + std::string(unit);
    if (exists(host, path)) return path;
  }
  return std::nullopt;
}

/// sshd.service may be a link to ssh.service: systemd calls the unit, and its control group, by the
/// name of the file behind the link.
std::string real_name(Host& host, const std::string& path, const std::string& unit) {
  const auto target = host.read_link(path.c_str());
  if (!target) return unit;
  const auto name = base_name(*target);
  return name.ends_with(".service") ? std::string(name) : unit;
}

/// "apache2@.service" for "apache2@ocw.service"; empty where it is no instance.
std::string template_of(const std::string& unit) {
  const auto at = unit.find('@');
  const auto dot = unit.rfind('.');
  if (at == std::string::npos || dot == std::string::npos || dot <= at + 1) return {};
  return unit.substr(0, at + 1) + unit.substr(dot);
}

/// Whether something pulls the unit in at boot: /etc/systemd/system/multi-user.target.wants/UNIT
bool is_wanted(Host& host, const std::string& unit) {
  const std::string directory(unit_directories.front());
  const auto names = host.list(directory);
  if (!names) return false;
  std::size_t looked_at = 0;
  for (const auto& name : *names) {
    if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
    if (++looked_at > wants_directories_max) return false;
    if (exists(host, fmt::format("{}/{}/{}", directory, name, unit))) return true;
  }
  return false;
}

/// A template alone says nothing of its instances: those exist by being asked for.
bool has_instance(Host& host, const Service& service, const std::string& unit) {
  const auto its_template = template_of(unit);
  if (its_template.empty() || !find_unit_file(host, its_template)) return false;
  return is_wanted(host, unit) || exists_any(host, service.evidence);
}

bool is_unit_here(Host& host, const std::string& unit) {
  if (unit.empty()) return false;
  const auto its_template = template_of(unit);
  return find_unit_file(host, unit) || (!its_template.empty() && find_unit_file(host, its_template));
}

/// By its real name; empty where it is not there.
std::string find_candidate(Host& host, const Service& service, const std::string& unit) {
  if (const auto path = find_unit_file(host, unit)) return real_name(host, *path, unit);
  return has_instance(host, service, unit) ? unit : std::string();
}

/// Where there are several (named.service and named-chroot.service) it is the one that is enabled.
std::string find_unit(Host& host, const Service& service) {
  std::vector<std::string> found;
  for (const auto& unit : service.match.units) {
    auto name = find_candidate(host, service, unit);
    if (!name.empty() && std::ranges::find(found, name) == found.end()) found.push_back(std::move(name));
  }
  if (found.empty()) return {};
  if (found.size() == 1) return found.front();
  const auto wanted =
      std::ranges::find_if(found, [&host](const auto& unit) { return is_wanted(host, unit); });
  return wanted != found.end() ? *wanted : found.front();
}

/// Evidence, where there is any, tells two services apart that share their executable.
bool has_files(Host& host, const Service& service) {
  if (!service.evidence.empty()) return exists_any(host, service.evidence);
  const auto& match = service.match;
  if (!match.executables.empty()) return exists_any(host, match.executables);
  return match.units.empty();  // Told by its command line or pid file only: nothing to look for.
}

/// Where systemd runs the same script is a unit, or makes way for one.
std::string find_init_script(Host& host, const Service& service) {
  if (host.status("/run/systemd/system") || host.status("/run/systemd/generator.late")) return {};
  const auto found = std::ranges::find_if(service.init_scripts, [&host](const std::string& path) {
    return host.status(path.c_str()).has_value();
  });
  return found != service.init_scripts.end() ? *found : std::string();
}

}  // namespace

Installation look_for(Host& host, const Service& service, const std::string& last_unit) {
  auto unit = is_unit_here(host, last_unit) ? last_unit : find_unit(host, service);
  const bool is_installed = !unit.empty() || has_files(host, service);
  return {
      .is_installed = is_installed, .unit = std::move(unit), .init_script = find_init_script(host, service)};
}

}  // namespace systemcheck
