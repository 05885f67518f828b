#include "os/own_line.h"

#include <unistd.h>

#include <fstream>
#include <string>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t ancestors_max = 64;

/// 0: it has none, or is gone.
pid_t parent_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    auto rest = std::string_view(line);
    if (take_word(rest) == "PPid:") return parse_number<pid_t>(take_word(rest)).value_or(0);
  }
  return 0;
}

}  // namespace

std::vector<pid_t> own_line() {
  std::vector<pid_t> line;
  for (auto process = ::getpid(); process > 0 && line.size() < ancestors_max; process = parent_of(process))
    line.push_back(process);
  return line;
}

}  // namespace systemcheck
