#include "collect/hold_files.h"

#include <algorithm>

#include "base/text.h"
#include "collect/facts.h"

namespace systemcheck {
namespace {

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// What an editor or a package tool leaves beside a file, or is about to rename.
bool is_unfinished(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~') || name.ends_with(".tmp");
}

HoldFile hold_file(const std::string& path) {
  return {.name = std::string(base_name(path)), .path = printable(path), .length = HoldFiles::usual_length};
}

/// What is wrong with it; empty: nothing.
std::string read_length(HoldFile& hold, std::string_view text) {
  const auto length = parse_duration(text);
  if (!length)
    return "for: " + length.error().message + "; it holds for " + duration_words(HoldFiles::usual_length);
  hold.length = std::min(*length, HoldFiles::longest);
  if (*length <= HoldFiles::longest) return {};
  return "for: nothing is held for longer than " + duration_words(hold.length);
}

std::string read_line(HoldFile& hold, std::string_view line) {
  const auto colon = std::min(line.find(':'), line.size());
  const auto key = without_blanks(line.substr(0, colon));
  const auto value = without_blanks(line.substr(std::min(colon + 1, line.size())));
  if (key == "for") return read_length(hold, value);
  if (key != "reason") return "'" + printable(line, 64) + "' is neither \"for: …\" nor \"reason: …\"";
  hold.reason = printable(value);
  return {};
}

void read_one(Host& host, const std::string& directory, const std::string& name, HoldFiles& into) {
  auto path = directory;
  path.append("/").append(name);
  const auto file = host.read_own_file(path, HoldFiles::file_limit_bytes);
  if (file) {
    into.files.push_back(parse_hold_file(path, *file, into.complaints));
    return;
  }
  const auto& [kind, message] = file.error();
  if (kind == Error::Kind::not_found) return;  // It was removed a moment ago.
  if (kind == Error::Kind::refused) {
    into.complaints.push_back(message + "; it holds nothing");
    return;
  }
  into.files.push_back(hold_file(path));
  into.complaints.push_back(printable(message) + "; what its name says is held for " +
                            duration_words(HoldFiles::usual_length));
}

}  // namespace

HoldFile parse_hold_file(const std::string& path, const OwnFile& file, std::vector<std::string>& complaints) {
  auto hold = hold_file(path);
  hold.modified = file.modified;
  std::string wrong;
  for (auto rest = std::string_view(file.text); !rest.empty();) {
    const auto line = without_blanks(take_line(rest));
    if (line.empty() || line.starts_with('#')) continue;
    const auto found = read_line(hold, line);
    if (wrong.empty()) wrong = found;
  }
  if (!wrong.empty()) complaints.push_back(hold.path + ": " + wrong);
  return hold;
}

Result<HoldFiles> HoldFiles::collect(Look& look) {
  return read_hold_files(look.host, look.config.hold_directory);
}

Result<HoldFiles> read_hold_files(Host& host, const std::string& directory) {
  HoldFiles found;
  auto names = host.list_own(directory);
  if (!names && names.error().kind == Error::Kind::not_found) return found;
  if (!names && names.error().kind == Error::Kind::refused) {
    found.complaints.push_back(names.error().message + "; nothing in it is believed");
    return found;
  }
  if (!names) return names.error();
  std::erase_if(*names, is_unfinished);
  std::ranges::sort(*names);
  if (names->size() > HoldFiles::files_max) {
    names->resize(HoldFiles::files_max);
    found.complaints.push_back(printable(directory) + ": more than " + std::to_string(HoldFiles::files_max) +
                               " files; those behind " + printable(names->back()) + " hold nothing");
  }
  for (const auto& name : *names)
    read_one(host, directory, name, found);
  return found;
}

}  // namespace systemcheck
