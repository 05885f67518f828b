#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text.h"
#include "collect/disks.h"

namespace systemcheck {
namespace {

constexpr std::uint64_t sector_bytes = 512;  // always, whatever the disk says (kernel's iostats.rst)

std::string_view without_digits(std::string_view name) {
  name.remove_suffix(name.size() - (name.find_last_not_of("0123456789") + 1));
  return name;
}

/// "sda1", "vdb2": letters and a number; "nvme0n1p3", "mmcblk0p1": a p between two numbers.
bool is_partition(std::string_view name) {
  const auto stem = without_digits(name);
  if (stem.size() == name.size()) return false;
  constexpr std::array<std::string_view, 4> lettered{"hd", "sd", "vd", "xvd"};
  const auto is_lettered = [name](std::string_view prefix) { return name.starts_with(prefix); };
  if (std::ranges::any_of(lettered, is_lettered)) return true;
  const bool is_numbered = name.starts_with("nvme") || name.starts_with("mmcblk");
  if (!is_numbered || !stem.ends_with('p')) return false;
  const auto disk = stem.substr(0, stem.size() - 1);
  return without_digits(disk).size() < disk.size();
}

bool is_memory_or_loop(std::string_view name) {
  const auto stem = without_digits(name);
  return stem == "ram" || stem == "zram" || stem == "loop" || stem == "fd";
}

/// "8 0 sda" and then: reads, merged, sectors, ms, writes, merged, sectors, ms, in flight, ms with I/O.
std::optional<BlockDevice> parse_line(std::string_view line) {
  (void)take_word(line);
  (void)take_word(line);
  const auto name = take_word(line);
  std::array<std::uint64_t, 10> numbers{};
  for (auto& number : numbers) {
    const auto parsed = parse_number<std::uint64_t>(take_word(line));
    if (!parsed) return std::nullopt;
    number = *parsed;
  }
  return BlockDevice{.name = std::string(name),
                     .reads = numbers[0],
                     .read_bytes = numbers[2] * sector_bytes,
                     .writes = numbers[4],
                     .written_bytes = numbers[6] * sector_bytes,
                     .io_seconds = static_cast<double>(numbers[9]) / 1000};
}

}  // namespace

std::vector<BlockDevice> parse_diskstats(std::string_view text) {
  std::vector<BlockDevice> devices;
  while (!text.empty()) {
    auto device = parse_line(take_line(text));
    if (!device || is_memory_or_loop(device->name) || is_partition(device->name)) continue;
    devices.push_back(*std::move(device));
  }
  return devices;
}

}  // namespace systemcheck
