#include "publish/status_words.h"

#include <fmt/core.h>

namespace systemcheck {

std::string load_words(const View& view) {
  const auto& load = view.snapshot->facts.of<Load>();
  const auto& cpu = view.snapshot->facts.of<Cpu>();
  if (!load) return "the load could not be read";
  return fmt::format("the load is {:.2f} on {}", load->one_minute,
                     cpu ? fmt::format("{} processor{}", cpu->online, cpu->online == 1 ? "" : "s")
                         : std::string("an unknown number of processors"));
}

std::string memory_words(const View& view) {
  const auto& memory = view.snapshot->facts.of<Memory>();
  if (!memory) return "the memory could not be read";
  return fmt::format("{} of {} are usable", bytes_words(memory->usable_bytes()),
                     bytes_words(memory->total_bytes));
}

std::string disk_words(const View& view, const FileSystemRow& row) {
  const auto& disks = view.snapshot->facts.of<Disks>();
  if (!disks || row.index >= disks->file_systems.size()) return "it could not be read";
  const auto& disk = disks->file_systems[row.index];
  if (!disk.usage) return "it does not answer";
  return fmt::format("{:.1f}% of its space is used, {:.1f}% of its inodes", disk.used_ratio() * 100,
                     disk.inodes_ratio() * 100);
}

}  // namespace systemcheck
