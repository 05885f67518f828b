#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "collect/processes.h"

namespace systemcheck {
namespace {

double seconds_of(std::uint64_t ticks, const Processes& table) {
  return static_cast<double>(ticks) / static_cast<double>(table.ticks_per_second);
}

/// Major numbers of the kernel's devices.txt.
constexpr std::uint32_t console_major = 4;
constexpr std::uint32_t pts_major_first = 136;
constexpr std::uint32_t pts_major_last = 143;
constexpr std::uint32_t usb_modem_major = 166;
constexpr std::uint32_t usb_serial_major = 188;
constexpr std::uint32_t arm_serial_major = 204;
constexpr std::uint32_t hypervisor_console_major = 229;

std::string console_name(std::uint32_t minor) {
  constexpr std::uint32_t first_serial = 64;
  return minor < first_serial ? "tty" + std::to_string(minor) : "ttyS" + std::to_string(minor - first_serial);
}

}  // namespace

std::string terminal_name(std::uint32_t tty) {
  // The kernel's new_encode_dev(): 12 bits of the major number between two parts of the minor one.
  const std::uint32_t major = (tty >> 8U) & 0xfffU;
  const std::uint32_t minor = (tty & 0xffU) | ((tty >> 12U) & 0xfff00U);
  if (major == console_major) return console_name(minor);
  if (major >= pts_major_first && major <= pts_major_last) {
    return "pts/" + std::to_string((major - pts_major_first) * 256 + minor);
  }
  if (major == usb_modem_major) return "ttyACM" + std::to_string(minor);
  if (major == usb_serial_major) return "ttyUSB" + std::to_string(minor);
  if (major == arm_serial_major && minor >= 64) return "ttyAMA" + std::to_string(minor - 64);
  if (major == hypervisor_console_major) return "hvc" + std::to_string(minor);
  return "?";
}

std::string state_text(const Process& process) {
  std::string text(1, process.state);
  if (process.nice < 0) text += '<';
  if (process.nice > 0) text += 'N';
  if (process.is_session_leader()) text += 's';
  if (process.threads > 1) text += 'l';
  if (process.is_foreground) text += '+';
  return text;
}

double cpu_percent(const Process& process, const Processes& table) {
  const double age = table.uptime_seconds - seconds_of(process.identity.start_ticks, table);
  if (age <= 0) return 0;
  return 100 * seconds_of(process.user_ticks + process.system_ticks, table) / age;
}

double memory_percent(const Process& process, const Processes& table) {
  if (table.memory_total_bytes == 0) return 0;
  return 100 * static_cast<double>(process.resident_bytes) / static_cast<double>(table.memory_total_bytes);
}

WallTime start_time(const Process& process, const Processes& table) {
  const auto since_boot = std::chrono::duration<double>(seconds_of(process.identity.start_ticks, table));
  return WallTime{std::chrono::seconds{table.boot_time_seconds} +
                  std::chrono::duration_cast<Duration>(since_boot)};
}

std::string cpu_time_text(const Process& process, const Processes& table) {
  const auto seconds = (process.user_ticks + process.system_ticks) / table.ticks_per_second;
  const auto rest = std::to_string(seconds % 60);
  return std::to_string(seconds / 60) + (rest.size() < 2 ? ":0" : ":") + rest;
}

std::string command_text(const Process& process) {
  if (!process.text->cmdline.empty()) return process.text->cmdline;
  return '[' + process.text->comm + ']' + (process.is_alive() ? "" : " <defunct>");
}

}  // namespace systemcheck
