#include "os/memory_held.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <vector>

// Fifty libraries are resolved against each other, initialised once and hardly touched afterwards: nine
// tenths of what the daemon has mapped, and what ps counts, are pages of theirs that were read while it
// started. The kernel takes such pages back only when memory runs short, and then has to find them first.

namespace systemcheck {
namespace {

constexpr std::uintptr_t page_bytes =
    4096;  // The smallest there is: madvise(2) takes multiples of the real one.

/// Those that may not be written cannot have been changed since they were read from the file. (What the
/// linker changes once and then protects lies in a segment that may.)
bool is_as_in_file(const ElfW(Phdr) & segment) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
}

struct Pages {
  std::uintptr_t begin = 0;
  std::size_t size = 0;
};

void note_library(const dl_phdr_info& library, std::vector<Pages>& all) {
  for (int i = 0; i < library.dlpi_phnum; ++i) {
    const auto& segment = library.dlpi_phdr[i];
    if (!is_as_in_file(segment)) continue;
    const auto begin = library.dlpi_addr + segment.p_vaddr;
    const auto first = begin / page_bytes * page_bytes;
    all.push_back({.begin = first, .size = begin + segment.p_memsz - first});
  }
}

/// Listed before the first is given back: the list of its segments lies in one of them, and each library that
/// is looked at has sixteen pages mapped again.
std::vector<Pages> pages_as_in_files() {
  std::vector<Pages> all;
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, std::size_t, void* list) {
        note_library(*library, *static_cast<std::vector<Pages>*>(list));
        return 0;  // Go on.
      },
      &all);
  return all;
}

}  // namespace

void hold_little_memory() {
  constexpr int kept_bytes = 128 << 10;
  // Each is a default of glibc (mallopt(3)) that grows with use unless it is set.
  // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread yet
  ::mallopt(M_TRIM_THRESHOLD, kept_bytes);
  ::mallopt(M_MMAP_THRESHOLD, kept_bytes);
  ::mallopt(M_ARENA_MAX, 1);
  // NOLINTEND(concurrency-mt-unsafe)
}

void give_freed_memory_back() { ::malloc_trim(0); }

void give_memory_back() {
  for (const auto& pages : pages_as_in_files()) {
    // Fails where the pages are larger than that or are locked: then they stay.
    (void)::madvise(reinterpret_cast<void*>(pages.begin), pages.size, MADV_DONTNEED);
  }
  give_freed_memory_back();
}

}  // namespace systemcheck
