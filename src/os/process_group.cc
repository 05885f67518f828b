#include "os/process_group.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/text.h"
#include "os/descriptor.h"

namespace systemcheck {
namespace {

std::string_view read_stat(const std::string& process, std::array<char, 1024>& buffer) {
  const std::string path = "/proc/" + process + "/stat";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return {};
  const auto size = ::read(file.number(), buffer.data(), buffer.size());
  return size <= 0 ? std::string_view{} : std::string_view(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

bool is_living_member(std::string_view stat, pid_t group) {
  // The name may itself contain ") ": the fields start behind the last one, proc(5).
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string_view::npos) return false;
  stat.remove_prefix(end_of_name + 1);
  const auto state = take_word(stat);
  take_word(stat);  // parent
  return state != "Z" && state != "X" && parse_number<pid_t>(take_word(stat)) == group;
}

bool read_has_living_members(pid_t group) {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc", error);
  std::array<char, 1024> buffer{};
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (parse_number<pid_t>(name) && is_living_member(read_stat(name, buffer), group)) return true;
  }
  return static_cast<bool>(error);  // Not known: as if there were some.
}

}  // namespace systemcheck
