#pragma once

#include <string>

#include "os/bus.h"

namespace systemcheck {

// Where systemd is found on the bus, org.freedesktop.systemd1(5).
inline constexpr const char* systemd_name = "org.freedesktop.systemd1";
inline constexpr const char* systemd_path = "/org/freedesktop/systemd1";
inline constexpr const char* systemd_interface = "org.freedesktop.systemd1.Manager";
inline constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

inline BusCall property_call(const std::string& destination, const std::string& path,
                             const std::string& interface, const std::string& property) {
  return {.destination = destination,
          .path = path,
          .interface = properties_interface,
          .member = "Get",
          .arguments = {interface, property}};
}

inline BusCall systemd_call(const std::string& member, std::vector<std::string> arguments = {}) {
  return {.destination = systemd_name,
          .path = systemd_path,
          .interface = systemd_interface,
          .member = member,
          .arguments = std::move(arguments)};
}

/// For what may fail without any harm.
inline void ignore_answer(const Result<BusMessage>&) {}

}  // namespace systemcheck
