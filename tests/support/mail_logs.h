#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace systemcheck::test {

/// A line of tests/golden/maillog and what is to be made of it.
struct KnownLine {
  std::string file{};
  std::string number{};
  std::string address{};  ///< "-": nobody
  std::string user{};
  std::string kind{};
  std::string text{};
};

/// All of them, in the order of the logs.
inline std::vector<KnownLine> known_lines(const std::filesystem::path& source_directory) {
  std::ifstream file(source_directory / "tests/golden/maillog/expected.tsv", std::ios::binary);
  std::vector<KnownLine> lines;
  std::string row;
  std::getline(file, row);  // The names of the columns.
  while (std::getline(file, row)) {
    KnownLine line;
    std::size_t at = 0;
    for (auto* field : {&line.file, &line.number, &line.address, &line.user, &line.kind}) {
      const auto tab = row.find('\t', at);
      *field = row.substr(at, tab - at);
      at = tab + 1;
    }
    line.text = row.substr(at);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace systemcheck::test
