#include "publish/community.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "os/descriptor.h"
#include "os/os_error.h"

namespace systemcheck {
namespace {

constexpr std::size_t made_bytes = 24;
constexpr mode_t file_mode = 0640;
/// What people cannot confuse when they type it from a screen: no 0 O, no 1 l I. 57 letters, so that is
/// 139 bits of chance.
constexpr std::string_view alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

bool is_fit(char letter) {
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

/// It becomes a word in a line of net-snmp's configuration, where blanks, quotes and # mean something.
Result<std::string> parse_community(std::string_view content) {
  if (content.ends_with('\n')) content.remove_suffix(1);
  const bool fits = content.size() >= community_bytes_min && content.size() <= community_bytes_max;
  if (fits && std::ranges::all_of(content, is_fit)) return std::string(content);
  return Error{Error::Kind::malformed,
               "a community has " + std::to_string(community_bytes_min) + " to " +
                   std::to_string(community_bytes_max) +
                   " letters, digits, '-', '_' or '.'; remove the file to have a new one made"};
}

Result<std::string> read_community(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return os_error(path);
  std::array<char, community_bytes_max + 2> content{};  // One byte more than fits is enough to refuse it.
  const auto count = ::read(file.number(), content.data(), content.size());
  if (count < 0) return os_error(path);
  auto parsed = parse_community({content.data(), static_cast<std::size_t>(count)});
  if (!parsed) return std::move(parsed).error().within(path);
  return parsed;
}

Result<std::string> make_text() {
  // Bytes above the largest multiple of the alphabet's size would favour its first letters.
  constexpr auto fair = 256 - 256 % alphabet.size();
  std::string text;
  std::array<unsigned char, 2 * made_bytes> chance{};
  while (text.size() < made_bytes) {
    if (::getrandom(chance.data(), chance.size(), 0) != static_cast<ssize_t>(chance.size())) {
      return os_error("getrandom");
    }
    for (const auto byte : chance) {
      if (byte < fair && text.size() < made_bytes) text.push_back(alphabet[byte % alphabet.size()]);
    }
  }
  return text;
}

Status write_new(const std::string& path, const std::string& content) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, file_mode));
  if (!file.is_open()) return os_error(path);
  const bool is_written =
      ::fchmod(file.number(), file_mode) == 0 &&  // Whatever the umask says.
      ::write(file.number(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      ::fsync(file.number()) == 0;
  if (!is_written) return os_error(path);
  return Nothing{};
}

/// Whole or not at all: what a crash leaves half written never has the final name.
Status make_file(const std::string& path, const std::string& content) {
  const std::string unfinished = path + ".new";
  (void)::unlink(unfinished.c_str());  // Of a start that crashed; usually there is none.
  auto written = write_new(unfinished, content);
  if (written && ::link(unfinished.c_str(), path.c_str()) != 0) written = os_error(path);
  (void)::unlink(unfinished.c_str());  // What remains is removed at the next start.
  return written;
}

}  // namespace

Result<Community> read_or_make_community(const std::string& state_directory) {
  const std::string path = state_directory + "/snmp-community";
  auto known = read_community(path);
  if (known) return Community{.text = *std::move(known), .is_new = false};
  if (known.error().kind != Error::Kind::not_found) return std::move(known).error().within("snmp");
  const auto text = make_text();
  if (!text) return Error(text.error()).within("snmp");
  auto made = make_file(path, *text + "\n");
  if (!made) return std::move(made).error().within("snmp");
  return Community{.text = *text, .is_new = true};
}

}  // namespace systemcheck
