#include "collect/control_group.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::string_view removed_mark = " (deleted)";

std::string_view take_component(std::string_view& path) {
  const auto component = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(component.size() + 1, path.size()));
  return component;
}

/// Docker, Podman, CRI-O, containerd, nspawn, libvirt, LXC; with systemd's driver or their own.
bool is_made_for_container(std::string_view component) {
  constexpr std::array<std::string_view, 4> names{"docker", "lxc", "machine", "machine.slice"};
  constexpr std::array<std::string_view, 6> prefixes{"docker-",         "libpod-",  "crio-",
                                                     "cri-containerd-", "kubepods", "lxc.payload"};
  if (std::ranges::find(names, component) != names.end()) return true;
  if (component.ends_with(".service")) return false;  // of the host: "docker-registry.service"
  return std::ranges::any_of(prefixes, [&](std::string_view it) { return component.starts_with(it); });
}

}  // namespace

std::string_view parse_control_group(std::string_view text) {
  std::string_view unified;
  std::string_view systemd;
  while (!text.empty()) {
    auto line = take_line(text);  // "hierarchy-number:controllers:path", cgroups(7)
    const auto hierarchy = line.substr(0, line.find(':'));
    line.remove_prefix(std::min(hierarchy.size() + 1, line.size()));
    const auto controllers = line.substr(0, line.find(':'));
    line.remove_prefix(std::min(controllers.size() + 1, line.size()));
    if (line.ends_with(removed_mark)) line.remove_suffix(removed_mark.size());
    if (hierarchy == "0" && controllers.empty()) unified = line;
    if (controllers == "name=systemd") systemd = line;
  }
  return (unified.empty() || unified == "/") && !systemd.empty() ? systemd : unified;
}

std::string_view unit_of(std::string_view control_group) {
  while (!control_group.empty()) {
    const auto component = take_component(control_group);
    if (component.ends_with(".service")) return component;
  }
  return {};
}

bool is_containers(std::string_view control_group) {
  while (!control_group.empty()) {
    if (is_made_for_container(take_component(control_group))) return true;
  }
  return false;
}

}  // namespace systemcheck
