// A service that uses memory: `load MIB [RATE_MIB FILE]` holds so much, and while there is FILE it takes
// RATE_MIB a second more. It gives all of it back when it is told to end.

#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <thread>

namespace {

constexpr std::size_t mebibyte = 1 << 20;
constexpr std::size_t page = 4096;
constexpr int steps_per_second = 20;

/// A page that was never written to is none.
bool take(std::size_t bytes) {
  void* const begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) return false;
  for (std::size_t at = 0; at < bytes; at += page)
    static_cast<char*>(begin)[at] = 1;
  return true;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2 && count != 4) return 2;
  if (!take(std::strtoul(words[1], nullptr, 10) * mebibyte)) return 1;
  const std::size_t step = count == 4 ? std::strtoul(words[2], nullptr, 10) * mebibyte / steps_per_second : 0;
  while (true) {
    if (count == 4 && ::access(words[3], F_OK) == 0 && !take(step)) return 1;
    std::this_thread::sleep_for(std::chrono::milliseconds{1000 / steps_per_second});
  }
}
