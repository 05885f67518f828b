// What happens on a machine, five times a second until it is ended, one line each on standard output:
//
//   seconds,late_ms,usable_kib,swap_free_kib,oom_kills,PROGRAM=PID,…
//
// `record PROGRAM…`: the PID is that of a process that runs exactly this file, 0 where there is none. How
// late a line is says how well the machine itself keeps time: nothing here ever waits for memory.

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t interval_ns = 200'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;

std::int64_t read_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * second_ns + now.tv_nsec;
}

void sleep_until(std::int64_t when) {
  const timespec until{.tv_sec = when / second_ns, .tv_nsec = when % second_ns};
  while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

/// A file of /proc that stays open: opening takes memory, too.
class Figures {
 public:
  explicit Figures(const char* path) : file_(::open(path, O_RDONLY | O_CLOEXEC)) {}

  void read() {
    const auto length = ::pread(file_, text_.data(), text_.size() - 1, 0);
    text_.at(length < 0 ? 0 : static_cast<std::size_t>(length)) = '\0';
  }
  /// The number behind these words, -1 where they are not found.
  [[nodiscard]] long find(const char* words) const {
    const char* const found = std::strstr(text_.data(), words);
    return found == nullptr ? -1 : std::strtol(found + std::strlen(words), nullptr, 10);
  }

 private:
  int file_;
  std::array<char, 16384> text_{};
};

/// The pids of those that run these programs, in their order.
std::vector<long> find_programs(DIR* processes, const std::vector<std::string_view>& programs) {
  std::vector<long> pids(programs.size(), 0);
  ::rewinddir(processes);
  while (const dirent* const entry = ::readdir(processes)) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
    const auto link = "/proc/" + std::string(entry->d_name) + "/exe";
    std::array<char, 256> target{};
    const auto length = ::readlink(link.c_str(), target.data(), target.size());
    if (length <= 0) continue;
    const std::string_view path(target.data(), static_cast<std::size_t>(length));
    for (std::size_t i = 0; i < programs.size(); ++i)
      if (path == programs.at(i)) pids.at(i) = std::strtol(entry->d_name, nullptr, 10);
  }
  return pids;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string_view> programs(words + 1, words + count);
  Figures memory("/proc/meminfo");
  Figures events("/proc/vmstat");
  DIR* const processes = ::opendir("/proc");
  if (processes == nullptr || ::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return 1;
  for (auto due = read_clock();; due += interval_ns) {
    sleep_until(due);
    const auto late = read_clock() - due;
    memory.read();
    events.read();
    std::printf("%.3f,%.3f,%ld,%ld,%ld", static_cast<double>(due) / second_ns,
                static_cast<double>(late) / 1e6, memory.find("MemAvailable:"), memory.find("SwapFree:"),
                events.find("\noom_kill "));
    const auto pids = find_programs(processes, programs);
    for (std::size_t i = 0; i < programs.size(); ++i)
      std::printf(",%s=%ld", programs.at(i).data(), pids.at(i));
    std::printf("\n");
    std::fflush(stdout);
  }
}
