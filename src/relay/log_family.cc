#include "relay/log_family.h"

#include <algorithm>
#include <array>
#include <utility>

#include "relay/followed_file.h"

namespace systemcheck {
namespace {

// More files of one directory are not looked at.
constexpr std::size_t family_max = 4096;
constexpr std::array<std::string_view, 5> compressed_ends{".gz", ".xz", ".bz2", ".zst", ".lz4"};

bool is_separator(char letter) { return letter == '.' || letter == '-' || letter == '_'; }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::string_view without_compression(std::string_view name) {
  for (const auto end : compressed_ends) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

std::optional<FoundFile> open_relative(LogFiles& files, const Relative& relative) {
  auto opened = files.open(relative.path);
  if (!opened) return std::nullopt;
  const auto status = opened->file->status();
  // The name may lead to another one by now.
  if (!status || !status->is_same_file(relative.status)) return std::nullopt;
  return FoundFile{.file = std::move(opened->file), .status = *status};
}

}  // namespace

Relative describe_relative(std::string_view name, std::string_view log) {
  Relative relative;
  const auto plain = without_compression(name);
  relative.is_compressed = plain.size() != name.size();
  relative.begins_alike =
      plain.size() > log.size() + 1 && plain.starts_with(log) && is_separator(plain[log.size()]);
  if (!relative.begins_alike) return relative;
  const auto end = plain.substr(log.size());
  relative.is_rotation = is_digit(end.back()) && std::all_of(end.begin(), end.end(), [](char letter) {
                           return is_separator(letter) || is_digit(letter);
                         });
  return relative;
}

std::vector<Relative> read_family(LogFiles& files, const LogName& log) {
  std::vector<Relative> family;
  const auto names = files.list(log.directory);
  if (!names) return family;  // Its log could be opened: then that is all there is.
  for (const auto& name : *names) {
    if (name == log.name || name == "." || name == ".." || family.size() == family_max) continue;
    auto relative = describe_relative(name, log.name);
    relative.path = LogName{.directory = log.directory, .name = name}.path();
    const auto status = files.look(relative.path);
    if (!status) continue;
    relative.status = *status;
    family.push_back(std::move(relative));
  }
  std::stable_sort(family.begin(), family.end(), [](const Relative& one, const Relative& other) {
    return one.status.modified < other.status.modified;
  });
  return family;
}

std::optional<FoundFile> find_moved(LogFiles& files, const std::vector<Relative>& family,
                                    const FilePlace& place) {
  for (const auto& relative : family) {
    if (!place.is_of(relative.status)) continue;
    // Nothing proves that it is not another log with a number that was used again.
    if (place.offset == 0 && !relative.is_rotation) continue;
    auto found = open_relative(files, relative);
    if (found && fits(*found->file, place)) return found;
  }
  return std::nullopt;
}

std::optional<FoundFile> find_copy(LogFiles& files, const std::vector<Relative>& family,
                                   const FilePlace& place, const IsExcluded& is_excluded) {
  if (place.offset == 0) return std::nullopt;  // Every file has what stood before it.
  for (auto relative = family.rbegin(); relative != family.rend(); ++relative) {
    if (!relative->begins_alike || relative->is_compressed) continue;
    if (relative->status.size_bytes < place.offset) continue;
    auto found = open_relative(files, *relative);
    if (found && !is_excluded(*found) && fits(*found->file, place)) return found;
  }
  return std::nullopt;
}

std::vector<FoundFile> find_later(LogFiles& files, const std::vector<Relative>& family, WallTime since,
                                  const IsExcluded& is_excluded) {
  std::vector<FoundFile> later;
  for (const auto& relative : family) {
    if (!relative.is_rotation || relative.is_compressed || relative.status.modified <= since) continue;
    auto found = open_relative(files, relative);
    if (found && !is_excluded(*found)) later.push_back(*std::move(found));
  }
  return later;
}

}  // namespace systemcheck
