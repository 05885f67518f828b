#include "config/protected_units.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace systemcheck {
namespace {

using namespace std::string_view_literals;

constexpr std::array protected_presets{"sshd"sv, "syslog"sv};

constexpr std::array units{
    "ssh.service"sv,        "sshd.service"sv,           "dropbear.service"sv,       "rsyslog.service"sv,
    "syslog-ng.service"sv,  "syslog.service"sv,         "dbus.service"sv,           "dbus-broker.service"sv,
    "messagebus.service"sv, "udev.service"sv,           "networking.service"sv,     "network.service"sv,
    "ifupdown.service"sv,   "dhcpcd.service"sv,         "dhclient.service"sv,       "connman.service"sv,
    "iwd.service"sv,        "NetworkManager.service"sv, "wpa_supplicant.service"sv, "console-getty.service"sv,
    "emergency.service"sv,  "rescue.service"sv,         "systemcheckd.service"sv,   "auditd.service"sv,
};

// Instances of templates, and whole families.
constexpr std::array beginnings{
    "systemd-"sv,        "ssh@"sv,
    "sshd@"sv,           "getty@"sv,
    "serial-getty@"sv,   "container-getty@"sv,
    "autovt@"sv,         "ifup@"sv,
    "user@"sv,           "dbus-org.freedesktop."sv,
    "wpa_supplicant@"sv, "NetworkManager-"sv,
};

constexpr std::array programs{
    "sshd"sv,
    "dropbear"sv,
    "rsyslogd"sv,
    "syslog-ng"sv,
    "syslogd"sv,
    "dbus-daemon"sv,
    "dbus-broker"sv,
    "dbus-broker-launch"sv,
    "udevd"sv,
    "init"sv,
    "systemd"sv,
    "NetworkManager"sv,
    "wpa_supplicant"sv,
    "dhclient"sv,
    "dhcpcd"sv,
    "connmand"sv,
    "iwd"sv,
    "agetty"sv,
    "getty"sv,
    "login"sv,
    "systemcheckd"sv,
    "auditd"sv,
};

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

}  // namespace

bool is_protected_unit(std::string_view unit) {
  return holds(units, unit) ||
         std::ranges::any_of(beginnings, [unit](std::string_view it) { return unit.starts_with(it); });
}

bool is_protected_program(std::string_view path) {
  const auto name = base_name(path);
  return holds(programs, name) || name.starts_with("systemd-");
}

bool is_protected_preset(std::string_view preset) { return holds(protected_presets, preset); }

}  // namespace systemcheck
