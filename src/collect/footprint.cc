#include "collect/footprint.h"

#include <algorithm>
#include <array>

#include "collect/key_values.h"

namespace systemcheck {
namespace {

constexpr std::uint64_t kibibyte = 1024;

/// Only of the unified hierarchy: the other one's memory.stat has other words.
std::optional<std::uint64_t> read_control_group(Host& host, const std::string& control_group) {
  if (control_group.size() <= 1) return std::nullopt;  // None of its own.
  const auto text =
      host.read_file("/sys/fs/cgroup" + control_group + "/memory.stat", pseudo_file_limit_bytes);
  if (!text) return std::nullopt;
  const auto footprint = parse_control_group_footprint(*text);
  return footprint ? std::optional(*footprint) : std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_control_group_footprint(std::string_view memory_stat) {
  const auto anonymous = number_behind("anon", memory_stat);
  const auto shared = number_behind("shmem", memory_stat);
  if (!anonymous || !shared) return Error{Error::Kind::malformed, "memory.stat: no anon, or no shmem"};
  return *anonymous + *shared;
}

Result<std::uint64_t> parse_process_footprint(std::string_view smaps_rollup) {
  const auto number = number_behind("Pss_Anon:", smaps_rollup);
  if (!number) return Error{Error::Kind::malformed, "smaps_rollup: no Pss_Anon"};
  return *number * kibibyte;
}

Result<std::uint64_t> read_footprint(Host& host, const std::string& control_group,
                                     std::span<const ProcessIdentity> members) {
  if (const auto of_group = read_control_group(host, control_group)) return *of_group;
  std::array<char, 4096> buffer{};
  std::uint64_t sum = 0;
  std::uint64_t measured = 0;
  Error error{Error::Kind::not_found, "it has no processes"};
  for (const auto& member : members.first(std::min(members.size(), measured_processes_max))) {
    const auto path = "/proc/" + std::to_string(member.pid) + "/smaps_rollup";
    const auto length = host.read_into(path.c_str(), buffer);
    const auto footprint =
        length ? parse_process_footprint({buffer.data(), *length}) : Result<std::uint64_t>(length.error());
    if (!footprint) {
      error = footprint.error();  // It has just ended, or is not ours to see.
      continue;
    }
    sum += *footprint;
    ++measured;
  }
  if (measured == 0) return error;
  return sum / measured * members.size() + sum % measured * members.size() / measured;
}

}  // namespace systemcheck
