#include "relay/followed_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "relay/log_source.h"

namespace systemcheck {

Result<FollowedFile::Bite> FollowedFile::read(std::span<char> buffer, std::vector<std::string_view>& lines) {
  const auto before = read_.fingerprint.size();
  // One read for the proof and for what is new: nobody can get between them.
  const auto count = file_->read_at(read_.offset - before, buffer);
  if (!count) return count.error();
  const std::string_view window(buffer.data(), *count);
  if (!window.starts_with(read_.fingerprint)) return Bite{.was_changed = true};
  Bite bite{.is_full = *count == buffer.size()};
  const auto from = read_.offset;
  take_lines(window, lines, bite);
  bite.bytes = read_.offset - from;
  return bite;
}

void FollowedFile::take_lines(std::string_view window, std::vector<std::string_view>& lines, Bite& bite) {
  std::size_t begin = read_.fingerprint.size();
  if (is_in_long_line_) {
    const auto end = window.find('\n', begin);
    if (end == std::string_view::npos) return advance(window, window.size());
    is_in_long_line_ = false;
    begin = end + 1;
  }
  for (auto end = window.find('\n', begin); end != std::string_view::npos; end = window.find('\n', begin)) {
    const auto line = window.substr(begin, end - begin);
    if (line.size() <= line_bytes_max) {
      lines.push_back(line);
    } else {
      ++bite.long_lines;
    }
    begin = end + 1;
  }
  advance(window, begin);
  delivered_ = read_;
  if (window.size() - begin <= line_bytes_max) return;
  ++bite.long_lines;
  is_in_long_line_ = true;
  advance(window.substr(begin - read_.fingerprint.size()), window.size() - begin + read_.fingerprint.size());
}

void FollowedFile::advance(std::string_view window, std::size_t end) {
  read_.offset += end - read_.fingerprint.size();
  const auto kept = std::min(end, FilePlace::fingerprint_bytes);
  read_.fingerprint = window.substr(end - kept, kept);
}

Status FollowedFile::look() {
  auto status = file_->status();
  if (!status) return std::move(status).error();
  status_ = *status;
  delivered_.modified = status_.modified;
  read_.modified = status_.modified;
  return Nothing{};
}

void FollowedFile::go_on_at(LinePlace place) {
  read_.offset = place.offset;
  read_.fingerprint = std::move(place.before);
  delivered_ = read_;
  is_in_long_line_ = place.is_inside_line;
}

bool fits(LogFile& file, const FilePlace& place) {
  std::array<char, FilePlace::fingerprint_bytes> bytes{};
  const auto size = place.fingerprint.size();
  const auto count = file.read_at(place.offset - size, std::span<char>(bytes).first(size));
  return count && *count == size && std::string_view(bytes.data(), size) == place.fingerprint;
}

}  // namespace systemcheck
