#include "config/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace systemcheck {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t config_file_limit_bytes = std::size_t{4} << 20;

std::vector<std::string> fragment_paths(const fs::path& main_file) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(main_file.parent_path() / "conf.d", error)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<ConfigText> read_config_text(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return Error{Error::Kind::not_found, path + ": " + error.message()};
  if (size > config_file_limit_bytes) return Error{Error::Kind::malformed, path + ": larger than 4 MiB"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Error::Kind::denied, path + ": cannot be opened"};
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return Error{Error::Kind::failed, path + ": cannot be read"};
  return ConfigText{.path = path, .text = std::move(text)};
}

Result<std::vector<ConfigText>> read_config_texts(const std::string& path) {
  std::vector<std::string> paths{path};
  if (path.empty()) {
    paths = fragment_paths(default_config_path);
    std::error_code error;
    if (fs::exists(default_config_path, error)) paths.insert(paths.begin(), std::string(default_config_path));
  }
  std::vector<ConfigText> texts;
  for (const auto& each : paths) {
    auto text = read_config_text(each);
    if (!text) return std::move(text).error();
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::string problem_lines(const std::vector<Problem>& problems) {
  std::string lines;
  for (const auto& problem : problems)
    lines += problem.text() + "\n";
  return lines;
}

}  // namespace systemcheck
